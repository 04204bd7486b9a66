"""Images: registered once, replaced before they are removed, and never left behind."""

import pytest
from botocore.exceptions import ClientError

from constructs_ebs.core import limits
from tests.constants import RATE

from .aws import STACK, STACK_ID, Killed
from .cloudformation import ElsewhereError

MARK = "constructs-ebs:mark"
INVENTED = "Prod-Made-1ABCDEFGHIJK"
"""An id of CloudFormation's own, when it was not told one."""


@pytest.fixture
def image(load, ec2):
    ec2.snapshots |= {"snap-1": {}, "snap-2": {}}
    ec2.becomes("CREATE_IN_PROGRESS")
    return load("Ami")


def registered(snapshot="snap-1", *, tags=None, delete_snapshots=False, retain=False, **request):
    device = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, RATE: 200, "DeleteOnTermination": True}}
    request = {"Architecture": "x86_64", "EnaSupport": True, "BlockDeviceMappings": [device], **request}
    rows = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    flags = {"DeleteSnapshots": delete_snapshots, "Retain": retain}
    return {"Action": "RegisterImage", "Request": request, "Tags": rows, **flags}


def created(**request):
    return {"Action": "CreateImage", "Request": {"InstanceId": "i-0", **request}, "DeleteSnapshots": True}


def image_id(image):
    return image.data["ImageId"]


def tags_of(ec2, image):
    return {tag["Key"]: tag["Value"] for tag in ec2.images[image]["Tags"]}


def test_sends_numbers_and_booleans_as_what_they_are_and_tags(image, ec2):
    image.deploy(**registered(tags={"team": "db"}))
    [sent] = ec2.sent("RegisterImage")
    assert sent["EnaSupport"] is True
    assert [one["ResourceType"] for one in sent["TagSpecifications"]] == ["image"]
    team, stack, mark = sent["TagSpecifications"][0]["Tags"]
    assert [team, stack] == [{"Key": "team", "Value": "db"}, {"Key": STACK, "Value": STACK_ID}]
    assert mark["Key"] == MARK
    assert sent["BlockDeviceMappings"][0]["Ebs"] == {"SnapshotId": "snap-1", RATE: 200, "DeleteOnTermination": True}


