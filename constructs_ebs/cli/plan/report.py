"""What a plan says to its readers, and the plan as a text and for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ...core import limits
from ...core.cloudformation.plan import AccountPlan, Bound, Plan, PlannedDevice
from ...core.cloudformation.references import AppTemplate, Place
from ...core.estimate import duration
from ..main import counted, metadata_of, printable

_MOMENTS: Final = 12  # Lines of a text; programs get all.


class Report(NamedTuple):
    """A plan, and what its readers are told beside it."""

    plan: Plan
    templates: Sequence[AppTemplate]
    subject: str
    """What was planned: the paths, and how many templates they are."""
    prices: frozenset[str | None]
    """The Regions whose price was given; None: all."""
    unusable: Sequence[Mapping[str, Any]]
    described: bool = False
    """Whether AWS was asked for the sizes of snapshots."""

    def name(self, place: Place) -> str:
        """What a reader calls a resource: its construct's path where CDK wrote it, else its logical id."""
        resource = self.templates[place.template].template["Resources"][place.logical_id]
        path = metadata_of(resource).get("aws:cdk:path")
        return printable(path.removesuffix("/Resource") if isinstance(path, str) and path else place.logical_id)

    def title(self, device: PlannedDevice) -> str:
        """What a reader calls a device."""
        return f"{self.name(device.place)} {printable(device.device)}" if device.device else self.name(device.place)


# What is said in every format


def where(account: AccountPlan) -> str:
    return f"Account {account.account or 'unknown'}, Region {account.region or 'unknown'}"


ASCII: Final[Mapping[Bound, str]] = {"": "", "at most": "<= ", "at least": ">= "}
SIGNS: Final[Mapping[Bound, str]] = {"": "", "at most": "≤ ", "at least": "≥ "}


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
    unit, name, step = (1, "s", 1.0) if slowest < 120 else (60, "min", 1.0) if slowest < 7200 else (3600, "h", 0.1)
    low, high = math.floor(fastest / unit / step) * step, math.ceil(slowest / unit / step) * step
    return f"{low:.{0 if step == 1 else 1}f}-{high:.{0 if step == 1 else 1}f} {name}"


def times(device: PlannedDevice) -> str:
    """Say how long a device takes."""
    if device.estimate is None:
        return "time unknown"
    estimate = device.estimate
    between = band(estimate.fastest_seconds, estimate.slowest_seconds)
    return f"{SIGNS[at_most(device.bounded)]}{duration(estimate.seconds)} ({between})"


def volumes(device: PlannedDevice) -> str:
    return f"{device.volumes:,}" + ("" if device.exact else "+")


def peak(account: AccountPlan) -> str:
    share = account.peak / account.quota
    bound = f"{account.peak_bound} " if account.peak_bound else ""
    shown = f"{share:.0%}".replace("%", " %") if share >= 0.01 or not share else "under 1 %"
    return f"{bound}{account.peak:,} of {account.quota:,} MiB/s" + (
        ", OVER THE QUOTA" if account.over_quota else f" ({shown})"
    )


def price_source(report: Report, account: AccountPlan) -> str:
    """Say where a price is from, or why there is none."""
    price = account.usd_per_gib_and_mibps
    if price is not None:
        given = {None, account.region} & report.prices
        source = "as given" if given else "us-east-1's by one public source of 2025, which AWS has not confirmed"
        return f"{price * limits.RATE_MAX:.6g} USD per GiB at 300 MiB/s and in proportion below: {source}"
    if account.region is None:
        return "unknown, as is the Region; give --region or --price"
    return f"unknown: no price of {account.region} is built in; give --price {account.region}=USD"


def ready(account: AccountPlan) -> str:
    """Say when all is initialized, as far as anybody knows."""
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


