"""What a handler asks of EC2 is what the policy that its construct makes allows, by cfn-lint's data about IAM."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import cfnlint
import pytest
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import INSTANCE, LAUNCH_TEMPLATE, SNAPSHOT

from .aws import STACK_ID, Ec2

ACTIONS = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())["ec2"]
KINDS = {"ImageId": "image", "InstanceId": "instance", "LaunchTemplateId": "launch-template", "SnapshotId": "snapshot"}
MADE = {
    "RegisterImage": ["image"],
    "CreateImage": ["image", "snapshot"],
    "CreateReplaceRootVolumeTask": ["replace-root-volume-task", "volume"],
}


def as_deployed(value):
    """Fill in what CloudFormation knows."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(str(as_deployed(one)) for one in value["Fn::Join"][1])
    if isinstance(value, dict) and "Ref" in value:
        return {"AWS::StackId": STACK_ID, "AWS::Partition": "aws"}.get(value["Ref"], value["Ref"])
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
            yield from (("image" if one.startswith("ami") else "snapshot", one) for one in value)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from named(one)


def needed(action, params):
    """Yield what a request must be allowed, with the tags that it gives: an action on a resource, or on all."""
    kinds = ACTIONS["Actions"][action.lower()].get("Resources", [])
    tags = {
        one["ResourceType"]: {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in one["Tags"]}
        for one in params.get("TagSpecifications", [])
    }
    given = {f"aws:RequestTag/{tag['Key']}": tag.get("Value") for tag in params.get("Tags", [])}
    things = [(kind, one, given) for kind, one in named(params) if kind in kinds]
    things += [(kind, "*", tags.get(kind, {})) for kind in MADE.get(action, [])]
    if not kinds:
        yield action, "*", {}
    for kind, one, keys in things:
        account = "" if kind in ("image", "snapshot") else "111122223333"
        arn = f"arn:aws:ec2:us-east-1:{account}:{kind}/{one}"
        owned = {} if one in ("*", SNAPSHOT) else {"aws:ResourceTag/constructs-ebs:stack": STACK_ID}
        yield action, arn, keys | owned
        if kind in tags:
            yield "CreateTags", arn, keys | {"ec2:CreateAction": action}


@pytest.fixture
def deployed(stack, load, ec2):
    """Return a resource with its properties, and a judge of what its handler has asked."""

    def deployed(handler):
        template = Template.from_stack(stack).to_json()["Resources"]
        policies = [one["Properties"] for one in template.values() if one["Type"] == "AWS::IAM::Policy"]
        statements = as_deployed([one for policy in policies for one in policy["PolicyDocument"]["Statement"]])
        [properties] = [one["Properties"] for one in template.values() if one["Type"].startswith("Custom::")]

        def allowed(action, resource, keys):
            return any(
                f"ec2:{action}" in listed(one["Action"])
                and one.get("Condition", {}).get("StringEquals", {}).items() <= keys.items()
                and any(fnmatchcase(resource, pattern) for pattern in listed(one["Resource"]))
                for one in statements
            )

        def denied():
            asked = [one for action, params in ec2.requests if action in EC2S for one in needed(action, params)]
            return [one[:2] for one in asked if not allowed(*one)]

        return load(handler), as_deployed(properties), denied

    ec2.instances[INSTANCE] = ec2.instances.pop("i-0")
    ec2.snapshots[SNAPSHOT] = {}
    return deployed


EC2S = {name for name in dir(Ec2) if name[0].isupper() and name != "DescribeStacks"}


@pytest.mark.parametrize("delete_snapshots", [True, False])
def test_registering_an_image(stack, deployed, ec2, delete_snapshots):
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
    ebs.Ami(
        stack, "Made", source=ebs.AmiSource.snapshots([root]), delete_snapshots=delete_snapshots, tags={"team": "db"}
    )
    image, properties, denied = deployed("register_image")
    image.deploy(**properties)
    image.deploy(**{**properties, "Tags": [{"Key": "other", "Value": "1"}]})
    image.destroy()
    assert {"RegisterImage", "CreateTags", "DeleteTags", "DeregisterImage"} <= {name for name, _ in ec2.requests}
    assert denied() == []


def test_an_image_of_an_instance(stack, deployed):
    ebs.Ami(stack, "Made", source=ebs.AmiSource.instance(INSTANCE))
    image, properties, denied = deployed("register_image")
    image.deploy(**properties)
    image.destroy()
    assert denied() == []


@pytest.mark.parametrize("source", [{"snapshot_id": SNAPSHOT}, {}])
def test_replacing_a_root_volume(stack, deployed, source):
    ebs.RootVolumeReplacement(stack, "Made", instance=INSTANCE, volume_initialization_rate=200, **source)
    replacement, properties, denied = deployed("replace_root_volume")
    replacement.deploy(**properties)
    replacement.destroy()
    assert denied() == []


def test_a_version_that_becomes_the_default_and_is_rolled_back(stack, deployed, ec2):
    ebs.LaunchTemplateVersion(
        stack, "Made", launch_template=LAUNCH_TEMPLATE, volume_initialization_rate=200, set_default_version=True
    )
    ec2.template_id = LAUNCH_TEMPLATE
    ec2.version("theirs", BlockDeviceMappings=[{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}])
    version, properties, denied = deployed("create_launch_template_version")
    version.deploy(**properties)
    ec2.stack_status = "ROLLBACK_IN_PROGRESS"
    version.destroy()
    assert {"ModifyLaunchTemplate", "DeleteLaunchTemplateVersions"} <= {name for name, _ in ec2.requests}
    assert denied() == []


def test_the_judge_sees_what_is_not_allowed(stack, deployed):
    ebs.RootVolumeReplacement(stack, "Made", instance=INSTANCE, snapshot_id=SNAPSHOT)
    replacement, properties, denied = deployed("replace_root_volume")
    replacement.stack_id = "arn:aws:cloudformation:us-east-1:111122223333:stack/Other/00"  # another tag
    replacement.deploy(**properties)
    tasks = "arn:aws:ec2:us-east-1:111122223333:replace-root-volume-task/*"
    assert denied() == [("CreateReplaceRootVolumeTask", tasks), ("CreateTags", tasks)]
