"""Decides which volumes of a resource get a default rate, and why the others are left alone."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from ..actions import RATE
from ..problems import Path
from ..requests import MAYBE, RequestedVolume, Unknown, read
from ..rules.origin import special_zones
from .evaluate import Evaluator
from .paths import strings, values_at
from .resources import RESOURCE_TYPES
from .templates import VolumeRequest

REASONS: Final[Mapping[str, str]] = {
    "RateSet": "it says what its rate is",
    "OptedOut": "InitializationRate.EC2_DEFAULT opts it out",
    "NearerDefaultRate": "a default rate of a scope nearer to it applies",
    "RootVolumeReplacement": "another rate would replace the root volume again",
    "SnapshotUncertain": "only the deployment knows whether it has a snapshot",
    "PlaceUncertain": "only the deployment knows whether it is where EC2 takes rates, or a copy",
    "InitializationRateWithoutSnapshot": "it is not created from a snapshot",
    "InitializationRateMayLackSnapshot": "it has a size and no snapshot of its own",
    "InitializationRateOnVolumeCopy": "it is a copy of a volume",
    "InitializationRateOnOutpost": "it is on an Outpost",
    "InitializationRateInLocalZone": "it is in a Local Zone or Wavelength Zone",
    "InitializationRateNotInCloudFormation": "CloudFormation has no rate for it",
    "FastSnapshotRestore": "its snapshot is enabled for fast snapshot restore, which a rate would bypass",
    "ImageDevice": "only its AMI knows whether it has a snapshot; root_devices can name it",
    "RootDeviceNotMapped": "root_devices must name exactly one device to map it where a launch template does not",
    "Unknown": "its devices are known at deployment only",
    "Unreadable": "it cannot be read yet",
}
"""Why a volume is left alone, by code: a rule's, or one of these only; codes are public."""

_OWN_RATE: Final = "give it a rate of its own"

ADVICE: Final[Mapping[str, str]] = {
    "SnapshotUncertain": _OWN_RATE,
    "PlaceUncertain": _OWN_RATE,
    "Unknown": _OWN_RATE,
    "RootDeviceNotMapped": "map the root device in the launch template",
    "InitializationRateNotInCloudFormation": f"{_OWN_RATE} in an ebs.Instance, an ebs.SpotFleet or a launch template",
}
"""What to do about a volume that the user may believe to have the default rate, by the code of the reason."""

_LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"
_DATA: Final = "LaunchTemplateData"
_MAPPINGS: Final = (_DATA, "BlockDeviceMappings")


class Decision(NamedTuple):
    """Whether one volume gets the rate."""

    device: str | None
    """The device's name, if it has one and it is known."""
    path: Path
    """Keys into the resource's properties, to the rate."""
    reason: str | None = None
    """The code of the reason why it is left alone; None: it is rated."""
    why: str = ""
    adds: Literal["", "mapping", "list"] = ""
    """What is missing around the rate."""
    advice: str = ""
    """What to do about it, if the user may believe that it got the rate."""

    def value(self, rate: Any) -> Any:
        """Return what to write at the path."""
        mapping = {"DeviceName": self.device, "Ebs": {RATE: rate}}
        return {"": rate, "mapping": mapping, "list": [mapping]}[self.adds]


class Demand(NamedTuple):
    """The default rate, and which devices need special treatment."""

    rate: object
    """MiB/s, ``UNKNOWN``, or None where no rate is to be written."""
    root_devices: Collection[str] = ()
    """Names of the root devices of the AMIs that launch templates name."""
    fast_restored: Collection[Any] = ()
    """Snapshots that are enabled for fast snapshot restore, as a template names them."""


