"""Everything that a schedule runs in: time, faults, services, and the way of a request through them."""

# ruff: noqa: A001  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

import random
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from .cloudformation import CloudFormation, Stack
from .executions import Executions
from .faults import Faults
from .framework import Framework
from .images import STACK_TAG, Images
from .lambdas import Invocation, KilledError, Lambdas
from .launch_templates import LaunchTemplates
from .network import Network, RefusedError
from .others import Others
from .records import Ids, Pages, requested_tags, tag_dict
from .report import Log
from .timeline import Timeline
from .volumes import Volumes

_START = 1_800_000_000.0
_TAGGED = {
    "RegisterImage": ("image",),
    "CreateImage": ("image", "snapshot"),
    "CreateReplaceRootVolumeTask": ("replace-root-volume-task",),
}
"""What a request must tag with its stack, or IAM denies it."""
_MAKES = {*_TAGGED, "CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "StartExecution"}
_REMOVES = {
    "DeregisterImage",
    "DeleteSnapshot",
    "DeleteLaunchTemplateVersions",
    "StopExecution",
    "DeleteTags",
    "CreateTags",
}
_THROTTLED = {
    "ec2": ("RequestLimitExceeded", 503),
    "cloudformation": ("Throttling", 400),
    "stepfunctions": ("ThrottlingException", 400),
}


class Ec2:
    """EC2's parts."""

    def __init__(self, cloud: Cloud) -> None:
        self.images = Images(cloud)
        self.launch_templates = LaunchTemplates(cloud)
        self.volumes = Volumes(cloud)


class Cloud:
    """An account and Region in which one schedule runs."""

    def __init__(self, seed: int, faults: Collection[str], handlers: Path) -> None:
        self.rng = random.Random(seed)
        self.timeline = Timeline(_START)
        self.log = Log(self.timeline)
        self.faults = Faults(self.rng, faults)
        self.ids, self.pages = Ids(), Pages(self)
        self.others = Others(self)
        self.ec2 = Ec2(self)
        self.executions = Executions(self)
        self.cloudformation = CloudFormation(self)
        self.framework = Framework(self)
        self.lambdas = Lambdas(self, handlers)
        self.network = Network(self.answer)

    def answer(self, service: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
        """Answer a request of a function, or let it fail."""
        invocation = self.lambdas.current
        invocation.check()
        self.timeline.advance(self.rng.uniform(0.05, 0.3))
        invocation.check()
        line = self.log.call(invocation.label, action, params)
        try:
            answer = self._answer(invocation, service, action, params)
        except (RefusedError, KilledError, ConnectionClosedError, ReadTimeoutError) as error:
            line.outcome = line.outcome or str(error)
            raise
        line.answer = answer
        return answer

    def _answer(self, invocation: Invocation, service: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
        acts = action in _MAKES or action in _REMOVES
        kills = 0.12 if acts else 0.02
        if self.faults.strikes("kills", kills / 2):
            invocation.kill(f"killed before {action}")
        if self.faults.strikes("framework kills", kills / 2):
            invocation.kill(f"killed with the framework before {action}", framework=True)
        if self.faults.burst("throttling", 0.06, 12):
            code, status = _THROTTLED[service]
            raise RefusedError(code, "Request limit exceeded.", status)
        if self.faults.burst("5xx", 0.05, 7):
            raise RefusedError("InternalError", "An internal error has occurred", 500)
        self._authorize(invocation, service, action, params)
        if action in _MAKES and self.faults.strikes("refusals", 0.2):
            raise RefusedError(
                "ResourceLimitExceeded" if service == "ec2" else "ExecutionLimitExceeded", "Too many of these"
            )
        answer: dict[str, Any] = getattr(self._service(service, action), _snake(action))(params)
        if self.faults.strikes("kills", kills):
            invocation.kill(f"killed after {action} took effect")
        if self.faults.strikes("framework kills", kills):
            invocation.kill(f"killed with the framework after {action} took effect", framework=True)
        if self.faults.strikes("lost answers", 0.3 if acts else 0.02):
            error = self.rng.choice((ConnectionClosedError, ReadTimeoutError))
            raise error(endpoint_url=f"https://{service}/{action}", error="lost")
        if self.faults.burst("5xx", 0.1 if acts else 0.01, 3):
            raise RefusedError("ServiceUnavailable", "The service is unavailable", 503)
        return answer

    def _service(self, service: str, action: str) -> Any:
        parts = {
            "ec2": (self.ec2.images, self.ec2.launch_templates, self.ec2.volumes),
            "cloudformation": (self.cloudformation,),
            "stepfunctions": (self.executions,),
        }
        for part in parts[service]:
            if hasattr(part, _snake(action)):
                return part
        raise NotImplementedError(f"the simulation has no {service} {action}")

    def _authorize(self, invocation: Invocation, service: str, action: str, params: dict[str, Any]) -> None:
        stack = invocation.stack
        refused = RefusedError(
            "UnauthorizedOperation" if service == "ec2" else "AccessDeniedException",
            f"You are not authorized to perform this operation: {service}:{action}",
            403 if service == "ec2" else 400,
        )
        if service == "cloudformation":
            refused.code = "AccessDenied"
            refused.status = 403
        settled = stack.policies.get(action, 0.0)
        if self.faults.on("iam") and settled > self.timeline.now and self.rng.random() < 0.8:
            raise refused
        if action not in stack.allowed and action not in _READS:
            raise refused
        if action in self.faults.denied and not self.faults.calm:
            raise refused
        for kind in _TAGGED.get(action, ()):
            if requested_tags(params, kind).get(STACK_TAG) != stack.id:
                refused.message += f" (the request does not tag the {kind} with the stack)"
                raise refused
        if action in ("DeregisterImage", "CreateTags", "DeleteTags", "DeleteSnapshot"):
            for id in params.get("Resources", [params.get("ImageId") or params.get("SnapshotId")]):
                self._authorize_change(refused, id, stack, params)

    def _authorize_change(self, refused: RefusedError, id: str, stack: Stack, params: dict[str, Any]) -> None:
        images, tasks = self.ec2.images, self.ec2.volumes.tasks
        record = {**images.images, **images.snapshots, **tasks}.get(id)
        if record is None or record.state is None:
            return
        allowed = record.tags.get(STACK_TAG) == stack.id
        if id in images.snapshots and "Tags" in params:  # a snapshot that is given is tagged before it is deleted
            allowed = tag_dict(params["Tags"]).get(STACK_TAG) == stack.id
        if id in tasks:
            allowed = any(f"/{stack.root.name}/" in value for value in record.tags.values())
        if not allowed:
            refused.message += f" ({id} is not tagged with the stack)"
            raise refused

    def policies(self) -> dict[str, float]:
        """Return from when on a policy that is changed now works, by action."""
        now = self.timeline.now
        return {action: now + self.rng.uniform(0, 60) for action in sorted(_MAKES | _REMOVES | _READS)}


_READS = {"DescribeStackEvents", "DescribeStacks"}


def _snake(action: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
