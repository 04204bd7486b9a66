"""Has a state machine look, at the deadline of volumes and from then on, whether they are initialized.

The deadline counts from when the volumes were first watched: the input of each execution says since when that is.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from . import stacks
from .aws import Pending, client
from .requests import UNSEEN, ResourceRequest, hashed

_WATCHING = ("RUNNING", "SUCCEEDED")  # a success is the end: all are initialized or gone


def asked(properties: dict[str, Any]) -> Any:
    """Return what makes it another execution."""
    return {name: value for name, value in properties.items() if name != "ServiceToken"}


def ensure(request: ResourceRequest) -> dict[str, str]:
    """Start an execution for the volumes, unless one watches them, or has seen the end."""
    machine, number, last = request.properties["StateMachineArn"], 1, None
    if request.type == "Update" and stacks.rolls_back(request.stack):
        _stop_undone(request)
    while execution := _find(machine, request.name, number):
        number, last = number + 1, execution
    if last is None or last["status"] not in _WATCHING:
        stacks.check(request)
        _start(request, _name(request.name, number))
    return {}


def remove(request: ResourceRequest) -> None:
    """Stop the execution whose volumes, deadline or alarm are gone."""
    stacks.check_removal(request)
    if not _stop(request.properties["StateMachineArn"], request.name) and request.waited < UNSEEN:
        raise Pending("no execution is shown")


def _stop_undone(request: ResourceRequest) -> None:
    """Stop what an update started whose answer was lost, or which CloudFormation has cancelled."""
    stacks.check(request)
    undone = f"{request.kind}-{request.resource}-{hashed(asked(request.old))}"
    if undone == request.name or _stop(request.old["StateMachineArn"], undone):
        return
    if request.former == request.request and request.waited < UNSEEN:
        raise Pending("Step Functions may not show yet what this rollback is to stop")


def _stop(machine: str, id: str) -> int:
    """Stop the executions that were started for what was asked; return how many there are."""
    number = 1
    while execution := _find(machine, id, number):
        if execution["status"] == "RUNNING":
            states = client("stepfunctions")
            try:
                states.stop_execution(executionArn=execution["executionArn"])
            except states.exceptions.ExecutionDoesNotExist as error:
                raise Pending(f"{execution['executionArn']} is shown, and is not known yet") from error
        number += 1
    return number - 1


def _start(request: ResourceRequest, name: str) -> None:
    since = _watched_since(request)
    at = datetime.fromtimestamp(round(since + int(request.properties["Seconds"])), tz=timezone.utc)
    work = {key: request.properties[key] for key in ("VolumeIds", "Alarm")}
    work |= {"Since": since, "At": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    states, machine = client("stepfunctions"), request.properties["StateMachineArn"]
    with suppress(states.exceptions.ExecutionAlreadyExists):  # and is not shown yet
        states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(work))


def _watched_since(request: ResourceRequest) -> float:
    """Return since when the same volumes are watched, by the last execution for what was asked before."""
    if request.old.get("VolumeIds") == request.properties["VolumeIds"]:
        former, number, since = f"{request.kind}-{request.resource}-{request.former}", 1, request.started
        while execution := _find(request.old["StateMachineArn"], former, number):
            number, since = number + 1, float(json.loads(execution["input"])["Since"])
        return since
    return request.started


def _find(machine: str, id: str, number: int) -> Any:
    """Return the execution of that number, or None. Step Functions forgets them after 90 days."""
    states = client("stepfunctions")
    with suppress(states.exceptions.ExecutionDoesNotExist):
        return states.describe_execution(executionArn=_arn(machine, _name(id, number)))
    return None


def _name(id: str, number: int) -> str:
    """Return an execution's name; a name is taken for 90 days after the execution has ended."""
    return id if number == 1 else f"{id}-{number}"


def _arn(machine: str, name: str) -> str:
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
