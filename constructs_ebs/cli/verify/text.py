"""The comparisons of rates as lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..terminal_text import printable
from .comparison import DIFFERENT, SAME, SILENT, UNKNOWN, Comparison

_ORDER = (DIFFERENT, UNKNOWN, SAME)


def render(comparisons: Iterable[Comparison]) -> Iterator[str]:
    """Yield a line for each comparison, one for those that differ in nothing but the id, and their numbers."""
    comparisons = list(comparisons)
    ids: dict[Comparison, list[str]] = defaultdict(list)
    for comparison in comparisons:
        if comparison.asked is not None or comparison.reported is not None or comparison.result == UNKNOWN:
            ids[replace(comparison, id="")].append(comparison.id)
    for comparison in sorted(ids, key=_sort_key):
        yield printable(_line(comparison, ids[comparison]))
    same, different, unknown = (_count(ids, result) for result in (SAME, DIFFERENT, UNKNOWN))
    yield f"{same:,} as asked, {different:,} different, {unknown:,} unknown"
    if comparisons:
        yield f"No rates are reported by {', '.join(SILENT)}, nor by CloudFormation itself."


def _sort_key(comparison: Comparison) -> tuple[Any, ...]:
    rates = str(comparison.asked), str(comparison.reported)
    return _ORDER.index(comparison.result), comparison.resource, comparison.device, comparison.action, rates


def _count(ids: dict[Comparison, list[str]], result: str) -> int:
    return sum(len(ids[comparison]) for comparison in ids if comparison.result == result)


def _line(comparison: Comparison, ids: list[str]) -> str:
    resource = " ".join(filter(None, (str(comparison.resource), comparison.device)))
    reports = ""
    if comparison.result != UNKNOWN or comparison.reported:
        of = ids[0] + (f" and {len(ids) - 1:,} more" if len(ids) > 1 else "")
        reports = f", {comparison.action} reports {_rate(comparison.reported)} for {of}"
    asked = _rate(comparison.asked, "unknown" if comparison.result == UNKNOWN else "none")
    note = f" ({comparison.note})" if comparison.note else ""
    return f"{comparison.result}: {resource}: asked {asked}{reports}{note}"


def _rate(rate: int | None, none: str = "none") -> str:
    return none if rate is None else f"{rate} MiB/s"
