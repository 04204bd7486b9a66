"""Finds values by their path in a template, which may hold anything anywhere."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..problems import Path


def section(raw: object, name: str) -> Mapping[str, Any]:
    """Return a property that is an object itself, or an empty object."""
    found = raw.get(name) if isinstance(raw, (dict, Mapping)) else None  # most are dicts, which is quick to see
    return found if isinstance(found, (dict, Mapping)) else {}


def strings(raw: object) -> Iterator[str]:
    """Yield every string inside a value, which may contain intrinsic functions."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, (Mapping, list, tuple)):
        for value in raw.values() if isinstance(raw, Mapping) else raw:
            yield from strings(value)


def values_at(raw: object, path: Path) -> Iterator[Any]:
    """Yield the values at a path; ``*`` stands for every element of a list."""
    if not path:
        yield raw
    elif path[0] == "*":
        for element in raw if isinstance(raw, (list, tuple)) else ():
            yield from values_at(element, path[1:])
    elif isinstance(path[0], int):
        for element in raw[path[0] : path[0] + 1] if isinstance(raw, (list, tuple)) else ():
            yield from values_at(element, path[1:])
    elif isinstance(raw, (dict, Mapping)) and raw.get(path[0]) is not None:
        yield from values_at(raw[path[0]], path[1:])
