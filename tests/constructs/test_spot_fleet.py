"""A spot fleet: launch specifications as launch templates and overrides, and what a fleet can get wrong."""

import dataclasses
from datetime import datetime, timedelta, timezone

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancing as elb
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from constructs_ebs import SpotFleetLaunchSpecification as Specification
from tests.constants import readable
from tests.judges import app_with_cdk_validation, botocore_errors, cfn_lint_errors
from tests.launches import IMAGE, INSTANCE_TYPE, SUBNETS, vpc_of

LARGE, XLARGE = INSTANCE_TYPE, ec2.InstanceType("m7i.xlarge")
ROOT = BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300, encrypted=True)
GIB_4 = cdk.Size.gibibytes(4)
REQUIREMENTS = ec2.InstanceRequirementsConfig(v_cpu_count_min=2, memory_min=GIB_4)
RUNNERS = Specification(name="Runners", machine_image=IMAGE, instance_types=[LARGE], block_devices=[ROOT])


def make(scope, *specifications, id="Fleet", **props):
    given = {"vpc": vpc_of(scope), "target_capacity": 10, "launch_specifications": specifications or [RUNNERS], **props}
    return ebs.SpotFleet(scope, id, **given)


def config_of(stack):
    [fleet] = Template.from_stack(stack).find_resources("AWS::EC2::SpotFleet").values()
    return fleet["Properties"]["SpotFleetRequestConfigData"]


def config_of_id(stack, id):
    fleets = Template.from_stack(stack).find_resources("AWS::EC2::SpotFleet")
    [fleet] = [fleet for logical_id, fleet in fleets.items() if logical_id.startswith(id)]
    return fleet["Properties"]["SpotFleetRequestConfigData"]


def codes(stack, *specifications, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, *specifications, **props)
    assert stack.node.try_find_child("Fleet") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


def test_a_specification_becomes_a_launch_template_and_an_override_for_each_type_and_subnet(stack, resources):
    weighted = ebs.SpotFleetOverride(instance_type=XLARGE, weighted_capacity=2, spot_price=0.2, priority=1)
    make(
        stack,
        Specification(machine_image=IMAGE, instance_types=[LARGE, weighted], block_devices=[ROOT], weighted_capacity=1),
    )
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeInitializationRate": 300}}
    ]
    assert template["LaunchTemplateData"]["MetadataOptions"] == {"HttpTokens": "required"}
    [logical_id] = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate")
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert launch["LaunchTemplateSpecification"] == {
        "LaunchTemplateId": {"Ref": logical_id},
        "Version": {"Fn::GetAtt": [logical_id, "LatestVersionNumber"]},
    }
    assert launch["Overrides"] == [
        *({"InstanceType": "m7i.large", "SubnetId": subnet, "WeightedCapacity": 1} for subnet in SUBNETS),
        *(
            {
                "InstanceType": "m7i.xlarge",
                "Priority": 1,
                "SpotPrice": "0.2",
                "SubnetId": subnet,
                "WeightedCapacity": 2,
            }
            for subnet in SUBNETS
        ),
    ]


def test_requirements_in_place_of_types(stack):
    make(stack, Specification(machine_image=IMAGE, instance_requirements=REQUIREMENTS))
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert launch["Overrides"] == [
        {"InstanceRequirements": {"MemoryMiB": {"Min": 4_096}, "VCpuCount": {"Min": 2}}, "SubnetId": subnet}
        for subnet in SUBNETS
    ]


def test_takes_launch_templates_that_exist(stack):
    ours = ebs.LaunchTemplate(stack, "Ours", block_devices=[ROOT])
    theirs = ec2.LaunchTemplate.from_launch_template_attributes(
        stack, "Theirs", launch_template_name="theirs", version_number="7"
    )
    make(
        stack,
        Specification(launch_template=ours, instance_types=[LARGE]),
        Specification(launch_template=theirs, instance_types=[XLARGE]),
        Specification(launch_template=theirs, version="$Default", instance_types=[XLARGE]),
    )
    launched = [launch["LaunchTemplateSpecification"] for launch in config_of(stack)["LaunchTemplateConfigs"]]
    assert launched[0]["LaunchTemplateId"] == stack.resolve(ours.launch_template_id)
    assert launched[1:] == [
        {"LaunchTemplateName": "theirs", "Version": "7"},
        {"LaunchTemplateName": "theirs", "Version": "$Default"},
    ]


def test_takes_a_version_of_somebody_elses_launch_template(stack):
    version = ebs.LaunchTemplateVersion(
        stack, "Version", launch_template="lt-0123456789abcdef0", volume_initialization_rate=300, block_devices=[ROOT]
    )
    fleet = make(stack, Specification(launch_template=version, instance_types=[LARGE]))
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert launch["LaunchTemplateSpecification"] == {
        "LaunchTemplateId": stack.resolve(version.launch_template_id),
        "Version": stack.resolve(version.version_number),
    }
    assert fleet.block_devices == (ROOT,)


