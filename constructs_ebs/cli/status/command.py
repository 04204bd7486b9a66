"""``constructs-ebs status``: how far the volumes of stacks are with their initialization."""

from __future__ import annotations

import time
from argparse import Namespace
from typing import Final

from ..aws import ERRORS, Aws, AwsError, explain, passes
from ..exit_codes import CLEAN, FINDINGS, TIMED_OUT
from ..stacks import region_of
from .display import Display, display
from .tracker import StatusReport, Tracker

MOST_FAILURES: Final = 10  # looks in a row that fail for a passing reason
LONGEST_DELAY: Final = 300  # seconds between looks while AWS throttles


def run(arguments: Namespace) -> int:
    """Show how far the volumes are, once or until all are warm."""
    tracker = Tracker(Aws(arguments.profile, arguments.region or region_of(arguments.stacks)), arguments.stacks)
    tracker.find()
    if empty := tracker.empty + ([] if arguments.watch else tracker.coming):
        raise AwsError(f"{', '.join(empty)}: no volumes there, neither in the stack nor on running instances")
    with display(arguments) as shown:
        if arguments.watch:
            return _watch(tracker, shown, arguments.interval, arguments.timeout)
        tracker.look()
        return _end(tracker.report(), shown)


def _end(report: StatusReport, shown: Display) -> int:
    shown.show(report, None)
    return CLEAN if report.warm else FINDINGS


def _watch(tracker: Tracker, shown: Display, interval: float, timeout: float | None) -> int:
    """Look again and again until all are warm, or nothing more can be waited for."""
    started, failures = time.monotonic(), 0
    while True:
        error = None
        try:
            _look_again(tracker)
            done, failures = not tracker.report().waits, 0
        except ERRORS as caught:
            failures += 1
            if not passes(caught) or failures == MOST_FAILURES:
                raise
            done, error = False, explain(caught)
        report = tracker.report(error)
        if done:
            return _end(report, shown)
        delay = min(interval * 2**failures, max(interval, LONGEST_DELAY))
        if timeout is not None:
            left = started + timeout - time.monotonic()
            if left <= 0:
                shown.show(report, None)
                return TIMED_OUT
            delay = min(delay, left)
        _wait(report, shown, delay)


def _look_again(tracker: Tracker) -> None:
    """Look at the volumes; at those of new instances too, once the others are warm."""
    tracker.look()
    again = tracker.coming or not tracker.report().waits
    if again and tracker.find():  # an instance was launched or replaced, or a group has grown
        tracker.look()


def _wait(report: StatusReport, shown: Display, delay: float) -> None:
    """Wait for the next look; a live display is redrawn at each tick."""
    until = time.monotonic() + delay
    while (left := until - time.monotonic()) > 0:
        shown.show(report, left)
        time.sleep(min(shown.tick or left, left))
