"""Reads the values of options of ``constructs-ebs plan``: sizes of snapshots, prices, the format."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ...core import limits
from ...core.cloudformation.documents import UnusableError
from ...core.cloudformation.plan import SnapshotData

FORMATS: Final = ("text", "json", "svg", "html")
"""The formats, each with a module that renders it."""
SUFFIXES: Final = {".txt": "text", ".json": "json", ".svg": "svg", ".html": "html", ".htm": "html"}
UNITS: Final = {"MiB": 1 / 1024, "GiB": 1, "TiB": 1024}

_SIZE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([A-Za-z]*)", re.ASCII)
_LIKELY_UNITS: Final = ("MB", "GB", "TB", "M", "G", "T")
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")


def format_of(format: str | None, output: Path | None) -> str:
    """Return the chosen format, or else that of the file's suffix."""
    suffix = output.suffix.lower() if output else ".txt"
    chosen = format or SUFFIXES.get(suffix)
    if chosen is None:
        raise UnusableError(f"{output}: no format has the suffix {suffix!r}; give --format {'|'.join(FORMATS)}")
    if chosen not in FORMATS:
        raise UnusableError(f"--format must be {', '.join(FORMATS)}, got {chosen!r}")
    return chosen


def sizes_of(options: Iterable[str]) -> dict[str, SnapshotData]:
    """Read ``snap-0123456789abcdef0=500GiB``."""
    return dict(_size(option) for option in options)


def _size(option: str) -> tuple[str, SnapshotData]:
    snapshot, equals, size = option.partition("=")
    if not equals or not re.fullmatch(limits.SNAPSHOT_ID, snapshot):
        raise UnusableError(f"--snapshot must be like snap-0123456789abcdef0=500GiB, got {option!r}")
    matched = _SIZE.fullmatch(size.strip())
    if not matched:
        raise UnusableError(f"--snapshot {snapshot}: a size is a number with {', '.join(UNITS)}, got {size!r}")
    number, unit = matched.groups()
    if unit not in UNITS:
        hint = ""
        if not unit:
            hint = f"; say {number}GiB?"
        elif unit.upper() in _LIKELY_UNITS:
            hint = f"; say {number}{unit.upper()[0]}iB?"
        raise UnusableError(f"--snapshot {snapshot}: a size is a number with {', '.join(UNITS)}, got {size!r}{hint}")
    gib = float(number) * UNITS[unit]
    if not 0 < gib <= limits.LARGEST_VOLUME:
        raise UnusableError(f"--snapshot {snapshot}: a size is above 0 and at most 64TiB, got {size!r}")
    return snapshot, SnapshotData(gib=gib, source="given")


def prices_of(name: str, options: Iterable[str]) -> dict[str | None, float]:
    """Read ``0.0036`` and ``eu-west-1=0.0040`` by Region; None for all others."""
    prices: dict[str | None, float] = {}
    for option in options:
        region, _, number = option.rpartition("=")
        try:
            price = float(number)
        except ValueError:
            price = math.nan
        if not 0 <= price < 1e6 or (region and not _REGION.fullmatch(region)):
            raise UnusableError(f"{name} must be USD from 0 up, or like eu-west-1=0.004, got {option!r}")
        prices[region or None] = price
    return prices


def with_built_in(
    prices: Mapping[str | None, float], built_in: Mapping[str | None, float]
) -> Mapping[str | None, float]:
    """Return the prices by Region; a price given for all Regions replaces the built-in ones."""
    return prices if None in prices else {**built_in, **prices}


def unused_sizes(options: Iterable[str], used: set[str | None]) -> Iterator[str]:
    """Yield a line for each snapshot whose given size has no effect."""
    for option in options:
        if (snapshot := option.partition("=")[0]) not in used:
            yield f"--snapshot {snapshot}: no rated volume is made from it"
