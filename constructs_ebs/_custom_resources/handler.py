"""A handler: the Lambda functions in a stack that serve a custom resource or an event, their roles and permissions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from .._upstream import LazyModule, acknowledge

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import custom_resources as cr
else:
    lambda_, logs = LazyModule("aws_cdk.aws_lambda"), LazyModule("aws_cdk.aws_logs")
    cr = LazyModule("aws_cdk.custom_resources")

IDS: Mapping[str, str] = {
    "announce_volume": "EbsAnnounceVolume",
    "check_volume": "EbsCheckVolume",
    "create_launch_template_version": "EbsCreateLaunchTemplateVersion",
    "register_image": "EbsRegisterImage",
    "replace_root_volume": "EbsReplaceRootVolume",
    "wait_for_volume": "EbsWaitForVolume",
    "watch_volume": "EbsWatchVolume",
}
"""The name of each handler in ids and types of templates. It never changes, whatever the folder is called."""

_HANDLERS = Path(__file__).parent.parent / "handlers"
_RUNTIME = "python3.14"  # The newest, 2026-11-23: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
BEFORE_UPSTREAM = 100  # AspectPriority.MUTATING, 200, is when a role splits a policy that is too large for it

_WILDCARDS = {
    "image/*": "an image has no id before it is made: a condition asks for the tag of this stack",
    "snapshot/*": "a snapshot has no id before it is made: a condition asks for the tag of this stack",
    "replace-root-volume-task/*": "a task has no id before it is made: a condition asks for the tag of this stack",
    "volume/*": "the volume that replaces another has no id before it is made",
    "launch-template/*": "an update narrows this policy before the versions that it replaced are deleted; and a launch "
    "template that is given by its name has no id here",
}
"""Why a statement is about all resources of a kind."""


class Handler(Construct):
    """A handler of the stack: its role, its functions, and a log group that is deleted with the stack."""

    service_token: str | None = None
    """What custom resources name, once there is a provider."""

    def __init__(self, stack: cdk.Stack, handler: str) -> None:
        super().__init__(stack, IDS[handler])
        self._handler = handler
        days, destroy = logs.RetentionDays.ONE_MONTH, cdk.RemovalPolicy.DESTROY
        self._logs = logs.LogGroup(self, "Logs", retention=days, removal_policy=destroy)
        self.role = self._make_role("Role")
        self.permissions = _Permissions(self.role)

    @classmethod
    def of(cls, construct: Construct, handler: str) -> tuple[Handler, bool]:
        """Return the stack's handler of that name, and whether it is new."""
        stack = cdk.Stack.of(construct)
        found = stack.node.try_find_child(IDS[handler])
        return (found, False) if isinstance(found, Handler) else (cls(stack, handler), True)

    def make_function(self, id: str, entry: str, environment: Mapping[str, str] | None = None) -> Any:
        """Make a function that calls ``entry``; pyright does not accept it as an IFunction."""
        return lambda_.Function(
            self,
            id,
            description=f"{self._handler}: {entry}",
            runtime=lambda_.Runtime(_RUNTIME, lambda_.RuntimeFamily.PYTHON),
            code=lambda_.Code.from_asset(str(_HANDLERS / self._handler), exclude=["__pycache__"]),
            handler=f"index.{entry}",
            timeout=cdk.Duration.minutes(14),  # the framework's functions have 15
            memory_size=256,
            log_group=self._logs,
            role=cast("Any", self.role),
            environment=environment,
        )

    def make_provider(self, wildcards: Mapping[str, str]) -> None:
        """Make the functions that serve custom resources, and the provider framework that waits for them."""
        functions, waiting = [], {}
        if "def is_complete(" in (_HANDLERS / self._handler / "index.py").read_text(encoding="utf-8"):
            functions = [self.make_function("IsComplete", "is_complete")]
            waiting = {
                "is_complete_handler": functions[0],
                "framework_complete_and_timeout_role": self._make_role("FrameworkWaiterRole"),
                "query_interval": cdk.Duration.seconds(10),
                "total_timeout": cdk.Duration.minutes(55),  # CloudFormation waits an hour
                "disable_waiter_state_machine_logging": True,  # its only step is a function, with logs of its own
            }
        functions.append(self.make_function("OnEvent", "on_event"))
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=functions[-1],
            framework_on_event_role=cast("Any", self._make_role("FrameworkRole")),
            log_group=self._logs,
            **waiting,
        )
        self.service_token = provider.service_token
        acknowledge(provider, {"L1": "CDK chooses the runtime of its provider framework"})
        framework = [child for child in provider.node.children if isinstance(child, lambda_.Function)]
        self.acknowledge([*functions, *framework], wildcards)

    def acknowledge(self, functions: Sequence[lambda_.Function], wildcards: Mapping[str, str]) -> None:
        """Give cdk-nag's AwsSolutions pack the reason for each thing that it finds here."""
        stack, versions = cdk.Stack.of(self), "CDK lets what calls a function call any version of it"
        reasons = {
            "*": "neither EC2 where it describes things nor CloudWatch's metrics have permissions for single resources",
            **{arn(stack, kind): reason for kind, reason in _WILDCARDS.items()},
            **{f"{function.function_arn}:*": versions for function in functions},
            **wildcards,
        }
        resources = map(_shown, stack.resolve([*reasons]))
        rules = {
            **{f"IAM5[Resource::{resource}]": why for resource, why in zip(resources, reasons.values(), strict=True)},
            "SF1": "the only steps that do something are of a function, which has a log",
            "SF2": "the only steps that do something are of a function, which is called until something is complete",
        }
        acknowledge(self, rules)

    def _make_role(self, id: str) -> iam.Role:
        role = iam.Role(self, id, assumed_by=cast("Any", iam.ServicePrincipal("lambda.amazonaws.com")))
        self._logs.grant_write(role)
        return role


@jsii.implements(cdk.IAspect)
class _Permissions:
    """Collects what several constructs need of one role, and adds it to the role at synthesis, sorted.

    A role's policy keeps, merges and splits statements in the order in which they were added. Sorting makes the
    template independent of the order in which constructs are made.
    """

    def __init__(self, role: iam.Role) -> None:
        self._role, self._statements = role, list[iam.PolicyStatement]()
        cdk.Aspects.of(role).add(cast("Any", self), priority=BEFORE_UPSTREAM)

    def add(self, statements: Iterable[iam.PolicyStatement]) -> None:
        """Add statements to the role; equal statements are added once."""
        self._statements += statements

    def visit(self, node: IConstruct) -> None:
        """Add all statements when CDK visits the role, which it visits first."""
        statements, self._statements = self._statements, []
        texts = cdk.Stack.of(node).resolve([statement.to_json() for statement in statements]) if statements else []
        keys = [json.dumps(text, sort_keys=True) for text in texts]
        for _, statement in sorted(dict(zip(keys, statements, strict=True)).items()):
            self._role.add_to_policy(statement)


def arn(stack: cdk.Stack, resource: str) -> str:
    """Return the ARN of an EC2 resource; ARNs of images and snapshots name no account."""
    account = "" if resource.startswith(("image/", "snapshot/")) else stack.account
    return f"arn:{stack.partition}:ec2:{stack.region}:{account}:{resource}"


def _shown(value: Any) -> str:
    """Return a resolved string as cdk-nag shows it."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return "".join(_shown(part) for part in argument[1])
    return f"<{argument if function == 'Ref' else '.'.join(argument)}>"
