"""CloudFormation, with CDK's provider framework, around one custom resource: what it sends, and in which states."""

import json
from itertools import count

from .aws import STACK_ID

TIMEOUT = 55 * 60
SWALLOWED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
"""The id that the framework answers with if a function fails before there is an id; it keeps the Delete to itself."""


class ElsewhereError(Exception):
    """Another resource of the stack fails."""


class Resource:
    """One custom resource. ``id``, ``properties`` and ``data`` are what CloudFormation knows of it."""

    def __init__(self, handler, resource_type, ec2):
        self.handler, self.type, self.ec2 = handler, resource_type, ec2
        self.logical_id, self.stack_id = "Made", STACK_ID
        self.id = self.properties = self.data = self.reached = None
        self.is_told = True
        """Whether CloudFormation learns the id of what an update makes that fails."""
        self.fails_elsewhere = False
        self._requests = count(1)

    def deploy(self, **properties):
        """Create or update it, go back when that fails, and remove what was replaced when it does not."""
        properties, former, old = as_text(properties), self.id, self.properties
        first = self.is_new_stack = not self.ec2.events[self.stack_id]
        self.becomes("CREATE_IN_PROGRESS" if first else "UPDATE_IN_PROGRESS")
        try:
            self.id = self.send("Create" if old is None else "Update", properties, former, old)
            if self.fails_elsewhere:
                raise ElsewhereError
        except BaseException:
            self._roll_back(properties, former, old)
            raise
        self.properties = properties
        self.becomes("CREATE_COMPLETE" if first else "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        if former not in (None, self.id) and old.get("Retain") != "true":
            self.send("Delete", old, former)
        if not first:
            self.becomes("UPDATE_COMPLETE")
        return self.data

    def _roll_back(self, properties, former, old):
        reached, self.id, self.ec2.kill_at = self.reached, former, 0
        if old is None and self.is_new_stack:
            self.becomes("ROLLBACK_IN_PROGRESS")
            self.send("Delete", properties, reached)
            self.becomes("ROLLBACK_COMPLETE")
            return
        self.becomes("UPDATE_ROLLBACK_IN_PROGRESS")
        known = reached if self.is_told else former
        if old is not None:
            self.id = self.send("Update", old, known, properties)
        self.becomes("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        if known not in (None, self.id):
            self.send("Delete", properties, known)
        self.becomes("UPDATE_ROLLBACK_COMPLETE")

    def destroy(self):
        """Delete the stack."""
        self.becomes("DELETE_IN_PROGRESS")
        self.send("Delete", self.properties, self.id)
        self.forget()
        self.ec2.events[self.stack_id].clear()

    def leave_out(self):
        """Deploy the stack without it."""
        self.becomes("UPDATE_IN_PROGRESS")
        self.becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self.send("Delete", self.properties, self.id)
        self.forget()

    def forget(self):
        """Leave it as it is."""
        self.id = self.properties = None

    def becomes(self, status, physical_id=None):
        """Put the stack, or the resource, into another state."""
        self.ec2.becomes(status, self.stack_id, "Prod" if physical_id is None else self.logical_id, physical_id)

    def send(self, kind, properties, physical_id=None, old=None, request=None):
        """Send an event, wait until it is complete, and return the physical id; ``request`` sends one again."""
        if physical_id == SWALLOWED:
            return physical_id
        event = self.begin(kind, properties, physical_id, old, request)
        try:
            self._finish(kind, event)
        except BaseException:
            self.becomes(f"{kind.upper()}_FAILED", self.reached)
            raise
        self.becomes(f"{kind.upper()}_COMPLETE", self.reached)
        return self.reached

    def _finish(self, kind, event):
        for _ in range(0, TIMEOUT, 10):
            answer = _through_json(self.handler.is_complete(_through_json(event), None))
            if answer["IsComplete"]:
                if kind != "Delete":
                    self.data = answer["Data"]
                return
            assert "Data" not in answer  # the framework refuses it
            self.ec2.now += 10
        raise TimeoutError

    def begin(self, kind, properties, physical_id=None, old=None, request=None):
        """Send an event, and return what the framework asks about until it is complete."""
        event = {"RequestType": kind, "RequestId": request or f"request-{next(self._requests)}"}
        event |= {
            "StackId": self.stack_id,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.type,
            "ResourceProperties": as_text(properties),
            "ResponseURL": "https://secret",
        }
        event |= {} if physical_id is None else {"PhysicalResourceId": physical_id}
        event |= {} if old is None else {"OldResourceProperties": as_text(old)}
        self.reached, before = physical_id or SWALLOWED, len(self.ec2.requests)
        self.becomes(f"{kind.upper()}_IN_PROGRESS", physical_id or "")
        self.ec2.becomes("UPDATE_IN_PROGRESS", self.stack_id, "Another", "another resource")
        answer = _through_json(self.handler.on_event(_through_json(event), None))
        assert {name for name, _ in self.ec2.requests[before:]} <= {"DescribeStackEvents"}
        assert kind != "Delete" or answer["PhysicalResourceId"] == physical_id  # the framework refuses another one
        self.reached = answer["PhysicalResourceId"]
        return event | answer


def as_text(value):
    """CloudFormation makes strings of numbers and booleans."""
    if isinstance(value, dict):
        return {name: as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_text(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _through_json(value):
    return json.loads(json.dumps(value))
