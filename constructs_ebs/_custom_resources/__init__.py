"""Custom resources: what stands behind constructs for which CloudFormation has no resource type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from .. import _upstream
from ..core import limits
from ..core.findings import Finding
from ..core.rules import find

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import custom_resources as cr
else:
    lambda_ = _upstream.LazyModule("aws_cdk.aws_lambda")
    logs = _upstream.LazyModule("aws_cdk.aws_logs")
    cr = _upstream.LazyModule("aws_cdk.custom_resources")

_WILDCARDS = {
    "image/*": "an image has no id before it is made: a condition asks for the tag of this stack",
    "snapshot/*": "a snapshot has no id before it is made: a condition asks for the tag of this stack",
    "replace-root-volume-task/*": "a task has no id before it is made: a condition asks for the tag of this stack",
    "volume/*": "the volume that replaces another has no id before it is made",
    "launch-template/*": "an update narrows this policy before the versions that it replaced are deleted; and a launch "
    "template that is given by its name has no id here",
}
"""Why a statement is about all resources of a kind."""

_NAMED = {
    "instance": ("an ec2.IInstance", "i"),
    "launch_template": ("an ec2.ILaunchTemplate", "lt"),
    "machine_image": ("an AMI that is known at deployment, not at launch", "ami"),
    "volume": ("an ec2.IVolume", "vol"),
}
_STACK_TAG = "constructs-ebs:stack"  # as in the handlers
_HANDLERS = Path(__file__).parent.parent / "handlers"
_RUNTIME = "python3.14"  # The newest, 2026-11-23: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"  # Validations.ACKNOWLEDGED_RULES_METADATA_KEY, which takes a call to read


def custom_resource(
    construct: Construct,
    handler: str,
    properties: Mapping[str, Any],
    statements: Iterable[iam.PolicyStatement],
    own: Sequence[iam.PolicyStatement] = (),
    removal_policy: cdk.RemovalPolicy | None = None,
    wildcards: Mapping[str, str] | None = None,
) -> cdk.CustomResource:
    """Make the resource, served by the stack's one handler of that name, and allow that handler what it needs.

    ``own`` statements are about things that the resource names: of one in the template, which may itself depend on what
    the same handler makes, nothing else must depend. ``wildcards`` says why some resources are all of a kind, beside
    the ones above.
    """
    name, stack = _name(handler), cdk.Stack.of(construct)
    provider = stack.node.try_find_child(name) or _provider(stack, name, handler, wildcards or {})
    role = cast("iam.Role", provider.node.find_child("Role"))
    apart = [statement for statement in own if _refers(stack, statement)]
    for statement in [*statements, *(one for one in own if one not in apart)]:
        role.add_to_policy(statement)
    token = cast("cr.Provider", provider.node.find_child("Provider")).service_token
    resource = cdk.CustomResource(
        construct,
        "Resource",
        service_token=token,
        resource_type=f"Custom::{name}",
        properties=properties,
        removal_policy=removal_policy,
    )
    resource.node.add_dependency(role)  # with its policy: a handler that exists may be asked for something new
    if apart:
        policy = iam.Policy(construct, "Policy", statements=apart, roles=[cast("Any", role)])
        resource.node.add_dependency(policy)
    return resource


def _refers(stack: cdk.Stack, statement: iam.PolicyStatement) -> bool:
    """Tell whether a statement is about a resource or parameter of the template."""
    resources = json.dumps(stack.resolve(statement.resources))
    return "Fn::GetAtt" in resources or re.search(r'"Ref": "(?!AWS::)', resources) is not None


def allow(
    construct: Construct, actions: Sequence[str], *resources: str, where: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    """Allow actions of EC2 on resources in the stack's Region, on all if none are named, where keys have values."""
    stack = cdk.Stack.of(construct)
    return iam.PolicyStatement(
        actions=[f"ec2:{action}" for action in actions],
        resources=[_arn(stack, resource) for resource in resources] or ["*"],
        conditions={"StringEquals": where} if where else None,
    )


def _arn(stack: cdk.Stack, resource: str) -> str:
    """Return the ARN of a resource of EC2; those of images and snapshots name no account."""
    account = "" if resource.startswith(("image/", "snapshot/")) else stack.account
    return f"arn:{stack.partition}:ec2:{stack.region}:{account}:{resource}"


