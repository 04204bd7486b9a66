"""A default rate for everything below a scope: what gets it, what is left alone and why."""

import json
from pathlib import Path

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import cloudformation_include as cfn_inc
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs._upstream import resource_reader
from constructs_ebs.core.cloudformation.default_rate import REASONS
from constructs_ebs.core.rules import RULES
from tests.constants import RATE, SNAPSHOT, ZONE

NO_VALUE = {"Ref": "AWS::NoValue"}


@jsii.implements(cdk.IStableAnyProducer)
class Produce:
    """A value that is made at synthesis, by Python."""

    def __init__(self, value):
        self.value = value

    def produce(self):
        return self.value


def lazy(value):
    return cdk.Lazy.any(Produce(value))


def mapping(name="/dev/xvdf", **ebs_):
    return {"DeviceName": name, "Ebs": {"SnapshotId": SNAPSHOT, **ebs_}}


def camel(name="/dev/xvdf", **ebs_):
    return {"deviceName": name, "ebs": {"snapshotId": SNAPSHOT, **ebs_}}


def volume(scope, id="It", **properties):
    return ec2.CfnVolume(scope, id, **{"availability_zone": ZONE, "snapshot_id": SNAPSHOT, **properties})


def raw_volume(scope, **properties):
    return cdk.CfnResource(scope, "It", type="AWS::EC2::Volume", properties={"AvailabilityZone": ZONE, **properties})


def template_of(scope, mappings, **data):
    """A launch template as a raw resource."""
    properties = {"LaunchTemplateData": {"BlockDeviceMappings": mappings, **data}}
    return cdk.CfnResource(scope, "It", type="AWS::EC2::LaunchTemplate", properties=properties)


def overridden(scope, path, value, **data):
    it = ec2.CfnLaunchTemplate(scope, "It", launch_template_data=data)
    it.add_property_override(path, value)
    return it


def snapshot_device(**ebs_):
    return ec2.BlockDevice(
        device_name="/dev/xvdf", volume=ec2.BlockDeviceVolume.ebs_from_snapshot(SNAPSHOT, volume_size=8, **ebs_)
    )


def service(scope):
    definition = ecs.FargateTaskDefinition(scope, "Task")
    container = definition.add_container("C", image=ecs.ContainerImage.from_registry("x"))
    it = ecs.FargateService(
        scope, "It", cluster=ecs.Cluster(scope, "Cluster", vpc=ec2.Vpc(scope, "Vpc")), task_definition=definition
    )
    managed = ecs.ServiceManagedEBSVolumeConfiguration(snap_shot_id=SNAPSHOT, file_system_type=ecs.FileSystemType.EXT4)
    data = ecs.ServiceManagedVolume(scope, "Data", name="data", managed_ebs_volume=managed)
    definition.add_volume(name="data", configured_at_launch=True)
    data.mount_in(container, container_path="/data", read_only=False)
    it.add_volume(data)


def agents(scope):
    device = mapping()
    source = {"LaunchTemplateSource": {"LaunchParameters": {"EphemeralVolumes": [device]}}}
    properties = {"ComputeConfiguration": {"Ec2Configuration": source}}
    return cdk.CfnResource(scope, "It", type="AWS::BedrockAgentCore::CapacityProvider", properties=properties)


def included(scope):
    path = Path(cdk.FileSystem.mkdtemp("included")) / "template.json"
    resource = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {}}}
    resource["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"] = [
        mapping(SnapshotId={"Fn::If": ["Old", SNAPSHOT, "snap-01234567"]})
    ]
    conditions = {"Old": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}
    path.write_text(json.dumps({"Resources": {"It": resource}, "Conditions": conditions}))
    cfn_inc.CfnInclude(scope, "It", template_file=str(path))


