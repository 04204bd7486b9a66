"""Typical mistakes: each is an EbsValidationError that names the property, what was given and the way out."""

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancing as elb
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from constructs_ebs import SpotFleetLaunchSpecification as Specification
from tests.constants import SNAPSHOT
from tests.launches import IMAGE
from tests.launches import INSTANCE_TYPE as TYPE

ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
ALL = {"machine_image": IMAGE, "instance_types": [TYPE]}


def network(stack):
    """Return what mistakes need, by their names."""
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["us-east-1a", "us-east-1b"])
    return {
        "vpc": vpc,
        "cfn_vpc": ec2.CfnVPC(stack, "CfnVpc", cidr_block="10.0.0.0/16"),
        "group": ec2.SecurityGroup(stack, "Group", vpc=vpc),
        "cfn_group": ec2.CfnSecurityGroup(stack, "CfnGroup", group_description="all"),
        "cfn_role": iam.CfnRole(stack, "CfnRole", assume_role_policy_document={}),
        "cfn_key": ec2.CfnKeyPair(stack, "CfnKey", key_name="key"),
        "cfn_template": ec2.CfnLaunchTemplate(stack, "CfnTemplate", launch_template_data={}),
        "balancer": elb.LoadBalancer(stack, "Balancer", vpc=vpc),
    }


def fleet(stack, vpc, *, specification=None, **props):
    given = [Specification(**{**ALL, **(specification or {})})]
    ebs.SpotFleet(stack, "It", **{"vpc": vpc, "target_capacity": 1, "launch_specifications": given, **props})


def instance(stack, vpc, **props):
    ebs.Instance(stack, "It", **{"vpc": vpc, "machine_image": IMAGE, "instance_type": TYPE, **props})


def template(stack, vpc, **props):  # noqa: ARG001
    ebs.LaunchTemplate(stack, "It", **props)


