"""A version of somebody else's launch template."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import RATE, SNAPSHOT
from tests.judges import botocore_errors, cfn_lint_errors
from tests.launches import INSTANCE_TYPE, vpc_of

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


def group(scope, network, made):
    autoscaling.AutoScalingGroup(scope, "It", vpc=network, launch_template=made)


def mixed_group(scope, network, made):
    override = autoscaling.LaunchTemplateOverrides(instance_type=INSTANCE_TYPE, launch_template=made)
    policy = autoscaling.MixedInstancesPolicy(launch_template=made, launch_template_overrides=[override])
    autoscaling.AutoScalingGroup(scope, "It", vpc=network, mixed_instances_policy=policy)


def spot_fleet(scope, network, made):
    specification = ebs.SpotFleetLaunchSpecification(launch_template=made, instance_types=[INSTANCE_TYPE])
    ebs.SpotFleet(scope, "It", vpc=network, target_capacity=1, launch_specifications=[specification])


def instance(scope, network, made):
    subnet = network.private_subnets[0].subnet_id
    launch = ec2.CfnInstance.LaunchTemplateSpecificationProperty(
        launch_template_id=made.launch_template_id, version=made.version_number
    )
    ec2.CfnInstance(scope, "It", image_id="ami-01234567", subnet_id=subnet, launch_template=launch)


def another_version(scope, _, made):
    ebs.LaunchTemplateVersion(scope, "It", launch_template=made, volume_initialization_rate=300)


@pytest.mark.parametrize(
    ("launch", "kind"),
    [
        (group, "AWS::AutoScaling::AutoScalingGroup"),
        (mixed_group, "AWS::AutoScaling::AutoScalingGroup"),
        (spot_fleet, "AWS::EC2::SpotFleet"),
        (instance, "AWS::EC2::Instance"),
        (another_version, TYPE),
    ],
)
def test_goes_wherever_a_launch_template_goes(stack, launch, kind):
    launch(stack, vpc_of(stack), version(stack, volume_initialization_rate=200))
    template = Template.from_stack(stack)
    made = next(name for name in template.find_resources(TYPE) if name.startswith("Version"))
    launched = json.dumps([found for name, found in template.find_resources(kind).items() if name != made])
    named = json.dumps({"Fn::GetAtt": [made, "LaunchTemplateId"]})
    assert launched.count(named) == launched.count(json.dumps({"Fn::GetAtt": [made, "VersionNumber"]})) >= 1
    assert "LaunchTemplateName" not in launched
    assert cfn_lint_errors(template.to_json()) == []


def test_is_a_resource_that_upstream_knows_as_a_launch_template(stack):
    made = version(stack)
    assert isinstance(made, cdk.Resource)
    assert made.launch_template_ref.launch_template_id == made.launch_template_id
    assert stack.resolve(made.launch_template_name)["Fn::GetAtt"][1] == "LaunchTemplateName"


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
        ({"launch_template": INSTANCE_TYPE}, "WrongType"),
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


def test_says_how_to_name_a_template_by_its_name(stack):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.LaunchTemplateVersion(stack, "Version", launch_template="my-template")
    assert (
        'use ec2.LaunchTemplate.from_launch_template_attributes(scope, id, launch_template_name="my-template")'
        in str(caught.value)
    )
    with pytest.raises(ebs.EbsValidationError, match="got 'lt-0'; correct it"):
        ebs.LaunchTemplateVersion(stack, "Version", launch_template="lt-0")
