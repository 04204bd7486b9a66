"""The limits, defaults and prices of EC2 and EBS that rules and estimates need, each with its source.

Sources, read on 2026-11-23:

- API: the EC2 API model in botocore 1.44.5 (``ec2/2016-11-15``), shapes ``CreateVolumeRequest`` and ``EbsBlockDevice``.
- ANSWERS: what EC2 answered to such requests in 2026-09, where the model is silent.
- GUIDE: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
"""

from typing import Final, NamedTuple

RATE_MIN: Final = 100  # MiB/s. API
RATE_MAX: Final = 300  # MiB/s. API
RATE_QUOTA: Final = 5_000  # MiB/s, summed over concurrent creations, per account and Region. GUIDE
RATE_BAND: Final = 0.10  # The delivered rate is within 10 % of the one asked for, 99 % of the time. GUIDE

STATE_LAG: Final = 300  # Seconds after its end until initialization is shown as completed, and the event is sent.
"""https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html"""

DEPLOYMENT_WAIT: Final = 54 * 60  # Seconds for which a custom resource of ours waits, of the hour that it has.
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html"""

USD_PER_GIB_AND_MIBPS: Final = 0.000012
"""Price of one GiB of snapshot data for each MiB/s of rate, us-east-1: 0.0036 USD/GiB at 300 MiB/s.

From one public source of 2025, not confirmed by AWS's price list; other Regions are unknown.
"""

FSR_USD_PER_HOUR: Final = 0.75  # Fast snapshot restore of one snapshot in one Availability Zone, us-east-1.
FSR_LEAST_HOURS: Final = 1.0  # Billed by the minute, for an hour at least.
"""https://docs.aws.amazon.com/whitepapers/latest/how-aws-pricing-works/amazon-ebs.html"""

FSR_HOURS_PER_TIB: Final = 1.0
"""How long it takes to enable fast snapshot restore: 60 minutes per TiB.

https://docs.aws.amazon.com/ebs/latest/userguide/view-fsr-enabled-snapshots.html
"""

LARGEST_VOLUME: Final = 65_536  # GiB, which no snapshot's data exceeds. API


class VolumeType(NamedTuple):
    """What EC2 takes for one EBS volume type. ``None`` for a range: EC2 refuses any value, even 0."""

    size: tuple[int, int]  # GiB. API
    iops: tuple[int, int] | None = None  # API; the lower bound of gp3: ANSWERS
    iops_per_gib: int = 0  # ANSWERS
    iops_required: bool = False  # API
    throughput: tuple[int, int] | None = None  # MiB/s. API; the lower bound of gp3: ANSWERS
    multi_attach: bool = False  # API
    boots: bool = True  # API


VOLUME_TYPES: Final = {
    "gp3": VolumeType((1, 65_536), iops=(100, 80_000), iops_per_gib=500, throughput=(0, 2_000)),
    "gp2": VolumeType((1, 16_384)),
    "io1": VolumeType((4, 16_384), iops=(100, 64_000), iops_per_gib=50, iops_required=True, multi_attach=True),
    "io2": VolumeType((4, 65_536), iops=(100, 256_000), iops_per_gib=1_000, iops_required=True, multi_attach=True),
    "st1": VolumeType((125, 16_384), boots=False),
    "sc1": VolumeType((125, 16_384), boots=False),
    "standard": VolumeType((1, 1_024)),
}

ANY_TYPE: Final = VolumeType((1, 65_536), iops=(100, 256_000), throughput=(0, 2_000))
"""The bounds that no type exceeds, for a volume whose type is unknown."""

API_DEFAULT_TYPE: Final = "gp2"  # CreateVolume without a type, or with an empty one. API, ANSWERS

GP3_BASE_IOPS: Final = 3_000  # gp3 gets these at any size; fewer are raised to them. ANSWERS
GP3_BASE_THROUGHPUT: Final = 125  # MiB/s; less is raised to it. ANSWERS
GP3_IOPS_PER_MIBPS: Final = 4  # Throughput is at most 0.25 MiB/s per IOPS. API


def resource_id(prefix: str) -> str:
    """Return the pattern of ids with this prefix."""
    return rf"{prefix}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})"


SNAPSHOT_ID: Final = resource_id("snap")
"""EC2 refuses some ids of this form too, so a match does not prove that an id is well-formed. ANSWERS"""

SPECIAL_ZONE: Final = r"(?:[a-z]+-)+\d+-.+|[a-z]+\d+-.+-(?:az|wlz)\d+"
"""A Local or Wavelength Zone by name (us-west-2-lax-1a, us-east-1-wl1-bos-wlz-1) or id (usw2-lax1-az1).

https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
"""

REGION: Final = r"[a-z]{2}(?:-[a-z]+)+-\d+"  # us-east-1, us-gov-west-1: no zone's name ends in a digit alone.

IMAGE_NAME: Final = r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}"  # API, RegisterImage and CreateImage

IMAGE_OPTIONS: Final = {
    "Architecture": ("i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"),
    "BootMode": ("legacy-bios", "uefi", "uefi-preferred"),
    "ImdsSupport": ("v2.0",),
    "SriovNetSupport": ("simple",),
    "TpmSupport": ("v2.0",),
    "VirtualizationType": ("hvm", "paravirtual"),
}
"""What RegisterImage takes for an image's options. API"""

VERSION_DESCRIPTION: Final = 255  # Characters. API, CreateLaunchTemplateVersion

SPOT_BLOCK: Final = (60, 360)  # Minutes of a Spot block, in steps of 60. API, LaunchTemplateSpotMarketOptions
SPOT_PRICE_ABOVE: Final = 0.001  # USD an hour. API, SpotMarketOptions

FLEET_POOLS: Final = 300  # Combinations of instance type and subnet in a fleet.
FLEET_DELAY: Final = (120, 7_200)  # Seconds until a rebalanced instance is terminated. API, SpotCapacityRebalance
FLEET_CAPACITY: Final = 10_000  # Target capacity of a fleet.
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html"""

USUAL_ROOT_DEVICES: Final = ("/dev/xvda", "/dev/sda1", "/dev/sda", "xvda", "sda1")
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html"""

ALL_TAGS: Final = 50
TAGS: Final = ALL_TAGS - 2  # Two are ours.
TAG_KEY_LENGTH: Final = 128
TAG_KEY: Final = rf"(?!(?i:aws:)|constructs-ebs:).{{1,{TAG_KEY_LENGTH}}}"
TAG_VALUE_LENGTH: Final = 256
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"""
