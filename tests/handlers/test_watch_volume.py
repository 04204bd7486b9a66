"""The watch over volumes: one execution for the same volumes, deadline and alarm, whatever happens on the way."""

import json

import pytest
from botocore.exceptions import ClientError

from .cloudformation import ElsewhereError

ALARM = "Prod/Late"
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Check"
EXECUTIONS = "arn:aws:states:us-east-1:111122223333:execution:Check:"


@pytest.fixture
def watch(load):
    return load("InitializationAlarm")


def asked(volume="vol-01234567", seconds=3145):
    return {
        "ServiceToken": "arn",
        "VolumeIds": [volume],
        "Alarm": ALARM,
        "Seconds": seconds,
        "StateMachineArn": MACHINE,
    }


def running(ec2):
    """Return the names and inputs of what runs."""
    found = [(arn, one["input"]) for arn, one in ec2.executions.items() if one["status"] == "RUNNING"]
    return {arn.removeprefix(EXECUTIONS): json.loads(text) for arn, text in found}


def end(ec2, status):
    for execution in ec2.executions.values():
        execution["status"] = status


def test_starts_an_execution_with_the_volume_and_its_deadline(watch, ec2):
    assert watch.deploy(**asked()) == {}
    work = {"VolumeIds": ["vol-01234567"], "Alarm": ALARM, "Since": ec2.now, "At": "2026-11-23T00:52:25Z"}
    assert running(ec2) == {watch.id: work}
    assert watch.id.startswith("EbsInitializationAlarm-")
    assert len(watch.id) <= 80  # what Step Functions takes


def test_another_volume_is_watched_from_its_deployment_on(watch, ec2):
    watch.deploy(**asked())
    ec2.now += 1000
    watch.deploy(**asked(volume="vol-89abcdef"))
    [work] = running(ec2).values()
    assert work == {"VolumeIds": ["vol-89abcdef"], "Alarm": ALARM, "Since": ec2.now, "At": "2026-11-23T01:09:05Z"}


def test_another_deadline_counts_from_when_the_volume_was_first_watched(watch, ec2):
    since = ec2.now
    watch.deploy(**asked(seconds=3145))
    for passed, seconds, at in ((1000, 3000, "00:50:00"), (1500, 4000, "01:06:40"), (5000, 4500, "01:15:00")):
        ec2.now = since + passed
        watch.deploy(**asked(seconds=seconds))
        [work] = running(ec2).values()
        assert (work["Since"], work["At"]) == (since, f"2026-11-23T{at}Z")


def test_a_deadline_that_changes_back_counts_from_when_the_volume_was_first_watched(watch, ec2):
    since = ec2.now
    for seconds in (3000, 4000, 3000, 4000, 3000, 4000):
        watch.deploy(**asked(seconds=seconds))
        ec2.now += 100
    assert {name[-2:]: work["Since"] for name, work in running(ec2).items()} == {"-3": since}


def test_a_watch_that_is_long_forgotten_begins_anew(watch, ec2):
    watch.deploy(**asked())
    ec2.executions.clear()
    ec2.now += 1000
    watch.deploy(**asked(seconds=600))
    assert [work["Since"] for work in running(ec2).values()] == [ec2.now - 240]  # when the deletion found nothing


@pytest.mark.parametrize("is_told", [True, False])
def test_a_change_that_is_rolled_back_keeps_the_deadline(watch, ec2, is_told):
    watch.deploy(**asked())
    before = running(ec2)
    ec2.now += 1000
    watch.fails_elsewhere, watch.is_told = True, is_told
    with pytest.raises(ElsewhereError):
        watch.deploy(**asked(seconds=4000))
    left = running(ec2)
    assert left == before


def test_a_rollback_watches_again_since_the_former_time_what_somebody_stopped(watch, ec2):
    since = ec2.now
    watch.deploy(**asked())
    ec2.now += 1000
    watch.deploy(**asked(seconds=4000))
    ec2.becomes("UPDATE_ROLLBACK_IN_PROGRESS")
    watch.send("Update", asked(), watch.id, asked(seconds=4000))
    assert {name[-2:]: work["Since"] for name, work in running(ec2).items()} == {"-2": since}


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_what_has_ended_before_its_time_is_started_again_by_a_name_with_a_number(watch, ec2, status):
    for number in ("", "-2", "-3"):
        watch.deploy(**asked())
        assert [*running(ec2)] == [f"{watch.id}{number}"]
        end(ec2, status)


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_what_watches_or_has_seen_the_end_is_not_started_again(watch, ec2, status):
    for token in ("arn", "other"):
        watch.deploy(**(asked() | {"ServiceToken": token}))
        end(ec2, status)
    assert len(ec2.executions) == 1


