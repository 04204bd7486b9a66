"""Lists that only the deployment knows: CDK ends a synthesis that looks into one, and does not say where."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import constructs_ebs as ebs
from tests.launches import IMAGE, INSTANCE_TYPE


@pytest.fixture
def ids(stack):
    return cdk.CfnParameter(stack, "Ids", type="List<String>").value_as_list


@pytest.mark.parametrize("argument", ["root_devices", "fast_snapshot_restore_snapshot_ids"])
def test_a_default_rate_takes_no_list_of_the_deployment(ids, argument):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.DefaultInitializationRate(200, **{argument: ids})
    assert f"{argument} must be a list whose length is known, got a value known at deployment" in str(caught.value)


def test_an_element_of_such_a_list_is_taken_by_select_alone(stack, ids):
    volume = {"availability_zone": "us-east-1a", "volume_initialization_rate": 200}
    with pytest.raises(ebs.EbsValidationError, match=r"snapshot_id must be one value.*; use Fn\.select\(0, \.\.\.\)"):
        ebs.Volume(stack, "Wrong", snapshot_id=ids[0], **volume)
    assert ebs.Volume(stack, "Right", snapshot_id=cdk.Fn.select(0, ids), **volume)


def test_a_fleet_needs_subnets_one_by_one(stack, ids):
    zones = {"vpc_id": "vpc-0123456789abcdef0", "availability_zones": ["us-east-1a"]}
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", private_subnet_ids=ids, **zones)
    runners = ebs.SpotFleetLaunchSpecification(machine_image=IMAGE, instance_types=[INSTANCE_TYPE])
    with pytest.raises(ebs.EbsValidationError, match="got a list of ids that only the deployment knows"):
        ebs.SpotFleet(stack, "Fleet", vpc=vpc, target_capacity=1, launch_specifications=[runners])