def test_answers_with_what_ec2_knows_of_the_image(image, ec2):
    blank = {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 5}}
    root = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-1"}}
    store = {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral0"}
    data = {"DeviceName": "/dev/sdd", "Ebs": {"SnapshotId": "snap-2"}}
    image.deploy(**registered(RootDeviceName="/dev/sda1", BlockDeviceMappings=[blank, root, store, data]))
    [(made, known)] = ec2.images.items()
    assert image.data == {
        "ImageId": made,
        "ImageName": known["Name"],
        "RootDeviceName": "/dev/sda1",
        "SnapshotIds": "snap-1,snap-2",
        "Inputs": image.id.rpartition("-")[2],
    }
    assert known["Name"].startswith("Prod-Made-")
    assert image.id.startswith("EbsAmi-")


def test_a_long_id_makes_no_name_that_is_too_long(image, ec2):
    image.logical_id = "Made" * 60
    image.deploy(**registered())
    image.deploy(**registered("snap-2"))
    assert [len(sent["Name"]) for sent in ec2.sent("RegisterImage")] == [127, 127]


def test_waits_for_an_image_that_is_pending_for_long(image, ec2):
    ec2.new_image_states = ["pending"] * 8 + ["transient"] * 7 + ["available"]
    before = ec2.now
    image.deploy(**registered())
    assert ec2.now - before == 160
    assert len(ec2.images) == 1


@pytest.mark.parametrize("state", ["pending", "transient"])
def test_an_image_that_never_becomes_available_is_removed(image, ec2, state):
    ec2.new_image_states, before = [state], ec2.now
    with pytest.raises(RuntimeError, match=rf"ami-\w+ is {state} after 54 minutes"):
        image.deploy(**registered())
    assert limits.DEPLOYMENT_WAIT < ec2.now - before < limits.DEPLOYMENT_WAIT + 30
    assert ec2.images == {}


@pytest.mark.parametrize("state", ["failed", "error", "invalid"])
def test_an_image_that_fails_says_why_and_is_removed(image, ec2, state):
    ec2.new_image_states = ["pending", state]
    with pytest.raises(RuntimeError, match=f"is {state}: as the test asked"):
        image.deploy(**registered())
    assert ec2.images == {}
    assert len(ec2.sent("RegisterImage")) == 1


def test_an_image_that_fails_without_a_reason_says_so(image, ec2, monkeypatch):
    ec2.new_image_states = ["failed"]
    monkeypatch.setattr(ec2, "image", lambda *args, make=ec2.image, **more: make(*args, **more, reason=False))
    with pytest.raises(RuntimeError, match="is failed: EC2 gives no reason"):
        image.deploy(**registered())


def test_an_image_that_failed_in_an_earlier_attempt_is_removed_and_not_adopted(image, ec2):
    ec2.new_image_states = ["failed"]
    with pytest.raises(RuntimeError, match="failed"):
        image.send("Create", registered(delete_snapshots=True))  # and CloudFormation keeps what it made
    [failed] = ec2.images
    ec2.new_image_states = ["available"]
    image.deploy(**registered(delete_snapshots=True))
    assert image_id(image) != failed
    assert [*ec2.images] == [image_id(image)]


def test_a_change_registers_the_new_image_before_the_old_one_is_removed(image, ec2):
    old = image.deploy(**registered())["ImageId"]
    former = image.id
    new = image.deploy(**registered("snap-2"))["ImageId"]
    assert image.id != former
    assert [*ec2.images] == [new] != [old]
    assert ec2.done() == ["RegisterImage", "RegisterImage", "DeregisterImage"]


def test_a_change_and_back_registers_an_image_again(image, ec2):
    ids = [image.deploy(**registered(snapshot))["ImageId"] for snapshot in ("snap-1", "snap-2", "snap-1")]
    assert len(set(ids)) == 3
    assert [*ec2.images] == ids[2:]


def test_tags_change_in_place(image, ec2):
    made = image.deploy(**registered(tags={"team": "db", "old": "1", "same": "1"}))["ImageId"]
    ec2.CreateTags([made], [{"Key": "theirs", "Value": "1"}])
    assert image.deploy(**registered(tags={"team": "web", "same": "1", "new": "1"}))["ImageId"] == made
    tags = {key: value for key, value in tags_of(ec2, made).items() if not key.startswith("constructs-ebs:")}
    assert tags == {"team": "web", "same": "1", "new": "1", "theirs": "1"}
    assert tags_of(ec2, made)[STACK] == STACK_ID
    assert len(ec2.sent("RegisterImage")) == 1
    assert ec2.sent("DeleteTags") == [{"Resources": [made], "Tags": [{"Key": "old"}]}]
    rows = [{"Key": "team", "Value": "web"}, {"Key": "new", "Value": "1"}]
    assert ec2.sent("CreateTags") == [{"Resources": [made], "Tags": rows}]


def test_tags_that_are_right_are_left_alone(image, ec2):
    image.deploy(**registered(tags={"team": "db"}))
    image.deploy(**registered(tags={"team": "db"}, retain=True))
    assert ec2.done() == ["RegisterImage"]


def test_a_disabled_image_is_found_when_its_tags_change_and_when_it_is_removed(image, ec2):
    made = image.deploy(**registered())["ImageId"]
    ec2.images[made]["states"] = ["disabled"]
    assert image.deploy(**registered(tags={"team": "db"}))["ImageId"] == made
    assert tags_of(ec2, made)["team"] == "db"
    image.destroy()
    assert ec2.images == {}


def test_a_name_that_a_disabled_image_has_is_refused_at_once(image, ec2):
    ec2.image("golden", states=["disabled"])
    before = ec2.now
    with pytest.raises(RuntimeError, match="choose another image_name"):
        image.send("Create", registered(Name="golden"))
    assert ec2.now == before


def test_throttling_is_sat_out(image, ec2):
    ec2.faults["RegisterImage"].extend(["RequestLimitExceeded"] * 9)
    ec2.faults["DescribeImages"].extend(["RequestLimitExceeded"] * 9)
    image.deploy(**registered())
    assert len(ec2.images) == 1


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "ServiceUnavailable", "refused"])
def test_what_passes_is_tried_again_at_the_next_call(image, ec2, code):
    for action in ("RegisterImage", "DescribeImages", "DeregisterImage"):
        ec2.faults[action].extend([code] * 25)
    image.deploy(**registered())
    image.destroy()
    assert ec2.images == {}


