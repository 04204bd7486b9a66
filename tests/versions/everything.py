"""Every construct of the package, each a part that can be made by itself, in any order."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

import constructs_ebs as ebs

ZONE, SNAPSHOT, INSTANCE, VOLUME = (
    "us-east-1a",
    "snap-0123456789abcdef0",
    "i-0123456789abcdef0",
    "vol-0123456789abcdef0",
)
ENVIRONMENT = cdk.Environment(account="111122223333", region="us-east-1")
TEMPLATE = "lt-0123456789abcdef0"
TYPE = ec2.InstanceType("m7i.large")
PARTS = {}


def part(function):
    """Take a function for a part, made below a construct of the function's name."""
    PARTS[function.__name__] = function
    return function


def make(stack, names):
    """Make some parts in their order, each in a scope of its own."""
    for name in names:
        PARTS[name](cdk.NestedStack(stack, name) if name.startswith("nested_") else Construct(stack, name))
    return stack


def _rated():
    return [
        ebs.BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300),
        ebs.BlockDevice.from_snapshot("/dev/xvdf", "snap-0123456789abcdef1", volume_initialization_rate=200),
        ebs.BlockDevice.blank("/dev/xvdg", volume_size=8, encrypted=True),
    ]


def _image():
    return ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"})


def _vpc(scope):
    return ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    )


def _volume(scope, **props):
    given = {"availability_zone": ZONE, "snapshot_id": SNAPSHOT, "volume_initialization_rate": 200, **props}
    return ebs.Volume(scope, "Volume", **given)


@part
def volume(scope):
    _volume(scope, volume_type=ec2.EbsDeviceVolumeType.GP3, size=100, iops=6_000, throughput=500, encrypted=True)


@part
def a_large_volume(scope):
    """One that upstream refuses in the oldest version that works."""
    _volume(scope, volume_type=ec2.EbsDeviceVolumeType.GP3, size=65_536, iops=80_000, throughput=2_000)


@part
def a_rate_by_parameter(scope):
    rate = ebs.InitializationRate.parameter(scope, "Rate", default=100)
    _volume(scope, volume_initialization_rate=rate)


@part
def launch_template(scope):
    ebs.LaunchTemplate(scope, "Template", machine_image=_image(), block_devices=_rated(), require_imdsv2=True)


@part
def instance(scope):
    ebs.Instance(
        scope,
        "Instance",
        vpc=_vpc(scope),
        instance_type=TYPE,
        machine_image=_image(),
        block_devices=_rated(),
        spot_options=ec2.LaunchTemplateSpotOptions(max_price=0.2),
    )


@part
def spot_fleet(scope):
    ebs.SpotFleet(
        scope,
        "Fleet",
        vpc=_vpc(scope),
        target_capacity=4,
        launch_specifications=[
            ebs.SpotFleetLaunchSpecification(
                name=name, machine_image=_image(), instance_types=[TYPE], block_devices=_rated()
            )
            for name in ("Two", "One")
        ],
    )


@part
def ami(scope):
    image = ebs.Ami(scope, "Image", source=ebs.AmiSource.snapshots(_rated()), delete_snapshots=True)
    ebs.LaunchTemplate(scope, "Template", machine_image=image)


@part
def another_ami(scope):
    device = ebs.BlockDevice.from_snapshot("/dev/xvda", "snap-0123456789abcdef2", volume_initialization_rate=100)
    ebs.Ami(scope, "Image", source=ebs.AmiSource.snapshots([device]))


@part
def ami_of_an_instance(scope):
    ebs.Ami(scope, "Image", source=ebs.AmiSource.instance(INSTANCE))


@part
def root_volume_replacement(scope):
    ebs.RootVolumeReplacement(scope, "Root", instance=INSTANCE, snapshot_id=SNAPSHOT, volume_initialization_rate=300)


@part
def another_root_volume_replacement(scope):
    ebs.RootVolumeReplacement(scope, "Root", instance="i-0123456789abcdef1")


@part
def launch_template_version(scope):
    ebs.LaunchTemplateVersion(
        scope, "Version", launch_template=TEMPLATE, volume_initialization_rate=200, set_default_version=True
    )


@part
def another_launch_template_version(scope):
    ebs.LaunchTemplateVersion(scope, "Version", launch_template="lt-0123456789abcdef1")


@part
def wait_for_a_volume(scope):
    _volume(scope).wait_until_initialized("Wait", snapshot_data=8)


@part
def wait_for_their_volume(scope):
    ebs.InitializationWait(scope, "Wait", volume=VOLUME, snapshot_data=8, volume_initialization_rate=200)


@part
def alarm(scope):
    ebs.InitializationAlarm(scope, "Late", volume=VOLUME, deadline=cdk.Duration.hours(6))


@part
def alarm_of_a_volume(scope):
    _volume(scope).alarm_when_late("Late", snapshot_data=8)


@part
def rule_by_tags(scope):
    ebs.on_volume_initialized(scope, "Tagged", tags={"team": "db"})


@part
def rule_of_a_volume(scope):
    _volume(scope).on_initialized("Warm")


@part
def policy(scope):
    statements = ebs.deny_initialization_rates(below=200, missing=True)
    iam.ManagedPolicy(scope, "Policy", document=iam.PolicyDocument(statements=statements))


@part
def nested_stack(scope):
    wait_for_a_volume(scope)
