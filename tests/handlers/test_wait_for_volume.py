"""The wait for a volume: by the state that EC2 shows, with an end, and without a trace."""

import pytest
from botocore.exceptions import ClientError

from constructs_ebs.core import limits

from .cloudformation import ElsewhereError

VOLUME, OTHER = "vol-1", "vol-2"


@pytest.fixture
def wait(load, ec2):
    ec2.initialization = {VOLUME: ["initializing", "completed"], OTHER: ["initializing", "completed"]}
    return load("InitializationWait")


def asked(*volumes):
    return {"ServiceToken": "arn", "VolumeIds": [*(volumes or [VOLUME])]}


def test_waits_until_the_state_is_completed(wait, ec2):
    ec2.initialization[VOLUME] = [*["initializing"] * 5, "completed"]
    assert wait.deploy(**asked()) == {"VolumeIds": VOLUME}
    assert ec2.sent("DescribeVolumeStatus") == [{"VolumeIds": [VOLUME]}] * 6
    assert wait.id.startswith("EbsInitializationWait-")


def test_waits_for_all_of_several_volumes(wait, ec2):
    ec2.initialization[OTHER] = [*["initializing"] * 5, "completed"]
    before = ec2.now
    assert wait.deploy(**asked(VOLUME, OTHER)) == {"VolumeIds": "vol-1,vol-2"}
    assert ec2.initialization == {VOLUME: ["completed"], OTHER: ["completed"]}
    assert ec2.now - before == 60


def test_an_estimate_of_no_time_left_is_not_the_end(wait, ec2):
    ec2.initialization[VOLUME] = ["initializing"]  # with an estimate of 0 seconds
    event = wait.begin("Create", asked())
    assert wait.handler.is_complete(event, None) == {"IsComplete": False}


def test_a_volume_whose_state_is_not_shown_yet_is_waited_for(wait, ec2):
    ec2.initialization[VOLUME] = [None, None, "initializing", "completed"]
    ec2.faults["DescribeVolumeStatus"].append("hidden")
    wait.deploy(**asked())
    assert len(ec2.sent("DescribeVolumeStatus")) == 5


def test_a_new_volume_that_ec2_does_not_know_yet_is_waited_for(wait, ec2):
    ec2.faults["DescribeVolumeStatus"].extend(["InvalidVolume.NotFound"] * 25)
    assert wait.deploy(**asked()) == {"VolumeIds": VOLUME}


@pytest.mark.parametrize("volumes", [[VOLUME], [OTHER, VOLUME]])
def test_a_volume_that_is_deleted_meanwhile_ends_the_wait(wait, ec2, volumes):
    del ec2.initialization[VOLUME]
    before = ec2.now
    with pytest.raises(RuntimeError, match=f"{VOLUME} is not there: it was deleted, or is of another account"):
        wait.deploy(**asked(*volumes))
    assert ec2.now - before == 250


def test_gives_up_before_cloudformation_does_and_says_how_far_it_came(wait, ec2):
    ec2.initialization[VOLUME], before = ["initializing"], ec2.now
    said = r'vol-1 is not initialized \(EC2 says .*"Progress": 99.*\) after 54 minutes; raise its volume_init'
    with pytest.raises(RuntimeError, match=said):
        wait.deploy(**asked())
    assert limits.DEPLOYMENT_WAIT < ec2.now - before < limits.DEPLOYMENT_WAIT + 30


def test_gives_up_on_a_volume_that_never_shows_a_state(wait, ec2):
    ec2.initialization[VOLUME] = [None]
    with pytest.raises(RuntimeError, match=r"not initialized \(EC2 says .*\) after 54 minutes"):
        wait.deploy(**asked())


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "Throttling", "refused"])
def test_what_passes_is_sat_out_however_long_it_takes(wait, ec2, code):
    ec2.faults["DescribeVolumeStatus"].extend([code] * 45)
    wait.deploy(**asked())
    assert len(ec2.sent("DescribeVolumeStatus")) == 47


def test_an_answer_that_is_lost_is_asked_for_again(wait, ec2):
    ec2.faults["DescribeVolumeStatus"].append("lost")
    assert wait.deploy(**asked()) == {"VolumeIds": VOLUME}


def test_a_refusal_fails_at_once(wait, ec2):
    ec2.faults["DescribeVolumeStatus"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        wait.deploy(**asked())
    assert len(ec2.sent("DescribeVolumeStatus")) == 1


def test_the_same_event_twice_waits_twice_for_one_volume(wait, ec2):
    for _ in range(2):
        wait.send("Create", asked(), request="one")
    assert ec2.initialization[VOLUME] == ["completed"]


def test_another_volume_is_waited_for_anew(wait, ec2):
    wait.deploy(**asked())
    former = wait.id
    assert wait.deploy(**asked(OTHER)) == {"VolumeIds": OTHER}
    assert ec2.initialization[OTHER] == ["completed"]
    assert wait.id != former


def test_another_function_is_not_waited_for(wait, ec2):
    wait.deploy(**asked())
    del ec2.initialization[VOLUME]
    wait.deploy(**(asked() | {"ServiceToken": "other"}))


@pytest.mark.parametrize("is_told", [True, False])
def test_a_rollback_does_not_ask_for_the_former_volume_again(wait, ec2, is_told):
    wait.deploy(**asked())
    del ec2.initialization[VOLUME]
    wait.fails_elsewhere, wait.is_told = True, is_told
    with pytest.raises(ElsewhereError):
        wait.deploy(**asked(OTHER))
    assert wait.data == {"VolumeIds": VOLUME}


def test_a_wait_whose_volume_is_deleted_in_a_rollback_ends(wait, ec2):
    ec2.initialization[VOLUME] = ["initializing"]
    ec2.becomes("CREATE_IN_PROGRESS")
    event = wait.begin("Create", asked())
    assert wait.handler.is_complete(event, None) == {"IsComplete": False}
    ec2.becomes("ROLLBACK_IN_PROGRESS")
    del ec2.initialization[VOLUME]
    ec2.now += 3000
    with pytest.raises(RuntimeError, match="is not there"):
        wait.handler.is_complete(event, None)


def test_deleting_does_nothing(wait, ec2):
    wait.deploy(**asked())
    del ec2.initialization[VOLUME]
    before = len(ec2.sent("DescribeVolumeStatus"))
    wait.destroy()
    assert len(ec2.sent("DescribeVolumeStatus")) == before
    assert ec2.done() == []


def test_a_create_that_failed_is_deleted_without_a_question(wait, ec2):
    ec2.initialization[VOLUME] = ["initializing"]
    with pytest.raises(RuntimeError):
        wait.deploy(**asked())
    before = len(ec2.sent("DescribeVolumeStatus"))
    wait.send("Delete", asked(), wait.reached)
    assert len(ec2.sent("DescribeVolumeStatus")) == before


def test_logs_what_was_asked_and_answered_and_no_secret(wait, capsys):
    wait.deploy(**asked())
    logged = capsys.readouterr().out
    assert f'{{"DescribeVolumeStatus": {{"VolumeIds": ["{VOLUME}"]}}}}' in logged
    assert '"Status": "completed"' in logged
    assert "vol-1 is not initialized" in logged
    assert "https://secret" not in logged
