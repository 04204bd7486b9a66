"""The wait for a volume: by the state that EC2 shows, with an end, and without a trace."""

import pytest

from constructs_ebs.core import limits

VOLUME, OTHER = "vol-1", "vol-2"


@pytest.fixture
def wait(load, ec2):
    ec2.initialization = {VOLUME: ["initializing", "completed"], OTHER: ["initializing", "completed"]}
    return load("wait_for_volume")


def test_waits_until_the_state_is_completed(wait, ec2):
    ec2.initialization[VOLUME] = [*["initializing"] * 5, "completed"]
    assert wait.deploy(VolumeId=VOLUME) == VOLUME
    assert ec2.sent("DescribeVolumeStatus") == [{"VolumeIds": [VOLUME]}] * 6


def test_an_estimate_of_no_time_left_is_not_the_end(wait, ec2):
    ec2.initialization[VOLUME] = ["initializing"]  # with an estimate of 0 seconds
    with pytest.raises(TimeoutError):
        wait.deploy(VolumeId=VOLUME)


def test_a_volume_whose_state_is_not_shown_yet_is_waited_for(wait, ec2):
    ec2.initialization[VOLUME] = [None, None, "initializing", "completed"]
    ec2.faults["DescribeVolumeStatus"].append("hidden")
    wait.deploy(VolumeId=VOLUME)
    assert len(ec2.sent("DescribeVolumeStatus")) == 5


def test_a_new_volume_that_ec2_does_not_know_yet_is_waited_for(wait, ec2):
    ec2.faults["DescribeVolumeStatus"].extend(["InvalidVolume.NotFound"] * 5)
    assert wait.deploy(VolumeId=VOLUME) == VOLUME


def test_a_volume_that_is_deleted_meanwhile_ends_the_wait(wait, ec2):
    del ec2.initialization[VOLUME]
    with pytest.raises(RuntimeError, match=f"{VOLUME} is not there: it was deleted, or is of another account"):
        wait.deploy(VolumeId=VOLUME)
    assert 100 < ec2.now < 200


def test_gives_up_before_cloudformation_does_and_says_how_far_it_came(wait, ec2):
    ec2.initialization[VOLUME], wait.looks = ["initializing"], 400
    with pytest.raises(RuntimeError, match=r'not initialized after 54 minutes, EC2 says .*"Progress": 99.*; raise its'):
        wait.deploy(VolumeId=VOLUME)
    assert limits.DEPLOYMENT_WAIT < ec2.now < limits.DEPLOYMENT_WAIT + 30


def test_gives_up_on_a_volume_that_never_shows_a_state(wait, ec2):
    ec2.initialization[VOLUME], wait.looks = [None], 400
    with pytest.raises(RuntimeError, match="not initialized after 54 minutes"):
        wait.deploy(VolumeId=VOLUME)


def test_throttling_is_sat_out_however_long_it_takes(wait, ec2):
    ec2.faults["DescribeVolumeStatus"].extend(["RequestLimitExceeded"] * 35)
    wait.deploy(VolumeId=VOLUME)
    assert len(ec2.sent("DescribeVolumeStatus")) == 37


def test_an_answer_that_is_lost_is_asked_for_again(wait, ec2):
    ec2.faults["DescribeVolumeStatus"].append("lost")
    assert wait.deploy(VolumeId=VOLUME) == VOLUME


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "InvalidParameterValue"])
def test_a_refusal_fails_at_once(wait, ec2, code):
    ec2.faults["DescribeVolumeStatus"].append(code)
    with pytest.raises(Exception, match=code):
        wait.deploy(VolumeId=VOLUME)
    assert len(ec2.sent("DescribeVolumeStatus")) == 1


def test_the_same_event_twice_waits_twice_for_one_volume(wait, ec2):
    for _ in range(2):
        assert wait.send("Create", {"VolumeId": VOLUME}, request="one") == VOLUME
    assert ec2.initialization[VOLUME] == ["completed"]


def test_another_volume_is_waited_for_anew(wait, ec2):
    wait.deploy(VolumeId=VOLUME)
    assert wait.deploy(VolumeId=OTHER) == OTHER
    assert ec2.initialization[OTHER] == ["completed"]


def test_a_rollback_does_not_ask_for_the_former_volume_again(wait, ec2):
    wait.deploy(VolumeId=VOLUME)
    del ec2.initialization[VOLUME]
    ec2.initialization[OTHER] = ["initializing"]
    with pytest.raises(TimeoutError):
        wait.deploy(VolumeId=OTHER)
    assert wait.id == VOLUME


def test_deleting_does_nothing(wait, ec2):
    wait.deploy(VolumeId=VOLUME)
    del ec2.initialization[VOLUME]
    before = len(ec2.requests)
    wait.destroy()
    assert len(ec2.requests) == before


def test_a_create_that_failed_is_deleted_without_a_question(wait, ec2):
    ec2.initialization[VOLUME] = ["initializing"]
    with pytest.raises(TimeoutError):
        wait.deploy(VolumeId=VOLUME)
    before = len(ec2.requests)
    wait.send("Delete", {"VolumeId": VOLUME}, VOLUME)
    assert len(ec2.requests) == before


def test_logs_what_was_asked_and_answered_and_no_secret(wait, capsys):
    wait.deploy(VolumeId=VOLUME)
    logged = capsys.readouterr().out
    assert f'{{"DescribeVolumeStatus": {{"VolumeIds": ["{VOLUME}"]}}}}' in logged
    assert '"Status": "completed"' in logged
    assert "https://secret" not in logged
