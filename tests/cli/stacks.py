"""Stacks, and what EC2 reports of what they have made."""

from tests.cli.aws import VOLUME
from tests.constants import RATE, SNAPSHOT, ZONE

TEMPLATE = "AWS::EC2::LaunchTemplate"
GROUP = "AWS::AutoScaling::AutoScalingGroup"


def volume(rate, **properties):
    properties = {"AvailabilityZone": ZONE, "SnapshotId": SNAPSHOT, **properties}
    return {"Type": VOLUME, "Properties": {**properties, **({RATE: rate} if rate is not None else {})}}


def mapping(rate=None, device="/dev/xvda", **ebs):
    return {"DeviceName": device, "Ebs": {**ebs, **({RATE: rate} if rate is not None else {})}}


def launch_template(*mappings, **properties):
    data = {"BlockDeviceMappings": list(mappings)}
    return {"Type": TEMPLATE, "Properties": {"LaunchTemplateData": data, **properties}}


def custom(kind, **properties):
    return {"Type": f"Custom::Ebs{kind}", "Properties": {"ServiceToken": "arn", **properties}}


def deployed(aws, name, template, physical, **more):
    """Add a stack of a template whose resources have these physical ids."""
    resources = template["Resources"]
    return aws.stack(name, {key: (resources[key]["Type"], one) for key, one in physical.items()}, template, **more)


def create(aws, name, *mappings):
    made = aws.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"BlockDeviceMappings": list(mappings)}
    )
    return made["LaunchTemplate"]["LaunchTemplateId"]


def add_version(aws, template, *mappings, description=""):
    data = {"BlockDeviceMappings": list(mappings)}
    made = aws.client("ec2").create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData=data, VersionDescription=description
    )
    return str(made["LaunchTemplateVersion"]["VersionNumber"])


def instance_data(rate):
    return lambda _: {"LaunchTemplateData": {"BlockDeviceMappings": [mapping(rate)]}}


def fleet_config(**config):
    return lambda _: {
        "SpotFleetRequestConfigs": [
            {
                "SpotFleetRequestId": "sfr-1",
                "SpotFleetRequestConfig": {"IamFleetRole": "arn", "TargetCapacity": 1, **config},
            }
        ]
    }


def everything(aws):
    """Stacks with every way to a volume."""
    child = "arn:aws:cloudformation:us-east-1:123456789012:stack/Top-Child-1/0"
    replacement = {"Type": "Custom::EbsRootVolumeReplacement", "Properties": {"Request": {"InstanceId": {"Ref": "Id"}}}}
    aws.stack(
        "Top",
        {
            "Data": (VOLUME, "vol-own"),
            "Gone": (VOLUME, "vol-deleted", "DELETE_COMPLETE"),
            "Coming": (VOLUME, None, "CREATE_IN_PROGRESS"),
            "Box": ("AWS::EC2::Instance", "i-box"),
            "Group": ("AWS::AutoScaling::AutoScalingGroup", "group"),
            "Spot": ("AWS::EC2::SpotFleet", "sfr-1"),
            "Fleet": ("AWS::EC2::EC2Fleet", "fleet-1"),
            "Nodes": ("AWS::EKS::Nodegroup", "cluster/nodes"),
            "Child": ("AWS::CloudFormation::Stack", child),
            "Bucket": ("AWS::S3::Bucket", "bucket"),
        },
    )
    aws.stack(
        child,
        {"Data": (VOLUME, "vol-nested"), "Root": ("Custom::EbsRootVolumeReplacement", "replacevol-1")},
        {"Parameters": {"Id": {"Type": "String"}}, "Resources": {"Root": replacement}},
        {"Id": "i-other"},
    )
    aws.answers |= {
        "DescribeAutoScalingGroups": lambda _: {
            "AutoScalingGroups": [
                {
                    "AutoScalingGroupName": "group",
                    "MinSize": 1,
                    "MaxSize": 1,
                    "DesiredCapacity": 1,
                    "DefaultCooldown": 1,
                    "AvailabilityZones": [ZONE],
                    "HealthCheckType": "EC2",
                    "CreatedTime": "2026-11-23T00:00:00Z",
                    "Instances": [
                        {
                            "InstanceId": "i-group",
                            "AvailabilityZone": ZONE,
                            "LifecycleState": "InService",
                            "HealthStatus": "Healthy",
                            "ProtectedFromScaleIn": False,
                        }
                    ],
                }
            ]
        },
        "DescribeSpotFleetInstances": lambda _: {"ActiveInstances": [{"InstanceId": "i-spot"}]},
        "DescribeFleets": lambda form: {"Fleets": [{"FleetId": form["FleetId.1"], "Type": "maintain"}]},
        "DescribeFleetInstances": lambda _: {"ActiveInstances": [{"InstanceId": "i-fleet"}]},
    }
    for name in ("own", "nested"):
        aws.volume(f"vol-{name}", "completed")
    for name in ("box", "group", "spot", "fleet", "other"):
        aws.volume(f"vol-{name}", "completed", instance=f"i-{name}")
    aws.volume("vol-of-others", "initializing", instance="i-of-others")