def test_everything_that_a_fleet_can_say(stack):
    vpc = vpc_of(stack)
    group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80, target_type=elbv2.TargetType.INSTANCE)
    subnets = ec2.SubnetSelection(subnets=vpc.private_subnets)
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc, vpc_subnets=subnets)
    balancer.add_listener("Listener", port=80, default_target_groups=[group])
    classic = elb.LoadBalancer(stack, "Classic", vpc=vpc, subnet_selection=subnets)
    make(
        stack,
        on_demand_target_capacity=2,
        allocation_strategy="lowestPrice",
        on_demand_allocation_strategy="prioritized",
        type="maintain",
        target_capacity_unit_type="units",
        valid_from=datetime(2027, 1, 15, 9, tzinfo=timezone(timedelta(hours=1))),
        valid_until=cdk.Expiration.at_date(datetime(2027, 1, 16, 8, tzinfo=timezone.utc)),
        terminate_instances_with_expiration=False,
        spot_price=0.00005 + 0.1,
        spot_max_total_price=10,
        on_demand_max_total_price=20,
        capacity_rebalance="launch-before-terminate",
        termination_delay=cdk.Duration.minutes(5),
        excess_capacity_termination_policy="noTermination",
        instance_interruption_behavior="stop",
        instance_pools_to_use_count=2,
        replace_unhealthy_instances=True,
        load_balancers=[classic],
        target_groups=[group],
        request_tags={"team": "ci"},
    )
    config = config_of(stack)
    config.pop("LaunchTemplateConfigs")
    config.pop("IamFleetRole")
    assert config == {
        "AllocationStrategy": "lowestPrice",
        "ExcessCapacityTerminationPolicy": "noTermination",
        "InstanceInterruptionBehavior": "stop",
        "InstancePoolsToUseCount": 2,
        "LoadBalancersConfig": {
            "ClassicLoadBalancersConfig": {
                "ClassicLoadBalancers": [{"Name": stack.resolve(classic.load_balancer_name)}]
            },
            "TargetGroupsConfig": {"TargetGroups": [{"Arn": stack.resolve(group.target_group_arn)}]},
        },
        "OnDemandAllocationStrategy": "prioritized",
        "OnDemandMaxTotalPrice": "20",
        "OnDemandTargetCapacity": 2,
        "ReplaceUnhealthyInstances": True,
        "SpotMaintenanceStrategies": {
            "CapacityRebalance": {"ReplacementStrategy": "launch-before-terminate", "TerminationDelay": 300}
        },
        "SpotMaxTotalPrice": "10",
        "SpotPrice": "0.10005",
        "TagSpecifications": [{"ResourceType": "spot-fleet-request", "Tags": [{"Key": "team", "Value": "ci"}]}],
        "TargetCapacity": 10,
        "TargetCapacityUnitType": "units",
        "TerminateInstancesWithExpiration": False,
        "Type": "maintain",
        "ValidFrom": "2027-01-15T08:00:00Z",
        "ValidUntil": "2027-01-16T08:00:00Z",
    }


def test_makes_the_fleets_role_unless_given_one(stack, resources):
    make(stack)
    [fleet_role] = [
        role
        for role in resources("AWS::IAM::Role")
        if role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "spotfleet.amazonaws.com"}
    ]
    assert "service-role/AmazonEC2SpotFleetTaggingRole" in str(fleet_role["ManagedPolicyArns"])


def test_takes_the_users_roles_and_security_group(stack):
    given = iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::111122223333:role/fleet")
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc_of(stack))
    make(stack, fleet_role=given, role=given, security_group=group)
    assert config_of(stack)["IamFleetRole"] == "arn:aws:iam::111122223333:role/fleet"
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::IAM::Role", 0)
    template.resource_count_is("AWS::EC2::SecurityGroup", 1)


def test_a_specification_has_its_own_network_and_role(stack, resources):
    groups = [ec2.SecurityGroup(stack, f"Group{number}", vpc=vpc_of(stack)) for number in range(2)]
    role = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    make(
        stack,
        Specification(
            machine_image=IMAGE,
            instance_types=[LARGE],
            security_groups=groups,
            role=role,
            vpc_subnets=ec2.SubnetSelection(availability_zones=["us-east-1b"]),
        ),
    )
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["SecurityGroupIds"] == [
        stack.resolve(group.security_group_id) for group in groups
    ]
    [profile] = resources("AWS::IAM::InstanceProfile")
    assert profile["Roles"] == [stack.resolve(role.role_name)]
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert [override["SubnetId"] for override in launch["Overrides"]] == [SUBNETS[1]]


def test_is_connectable_and_grantable(stack, resources):
    fleet = make(stack)
    other = ec2.SecurityGroup(stack, "Other", vpc=vpc_of(stack))
    fleet.connections.allow_from_any_ipv4(ec2.Port.tcp(22))
    other.connections.allow_from(fleet, ec2.Port.tcp(443))
    s3.Bucket(stack, "Cache").grant_read(fleet)
    assert len(resources("AWS::EC2::SecurityGroupIngress")) == 1
    [policy] = resources("AWS::IAM::Policy")
    assert policy["Roles"] == [stack.resolve(fleet.role.role_name)]