def test_an_answer_that_is_lost_leaves_one_image(image, ec2):
    ec2.faults["RegisterImage"].append("lost")
    image.deploy(**registered())
    assert [*ec2.images] == [image_id(image)]
    assert len(ec2.sent("RegisterImage")) == 2


@pytest.mark.parametrize("make", [registered, created])
def test_an_answer_that_is_lost_leaves_one_image_before_ec2_shows_it(image, ec2, make):
    ec2.faults["RegisterImage"].append("lost")
    ec2.faults["CreateImage"].append("lost")
    ec2.lag = 180
    image.deploy(**make())
    assert [*ec2.images] == [image_id(image)]


def test_an_image_that_is_never_shown_is_not_waited_for_longer_than_ec2_takes(image, ec2):
    ec2.lag, before = 1e9, ec2.now
    with pytest.raises(RuntimeError, match="choose another image_name"):
        image.send("Create", registered())
    assert 240 < ec2.now - before < 270


def test_a_create_that_fails_is_cleaned_up_before_ec2_shows_the_image(image, ec2):
    ec2.lag, ec2.kill_at = 180, 6
    with pytest.raises(Killed):
        image.deploy(**registered())
    assert ec2.sent("DeregisterImage")
    assert ec2.images == {}


def test_an_image_that_was_kept_is_found_again_and_gets_its_tags(image, ec2):
    first = image.deploy(**registered(tags={"team": "db"}))["ImageId"]
    image.forget()  # by removal_policy RETAIN
    assert image.deploy(**registered(tags={"team": "web"}))["ImageId"] == first
    assert tags_of(ec2, first)["team"] == "web"


def test_images_that_are_kept_are_no_orphans(image, ec2):
    for snapshot in ("snap-1", "snap-2", "snap-1"):
        image.deploy(**registered(snapshot, retain=True))
    image.deploy(**registered("snap-1", retain=True, tags={"team": "db"}))
    assert len(ec2.images) == 2
    assert ec2.sent("DeregisterImage") == []


def test_a_trigger_makes_another_image(image, ec2):
    ids = [image.deploy(**created(), Trigger=day)["ImageId"] for day in ("monday", "monday", "tuesday")]
    assert [ids[0] == ids[1], ids[1] == ids[2]] == [True, False]
    assert [*ec2.images] == [ids[2]]


def test_the_same_event_twice_leaves_one_image(image, ec2):
    for _ in range(2):
        image.send("Create", registered(), request="one")
    assert [*ec2.images] == [image_id(image)]
    assert len(ec2.sent("RegisterImage")) == 1


def test_an_update_that_is_rolled_back_finds_the_old_image(image, ec2):
    old, former = image.deploy(**registered())["ImageId"], image.id
    ec2.new_image_states = ["failed"]
    with pytest.raises(RuntimeError, match="failed"):
        image.deploy(**registered("snap-2"))
    assert (image.id, image_id(image)) == (former, old)
    assert [*ec2.images] == [old]


def test_a_rollback_because_of_another_resource_finds_the_old_image(image, ec2):
    old = image.deploy(**registered())["ImageId"]
    image.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        image.deploy(**registered("snap-2"))
    assert [*ec2.images] == [old]


def test_a_rollback_makes_again_what_somebody_deregistered(image, ec2):
    old = image.deploy(**registered())["ImageId"]
    ec2.images.clear()
    image.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        image.deploy(**registered("snap-2"))
    assert [*ec2.images] == [image_id(image)] != [old]


@pytest.mark.parametrize("lag", [0, 180])
def test_a_rollback_finds_the_image_of_a_lost_update(image, ec2, lag):
    old, image.is_told = image.deploy(**registered())["ImageId"], False
    ec2.lag, image.fails_elsewhere = lag, True
    with pytest.raises(ElsewhereError):
        image.deploy(**registered("snap-2", delete_snapshots=True))
    assert [*ec2.images] == [old]
    assert "snap-2" in ec2.snapshots


@pytest.mark.parametrize("is_told", [True, False])
def test_a_rollback_removes_the_image_of_an_instance_with_its_snapshots(image, ec2, is_told):
    image.deploy(**created())
    before = [*ec2.snapshots]
    image.is_told, image.fails_elsewhere = is_told, True
    with pytest.raises(ElsewhereError):
        image.deploy(**created(), Trigger="again")
    assert [*ec2.snapshots] == before


