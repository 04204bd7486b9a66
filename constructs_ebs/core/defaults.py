"""Which volumes of a resource a default rate is for, and why the others are left alone."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from .findings import Path
from .references import values
from .requests import MAYBE, Unknown, Volume, read
from .rules import RATE
from .template import RESOURCES, Asked, check_asked

REASONS: Final[Mapping[str, str]] = {
    "RateSet": "it says what its rate is",
    "SnapshotUncertain": "only the deployment knows whether it has a snapshot",
    "FastSnapshotRestore": "its snapshot is enabled for fast snapshot restore, which a rate would bypass",
    "ImageDevice": "only its AMI knows whether it has a snapshot; root_devices can name it",
    "RootDeviceNotMapped": "root_devices must name exactly one device to map it where a launch template does not",
    "Unknown": "its devices are known at deployment only",
    "Unreadable": "it cannot be read yet",
}
"""Why a volume is left alone, by code, where no rule about rates says so; codes are public."""

_LAUNCH_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"
_DATA: Final = "LaunchTemplateData"
_MAPPINGS: Final = (_DATA, "BlockDeviceMappings")


class Decision(NamedTuple):
    """What becomes of one volume."""

    device: str | None
    """The device's name, where it has one that is known."""
    path: Path
    """Keys into the resource's properties, to the rate."""
    reason: str | None = None
    """The code of why it is left alone; None: it is rated."""
    why: str = ""
    adds: Literal["", "mapping", "list"] = ""
    """What is missing around the rate."""

    def value(self, rate: Any) -> Any:
        """Return what has to stand at the path."""
        mapping = {"DeviceName": self.device, "Ebs": {RATE: rate}}
        return {"": rate, "mapping": mapping, "list": [mapping]}[self.adds]


class Demand(NamedTuple):
    """What rate is wanted, and where."""

    rate: object
    """MiB/s, or ``UNKNOWN``."""
    root_devices: Collection[str] = ()
    """Names of the root devices of the AMIs that launch templates name."""
    fast_restored: Collection[Any] = ()
    """Snapshots that are enabled for fast snapshot restore, as a template names them."""


def decide(kind: str, properties: Mapping[str, Any], demand: Demand) -> Iterator[Decision]:
    """Decide about every volume that a resource with these properties asks for."""
    for row in RESOURCES.get(kind, ()):
        asked = Asked("", kind, row, read(row.action, properties, lenient=True))
        image = kind == _LAUNCH_TEMPLATE and next(values(properties, (_DATA, "ImageId")), None) is not None
        roots = demand.root_devices if image else ()
        for volume in asked.request.volumes:
            device = volume.known("DeviceName")
            raw: Mapping[str, Any] = next(values(properties, volume.path), {})
            code, why = _reason(asked, volume, raw, demand, device in roots) or (None, "")
            yield Decision(device, (*volume.path, RATE), code, why)
        if not asked.request.complete and not any(isinstance(one.device, Unknown) for one in asked.request.volumes):
            yield Decision(None, row.action.where, "Unknown", REASONS["Unknown"])
        elif roots and asked.request.complete:  # a device whose name is not known may be the root
            yield from _unmapped_root(asked, properties, demand, roots)


def _reason(asked: Asked, volume: Volume, raw: Mapping[str, Any], demand: Demand, root: bool) -> tuple[str, str] | None:
    """Say why a volume is left alone; a rule is asked about the volume as it would be with the rate."""
    if RATE in raw:
        return "RateSet", REASONS["RateSet"]
    snapshot = volume.values.get("SnapshotId")
    if volume.open or snapshot is MAYBE:
        return "SnapshotUncertain", REASONS["SnapshotUncertain"]
    rated = volume._replace(values={**volume.values, RATE: demand.rate})
    for finding in check_asked(asked._replace(request=asked.request._replace(volumes=[rated], findings=[]))):
        guessed = finding.code == "InitializationRateMayLackSnapshot" and root
        if finding.path[-1:] == (RATE,) and not guessed:
            return finding.code, finding.message
    if snapshot is None:
        return None if root else ("ImageDevice", REASONS["ImageDevice"])
    if raw.get("SnapshotId") in demand.fast_restored:
        return "FastSnapshotRestore", REASONS["FastSnapshotRestore"]
    return None


def _unmapped_root(
    asked: Asked, properties: Mapping[str, Any], demand: Demand, roots: Collection[str]
) -> Iterator[Decision]:
    """Map the root device of a launch template that does not: by itself it is as its AMI says."""
    mapped = {device for devices in asked.request.devices for device, _ in devices}
    if mapped.intersection(roots):
        return
    if len(roots) != 1:
        yield Decision(None, _MAPPINGS, "RootDeviceNotMapped", REASONS["RootDeviceNotMapped"])
        return
    [root] = roots
    given: list[Any] = next(values(properties, _MAPPINGS), [])
    with_root = [*given, {"DeviceName": root, "Ebs": {}}]
    data = {**next(values(properties, (_DATA,)), {}), "BlockDeviceMappings": with_root}
    request = read(asked.row.action, {_DATA: data}, lenient=True)
    volume = request.volumes[-1]
    code, why = _reason(asked._replace(request=request), volume, {}, demand, True) or (None, "")
    last = Decision(root, (*_MAPPINGS, len(given)), code, why, "mapping")
    yield last if given else last._replace(path=_MAPPINGS, adds="list")
