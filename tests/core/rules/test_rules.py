"""The rules as one table: EC2 requests, and the codes they are answered with."""

import re
from pathlib import Path

import pytest

import constructs_ebs
from constructs_ebs.core import UNKNOWN, check_request, limits
from constructs_ebs.core.actions import ACTIONS
from constructs_ebs.core.requests import read
from constructs_ebs.core.rules import MODULES, RULES, rules_of
from constructs_ebs.core.rules.origin import can_be_rated
from tests.constants import RATE, SNAPSHOT

PACKAGE = Path(constructs_ebs.__file__).parent


def volume(**params):
    """A CreateVolume request for a volume from a snapshot."""
    return "CreateVolume", {"AvailabilityZone": "us-east-1a", "SnapshotId": SNAPSHOT, **params}


def blank(**params):
    return "CreateVolume", {"AvailabilityZone": "us-east-1a", **params}


def mappings(*ebs, device="/dev/xvdf"):
    return [{"DeviceName": device, "Ebs": one} for one in ebs]


def launch_template(*ebs, device="/dev/xvdf", **data):
    return "CreateLaunchTemplate", {
        "LaunchTemplateName": "t",
        "LaunchTemplateData": {"BlockDeviceMappings": mappings(*ebs, device=device), **data},
    }


def run(*ebs, device="/dev/xvdf", **params):
    return "RunInstances", {
        "MinCount": 1,
        "MaxCount": 1,
        "BlockDeviceMappings": mappings(*ebs, device=device),
        **params,
    }


def image(*ebs, device="/dev/sda1", **params):
    return "RegisterImage", {
        "Name": "golden",
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": mappings(*ebs, device=device),
        **params,
    }


def version(**params):
    return "CreateLaunchTemplateVersion", {"LaunchTemplateId": "lt-0", "LaunchTemplateData": {}, **params}


def spot(**options):
    return "RunInstances", {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": options}}


def templated(**options):
    return "CreateLaunchTemplate", {"LaunchTemplateData": spot(**options)[1]}


def fleet(*overrides, **config):
    templates = [{"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-0", "Version": "1"}, "Overrides": overrides}]
    data = {"IamFleetRole": "arn", "TargetCapacity": 10, "LaunchTemplateConfigs": templates, **config}
    return "RequestSpotFleet", {"SpotFleetRequestConfig": data}


def rebalanced(Type="maintain", **rebalance):  # noqa: N803
    return fleet(Type=Type, SpotMaintenanceStrategies={"CapacityRebalance": rebalance})


def specified(TargetCapacity, **specification):  # noqa: N803
    devices = mappings({"SnapshotId": SNAPSHOT, RATE: 300})
    specifications = [{"BlockDeviceMappings": devices, **specification}]
    return fleet(LaunchTemplateConfigs=None, LaunchSpecifications=specifications, TargetCapacity=TargetCapacity)


def zone_id(name):
    return "CreateVolume", {"AvailabilityZoneId": name, "Size": 1}


def placed(zone):
    return "CreateLaunchTemplate", {"LaunchTemplateData": {"Placement": {"AvailabilityZone": zone}}}


def replacement(**params):
    return "CreateReplaceRootVolumeTask", {"InstanceId": "i-0123456789abcdef0", **params}


def inside(request, region="us-east-1"):
    """Send a request to a Region."""
    return *request, region


ROOT = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": SNAPSHOT}}
RATED = {"SnapshotId": SNAPSHOT, RATE: 200}

