"""An Auto Scaling group from a golden AMI, whose root and data volumes are warm within minutes of a launch.

The AMI's id is read from a parameter of Systems Manager at deployment; the AMI maps /dev/xvda and /dev/xvdf.
"""

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice


class GoldenImageFleet(cdk.Stack):
    """Game servers in an existing VPC."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, env=cdk.Environment(region="us-east-1"))
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=["us-east-1a", "us-east-1b"],
            private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        )
        template = ebs.LaunchTemplate(
            self,
            "Servers",
            machine_image=ec2.MachineImage.from_ssm_parameter("/golden/game-server"),
            instance_type=ec2.InstanceType("m7i.large"),
            security_group=ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description="Game servers"),
            require_imdsv2=True,
            detailed_monitoring=True,
            block_devices=[
                BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300, encrypted=True),
                BlockDevice.from_image(
                    "/dev/xvdf",
                    volume_initialization_rate=200,
                    volume_type=ec2.EbsDeviceVolumeType.GP3,
                    throughput=250,
                    encrypted=True,
                ),
                BlockDevice.blank("/dev/xvdg", volume_size=50, encrypted=True),
            ],
        )
        autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=vpc,
            launch_template=template,
            min_capacity=2,
            max_capacity=8,
            notifications=[
                autoscaling.NotificationConfiguration(
                    topic=sns.Topic.from_topic_arn(self, "Operations", cdk.Fn.import_value("operations-topic-arn")),
                    scaling_events=autoscaling.ScalingEvents.ALL,
                )
            ],
        )


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    return GoldenImageFleet(app, "GoldenImageFleet")


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
