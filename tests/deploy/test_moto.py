"""Templates created on moto through CloudFormation: what EC2's API reads back.

moto keeps the rates of a launch template. Of a volume it reads size and zone alone, so a volume's rate is not shown
here; CloudFormation's schema, botocore and CDK's validation judge that in test_judges. Its CloudFormation makes no spot
fleet from launch templates, so a fleet is requested from its EC2 API, with the configuration of the template.
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
from tests.constants import SNAPSHOT


@pytest.fixture(autouse=True)
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def deploy(stack, without=(), **parameters):
    """Create a stack, and return the physical ids of its resources by type."""
    client, template = boto3.client("cloudformation"), Template.from_stack(stack).to_json()
    kept = {name: one for name, one in template["Resources"].items() if one["Type"] not in without}
    client.create_stack(
        StackName=stack.stack_name,
        TemplateBody=json.dumps({**template, "Resources": kept}),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    created = client.describe_stack_resources(StackName=stack.stack_name)["StackResources"]
    return {one["ResourceType"]: one["PhysicalResourceId"] for one in created}


def rates_of(launch_template_id):
    versions = boto3.client("ec2").describe_launch_template_versions(LaunchTemplateId=launch_template_id)
    devices = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["BlockDeviceMappings"]
    return {device["DeviceName"]: device["Ebs"].get("VolumeInitializationRate") for device in devices}


@pytest.fixture
def network(app):
    """Return a stack, and the VPC and image that it launches from."""
    client = boto3.client("ec2")
    [subnet, *_] = client.describe_subnets()["Subnets"]
    image = client.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    env = cdk.Environment(region="us-east-1", account="123456789012")
    stack = cdk.Stack(app, "Launch", synthesizer=cdk.LegacyStackSynthesizer(), env=env)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=subnet["VpcId"],
        availability_zones=[subnet["AvailabilityZone"]],
        private_subnet_ids=[subnet["SubnetId"]],
    )
    return stack, {"vpc": vpc}, {"machine_image": ec2.MachineImage.generic_linux({"us-east-1": image})}


def test_a_launch_templates_rates_read_back(app):
    stack = cdk.Stack(app, "Fleet", synthesizer=cdk.LegacyStackSynthesizer())
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    ebs.LaunchTemplate(
        stack,
        "Template",
        launch_template_name="fleet",
        block_devices=[
            BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300),
            BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=rate),
            BlockDevice.blank("/dev/xvdg", volume_size=8),
        ],
    )
    created = deploy(stack, Rate="200")
    assert rates_of(created["AWS::EC2::LaunchTemplate"]) == {"/dev/xvda": 300, "/dev/xvdf": 200, "/dev/xvdg": None}


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
    created = deploy(stack)
    [volume] = boto3.client("ec2").describe_volumes(VolumeIds=[created["AWS::EC2::Volume"]])["Volumes"]
    assert (volume["Size"], volume["AvailabilityZone"]) == (16, "us-east-1b")


def test_an_instance_is_launched_from_its_template(network):
    stack, place, image = network
    ebs.Instance(
        stack,
        "Box",
        **place,
        **image,
        instance_type=ec2.InstanceType("m5.large"),
        block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)],
        require_imdsv2=True,
    )
    created = deploy(stack)
    assert rates_of(created["AWS::EC2::LaunchTemplate"]) == {"/dev/xvda": 300}
    [reservation] = boto3.client("ec2").describe_instances(InstanceIds=[created["AWS::EC2::Instance"]])["Reservations"]
    assert reservation["Instances"][0]["InstanceType"] == "m5.large"


def test_a_fleet_is_requested_from_its_templates(network):
    stack, place, image = network
    ebs.SpotFleet(
        stack,
        "Fleet",
        **place,
        target_capacity=2,
        launch_specifications=[
            ebs.SpotFleetLaunchSpecification(
                **image,
                instance_types=[ec2.InstanceType("m5.large")],
                block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)],
            )
        ],
    )
    created = deploy(stack, without=["AWS::EC2::SpotFleet"])
    template = created["AWS::EC2::LaunchTemplate"]
    assert rates_of(template) == {"/dev/xvda": 300}
    [fleet] = Template.from_stack(stack).find_resources("AWS::EC2::SpotFleet").values()
    config = fleet["Properties"]["SpotFleetRequestConfigData"]
    config["IamFleetRole"] = "arn:aws:iam::123456789012:role/fleet"
    config["LaunchTemplateConfigs"][0]["LaunchTemplateSpecification"] = {"LaunchTemplateId": template, "Version": "1"}
    client = boto3.client("ec2")
    request = client.request_spot_fleet(SpotFleetRequestConfig=config)["SpotFleetRequestId"]
    [described] = client.describe_spot_fleet_requests(SpotFleetRequestIds=[request])["SpotFleetRequestConfigs"]
    assert described["SpotFleetRequestConfig"]["TargetCapacity"] == 2
    assert len(client.describe_spot_fleet_instances(SpotFleetRequestId=request)["ActiveInstances"]) == 2
