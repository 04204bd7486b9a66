"""An ordinary app of upstream's constructs, and the two lines that rate its volumes and check its templates.

The two lines are in ``build``; nothing in the stack knows of rates.
"""

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
from constructs import Construct

import constructs_ebs as ebs

SNAPSHOT = "snap-0123456789abcdef0"


class Warehouse(cdk.Stack):
    """Workers with a reference data set, a database volume, and a volume that an older library makes."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, env=cdk.Environment(account="111122223333", region="us-east-1"))
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=["us-east-1a", "us-east-1b"],
            private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        )
        workers = ec2.LaunchTemplate(
            self,
            "Workers",
            machine_image=ec2.MachineImage.latest_amazon_linux2023(),
            instance_type=ec2.InstanceType("m7i.large"),
            security_group=ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description="Workers"),
            require_imdsv2=True,
            detailed_monitoring=True,
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/xvdf",
                    volume=ec2.BlockDeviceVolume(ec2.EbsDeviceProps(snapshot_id=SNAPSHOT, encrypted=True)),
                ),
                ec2.BlockDevice(device_name="/dev/xvdg", volume=ec2.BlockDeviceVolume.ebs(50, encrypted=True)),
            ],
        )
        autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=vpc,
            launch_template=workers,
            min_capacity=2,
            max_capacity=8,
            notifications=[
                autoscaling.NotificationConfiguration(
                    topic=sns.Topic.from_topic_arn(self, "Operations", cdk.Fn.import_value("operations-topic-arn")),
                    scaling_events=autoscaling.ScalingEvents.ALL,
                )
            ],
        )
        ec2.Volume(
            self,
            "Database",
            availability_zone=cdk.Fn.select(0, cdk.Fn.get_azs()),
            snapshot_id=SNAPSHOT,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
        )
        cdk.CfnResource(
            self,
            "Archive",
            type="AWS::EC2::Volume",
            properties={
                "AvailabilityZone": cdk.Fn.select(0, cdk.Fn.get_azs()),
                "SnapshotId": cdk.Fn.import_value("archive-snapshot-id"),
                "VolumeType": "gp3",
                "Encrypted": True,
            },
        )


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app, and the two lines."""
    stack = Warehouse(app, "Warehouse")
    cdk.Aspects.of(app).add(ebs.DefaultInitializationRate(200))
    cdk.Validations.of(app).add_plugins(ebs.EbsChecks(minimum_rate=200))
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
