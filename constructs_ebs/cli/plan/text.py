"""The plan as a text: a table of devices for each account and Region, sums, notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from ...core.cloudformation.plan import AccountPlan, PlannedDevice
from ...core.estimate import duration
from ..terminal_text import counted
from . import wording
from .report import PlanReport

_MOMENTS: Final = 12
"""Lines; the JSON has all."""


def render(report: PlanReport) -> str:
    lines = [f"Initialization plan of {report.subject}", ""]
    for account in report.plan.accounts:
        lines += [wording.where(account), "", *_table(report, account), ""]
        lines += [f"{label:<13}{shown}" for label, shown in _summary(report, account)] + [""]
    if not report.plan.accounts:
        lines += ["No volumes with a volume initialization rate to plan.", ""]
    lines += [_wrapped(f"Note: {note}") for note in wording.notes(report)]
    lines += [_wrapped(f"Assumed: {assumption}") for assumption in wording.assumptions(report)]
    return "\n".join(lines).rstrip()


def _table(report: PlanReport, account: AccountPlan) -> Iterator[str]:
    rows = [("VOLUMES", "MiB/s", "DATA", "TIME", "10 % BAND", "USD", "DEVICE")]
    rows += [_row(report, device) for device in account.devices]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join([*(cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1]])


def _row(report: PlanReport, device: PlannedDevice) -> tuple[str, str, str, str, str, str, str]:
    estimate, bound = device.estimate, wording.ASCII[wording.at_most(device.bounded)]
    return (
        wording.volumes(device),
        f"{device.rate:,}" if device.rate else "unknown",
        f"{bound}{wording.gibibytes(device.data.gib)}" if device.data else "unknown",
        f"{bound}{duration(estimate.seconds)}" if estimate else "unknown",
        wording.band(estimate.fastest_seconds, estimate.slowest_seconds) if estimate else "",
        wording.dollars(device.cost_usd, device.cost_bound) if device.cost_usd is not None else "unknown",
        report.title(device),
    )


def _summary(report: PlanReport, account: AccountPlan) -> Iterator[tuple[str, str]]:
    yield "At once", wording.peak(account)
    yield from (("", line) for line in _moments(account))
    apart = f"; {counted(account.unknown, 'device')} of unknown {{}} apart" if account.unknown else ""
    yield "Initialized", wording.ready(account) + (apart.format("time") if account.seconds else "")
    if account.usd_per_gib_and_mibps is None:
        yield "Cost", wording.price_source(report, account)
    else:
        yield "Cost", wording.cost(account) + (apart.format("cost") if account.cost_usd is not None else "")
    yield "FSR instead", wording.instead(account)


def _moments(account: AccountPlan) -> Iterator[str]:
    rows = [
        (f"from {duration(moment.from_seconds)}", f"{moment.rate:,} MiB/s", counted(moment.volumes, "volume"))
        for moment in account.moments
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    shown = rows if len(rows) <= _MOMENTS else rows[: _MOMENTS - 1]
    for since, rate, count in shown:
        yield f"{since:<{widths[0]}}  {rate:>{widths[1]}}  {count:>{widths[2]}}"
    if len(shown) < len(rows):
        yield f"and {len(rows) - len(shown):,} more; --format json has all"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