def volume(stack, vpc, **props):  # noqa: ARG001
    ebs.Volume(stack, "It", **{"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT, **props})


def specified(**specification):
    return {"specification": specification}


SUBNETS = "vpc_subnets must be a SubnetSelection, got SubnetType.PUBLIC; use ec2.SubnetSelection(subnet_type=...)"
NONE = "vpc_subnets must select at least one subnet, got none: There are no 'Isolated' subnet groups in this VPC."
FIRST = "launch_specifications[0]: "


@pytest.mark.parametrize(
    ("make", "props", "message"),
    [
        (fleet, {"security_group": "cfn_group"}, "security_group must be an ISecurityGroup, got a CfnSecurityGroup; "),
        (fleet, specified(security_groups=["group", "cfn_group"]), FIRST + "security_groups[1] must be an ISecurityG"),
        (fleet, {"role": "cfn_role"}, "role must be an IRole, got a CfnRole; use iam.Role.from_role_arn(...)"),
        (fleet, {"fleet_role": "cfn_role"}, "fleet_role must be an IRole, got a CfnRole"),
        (fleet, specified(key_pair="cfn_key"), FIRST + "key_pair must be an IKeyPair, got a CfnKeyPair"),
        (template, {"security_group": "cfn_group"}, "security_group must be an ISecurityGroup, got a CfnSecurityGroup"),
        (template, {"role": "cfn_role"}, "role must be an IRole, got a CfnRole"),
        (instance, {"security_group": "cfn_group"}, "security_group must be an ISecurityGroup, got a CfnSecurityGroup"),
        (instance, {"role": "cfn_role"}, "role must be an IRole, got a CfnRole"),
        (fleet, {"type": "Maintain"}, "type must be one of maintain, request, got 'Maintain'"),
        (fleet, {"allocation_strategy": "LowestPrice"}, "allocation_strategy must be one of lowestPrice, "),
        (fleet, {"instance_interruption_behavior": "Stop"}, "instance_interruption_behavior must be one of terminate"),
        (fleet, {"vpc_subnets": ec2.SubnetType.PUBLIC}, SUBNETS),
        (instance, {"vpc_subnets": ec2.SubnetType.PUBLIC}, SUBNETS),
        (instance, {"vpc_subnets": ISOLATED}, NONE),
        (fleet, {"vpc_subnets": ISOLATED}, NONE),
        (fleet, specified(vpc_subnets=ISOLATED), FIRST + NONE),
        (fleet, {"launch_specifications": Specification(**ALL)}, "must be a list of SpotFleetLaunchSpecification, got"),
        (fleet, specified(instance_types=TYPE), "instance_types must be a list of InstanceType or SpotFleetOverr"),
        (
            fleet,
            specified(instance_types=[ec2.InstanceClass.M7I]),
            "instance_types[0] must be an InstanceType or a SpotFleetOverride, got InstanceClass.M7I",
        ),
        (
            fleet,
            specified(instance_types=["m7i.large"]),
            "or a SpotFleetOverride, got 'm7i.large'; use ec2.Insta",
        ),
        (fleet, specified(security_groups="group"), FIRST + "security_groups must be a list of ISecurityGroup, got"),
        (fleet, specified(name=5), "name must be a string, got 5; give a string"),
        (
            fleet,
            specified(machine_image=None, launch_template="cfn_template"),
            "launch_template must be an ILaunchTemp",
        ),
        (fleet, {"load_balancers": "balancer"}, "load_balancers must be a list of LoadBalancer, got a LoadBalan"),
        (fleet, {"load_balancers": ["group"]}, "load_balancers[0] must be a LoadBalancer, got a SecurityGroup"),
        (fleet, {"target_groups": ["group"]}, "target_groups[0] must be an ITargetGroup, got a SecurityGroup"),
        (fleet, {"vpc": "cfn_vpc"}, "vpc must be an IVpc, got a CfnVPC; use ec2.Vpc.from_lookup(...)"),
        (instance, {"vpc": "cfn_vpc"}, "vpc must be an IVpc, got a CfnVPC"),
        (fleet, {"vpc": None}, "vpc must be given, got None; use ec2.Vpc.from_lookup(...)"),
        (fleet, {"target_capacity": None}, "target_capacity must be given, got None; give a number"),
        (fleet, {"request_tags": [("a", "b")]}, "request_tags must be a dict of strings, got a list of 1"),
        (fleet, {"request_tags": {"a": 1}}, "request_tags must be a dict of strings, got a dict of 1"),
        (fleet, {"termination_delay": cdk.Size.gibibytes(1)}, "termination_delay must be a Duration, got a Size; use"),
        (template, {"machine_image": "vpc"}, "machine_image must be an IMachineImage, got a Vpc; use ec2.MachineImage"),
        (instance, {"machine_image": "ami-0"}, "got 'ami-0'; use ec2.MachineImage.generic_linux("),
        (instance, {"key_pair": "k"}, "got 'k'; use ec2.KeyPair.from_key_pair_name(...)"),
        (instance, {"vpc": "vpc-1"}, "got 'vpc-1'; use ec2.Vpc.from_lookup(...)"),
        (instance, {"instance_type": "m7i.large"}, "got 'm7i.large'; use ec2.InstanceType(\"m7i.large\")"),
        (instance, {"instance_type": ec2.InstanceClass.M7I}, "must be an InstanceType, got InstanceClass.M7I"),
        (instance, {"user_data": "echo"}, "user_data must be a UserData, got 'echo'; use ec2.UserData.custom(...)"),
        (volume, {"availability_zone": None}, "availability_zone must be given, got None; give a string"),
        (volume, {"availability_zone": "us-east-1"}, "must be a zone of a Region, got 'us-east-1'; use us-east-1a"),
        (volume, {"size": cdk.Size.mebibytes(100)}, "size must be a whole number of GiB, got 100 MiB; use 1 "),
        (volume, {"size": cdk.Duration.minutes(1)}, "size must be a whole number of GiB, got a Duration"),
        (template, {"block_devices": [BlockDevice.blank(5, volume_size=1)]}, "[0].device_name must be a device name"),
        (fleet, specified(instance_types=[TYPE, TYPE]), "instance_types must name each type once, got 'm7i.large' twi"),
        (
            template,
            {"block_devices": [BlockDevice(device_name="/dev/sdb", origin="foo", volume_size=5)]},
            "origin must be one of snapshot, image, blank, instance store, none, got 'foo'",
        ),
        (
            template,
            {"block_devices": [BlockDevice(device_name="/dev/sdb", origin="none", volume_size=5)]},
            "volume_size must be omitted for a device without an EBS volume, got 5",
        ),
        (
            template,
            {"detailed_monitoring": cdk.Token.as_any({"Ref": "Any"})},
            "must be true or false, got a value known at deployment",
        ),
        (template, {"launch_template_name": timedelta(1)}, "launch_template_name must be a string, got datetime.timed"),
        (
            template,
            {"spot_options": ec2.LaunchTemplateSpotOptions(max_price=float("nan"))},
            "spot_options.max_price must be a finite number, got nan",
        ),
        (
            template,
            {"spot_options": ec2.LaunchTemplateSpotOptions(max_price=0)},
            "spot_options.max_price must be more than 0.001 USD an hour, got '0'",
        ),
        (
            template,
            {"spot_options": {"maxPrices": 1}},
            "spot_options must be a LaunchTemplateSpotOptions, which has no 'maxPrices', got a dict of 1; did you mean",
        ),
        (
            template,
            {"spot_options": {"request_type": ec2.SpotRequestType.PERSISTENT}},
            "spot_options.interruption_behavior must be stop or hibernate for a persistent Spot request",
        ),
        (
            template,
            {"spot_options": {"valid_until": cdk.Expiration.after(cdk.Duration.days(1))}},
            "spot_options.valid_until must be omitted for a one-time Spot request",
        ),
        (
            template,
            {"spot_options": {"block_duration": cdk.Duration.minutes(119)}},
            "spot_options.block_duration must be a multiple of 60 minutes up to 360, got 119; use 120",
        ),
        (
            template,
            {"spot_options": {"block_duration": cdk.Duration.minutes(10)}},
            "spot_options.block_duration must be a multiple of 60 minutes up to 360, got 10; use 60",
        ),
        (
            instance,
            {"spot_options": {"block_duration": cdk.Duration.hours(7)}},
            "spot_options.block_duration must be a multiple of 60 minutes up to 360, got 420; use 360",
        ),
        (
            instance,
            {"spot_options": {"block_duration": cdk.Duration.seconds(90)}},
            "spot_options.block_duration must be a whole number, got 1.5; use 2",
        ),
        (
            template,
            {"version_description": "x" * 256},
            "version_description must be at most 255 characters, got 256; shorten it",
        ),
    ],
)
def test_one_mistake_is_one_problem_that_says_what_to_do(stack, make, props, message):
    given = network(stack)

    def meant(value):
        if isinstance(value, (list, dict)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            made = {key: meant(one) for key, one in pairs}
            return made if isinstance(value, dict) else [*made.values()]
        return given.get(value, value) if isinstance(value, str) else value

    with pytest.raises(ebs.EbsValidationError) as caught:
        make(stack, **{"vpc": given["vpc"], **meant(props)})
    [finding] = caught.value.findings
    assert message in str(caught.value)
    assert finding.severity == "error"
    assert stack.node.try_find_child("It") is None, "something was half made"


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (5, "scope must be a Construct, got 5"),
        (None, "scope must be given, got None"),
        ("Stack", "scope must be a Construct, got 'Stack'"),
        (cdk.Stack, "scope must be a Construct, got <class"),
    ],
)
def test_a_construct_belongs_to_a_construct(scope, message):
    for make in (
        lambda: ebs.Volume(scope, "It", availability_zone="us-east-1a", size=5),
        lambda: ebs.Volume(scope, "It", availability_zone="us-east-1a", size=20_000),  # whose type a flag decides
        lambda: ebs.LaunchTemplate(scope, "It"),
        lambda: ebs.InitializationRate.parameter(scope, "It"),
    ):
        with pytest.raises(ebs.EbsValidationError, match=message):
            make()


def test_an_id_is_a_string(stack):
    with pytest.raises(ebs.EbsValidationError, match="Prod/5: 1 problem\n  id must be a string, got 5; give a string"):
        ebs.LaunchTemplate(stack, 5)


@pytest.mark.parametrize("zone", [None, "us-east-1a"])
def test_the_subnet_of_an_instance_has_a_zone(stack, zone):
    subnets = [
        ec2.Subnet.from_subnet_attributes(stack, "A", subnet_id="subnet-0", availability_zone="us-east-1a"),
        ec2.Subnet.from_subnet_id(stack, "B", "subnet-1"),
    ]
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["us-east-1a"])
    given = {"availability_zone": zone, "vpc_subnets": ec2.SubnetSelection(subnets=subnets)}
    if zone is None:  # the first subnet is taken, and no other one is looked at
        instance(stack, vpc, **given)
        given["vpc_subnets"] = ec2.SubnetSelection(subnets=[*reversed(subnets)])
    with pytest.raises(ebs.EbsValidationError) as caught:
        instance(stack, vpc, **given)
    assert str(caught.value) == (
        "Prod/It: 1 problem\n"
        "  vpc_subnets must select subnets whose Availability Zones are known, got subnet-1, imported without its own; "
        "import it with ec2.Subnet.from_subnet_attributes(..., availability_zone=...) [SubnetZoneRequired]"
    )


