"""One template for drills and for emergencies: the rate is chosen when the stack is deployed.

    cdk deploy --parameters Snapshot=snap-0123456789abcdef0 --parameters Rate=300

CloudFormation refuses a rate outside 100 to 300 before it creates anything.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice


class DeployTimeRate(cdk.Stack):
    """A volume, and a launch template for machines with the same data."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        snapshot = cdk.CfnParameter(
            self, "Snapshot", allowed_pattern="snap-[0-9a-f]+", description="Snapshot to restore"
        )
        rate = ebs.InitializationRate.parameter(self, "Rate", default=100)

        volume = ebs.Volume(
            self,
            "Data",
            availability_zone=self.availability_zones[0],
            snapshot_id=snapshot.value_as_string,
            volume_initialization_rate=rate,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            encrypted=True,
        )
        template = ebs.LaunchTemplate(
            self,
            "Machines",
            require_imdsv2=True,
            block_devices=[
                BlockDevice.from_snapshot(
                    "/dev/xvdf",
                    snapshot.value_as_string,
                    volume_initialization_rate=rate,
                    volume_type=ec2.EbsDeviceVolumeType.GP3,
                    encrypted=True,
                )
            ],
        )
        cdk.CfnOutput(self, "VolumeId", value=volume.volume_id)
        cdk.CfnOutput(self, "LaunchTemplateId", value=template.launch_template_id or "")


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    return DeployTimeRate(app, "DeployTimeRate")


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
