"""A volume: what it emits, what it refuses, and that it stays upstream's otherwise."""

import traceback

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match

import constructs_ebs as ebs
from tests.constants import SNAPSHOT

KIND = "AWS::EC2::Volume"
GP3, IO1, IO2 = (ec2.EbsDeviceVolumeType[name] for name in ("GP3", "IO1", "IO2"))


def make(stack, id="Data", **props):
    return ebs.Volume(stack, id, **{"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT, **props})


def codes(stack, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, **props)
    assert stack.node.try_find_child("Data") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


@pytest.mark.parametrize(
    "rate",
    [200, 200.0, cdk.Size.mebibytes(200), cdk.Size.bytes(200 * 1024**2), cdk.Size.kibibytes(200 * 1024)],
    ids=["int", "float", "MiB", "bytes", "KiB"],
)
def test_emits_the_rate_as_a_whole_number(stack, resources, rate):
    make(stack, volume_initialization_rate=rate)
    [volume] = resources(KIND)
    assert volume["VolumeInitializationRate"] == 200
    assert isinstance(volume["VolumeInitializationRate"], int)


def test_is_upstreams_volume_apart_from_the_rate(stack, resources):
    props = {
        "auto_enable_io": True,
        "encrypted": True,
        "encryption_key": kms.Key(stack, "Key"),
        "iops": 4_000,
        "removal_policy": cdk.RemovalPolicy.SNAPSHOT,
        "throughput": 500,
        "volume_name": "data",
        "volume_type": GP3,
    }
    size = cdk.Size.gibibytes(100)
    ec2.Volume(stack, "Theirs", availability_zone="us-east-1a", snapshot_id=SNAPSHOT, size=size, **props)
    make(stack, size=100, volume_initialization_rate=300, **props)
    theirs, ours = sorted(resources(KIND), key=lambda volume: "VolumeInitializationRate" in volume)
    assert ours == {**theirs, "VolumeInitializationRate": 300}


def test_without_a_rate_nothing_is_overridden(stack, resources):
    make(stack)
    assert "VolumeInitializationRate" not in resources(KIND)[0]


@pytest.mark.parametrize(
    "rate",
    [
        lambda parameter: parameter,
        lambda parameter: parameter.value,
        lambda parameter: parameter.value_as_number,
        lambda parameter: cdk.Size.mebibytes(parameter.value_as_number),
        lambda parameter: parameter.value_as_string,
        lambda parameter: ebs.InitializationRate.mebibytes_per_second(parameter.value),
        lambda parameter: cdk.Token.as_any({"Ref": parameter.logical_id}),
    ],
    ids=["parameter", "IResolvable", "number", "Size", "string", "typed", "any"],
)
def test_passes_a_token_through(stack, resources, rate):
    make(stack, volume_initialization_rate=rate(ebs.InitializationRate.parameter(stack, "Rate").cfn_parameter))
    assert resources(KIND)[0]["VolumeInitializationRate"] == {"Ref": "Rate"}


def test_passes_every_other_token_through(stack, resources):
    def number(id):
        return cdk.CfnParameter(stack, id, type="Number").value_as_number

    make(
        stack,
        availability_zone=cdk.Fn.select(0, cdk.Fn.get_azs()),
        snapshot_id=cdk.Fn.import_value("snapshot"),
        size=cdk.Size.gibibytes(number("Gib")),
        iops=number("Iops"),
        throughput=number("Throughput"),
        volume_type=GP3,
        volume_initialization_rate=200,
    )
    [volume] = resources(KIND)
    assert volume["SnapshotId"] == {"Fn::ImportValue": "snapshot"}
    assert volume["Size"] == {"Ref": "Gib"}
    assert volume["Iops"] == {"Ref": "Iops"}
    assert volume["Throughput"] == {"Ref": "Throughput"}


def test_passes_a_condition_through(stack, resources):
    cdk.CfnCondition(stack, "Warm")
    rate = cdk.Fn.condition_if("Warm", 200, cdk.Aws.NO_VALUE)
    make(stack, volume_initialization_rate=rate, size=cdk.Fn.import_value("size"), iops=None)
    [volume] = resources(KIND)
    assert volume["VolumeInitializationRate"] == {"Fn::If": ["Warm", 200, {"Ref": "AWS::NoValue"}]}
    assert volume["Size"] == {"Fn::ImportValue": "size"}


def test_passes_a_dynamic_reference_through(stack, resources):
    make(stack, snapshot_id="{{resolve:ssm:/golden/snapshot}}", volume_initialization_rate=200)
    assert resources(KIND)[0]["SnapshotId"] == "{{resolve:ssm:/golden/snapshot}}"


@pytest.mark.parametrize("value", [{"Ref": "Rate"}, {"Fn::If": ["c", float("nan"), 1]}], ids=repr)
@pytest.mark.parametrize("name", ["volume_initialization_rate", "size", "iops", "throughput", "snapshot_id"])
def test_rejects_an_intrinsic_that_is_no_token(stack, name, value):
    assert "WrongType" in codes(stack, volume_type=GP3, **{name: value})


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"volume_type": "gp3"}, "volume_type must be an EbsDeviceVolumeType, got 'gp3'; use ec2.EbsDeviceVolumeType"),
        ({"encrypted": True, "encryption_key": "alias/key"}, "encryption_key must be an IKey, got 'alias/key'"),
        ({"volume_initialization_rate": cdk.Size.bytes(200)}, "got 200 B; use 100 "),
        ({"volume_initialization_rate": cdk.Size.gibibytes(1)}, "must be 100 to 300 MiB/s, got 1 GiB; use 300"),
        ({"volume_initialization_rate": cdk.Size.mebibytes(500)}, "must be 100 to 300 MiB/s, got 500; use 300"),
    ],
)
def test_says_what_a_value_must_be_in_cdk(stack, props, message):
    with pytest.raises(ebs.EbsValidationError, match=r"^Prod/Data: 1 problem\n") as caught:
        make(stack, **props)
    assert message in str(caught.value)


