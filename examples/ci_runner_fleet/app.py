"""CI runners on Spot Instances, whose root and cache volumes are warm when the first job comes.

The AMI brings the tools on /dev/xvda; the snapshot of a warm build cache becomes /dev/xvdf.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice


class RunnerFleet(cdk.Stack):
    """Eight runners of any type that has room, in an existing VPC."""

    def __init__(self, scope: Construct, id: str, *, cache_snapshot_id: str) -> None:
        super().__init__(scope, id, env=cdk.Environment(region="us-east-1"))
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=["us-east-1a", "us-east-1b"],
            private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        )
        fleet = ebs.SpotFleet(
            self,
            "Runners",
            vpc=vpc,
            target_capacity=8,
            launch_specifications=[
                ebs.SpotFleetLaunchSpecification(
                    name="Runner",
                    machine_image=ec2.MachineImage.from_ssm_parameter("/golden/ci-runner"),
                    instance_types=[ec2.InstanceType(name) for name in ("m7i.xlarge", "m7a.xlarge", "m6i.xlarge")],
                    block_devices=[
                        BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300, encrypted=True),
                        BlockDevice.from_snapshot(
                            "/dev/xvdf",
                            cache_snapshot_id,
                            volume_initialization_rate=300,
                            volume_type=ec2.EbsDeviceVolumeType.GP3,
                            throughput=500,
                            encrypted=True,
                        ),
                    ],
                )
            ],
            capacity_rebalance="launch-before-terminate",
            termination_delay=cdk.Duration.minutes(10),
        )
        fleet.metric_pending_capacity().create_alarm(
            self, "Starved", threshold=4, evaluation_periods=3, alarm_description="Half of the runners are missing"
        )


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    snapshot_id = app.node.try_get_context("snapshot") or "snap-0123456789abcdef0"
    return RunnerFleet(app, "RunnerFleet", cache_snapshot_id=snapshot_id)


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
