"""The replacement of a root volume: one task, from one source, at a rate."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import INSTANCE, RATE, SNAPSHOT
from tests.judges import botocore_errors

TYPE = "Custom::EbsRootVolumeReplacement"


def replacement(scope, **props):
    return ebs.RootVolumeReplacement(scope, "Root", **{"instance": INSTANCE, **props})


def image(scope, rate=250, **props):
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=rate)
    data = BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=100)
    return ebs.Ami(scope, "Image", source=ebs.AmiSource.snapshots([data, root], root_device_name="/dev/xvda"), **props)


def codes(stack, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        replacement(stack, **props)
    assert stack.node.try_find_child("Root") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


def test_replaces_from_a_snapshot_at_a_rate(stack, resources):
    replacement(stack, snapshot_id=SNAPSHOT, volume_initialization_rate=200, delete_replaced_root_volume=True)
    [asked] = resources(TYPE)
    assert asked["Request"] == {
        "InstanceId": INSTANCE,
        "SnapshotId": SNAPSHOT,
        RATE: 200,
        "DeleteReplacedRootVolume": True,
    }
    assert botocore_errors("CreateReplaceRootVolumeTask", asked["Request"]) == ""


def test_replaces_by_the_state_at_launch(stack, resources):
    replacement(stack, volume_initialization_rate=cdk.Size.mebibytes(300))
    [asked] = resources(TYPE)
    assert asked["Request"] == {"InstanceId": INSTANCE, RATE: 300, "DeleteReplacedRootVolume": False}


def test_replaces_by_a_volume_that_is_warm_already(stack, resources):
    volume = ebs.Volume(
        stack, "Warm", availability_zone="us-east-1a", snapshot_id=SNAPSHOT, volume_initialization_rate=300
    )
    replacement(stack, volume=volume)
    [logical_id] = Template.from_stack(stack).find_resources("AWS::EC2::Volume")
    [asked] = resources(TYPE)
    assert asked["Request"]["VolumeId"] == {"Ref": logical_id}


def test_the_rate_follows_an_ami(stack, resources):
    replacement(stack, machine_image=image(stack))
    [asked] = resources(TYPE)
    [logical_id] = Template.from_stack(stack).find_resources("Custom::EbsAmi")
    assert asked["Request"]["ImageId"] == {"Fn::GetAtt": [logical_id, "ImageId"]}
    assert asked["ImageInputs"] == {"Fn::GetAtt": [logical_id, "Inputs"]}
    assert asked["Request"][RATE] == 250


def test_a_rate_of_its_own_wins_over_the_amis(stack, resources):
    replacement(stack, machine_image=image(stack), volume_initialization_rate=100)
    assert resources(TYPE)[0]["Request"][RATE] == 100


def test_an_image_of_upstreams_brings_no_rate(stack, resources):
    replacement(stack, machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}))
    assert resources(TYPE)[0]["Request"] == {
        "InstanceId": INSTANCE,
        "ImageId": "ami-0123456789abcdef0",
        "DeleteReplacedRootVolume": False,
    }


def test_a_rate_may_be_chosen_at_deployment(stack, resources):
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    replacement(stack, snapshot_id=SNAPSHOT, volume_initialization_rate=rate)
    assert resources(TYPE)[0]["Request"][RATE] == {"Ref": "Rate"}


def test_has_a_trigger_and_tags(app, stack, resources):
    replacement(stack, trigger="2026-11-23", tags={"why": "patch"})
    cdk.Tags.of(app).add("team", "db")
    [asked] = resources(TYPE)
    assert asked["Trigger"] == "2026-11-23"
    assert asked["Tags"] == [{"Key": "team", "Value": "db"}, {"Key": "why", "Value": "patch"}]


def test_reads_back_what_ec2_answers(stack):
    made = replacement(stack)
    [logical_id] = Template.from_stack(stack).find_resources(TYPE)
    read = {name: stack.resolve(getattr(made, name)) for name in ("task_id", "task_state", "volume_id")}
    assert read == {
        "task_id": {"Fn::GetAtt": [logical_id, "TaskId"]},
        "task_state": {"Fn::GetAtt": [logical_id, "TaskState"]},
        "volume_id": {"Fn::GetAtt": [logical_id, "VolumeId"]},
    }
    assert stack.resolve(made.observed_volume_initialization_rate) == {"Fn::GetAtt": [logical_id, RATE]}


def test_may_use_the_key_of_its_snapshot_through_ec2_alone(stack, resources):
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/k")
    replacement(stack, snapshot_id=SNAPSHOT, encryption_key=key)
    statements = [one for policy in resources("AWS::IAM::Policy") for one in policy["PolicyDocument"]["Statement"]]
    of_key = [one for one in statements if "kms:" in str(one["Action"])]
    assert [one["Resource"] for one in of_key] == [key.key_arn] * 2
    for one in of_key:
        assert one["Condition"]["StringEquals"] == {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}
        if one["Action"] == "kms:CreateGrant":
            assert one["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"volume_initialization_rate": 99}, "InitializationRateOutOfRange"),
        ({"volume_initialization_rate": 200.5}, "WrongType"),
        ({"volume_initialization_rate": True}, "WrongType"),
        ({"volume_initialization_rate": float("nan")}, "WrongType"),
        ({"snapshot_id": "snap-x"}, "SnapshotIdMalformed"),
        ({"instance": 5}, "WrongType"),
        ({"instance": "ami-0123456789abcdef0"}, "ResourceIdMalformed"),
        ({"instance": ""}, "ResourceIdMalformed"),
        ({"machine_image": ec2.MachineImage.resolve_ssm_parameter_at_launch("/golden")}, "ResourceIdMalformed"),
        ({"trigger": 5}, "WrongType"),
        *(
            ({name: ec2.InstanceType("m7i.large")}, "WrongType")
            for name in ("instance", "machine_image", "volume", "encryption_key")
        ),
        ({"tags": {"a": 1}}, "WrongType"),
        ({"tags": {"AWS:a": "1"}}, "TagKeyMalformed"),
        ({"tags": {"constructs-ebs:stack": "1"}}, "TagKeyMalformed"),
        ({"tags": {"k" * 129: "1"}}, "TagKeyMalformed"),
        ({"tags": {"k": "v" * 257}}, "TagValueTooLong"),
        ({"tags": {str(number): "" for number in range(49)}}, "TagsTooMany"),
        ({"delete_replaced_root_volume": "yes"}, "WrongType"),
    ],
    ids=lambda value: value if isinstance(value, str) else ", ".join(value),
)
def test_refuses_what_ec2_would_refuse(stack, props, code):
    assert codes(stack, **props) == [code]


def test_refuses_two_sources_by_the_names_they_were_given_by(stack):
    made = image(stack)
    with pytest.raises(ebs.EbsValidationError) as caught:
        replacement(stack, snapshot_id=SNAPSHOT, machine_image=made)
    assert "snapshot_id, machine_image and volume exclude each other, got snapshot_id and machine_image" in str(
        caught.value
    )


def test_refuses_a_rate_for_a_volume_that_exists(stack):
    volume = ec2.Volume.from_volume_attributes(stack, "Volume", volume_id="vol-0", availability_zone="us-east-1a")
    assert codes(stack, volume=volume, volume_initialization_rate=200) == ["InitializationRateWithoutSnapshot"]


def test_asks_what_was_meant_by_an_unknown_argument(stack):
    with pytest.raises(TypeError, match=r"'instance_id'; did you mean 'instance'\?"):
        ebs.RootVolumeReplacement(stack, "Root", instance_id="i-01234567")