# Requests that EC2 accepts as they are: no finding.
ACCEPTED = [
    volume(),
    # Zones of the Region, and what may be one
    *(
        inside(volume(AvailabilityZone=name))
        for name in ("us-east-1a", "us-east-1-bos-1a", "us-east-1-wl1-bos-wlz-1", UNKNOWN, "somewhere", "dummy1a")
    ),
    *(inside(zone_id(name)) for name in ("use1-az1", "use1-bos1-az1", "use1-wl1-bos-wlz1", "somewhere", UNKNOWN)),
    *(
        inside(zone_id(f"{code}-az1"), region)
        for region, code in {
            "ap-northeast-2": "apne2",
            "ap-south-1": "aps1",
            "ap-southeast-2": "apse2",
            "ca-central-1": "cac1",
            "cn-north-1": "cnn1",
            "cn-northwest-1": "cnnw1",
            "eu-west-3": "euw3",
            "us-gov-west-1": "usgw1",
            "us-west-1": "usw1",
            "us-iso-east-1": "usie1",
        }.items()
    ),
    inside(placed("us-east-1a")),
    inside(placed(UNKNOWN)),
    inside(("RunInstances", {"Placement": None})),
    placed("us-west-2a"),
    *(volume(**{RATE: rate}) for rate in (100, 101, 200, 299, 300, UNKNOWN)),
    blank(Size=1),
    volume(SnapshotId="snap-01234567"),
    volume(SnapshotId=UNKNOWN, **{RATE: 100}),
    volume(AvailabilityZone="us-gov-west-1a", **{RATE: 100}),
    volume(AvailabilityZone="eusc-de-east-1a", **{RATE: 100}),
    ("CreateVolume", {"AvailabilityZoneId": "use1-az1", "SnapshotId": SNAPSHOT, RATE: 100}),
    volume(AvailabilityZone="us-west-2-lax-1a"),
    volume(OutpostArn="arn:aws:outposts:us-east-1:111122223333:outpost/op-0"),
    blank(SourceVolumeId="vol-0"),
    # Sizes
    *(blank(VolumeType="gp3", Size=size) for size in (1, 65_536)),
    *(blank(VolumeType="gp2", Size=size) for size in (1, 16_384)),
    *(blank(VolumeType="io1", Size=size, Iops=100) for size in (4, 16_384)),
    *(blank(VolumeType="io2", Size=size, Iops=100) for size in (4, 65_536)),
    *(blank(VolumeType=kind, Size=size) for kind in ("st1", "sc1") for size in (125, 16_384)),
    *(blank(VolumeType="standard", Size=size) for size in (1, 1_024)),
    blank(Size=16_384),
    # Spellings
    blank(VolumeType="GP3", Size=1, Iops=3_000),
    blank(VolumeType="", Size=1),
    # IOPS and their ratio to the size
    *(blank(VolumeType="gp3", Size=160, Iops=iops) for iops in (3_000, 3_001, 80_000)),
    blank(VolumeType="gp3", Size=1, Iops=3_000),
    blank(VolumeType="gp3", Size=7, Iops=3_500),
    *(blank(VolumeType="io1", Size=1_280, Iops=iops) for iops in (100, 64_000)),
    blank(VolumeType="io1", Size=4, Iops=200),
    *(blank(VolumeType="io2", Size=256, Iops=iops) for iops in (100, 256_000)),
    blank(VolumeType="io2", Size=100, Iops=100_000),
    volume(VolumeType="io2", Iops=256_000),
    volume(VolumeType="io2", Iops=UNKNOWN),
    volume(VolumeType=UNKNOWN, Iops=5_000, Throughput=500),
    # Throughput and its ratio to IOPS
    *(blank(VolumeType="gp3", Size=160, Throughput=throughput) for throughput in (125, 750)),
    blank(VolumeType="gp3", Size=160, Throughput=2_000, Iops=8_000),
    blank(VolumeType="gp3", Size=160, Throughput=2_000, Iops=UNKNOWN),
    # Multi-Attach
    *(blank(VolumeType=kind, Size=4, Iops=100, MultiAttachEnabled=True) for kind in ("io1", "io2")),
    blank(Size=4, MultiAttachEnabled=False),
    blank(Size=4, VolumeType=UNKNOWN, MultiAttachEnabled=True),
    # Encryption
    blank(Size=4, Encrypted=True, KmsKeyId="alias/key"),
    blank(Size=4, Encrypted=UNKNOWN, KmsKeyId="alias/key"),
    blank(Size=4, Encrypted=False),
    *(blank(SourceVolumeId=source, KmsKeyId="alias/key") for source in ("vol-0", UNKNOWN)),
    blank(SourceVolumeId="vol-0", KmsKeyId="alias/key", Encrypted=False),
    # An empty string is none
    volume(AvailabilityZone="", AvailabilityZoneId="use1-az1"),
    volume(AvailabilityZoneId=""),
    blank(Size=1, SnapshotId=""),
    blank(SourceVolumeId="vol-0", SnapshotId=""),
    volume(OutpostArn="", **{RATE: 200}),
    launch_template({"VolumeSize": 8, "SnapshotId": ""}),
    # Launch templates and launches: the image may map the device
    launch_template(RATED),
    launch_template({RATE: 200}),
    launch_template({RATE: 200, "VolumeSize": 30}, device="/dev/xvda"),
    launch_template({RATE: 200, "VolumeSize": 30}, device=UNKNOWN),
    launch_template({"VolumeType": "gp3"}),
    launch_template({"Iops": 5_000, "Throughput": 500}),
    launch_template({"VolumeSize": 65_536}),
    launch_template({**RATED, "Encrypted": True, "KmsKeyId": "alias/key"}),
    launch_template(RATED, Placement={"AvailabilityZone": "us-east-1a"}),
    run(RATED),
    run(RATED, Placement={"AvailabilityZone": "us-east-1a"}),
    run({"OutpostArn": "arn:aws:outposts:us-east-1:111122223333:outpost/op-0", "SnapshotId": SNAPSHOT}),
    ("RunInstances", {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}]}),
    ("RunInstances", {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "NoDevice": ""}]}),
    ("RunInstances", {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb"}]}),
    ("RequestSpotInstances", {"LaunchSpecification": {"BlockDeviceMappings": mappings(RATED)}}),
    (
        "RequestSpotFleet",
        {
            "SpotFleetRequestConfig": {
                "LaunchSpecifications": [
                    {
                        "BlockDeviceMappings": mappings(RATED),
                        "Placement": {"AvailabilityZone": "us-east-1a, us-east-1b"},
                    }
                ]
            }
        },
    ),
    ("CreateFleet", {"LaunchTemplateConfigs": [{"Overrides": [{"BlockDeviceMappings": mappings({"VolumeSize": 8})}]}]}),
    # Spot
    spot(),
    spot(SpotInstanceType=UNKNOWN, InstanceInterruptionBehavior="stop"),
    templated(MaxPrice="0.0011"),
    templated(InstanceInterruptionBehavior="stop"),  # a fleet that launches it may say what it means
    volume(AvailabilityZone="us-gov-west-1a", Tags=[], SnapshotSize=1, RateLimit=5),
    fleet(Type="Maintain", AllocationStrategy="lowestprice", InstancePoolsToUseCount=2),
    *(spot(BlockDurationMinutes=minutes) for minutes in (60, 300, 360, UNKNOWN)),
    spot(MaxPrice="0.0011", InstanceInterruptionBehavior="terminate"),
    spot(MaxPrice=UNKNOWN, SpotInstanceType=UNKNOWN, ValidUntil="2027-01-15T08:00:00Z"),
    *(spot(SpotInstanceType="persistent", InstanceInterruptionBehavior=do) for do in ("stop", "hibernate", UNKNOWN)),
    spot(SpotInstanceType="persistent", InstanceInterruptionBehavior="stop", ValidUntil="2027-01-15T08:00:00Z"),
    # Spot fleets
    fleet(),
    *(fleet(TargetCapacity=target) for target in (0, 10_000, UNKNOWN)),
    *(fleet(OnDemandTargetCapacity=on_demand) for on_demand in (0, 10, UNKNOWN)),
    fleet(Type="request", TargetCapacity=1),
    fleet(AllocationStrategy="lowestPrice", InstancePoolsToUseCount=2),
    fleet(AllocationStrategy=UNKNOWN, InstancePoolsToUseCount=2),
    fleet(Type="maintain", ExcessCapacityTerminationPolicy="noTermination"),
    fleet(LaunchTemplateConfigs=None, LaunchSpecifications=[{}]),
    fleet(LaunchTemplateConfigs=UNKNOWN),
    fleet(*[{"InstanceType": f"m7i.{size}"} for size in range(300)]),
    fleet(
        *[{"InstanceType": "m7i.large", "SubnetId": subnet} for subnet in ("subnet-0", "subnet-1", UNKNOWN, UNKNOWN)]
    ),
    fleet({"WeightedCapacity": 0.5, "Priority": 0, "SpotPrice": "0.0001"}, {"WeightedCapacity": UNKNOWN}),
    fleet({"InstanceRequirements": {}}, TargetCapacity=65_536, TargetCapacityUnitType="memory-mib"),
    fleet({"WeightedCapacity": 2}, {"WeightedCapacity": 5.0}, {"WeightedCapacity": 2.5}),
    fleet({"InstanceRequirements": {"VCpuCount": {"Min": 2}}}),
    fleet({"InstanceRequirements": {"VCpuCount": {"Min": 2}}}, TargetCapacityUnitType="vcpu"),
    fleet({"InstanceType": "m7i.large"}, TargetCapacityUnitType="units"),
    rebalanced(ReplacementStrategy="launch"),
    *(rebalanced(ReplacementStrategy="launch-before-terminate", TerminationDelay=delay) for delay in (120, 7_200)),
    specified(TargetCapacity=16),
    specified(TargetCapacity=32, WeightedCapacity=2.0),
    # Images
    image(RATED),
    image({"SnapshotId": SNAPSHOT, "VolumeType": "gp3"}),
    image(BlockDeviceMappings=[ROOT, {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 8, "Encrypted": True}}]),
    image({"VolumeSize": 8}, device="/dev/sdb", ImageLocation="bucket/image.manifest.xml"),
    *(image(RATED, Name=name) for name in ("abc", "a" * 128, "x()[] ./-'@_9")),
    ("CreateImage", {"InstanceId": "i-0", "Name": "golden", "BlockDeviceMappings": mappings({"VolumeSize": 8})}),
    *(image(RATED, **{name: one}) for name, choices in limits.IMAGE_OPTIONS.items() for one in (*choices, UNKNOWN)),
    version(VersionDescription="x" * 255),
    version(VersionDescription=UNKNOWN),
    # Root volume replacements
    replacement(),
    replacement(**{RATE: 100}),
    replacement(SnapshotId=SNAPSHOT, **{RATE: 300}),
    replacement(ImageId="ami-0", **{RATE: 300}),
    replacement(VolumeId="vol-0"),
]

