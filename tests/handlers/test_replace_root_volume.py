"""Root volumes: replaced once for one set of inputs, and never by a rollback."""

import pytest

from constructs_ebs.core import limits
from tests.constants import RATE


@pytest.fixture
def replacement(load):
    return load("replace_root_volume")


def asked(snapshot="snap-1", trigger=None, tags=(), **request):
    request = {"InstanceId": "i-0", "SnapshotId": snapshot, RATE: 200, "DeleteReplacedRootVolume": True, **request}
    return {"Request": request, "Tags": list(tags), **({"Trigger": trigger} if trigger else {})}


def test_sends_the_rate_and_flags_as_what_they_are_and_a_client_token(replacement, ec2):
    replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    [sent] = ec2.sent("CreateReplaceRootVolumeTask")
    assert sent[RATE] == 200
    assert sent["TagSpecifications"][0]["Tags"][0] == {"Key": "team", "Value": "db"}
    assert sent["DeleteReplacedRootVolume"] is True
    assert len(sent["ClientToken"]) == 32


def test_waits_for_the_task_and_answers_with_the_volume_and_its_observed_rate(replacement, ec2):
    task = replacement.deploy(**asked())
    volume = ec2.instances["i-0"]["volumes"]["/dev/xvda"]
    assert replacement.data == {"TaskId": task, "TaskState": "succeeded", "VolumeId": volume, RATE: "200"}


def test_a_volume_without_a_rate_has_the_default(replacement):
    request = asked()
    del request["Request"][RATE]
    replacement.deploy(**request)
    assert replacement.data[RATE] == "default"


def test_an_instance_without_a_root_volume_has_none_to_tell_of(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances["i-0"]["volumes"] = {}
    replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    assert (replacement.data["VolumeId"], replacement.data[RATE]) == ("", "")


def test_runs_again_when_inputs_change_and_when_they_change_back(replacement, ec2):
    ids = [replacement.deploy(**asked(snapshot)) for snapshot in ("snap-1", "snap-2", "snap-1")]
    assert len(set(ids)) == len(ec2.tasks) == 3


def test_runs_again_for_another_trigger(replacement, ec2):
    replacement.deploy(**asked())
    replacement.deploy(**asked(trigger="2026-11-23"))
    replacement.deploy(**asked(trigger="2026-11-24"))
    assert len(ec2.tasks) == 3


def test_two_replacements_of_one_instance_do_not_take_each_other_for_their_own(replacement, ec2):
    replacement.deploy(**asked())
    first, replacement.id, replacement.properties, replacement.logical_id = replacement.id, None, None, "Other"
    assert replacement.deploy(**asked()) != first
    assert len(ec2.tasks) == 2


def test_other_tags_alone_replace_nothing(replacement, ec2):
    task = replacement.deploy(**asked())
    assert replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}])) == task
    assert len(ec2.tasks) == 1


def test_the_same_event_twice_replaces_once(replacement, ec2):
    properties = {**asked(), "Request": {"InstanceId": "i-0", "SnapshotId": "snap-1"}}
    first = replacement.send("Create", properties, request="one")
    assert replacement.send("Create", properties, request="one") == first
    assert len(ec2.tasks) == 1


def test_the_same_event_twice_replaces_once_when_the_task_has_failed(replacement, ec2):
    ec2.task_states = ["failed"]
    for _ in range(2):
        with pytest.raises(RuntimeError, match="failed"):
            replacement.send("Create", asked(), request="one")
    assert len(ec2.tasks) == 1


def test_another_resources_task_is_not_taken_for_its_own_when_it_is_the_last(replacement):
    first = replacement.deploy(**asked())
    mine, replacement.logical_id = replacement.id, "Other"
    replacement.send("Create", replacement.properties, request="other")
    replacement.logical_id = "Made"
    assert replacement.send("Create", replacement.properties, request="again") == first == mine


def test_the_same_event_twice_replaces_once_before_ec2_shows_the_task(replacement, ec2):
    properties = {**asked(), "Request": {"InstanceId": "i-0"}}
    ec2.faults["DescribeReplaceRootVolumeTasks"].extend(["hidden"] * 42)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            replacement.send("Create", properties, request="one")
    assert len(ec2.tasks) == 1


def test_an_answer_that_is_lost_replaces_once(replacement, ec2):
    ec2.faults["CreateReplaceRootVolumeTask"].append("lost")
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 1


def test_throttling_is_sat_out(replacement, ec2):
    for action in ("CreateReplaceRootVolumeTask", "DescribeReplaceRootVolumeTasks", "DescribeVolumes"):
        ec2.faults[action].extend(["RequestLimitExceeded"] * 9)
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 1


@pytest.mark.parametrize(
    ("states", "left"),
    [
        (["pending", "failing", "failed"], "is failed: the instance still has its original root volume"),
        (["in-progress", "failing-detached", "failed-detached"], "is failed-detached: the instance is left WITHOUT a"),
    ],
)
def test_a_task_that_fails_says_how_the_instance_is_left(replacement, ec2, states, left):
    ec2.task_states = states
    with pytest.raises(RuntimeError, match=rf"replacevol-\w+ of i-0 {left}"):
        replacement.deploy(**asked())


