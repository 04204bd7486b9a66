"""``constructs-ebs status``: how far the volumes of stacks are with their initialization."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ...core.actions import RATE
from ...core.estimate import duration
from ..aws import ERRORS, Aws, AwsError, explain, passes
from ..stacks import Resource, instances_of, read_stacks, region_of

WARM, INITIALIZING, PENDING, FAILED, GONE = "warm", "initializing", "pending", "failed", "gone"
"""States of a volume. Pending: EC2 does not report its initialization, perhaps not yet."""

SLOWEST_FIRST: Final = (FAILED, GONE, PENDING, INITIALIZING, WARM)
TIMED_OUT: Final = 124  # as coreutils' timeout has it
MOST_FAILURES: Final = 10  # looks in a row that fail for a passing reason
LONGEST_DELAY: Final = 300  # seconds between looks while AWS throttles


class Volume(NamedTuple):
    """A volume of a stack, as EC2 described it last."""

    volume_id: str
    owner: Resource
    """The resource that it is, or that launched its instance."""
    state: str = PENDING
    progress: int | None = None
    """Percent."""
    seconds_left: int | None = None
    """None where EC2 does not say: it estimates for volumes with a rate only."""
    rate: int | None = None
    """MiB/s; None for the default rate."""
    kind: str | None = None
    """EC2's InitializationType."""
    size_gib: int | None = None
    snapshot_id: str | None = None
    instance_id: str | None = None
    device: str | None = None

    @property
    def fine(self) -> bool:
        """Whether nothing is to be waited for: an instance that is gone needs no warm volume."""
        return self.state == WARM or (self.state == GONE and self.owner.kind != "AWS::EC2::Volume")

    @property
    def waits(self) -> bool:
        return self.state in (INITIALIZING, PENDING)


class Report(NamedTuple):
    """All volumes, the slowest first."""

    volumes: list[Volume]
    unknown: list[Resource]
    """What launches instances that cannot be found."""
    error: str | None = None
    """Why AWS could not be asked again."""
    coming: Sequence[str] = ()
    """Stacks that launch instances, and have had no volumes yet."""

    @property
    def warm(self) -> bool:
        return all(one.fine for one in self.volumes) and not self.coming

    @property
    def waits(self) -> bool:
        return any(one.waits for one in self.volumes) or bool(self.coming)

    @property
    def counts(self) -> Mapping[str, int]:
        return Counter(one.state for one in self.volumes)

    @property
    def progress(self) -> float:
        """Percent of the volumes that are not gone; one of which nothing is known counts as 0."""
        there = [one for one in self.volumes if one.state != GONE]
        return sum(100 if one.state == WARM else one.progress or 0 for one in there) / max(len(there), 1)

    @property
    def seconds_left(self) -> int | None:
        """Until the last volume is warm, if EC2 estimates that of all."""
        left = [one.seconds_left for one in self.volumes if one.waits]
        return max((one for one in left if one), default=None) if all(left) and not self.coming else None


class Tracker:
    """Finds the volumes of stacks, and asks for those only that are not warm yet."""

    def __init__(self, aws: Aws, names: list[str]) -> None:
        self.aws, self.names = aws, names
        self.volumes: dict[str, Volume] = {}
        self.unknown: list[Resource] = []
        self.seen: set[str] = set()
        """Stacks that have had volumes."""
        self.empty: list[str] = []
        """Stacks that have none, and launch nothing that could have some."""
        self.coming: list[str] = []
        """Stacks whose first volumes are yet to come."""

    def find(self) -> bool:
        """Find the volumes that the stacks have now, in place of those known, and tell whether there are new ones."""
        stacks = read_stacks(self.aws, self.names)
        resources = [one for outer in stacks for stack in outer.all for one in stack.resources.values()]
        own = {one.physical_id: one for one in resources if one.kind == "AWS::EC2::Volume"}
        instances, self.unknown = instances_of(self.aws, stacks)
        launchers = {one.instance_id: one.owner for one in instances}
        described = {
            **{one["VolumeId"]: one for one in self.aws.volumes("attachment.instance-id", launchers)},
            **{one["VolumeId"]: one for one in self.aws.existing(self.aws.ec2.describe_volumes, "Volumes", own)},
        }
        found = {volume_id: Volume(volume_id, owner, GONE) for volume_id, owner in own.items()}
        with_volumes = {owner.stack for owner in own.values()}
        for volume_id, answer in described.items():
            attachments: list[dict[str, Any]] = answer.get("Attachments", [])
            ours = [one for one in attachments if one.get("InstanceId") in launchers]
            attached = next(iter(ours or attachments), {})
            if volume_id not in own and not ours:  # it was detached meanwhile
                continue
            owner = own.get(volume_id) or launchers[attached["InstanceId"]]
            known = self.volumes.get(volume_id) or Volume(volume_id, owner)
            found[volume_id] = _described(known, answer, attached)
            with_volumes |= {launchers[one["InstanceId"]].stack for one in ours}
        new = not found.keys() <= self.volumes.keys()
        self.volumes = found
        self.seen |= {one.name for one in stacks if not with_volumes.isdisjoint(stack.name for stack in one.all)}
        without = [one for one in stacks if one.name not in self.seen]
        self.empty, self.coming = ([one.name for one in without if one.launches == some] for some in (False, True))
        return new

    def look(self) -> None:
        """Ask how far those are that are not warm yet."""
        asked = [one.volume_id for one in self.volumes.values() if one.waits]
        call = self.aws.ec2.describe_volume_status
        answers = {one["VolumeId"]: one for one in self.aws.existing(call, "VolumeStatuses", asked)}
        for volume_id in asked:
            one, answer = self.volumes[volume_id], answers.get(volume_id)
            self.volumes[volume_id] = _reported(one, answer) if answer else one._replace(state=GONE)

    def report(self, error: str | None = None) -> Report:
        def slowness(one: Volume) -> tuple[Any, ...]:
            left = -(one.seconds_left or float("inf"))
            return SLOWEST_FIRST.index(one.state), left, one.progress or 0, one.owner, one.volume_id

        return Report(sorted(self.volumes.values(), key=slowness), self.unknown, error, self.coming)