@pytest.mark.parametrize("rate", [0, 99, 301, -1, cdk.Size.gibibytes(1), cdk.Size.mebibytes(99)])
def test_rejects_a_rate_outside_the_range(stack, rate):
    assert codes(stack, volume_initialization_rate=rate) == ["InitializationRateOutOfRange"]


@pytest.mark.parametrize(
    "rate",
    [200.5, float("nan"), float("inf"), True, "200", [200], cdk.Size.bytes(200_000_000), cdk.Size.mebibytes(200.5)],
)
def test_rejects_a_rate_that_is_no_whole_number(stack, rate):
    assert codes(stack, volume_initialization_rate=rate) == ["WrongType"]


def test_rejects_a_token_in_a_size_of_another_unit(stack):
    token = cdk.Size.gibibytes(cdk.CfnParameter(stack, "Rate", type="Number").value_as_number)
    with pytest.raises(ebs.EbsValidationError, match=r"another unit than Size\.mebibytes"):
        make(stack, volume_initialization_rate=token)


def test_rejects_a_rate_without_a_snapshot(stack):
    assert codes(stack, snapshot_id=None, size=8, volume_initialization_rate=200) == [
        "InitializationRateWithoutSnapshot"
    ]
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    assert codes(stack, snapshot_id=None, size=8, volume_initialization_rate=rate) == [
        "InitializationRateWithoutSnapshot"
    ]


@pytest.mark.parametrize("zone", ["us-east-1-bos-1a", "us-east-1-wl1-bos-wlz-1"])
def test_rejects_a_rate_in_a_local_zone(stack, zone):
    assert codes(stack, availability_zone=zone, volume_initialization_rate=200) == ["InitializationRateInLocalZone"]


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"volume_type": IO2}, "IopsRequired"),
        ({"volume_type": ec2.EbsDeviceVolumeType.GP2, "throughput": 250}, "ThroughputNotSupported"),
        ({"throughput": 250}, "ThroughputNotSupported"),
        ({"volume_type": GP3, "size": cdk.Size.mebibytes(1_500)}, "WrongType"),
        ({"volume_type": GP3, "size": 65_537}, "SizeOutOfRange"),
        ({"volume_type": GP3, "iops": float("nan")}, "WrongType"),
        ({"snapshot_id": "snap-12"}, "SnapshotIdMalformed"),
        ({"snapshot_id": None}, "SizeOrSnapshotRequired"),
        ({"enable_multi_attach": True}, "MultiAttachNotSupported"),
    ],
)
def test_rejects_what_ec2_refuses(stack, props, code):
    assert codes(stack, **props) == [code]


def test_rejects_a_key_without_encryption(stack):
    assert codes(stack, encryption_key=kms.Key(stack, "Key")) == ["KmsKeyNeedsEncryption"]


