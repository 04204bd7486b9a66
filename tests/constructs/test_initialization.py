"""Waiting for a volume, and an alarm when it is late: in time, or refused at synth."""

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match, Template

import constructs_ebs as ebs
from constructs_ebs.core import limits
from constructs_ebs.core.estimate import seconds_until_shown
from tests.constants import SNAPSHOT, readable

WAIT, WATCH, ALARM = "Custom::EbsInitializationWait", "Custom::EbsInitializationAlarm", "AWS::CloudWatch::Alarm"


def volume(scope, rate=200, **props):
    name = props.pop("id", "Data")
    props = {"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT, "volume_initialization_rate": rate, **props}
    return ebs.Volume(scope, name, **props)


def problem(function, *args, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        function(*args, **props)
    assert len(caught.value.findings) == 1
    return caught.value.findings[0]


def warnings(stack):
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    return [str(one.entry.data) for one in found]


# Waiting


def test_what_depends_on_it_waits_for_the_volume(stack):
    data = volume(stack)
    warm = data.wait_until_initialized("Warm", snapshot_data=cdk.Size.gibibytes(500))
    cdk.CfnResource(stack, "Service", type="AWS::SNS::Topic").node.add_dependency(warm)
    template = Template.from_stack(stack)
    [[wait, found]] = template.find_resources(WAIT).items()
    assert found["Properties"]["VolumeIds"] == [stack.resolve(data.volume_id)]
    assert template.to_json()["Resources"]["Service"]["DependsOn"] == [wait]
    assert isinstance(warm, ebs.InitializationWait)


def test_a_wait_has_an_id_of_its_own(stack, resources):
    data = volume(stack)
    assert data.wait_until_initialized("Warm", snapshot_data=500) is stack.node.find_child("Warm")
    found = problem(data.wait_until_initialized, "Warm", snapshot_data=5)
    assert found.code == "ConstructIdTaken"
    assert found.message == "id must be one that no other construct in Prod has, got 'Warm'; choose another"
    assert len(resources(WAIT)) == 1


def test_what_takes_the_volumes_id_from_it_waits_too(stack):
    warm = volume(stack).wait_until_initialized("Warm", snapshot_data=100)
    cdk.CfnOutput(stack, "Ready", value=warm.volume_id)
    template = Template.from_stack(stack)
    [wait] = template.find_resources(WAIT)
    assert template.find_outputs("Ready")["Ready"]["Value"] == {"Fn::GetAtt": [wait, "VolumeIds"]}


def test_what_depends_on_the_volume_alone_does_not_wait(stack):
    data = volume(stack)
    data.wait_until_initialized("Warm", snapshot_data=500)
    cdk.CfnResource(stack, "Other", type="AWS::SNS::Topic").node.add_dependency(data)
    template = Template.from_stack(stack)
    [logical_id] = template.find_resources("AWS::EC2::Volume")
    assert template.to_json()["Resources"]["Other"]["DependsOn"] == [logical_id]


@pytest.mark.parametrize(
    ("gib", "rate"),
    [(775, 300), (258, 100), (516, 200), (cdk.Size.gibibytes(258), cdk.Size.mebibytes(100))],
    ids=readable,
)
def test_accepts_what_fits_into_a_deployment(stack, gib, rate):
    volume(stack, rate).wait_until_initialized("Warm", snapshot_data=gib)
    assert warnings(stack) == []


@pytest.mark.parametrize(
    ("gib", "rate", "says"),
    [
        (259, 100, "raise volume_initialization_rate to 101 or more (300, the fastest, may take 21 min 23 s)"),
        (517, 200, "raise volume_initialization_rate to 201 or more (300, the fastest, may take 37 min 41 s)"),
        (776, 300, "spread the data over more volumes (300 MiB/s, the fastest, may take 54 min 4 s)"),
        (776, 100, "spread the data over more volumes (300 MiB/s, the fastest, may take 54 min 4 s)"),
        (2048, 300, "spread the data over more volumes (300 MiB/s, the fastest, may take 2 h 15 min)"),
    ],
)
def test_refuses_what_does_not_and_says_the_fastest_rate_and_what_else_there_is(stack, gib, rate, says):
    found = problem(volume(stack, rate).wait_until_initialized, "Warm", snapshot_data=gib)
    assert found.code == "InitializationWaitTooLong"
    assert says in found.message
    assert "or use on_initialized and do not wait" in found.message
    assert stack.node.try_find_child("Warm") is None, "something was half made"


@pytest.mark.parametrize("rate", [100, 150, 237, 300])
def test_the_bound_is_the_slow_end_of_the_band_and_the_lag_of_what_ec2_shows(stack, rate):
    most = (limits.DEPLOYMENT_WAIT - limits.STATE_LAG) * rate * 0.9 / 1024
    data = volume(stack, rate)
    assert problem(data.wait_until_initialized, "Long", snapshot_data=most * 1.0001).code == "InitializationWaitTooLong"
    data.wait_until_initialized("Warm", snapshot_data=most * 0.9999)
    assert seconds_until_shown(most, rate) == pytest.approx(limits.DEPLOYMENT_WAIT)


def test_refuses_a_volume_without_a_rate_whose_end_nobody_knows(stack):
    found = problem(volume(stack, None).wait_until_initialized, "Warm", snapshot_data=1)
    assert found.code == "InitializationWaitNeedsRate"
    assert "give 100 to 300, or use on_initialized and do not wait" in found.message


def test_warns_of_data_that_only_the_deployment_knows(stack, resources):
    size = cdk.CfnParameter(stack, "Gib", type="Number")
    volume(stack).wait_until_initialized("Warm", snapshot_data=size.value_as_number)
    assert len(resources(WAIT)) == 1
    assert "snapshot_data is known at deployment only, which fails if initialization takes more than 54 min" in str(
        warnings(stack)
    )


def test_warns_of_a_rate_that_only_the_deployment_knows_if_a_slow_one_is_too_slow(stack):
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    data = volume(stack, rate)
    data.wait_until_initialized("Warm", snapshot_data=258)
    assert warnings(stack) == []
    ebs.InitializationWait(stack, "More", volume=data, snapshot_data=500)
    [warning] = warnings(stack)
    assert "volume_initialization_rate is known at deployment only" in warning
    assert "give at least 194 MiB/s" in warning
    assert "[ack: constructs-ebs:InitializationWaitUnknown]" in warning


def test_refuses_what_no_rate_of_the_deployment_could_make(stack):
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    found = problem(volume(stack, rate).wait_until_initialized, "Warm", snapshot_data=800)
    assert found.code == "InitializationWaitTooLong"
    assert "at 300 MiB/s; spread the data over more volumes" in found.message


@pytest.mark.parametrize(
    "theirs",
    [
        lambda _: "vol-0123456789abcdef0",
        lambda stack: ec2.Volume.from_volume_attributes(
            stack, "Theirs", volume_id="vol-0123456789abcdef0", availability_zone="us-east-1a"
        ),
    ],
    ids=["id", "imported"],
)
def test_any_volume_can_be_waited_for_with_its_rate(stack, resources, theirs):
    theirs = theirs(stack)
    assert problem(ebs.InitializationWait, stack, "Warm", volume=theirs, snapshot_data=8).code == (
        "InitializationWaitNeedsRate"
    )
    ebs.InitializationWait(stack, "Warm", volume=theirs, snapshot_data=8, volume_initialization_rate=300)
    assert resources(WAIT)[0]["VolumeIds"] == ["vol-0123456789abcdef0"]


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"snapshot_data": 0}, "SnapshotDataOutOfRange"),
        ({"snapshot_data": -1}, "SnapshotDataOutOfRange"),
        ({"snapshot_data": "500"}, "SnapshotDataOutOfRange"),
        ({"snapshot_data": True}, "SnapshotDataOutOfRange"),
        ({"snapshot_data": None}, "SnapshotDataOutOfRange"),
        ({"snapshot_data": float("nan")}, "SnapshotDataOutOfRange"),
        ({"volume": 5}, "WrongType"),
        ({"volume": ec2.InstanceType("m7i.large")}, "WrongType"),
        ({"volume_initialization_rate": 99}, "InitializationRateOutOfRange"),
        ({"volume_initialization_rate": 301}, "InitializationRateOutOfRange"),
        ({"volume_initialization_rate": "200"}, "WrongType"),
        ({"volume_initialization_rate": 200.5}, "WrongType"),
    ],
    ids=readable,
)
def test_refuses_bad_input(stack, props, code):
    props = {"volume": "vol-01234567", "snapshot_data": 8, "volume_initialization_rate": 200, **props}
    assert problem(ebs.InitializationWait, stack, "Warm", **props).code == code
    assert stack.node.try_find_child("Warm") is None, "something was half made"