def test_grants_are_about_this_request_alone(stack, resources):
    fleet = make(stack)
    fleet.grant(
        iam.Role(stack, "Operator", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        "ec2:ModifySpotFleetRequest",
    )
    [policy] = resources("AWS::IAM::Policy")
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "ec2:ModifySpotFleetRequest"
    assert statement["Resource"] == stack.resolve(fleet.spot_fleet_arn)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("metric_target_capacity", "TargetCapacity"),
        ("metric_fulfilled_capacity", "FulfilledCapacity"),
        ("metric_pending_capacity", "PendingCapacity"),
        ("metric_terminating_capacity", "TerminatingCapacity"),
        ("metric_available_instance_pools_count", "AvailableInstancePoolsCount"),
        ("metric_eligible_instance_pool_count", "EligibleInstancePoolCount"),
        ("metric_max_percent_capacity_allocation", "MaxPercentCapacityAllocation"),
    ],
)
def test_metrics(stack, method, name):
    fleet = ebs.SpotFleet.from_spot_fleet_id(stack, "Theirs", "sfr-0")
    metric = getattr(fleet, method)(period=cdk.Duration.minutes(1)).to_metric_config().metric_stat
    assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/EC2Spot", name, "Average")
    assert [(one.name, one.value) for one in metric.dimensions] == [("FleetRequestId", "sfr-0")]
    assert metric.period.to_seconds() == 60


def test_tags_reach_instances_and_volumes_through_the_template(stack, resources):
    cdk.Tags.of(make(stack)).add("team", "ci")
    [template] = resources("AWS::EC2::LaunchTemplate")
    for specification in template["LaunchTemplateData"]["TagSpecifications"]:
        assert {"Key": "team", "Value": "ci"} in specification["Tags"]


def test_changing_the_capacity_changes_nothing_else():
    def synthesize(capacity):
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "Prod", env=cdk.Environment(region="us-east-1"))
        make(stack, target_capacity=capacity)
        return Template.from_stack(stack).to_json()

    small, large = synthesize(5), synthesize(10)
    [fleet] = [one for one in large["Resources"].values() if one["Type"] == "AWS::EC2::SpotFleet"]
    fleet["Properties"]["SpotFleetRequestConfigData"]["TargetCapacity"] = 5
    assert small == large


def synthesize(*specifications, tags=None, zones=3, **props):
    """Return the create-only properties of a fleet of a new app, and those that change in place, with their tokens."""
    stack = cdk.Stack(
        cdk.App(builtin_cloud_formation_validation=False), "Prod", env=cdk.Environment(region="us-east-1")
    )
    vpc_of(stack, ["us-east-1a", "us-east-1b", "us-east-1c"][:zones])
    make(stack, *specifications, **props)
    for key, value in (tags or {}).items():
        cdk.Tags.of(stack).add(key, value)
    return config_of(stack)


def configuration(config):
    [tags] = [each["Tags"] for each in config["TagSpecifications"]]
    return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"].startswith("constructs-ebs:configuration")}


