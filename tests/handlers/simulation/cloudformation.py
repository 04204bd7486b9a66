"""CloudFormation: stacks and their events, rollbacks, cleanup, cancelled resources, nested stacks."""

# ruff: noqa: A001  (id, type and input are AWS's words; some kinds need not look at all that they are told)

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .framework import Answer, Request
from .network import RefusedError
from .records import Attributes
from .timeline import Process, Signal

if TYPE_CHECKING:
    from .cloud import Cloud

_ONE_HOUR = 3600.0
_STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Resource:
    """A resource of a template: a custom one, a nested stack, or another that may fail."""

    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    template: Template | None = None
    seconds: float = 1.0
    fails: bool = False
    kept: bool = False
    """Whether its policies for deletion and replacement are Retain."""
    allows: Callable[[Mapping[str, Any]], set[str]] = lambda _: set()
    """What its policy allows, by its properties."""
    read: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Puts in what is known only at deployment."""
    made: Any = None
    """Called with "create" and "delete", where the resource is something of EC2's."""


Template = dict[str, Resource]


@dataclass
class Deployed:
    """A resource that a stack has."""

    resource: Resource
    physical_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    child: Stack | None = None


@dataclass
class Change:
    """What an operation does with a resource."""

    name: str
    old: Deployed | None
    new: Deployed
    done: Signal = field(default_factory=Signal)
    cancelled: bool = False
    answered: bool = False
    failed: str = ""


class Stack:
    """A stack, its events and its resources."""

    def __init__(self, cloud: Cloud, name: str, parent: Stack | None = None) -> None:
        self._cloud = cloud
        self.name, self.parent = name, parent
        self.root: Stack = parent.root if parent else self
        number = next(cloud.cloudformation.numbers)
        self.id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/{number:08x}-0000-4000-8000-000000000000"
        self.status = ""
        self.born = cloud.timeline.now
        self.deployed: dict[str, Deployed] = {}
        self.changes: list[Change] = []
        self.cancel = Signal()
        self.policies: dict[str, float] = {}
        self.allowed: set[str] = set()
        """What the policy of its functions allows, besides reading the stack's state."""
        self.events: list[Attributes] = []
        self.asked_to_delete = False
        self.given_up: list[Deployed] = []
        """What a cleanup could not delete."""
        self.lost: list[str] = []
        """Which resources are in a state that CloudFormation does not know."""

    @property
    def living(self) -> bool:
        """Whether it manages resources."""
        return self.status not in ("DELETE_COMPLETE", "ROLLBACK_COMPLETE")

    def become(self, status: str, reason: str | None = None) -> None:
        """Change its status."""
        self.status = status
        self._cloud.log.note(f"stack {self.name} {status}")
        self.event(self.name, self.id, _STACK, status, reason)

    def event(self, logical_id: str, physical_id: str, type: str, status: str, reason: str | None = None) -> None:
        """Tell of something that happened in it."""
        self.events.append(
            {
                "StackId": self.id,
                "StackName": self.name,
                "EventId": f"event-{len(self.events)}-{self.name}",
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": type,
                "Timestamp": self._cloud.timeline.now,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
            }
        )


