"""`constructs-ebs plan --describe`: what it asks of AWS, and what it says when AWS refuses."""

import json
import sys

import boto3
import pytest
from botocore.stub import Stubber

from tests.cli.plan.reports import volume
from tests.constants import SNAPSHOT, SNAPSHOT_2


@pytest.fixture
def ec2_answers(monkeypatch):
    """Return a function that says what EC2 answers, once for each Region."""
    stubs = []

    def answer(*answers, region="us-east-1"):
        client = boto3.client("ec2", region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
        stub = Stubber(client)
        for action, ids, answered in answers:
            name = "snapshot-id" if action == "describe_snapshots" else "image-id"
            expected = {"Filters": [{"Name": name, "Values": ids}], "MaxResults": 1_000}
            expected |= {"IncludeDeprecated": True} if action == "describe_images" else {}
            if isinstance(answered, str):
                stub.add_client_error(action, answered, "no", expected_params=expected)
            else:
                stub.add_response(action, answered, expected)
        stub.activate()
        stubs.append(stub)

        class Session:
            region_name = None

            def client(self, name, region_name, config):
                assert (name, region_name) == ("ec2", region)
                assert config.retries == {"mode": "standard", "total_max_attempts": 8}
                return client

        monkeypatch.setattr("boto3.Session", lambda **_: Session())

    yield answer
    for stub in stubs:
        stub.assert_no_pending_responses()


def test_describes_the_snapshots_that_nobody_gave(run, write, ec2_answers):
    third = "snap-0123456789abcdef2"
    described = {
        "Snapshots": [
            {"SnapshotId": SNAPSHOT, "VolumeSize": 100, "FullSnapshotSizeInBytes": 25 * 2**30},
            {"SnapshotId": third, "VolumeSize": 8},
        ]
    }
    ec2_answers(("describe_snapshots", [SNAPSHOT, third], described))
    name = write(A=volume(), B=volume(snapshot=SNAPSHOT_2), C=volume(snapshot=third))
    arguments = (name, "--describe", "--snapshot", f"{SNAPSHOT_2}=7GiB", "--region", "us-east-1", "--format", "json")
    status, lines, errors = run(*arguments)
    assert (status, errors) == (0, [])
    devices = json.loads("\n".join(lines))["accounts"][0]["devices"]
    assert {one["logical_id"]: (one["snapshot_data_gib"], one["snapshot_data_source"]) for one in devices} == {
        "A": (25, "described"),
        "B": (7, "given"),
        "C": (8, "volume size"),
    }


def test_describes_the_images_of_devices_without_a_snapshot(run, write, ec2_answers):
    image = "ami-0123456789abcdef0"
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT}}
    shown = {"ImageId": image, "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [mapping]}
    described = {"SnapshotId": SNAPSHOT, "VolumeSize": 100, "FullSnapshotSizeInBytes": 25 * 2**30}
    ec2_answers(
        ("describe_images", [image], {"Images": [shown]}),
        ("describe_snapshots", [SNAPSHOT], {"Snapshots": [described]}),
    )
    device = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeInitializationRate": 200}}
    data = {"ImageId": image, "BlockDeviceMappings": [device]}
    of = {"LaunchTemplateId": {"Ref": "T"}, "Version": "1"}
    name = write(
        T={"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
        I={"Type": "AWS::EC2::Instance", "Properties": {"LaunchTemplate": of}},
        R={
            "Type": "Custom::EbsRootVolumeReplacement",
            "Properties": {"Request": {"InstanceId": "i-1", "ImageId": image, "VolumeInitializationRate": "300"}},
        },
    )
    status, lines, _ = run(name, "--describe", "--region", "us-east-1", "--format", "json")
    assert status == 0
    devices = json.loads("\n".join(lines))["accounts"][0]["devices"]
    assert [(one["logical_id"], one["snapshot_data_gib"]) for one in devices] == [("I", 25), ("R", 25)]


def test_the_volume_of_an_image_bounds_a_snapshot_that_nobody_may_describe(run, write, ec2_answers):
    image = "ami-0123456789abcdef0"
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT, "VolumeSize": 8}}
    shown = {"ImageId": image, "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [mapping]}
    ec2_answers(("describe_images", [image], {"Images": [shown]}), ("describe_snapshots", [SNAPSHOT], {}))
    request = {"InstanceId": "i-1", "ImageId": image, "VolumeInitializationRate": "300"}
    name = write(R={"Type": "Custom::EbsRootVolumeReplacement", "Properties": {"Request": request}})
    status, lines, errors = run(name, "--describe", "--region", "us-east-1", "--format", "json")
    assert (status, errors) == (0, [])
    printed = json.loads("\n".join(lines))
    [device] = printed["accounts"][0]["devices"]
    assert (device["snapshot_data_gib"], device["snapshot_data_source"]) == (8, "volume size")
    assert f"Give these sizes by --snapshot ID=SIZE: {SNAPSHOT}." in printed["notes"]


def test_many_snapshots_are_described_in_parts_and_all_pages_are_read(run, write, ec2_answers):
    ids = [f"snap-{index:017x}" for index in range(201)]

    def page(of, **more):
        return {
            "Snapshots": [{"SnapshotId": one, "VolumeSize": 1, "FullSnapshotSizeInBytes": 2**30} for one in of],
            **more,
        }

    ec2_answers(("describe_snapshots", ids[:200], page(ids[:200])), ("describe_snapshots", ids[200:], page(ids[200:])))
    name = write(**{f"V{index}": volume(100, snapshot=one) for index, one in enumerate(ids)})
    status, lines, _ = run(name, "--describe", "--region", "us-east-1", "--format", "json", "--quota", 99_999)
    assert status == 0
    assert json.loads("\n".join(lines))["accounts"][0]["devices_of_unknown_time"] == 0


def test_a_snapshot_that_nobody_may_describe_is_named(run, write, ec2_answers):
    ec2_answers(("describe_snapshots", [SNAPSHOT], {"Snapshots": []}), region="eu-west-1")
    status, lines, errors = run(write(), "--describe", "--region", "eu-west-1")
    assert status == 2
    assert errors == [f"{SNAPSHOT}: not found in eu-west-1, or not visible to you; give --snapshot {SNAPSHOT}=SIZE"]
    assert lines  # the rest is planned


def test_what_aws_refuses_is_one_line(run, write, ec2_answers):
    ec2_answers(("describe_snapshots", [SNAPSHOT], "UnauthorizedOperation"))
    status, lines, [error] = run(write(), "--describe", "--region", "us-east-1")
    assert (status, lines) == (2, [])
    assert error.startswith("constructs-ebs plan: --describe in us-east-1: An error occurred (UnauthorizedOperation)")


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """No credentials and no Region, wherever boto3 looks for them."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("nobody")
def test_no_credentials_are_one_line(run, write):
    status, lines, errors = run(write(), "--describe", "--region", "us-east-1")
    assert (status, lines) == (2, [])
    assert errors == ["constructs-ebs plan: --describe in us-east-1: Unable to locate credentials"]


@pytest.mark.usefixtures("nobody")
def test_a_region_that_is_none_is_one_line(run, write):
    status, lines, errors = run(write(), "--describe", "--region", "no region")
    assert (status, lines, len(errors)) == (2, [], 1)
    assert "no region" in errors[0]


@pytest.mark.usefixtures("nobody")
def test_no_region_is_one_line(run, write):
    status, lines, errors = run(write(), "--describe")
    assert (status, lines) == (2, [])
    assert errors == ["constructs-ebs plan: --describe needs a Region, and the templates name none; give --region"]


@pytest.mark.usefixtures("nobody")
def test_a_profile_that_is_not_there_is_one_line(run, write, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    status, _, errors = run(write(), "--describe", "--region", "us-east-1")
    assert (status, len(errors)) == (2, 1)
    assert "nobody" in errors[0]


def test_without_boto3_the_line_that_installs_it_is_printed(run, write, monkeypatch):
    monkeypatch.delitem(sys.modules, "constructs_ebs.cli.aws", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    line = "constructs-ebs plan: --describe needs boto3: pip install 'constructs-ebs[cli]'"
    assert run(write(), "--describe") == (2, [], [line])
