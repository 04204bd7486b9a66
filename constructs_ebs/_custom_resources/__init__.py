"""Custom resources, for constructs without a resource type in CloudFormation: resource, permissions and checks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from .. import _upstream
from ..core import limits
from ..core.findings import Finding
from ..core.rules import find
from ..handlers.requests import MARK, STACK
from .provider import Provider, arn

_NAMED = {
    "instance": ("an ec2.IInstance", "i"),
    "launch_template": ("an ec2.ILaunchTemplate", "lt"),
    "machine_image": ("an AMI that is known at deployment, not at launch", "ami"),
    "volume": ("an ec2.IVolume", "vol"),
}


def custom_resource(
    construct: Construct,
    resource_type: str,
    properties: Mapping[str, Any],
    statements: Iterable[iam.PolicyStatement],
    own: Sequence[iam.PolicyStatement] = (),
    removal_policy: cdk.RemovalPolicy | None = None,
    wildcards: Mapping[str, str] | None = None,
) -> cdk.CustomResource:
    """Make the resource, served by the stack's provider, and allow that what it needs.

    ``own`` statements are about what the resource names. If that is in the same template, it may depend on another
    resource of the provider, so its statement gets a policy that only this resource depends on. ``wildcards`` holds the
    reason for each further ``*`` in the policies.
    """
    provider, stack = Provider.of(construct), cdk.Stack.of(construct)
    apart = [statement for statement in own if _refers(stack, statement)]
    together = [*statements, *(statement for statement in own if statement not in apart)]
    provider.allow(together, wildcards or {})
    resource = cdk.CustomResource(
        construct,
        "Resource",
        service_token=provider.service_token,
        resource_type=resource_type,
        properties=properties,
        removal_policy=removal_policy,
    )
    resource.node.add_dependency(provider.role)  # with its policy: what exists may be asked for something new
    if apart:
        policy = iam.Policy(construct, "Policy", statements=apart, roles=[cast("Any", provider.role)])
        resource.node.add_dependency(policy)
    return resource


def _refers(stack: cdk.Stack, statement: iam.PolicyStatement) -> bool:
    """Tell whether a statement is about a resource or parameter of the template."""
    resources = json.dumps(stack.resolve(statement.resources))
    return "Fn::GetAtt" in resources or re.search(r'"Ref": "(?!AWS::)', resources) is not None


def allow(
    construct: Construct,
    actions: Sequence[str],
    *resources: str,
    where: Mapping[str, Any] | None = None,
    like: Mapping[str, Any] | None = None,
) -> iam.PolicyStatement:
    """Allow EC2 actions on resources in the stack's Region, or on all if none are named.

    ``where`` adds conditions, and ``like`` those with wildcards.
    """
    stack = cdk.Stack.of(construct)
    conditions = {"StringEquals": where, "StringLike": like}
    return iam.PolicyStatement(
        actions=[f"ec2:{action}" for action in actions],
        resources=[arn(stack, resource) for resource in resources] or ["*"],
        conditions={operator: values for operator, values in conditions.items() if values} or None,
    )


def instance_id(instance: ec2.IInstance | ec2.Instance | str) -> str:
    """Return an instance's id: upstream has no way to import an instance."""
    named = _upstream.text(instance)
    return named if isinstance(named, str) else named.instance_id


def requested(construct: Construct) -> dict[str, str]:
    """The condition that a request tags what it creates with the stack's tag."""
    return {f"aws:RequestTag/{STACK}": cdk.Stack.of(construct).stack_id}


def root_stack_name(construct: Construct) -> str:
    """The name of the stack that is deployed: that of a nested stack changes whenever it is created again."""
    stack = cdk.Stack.of(construct)
    while stack.nested_stack_parent:
        stack = stack.nested_stack_parent
    return cdk.ScopedAws(stack).stack_name


def is_kept(removal_policy: cdk.RemovalPolicy) -> bool:
    """Tell whether CloudFormation leaves the resource alone that another one replaces."""
    kept = (cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    return removal_policy in kept


def owned(construct: Construct) -> dict[str, str]:
    """The condition that a resource has the stack's tag: a handler may touch nothing else."""
    return {f"aws:ResourceTag/{STACK}": cdk.Stack.of(construct).stack_id}


def marked(name: str) -> dict[str, str]:
    """The condition that a resource was made for a stack of this name, under whatever id."""
    return {f"aws:ResourceTag/{MARK}": f"*/{name}/*"}


def check_named(**given: object) -> list[Finding]:
    """An instance, a volume or a launch template is a construct, or an id."""
    problems = []
    for name, value in given.items():
        kind, prefix = _NAMED[name]
        expected = f"{kind}, or an id like {prefix}-0123456789abcdef0"
        fix = "correct it"
        if name == "launch_template" and not str(value).startswith(prefix):  # its name, most likely
            fix = _upstream.way_to(ec2.ILaunchTemplate, value)
        problems += _upstream.check_text("ResourceIdMalformed", name, value, limits.resource_id(prefix), expected, fix)
        if getattr(value, "snapshot_id", "") is None:
            problems.append(find("NothingToInitialize", prop=name))
    return problems


def check_removal(policy: object) -> Iterator[Finding]:
    """CloudFormation takes no snapshots of custom resources."""
    if policy is cdk.RemovalPolicy.SNAPSHOT:
        yield find("RemovalPolicyNotSupported", prop="removal_policy", got=policy)


def check_tags(tags: object, prop: str = "tags") -> Iterator[Finding]:
    """Tags are a dict of strings that EC2 accepts."""
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
    """Return a tag manager in which these tags take precedence over those of ``cdk.Tags``."""
    manager = cdk.TagManager(cdk.TagType.KEY_VALUE, type)
    for key, value in (tags or {}).items():
        manager.set_tag(key, value, 200)  # Tags.of(...) has 100
    return manager
