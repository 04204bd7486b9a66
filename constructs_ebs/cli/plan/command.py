"""``constructs-ebs plan``: what it takes, and where it writes."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ...core import limits
from ...core.cloudformation.documents import UnusableError
from ...core.cloudformation.plan import FSR_USD_PER_HOUR, USD_PER_GIB_AND_MIBPS, Plan, SnapshotData, make_plan
from ...core.cloudformation.references import AppTemplate
from ..main import CLEAN, FINDINGS, UNUSABLE, Input, counted, printable, wrong_options
from .report import Report, text, to_json

UNITS: Final = {"MiB": 1 / 1024, "GiB": 1, "TiB": 1024}
SUFFIXES: Final = {".txt": "text", ".json": "json", ".svg": "svg", ".html": "html", ".htm": "html"}

_SIZE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([A-Za-z]*)", re.ASCII)


def plan(arguments: argparse.Namespace) -> int:
    """Plan the templates, and print or write the plan in the format asked for."""
    try:
        write = FORMATS[_format(arguments)]()
        for problem in wrong_options(arguments.quota):
            raise UnusableError(problem)
        sizes = dict(_sizes(arguments.snapshot))
        given = _prices("--price", arguments.price)
        prices = _of_regions(USD_PER_GIB_AND_MIBPS, {region: usd / limits.RATE_MAX for region, usd in given.items()})
        fsr_prices = _of_regions(FSR_USD_PER_HOUR, _prices("--fsr-price", arguments.fsr_price))
        source = Input("planned")
        app = [template for name in arguments.paths for template in _read(source, name, arguments.region)]

        def planned(**known: Any) -> Plan:
            return make_plan(app, quota=arguments.quota, prices=prices, fsr_prices=fsr_prices, **known)

        made = planned(sizes=sizes)
        missing: list[str] = []
        if arguments.describe:
            from .describe import describe

            known, missing = describe(made, sizes, arguments.region)
            made = planned(**known)
    except UnusableError as problem:
        print(printable(f"constructs-ebs plan: {problem}"), file=sys.stderr)
        return UNUSABLE
    subject = f"{', '.join(arguments.paths)}: {counted(source.templates, 'template')}"
    shown = write(Report(made, app, printable(subject), frozenset(given), source.unusable, arguments.describe))
    for line in [*missing, *_unused(made, arguments.snapshot)]:
        print(printable(line), file=sys.stderr)
    if arguments.output is None:
        print(shown)
    else:
        try:
            arguments.output.write_text(f"{shown}\n", encoding="utf-8")
        except OSError as error:
            print(printable(f"{arguments.output}: cannot be written: {error.strerror}"), file=sys.stderr)
            return UNUSABLE
    if source.unusable or missing:
        return UNUSABLE
    return FINDINGS if made.refused or any(account.over_quota for account in made.accounts) else CLEAN


def _format(arguments: argparse.Namespace) -> str:
    suffix = arguments.output.suffix.lower() if arguments.output else ".txt"
    found = arguments.format or SUFFIXES.get(suffix)
    if found is None:
        raise UnusableError(
            f"{arguments.output}: no format has the suffix {suffix!r}; give --format {'|'.join(FORMATS)}"
        )
    if found not in FORMATS:
        raise UnusableError(f"--format must be {', '.join(FORMATS)}, got {found!r}")
    return str(found)


def _read(source: Input, name: str, region: str | None) -> Iterator[AppTemplate]:
    for file, document in source.read(Path(name)):
        if isinstance(document.data.get("Resources"), Mapping):  # else a transform makes all of them
            account, where = (one and printable(one) for one in (file.account, file.region or region))
            yield AppTemplate(str(file.path), document.data, account, where, file.nested_as)


def _sizes(given: Iterable[str]) -> Iterator[tuple[str, SnapshotData]]:
    """Read ``snap-0123456789abcdef0=500GiB``."""
    for one in given:
        snapshot, equals, size = one.partition("=")
        if not equals or not re.fullmatch(limits.SNAPSHOT_ID, snapshot):
            raise UnusableError(f"--snapshot must be like snap-0123456789abcdef0=500GiB, got {one!r}")
        matched = _SIZE.fullmatch(size.strip())
        number, unit = matched.groups() if matched else ("", "")
        if not matched or unit not in UNITS:
            units = ", ".join(UNITS)
            hint = f"; say {number}{unit.upper()[0]}iB?" if unit.upper() in ("MB", "GB", "TB", "M", "G", "T") else ""
            hint = hint or (f"; say {number}GiB?" if matched and not unit else "")
            raise UnusableError(f"--snapshot {snapshot}: a size is a number with {units}, got {size!r}{hint}")
        gib = float(number) * UNITS[unit]
        if not 0 < gib <= limits.LARGEST_VOLUME:
            raise UnusableError(f"--snapshot {snapshot}: a size is above 0 and at most 64TiB, got {size!r}")
        yield snapshot, SnapshotData(gib, "given")


def _prices(option: str, given: Iterable[str]) -> dict[str | None, float]:
    """Read ``0.0036`` and ``eu-west-1=0.0040``."""
    prices: dict[str | None, float] = {}
    for one in given:
        region, _, number = one.rpartition("=")
        try:
            price = float(number)
        except ValueError:
            price = math.nan
        if not 0 <= price < 1e6 or (region and not re.fullmatch(r"[a-z]{2,}(-[a-z0-9]+)+", region)):
            raise UnusableError(f"{option} must be USD from 0 up, or like eu-west-1=0.004, got {one!r}")
        prices[region or None] = price
    return prices


def _of_regions(built_in: Mapping[str | None, float], given: dict[str | None, float]) -> Mapping[str | None, float]:
    """Return the prices by Region; one that was given for all leaves no other."""
    return given if None in given else {**built_in, **given}


def _unused(made: Plan, given: Iterable[str]) -> Iterator[str]:
    used = {device.snapshot_id for account in made.accounts for device in account.devices}
    for one in given:
        if (snapshot := one.partition("=")[0]) not in used:
            yield f"--snapshot {snapshot}: no rated volume is made from it"


def _svg() -> Callable[[Report], str]:
    from .svg import svg

    return svg


def _html() -> Callable[[Report], str]:
    from .html import html

    return html


FORMATS: Final[Mapping[str, Callable[[], Callable[[Report], str]]]] = {
    "text": lambda: text,
    "json": lambda: to_json,
    "svg": _svg,
    "html": _html,
}
"""Each loads what it needs."""
