"""The EC2 actions that create EBS volumes: where a request has its block devices, and what each action takes there."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from . import limits
from .problems import Path

RATE: Final = "VolumeInitializationRate"

KINDS: Final[Mapping[str, type]] = {
    RATE: int,
    "VolumeSize": int,
    "Iops": int,
    "Throughput": int,
    "Encrypted": bool,
    "MultiAttachEnabled": bool,
    "DeleteOnTermination": bool,
    "SnapshotId": str,
    "SourceVolumeId": str,
    "VolumeType": str,
    "KmsKeyId": str,
    "AvailabilityZone": str,
    "AvailabilityZoneId": str,
    "OutpostArn": str,
    "ImageId": str,
    "VolumeId": str,
    "DeviceName": str,
    "RootDeviceName": str,
    "Name": str,
    "ImageLocation": str,
}
"""Every property that a rule reads, by its name in a block device mapping, and its kind."""

EMPTY_IS_NONE: Final = frozenset({"AvailabilityZone", "AvailabilityZoneId", "SnapshotId", "OutpostArn"})
"""Properties whose empty string counts as none."""

SPOT_OPTIONS: Final[Mapping[str, type]] = {
    "MaxPrice": str,
    "SpotInstanceType": str,
    "InstanceInterruptionBehavior": str,
    "BlockDurationMinutes": int,
}
"""The Spot options of a request that rules read, in ``InstanceMarketOptions.SpotOptions``, and their kinds."""

SPOT: Final = ("InstanceMarketOptions", "SpotOptions")
"""The path of the Spot options in the object that asks for instances."""

OF_A_REQUEST: Final = ("Name", "RootDeviceName", "ImageLocation", "VersionDescription", *limits.IMAGE_OPTIONS)
"""The properties at the top of a request that rules read."""

KINDS_OF_MAPPING: Final = ("Ebs", "VirtualName", "NoDevice")
"""What a device may be mapped to."""


class Action(NamedTuple):
    """One EC2 action, as far as its block devices go."""

    name: str
    where: Path = ()
    """Keys to the objects that ask for volumes; ``*`` is every element of a list."""
    mappings: str | None = "BlockDeviceMappings"
    """The property of such an object that lists block device mappings; ``None``: the object itself is the volume."""
    spelling: Mapping[str, str] = {}
    """Names that differ from those in a block device mapping."""
    default_type: str | None = None
    """The type of a volume that names none; ``None``: an image may decide."""
    inherits: bool = False
    """Whether a device gets the snapshot, size and type that the request omits from an image or instance."""
    key_encrypts: bool = False
    """Whether a KMS key may be given without ``Encrypted``."""
    one_kind: bool = False
    """Whether a mapping must be of exactly one kind, which CloudFormation requires and EC2 itself does not."""
    unsupported: Mapping[str, str] = {}
    """Properties the action refuses, and what to do instead."""


_OMIT = "omit it"
_LAUNCH = {
    "MultiAttachEnabled": _OMIT,
    "SourceVolumeId": _OMIT,
    "AvailabilityZone": "set the instance's placement",
    "AvailabilityZoneId": "set the instance's placement",
}
_TEMPLATE = {**_LAUNCH, "OutpostArn": _OMIT}
_DATA = ("LaunchTemplateData",)
_SPECIFICATIONS = ("SpotFleetRequestConfig", "LaunchSpecifications", "*")
_OVERRIDES = ("LaunchTemplateConfigs", "*", "Overrides", "*")

# Which action takes what: the EC2 API model, shapes EbsBlockDevice, FleetEbsBlockDeviceRequest,
# LaunchTemplateEbsBlockDeviceRequest and the actions' own.
ACTIONS: Final[Mapping[str, Action]] = {
    action.name: action
    for action in (
        Action(
            name="CreateVolume",
            mappings=None,
            spelling={"VolumeSize": "Size"},
            default_type=limits.API_DEFAULT_TYPE,
        ),
        Action(name="CreateLaunchTemplate", where=_DATA, inherits=True, unsupported=_TEMPLATE),
        Action(name="CreateLaunchTemplateVersion", where=_DATA, inherits=True, unsupported=_TEMPLATE),
        Action(name="RunInstances", inherits=True, unsupported=_LAUNCH),
        Action(name="RequestSpotInstances", where=("LaunchSpecification",), inherits=True, unsupported=_LAUNCH),
        Action(name="RequestSpotFleet", where=_SPECIFICATIONS, inherits=True, unsupported=_LAUNCH),
        Action(
            name="CreateFleet",
            where=_OVERRIDES,
            inherits=True,
            unsupported={**_TEMPLATE, RATE: "move the device into a launch template"},
        ),
        Action(
            name="RegisterImage",
            unsupported={
                "MultiAttachEnabled": _OMIT,
                "SourceVolumeId": _OMIT,
                "KmsKeyId": "copy the snapshot with the key",
            },
        ),
        Action(
            name="CreateImage",
            inherits=True,
            unsupported={
                **dict.fromkeys(_LAUNCH, _OMIT),
                "OutpostArn": _OMIT,
                "KmsKeyId": "copy the image with the key",
                RATE: "register the image from snapshots, or rate what launches it",
            },
        ),
        Action(name="CreateReplaceRootVolumeTask", mappings=None, inherits=True),
    )
}