MAPPINGS = "LaunchTemplateData.BlockDeviceMappings"
RATED = {
    "L1 volume": volume,
    "L2 volume": lambda s: ec2.Volume(s, "It", availability_zone=ZONE, snapshot_id=SNAPSHOT),
    "our volume": lambda s: ebs.Volume(s, "It", availability_zone=ZONE, snapshot_id=SNAPSHOT),
    "raw volume": lambda s: raw_volume(s, SnapshotId=SNAPSHOT),
    "snapshot by parameter": lambda s: volume(s, snapshot_id=cdk.CfnParameter(s, "P").value_as_string),
    "snapshot imported": lambda s: raw_volume(s, SnapshotId=cdk.Fn.import_value("snapshot")),
    "snapshot by either branch": lambda s: raw_volume(s, SnapshotId={"Fn::If": ["c", SNAPSHOT, {"Ref": "S"}]}),
    "snapshot from Systems Manager": lambda s: raw_volume(s, SnapshotId="{{resolve:ssm:/snapshot}}"),
    "snapshot by an override": lambda s: volume(s, snapshot_id=None).add_property_override("SnapshotId", SNAPSHOT),
    "Outpost deleted by an override": lambda s: volume(s, outpost_arn="arn").add_property_deletion_override(
        "OutpostArn"
    ),
    "lazy snapshot": lambda s: raw_volume(s, SnapshotId=lazy(SNAPSHOT)),
    "L2 launch template": lambda s: ec2.LaunchTemplate(s, "It", block_devices=[snapshot_device()]),
    "our launch template": lambda s: ebs.LaunchTemplate(
        s, "It", block_devices=[ebs.BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT)]
    ),
    "camelCase dict": lambda s: ec2.CfnLaunchTemplate(s, "It", launch_template_data={"blockDeviceMappings": [camel()]}),
    "camelCase dict, lazy": lambda s: ec2.CfnLaunchTemplate(
        s, "It", launch_template_data={"blockDeviceMappings": lazy([camel()])}
    ),
    "all of it lazy": lambda s: ec2.CfnLaunchTemplate(
        s, "It", launch_template_data=lazy({"blockDeviceMappings": [camel()]})
    ),
    "raw launch template": lambda s: template_of(s, [mapping()]),
    "override of the list": lambda s: overridden(s, MAPPINGS, [mapping()]),
    "override of all data": lambda s: overridden(s, "LaunchTemplateData", {"BlockDeviceMappings": [mapping()]}),
    "override by place": lambda s: template_of(s, [{"DeviceName": "/dev/xvdf", "Ebs": {}}]).add_property_override(
        f"{MAPPINGS}.0.Ebs.SnapshotId", SNAPSHOT
    ),
    "override with a token in it": lambda s: overridden(
        s, MAPPINGS, [mapping(SnapshotId=cdk.CfnParameter(s, "P").value_as_string)]
    ),
    "ECS service": service,
    "agents' capacity provider": agents,
    "included template": included,
}


def at_synth(scope, rate=200, **options):
    """Add a default rate as an Aspect, synthesize, and return its report."""
    default = ebs.DefaultInitializationRate(rate, **options)
    cdk.Aspects.of(scope).add(default)
    scope.node.root.synth()
    return default.report


def now(scope, rate=200, **options):
    """Apply a default rate as a Mixin, and return its report."""
    default = ebs.DefaultInitializationRate(rate, **options)
    cdk.Mixins.of(scope).apply(default)
    return default.report


BOTH = pytest.mark.parametrize("apply", [at_synth, now])


def rates(stack):
    """Return every rate in a stack's template."""
    found, pending = [], [Template.from_stack(stack).to_json()]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            found += [one[RATE]] if RATE in one else []
            pending += one.values()
        elif isinstance(one, list):
            pending += one
    return found


@BOTH
@pytest.mark.parametrize("make", RATED.values(), ids=RATED)
def test_rates_what_is_created_from_a_snapshot(stack, make, apply):
    make(stack)
    report = apply(stack)
    assert [one.construct_path.startswith("Prod/It") for one in report.rated] == [True]
    assert report.left == ()
    assert rates(stack) == [200]


