"""The rules: what EC2 refuses or silently changes, one short function each.

A rule's first line states the good condition. It reads only what is known and leaves the wording to ``findings``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .. import limits
from ..findings import Finding, find
from ..limits import VOLUME_TYPES
from ..requests import ACTIONS, SPOT_OPTIONS, Request, Unknown, Volume, label_of, read
from .spot_fleet import check_fleet, is_price

Findings = Iterator[Finding]
RATE: Final = "VolumeInitializationRate"


def check_request(action: str, params: Mapping[str, Any], *, names: Mapping[str, str] | None = None) -> list[Finding]:
    """Check one EC2 request in EC2's own shape, before it is sent.

    Never raises on odd input: what has the wrong type is a finding.

    Args:
        action: an EC2 action that creates volumes, ``"CreateVolume"`` for one.
        params: its parameters, as botocore takes them. ``UNKNOWN`` stands for a value that is not known yet.
        names: what messages call a parameter, where that is not EC2's name.

    Returns:
        Errors for what EC2 refuses, warnings for what it silently changes or ignores; empty if it accepts the request
        as it is, as far as that can be told without asking AWS.

    >>> for finding in check_request("CreateVolume", {"Size": 1, "VolumeInitializationRate": 100}):
    ...     print(finding.severity, finding.code)
    error InitializationRateWithoutSnapshot
    """
    found = ACTIONS.get(action) if isinstance(action, str) else None
    if found is None:
        return [find("ActionUnknown", got=action, actions=", ".join(ACTIONS))]
    return list(check(read(found, params, names=names)))


def check(request: Request) -> Findings:
    """Check a request that has been read."""
    yield from request.findings
    for stray in () if request.lenient else request.strays:  # what has no place in a template, its schema says
        facts: dict[str, Any] = {"action": request.action.name, "got": stray.got, "instead": stray.instead}
        yield find("ParameterNotSupported", stray.path, label=stray.label, prop=stray.path[-1], **facts)
    for volume in request.volumes:
        if volume.action.unsupported:
            yield from supported(volume)
        for name in ("", *volume.values):
            for rule in VOLUME_RULES.get(name, ()):
                yield from rule(volume)
    for request_rule in REQUEST_RULES:
        yield from request_rule(request)


def _kind(volume: Volume) -> str | None:
    """Return the volume's type in lower case, None where nobody can tell."""
    if volume.absent("VolumeType"):
        return volume.action.default_type
    named = volume.known("VolumeType")
    if named == "":
        return limits.API_DEFAULT_TYPE
    return named.lower() if isinstance(named, str) and named.lower() in VOLUME_TYPES else None


def _outside(value: int | None, bounds: tuple[int, int], base: int | None = None) -> dict[str, int] | None:
    """Return the facts about a value outside its bounds; below them, ``base`` is what to use."""
    low, high = bounds
    if value is None or low <= value <= high:
        return None
    return {"got": value, "min": low, "max": high, "nearest": high if value > high else base or low}


def rate_in_range(volume: Volume) -> Findings:
    """The rate is 100 to 300 MiB/s."""
    if facts := _outside(volume.known(RATE), (limits.RATE_MIN, limits.RATE_MAX)):
        yield volume.find("InitializationRateOutOfRange", RATE, **facts)


def rate_has_a_snapshot(volume: Volume) -> Findings:
    """A rated volume is created from a snapshot."""
    if not volume.given(RATE) or not volume.absent("SnapshotId") or RATE in volume.action.unsupported:
        return
    if volume.action.inherits:
        device = volume.known("DeviceName")
        if volume.given("VolumeId"):  # CreateReplaceRootVolumeTask with a volume that exists
            yield volume.find("InitializationRateWithoutSnapshot", RATE)
        elif device and device not in limits.USUAL_ROOT_DEVICES and volume.given("VolumeSize"):
            yield volume.find("InitializationRateMayLackSnapshot", RATE, device=device)
    elif volume.absent("SourceVolumeId"):
        yield volume.find("InitializationRateWithoutSnapshot", RATE)


def rate_is_not_on_a_copy(volume: Volume) -> Findings:
    """A rated volume is no copy of a volume."""
    if volume.given(RATE) and volume.given("SourceVolumeId"):
        yield volume.find("InitializationRateOnVolumeCopy", RATE)


def rate_is_not_on_an_outpost(volume: Volume) -> Findings:
    """A rated volume is not on an Outpost."""
    if volume.given(RATE) and volume.given("OutpostArn") and volume.known("OutpostArn") != "":
        yield volume.find("InitializationRateOnOutpost", RATE)


