"""The example with every custom resource, deployed by the real CDK CLI, and what its handlers send on the wire.

ministack lacks CreateReplaceRootVolumeTask, DescribeReplaceRootVolumeTasks and DeleteLaunchTemplateVersions, for which
doubles answer; it drops rates from what it describes, so that the requests are what is looked at. It enforces
permissions except in EC2, sends no Delete after a Create that failed, has no CreateImage, and leaves snapshots alone
that go with an image: tests/handlers has these.
"""

import re

import pytest

from tests.constants import RATE

from .doubles import RootVolumeTasks, Versions
from .emulator import CdkError
from .proxy import lose_answer, refuse

EXAMPLE, NESTED = "examples/golden_image", "tests/deploy/nested"
DEVICE = "BlockDeviceMapping.1"
UNCALLED = {
    "ec2:CreateTags": "EC2 requires it where something is tagged as it is made",
    "ec2:DeleteSnapshot": "EC2 requires it where an image is deleted with its snapshots",
    "ec2:DescribeImageAttribute": "an image that is shared with others",
    "ec2:ModifyImageAttribute": "an image that is shared with others",
    "ec2:ModifyLaunchTemplate": "a default version that is set, or given back",
    "logs:CreateLogStream": "Lambda calls it",
    "logs:PutLogEvents": "Lambda calls it",
    "ssm:GetParameters": "EC2 calls it where the AMI is a parameter",
}
"""Why an action is allowed that the example's functions do not call."""


@pytest.fixture
def context(aws):
    """What somebody else owns: a snapshot, an instance, and a launch template with a device from a snapshot."""
    ec2 = aws.client("ec2")
    aws.ec2.requests.clear()
    aws.ec2.doubles["DeleteLaunchTemplateVersions"] = Versions(ec2)
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)
    snapshot = ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    instance = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": snapshot, "Encrypted": True}}
    data = {"ImageId": "ami-12345678", "BlockDeviceMappings": [device]}
    template = ec2.create_launch_template(LaunchTemplateName=instance, LaunchTemplateData=data)
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    return {"snapshot": snapshot, "instance": instance, "template": template_id}


@pytest.fixture
def tasks(aws):
    tasks = RootVolumeTasks("pending", "in-progress", "succeeded")
    aws.ec2.doubles |= tasks.doubles()
    return tasks


def images(aws):
    return {image["ImageId"] for image in aws.client("ec2").describe_images(Owners=["self"])["Images"]}


def outputs(aws):
    [stack] = aws.client("cloudformation").describe_stacks(StackName="GoldenImage")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def left_behind(aws):
    """What a handler or the stack made and is still there.

    Not log groups: a function may make them anew, where nothing enforces that its role must not.
    """
    functions = [one["FunctionName"] for one in aws.client("lambda").list_functions()["Functions"]]
    machines = [one["name"] for one in aws.client("stepfunctions").list_state_machines()["stateMachines"]]
    roles = [one["RoleName"] for one in aws.client("iam").list_roles()["Roles"]]
    of_a_stack = re.compile("GoldenImage|Outer")
    return [*images(aws), *filter(of_a_stack.match, (*functions, *machines, *roles))]