def test_the_same_event_twice_starts_one(watch, ec2):
    ec2.becomes("CREATE_IN_PROGRESS")
    for _ in range(2):
        watch.send("Create", asked(), request="one")
    assert len(ec2.executions) == 1


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_an_execution_that_is_not_shown_yet_is_not_started_twice(watch, ec2, status):
    ec2.becomes("CREATE_IN_PROGRESS")
    ec2.lag = 180
    for _ in range(2):
        watch.send("Create", asked(), request="one")
        end(ec2, status)
        ec2.now += 10
    assert len(ec2.executions) == 1


def test_an_answer_that_is_lost_starts_one(watch, ec2):
    ec2.faults["StartExecution"].append("lost")
    watch.deploy(**asked())
    assert len(ec2.sent("StartExecution")) == 2
    assert len(ec2.executions) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalError", "refused"])
def test_what_passes_is_sat_out(watch, ec2, code):
    for action in ("StartExecution", "DescribeExecution", "StopExecution"):
        ec2.faults[action].extend([code] * 25)
    watch.deploy(**asked())
    watch.destroy()
    assert running(ec2) == {}


def test_deleting_stops_it(watch, ec2):
    watch.deploy(**asked())
    watch.destroy()
    assert running(ec2) == {}


def test_deleting_stops_the_last_of_several(watch, ec2):
    for _ in range(3):
        end(ec2, "FAILED")
        watch.deploy(**asked())
    watch.destroy()
    assert running(ec2) == {}


def test_deleting_waits_for_an_execution_that_is_not_shown_yet(watch, ec2):
    watch.deploy(**asked())
    ec2.faults["DescribeExecution"].extend(["ExecutionDoesNotExist"] * 18)
    watch.destroy()
    assert running(ec2) == {}


def test_deleting_finds_an_execution_of_which_cloudformation_was_not_told(watch, ec2):
    watch.deploy(**asked())
    watch.id = "Prod-Made-1ABCDEFGHIJK"
    watch.destroy()
    assert running(ec2) == {}


def test_deleting_works_when_the_execution_is_forgotten(watch, ec2):
    watch.deploy(**asked())
    ec2.executions.clear()
    before = ec2.now
    watch.destroy()
    assert ec2.now - before == 240


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "ABORTED"])
def test_deleting_works_when_the_execution_has_ended(watch, ec2, status):
    watch.deploy(**asked())
    end(ec2, status)
    before = ec2.now
    watch.destroy()
    assert ec2.now == before


def test_a_create_that_fails_leaves_none(watch, ec2):
    watch.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        watch.deploy(**asked())
    assert running(ec2) == {}
    assert len(ec2.executions) == 1


def test_a_creation_that_was_cancelled_is_not_made_again_after_its_deletion(watch, ec2):
    ec2.becomes("CREATE_IN_PROGRESS")
    event = watch.begin("Create", asked())
    watch.handler.is_complete(event, None)
    ec2.becomes("ROLLBACK_IN_PROGRESS")
    watch.send("Delete", asked(), watch.reached)
    with pytest.raises(RuntimeError, match="the stack is ROLLBACK_IN_PROGRESS by now"):
        watch.handler.is_complete(event, None)
    assert running(ec2) == {}


def test_two_alarms_of_one_volume_have_executions_of_their_own(watch, ec2):
    watch.deploy(**asked())
    watch.forget()
    watch.logical_id = "Other"
    watch.deploy(**asked())
    assert len(running(ec2)) == 2
    watch.destroy()
    assert len(running(ec2)) == 1


def test_a_stop_that_is_refused_fails(watch, ec2):
    watch.deploy(**asked())
    ec2.faults["StopExecution"].append("InvalidArn")
    with pytest.raises(ClientError, match="InvalidArn"):
        watch.destroy()


def test_a_start_that_is_refused_fails(watch, ec2):
    ec2.faults["StartExecution"].append("StateMachineDoesNotExist")
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        watch.deploy(**asked())
