"""Tracks the volumes of stacks, and how far EC2 is with the initialization of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ...core.actions import RATE
from ..aws import Aws
from ..stacks import StackResource, find_instances, read_stacks

WARM, INITIALIZING, PENDING, FAILED, GONE = "warm", "initializing", "pending", "failed", "gone"
"""States of a volume. Pending: EC2 does not report its initialization, perhaps not yet."""

SLOWEST_FIRST: Final = (FAILED, GONE, PENDING, INITIALIZING, WARM)


@dataclass(frozen=True, kw_only=True)
class TrackedVolume:
    """A volume of a stack, as EC2 described it last."""

    volume_id: str
    owner: StackResource
    """The resource that is this volume, or that launched its instance."""
    state: str = PENDING
    progress: int | None = None
    """Percent."""
    seconds_left: int | None = None
    """None if EC2 does not say: it gives estimates only for volumes with a rate."""
    rate: int | None = None
    """MiB/s; None for the default rate."""
    initialization_type: str | None = None
    """EC2's InitializationType."""
    size_gib: int | None = None
    snapshot_id: str | None = None
    instance_id: str | None = None
    device: str | None = None

    @property
    def fine(self) -> bool:
        """Whether there is nothing to wait for: a terminated instance needs no warm volume."""
        return self.state == WARM or (self.state == GONE and self.owner.kind != "AWS::EC2::Volume")

    @property
    def waits(self) -> bool:
        return self.state in (INITIALIZING, PENDING)

    @property
    def slowness(self) -> tuple[Any, ...]:
        """The key that sorts volumes, the slowest first."""
        left = -(self.seconds_left or float("inf"))
        return SLOWEST_FIRST.index(self.state), left, self.progress or 0, self.owner, self.volume_id


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    """All volumes, the slowest first."""

    volumes: Sequence[TrackedVolume]
    unknown: Sequence[StackResource]
    """Resources whose instances or volumes cannot be found."""
    error: str | None = None
    """Why the last call to AWS failed."""
    coming: Sequence[str] = ()
    """Stacks that launch instances, and have had no volumes yet."""

    @property
    def warm(self) -> bool:
        return all(volume.fine for volume in self.volumes) and not self.coming

    @property
    def waits(self) -> bool:
        return any(volume.waits for volume in self.volumes) or bool(self.coming)

    @property
    def counts(self) -> Mapping[str, int]:
        return Counter(volume.state for volume in self.volumes)

    @property
    def progress(self) -> float:
        """The average of the volumes that are not gone, in percent; unknown progress counts as 0."""
        there = [volume for volume in self.volumes if volume.state != GONE]
        total = sum(100 if volume.state == WARM else volume.progress or 0 for volume in there)
        return total / max(len(there), 1)

    @property
    def seconds_left(self) -> int | None:
        """The time until the last volume is warm, if EC2 has an estimate for all of them."""
        left = [volume.seconds_left for volume in self.volumes if volume.waits]
        if self.coming or not all(left):
            return None
        return max((seconds for seconds in left if seconds), default=None)