# The alarm


def test_an_alarm_is_about_the_volume_and_the_time_that_its_rate_takes(stack, resources):
    data, topic = volume(stack), sns.Topic(stack, "Pager")
    alarm = data.alarm_when_late("Late", snapshot_data=500)
    alarm.add_alarm_action(actions.SnsAction(topic))
    [made], [watch] = resources(ALARM), resources(WATCH)
    assert {one["Name"]: one["Value"] for one in made["Dimensions"]} == {
        "VolumeId": stack.resolve(data.volume_id),
        "Alarm": "Prod/Data/Late",
    }
    assert (made["Namespace"], made["MetricName"]) == ("constructs-ebs", "InitializationLate")
    assert (made["Threshold"], made["TreatMissingData"]) == (1, "notBreaching")
    assert made["AlarmActions"] == [stack.resolve(topic.topic_arn)]
    assert watch["VolumeIds"] == [stack.resolve(data.volume_id)]
    assert watch["Seconds"] == 3145  # 500 * 1024 / 180, and the 5 minutes that EC2 may take to show it


def test_two_alarms_of_one_volume_have_metrics_of_their_own(stack, resources):
    data = volume(stack)
    for hours in (1, 2):
        data.alarm_when_late(f"After{hours}", deadline=timedelta(hours=hours), alarm_name=f"cold-{hours}")
    assert sorted(made["AlarmName"] for made in resources(ALARM)) == ["cold-1", "cold-2"]
    metrics = [{one["Name"]: one["Value"] for one in made["Dimensions"]}["Alarm"] for made in resources(ALARM)]
    assert (
        sorted(metrics) == sorted(one["Alarm"] for one in resources(WATCH)) == ["Prod/Data/After1", "Prod/Data/After2"]
    )


