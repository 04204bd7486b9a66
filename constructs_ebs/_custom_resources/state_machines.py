"""The state machines of a stack that need no function: one looks at late volumes, one sends events again with tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from .._upstream import LazyModule, acknowledge
from ..core.cloudformation.custom_resources import ANNOUNCER, WATCHER
from . import allow
from .provider import acknowledge_wildcards

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_events_targets as targets
    from aws_cdk import aws_stepfunctions as sfn
else:
    events, targets = LazyModule("aws_cdk.aws_events"), LazyModule("aws_cdk.aws_events_targets")
    sfn = LazyModule("aws_cdk.aws_stepfunctions")

NAMESPACE: Final = "constructs-ebs"
METRIC: Final = "InitializationLate"
"""1 for a volume that is not initialized in time, 2 for one of which EC2 does not say whether it is."""
SOURCE: Final = "constructs-ebs"
DETAIL_TYPE: Final = "EBS Volume Initialized"

EVENT: Mapping[str, Any] = {
    "source": ["aws.ec2"],
    "detail_type": ["EBS Volume Notification"],
    "detail": {"event": ["initializeVolume"], "result": ["succeeded"]},
}
"""EC2's event: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-initialize-monitor.html"""

_UNKNOWN = {
    "Catch": [
        {"ErrorEquals": ["States.ALL"], "Next": "Report", "Output": "{% $merge([$states.input, {'Value': 2}]) %}"}
    ]
}
_AGAIN = {
    "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 6}]  # 5 minutes
}

# A look and its report are 14 events, of which an execution has 25,000: 1,785 looks in 6 days.
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_WATCH: Mapping[str, Any] = {
    "Until the deadline": {"Type": "Wait", "Timestamp": "{% $states.input.At %}", "Next": "Look"},
    "Look": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ec2:describeVolumeStatus",
        "Arguments": {"VolumeIds": "{% $states.input.VolumeIds %}"},
        "Output": "{% ($done := $states.result.VolumeStatuses[VolumeStatus.Details"
        "[Name = 'initialization-state' and Status = 'completed']].VolumeId; "
        "$merge([$states.input, {'VolumeIds': [$states.input.VolumeIds[$not($ in $done)]], 'Value': 1}])) %}",
        **_AGAIN,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Find", "Output": "{% $states.input %}"}],
        "Next": "Late?",
    },
    "Find": {  # EC2 refuses to say anything if one of several volumes is gone
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ec2:describeVolumes",
        "Arguments": {"Filters": [{"Name": "volume-id", "Values": "{% $states.input.VolumeIds %}"}]},
        "Output": "{% ($there := [$states.result.Volumes.VolumeId]; $merge([$states.input, {'VolumeIds': $there, "
        "'Value': $count($there) = $count($states.input.VolumeIds) ? 2 : 0}])) %}",
        **_AGAIN,
        **_UNKNOWN,
        "Next": "Late?",
    },
    "Late?": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $count($states.input.VolumeIds) > 0 %}", "Next": "Report"}],
        "Default": "Initialized",
    },
    "Report": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
        "Arguments": {
            "Namespace": NAMESPACE,
            "MetricData": "{% [$states.input.VolumeIds.{'MetricName': '" + METRIC + "', 'Unit': 'Count', "
            "'Value': $states.input.Value, 'Dimensions': [{'Name': 'VolumeId', 'Value': $}, "
            "{'Name': 'Alarm', 'Value': $states.input.Alarm}]}] %}",
        },
        "Output": "{% $states.input %}",
        **_AGAIN,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Pause", "Output": "{% $states.input %}"}],
        "Next": "Pause",
    },
    "Pause": {"Type": "Wait", "Seconds": 300, "Next": "Look"},
    "Initialized": {"Type": "Succeed"},
}

_ANNOUNCE: Mapping[str, Any] = {
    "Read tags": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ec2:describeTags",
        "Arguments": {
            "Filters": [
                {"Name": "resource-id", "Values": "{% [$states.input.resources.$split($, '/')[1]] %}"},
            ]
        },
        "Output": "{% {'event': $states.input, 'tags': $merge([$states.result.Tags.{Key: Value}])} %}",
        **_AGAIN,
        "Next": "Tagged?",
    },
    "Tagged?": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $count($keys($states.input.tags)) > 0 %}", "Next": "Send"}],
        "Default": "Untagged",
    },
    "Send": {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {
            "Entries": [
                {
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Resources": "{% $states.input.event.resources %}",
                    "Detail": "{% $merge([$states.input.event.detail, {'tags': $states.input.tags, "
                    "'stack-id': 'STACK_ID'}]) %}",
                }
            ]
        },
        **_AGAIN,
        "End": True,
    },
    "Untagged": {"Type": "Succeed"},
}


def watcher(construct: Construct) -> Any:
    """Return the stack's state machine that looks at late volumes; make it if there is none."""
    stack = cdk.Stack.of(construct)
    if home := stack.node.try_find_child(WATCHER):
        return home.node.find_child("Machine")
    metrics = iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    )
    looking = allow(construct, ["DescribeVolumeStatus", "DescribeVolumes"])
    return _machine(Construct(stack, WATCHER), _WATCH, [looking, metrics])


def announcer(construct: Construct) -> None:
    """Add to the stack, once, the state machine that sends EC2's events again with tags."""
    stack = cdk.Stack.of(construct)
    if stack.node.try_find_child(ANNOUNCER):
        return
    bus = stack.format_arn(service="events", resource="event-bus", resource_name="default")
    conditions = {"StringEquals": {"events:source": SOURCE, "events:detail-type": DETAIL_TYPE}}
    sending = iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus], conditions=conditions)
    home = Construct(stack, ANNOUNCER)
    machine = _machine(home, _ANNOUNCE, [allow(construct, ["DescribeTags"]), sending])
    rule = events.Rule(home, "Rule")
    rule.add_event_pattern(**EVENT)
    rule.add_target(cast("Any", targets.SfnStateMachine(machine)))


def _machine(home: Construct, states: Mapping[str, Any], statements: Sequence[iam.PolicyStatement]) -> Any:
    """Make a state machine of its own role."""
    stack = cdk.Stack.of(home)
    principal = iam.ServicePrincipal(
        "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
    )
    role = iam.Role(home, "Role", assumed_by=cast("Any", principal))
    for statement in statements:
        role.add_to_policy(statement)
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    body = sfn.DefinitionBody.from_string(json.dumps(definition).replace("STACK_ID", stack.stack_id))
    machine: Any = sfn.StateMachine(home, "Machine", definition_body=body, role=cast("Any", role))
    acknowledge_wildcards(home, {"*": "neither EC2's descriptions nor CloudWatch's metrics have resources in policies"})
    acknowledge(home, {"SF1": "an execution's history tells all", "SF2": "an execution's history tells all"})
    return machine
