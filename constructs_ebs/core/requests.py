"""EC2's actions that create EBS volumes: where block devices stand in a request, and what each action takes there.

``read`` turns a request of any of them into volumes that the rules can judge alike.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from . import limits
from .findings import Finding, Path, find, shown


class Unknown:
    """Stands for a value that no rule judges: a token or an intrinsic, or one whose type is wrong already."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def __repr__(self) -> str:
        return self.shown


UNKNOWN: Final = Unknown("a value known at deployment")
MAYBE: Final = Unknown("a value known at deployment, if any")


class Open(dict[str, Any]):
    """An object to which the deployment may add properties."""


KINDS: Final[Mapping[str, type]] = {
    "VolumeInitializationRate": int,
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

SPOT_OPTIONS: Final = ("MaxPrice", "SpotInstanceType", "InstanceInterruptionBehavior", "ValidUntil")
"""What a request says of its Spot Instances, in ``InstanceMarketOptions.SpotOptions``."""

_SPOT: Final = ("InstanceMarketOptions", "SpotOptions")
"""Where that stands, in the object that asks for instances."""

_OF_A_REQUEST: Final = ("Name", "RootDeviceName", "ImageLocation", "VersionDescription", *limits.IMAGE_OPTIONS)
_KINDS_OF_MAPPING: Final = ("Ebs", "VirtualName", "NoDevice")
_EXPECTED: Final = {int: "a whole number", bool: "true or false", str: "a string", dict: "an object", list: "a list"}
_RATE_EXPECTED: Final = f"a whole number of MiB/s, {limits.RATE_MIN} to {limits.RATE_MAX}"


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
    """The type of a volume that names none; ``None``: an image may say."""
    inherits: bool = False
    """Whether an image or instance gives a device the snapshot, size and type that the request leaves out."""
    key_encrypts: bool = False
    """Whether a KMS key may do without ``Encrypted``."""
    one_kind: bool = False
    """Whether a mapping must be of exactly one kind: CloudFormation says so, EC2 itself does not."""
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
_IN_LAUNCH_TEMPLATE = "move the device into a launch template"

# Which action takes what: the EC2 API model, shapes EbsBlockDevice, FleetEbsBlockDeviceRequest,
# LaunchTemplateEbsBlockDeviceRequest and the actions' own.
ACTIONS: Final[Mapping[str, Action]] = {
    action.name: action
    for action in (
        Action("CreateVolume", mappings=None, spelling={"VolumeSize": "Size"}, default_type=limits.API_DEFAULT_TYPE),
        Action("CreateLaunchTemplate", ("LaunchTemplateData",), inherits=True, unsupported=_TEMPLATE),
        Action("CreateLaunchTemplateVersion", ("LaunchTemplateData",), inherits=True, unsupported=_TEMPLATE),
        Action("RunInstances", inherits=True, unsupported=_LAUNCH),
        Action("RequestSpotInstances", ("LaunchSpecification",), inherits=True, unsupported=_LAUNCH),
        Action(
            "RequestSpotFleet",
            ("SpotFleetRequestConfig", "LaunchSpecifications", "*"),
            inherits=True,
            unsupported=_LAUNCH,
        ),
        Action(
            "CreateFleet",
            ("LaunchTemplateConfigs", "*", "Overrides", "*"),
            inherits=True,
            unsupported={**_TEMPLATE, "VolumeInitializationRate": _IN_LAUNCH_TEMPLATE},
        ),
        Action(
            "RegisterImage",
            unsupported={
                "MultiAttachEnabled": _OMIT,
                "SourceVolumeId": _OMIT,
                "KmsKeyId": "copy the snapshot with the key",
            },
        ),
        Action(
            "CreateImage",
            inherits=True,
            unsupported={
                **dict.fromkeys(_LAUNCH, _OMIT),
                "OutpostArn": _OMIT,
                "KmsKeyId": "copy the image with the key",
                "VolumeInitializationRate": "register the image from snapshots, or rate what launches it",
            },
        ),
        Action("CreateReplaceRootVolumeTask", mappings=None, inherits=True),
    )
}


class Volume(NamedTuple):
    """One EBS volume that a request asks for, its properties by their names in a block device mapping."""

    action: Action
    values: Mapping[str, Any]
    open: bool
    """Whether the deployment may add properties (Fn::Transform beside them)."""
    path: Path
    names: Mapping[str, str]
    device: object
    zone: str | None

    def known(self, name: str) -> Any:
        """Return the value, or None where it is absent or unknown."""
        value = self.values.get(name)
        return None if isinstance(value, Unknown) else value

    def given(self, name: str) -> bool:
        """Whether the property is there for certain, its value known or not."""
        return self.values.get(name, MAYBE) is not MAYBE

    def absent(self, name: str) -> bool:
        """Whether the property is missing for certain."""
        return name not in self.values and not self.open

    def find(self, code: str, name: str, **facts: Any) -> Finding:
        """Word a finding about one property."""
        key = self.action.spelling.get(name, name)
        facts.setdefault("got", self.values.get(name))
        names = {canonical: self.names.get(key, key) for canonical, key in self.action.spelling.items()} | dict(
            self.names
        )
        label = label_of(self.path, self.device, self.names)
        return find(code, (*self.path, key), names, label, prop=names.get(name, key), **facts)


class Stray(NamedTuple):
    """A property that nothing has, in place of one that a rule reads."""

    path: Path
    label: str
    got: object
    meant: str
    """The property that was meant."""
    instead: str
    """What to do."""


class Request(NamedTuple):
    """A request of any action, read."""

    action: Action
    values: Mapping[str, Any]
    volumes: list[Volume]
    devices: list[list[tuple[str, Path]]]
    """The device names of each list of mappings."""
    complete: bool
    """Whether nothing in the lists of mappings is unknown."""
    hidden: bool
    """Whether an object that may hold volumes is unknown."""
    findings: list[Finding]
    path: Path
    names: Mapping[str, str]
    params: Mapping[str, Any]
    lenient: bool
    strays: list[Stray]
    """Properties that the action does not have, in place of those that rules read."""

    def find(self, code: str, name: str, **facts: Any) -> Finding:
        """Word a finding about a property of the whole request."""
        return find(code, (*self.path, name), self.names, prop=self.names.get(name, name), **facts)

    def spot(self, code: str, name: str, **facts: Any) -> Finding:
        """Word a finding about a Spot option."""
        path = (*self.path, *self.action.where, *_SPOT, name)
        return find(code, path, self.names, prop=self.names.get(name, name), **facts)


class Reader:
    """Reads values of a request or, with ``lenient``, of a template, and notes what has the wrong type."""

    def __init__(self, names: Mapping[str, str], lenient: bool) -> None:
        self.names = names
        self.lenient = lenient
        self.findings: list[Finding] = []
        self.strays: list[Stray] = []
        self.complete = True
        self.hidden = False

    def read(self, raw: object, kind: type, at: Path, key: str | None = None, device: object = None) -> Any:
        """Return the value, ``None`` where there is none, ``UNKNOWN`` or ``MAYBE`` where nobody can tell."""
        if raw is None or isinstance(raw, Unknown):
            return raw
        if isinstance(raw, str) and "{{resolve:" in raw:  # a dynamic reference
            return UNKNOWN
        if type(raw) is kind and kind is not dict:
            return raw
        if isinstance(raw, Mapping) and (unknown := _intrinsic(raw)) is not False:
            return unknown
        value = _coerce(raw, kind) if self.lenient else raw
        if _is(value, kind):
            return value
        path = at if key is None else (*at, key)
        label = label_of(at, device, self.names) if key is not None and key != "DeviceName" else ""
        prop = (element_of(path, self.names) or self.names.get(str(path[-1]), str(path[-1]))) if path else "the request"
        rate, size = key == "VolumeInitializationRate", kind is int and "Size" in str(key)
        expected = _RATE_EXPECTED if rate else _EXPECTED[kind] + (" of GiB" if size else "")
        fix = f"give {_EXPECTED[kind]}"
        if kind is int and isinstance(raw, float) and abs(raw) < 1e9:  # neither NaN nor infinite
            least, most = (limits.RATE_MIN, limits.RATE_MAX) if rate else (1 if size and raw > 0 else round(raw), 1e9)
            fix = f"use {min(max(round(raw), least), most)}"
        self.findings.append(find("WrongType", path, label=label, prop=prop, expected=expected, got=raw, fix=fix))
        return Unknown(shown(raw))

    def mapping(self, raw: object, at: Path, key: str | None = None, device: object = None) -> Mapping[str, Any] | None:
        if type(raw) is dict and len(raw) != 1:  # as most are, and no intrinsic function is
            return raw
        value = self.read(raw, dict, at, key, device)
        return None if isinstance(value, Unknown) else value

    def elements(self, raw: object, path: Path) -> Iterator[tuple[object, Path]]:
        value = self.read(raw, list, path)
        if isinstance(value, Unknown):
            self.complete = False
        elif value is not None:
            yield from ((element, (*path, index)) for index, element in enumerate(value))

    def walk(self, raw: object, where: Path, path: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """Yield the objects that stand at ``where`` below ``raw``."""
        if where and where[0] == "*":
            for element, at in self.elements(raw, path):
                yield from self.walk(element, where[1:], at)
        elif (found := self.holder(raw, path)) is not None:
            if where:
                yield from self.walk(found.get(str(where[0])), where[1:], (*path, where[0]))
            else:
                yield found, path

    def stray(self, key: object, given: object, path: Path, device: object, instead: str = "") -> None:
        """Note a property that is misspelled, or in the wrong place."""
        if isinstance(key, str) and (meant := _meant(key)):
            label = label_of(path, device, self.names)
            self.strays.append(Stray((*path, key), label, given, meant, instead or f"did you mean {meant}?"))

    def holder(self, raw: object, at: Path, key: str | None = None, device: object = None) -> Mapping[str, Any] | None:
        """Return an object that may hold volumes, and note where nobody can tell."""
        found = self.mapping(raw, at, key, device)
        self.hidden |= found is None and not _is_absent(raw)
        return found

    def volume(self, action: Action, raw: Mapping[str, Any], path: Path, device: object, zone: str | None) -> Volume:
        values: dict[str, Any] = {} if device is None else {"DeviceName": device}
        meant = {key: name for name, key in action.spelling.items()}
        for key, given in raw.items():
            name = meant.get(key, "" if key in action.spelling else key)
            kind = KINDS.get(name)
            if kind is None:
                self.stray(key, given, path, device)
            elif (value := self.read(given, kind, path, key, device)) is not None:
                values[name] = value
        return Volume(action, values, is_open(raw), path, self.names, device, zone)


def read(
    action: Action, params: object, path: Path = (), names: Mapping[str, str] | None = None, lenient: bool = False
) -> Request:
    """Read a request: its volumes, the names of its devices, and what has the wrong type."""
    reader = Reader(names or {}, lenient)
    volumes: list[Volume] = []
    devices: list[list[tuple[str, Path]]] = []
    for holder, at in reader.walk(params, action.where, path):
        placement = reader.mapping(holder.get("Placement"), at, "Placement") if action.mappings else None
        zones = [(placement or {}).get(name) for name in ("AvailabilityZone", "AvailabilityZoneId")]
        zone = next((zone for zone in zones if isinstance(zone, str)), None)
        if action.mappings is None:
            volumes.append(reader.volume(action, holder, at, None, zone))
            continue
        devices.append([])
        for element, where in reader.elements(holder.get(action.mappings), (*at, action.mappings)):
            mapping = reader.mapping(element, where)
            if mapping is None:
                reader.complete = False
                continue
            device = reader.read(mapping.get("DeviceName"), str, where, "DeviceName")
            if device is None and is_open(mapping):
                device = MAYBE
            if isinstance(device, str):
                devices[-1].append((device, (*where, "DeviceName")))
            else:
                reader.complete = False
            kinds = [key for key in _KINDS_OF_MAPPING if _is_set(mapping.get(key))]
            none = (
                not kinds
                and action.one_kind
                and not is_open(mapping)
                and all(_is_absent(mapping.get(kind)) for kind in _KINDS_OF_MAPPING)
            )
            if len(kinds) > 1 or none:
                code = "MappingNotInCloudFormation" if action.one_kind else "MappingAmbiguous"
                label, given = label_of(where, device, reader.names), " and ".join(kinds) or "none"
                reader.findings.append(find(code, where, label=label, given=given))
            for key in mapping:
                reader.stray(key, mapping[key], where, device, "move it into Ebs")
            ebs = reader.holder(mapping.get("Ebs"), where, "Ebs", device)
            if ebs is not None and "NoDevice" not in kinds:
                volumes.append(reader.volume(action, ebs, (*where, "Ebs"), device, zone))
    top: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
    whole = top
    values = {name: reader.read(top[name], str, path, name) for name in _OF_A_REQUEST if name in top}
    for step in action.where:
        below = top.get(str(step))
        top = below if isinstance(below, Mapping) else {}
    at = (*path, *action.where)
    for key in _SPOT:
        top, at = reader.mapping(top.get(key), at, key) or {}, (*at, key)
    values |= {name: reader.read(top[name], str, at, name) for name in SPOT_OPTIONS[:-1] if name in top}
    values["ValidUntil"] = top.get("ValidUntil")  # a string, or what botocore takes for a time
    return Request(
        action,
        values,
        volumes,
        devices,
        reader.complete,
        reader.hidden,
        reader.findings,
        path,
        reader.names,
        whole,
        lenient,
        reader.strays,
    )


@lru_cache
def _meant(key: str) -> str | None:
    """Return the property that a misspelled one is meant for, among those without which a rate is nothing."""
    if not re.search(r"(?i)init|snap", key):
        return None
    from difflib import get_close_matches

    meant = {name.lower(): name for name in ("VolumeInitializationRate", "SnapshotId")}
    return next((meant[close] for close in get_close_matches(key.lower(), meant, 1, 0.85)), None)


def label_of(path: Path, device: object, names: Mapping[str, str]) -> str:
    """Say which element of the last list on the path is meant: ``BlockDeviceMappings[1] (/dev/xvdf): ``."""
    element = next((shown for end in range(len(path), 1, -1) if (shown := element_of(path[:end], names))), None)
    called = f" ({device})" if isinstance(device, str) else ""
    return f"{element}{called}: " if element else ""


def element_of(path: Path, names: Mapping[str, str]) -> str | None:
    """Show the end of a path that leads to an element of a list."""
    if len(path) < 2 or not isinstance(path[-1], int):
        return None
    return f"{names.get(str(path[-2]), path[-2])}[{path[-1]}]"


def _intrinsic(raw: Mapping[Any, Any], depth: int = 8) -> Unknown | bool | None:
    """Read an intrinsic function: ``None`` for AWS::NoValue, ``False`` for what is none."""
    if len(raw) != 1:
        return False
    key, argument = next(iter(raw.items()))
    if not isinstance(key, str):
        return False
    if key == "Ref" and isinstance(argument, str) and argument == "AWS::NoValue":
        return None
    if key == "Fn::If" and isinstance(argument, list):
        branches = [_intrinsic(branch, depth - 1) for branch in argument[1:3] if isinstance(branch, Mapping) and depth]
        return MAYBE if not depth or None in branches or MAYBE in branches else UNKNOWN
    if key == "Fn::FindInMap" and isinstance(argument, list) and argument and isinstance(argument[-1], Mapping):
        default = argument[-1].get("DefaultValue")
        return (
            MAYBE if isinstance(default, Mapping) and (not depth or _intrinsic(default, depth - 1) is None) else UNKNOWN
        )
    return UNKNOWN if key in ("Ref", "Condition") or key.startswith("Fn::") else False


def _is_absent(raw: object) -> bool:
    return raw is None or (isinstance(raw, Mapping) and _intrinsic(raw) is None)


def is_open(raw: Mapping[Any, Any]) -> bool:
    """Whether the deployment may add properties to an object: Fn::Transform stands beside them."""
    return isinstance(raw, Open) or any(isinstance(key, str) and key.startswith("Fn::") for key in raw)


def _is_set(raw: object) -> bool:
    """Whether a mapping's property is there for certain; CloudFormation has a boolean NoDevice too."""
    if isinstance(raw, Mapping):
        return _intrinsic(raw) is False
    return raw is not None and raw is not False and not (isinstance(raw, str) and raw == "false")


def _is(value: object, kind: type) -> bool:
    if kind is dict:
        return isinstance(value, Mapping)
    if kind is list:
        return isinstance(value, (list, tuple))
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


_NUMBER = re.compile(r"\s*[+-]?\d{1,18}\s*")


def _coerce(raw: object, kind: type) -> object:
    """Convert what CloudFormation converts: "30", 30.0, "true", and numbers where strings belong."""
    if kind is int and isinstance(raw, str) and _NUMBER.fullmatch(raw):
        return int(raw)
    if kind is int and isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if kind is bool and isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    if kind is str and isinstance(raw, (int, float)) and abs(raw) < 1e18:
        return str(raw)
    return raw


def whole_number(raw: object) -> int | None:
    """Return a whole number as CloudFormation takes it, ``None`` where it is none or not known."""
    value = _coerce(raw, int)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
