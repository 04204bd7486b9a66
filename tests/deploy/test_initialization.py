"""Waits, alarms and rules by tags, deployed by the real CDK CLI, with what they send on the wire.

ministack's EC2 shows no initialization state, for which a double answers. Its CloudFormation has no AWS::EC2::Volume:
the volumes are made before. It takes no events of aws.ec2 from anybody: the state machine that EventBridge would start
with one is started here.
"""

import json
from datetime import datetime, timedelta, timezone
from itertools import count

import pytest

from .doubles import VolumeStatuses
from .emulator import CdkError, until
from .proxy import error, lose_answer, refuse

APP = "tests/deploy/initialization"
METRIC = {"Namespace": "constructs-ebs", "MetricName": "InitializationLate"}
names = map("test-{}".format, count())


@pytest.fixture(scope="module")
def statuses(aws):
    statuses = VolumeStatuses()
    aws.ec2.doubles["DescribeVolumeStatus"] = statuses
    return statuses


@pytest.fixture
def volume(aws):
    """A volume without tags."""
    aws.ec2.requests.clear()
    return aws.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]


@pytest.fixture(scope="module")
def volumes(aws, statuses):
    """The volumes of the stack, which is deployed while EC2 throttles, loses answers, and is slow to show a state."""
    ec2 = aws.client("ec2")
    made = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"] for _ in range(2)]
    volumes = dict(zip(("volume", "late"), made, strict=True))
    statuses.of(volumes["volume"], "initializing", None, "initializing", "completed")
    statuses.of(volumes["late"], "initializing")
    aws.ec2.faults["DescribeVolumeStatus"].extend([refuse("RequestLimitExceeded", 503), lose_answer])
    aws.deploy(APP, **volumes)
    return volumes


def outputs(aws):
    [stack] = aws.client("cloudformation").describe_stacks(StackName="Initialization")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def messages(aws, queue, wait=20):
    received = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=wait, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in received.get("Messages", [])]


def machine(aws, name):
    machines = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    return next(machine["stateMachineArn"] for machine in machines if name in machine["name"])


def start(aws, name, work):
    """Start a state machine, and return what tells its status."""
    states = aws.client("stepfunctions")
    started = states.start_execution(
        stateMachineArn=machine(aws, name), name=next(names), input=json.dumps(work, default=str)
    )
    return lambda: states.describe_execution(executionArn=started["executionArn"])["status"]


def watch(aws, *volumes, at="2026-01-01T00:00:00Z"):
    return start(aws, "EbsInitializationWatcher", {"VolumeIds": volumes, "Alarm": "test", "At": at, "Since": 0})


def executions(aws, volume):
    """Return the states of what watches a volume."""
    states = aws.client("stepfunctions")
    listed = states.list_executions(stateMachineArn=machine(aws, "EbsInitializationWatcher"))["executions"]
    described = [states.describe_execution(executionArn=execution["executionArn"]) for execution in listed]
    return [execution["status"] for execution in described if volume in json.loads(execution["input"])["VolumeIds"]]


def reported(aws, volume):
    """Return what is reported about a volume that is watched here."""
    dimensions = [{"Name": "VolumeId", "Value": volume}, {"Name": "Alarm", "Value": "test"}]
    now, hour = datetime.now(timezone.utc), timedelta(hours=1)
    answer = aws.client("cloudwatch").get_metric_statistics(
        **METRIC, Dimensions=dimensions, StartTime=now - hour, EndTime=now + hour, Period=7200, Statistics=["Maximum"]
    )
    return [point["Maximum"] for point in answer["Datapoints"]]


def left_behind(aws):
    functions = [function["FunctionName"] for function in aws.client("lambda").list_functions()["Functions"]]
    machines = [machine["name"] for machine in aws.client("stepfunctions").list_state_machines()["stateMachines"]]
    rules = [rule["Name"] for rule in aws.client("events").list_rules()["Rules"]]
    alarms = [alarm["AlarmName"] for alarm in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]]
    return [name for name in (*functions, *machines, *rules, *alarms) if "Initialization" in name]


def test_waits_and_pages_when_late(aws, volumes):
    assert outputs(aws)["VolumeId"] == volumes["volume"]
    asked = [sent["VolumeId.1"] for sent in aws.ec2.sent("DescribeVolumeStatus")]
    assert asked.count(volumes["volume"]) >= 4

    [page] = messages(aws, outputs(aws)["Pages"])
    assert page["NewStateValue"] == "ALARM"
    assert volumes["late"] in [value for dimension in page["Trigger"]["Dimensions"] for value in dimension.values()]
    assert executions(aws, volumes["late"]) == ["RUNNING"]