def test_reports_every_problem_at_once_with_the_construct_and_the_users_names(stack):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, size=100, iops=60_000, volume_type=GP3, volume_initialization_rate=500)
    assert str(caught.value) == (
        "Prod/Data: 2 problems\n"
        "  volume_initialization_rate must be 100 to 300 MiB/s, got 500; use 300, or omit it for the default rate "
        "[InitializationRateOutOfRange]\n"
        "  iops must be at most 500 per GiB for gp3 (50,000 for 100 GiB), got 60000; lower iops or raise size "
        "[IopsPerGibTooHigh]"
    )


def test_an_error_shows_the_callers_line_and_leaves_the_id_free(stack):
    with pytest.raises(ValueError, match="1 problem\n") as caught:
        make(stack, volume_initialization_rate=500)
    text = "".join(traceback.format_exception(caught.value))
    assert "make(stack, volume_initialization_rate=500)" in text
    assert "javascript" not in text.lower()
    assert text.count("\n") < 30
    make(stack, volume_initialization_rate=300)


def test_an_unknown_keyword_is_a_type_error_with_a_hint(stack):
    with pytest.raises(TypeError, match="'snaphot_id'; did you mean 'snapshot_id'"):
        make(stack, snaphot_id=SNAPSHOT)
    with pytest.raises(TypeError, match="missing required keyword arguments: availability_zone"):
        ebs.Volume(stack, "Data", size=1)


@pytest.mark.parametrize(
    ("props", "emitted"),
    [
        ({"volume_type": IO2, "size": 100, "iops": 90_000}, {"Size": 100, "Iops": 90_000}),
        ({"volume_type": IO1, "size": 4, "iops": 200}, {"Size": 4, "Iops": 200}),
        ({"volume_type": GP3, "size": 1, "iops": 3_000}, {"Size": 1, "Iops": 3_000}),
        ({"volume_type": GP3, "iops": 40_000, "throughput": 2_000}, {"Iops": 40_000, "Throughput": 2_000}),
        ({"volume_type": GP3, "size": 65_536}, {"Size": 65_536}),
        (
            {"volume_type": IO2, "size": 20_000, "iops": 256_000, "snapshot_id": None, "enable_multi_attach": True},
            {"Size": 20_000, "Iops": 256_000, "MultiAttachEnabled": True},
        ),
    ],
)
def test_takes_what_ec2_takes_and_some_upstream_refuses(stack, resources, props, emitted):
    make(stack, **props)
    [volume] = resources(KIND)
    assert {name: volume[name] for name in emitted} == emitted
    assert {"Size", "Iops", "Throughput"} & volume.keys() == {"Size", "Iops", "Throughput"} & emitted.keys()


@pytest.mark.parametrize(
    ("props", "code"),
    [({"iops": 2_000, "size": 100}, "IopsRaised"), ({"throughput": 100}, "ThroughputRaised")],
)
def test_warns_of_what_ec2_changes(stack, props, code):
    make(stack, volume_type=GP3, **props)
    Annotations.from_stack(stack).has_warning("/Prod/Data", Match.string_like_regexp(f"raised.*constructs-ebs:{code}"))


def test_a_warning_is_acknowledged_by_its_code(stack):
    volume = make(stack, volume_type=GP3, iops=2_000, size=100)
    cdk.Annotations.of(volume).acknowledge_warning("constructs-ebs:IopsRaised", "3,000 are as good")
    Annotations.from_stack(stack).has_no_warning("/Prod/Data", Match.any_value())


@pytest.mark.parametrize("props", [{"size": 20_000}, {"iops": 4_000}, {"throughput": 500}])
def test_knows_the_default_type_of_the_app(props):
    flags = {"@aws-cdk/aws-ec2:ebsDefaultGp3Volume": True}
    app = cdk.App(context=flags, builtin_cloud_formation_validation=False)
    make(cdk.Stack(app, "Gp3"), **props)
    [resource] = app.synth().get_stack_by_name("Gp3").template["Resources"].values()
    assert resource["Properties"]["VolumeType"] == "gp3"
    with pytest.raises(ebs.EbsValidationError, match="for gp2"):
        make(cdk.Stack(cdk.App(), "Gp2"), **props)


def test_serves_where_upstreams_volume_does(stack, resources):
    volume = make(stack, volume_initialization_rate=200, encrypted=True, encryption_key=kms.Key(stack, "Key"))
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    volume.grant_attach_volume(role)
    assert isinstance(volume, ec2.Volume)
    assert resources("AWS::IAM::Policy")


def test_a_raw_override_still_wins(stack, resources):
    volume = make(stack, volume_initialization_rate=200)
    volume.node.default_child.add_property_override("VolumeInitializationRate", 250)
    assert resources(KIND)[0]["VolumeInitializationRate"] == 250
