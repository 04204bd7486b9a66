"""The watch over a volume: one execution for one volume and deadline, and CloudWatch told while it is late."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

import constructs_ebs as ebs

MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Check"
EXECUTION = "arn:aws:states:us-east-1:111122223333:execution:Check"


@pytest.fixture
def watch(load):
    return load("watch_volume")


@pytest.fixture
def check(handler):
    module = handler("check_volume")
    return lambda volume="vol-01234567": module.check({"VolumeId": volume, "Seconds": 60}, None)


def asked(volume="vol-01234567", seconds=3145):
    return {"VolumeId": volume, "Seconds": seconds, "StateMachineArn": MACHINE}


def test_starts_an_execution_with_the_volume_and_its_deadline(watch, ec2):
    assert watch.deploy(**asked()) == f"{EXECUTION}:request-1"
    assert ec2.executions == {f"{EXECUTION}:request-1": {"VolumeId": "vol-01234567", "Seconds": 3145}}


@pytest.mark.parametrize("changed", [asked(volume="vol-2"), asked(seconds=600)], ids=["volume", "deadline"])
def test_what_changes_starts_anew_and_stops_the_former(watch, ec2, changed):
    watch.deploy(**asked())
    watch.deploy(**changed)
    assert list(ec2.executions.values()) == [{"VolumeId": changed["VolumeId"], "Seconds": changed["Seconds"]}]


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
    dimensions = [{"Name": "VolumeId", "Value": "vol-01234567"}]
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


def test_throttling_is_sat_out_or_left_to_the_state_machine(check, ec2):
    ec2.initialization = {"vol-01234567": ["completed"]}
    ec2.faults["DescribeVolumeStatus"].extend(["RequestLimitExceeded"] * 12)
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
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
    assert alarm["Dimensions"] == metric["Dimensions"]
    assert metric["Value"] >= alarm["Threshold"]