@pytest.mark.usefixtures("volumes")
def test_looks_from_the_deadline_on(aws, volume, statuses):
    statuses.of(volume, "completed")
    status = watch(aws, volume, at=datetime.now(timezone.utc).isoformat()[:19] + "Z")
    until(lambda: status() == "SUCCEEDED")
    status = watch(aws, volume, at="2126-01-01T00:00:00Z")
    with pytest.raises(TimeoutError):
        until(lambda: status() != "RUNNING", seconds=1)
    assert len([sent for sent in aws.ec2.sent("DescribeVolumeStatus") if volume in sent.values()]) == 1
    assert reported(aws, volume) == []


@pytest.mark.usefixtures("volumes")
def test_looks_until_all_are_initialized(aws, volume, statuses):
    other = aws.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    statuses.of(volume, "initializing", "completed")
    statuses.of(other, "initializing", None, "completed")
    status = watch(aws, volume, other)
    until(lambda: status() == "SUCCEEDED")
    assert (reported(aws, volume), reported(aws, other)) == ([1], [1])
    asked = [sent.get("VolumeId.2", "") for sent in aws.ec2.sent("DescribeVolumeStatus") if other in sent.values()]
    assert asked[:2] == [other, other]
    assert set(asked[2:]) <= {""}


@pytest.mark.usefixtures("volumes")
def test_says_that_ec2_does_not_say(aws, volume, statuses):
    statuses.of(volume, *[error("UnauthorizedOperation", 403)] * 7, "completed")
    status = watch(aws, volume)
    until(lambda: status() == "SUCCEEDED")
    assert reported(aws, volume) == [2]


@pytest.mark.usefixtures("volumes")
def test_sits_out_throttling(aws, volume, statuses):
    statuses.of(volume, *[error("RequestLimitExceeded", 503)] * 6, "completed")
    status = watch(aws, volume)
    until(lambda: status() == "SUCCEEDED")
    assert reported(aws, volume) == []


@pytest.mark.usefixtures("volumes")
def test_forgets_volumes_that_are_gone(aws, volume, statuses):
    statuses.of(volume, "initializing", "completed")
    alone, beside = watch(aws, "vol-00000000000000000"), watch(aws, volume, "vol-00000000000000000")
    until(lambda: {alone(), beside()} == {"SUCCEEDED"})
    assert reported(aws, "vol-00000000000000000") == []
    assert reported(aws, volume) == [1]


@pytest.mark.usefixtures("volumes")
def test_sends_an_event_again_with_all_tags(aws, volume):
    queue = outputs(aws)["Announced"]
    for tags in ([], [{"Key": "team", "Value": "db"}, {"Key": "backup", "Value": ""}]):
        if tags:
            aws.client("ec2").create_tags(Resources=[volume], Tags=tags)
        arn = f"arn:aws:ec2:us-east-1:111122223333:volume/{volume}"
        event = {"source": "aws.ec2", "resources": [arn], "detail": {"event": "initializeVolume", "cause": ""}}
        status = start(aws, "EbsInitializationAnnouncer", event)
        until(lambda status=status: status() == "SUCCEEDED")
    [again] = messages(aws, queue)
    assert (again["source"], again["resources"]) == ("constructs-ebs", [arn])
    assert again["detail"]["tags"] == {"team": "db", "backup": ""}
    assert again["detail"]["cause"] == ""
    assert again["detail"]["stack-id"].startswith("arn:aws:cloudformation:us-east-1:111122223333:stack/Initialization/")
    assert messages(aws, queue, wait=0) == []


def test_an_update_that_fails_leaves_its_alarm_as_it_was(aws, volumes, volume, statuses):
    statuses.of(volumes["volume"], "completed")
    statuses.of(volume, error("InvalidParameterValue"))
    with pytest.raises(CdkError, match="InvalidParameterValue"):
        aws.deploy(APP, **{**volumes, "volume": volume})
    assert executions(aws, volumes["late"]) == ["RUNNING"]


def test_an_alarm_of_another_volume_stops_looking_at_the_former_and_nothing_is_left_behind(aws, volumes, statuses):
    statuses.of(volumes["volume"], "completed")
    aws.deploy(APP, **{**volumes, "late": volumes["volume"]})
    until(lambda: executions(aws, volumes["late"]) == ["ABORTED"])
    until(lambda: executions(aws, volumes["volume"]) == ["SUCCEEDED"])
    aws.destroy(APP)
    assert left_behind(aws) == []