def notes(report: Report) -> Iterator[str]:
    """Yield what a reader must know beside the numbers."""
    made = report.plan
    if made.refused:
        names = _some(report.name(place) for place in made.refused)
        yield f"EC2 or CloudFormation refuses these, and they are not planned; constructs-ebs check says why: {names}."
    if made.sharing:
        names = _some(report.name(place) for place in made.sharing)
        yield f"Several launch templates share the capacity; planned with the one of the highest rates: {names}."
    if made.versions:
        names = _some(report.name(place) for place in made.versions)
        yield f"Which devices it has, and what launches it, only the deployment knows; not planned: {names}."
    every = [device for account in made.accounts for device in account.devices]
    launched = [device for device in every if device.volumes]
    if idle := [device for device in every if not device.volumes]:
        yield f"Nothing here launches volumes of: {_some(map(report.title, idle))}."
    if least := [device for device in every if not device.exact]:
        yield f"How many there will be, only the deployment knows; at least, of: {_some(map(report.title, least))}."
    if conditional := [device for device in launched if device.conditional]:
        names = _some(map(report.title, conditional))
        yield f"There only if a condition holds, and counted as if it did: {names}."
    if tokens := [device for device in every if device.rate is None]:
        yield f"The rate is known at deployment only, and not counted, of: {_some(map(report.title, tokens))}."
    if any(device.bounded for device in launched):
        yield (
            "Upper bounds, marked as such, take the volume's size for the snapshot's data: it cannot hold more, unless "
            "the snapshot is larger than the Size of an AWS::EC2::Volume, which EC2 then raises."
        )
    blind = [device for device in launched if device.data is None or device.bounded]
    if ids := sorted({device.snapshot_id for device in blind if device.snapshot_id}):
        describe = "" if report.described else ", or asked for by --describe"
        yield f"Sizes to be given by --snapshot ID=SIZE{describe}: {_some(ids)}."
    if unknown := [device for device in launched if device.data is None and not device.snapshot_id]:
        yield f"The snapshot is known to the deployment or the AMI only, of: {_some(map(report.title, unknown))}."


def assumptions(report: Report) -> Iterator[str]:
    """Yield what the numbers rest on."""
    if not report.plan.accounts:
        return
    yield "All volumes are created anew and at one moment, as many as groups and fleets may have at most."
    yield (
        "Time is snapshot data by rate; EC2 delivers within 10 % of the rate, 99 % of the time. Rates of one account "
        "and Region at once count against the quota: past it, requests fail."
    )
    for account in report.plan.accounts:
        yield f"Price in {account.region or 'the unknown Region'}: {price_source(report, account)}."
    yield (
        "Fast snapshot restore is billed for each snapshot and Availability Zone, an hour at least: "
        f"{limits.FSR_USD_PER_HOUR} USD an hour in us-east-1, by AWS's pricing whitepaper, unless given. Enabling "
        "takes 60 minutes per TiB, and is counted as the time that it is on at least, an hour where the data is not "
        "known; then it serves 10 volumes an hour at most. A zone that the template does not name counts once."
    )


def _some(names: Iterable[str], most: int = 5) -> str:
    every = list(dict.fromkeys(names))
    return ", ".join(every[:most]) + (f" and {len(every) - most:,} more" if len(every) > most else "")


# Text


def text(report: Report) -> str:
    lines = [f"Initialization plan of {report.subject}", ""]
    for account in report.plan.accounts:
        lines += [where(account), "", *_table(report, account), ""]
        lines += [f"{label:<13}{shown}" for label, shown in _summary(report, account)] + [""]
    if not report.plan.accounts:
        lines += ["No volumes with a volume initialization rate to plan.", ""]
    every = [("Note", note) for note in notes(report)] + [("Assumed", one) for one in assumptions(report)]
    lines += [_wrapped(f"{label}: {one}") for label, one in every]
    return "\n".join(lines).rstrip()


