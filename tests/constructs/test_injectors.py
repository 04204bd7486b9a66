"""A company's property injectors: they see what was given, supply and enforce, and what comes of it is judged."""

import gc
import json
from pathlib import Path

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.benchmarks.measure import counted
from tests.constants import SNAPSHOT, SNAPSHOT_2

GP2, GP3, IO2 = (ec2.EbsDeviceVolumeType[name] for name in ("GP2", "GP3", "IO2"))
VOLUME, TEMPLATE = "AWS::EC2::Volume", "AWS::EC2::LaunchTemplate"


@jsii.implements(cdk.IPropertyInjector)
class Injector:
    """Passes the properties of a class of aws-ec2 through a function, and keeps what it saw."""

    def __init__(self, upstream, change):
        self._upstream, self._change, self.seen = upstream, change, []

    @property
    def construct_unique_id(self):
        return self._upstream.PROPERTY_INJECTION_ID

    def inject(self, original_props, *, scope, id):  # noqa: ARG002
        self.seen.append(dict(original_props))
        return self._change(dict(original_props))


def inject(scope, upstream, change=None, **props):
    """Have a scope's injector change the properties of a class, or set some; return it."""
    injector = Injector(upstream, change or (lambda given: {**given, **props}))
    cdk.PropertyInjectors.of(scope).add(injector)
    return injector


def volume(scope, id="Data", **props):
    return ebs.Volume(scope, id, **{"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT, **props})


def template(scope, *devices, id="Servers", **props):
    return ebs.LaunchTemplate(scope, id, block_devices=devices, **props)


def instance(scope, *devices, **props):
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
    )
    image = ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"})
    kind = ec2.InstanceType("m7i.large")
    return ebs.Instance(
        scope, "Server", vpc=vpc, instance_type=kind, machine_image=image, block_devices=devices or None, **props
    )


def fleet(scope, *devices, **props):
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
    )
    specification = ebs.SpotFleetLaunchSpecification(
        machine_image=ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"}),
        instance_types=[ec2.InstanceType("m7i.large")],
        block_devices=devices,
    )
    return ebs.SpotFleet(
        scope, "Fleet", vpc=vpc, launch_specifications=[specification], **{"target_capacity": 1, **props}
    )


def rated(name="/dev/xvdf", rate=200, **props):
    return BlockDevice.from_snapshot(name, SNAPSHOT, volume_initialization_rate=rate, **props)


def upstreams(name="/dev/xvda", **props):
    """Return a device as an injector puts it into the list."""
    return {"deviceName": name, "volume": {"ebsDevice": props}}


def with_root(given):
    return {**given, "blockDevices": [upstreams(volumeSize=30, encrypted=True), *given.get("blockDevices", [])]}


def changing(**props):
    """Return a change of every volume in a list of devices."""

    def change(given):
        devices = []
        for device in map(plain, given.get("blockDevices", [])):
            volume = device["volume"] if isinstance(device["volume"], dict) else {}
            ebs = volume.get("ebsDevice") or plain(device["volume"].ebs_device)
            devices.append({**device, "volume": {"ebsDevice": {**ebs, **props}}})
        return {**given, "blockDevices": devices}

    return change


def plain(struct):
    """Return a struct as a dict with jsii's names, as injectors get it in one version of jsii or another."""
    if isinstance(struct, dict):
        return struct
    names = type(struct).__jsii_name_mapping__
    return {names[name]: value for name, value in struct._values.items()}


def mappings(stack):
    """Return the devices of the one launch template."""
    [resource] = Template.from_stack(stack).find_resources(TEMPLATE).values()
    return resource["Properties"]["LaunchTemplateData"].get("BlockDeviceMappings", [])


