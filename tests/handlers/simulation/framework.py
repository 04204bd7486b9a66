"""CDK's provider framework (aws-cdk-lib 2.275, ``custom-resources/lib/provider-framework/runtime``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .timeline import Process, Signal

if TYPE_CHECKING:
    from .cloud import Cloud
    from .cloudformation import Stack

MARKER = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
RESPONSE_URL = "https://cloudformation-custom-resource-response.example/?Signature=SECRET-SIGNATURE"
_INTERVAL, _ATTEMPTS = 10, 330
_LONGEST_ANSWER = 4096


@dataclass
class Answer:
    """What the framework tells CloudFormation."""

    status: str
    physical_id: str
    data: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass
class Request:
    """What CloudFormation asks the framework for."""

    type: str
    id: str
    stack: Stack
    logical_id: str
    resource_type: str
    properties: dict[str, Any]
    physical_id: str | None = None
    old_properties: dict[str, Any] | None = None
    answered: Signal = field(default_factory=Signal)
    lost: bool = False

    @property
    def event(self) -> dict[str, Any]:
        """The event as CloudFormation sends it."""
        event = {
            "RequestType": self.type,
            "RequestId": self.id,
            "ResponseURL": RESPONSE_URL,
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:Framework",
            "StackId": self.stack.id,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.resource_type,
            "ResourceProperties": {"ServiceToken": "arn:aws:lambda:...", **self.properties},
        }
        if self.physical_id is not None:
            event["PhysicalResourceId"] = self.physical_id
        if self.old_properties is not None:
            event["OldResourceProperties"] = {"ServiceToken": "arn:aws:lambda:...", **self.old_properties}
        return event


class Framework:
    """It calls ``on_event``, then ``is_complete`` every 10 seconds, and tells CloudFormation of the end."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.listener: Callable[[str, dict[str, Any]], None] = lambda *_: None
        """Called when the functions say that a request is complete."""
        self.late: list[str] = []
        """Which requests had no end within the hour, though their answers could reach CloudFormation."""
        self.waits: list[tuple[str, dict[str, Any], float, float]] = []
        """For which request the waiter ran, from when to when."""

    def serve(self, request: Request) -> None:
        """Serve a request; CloudFormation may deliver it twice."""
        cloud = self._cloud
        cloud.log.note(f"CloudFormation asks {request.stack.name} for {describe(request)}")
        cloud.timeline.spawn(self._on_event(request, request.id, cloud.rng.uniform(0.2, 2)))
        if cloud.faults.strikes("duplicates", 0.4):
            later = cloud.rng.choice((1, 20, 90, 400, 1200)) * cloud.rng.uniform(0.5, 1.5)
            cloud.timeline.spawn(self._on_event(request, f"{request.id} again", later))

    def _on_event(self, request: Request, label: str, delay: float) -> Process:
        yield delay
        cloud, event = self._cloud, request.event
        if request.type == "Delete" and request.physical_id == MARKER:
            self._submit(request, "SUCCESS", MARKER)
            return
        kept = request.physical_id or (MARKER if request.type == "Create" else "")
        if cloud.faults.strikes("on_event fails", 0.15):
            cloud.log.note(f"{label} on_event is killed")
            self._submit(request, "FAILED", kept, reason="on_event was killed")
            return
        result, invocation, error = cloud.lambdas.invoke("on_event", event, f"{label} on_event", request.stack)
        if invocation.framework_killed:  # Lambda calls it again: CloudFormation's call was asynchronous
            cloud.timeline.spawn(self._on_event(request, label, cloud.rng.uniform(55, 65)))
            return
        if error:
            self._submit(request, "FAILED", kept, reason=error)
            return
        physical_id = result.get("PhysicalResourceId") or request.physical_id or request.id
        if request.type == "Delete" and physical_id != request.physical_id:
            self._submit(request, "FAILED", kept, reason="DELETE: cannot change the physical resource ID")
            return
        yield from self._wait(request, label, {**event, **result, "PhysicalResourceId": physical_id})

    def _wait(self, request: Request, label: str, event: dict[str, Any]) -> Process:
        """The waiter: a state machine that tries again whatever fails in the framework's function."""
        start = self._cloud.timeline.now
        yield from self._ask_again_and_again(request, label, event)
        self.waits.append((label, event, start, self._cloud.timeline.now))

    def _ask_again_and_again(self, request: Request, label: str, event: dict[str, Any]) -> Process:
        cloud, answerable = self._cloud, True
        for attempt in range(_ATTEMPTS):
            yield _INTERVAL if attempt else cloud.rng.uniform(0.2, 1)
            name = f"{label} is_complete {attempt + 1}"
            if cloud.faults.strikes("double calls", 0.1):
                cloud.timeline.after(
                    cloud.rng.uniform(0, 1.5),
                    lambda name=name: cloud.lambdas.invoke("is_complete", event, f"{name} twice", request.stack),  # type: ignore[misc]
                )
            result, invocation, error = cloud.lambdas.invoke("is_complete", event, name, request.stack)
            answerable = not invocation.framework_killed
            if not answerable:
                continue
            physical_id = event["PhysicalResourceId"]
            if error:
                if self._submit(request, "FAILED", physical_id, reason=error, waiting=True):
                    return
            elif result.get("IsComplete"):
                self.listener(name, event)
                data = {**event.get("Data", {}), **(result.get("Data") or {})}
                if self._submit(request, "SUCCESS", physical_id, data, waiting=True):
                    return
            elif result.get("Data"):
                self._submit(request, "FAILED", physical_id, reason='"Data" is not allowed if "IsComplete" is "False"')
                return
        if answerable:
            self._submit(request, "FAILED", event["PhysicalResourceId"], reason="Operation timed out")

    def _submit(
        self,
        request: Request,
        status: str,
        physical_id: str,
        data: dict[str, Any] | None = None,
        reason: str = "",
        waiting: bool = False,
    ) -> bool:
        """Answer CloudFormation; tell whether it heard, or will never hear. What is waiting can try again."""
        cloud = self._cloud
        if not request.lost and cloud.faults.strikes("unanswered", 0.15):
            if waiting and cloud.rng.random() < 0.3:
                cloud.log.note(
                    f"{request.id} {status}: the answer does not reach CloudFormation; the waiter tries again"
                )
                return False
            request.lost = True
        if request.lost:
            cloud.log.note(f"{request.id} {status}: the answer never reaches CloudFormation")
            return True
        answer = Answer(status, physical_id, data or {}, reason)
        if len(json.dumps([physical_id, answer.data])) > _LONGEST_ANSWER:
            answer = Answer("FAILED", physical_id, {}, "Response object is too long.")
        known = " (too late)" if request.answered.fired else ""
        cloud.log.note(f"{request.id} {status}{known}: {physical_id} {answer.data or ''} {reason}".rstrip())
        request.answered.fire(answer)
        return True


def describe(request: Request) -> str:
    """Return a request in words."""
    text = f"{request.type} {request.logical_id} as {request.id}"
    return text + (f" of {request.physical_id}" if request.physical_id else "")