class CloudFormation:
    """The stacks of an account and Region."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.numbers = itertools.count(1)
        self._requests = itertools.count(1)
        self.stacks: dict[str, Stack] = {}
        rng = cloud.rng
        self.waits_for_cancelled = rng.random() < 0.5
        self.rolls_nested_back = rng.random() < 0.5
        self.rollback_id = rng.choice(("new", "old", "none"))
        """Which id the Update of a rollback brings; "none": no Update, where the update had replaced the resource."""
        self.deletes_retained = rng.random() < 0.5
        """Whether a rollback deletes what it made under Retain."""
        self.deleted_all_the_same: list[Deployed] = []
        """What it deleted so, which may have been kept by an earlier deployment and taken over by this one."""
        self.deletes_failed_id = rng.random() < 0.5
        """Whether the id that a failed Update answered with is deleted in the cleanup."""

    # What people do

    def create(self, name: str, template: Template, on_failure: str = "ROLLBACK") -> Process:
        """Create a stack."""
        stack = self._new(name)
        yield from self._create(stack, template, on_failure)
        return stack

    def update(self, stack: Stack, template: Template) -> Process:
        """Update a stack; tell whether that succeeded."""
        reason = yield from self._update(stack, template)
        if reason is None:
            yield from self._commit(stack, template)
        return reason is None

    def delete(self, stack: Stack) -> Process:
        """Delete a stack because somebody asks for it; tell whether that succeeded."""
        stack.asked_to_delete = True
        yield from self._delete(stack, "User Initiated")
        return stack.status == "DELETE_COMPLETE"

    def continue_rollback(self, stack: Stack) -> Process:
        """Go on with a rollback that failed."""
        stack.become("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        yield from self._roll_back(stack)

    # What CloudFormation's actions do

    def describe_stacks(self, params: Attributes) -> Attributes:
        stack = self._named(params["StackName"])
        shown = {"StackId": stack.id, "StackName": stack.name, "StackStatus": stack.status, "CreationTime": stack.born}
        if stack.parent:
            shown |= {"ParentId": stack.parent.id, "RootId": stack.root.id}
        return {"Stacks": [shown]}

    def describe_stack_events(self, params: Attributes) -> Attributes:
        stack = self._named(params["StackName"])
        return self._cloud.pages.of("StackEvents", stack.events[::-1], params)

    def _named(self, name: str) -> Stack:
        for stack in self.stacks.values():
            if name == stack.id or (name == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise RefusedError("ValidationError", f"Stack with id {name} does not exist")

    # Stacks

    def _new(self, name: str, parent: Stack | None = None) -> Stack:
        stack = Stack(self._cloud, name, parent)
        self.stacks[stack.id] = stack
        if self._cloud.rng.random() < 0.5:
            stack.become("REVIEW_IN_PROGRESS", "User Initiated")
        return stack

    def _create(self, stack: Stack, template: Template, on_failure: str = "ROLLBACK") -> Process:
        stack.become("CREATE_IN_PROGRESS", None if stack.parent else "User Initiated")
        reason = yield from self._apply(stack, template)
        if reason is None:
            stack.become("CREATE_COMPLETE")
        elif stack.parent:
            if self.rolls_nested_back and not stack.cancel.fired:
                yield from self._roll_creation_back(stack, reason)
            else:
                stack.become("CREATE_FAILED", reason)
        elif on_failure == "DO_NOTHING":
            stack.become("CREATE_FAILED", reason)
        elif on_failure == "DELETE":
            stack.become("CREATE_FAILED", reason)
            yield from self._delete(stack, None)
        else:
            yield from self._roll_creation_back(stack, reason)
        return reason

    def _roll_creation_back(self, stack: Stack, reason: str) -> Process:
        stack.become("ROLLBACK_IN_PROGRESS", reason)
        yield 0.5
        failed = yield from self._delete_all(stack, list(stack.deployed))
        stack.become("ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE", failed)

    def _update(self, stack: Stack, template: Template) -> Process:
        stack.become("UPDATE_IN_PROGRESS", None if stack.parent else "User Initiated")
        reason = yield from self._apply(stack, template)
        if reason is None:
            stack.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            return None
        if not stack.parent or not stack.cancel.fired:
            stack.become("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            yield from self._roll_back(stack)
        return reason

    def _commit(self, stack: Stack, template: Template) -> Process:
        """Remove what an update replaced or left out."""
        for change in reversed(stack.changes):
            if change.new.child and change.old:
                yield from self._commit(change.new.child, change.new.resource.template or {})
            elif change.old and change.old.physical_id != change.new.physical_id:
                yield from self._delete_repeatedly(stack, change.name, change.old)
        yield from self._delete_all(stack, [name for name in stack.deployed if name not in template], patient=True)
        stack.changes = []
        stack.become("UPDATE_COMPLETE")

    def _roll_back(self, stack: Stack) -> Process:
        """Undo an update: what was changed at once, what was made in the cleanup."""
        yield 0.5
        surplus: list[tuple[str, Deployed]] = []
        failed = None
        for change in reversed(stack.changes):
            if change.old is None:
                surplus.append((change.name, change.new))
            elif change.new.child:
                failed = (yield from self._roll_child_back(change)) or failed
            elif change.new.resource.type.startswith("Custom::"):
                failed = (yield from self._restore(stack, change, surplus)) or failed
            else:
                yield change.new.resource.seconds
                stack.deployed[change.name] = change.old
        if failed:
            stack.become("UPDATE_ROLLBACK_FAILED", failed)
            return
        stack.become("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for name, deployed in surplus:
            yield from self._delete_repeatedly(stack, name, deployed)
            if stack.deployed.get(name) is deployed:
                del stack.deployed[name]
        stack.changes = []
        stack.become("UPDATE_ROLLBACK_COMPLETE")

    def _roll_child_back(self, change: Change) -> Process:
        child = change.new.child
        assert child is not None
        if child.status in ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "CREATE_COMPLETE"):
            return None
        child.become("UPDATE_ROLLBACK_IN_PROGRESS")
        yield from self._roll_back(child)
        return None if child.status == "UPDATE_ROLLBACK_COMPLETE" else f"{child.name} is {child.status}"

    def _restore(self, stack: Stack, change: Change, surplus: list[tuple[str, Deployed]]) -> Process:
        """Send the Update that a rollback sends, with the id that CloudFormation may have."""
        old, new = change.old, change.new
        assert old is not None
        known = new.physical_id if change.answered else old.physical_id
        replaced = known != old.physical_id
        wanted = self.rollback_id
        if change.failed and wanted == "none":
            wanted = "old"
        if replaced and wanted == "none":
            stack.deployed[change.name] = old
            surplus.append((change.name, new))
            return None
        sent = known if wanted == "new" else old.physical_id
        type = old.resource.type
        stack.event(change.name, sent, type, "UPDATE_IN_PROGRESS")
        answer = yield from self._ask(stack, "Update", change.name, old.resource, sent, new.resource.properties)
        failed = answer is None or answer.status != "SUCCESS"
        stack.event(
            change.name, answer.physical_id if answer else sent, type, "UPDATE_FAILED" if failed else "UPDATE_COMPLETE"
        )
        if answer is None or answer.status != "SUCCESS":
            return f"{change.name}: {answer.reason if answer else 'no answer'}"
        restored = Deployed(old.resource, answer.physical_id, answer.data)
        stack.deployed[change.name] = restored
        if (
            replaced
            and known != restored.physical_id
            and (not change.failed or self.deletes_failed_id or sent == known)
        ):
            surplus.append((change.name, new))
        if old.physical_id not in (restored.physical_id, known):
            surplus.append((change.name, old))
        return None

    def _delete(self, stack: Stack, reason: str | None) -> Process:
        stack.become("DELETE_IN_PROGRESS", reason)
        yield 0.5
        failed = yield from self._delete_all(stack, list(stack.deployed))
        stack.become("DELETE_FAILED" if failed else "DELETE_COMPLETE", failed)
        return failed

    def _delete_all(self, stack: Stack, names: Iterable[str], patient: bool = False) -> Process:
        """Delete resources, dependents first; return what failed."""
        failed = None
        for name in reversed(list(names)):
            if name not in stack.deployed:
                continue
            delete = self._delete_repeatedly if patient else self._delete_resource
            reason = yield from delete(stack, name, stack.deployed[name])
            if reason is None:
                stack.deployed.pop(name, None)
            failed = reason or failed
        return failed

    def _delete_repeatedly(self, stack: Stack, name: str, deployed: Deployed) -> Process:
        """In a cleanup, CloudFormation tries three times, and then leaves what is left."""
        reason = None
        for _ in range(3):
            reason = yield from self._delete_resource(stack, name, deployed)
            if reason is None:
                return None
        stack.lost.append(name)
        stack.given_up.append(deployed)
        return reason

    # Resources

    def _apply(self, stack: Stack, template: Template) -> Process:
        """Make and change resources, what they depend on first; return what failed."""
        stack.changes, stack.cancel = [], Signal()
        waiting, running, finished = dict(template), dict[str, Change](), set[str]()
        failed = None
        while (waiting or running) and not failed:
            for name in [name for name, resource in waiting.items() if finished.issuperset(resource.after)]:
                change = self._begin(stack, name, waiting.pop(name))
                if change:
                    running[name] = change
                else:
                    finished.add(name)
            if not running:
                continue
            yield _first([*(change.done for change in running.values()), stack.cancel])
            if stack.cancel.fired:
                failed = "Resource creation cancelled"
            for name in [name for name, change in running.items() if change.done.fired]:
                change = running.pop(name)
                finished.add(name)
                failed = change.failed or failed
        for change in running.values():
            self._cancel(stack, change)
        if self.waits_for_cancelled:
            for change in running.values():
                yield change.done
        return failed

    def _cancel(self, stack: Stack, change: Change) -> None:
        change.cancelled = True
        status, what = ("CREATE_FAILED", "creation") if change.old is None else ("UPDATE_FAILED", "update")
        type = change.new.resource.type
        stack.event(change.name, change.new.physical_id, type, status, f"Resource {what} cancelled")
        if change.new.child:
            change.new.child.cancel.fire()

    def _begin(self, stack: Stack, name: str, resource: Resource) -> Change | None:
        """Start to make or to change a resource, if there is something to do."""
        old = stack.deployed.get(name)
        resource = replace(resource, properties=resource.read(resource.properties))
        if old and old.resource.properties == resource.properties and not resource.template and not resource.fails:
            return None
        change = Change(name, old, Deployed(resource, old.physical_id if old else "", child=old.child if old else None))
        stack.changes.append(change)
        stack.deployed[name] = change.new
        if not old:
            change.new.physical_id = f"{stack.name}-{name}-{self._cloud.rng.randrange(16**8):08X}"
        status = "UPDATE_IN_PROGRESS" if old else "CREATE_IN_PROGRESS"
        if resource.template is not None and not old:
            child_name = f"{stack.name}-{name}-{self._cloud.rng.randrange(16**8):08X}"
            change.new.child = self._new(child_name, stack)
            change.new.physical_id = change.new.child.id
        stack.event(name, change.new.physical_id if old or resource.template else "", resource.type, status)
        self._cloud.timeline.spawn(self._carry_out(stack, change))
        return change

    def _carry_out(self, stack: Stack, change: Change) -> Process:
        new, old = change.new, change.old
        if new.child:
            work = self._update if old else self._create
            reason = yield from work(new.child, new.resource.template or {})
            change.failed = f"{change.name} failed: {reason}" if reason else ""
        elif new.resource.type.startswith("Custom::"):
            yield from self._carry_out_custom(stack, change)
        else:
            yield new.resource.seconds
            change.failed = f"{change.name} fails" if new.resource.fails else ""
            if new.resource.made and not old and not change.failed:
                new.resource.made("create")
        if not change.cancelled:
            verb = "UPDATE" if old else "CREATE"
            status, reason = f"{verb}_FAILED" if change.failed else f"{verb}_COMPLETE", change.failed or None
            stack.event(change.name, new.physical_id, new.resource.type, status, reason)
        change.done.fire()

    def _carry_out_custom(self, stack: Stack, change: Change) -> Process:
        new, old = change.new, change.old
        type, before = ("Update", old.resource.properties) if old else ("Create", None)
        answer = yield from self._ask(stack, type, change.name, new.resource, old.physical_id if old else None, before)
        if answer is not None and not (change.cancelled and not self.waits_for_cancelled):
            new.physical_id, new.data, change.answered = answer.physical_id, answer.data, True
        if answer is None:
            change.failed = "CloudFormation did not receive a response from your Custom Resource"
        elif answer.status != "SUCCESS":
            change.failed = f"Received response status [FAILED] from custom resource: {answer.reason}"

    def _delete_resource(self, stack: Stack, name: str, deployed: Deployed) -> Process:
        resource = deployed.resource
        if resource.kept and not ("ROLLBACK" in stack.status and self.deletes_retained):
            stack.event(name, deployed.physical_id, resource.type, "DELETE_SKIPPED")
            return None
        if resource.kept:
            self.deleted_all_the_same.append(deployed)
        stack.event(name, deployed.physical_id, resource.type, "DELETE_IN_PROGRESS")
        reason = None
        if deployed.child:
            reason = yield from self._delete_child(deployed.child)
        elif resource.type.startswith("Custom::"):
            answer = yield from self._ask(stack, "Delete", name, resource, deployed.physical_id)
            if answer is None or answer.status != "SUCCESS":
                reason = f"{name}: {answer.reason if answer else 'no answer'}"
        else:
            yield resource.seconds
            if resource.made and not resource.fails:
                resource.made("delete")
        stack.event(name, deployed.physical_id, resource.type, "DELETE_FAILED" if reason else "DELETE_COMPLETE", reason)
        return reason

    def _delete_child(self, child: Stack) -> Process:
        assert child.parent is not None
        child.asked_to_delete = child.parent.asked_to_delete
        return (yield from self._delete(child, None))

    def _ask(
        self,
        stack: Stack,
        type: str,
        name: str,
        resource: Resource,
        physical_id: str | None = None,
        old: Mapping[str, Any] | None = None,
    ) -> Process:
        """Ask a custom resource for something; return its answer, or None if there is none within the hour."""
        request = Request(
            type,
            f"request-{next(self._requests)}",
            stack,
            name,
            resource.type,
            dict(resource.properties),
            physical_id,
            None if old is None else dict(old),
        )
        if type != "Delete":
            stack.policies = self._cloud.policies()
            stack.allowed = resource.allows(resource.properties)
        self._cloud.framework.serve(request)
        answer: Answer | None = yield request.answered, _ONE_HOUR
        if answer is None:
            self._cloud.log.note(f"CloudFormation has waited an hour for {request.id}")
            stack.lost.append(name)
            if not request.lost:
                self._cloud.framework.late.append(f"{request.id} has no answer within the hour")
            request.lost = True
        return replace(answer) if answer else None


def _first(signals: Iterable[Signal]) -> Signal:
    """Return a signal that fires when the first of several does."""
    first = Signal()
    for signal in signals:
        if signal.fired:
            first.fire()
        signal.waiting.append(first.fire)
    return first
