"""The watch over a volume: one execution for one volume and deadline, and CloudWatch told while it is late."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

import constructs_ebs as ebs

ALARM = "Prod/Late"
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Check"
EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:Check"


@pytest.fixture
def watch(load):
    return load("watch_volume")


@pytest.fixture
def check(handler):
    module = handler("check_volume")
    return lambda volume="vol-01234567": module.check({"VolumeId": volume, "Alarm": ALARM}, None)


def asked(volume="vol-01234567", seconds=3145):
    return {"VolumeId": volume, "Alarm": ALARM, "Seconds": seconds, "StateMachineArn": MACHINE}


def test_starts_an_execution_with_the_volume_and_its_deadline(watch, ec2):
    assert watch.deploy(**asked()) == f"{EXECUTION}:request-1"
    work = {"VolumeId": "vol-01234567", "Alarm": ALARM, "Since": 0.0, "Seconds": 3145}
    assert ec2.executions == {f"{EXECUTION}:request-1": work}


def test_another_volume_is_watched_from_its_deployment_on(watch, ec2):
    watch.deploy(**asked())
    ec2.now = 1000.0
    watch.deploy(**asked(volume="vol-89abcdef"))
    [work] = ec2.executions.values()
    assert work == {"VolumeId": "vol-89abcdef", "Alarm": ALARM, "Since": 1000.0, "Seconds": 3145}


def test_another_deadline_counts_from_when_the_volume_was_first_watched(watch, ec2):
    watch.deploy(**asked())
    for ec2.now, seconds, left in ((1000.0, 3000, 2000), (1500.0, 4000, 2500), (5000.0, 4500, 0)):
        watch.deploy(**asked(seconds=seconds))
        [work] = ec2.executions.values()
        assert (work["Since"], work["Seconds"]) == (0.0, left)


def test_a_watch_that_is_long_forgotten_begins_anew(watch, ec2):
    watch.deploy(**asked())
    ec2.executions.clear()
    ec2.now = 1000.0
    watch.deploy(**asked(seconds=600))
    assert [one["Since"] for one in ec2.executions.values()] == [1000.0]


def test_the_same_event_twice_starts_one(watch, ec2):
    first = watch.send("Create", asked(), request="one")
    assert watch.send("Create", asked(), request="one") == first
    assert list(ec2.executions) == [first]


def test_the_same_event_after_its_execution_has_ended_is_the_same_resource(watch, ec2):
    first = watch.send("Create", asked(), request="one")
    ec2.faults["StartExecution"].append("ExecutionAlreadyExists")
    assert watch.send("Create", asked(), request="one") == first


def test_an_answer_that_is_lost_starts_one(watch, ec2):
    ec2.faults["StartExecution"].append("lost")
    watch.deploy(**asked())
    assert len(ec2.sent("StartExecution")) == 2
    assert len(ec2.executions) == 1


def test_throttling_is_sat_out(watch, ec2):
    ec2.faults["StartExecution"].extend(["ThrottlingException"] * 3)
    ec2.faults["StopExecution"].extend(["ThrottlingException"] * 3)
    watch.deploy(**asked())
    watch.destroy()
    assert ec2.executions == {}


def test_deleting_stops_it(watch, ec2):
    watch.deploy(**asked())
    watch.destroy()
    assert ec2.executions == {}


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "ValidationException"], ids=["forgotten", "ended"])
def test_deleting_works_when_the_execution_has_ended(watch, ec2, code):
    watch.deploy(**asked())
    ec2.faults["StopExecution"].append(code)
    watch.destroy()


def test_a_stop_that_is_refused_fails(watch, ec2):
    watch.deploy(**asked())
    ec2.faults["StopExecution"].append("AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        watch.destroy()


def test_a_start_that_is_refused_fails(watch, ec2):
    ec2.faults["StartExecution"].append("StateMachineDoesNotExist")
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        watch.deploy(**asked())


@pytest.mark.parametrize("state", ["initializing", None], ids=["initializing", "not shown yet"])
def test_a_volume_that_is_late_is_counted(check, ec2, state):
    ec2.initialization = {"vol-01234567": [state]}
    assert check() == {"Late": True}
    dimensions = [{"Name": "VolumeId", "Value": "vol-01234567"}, {"Name": "Alarm", "Value": ALARM}]
    assert ec2.metrics == [
        (
            "constructs-ebs",
            {"MetricName": "InitializationLate", "Dimensions": dimensions, "Value": 1, "Unit": "Count"},
        )
    ]


def test_a_volume_that_is_initialized_is_not(check, ec2):
    ec2.initialization = {"vol-01234567": ["completed"]}
    assert check() == {"Late": False}
    assert ec2.metrics == []


def test_a_volume_that_is_gone_is_not(check, ec2):
    assert check() == {"Late": False}
    assert ec2.metrics == []


def test_a_volume_of_which_ec2_says_nothing_is(check, ec2):
    ec2.initialization = {"vol-01234567": ["completed"]}
    ec2.faults["DescribeVolumeStatus"].append("UnauthorizedOperation")
    assert check() == {"Late": True}


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "Throttling"])
def test_throttling_is_sat_out_or_left_to_the_state_machine(check, ec2, code):
    ec2.initialization = {"vol-01234567": ["completed"]}
    ec2.faults["DescribeVolumeStatus"].extend([code] * 12)
    with pytest.raises(ClientError, match=code):
        check()
    assert check() == {"Late": False}


def test_logs_what_was_found(check, ec2, capsys):
    ec2.initialization = {"vol-01234567": ["initializing"]}
    check()
    logged = json.loads(capsys.readouterr().out)
    assert (logged["VolumeId"], logged["Late"]) == ("vol-01234567", True)
    assert logged["Found"][0]["InitializationStatusDetails"]["Progress"] == 99


def test_the_metric_is_what_the_handler_sends(stack, resources, check, ec2):
    ebs.InitializationAlarm(stack, "Late", volume="vol-01234567", deadline=timedelta(hours=2))
    ec2.initialization = {"vol-01234567": ["initializing"]}
    check()
    [alarm], [(namespace, metric)] = resources("AWS::CloudWatch::Alarm"), ec2.metrics
    assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric["MetricName"])
    by_name = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    assert {one["Name"]: one["Value"] for one in alarm["Dimensions"]} == by_name
    assert metric["Value"] >= alarm["Threshold"]
