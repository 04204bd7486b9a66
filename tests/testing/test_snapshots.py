"""Snapshots of templates: what stays equal through upgrades, and what a reader sees of a difference."""

import copy
import json
import re
import subprocess
import sys

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import custom_resources as cr
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import testing
from constructs_ebs.core.cloudformation.custom_resources import ANNOUNCER, PROVIDER, WATCHER
from constructs_ebs.testing import stable_template
from tests.constants import SNAPSHOT

HASH = "0123456789abcdef" * 4


def add_everything(stack):
    """Add every construct that brings functions into a stack."""
    rate = {"volume_initialization_rate": 200}
    volume = ebs.Volume(stack, "Data", availability_zone="us-east-1a", snapshot_id=SNAPSHOT, **rate)
    volume.wait_until_initialized("Warm", snapshot_data=100)
    volume.alarm_when_late("Late", snapshot_data=100)
    queue = targets.SqsQueue(sqs.Queue(stack, "Queue"))
    ebs.on_volume_initialized(stack, "OfTheTeam", tags={"team": "db"}, target=queue)
    devices = [ebs.BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, **rate)]
    image = ebs.Ami(stack, "Image", source=ebs.AmiSource.snapshots(devices))
    ebs.RootVolumeReplacement(stack, "Root", instance="i-0123456789abcdef0", machine_image=image, **rate)
    ebs.LaunchTemplateVersion(stack, "Version", launch_template="lt-0123456789abcdef0", **rate)


@pytest.fixture
def raw(stack):
    add_everything(stack)
    return Template.from_stack(stack).to_json()


def upgraded(raw):
    """Return a template as another aws-cdk-lib and other code of our functions make it."""
    text = re.sub(r"[0-9a-f]{64}", HASH, json.dumps(raw)).replace("nodejs22.x", "nodejs24.x")
    template = json.loads(text)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["MemorySize"] = 512
            resource["Properties"]["Runtime"] = "python3.15"
    return template


def test_an_upgrade_changes_nothing(raw):
    assert raw != upgraded(raw)
    assert stable_template(raw) == stable_template(upgraded(raw))


def test_what_serves_them_is_one_entry_each(raw):
    stable = stable_template(raw)
    assert stable["constructs-ebs"].keys() == {ANNOUNCER, PROVIDER, WATCHER}
    kinds = {resource["Type"] for resource in stable["Resources"].values()}
    assert {kind for kind in kinds if not kind.startswith("Custom::Ebs")} == {
        "AWS::CloudWatch::Alarm",
        "AWS::EC2::Volume",
        "AWS::Events::Rule",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    }


def test_permissions_are_listed(raw):
    may = stable_template(raw)["constructs-ebs"]
    assert may[ANNOUNCER][0] == "ec2:DescribeTags on *"
    assert "ec2:DescribeVolumeStatus on *" in may[WATCHER]
    arn = "arn:<AWS::Partition>:ec2:us-east-1"
    assert f"ec2:RegisterImage on {arn}::snapshot/{SNAPSHOT}" in may[PROVIDER]
    tagged = "where aws:ResourceTag/constructs-ebs:stack = <AWS::StackId>"
    assert f"ec2:DeregisterImage on {arn}::image/* {tagged}" in may[PROVIDER]
    own = "ec2:CreateReplaceRootVolumeTask on arn:<AWS::Partition>:ec2:us-east-1:111122223333:instance/"
    assert f"{own}i-0123456789abcdef0" in may[PROVIDER]
    assert "lambda:InvokeFunction" not in str(may)
    assert "logs:" not in str(may)


def test_a_new_permission_is_a_difference(raw):
    widened = copy.deepcopy(raw)
    [policy] = [one for name, one in widened["Resources"].items() if name.startswith(f"{WATCHER}RoleDefault")]
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy["Properties"]["PolicyDocument"]["Statement"].append(statement)
    assert "s3:* on *" in stable_template(widened)["constructs-ebs"][WATCHER]


def test_a_managed_policy_and_a_boundary_are_a_difference(raw):
    widened = copy.deepcopy(raw)
    roles = {name: one for name, one in widened["Resources"].items() if one["Type"] == "AWS::IAM::Role"}
    [role] = [one for name, one in roles.items() if name.startswith(f"{WATCHER}Role")]
    arn = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AdministratorAccess"]]}
    role["Properties"] |= {"ManagedPolicyArns": [arn], "PermissionsBoundary": {"Ref": "Boundary"}}
    may = stable_template(widened)["constructs-ebs"][WATCHER]
    assert "managed policy arn:<AWS::Partition>:iam::aws:policy/AdministratorAccess" in may
    assert "permissions boundary <Boundary>" in may