def refused(make, *arguments, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(*arguments, **props)
    return caught.value


# Volumes


@pytest.mark.parametrize(
    ("props", "supplied", "code"),
    [
        ({"snapshot_id": None}, {"size": cdk.Size.gibibytes(8)}, "SizeOrSnapshotRequired"),
        ({"snapshot_id": None, "size": 8, "volume_initialization_rate": 200}, {"snapshotId": SNAPSHOT}, "WithoutSnap"),
        ({"volume_type": IO2}, {"iops": 500}, "IopsRequired"),
        ({"volume_type": GP3, "size": 100, "iops": 60_000}, {"iops": 3_000}, "IopsPerGibTooHigh"),
        ({"volume_type": GP3, "size": 70_000}, {"size": cdk.Size.gibibytes(100)}, "SizeOutOfRange"),
        ({"availability_zone": "us-west-2a"}, {"availabilityZone": "us-east-1b"}, "OfAnotherRegion"),
        ({"availability_zone": "us-east-1-bos-1a", "volume_initialization_rate": 200}, {"availabilityZone": "a"}, "Lo"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_volume_that_lacks_what_an_injector_supplies_is_made(stack, props, supplied, code):
    assert code in str(refused(volume, stack, **props))
    assert stack.node.try_find_child("Data") is None, "something was half made"
    inject(stack, ec2.Volume, **supplied)
    volume(stack, **props)


def test_a_key_gets_the_encryption_that_an_injector_enforces(stack, resources):
    key = kms.Key(stack, "Key")
    inject(stack, ec2.Volume, encrypted=True)
    volume(stack, encryption_key=key, encrypted=False)
    assert resources(VOLUME)[0]["Encrypted"] is True


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"volume_initialization_rate": 500}, "InitializationRateOutOfRange"),
        ({"volume_type": "gp3"}, "WrongType"),
        ({"iops": {"Ref": "Iops"}}, "WrongType"),
        ({"size": "large"}, "WrongType"),
    ],
)
def test_what_no_injector_can_cure_is_refused_before_anything_is_made(stack, props, code):
    injector = inject(stack, ec2.Volume, iops=3_000)
    error = refused(volume, stack, **{"volume_type": GP3, **props})
    assert error.codes == (code,)
    assert not error.construct_made
    assert injector.seen == []
    assert stack.node.try_find_child("Data") is None


def test_what_an_injector_enforces_is_judged_on_what_was_built(stack):
    inject(stack, ec2.Volume, iops=60_000)
    error = refused(volume, stack, volume_type=GP3, size=100, iops=4_000)
    assert error.construct_made
    assert str(error) == (
        "Prod/Data: 1 problem; the construct was made, with what a property injector supplied or changed\n"
        "  iops must be at most 500 per GiB for gp3 (50,000 for 100 GiB), got 60000; lower iops or raise size "
        "[IopsPerGibTooHigh]"
    )
    assert stack.node.try_find_child("Data") is not None


def test_the_zone_that_an_injector_sets_is_of_the_region(stack):
    inject(stack, ec2.Volume, availabilityZone="eu-west-1a")
    assert refused(volume, stack).codes == ("AvailabilityZoneOfAnotherRegion",)


def test_an_error_that_says_that_nothing_was_made_says_so_to_programs(stack):
    error = refused(volume, stack, volume_initialization_rate=500)
    assert not error.construct_made
    assert "made" not in str(error)


def test_warns_of_what_was_built_and_of_nothing_else(stack):
    inject(stack, ec2.Volume, lambda given: {**given, "iops": 2_000, "throughput": 250})
    volume(stack, volume_type=GP3, size=100, iops=3_000, throughput=100)
    annotations = Annotations.from_stack(stack)
    annotations.has_warning("/Prod/Data", Match.string_like_regexp("IopsRaised"))
    annotations.has_no_warning("/Prod/Data", Match.string_like_regexp("ThroughputRaised"))


def test_an_injector_sees_what_was_given(stack):
    """Upstream's own check refuses all of it but the zone: no token, no dynamic reference, no 900 IOPS per GiB."""
    injector = inject(stack, ec2.Volume)
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    flag = cdk.Token.as_any({"Fn::If": ["c", True, False]})
    reference = "{{resolve:ssm:/golden/snapshot}}"
    volume(stack, "Known", volume_type=IO2, size=100, iops=90_000, snapshot_id=None)
    volume(stack, "Unknown", volume_type=GP3, size=number, iops=number, throughput=number, snapshot_id=None)
    volume(stack, "Reference", volume_type=GP3, snapshot_id=reference, encrypted=flag, enable_multi_attach=flag)
    known, unknown, referring = injector.seen
    assert (known["size"].to_gibibytes(), known["iops"], known["volumeType"]) == (100, 90_000, "io2")
    assert [unknown["iops"], unknown["throughput"], unknown["size"].to_gibibytes()] == [number] * 3
    assert known.keys() == {"availabilityZone", "size", "iops", "volumeType"}
    assert unknown.keys() == {"availabilityZone", "size", "iops", "throughput", "volumeType"}
    assert referring["snapshotId"] == reference
    assert stack.resolve(referring["encrypted"]) == stack.resolve(referring["enableMultiAttach"]) == stack.resolve(flag)


