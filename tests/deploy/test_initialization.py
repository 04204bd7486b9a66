"""Waits, alarms and rules by tags, deployed by the real CDK CLI, with what their functions send on the wire.

ministack's EC2 shows no initialization state, for which a double answers. Its CloudFormation has no AWS::EC2::Volume:
the volumes are made before. It takes no events of aws.ec2 from anybody: the function that EventBridge would call with
one is called here.
"""

import json

import pytest

from tests.handlers.test_announce_volume import EVENT

from .doubles import VolumeStatuses
from .emulator import CdkError, until
from .proxy import lose_answer, refuse

APP = "tests/deploy/initialization"


@pytest.fixture
def volumes(aws):
    """Two volumes, the one with a tag."""
    ec2 = aws.client("ec2")
    aws.ec2.requests.clear()
    made = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"] for _ in range(2)]
    ec2.create_tags(Resources=made[:1], Tags=[{"Key": "team", "Value": "db"}])
    return dict(zip(("volume", "late"), made, strict=True))


@pytest.fixture
def statuses(aws):
    statuses = VolumeStatuses()
    aws.ec2.doubles["DescribeVolumeStatus"] = statuses
    return statuses


def outputs(aws):
    [stack] = aws.client("cloudformation").describe_stacks(StackName="Initialization")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def message(aws, queue):
    [received] = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    return json.loads(received["Body"])


def executions(aws, volume):
    """Return the states of what watches a volume."""
    states = aws.client("stepfunctions")
    machines = [one for one in states.list_state_machines()["stateMachines"] if "CheckVolume" in one["name"]]
    listed = [states.list_executions(stateMachineArn=one["stateMachineArn"])["executions"] for one in machines]
    described = [states.describe_execution(executionArn=one["executionArn"]) for some in listed for one in some]
    return [one["status"] for one in described if json.loads(one["input"])["VolumeId"] == volume]


def left_behind(aws):
    functions = [one["FunctionName"] for one in aws.client("lambda").list_functions()["Functions"]]
    machines = [one["name"] for one in aws.client("stepfunctions").list_state_machines()["stateMachines"]]
    rules = [one["Name"] for one in aws.client("events").list_rules()["Rules"]]
    alarms = [one["AlarmName"] for one in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]]
    return [name for name in (*functions, *machines, *rules, *alarms) if "Initialization" in name]


def test_waits_pages_when_late_announces_by_tag_and_leaves_nothing_behind(aws, volumes, statuses):
    statuses.of(volumes["volume"], "initializing", None, "initializing", "completed")
    statuses.of(volumes["late"], "initializing")
    aws.ec2.faults["DescribeVolumeStatus"].extend([refuse("RequestLimitExceeded", 503), lose_answer])
    aws.deploy(APP, **volumes)
    assert outputs(aws)["VolumeId"] == volumes["volume"]
    asked = [sent["VolumeId.1"] for sent in aws.ec2.sent("DescribeVolumeStatus")]
    assert asked.count(volumes["volume"]) >= 4

    page = message(aws, outputs(aws)["Pages"])
    assert page["NewStateValue"] == "ALARM"
    assert volumes["late"] in [value for one in page["Trigger"]["Dimensions"] for value in one.values()]
    assert executions(aws, volumes["late"]) == ["RUNNING"]
    statuses.of(volumes["late"], "completed")
    until(lambda: executions(aws, volumes["late"]) == ["SUCCEEDED"])

    arn = f"arn:aws:ec2:us-east-1:111122223333:volume/{volumes['volume']}"
    functions = aws.client("lambda")
    [name] = [
        one["FunctionName"]
        for one in functions.list_functions()["Functions"]
        if one["Description"] == "announce_volume: announce"
    ]
    functions.invoke(FunctionName=name, Payload=json.dumps({**EVENT, "resources": [arn]}))
    event = message(aws, outputs(aws)["Announced"])
    assert (event["source"], event["resources"]) == ("constructs-ebs", [arn])
    assert event["detail"]["tags"] == {"team": "db"}

    aws.destroy(APP)
    assert left_behind(aws) == []


def test_a_volume_that_is_warm_in_time_pages_nobody(aws, volumes, statuses):
    for volume in volumes.values():
        statuses.of(volume, "completed")
    aws.deploy(APP, **volumes)
    until(lambda: executions(aws, volumes["late"]) == ["SUCCEEDED"])
    dimension = {"Name": "VolumeId", "Value": volumes["late"]}
    assert aws.client("cloudwatch").list_metrics(Dimensions=[dimension])["Metrics"] == []
    aws.destroy(APP)


def test_an_alarm_of_another_volume_stops_looking_at_the_former(aws, volumes, statuses):
    statuses.of(volumes["volume"], "completed")
    statuses.of(volumes["late"], "initializing")
    aws.deploy(APP, **volumes)
    until(lambda: executions(aws, volumes["late"]) == ["RUNNING"])
    aws.deploy(APP, **{**volumes, "late": volumes["volume"]})
    until(lambda: executions(aws, volumes["late"]) == ["ABORTED"])
    until(lambda: executions(aws, volumes["volume"]) == ["SUCCEEDED"])
    aws.destroy(APP)


def test_a_wait_that_ec2_refuses_fails_the_deployment_and_says_why(aws, volumes, statuses):
    statuses.of(volumes["late"], "completed")
    aws.ec2.faults["DescribeVolumeStatus"].extend([refuse("UnauthorizedOperation", 403)] * 20)
    with pytest.raises(CdkError, match="UnauthorizedOperation"):
        aws.deploy(APP, **volumes)
    aws.destroy(APP)
    assert left_behind(aws) == []
