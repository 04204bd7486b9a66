"""What tests launch, and where: an image, an instance type, the subnets of a VPC."""

from aws_cdk import aws_ec2 as ec2

IMAGE = ec2.MachineImage.generic_linux({"us-east-1": "ami-0123456789abcdef0"})
INSTANCE_TYPE = ec2.InstanceType("m7i.large")
SUBNETS = [f"subnet-0123456789abcdef{number}" for number in range(3)]


def vpc_of(scope, zones=("us-east-1a", "us-east-1b", "us-east-1c")):
    """Return the VPC of a scope, with a private subnet in each zone; make it if there is none."""
    return scope.node.try_find_child("Vpc") or ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=[*zones],
        private_subnet_ids=SUBNETS[: len(zones)],
    )