# Requests that EC2 refuses, or changes without a word: exactly these codes.
JUDGED = [
    # The rate
    *((volume(**{RATE: rate}), "InitializationRateOutOfRange") for rate in (-1, 0, 99, 301, 5_000)),
    *((volume(**{RATE: rate}), "WrongType") for rate in (200.5, 200.0, float("nan"), True, "200", [200])),
    (blank(Size=1, **{RATE: 100}), "InitializationRateWithoutSnapshot"),
    (blank(Size=1, **{RATE: UNKNOWN}), "InitializationRateWithoutSnapshot"),
    (blank(SourceVolumeId="vol-0", **{RATE: 100}), "InitializationRateOnVolumeCopy"),
    (
        volume(OutpostArn="arn:aws:outposts:us-east-1:111122223333:outpost/op-0", **{RATE: 100}),
        "InitializationRateOnOutpost",
    ),
    *(
        (volume(AvailabilityZone=zone, **{RATE: 100}), "InitializationRateInLocalZone")
        for zone in ("us-west-2-lax-1a", "us-east-1-wl1-bos-wlz-1", "ap-southeast-1-ncs-1a")
    ),
    *(
        (
            ("CreateVolume", {"AvailabilityZoneId": zone, "SnapshotId": SNAPSHOT, RATE: 100}),
            "InitializationRateInLocalZone",
        )
        for zone in ("usw2-lax1-az1", "use1-wl1-bos-wlz1")
    ),
    (launch_template(RATED, Placement={"AvailabilityZone": "us-west-2-lax-1b"}), "InitializationRateInLocalZone"),
    (run(RATED, Placement={"AvailabilityZone": "us-west-2-lax-1b"}), "InitializationRateInLocalZone"),
    (run(RATED, Placement={"AvailabilityZoneId": "usw2-lax1-az1"}), "InitializationRateInLocalZone"),
    (
        (
            "RequestSpotFleet",
            {
                "SpotFleetRequestConfig": {
                    "LaunchSpecifications": [
                        {
                            "BlockDeviceMappings": mappings(RATED),
                            "Placement": {"AvailabilityZone": "us-west-2a, us-west-2-lax-1a"},
                        }
                    ]
                }
            },
        ),
        "InitializationRateInLocalZone",
    ),
    (launch_template({"VolumeSize": 30, RATE: 200}), "InitializationRateMayLackSnapshot"),
    (launch_template(RATED, device=None), "InitializationRateWithoutDevice"),
    (run({"VolumeSize": 30, RATE: 200}), "InitializationRateMayLackSnapshot"),
    (image({"VolumeSize": 8, RATE: 200}, device="/dev/sdb", RootDeviceName=None), "InitializationRateWithoutSnapshot"),
    (("CreateImage", {"BlockDeviceMappings": mappings({RATE: 200})}), "InitializationRateNotSupported"),
    (
        ("CreateFleet", {"LaunchTemplateConfigs": [{"Overrides": [{"BlockDeviceMappings": mappings(RATED)}]}]}),
        "InitializationRateNotSupported",
    ),
    (replacement(VolumeId="vol-0", **{RATE: 100}), "InitializationRateWithoutSnapshot"),
    # Sizes
    *((blank(VolumeType="gp3", Size=size), "SizeOutOfRange") for size in (-1, 0, 65_537)),
    *((blank(VolumeType="gp2", Size=size), "SizeOutOfRange") for size in (0, 16_385)),
    *((blank(VolumeType="io1", Size=size, Iops=100), "SizeOutOfRange") for size in (3, 16_385)),
    *((blank(VolumeType="io2", Size=size, Iops=100), "SizeOutOfRange") for size in (3, 65_537)),
    *((blank(VolumeType=kind, Size=size), "SizeOutOfRange") for kind in ("st1", "sc1") for size in (124, 16_385)),
    *((blank(VolumeType="standard", Size=size), "SizeOutOfRange") for size in (0, 1_025)),
    (blank(Size=16_385), "SizeOutOfRange"),
    (volume(SnapshotId=""), "SizeOrSnapshotRequired"),
    (launch_template({"VolumeSize": 8, "OutpostArn": ""}), "ParameterNotSupported"),
    (blank(Size=1, SnapshotId="", **{RATE: 200}), "InitializationRateWithoutSnapshot"),
    (launch_template({"VolumeSize": 65_537}), "SizeOutOfRange"),
    (blank(Size="30"), "WrongType"),
    (blank(), "SizeOrSnapshotRequired"),
    (image({}, device="/dev/sdb", RootDeviceName=None), "SizeOrSnapshotRequired"),
    (blank(Size=8, VolumeType="gp9"), "VolumeTypeUnknown"),
    # IOPS
    *((blank(VolumeType="gp3", Size=200, Iops=iops), "IopsOutOfRange") for iops in (-1, 0, 99, 80_001)),
    *((blank(VolumeType="gp3", Size=100, Iops=iops), "IopsRaised") for iops in (100, 2_999)),
    (blank(VolumeType="gp3", Size=1, Iops=2_999), "IopsPerGibTooHigh"),
    (blank(VolumeType="gp3", Size=6, Iops=3_001), "IopsPerGibTooHigh"),
    (blank(VolumeType="gp3", Size=100, Iops=50_001), "IopsPerGibTooHigh"),
    *((blank(VolumeType="io1", Size=2_000, Iops=iops), "IopsOutOfRange") for iops in (99, 64_001)),
    (blank(VolumeType="io1", Size=4, Iops=201), "IopsPerGibTooHigh"),
    *((blank(VolumeType="io2", Size=300, Iops=iops), "IopsOutOfRange") for iops in (99, 256_001)),
    (blank(VolumeType="io2", Size=100, Iops=100_001), "IopsPerGibTooHigh"),
    *((blank(VolumeType=kind, Size=200), "IopsRequired") for kind in ("io1", "io2")),
    (launch_template({"VolumeType": "io2", "VolumeSize": 8}), "IopsRequired"),
    *(
        (blank(VolumeType=kind, Size=200, Iops=iops), "IopsNotSupported")
        for kind in ("gp2", "st1", "sc1", "standard")
        for iops in (0, 3_000, UNKNOWN)
    ),
    (blank(Size=200, Iops=3_000), "IopsNotSupported"),
    (blank(VolumeType="", Size=200, Iops=3_000), "IopsNotSupported"),
    (launch_template({"Iops": 99}), "IopsOutOfRange"),
    # Throughput
    *((blank(VolumeType="gp3", Size=200, Throughput=t), "ThroughputRaised") for t in (0, 124)),
    *((blank(VolumeType="gp3", Size=200, Iops=8_000, Throughput=t), "ThroughputOutOfRange") for t in (-1, 2_001)),
    (blank(VolumeType="gp3", Size=200, Throughput=751), "ThroughputPerIopsTooHigh"),
    (blank(VolumeType="gp3", Size=200, Iops=4_000, Throughput=1_001), "ThroughputPerIopsTooHigh"),
    (launch_template({"Iops": 4_000, "Throughput": 1_001}), "ThroughputPerIopsTooHigh"),
    *(
        (blank(VolumeType=kind, Size=200, Throughput=throughput), "ThroughputNotSupported")
        for kind in ("gp2", "st1", "sc1", "standard")
        for throughput in (0, 125)
    ),
    *(
        (blank(VolumeType=kind, Size=200, Iops=100, Throughput=125), "ThroughputNotSupported")
        for kind in ("io1", "io2")
    ),
    (blank(Size=200, Throughput=125), "ThroughputNotSupported"),
    # Multi-Attach
    *(
        (blank(VolumeType=kind, Size=200, MultiAttachEnabled=True), "MultiAttachNotSupported")
        for kind in ("gp3", "gp2", "st1", "sc1", "standard")
    ),
    (blank(Size=200, MultiAttachEnabled=True), "MultiAttachNotSupported"),
    # Encryption
    (blank(Size=4, KmsKeyId="alias/key"), "KmsKeyNeedsEncryption"),
    (volume(KmsKeyId="alias/key"), "KmsKeyNeedsEncryption"),
    (blank(Size=4, Encrypted=False, KmsKeyId=UNKNOWN), "KmsKeyNeedsEncryption"),
    (launch_template({"VolumeSize": 8, "KmsKeyId": "alias/key"}), "KmsKeyNeedsEncryption"),
    (run({"VolumeSize": 8, "KmsKeyId": "alias/key"}), "KmsKeyNeedsEncryption"),
    *((image({**RATED, "Encrypted": flag}), "EncryptedBesideSnapshot") for flag in (True, False)),
    (
        ("CreateImage", {"BlockDeviceMappings": mappings({"SnapshotId": SNAPSHOT, "Encrypted": True})}),
        "EncryptedBesideSnapshot",
    ),
    # Origin and place
    *(
        (volume(SnapshotId=snapshot), "SnapshotIdMalformed")
        for snapshot in (
            "snap-",
            "snap-0123456789",
            "snap-0123456789ABCDEF0",
            "vol-0123456789abcdef0",
            "snap-1234567",
        )
    ),
    (volume(SourceVolumeId="vol-0"), "SnapshotAndSourceVolume"),
    (volume(AvailabilityZoneId="use1-az1"), "AvailabilityZoneConflict"),
    (replacement(SnapshotId=SNAPSHOT, ImageId="ami-0"), "SnapshotAndImage"),
    (replacement(ImageId="ami-0", VolumeId="vol-0"), "SnapshotAndImage"),
    # Spot
    *((spot(MaxPrice=price), "SpotPriceTooLow") for price in ("0.001", "0", "-1", "cheap", "nan")),
    *((spot(BlockDurationMinutes=minutes), "SpotBlockOutOfRange") for minutes in (-60, 0, 59, 61, 361, 420, 10**400)),
    (templated(BlockDurationMinutes=90), "SpotBlockOutOfRange"),
    (spot(BlockDurationMinutes="60"), "WrongType"),
    (spot(SpotInstanceType="persistent"), "SpotPersistentNeedsStop"),
    (templated(SpotInstanceType="persistent"), "SpotPersistentNeedsStop"),
    (templated(MaxPrice="0"), "SpotPriceTooLow"),
    (templated(ValidUntil="2027-01-15T08:00:00Z"), "SpotValidUntilNotSupported"),
    *(
        (volume(AvailabilityZone=name), "AvailabilityZoneIsRegion")
        for name in ("us-east-1", "us-gov-west-1", "ap-southeast-2")
    ),
    *(
        (inside(volume(AvailabilityZone=name)), "AvailabilityZoneOfAnotherRegion")
        for name in ("us-west-2a", "us-east-2b", "us-west-2-lax-1a", "us-west-2-wl1-las-wlz-1", "us-gov-east-1a")
    ),
    *(
        (inside(zone_id(name)), "AvailabilityZoneOfAnotherRegion")
        for name in ("usw2-az1", "use2-az1", "usw2-lax1-az1", "usw2-wl1-las-wlz1", "usge1-az1", "euc1-az3")
    ),
    (inside(placed("us-west-2a")), "AvailabilityZoneOfAnotherRegion"),
    (inside(placed("us-east-1a, us-west-2a")), "AvailabilityZoneOfAnotherRegion"),
    (inside(("RunInstances", {"AvailabilityZone": "us-west-2a"})), "AvailabilityZoneOfAnotherRegion"),
    (inside(volume(SnapshotId=f"arn:aws:ec2:us-west-2::snapshot/{SNAPSHOT}")), "SnapshotOfAnotherRegion"),
    (
        inside(launch_template({"SnapshotId": f"arn:aws:ec2:eu-west-1:111122223333:snapshot/{SNAPSHOT}"})),
        "SnapshotOfAnotherRegion",
    ),
    (inside(volume(SnapshotId=f"arn:aws:ec2:us-east-1::snapshot/{SNAPSHOT}")), "SnapshotIdMalformed"),
    (volume(SnapshotId=f"arn:aws:ec2:us-west-2::snapshot/{SNAPSHOT}"), "SnapshotIdMalformed"),
    # What a rate and its snapshot are taken for
    *((volume(**{name: 200}), "ParameterNotSupported") for name in ("VolumeInitialisationRate", RATE.lower())),
    (launch_template({"SnapshotID": SNAPSHOT}), "ParameterNotSupported"),
    (spot(SpotInstanceType="persistent", InstanceInterruptionBehavior="terminate"), "SpotPersistentNeedsStop"),
    *(
        (spot(InstanceInterruptionBehavior=behavior, **kind), "SpotOneTimeTerminates")
        for behavior in ("stop", "hibernate")
        for kind in ({}, {"SpotInstanceType": "one-time"})
    ),
    *(
        (spot(ValidUntil="2027-01-15T08:00:00Z", **kind), "SpotValidUntilNotSupported")
        for kind in ({}, {"SpotInstanceType": "one-time"})
    ),
    # Spot fleets
    (fleet(TargetCapacity=-1), "SpotFleetCapacityOutOfRange"),
    (fleet(Type="request", TargetCapacity=0), "SpotFleetCapacityOutOfRange"),
    (fleet(OnDemandTargetCapacity=-1), "SpotFleetCapacityOutOfRange"),
    (fleet(TargetCapacity=10_001), "SpotFleetCapacityOverQuota"),
    (fleet(OnDemandTargetCapacity=11), "SpotFleetOnDemandAboveTarget"),
    (
        fleet(LaunchTemplateConfigs=None, LaunchSpecifications=[{}], OnDemandTargetCapacity=1),
        "SpotFleetOnDemandNeedsTemplates",
    ),
    (fleet(LaunchSpecifications=[{}]), "SpotFleetSpecificationConflict"),
    (fleet(LaunchTemplateConfigs=[]), "SpotFleetSpecificationRequired"),
    (fleet(AllocationStrategy="diversified", InstancePoolsToUseCount=2), "SpotFleetPoolsNeedLowestPrice"),
    (fleet(Type="request", ExcessCapacityTerminationPolicy="default"), "SpotFleetPolicyIgnored"),
    (fleet(*[{"InstanceType": f"m7i.{size}"} for size in range(301)]), "SpotFleetPoolsOverQuota"),
    (fleet({"WeightedCapacity": 4}), "SpotFleetWeightDoesNotDivide"),
    *((fleet({"WeightedCapacity": weight}), "SpotFleetWeightOutOfRange") for weight in (0, -1, float("nan"))),
    *((fleet({"Priority": priority}), "SpotFleetPriorityOutOfRange") for priority in (-1, 0.5)),
    *((fleet({"SpotPrice": price}), "SpotFleetPriceTooLow") for price in ("0", "-1", "cheap", "inf")),
    *(
        (fleet(**{name: "0"}), "SpotFleetPriceTooLow")
        for name in ("SpotPrice", "SpotMaxTotalPrice", "OnDemandMaxTotalPrice")
    ),
    (fleet(*[{"InstanceType": "m7i.large", "SubnetId": "subnet-0"}] * 2), "SpotFleetOverrideDuplicate"),
    (fleet(AllocationStrategy="lowestPrice", InstancePoolsToUseCount=0), "SpotFleetCapacityOutOfRange"),
    (rebalanced(ReplacementStrategy="bogus"), "SpotFleetOptionUnknown"),
    (fleet({"InstanceType": "m7i.large"}, TargetCapacityUnitType="vcpu"), "SpotFleetUnitNeedsRequirements"),
    (rebalanced(ReplacementStrategy="launch", Type="request"), "SpotFleetRebalanceNeedsMaintain"),
    (rebalanced(ReplacementStrategy="launch-before-terminate"), "SpotFleetTerminationDelay"),
    (rebalanced(ReplacementStrategy="launch", TerminationDelay=120), "SpotFleetTerminationDelay"),
    *(
        (rebalanced(ReplacementStrategy="launch-before-terminate", TerminationDelay=delay), "SpotFleetTerminationDelay")
        for delay in (119, 7_201)
    ),
    (specified(TargetCapacity=17), "SpotFleetRatesOverQuota"),
    (specified(TargetCapacity=33, WeightedCapacity=2.0), "SpotFleetRatesOverQuota"),
    (fleet({"InstanceType": "m7i.large", "InstanceRequirements": {}}), "InstanceTypeConflict"),
    *(
        (fleet(**{name: "fastest"}), "SpotFleetOptionUnknown")
        for name in (
            *("AllocationStrategy", "OnDemandAllocationStrategy", "Type", "InstanceInterruptionBehavior"),
            *("ExcessCapacityTerminationPolicy", "TargetCapacityUnitType"),
        )
    ),
    # Mappings
    (launch_template({"VolumeSize": 8}, {"VolumeSize": 8}), "DeviceNameDuplicate"),
    (
        ("RunInstances", {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0", "Ebs": {}}]}),
        "MappingAmbiguous",
    ),
    *(
        (run({"VolumeSize": 8, name: value}), "ParameterNotSupported")
        for name, value in (("AvailabilityZone", "x"), ("AvailabilityZoneId", "x"), ("MultiAttachEnabled", False))
    ),
    *(
        (("CreateImage", {"BlockDeviceMappings": mappings({name: "x"})}), "ParameterNotSupported")
        for name in ("AvailabilityZone", "OutpostArn", "KmsKeyId")
    ),
    (image({"SnapshotId": SNAPSHOT, "KmsKeyId": "alias/key"}), "ParameterNotSupported"),
    # Images
    (image(RATED, device="/dev/xvda"), "RootDeviceNotMapped"),
    (image(), "RootDeviceNotMapped"),
    (image(BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "NoDevice": ""}]), "RootDeviceWithoutSnapshot"),
    (image({"VolumeSize": 8}), "RootDeviceWithoutSnapshot"),
    *((image({**RATED, "VolumeType": kind}), "BootVolumeTypeNotSupported") for kind in ("st1", "sc1")),
    *((image(RATED, Name=name), "ImageNameMalformed") for name in ("ab", "a" * 129, "sn*w", "käse")),
    (("CreateImage", {"InstanceId": "i-0", "Name": "ab"}), "ImageNameMalformed"),
    *((image(RATED, **{name: "other"}), "ImageOptionUnknown") for name in limits.IMAGE_OPTIONS),
    (version(VersionDescription="x" * 256), "VersionDescriptionTooLong"),
    # Shapes
    (("DescribeVolumes", {}), "ActionUnknown"),
]


