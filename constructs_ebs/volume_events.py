"""Events of volumes that are initialized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import allow, check_named, handler_function
from .core.findings import Finding
from .core.rules import find

Tags: TypeAlias = Mapping[str, str | Sequence[str]]

_EVENT: Mapping[str, Any] = {
    "source": ["aws.ec2"],
    "detail_type": ["EBS Volume Notification"],
    "detail": {"event": ["initializeVolume"], "result": ["succeeded"]},
}
_SOURCE, _DETAIL_TYPE = "constructs-ebs", "EBS Volume Initialized"  # as in handlers/announce_volume


def on_volume_initialized(
    scope: Construct,
    id: str,
    *,
    volume: ec2.IVolume | ec2.Volume | str | None = None,
    tags: Tags | None = None,
    target: _upstream.RuleTarget | None = None,
    description: str | None = None,
    event_pattern: events.EventPattern | None = None,
    rule_name: str | None = None,
) -> events.Rule:
    """Make a rule for when a volume is initialized, whoever made it: one, those with tags, or any of the account.

    EC2 sends the event within 5 minutes after the end, on a best effort basis, and not for volumes of snapshots with
    fast snapshot restore. It names the volume and none of its tags. With ``tags`` a function of the stack reads these
    and sends the event once more: its source is ``constructs-ebs``, its detail type ``EBS Volume Initialized``, and
    ``tags`` are added to its detail.

    Args:
        scope: the construct it belongs to.
        id: its name there.
        volume: the only volume, or its id. Default: every volume of the account and Region.
        tags: those that a volume must have, each with its value, with several of which one will do, or with what
            ``events.Match`` returns: ``{"team": events.Match.exists()}``. Default: any or none.
        target: what is told. Default: nothing, until ``add_target``.
        description: of the rule. Default: none.
        event_pattern: what the event must match beside; of a field that this rule has too, either value will do.
            Default: nothing.
        rule_name: Default: generated.

    Raises:
        EbsValidationError: WrongType.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html
    """
    given = {
        "volume": volume,
        "target": target,
        "description": description,
        "event_pattern": event_pattern,
        "rule_name": rule_name,
    }
    problems = _upstream.check_arguments(on_volume_initialized, given)
    _upstream.refuse(scope, id, [*problems, *check_named(volume=volume), *_check(tags, volume)])

    stack = cdk.Stack.of(scope)
    pattern: dict[str, Any] = dict(_EVENT)
    if volume is not None:
        name = volume if isinstance(volume, str) else volume.volume_id
        pattern["resources"] = [stack.format_arn(service="ec2", resource="volume", resource_name=name)]
    if tags is not None:
        _announce(scope)
        values = {key: [value] if isinstance(value, str) else value for key, value in tags.items()}
        pattern = {
            "source": [_SOURCE],
            "detail_type": [_DETAIL_TYPE],
            "detail": {"stack-id": [stack.stack_id], "tags": values},
        }
    rule = events.Rule(scope, id, description=description, event_pattern=event_pattern, rule_name=rule_name)
    rule.add_event_pattern(**pattern)
    rule.add_target(cast("Any", target))
    return rule


def _check(tags: object, volume: object) -> Iterator[Finding]:
    if tags is None:
        return
    if volume is not None:
        yield find("TagsBesideVolume", prop="tags", got=tags)
    elif not (isinstance(tags, Mapping) and tags and all(isinstance(key, str) and _is_text(tags[key]) for key in tags)):
        expected, fix = "a dict of strings", 'give {"key": "value"} or {"key": ["one", "other"]}'
        yield find("WrongType", prop="tags", expected=expected, got=tags, fix=fix)


def _is_text(value: object) -> bool:
    values = [value] if isinstance(value, str) else value
    return isinstance(values, Sequence) and bool(values) and all(isinstance(one, str) for one in values)


def _announce(scope: Construct) -> None:
    """Have the stack send the events once more, with tags."""
    stack = cdk.Stack.of(scope)
    bus = stack.format_arn(service="events", resource="event-bus", resource_name="default")
    conditions = {"StringEquals": {"events:source": _SOURCE, "events:detail-type": _DETAIL_TYPE}}
    sending = iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus], conditions=conditions)
    statements = [allow(scope, ["DescribeTags"]), sending]
    environment = {"STACK_ID": stack.stack_id}
    function = handler_function(scope, "announce_volume", "announce", statements, environment)
    if function.node.scope.node.try_find_child("Rule") is None:
        rule = events.Rule(function.node.scope, "Rule")
        rule.add_event_pattern(**_EVENT)
        rule.add_target(cast("Any", targets.LambdaFunction(function)))
