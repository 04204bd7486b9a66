"""Images: registered once, replaced before they are removed, and never left behind."""

import pytest
from botocore.exceptions import ClientError

from constructs_ebs.core import limits
from tests.constants import RATE


@pytest.fixture
def image(load, ec2):
    ec2.snapshots |= {"snap-1": {}, "snap-2": {}}
    return load("register_image")


def registered(snapshot="snap-1", *, tags=None, delete_snapshots=False, **request):
    device = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, RATE: 200, "DeleteOnTermination": True}}
    request = {"Architecture": "x86_64", "EnaSupport": True, "BlockDeviceMappings": [device], **request}
    rows = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    return {"Action": "RegisterImage", "Request": request, "Tags": rows, "DeleteSnapshots": delete_snapshots}


def created(**request):
    return {"Action": "CreateImage", "Request": {"InstanceId": "i-0", **request}, "DeleteSnapshots": True}


def test_sends_numbers_and_booleans_as_what_they_are_and_tags(image, ec2):
    image.deploy(**registered(tags={"team": "db"}))
    [sent] = ec2.sent("RegisterImage")
    assert sent["EnaSupport"] is True
    assert sent["TagSpecifications"][0]["Tags"][0] == {"Key": "team", "Value": "db"}
    assert sent["BlockDeviceMappings"][0]["Ebs"] == {"SnapshotId": "snap-1", RATE: 200, "DeleteOnTermination": True}


def test_answers_with_what_ec2_knows_of_the_image(image, ec2):
    image_id = image.deploy(**registered())
    name = ec2.images[image_id]["Name"]
    assert image.data == {"ImageName": name, "RootDeviceName": "/dev/xvda", "SnapshotIds": "snap-1"}
    assert name.startswith("Prod-Made-")


def test_a_long_id_makes_no_name_that_is_too_long(image, ec2):
    image.logical_id = "Made" * 60
    image.deploy(**registered())
    assert len(ec2.images[image.id]["Name"]) == 128


def test_waits_for_an_image_that_is_pending_for_long(image, ec2):
    ec2.new_image_states, ec2.now = ["pending"] * 15 + ["available"], 1e9
    image.deploy(**registered())
    assert len(ec2.sent("DescribeImages")) == 16


def test_an_image_that_never_becomes_available_is_removed(image, ec2):
    ec2.new_image_states, image.looks = ["pending"], 360
    with pytest.raises(RuntimeError, match=r"ami-\w+ is pending after 54 minutes; deploy it again"):
        image.deploy(**registered())
    assert limits.DEPLOYMENT_WAIT < ec2.now < limits.DEPLOYMENT_WAIT + 30
    assert ec2.images == {}


def test_an_image_that_ec2_does_not_know_yet_is_waited_for(image, ec2):
    ec2.faults["DescribeImages"].append("InvalidAMIID.NotFound")
    assert image.deploy(**registered()) in ec2.images


def test_an_image_that_fails_says_why_and_is_removed(image, ec2):
    ec2.new_image_states = ["pending", "failed"]
    with pytest.raises(RuntimeError, match="is failed: as the test asked"):
        image.deploy(**registered())
    assert ec2.images == {}


def test_a_change_registers_the_new_image_before_the_old_one_is_removed(image, ec2):
    old = image.deploy(**registered())
    new = image.deploy(**registered("snap-2"))
    assert [*ec2.images] == [new]
    names = [name for name, params in ec2.requests if params.get("ImageId") == old or name == "RegisterImage"]
    assert names == ["RegisterImage", "RegisterImage", "DeregisterImage"]


def test_a_change_and_back_registers_an_image_again(image, ec2):
    ids = [image.deploy(**registered(snapshot)) for snapshot in ("snap-1", "snap-2", "snap-1")]
    assert len(set(ids)) == 3
    assert [*ec2.images] == ids[2:]


def test_tags_change_in_place(image, ec2):
    image_id = image.deploy(**registered(tags={"team": "db", "old": "1"}))
    assert image.deploy(**registered(tags={"team": "web"})) == image_id
    tags = {tag["Key"]: tag["Value"] for tag in ec2.images[image_id]["Tags"]}
    assert {key: value for key, value in tags.items() if not key.startswith("constructs-ebs:")} == {"team": "web"}
    assert tags["constructs-ebs:stack"].endswith("stack/Prod/0f1e2d3c")
    assert len(ec2.sent("RegisterImage")) == 1