def instance_id(instance: ec2.IInstance | ec2.Instance | str) -> str:
    """Return an instance's id: upstream has no way to import an instance."""
    return instance if isinstance(instance, str) else instance.instance_id


def requested(construct: Construct) -> dict[str, str]:
    """The condition that what is made gets the stack's tag."""
    return {f"aws:RequestTag/{_STACK_TAG}": cdk.Stack.of(construct).stack_id}


def owned(construct: Construct) -> dict[str, str]:
    """The condition that a thing has the stack's tag: a handler may touch nothing else."""
    return {f"aws:ResourceTag/{_STACK_TAG}": cdk.Stack.of(construct).stack_id}


def check_named(**given: object) -> list[Finding]:
    """An instance, a volume or a launch template is a construct, or an id."""
    problems = []
    for name, value in given.items():
        kind, prefix = _NAMED[name]
        expected = f"{kind}, or an id like {prefix}-0123456789abcdef0"
        problems += _upstream.check_text("ResourceIdMalformed", name, value, limits.resource_id(prefix), expected)
        if getattr(value, "snapshot_id", "") is None:
            problems.append(find("NothingToInitialize", prop=name))
    return problems


def check_removal(policy: object) -> Iterator[Finding]:
    """CloudFormation takes no snapshots of custom resources."""
    if policy is cdk.RemovalPolicy.SNAPSHOT:
        yield find("RemovalPolicyNotSupported", prop="removal_policy", got=policy)


def check_tags(tags: object, prop: str = "tags") -> Iterator[Finding]:
    """Tags are a dict of strings, such as EC2 takes them."""
    if tags is None:
        return
    if not isinstance(tags, Mapping) or not all(isinstance(text, str) for tag in tags.items() for text in tag):
        fix = 'give {"key": "value"}'
        yield find("WrongType", ("Tags",), prop=prop, expected="a dict of strings", got=tags, fix=fix)
        return
    if len(tags) > limits.TAGS:
        yield find("TagsTooMany", ("Tags",), prop=prop, max=limits.TAGS, got=len(tags))
    for key, value in tags.items():
        if not _upstream.is_token(key) and not re.fullmatch(limits.TAG_KEY, key, re.DOTALL):
            yield find("TagKeyMalformed", ("Tags",), prop=prop, max=limits.TAG_KEY_LENGTH, got=key)
        if not _upstream.is_token(value) and len(value) > limits.TAG_VALUE_LENGTH:
            yield find("TagValueTooLong", ("Tags",), prop=f"{prop}[{key!r}]", max=limits.TAG_VALUE_LENGTH, got=value)


def tag_manager(type: str, tags: Mapping[str, str] | None) -> cdk.TagManager:
    """Return a holder of tags, its own before those of ``cdk.Tags``."""
    manager = cdk.TagManager(cdk.TagType.KEY_VALUE, type)
    for key, value in (tags or {}).items():
        manager.set_tag(key, value, 200)  # Tags.of(...) has 100
    return manager