class Tracker:
    """Finds the volumes of stacks, and asks only about those that are not warm yet."""

    def __init__(self, aws: Aws, names: list[str]) -> None:
        self._aws, self._names = aws, names
        self._volumes: dict[str, TrackedVolume] = {}
        self._unknown: list[StackResource] = []
        self._seen: set[str] = set()
        """Stacks that have had volumes."""
        self.empty: list[str] = []
        """Stacks that have no volumes, and launch nothing that could have some."""
        self.coming: list[str] = []
        """Stacks whose first volumes are yet to come."""

    def find(self) -> bool:
        """Find the volumes that the stacks have now, and return whether any is new."""
        stacks = read_stacks(self._aws, self._names)
        resources = [resource for outer in stacks for stack in outer.all for resource in stack.resources.values()]
        own = {resource.physical_id: resource for resource in resources if resource.kind == "AWS::EC2::Volume"}
        instances, self._unknown = find_instances(self._aws, stacks)
        launchers = {instance.instance_id: instance.owner for instance in instances}
        found = {
            volume_id: TrackedVolume(volume_id=volume_id, owner=owner, state=GONE) for volume_id, owner in own.items()
        }
        with_volumes = {owner.stack for owner in own.values()}
        for volume_id, description in self._describe(own, launchers).items():
            attachments: list[dict[str, Any]] = description.get("Attachments", [])
            ours = [attachment for attachment in attachments if attachment.get("InstanceId") in launchers]
            attachment = next(iter(ours or attachments), {})
            if volume_id not in own and not ours:  # it was detached meanwhile
                continue
            owner = own.get(volume_id) or launchers[attachment["InstanceId"]]
            known = self._volumes.get(volume_id) or TrackedVolume(volume_id=volume_id, owner=owner)
            found[volume_id] = _described(known, description, attachment)
            with_volumes |= {launchers[attachment["InstanceId"]].stack for attachment in ours}
        new = not found.keys() <= self._volumes.keys()
        self._volumes = found
        self._seen |= {outer.name for outer in stacks if not with_volumes.isdisjoint(stack.name for stack in outer.all)}
        without = [stack for stack in stacks if stack.name not in self._seen]
        self.empty = [stack.name for stack in without if not stack.launches]
        self.coming = [stack.name for stack in without if stack.launches]
        return new

    def _describe(
        self, own: Mapping[str, StackResource], launchers: Mapping[str, StackResource]
    ) -> dict[str, dict[str, Any]]:
        """Describe the stacks' own volumes and those attached to their instances, by id."""
        attached = self._aws.volumes("attachment.instance-id", launchers)
        existing = self._aws.existing(self._aws.ec2.describe_volumes, "Volumes", own)
        return {description["VolumeId"]: description for description in [*attached, *existing]}

    def look(self) -> None:
        """Ask EC2 about the volumes that are not warm yet."""
        asked = [volume.volume_id for volume in self._volumes.values() if volume.waits]
        answers = self._aws.existing(self._aws.ec2.describe_volume_status, "VolumeStatuses", asked)
        statuses = {status["VolumeId"]: status for status in answers}
        for volume_id in asked:
            volume, status = self._volumes[volume_id], statuses.get(volume_id)
            self._volumes[volume_id] = _reported(volume, status) if status else replace(volume, state=GONE)

    def report(self, error: str | None = None) -> StatusReport:
        volumes = sorted(self._volumes.values(), key=lambda volume: volume.slowness)
        return StatusReport(volumes=volumes, unknown=self._unknown, error=error, coming=self.coming)


def _described(known: TrackedVolume, description: Mapping[str, Any], attachment: Mapping[str, Any]) -> TrackedVolume:
    """Read DescribeVolumes, and keep what an earlier look found about the initialization."""
    origin = description.get("SnapshotId") or description.get("SourceVolumeId")
    state = PENDING if known.state == GONE else known.state
    if description.get("State") == "error":
        state = FAILED
    elif description.get("State") in ("deleting", "deleted"):
        state = GONE
    elif not origin:  # an empty volume needs no initialization
        state = WARM
    return replace(
        known,
        state=state,
        rate=description.get(RATE),
        size_gib=description.get("Size"),
        snapshot_id=description.get("SnapshotId") or None,
        instance_id=attachment.get("InstanceId"),
        device=attachment.get("Device"),
    )


def _reported(volume: TrackedVolume, status: Mapping[str, Any]) -> TrackedVolume:
    """Read DescribeVolumeStatus. Only its state counts: its estimate may be 0 before initialization is completed."""
    details = {detail.get("Name"): detail.get("Status") for detail in status.get("VolumeStatus", {}).get("Details", ())}
    said = details.get("initialization-state")
    state = {"completed": WARM, "initializing": INITIALIZING}.get(str(said), PENDING)
    initialization = status.get("InitializationStatusDetails", {})
    left = initialization.get("EstimatedTimeToCompleteInSeconds") if state == INITIALIZING else None
    return replace(
        volume,
        state=state,
        progress=100 if state == WARM else initialization.get("Progress"),
        seconds_left=left or None,
        initialization_type=initialization.get("InitializationType"),
    )