def test_references_name_the_entry(raw):
    resources = stable_template(raw)["Resources"].values()
    [image] = [one for one in resources if one["Type"] == "Custom::EbsAmi"]
    assert image["Properties"]["ServiceToken"] == {"Fn::GetAtt": [PROVIDER, "Arn"]}
    assert image["DependsOn"] == [PROVIDER]
    [watch] = [one for one in resources if one["Type"] == "Custom::EbsInitializationAlarm"]
    assert watch["Properties"]["StateMachineArn"] == {"Ref": WATCHER}


def test_what_is_the_users_stays(stack):
    queue = sqs.Queue(stack, f"{WATCHER}s")
    role = iam.Role(stack, "EbsProviding", assumed_by=iam.AccountRootPrincipal())
    queue.grant_purge(role)
    image = "registry.example.com/app@sha256:" + HASH
    cdk.CfnResource(stack, "App", type="AWS::AppRunner::Service", properties={"ImageIdentifier": image})
    raw = Template.from_stack(stack).to_json()
    stable = stable_template(raw)
    assert stable == raw
    assert "constructs-ebs" not in stable


def test_of_other_peoples_custom_resources_only_asset_keys_change(stack):
    code = lambda_.Code.from_inline("def handle(event, context): pass")
    function = lambda_.Function(stack, "Theirs", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handle", code=code)
    provider = cr.Provider(stack, "Provider", on_event_handler=function)
    cdk.CustomResource(stack, "Resource", service_token=provider.service_token)
    raw = Template.from_stack(stack).to_json()
    assert stable_template(raw) == json.loads(re.sub(r"[0-9a-f]{64}", "<hash>", json.dumps(raw)))
    assert "<hash>.zip" in str(stable_template(raw))


def test_the_command_lines_metadata_make_no_difference(stack, tmp_path):
    def add(scope):
        volume = {"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT}
        source = ebs.AmiSource.snapshots([ebs.BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT)])
        ebs.Ami(scope, "Image", source=source)
        ebs.Volume(scope, "Data", **volume)
        return scope

    context = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
    app = cdk.App(
        context=context, analytics_reporting=True, outdir=str(tmp_path), builtin_cloud_formation_validation=False
    )
    add(cdk.Stack(app, "Prod", env=cdk.Environment(account="111122223333", region="us-east-1")))
    app.synth()
    written = json.loads((tmp_path / "Prod.template.json").read_text())
    assert "aws:cdk:path" in str(written)
    assert "CDKMetadata" in written["Resources"]
    assert stable_template(written) == stable_template(Template.from_stack(add(stack)))


def test_nothing_is_lost_from_a_template_without_constructs():
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Conditions": {"Big": {"Fn::Equals": [1, 1]}},
        "Resources": {"Data": {"Type": "AWS::EC2::Volume", "Metadata": {"owner": "db"}, "Properties": {1: [None]}}},
    }
    given = copy.deepcopy(template)
    assert stable_template(template) == given
    assert template == given


def test_a_stack_is_no_template(stack):
    with pytest.raises(TypeError, match=r"must be Template\.from_stack\(stack\) or a parsed template"):
        stable_template(stack)


def test_keys_are_sorted(raw):
    text = json.dumps(stable_template(raw))
    assert text == json.dumps(json.loads(text), sort_keys=True)


TEAMS_TEST = """
from constructs_ebs.testing import TemplateExtension

def volumes(rate):
    properties = {"AvailabilityZone": "us-east-1a", "SnapshotId": "snap-0123456789abcdef0"}
    resources = {f"Data{n:02}": {"Type": "AWS::EC2::Volume", "Properties": {**properties}} for n in range(40)}
    resources["Data20"]["Properties"]["VolumeInitializationRate"] = rate
    return {"Resources": resources}

def test_template(snapshot):
    assert volumes(RATE) == snapshot(extension_class=TemplateExtension)
"""


def test_pytest_shows_a_difference_in_a_few_lines(tmp_path):
    def run(rate, *options):
        (tmp_path / "test_app.py").write_text(TEAMS_TEST.replace("RATE", str(rate)))
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout

    run(200, "--snapshot-update")
    [snapshot] = tmp_path.glob("__snapshots__/test_app/*")
    assert snapshot.name == "test_template.json"
    assert json.loads(snapshot.read_text())["Resources"]["Data20"]["Properties"]["VolumeInitializationRate"] == 200
    assert "1 passed" in run(200)
    shown = [line for line in run(300).splitlines() if line.startswith("E ")]
    assert [line.split(None, 1)[1] for line in shown if "InitializationRate" in line] == [
        '-         "VolumeInitializationRate": 200',
        '+         "VolumeInitializationRate": 300',
    ]
    assert len(shown) < 12


def test_without_syrupy_the_extension_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "syrupy.extensions.json", None)
    monkeypatch.delitem(vars(testing), "TemplateExtension", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'constructs-ebs\[testing\]'"):
        testing.TemplateExtension  # noqa: B018


def test_nothing_else_is_loaded():
    code = "import sys, constructs_ebs.testing; print(sorted({'jsii', 'aws_cdk', 'syrupy'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
