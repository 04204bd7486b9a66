"""What a template says of the data of its snapshots: a resource's metadata, by one key.

``{"Metadata": {"constructs-ebs:initialization": {"snapshot_data_gib": 500}}}`` on a volume; on a launch template the
same for each device that is known, by its name: ``{"snapshot_data_gib": {"/dev/xvdf": 500}}``.
"""

from collections.abc import Mapping
from typing import Any, Final

KEY: Final = "constructs-ebs:initialization"
_GIB: Final = "snapshot_data_gib"


def write(gib: Mapping[str | None, float]) -> dict[str, Any]:
    """Return the metadata's value, for GiB by device name; None is the name of a resource's only volume."""
    return {_GIB: gib[None] if None in gib else dict(gib)}


def read(resource: object, device: str | None) -> float | None:
    """Return the GiB that a resource of a template says of its volume, or of a device; None if it says none."""
    found = resource
    for name in ("Metadata", KEY, _GIB, *([] if device is None else [device])):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 < found < 1e15 else None