def test_no_injector_sees_a_type_that_was_not_given():
    flags = {"@aws-cdk/aws-ec2:ebsDefaultGp3Volume": True}
    app = cdk.App(context=flags, builtin_cloud_formation_validation=False)
    injector = inject(app, ec2.Volume)
    volume(cdk.Stack(app, "Gp3"), size=20_000, throughput=100)
    assert injector.seen[0].keys() == {"availabilityZone", "snapshotId", "size", "throughput"}


def test_our_rate_is_an_override_and_stays(stack, resources):
    inject(stack, ec2.Volume, volumeInitializationRate=cdk.Size.mebibytes(300))
    data = volume(stack, volume_initialization_rate=200)
    assert resources(VOLUME)[0]["VolumeInitializationRate"] == 200
    assert data.volume_initialization_rate == 200


def test_a_volume_knows_the_snapshot_and_the_rate_that_an_injector_supplied(stack, resources):
    inject(stack, ec2.Volume, snapshotId=SNAPSHOT_2, volumeInitializationRate=cdk.Size.mebibytes(300))
    data = volume(stack, snapshot_id=None)
    assert data.snapshot_id == SNAPSHOT_2
    rate = resources(VOLUME)[0].get("VolumeInitializationRate")  # since aws-cdk-lib 2.265
    assert data.volume_initialization_rate == rate
    if rate:
        data.wait_until_initialized("Warm", snapshot_data=100)


def test_what_is_built_is_upstreams_with_the_same_injector(stack, resources):
    inject(stack, ec2.Volume, encrypted=True, iops=5_000, removalPolicy=cdk.RemovalPolicy.SNAPSHOT)
    props = {"availability_zone": "us-east-1a", "volume_type": GP3, "volume_name": "data"}
    ec2.Volume(stack, "Theirs", size=cdk.Size.gibibytes(100), **props)
    ebs.Volume(stack, "Ours", size=100, **props)
    theirs, ours = resources(VOLUME)
    assert ours == theirs
    assert theirs["Iops"] == 5_000


@pytest.mark.parametrize("where", ["app", "stage", "stack", "construct"])
def test_an_injector_applies_from_wherever_upstream_finds_it(app, where):
    stage = cdk.Stage(app, "Stage")
    stack = cdk.Stack(stage, "Prod")
    scope = Construct(stack, "Inner")
    injector = inject({"app": app, "stage": stage, "stack": stack, "construct": scope}[where], ec2.Volume, iops=500)
    volume(scope, volume_type=IO2)
    assert len(injector.seen) == 1
    inject(stage, ec2.LaunchTemplate)  # a scope with injectors of another class hides none of those above it
    volume(scope, "Second", volume_type=IO2)


def test_an_injector_of_another_class_or_scope_cures_nothing(app, stack):
    inject(stack, ec2.LaunchTemplate)
    inject(cdk.Stack(app, "Other"), ec2.Volume, iops=500)
    error = refused(volume, stack, volume_type=IO2)
    assert not error.construct_made


def test_a_volume_is_upstreams_to_upstream(stack):
    """It is of a class of ours in Node: what upstream knows of it stays the same."""
    volume(stack, volume_initialization_rate=200)
    gc.collect()
    [child] = stack.node.children
    assert isinstance(child, ec2.Volume)
    [tree] = [node for node in tree_of(stack) if node["id"] == "Data"]
    assert tree["constructInfo"]["fqn"] == "aws-cdk-lib.aws_ec2.Volume"


def tree_of(stack):
    assembly = stack.node.root.synth()
    tree = json.loads((Path(assembly.directory) / "tree.json").read_text())
    return tree["tree"]["children"][stack.node.id]["children"].values()


def test_a_subclass_can_override_what_upstream_calls(stack):
    class Mine(ebs.Volume):
        def grant_attach_volume(self, grantee, instances=None):
            granted.append(grantee)
            return super().grant_attach_volume(grantee, instances)

    granted: list[object] = []
    role = cdk.aws_iam.Role(stack, "Role", assumed_by=cdk.aws_iam.ServicePrincipal("ec2.amazonaws.com"))
    data = Mine(stack, "Data", availability_zone="us-east-1a", size=8)
    data.grant_attach_volume_by_resource_tag(role, [data])  # which calls the other method, in Node
    assert len(granted) == 1


# Launch templates


def test_a_rate_follows_its_device_wherever_an_injector_moves_it(stack):
    inject(stack, ec2.LaunchTemplate, with_root)
    template(stack, rated(), rated("/dev/xvdg", 300))
    root, first, second = mappings(stack)
    assert root == {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 30}}
    assert (first["DeviceName"], first["Ebs"]["VolumeInitializationRate"]) == ("/dev/xvdf", 200)
    assert (second["DeviceName"], second["Ebs"]["VolumeInitializationRate"]) == ("/dev/xvdg", 300)


