"""Writes and reads, in the metadata of a template's resources, how much data their snapshots hold.

``{"Metadata": {"constructs-ebs:initialization": {"snapshot_data_gib": 500}}}`` on a volume; on a launch template, by
device name: ``{"snapshot_data_gib": {"/dev/xvdf": 500}}``.
"""

from collections.abc import Mapping
from typing import Any, Final

KEY: Final = "constructs-ebs:initialization"
_GIB: Final = "snapshot_data_gib"


def write(gib: Mapping[str | None, float]) -> dict[str, Any]:
    """Return the value of the metadata, from GiB by device name; None stands for the only volume of a resource."""
    return {_GIB: gib[None] if None in gib else dict(gib)}


def read(resource: object, device: str | None) -> float | None:
    """Return the GiB in the metadata of a resource for its volume, or for a device; None if there is no number."""
    found = resource
    for name in ("Metadata", KEY, _GIB, *([] if device is None else [device])):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 < found < 1e15 else None