def test_throttling_is_sat_out(image, ec2):
    ec2.faults["RegisterImage"].extend(["RequestLimitExceeded"] * 9)
    ec2.faults["DescribeImages"].extend(["RequestLimitExceeded"] * 9)
    image.deploy(**registered())
    assert len(ec2.images) == 1


def test_an_answer_that_is_lost_leaves_one_image(image, ec2):
    ec2.faults["RegisterImage"].append("lost")
    image_id = image.deploy(**registered())
    assert [*ec2.images] == [image_id]
    assert len(ec2.sent("RegisterImage")) == 2


def test_an_answer_that_is_lost_leaves_one_image_before_ec2_shows_it(image, ec2):
    ec2.faults["RegisterImage"].append("lost")
    ec2.faults["DescribeImages"].extend(["hidden"] * 30)
    image_id = image.deploy(**registered())
    assert [*ec2.images] == [image_id]
    assert {str(sent.get("Owners")) for sent in ec2.sent("DescribeImages") if "Filters" in sent} == {"['self']"}


def test_an_image_that_was_kept_is_found_again_and_gets_its_tags(image, ec2):
    first = image.deploy(**registered(tags={"team": "db"}))
    image.id = image.properties = None  # by removal_policy RETAIN
    assert image.deploy(**registered(tags={"team": "web"})) == first
    assert {"Key": "team", "Value": "web"} in ec2.images[first]["Tags"]


def test_a_trigger_makes_another_image(image, ec2):
    ids = [image.deploy(**created(), Trigger=trigger) for trigger in ("monday", "monday", "tuesday")]
    assert [ids[0] == ids[1], ids[1] == ids[2]] == [True, False]
    assert [*ec2.images] == [ids[2]]


def test_the_same_event_twice_leaves_one_image(image, ec2):
    properties = registered()
    first = image.send("Create", properties | {"DeleteSnapshots": "false"}, request="one")
    assert image.send("Create", properties | {"DeleteSnapshots": "false"}, request="one") == first
    assert [*ec2.images] == [first]


def test_an_update_that_is_rolled_back_finds_the_old_image(image, ec2):
    old = image.deploy(**registered())
    ec2.new_image_states = ["failed"]
    with pytest.raises(RuntimeError, match="failed"):
        image.deploy(**registered("snap-2"))
    assert image.id == old
    assert [*ec2.images] == [old]


def test_a_rollback_finds_an_image_of_the_users_own_name(image, ec2):
    old = image.deploy(**registered(Name="golden"))
    with pytest.raises(RuntimeError, match=r"\(InvalidAMIName.Duplicate\); choose another image_name, or omit it"):
        image.deploy(**registered("snap-2", Name="golden"))
    assert image.id == old
    assert [*ec2.images] == [old]


def test_a_name_that_somebody_else_has_is_refused(image, ec2):
    ec2.RegisterImage(Name="golden", BlockDeviceMappings=[])
    with pytest.raises(RuntimeError, match="choose another image_name"):
        image.deploy(**registered(Name="golden"))
    assert len(ec2.images) == 1
    assert ec2.now == 0  # at once


@pytest.mark.parametrize("changed", ["logical_id", "stack_id"])
def test_images_do_not_share_a_name(image, ec2, changed):
    image.deploy(**registered(Name="golden"))
    image.id = image.properties = None
    setattr(image, changed, "arn:aws:cloudformation:us-east-1:111122223333:stack/Other/00")
    with pytest.raises(RuntimeError, match="choose another image_name"):
        image.deploy(**registered(Name="golden"))
    assert len(ec2.images) == 1


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
    assert ec2.snapshots["snap-1"].keys() == {"constructs-ebs:stack"}
    assert [name for name, _ in ec2.requests][:2] == ["CreateTags", "RegisterImage"]
    image.destroy()
    assert [*ec2.snapshots] == ["snap-2"]


def test_snapshots_that_are_to_be_deleted_from_now_on_are_marked(image, ec2):
    image_id = image.deploy(**registered())
    assert image.deploy(**registered(delete_snapshots=True)) == image_id
    assert ec2.snapshots["snap-1"].keys() == {"constructs-ebs:stack"}


