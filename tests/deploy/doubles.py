"""The EC2 actions that the handlers need and ministack's EC2 does not have."""

from __future__ import annotations

from itertools import count
from typing import Any
from xml.sax.saxutils import escape

from .proxy import Answer, Double, Params, answer, error


class RootVolumeTasks:
    """Replacements of root volumes, whose tasks show the given states, one a look, and then stay in the last."""

    def __init__(self, *states: str) -> None:
        self.states = states
        self.tasks: list[tuple[str, str, list[str]]] = []
        self._numbers = count(1)

    def doubles(self) -> dict[str, Double]:
        """Return what answers in ministack's place."""
        return {"CreateReplaceRootVolumeTask": self._create, "DescribeReplaceRootVolumeTasks": self._describe}

    def _create(self, params: Params) -> Answer:
        number = next(self._numbers)
        tags = ""
        for index in range(1, sum(key.endswith(".Key") for key in params) + 1):
            key, value = (params[f"TagSpecification.1.Tag.{index}.{name}"] for name in ("Key", "Value"))
            tags += f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>"
        content = (
            f"<replaceRootVolumeTaskId>replacevol-{number:017x}</replaceRootVolumeTaskId>"
            f"<startTime>2026-11-23T00:00:{number:02}Z</startTime><tagSet>{tags}</tagSet>"
        )
        self.tasks.append((params["InstanceId"], content, list(self.states)))
        return answer("CreateReplaceRootVolumeTask", f"<replaceRootVolumeTask>{content}</replaceRootVolumeTask>")

    def _describe(self, params: Params) -> Answer:
        items = ""
        for instance, content, states in self.tasks:
            if instance == params["Filter.1.Value.1"]:
                state = states.pop(0) if len(states) > 1 else states[0]
                instance_id = f"<instanceId>{instance}</instanceId>"
                items += f"<item>{content}{instance_id}<taskState>{state}</taskState></item>"
        return answer("DescribeReplaceRootVolumeTasks", f"<replaceRootVolumeTaskSet>{items}</replaceRootVolumeTaskSet>")


class VolumeStatuses:
    """The initialization states of volumes, one a look, of which the last stays; None: not shown yet.

    An answer in the place of a state is what EC2 answers then.
    """

    def __init__(self) -> None:
        self._states: dict[str, list[str | Answer | None]] = {}

    def of(self, volume: str, *states: str | Answer | None) -> None:
        """Set a volume's states."""
        self._states[volume] = list(states)

    def __call__(self, params: Params) -> Answer:
        """Answer in ministack's place."""
        volumes = [value for name, value in params.items() if name.startswith("VolumeId.")]
        if not self._states.keys() >= set(volumes):
            return error("InvalidVolume.NotFound")
        items = ""
        for volume in volumes:
            states = self._states[volume]
            state = states.pop(0) if len(states) > 1 else states[0]
            if isinstance(state, Answer):
                return state
            details = f"<item><name>initialization-state</name><status>{state}</status></item>" if state else ""
            status = f"<volumeStatus><status>ok</status><details>{details}</details></volumeStatus>"
            items += f"<item><volumeId>{volume}</volumeId>{status}</item>"
        return answer("DescribeVolumeStatus", f"<volumeStatusSet>{items}</volumeStatusSet>")


class Versions:
    """Deletes versions of launch templates in words alone, since ministack cannot be made to forget one.

    EC2 never deletes the default one:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html
    """

    def __init__(self, ec2: Any) -> None:
        self._ec2 = ec2

    def __call__(self, params: Params) -> Answer:
        """Answer in ministack's place."""
        number = params["LaunchTemplateVersion.1"]
        templates = self._ec2.describe_launch_templates(LaunchTemplateIds=[params["LaunchTemplateId"]])
        item, result = f"<versionNumber>{number}</versionNumber>", "successfully"
        if number == str(templates["LaunchTemplates"][0]["DefaultVersionNumber"]):
            item += "<responseError><code>unexpectedError</code><message>it is the default</message></responseError>"
            result = "unsuccessfully"
        versions = f"{result}DeletedLaunchTemplateVersionSet"
        return answer("DeleteLaunchTemplateVersions", f"<{versions}><item>{item}</item></{versions}>")