def decide(kind: str, properties: Mapping[str, Any], demand: Demand) -> Iterator[Decision]:
    """Decide about every volume that a resource with these properties asks for."""
    evaluated = Evaluator({}).evaluate(properties)
    row = RESOURCE_TYPES.get(kind)
    for schema in row.volumes if row else ():
        action = schema.action
        request = read(action, evaluated, lenient=True)
        asked = VolumeRequest(logical_id="", kind=kind, schema=schema, request=request)
        image = kind == _LAUNCH_TEMPLATE and next(values_at(properties, (_DATA, "ImageId")), None) is not None
        roots = demand.root_devices if image else ()
        place = next(values_at(properties, (*action.where, "Placement")), {}) if action.mappings else properties
        for volume in request.volumes:
            device = volume.known("DeviceName")
            raw: Mapping[str, Any] = next(values_at(properties, volume.path), {})
            code, why = _reason(asked, volume, raw, place, demand, device in roots)
            advice = ADVICE.get(code or "", "") if "SnapshotId" in raw or volume.open else ""
            yield Decision(device, (*volume.path, RATE), code, why, advice=advice)
        unnamed = any(isinstance(volume.device, Unknown) for volume in request.volumes)
        if request.hidden or not (request.complete or unnamed):
            yield Decision(None, action.where, "Unknown", REASONS["Unknown"], advice=ADVICE["Unknown"])
        elif roots and request.complete:  # a device whose name is not known may be the root
            yield from _unmapped_root(asked, properties, place, demand, roots)


def _reason(
    asked: VolumeRequest, volume: RequestedVolume, raw: Mapping[str, Any], place: object, demand: Demand, root: bool
) -> tuple[str | None, str]:
    """Say why a volume is left alone, if it is."""
    code, message = next(_reasons(asked, volume, raw, place, demand, root), (None, ""))
    return code, REASONS.get(code or "", message)


def _reasons(
    asked: VolumeRequest, volume: RequestedVolume, raw: Mapping[str, Any], place: object, demand: Demand, root: bool
) -> Iterator[tuple[str, str]]:
    """Yield the reasons against a rate; the rules judge the volume as it would be with the rate."""
    if RATE in raw:
        yield "RateSet", ""
    if volume.open or volume.values.get("SnapshotId") is MAYBE:
        yield "SnapshotUncertain", ""
    rated = volume._replace(values={**volume.values, RATE: demand.rate})
    for finding in asked._replace(request=asked.request._replace(volumes=[rated], misfits=[])).check():
        guessed = finding.code == "InitializationRateMayLackSnapshot" and root
        if finding.path[-1:] == (RATE,) and not guessed:
            yield finding.code, finding.message
    named = chain(values_at(place, ("AvailabilityZone",)), values_at(place, ("AvailabilityZoneId",)))
    zones = strings([*named])
    if any(volume.values.get(name) is MAYBE for name in ("OutpostArn", "SourceVolumeId")) or any(
        map(special_zones, zones)
    ):
        yield "PlaceUncertain", ""
    if volume.absent("SnapshotId") and not root:
        yield "ImageDevice", ""
    snapshot = raw.get("SnapshotId")
    if snapshot in demand.fast_restored or any(text in demand.fast_restored for text in strings(snapshot)):
        yield "FastSnapshotRestore", ""


def _unmapped_root(
    asked: VolumeRequest, properties: Mapping[str, Any], place: object, demand: Demand, roots: Collection[str]
) -> Iterator[Decision]:
    """Map the root device in a launch template that leaves it to its AMI."""
    mapped = {device for devices in asked.request.devices for device, _ in devices}
    if mapped.intersection(roots):
        return
    if len(roots) != 1:
        unmapped = "RootDeviceNotMapped"
        yield Decision(None, _MAPPINGS, unmapped, REASONS[unmapped], advice=ADVICE[unmapped])
        return
    [root] = roots
    found = next(values_at(properties, _MAPPINGS), None)
    given = found if isinstance(found, list) else []  # AWS::NoValue is none
    with_root = [*given, {"DeviceName": root, "Ebs": {}}]
    data = {**next(values_at(properties, (_DATA,)), {}), "BlockDeviceMappings": with_root}
    request = read(asked.schema.action, Evaluator({}).evaluate({_DATA: data}), lenient=True)
    code, why = _reason(asked._replace(request=request), request.volumes[-1], {}, place, demand, True)
    last = Decision(root, (*_MAPPINGS, len(given)), code, why, "mapping")
    yield last if given else last._replace(path=_MAPPINGS, adds="list")