LEFT = {
    "rate set": (lambda s: volume(s).add_property_override(RATE, 150), "RateSet"),
    "rate set in camelCase": (
        lambda s: ec2.CfnLaunchTemplate(
            s, "It", launch_template_data={"blockDeviceMappings": [camel(volumeInitializationRate=150)]}
        ),
        "RateSet",
    ),
    "rate set by place": (
        lambda s: template_of(s, [mapping()]).add_property_override(f"{MAPPINGS}.0.Ebs.{RATE}", 150),
        "RateSet",
    ),
    "rate set to nothing": (lambda s: volume(s).add_property_override(RATE, cdk.Aws.NO_VALUE), "RateSet"),
    "rate by a condition": (
        lambda s: raw_volume(s, SnapshotId=SNAPSHOT, **{RATE: {"Fn::If": ["c", 100, NO_VALUE]}}),
        "RateSet",
    ),
    "blank volume": (lambda s: volume(s, snapshot_id=None, size=1), "InitializationRateWithoutSnapshot"),
    "blank device": (
        lambda s: template_of(s, [{"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 8}}]),
        "InitializationRateMayLackSnapshot",
    ),
    "root device": (lambda s: template_of(s, [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}]), "ImageDevice"),
    "snapshot by a condition": (
        lambda s: raw_volume(s, Size=1, SnapshotId={"Fn::If": ["c", SNAPSHOT, NO_VALUE]}),
        "SnapshotUncertain",
    ),
    "included fragment": (
        lambda s: raw_volume(s, SnapshotId=SNAPSHOT, **{"Fn::Transform": {"Name": "AWS::Include"}}),
        "SnapshotUncertain",
    ),
    "Outpost": (lambda s: volume(s, outpost_arn="arn:aws:outposts"), "InitializationRateOnOutpost"),
    "Outpost by an override": (
        lambda s: volume(s).add_property_override("OutpostArn", "arn:aws:outposts"),
        "InitializationRateOnOutpost",
    ),
    "Local Zone": (lambda s: volume(s, availability_zone="us-west-2-lax-1a"), "InitializationRateInLocalZone"),
    "Wavelength Zone": (
        lambda s: volume(s, availability_zone="us-east-1-wl1-bos-wlz-1"),
        "InitializationRateInLocalZone",
    ),
    "launch template in a Local Zone": (
        lambda s: template_of(s, [mapping()], Placement={"AvailabilityZone": "us-west-2-lax-1a"}),
        "InitializationRateInLocalZone",
    ),
    "copy": (
        lambda s: volume(s, snapshot_id=None).add_property_override("SourceVolumeId", "vol-0123456789abcdef0"),
        "InitializationRateOnVolumeCopy",
    ),
    "instance": (
        lambda s: cdk.CfnResource(s, "It", type="AWS::EC2::Instance", properties={"BlockDeviceMappings": [mapping()]}),
        "InitializationRateNotInCloudFormation",
    ),
    "list by a condition": (lambda s: template_of(s, {"Fn::If": ["c", [mapping()], NO_VALUE]}), "Unknown"),
    "device by a condition": (lambda s: template_of(s, [{"Fn::If": ["c", mapping(), NO_VALUE]}]), "Unknown"),
    "device's volume by a condition": (
        lambda s: template_of(s, [{"DeviceName": "/dev/xvdf", "Ebs": {"Fn::If": ["c", mapping()["Ebs"], NO_VALUE]}}]),
        "Unknown",
    ),
    "launch template's data by a condition": (
        lambda s: cdk.CfnResource(
            s,
            "It",
            type="AWS::EC2::LaunchTemplate",
            properties={"LaunchTemplateData": {"Fn::If": ["c", {"BlockDeviceMappings": [mapping()]}, NO_VALUE]}},
        ),
        "Unknown",
    ),
    "snapshot of a mapping, if any": (
        lambda s: raw_volume(s, SnapshotId={"Fn::FindInMap": ["A", "b", "c", {"DefaultValue": NO_VALUE}]}),
        "SnapshotUncertain",
    ),
    "empty snapshot": (lambda s: raw_volume(s, Size=8, SnapshotId=""), "InitializationRateWithoutSnapshot"),
    "Outpost by a condition": (
        lambda s: raw_volume(s, SnapshotId=SNAPSHOT, OutpostArn={"Fn::If": ["c", "arn:aws:outposts", NO_VALUE]}),
        "PlaceUncertain",
    ),
    "Local Zone by a condition": (
        lambda s: raw_volume(s, SnapshotId=SNAPSHOT, AvailabilityZone={"Fn::If": ["c", "us-west-2-lax-1a", ZONE]}),
        "PlaceUncertain",
    ),
    "placement in a Local Zone by a condition": (
        lambda s: template_of(
            s, [mapping()], Placement={"AvailabilityZone": {"Fn::If": ["c", "us-west-2-lax-1a", ZONE]}}
        ),
        "PlaceUncertain",
    ),
    "override by a lazy list": (lambda s: overridden(s, MAPPINGS, lazy([mapping()])), "Unknown"),
}


@BOTH
@pytest.mark.parametrize(("make", "reason"), LEFT.values(), ids=LEFT)
def test_leaves_alone_what_a_rate_would_make_wrong(app, stack, make, reason, apply):
    untouched = cdk.Stack(
        cdk.App(builtin_cloud_formation_validation=False), "Prod", env=cdk.Environment(region="us-east-1")
    )
    make(untouched)
    make(stack)
    report = apply(app)
    assert [one.reason for one in report.left] == [reason]
    assert report.left[0].why
    assert report.rated == ()
    assert Template.from_stack(stack).to_json() == Template.from_stack(untouched).to_json()
    assert reason in REASONS or reason in RULES


def test_what_cannot_be_read_yet_is_left_and_says_why(stack):
    @jsii.implements(cdk.IStableAnyProducer)
    class Fails:
        def produce(self):
            raise ValueError("nothing is configured yet\nneither here nor there")

    raw_volume(stack, SnapshotId=cdk.Lazy.any(Fails()))
    [left] = now(stack).left
    assert left.reason == "Unreadable"
    assert "nothing is configured yet" in left.why
    assert "\n" not in left.why


@BOTH
def test_snapshots_named_as_enabled_for_fast_snapshot_restore_are_left(stack, apply):
    parameter = cdk.CfnParameter(stack, "Snapshot").value_as_string
    volume(stack, "Fast")
    volume(stack, "ByParameter", snapshot_id=parameter)
    either = {"Fn::If": ["c", SNAPSHOT, "snap-01234567"]}
    cdk.CfnResource(stack, "Either", type="AWS::EC2::Volume", properties={"SnapshotId": either})
    volume(stack, "Other", snapshot_id="snap-01234567")
    report = apply(stack, fast_snapshot_restore_snapshot_ids=[SNAPSHOT, parameter])
    assert [(one.construct_path, one.reason) for one in report.left] == [
        ("Prod/Fast", "FastSnapshotRestore"),
        ("Prod/ByParameter", "FastSnapshotRestore"),
        ("Prod/Either", "FastSnapshotRestore"),
    ]
    assert [one.construct_path for one in report.rated] == ["Prod/Other"]


IMAGE = {"ImageId": "ami-0123456789abcdef0"}
ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}
RATED_ROOT = {"DeviceName": "/dev/xvda", "Ebs": {RATE: 200}}


@BOTH
@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        ([ROOT], [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, RATE: 200}}]),
        ([mapping()], [mapping(**{RATE: 200}), RATED_ROOT]),
        ([], [RATED_ROOT]),
        (NO_VALUE, [RATED_ROOT]),
        ([{"DeviceName": "/dev/xvda", "Ebs": NO_VALUE}], [{"DeviceName": "/dev/xvda", "Ebs": NO_VALUE}]),
        (None, [RATED_ROOT]),
        ([{"DeviceName": "/dev/xvda", "NoDevice": ""}], [{"DeviceName": "/dev/xvda", "NoDevice": ""}]),
        ([{"DeviceName": {"Ref": "AWS::Region"}, "Ebs": {}}], [{"DeviceName": {"Ref": "AWS::Region"}, "Ebs": {}}]),
    ],
    ids=[
        "mapped",
        "others mapped",
        "empty list",
        "no value",
        "no volume",
        "no list",
        "left out",
        "named at deployment",
    ],
)
def test_rates_the_root_device_that_the_user_names(stack, resources, mappings, expected, apply):
    template_of(stack, mappings, **IMAGE)
    apply(stack, root_devices=["/dev/xvda"])
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["BlockDeviceMappings"] == expected
    assert now(stack, 300, root_devices=["/dev/xvda"]).rated == ()


