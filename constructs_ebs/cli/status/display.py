"""Where ``constructs-ebs status`` shows its reports: live in a terminal, line by line elsewhere, or as JSON."""

from __future__ import annotations

import errno
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, NoReturn

from rich.console import Console
from rich.live import Live

from ..terminal_text import printable
from . import json, text, wording
from .screen import screen
from .tracker import StatusReport

_AROUND: Final = 9  # lines of a screen that are not volumes
_TICK: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Display:
    """How to show a report."""

    show: Callable[[StatusReport, float | None], None]
    """Shows a report, and the seconds until the next look; None: this is the last look."""
    tick: float | None = None
    """How often to redraw it between looks, in seconds; None: never."""


@contextmanager
def display(arguments: Namespace) -> Iterator[Display]:
    """Yield the display that fits the arguments and the terminal."""
    console = Console(highlight=False)
    if arguments.json:
        indent = None if arguments.watch else 2
        yield Display(show=lambda report, _: _print(json.render(report, indent)))
    elif not console.is_terminal or console.is_dumb_terminal:
        yield _lines(arguments)
    elif not arguments.watch:
        yield Display(show=lambda report, _: console.print(screen(report, arguments.slowest, console.width)))
    elif not sys.stdout.isatty():  # FORCE_COLOR makes a pipe look like a terminal, which cannot be redrawn
        yield _lines(arguments)
    else:
        with _ended_by_signals(), Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:

            def show(report: StatusReport, left: float | None) -> None:
                if not sys.stdout.isatty():  # it is closed, and rich writes no more
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                rows = min(arguments.slowest, max(console.height - _AROUND, 1))
                live.update(screen(report, rows, console.width, left), refresh=True)

            yield Display(show=show, tick=_TICK)


def _print(line: str) -> None:
    print(line, flush=True)  # a reader of a pipe waits for it


def _lines(arguments: Namespace) -> Display:
    """Print a line for each volume, or while watching, one line for all of them."""

    def show(report: StatusReport, left: float | None) -> None:
        shown, lines = report, text.render(report, arguments.slowest)
        if left is not None:
            shown, lines = replace(report, unknown=[]), iter([printable(wording.summary(report))])
        for line in lines:
            _print(line)
        for note in wording.notes(shown):
            print(printable(note), file=sys.stderr, flush=True)

    return Display(show=show)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a display restore the cursor when the process is terminated or its terminal is closed."""

    def end(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    ends = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    former = {number: signal.getsignal(number) for number in ends}
    for number, handler in former.items():
        if handler is signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we then
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
