"""Game servers on a mixed fleet: two On-Demand, the rest Spot, weighted by size, over three subnets."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import constructs_ebs as ebs
from constructs_ebs import BlockDevice, SpotFleetOverride


class MixedFleet(cdk.Stack):
    """Twelve units of game servers in an existing VPC: a large instance is one, an extra large two."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, env=cdk.Environment(region="us-east-1"))
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0123456789abcdef0",
            availability_zones=["us-east-1a", "us-east-1b", "us-east-1c"],
            private_subnet_ids=[f"subnet-0123456789abcdef{number}" for number in range(3)],
        )
        ebs.SpotFleet(
            self,
            "Servers",
            vpc=vpc,
            target_capacity=12,
            on_demand_target_capacity=2,
            on_demand_allocation_strategy="prioritized",
            allocation_strategy="capacityOptimizedPrioritized",
            excess_capacity_termination_policy="default",
            launch_specifications=[
                ebs.SpotFleetLaunchSpecification(
                    name="Server",
                    machine_image=ec2.MachineImage.from_ssm_parameter("/golden/game-server"),
                    instance_types=[
                        SpotFleetOverride(instance_type=ec2.InstanceType("c7i.large"), weighted_capacity=1, priority=1),
                        SpotFleetOverride(
                            instance_type=ec2.InstanceType("c7i.xlarge"), weighted_capacity=2, priority=2
                        ),
                    ],
                    block_devices=[
                        BlockDevice.from_image("/dev/xvda", volume_initialization_rate=200, encrypted=True),
                        BlockDevice.from_image("/dev/xvdf", volume_initialization_rate=200, encrypted=True),
                    ],
                )
            ],
            request_tags={"service": "game"},
        )


def build(app: cdk.App) -> cdk.Stack:
    """Add the stack to an app."""
    return MixedFleet(app, "MixedFleet")


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
