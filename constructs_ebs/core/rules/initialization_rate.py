"""Rules about volume initialization rates: their range, and which volumes may have one."""

from .. import limits
from ..actions import RATE
from ..problems import Problems, Rule
from ..requests import RequestedVolume
from .origin import places, special_zones
from .size_and_performance import outside
from .sources import CREATE_VOLUME, DEVICE, INITIALIZE, MAPPING


@Rule(
    "InitializationRateOutOfRange",
    "must be {min} to {max} MiB/s",
    "use {nearest}, or omit it for the default rate",
    CREATE_VOLUME,
).of(RATE)
def rate_in_range(volume: RequestedVolume) -> Problems:
    """The rate is 100 to 300 MiB/s."""
    if facts := outside(volume.known(RATE), (limits.RATE_MIN, limits.RATE_MAX)):
        yield volume.problem(RATE, **facts)


@Rule(
    "InitializationRateWithoutSnapshot",
    "must be omitted for a volume that is not created from a snapshot",
    "give {SnapshotId}, or omit {prop}",
    CREATE_VOLUME,
).of(RATE)
def rate_has_a_snapshot(volume: RequestedVolume) -> Problems:
    """A rated volume is created from a snapshot."""
    blank = volume.given("VolumeId") if volume.action.inherits else volume.absent("SourceVolumeId")
    if blank and _lacks_a_snapshot(volume):
        yield volume.problem(RATE)


@Rule(
    "InitializationRateMayLackSnapshot",
    "needs a snapshot",
    "give {SnapshotId}, or omit {prop} for a blank volume",
    DEVICE,
    severity="warning",
    given="{got} with a {VolumeSize} and no {SnapshotId}: the launch fails unless the AMI maps {device} to a snapshot "
    "of its own",
).of(RATE)
def rate_is_not_on_a_blank_device(volume: RequestedVolume) -> Problems:
    """A rated device that an image may map has no size, unless it is the root device."""
    device = volume.known("DeviceName")
    mapped = volume.action.inherits and not volume.given("VolumeId") and device not in limits.USUAL_ROOT_DEVICES
    if device and mapped and volume.given("VolumeSize") and _lacks_a_snapshot(volume):
        yield volume.problem(RATE, device=device)


def _lacks_a_snapshot(volume: RequestedVolume) -> bool:
    return volume.given(RATE) and volume.absent("SnapshotId") and RATE not in volume.action.unsupported


@Rule(
    "InitializationRateOnVolumeCopy", "must be omitted for a volume copy ({SourceVolumeId})", "omit {prop}", INITIALIZE
).of(RATE)
def rate_is_not_on_a_copy(volume: RequestedVolume) -> Problems:
    """A rated volume is not a copy of a volume."""
    if volume.given(RATE) and volume.given("SourceVolumeId"):
        yield volume.problem(RATE)


@Rule("InitializationRateOnOutpost", "must be omitted on an Outpost ({OutpostArn})", "omit {prop}", INITIALIZE).of(RATE)
def rate_is_not_on_an_outpost(volume: RequestedVolume) -> Problems:
    """A rated volume is not on an Outpost."""
    if volume.given(RATE) and volume.given("OutpostArn") and volume.known("OutpostArn") != "":
        yield volume.problem(RATE)


@Rule(
    "InitializationRateInLocalZone",
    "must be omitted in Local Zones and Wavelength Zones",
    "omit {prop}, or use a zone of the Region",
    INITIALIZE,
    given="{got} in {zone}",
).of(RATE)
def rate_is_in_a_zone_of_the_region(volume: RequestedVolume) -> Problems:
    """A rated volume is in an Availability Zone, not in a Local Zone or Wavelength Zone."""
    for place in places(volume) if volume.given(RATE) else ():
        for zone in special_zones(place):
            yield volume.problem(RATE, zone=zone)


@Rule(
    "InitializationRateWithoutDevice",
    "needs a mapping with {DeviceName}: an override that finds its device by its place in the list misses "
    "when another device is removed or moved",
    "change the devices where they are made",
    MAPPING,
    severity="warning",
).of(RATE)
def rate_is_of_a_device(volume: RequestedVolume) -> Problems:
    """A rated volume of a mapping has a device name."""
    if volume.given(RATE) and volume.action.mappings and volume.device is None:
        yield volume.problem(RATE)


@Rule(
    "InitializationRateNotSupported", "must be omitted in {action}, which does not support it", "{instead}", DEVICE
).of(RATE)
def rate_is_supported(volume: RequestedVolume) -> Problems:
    """The action supports a rate."""
    instead = volume.action.unsupported.get(RATE)
    if instead and volume.given(RATE):
        yield volume.problem(RATE, action=volume.action.name, instead=instead)


ESTABLISHED_ELSEWHERE = (
    Rule(
        "InitializationRateOfUnknownOrigin",
        "needs a snapshot",
        'use BlockDevice.from_image("{device}", ...) if the AMI maps it to a snapshot, or '
        "BlockDevice.from_snapshot(...)",
        DEVICE,
        given="{got} for {device}, which has none and is not a usual root device",
    ),
    Rule(
        "InitializationRateBelowMinimum",
        "must be at least {min}, the minimum required for volumes from snapshots",
        "{fix}",
        INITIALIZE,
        given="{given}",
    ),
    Rule(
        "InitializationRatesOverQuota",
        "may be requested at once in {where}, over the quota of {quota:,} MiB/s per account and Region "
        "({shares}): creations beyond it fail",
        "lower the rates or capacities, deploy one after the other, or have the quota raised",
        INITIALIZE,
        severity="warning",
        subject="{total:,} MiB/s",
        given=None,
    ),
    Rule(
        "InitializationRateBoundsReversed",
        "must be at most above, {above} MiB/s",
        "swap them, or use {above}",
        INITIALIZE,
    ),
    Rule(
        "InitializationRateNotDenied",
        "must be given",
        "give a rate, or missing=True",
        INITIALIZE,
        subject="below, above or missing",
        given="none",
    ),
)
