"""What stands where in a template, whatever stands around it."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..problems import Path


def section(raw: object, name: str) -> Mapping[str, Any]:
    """Return an object's property that is an object itself, else an empty one."""
    found = raw.get(name) if isinstance(raw, (dict, Mapping)) else None  # most are dicts, which is quick to see
    return found if isinstance(found, (dict, Mapping)) else {}


def values_at(raw: object, path: Path) -> Iterator[Any]:
    """Yield what stands at a path; ``*`` is every element of a list."""
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
