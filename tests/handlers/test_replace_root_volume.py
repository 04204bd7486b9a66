"""Root volumes: replaced once for one set of inputs, and never by a rollback."""

import pytest
from botocore.exceptions import ClientError

from constructs_ebs.core import limits
from tests.constants import RATE

from .aws import STACK, STACK_ID
from .cloudformation import ElsewhereError

MARK = "constructs-ebs:mark"
AGAIN = "arn:aws:cloudformation:us-east-1:111122223333:stack/Prod/again"
"""The id of a stack that is deployed again under its name."""


@pytest.fixture
def replacement(load):
    return load("RootVolumeReplacement")


def asked(snapshot="snap-1", trigger=None, tags=(), address="c8a1", root="Prod", **request):
    request = {"InstanceId": "i-0", "SnapshotId": snapshot, RATE: 200, "DeleteReplacedRootVolume": True, **request}
    properties = {"Request": request, "Tags": list(tags), "Address": address, "RootStackName": root}
    return {**properties, **({"Trigger": trigger} if trigger else {})}


def marks(ec2):
    return [tag["Value"] for task in ec2.tasks for tag in task["Tags"] if tag["Key"] == MARK]


def root_volume(ec2):
    return ec2.instances["i-0"]["volumes"]["/dev/xvda"]


def test_sends_the_rate_and_flags_as_what_they_are_and_a_client_token(replacement, ec2):
    replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    [sent] = ec2.sent("CreateReplaceRootVolumeTask")
    assert sent[RATE] == 200
    [specification] = sent["TagSpecifications"]
    assert specification["ResourceType"] == "replace-root-volume-task"
    team, stack, mark = specification["Tags"]
    assert [team, stack] == [{"Key": "team", "Value": "db"}, {"Key": STACK, "Value": STACK_ID}]
    assert mark["Key"] == MARK
    assert mark["Value"].startswith("c8a1/Prod/")
    assert sent["DeleteReplacedRootVolume"] is True
    assert len(sent["ClientToken"]) == 12


def test_waits_for_the_task_and_answers_with_the_volume_and_its_observed_rate(replacement, ec2):
    data = replacement.deploy(**asked())
    task, volume = ec2.tasks[0]["ReplaceRootVolumeTaskId"], root_volume(ec2)
    assert data == {"TaskId": task, "TaskState": "succeeded", "VolumeId": volume, RATE: "200"}
    assert replacement.id.startswith("EbsRootVolumeReplacement-")


def test_a_volume_without_a_rate_has_the_default(replacement):
    request = asked()
    del request["Request"][RATE]
    assert replacement.deploy(**request)[RATE] == "default"


def test_an_instance_without_a_root_volume_has_none_to_tell_of(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances["i-0"]["volumes"], ec2.now = {}, ec2.now + 3600
    replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    assert (replacement.data["VolumeId"], replacement.data[RATE]) == ("", "")


def test_runs_again_when_inputs_change_and_when_they_change_back(replacement, ec2):
    ids = [replacement.deploy(**asked(snapshot))["TaskId"] for snapshot in ("snap-1", "snap-2", "snap-1")]
    assert len(set(ids)) == len(ec2.tasks) == 3


def test_its_id_stays_the_same(replacement):
    replacement.deploy(**asked())
    former = replacement.id
    replacement.deploy(**asked("snap-2"))
    assert replacement.id == former


def test_runs_again_for_another_trigger(replacement, ec2):
    replacement.deploy(**asked())
    replacement.deploy(**asked(trigger="2026-11-23"))
    replacement.deploy(**asked(trigger="2026-11-24"))
    assert len(ec2.tasks) == 3


@pytest.mark.parametrize("other", [{"address": "c8b2"}, {"root": "Test"}], ids=["construct", "stack name"])
def test_two_replacements_of_one_instance_do_not_take_each_other_for_their_own(replacement, ec2, other):
    first = replacement.deploy(**asked())["TaskId"]
    replacement.forget()
    assert replacement.deploy(**asked(**other))["TaskId"] != first
    assert len(ec2.tasks) == 2
    replacement.destroy()
    assert len(marks(ec2)) == 1


def test_tasks_of_somebody_elses_are_none_of_ours(replacement, ec2):
    for tags in ([], [{"Key": MARK, "Value": "no mark"}], [{"Key": "team", "Value": "c8a1/Prod/1/2"}]):
        ec2.CreateReplaceRootVolumeTask("i-0", [{"Tags": tags}])
        ec2.now += 1
    replacement.deploy(**asked())
    replacement.destroy()
    assert len(ec2.tasks) == 4
    assert [len(task["Tags"]) for task in ec2.tasks] == [0, 1, 1, 1]


def test_other_tags_alone_replace_nothing(replacement, ec2):
    task = replacement.deploy(**asked())["TaskId"]
    assert replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))["TaskId"] == task
    assert len(ec2.tasks) == 1