def handler_function(
    construct: Construct,
    handler: str,
    entry: str,
    statements: Iterable[iam.PolicyStatement],
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Make a handler's function that no custom resource calls, one for the stack, and allow it what it needs.

    Returns:
        The function, which pyright takes for no IFunction. Its scope is the handler's own.
    """
    name, stack = _name(handler), cdk.Stack.of(construct)
    scope = stack.node.try_find_child(name)
    if scope is None:
        scope = _scope(stack, name)
        role = _role(scope, "Role")
        for statement in statements:
            role.add_to_policy(statement)
        function = _function(scope, "Function", handler, entry, role, environment)
        _acknowledge(stack, scope, [function], {})
    return scope.node.find_child("Function")


def _name(handler: str) -> str:
    return "Ebs" + handler.title().replace("_", "")


def _scope(stack: cdk.Stack, id: str) -> Construct:
    """Make the scope of a handler, with the group that all of its functions log to."""
    scope = Construct(stack, id)
    logs.LogGroup(scope, "Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=cdk.RemovalPolicy.DESTROY)
    return scope


def _logs(scope: Construct) -> logs.LogGroup:
    return cast("logs.LogGroup", scope.node.find_child("Logs"))


def _role(scope: Construct, id: str) -> iam.Role:
    made = iam.Role(scope, id, assumed_by=cast("Any", iam.ServicePrincipal("lambda.amazonaws.com")))
    _logs(scope).grant_write(made)
    return made


def _function(
    scope: Construct, id: str, handler: str, entry: str, role: iam.Role, environment: Mapping[str, str] | None = None
) -> Any:  # a Function, which pyright takes for no IFunction
    return lambda_.Function(
        scope,
        id,
        description=f"{handler}: {entry}",
        runtime=lambda_.Runtime(_RUNTIME, lambda_.RuntimeFamily.PYTHON),
        code=lambda_.Code.from_asset(str(_HANDLERS / handler), exclude=["__pycache__"]),
        handler=f"index.{entry}",
        timeout=cdk.Duration.minutes(14),  # the framework's functions have 15
        memory_size=256,
        log_group=_logs(scope),
        role=cast("Any", role),
        environment=environment,
    )


def _provider(stack: cdk.Stack, id: str, handler: str, wildcards: Mapping[str, str]) -> Construct:
    """Make a handler's functions with their roles, and the provider framework that waits for what they start."""
    scope = _scope(stack, id)
    handlers_role = _role(scope, "Role")
    waiting: dict[str, Any] = {}
    if "def is_complete(" in (_HANDLERS / handler / "index.py").read_text(encoding="utf-8"):
        waiting = {
            "is_complete_handler": _function(scope, "IsComplete", handler, "is_complete", handlers_role),
            "framework_complete_and_timeout_role": _role(scope, "FrameworkWaiterRole"),
            "query_interval": cdk.Duration.seconds(10),
            "total_timeout": cdk.Duration.minutes(55),  # CloudFormation waits an hour
            "disable_waiter_state_machine_logging": True,  # its only step is a function, with logs of its own
        }
    provider = cr.Provider(
        scope,
        "Provider",
        on_event_handler=_function(scope, "OnEvent", handler, "on_event", handlers_role),
        framework_on_event_role=cast("Any", _role(scope, "FrameworkRole")),
        log_group=_logs(scope),
        **waiting,
    )
    node = provider.node
    framework = [child for child in node.children if isinstance(child, lambda_.Function)]
    node.add_metadata(_ACKNOWLEDGED, {"AwsSolutions-L1": "CDK chooses the runtime of its provider framework"})
    functions = [child for child in scope.node.children if isinstance(child, lambda_.Function)]
    _acknowledge(stack, scope, [*functions, *framework], wildcards)
    return scope


def _acknowledge(
    stack: cdk.Stack, scope: Construct, functions: Sequence[lambda_.Function], wildcards: Mapping[str, str]
) -> None:
    """Say to cdk-nag's AwsSolutions pack why things are as they are.

    This writes what cdk-nag reads, in one call: ``Validations.acknowledge`` takes several for each rule, and up to
    aws-cdk-lib 2.268 it refuses the ids of these.
    """
    reasons = {
        "*": "neither EC2 where it describes things nor CloudWatch's metrics have permissions for single resources",
        **{_arn(stack, kind): reason for kind, reason in _WILDCARDS.items()},
        **{
            f"{function.function_arn}:*": "CDK lets what calls a function call any version of it"
            for function in functions
        },
        **wildcards,
    }
    resources = map(_shown, stack.resolve([*reasons]))
    acknowledged = {
        **{f"IAM5[Resource::{resource}]": why for resource, why in zip(resources, reasons.values(), strict=True)},
        "SF1": "the only steps that do something are of a function, which has a log",
        "SF2": "the only steps that do something are of a function, which is called until something is complete",
    }
    scope.node.add_metadata(_ACKNOWLEDGED, {f"AwsSolutions-{rule}": reason for rule, reason in acknowledged.items()})


def _shown(value: Any) -> str:
    """Return a resolved string as cdk-nag shows it."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return "".join(_shown(part) for part in argument[1])
    return f"<{argument if function == 'Ref' else '.'.join(argument)}>"
