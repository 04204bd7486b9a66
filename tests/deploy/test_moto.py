"""Templates created on moto through CloudFormation: what EC2's API reads back.

moto keeps the rates of a launch template. Of a volume it reads size and zone alone, so a volume's rate is not shown
here; CloudFormation's schema, botocore and CDK's validation judge that in test_judges.
"""

import json

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template
from moto import mock_aws

import constructs_ebs as ebs
from constructs_ebs import BlockDevice

SNAPSHOT = "snap-0123456789abcdef0"


@pytest.fixture(autouse=True)
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def deploy(stack, **parameters):
    boto3.client("cloudformation").create_stack(
        StackName=stack.stack_name,
        TemplateBody=json.dumps(Template.from_stack(stack).to_json()),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )


def test_a_launch_templates_rates_read_back(app):
    stack = cdk.Stack(app, "Fleet", synthesizer=cdk.LegacyStackSynthesizer())
    rate = ebs.initialization_rate_parameter(stack, "Rate")
    ebs.LaunchTemplate(
        stack,
        "Template",
        launch_template_name="fleet",
        block_devices=[
            BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300),
            BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=rate.value),
            BlockDevice.blank("/dev/xvdg", volume_size=8),
        ],
    )
    deploy(stack, Rate="200")
    [version] = boto3.client("ec2").describe_launch_template_versions(LaunchTemplateName="fleet")[
        "LaunchTemplateVersions"
    ]
    devices = version["LaunchTemplateData"]["BlockDeviceMappings"]
    rates = {device["DeviceName"]: device["Ebs"].get("VolumeInitializationRate") for device in devices}
    assert rates == {"/dev/xvda": 300, "/dev/xvdf": 200, "/dev/xvdg": None}


def test_a_volume_is_created(app):
    stack = cdk.Stack(app, "Database", synthesizer=cdk.LegacyStackSynthesizer())
    ebs.Volume(
        stack,
        "Data",
        availability_zone="us-east-1b",
        snapshot_id=SNAPSHOT,
        size=16,
        volume_type=ec2.EbsDeviceVolumeType.GP3,
        volume_initialization_rate=200,
    )
    deploy(stack)
    [resource] = boto3.client("cloudformation").describe_stack_resources(StackName="Database")["StackResources"]
    [volume] = boto3.client("ec2").describe_volumes(VolumeIds=[resource["PhysicalResourceId"]])["Volumes"]
    assert (volume["Size"], volume["AvailabilityZone"]) == (16, "us-east-1b")