def test_other_tags_alone_replace_nothing_when_ec2_has_forgotten_the_task(replacement, ec2):
    replacement.deploy(**asked())
    ec2.tasks.clear()
    data = replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    assert data == {"TaskId": "", "TaskState": "forgotten", "VolumeId": root_volume(ec2), RATE: "200"}
    assert ec2.tasks == []


def test_the_same_event_twice_replaces_once(replacement, ec2):
    ec2.becomes("CREATE_IN_PROGRESS")
    replacement.send("Create", asked(), request="one")
    first = replacement.data
    replacement.send("Create", asked(), request="one")
    assert replacement.data == first
    assert len(ec2.tasks) == 1


def test_the_same_event_twice_replaces_once_when_the_task_has_failed(replacement, ec2):
    ec2.becomes("CREATE_IN_PROGRESS")
    ec2.task_states = ["failed"]
    for _ in range(2):
        with pytest.raises(RuntimeError, match="failed"):
            replacement.send("Create", asked(), request="one")
    assert len(ec2.tasks) == 1


def test_another_resources_task_is_not_taken_for_its_own_when_it_is_the_last(replacement):
    first = replacement.deploy(**asked())
    replacement.forget()
    replacement.deploy(**asked(address="c8b2"))
    replacement.forget()
    assert replacement.deploy(**asked())["TaskId"] == first["TaskId"]


def test_a_task_that_is_not_shown_for_long_is_started_once(replacement, ec2):
    ec2.lag = 180
    replacement.deploy(**asked())
    assert replacement.data["VolumeId"] == root_volume(ec2)
    assert len(ec2.tasks) == 1


def test_a_task_that_is_never_shown_fails_before_cloudformation_gives_up(replacement, ec2):
    ec2.lag = 1e9
    ec2.becomes("CREATE_IN_PROGRESS")
    with pytest.raises(RuntimeError, match=r"replacevol-\w+ is not shown after 54 minutes"):
        replacement.send("Create", asked())
    assert len(ec2.tasks) == 1


def test_an_answer_that_is_lost_replaces_once(replacement, ec2):
    ec2.faults["CreateReplaceRootVolumeTask"].append("lost")
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 1


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "ServiceUnavailable", "refused"])
def test_what_passes_is_tried_again(replacement, ec2, code):
    actions = ("CreateReplaceRootVolumeTask", "DescribeReplaceRootVolumeTasks", "DescribeInstances", "DescribeVolumes")
    for action in (*actions, "DeleteTags"):
        ec2.faults[action].extend([code] * 25)
    replacement.deploy(**asked())
    replacement.destroy()
    assert len(ec2.tasks) == 1
    assert marks(ec2) == []


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
    assert len(ec2.tasks) == 1


def test_a_task_that_does_not_end_fails_before_cloudformation_gives_up(replacement, ec2):
    ec2.task_states, before = ["pending", "in-progress"], ec2.now
    with pytest.raises(RuntimeError, match=r"replacevol-\w+ is in-progress after 54 minutes; see in EC2 what becomes"):
        replacement.deploy(**asked())
    assert limits.DEPLOYMENT_WAIT < ec2.now - before < limits.DEPLOYMENT_WAIT + 30


def test_after_a_failure_the_same_inputs_are_tried_again(replacement, ec2):
    ec2.task_states = ["failed"]
    with pytest.raises(RuntimeError):
        replacement.deploy(**asked())
    ec2.task_states = ["succeeded"]
    ec2.events.clear()
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 2


@pytest.mark.parametrize("lag", [0, 180])
def test_a_first_deployment_that_fails_elsewhere_and_is_deployed_again_replaces_once(replacement, ec2, lag):
    replacement.fails_elsewhere, ec2.lag = True, lag
    with pytest.raises(ElsewhereError):
        replacement.deploy(**asked())
    first = root_volume(ec2)
    replacement.fails_elsewhere, replacement.stack_id = False, AGAIN
    assert replacement.deploy(**asked())["VolumeId"] == first
    assert len(ec2.tasks) == 1


