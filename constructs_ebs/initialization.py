"""Reacts to the initialization of a volume: a wait for its end, an alarm when it is late, a rule for EC2's event."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import _upstream
from ._custom_resources import allow, check_named, custom_resource, handler_function
from ._surroundings import surroundings
from .core.actions import RATE
from .core.estimate import check_data, check_wait, seconds_until_shown
from .core.findings import Finding
from .core.rules import find
from .initialization_rate import InitializationRate, check_rate, data_of, known_gibibytes, mebibytes

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_events_targets as targets
    from aws_cdk import aws_stepfunctions as sfn
    from aws_cdk import aws_stepfunctions_tasks as tasks
else:
    events = _upstream.LazyModule("aws_cdk.aws_events")
    targets = _upstream.LazyModule("aws_cdk.aws_events_targets")
    sfn = _upstream.LazyModule("aws_cdk.aws_stepfunctions")
    tasks = _upstream.LazyModule("aws_cdk.aws_stepfunctions_tasks")

_NAMES = {RATE: "volume_initialization_rate"}
_NAMESPACE, _METRIC = "constructs-ebs", "InitializationLate"  # as in handlers/check_volume
_LONGEST: Final = 14 * 24 * 3600  # Seconds; 64 TiB at 100 MiB/s take 8 days

_EVENT: Mapping[str, Any] = {
    "source": ["aws.ec2"],
    "detail_type": ["EBS Volume Notification"],
    "detail": {"event": ["initializeVolume"], "result": ["succeeded"]},
}
_SOURCE, _DETAIL_TYPE = "constructs-ebs", "EBS Volume Initialized"  # as in handlers/announce_volume


class InitializationWait(cdk.Resource):
    """A wait for the initialization of a volume: whatever depends on this construct is deployed afterwards.

    It ends when EC2 shows the volume as initialized, which can be 5 minutes late. The deployment fails if the wait
    takes more than 54 minutes; a wait that may take longer is refused at synth.
    """

    __signature__ = _upstream.ConstructorSignature()

    volume_id: str
    """The volume's id; whatever uses this reference waits too."""

    @_upstream.explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        volume: ec2.IVolume | ec2.Volume | str,
        snapshot_data: cdk.Size | float | None = None,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
    ) -> None:
        """Wait for a volume that is created from a snapshot.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            volume: any volume of the account and Region, or its id.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                A size that only the deployment knows leads to a warning. Default: that of the rate.
            volume_initialization_rate: the rate of the volume: an ``InitializationRate``, MiB/s from 100 to 300, a
                ``Size`` (per second) or a token. Required unless ``volume`` is a ``Volume`` with a rate. Default: the
                rate of ``volume``.

        Raises:
            EbsValidationError: InitializationWaitTooLong, with the fastest rate and the alternatives;
                InitializationWaitNeedsRate, SnapshotDataOutOfRange, InitializationRateOutOfRange, ConstructIdTaken,
                WrongType.

        Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html
        """
        problems = _upstream.check_arguments(InitializationWait.__init__, {"volume": volume})
        problems += [*check_named(volume=volume), *surroundings(scope, volume=volume).elsewhere]
        rate = _rate(volume, volume_initialization_rate)
        data = _data(volume, rate) if snapshot_data is None else _upstream.gibibytes(snapshot_data)
        problems = problems or check_rate(rate, _NAMES[RATE])
        problems = problems or check_wait(_upstream.plain(data), _upstream.plain(mebibytes(rate)), _NAMES)
        if isinstance(id, str) and hasattr(type(scope), "node") and scope.node.try_find_child(id) is not None:
            problems.append(find("ConstructIdTaken", prop="id", got=id, scope=scope.node.path or "the app"))
        warnings = _upstream.refuse(scope, id, problems)

        super().__init__(scope, id)
        needed = [allow(self, ["DescribeVolumeStatus"])]
        resource = custom_resource(self, "wait_for_volume", {"VolumeId": _id(volume)}, needed)
        self.volume_id = resource.ref
        _upstream.warn(self, warnings)


