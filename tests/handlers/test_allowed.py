"""What a handler asks of EC2 is what the policy that its construct makes allows, by cfn-lint's data about IAM."""

import json
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import aws_cdk as cdk
import cfnlint
import pytest
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import INSTANCE, LAUNCH_TEMPLATE, SNAPSHOT, VOLUME

from .aws import STACK_ID
from .cloudformation import ElsewhereError

ACTIONS = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())
KINDS = {
    "ImageId": "image",
    "InstanceId": "instance",
    "LaunchTemplateId": "launch-template",
    "SnapshotId": "snapshot",
    "StackName": "stack",
    "executionArn": "execution",
    "stateMachineArn": "statemachine",
}
PREFIXES = {"ami": "image", "snap": "snapshot", "replacevol": "replace-root-volume-task"}
MADE = {
    "RegisterImage": ["image"],
    "CreateImage": ["image", "snapshot"],
    "CreateReplaceRootVolumeTask": ["replace-root-volume-task", "volume"],
}
STATES = "arn:aws:states:us-east-1:111122223333"
MACHINE, EXECUTION = f"{STATES}:stateMachine:Watcher", f"{STATES}:execution:Watcher"


def service_of(action):
    if action.endswith("Execution"):
        return "states"
    return "cloudformation" if action.startswith("DescribeStack") else "ec2"


def as_deployed(value):
    """Fill in what CloudFormation knows."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(str(as_deployed(one)) for one in value["Fn::Join"][1])
    if isinstance(value, dict) and "Ref" in value:
        known = {"AWS::StackId": STACK_ID, "AWS::StackName": "Prod", "AWS::Partition": "aws"}
        return MACHINE if "Watcher" in value["Ref"] else known.get(value["Ref"], value["Ref"])
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return "Watcher" if value["Fn::GetAtt"][1] == "Name" else str(value)
    if isinstance(value, dict):
        return {name: as_deployed(one) for name, one in value.items()}
    return [as_deployed(one) for one in value] if isinstance(value, list) else value


def listed(value):
    return value if isinstance(value, list) else [value]


def named(params):
    """Yield the kinds and ids that a request names."""
    for name, value in params.items():
        if name in KINDS:
            yield KINDS[name], value
        elif name == "Resources":
            yield from ((PREFIXES[one.partition("-")[0]], one) for one in value)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from named(one)


def tags_of(ec2, resource):
    """Return the tags of what is there; another resource's have none."""
    tasks = {task["ReplaceRootVolumeTaskId"]: task for task in ec2.tasks}
    tags = {tag["Key"]: tag["Value"] for tag in {**ec2.images, **tasks}.get(resource, {}).get("Tags", [])}
    return {f"aws:ResourceTag/{key}": value for key, value in (tags | ec2.snapshots.get(resource, {})).items()}


def needed(ec2, action, params):
    """Yield what a request must be allowed, with the tags that it gives: an action on a resource, or on all."""
    service = service_of(action)
    kinds = ACTIONS[service]["Actions"][action.lower()].get("Resources", [])
    tags = {
        one["ResourceType"]: {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in one["Tags"]}
        for one in params.get("TagSpecifications", [])
    }
    given = {f"aws:RequestTag/{tag['Key']}": tag.get("Value") for tag in params.get("Tags", [])}
    things = [(kind, one, given) for kind, one in named(params) if kind in kinds]
    things += [(kind, "*", tags.get(kind, {})) for kind in MADE.get(action, [])]
    name = f"{service}:{action}"
    if not things:
        yield name, "*", {}
    for kind, one, keys in things:
        account = "" if kind in ("image", "snapshot") else "111122223333"
        arn = one if one.startswith("arn:") else f"arn:aws:ec2:us-east-1:{account}:{kind}/{one}"
        yield name, arn, keys | tags_of(ec2, one)
        if kind in tags:
            yield "ec2:CreateTags", arn, keys | {"ec2:CreateAction": action}


def is_met(condition, keys):
    """Tell whether a statement's condition holds for the keys of a request."""
    same, like = condition.get("StringEquals", {}), condition.get("StringLike", {})
    assert condition.keys() <= {"StringEquals", "StringLike", "Bool"}
    matching = all(fnmatchcase(keys.get(key, ""), pattern) for key, pattern in like.items())
    return same.items() <= keys.items() and matching and "Bool" not in condition


