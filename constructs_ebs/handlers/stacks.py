"""What CloudFormation is doing with a stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .aws import Pending, client, pages
from .requests import ResourceRequest

_MAKING = {
    "Create": ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"),
    "Update": ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"),
}
"""The states of a stack in which a request may make something."""

_REFUSED = "nothing more is made for this request"
_NOTHING = "CloudFormation does not show yet what it does with the stack"
_NEVER_CREATED = ("CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED")


def state(stack: str) -> str:
    """Return what tells one state of a stack from the next one; nothing, if CloudFormation does not say."""
    with suppress(BotoCoreError, ClientError, StopIteration):
        return str(next(_states(stack))["EventId"])
    return ""


def check(request: ResourceRequest) -> None:
    """Refuse to make anything for a request that CloudFormation has given up.

    It does not wait for the end of what it cancels, and may delete a resource while its creation is still looked after.
    """
    newest, last = None, None
    for event in _events(request.stack):
        if event["PhysicalResourceId"] == request.stack:
            newest = event
            break
        if last is None and event["LogicalResourceId"] == request.logical_id:
            last = event["ResourceStatus"]
    if newest is None:
        raise Pending(_NOTHING)
    if newest["ResourceStatus"] not in _MAKING[request.type]:
        raise RuntimeError(f"the stack is {newest['ResourceStatus']} by now: {_REFUSED}")
    if request.stack_state not in ("", newest["EventId"]):
        raise RuntimeError(f"the stack is {newest['ResourceStatus']} again: {_REFUSED}")
    if last is None:
        raise Pending("CloudFormation does not show yet that it asks for this")
    if not last.endswith("_IN_PROGRESS"):
        raise RuntimeError(f"{request.logical_id} is {last} by now: {_REFUSED}")


def check_removal(request: ResourceRequest) -> None:
    """Put off the removal of what CloudFormation has made again since: a deletion's event may come twice, and late."""
    for event in _events(request.stack):
        if event["LogicalResourceId"] == request.logical_id and event.get("PhysicalResourceId") == request.id:
            if event["ResourceStatus"] != "DELETE_IN_PROGRESS":
                raise Pending(f"{request.logical_id} is shown as {event['ResourceStatus']}, and is to be deleted")
            return


def rolls_back(stack: str) -> bool:
    """Tell whether a stack, or one that it is nested in, rolls back, or is deleted because its creation failed."""
    statuses = [event["ResourceStatus"] for event in _until_created(stack)]
    if not statuses:
        raise Pending(_NOTHING)
    if "ROLLBACK" in statuses[0]:
        return True
    if statuses[0].startswith("DELETE"):
        before = next((status for status in statuses if not status.startswith("DELETE")), "")
        if before in _NEVER_CREATED:
            return True
    [described] = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return "ParentId" in described and rolls_back(described["ParentId"])


def _until_created(stack: str) -> Iterator[Any]:
    """Yield the states of a stack, the newest first, down to the last that is not a deletion."""
    for event in _states(stack):
        yield event
        if not event["ResourceStatus"].startswith("DELETE"):
            return


def _states(stack: str) -> Iterator[Any]:
    """Yield the events of the stack itself, the newest first."""
    yield from (event for event in _events(stack) if event["PhysicalResourceId"] == stack)


def _events(stack: str) -> Iterator[Any]:
    """Yield the events of a stack and its resources, the newest first."""
    for page in pages("cloudformation", "describe_stack_events", StackName=stack):
        yield from page["StackEvents"]