def rate_is_in_a_zone_of_the_region(volume: Volume) -> Findings:
    """A rated volume is in an Availability Zone, not in a Local Zone or Wavelength Zone."""
    for place in _places(volume) if volume.given(RATE) else ():
        for zone in special_zones(place):
            yield volume.find("InitializationRateInLocalZone", RATE, zone=zone)


def special_zones(zones: object) -> list[str]:
    """Return the Local Zones and Wavelength Zones among zones: a spot fleet takes several, between commas."""
    named = (zone.strip() for zone in zones.split(",")) if isinstance(zones, str) else ()
    return [zone for zone in named if re.fullmatch(limits.SPECIAL_ZONE, zone)]


def _places(volume: Volume) -> tuple[Any, ...]:
    return volume.known("AvailabilityZone"), volume.known("AvailabilityZoneId"), volume.zone


def can_be_rated(volume: Volume) -> bool:
    """Whether a volume is created from a snapshot of its own for certain, where EC2 has rates."""
    elsewhere = volume.given("SourceVolumeId") or volume.given("OutpostArn") or any(map(special_zones, _places(volume)))
    return volume.given("SnapshotId") and not elsewhere


def rate_is_of_a_device(volume: Volume) -> Findings:
    """A rated volume of a mapping has a device name."""
    if volume.given(RATE) and volume.action.mappings and volume.device is None:
        yield volume.find("InitializationRateWithoutDevice", RATE)


def supported(volume: Volume) -> Findings:
    """The action supports each property."""
    for name, instead in volume.action.unsupported.items():
        if volume.given(name):
            code = "InitializationRateNotSupported" if name == RATE else "ParameterNotSupported"
            yield volume.find(code, name, action=volume.action.name, instead=instead)


def size_or_snapshot(volume: Volume) -> Findings:
    """A volume has a size, a snapshot, or a source it is copied from."""
    if not volume.action.inherits and all(map(volume.absent, ("SnapshotId", "VolumeSize", "SourceVolumeId"))):
        yield volume.find("SizeOrSnapshotRequired", "VolumeSize")


def one_origin(volume: Volume) -> Findings:
    """A volume copy has no snapshot."""
    if volume.given("SourceVolumeId") and volume.given("SnapshotId"):
        yield volume.find("SnapshotAndSourceVolume", "SnapshotId")


def one_root_origin(volume: Volume) -> Findings:
    """A replacement root volume comes from a snapshot, an image, a volume, or the launch state."""
    if volume.action.name == "CreateReplaceRootVolumeTask":
        origins = [name for name in ("SnapshotId", "ImageId", "VolumeId") if volume.given(name)]
        if len(origins) > 1:
            given = " and ".join(volume.names.get(name, name) for name in origins)
            yield volume.find("SnapshotAndImage", origins[1], given=given)


def snapshot_id_well_formed(volume: Volume) -> Findings:
    """A snapshot id looks like one."""
    snapshot = volume.known("SnapshotId")
    if snapshot is not None and not re.fullmatch(limits.SNAPSHOT_ID, snapshot):
        yield volume.find("SnapshotIdMalformed", "SnapshotId")


def one_zone(volume: Volume) -> Findings:
    """A zone is given by name or by id."""
    if volume.given("AvailabilityZone") and volume.given("AvailabilityZoneId"):
        yield volume.find("AvailabilityZoneConflict", "AvailabilityZoneId")


def zone_is_no_region(volume: Volume) -> Findings:
    """A zone is not named by its Region."""
    zone = volume.known("AvailabilityZone")
    if zone is not None and re.fullmatch(limits.REGION, zone):
        facts = {"expected": "a zone of a Region", "fix": f"use {zone}a or another zone of it"}
        yield volume.find("WrongType", "AvailabilityZone", **facts)


def type_known(volume: Volume) -> Findings:
    """The volume type is one of EC2's."""
    named = volume.known("VolumeType")
    if named and named.lower() not in VOLUME_TYPES:
        yield volume.find("VolumeTypeUnknown", "VolumeType", types=", ".join(VOLUME_TYPES))


def size_in_range(volume: Volume) -> Findings:
    """The size is one that the type has."""
    kind = _kind(volume)
    bounds = VOLUME_TYPES.get(kind or "", limits.ANY_TYPE).size
    if facts := _outside(volume.known("VolumeSize"), bounds):
        yield volume.find("SizeOutOfRange", "VolumeSize", kind=kind or "any volume type", **facts)


def iops_present(volume: Volume) -> Findings:
    """IOPS are given where the type needs them."""
    kind = _kind(volume)
    of_type = VOLUME_TYPES.get(kind or "", limits.ANY_TYPE)
    if of_type.iops and of_type.iops_required and volume.absent("Iops"):
        yield volume.find("IopsRequired", "Iops", kind=kind, min=of_type.iops[0], max=of_type.iops[1])