@pytest.fixture
def deployed(stack, load, ec2, monkeypatch):
    """Return a resource with its properties, and a judge of what its handler has asked."""
    asked, answer = [], ec2._answer

    def note(model, params):
        asked.extend(needed(ec2, model.name, params))  # by the tags of the moment
        return answer(model, params)

    monkeypatch.setattr(ec2, "_answer", note)

    def deployed(kind):
        template = Template.from_stack(stack).to_json()["Resources"]
        policies = [
            one["Properties"]
            for one in template.values()
            if one["Type"] == "AWS::IAM::Policy" and "EbsProviderRole" in json.dumps(one["Properties"]["Roles"])
        ]
        statements = as_deployed([one for policy in policies for one in policy["PolicyDocument"]["Statement"]])
        [properties] = [one["Properties"] for one in template.values() if one["Type"].startswith("Custom::")]

        def allowed(action, resource, keys):
            return any(
                action in listed(one["Action"])
                and is_met(one.get("Condition", {}), keys)
                and any(fnmatchcase(resource, pattern) for pattern in listed(one["Resource"]))
                for one in statements
            )

        def denied():
            assert any(action == "cloudformation:DescribeStackEvents" for action, *_ in asked)
            return [one[:2] for one in asked if not allowed(*one)]

        return load(kind), as_deployed(properties), denied

    ec2.instances[INSTANCE] = ec2.instances.pop("i-0")
    ec2.snapshots[SNAPSHOT] = {}
    return deployed


@pytest.mark.parametrize("delete_snapshots", [True, False])
def test_registering_an_image(stack, deployed, ec2, delete_snapshots):
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
    ebs.Ami(
        stack, "Made", source=ebs.AmiSource.snapshots([root]), delete_snapshots=delete_snapshots, tags={"team": "db"}
    )
    image, properties, denied = deployed("Ami")
    image.deploy(**properties)
    image.deploy(**{**properties, "Tags": [{"Key": "other", "Value": "1"}]})
    image.destroy()
    assert {"RegisterImage", "CreateTags", "DeleteTags", "DeregisterImage"} <= {name for name, _ in ec2.requests}
    assert denied() == []


def test_sharing_an_image(stack, deployed, ec2):
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
    ebs.Ami(stack, "Made", source=ebs.AmiSource.snapshots([root]), launch_permissions=["222222222222"])
    image, properties, denied = deployed("Ami")
    image.deploy(**properties)
    image.deploy(**{name: value for name, value in properties.items() if name != "LaunchPermissions"})
    assert len(ec2.sent("ModifyImageAttribute")) == 2
    assert denied() == []


def test_an_image_of_an_instance(stack, deployed):
    ebs.Ami(stack, "Made", source=ebs.AmiSource.instance(INSTANCE))
    image, properties, denied = deployed("Ami")
    image.deploy(**properties)
    image.destroy()
    assert denied() == []


@pytest.mark.parametrize("source", [{"snapshot_id": SNAPSHOT}, {}])
def test_replacing_a_root_volume(stack, deployed, ec2, source):
    ebs.RootVolumeReplacement(stack, "Made", instance=INSTANCE, volume_initialization_rate=200, **source)
    replacement, properties, denied = deployed("RootVolumeReplacement")
    replacement.deploy(**properties)
    replacement.destroy()
    assert ec2.sent("DeleteTags")
    assert denied() == []


def test_taking_the_mark_from_a_task_of_an_earlier_stack_of_the_same_name(stack, deployed, ec2):
    ebs.RootVolumeReplacement(stack, "Made", instance=INSTANCE, snapshot_id=SNAPSHOT)
    replacement, properties, denied = deployed("RootVolumeReplacement")
    replacement.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        replacement.deploy(**properties)
    ec2.tasks[0]["Tags"][0]["Value"] = STACK_ID.replace("0f1e2d3c", "earlier")
    ec2.events.clear()
    replacement.fails_elsewhere = False
    replacement.deploy(**properties)
    replacement.destroy()
    assert len(ec2.tasks) == len(ec2.sent("DeleteTags")) == 1
    assert denied() == []


def test_a_version_that_becomes_the_default_and_is_rolled_back(stack, deployed, ec2):
    ebs.LaunchTemplateVersion(
        stack, "Made", launch_template=LAUNCH_TEMPLATE, volume_initialization_rate=200, set_default_version=True
    )
    ec2.template_id = LAUNCH_TEMPLATE
    ec2.version("theirs", BlockDeviceMappings=[{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}])
    version, properties, denied = deployed("LaunchTemplateVersion")
    version.fails_elsewhere = True
    with pytest.raises(ElsewhereError):
        version.deploy(**properties)
    assert {"ModifyLaunchTemplate", "DeleteLaunchTemplateVersions"} <= {name for name, _ in ec2.requests}
    assert denied() == []


