"""What a plan says in every format: numbers with their bounds, notes, assumptions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ...core import limits
from ...core.cloudformation.plan import AccountPlan, Bound, PlannedDevice
from ...core.estimate import duration
from ..terminal_text import counted
from .report import PlanReport

ASCII: Final[Mapping[Bound, str]] = {"": "", "at most": "<= ", "at least": ">= "}
SIGNS: Final[Mapping[Bound, str]] = {"": "", "at most": "≤ ", "at least": "≥ "}

_MOST_NAMES: Final = 5


def where(account: AccountPlan) -> str:
    return f"Account {account.account or 'unknown'}, Region {account.region or 'unknown'}"


def at_most(bounded: bool) -> Bound:
    return "at most" if bounded else ""


def gibibytes(gib: float) -> str:
    """Show a size: ``1,536 GiB``, ``8.5 GiB``, ``512 MiB``."""
    size, unit = (gib * 1024, "MiB") if 0 < gib < 1 else (gib, "GiB")
    return f"{round(size, 1):,g} {unit}" if size < 1e5 else f"{size:,.0f} {unit}"


def dollars(usd: float, bound: Bound = "", signs: Mapping[Bound, str] = ASCII) -> str:
    return "< 0.01" if 0 < usd < 0.005 and bound != "at least" else f"{signs[bound]}{usd:,.2f}"


def band(fastest: float, slowest: float) -> str:
    """Show the times of the 10 % band, rounded outwards: ``53-65 min``."""
    seconds, name, decimals = 3600, "h", 1
    if slowest < 120:
        seconds, name, decimals = 1, "s", 0
    elif slowest < 7200:
        seconds, name, decimals = 60, "min", 0
    step = 0.1 if decimals else 1.0
    low, high = math.floor(fastest / seconds / step) * step, math.ceil(slowest / seconds / step) * step
    return f"{low:.{decimals}f}-{high:.{decimals}f} {name}"


def times(device: PlannedDevice) -> str:
    """Say how long a device takes."""
    estimate = device.estimate
    if estimate is None:
        return "time unknown"
    shown = band(estimate.fastest_seconds, estimate.slowest_seconds)
    return f"{SIGNS[at_most(device.bounded)]}{duration(estimate.seconds)} ({shown})"


def volumes(device: PlannedDevice) -> str:
    return f"{device.volumes:,}" + ("" if device.exact else "+")


def peak(account: AccountPlan) -> str:
    share = account.peak / account.quota
    bound = f"{account.peak_bound} " if account.peak_bound else ""
    shown = f"{share:.0%}".replace("%", " %") if share >= 0.01 or not share else "under 1 %"
    verdict = ", OVER THE QUOTA" if account.over_quota else f" ({shown})"
    return f"{bound}{account.peak:,} of {account.quota:,} MiB/s{verdict}"


def price_source(report: PlanReport, account: AccountPlan) -> str:
    """Say where a price is from, or why there is none."""
    price = account.usd_per_gib_and_mibps
    if price is not None:
        given = {None, account.region} & report.priced_regions
        source = "as given" if given else "us-east-1's, from one public source of 2025, which AWS has not confirmed"
        return f"{price * limits.RATE_MAX:.6g} USD per GiB at 300 MiB/s and in proportion below: {source}"
    if account.region is None:
        return "unknown, as is the Region; give --region or --price"
    return f"unknown: no price of {account.region} is built in; give --price {account.region}=USD"


def ready(account: AccountPlan) -> str:
    """Say when all volumes of known time are initialized."""
    if account.seconds is None:
        return "unknown"
    seconds, fastest, slowest = account.seconds
    return f"after {ASCII[at_most(account.time_bounded)]}{duration(seconds)} ({band(fastest, slowest)})"


def cost(account: AccountPlan) -> str:
    if account.cost_usd is None:
        return "unknown"
    return f"{dollars(account.cost_usd, account.cost_bound)} USD"


def instead(account: AccountPlan) -> str:
    """Say what fast snapshot restore would cost."""
    fsr = account.fast_snapshot_restore
    pairs = f"{counted(fsr.pairs, 'snapshot')} and zone" + ("s" if fsr.pairs != 1 else "")
    bound = f" {account.fsr_bound}" if account.fsr_bound else ""
    if fsr.usd is None or fsr.usd_per_hour is None:
        hours = f"{fsr.hours:,.4g} hour" + ("s" if fsr.hours != 1 else "")
        return f"{hours}{bound} for {pairs}; their price here is unknown: give --fsr-price"
    return f"{dollars(fsr.usd)} USD{bound} for {pairs}, {dollars(fsr.usd_per_hour)} USD for each hour it is on"


def notes(report: PlanReport) -> Iterator[str]:
    """Yield what a reader must know besides the numbers."""
    yield from _about_resources(report)
    devices = [device for account in report.plan.accounts for device in account.devices]
    yield from _about_devices(report, devices)
    yield from _about_sizes(report, [device for device in devices if device.volumes])


def _about_resources(report: PlanReport) -> Iterator[str]:
    plan = report.plan
    if plan.refused:
        names = _some(report.name(place) for place in plan.refused)
        yield f"EC2 or CloudFormation refuses these, and they are not planned; constructs-ebs check says why: {names}."
    if plan.sharing:
        names = _some(report.name(place) for place in plan.sharing)
        yield f"Several launch templates share the capacity; planned with the one that has the highest rates: {names}."
    if plan.versions:
        names = _some(report.name(place) for place in plan.versions)
        yield f"Only the deployment knows the devices of these and what launches them; not planned: {names}."


def _about_devices(report: PlanReport, devices: list[PlannedDevice]) -> Iterator[str]:
    if idle := [device for device in devices if not device.volumes]:
        yield f"Nothing here launches volumes of: {_some(map(report.title, idle))}."
    if least := [device for device in devices if not device.exact]:
        yield f"Only the deployment knows how many there will be; lower bounds: {_some(map(report.title, least))}."
    if conditional := [device for device in devices if device.volumes and device.conditional]:
        names = _some(map(report.title, conditional))
        yield f"There only if a condition holds, and counted as if it held: {names}."
    if tokens := [device for device in devices if device.rate is None]:
        yield f"Only the deployment knows the rate, which is not counted, of: {_some(map(report.title, tokens))}."


def _about_sizes(report: PlanReport, launched: list[PlannedDevice]) -> Iterator[str]:
    if any(device.bounded for device in launched):
        yield (
            "Upper bounds, marked as such, take the volume's size for the snapshot's data: it cannot hold more, unless "
            "the snapshot is larger than the Size of an AWS::EC2::Volume, which EC2 then raises."
        )
    blind = [device for device in launched if device.data is None or device.bounded]
    if ids := sorted({device.snapshot_id for device in blind if device.snapshot_id}):
        describe = "" if report.described else ", or let --describe ask for them"
        yield f"Give these sizes by --snapshot ID=SIZE{describe}: {_some(ids)}."
    if unknown := [device for device in launched if device.data is None and not device.snapshot_id]:
        yield f"Only the deployment or the AMI knows the snapshot of: {_some(map(report.title, unknown))}."


def assumptions(report: PlanReport) -> Iterator[str]:
    """Yield what the numbers rest on."""
    if not report.plan.accounts:
        return
    yield "All volumes are created at the same moment, as many as groups and fleets may have."
    yield (
        "Time is snapshot data divided by rate; EC2 delivers within 10 % of the rate, 99 % of the time. All rates at "
        "once in an account and Region count against the quota: beyond it, requests fail."
    )
    for account in report.plan.accounts:
        yield f"Price in {account.region or 'the unknown Region'}: {price_source(report, account)}."
    yield (
        "Fast snapshot restore is billed for each snapshot and Availability Zone, an hour at least: "
        f"{limits.FSR_USD_PER_HOUR} USD an hour in us-east-1, by AWS's pricing whitepaper, unless given. Enabling "
        "takes 60 minutes per TiB, and is counted as the time that it is on at least, an hour where the data is not "
        "known; then it serves 10 volumes an hour at most. A zone that the template does not name counts once."
    )


def _some(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - _MOST_NAMES:,} more" if len(unique) > _MOST_NAMES else ""
    return ", ".join(unique[:_MOST_NAMES]) + more