def test_an_image_is_launched_in_its_region(app, stack):
    abroad = cdk.Stack(app, "Abroad", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    anywhere = cdk.Stack(app, "Anywhere")
    vpc = network(stack)["vpc"]
    images = [
        ebs.Ami(scope, "Image", source=ebs.AmiSource.snapshots([BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT)]))
        for scope in (abroad, stack, anywhere)
    ]
    for make, props in (
        (template, {"machine_image": images[0]}),
        (instance, {"machine_image": images[0]}),
        (fleet, specified(machine_image=images[0])),
    ):
        with pytest.raises(
            ebs.EbsValidationError, match=r"of the Region that launches it \(us-east-1\), got Abroad/Image"
        ):
            make(stack, vpc, **props)
    for index, image in enumerate(images[1:]):
        ebs.LaunchTemplate(stack, f"Fine{index}", machine_image=image)


@pytest.mark.parametrize("kind", ["parameter", "reference"])
def test_takes_parameters_and_references_where_upstream_wants_strings(stack, resources, kind):
    given = cdk.CfnParameter(stack, "P")
    expected = {"Ref": "P"}
    if kind == "reference":
        given = cdk.CfnResource(stack, "R", type="AWS::CloudFormation::WaitConditionHandle").get_att("Id")
        expected = {"Fn::GetAtt": ["R", "Id"]}
    key = cdk.aws_kms.Key(stack, "Key")
    ebs.Volume(
        stack,
        "Volume",
        snapshot_id=given,
        availability_zone=given,
        volume_name=given,
        encrypted=given,
        encryption_key=key,
        volume_initialization_rate=200,
    )
    device = BlockDevice.from_snapshot("/dev/sdf", given, encrypted=given, delete_on_termination=given)
    ebs.LaunchTemplate(stack, "Template", block_devices=[device])
    instance(stack, network(stack)["vpc"], block_devices=[device])
    [made] = resources("AWS::EC2::Volume")
    assert {name: made[name] for name in ("SnapshotId", "AvailabilityZone", "Encrypted")} == {
        "SnapshotId": expected,
        "AvailabilityZone": expected,
        "Encrypted": expected,
    }
    mappings = [
        one["LaunchTemplateData"]["BlockDeviceMappings"]
        for one in resources("AWS::EC2::LaunchTemplate")
        if "BlockDeviceMappings" in one["LaunchTemplateData"]
    ]
    ebs_of = {"SnapshotId": expected, "Encrypted": expected, "DeleteOnTermination": expected}
    assert mappings == [[{"DeviceName": "/dev/sdf", "Ebs": ebs_of}]] * 2