def test_a_snapshot_that_the_new_image_has_too_stays(image, ec2):
    image.deploy(**registered(delete_snapshots=True))
    image.deploy(**registered(delete_snapshots=True, Description="again"))
    assert "snap-1" in ec2.snapshots


def test_a_snapshot_that_cannot_be_deleted_is_named(image, ec2, monkeypatch):
    image.deploy(**registered(delete_snapshots=True))
    results = [{"SnapshotId": "snap-1", "ReturnCode": "missing-permissions"}]
    monkeypatch.setattr(ec2, "DeregisterImage", lambda **_: {"DeleteSnapshotResults": results}, raising=False)
    with pytest.raises(RuntimeError, match=r"snapshots of it are left, delete them: snap-1 \(missing-permissions\)"):
        image.destroy()


def test_deleting_what_somebody_deleted_already_is_fine(image, ec2):
    image.deploy(**registered())
    ec2.images.clear()
    image.destroy()


@pytest.mark.parametrize("code", ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"])
def test_deleting_what_ec2_knows_no_more_is_fine(image, ec2, code):
    image.deploy(**registered())
    ec2.faults["DeregisterImage"].append(code)
    image.destroy()


def test_deleting_finds_an_image_of_which_cloudformation_was_not_told(image, ec2):
    image.deploy(**registered())
    image.id = "Prod-Made-1ABCDEFGHIJK"
    image.destroy()
    assert ec2.images == {}
    image.send("Delete", registered() | {"DeleteSnapshots": "false"}, "Prod-Made-1ABCDEFGHIJK")


@pytest.mark.parametrize("changes", [{"tags": {"team": "db"}}, {"delete_snapshots": True}])
def test_a_change_of_what_somebody_deregistered_makes_it_again(image, ec2, changes):
    old = image.deploy(**registered())
    ec2.images.clear()
    image.deploy(**registered(**changes))
    assert [*ec2.images] == [image.id] != [old]


def test_an_image_that_is_deregistered_meanwhile_is_not_waited_for(image, ec2, monkeypatch):
    monkeypatch.setattr(ec2, "DescribeImages", lambda **_: {"Images": []}, raising=False)
    image.looks = 40
    with pytest.raises(RuntimeError, match=r"ami-\w+ is gone: somebody deregistered it"):
        image.deploy(**registered())
    assert ec2.now < 300


def test_a_protected_image_says_what_to_do(image, ec2):
    image.deploy(**registered())
    ec2.faults["DeregisterImage"].append("OperationNotPermitted")
    with pytest.raises(RuntimeError, match="turn the image's deregistration protection off"):
        image.destroy()


def test_an_error_without_advice_is_ec2s_own(image, ec2):
    ec2.faults["RegisterImage"].append("UnauthorizedOperation")
    with pytest.raises(RuntimeError, match=r"UnauthorizedOperation.*EC2 says no"):
        image.deploy(**registered())
    ec2.faults["DescribeImages"].append("UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        image.deploy(**registered())
    assert ec2.images == {}


def test_an_image_of_an_instance_has_its_snapshots_and_takes_them_along(image, ec2):
    image.deploy(**created(NoReboot=True))
    assert ec2.sent("CreateImage")[0]["NoReboot"] is True
    [snapshot] = ec2.snapshots.keys() - {"snap-1", "snap-2"}
    assert image.data["SnapshotIds"] == snapshot
    assert "constructs-ebs:stack" in ec2.snapshots[snapshot]
    image.destroy()
    assert [*ec2.snapshots] == ["snap-1", "snap-2"]


def test_a_lost_answer_about_an_instance_leaves_one_image(image, ec2):
    ec2.faults["CreateImage"].append("lost")
    image.deploy(**created())
    assert len(ec2.images) == 1


def test_a_runtime_that_is_too_old_for_a_parameter_says_so(image, ec2):
    with pytest.raises(RuntimeError, match=r"boto3 \d.* of this runtime knows no SpinUpRate: AWS renews"):
        image.deploy(**registered(SpinUpRate=3))
    assert ec2.requests == []


def test_logs_what_was_asked_and_answered_and_no_secret(image, capsys):
    image.deploy(**registered())
    logged = capsys.readouterr().out
    assert f'"{RATE}": 200' in logged
    assert f'{{"RegisterImage": {{"ImageId": "{image.id}"' in logged
    assert "https://secret" not in logged