def granted(aws):
    """Return the actions that our functions may call."""
    iam = aws.client("iam")
    [role] = [role["RoleName"] for role in iam.list_roles()["Roles"] if "EbsProviderRole" in role["RoleName"]]
    policies = [
        iam.get_role_policy(RoleName=role, PolicyName=name)
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    actions = [statement["Action"] for statement in statements]
    return {action for some in actions for action in ([some] if isinstance(some, str) else some)}


@pytest.mark.usefixtures("tasks")
def test_deploys_updates_and_destroys_and_leaves_nothing_behind(aws, context):
    aws.deploy(EXAMPLE, **context)
    [registered] = aws.ec2.sent("RegisterImage")
    assert registered[f"{DEVICE}.Ebs.{RATE}"] == "300"
    assert registered["EnaSupport"] == "true"
    [replaced] = aws.ec2.sent("CreateReplaceRootVolumeTask")
    assert replaced[RATE] == "300"
    assert replaced["ImageId"] == outputs(aws)["ImageId"]
    [version] = aws.ec2.sent("CreateLaunchTemplateVersion")
    assert version[f"LaunchTemplateData.{DEVICE}.Ebs.{RATE}"] == "200"
    assert version[f"LaunchTemplateData.{DEVICE}.Ebs.SnapshotId"] == context["snapshot"]
    assert outputs(aws)["LaunchTemplateVersion"] == "2"
    assert outputs(aws)["RootVolumeId"].startswith("vol-")

    former = outputs(aws)["ImageId"]
    aws.deploy(EXAMPLE, **context, rate="150")
    assert images(aws) == {outputs(aws)["ImageId"]}
    assert [sent["ImageId"] for sent in aws.ec2.sent("DeregisterImage")] == [former]
    assert [sent[RATE] for sent in aws.ec2.sent("CreateReplaceRootVolumeTask")] == ["300", "150"]
    assert len(aws.ec2.sent("CreateLaunchTemplateVersion")) == 1

    allowed = granted(aws)
    called = {f"cloudformation:{action}" for action in re.findall(r'{"(DescribeStack\w+)": ', aws.logs())}
    aws.destroy(EXAMPLE)
    assert left_behind(aws) == []
    called |= {f"ec2:{request.action}" for request in aws.ec2.requests}
    assert called - allowed == set()
    assert allowed - called <= UNCALLED.keys()
    [deleted] = aws.ec2.sent("DeleteLaunchTemplateVersions")
    assert deleted["LaunchTemplateVersion.1"] == "2"
    assert len(aws.ec2.sent("CreateReplaceRootVolumeTask")) == 2


def test_an_update_that_fails_goes_back_to_the_former_image_and_replaces_nothing_more(aws, context, tasks):
    aws.deploy(EXAMPLE, **context)
    former = images(aws)
    tasks.states = ("in-progress", "failing-detached", "failed-detached")
    with pytest.raises(CdkError, match="is failed-detached: the instance is left WITHOUT a root volume"):
        aws.deploy(EXAMPLE, **context, rate="150")
    [stack] = aws.client("cloudformation").describe_stacks(StackName="GoldenImage")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert images(aws) == former
    assert len(tasks.tasks) == 2
    aws.destroy(EXAMPLE)
    assert left_behind(aws) == []


def test_sits_out_throttling_and_answers_that_are_lost(aws, context, tasks):
    aws.ec2.faults["RegisterImage"].extend([refuse("RequestLimitExceeded", 503), lose_answer])
    aws.ec2.faults["CreateReplaceRootVolumeTask"].append(lose_answer)
    aws.ec2.faults["CreateLaunchTemplateVersion"].append(lose_answer)
    aws.deploy(EXAMPLE, **context)
    assert len(aws.ec2.sent("RegisterImage")) == 3
    assert len(images(aws)) == 1
    assert len(tasks.tasks) == 1
    assert outputs(aws)["LaunchTemplateVersion"] == "2"
    assert f'"{RATE}": 300' in aws.logs()
    aws.destroy(EXAMPLE)
    assert left_behind(aws) == []


def test_a_nested_stack_that_rolls_back_gives_the_default_back_and_a_retry_replaces_no_root_volume(aws, context, tasks):
    with pytest.raises(CdkError, match="Never"):
        aws.deploy(NESTED, **context, fails="yes")
    assert images(aws) == set()
    [_, former] = aws.ec2.sent("ModifyLaunchTemplate")
    assert former["SetDefaultVersion"] == "1"
    assert len(tasks.tasks) == 1

    aws.deploy(NESTED, **context)
    assert len(images(aws)) == 1
    assert len(tasks.tasks) == 1
    aws.destroy(NESTED)
    assert left_behind(aws) == []
    assert len(aws.ec2.sent("ModifyLaunchTemplate")) == 3  # somebody asked for this deletion
