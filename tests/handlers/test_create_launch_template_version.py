"""Versions of launch templates: nothing of the source is forgotten, and none is left behind."""

import pytest
from botocore.exceptions import ClientError

from constructs_ebs.handlers import aws
from tests.constants import RATE

from .aws import Killed
from .cloudformation import ElsewhereError

DATA = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 100, "Encrypted": True}}
ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}
PARENT = "arn:aws:cloudformation:us-east-1:111122223333:stack/Parent/00"
INVENTED = "Prod-Made-1ABCDEFGHIJK"
"""An id of CloudFormation's own, when it was not told one."""


@pytest.fixture
def version(load, ec2):
    ec2.version("somebody's", BlockDeviceMappings=[ROOT, DATA], ImageId="ami-0", UserData="c2VjcmV0")
    ec2.becomes("CREATE_IN_PROGRESS")
    return load("LaunchTemplateVersion")


def asked(**changes):
    properties = {
        "ServiceToken": "arn",
        "LaunchTemplate": {"LaunchTemplateId": "lt-0"},
        "SourceVersion": "$Default",
        "VersionDescription": "rated",
        "BlockDeviceMappings": [],
        "Changes": [],
        "SetDefaultVersion": False,
        "Retain": False,
    }
    return properties | changes


def number(version, **properties):
    return version.deploy(**asked(**properties))["VersionNumber"]


def devices(ec2):
    mappings = ec2.sent("CreateLaunchTemplateVersion")[-1]["LaunchTemplateData"]["BlockDeviceMappings"]
    return {device["DeviceName"]: device.get("Ebs", device) for device in mappings}


def test_carries_every_device_and_its_snapshot_over_and_rates_those_with_one(version, ec2):
    version.deploy(**asked(**{RATE: 200}))
    assert devices(ec2) == {"/dev/xvda": ROOT["Ebs"], "/dev/xvdf": {**DATA["Ebs"], RATE: 200}}
    [sent] = ec2.sent("CreateLaunchTemplateVersion")
    assert sent["SourceVersion"] == "1"
    assert sent["VersionDescription"].startswith("rated [")


def test_a_version_without_a_description_has_only_a_mark(version, ec2):
    version.deploy(**asked(VersionDescription=""))
    assert ec2.versions[-1]["VersionDescription"].startswith("[")


def test_answers_with_the_number_and_whose_it_is(version):
    data = version.deploy(**asked())
    assert data == {"LaunchTemplateId": "lt-0", "LaunchTemplateName": "servers", "VersionNumber": "2"}
    assert version.id.startswith("EbsLaunchTemplateVersion-")