@pytest.mark.parametrize("first", [True, False])
def test_a_rollback_leaves_the_snapshots_that_the_next_deployment_needs(image, ec2, first):
    ec2.events.clear() if first else None
    image.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        image.deploy(**registered(delete_snapshots=True))
    assert ec2.images == {}
    image.fails_elsewhere = False
    ec2.events.clear() if first else None
    image.deploy(**registered(delete_snapshots=True))
    image.destroy()
    assert [*ec2.snapshots] == ["snap-2"]


def test_the_next_event_finds_the_image_of_a_lost_update(image, ec2):
    old = image.deploy(**registered())["ImageId"]
    ec2.becomes("UPDATE_IN_PROGRESS")
    image.send("Update", registered("snap-2"), image.id, image.properties)  # and no rollback came through
    before = ec2.now
    image.deploy(**registered(tags={"team": "db"}))
    assert [*ec2.images] == [old]
    assert ec2.now == before


def test_a_rollback_does_not_take_another_resources_image_for_an_orphan(image, ec2):
    old = image.deploy(**registered())["ImageId"]
    image.forget()
    image.logical_id = "Other"
    image.deploy(**registered())
    image.fails_elsewhere, image.is_told = True, False
    with pytest.raises(ElsewhereError):
        image.deploy(**registered("snap-2"))
    assert [*ec2.images] == [old, image_id(image)]


def test_a_rollback_that_knows_the_new_image_does_not_wait(image, ec2):
    image.deploy(**registered())
    image.fails_elsewhere, before = True, ec2.now
    with pytest.raises(ElsewhereError):
        image.deploy(**registered("snap-2"))
    assert ec2.now - before < 60
    assert len(ec2.images) == 1


def test_a_rollback_finds_an_image_of_the_users_own_name(image, ec2):
    old = image.deploy(**registered(Name="golden"))["ImageId"]
    with pytest.raises(RuntimeError, match=r"\(InvalidAMIName.Duplicate\); choose another image_name, or omit it"):
        image.deploy(**registered("snap-2", Name="golden"))
    assert image_id(image) == old
    assert [*ec2.images] == [old]


def test_a_creation_that_was_cancelled_is_not_made_again_after_its_deletion(image, ec2):
    event = image.begin("Create", registered())
    assert image.handler.is_complete(event, None) == {"IsComplete": False}
    ec2.becomes("ROLLBACK_IN_PROGRESS")
    image.send("Delete", registered(), image.reached)
    with pytest.raises(RuntimeError, match="the stack is ROLLBACK_IN_PROGRESS by now: nothing more is made for this"):
        image.handler.is_complete(event, None)
    assert ec2.images == {}


def test_a_name_that_somebody_else_has_is_refused(image, ec2):
    ec2.image("golden")
    before = ec2.now
    with pytest.raises(RuntimeError, match="choose another image_name"):
        image.send("Create", registered(Name="golden"))
    assert len(ec2.images) == 1
    assert ec2.now == before  # at once


def test_an_image_of_another_account_by_the_same_name_is_none_of_ours(image, ec2):
    ec2.image("golden", owner="amazon")
    ec2.image("other", [{"Key": STACK, "Value": STACK_ID}], owner="amazon")
    ec2.lag = 60
    image.deploy(**registered(Name="golden"))
    image.destroy()
    assert len(ec2.images) == 2


@pytest.mark.parametrize("changed", ["logical_id", "stack_id"])
def test_images_do_not_share_a_name(image, ec2, changed):
    image.deploy(**registered(Name="golden"))
    image.forget()
    setattr(image, changed, "arn:aws:cloudformation:us-east-1:111122223333:stack/Other/00")
    with pytest.raises(RuntimeError, match="choose another image_name"):
        image.deploy(**registered(Name="golden"))
    assert len(ec2.images) == 1