def test_a_vpc_that_is_still_to_be_looked_up_may_have_no_subnets_yet(app):
    stack = cdk.Stack(app, "Looking", env=cdk.Environment(account="111122223333", region="us-east-1"))
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", is_default=True)
    fleet(stack, vpc, vpc_subnets=ISOLATED)
    Template.from_stack(stack).resource_count_is("AWS::EC2::SpotFleet", 1)


def test_suggests_keywords_of_ours(stack):
    vpc = network(stack)["vpc"]
    with pytest.raises(TypeError, match="'spot_option'; did you mean 'spot_options'"):
        instance(stack, vpc, spot_option={})
    with pytest.raises(TypeError, match="did you mean 'volume_initialization_rate'"):
        volume(stack, vpc, volume_initialisation_rate=200)


def test_a_text_is_no_length_of_time(stack):
    with pytest.raises(ebs.EbsValidationError, match=r"trigger must be a string, got datetime\.timedelta"):
        ebs.Ami(stack, "It", source=ebs.AmiSource.instance("i-0123456789abcdef0", trigger=timedelta(1)))


def test_the_root_device_of_an_image_is_made_from_a_snapshot(stack):
    with pytest.raises(ebs.EbsValidationError, match=r"got none; give it, by BlockDevice\.from_snapshot in Python"):
        ebs.Ami(stack, "It", source=ebs.AmiSource.snapshots([BlockDevice.from_image("/dev/xvda")]))
    source = ebs.AmiSource.snapshots([BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT)])
    with pytest.raises(ebs.EbsValidationError, match="1 problem\n  image_name must be a string"):
        ebs.Ami(stack, "It", source=source, image_name=5)
