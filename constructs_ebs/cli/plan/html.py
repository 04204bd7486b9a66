"""The plan as a self-contained page in HTML: the picture, and all its numbers in tables."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from ...core.cloudformation.plan import AccountPlan, PlannedDevice
from ...core.estimate import duration
from . import wording
from .report import PlanReport
from .svg import amount, at_most, draw, in_ascii, time


def render(report: PlanReport) -> str:
    """Return a self-contained page: the picture, and all its numbers in tables."""
    accounts = report.plan.accounts
    page = _PAGE.format(
        subject=escape(report.subject),
        style=_PAGE_STYLE,
        picture=draw(report, False),
        tables="\n".join(_tables(report, account) for account in accounts),
        notes=_list("Notes", wording.notes(report)),
        assumptions=_list("Assumptions", wording.assumptions(report)),
    ).rstrip()
    return in_ascii(page)


_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Volume initialization plan of {subject}</title>
<style>
{style}
</style>
</head>
<body>
<main>
<h1>Volume initialization plan</h1>
<p class="subject">{subject}</p>
<figure>
{picture}
</figure>
{tables}
{notes}
{assumptions}
<footer>Made by <code>constructs-ebs plan</code>.</footer>
</main>
</body>
</html>
"""

_PAGE_STYLE: Final = """\
:root{color-scheme:light dark;--ground:#fff;--ink:#1a2230;--soft:#566173;--rule:#dde2ea;--tile:#f4f6f9;--alarm:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e8edf4;--soft:#9aa6b8;--rule:#2a3444;--tile:#161c26;\
--alarm:#ff8f86}}
body{margin:0;background:var(--ground);color:var(--ink);
font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 16px}
h1{font-size:24px;line-height:1.2;margin:0 28px 4px}h2{font-size:16px;margin:32px 28px 8px}
.subject,footer{color:var(--soft);margin:0 28px;overflow-wrap:anywhere}
figure{margin:8px 0 0;overflow-x:auto}figure svg{display:block;width:100%;min-width:760px;height:auto}
.wide{overflow-x:auto;margin:0 28px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap;font-weight:400}
thead th{color:var(--soft);font-size:12px;vertical-align:bottom}
th:first-child{text-align:left;padding-left:0;white-space:normal;overflow-wrap:anywhere;min-width:180px}
td:last-child,th:last-child{padding-right:0}
tfoot td,tfoot th{border-bottom:0;font-weight:600}
.alarm{color:var(--alarm)}code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em}
details,ul{margin:12px 28px}ul{padding-left:18px}li{margin:4px 0;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--soft)}
footer{margin-top:32px;font-size:12px}
@media print{main{max-width:none;padding:0}figure,tr{break-inside:avoid}}"""


def _tables(report: PlanReport, account: AccountPlan) -> str:
    rows = "\n".join(_table_row(report, device) for device in account.devices)
    moments = "\n".join(
        f'<tr><th scope="row">{escape(duration(moment.from_seconds))}</th>'
        f"<td>{moment.rate:,}</td><td>{moment.volumes:,}</td></tr>"
        for moment in account.moments
    )
    alarm = ' class="alarm"' if account.over_quota else ""
    seconds = account.seconds
    total = sum(device.volumes for device in account.launched)
    return f"""\
<section>
<h2>{escape(wording.where(account))}</h2>
<div class="wide">
<table>
<thead><tr><th scope="col">Device</th><th scope="col">Volumes</th><th scope="col">MiB/s each</th>\
<th scope="col">Snapshot data</th><th scope="col">Time</th><th scope="col">10 % band</th>\
<th scope="col">Cost, USD</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><th scope="row">Together</th><td>{total:,}</td><td{alarm}>{account.peak:,} of {account.quota:,}</td>\
<td></td><td>{escape(time(account))}</td>\
<td>{wording.band(*seconds[1:]) if seconds else ""}</td>\
<td>{escape(amount(account.cost_usd, account.cost_bound)[0])}</td></tr></tfoot>
</table>
</div>
<p class="subject">With fast snapshot restore instead: {escape(wording.instead(account))}.</p>
<details><summary>Rates over time</summary>
<table>
<thead><tr><th scope="col">From</th><th scope="col">MiB/s at once</th><th scope="col">Volumes</th></tr></thead>
<tbody>
{moments}
</tbody>
</table>
</details>
</section>"""


def _table_row(report: PlanReport, device: PlannedDevice) -> str:
    estimate, bounded = device.estimate, at_most(device.bounded)
    cells = (
        wording.volumes(device),
        str(device.rate or "unknown"),
        f"{bounded}{wording.gibibytes(device.data.gib)}" if device.data else "unknown",
        f"{bounded}{duration(estimate.seconds)}" if estimate else "unknown",
        wording.band(estimate.fastest_seconds, estimate.slowest_seconds) if estimate else "",
        "unknown" if device.cost_usd is None else wording.dollars(device.cost_usd, device.cost_bound, wording.SIGNS),
    )
    shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(report.title(device))}</th>{shown}</tr>'


def _list(title: str, entries: Iterable[str]) -> str:
    shown = "\n".join(f"<li>{escape(entry)}</li>" for entry in entries)
    return f"<h2>{title}</h2>\n<ul>\n{shown}\n</ul>" if shown else ""
