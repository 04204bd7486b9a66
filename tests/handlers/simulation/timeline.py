"""Simulated time: processes that sleep, signals that wake them, and everything that is due when time advances."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator
from typing import Any

Process = Generator[Any, Any, Any]


class Signal:
    """Something that happens once, with a value; processes wait for it by yielding it."""

    def __init__(self) -> None:
        self.fired = False
        self.value: Any = None
        self.waiting: list[Callable[[], None]] = []

    def fire(self, value: Any = None) -> None:
        """Happen, unless it has already happened."""
        if not self.fired:
            self.fired, self.value = True, value
            for wake in self.waiting:
                wake()


class Timeline:
    """The clock, and what is due at which time.

    A process is a generator. It yields seconds to sleep, a signal to wait for, or ``(signal, seconds)`` to wait at
    most so long; it is sent the signal's value, or None.
    """

    def __init__(self, start: float) -> None:
        self.start = self.now = start
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    @property
    def elapsed(self) -> float:
        """Seconds since the schedule began."""
        return self.now - self.start

    def at(self, time: float, action: Callable[[], None]) -> None:
        """Do something at a time."""
        heapq.heappush(self._due, (max(time, self.now), next(self._numbers), action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later."""
        self.at(self.now + seconds, action)

    def spawn(self, process: Process) -> Signal:
        """Start a process; the signal that is returned fires with what it returns."""
        done = Signal()
        self.at(self.now, lambda: self._step(process, done, None))
        return done

    def advance(self, seconds: float) -> None:
        """Let time pass, from within a process too: whatever is due meanwhile happens."""
        target = self.now + seconds
        while self._due and self._due[0][0] <= target:
            self._next()
        self.now = max(self.now, target)

    def run(self, until: Signal | None = None) -> None:
        """Let time pass until something happens, or until nothing is due."""
        while self._due and not (until and until.fired):
            self._next()

    def _next(self) -> None:
        time, _, action = heapq.heappop(self._due)
        self.now = max(self.now, time)
        action()

    def _step(self, process: Process, done: Signal, value: Any) -> None:
        try:
            wanted = process.send(value)
        except StopIteration as stop:
            done.fire(stop.value)
            return
        signal, seconds = wanted if isinstance(wanted, tuple) else (wanted, None)
        if not isinstance(signal, Signal):
            signal, seconds = None, signal
        woken = []

        def wake() -> None:
            if not woken:
                woken.append(True)
                self.at(self.now, lambda: self._step(process, done, signal.value if signal else None))

        if signal:
            if signal.fired:
                wake()
            else:
                signal.waiting.append(wake)
        if seconds is not None:
            self.after(seconds, wake)