CHANGES = {
    "the capacity": {"target_capacity": 11},
    "the On-Demand capacity": {"on_demand_target_capacity": 1},
    "the unit": {"target_capacity_unit_type": "units"},
    "the subnets": {"zones": 2},
    "a type": [Specification(name="Runners", machine_image=IMAGE, instance_types=[XLARGE], block_devices=[ROOT])],
    "a weight": [dataclasses.replace(RUNNERS, weighted_capacity=2)],
    "a price": [dataclasses.replace(RUNNERS, spot_price=0.2)],
    "a priority": [dataclasses.replace(RUNNERS, priority=1)],
    "the name": [dataclasses.replace(RUNNERS, name="Workers")],
    "another specification": [RUNNERS, dataclasses.replace(RUNNERS, name="Workers")],
    "requirements": [dataclasses.replace(RUNNERS, instance_types=[], instance_requirements=REQUIREMENTS)],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_replaces_a_fleet_of_type_request(change):
    before = synthesize(type="request")
    after = synthesize(*change, type="request") if isinstance(change, list) else synthesize(type="request", **change)
    assert configuration(after) != configuration(before)
    assert configuration(synthesize(type="request")) == configuration(before)


def test_a_new_version_of_a_launch_template_replaces_a_fleet_of_type_request():
    """A stack tag, an AMI, user data: they make a version, whose number stands in a property that is create-only."""
    [value] = configuration(synthesize(type="request", tags={"team": "ci"})).values()
    [[empty, [digest, template_id, space, version]]] = value.values()
    assert (empty, space, len(digest)) == ("", " ", 17)
    assert template_id.keys() == {"Ref"}
    assert version == {"Fn::GetAtt": [template_id["Ref"], "LatestVersionNumber"]}


def test_what_only_the_deployment_knows_stands_in_the_tags_of_a_fleet_of_type_request(stack):
    network = cdk.Stack(stack.node.scope, "Network", env=cdk.Environment(account=stack.account, region=stack.region))
    vpc = ec2.Vpc(network, "Vpc", nat_gateways=0)
    capacity = cdk.CfnParameter(stack, "Capacity", type="Number").value_as_number
    names = cdk.CfnParameter(stack, "Types", type="CommaDelimitedList").value_as_list
    requirements = ec2.InstanceRequirementsConfig(v_cpu_count_min=2, memory_min=GIB_4, allowed_instance_types=names)
    specification = Specification(machine_image=IMAGE, instance_requirements=requirements)
    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    make(stack, specification, type="request", vpc=vpc, vpc_subnets=subnets, target_capacity=capacity)
    tags = configuration(config_of(stack))
    assert [*tags] == ["constructs-ebs:configuration", "constructs-ebs:configuration-1"]
    shown = str(tags)
    assert shown.count("'Ref': 'Capacity'") == 1
    assert "{'Fn::Join': [',', {'Ref': 'Types'}]}" in shown
    assert shown.count("'Fn::ImportValue': 'Network:") == len(vpc.public_subnets)


def test_the_users_tags_leave_room_for_those_of_a_fleet_of_type_request(stack):
    six = [dataclasses.replace(RUNNERS, name=f"Runners{number}") for number in range(6)]
    tags = {f"key{number}": "value" for number in range(47)}
    with pytest.raises(ebs.EbsValidationError, match="request_tags must be at most 46, got 47"):
        make(stack, *six, type="request", request_tags=tags)
    assert codes(stack, *six, type="request", request_tags={**tags, "a": "a", "b": "b"}) == ["TagsTooMany"]
    make(stack, *six, id="Maintained", request_tags=tags)
    del tags["key0"]
    make(stack, *six, type="request", request_tags=tags)
    assert [len(each["Tags"]) for each in config_of_id(stack, "Fleet")["TagSpecifications"]] == [50]


def test_a_token_in_another_place_replaces_a_fleet_of_type_request():
    def of(weight):
        app = cdk.App(builtin_cloud_formation_validation=False)
        stack = cdk.Stack(app, "Prod", env=cdk.Environment(region="us-east-1"))
        numbers = {name: cdk.CfnParameter(stack, name, type="Number").value_as_number for name in ("A", "B")}
        weighted = dataclasses.replace(RUNNERS, weighted_capacity=numbers[weight])
        make(stack, weighted, type="request", target_capacity=numbers["A"], on_demand_target_capacity=numbers["B"])
        return configuration(config_of(stack))

    assert str(of("A")).count("'Ref': 'A'") == 1
    assert of("A") != of("B")


def test_a_changed_launch_template_of_somebody_else_replaces_a_fleet_of_type_request():
    def of(version):
        stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Prod")
        theirs = ec2.LaunchTemplate.from_launch_template_attributes(stack, "Theirs", launch_template_name="theirs")
        specification = Specification(launch_template=theirs, version=version, instance_types=[LARGE])
        make(stack, specification, type="request")
        return configuration(config_of(stack))

    assert of("7") != of("8")
    assert of("7") == of("7")


@pytest.mark.parametrize(
    "change", [{"target_capacity": 11}, {"zones": 2}, {"excess_capacity_termination_policy": "noTermination"}]
)
def test_a_maintained_fleet_changes_in_place(change):
    assert "TagSpecifications" not in synthesize(**change)


def test_a_changed_unit_replaces_a_maintained_fleet_too():
    by_requirements = dataclasses.replace(RUNNERS, instance_types=[], instance_requirements=REQUIREMENTS)

    def of(unit, capacity=10):
        return synthesize(by_requirements, target_capacity_unit_type=unit, target_capacity=capacity)

    assert configuration(of("vcpu")) != configuration(of("memory-mib"))
    assert configuration(of("vcpu")) == configuration(of("vcpu", capacity=11))
    assert "TagSpecifications" not in of("units")


def test_the_users_tags_of_the_request_stay():
    [tags] = synthesize(type="request", request_tags={"team": "ci"})["TagSpecifications"]
    assert tags["ResourceType"] == "spot-fleet-request"
    assert tags["Tags"][0] == {"Key": "team", "Value": "ci"}


def test_a_capacity_may_be_a_token(stack):
    make(stack, target_capacity=cdk.CfnParameter(stack, "Capacity", type="Number").value_as_number)
    assert config_of(stack)["TargetCapacity"] == {"Ref": "Capacity"}


@pytest.mark.parametrize(
    ("specification", "code"),
    [
        (Specification(instance_types=[LARGE]), "MachineImageRequired"),
        (Specification(machine_image=IMAGE), "InstanceTypeRequired"),
        (
            Specification(machine_image=IMAGE, instance_types=[LARGE], instance_requirements=REQUIREMENTS),
            "InstanceTypeConflict",
        ),
        (
            Specification(machine_image=IMAGE, instance_requirements={"vCpuCountMin": 2}),
            "InstanceRequirementsIncomplete",
        ),
        (Specification(machine_image=IMAGE, instance_requirements="2 vCPUs"), "WrongType"),
        (Specification(machine_image=IMAGE, instance_requirements={}), "InstanceRequirementsIncomplete"),
        (Specification(machine_image="ami-0", instance_types=[LARGE]), "WrongType"),
        (Specification(machine_image=IMAGE, instance_types=["m7i.large"]), "WrongType"),
        (Specification(machine_image=IMAGE, instance_types=None), "WrongType"),
        (Specification(machine_image=IMAGE, instance_types=[LARGE], weighted_capacity=float("nan")), "WrongType"),
        (Specification(machine_image=IMAGE, instance_types=[LARGE], priority=float("inf")), "WrongType"),
        (Specification(machine_image=IMAGE, instance_types=[LARGE], role="runner"), "WrongType"),
        (
            Specification(
                machine_image=IMAGE,
                instance_types=[ebs.SpotFleetOverride(instance_type=LARGE, weighted_capacity=float("nan"))],
            ),
            "WrongType",
        ),
        (Specification(machine_image=IMAGE, instance_types=[LARGE], weighted_capacity=-1), "SpotFleetWeightOutOfRange"),
        (Specification(machine_image=IMAGE, instance_types=[LARGE], priority=0.5), "SpotFleetPriorityOutOfRange"),
        (Specification(machine_image=IMAGE, instance_types=[LARGE], spot_price=0), "SpotFleetPriceTooLow"),
        (Specification(machine_image=IMAGE, instance_types=[LARGE, LARGE]), "SpotFleetOverrideDuplicate"),
        (Specification(name="", machine_image=IMAGE, instance_types=[LARGE]), "LaunchSpecificationNameTaken"),
        (
            Specification(
                machine_image=IMAGE,
                instance_types=[LARGE],
                block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=99)],
            ),
            "InitializationRateOutOfRange",
        ),
        (
            Specification(machine_image=IMAGE, instance_types=[LARGE], block_devices=[ROOT, ROOT]),
            "DeviceNameDuplicate",
        ),
        (
            Specification(
                machine_image=IMAGE, instance_types=[LARGE], vpc_subnets=ec2.SubnetSelection(subnet_group_name="none")
            ),
            "SubnetsRequired",
        ),
        (
            Specification(
                machine_image=IMAGE,
                instance_types=[LARGE],
                block_devices=[
                    ec2.BlockDevice(
                        device_name="/dev/xvdf",
                        volume=ec2.BlockDeviceVolume.ebs(8, volume_initialization_rate=cdk.Size.mebibytes(200)),
                    )
                ],
            ),
            "InitializationRateOfUnknownOrigin",
        ),
    ],
)
def test_rejects_a_specification_and_names_it_by_position(stack, specification, code):
    with pytest.raises(ebs.EbsValidationError, match=rf"launch_specifications\[1\]: .*\[{code}\]"):
        make(stack, RUNNERS, specification)
    assert stack.node.try_find_child("Fleet") is None


