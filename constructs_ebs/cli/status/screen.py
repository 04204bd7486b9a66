"""The status of volumes on a terminal's screen, drawn by rich."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ..terminal_text import elided, printable
from . import wording
from .tracker import FAILED, GONE, INITIALIZING, PENDING, WARM, StatusReport, TrackedVolume

_STYLES: Final = {WARM: "green", INITIALIZING: "cyan", PENDING: "yellow", FAILED: "red", GONE: "red"}
_GAP: Final = 2  # columns of a screen between those of the list


def screen(report: StatusReport, rows: int, width: int, left: float | None = None) -> RenderableType:
    """Return the report for a terminal: the summary, and the slowest volumes."""
    summary = Text(printable(wording.summary(report)), style="bold")
    parts: list[RenderableType] = [summary, Padding(_bar(report.progress, None), 0)]
    waiting = [volume for volume in report.volumes if not volume.fine]
    shown = waiting[:rows]
    if shown:
        parts.append(_table(shown, width))
    if len(waiting) > len(shown):
        parts.append(Text(f"and {len(waiting) - len(shown):,} more that are not warm", style="dim"))
    parts += [Text(printable(note), style="yellow") for note in wording.notes(report)]
    if left is not None:
        parts.append(
            Text(f"Next look in {left:.0f} s; EC2 may be 5 minutes late. Ctrl-C ends only this watch.", style="dim")
        )
    return Group(*parts)


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column of the list of volumes."""

    name: str
    cell: Callable[[TrackedVolume], RenderableType]
    min_width: int = 0
    beside: int = 0
    """How much of the owner's column must remain beside this one; 0: this column is always shown."""


def _progress_bar(volume: TrackedVolume) -> RenderableType:
    return _bar(volume.progress, 12) if volume.progress is not None else Text("")


_OWNER: Final = _Column(name="made by", cell=lambda volume: Text(printable(str(volume.owner))))
_COLUMNS: Final = (
    _Column(name="volume", cell=lambda volume: Text(printable(volume.volume_id)), min_width=21),
    _Column(name="state", cell=lambda volume: Text(volume.state, style=_STYLES[volume.state]), min_width=12),
    _Column(name="", cell=_progress_bar, min_width=12, beside=24),
    _Column(name="done", cell=lambda volume: Text(wording.progress(volume)), min_width=5),
    _Column(name="time left", cell=lambda volume: Text(wording.time_left(volume)), min_width=11),
    _Column(name="rate", cell=lambda volume: Text(wording.rate(volume)), min_width=12, beside=20),
    _OWNER,
    _Column(name="attached", cell=lambda volume: Text(printable(wording.attached(volume))), beside=40),
)


def _table(volumes: Sequence[TrackedVolume], width: int) -> Table:
    """List volumes; the owner's column gets the width that the others leave."""
    cells = {column: [column.cell(volume) for volume in volumes] for column in _COLUMNS}
    columns, room = _fitting({column: _width(column, cells[column]) for column in _COLUMNS}, width)
    cells[_OWNER] = [Text(elided(printable(str(volume.owner)), room, cell_len)) for volume in volumes]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.name, no_wrap=True, overflow="ellipsis", min_width=column.min_width)
    for row in zip(*(cells[column] for column in columns), strict=True):
        table.add_row(*row)
    return table


def _fitting(widths: dict[_Column, int], width: int) -> tuple[list[_Column], int]:
    """Return the columns that fit into a terminal, and the width that they leave for the owner."""
    shown = {column for column in _COLUMNS if not column.beside}
    room = width - sum(widths[column] + _GAP for column in shown - {_OWNER})
    for column in sorted(set(_COLUMNS) - shown, key=lambda column: column.beside):
        if room - widths[column] - _GAP >= min(widths[_OWNER], column.beside):
            shown.add(column)
            room -= widths[column] + _GAP
    return [column for column in _COLUMNS if column in shown], room


def _width(column: _Column, cells: Sequence[RenderableType]) -> int:
    lengths = [cell.cell_len for cell in cells if isinstance(cell, Text)]
    return max(column.min_width, cell_len(column.name), *lengths)


def _bar(percent: float | None, width: int | None) -> ProgressBar:
    return ProgressBar(total=100, completed=percent or 0, width=width)