def iops_allowed(volume: Volume) -> Findings:
    """IOPS are given only where the type has them, within its range and its ratio to the size."""
    kind = _kind(volume)
    of_type = VOLUME_TYPES.get(kind or "", limits.ANY_TYPE)
    if of_type.iops is None:
        if volume.given("Iops"):
            yield volume.find("IopsNotSupported", "Iops", kind=kind)
        return
    iops, size = volume.known("Iops"), volume.known("VolumeSize")
    if facts := _outside(iops, of_type.iops, limits.GP3_BASE_IOPS if kind == "gp3" else None):
        yield volume.find("IopsOutOfRange", "Iops", kind=kind or "any volume type", **facts)
        return
    if iops is None:
        return
    ratio, exempt = of_type.iops_per_gib, kind == "gp3" and iops == limits.GP3_BASE_IOPS
    if ratio and not exempt and size is not None and size > 0 and iops > ratio * size:
        yield volume.find("IopsPerGibTooHigh", "Iops", kind=kind, ratio=ratio, size=size, most=ratio * size)
    elif kind == "gp3" and iops < limits.GP3_BASE_IOPS:
        yield volume.find("IopsRaised", "Iops", base=limits.GP3_BASE_IOPS)


def throughput_allowed(volume: Volume) -> Findings:
    """Throughput is given for gp3 only, within its range and its ratio to the IOPS."""
    kind = _kind(volume)
    of_type = VOLUME_TYPES.get(kind or "", limits.ANY_TYPE)
    if of_type.throughput is None:
        if volume.given("Throughput"):
            yield volume.find("ThroughputNotSupported", "Throughput", kind=kind)
        return
    throughput = volume.known("Throughput")
    if facts := _outside(throughput, of_type.throughput, limits.GP3_BASE_THROUGHPUT):
        yield volume.find("ThroughputOutOfRange", "Throughput", kind=kind or "any volume type", **facts)
        return
    if throughput is None:
        return
    if throughput < limits.GP3_BASE_THROUGHPUT:
        yield volume.find("ThroughputRaised", "Throughput", base=limits.GP3_BASE_THROUGHPUT)
    iops = volume.known("Iops")
    if kind == "gp3" and volume.absent("Iops"):
        iops = limits.GP3_BASE_IOPS
    needed = throughput * limits.GP3_IOPS_PER_MIBPS
    if iops is not None and needed > (iops := max(iops, limits.GP3_BASE_IOPS)):  # EC2 raises fewer to these
        most = iops // limits.GP3_IOPS_PER_MIBPS
        yield volume.find("ThroughputPerIopsTooHigh", "Throughput", iops=iops, most=most, needed=needed)


def multi_attach_allowed(volume: Volume) -> Findings:
    """Multi-Attach is enabled for io1 and io2 only."""
    kind = _kind(volume)
    if volume.known("MultiAttachEnabled") and kind and not VOLUME_TYPES[kind].multi_attach:
        yield volume.find("MultiAttachNotSupported", "MultiAttachEnabled", kind=kind)


def key_with_encryption(volume: Volume) -> Findings:
    """A KMS key comes with encryption."""
    if not volume.given("KmsKeyId") or "KmsKeyId" in volume.action.unsupported:
        return
    if volume.known("Encrypted") is False or (volume.absent("Encrypted") and not volume.action.key_encrypts):
        given = "false" if volume.given("Encrypted") else "none"
        yield volume.find("KmsKeyNeedsEncryption", "KmsKeyId", given=given)


def no_encryption_beside_a_registered_snapshot(volume: Volume) -> Findings:
    """An image's device with a snapshot says nothing about encryption."""
    of_an_image = volume.action.name in ("RegisterImage", "CreateImage")
    if of_an_image and volume.given("SnapshotId") and volume.given("Encrypted"):
        yield volume.find("EncryptedBesideSnapshot", "Encrypted", action=volume.action.name)


def device_names_differ(request: Request) -> Findings:
    """No device is mapped twice."""
    for devices in request.devices:
        seen: set[str] = set()
        for device, path in devices:
            if device in seen:
                prop = request.names.get("DeviceName", "DeviceName")
                yield find(
                    "DeviceNameDuplicate", path, label=label_of(path, device, request.names), prop=prop, got=device
                )
            seen.add(device)