def test_rejects_a_device_beside_a_launch_template_and_names_the_specification(stack):
    template = ebs.LaunchTemplate(stack, "Template", block_devices=[ROOT])
    both = Specification(name="Both", launch_template=template, block_devices=[ROOT], instance_types=[LARGE])
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, both)
    assert str(caught.value) == (
        "Prod/Fleet: 1 problem\n"
        "  launch_specifications[0] (Both): block_devices must be omitted with a launch_template, which has its own; "
        "omit it, or the template [LaunchTemplateConflict]"
    )


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"target_capacity": -1}, "SpotFleetCapacityOutOfRange"),
        ({"target_capacity": 2.5}, "WrongType"),
        ({"on_demand_target_capacity": 11}, "SpotFleetOnDemandAboveTarget"),
        ({"allocation_strategy": "fastest"}, "SpotFleetOptionUnknown"),
        ({"type": "instant"}, "SpotFleetOptionUnknown"),
        ({"instance_pools_to_use_count": 2}, "SpotFleetPoolsNeedLowestPrice"),
        ({"launch_specifications": []}, "SpotFleetSpecificationRequired"),
        ({"capacity_rebalance": "launch-before-terminate"}, "SpotFleetTerminationDelay"),
        ({"termination_delay": cdk.Duration.minutes(5)}, "SpotFleetTerminationDelay"),
        (
            {"capacity_rebalance": "launch-before-terminate", "termination_delay": cdk.Duration.minutes(121)},
            "SpotFleetTerminationDelay",
        ),
        ({"vpc_subnets": ec2.SubnetSelection(subnets=[])}, "SubnetsRequired"),
        ({"target_capacity": None}, "WrongType"),
        ({"target_capacity": float("nan")}, "WrongType"),
        ({"vpc": "vpc-0"}, "WrongType"),
        ({"fleet_role": "fleet"}, "WrongType"),
        ({"valid_until": "tomorrow"}, "WrongType"),
        ({"load_balancers": None}, "WrongType"),
        ({"capacity_rebalance": 3}, "WrongType"),
        ({"replace_unhealthy_instances": 3}, "WrongType"),
        ({"launch_specifications": None}, "WrongType"),
        ({"launch_specifications": [{"machine_images": IMAGE}]}, "WrongType"),
        ({"launch_specifications": [{"machine_image": IMAGE}]}, "InstanceTypeRequired"),
        ({"capacity_rebalance": "bogus"}, "SpotFleetOptionUnknown"),
        ({"spot_price": -1}, "SpotFleetPriceTooLow"),
        ({"launch_specifications": [RUNNERS, RUNNERS]}, "LaunchSpecificationNameTaken"),
    ],
    ids=readable,
)
def test_rejects_what_ec2_refuses(stack, props, code):
    assert codes(stack, **props) == [code]


def test_rejects_two_subnets_of_a_zone(stack):
    vpc = vpc_of(stack, zones=("us-east-1a", "us-east-1a"))
    assert codes(stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnets=vpc.private_subnets)) == [
        "SpotFleetSubnetsShareAZone"
    ]


def test_warns_of_rates_over_the_quota_with_the_arithmetic(stack):
    make(stack, target_capacity=17)
    message = Match.string_like_regexp(
        r"launch_specifications\[0\] \(Runners\): 17 instances with 300 MiB/s each need 5,100 MiB/s at once, over "
        r"the quota of 5,000.*SpotFleetRatesOverQuota"
    )
    Annotations.from_stack(stack).has_warning("/Prod/Fleet", message)


