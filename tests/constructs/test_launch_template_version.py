"""A version of somebody else's launch template."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.judges import botocore_errors

SNAPSHOT = "snap-0123456789abcdef0"
RATE = "VolumeInitializationRate"
TYPE = "Custom::EbsCreateLaunchTemplateVersion"


def template(scope, **attributes):
    attributes = attributes or {"launch_template_id": "lt-0123456789abcdef0"}
    return ec2.LaunchTemplate.from_launch_template_attributes(scope, "Template", **attributes)


def version(scope, **props):
    return ebs.LaunchTemplateVersion(scope, "Version", **{"launch_template": template(scope), **props})


def codes(stack, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        version(stack, **props)
    assert stack.node.try_find_child("Version") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


def asked(resources):
    [asked] = resources(TYPE)
    return {name: value for name, value in asked.items() if name != "ServiceToken"}


def test_rates_every_device_that_the_source_has_from_a_snapshot(stack, resources):
    version(stack, volume_initialization_rate=200)
    assert asked(resources) == {
        "LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0"},
        "SourceVersion": "$Default",
        "VersionDescription": "",
        RATE: 200,
        "BlockDeviceMappings": [],
        "Changes": [],
        "SetDefaultVersion": False,
    }


def test_changes_the_images_devices_and_replaces_others(stack, resources):
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/k")
    version(
        stack,
        source_version="7",
        version_description="rated",
        set_default_version=True,
        block_devices=[
            BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300),
            BlockDevice.from_snapshot(
                "/dev/xvdf", SNAPSHOT, volume_initialization_rate=cdk.Size.mebibytes(150), encrypted=True, kms_key=key
            ),
            BlockDevice.blank("/dev/xvdg", volume_size=10),
        ],
    )
    properties = asked(resources)
    assert (properties["SourceVersion"], properties["SetDefaultVersion"]) == ("7", True)
    assert properties["Changes"] == [{"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}}]
    volume = {"SnapshotId": SNAPSHOT, RATE: 150, "Encrypted": True, "KmsKeyId": key.key_arn}
    assert properties["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/xvdf", "Ebs": volume},
        {"DeviceName": "/dev/xvdg", "Ebs": {"VolumeSize": 10}},
    ]
    data = {"BlockDeviceMappings": properties["Changes"] + properties["BlockDeviceMappings"]}
    assert botocore_errors("CreateLaunchTemplateVersion", {"LaunchTemplateData": data}) == ""


def test_knows_a_template_by_its_name_and_its_version(stack, resources):
    named = template(stack, launch_template_name="servers", version_number="$Latest")
    ebs.LaunchTemplateVersion(stack, "Version", launch_template=named)
    assert asked(resources)["LaunchTemplate"] == {"LaunchTemplateName": "servers"}
    assert asked(resources)["SourceVersion"] == "$Latest"


def test_its_version_launches_a_group(stack, resources):
    made = version(stack, volume_initialization_rate=200)
    network = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0", availability_zones=["us-east-1a"], private_subnet_ids=["subnet-0"]
    )
    autoscaling.AutoScalingGroup(stack, "Group", vpc=network, launch_template=made.launch_template)
    [logical_id] = Template.from_stack(stack).find_resources(TYPE)
    [group] = resources("AWS::AutoScaling::AutoScalingGroup")
    assert group["LaunchTemplate"] == {
        "LaunchTemplateId": {"Fn::GetAtt": [logical_id, "LaunchTemplateId"]},
        "Version": {"Fn::GetAtt": [logical_id, "VersionNumber"]},
    }
    assert made.launch_template is made.launch_template


def test_is_retained_when_told(stack):
    version(stack, removal_policy=cdk.RemovalPolicy.RETAIN)
    Template.from_stack(stack).has_resource(TYPE, {"DeletionPolicy": "Retain"})


def test_knows_a_template_by_its_id(stack, resources):
    version(stack, launch_template="lt-0123456789abcdef0")
    assert asked(resources)["LaunchTemplate"] == {"LaunchTemplateId": "lt-0123456789abcdef0"}
    assert asked(resources)["SourceVersion"] == "$Default"


def test_waits_for_nothing(stack):
    version(stack)
    Template.from_stack(stack).resource_count_is("AWS::StepFunctions::StateMachine", 0)


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"volume_initialization_rate": 301}, "InitializationRateOutOfRange"),
        ({"volume_initialization_rate": 100.5}, "WrongType"),
        (
            {"block_devices": [BlockDevice.from_image("/dev/xvda", volume_initialization_rate=99)]},
            "InitializationRateOutOfRange",
        ),
        ({"block_devices": [BlockDevice.from_snapshot("/dev/xvdf", "x")]}, "SnapshotIdMalformed"),
        ({"version_description": "x" * 222}, "VersionDescriptionTooLong"),
        ({"launch_template": "lt-0"}, "ResourceIdMalformed"),
        ({"launch_template": ec2.InstanceType("m7i.large")}, "WrongType"),
        ({"set_default_version": "yes"}, "WrongType"),
        ({"source_version": 3}, "WrongType"),
        ({"source_version": "latest"}, "LaunchTemplateVersionMalformed"),
        ({"removal_policy": cdk.RemovalPolicy.SNAPSHOT}, "RemovalPolicyNotSupported"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_ec2_would_refuse(stack, props, code):
    assert codes(stack, **props) == [code]


def test_takes_a_description_that_leaves_room_for_the_mark(stack):
    version(stack, version_description="x" * 221)