class InitializationAlarm(cloudwatch.Alarm):
    """An alarm for a volume that takes longer to initialize than planned; no deployment waits for it.

    The deadline counts from the deployment that adds the volume or the alarm, even if you change it later. From then on
    a state machine of the stack looks at the volume every 5 minutes. The alarm lasts until EC2 shows the volume as
    initialized or no longer has it; after nine days at most the state machine stops looking.
    """

    __signature__ = _upstream.ConstructorSignature()

    @_upstream.explains()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        volume: ec2.IVolume | ec2.Volume | str,
        snapshot_data: cdk.Size | float | None = None,
        deadline: cdk.Duration | timedelta | None = None,
        volume_initialization_rate: InitializationRate | cdk.Size | float | cdk.IResolvable | None = None,
        actions_enabled: bool | None = None,
        alarm_description: str | None = None,
        alarm_name: str | None = None,
    ) -> None:
        """Watch a volume that is created from a snapshot.

        Args:
            scope: the construct it belongs to.
            id: its name there.
            volume: any volume of the account and Region, or its id.
            snapshot_data: the snapshot's full size (``FullSnapshotSizeInBytes``), not the volume's: a ``Size``, or GiB.
                The deadline is then the slow end of the rate's 10 % band, plus the 5 minutes after which EC2 may show
                the end. Default: that of the rate, unless there is a ``deadline``.
            deadline: the time from the deployment until the volume should be initialized, up to 14 days; for volumes at
                EC2's default rate too. Default: computed from ``snapshot_data``.
            volume_initialization_rate: the rate of the volume: an ``InitializationRate``, MiB/s from 100 to 300, or a
                ``Size`` (per second). Required with ``snapshot_data`` unless ``volume`` is a ``Volume`` with a rate.
                Default: the rate of ``volume``.
            actions_enabled: Default: True.
            alarm_description: Default: one that names the construct.
            alarm_name: Default: generated.

        Raises:
            EbsValidationError: DeadlineOrSnapshotDataRequired, DeadlineBesideSnapshotData, DeadlineOutOfRange,
                SnapshotDataNeedsRate, SnapshotDataOutOfRange, InitializationRateOutOfRange or WrongType.
        """
        arguments = {
            "volume": volume,
            "actions_enabled": actions_enabled,
            "alarm_description": alarm_description,
            "alarm_name": alarm_name,
        }
        problems = [*_upstream.check_arguments(InitializationAlarm.__init__, arguments), *check_named(volume=volume)]
        rate = _rate(volume, volume_initialization_rate)
        if snapshot_data is None and deadline is None:
            snapshot_data = _data(volume, rate)
        wrong = check_rate(rate, _NAMES[RATE])
        seconds, late = (0, wrong) if wrong else _planned(snapshot_data, deadline, rate)
        _upstream.refuse(scope, id, [*problems, *surroundings(scope, volume=volume).elsewhere, *late])

        alarm = ascii(f"{scope.node.path}/{id}")[1:-1]  # two alarms of one volume have metrics of their own
        metric = cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=_METRIC,
            dimensions_map={"VolumeId": _id(volume), "Alarm": alarm},
            statistic="Maximum",
            period=cdk.Duration.minutes(10),  # at least one look
        )
        super().__init__(
            scope,
            id,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            actions_enabled=actions_enabled,
            alarm_description=_upstream.text(alarm_description)
            or f"{scope.node.path}/{id}: a volume is late to be initialized",
            alarm_name=_upstream.text(alarm_name),
        )
        self._watch({"VolumeId": _id(volume), "Alarm": alarm, "Seconds": math.ceil(seconds)})

    def _watch(self, properties: Mapping[str, Any]) -> None:
        """Have the stack's state machine look at the volume from the deadline on."""
        machine = _machine(self)
        executions = cdk.Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine.state_machine_name}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        custom_resource(
            Construct(self, "Watch"),
            "watch_volume",
            {**properties, "StateMachineArn": machine.state_machine_arn},
            [
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn]),
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:StopExecution"], resources=[executions]
                ),
            ],
            wildcards={executions: "an execution gets its name when it is started"},
        )


@_upstream.explains()
def on_volume_initialized(
    scope: Construct,
    id: str,
    *,
    volume: ec2.IVolume | ec2.Volume | str | None = None,
    tags: Mapping[str, str | Sequence[str]] | None = None,
    target: _upstream.IRuleTarget | None = None,
    description: str | None = None,
    event_pattern: events.EventPattern | Mapping[str, Any] | None = None,
    rule_name: str | None = None,
) -> events.Rule:
    """Make an EventBridge rule for initialized volumes, whoever created them: one, those with tags, or all.

    EC2 sends the event within 5 minutes after the end, on a best-effort basis, and not for volumes from snapshots with
    fast snapshot restore. It names the volume, but not its tags. For ``tags``, a function in the stack reads them and
    sends the event again, from the source ``constructs-ebs``, with the detail type ``EBS Volume Initialized`` and the
    ``tags`` in its detail.

    Args:
        scope: the construct it belongs to.
        id: its name there.
        volume: the volume, or its id. Default: every volume of the account and Region.
        tags: the tags that a volume must have, each with its value, a list of alternatives, or what ``events.Match``
            returns: ``{"team": events.Match.exists()}``. Default: any or none.
        target: where EventBridge sends the event. Default: nowhere, until ``add_target``.
        description: of the rule. Default: none.
        event_pattern: what the event must match as well; where this rule has the same field, either value matches.
            Default: nothing.
        rule_name: Default: generated.

    Raises:
        EbsValidationError: TagsBesideVolume, NothingToInitialize, ResourceIdMalformed or WrongType.

    Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html
    """
    arguments = {
        "volume": volume,
        "target": target,
        "description": description,
        "event_pattern": event_pattern,
        "rule_name": rule_name,
    }
    problems = _upstream.check_arguments(on_volume_initialized, arguments)
    problems += surroundings(scope, volume=volume).elsewhere
    _upstream.refuse(scope, id, [*problems, *check_named(volume=volume), *_check_tags(tags, volume)])

    stack = cdk.Stack.of(scope)
    pattern: dict[str, Any] = dict(_EVENT)
    if volume is not None:
        pattern["resources"] = [stack.format_arn(service="ec2", resource="volume", resource_name=_id(volume))]
    if tags is not None:
        _announce(scope)
        values = {key: [value] if isinstance(value, str) else value for key, value in tags.items()}
        pattern = {
            "source": [_SOURCE],
            "detail_type": [_DETAIL_TYPE],
            "detail": {"stack-id": [stack.stack_id], "tags": values},
        }
    theirs = _upstream.as_struct(events.EventPattern, event_pattern)
    named = {"description": _upstream.text(description), "rule_name": _upstream.text(rule_name)}
    rule = events.Rule(scope, id, event_pattern=theirs, **named)
    rule.add_event_pattern(**pattern)
    rule.add_target(cast("Any", target))
    return rule