def root_device_boots(request: Request) -> Findings:
    """An image's root device is mapped to a snapshot of its own, on a type that boots."""
    root = request.values.get("RootDeviceName")
    if request.action.name != "RegisterImage" or not isinstance(root, str):
        return
    if request.values.get("ImageLocation") is not None:  # an image whose root is in S3
        return
    mapped = {device for devices in request.devices for device, _ in devices}
    volumes = [volume for volume in request.volumes if volume.known("DeviceName") == root]
    if root not in mapped and request.complete:
        yield request.find("RootDeviceNotMapped", "RootDeviceName", got=root)
    elif not volumes and request.complete:
        yield request.find("RootDeviceWithoutSnapshot", "RootDeviceName", device=root)
    for volume in volumes:
        if volume.absent("SnapshotId"):
            yield volume.find("RootDeviceWithoutSnapshot", "SnapshotId", device=root)
        kind = _kind(volume)
        if kind and not VOLUME_TYPES[kind].boots:
            yield volume.find("BootVolumeTypeNotSupported", "VolumeType", device=root)


def image_name_well_formed(request: Request) -> Findings:
    """An image's name is 3 to 128 of the characters that EC2 takes."""
    name = request.values.get("Name")
    named = request.action.name in ("RegisterImage", "CreateImage") and isinstance(name, str)
    if named and not re.fullmatch(limits.IMAGE_NAME, str(name)):
        yield request.find("ImageNameMalformed", "Name", got=name)


def image_options_known(request: Request) -> Findings:
    """An image's options are ones that EC2 has."""
    for name, choices in limits.IMAGE_OPTIONS.items() if request.action.name == "RegisterImage" else ():
        given = request.values.get(name)
        if isinstance(given, str) and given not in choices:
            yield request.find("ImageOptionUnknown", name, got=given, choices=", ".join(choices))


def version_description_fits(request: Request) -> Findings:
    """A launch template version's description is as long as EC2 takes it."""
    text = request.values.get("VersionDescription")
    if isinstance(text, str) and len(text) > limits.VERSION_DESCRIPTION and "LaunchTemplate" in request.action.name:
        most = limits.VERSION_DESCRIPTION
        yield request.find("VersionDescriptionTooLong", "VersionDescription", max=most, length=len(text))


def spot_options_fit(request: Request) -> Findings:
    """Spot options fit together, and the maximum price is one that EC2 takes."""
    if request.action.name not in ("RunInstances", "CreateLaunchTemplate", "CreateLaunchTemplateVersion"):
        return
    options = {name: None if isinstance(v := request.values.get(name), Unknown) else v for name in SPOT_OPTIONS}
    kind, behavior = options["SpotInstanceType"], options["InstanceInterruptionBehavior"]
    if kind == "persistent" and request.values.get("InstanceInterruptionBehavior") in (None, "terminate"):
        yield request.spot("SpotPersistentNeedsStop", "InstanceInterruptionBehavior", got=behavior)
    if kind != "persistent" and request.values["ValidUntil"] is not None and not _unknown(request, "SpotInstanceType"):
        yield request.spot("SpotValidUntilNotSupported", "ValidUntil")
    price = options["MaxPrice"]
    if price is not None and not is_price(price, limits.SPOT_PRICE_ABOVE):
        yield request.spot("SpotPriceTooLow", "MaxPrice", got=price, min=limits.SPOT_PRICE_ABOVE)


def _unknown(request: Request, name: str) -> bool:
    return isinstance(request.values.get(name), Unknown)


def fleet_fits(request: Request) -> Findings:
    """A Spot Fleet is one that EC2 takes as a whole."""
    if request.action.name == "RequestSpotFleet":
        key = str(request.action.where[0])
        yield from check_fleet(request.params.get(key), (*request.path, key), request.names, request.lenient)


VOLUME_RULES: Final[Mapping[str, tuple[Callable[[Volume], Findings], ...]]] = {
    "": (size_or_snapshot, one_root_origin),
    RATE: (
        rate_in_range,
        rate_has_a_snapshot,
        rate_is_not_on_a_copy,
        rate_is_not_on_an_outpost,
        rate_is_in_a_zone_of_the_region,
        rate_is_of_a_device,
    ),
    "SnapshotId": (one_origin, snapshot_id_well_formed),
    "AvailabilityZone": (one_zone, zone_is_no_region),
    "VolumeType": (type_known, iops_present),
    "VolumeSize": (size_in_range,),
    "Iops": (iops_allowed,),
    "Throughput": (throughput_allowed,),
    "MultiAttachEnabled": (multi_attach_allowed,),
    "KmsKeyId": (key_with_encryption,),
    "Encrypted": (no_encryption_beside_a_registered_snapshot,),
}
"""The rules by the property that calls for them; those of no property are asked about every volume."""

REQUEST_RULES: Final[tuple[Callable[[Request], Findings], ...]] = (
    device_names_differ,
    root_device_boots,
    image_name_well_formed,
    image_options_known,
    version_description_fits,
    spot_options_fit,
    fleet_fits,
)