def test_the_snapshot_data_of_a_rate_follows_its_device(stack):
    inject(stack, ec2.LaunchTemplate, with_root)
    rate = ebs.InitializationRate.EC2_DEFAULT
    template(stack, BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=rate))
    default = ebs.DefaultInitializationRate(200)
    cdk.Mixins.of(stack).apply(default)
    left = [decision.device_name for decision in default.report.left if decision.reason == "RateSet"]
    assert left == ["/dev/xvdf"]


def test_a_device_with_a_name_that_only_the_deployment_knows_keeps_its_rate(stack):
    inject(stack, ec2.LaunchTemplate, with_root)
    template(stack, rated(cdk.CfnParameter(stack, "Name").value_as_string))
    assert mappings(stack)[1]["DeviceName"] == {"Ref": "Name"}
    assert mappings(stack)[1]["Ebs"]["VolumeInitializationRate"] == 200


@pytest.mark.parametrize("make", [template, instance, fleet])
def test_a_rated_device_that_an_injector_removes_is_missed(stack, make):
    upstream = ec2.Instance if make is instance else ec2.LaunchTemplate
    inject(stack, upstream, lambda given: {**given, "blockDevices": [upstreams(volumeSize=8)]})
    error = refused(make, stack, rated(), BlockDevice.blank("/dev/xvdg", volume_size=8))
    assert error.codes == ("RatedDeviceRemoved",)
    assert error.construct_made
    assert "block_devices must still map /dev/xvdf, which has a rate" in str(error)


@pytest.mark.parametrize("make", [template, instance, fleet])
def test_what_an_injector_supplies_on_devices_is_built(stack, make):
    upstream = ec2.Instance if make is instance else ec2.LaunchTemplate
    device = rated(volume_type=IO2)
    assert refused(make, cdk.Stack(stack.node.root, "Plain"), device).codes == ("IopsRequired",)
    inject(stack, upstream, changing(iops=500, encrypted=True))
    make(stack, device)
    [mapping] = mappings(stack)
    expected = {"Iops": 500, "Encrypted": True, "VolumeInitializationRate": 200, "VolumeType": "io2"}
    assert mapping["Ebs"] == {**expected, "SnapshotId": SNAPSHOT}


@pytest.mark.parametrize("make", [template, instance, fleet])
def test_what_an_injector_enforces_on_devices_is_judged(stack, make):
    upstream = ec2.Instance if make is instance else ec2.LaunchTemplate
    inject(stack, upstream, changing(volumeSize=100, iops=60_000, volumeType=GP3))
    error = refused(make, stack, rated())
    assert error.codes == ("IopsPerGibTooHigh",)
    assert error.construct_made
    assert "block_devices[0] (/dev/xvdf): iops must be at most 500 per GiB" in str(error)
    assert ("launch_specifications[0]" in str(error)) == (make is fleet)


@pytest.mark.parametrize("make", [template, instance, fleet])
@pytest.mark.parametrize(
    ("devices", "code"),
    [
        ([rated(rate=500)], "InitializationRateOutOfRange"),
        ([rated(), rated()], "DeviceNameDuplicate"),
        ([rated(volume_type="gp3")], "WrongType"),
    ],
    ids=["rate", "twice", "type"],
)
def test_no_injector_cures_a_device_like_that(stack, make, devices, code):
    injector = inject(stack, ec2.Instance if make is instance else ec2.LaunchTemplate)
    error = refused(make, stack, *devices)
    assert error.codes == (code,)
    assert not error.construct_made
    assert injector.seen == []


def test_a_fleets_own_options_are_judged_before_it_is_made(stack):
    inject(stack, ec2.LaunchTemplate)
    error = refused(fleet, stack, rated(), target_capacity=-1)
    assert not error.construct_made


def test_suspects_a_device_of_an_injectors_but_none_of_ours(stack):
    device = BlockDevice.from_image("/dev/xvdf", volume_initialization_rate=200, volume_size=100)
    inject(stack, ec2.LaunchTemplate, with_root)
    template(stack, device)
    Annotations.from_stack(stack).has_no_warning("*", Match.string_like_regexp("MayLackSnapshot"))
    other = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Other")
    size = cdk.Size.mebibytes(200)
    data = upstreams("/dev/xvdg", volumeSize=30, volumeInitializationRate=size)
    inject(other, ec2.LaunchTemplate, lambda given: {**given, "blockDevices": [data]})
    template(other, id="Theirs")
    if "VolumeInitializationRate" in mappings(other)[0]["Ebs"]:  # since aws-cdk-lib 2.265
        Annotations.from_stack(other).has_warning("/Other/Theirs", Match.string_like_regexp("MayLackSnapshot"))


