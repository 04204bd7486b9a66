"""Versions of launch templates: nothing of the source is forgotten, and none is left behind."""

import pytest
from botocore.exceptions import ClientError

from tests.constants import RATE

DATA = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 100, "Encrypted": True}}
ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}


@pytest.fixture
def version(load, ec2):
    ec2.version("somebody's", BlockDeviceMappings=[ROOT, DATA], ImageId="ami-0", UserData="c2VjcmV0")
    return load("create_launch_template_version")


def asked(**changes):
    properties = {
        "ServiceToken": "arn",
        "LaunchTemplate": {"LaunchTemplateId": "lt-0"},
        "SourceVersion": "$Default",
        "VersionDescription": "rated",
        "BlockDeviceMappings": [],
        "Changes": [],
        "SetDefaultVersion": False,
    }
    return properties | changes


def devices(ec2):
    mappings = ec2.sent("CreateLaunchTemplateVersion")[-1]["LaunchTemplateData"]["BlockDeviceMappings"]
    return {device["DeviceName"]: device.get("Ebs", device) for device in mappings}


def test_carries_every_device_and_its_snapshot_over_and_rates_those_with_one(version, ec2):
    version.deploy(**asked(**{RATE: 200}))
    assert devices(ec2) == {"/dev/xvda": ROOT["Ebs"], "/dev/xvdf": {**DATA["Ebs"], RATE: 200}}
    [sent] = ec2.sent("CreateLaunchTemplateVersion")
    assert sent["SourceVersion"] == "1"
    assert sent["VersionDescription"].startswith("rated [")


def test_answers_with_the_number_and_whose_it_is(version):
    assert version.deploy(**asked()) == "lt-0:2"
    assert version.data == {"LaunchTemplateId": "lt-0", "LaunchTemplateName": "servers", "VersionNumber": "2"}