def test_two_images_of_a_stack_do_not_take_each_other_for_their_own(image, ec2):
    first = image.deploy(**registered())["ImageId"]
    image.forget()
    image.logical_id = "Other"
    second = image.deploy(**registered())["ImageId"]
    image.destroy()
    assert [*ec2.images] == [first] != [second]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("IncorrectState", "wait until the snapshot is completed"),
        ("InvalidSnapshot.NotFound", "give a snapshot of this Region"),
    ],
)
def test_what_ec2_refuses_says_what_to_do(image, ec2, code, advice):
    ec2.faults["RegisterImage"].append(code)
    with pytest.raises(RuntimeError, match=rf"EC2 says no \({code}\); {advice}"):
        image.deploy(**registered())
    assert ec2.images == {}


def test_deletes_the_image_and_leaves_the_users_snapshots(image, ec2):
    image.deploy(**registered())
    image.destroy()
    assert ec2.images == {}
    assert ec2.snapshots == {"snap-1": {}, "snap-2": {}}


def test_deletes_its_snapshots_when_told_and_marks_them_first(image, ec2):
    image.deploy(**registered(delete_snapshots=True))
    assert ec2.snapshots["snap-1"] == {STACK: STACK_ID}
    assert ec2.done()[:2] == ["CreateTags", "RegisterImage"]
    image.destroy()
    assert [*ec2.snapshots] == ["snap-2"]


def test_devices_without_snapshots_are_not_marked(image, ec2):
    devices = [{"DeviceName": "/dev/xvdb", "VirtualName": "ephemeral0"}, {"DeviceName": "/dev/xvdc", "Ebs": {}}]
    image.deploy(**registered(delete_snapshots=True, BlockDeviceMappings=devices))
    assert ec2.done() == ["RegisterImage"]


def test_snapshots_that_are_to_be_deleted_from_now_on_are_marked(image, ec2):
    made = image.deploy(**registered())["ImageId"]
    assert image.deploy(**registered(delete_snapshots=True))["ImageId"] == made
    assert ec2.snapshots["snap-1"] == {STACK: STACK_ID}
    image.deploy(**registered(delete_snapshots=True, tags={"team": "db"}))
    assert [sent["Resources"] for sent in ec2.sent("CreateTags")] == [["snap-1"], [made]]  # not once more


def test_snapshots_that_are_to_be_kept_from_now_on_are(image, ec2):
    image.deploy(**registered(delete_snapshots=True))
    image.deploy(**registered())
    image.destroy()
    assert "snap-1" in ec2.snapshots


def test_a_snapshot_that_the_new_image_has_too_stays(image, ec2):
    image.deploy(**registered(delete_snapshots=True))
    image.deploy(**registered(delete_snapshots=True, Description="again"))
    assert "snap-1" in ec2.snapshots


def test_a_snapshot_that_cannot_be_deleted_is_named(image, ec2):
    image.deploy(**registered(delete_snapshots=True))
    ec2.snapshots["snap-1"].clear()
    with pytest.raises(RuntimeError, match=r"snapshots of it are left, delete them: snap-1 \(missing-permissions\)"):
        image.destroy()


def test_deleting_what_somebody_deleted_already_is_fine(image, ec2):
    image.deploy(**registered())
    ec2.images.clear()
    image.destroy()


def test_deleting_waits_for_an_image_that_is_not_shown_yet(image, ec2):
    image.deploy(**registered())
    ec2.faults["DescribeImages"].extend(["hidden"] * 18)
    before = ec2.now
    image.destroy()
    assert ec2.images == {}
    assert ec2.now - before == 180


def test_an_image_that_is_deregistered_is_none(image, ec2):
    old = image.deploy(**registered())["ImageId"]
    ec2.images[old] |= {"states": ["deregistered"], "Name": "free again"}
    new = image.deploy(**registered(tags={"team": "db"}))["ImageId"]
    image.destroy()
    assert [sent["ImageId"] for sent in ec2.sent("DeregisterImage")] == [new]


def test_a_name_of_a_deregistered_image_is_waited_for(image, ec2):
    ec2.image("golden", states=["deregistered"])
    event = image.begin("Create", registered(Name="golden"))
    assert image.handler.is_complete(event, None) == {"IsComplete": False}