def codes(request):
    action, params, *region = request
    return [finding.code for finding in check_request(action, params, region=region[0] if region else None)]


@pytest.mark.parametrize("request_", ACCEPTED, ids=repr)
def test_accepts(request_):
    assert codes(request_) == []


@pytest.mark.parametrize(("request_", "code"), JUDGED, ids=repr)
def test_judges(request_, code):
    assert codes(request_) == [code]


def test_every_rule_of_a_request_is_in_the_table():
    of_requests = {rule.code for rule in RULES.values() if rule.check} | {"WrongType", "ActionUnknown"}
    of_templates = {"MappingNotInCloudFormation"}  # test_template
    assert {code for _, code in JUDGED} == of_requests - of_templates


def test_reports_every_problem_with_its_path():
    findings = check_request(*launch_template({"VolumeSize": 0, "VolumeType": "gp2", "Throughput": 1, RATE: 1}))
    where = ("LaunchTemplateData", "BlockDeviceMappings", 0, "Ebs")
    assert {(finding.code, finding.path) for finding in findings} == {
        ("InitializationRateOutOfRange", (*where, RATE)),
        ("InitializationRateMayLackSnapshot", (*where, RATE)),
        ("SizeOutOfRange", (*where, "VolumeSize")),
        ("ThroughputNotSupported", (*where, "Throughput")),
    }