@pytest.mark.parametrize(
    ("specification", "props"),
    [
        (
            Specification(
                machine_image=IMAGE,
                block_devices=[ROOT],
                instance_types=[LARGE, ebs.SpotFleetOverride(instance_type=XLARGE, weighted_capacity=4)],
            ),
            {"target_capacity": 20},
        ),
        (None, {"target_capacity": 100}),
    ],
    ids=["weights", "template"],
)
def test_counts_every_rate_against_the_quota(stack, specification, props):
    template = ebs.LaunchTemplate(stack, "Template", block_devices=[ROOT])
    make(stack, specification or Specification(launch_template=template, instance_types=[LARGE]), **props)
    message = Match.string_like_regexp(".*SpotFleetRatesOverQuota")
    Annotations.from_stack(stack).has_warning("/Prod/Fleet", message)


def test_counts_no_instances_where_capacity_is_in_other_units(stack):
    needs = Specification(machine_image=IMAGE, instance_requirements=REQUIREMENTS, block_devices=[ROOT])
    make(stack, needs, target_capacity=65_536, target_capacity_unit_type="memory-mib")
    Annotations.from_stack(stack).has_no_warning("/Prod/Fleet", Match.any_value())


def test_rejects_a_rate_in_a_local_zone(stack):
    vpc = vpc_of(stack, zones=("us-east-1-bos-1a",))
    assert codes(stack, vpc=vpc) == ["InitializationRateInLocalZone"]


def test_takes_a_subnet_by_its_id(stack):
    subnet = ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-0123456789abcdef9")
    make(stack, vpc_subnets=ec2.SubnetSelection(subnets=[subnet]))
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert [override["SubnetId"] for override in launch["Overrides"]] == ["subnet-0123456789abcdef9"]


def test_makes_no_role_and_no_group_that_nobody_has(stack, resources):
    mine = ec2.SecurityGroup(stack, "Mine", vpc=vpc_of(stack))
    template = ec2.LaunchTemplate(stack, "Template", security_group=mine)
    fleet = make(stack, Specification(launch_template=template, instance_types=[LARGE]))
    fleet.connections.allow_from_any_ipv4(ec2.Port.tcp(443))
    [group] = resources("AWS::EC2::SecurityGroup")
    assert [rule["FromPort"] for rule in group["SecurityGroupIngress"]] == [443]
    assert len(resources("AWS::IAM::Role")) == 1  # the fleet's own
    assert fleet.role is None


def test_load_balancers_reach_the_instances(stack, resources):
    vpc = vpc_of(stack)
    group = elbv2.ApplicationTargetGroup(stack, "Group", vpc=vpc, port=80, target_type=elbv2.TargetType.INSTANCE)
    subnets = ec2.SubnetSelection(subnets=vpc.private_subnets)
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc, vpc_subnets=subnets)
    balancer.add_listener("Listener", port=80, default_target_groups=[group])
    classic = elb.LoadBalancer(stack, "Classic", vpc=vpc, subnet_selection=subnets)
    classic.add_listener(external_port=80, internal_port=8080)
    make(stack, target_groups=[group], load_balancers=[classic])
    assert sorted(rule["FromPort"] for rule in resources("AWS::EC2::SecurityGroupIngress")) == [80, 8080]


def test_a_time_without_a_zone_is_utc(stack):
    make(stack, valid_until=datetime(2027, 1, 1))
    assert config_of(stack)["ValidUntil"] == "2027-01-01T00:00:00Z"


def test_numbers_may_be_tokens_of_any_kind(stack):
    weighted = Specification(
        machine_image=IMAGE, instance_types=[LARGE], weighted_capacity=cdk.Token.as_any({"Ref": "Weight"})
    )
    make(stack, weighted, target_capacity=cdk.Token.as_any({"Ref": "Capacity"}))
    config = config_of(stack)
    assert config["TargetCapacity"] == {"Ref": "Capacity"}
    assert config["LaunchTemplateConfigs"][0]["Overrides"][0]["WeightedCapacity"] == {"Ref": "Weight"}


def test_warns_of_weights_that_do_not_divide(stack):
    make(stack, Specification(machine_image=IMAGE, instance_types=[LARGE], weighted_capacity=4))
    message = Match.string_like_regexp(
        r"target_capacity should be a multiple of the weight 4 \(3 such instances make 12\), got 10.*"
    )
    Annotations.from_stack(stack).has_warning("/Prod/Fleet", message)


def test_sixteen_rated_instances_are_within_the_quota(stack):
    make(stack, target_capacity=16)
    Annotations.from_stack(stack).has_no_warning("/Prod/Fleet", Match.any_value())


def test_shows_its_launch_templates_and_devices(stack):
    ours = ebs.LaunchTemplate(stack, "Ours", block_devices=[ROOT])
    fleet = make(stack, RUNNERS, Specification(launch_template=ours, instance_types=[XLARGE]))
    made, given = fleet.launch_templates
    assert made.node.path == "Prod/Fleet/Runners"
    assert given is ours
    assert fleet.block_devices == (ROOT, ROOT)


