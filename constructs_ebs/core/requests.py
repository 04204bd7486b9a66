"""Reads an EC2 request: ``read`` turns a request of any action into volumes that the rules can judge alike."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from . import limits
from .actions import EMPTY_IS_NONE, KINDS, KINDS_OF_MAPPING, OF_A_REQUEST, RATE, SPOT, SPOT_OPTIONS, Action
from .problems import Path, Problem, shown


class Unknown:
    """Stands for a value that no rule judges: only the deployment knows it, or its type is already wrong."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def __repr__(self) -> str:
        return self.shown


UNKNOWN: Final = Unknown("a value known at deployment")
MAYBE: Final = Unknown("a value known at deployment, if any")


class Open(dict[str, Any]):
    """An object to which the deployment may add properties."""


_EXPECTED: Final = {int: "a whole number", bool: "true or false", str: "a string", dict: "an object", list: "a list"}
RATE_EXPECTED: Final = f"a whole number of MiB/s, {limits.RATE_MIN} to {limits.RATE_MAX}"


class RequestedVolume(NamedTuple):
    """One EBS volume that a request asks for, with its properties by their names in a block device mapping."""

    action: Action
    values: Mapping[str, Any]
    open: bool
    """Whether the deployment may add properties."""
    path: Path
    names: Mapping[str, str]
    device: object
    zone: str | None
    region: str | None
    """The Region that the request goes to, if it is known."""

    def known(self, name: str) -> Any:
        """Return the value, or None if it is absent or unknown."""
        value = self.values.get(name)
        return None if isinstance(value, Unknown) else value

    def given(self, name: str) -> bool:
        """Whether the property is there for certain, its value known or not."""
        return self.values.get(name, MAYBE) is not MAYBE

    def absent(self, name: str) -> bool:
        """Whether the property is missing for certain."""
        return name not in self.values and not self.open

    def problem(self, name: str, **facts: Any) -> Problem:
        """Return the problem of a rule about one property."""
        key = self.action.spelling.get(name, name)
        facts.setdefault("got", self.values.get(name))
        names = {canonical: self.names.get(key, key) for canonical, key in self.action.spelling.items()} | dict(
            self.names
        )
        label = label_of(self.path, self.device, self.names)
        return Problem(names.get(name, key), facts, (*self.path, key), names, label)


class DeviceMapping(NamedTuple):
    """A block device mapping: the device, and the kinds of what it is mapped to."""

    path: Path
    device: object
    kinds: list[str]
    """Those of ``Ebs``, ``VirtualName`` and ``NoDevice`` that are there for certain."""
    empty: bool
    """Whether it is certain that none of them is there."""


class Stray(NamedTuple):
    """An unknown property that was probably meant to be one that a rule reads."""

    path: Path
    label: str
    got: object
    meant: str
    """The property that was probably meant."""
    instead: str
    """What to do."""


class Request(NamedTuple):
    """What was read from a request of any action."""

    action: Action
    values: Mapping[str, Any]
    volumes: list[RequestedVolume]
    mappings: list[DeviceMapping]
    devices: list[list[tuple[str, Path]]]
    """The device names of each list of mappings."""
    complete: bool
    """Whether everything in the lists of mappings is known."""
    hidden: bool
    """Whether an object that may hold volumes is unknown."""
    misfits: list[Problem]
    """Values of the wrong type."""
    strays: list[Stray]
    """Unknown properties that were probably meant to be some that rules read."""
    path: Path
    names: Mapping[str, str]
    params: Mapping[str, Any]
    lenient: bool
    region: str | None
    """The Region that it goes to, if it is known."""
    zones: list[tuple[str, Path]]
    """The zones that it names by name or id, each with its place; none while the Region is unknown."""

    def problem(self, name: str, **facts: Any) -> Problem:
        """Return the problem of a rule about a property of the whole request."""
        return Problem(self.names.get(name, name), facts, (*self.path, name), self.names)

    def spot_problem(self, name: str, **facts: Any) -> Problem:
        """Return the problem of a rule about a Spot option."""
        return Problem(self.names.get(name, name), facts, (*self.path, *self.action.where, *SPOT, name), self.names)