def test_a_version_that_is_deleted_reads_the_state_of_its_stack(stack, deployed, ec2):
    ebs.LaunchTemplateVersion(
        stack, "Made", launch_template=LAUNCH_TEMPLATE, volume_initialization_rate=200, set_default_version=True
    )
    ec2.template_id = LAUNCH_TEMPLATE
    ec2.version("theirs", BlockDeviceMappings=[{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}])
    version, properties, denied = deployed("LaunchTemplateVersion")
    version.deploy(**properties)
    version.destroy()
    assert ec2.sent("DescribeStacks") == [{"StackName": STACK_ID}]
    assert denied() == []


def test_a_wait(stack, deployed, ec2):
    ebs.InitializationWait(stack, "Made", volume=VOLUME, snapshot_data=100, volume_initialization_rate=200)
    ec2.initialization = {VOLUME: ["initializing", "completed"]}
    wait, properties, denied = deployed("InitializationWait")
    wait.deploy(**properties)
    wait.destroy()
    assert ec2.sent("DescribeVolumeStatus")
    assert denied() == []


def test_an_alarm_alone(stack, deployed, ec2):
    ebs.InitializationAlarm(stack, "Made", volume=VOLUME, deadline=timedelta(hours=2))
    alarm, properties, denied = deployed("InitializationAlarm")
    alarm.deploy(**properties)
    alarm.deploy(**{**properties, "Seconds": "60"})
    alarm.destroy()
    assert {"StartExecution", "DescribeExecution", "StopExecution"} <= {name for name, _ in ec2.requests}
    assert next(iter(ec2.executions)).startswith(f"{EXECUTION}:")
    assert denied() == []


def test_an_alarm_alone_brings_nothing_that_changes_anything_of_ec2s(stack):
    ebs.InitializationAlarm(stack, "Made", volume=VOLUME, deadline=timedelta(hours=2))
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    statements = [one for policy in policies for one in policy["Properties"]["PolicyDocument"]["Statement"]]
    actions = {action for statement in statements for action in listed(statement["Action"])}
    assert {action for action in actions if action.startswith("ec2:")} == {
        "ec2:DescribeVolumeStatus",
        "ec2:DescribeVolumes",
    }


@pytest.mark.parametrize("parents", [0, 2])
def test_a_nested_stack_reads_the_states_of_those_around_it(stack, parents):
    inner = stack
    for number in range(parents):
        inner = cdk.NestedStack(inner, f"Nested{number}")
    ebs.InitializationWait(inner, "Made", volume=VOLUME, snapshot_data=100, volume_initialization_rate=200)
    policies = Template.from_stack(inner).find_resources("AWS::IAM::Policy").values()
    [statement] = [
        statement
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "cloudformation:DescribeStackEvents" in statement["Action"]
    ]
    assert len(listed(statement["Resource"])) == parents + 1
    assert {"Ref": "AWS::StackId"} in listed(statement["Resource"])


@pytest.mark.parametrize("kind", ["task", "tag"])
def test_the_judge_sees_what_is_not_allowed(stack, deployed, kind, ec2):
    ebs.RootVolumeReplacement(stack, "Made", instance=INSTANCE, snapshot_id=SNAPSHOT)
    replacement, properties, denied = deployed("RootVolumeReplacement")
    tasks = "arn:aws:ec2:us-east-1:111122223333:replace-root-volume-task/"
    if kind == "task":  # another tag, and another stack
        replacement.stack_id = "arn:aws:cloudformation:us-east-1:111122223333:stack/Other/00"
        replacement.deploy(**properties)
        refused = [("ec2:CreateReplaceRootVolumeTask", f"{tasks}*"), ("ec2:CreateTags", f"{tasks}*")]
        assert sorted({one for one in denied() if one[0].startswith("ec2")}) == refused
        assert ("cloudformation:DescribeStackEvents", replacement.stack_id) in denied()
    else:  # the mark of another stack's name
        replacement.deploy(**(properties | {"RootStackName": "Other"}))
        replacement.destroy()
        assert denied() == [("ec2:DeleteTags", f"{tasks}{ec2.tasks[0]['ReplaceRootVolumeTaskId']}")]