def test_checks_its_devices_once_and_shows_each_warning_once(stack):
    slow = BlockDevice.from_image("/dev/xvda", volume_type=ec2.EbsDeviceVolumeType.GP3, volume_size=100, iops=2_000)
    make(stack, Specification(machine_image=IMAGE, instance_types=[LARGE], block_devices=[slow]))
    [warning] = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(".*constructs-ebs:"))
    assert warning.id == "/Prod/Fleet"
    assert "launch_specifications[0]: " in warning.entry.data


@pytest.mark.parametrize("keys", ["python", "jsii"])
def test_takes_dicts_in_place_of_structs(stack, keys):
    specification = {
        "machine_image": IMAGE,
        "instance_types": [LARGE, {"instance_type": XLARGE, "weighted_capacity": 2}],
        "block_devices": [ROOT],
        "vpc_subnets": {"availability_zones": ["us-east-1b"]},
    }
    requirements = {"machine_image": IMAGE, "instance_requirements": {"v_cpu_count_min": 2, "memory_min": GIB_4}}
    if keys == "jsii":
        specification = {
            "machineImage": IMAGE,
            "instanceTypes": [LARGE, {"instanceType": XLARGE, "weightedCapacity": 2}],
            "blockDevices": [ROOT],
            "vpcSubnets": {"availabilityZones": ["us-east-1b"]},
        }
        requirements = {"machineImage": IMAGE, "instanceRequirements": {"vCpuCountMin": 2, "memoryMin": GIB_4}}
    make(stack, specification, requirements)
    first, second = config_of(stack)["LaunchTemplateConfigs"]
    assert first["Overrides"] == [
        {"InstanceType": "m7i.large", "SubnetId": SUBNETS[1]},
        {"InstanceType": "m7i.xlarge", "SubnetId": SUBNETS[1], "WeightedCapacity": 2},
    ]
    needs = {"MemoryMiB": {"Min": 4_096}, "VCpuCount": {"Min": 2}}
    assert second["Overrides"] == [{"InstanceRequirements": needs, "SubnetId": subnet} for subnet in SUBNETS]


@pytest.mark.parametrize(
    ("specification", "message"),
    [
        ({"machineImages": IMAGE}, "which has no 'machine_images', got a dict of 1; did you mean 'machine_image'?"),
        (
            {"machineImage": IMAGE, "instanceTypes": [{"weightedCapacity": 2}]},
            "instance_types[0].instance_type must be given, got None; give 'instance_type'",
        ),
    ],
)
def test_names_the_keys_of_a_dict_that_are_wrong(stack, specification, message):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, specification)
    [finding] = caught.value.findings
    assert finding.message.startswith("launch_specifications[0]: ")
    assert message in finding.message


def test_every_requirement_of_upstreams_reaches_the_template_as_ec2_spells_it(stack):
    """Upstream keeps the spelling of its enums in JavaScript."""
    needs = ec2.InstanceRequirementsConfig(
        v_cpu_count_min=2,
        v_cpu_count_max=8,
        memory_min=GIB_4,
        memory_per_v_cpu_max=cdk.Size.gibibytes(8),
        accelerator_count_min=1,
        accelerator_manufacturers=[ec2.AcceleratorManufacturer.AWS],
        accelerator_names=[ec2.AcceleratorName.RADEON_PRO_V520, ec2.AcceleratorName.T4],
        accelerator_total_memory_min=GIB_4,
        accelerator_types=[ec2.AcceleratorType.GPU],
        allowed_instance_types=["m7*"],
        bare_metal=ec2.BareMetal.EXCLUDED,
        baseline_ebs_bandwidth_mbps_min=100,
        burstable_performance=ec2.BurstablePerformance.REQUIRED,
        cpu_manufacturers=[ec2.CpuManufacturer.AWS, ec2.CpuManufacturer.INTEL],
        instance_generations=[ec2.InstanceGeneration.CURRENT],
        local_storage=ec2.LocalStorage.INCLUDED,
        local_storage_types=[ec2.LocalStorageType.SSD],
        max_spot_price_as_percentage_of_optimal_on_demand_price=50,
        network_bandwidth_gbps_min=1,
        network_interface_count_min=1,
        on_demand_max_price_percentage_over_lowest_price=20,
        require_hibernate_support=False,
        total_local_storage_gb_max=100,
    )
    make(stack, Specification(machine_image=IMAGE, instance_requirements=needs))
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert launch["Overrides"][0]["InstanceRequirements"] == {
        "VCpuCount": {"Min": 2, "Max": 8},
        "MemoryMiB": {"Min": 4_096},
        "MemoryGiBPerVCpu": {"Max": 8},
        "AcceleratorCount": {"Min": 1},
        "AcceleratorManufacturers": ["amazon-web-services"],
        "AcceleratorNames": ["radeon-pro-v520", "t4"],
        "AcceleratorTotalMemoryMiB": {"Min": 4_096},
        "AcceleratorTypes": ["gpu"],
        "AllowedInstanceTypes": ["m7*"],
        "BareMetal": "excluded",
        "BaselineEbsBandwidthMbps": {"Min": 100},
        "BurstablePerformance": "required",
        "CpuManufacturers": ["amazon-web-services", "intel"],
        "InstanceGenerations": ["current"],
        "LocalStorage": "included",
        "LocalStorageTypes": ["ssd"],
        "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice": 50,
        "NetworkBandwidthGbps": {"Min": 1},
        "NetworkInterfaceCount": {"Min": 1},
        "OnDemandMaxPricePercentageOverLowestPrice": 20,
        "RequireHibernateSupport": False,
        "TotalLocalStorageGB": {"Max": 100},
    }


