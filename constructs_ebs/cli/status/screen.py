"""How ``constructs-ebs status`` shows a report: live in a terminal, line by line elsewhere, or as JSON."""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, NoReturn

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ...core.estimate import duration
from ..main import elided, printable
from .command import FAILED, GONE, INITIALIZING, PENDING, WARM, Report, Show, Volume, as_json, summary

_STYLES: Final = {WARM: "green", INITIALIZING: "cyan", PENDING: "yellow", FAILED: "red", GONE: "red"}
_AROUND: Final = 9  # lines of a screen that are not volumes
_TICK: Final = 1.0
_GAP: Final = 2  # columns of a screen between those of the list


@contextmanager
def display(arguments: argparse.Namespace) -> Iterator[tuple[Show, float | None]]:
    """Yield how to show a report, and how often to draw it anew while nothing happens."""
    console = Console(highlight=False)
    if arguments.json:
        yield (lambda report, _: _print(json.dumps(as_json(report), indent=None if arguments.watch else 2))), None
    elif not console.is_terminal or console.is_dumb_terminal:
        yield (lambda report, left: _print_lines(report, arguments, left)), None
    elif not arguments.watch:
        yield (lambda report, _: console.print(screen(report, arguments.slowest, console.width))), None
    elif not sys.stdout.isatty():  # FORCE_COLOR makes a pipe look like a terminal, and it is none to draw anew
        yield (lambda report, left: _print_lines(report, arguments, left)), None
    else:
        with _ended_by_signals(), Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:

            def show(report: Report, left: float | None) -> None:
                if not sys.stdout.isatty():  # it is closed, and rich writes no more
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                rows = min(arguments.slowest, max(console.height - _AROUND, 1))
                live.update(screen(report, rows, console.width, left), refresh=True)

            yield show, _TICK


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a display give the cursor back when the process is asked to end or its terminal is closed."""

    def end(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    ends = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    former = {one: signal.getsignal(one) for one in ends}
    for one, handler in former.items():
        if handler is signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we then
            signal.signal(one, end)
    try:
        yield
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


def _print(text: str) -> None:
    print(text, flush=True)  # a reader of a pipe waits for it


def _print_lines(report: Report, arguments: argparse.Namespace, left: float | None) -> None:
    """Print each volume, or while watching a line for all."""
    shown = [] if left is not None else report.volumes
    for one in shown[: arguments.slowest]:
        cells = (one.volume_id, one.state, _rate(one), str(one.owner), _attached(one), _progress(one), _left(one))
        _print(printable("  ".join(filter(None, cells))))
    if len(shown) > arguments.slowest:
        _print(f"and {len(shown) - arguments.slowest:,} more")
    _print(printable(summary(report)))
    for line in _notes(report if left is None else report._replace(unknown=[])):
        print(printable(line), file=sys.stderr, flush=True)


def _notes(report: Report) -> list[str]:
    names = ", ".join(map(str, report.unknown))
    unknown = f"not looked at, because their volumes cannot be found: {names}" if names else ""
    error = f"AWS could not be asked, which may pass: {report.error}" if report.error else ""
    return [line for line in (unknown, error) if line]


def _rate(one: Volume) -> str:
    return f"{one.rate} MiB/s" if one.rate else "default rate"


def _attached(one: Volume) -> str:
    return " ".join(filter(None, (one.device, one.instance_id)))


def _progress(one: Volume) -> str:
    return "" if one.progress is None or one.state == WARM else f"{one.progress} %"


def _left(one: Volume) -> str:
    return f"about {duration(one.seconds_left)} left" if one.seconds_left else ""


def screen(report: Report, rows: int, width: int, left: float | None = None) -> RenderableType:
    """Return all of it for a terminal: the sum, and the slowest volumes."""
    parts: list[Any] = [Text(printable(summary(report)), style="bold"), Padding(_bar(report.progress, None), 0)]
    waiting = [one for one in report.volumes if not one.fine]
    shown = waiting[:rows]
    if shown:
        parts.append(_table(shown, width))
    if len(waiting) > len(shown):
        parts.append(Text(f"and {len(waiting) - len(shown):,} more that are not warm", style="dim"))
    parts += [Text(printable(line), style="yellow") for line in _notes(report)]
    if left is not None:
        parts.append(
            Text(f"Next look in {left:.0f} s; EC2 may be 5 minutes late. Ctrl-C ends only this watch.", style="dim")
        )
    return Group(*parts)


class _Column(NamedTuple):
    """A column of the list of volumes."""

    name: str
    cell: Callable[[Volume], RenderableType]
    min_width: int = 0
    beside: int = 0
    """How much of an owner must stay to be read beside it; 0: the column is always there."""


_OWNER: Final = _Column("made by", lambda one: Text(printable(str(one.owner))))
_COLUMNS: Final = (
    _Column("volume", lambda one: Text(printable(one.volume_id)), 21),
    _Column("state", lambda one: Text(one.state, style=_STYLES[one.state]), 12),
    _Column("", lambda one: _bar(one.progress, 12) if one.progress is not None else Text(""), 12, beside=24),
    _Column("done", lambda one: Text(_progress(one)), 5),
    _Column("time left", lambda one: Text(duration(one.seconds_left) if one.seconds_left else ""), 11),
    _Column("rate", lambda one: Text(_rate(one)), 12, beside=20),
    _OWNER,
    _Column("attached", lambda one: Text(printable(_attached(one))), beside=40),
)


def _table(volumes: list[Volume], width: int) -> Table:
    """List volumes; who made them gets the room that the others leave."""
    cells = {column: [column.cell(one) for one in volumes] for column in _COLUMNS}
    columns, room = _fitting({column: _width(column, cells[column]) for column in _COLUMNS}, width)
    cells[_OWNER] = [Text(elided(printable(str(one.owner)), room, cell_len)) for one in volumes]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.name, no_wrap=True, overflow="ellipsis", min_width=column.min_width)
    for row in zip(*(cells[column] for column in columns), strict=True):
        table.add_row(*row)
    return table


def _fitting(widths: dict[_Column, int], width: int) -> tuple[list[_Column], int]:
    """Return the columns that a terminal has room for, and the room of an owner among them."""
    shown = {column for column in _COLUMNS if not column.beside}
    room = width - sum(widths[column] + _GAP for column in shown - {_OWNER})
    for column in sorted(set(_COLUMNS) - shown, key=lambda one: one.beside):
        if room - widths[column] - _GAP >= min(widths[_OWNER], column.beside):
            shown.add(column)
            room -= widths[column] + _GAP
    return [column for column in _COLUMNS if column in shown], room


def _width(column: _Column, cells: list[RenderableType]) -> int:
    return max(column.min_width, cell_len(column.name), *(one.cell_len for one in cells if isinstance(one, Text)))


def _bar(percent: float | None, width: int | None) -> ProgressBar:
    return ProgressBar(total=100, completed=percent or 0, width=width)
