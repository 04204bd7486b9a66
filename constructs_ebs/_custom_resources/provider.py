"""The one provider of a stack: the Lambda functions that serve its custom resources, their role and its permissions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from .._upstream import LazyModule, acknowledge
from ..core.cloudformation.custom_resources import PROVIDER

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import custom_resources as cr
else:
    lambda_, logs = LazyModule("aws_cdk.aws_lambda"), LazyModule("aws_cdk.aws_logs")
    cr = LazyModule("aws_cdk.custom_resources")

_ASSET: Final = Path(__file__).parent.parent
_EXCLUDED: Final = ["*", "!handlers", "!handlers/*.py"]
_RUNTIME = "python3.14"  # The newest, 2026-11-23: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
BEFORE_UPSTREAM = 100  # AspectPriority.MUTATING, 200, is when a role splits a policy that is too large for it

_WILDCARDS = {
    "image/*": "an image has no id before it is made: a condition asks for the tag of this stack",
    "snapshot/*": "a snapshot has no id before it is made: a condition asks for the tag of this stack",
    "replace-root-volume-task/*": "a task has no id before it is made: a condition asks for a tag of this stack",
    "volume/*": "the volume that replaces another has no id before it is made",
    "launch-template/*": "an update narrows this policy before the versions that it replaced are deleted; and a launch "
    "template that is given by its name has no id here",
}
"""Why a statement is about all resources of a kind."""


class Provider(Construct):
    """The provider of a stack, on CDK's provider framework: five functions, whatever they serve."""

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(stack, PROVIDER)
        days, destroy = logs.RetentionDays.ONE_MONTH, cdk.RemovalPolicy.DESTROY
        self._logs = logs.LogGroup(self, "Logs", retention=days, removal_policy=destroy)
        self.role = self._make_role("Role")
        self._permissions = _Permissions(self.role)
        self._reasons: dict[str, str] = {}
        # Not its stack_id: that of a nested stack is a reference in the stack around it, which would depend on itself.
        stacks = [cdk.ScopedAws(ancestor).stack_id for ancestor in _ancestors(stack)]
        seen = ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"]
        self.allow([iam.PolicyStatement(actions=seen, resources=stacks)], {})
        self.service_token = self._make()

    @classmethod
    def of(cls, construct: Construct) -> Provider:
        """Return the stack's provider; make it if there is none."""
        stack = cdk.Stack.of(construct)
        found = stack.node.try_find_child(PROVIDER)
        return found if isinstance(found, Provider) else cls(stack)

    def allow(self, statements: Iterable[iam.PolicyStatement], wildcards: Mapping[str, str]) -> None:
        """Let the functions do something. ``wildcards`` holds the reason for each further ``*`` in their policy."""
        self._permissions.add(statements)
        if new := {text: reason for text, reason in wildcards.items() if text not in self._reasons}:
            self._reasons |= new
            acknowledge_wildcards(self, new)

    def _make(self) -> str:
        """Make the functions, and return what custom resources name."""
        functions = [self._make_function("OnEvent", "on_event"), self._make_function("IsComplete", "is_complete")]
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=functions[0],
            is_complete_handler=functions[1],
            framework_on_event_role=cast("Any", self._make_role("FrameworkRole")),
            framework_complete_and_timeout_role=cast("Any", self._make_role("FrameworkWaiterRole")),
            query_interval=cdk.Duration.seconds(10),
            total_timeout=cdk.Duration.minutes(55),  # CloudFormation waits an hour
            disable_waiter_state_machine_logging=True,  # its only step is a function, with logs of its own
            log_group=self._logs,
        )
        acknowledge(provider, {"L1": "CDK chooses the runtime of its provider framework"})
        acknowledge(
            self,
            {
                "SF1": "the only step that does something is a function, which has a log",
                "SF2": "the only step that does something is a function, which is called until something is complete",
            },
        )
        framework = [child for child in provider.node.children if isinstance(child, lambda_.Function)]
        self._let_into_network([*functions, *framework])
        versions = "CDK lets what calls a function call any version of it"
        calls = {f"{function.function_arn}:*": versions for function in [*functions, *framework]}
        stack = cdk.Stack.of(self)
        described = (
            "neither EC2 where it describes things nor CloudWatch's metrics have permissions for single resources"
        )
        kinds = {arn(stack, kind): reason for kind, reason in _WILDCARDS.items()}
        acknowledge_wildcards(self, {"*": described, **kinds, **calls})
        return str(provider.service_token)

    def _make_function(self, id: str, entry: str) -> Any:
        """Make a function that calls ``entry``; pyright does not accept it as an IFunction."""
        return lambda_.Function(
            self,
            id,
            description=f"Custom resources of constructs_ebs: {entry}",
            runtime=lambda_.Runtime(_RUNTIME, lambda_.RuntimeFamily.PYTHON),
            code=lambda_.Code.from_asset(str(_ASSET), exclude=_EXCLUDED),
            handler=f"handlers.index.{entry}",
            timeout=cdk.Duration.minutes(14),  # the framework's functions have 15
            memory_size=256,
            log_group=self._logs,
            role=cast("Any", self.role),
        )

    def _let_into_network(self, functions: Iterable[Any]) -> None:
        """Let functions into the VPC of a property injector, which CDK allows to none but the roles that it makes."""
        policy = "service-role/AWSLambdaVPCAccessExecutionRole"
        for function in functions:
            if function.is_bound_to_vpc:
                function.role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(policy))
                shown = f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]"
                acknowledge(self, {shown: "AWS documents this policy as the one for functions in a VPC"})

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


def acknowledge_wildcards(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Give cdk-nag's AwsSolutions pack the reason for each ``*`` in a policy below a construct."""
    resources = map(_shown, cdk.Stack.of(construct).resolve([*reasons]))
    named = zip(resources, reasons.values(), strict=True)
    acknowledge(construct, {f"IAM5[Resource::{resource}]": reason for resource, reason in named})


def arn(stack: cdk.Stack, resource: str) -> str:
    """Return the ARN of an EC2 resource; ARNs of images and snapshots name no account."""
    account = "" if resource.startswith(("image/", "snapshot/")) else stack.account
    return f"arn:{stack.partition}:ec2:{stack.region}:{account}:{resource}"


def _ancestors(stack: cdk.Stack | None) -> Iterator[cdk.Stack]:
    """Yield a stack and those that it is nested in."""
    while stack is not None:
        yield stack
        stack = stack.nested_stack_parent


def _shown(value: Any) -> str:
    """Return a resolved string as cdk-nag shows it."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return "".join(_shown(part) for part in argument[1])
    return f"<{argument if function == 'Ref' else '.'.join(argument)}>"