def test_changes_a_device_and_leaves_the_rest_of_it(version, ec2):
    root = {"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}}
    version.deploy(**asked(Changes=[root, {"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 200}}], **{RATE: 100}))
    assert devices(ec2) == {
        "/dev/xvda": {"VolumeSize": 8, RATE: 300},
        "/dev/xvdf": {**DATA["Ebs"], "VolumeSize": 200, RATE: 100},
    }


def test_a_device_with_a_rate_of_its_own_keeps_it(version, ec2):
    version.deploy(**asked(Changes=[{"DeviceName": "/dev/xvdf", "Ebs": {RATE: 300}}], **{RATE: 100}))
    assert devices(ec2)["/dev/xvdf"][RATE] == 300


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


@pytest.mark.parametrize(("source", "expected"), [("$Latest", "2"), ("$Default", "1"), ("2", "2")])
def test_reads_the_source_version_at_deployment(version, ec2, source, expected):
    ec2.version("newer", BlockDeviceMappings=[DATA])
    version.deploy(**asked(SourceVersion=source))
    assert ec2.sent("CreateLaunchTemplateVersion")[0]["SourceVersion"] == expected


def test_the_latest_of_twelve_versions_is_the_twelfth(version, ec2):
    for _ in range(11):
        ec2.version("newer", BlockDeviceMappings=[DATA])
    assert number(version, SourceVersion="$Latest") == "13"
    assert ec2.sent("CreateLaunchTemplateVersion")[0]["SourceVersion"] == "12"


def test_a_template_may_be_known_by_its_name(version):
    assert number(version, LaunchTemplate={"LaunchTemplateName": "servers"}) == "2"


def test_an_unknown_source_version_says_which_there_are(version, ec2):
    for _ in range(24):
        ec2.version("newer", BlockDeviceMappings=[DATA])
    newest = ", ".join(str(number) for number in range(25, 5, -1))
    with pytest.raises(RuntimeError, match=rf"no version 70; use \$Default, \$Latest or one of {newest}$"):
        version.deploy(**asked(SourceVersion="70"))
    assert len(ec2.versions) == 25


def test_a_change_makes_the_new_version_before_the_old_one_is_deleted(version, ec2):
    version.deploy(**asked(**{RATE: 100}))
    former = version.id
    assert number(version, **{RATE: 200}) == "3"
    assert version.id != former
    assert ec2.numbers() == [1, 3]
    actions = ["CreateLaunchTemplateVersion", "CreateLaunchTemplateVersion", "DeleteLaunchTemplateVersions"]
    assert ec2.done() == actions


@pytest.mark.parametrize("change", [{"ServiceToken": "other"}, {"Retain": True}])
def test_another_function_or_removal_policy_makes_no_version(version, change):
    assert [number(version), number(version, **change)] == ["2", "2"]


def test_a_change_and_back_makes_a_version_again(version):
    assert [number(version, **{RATE: rate}) for rate in (100, 200, 100)] == ["2", "3", "4"]


def test_can_become_the_default_later(version, ec2):
    version.deploy(**asked())
    assert ec2.default == 1
    assert number(version, SetDefaultVersion=True) == "3"
    assert ec2.default == 3
    assert ec2.numbers() == [1, 3]


@pytest.mark.parametrize("choice", [{"SetDefaultVersion": True}, {"SourceVersion": "$Latest"}])
def test_does_not_build_on_a_version_of_its_own(version, ec2, choice):
    new = {"DeviceName": "/dev/xvdg", "Ebs": {"SnapshotId": "snap-2"}}
    version.deploy(**asked(BlockDeviceMappings=[new], **{RATE: 100}, **choice))
    version.deploy(**asked(**{RATE: 300}, **choice))
    version.deploy(**asked(**{RATE: 200}, **choice))
    assert devices(ec2) == {"/dev/xvda": ROOT["Ebs"], "/dev/xvdf": {**DATA["Ebs"], RATE: 200}}


def test_builds_on_another_resources_version(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    version.forget()
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
        load("LaunchTemplateVersion").deploy(**asked(**rate))
    assert len(ec2.versions) == 1


def test_a_rate_for_a_device_of_the_image_needs_no_other(load, ec2):
    ec2.version("without a device", ImageId="ami-0")
    root = {"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}}
    load("LaunchTemplateVersion").deploy(**asked(Changes=[root], **{RATE: 200}))
    assert devices(ec2) == {"/dev/xvda": {RATE: 300}}


def test_a_template_without_a_rate_may_map_no_device_to_a_snapshot(load, ec2):
    ec2.version("without a snapshot", BlockDeviceMappings=[ROOT])
    load("LaunchTemplateVersion").deploy(**asked())
    assert devices(ec2) == {"/dev/xvda": ROOT["Ebs"]}


def test_deletes_its_version(version, ec2):
    version.deploy(**asked())
    version.destroy()
    assert ec2.numbers() == [1]


def test_deletes_no_version_of_anybody_elses(version, ec2):
    version.deploy(**asked())
    ec2.version(f"somebody's copy of {ec2.versions[-1]['VersionDescription']}, changed")
    version.deploy(**asked(**{RATE: 200}))
    version.destroy()
    assert ec2.numbers() == [1, 3]


def test_two_resources_do_not_take_each_others_versions_for_their_own(version, ec2):
    version.deploy(**asked())
    version.forget()
    version.logical_id = "Other"
    assert number(version) == "3"
    version.destroy()
    assert ec2.numbers() == [1, 2]


@pytest.mark.parametrize("by_error", [True, False])
@pytest.mark.parametrize("end", ["destroy", "leave_out"])
def test_a_deletion_that_somebody_asked_for_keeps_the_default_version(version, ec2, capsys, end, by_error):
    ec2.refuses_by_error = by_error
    version.deploy(**asked(SetDefaultVersion=True))
    getattr(version, end)()
    assert (ec2.default, ec2.numbers()) == (2, [1, 2])
    assert "version 2 of lt-0 is the default: it stays" in capsys.readouterr().out


@pytest.mark.parametrize("by_error", [True, False])
def test_a_first_deployment_that_is_rolled_back_gives_the_default_back(version, ec2, by_error):
    ec2.refuses_by_error = by_error
    ec2.version("newer", BlockDeviceMappings=[DATA])
    ec2.default, version.fails_elsewhere = 2, True
    ec2.events.clear()
    with pytest.raises(ElsewhereError):
        version.deploy(**asked(SourceVersion="1", SetDefaultVersion=True))
    assert (ec2.default, ec2.numbers()) == (2, [1, 2])


def test_an_update_that_is_rolled_back_gives_the_default_back(version, ec2):
    version.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        version.deploy(**asked(SetDefaultVersion=True))
    assert (ec2.default, ec2.numbers()) == (1, [1])


def test_a_rollback_leaves_the_default_that_somebody_has_set_during_the_update(version, ec2, monkeypatch):
    version.deploy(**asked(SetDefaultVersion=True))
    roll_back = version._roll_back

    def somebody_sets_the_first(*arguments):
        ec2.default = 1
        roll_back(*arguments)

    monkeypatch.setattr(version, "_roll_back", somebody_sets_the_first)
    version.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        version.deploy(**asked(SetDefaultVersion=True, **{RATE: 300}))
    assert (ec2.default, ec2.numbers()) == (1, [1, 2])


def test_a_rollback_to_a_version_that_is_not_the_default_gives_the_default_back(version, ec2):
    version.deploy(**asked())
    version.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        version.deploy(**asked(SetDefaultVersion=True))
    assert (ec2.default, ec2.numbers()) == (1, [1, 2])


def test_a_nested_stack_that_its_parents_rollback_deletes_gives_the_default_back(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    version.becomes("CREATE_COMPLETE")
    ec2.parents[version.stack_id] = PARENT
    ec2.becomes("ROLLBACK_IN_PROGRESS", PARENT)
    version.destroy()
    assert (ec2.default, ec2.numbers()) == (1, [1])


def test_a_nested_stack_that_somebody_deletes_keeps_the_default_version(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    ec2.parents[version.stack_id] = PARENT
    ec2.becomes("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", PARENT)
    version.destroy()
    assert ec2.default == 2


@pytest.mark.parametrize("failed", ["CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"])
def test_the_deletion_of_a_stack_that_was_never_created_gives_the_default_back(version, ec2, failed):
    version.deploy(**asked(SetDefaultVersion=True))
    version.becomes(failed)
    version.becomes("DELETE_IN_PROGRESS")
    version.becomes("DELETE_FAILED")  # tried again
    version.destroy()
    assert (ec2.default, ec2.numbers()) == (1, [1])


def test_a_rollback_that_cannot_give_the_default_back_says_so(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    version.becomes("ROLLBACK_IN_PROGRESS")
    ec2.faults["ModifyLaunchTemplate"].append("InvalidLaunchTemplateId.VersionNotFound")
    left = r"version 2 of lt-0 is still the default after this rollback; set 1 again \(.*VersionNotFound"
    with pytest.raises(RuntimeError, match=left):
        version.send("Delete", version.properties, version.id)


def test_a_rollback_leaves_what_somebody_made_the_default(version, ec2):
    version.deploy(**asked())
    ec2.default = 2
    version.becomes("ROLLBACK_IN_PROGRESS")
    version.send("Delete", version.properties, version.id)
    assert ec2.default == 2


def test_the_former_default_is_deleted_when_the_new_one_takes_its_place(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    assert ec2.numbers() == [1, 3]


def test_deleting_what_somebody_deleted_already_is_fine(version, ec2):
    version.deploy(**asked())
    ec2.versions.pop()
    version.leave_out()
    for code in ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound"):
        version.deploy(**asked())
        ec2.faults["DeleteLaunchTemplateVersions"].append(code)
        version.leave_out()
    version.deploy(**asked())
    version.properties["LaunchTemplate"] = {"LaunchTemplateId": "lt-gone"}
    version.leave_out()


def test_deleting_a_version_that_is_gone_by_the_time_is_fine(version, ec2, monkeypatch):
    version.deploy(**asked())
    gone = {"ResponseError": {"Code": "launchTemplateVersionDoesNotExist", "Message": "it is not there"}}
    answer = {"UnsuccessfullyDeletedLaunchTemplateVersions": [gone]}
    monkeypatch.setattr(ec2, "DeleteLaunchTemplateVersions", lambda **_: answer, raising=False)
    version.destroy()


def test_deleting_what_ec2_does_not_let_us_see_fails(version, ec2):
    version.deploy(**asked())
    ec2.faults["DescribeLaunchTemplateVersions"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        version.destroy()


def test_deleting_finds_a_version_of_which_cloudformation_was_not_told(version, ec2):
    version.deploy(**asked())
    ec2.version("somebody's next")
    version.id = INVENTED
    version.destroy()
    assert ec2.numbers() == [1, 3]
    version.send("Delete", asked(), INVENTED)


def test_deleting_waits_for_a_version_that_is_not_shown_yet(version, ec2):
    version.deploy(**asked())
    ec2.lag = 180
    version.destroy()
    assert ec2.numbers() == [1]


def test_a_version_that_ec2_does_not_delete_is_an_error(version, ec2, monkeypatch):
    version.deploy(**asked())
    failed = [{"VersionNumber": 2, "ResponseError": {"Code": "unexpectedError", "Message": "try later"}}]
    answer = {"UnsuccessfullyDeletedLaunchTemplateVersions": failed}
    monkeypatch.setattr(ec2, "DeleteLaunchTemplateVersions", lambda **_: answer, raising=False)
    with pytest.raises(RuntimeError, match="try later"):
        version.destroy()


def test_a_deletion_that_ec2_refuses_fails(version, ec2):
    version.deploy(**asked())
    ec2.faults["DeleteLaunchTemplateVersions"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        version.destroy()


def test_the_same_event_twice_makes_one_version(version, ec2):
    for _ in range(2):
        version.send("Create", asked(), request="one")
        assert version.data["VersionNumber"] == "2"
    assert len(ec2.sent("CreateLaunchTemplateVersion")) == 1


@pytest.mark.parametrize("default", [True, False])
def test_the_same_event_twice_makes_one_version_before_ec2_shows_it(version, ec2, default):
    ec2.now += 200
    ec2.lag = 180
    for _ in range(2):
        version.send("Create", asked(SetDefaultVersion=default), request="one")
        assert version.data["VersionNumber"] == "2"
    assert ec2.numbers() == [1, 2]


def test_the_same_event_after_the_default_has_changed_waits_until_the_version_is_shown(version, ec2):
    ec2.version("newer", BlockDeviceMappings=[DATA])
    version.send("Create", asked(), request="one")
    ec2.default = 2
    ec2.faults["DescribeLaunchTemplateVersions"].append(None)
    ec2.lag, ec2.versions[0]["made"], ec2.versions[1]["made"] = 180, 0, 0
    before = ec2.now
    version.send("Create", asked(), request="one")
    assert version.data["VersionNumber"] == "3"
    assert ec2.now - before == 180
    assert ec2.numbers() == [1, 2, 3]


def test_an_answer_that_is_lost_leaves_one_version(version, ec2):
    ec2.faults["CreateLaunchTemplateVersion"].append("lost")
    version.deploy(**asked())
    assert len(ec2.versions) == 2


def test_throttling_is_sat_out(version, ec2):
    ec2.faults["CreateLaunchTemplateVersion"].extend(["RequestLimitExceeded"] * 9)
    version.deploy(**asked())
    assert len(ec2.versions) == 2


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "InternalError", "ServiceUnavailable", "refused"])
def test_what_passes_is_tried_again_at_the_next_call(version, ec2, code):
    actions = ("DescribeLaunchTemplateVersions", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate")
    for action in actions:
        ec2.faults[action].extend([code] * 25)
    version.deploy(**asked(SetDefaultVersion=True))
    for action in (*actions, "DeleteLaunchTemplateVersions"):
        ec2.faults[action].extend([code] * 25)
    version.becomes("ROLLBACK_IN_PROGRESS")
    version.send("Delete", version.properties, version.id)
    assert (ec2.default, ec2.numbers()) == (1, [1])


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "IdempotentParameterMismatch"])
def test_what_does_not_pass_fails_before_cloudformation_gives_up(version, ec2, code):
    ec2.faults["CreateLaunchTemplateVersion"].extend([code] * 4000)
    with pytest.raises(RuntimeError, match="after 54 minutes"):
        version.send("Create", asked())
    assert len(ec2.versions) == 1


def test_a_create_that_fails_halfway_leaves_no_version(version, ec2):
    ec2.faults["ModifyLaunchTemplate"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*ModifyLaunchTemplate"):
        version.deploy(**asked(SetDefaultVersion=True))
    assert ec2.numbers() == [1]


def test_a_create_that_is_killed_halfway_leaves_no_version(version, ec2, monkeypatch):
    def kill(**_):
        ec2.default = 2
        monkeypatch.undo()
        raise Killed

    with monkeypatch.context() as patch:
        monkeypatch = patch
        patch.setattr(ec2, "ModifyLaunchTemplate", kill, raising=False)
        with pytest.raises(Killed):
            version.deploy(**asked(SetDefaultVersion=True))
    assert (ec2.default, ec2.numbers()) == (1, [1])


def test_a_version_that_ec2_warns_of_is_not_kept(version, ec2):
    bad = {"DeviceName": "/dev/xvdg", "Ebs": {"SnapshotId": "snap-bad"}}
    with pytest.raises(RuntimeError, match=r"no \(InvalidSnapshot.NotFound\)"):
        version.send("Create", asked(BlockDeviceMappings=[bad]))
    assert ec2.numbers() == [1]


def test_a_rollback_finds_the_former_version_and_makes_it_the_default_again(version, ec2):
    version.deploy(**asked(SetDefaultVersion=True))
    ec2.faults["ModifyLaunchTemplate"].append("InvalidParameterValue")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    assert version.data["VersionNumber"] == "2"
    assert (ec2.default, ec2.numbers()) == (2, [1, 2])


@pytest.mark.parametrize("lag", [0, 180])
def test_a_rollback_finds_the_version_of_a_lost_update(version, ec2, lag):
    version.deploy(**asked(SetDefaultVersion=True))
    ec2.now += 1000
    version.is_told, version.fails_elsewhere, ec2.lag = False, True, lag
    with pytest.raises(ElsewhereError):
        version.deploy(**asked(SetDefaultVersion=True, **{RATE: 100}))
    assert (ec2.default, ec2.numbers()) == (2, [1, 2])


def test_the_next_event_finds_the_version_of_a_lost_update(version, ec2):
    version.deploy(**asked())
    version.becomes("UPDATE_IN_PROGRESS")
    version.send("Update", asked(**{RATE: 100}), version.id, version.properties)  # and no rollback came through
    before = ec2.now
    version.deploy(**asked(ServiceToken="other"))
    assert ec2.numbers() == [1, 2]
    assert ec2.now == before


def test_versions_that_are_kept_are_no_orphans(version, ec2):
    for rate in (100, 200, 100):
        version.deploy(**asked(Retain=True, **{RATE: rate}))
    version.deploy(**asked(Retain=True, ServiceToken="other", **{RATE: 100}))
    assert ec2.numbers() == [1, 2, 3]


def test_a_rollback_that_knows_the_new_version_does_not_wait(version, ec2):
    version.deploy(**asked())
    version.fails_elsewhere, before = True, ec2.now
    with pytest.raises(ElsewhereError):
        version.deploy(**asked(**{RATE: 100}))
    assert ec2.now == before
    assert ec2.numbers() == [1, 2]


def test_a_creation_that_was_cancelled_is_not_made_again_after_its_deletion(version, ec2):
    event = version.begin("Create", asked())
    version.becomes("ROLLBACK_IN_PROGRESS")
    version.send("Delete", asked(), version.reached)
    with pytest.raises(RuntimeError, match="the stack is ROLLBACK_IN_PROGRESS by now"):
        version.handler.is_complete(event, None)
    assert ec2.numbers() == [1]


def test_a_template_of_which_no_version_is_shown_yet_is_waited_for(version, ec2):
    ec2.faults["DescribeLaunchTemplateVersions"].extend(["hidden"] * 3)
    for source in ("$Latest", "$Default"):
        version.deploy(**asked(SourceVersion=source))
    assert len(ec2.sent("CreateLaunchTemplateVersion")) == 2


def test_a_runtime_that_is_too_old_for_a_parameter_says_so(version, ec2):
    known = aws.shape("CreateLaunchTemplateVersion", "LaunchTemplateData", "BlockDeviceMappings").member.members["Ebs"]
    rate = known.members.pop(RATE)
    with pytest.raises(RuntimeError, match=f"this runtime has no {RATE}: AWS renews"):
        version.deploy(**asked(**{RATE: 100}))
    known.members[RATE] = rate
    with pytest.raises(RuntimeError, match=r"boto3 \d.* of this runtime has no SpinUpRate: AWS renews"):
        version.deploy(**asked(Changes=[{"DeviceName": "/dev/xvda", "Ebs": {"SpinUpRate": 3}}]))
    assert len(ec2.versions) == 1


def test_logs_what_was_asked_and_answered_but_no_user_data(version, capsys):
    version.deploy(**asked(**{RATE: 200}))
    logged = capsys.readouterr().out
    assert f'"{RATE}": 200' in logged
    assert '"UserData": "..."' in logged
    assert "c2VjcmV0" not in logged
    assert "https://secret" not in logged


def test_a_late_event_leaves_the_default_version_alone_that_somebody_has_set_since(version, ec2):
    event = version.begin("Create", asked(SetDefaultVersion=True))
    version.handler.is_complete(event, None)
    version.becomes("CREATE_COMPLETE")
    ec2.default = 1
    with pytest.raises(RuntimeError, match="the stack is CREATE_COMPLETE by now"):
        version.handler.is_complete(event, None)
    assert ec2.default == 1