def of_image(image_id, inputs):
    """Return the properties of a replacement from an image that the stack makes."""
    properties = asked(ImageId=image_id)
    del properties["Request"]["SnapshotId"]
    return properties | {"ImageInputs": inputs}


@pytest.mark.parametrize(("inputs", "tasks"), [("0123456789ab", 1), ("ba9876543210", 2)], ids=["same", "other"])
def test_an_image_that_is_made_again_of_the_same_replaces_nothing(replacement, ec2, inputs, tasks):
    replacement.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        replacement.deploy(**of_image("ami-1", "0123456789ab"))
    replacement.fails_elsewhere, replacement.stack_id = False, AGAIN
    replacement.deploy(**of_image("ami-2", inputs))
    assert len(ec2.tasks) == tasks


def test_a_first_deployment_that_fails_before_the_task_is_shown_and_is_deployed_again_replaces_once(replacement, ec2):
    ec2.lag = 180
    ec2.becomes("CREATE_IN_PROGRESS")
    event = replacement.begin("Create", asked())
    replacement.handler.is_complete(event, None)
    ec2.becomes("ROLLBACK_IN_PROGRESS")
    replacement.send("Delete", asked(), replacement.reached)
    replacement.stack_id = AGAIN
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 1


def test_a_stack_whose_creation_was_rolled_back_without_a_task_is_deleted_after_a_while(replacement, ec2):
    ec2.becomes("ROLLBACK_IN_PROGRESS")
    before = ec2.now
    replacement.send("Delete", asked(), "invented")
    assert ec2.now - before == 240


@pytest.mark.parametrize("end", ["destroy", "leave_out"])
def test_a_stack_that_is_made_again_after_a_deletion_replaces_again(replacement, ec2, end):
    replacement.deploy(**asked())
    replacement.deploy(**asked("snap-2"))
    assert len(marks(ec2)) == 2
    getattr(replacement, end)()
    assert marks(ec2) == []
    replacement.deploy(**asked("snap-2"))
    assert len(ec2.tasks) == 3


def test_a_replacement_that_an_update_adds_and_rolls_back_is_not_made_again(replacement, ec2):
    ec2.becomes("CREATE_COMPLETE")
    replacement.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        replacement.deploy(**asked())
    replacement.fails_elsewhere = False
    replacement.deploy(**asked())
    assert len(ec2.tasks) == 1


def test_a_rollback_replaces_nothing(replacement, ec2):
    replacement.deploy(**asked())
    ec2.task_states = ["failed"]
    with pytest.raises(RuntimeError):
        replacement.deploy(**asked("snap-2"))
    assert len(ec2.tasks) == 2


def test_an_update_that_is_tried_again_after_a_rollback_replaces_nothing(replacement, ec2):
    replacement.deploy(**asked())
    replacement.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        replacement.deploy(**asked("snap-2"))
    assert replacement.data["VolumeId"] == root_volume(ec2)
    replacement.fails_elsewhere = False
    replacement.deploy(**asked("snap-2"))
    assert len(ec2.tasks) == 2


def test_a_replacement_that_was_cancelled_is_not_made_after_its_deletion(replacement, ec2):
    ec2.becomes("CREATE_IN_PROGRESS")
    event = replacement.begin("Create", asked())
    ec2.becomes("ROLLBACK_IN_PROGRESS")
    with pytest.raises(RuntimeError, match="the stack is ROLLBACK_IN_PROGRESS by now"):
        replacement.handler.is_complete(event, None)
    assert ec2.tasks == []


def test_a_rollback_needs_no_task_that_ec2_still_knows(replacement, ec2):
    replacement.deploy(**asked())
    ec2.tasks.clear()
    ec2.becomes("UPDATE_ROLLBACK_IN_PROGRESS")
    replacement.send("Update", replacement.properties, replacement.id, asked("snap-2"))
    assert replacement.data["TaskState"] == "forgotten"
    assert ec2.tasks == []


@pytest.mark.parametrize("state", ["in-progress", "failed"])
def test_a_rollback_does_not_wait_for_the_task(replacement, ec2, state):
    first = replacement.deploy(**asked())
    ec2.task_states = [state]
    ec2.becomes("UPDATE_IN_PROGRESS")
    event = replacement.begin("Update", asked("snap-2"), replacement.id, replacement.properties)
    replacement.handler.is_complete(event, None)
    ec2.becomes("UPDATE_ROLLBACK_IN_PROGRESS")
    before = ec2.now
    replacement.send("Update", replacement.properties, replacement.id, asked("snap-2"))
    assert (replacement.data["TaskId"], replacement.data["TaskState"]) == (first["TaskId"], "succeeded")
    assert replacement.data["VolumeId"] == root_volume(ec2)
    assert ec2.now == before