class Reader:
    """Reads values of a request or, with ``lenient``, of a template, and notes what has the wrong type."""

    def __init__(self, names: Mapping[str, str], lenient: bool, region: str | None = None) -> None:
        self.names = names
        self.lenient = lenient
        self.region = region
        self.misfits: list[Problem] = []
        self.strays: list[Stray] = []
        self.complete = True
        self.hidden = False

    def read(self, raw: object, kind: type, at: Path, key: str | None = None, device: object = None) -> Any:
        """Return the value, ``None`` where there is none, ``UNKNOWN`` or ``MAYBE`` where it is unknown."""
        if raw is None or type(raw) is kind or isinstance(raw, Unknown):
            return raw
        value = _coerce(raw, kind) if self.lenient else raw
        if _is(value, kind):
            return value
        self._misfit(raw, kind, at, key, device)
        return Unknown(shown(raw))

    def _misfit(self, raw: object, kind: type, at: Path, key: str | None, device: object) -> None:
        """Note a value of the wrong type."""
        path = at if key is None else (*at, key)
        label = label_of(at, device, self.names) if key is not None and key != "DeviceName" else ""
        prop = (element_of(path, self.names) or self.names.get(str(path[-1]), str(path[-1]))) if path else "the request"
        rate, size = key == RATE, kind is int and "Size" in str(key)
        expected = RATE_EXPECTED if rate else _EXPECTED[kind] + (" of GiB" if size else "")
        fix = f"give {_EXPECTED[kind]}"
        if kind is int and isinstance(raw, float) and abs(raw) < 1e9:  # neither NaN nor infinite
            least, most = (limits.RATE_MIN, limits.RATE_MAX) if rate else (1 if size and raw > 0 else round(raw), 1e9)
            fix = f"use {min(max(round(raw), least), most)}"
        self.misfits.append(Problem(prop, {"expected": expected, "got": raw, "fix": fix}, path, label=label))

    def mapping(self, raw: object, at: Path, key: str | None = None, device: object = None) -> Mapping[str, Any] | None:
        value = self.read(raw, dict, at, key, device)
        return None if isinstance(value, Unknown) else value

    def elements(self, raw: object, path: Path) -> Iterator[tuple[object, Path]]:
        value = self.read(raw, list, path)
        if isinstance(value, Unknown):
            self.complete = False
        elif value is not None:
            yield from ((element, (*path, index)) for index, element in enumerate(value) if element is not None)

    def walk(self, raw: object, where: Path, path: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """Yield the objects at the path ``where`` below ``raw``."""
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
        """Return an object that may hold volumes, and note where it is unknown."""
        found = self.mapping(raw, at, key, device)
        self.hidden |= found is None and raw is not None
        return found

    def volume(
        self, action: Action, raw: Mapping[str, Any], path: Path, device: object, zone: str | None
    ) -> RequestedVolume:
        values: dict[str, Any] = {} if device is None else {"DeviceName": device}
        meant = {key: name for name, key in action.spelling.items()}
        for key, given in raw.items():
            name = meant.get(key, "" if key in action.spelling else key)
            kind = KINDS.get(name)
            if given == "" and name in EMPTY_IS_NONE and name not in action.unsupported:
                continue
            if type(given) is kind:
                values[name] = given
            elif kind is None:
                self.stray(key, given, path, device)
            elif (value := self.read(given, kind, path, key, device)) is not None:
                values[name] = value
        return RequestedVolume(action, values, isinstance(raw, Open), path, self.names, device, zone, self.region)

    def device_mapping(self, element: object, path: Path) -> tuple[DeviceMapping, Any] | None:
        """Read a block device mapping and the volume in it, if there is one; ``None`` where it is unknown."""
        mapping = self.mapping(element, path)
        if mapping is None:
            self.complete = False
            return None
        device = self.read(mapping.get("DeviceName"), str, path, "DeviceName")
        if device is None and isinstance(mapping, Open):
            device = MAYBE
        self.complete &= isinstance(device, str)
        kinds = [kind for kind in KINDS_OF_MAPPING if _is_set(mapping.get(kind))]
        absent = not kinds and all(mapping.get(kind) is None for kind in KINDS_OF_MAPPING)
        empty = absent and not isinstance(mapping, Open)
        for key in mapping:
            self.stray(key, mapping[key], path, device, "move it into Ebs")
        ebs = self.holder(mapping.get("Ebs"), path, "Ebs", device)
        return DeviceMapping(path, device, kinds, empty), None if "NoDevice" in kinds else ebs


def read(
    action: Action,
    params: object,
    path: Path = (),
    names: Mapping[str, str] | None = None,
    lenient: bool = False,
    region: str | None = None,
) -> Request:
    """Read a request: its volumes, the names of its devices, and the values of the wrong type."""
    reader = Reader(names or {}, lenient, region)
    zones: list[tuple[str, Path]] = []
    volumes: list[RequestedVolume] = []
    mappings: list[DeviceMapping] = []
    devices: list[list[tuple[str, Path]]] = []
    for holder, at in reader.walk(params, action.where, path):
        if region is not None:
            zones += _zones_of(holder, at)
        if action.mappings is None:
            volumes.append(reader.volume(action, holder, at, None, None))
            continue
        zone = _zone(reader.mapping(holder["Placement"], at, "Placement") or {}) if "Placement" in holder else None
        devices.append([])
        for element, where in reader.elements(holder.get(action.mappings), (*at, action.mappings)):
            if found := reader.device_mapping(element, where):
                mapping, ebs = found
                mappings.append(mapping)
                if isinstance(mapping.device, str):
                    devices[-1].append((mapping.device, (*where, "DeviceName")))
                if ebs is not None:
                    volumes.append(reader.volume(action, ebs, (*where, "Ebs"), mapping.device, zone))
    whole: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
    return Request(
        action=action,
        values=_values(reader, action, whole, path),
        volumes=volumes,
        mappings=mappings,
        devices=devices,
        complete=reader.complete,
        hidden=reader.hidden,
        misfits=reader.misfits,
        strays=reader.strays,
        path=path,
        names=reader.names,
        params=whole,
        lenient=lenient,
        region=region,
        zones=zones,
    )


def _zones_of(holder: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the zones that an object names, by itself or in its placement, and where."""
    for place, at in ((holder, path), (holder.get("Placement"), (*path, "Placement"))):
        for name in ("AvailabilityZone", "AvailabilityZoneId"):
            zone = place.get(name) if isinstance(place, Mapping) else None
            if isinstance(zone, str):
                yield zone, (*at, name)


def _zone(placement: Mapping[str, Any]) -> str | None:
    """Return the zone that a placement names."""
    zones = (placement.get(name) for name in ("AvailabilityZone", "AvailabilityZoneId"))
    return next((zone for zone in zones if isinstance(zone, str)), None)


def _values(reader: Reader, action: Action, top: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Read the properties at the top of a request, and its Spot options."""
    values = {name: reader.read(top[name], str, path, name) for name in OF_A_REQUEST if name in top}
    for step in action.where:
        below = top.get(str(step))
        top = below if isinstance(below, Mapping) else {}
    at = (*path, *action.where)
    for key in SPOT:
        top, at = (reader.mapping(top[key], at, key) or {}) if key in top else {}, (*at, key)
    values |= {name: reader.read(top[name], kind, at, name) for name, kind in SPOT_OPTIONS.items() if name in top}
    values["ValidUntil"] = top.get("ValidUntil")  # a string, or what botocore takes for a time
    return values


@lru_cache
def _meant(key: str) -> str | None:
    """Return the rate or snapshot that a misspelled property was probably meant to be."""
    if not re.search(r"(?i)init|snap", key):
        return None
    from difflib import get_close_matches

    meant = {name.lower(): name for name in (RATE, "SnapshotId")}
    return next((meant[close] for close in get_close_matches(key.lower(), meant, 1, 0.85)), None)


def label_of(path: Path, device: object, names: Mapping[str, str]) -> str:
    """Name the element of the last list on the path: ``BlockDeviceMappings[1] (/dev/xvdf)``."""
    element = next((shown for end in range(len(path), 1, -1) if (shown := element_of(path[:end], names))), None)
    called = f" ({device})" if isinstance(device, str) else ""
    return f"{element}{called}" if element else ""


def element_of(path: Path, names: Mapping[str, str]) -> str | None:
    """Name the element of a list at the end of a path, if it ends there."""
    if len(path) < 2 or not isinstance(path[-1], int):
        return None
    return f"{names.get(str(path[-2]), path[-2])}[{path[-1]}]"


def _is_set(raw: object) -> bool:
    """Whether a mapping's property is there for certain; CloudFormation has a boolean NoDevice too."""
    return not (raw is None or raw is False or isinstance(raw, Unknown) or (isinstance(raw, str) and raw == "false"))


def _is(value: object, kind: type) -> bool:
    if kind is dict:
        return isinstance(value, Mapping)
    if kind is list:
        return isinstance(value, (list, tuple))
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


_NUMBER: Final = r"\s*[+-]?\d{1,18}\s*"


def _coerce(raw: object, kind: type) -> object:
    """Convert what CloudFormation converts: "30", 30.0, "true", and numbers where strings belong."""
    if kind is int and isinstance(raw, str) and re.fullmatch(_NUMBER, raw):
        return int(raw)
    if kind is int and isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if kind is bool and isinstance(raw, str) and raw.lower() in ("true", "false"):
        return raw.lower() == "true"
    if kind is str and isinstance(raw, (int, float)) and abs(raw) < 1e18:
        return str(raw)
    return raw


def whole_number(raw: object) -> int | None:
    """Return a whole number as CloudFormation takes it, ``None`` if it is something else or unknown."""
    value = _coerce(raw, int)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
