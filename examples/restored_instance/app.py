"""One instance with its restored database: the root volume from the AMI, the data from a snapshot, both warm soon."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice


class RestoredInstance(cdk.Stack):
    """A database server in an existing VPC."""

    def __init__(self, scope: Construct, id: str, *, snapshot_id: str) -> None:
        super().__init__(scope, id, env=cdk.Environment(region="us-east-1"))
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=["us-east-1a"],
            private_subnet_ids=["subnet-0123456789abcdef0"],
        )
        instance = ebs.Instance(
            self,
            "Database",
            vpc=vpc,
            instance_type=ec2.InstanceType("r7i.xlarge"),
            machine_image=ec2.MachineImage.from_ssm_parameter("/golden/database"),
            require_imdsv2=True,
            detailed_monitoring=True,
            disable_api_termination=True,
            block_devices=[
                BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300, encrypted=True),
                BlockDevice.from_snapshot(
                    "/dev/xvdf",
                    snapshot_id,
                    volume_initialization_rate=200,
                    volume_type=ec2.EbsDeviceVolumeType.GP3,
                    iops=12_000,
                    throughput=500,
                    encrypted=True,
                    delete_on_termination=False,
                ),
            ],
        )
        cdk.CfnOutput(self, "InstanceId", value=instance.instance_id)


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    snapshot_id = app.node.try_get_context("snapshot") or "snap-0123456789abcdef0"
    return RestoredInstance(app, "RestoredInstance", snapshot_id=snapshot_id)


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