def _table(report: Report, account: AccountPlan) -> Iterator[str]:
    rows = [("VOLUMES", "MiB/s", "DATA", "TIME", "10 % BAND", "USD", "DEVICE")]
    for one in account.devices:
        estimate = one.estimate
        rows.append(
            (
                volumes(one),
                f"{one.rate:,}" if one.rate else "unknown",
                f"{ASCII[at_most(one.bounded)]}{gibibytes(one.data.gib)}" if one.data else "unknown",
                f"{ASCII[at_most(one.bounded)]}{duration(estimate.seconds)}" if estimate else "unknown",
                band(estimate.fastest_seconds, estimate.slowest_seconds) if estimate else "",
                dollars(one.cost_usd, one.cost_bound) if one.cost_usd is not None else "unknown",
                report.title(one),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join([*(cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1]])


def _summary(report: Report, account: AccountPlan) -> Iterator[tuple[str, str]]:
    yield "At once", peak(account)
    steps = [
        (f"from {duration(one.from_seconds)}", f"{one.rate:,} MiB/s", counted(one.volumes, "volume"))
        for one in account.moments
    ]
    widths = [max(map(len, column)) for column in zip(*steps, strict=True)] if steps else []
    shown = steps if len(steps) <= _MOMENTS else steps[: _MOMENTS - 1]
    for since, rate, count in shown:
        yield "", f"{since:<{widths[0]}}  {rate:>{widths[1]}}  {count:>{widths[2]}}"
    if len(shown) < len(steps):
        yield "", f"and {len(steps) - len(shown):,} times more; --format json has all"
    apart = f"; {counted(account.unknown, 'device')} of unknown {{}} apart" if account.unknown else ""
    yield "Initialized", ready(account) + (apart.format("time") if account.seconds else "")
    if account.usd_per_gib_and_mibps is None:
        yield "Cost", price_source(report, account)
    else:
        yield "Cost", cost(account) + (apart.format("cost") if account.cost_usd is not None else "")
    yield "FSR instead", instead(account)


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


# JSON


def to_json(report: Report) -> str:
    made = report.plan
    document = {
        "accounts": [_account(report, account) for account in made.accounts],
        "refused": [_place(report, place) for place in made.refused],
        "not_planned": [_place(report, place) for place in made.versions],
        "notes": list(notes(report)),
        "assumptions": list(assumptions(report)),
        "unusable": report.unusable,
        "templates": len(report.templates),
    }
    return json.dumps(document, indent=2)


def _account(report: Report, account: AccountPlan) -> dict[str, Any]:
    price, seconds = account.usd_per_gib_and_mibps, account.seconds or (None, None, None)
    return {
        "account": account.account,
        "region": account.region,
        "quota": account.quota,
        "peak_rate": account.peak,
        "peak_is_exact": account.peak_exact,
        "peak_is_upper_bound": account.peak_bound == "at most",
        "peak_is_lower_bound": account.peak_bound == "at least",
        "over_quota": account.over_quota,
        "seconds": seconds[0],
        "fastest_seconds": seconds[1],
        "slowest_seconds": seconds[2],
        "cost_usd": account.cost_usd,
        "time_is_upper_bound": account.seconds is not None and account.time_bounded,
        "cost_is_upper_bound": account.cost_usd is not None and account.cost_bound == "at most",
        "cost_is_lower_bound": account.cost_usd is not None and account.cost_bound == "at least",
        "devices_of_unknown_time": account.unknown,
        "usd_per_gib_at_300": None if price is None else round(price * limits.RATE_MAX, 9),
        "price_source": price_source(report, account),
        "moments": [one._asdict() for one in account.moments],
        "fast_snapshot_restore": account.fast_snapshot_restore._asdict(),
        "devices": [_device(report, device) for device in account.devices],
    }


def _device(report: Report, device: PlannedDevice) -> dict[str, Any]:
    estimate = device.estimate
    return {
        **_place(report, device.place),
        "launch_template": None if device.source == device.place else _place(report, device.source),
        "device": device.device,
        "volumes": device.volumes,
        "volumes_is_exact": device.exact,
        "rate": device.rate,
        "snapshot_id": device.snapshot_id,
        "image_id": device.image_id,
        "snapshot_data_gib": device.data and device.data.gib,
        "snapshot_data_source": device.data.source if device.data else "unknown",
        "is_upper_bound": device.bounded,
        "seconds": estimate and estimate.seconds,
        "fastest_seconds": estimate and estimate.fastest_seconds,
        "slowest_seconds": estimate and estimate.slowest_seconds,
        "cost_usd": device.cost_usd,
        "cost_is_upper_bound": device.cost_usd is not None and device.cost_bound == "at most",
        "cost_is_lower_bound": device.cost_usd is not None and device.cost_bound == "at least",
        "conditional": device.conditional,
        "availability_zones": len(device.zones) or None,
    }


def _place(report: Report, place: Place) -> dict[str, Any]:
    name = report.templates[place.template].name
    return {"file": name, "logical_id": place.logical_id, "name": report.name(place)}