def test_a_requirement_may_be_a_token(stack):
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    types = cdk.CfnParameter(stack, "Types", type="CommaDelimitedList").value_as_list
    needs = ec2.InstanceRequirementsConfig(
        v_cpu_count_min=number,
        memory_min=GIB_4,
        on_demand_max_price_percentage_over_lowest_price=number,
        allowed_instance_types=types,
        bare_metal=ec2.BareMetal.INCLUDED,
    )
    make(stack, Specification(machine_image=IMAGE, instance_requirements=needs))
    [launch] = config_of(stack)["LaunchTemplateConfigs"]
    assert launch["Overrides"][0]["InstanceRequirements"] == {
        "AllowedInstanceTypes": {"Ref": "Types"},
        "BareMetal": "included",
        "MemoryMiB": {"Min": 4_096},
        "OnDemandMaxPricePercentageOverLowestPrice": {"Ref": "Number"},
        "VCpuCount": {"Min": {"Ref": "Number"}},
    }


def test_adds_security_groups_to_the_launch_templates_that_it_makes(stack, resources):
    fleet, more = make(stack), ec2.SecurityGroup(stack, "More", vpc=vpc_of(stack))
    fleet.add_security_group(more)
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert template["LaunchTemplateData"]["SecurityGroupIds"] == [
        stack.resolve(group.security_group_id) for group in (fleet.security_group, more)
    ]
    assert [group.security_group_id for group in fleet.connections.security_groups] == [
        group.security_group_id for group in (fleet.security_group, more)
    ]


def test_adds_commands_to_the_user_data_of_every_launch_template_that_it_makes(stack, resources):
    shared, own = ec2.UserData.for_linux(), ec2.UserData.for_linux()
    third = Specification(name="Own", machine_image=IMAGE, instance_types=[LARGE], user_data=own)
    second = Specification(name="Second", machine_image=IMAGE, instance_types=[LARGE])
    fleet = make(stack, RUNNERS, second, third, user_data=shared)
    fleet.add_user_data("start")
    assert fleet.user_data is shared
    expected = {"Fn::Base64": "#!/bin/bash\nstart"}
    assert [each["LaunchTemplateData"]["UserData"] for each in resources("AWS::EC2::LaunchTemplate")] == [expected] * 3


def test_says_why_it_cannot_add_anything(stack):
    with pytest.raises(ValueError, match=r"give the fleet user_data, such as ec2\.UserData\.for_linux\(\)"):
        make(stack).add_user_data("start")
    template = ec2.LaunchTemplate(stack, "Template")
    fleet = make(stack, Specification(launch_template=template, instance_types=[LARGE]), id="Given")
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc_of(stack))
    with pytest.raises(ValueError, match="give security_group to the launch templates: the fleet makes none"):
        fleet.add_security_group(group)


def test_an_imported_fleet_is_connectable_and_grantable_by_what_is_known_of_it(stack, resources):
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc_of(stack))
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    fleet = ebs.SpotFleet.from_spot_fleet_attributes(
        stack, "Theirs", spot_fleet_id="sfr-0", security_groups=[group], role=role
    )
    assert isinstance(fleet, ebs.ISpotFleet)
    assert isinstance(make(stack), ebs.ISpotFleet)
    other = ec2.SecurityGroup(stack, "Other", vpc=vpc_of(stack))
    other.connections.allow_from(fleet, ec2.Port.tcp(443))
    s3.Bucket(stack, "Cache").grant_read(fleet)
    assert len(resources("AWS::EC2::SecurityGroupIngress")) == 1
    [policy] = resources("AWS::IAM::Policy")
    assert policy["Roles"] == [stack.resolve(role.role_name)]
    unknown = ebs.SpotFleet.from_spot_fleet_id(stack, "Unknown", "sfr-1")
    assert stack.resolve(unknown.spot_fleet_arn)["Fn::Join"][1][-1].endswith(":spot-fleet-request/sfr-1")
    with pytest.raises(ValueError, match="from_spot_fleet_attributes, with security_groups"):
        _ = unknown.connections


def test_the_judges_accept_it():
    app = app_with_cdk_validation()
    stack = cdk.Stack(app, "Prod", env=cdk.Environment(account="111122223333", region="us-east-1"))
    make(stack, RUNNERS, on_demand_target_capacity=1, request_tags={"team": "ci"})
    template = Template.from_stack(stack).to_json()
    assert cfn_lint_errors(template) == []
    assert ebs.check_template(template) == []
    config = config_of(stack)
    config["IamFleetRole"] = "arn:aws:iam::111122223333:role/fleet"
    for launch in config["LaunchTemplateConfigs"]:
        launch["LaunchTemplateSpecification"] = {"LaunchTemplateId": "lt-0123456789abcdef0", "Version": "1"}
    assert botocore_errors("RequestSpotFleet", {"SpotFleetRequestConfig": config}) == ""
    app.synth()