def test_other_tags_do_not_need_the_instance(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances.clear()
    ec2.now += 3600
    replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))
    assert (replacement.data["TaskState"], replacement.data["VolumeId"]) == ("succeeded", "")


@pytest.mark.parametrize("source", [{}, {"VolumeId": "vol-given"}])
@pytest.mark.parametrize("lag", [60, 180])
def test_the_former_root_volume_is_not_taken_for_the_new_one(replacement, ec2, source, lag):
    ec2.volumes["vol-given"] = {"CreateTime": ec2.now - 1e6}
    ec2.task_states, ec2.lag, before = ["succeeded"], lag, ec2.now
    assert replacement.deploy(**asked(**source))["VolumeId"] == root_volume(ec2) != "vol-0"
    assert ec2.now - before == lag


def test_a_volume_that_took_the_new_ones_place_long_after_is_told_of(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances["i-0"]["volumes"]["/dev/xvda"] = "vol-0"
    ec2.now += 241 + 20
    assert replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))["VolumeId"] == "vol-0"


def test_a_task_without_an_end_counts_from_its_start(replacement, ec2):
    replacement.deploy(**asked())
    del ec2.tasks[0]["CompleteTime"]
    ec2.tasks[0]["states"].clear()
    ec2.tasks[0]["states"].append("succeeded")
    assert replacement.deploy(**asked(tags=[{"Key": "team", "Value": "db"}]))["VolumeId"] == root_volume(ec2)


@pytest.mark.parametrize("action", ["DescribeVolumes", "DescribeInstances"])
def test_a_new_volume_that_ec2_does_not_show_yet_is_waited_for(replacement, ec2, action):
    ec2.faults[action].append(f"Invalid{'Volume' if action == 'DescribeVolumes' else 'InstanceID'}.NotFound")
    replacement.deploy(**asked())
    assert replacement.data["VolumeId"] == root_volume(ec2)


def test_a_volume_that_ec2_does_not_let_us_see_is_an_error(replacement, ec2):
    ec2.faults["DescribeVolumes"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        replacement.deploy(**asked())


def test_a_new_task_that_ec2_does_not_show_yet_is_waited_for(replacement, ec2):
    ec2.faults["DescribeReplaceRootVolumeTasks"].extend(["hidden"] * 3)
    replacement.deploy(**asked())
    assert replacement.data["TaskState"] == "succeeded"
    assert len(ec2.tasks) == 1


def test_deleting_does_nothing_to_the_instance(replacement, ec2):
    replacement.deploy(**asked())
    replacement.destroy()
    assert ec2.done() == ["CreateReplaceRootVolumeTask", "DeleteTags"]
    assert ec2.sent("DeleteTags")[0]["Tags"] == [{"Key": MARK}]


def test_deleting_works_when_the_instance_is_gone_and_the_task_forgotten(replacement, ec2):
    replacement.deploy(**asked())
    ec2.instances.clear()
    ec2.tasks.clear()
    before = ec2.now
    replacement.destroy()
    assert ec2.now == before
    assert ec2.sent("DeleteTags") == []


def test_what_ec2_refuses_says_what_to_do(replacement, ec2):
    ec2.faults["CreateReplaceRootVolumeTask"].append("IncorrectInstanceState")
    with pytest.raises(RuntimeError, match=r"EC2 says no \(IncorrectInstanceState\); start the instance"):
        replacement.deploy(**asked())
    ec2.faults["CreateReplaceRootVolumeTask"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        replacement.deploy(**asked())
    assert ec2.tasks == []


def test_a_runtime_that_is_too_old_for_a_parameter_says_so(replacement, ec2):
    with pytest.raises(RuntimeError, match=r"boto3 \d.* of this runtime has no SpinUpRate: AWS renews"):
        replacement.deploy(**asked(SpinUpRate=3))
    assert ec2.tasks == []


def test_logs_what_was_asked_and_answered_and_no_secret(replacement, capsys):
    replacement.deploy(**asked())
    logged = capsys.readouterr().out
    assert f'"{RATE}": 200' in logged
    assert '"TaskState": "succeeded"' in logged
    assert "https://secret" not in logged