@pytest.mark.parametrize("code", ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"])
def test_deleting_what_ec2_knows_no_more_is_fine(image, ec2, code):
    image.deploy(**registered())
    ec2.faults["DeregisterImage"].append(code)
    image.destroy()


def test_deleting_finds_an_image_of_which_cloudformation_was_not_told(image, ec2):
    image.deploy(**registered())
    image.id = INVENTED
    image.destroy()
    assert ec2.images == {}
    image.send("Delete", registered(), INVENTED)


@pytest.mark.parametrize("changes", [{"tags": {"team": "db"}}, {"delete_snapshots": True}])
def test_a_change_of_what_somebody_deregistered_makes_it_again(image, ec2, changes):
    old = image.deploy(**registered())["ImageId"]
    ec2.images.clear()
    image.deploy(**registered(**changes))
    assert [*ec2.images] == [image_id(image)] != [old]


def test_a_protected_image_says_what_to_do(image, ec2):
    image.deploy(**registered())
    ec2.faults["DeregisterImage"].append("OperationNotPermitted")
    with pytest.raises(RuntimeError, match="turn the image's deregistration protection off"):
        image.destroy()


def test_an_error_without_advice_is_ec2s_own(image, ec2):
    for action in ("RegisterImage", "DescribeImages"):
        ec2.faults[action].append("InvalidParameterValue")
        with pytest.raises(ClientError, match=r"InvalidParameterValue.*EC2 says no"):
            image.deploy(**registered())
    assert ec2.images == {}


def test_an_image_of_an_instance_has_its_snapshots_and_takes_them_along(image, ec2):
    image.deploy(**created(NoReboot=True))
    assert ec2.sent("CreateImage")[0]["NoReboot"] is True
    [snapshot] = ec2.snapshots.keys() - {"snap-1", "snap-2"}
    assert image.data["SnapshotIds"] == snapshot
    assert ec2.snapshots[snapshot][STACK] == STACK_ID
    image.destroy()
    assert [*ec2.snapshots] == ["snap-1", "snap-2"]


def test_a_runtime_that_is_too_old_for_a_parameter_says_so(image, ec2):
    with pytest.raises(RuntimeError, match=r"boto3 \d.* of this runtime has no SpinUpRate: AWS renews"):
        image.deploy(**registered(SpinUpRate=3))
    assert ec2.done() == []


def test_logs_what_was_asked_and_answered_and_no_secret(image, ec2, capsys):
    ec2.new_image_states = ["pending", "available"]
    image.deploy(**registered())
    logged = capsys.readouterr().out
    assert f'"{RATE}": 200' in logged
    assert f'{{"RegisterImage": {{"ImageId": "{image_id(image)}"' in logged
    assert f"{image_id(image)} is pending\n" in logged
    assert "https://secret" not in logged


DB, WEB, THEIRS = ({"UserId": number * 12} for number in "123")
ALL = {"OrganizationArn": "arn:aws:organizations::111111111111:organization/o-1"}


def test_is_shared_in_place_and_not_with_those_whom_the_user_leaves_out(image, ec2):
    made = image.deploy(**registered(), LaunchPermissions=[DB, ALL])["ImageId"]
    ec2.images[made]["permissions"].append(THEIRS)
    image.deploy(**registered(), LaunchPermissions=[WEB, ALL])
    assert ec2.images[made]["permissions"] == [ALL, THEIRS, WEB]
    image.deploy(**registered())
    assert ec2.images[made]["permissions"] == [THEIRS]
    assert [sent["LaunchPermission"] for sent in ec2.sent("ModifyImageAttribute")] == [
        {"Add": [DB, ALL]},
        {"Add": [WEB], "Remove": [DB]},
        {"Remove": [WEB, ALL]},
    ]


def test_an_image_that_is_shared_as_it_should_be_is_left_alone(image, ec2):
    for retain in (True, False):
        image.deploy(**registered(retain=retain), LaunchPermissions=[DB])
    ec2.images[image_id(image)]["permissions"] = []  # somebody took it back, and it is to go
    image.deploy(**registered())
    assert len(ec2.sent("ModifyImageAttribute")) == 1


def test_an_image_that_is_not_shared_needs_no_look(image, ec2):
    image.deploy(**registered())
    image.deploy(**registered(tags={"team": "db"}))
    assert ec2.sent("DescribeImageAttribute") == []


def test_a_rollback_shares_as_before(image, ec2):
    made = image.deploy(**registered(), LaunchPermissions=[DB])["ImageId"]
    image.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        image.deploy(**registered(), LaunchPermissions=[WEB])
    assert ec2.images[made]["permissions"] == [DB]