def test_a_task_that_does_not_end_fails_before_cloudformation_gives_up(replacement, ec2):
    ec2.task_states, replacement.looks = ["pending", "in-progress"], 360
    with pytest.raises(RuntimeError, match=r"replacevol-\w+ is in-progress after 54 minutes; see what becomes of it"):
        replacement.deploy(**asked())
    assert limits.DEPLOYMENT_WAIT < ec2.now < limits.DEPLOYMENT_WAIT + 30


def test_after_a_failure_the_same_inputs_are_tried_again(replacement, ec2):
    ec2.task_states = ["failed"]
    with pytest.raises(RuntimeError):
        replacement.deploy(**asked())
    ec2.task_states = ["succeeded"]
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 2


def test_a_rollback_replaces_nothing(replacement, ec2):
    first = replacement.deploy(**asked())
    ec2.task_states = ["failed"]
    with pytest.raises(RuntimeError):
        replacement.deploy(**asked("snap-2"))
    assert replacement.id == first
    assert len(ec2.tasks) == 2


def test_an_update_that_is_tried_again_after_a_rollback_replaces_nothing(replacement, ec2):
    replacement.deploy(**asked())
    before, properties = replacement.id, replacement.properties
    replacement.deploy(**asked("snap-2"))
    ec2.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"  # because of another resource
    replacement.send("Update", properties, before, replacement.properties)
    ec2.stack_status = "UPDATE_IN_PROGRESS"
    replacement.id, replacement.properties = before, properties
    replacement.deploy(**asked("snap-2"))
    assert len(ec2.tasks) == 2


def test_a_replacement_that_is_new_in_a_rollback_is_made(replacement, ec2):
    ec2.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert replacement.send("Create", asked()) == ec2.tasks[0]["ReplaceRootVolumeTaskId"]


def test_a_rollback_needs_no_task_that_ec2_still_knows(replacement, ec2):
    former = replacement.deploy(**asked())
    ec2.tasks.clear()
    ec2.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    replacement.send("Update", replacement.properties, former, asked("snap-2"))
    assert replacement.data["TaskState"] == "forgotten"
    assert ec2.tasks == []


@pytest.mark.parametrize("state", ["in-progress", "failed"])
def test_a_rollback_does_not_wait_for_the_task(replacement, ec2, state):
    former = replacement.deploy(**asked())
    ec2.task_states, ec2.stack_status = [state], "UPDATE_ROLLBACK_IN_PROGRESS"
    ec2.CreateReplaceRootVolumeTask("i-0", [{"Tags": []}])
    for task in (former, ec2.tasks[-1]["ReplaceRootVolumeTaskId"]):  # whichever CloudFormation names
        looked = len(ec2.sent("DescribeInstances"))
        replacement.send("Update", replacement.properties, task, asked("snap-2"))
        assert len(ec2.sent("DescribeInstances")) == looked + 1


def test_other_tags_do_not_need_the_instance(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances.clear()
    replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    assert (replacement.data["TaskState"], replacement.data["VolumeId"]) == ("succeeded", "")


def test_a_new_volume_that_ec2_does_not_show_yet_is_waited_for(replacement, ec2):
    ec2.faults["DescribeVolumes"].append("InvalidVolume.NotFound")
    replacement.deploy(**asked())
    assert replacement.data["VolumeId"] == ec2.instances["i-0"]["volumes"]["/dev/xvda"]


def test_a_new_task_that_ec2_does_not_show_yet_is_waited_for(replacement, ec2):
    ec2.faults["DescribeReplaceRootVolumeTasks"].extend(["hidden"] * 3)
    replacement.deploy(**asked())
    assert replacement.data["TaskState"] == "succeeded"


def test_deleting_does_nothing_to_the_instance(replacement, ec2):
    replacement.deploy(**asked())
    before = len(ec2.requests)
    replacement.destroy()
    assert len(ec2.requests) == before


def test_deleting_works_when_the_instance_is_gone(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances.clear()
    replacement.destroy()


def test_what_ec2_refuses_says_what_to_do(replacement, ec2):
    ec2.faults["CreateReplaceRootVolumeTask"].append("IncorrectInstanceState")
    with pytest.raises(RuntimeError, match=r"EC2 says no \(IncorrectInstanceState\); start the instance"):
        replacement.deploy(**asked())
    ec2.faults["CreateReplaceRootVolumeTask"].append("UnauthorizedOperation")
    with pytest.raises(RuntimeError, match="UnauthorizedOperation"):
        replacement.deploy(**asked())
    assert ec2.tasks == []


def test_a_runtime_that_is_too_old_for_a_parameter_says_so(replacement, ec2):
    with pytest.raises(RuntimeError, match=r"boto3 \d.* of this runtime knows no SpinUpRate: AWS renews"):
        replacement.deploy(**asked(SpinUpRate=3))
    assert ec2.tasks == []


def test_logs_what_was_asked_and_answered_and_no_secret(replacement, capsys):
    replacement.deploy(**asked())
    logged = capsys.readouterr().out
    assert f'"{RATE}": 200' in logged
    assert '"TaskState": "succeeded"' in logged
    assert "https://secret" not in logged
