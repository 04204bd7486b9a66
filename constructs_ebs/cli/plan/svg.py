"""The plan as a picture: bars over time, and the sum of their rates against the quota, in SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from ...core.cloudformation.plan import AccountPlan, Bound, PlannedDevice
from ...core.estimate import duration
from ..terminal_text import counted
from . import wording
from .report import PlanReport
from .svg_shapes import coordinate, fitting, line, rectangle, text, text_width

WIDTH: Final = 1000
_MARGIN: Final = 28
_PLOT: Final = 330, 830
"""Where the time axis begins and ends; labels are on its left, the times of bars may end on its right."""
_ROW: Final = 38
_BAR: Final = 14
_CHART: Final = 130
_ROWS: Final = 40
"""The bars of an account and Region; the shortest times beyond them are drawn as one."""

_TICKS: Final = (
    1,
    2,
    5,
    10,
    15,
    30,
    *(60 * n for n in (1, 2, 5, 10, 15, 30)),
    *(3600 * n for n in (1, 2, 3, 6, 12, 24, 48)),
)

# Text has a contrast of 4.5 and more against its ground, what carries meaning without text 3 and more.
COLORS: Final = {
    # class: (property, light, dark)
    "ground": ("fill", "#ffffff", "#0d1117"),
    "tile": ("fill", "#f4f6f9", "#161c26"),
    "ink": ("fill", "#1a2230", "#e8edf4"),
    "soft": ("fill", "#566173", "#9aa6b8"),
    "alarm": ("fill", "#b3261e", "#ff8f86"),
    "sure": ("fill", "#2f6fde", "#5b94f5"),
    "band": ("fill", "#b9d0f7", "#27457c"),
    "over": ("fill", "#d6453d", "#e5635b"),
    "edge": ("stroke", "#2f6fde", "#5b94f5"),
    "mark": ("stroke", "#12305f", "#e3edff"),
    "grid": ("stroke", "#e3e7ed", "#232c3a"),
    "axis": ("stroke", "#848fa1", "#5d6980"),
    "limit": ("stroke", "#b3261e", "#ff8f86"),
}
_SHAPES: Final = """\
.ebs-plan text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px}
.ebs-plan .h1{font-size:21px;font-weight:650}.ebs-plan .h2{font-size:15px;font-weight:600}
.ebs-plan .figure{font-size:19px;font-weight:600}.ebs-plan .name{font-size:13px}.ebs-plan .small{font-size:11px}
.ebs-plan .end{text-anchor:end}.ebs-plan .middle{text-anchor:middle}
.ebs-plan .edge,.ebs-plan .mark,.ebs-plan .grid,.ebs-plan .axis,.ebs-plan .limit{fill:none}
.ebs-plan .edge{stroke-width:1}.ebs-plan .line{stroke-width:1.75;stroke-linejoin:round}.ebs-plan .mark{stroke-width:2}
.ebs-plan .grid,.ebs-plan .axis{stroke-width:1;shape-rendering:crispEdges}
.ebs-plan .limit{stroke-width:1.5;stroke-dasharray:6 4}.ebs-plan .dashed{stroke-dasharray:3 3}"""


def render(report: PlanReport) -> str:
    """Draw the timelines of all accounts and Regions, as an image that needs nothing else."""
    return in_ascii(draw(report, True))


def in_ascii(markup: str) -> str:
    """Write what is not ASCII as character references, so that any terminal and file can carry it."""
    return "".join(character if ord(character) < 128 else f"&#{ord(character)};" for character in markup)


def draw(report: PlanReport, heading: bool) -> str:
    accounts = report.plan.accounts
    ends = [account.seconds[2] for account in accounts if account.seconds]
    latest = max(1, *ends) if ends else None  # the time axis has a second at least
    drawn = [
        *([_heading(report)] if heading else []),
        *(_account(report, account, latest) for account in accounts),
        _legend(accounts) if accounts else _nothing(),
    ]
    body, top = [], 0.0
    for part in drawn:
        body.append(f'<g transform="translate(0 {coordinate(top)})">\n{part.content}\n</g>')
        top += part.height
    height = coordinate(top + (12 if heading else 0))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ebs-plan" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="ebs-plan-title ebs-plan-desc">',
            f'<title id="ebs-plan-title">{escape(f"Volume initialization plan of {report.subject}")}</title>',
            f'<desc id="ebs-plan-desc">{escape(" ".join(map(_described, accounts)) or "No rated volumes.")}</desc>',
            f"<style>{_style()}</style>",
            *([f'<rect class="ground" width="{WIDTH}" height="{height}" rx="12"/>'] if heading else []),
            *body,
            "</svg>",
        ]
    )


class _Part(NamedTuple):
    """Something drawn at the top left, and how high it is."""

    content: str
    height: float


def _style() -> str:
    def colors(index: int) -> str:
        return "".join(f".ebs-plan .{name}{{{color[0]}:{color[index]}}}" for name, color in COLORS.items())

    return f"\n{_SHAPES}\n{colors(1)}\n@media (prefers-color-scheme:dark){{{colors(2)}}}\n"


def _heading(report: PlanReport) -> _Part:
    return _Part(
        text(_MARGIN, 44, "Volume initialization plan", "h1 ink")
        + text(_MARGIN, 66, fitting(report.subject, WIDTH - 2 * _MARGIN, 12), "soft"),
        74,
    )


def _nothing() -> _Part:
    return _Part(text(_MARGIN, 30, "No volumes with a volume initialization rate to plan.", "name ink"), 52)


def _described(account: AccountPlan) -> str:
    return (
        f"{wording.where(account)}: {counted(len(account.launched), 'device')}, at once {wording.peak(account)}, "
        f"initialized {wording.ready(account)}, cost {wording.cost(account)}."
    )


def _account(report: PlanReport, account: AccountPlan, latest: float | None) -> _Part:
    begin, end = _PLOT

    def x(seconds: float) -> float:
        return begin + (end - begin) * seconds / (latest or 1)

    parts = [text(_MARGIN, 30, fitting(wording.where(account), WIDTH - 2 * _MARGIN, 15), "h2 ink")]
    parts.append(_tiles(account, 44))
    top = 44 + 62 + 22
    rows = [*_rows(report, account, x, top)]
    bottom = top + len(rows) * _ROW
    floor = bottom + 22 + _CHART
    if latest:
        step = next((tick for tick in _TICKS if latest / tick <= 6), _TICKS[-1])
        for seconds in range(0, int(latest) + 1, step):
            parts.append(line(x(seconds), top - 4, x(seconds), floor, "grid"))
            parts.append(text(x(seconds), floor + 17, duration(seconds) if seconds else "0", "small soft middle"))
    else:
        describe = "" if report.described else ", or --describe"
        parts.append(text(begin, floor + 17, f"no time is known: give --snapshot ID=SIZE{describe}", "small soft"))
    parts += rows
    parts.append(_rates(account, x, bottom + 22))
    return _Part("\n".join(parts), floor + 44)


def _tiles(account: AccountPlan, top: float) -> str:
    fsr = account.fast_snapshot_restore
    apart = f", {account.unknown:,} unknown" if account.unknown else ""
    priced = f"Cost{apart}" if account.usd_per_gib_and_mibps is not None else "Cost: no price known"
    tiles = (
        (f"Initialized after{apart}", time(account), ""),
        ("MiB/s at once", f"{wording.SIGNS[account.peak_bound]}{account.peak:,}", f"of {account.quota:,}"),
        (priced, *amount(account.cost_usd, account.cost_bound)),
        ("Fast snapshot restore instead", *amount(fsr.usd, account.fsr_bound)),
    )
    gap, parts = 12, []
    width = (WIDTH - 2 * _MARGIN - 3 * gap) / 4
    for index, (label, value, unit) in enumerate(tiles):
        left = _MARGIN + index * (width + gap)
        alarm = account.over_quota and label == "MiB/s at once"
        parts.append(
            f'<rect class="tile" x="{coordinate(left)}" y="{top}" width="{coordinate(width)}" height="62" rx="8"/>'
        )
        parts.append(text(left + 14, top + 22, label + (": over the quota" if alarm else ""), "soft"))
        kind = "alarm" if alarm else "ink"
        room = width - 28 - 5 - text_width(unit, 12)
        parts.append(
            f'<text x="{coordinate(left + 14)}" y="{top + 47}">'
            f'<tspan class="figure {kind}">{escape(fitting(value, room, 19))}</tspan>'
            f'<tspan class="soft" dx="5">{escape(unit)}</tspan></text>'
        )
    return "\n".join(parts)


def time(account: AccountPlan) -> str:
    return at_most(account.time_bounded) + duration(account.seconds[0]) if account.seconds else "unknown"


def amount(usd: float | None, bound: Bound) -> tuple[str, str]:
    """Return an amount and its unit."""
    return ("unknown", "") if usd is None else (wording.dollars(usd, bound, wording.SIGNS), "USD")


def _rows(report: PlanReport, account: AccountPlan, x: Callable[[float], float], top: float) -> Iterator[str]:
    devices = account.launched
    shown = devices if len(devices) <= _ROWS else devices[: _ROWS - 1]
    for device in shown:
        yield _row(report.title(device), _what(device), [device], x, top)
        top += _ROW
    if rest := devices[len(shown) :]:
        volumes = sum(device.volumes for device in rest)
        name = f"{counted(len(rest), 'more device')}, {counted(volumes, 'volume')}"
        yield _row(name, "the one that takes longest is drawn", rest, x, top)


def _what(device: PlannedDevice) -> str:
    count = "" if device.volumes == 1 and device.exact else f"{wording.volumes(device)} x "
    rate = f"{device.rate} MiB/s" if device.rate else "rate unknown"
    data = f"{at_most(device.bounded)}{wording.gibibytes(device.data.gib)}" if device.data else "data unknown"
    usd = (
        ""
        if device.cost_usd is None
        else f" · {wording.dollars(device.cost_usd, device.cost_bound, wording.SIGNS)} USD"
    )
    return f"{count}{rate} · {data}{usd}"


def _row(name: str, what: str, devices: Sequence[PlannedDevice], x: Callable[[float], float], top: float) -> str:
    """Draw a bar: sure until 10 % above the rate, a band until 10 % below, and a mark at the rate itself."""
    room = _PLOT[0] - _MARGIN - 20
    estimate, bounded = devices[0].estimate, devices[0].bounded
    middle, y = top + _ROW / 2 - 2, top + _ROW / 2 - 2 - _BAR / 2
    times = wording.times(devices[0])
    parts = [
        f"<g><title>{escape(f'{name}: {what}; {times}')}</title>",
        text(_MARGIN, middle - 2, fitting(name, room, 13), "name ink"),
        text(_MARGIN, middle + 13, fitting(what, room, 11), "small soft"),
    ]
    if estimate is None:
        begin, end = _PLOT
        parts.append(rectangle(begin, y, end - begin, _BAR, "axis dashed"))
        parts.append(text(begin + 8, middle + 4, "time unknown", "small soft"))
    else:
        zero, fastest, at, slowest = map(x, (0, estimate.fastest_seconds, estimate.seconds, estimate.slowest_seconds))
        parts.append(rectangle(zero, y, slowest - zero, _BAR, "band"))
        if not bounded:
            parts.append(rectangle(zero, y, fastest - zero, _BAR, "sure"))
        parts.append(rectangle(zero, y, slowest - zero, _BAR, "edge" + (" dashed" if bounded else "")))
        parts.append(line(at, y - 2, at, y + _BAR + 2, "mark"))
        parts.append(text(slowest + 10, middle + 4, f"{at_most(bounded)}{duration(estimate.seconds)}", "ink"))
    return "\n".join([*parts, "</g>"])


def _rates(account: AccountPlan, x: Callable[[float], float], top: float) -> str:
    """Draw the sum of the rates over time against the quota."""
    begin, end = _PLOT
    floor, highest = top + _CHART, max(account.peak, account.quota) * 1.08
    ticks = [*_round_ticks(highest)]

    def y(rate: float) -> float:
        return floor - rate / highest * _CHART

    def curve(devices: Sequence[PlannedDevice], time: str, base: int = 0, closed: bool = True) -> str:
        """Draw the sum of rates, as far as it is above a base; what is of unknown time does not end."""
        total = sum((device.rate or 0) * device.volumes for device in devices)
        ends = sorted(
            (x(getattr(device.estimate, time)), (device.rate or 0) * device.volumes)
            for device in devices
            if device.estimate
        )
        path = f"M{begin} {coordinate(y(base))}V{coordinate(y(max(total, base)))}"
        for at, rate in ends:
            total -= rate
            path += f"H{coordinate(at)}V{coordinate(y(max(total, base)))}"
        return path + (f"H{end}" if total > base else "") + (f"V{coordinate(y(base))}Z" if closed else "")

    devices = account.launched
    certain = [device for device in devices if device.estimate and not device.bounded]
    quota = y(account.quota)
    parts = [
        f"<g><title>{escape(f'Rates at once: {wording.peak(account)}')}</title>",
        text(_MARGIN, top + 14, "Rates at once", "name ink"),
        text(_MARGIN, top + 30, "sum in MiB/s, and the quota", "small soft"),
        *(line(begin, y(tick), end, y(tick), "grid") for tick in ticks if tick),
        *(text(begin - 8, y(tick) + 4, f"{tick:,}", "small soft end") for tick in ticks),
        f'<path class="band" d="{curve(devices, "slowest_seconds")}"/>',
        f'<path class="sure" d="{curve(certain, "fastest_seconds")}"/>',
    ]
    if account.over_quota:
        parts.append(f'<path class="over" d="{curve(devices, "seconds", account.quota)}"/>')
    parts += [
        f'<path class="edge line" d="{curve(devices, "seconds", closed=False)}"/>',
        line(begin, floor, end, floor, "axis"),
        line(begin, quota, end, quota, "limit"),
        text(end + 8, quota + 4, f"quota {account.quota:,}", "small alarm"),
        "</g>",
    ]
    return "\n".join(parts)


def _round_ticks(highest: float) -> Iterator[int]:
    step = 10 ** len(str(int(highest)))
    while highest / step < 3:
        step = step // 2 if str(step)[0] != "5" else step * 2 // 5
        if step <= 1:
            break
    yield from range(0, int(highest) + 1, max(step, 1))


def _legend(accounts: Sequence[AccountPlan]) -> _Part:
    left: float = _MARGIN
    parts = []
    devices = [device for account in accounts for device in account.launched]
    exact = any(device.estimate and not device.bounded for device in devices)
    bounded = any(device.estimate and device.bounded for device in devices)
    entries = (
        ("sure", "initializing", exact),
        ("band", "may be: EC2 keeps within 10 %", exact),
        ("band dashed", "may be: at most, by the volume's size", bounded),
        ("mark", "done at exactly the rate", any(device.estimate for device in devices)),
        ("axis dashed", "time unknown", any(not device.estimate for device in devices)),
    )
    for kind, label in [(kind, label) for kind, label, drawn in entries if drawn]:
        if kind == "mark":
            parts.append(line(left + 11, 6, left + 11, 22, kind))
        else:
            parts.append(rectangle(left, 8, 22, 12, kind + (" edge" if "band" in kind else "")))
        parts.append(text(left + 30, 18, label, "small soft"))
        left += 30 + text_width(label, 11) + 22
    return _Part("\n".join(parts), 34)


def at_most(bounded: bool) -> str:
    return wording.SIGNS[wording.at_most(bounded)]
