"""Rules about the origin of a volume (snapshot, image, other volume) and its Availability Zone."""

import re
from functools import lru_cache

from .. import limits
from ..problems import Problem, Problems, Rule
from ..regions import region_of_snapshot, zones_elsewhere
from ..requests import Request, RequestedVolume
from .sources import API, CREATE_VOLUME, DEVICE, TEMPLATES


@Rule(
    "SizeOrSnapshotRequired",
    "must be given",
    "give one of them",
    CREATE_VOLUME,
    subject="{VolumeSize} or {SnapshotId}",
    given="neither",
).of(RequestedVolume)
def size_or_snapshot(volume: RequestedVolume) -> Problems:
    """A volume has a size, a snapshot, or a source it is copied from."""
    if not volume.action.inherits and all(map(volume.absent, ("SnapshotId", "VolumeSize", "SourceVolumeId"))):
        yield volume.problem("VolumeSize")


@Rule(
    "SnapshotAndSourceVolume",
    "must be omitted for a volume copy ({SourceVolumeId})",
    "omit one of them",
    TEMPLATES + "aws-resource-ec2-volume.html",
).of("SnapshotId")
def one_origin(volume: RequestedVolume) -> Problems:
    """A volume copy has no snapshot."""
    if volume.given("SourceVolumeId") and volume.given("SnapshotId"):
        yield volume.problem("SnapshotId")


@Rule(
    "SnapshotAndImage",
    "exclude each other",
    "keep one of them, or none",
    API + "CreateReplaceRootVolumeTask.html",
    subject="{SnapshotId}, {ImageId} and {VolumeId}",
    given="{origins}",
).of("CreateReplaceRootVolumeTask")
def one_root_origin(request: Request) -> Problems:
    """A replacement root volume comes from a snapshot, an image, a volume, or the launch state."""
    for volume in request.volumes:
        origins = [name for name in ("SnapshotId", "ImageId", "VolumeId") if volume.given(name)]
        if len(origins) > 1:
            shown = " and ".join(volume.names.get(name, name) for name in origins)
            yield volume.problem(origins[1], origins=shown)


@Rule("SnapshotIdMalformed", "must be snap- and 8 or 17 lower-case hexadecimal digits", "correct it", DEVICE).of(
    "SnapshotId"
)
def snapshot_id_well_formed(volume: RequestedVolume) -> Problems:
    """A snapshot id looks like one."""
    snapshot = volume.known("SnapshotId")
    if snapshot is not None and not re.fullmatch(limits.SNAPSHOT_ID, snapshot) and not _snapshot_elsewhere(volume):
        yield volume.problem("SnapshotId")


@Rule(
    "SnapshotOfAnotherRegion",
    "must be the id of a snapshot in {here}, where the volume is created",
    "copy the snapshot to {here} and give the id of the copy",
    API + "CopySnapshot.html",
).of("SnapshotId")
def snapshot_in_the_region(volume: RequestedVolume) -> Problems:
    """A snapshot that an ARN names is in the Region of the volume."""
    if there := _snapshot_elsewhere(volume):
        yield volume.problem("SnapshotId", here=volume.region, there=there)


def _snapshot_elsewhere(volume: RequestedVolume) -> str | None:
    """Return the other Region of a snapshot's ARN."""
    there = region_of_snapshot(volume.known("SnapshotId") or "")
    return there if volume.region not in (None, there) else None


@Rule(
    "AvailabilityZoneConflict",
    "must be omitted with {AvailabilityZone}",
    "keep one of them",
    CREATE_VOLUME,
    given="both",
).of("AvailabilityZone")
def one_zone(volume: RequestedVolume) -> Problems:
    """A zone is given by name or by id."""
    if volume.given("AvailabilityZone") and volume.given("AvailabilityZoneId"):
        yield volume.problem("AvailabilityZoneId")


@Rule("AvailabilityZoneIsRegion", "must be a zone of a Region", "use {zone}a or another zone of it", CREATE_VOLUME).of(
    "AvailabilityZone"
)
def zone_is_not_a_region(volume: RequestedVolume) -> Problems:
    """A zone is not named by its Region."""
    zone = volume.known("AvailabilityZone")
    if zone is not None and re.fullmatch(limits.REGION, zone):
        yield volume.problem("AvailabilityZone", zone=zone)


@Rule(
    "AvailabilityZoneOfAnotherRegion",
    "must be a zone of {here}, the Region in which it is created",
    "use {here}a or another zone of {here}, or create it in {there}",
    CREATE_VOLUME,
    given="{zone} of {there}",
).of(Request)
def zones_of_the_region(request: Request) -> Problems:
    """A zone is one of the Region that the request goes to."""
    here = request.region or ""  # without which no zone was read
    for zones, path in request.zones:
        for zone, there in zones_elsewhere(zones, here):
            prop = request.names.get(str(path[-1]), str(path[-1]))
            yield Problem(prop, {"zone": zone, "there": there, "here": here}, path)


def special_zones(zones: object) -> tuple[str, ...]:
    """Return the Local Zones and Wavelength Zones among zones; a spot fleet takes several, separated by commas."""
    return _special_zones(zones) if isinstance(zones, str) else ()


@lru_cache
def _special_zones(zones: str) -> tuple[str, ...]:
    named = (zone.strip() for zone in zones.split(","))
    return tuple(zone for zone in named if re.fullmatch(limits.SPECIAL_ZONE, zone))


def places(volume: RequestedVolume) -> tuple[str | None, ...]:
    """Return the zones that are named for a volume."""
    return volume.known("AvailabilityZone"), volume.known("AvailabilityZoneId"), volume.zone


def can_be_rated(volume: RequestedVolume) -> bool:
    """Whether a volume is certainly created from a snapshot of its own, in a place where EC2 has rates."""
    elsewhere = volume.given("SourceVolumeId") or volume.given("OutpostArn") or any(map(special_zones, places(volume)))
    return volume.given("SnapshotId") and not elsewhere