@BOTH
def test_rates_the_root_device_in_an_overridden_list(stack, resources, apply):
    overridden(stack, MAPPINGS, [mapping()], imageId="ami-0123456789abcdef0")
    apply(stack, root_devices=["/dev/xvda"])
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["BlockDeviceMappings"] == [mapping(**{RATE: 200}), RATED_ROOT]


@pytest.mark.parametrize(
    ("data", "root_devices", "reason"),
    [
        ({}, ["/dev/xvda"], "ImageDevice"),
        (IMAGE, ["/dev/sda1", "/dev/sdb"], "RootDeviceNotMapped"),
        (IMAGE, [], "ImageDevice"),
        (
            {**IMAGE, "Placement": {"AvailabilityZone": "us-west-2-lax-1a"}},
            ["/dev/xvda"],
            "InitializationRateInLocalZone",
        ),
    ],
    ids=["no AMI is named", "two names", "not asked for", "Local Zone"],
)
def test_leaves_root_devices_that_are_not_certain(stack, data, root_devices, reason):
    template_of(stack, [ROOT], **data)
    report = at_synth(stack, root_devices=root_devices)
    assert report.rated == ()
    assert report.left[-1].reason == reason


@BOTH
def test_a_root_volume_replacement_is_not_started_anew_by_another_rate(stack, apply):
    ebs.RootVolumeReplacement(stack, "It", instance="i-0123456789abcdef0", snapshot_id=SNAPSHOT)
    report = apply(stack)
    assert (report.rated, [one.reason for one in report.left]) == ((), ["RootVolumeReplacement"])
    assert rates(stack) == []