def _described(known: Volume, answer: Mapping[str, Any], attached: Mapping[str, Any]) -> Volume:
    """Read DescribeVolumes; what a former look said of the initialization stays."""
    origin = answer.get("SnapshotId") or answer.get("SourceVolumeId")
    state = PENDING if known.state == GONE else known.state
    if answer.get("State") == "error":
        state = FAILED
    elif answer.get("State") in ("deleting", "deleted"):
        state = GONE
    elif not origin:  # an empty volume needs no initialization
        state = WARM
    return known._replace(
        state=state,
        rate=answer.get(RATE),
        size_gib=answer.get("Size"),
        snapshot_id=answer.get("SnapshotId") or None,
        instance_id=attached.get("InstanceId"),
        device=attached.get("Device"),
    )


def _reported(volume: Volume, answer: Mapping[str, Any]) -> Volume:
    """Read DescribeVolumeStatus: its state counts, not its estimate, which may be 0 before it is completed."""
    details = answer.get("VolumeStatus", {}).get("Details", ())
    said = next((one.get("Status") for one in details if one.get("Name") == "initialization-state"), None)
    state = {"completed": WARM, "initializing": INITIALIZING}.get(str(said), PENDING)
    how = answer.get("InitializationStatusDetails", {})
    left = how.get("EstimatedTimeToCompleteInSeconds") if state == INITIALIZING else None
    progress = 100 if state == WARM else how.get("Progress")
    return volume._replace(
        state=state, progress=progress, seconds_left=left or None, kind=how.get("InitializationType")
    )


Show = Callable[[Report, float | None], None]
"""Shows a report, and in how many seconds the next look is."""


def status(arguments: argparse.Namespace) -> int:
    """Show how far the volumes are, once or until all are warm."""
    from .screen import display

    tracker = Tracker(Aws(arguments.profile, arguments.region or region_of(arguments.stacks)), arguments.stacks)
    tracker.find()
    if empty := tracker.empty + ([] if arguments.watch else tracker.coming):
        raise AwsError(f"{', '.join(empty)}: no volumes there, neither own ones nor of instances that run")
    with display(arguments) as (show, tick):
        if arguments.watch:
            return watch(tracker, show, tick, arguments.interval, arguments.timeout)
        tracker.look()
        report = tracker.report()
        show(report, None)
        return 0 if report.warm else 1


def watch(tracker: Tracker, show: Show, tick: float | None, interval: float, timeout: float | None) -> int:
    """Look again and again until all are warm, or nothing more can be waited for."""
    started, failures = time.monotonic(), 0
    while True:
        error = None
        try:
            tracker.look()
            again = tracker.coming or not tracker.report().waits
            if again and tracker.find():  # an instance was launched or replaced, or a group has grown
                tracker.look()
            done, failures = not tracker.report().waits, 0
        except ERRORS as caught:
            failures += 1
            if not passes(caught) or failures == MOST_FAILURES:
                raise
            done, error = False, explain(caught)
        report = tracker.report(error)
        if done:
            show(report, None)
            return 0 if report.warm else 1
        delay = min(interval * 2**failures, max(interval, LONGEST_DELAY))
        if timeout is not None:
            left = started + timeout - time.monotonic()
            if left <= 0:
                show(report, None)
                return TIMED_OUT
            delay = min(delay, left)
        _wait(report, show, tick, delay)


def _wait(report: Report, show: Show, tick: float | None, delay: float) -> None:
    """Wait for the next look; a live display is drawn anew at each tick."""
    until = time.monotonic() + delay
    while (left := until - time.monotonic()) > 0:
        show(report, left)
        time.sleep(min(tick or left, left))


def summary(report: Report) -> str:
    """Return what there is to say in one line."""
    total, counts = len(report.volumes), report.counts
    words = {INITIALIZING: "initializing", PENDING: "not reported yet", FAILED: "failed", GONE: "gone"}
    others = [f"{counts[state]:,} {word}" for state, word in words.items() if counts.get(state)]
    others += [f"none yet of {', '.join(report.coming)}"] if report.coming else []
    warm = f"{counts.get(WARM, 0):,} of {total:,} volume{'' if total == 1 else 's'} warm"
    left = f"; about {duration(report.seconds_left)} left" if report.seconds_left else ""
    return ", ".join([warm, *others]) + left


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "warm": report.warm,
        "progress": round(report.progress, 1),
        "seconds_left": report.seconds_left,
        "counts": {state: report.counts.get(state, 0) for state in reversed(SLOWEST_FIRST)},
        "volumes": [
            {
                "volume_id": one.volume_id,
                "stack": one.owner.stack,
                "logical_id": one.owner.logical_id,
                "state": one.state,
                "progress": one.progress,
                "seconds_left": one.seconds_left,
                "volume_initialization_rate": one.rate,
                "initialization_type": one.kind,
                "size_gib": one.size_gib,
                "snapshot_id": one.snapshot_id,
                "instance_id": one.instance_id,
                "device": one.device,
            }
            for one in report.volumes
        ],
        "no_volumes_yet": list(report.coming),
        "not_looked_at": [str(one) for one in report.unknown],
        "error": report.error,
    }