def test_changes_a_device_and_leaves_the_rest_of_it(version, ec2):
    root = {"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}}
    version.deploy(**asked(Changes=[root, {"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 200}}], **{RATE: 100}))
    assert devices(ec2) == {
        "/dev/xvda": {"VolumeSize": 8, RATE: 300},
        "/dev/xvdf": {**DATA["Ebs"], "VolumeSize": 200, RATE: 100},
    }


def test_replaces_and_adds_devices(version, ec2):
    blank = {"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 5}}
    new = {"DeviceName": "/dev/xvdg", "Ebs": {"SnapshotId": "snap-2", RATE: 150}}
    none = {"DeviceName": "/dev/xvdh", "NoDevice": ""}
    version.deploy(**asked(BlockDeviceMappings=[blank, new, none], **{RATE: 100}))
    assert devices(ec2) == {
        "/dev/xvda": ROOT["Ebs"],
        "/dev/xvdf": {"VolumeSize": 5},
        "/dev/xvdg": {"SnapshotId": "snap-2", RATE: 150},
        "/dev/xvdh": none,
    }


@pytest.mark.parametrize(("source", "number"), [("$Latest", "2"), ("$Default", "1"), ("2", "2")])
def test_reads_the_source_version_at_deployment(version, ec2, source, number):
    ec2.version("newer", BlockDeviceMappings=[DATA])
    version.deploy(**asked(SourceVersion=source))
    assert ec2.sent("CreateLaunchTemplateVersion")[0]["SourceVersion"] == number


def test_a_template_may_be_known_by_its_name(version):
    assert version.deploy(**asked(LaunchTemplate={"LaunchTemplateName": "servers"})) == "lt-0:2"


def test_an_unknown_source_version_says_which_there_are(version, ec2):
    with pytest.raises(RuntimeError, match=r"no version 7; use \$Default, \$Latest or one of 1"):
        version.deploy(**asked(SourceVersion="7"))
    assert len(ec2.versions) == 1


def test_a_change_makes_the_new_version_before_the_old_one_is_deleted(version, ec2):
    version.deploy(**asked(**{RATE: 100}))
    assert version.deploy(**asked(**{RATE: 200})) == "lt-0:3"
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 3]


def test_another_function_makes_no_version(version):
    assert [version.deploy(**asked(ServiceToken=arn)) for arn in ("arn", "other")] == ["lt-0:2", "lt-0:2"]


def test_a_change_and_back_makes_a_version_again(version):
    assert [version.deploy(**asked(**{RATE: rate})) for rate in (100, 200, 100)] == ["lt-0:2", "lt-0:3", "lt-0:4"]


def test_can_become_the_default_later(version, ec2):
    version.deploy(**asked())
    assert version.deploy(**asked(SetDefaultVersion=True)) == "lt-0:3"
    assert ec2.default == 3
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 3]


@pytest.mark.parametrize("choice", [{"SetDefaultVersion": True}, {"SourceVersion": "$Latest"}])
def test_does_not_build_on_a_version_of_its_own(version, ec2, choice):
    new = {"DeviceName": "/dev/xvdg", "Ebs": {"SnapshotId": "snap-2"}}
    version.deploy(**asked(BlockDeviceMappings=[new], **{RATE: 100}, **choice))
    version.deploy(**asked(**{RATE: 300}, **choice))
    version.deploy(**asked(**{RATE: 200}, **choice))
    assert devices(ec2) == {"/dev/xvda": ROOT["Ebs"], "/dev/xvdf": {**DATA["Ebs"], RATE: 200}}


def test_builds_on_another_resources_version(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    version.id = version.properties = None
    version.logical_id = "Other"
    version.deploy(**asked(**{RATE: 300}))
    assert devices(ec2)["/dev/xvdf"] == {**DATA["Ebs"], RATE: 100}


@pytest.mark.parametrize(
    ("data", "rate"),
    [({"BlockDeviceMappings": [ROOT]}, {RATE: 200}), ({"ImageId": "ami-0"}, {RATE: 200}), ({"ImageId": "ami-0"}, {})],
    ids=["a root without a snapshot", "no device", "nothing to change"],
)
def test_a_rate_that_no_device_can_get_is_refused(load, ec2, data, rate):
    ec2.version("without a snapshot", **data)
    with pytest.raises(RuntimeError, match=r"version 1 maps no device to a snapshot.*BlockDevice.from_image\(...\)"):
        load("create_launch_template_version").deploy(**asked(**rate))
    assert len(ec2.versions) == 1


def test_a_rate_for_a_device_of_the_image_needs_no_other(load, ec2):
    ec2.version("without a device", ImageId="ami-0")
    root = {"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}}
    load("create_launch_template_version").deploy(**asked(Changes=[root], **{RATE: 200}))
    assert devices(ec2) == {"/dev/xvda": {RATE: 300}}


def test_deletes_its_version(version, ec2):
    version.deploy(**asked())
    version.destroy()
    assert [one["VersionNumber"] for one in ec2.versions] == [1]


def test_the_default_version_stays(version, ec2, capsys):
    version.deploy(**asked(SetDefaultVersion=True))
    version.destroy()
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 2]
    assert "version 2 of lt-0 is the default: it stays" in capsys.readouterr().out


@pytest.mark.parametrize("status", ["ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_a_rollback_gives_the_default_back(version, ec2, status):
    ec2.version("newer", BlockDeviceMappings=[DATA])
    ec2.default = 2
    version.deploy(**asked(SourceVersion="1", SetDefaultVersion=True))
    ec2.stack_status = status
    version.destroy()
    assert ec2.default == 2
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 2]


def test_a_rollback_that_cannot_give_the_default_back_says_so(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    ec2.stack_status = "ROLLBACK_IN_PROGRESS"
    ec2.faults["ModifyLaunchTemplate"].append("UnauthorizedOperation")
    with pytest.raises(RuntimeError, match="version 2 of lt-0 is still the default after this rollback; set 1 again"):
        version.destroy()


def test_a_rollback_leaves_what_somebody_made_the_default(version, ec2):
    version.deploy(**asked())
    ec2.default, ec2.stack_status = 2, "ROLLBACK_IN_PROGRESS"
    version.destroy()
    assert ec2.default == 2


def test_the_former_default_is_deleted_when_the_new_one_takes_its_place(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 3]


def test_deleting_what_somebody_deleted_already_is_fine(version, ec2):
    version.deploy(**asked())
    ec2.versions.pop()
    version.destroy()
    for action in ("DescribeLaunchTemplateVersions", "DeleteLaunchTemplateVersions"):
        version.deploy(**asked())
        ec2.faults[action].append("InvalidLaunchTemplateId.NotFound")
        version.destroy()
    version.deploy(**asked())
    ec2.faults["DescribeLaunchTemplateVersions"].append("UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        version.destroy()


def test_deleting_finds_a_version_of_which_cloudformation_was_not_told(version, ec2):
    version.deploy(**asked())
    ec2.version("somebody's next")
    version.id = "Prod-Made-1ABCDEFGHIJK"
    version.destroy()
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 3]
    version.send("Delete", asked(), "Prod-Made-1ABCDEFGHIJK")


def test_a_version_that_ec2_does_not_delete_is_an_error(version, ec2, monkeypatch):
    version.deploy(**asked())
    failed = [{"VersionNumber": 2, "ResponseError": {"Code": "unexpectedError", "Message": "try later"}}]
    answer = {"UnsuccessfullyDeletedLaunchTemplateVersions": failed}
    monkeypatch.setattr(ec2, "DeleteLaunchTemplateVersions", lambda **_: answer, raising=False)
    with pytest.raises(RuntimeError, match="try later"):
        version.destroy()


def test_the_same_event_twice_makes_one_version(version, ec2):
    properties = asked(SetDefaultVersion="false")
    assert version.send("Create", properties, request="one") == "lt-0:2"
    assert version.send("Create", properties, request="one") == "lt-0:2"
    assert len(ec2.versions) == 2


def test_the_same_event_twice_makes_one_version_before_ec2_shows_it(version, ec2, monkeypatch):
    shown = ec2.DescribeLaunchTemplateVersions(LaunchTemplateId="lt-0")
    monkeypatch.setattr(ec2, "DescribeLaunchTemplateVersions", lambda **_: shown, raising=False)
    properties = asked(SetDefaultVersion="false")
    assert version.send("Create", properties, request="one") == "lt-0:2"
    assert version.send("Create", properties, request="one") == "lt-0:2"
    assert len(ec2.versions) == 2


def test_an_answer_that_is_lost_leaves_one_version(version, ec2):
    ec2.faults["CreateLaunchTemplateVersion"].append("lost")
    version.deploy(**asked())
    assert len(ec2.versions) == 2


def test_throttling_is_sat_out(version, ec2):
    ec2.faults["CreateLaunchTemplateVersion"].extend(["RequestLimitExceeded"] * 9)
    version.deploy(**asked())
    assert len(ec2.versions) == 2


def test_a_create_that_fails_halfway_leaves_no_version(version, ec2):
    ec2.faults["ModifyLaunchTemplate"].append("UnauthorizedOperation")
    with pytest.raises(Exception, match="UnauthorizedOperation"):
        version.deploy(**asked(SetDefaultVersion=True))
    assert len(ec2.versions) == 1


def test_the_error_of_a_create_is_told_when_cleaning_up_fails_too(version, ec2):
    ec2.faults["ModifyLaunchTemplate"].append("UnauthorizedOperation")
    ec2.faults["DeleteLaunchTemplateVersions"].append("InternalError")
    with pytest.raises(ClientError, match=r"UnauthorizedOperation.*ModifyLaunchTemplate"):
        version.deploy(**asked(SetDefaultVersion=True))


def test_a_version_that_was_there_stays_when_it_cannot_become_the_default(version, ec2):
    properties = asked(SetDefaultVersion="true")
    version.send("Create", properties, request="one")
    ec2.default = 1
    ec2.faults["ModifyLaunchTemplate"].append("UnauthorizedOperation")
    with pytest.raises(ClientError):
        version.send("Create", properties, request="one")
    assert len(ec2.versions) == 2


def test_a_version_that_ec2_warns_of_is_not_kept(version, ec2):
    bad = {"DeviceName": "/dev/xvdg", "Ebs": {"SnapshotId": "snap-bad"}}
    with pytest.raises(RuntimeError, match=r"no \(InvalidSnapshot.NotFound\)"):
        version.deploy(**asked(BlockDeviceMappings=[bad]))
    assert len(ec2.versions) == 1


def test_a_rollback_finds_the_former_version_and_makes_it_the_default_again(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    ec2.faults["ModifyLaunchTemplate"].append("UnauthorizedOperation")
    with pytest.raises(Exception, match="UnauthorizedOperation"):
        version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    assert version.id == "lt-0:2"
    assert ec2.default == 2
    assert [one["VersionNumber"] for one in ec2.versions] == [1, 2]


def test_a_runtime_that_is_too_old_for_a_parameter_says_so(version, ec2):
    shape = version.handler.EC2.meta.service_model.operation_model("CreateLaunchTemplateVersion").input_shape
    ebs = shape.members["LaunchTemplateData"].members["BlockDeviceMappings"].member.members["Ebs"]
    known = ebs.members.pop(RATE)
    with pytest.raises(RuntimeError, match=f"this runtime knows no {RATE}: AWS renews"):
        version.deploy(**asked(**{RATE: 100}))
    ebs.members[RATE] = known
    with pytest.raises(RuntimeError, match=r"boto3 \d.* of this runtime knows no SpinUpRate: AWS renews"):
        version.deploy(**asked(Changes=[{"DeviceName": "/dev/xvda", "Ebs": {"SpinUpRate": 3}}]))
    assert len(ec2.versions) == 1


def test_logs_what_was_asked_and_answered_but_no_user_data(version, capsys):
    version.deploy(**asked(**{RATE: 200}))
    logged = capsys.readouterr().out
    assert f'"{RATE}": 200' in logged
    assert '"UserData": "..."' in logged
    assert "c2VjcmV0" not in logged
    assert "https://secret" not in logged