def _id(volume: Any) -> str:
    named = _upstream.text(volume)
    return str(named if isinstance(named, str) else named.volume_id)


def _rate(volume: object, rate: object) -> object:
    """Return the rate that is given for a volume, or else the volume's own, which upstream's volumes do not show."""
    return rate if rate is not None else getattr(volume, "volume_initialization_rate", None)


def _data(volume: object, rate: object) -> float | None:
    """Return the snapshot data of the rate that is given for a volume, or of the volume's own rate."""
    data = data_of(rate)
    return data if data is not None else data_of(getattr(volume, "volume_initialization_rate", None))


def _planned(data: Any, deadline: Any, rate: Any) -> tuple[float, list[Finding]]:
    """Return the seconds until a volume should be initialized, or what is wrong with the arguments that say so."""
    if data is None and deadline is None:
        return 0, [find("DeadlineOrSnapshotDataRequired")]
    if data is not None and deadline is not None:
        return 0, [find("DeadlineBesideSnapshotData")]
    if data is not None:
        gib, rate = known_gibibytes(data), _upstream.plain(mebibytes(rate))
        problems = check_data(gib)
        if not isinstance(rate, int):
            problems.append(find("SnapshotDataNeedsRate", prop=_NAMES[RATE], got=rate))
        return 0 if problems else seconds_until_shown(gib, rate), problems
    seconds = _upstream.seconds(deadline)
    if seconds is None:
        expected, fix = "a Duration or a timedelta", "give one that is known at synth"
        return 0, [find("WrongType", prop="deadline", expected=expected, got=deadline, fix=fix)]
    if not 0 < seconds <= _LONGEST:
        return 0, [find("DeadlineOutOfRange", prop="deadline", max="14 days", got=deadline)]
    return seconds, []


def _machine(scope: Construct) -> sfn.StateMachine:
    """Return the stack's state machine that checks late volumes; make it if there is none."""
    metrics = iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": _NAMESPACE}},
    )
    statements = [allow(scope, ["DescribeVolumeStatus"]), metrics]
    function = handler_function(scope, "check_volume", "check", statements)
    home = function.node.scope
    if home.node.try_find_child("Machine") is None:
        begin = sfn.Wait(home, "Until the deadline", time=sfn.WaitTime.seconds_path("$.Seconds"))
        look = tasks.LambdaInvoke(
            home, "Look", lambda_function=function, payload_response_only=True, result_path="$.Found"
        )
        pause = sfn.Wait(home, "Pause", time=sfn.WaitTime.duration(cdk.Duration.minutes(5)))
        look.add_catch(pause, result_path=sfn.JsonPath.DISCARD)
        late = sfn.Choice(home, "Late?").when(sfn.Condition.boolean_equals("$.Found.Late", True), pause.next(look))
        chain = begin.next(look).next(late.otherwise(sfn.Succeed(home, "Initialized")))
        states = iam.ServicePrincipal(
            "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account}}
        )
        role: Any = iam.Role(home, "MachineRole", assumed_by=cast("Any", states))
        sfn.StateMachine(home, "Machine", definition_body=sfn.DefinitionBody.from_chainable(chain), role=role)
    return cast("sfn.StateMachine", home.node.find_child("Machine"))


def _check_tags(tags: object, volume: object) -> Iterator[Finding]:
    """Tags are strings, or lists of strings, and take the place of a volume."""
    if tags is None:
        return
    if volume is not None:
        yield find("TagsBesideVolume", prop="tags", got=tags)
    elif not (isinstance(tags, Mapping) and tags and all(isinstance(key, str) and _is_text(tags[key]) for key in tags)):
        expected, fix = "a dict of strings", 'give {"key": "value"} or {"key": ["one", "other"]}'
        yield find("WrongType", prop="tags", expected=expected, got=tags, fix=fix)
    elif any(map(_upstream.is_token, tags)):  # a key of JSON, which CloudFormation cannot make
        yield find("KnownAtDeploymentOnly", prop="a key of tags", expected="a string")


def _is_text(value: object) -> bool:
    values = [value] if isinstance(value, str) else value
    return isinstance(values, Sequence) and bool(values) and all(isinstance(text, str) for text in values)


def _announce(scope: Construct) -> None:
    """Add to the stack, once, the function that sends EC2's events again with tags."""
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
