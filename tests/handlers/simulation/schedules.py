"""What a team does with its stack, by seed, and what is wrong in the end."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from .cloud import Cloud
from .cloudformation import Resource, Stack, Template
from .faults import KINDS as FAULTS
from .faults import PERMANENT
from .kinds import KINDS, Kind, Living, Properties
from .report import Log
from .timeline import Process

_PLACES = ("before", "beside", "beside", "after", "after")
_SECRETS = ("SECRET-SIGNATURE", "U0VDUkVULVVTRVItREFUQQ", "SECRET-USER-DATA")
_DENIABLE = (
    "RegisterImage", "CreateImage", "DeregisterImage", "CreateLaunchTemplateVersion", "DeleteLaunchTemplateVersions",
    "ModifyLaunchTemplate", "CreateReplaceRootVolumeTask", "StartExecution", "StopExecution", "DescribeImages",
    "DescribeLaunchTemplateVersions", "DescribeVolumeStatus", "DescribeInstances", "CreateTags",
)  # fmt: skip


@dataclass
class Verdict:
    """What came of a schedule."""

    kind: str
    seed: int
    faults: tuple[str, ...]
    wrong: list[str] = field(default_factory=list)
    log: Log | None = None
    happened: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.log.lines) if self.log else 0

    def __str__(self) -> str:
        wrong = "\n".join(f"  WRONG: {text}" for text in self.wrong)
        faults = ", ".join(self.faults) or "none"
        return f"{self.kind}, seed {self.seed}, faults: {faults}\n{self.log and self.log.text()}\n{wrong}"


def simulate(kind: str, seed: int, handlers: Path, faults: tuple[str, ...] | None = None) -> Verdict:
    """Run a schedule and judge it."""
    rng = random.Random(f"{kind} {seed}")
    if faults is None:
        faults = tuple(sorted(rng.sample(sorted(FAULTS), rng.choice((0, 1, 1, 2, 2, 3, 5, 8)))))
    cloud = Cloud(rng.randrange(2**32), faults, handlers)
    cloud.faults.calm = True  # while what others have was made long ago
    schedule = Schedule(cloud, KINDS[kind](cloud))
    cloud.faults.calm = False
    with cloud.lambdas.deployed(seed):
        done = cloud.timeline.spawn(schedule.story())
        cloud.timeline.run()
        if not done.fired:
            schedule.wrong.append("the story never ended")
        schedule.judge()
    return Verdict(kind, seed, faults, schedule.wrong, cloud.log, set(cloud.faults.happened))


class Schedule:
    """A team, its stack, and perhaps a second stack of the same template."""

    def __init__(self, cloud: Cloud, kind: Kind) -> None:
        self.cloud, self.kind, self.rng = cloud, kind, cloud.rng
        self.wrong: list[str] = []
        self.nested = self.rng.random() < 0.35
        self.properties: Properties = {}
        self.removed = False
        """Whether the stack is deployed without our resource."""
        self.failed: Properties | None = None
        """What the last update asked for in vain."""
        self.stack: Stack | None = None
        self.neighbour: Stack | None = None
        cloud.framework.listener = kind.answered

    # The story

    def story(self) -> Process:
        rng, cloud = self.rng, self.cloud
        self.properties = self.kind.properties()
        if rng.random() < 0.25:
            cloud.faults.calm = True
            cloud.log.note("a neighbour deploys the same template under another name")
            self.kind.began(None)  # type: ignore[arg-type]
            self.neighbour = yield from cloud.cloudformation.create(
                "Neighbour", self.template(self.properties, "", "Neighbour")
            )
            self.kind.ended(self.neighbour, self.living(), True, "deploy")
            cloud.faults.calm = False
            yield 300
        if cloud.faults.on("denied"):
            for action in rng.sample(_DENIABLE, 3):
                cloud.faults.deny(action)
            cloud.timeline.after(rng.uniform(100, 4000), cloud.faults.denied.clear)
        yield from self.first()
        for _ in range(rng.choice((0, 1, 1, 2))):
            if self.stack and self.stack.status.endswith("_COMPLETE"):
                yield from self.update(rng.choice(("", "", "beside", "after")))
                yield rng.choice((0, 5, 60, 400))
        if rng.random() < 0.45 and self.stack:
            yield from self.delete()
        yield from self.settle()

    def first(self) -> Process:
        """Deploy until it works; some deployments fail because of something else."""
        rng = self.rng
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            if rng.random() < 0.2:
                self.properties = self.kind.change(self.properties)
            yield from self.create(rng.choice(_PLACES), rng.choice(("ROLLBACK", "ROLLBACK", "DELETE", "DO_NOTHING")))
            yield from self.clear()
            yield rng.choice((0, 10, 200))
        for attempt in range(3):
            if attempt == 2:
                self.calm()
                yield 1200
            if (yield from self.create("", "ROLLBACK")):
                return
            yield from self.clear()
        self.wrong.append("the stack cannot be created, though nothing goes wrong any more")

    def create(self, fails: str, on_failure: str) -> Process:
        cloud = self.cloud
        cloud.log.note(f"the team deploys{f', and something fails {fails}, {on_failure}' if fails else ''}")
        self.kind.began(None)  # type: ignore[arg-type]
        self.properties = self.kind.renewed(self.properties)
        self.stack = yield from cloud.cloudformation.create(
            "Restore", self.template(self.properties, fails, "Restore"), on_failure
        )
        assert self.stack
        success = self.stack.status == "CREATE_COMPLETE"
        if not success and not fails:
            self.excuse("the creation")
        if on_failure != "DO_NOTHING" or success:
            self.kind.ended(self.stack, self.living(), success, "deploy")
        return success

    def clear(self) -> Process:
        """Delete what a failed creation left of the stack, as the CDK CLI does before it deploys again."""
        assert self.stack
        if self.stack.status != "DELETE_COMPLETE":
            asked = self.stack.status in ("CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED")
            yield from self.delete("delete" if asked else "clear")

    def update(self, fails: str) -> Process:
        cloud, stack = self.cloud, self.stack
        assert stack
        again = self.failed is not None and self.rng.random() < 0.5
        properties = self.failed if again and self.failed else self.kind.change(self.properties)
        self.failed = None
        if self.removed and self.rng.random() < 0.5:
            properties = self.properties
        properties = self.kind.renewed(properties)
        removes = not self.removed and self.rng.random() < 0.15
        what = "takes ours out" if removes else "puts ours in again" if self.removed else "updates"
        cloud.log.note(f"the team {what}{f', and something fails {fails}' if fails else ''}")
        self.kind.began(stack)
        template = self.template(properties, fails, "Restore", removes)
        success = yield from cloud.cloudformation.update(stack, template)
        if success:
            self.properties = self.properties if removes else properties
            self.removed = removes
        else:
            self.failed = None if removes else properties
            if not fails:
                self.excuse("the update")
            for attempt in range(3):
                if stack.status != "UPDATE_ROLLBACK_FAILED":
                    break
                if attempt == 0:
                    self.excuse("the rollback")
                if attempt == 2:
                    self.calm()
                yield 60
                cloud.log.note("the team continues the rollback")
                yield from cloud.cloudformation.continue_rollback(stack)
            else:
                if stack.status == "UPDATE_ROLLBACK_FAILED":
                    self.wrong.append("the rollback fails for ever")
        self.kind.ended(stack, self.living(), success, "remove" if removes else "deploy")
        return success

    def delete(self, planned: str = "delete") -> Process:
        cloud, stack = self.cloud, self.stack
        assert stack
        self.kind.began(stack)
        for attempt in range(3):
            cloud.log.note("the team deletes the stack")
            if attempt == 2:
                self.calm()
            if (yield from cloud.cloudformation.delete(stack)):
                break
            if attempt == 0:
                self.excuse("the deletion")
        else:
            self.wrong.append("the stack cannot be deleted, though nothing goes wrong any more")
        self.kind.ended(stack, self.living(), True, planned)
        self.stack, self.removed = None, False

    def settle(self) -> Process:
        """Let nothing go wrong any more, and give what is unknown the next event that it needs."""
        self.calm()
        self.cloud.log.note("from here on nothing goes wrong")
        yield 1800
        stack = self.stack
        if stack and stack.living and (self.unknown(stack) or self.rng.random() < 0.3):
            if not (yield from self.update("")):
                self.wrong.append("the stack cannot be updated, though nothing goes wrong any more")
            yield 1800

    def calm(self) -> None:
        self.cloud.faults.calm = True
        self.cloud.faults.denied.clear()

    # The template

    def template(self, properties: Properties, fails: str, root: str, removes: bool = False) -> Template:
        rng = self.rng
        if "RootStackName" in properties:
            properties = {**properties, "RootStackName": root}
        if "Name" in properties.get("Request", {}):
            properties = {
                **properties,
                "Request": {**properties["Request"], "Name": f"{root} {properties['Request']['Name']}"},
            }
        if "Alarm" in properties:
            properties = {**properties, "Alarm": f"{root}-Late"}
        outside = rng.random() < 0.5 if self.nested else False
        inner = self._inner(properties, "" if outside else fails, root)
        if removes:
            del inner["Ours"]
            inner = {name: replace(resource, after=()) for name, resource in inner.items()}
        if not self.nested:
            return inner
        template: Template = {"Child": Resource("AWS::CloudFormation::Stack", template=inner)}
        after = {"before": (), "beside": (), "after": ("Child",)}.get(fails if outside else "", ())
        seconds = rng.uniform(1, 60) if fails == "beside" else 1
        template["Sibling"] = Resource("AWS::SQS::Queue", after=after, fails=bool(outside and fails), seconds=seconds)
        if fails == "before" and outside:
            template["Child"] = Resource("AWS::CloudFormation::Stack", template=inner, after=("Sibling",))
        return template

    def _inner(self, properties: Properties, fails: str, root: str) -> Template:
        rng = self.rng
        template: Template = {**self.kind.beside(root)}
        first = Resource("AWS::IAM::Policy", fails=fails == "before", seconds=2)
        template["Policy"] = first
        kept = properties.get("Retain") == "true"
        template["Ours"] = Resource(self.kind.type, properties, tuple(template), kept=kept, allows=self.kind.allows)
        template["Ours"] = replace(template["Ours"], read=functools.partial(self.kind.read, root=root))
        if fails == "beside":
            template["Beside"] = Resource(
                "AWS::SQS::Queue", fails=True, seconds=rng.choice((2.5, 5, 15, 40, 150)) * rng.uniform(0.8, 1.6)
            )
        if fails == "after":
            template["After"] = Resource("AWS::SQS::Queue", after=("Ours",), fails=True, seconds=rng.uniform(0, 5))
        return template

    # The end

    def living(self) -> Living:
        """Return the custom resources of the stacks that exist."""
        return [
            (stack, name, deployed)
            for stack in self.cloud.cloudformation.stacks.values()
            if stack.living
            for name, deployed in stack.deployed.items()
            if deployed.resource.type == self.kind.type
        ]

    def unknown(self, stack: Stack) -> bool:
        """Tell whether CloudFormation does not know what a resource is."""
        return any(found.lost for found in self.cloud.cloudformation.stacks.values() if found.root is stack)

    def excuse(self, what: str) -> None:
        """An operation failed: that is wrong unless something happened by which it may."""
        excuses = PERMANENT | {"others"}
        if not excuses & set(self.cloud.faults.happened):
            self.wrong.append(f"{what} failed without a reason, at {self.cloud.timeline.elapsed:.0f}")

    def judge(self) -> None:
        living = self.living()
        self.wrong += self.kind.wrong(living)
        shown = self.cloud.lambdas.printed.getvalue() + "\n".join(self.cloud.lambdas.errors)
        self.wrong += [f"{secret!r} is printed" for secret in _SECRETS if secret in shown]
        for text in self.cloud.framework.late:
            self.wrong.append(text)
