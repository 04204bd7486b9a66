"""Step Functions: the executions of a state machine."""

# ruff: noqa: A001  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .network import RefusedError
from .records import Attributes, Record

if TYPE_CHECKING:
    from .cloud import Cloud

STATE_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:EbsWatch"


class Executions:
    """The executions of state machines. A name is unique for 90 days."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.executions: dict[str, Record] = {}

    def running(self) -> dict[str, Record]:
        """Return the executions that run."""
        return {arn: one for arn, one in self.executions.items() if (one.state or {})["status"] == "RUNNING"}

    def add(self, owner: str, machine: str, name: str, input: str) -> Record:
        """Let an execution run."""
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        started = self._cloud.timeline.now
        state = {"status": "RUNNING", "name": name, "input": input, "machine": machine, "startDate": started}
        self.executions[arn] = Record(self._cloud, arn, state, owner)
        return self.executions[arn]

    def end(self, arn: str, who: str, status: str) -> None:
        """End an execution."""
        self.executions[arn].change(who, status=status, stopDate=self._cloud.timeline.now)

    def _see_the_end(self, execution: Record) -> None:
        if (execution.state or {})["status"] == "RUNNING":
            self.end(execution.id, "Step Functions", "SUCCEEDED")

    # What Step Functions' actions do

    def start_execution(self, params: Attributes) -> Attributes:
        machine = params["stateMachineArn"]
        if machine != STATE_MACHINE:
            raise RefusedError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'")
        name = params.get("name") or self._cloud.ids.new("execution")
        if len(name) > 80:
            raise RefusedError("InvalidName", f"Invalid Name: '{name}'")
        input = params.get("input", "{}")
        json.loads(input)
        existing = self.executions.get(f"{machine.replace(':stateMachine:', ':execution:')}:{name}")
        if existing:
            state = existing.state or {}
            if state["status"] == "RUNNING" and state["input"] == input:
                return {"executionArn": existing.id, "startDate": state["startDate"]}
            raise RefusedError("ExecutionAlreadyExists", f"Execution Already Exists: '{existing.id}'")
        execution = self.add("ours", machine, name, input)
        volumes = [self._cloud.ec2.volumes.volumes[id].state for id in json.loads(input)["VolumeIds"]]
        end = max(state["Initialized"] for state in volumes if state)
        if end < self._cloud.timeline.start + 10**5:
            self._cloud.timeline.at(end, lambda: self._see_the_end(execution))
        self._cloud.others.look_at_execution(execution)
        return {"executionArn": execution.id, "startDate": execution.born}

    def describe_execution(self, params: Attributes) -> Attributes:
        arn = params["executionArn"]
        state = self.executions[arn].seen() if arn in self.executions else None
        if state is None:
            raise RefusedError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return {**self._shown(arn, state), "input": state["input"]}

    def stop_execution(self, params: Attributes) -> Attributes:
        arn = params["executionArn"]
        execution = self.executions.get(arn)
        if execution is None or execution.state is None or execution.seen() is None:
            raise RefusedError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        if execution.state["status"] == "RUNNING":
            self.end(arn, "ours", "ABORTED")
        return {"stopDate": execution.state["stopDate"]}

    def list_executions(self, params: Attributes) -> Attributes:
        found = []
        for arn, execution in reversed(list(self.executions.items())):
            state = execution.seen()
            wanted = params.get("statusFilter")
            if state and state["machine"] == params["stateMachineArn"] and wanted in (None, state["status"]):
                found.append(self._shown(arn, state))
        token = params.get("nextToken")
        page = self._cloud.pages.of("executions", found, {"NextToken": token} if token else {})
        return {"executions": page["executions"], **({"nextToken": page["NextToken"]} if "NextToken" in page else {})}

    def _shown(self, arn: str, state: Attributes) -> dict[str, Any]:
        shown = {"executionArn": arn, "stateMachineArn": state["machine"], "name": state["name"]}
        shown |= {"status": state["status"], "startDate": state["startDate"]}
        return {**shown, **({"stopDate": state["stopDate"]} if "stopDate" in state else {})}