def test_a_flag_that_only_the_deployment_knows_yields_to_an_injector(stack):
    flag = cdk.Token.as_any({"Fn::If": ["c", True, False]})
    devices = [rated(encrypted=flag), rated("/dev/xvdg", encrypted=flag, delete_on_termination=flag)]
    inject(stack, ec2.LaunchTemplate, changing(encrypted=True))
    template(stack, *devices)
    assert [mapping["Ebs"]["Encrypted"] for mapping in mappings(stack)] == [True, True]
    assert mappings(stack)[1]["Ebs"]["DeleteOnTermination"] == {"Fn::If": ["c", True, False]}


# Instances


def test_an_instances_injector_sees_its_devices_and_its_template_gets_them(stack, resources):
    injector = inject(stack, ec2.Instance, with_root)
    key = kms.Key(stack, "Key")
    props = {"encrypted": True, "kms_key": key, "throughput": 250, "volume_type": GP3}
    instance(
        stack,
        rated(**props),
        BlockDevice.blank("/dev/xvdg", volume_size=cdk.CfnParameter(stack, "Size", type="Number").value_as_number),
        BlockDevice.instance_store("/dev/xvdh", 0),
        BlockDevice.none("/dev/xvdi"),
    )
    seen = [device["deviceName"] for device in map(plain, injector.seen[0]["blockDevices"])]
    assert seen == ["/dev/xvdf", "/dev/xvdg", "/dev/xvdh", "/dev/xvdi"]
    [made] = resources("AWS::EC2::Instance")
    assert "BlockDeviceMappings" not in made
    root, data, blank, store, none = mappings(stack)
    assert root["Ebs"] == {"Encrypted": True, "VolumeSize": 30}
    assert data["Ebs"] == {
        "Encrypted": True,
        "KmsKeyId": {"Fn::GetAtt": [stack.get_logical_id(key.node.default_child), "Arn"]},
        "SnapshotId": SNAPSHOT,
        "Throughput": 250,
        "VolumeInitializationRate": 200,
        "VolumeType": "gp3",
    }
    assert blank == {"DeviceName": "/dev/xvdg", "Ebs": {"VolumeSize": {"Ref": "Size"}}}
    assert store == {"DeviceName": "/dev/xvdh", "VirtualName": "ephemeral0"}
    assert none == {"DeviceName": "/dev/xvdi", "NoDevice": ""}
    Annotations.from_stack(stack).has_no_warning("*", Match.string_like_regexp("throughput"))


def test_an_injector_that_changes_nothing_changes_no_instance(stack, app):
    flag = cdk.Token.as_any({"Fn::If": ["c", True, False]})
    devices = [
        rated(encrypted=flag, throughput=250, volume_type=GP3),
        BlockDevice.blank("/dev/xvdg", volume_size=8),
        BlockDevice.none("/dev/xvdi"),
    ]
    instance(stack, *devices)
    injected = cdk.Stack(app, "Injected", env=cdk.Environment(account="111122223333", region="us-east-1"))
    inject(injected, ec2.Instance)
    instance(injected, *devices)
    assert mappings(injected) == mappings(stack)


def test_an_unrated_instances_devices_are_judged_too(stack, resources):
    inject(stack, ec2.Instance, with_root)
    instance(stack)
    assert resources("AWS::EC2::Instance")[0]["BlockDeviceMappings"][0]["DeviceName"] == "/dev/xvda"
    other = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Other")
    inject(other, ec2.Instance, changing(iops=500, volumeType=GP2))
    assert refused(instance, other, BlockDevice.blank("/dev/xvdf", volume_size=8)).codes == ("IopsNotSupported",)


def test_a_spot_instances_template_has_what_an_injector_supplies(stack, resources):
    inject(stack, ec2.Instance, with_root)
    instance(stack, spot_options=ec2.LaunchTemplateSpotOptions())
    assert [mapping["DeviceName"] for mapping in mappings(stack)] == ["/dev/xvda"]
    assert "BlockDeviceMappings" not in resources("AWS::EC2::Instance")[0]


# Cost


def test_whether_an_injector_applies_takes_one_kernel_call():
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Prod", env=cdk.Environment(account="111122223333", region="us-east-1"))
    volume(stack, "WarmUp", volume_initialization_rate=200)
    with counted() as calls:
        volume(stack, volume_initialization_rate=200)
        assert calls() == 2  # this one, and the construction