def test_an_empty_outpost_is_none():
    [requested] = read(ACTIONS["CreateVolume"], {"SnapshotId": SNAPSHOT, "OutpostArn": ""}).volumes
    assert can_be_rated(requested)


def test_words_a_message_with_the_property_the_limit_the_value_and_the_fix():
    [finding] = check_request(*volume(VolumeType="gp3", Size=100, Iops=60_000))
    assert finding.message == (
        "Iops must be at most 500 per GiB for gp3 (50,000 for 100 GiB), got 60000; lower Iops or raise Size"
    )


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rules_are_well_formed(rule):
    assert re.fullmatch("[A-Z][A-Za-z]+", rule.code)
    assert rule.severity in ("error", "warning")
    assert rule.source.startswith("https://docs.aws.amazon.com/")
    assert rule.severity == "warning" or re.match(r"must|needs|exclude|of the .* must", rule.requirement)
    assert rule.advice
    assert rule.check is None or str(rule.check.__doc__).endswith(".")


def test_a_code_stands_in_one_module_alone():
    codes = [rule.code for module in MODULES for rule in rules_of(module)]
    assert sorted(codes) == sorted(RULES)


def test_a_rule_without_a_function_is_established_elsewhere_and_no_other_code_is():
    files = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "rules" and "handlers" not in path.parts]
    text = "\n".join(path.read_text() for path in files)
    elsewhere = {rule.code for rule in RULES.values() if rule.check is None} - {"WrongType", "ActionUnknown"}
    assert {code for code in elsewhere if f'"{code}"' not in text} == set()
    assert set(re.findall(r"\bfind\(\s*\"(\w+)\"", text)) - RULES.keys() == set()
