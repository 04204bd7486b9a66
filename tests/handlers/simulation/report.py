"""A schedule, so that a person can read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .timeline import Timeline

_ANSWERED = (
    "ImageId", "Images", "Snapshots", "LaunchTemplateVersion", "LaunchTemplateVersions", "ReplaceRootVolumeTask",
    "ReplaceRootVolumeTasks", "VolumeStatuses", "executions", "executionArn", "status", "Tags",
    "UnsuccessfullyDeletedLaunchTemplateVersions",
)  # fmt: skip
_SHOWN = (
    "ImageId", "Name", "State", "VersionNumber", "DefaultVersion", "ReplaceRootVolumeTaskId", "TaskState", "VolumeId",
    "name", "status", "SnapshotId", "Key", "Value",
)  # fmt: skip


@dataclass
class Call:
    """A request of a function, and what came of it."""

    time: float
    label: str
    action: str
    params: Mapping[str, Any]
    outcome: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Log:
    """What happened, in order."""

    timeline: Timeline
    lines: list[Call | tuple[float, str]] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep what happened."""
        self.lines.append((self.timeline.elapsed, text))

    def call(self, label: str, action: str, params: Mapping[str, Any]) -> Call:
        """Keep a request."""
        call = Call(self.timeline.elapsed, label, action, params)
        self.lines.append(call)
        return call

    def outcome(self, answer: Mapping[str, Any]) -> str:
        """Return an answer in few words."""
        found = {key: _shorten(answer[key]) for key in _ANSWERED if key in answer}
        if "NextToken" in answer or "nextToken" in answer:
            found["more"] = True
        return _brief(found, 240) if found else "done"

    def text(self) -> str:
        """Return all of it; runs of the same function that only look are told in one line."""
        shown, last = [], ""
        for line in self.lines:
            if isinstance(line, tuple):
                shown.append(f"{line[0]:9.1f}  {line[1]}")
                last = ""
            else:
                if line.label != last:
                    shown.append(f"{line.time:9.1f}    {line.label}")
                last = line.label
                outcome = line.outcome or self.outcome(line.answer)
                shown.append(f"{line.time:9.1f}      {line.action} {_brief(line.params, 160)} -> {outcome}")
        return "\n".join(shown)


def _shorten(value: Any) -> Any:
    if isinstance(value, list):
        return [_shorten(one) for one in value]
    if isinstance(value, Mapping):
        return {key: value[key] for key in _SHOWN if key in value}
    return value


def _brief(value: Any, longest: int) -> str:
    text = json.dumps(value, default=str).replace('"', "")
    return text if len(text) <= longest else f"{text[:longest]}..."