def test_an_empty_volume_has_nothing_to_wait_for(stack):
    empty = ebs.Volume(stack, "Empty", availability_zone="us-east-1a", size=8)
    for function in (
        lambda: empty.alarm_when_late("Late", deadline=timedelta(hours=1)),
        lambda: empty.on_initialized("Warm"),
        lambda: empty.wait_until_initialized("Warm", snapshot_data=8),
    ):
        assert problem(function).code == "NothingToInitialize"


@pytest.mark.parametrize("deadline", [cdk.Duration.hours(2), timedelta(hours=2)], ids=["Duration", "timedelta"])
def test_a_deadline_is_for_volumes_of_any_rate_or_none(stack, resources, deadline):
    ebs.InitializationAlarm(stack, "Late", volume="vol-01234567", deadline=deadline, alarm_name="late")
    assert resources(WATCH)[0]["Seconds"] == 7200
    assert resources(ALARM)[0]["AlarmName"] == "late"


def test_alarms_share_one_state_machine(stack, resources):
    volume(stack).alarm_when_late("Late", snapshot_data=500)
    volume(stack, id="More").alarm_when_late("Late", deadline=timedelta(hours=1))
    assert len(resources("AWS::StepFunctions::StateMachine")) == 2  # the other is of the provider
    assert len(resources("AWS::Lambda::Function")) == 5


def test_two_looks_are_never_further_apart_than_the_alarms_period(stack, resources):
    volume(stack).alarm_when_late("Late", snapshot_data=500)
    machines, [alarm] = resources("AWS::StepFunctions::StateMachine"), resources(ALARM)
    assert '"Pause": {"Type": "Wait", "Seconds": 300, "Next": "Look"}' in str(machines)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 2 * 300


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({}, "DeadlineOrSnapshotDataRequired"),
        (
            {"snapshot_data": 8, "deadline": timedelta(hours=1), "volume_initialization_rate": 200},
            "DeadlineBesideSnapshotData",
        ),
        ({"snapshot_data": 8}, "SnapshotDataNeedsRate"),
        ({"snapshot_data": 0, "volume_initialization_rate": 200}, "SnapshotDataOutOfRange"),
        ({"snapshot_data": 8, "volume_initialization_rate": 99}, "InitializationRateOutOfRange"),
        ({"deadline": timedelta(0)}, "DeadlineOutOfRange"),
        ({"deadline": timedelta(days=15)}, "DeadlineOutOfRange"),
        ({"deadline": 3600}, "WrongType"),
        ({"deadline": cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Any"}))}, "KnownAtDeploymentOnly"),
        ({"deadline": timedelta(hours=1), "volume": 5}, "WrongType"),
        ({"deadline": timedelta(hours=1), "alarm_name": 5}, "WrongType"),
        ({"deadline": timedelta(hours=1), "actions_enabled": "yes"}, "WrongType"),
    ],
    ids=readable,
)
def test_an_alarm_refuses_bad_input(stack, props, code):
    assert problem(ebs.InitializationAlarm, stack, "Late", **{"volume": "vol-01234567", **props}).code == code
    assert stack.node.try_find_child("Late") is None, "something was half made"


def test_an_alarm_without_a_plan_at_synth_says_to_give_a_deadline(stack):
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    found = problem(volume(stack, rate).alarm_when_late, "Late", snapshot_data=8)
    assert "give it, or a deadline in place of both" in found.message
    size = cdk.CfnParameter(stack, "Gib", type="Number").value_as_number
    assert problem(volume(stack, id="O").alarm_when_late, "Late", snapshot_data=size).code == "SnapshotDataOutOfRange"


def test_a_volume_keeps_the_rate_that_it_was_given(stack):
    assert volume(stack).volume_initialization_rate == 200
    assert volume(stack, None, id="None").volume_initialization_rate is None