def test_our_instances_devices_are_rated_through_their_launch_template(stack, resources):
    vpc = ec2.Vpc(stack, "Vpc")
    ebs.Instance(
        stack,
        "It",
        vpc=vpc,
        instance_type=ec2.InstanceType("m7i.large"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
        block_devices=[
            ebs.BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=150),
            ebs.BlockDevice.from_snapshot("/dev/xvdg", SNAPSHOT),
        ],
    )
    report = at_synth(stack)
    assert [one.device_name for one in report.rated] == ["/dev/xvdg"]
    [template] = resources("AWS::EC2::LaunchTemplate")
    devices = template["LaunchTemplateData"]["BlockDeviceMappings"]
    assert [one["Ebs"][RATE] for one in devices] == [150, 200]


def test_reading_freezes_nothing_that_is_made_later(stack, resources):
    user_data = ec2.UserData.for_linux()
    ec2.LaunchTemplate(stack, "It", user_data=user_data, block_devices=[snapshot_device()])
    now(stack)
    user_data.add_commands("echo later")
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert "echo later" in json.dumps(template["LaunchTemplateData"]["UserData"])


@BOTH
def test_references_across_stacks_stay_references(app, apply):
    other = cdk.Stack(app, "Other")
    parameter = cdk.CfnParameter(other, "Snapshot")
    stack = cdk.Stack(app, "Prod")
    overridden(stack, MAPPINGS, [mapping(SnapshotId=parameter.value_as_string)])
    apply(app)
    [template] = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    [device] = template["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    assert "Fn::ImportValue" in device["Ebs"]["SnapshotId"]
    assert device["Ebs"][RATE] == 200


@pytest.mark.parametrize(
    "rate",
    [200, 200.0, cdk.Size.mebibytes(200), "parameter"],
    ids=["int", "float", "Size", "token"],
)
@BOTH
def test_a_rate_may_be_a_size_a_number_or_a_token(stack, rate, apply):
    volume(stack)
    expected = 200
    if rate == "parameter":
        parameter = ebs.InitializationRate.parameter(stack, "Rate")
        rate, expected = parameter, {"Ref": "Rate"}
    apply(stack, rate)
    assert rates(stack) == [expected]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"rate": 99}, "InitializationRateOutOfRange"),
        ({"rate": 301}, "InitializationRateOutOfRange"),
        ({"rate": 200.5}, "WrongType"),
        ({"rate": True}, "WrongType"),
        ({"rate": "200"}, "WrongType"),
        ({"rate": None}, "WrongType"),
        ({"rate": 200, "root_devices": "/dev/xvda"}, "WrongType"),
        ({"rate": 200, "root_devices": [1]}, "WrongType"),
        ({"rate": 200, "fast_snapshot_restore_snapshot_ids": ["vol-0"]}, "SnapshotIdMalformed"),
    ],
    ids=repr,
)
def test_refuses_bad_arguments(arguments, code):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.DefaultInitializationRate(**arguments)
    assert [finding.code for finding in caught.value.findings] == [code]
    assert caught.value.subject == "DefaultInitializationRate"


def test_the_reader_is_cached_by_jsii_once(monkeypatch):
    first = resource_reader.LIBRARY.package()
    monkeypatch.setattr("time.time", lambda: 0)
    assert resource_reader.LIBRARY.package() == first


def test_the_report_can_be_printed(stack):
    volume(stack, "Data")
    template_of(stack, [mapping(), {"DeviceName": "/dev/xvda", "Ebs": {}}])
    assert str(at_synth(stack)) == (
        "2 rated, 1 left\n"
        "  rated  Prod/Data\n"
        "  rated  Prod/It /dev/xvdf\n"
        "  left   Prod/It /dev/xvda: only its AMI knows whether it has a snapshot; root_devices can name it "
        "[ImageDevice]"
    )
