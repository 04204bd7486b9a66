"""A schedule, so that a person can read it."""

from __future__ import annotations

import itertools
import json
import re
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
        """Return all of it; a run that does and is told the same as the one before it is only counted."""
        shown: list[str] = []
        last: tuple[str, list[str]] = ("", [])
        same = 0
        for label, group in itertools.groupby(self.lines, lambda line: line.label if isinstance(line, Call) else ""):
            lines = list(group)
            if not label:
                same, last = 0, ("", [])
                shown += [f"{time:9.1f}  {text}" for time, text in lines]  # type: ignore[misc]
                continue
            calls = _counted([self._told(line) for line in lines if isinstance(line, Call)])
            time, request = lines[0].time, label.rpartition(" ")[0]  # type: ignore[union-attr]
            if last == (request, calls):
                shown, same = shown[:-1] if same else shown, same + 1
                shown.append(f"{time:9.1f}      the same, {same} more times")
                continue
            same, last = 0, (request, calls)
            shown += [f"{time:9.1f}    {label}", *(f"{'':9}      {call}" for call in calls)]
        return "\n".join(shown)

    def _told(self, call: Call) -> str:
        params = {key: value for key, value in call.params.items() if key != "ClientToken"}
        return f"{call.action} {_brief(params, 160)} -> {call.outcome or self.outcome(call.answer)}"


def _counted(calls: list[str]) -> list[str]:
    """Return calls, those that are repeated at once with their number."""
    groups = [(call, len(list(group))) for call, group in itertools.groupby(calls)]
    return [call if number == 1 else f"{call} ({number} times)" for call, number in groups]


def _shorten(value: Any) -> Any:
    if isinstance(value, list):
        return [_shorten(one) for one in value]
    if isinstance(value, Mapping):
        return {key: value[key] for key in _SHOWN if key in value}
    return value


def _brief(value: Any, longest: int) -> str:
    text = json.dumps(value, default=str).replace('"', "")
    text = re.sub(
        r"arn:aws:[\w-]+:us-east-1:123456789012:(\w+)/?([\w/-]+?/)0*(\d+)-0000-4000-8000-0+", r"\1 \2\3", text
    )
    return text if len(text) <= longest else f"{text[:longest]}..."
