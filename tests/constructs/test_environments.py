"""What a construct asks EC2 about is of its Region and its account; an id alone is taken at its word."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

import constructs_ebs as ebs
from tests.constants import INSTANCE, LAUNCH_TEMPLATE, SNAPSHOT, VOLUME
from tests.launches import INSTANCE_TYPE, vpc_of

HERE, THERE, OTHERS = ("111122223333", "us-east-1"), ("111122223333", "eu-west-1"), ("444455556666", "us-east-1")


def stack_of(app, id, account, region):
    return cdk.Stack(app, id, env=cdk.Environment(account=account, region=region))


def volume(scope):
    return ebs.Volume(
        scope,
        "Thing",
        availability_zone=f"{scope.region}a",
        snapshot_id=SNAPSHOT,
        volume_initialization_rate=200,
    )


def imported_volume(scope):
    return ec2.Volume.from_volume_attributes(scope, "Thing", volume_id=VOLUME, availability_zone=f"{scope.region}a")


def image_in(scope):
    return ec2.MachineImage.generic_linux({scope.region: "ami-0123456789abcdef0"})


def instance(scope):
    vpc = vpc_of(scope, [f"{scope.region}a"])
    return ec2.Instance(scope, "Thing", vpc=vpc, instance_type=INSTANCE_TYPE, machine_image=image_in(scope))


def launch_template(scope):
    return ec2.LaunchTemplate(scope, "Thing")


def imported_launch_template(scope):
    return ec2.LaunchTemplate.from_launch_template_attributes(scope, "Thing", launch_template_name="servers")


def image(scope):
    root = ebs.BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT)
    return ebs.Ami(scope, "Thing", source=ebs.AmiSource.snapshots([root]))


def imported_image(scope):
    return ebs.Ami.from_image_id(scope, "Thing", "ami-0123456789abcdef0")


def wait(scope, thing):
    return ebs.InitializationWait(scope, "It", volume=thing, volume_initialization_rate=200, snapshot_data=100)


def alarm(scope, thing):
    return ebs.InitializationAlarm(scope, "It", volume=thing, deadline=cdk.Duration.hours(1))


def rule(scope, thing):
    return ebs.on_volume_initialized(scope, "It", volume=thing)


def replacement(scope, thing):
    return ebs.RootVolumeReplacement(scope, "It", instance=thing)


def replacement_by_volume(scope, thing):
    return ebs.RootVolumeReplacement(scope, "It", instance=INSTANCE, volume=thing)


def version(scope, thing):
    return ebs.LaunchTemplateVersion(scope, "It", launch_template=thing)


def image_of_instance(scope, thing):
    return ebs.Ami(scope, "It", source=ebs.AmiSource.instance(thing))


def replacement_by_image(scope, thing):
    return ebs.RootVolumeReplacement(scope, "It", instance=INSTANCE, machine_image=thing)


def servers(scope, thing):
    return ebs.LaunchTemplate(scope, "It", machine_image=thing)


def server(scope, thing):
    return ebs.Instance(scope, "It", vpc=vpc_of(scope), instance_type=INSTANCE_TYPE, machine_image=thing)


def fleet(scope, thing):
    specification = ebs.SpotFleetLaunchSpecification(machine_image=thing, instance_types=[INSTANCE_TYPE])
    return ebs.SpotFleet(scope, "It", vpc=vpc_of(scope), target_capacity=1, launch_specifications=[specification])


RESOURCES = [
    *((kind, make, "volume") for kind in (volume, imported_volume) for make in (wait, alarm, rule)),
    (imported_volume, replacement_by_volume, "volume"),
    (instance, replacement, "instance"),
    (instance, image_of_instance, "instance"),
    (launch_template, version, "launch_template"),
    (imported_launch_template, version, "launch_template"),
]
IMAGES = [(image, make) for make in (servers, server, fleet, replacement_by_image)]


def refused(make, scope, thing):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(scope, thing)
    assert scope.node.try_find_child("It") is None, "something was half made"
    [finding] = caught.value.findings
    return finding


@pytest.mark.parametrize(("kind", "make", "prop"), RESOURCES)
def test_a_thing_is_of_the_region_that_asks_for_it(app, kind, make, prop):
    scope, thing = stack_of(app, "Asking", *HERE), kind(stack_of(app, "Elsewhere", *THERE))
    finding = refused(make, scope, thing)
    assert finding.code == "ResourceOfAnotherRegion"
    assert finding.message == (
        f"{prop} must be in us-east-1, the Region in which this construct asks EC2 for it, got Elsewhere/Thing in "
        "eu-west-1; make this construct in a stack of eu-west-1"
    )


@pytest.mark.parametrize(("kind", "make", "prop"), RESOURCES)
def test_a_thing_is_of_the_account_that_asks_for_it(app, kind, make, prop):
    scope, thing = stack_of(app, "Asking", *HERE), kind(stack_of(app, "Elsewhere", *OTHERS))
    finding = refused(make, scope, thing)
    assert finding.code == "ResourceOfAnotherAccount"
    assert finding.message == (
        f"{prop} must be of 111122223333, the account in which this construct asks EC2 for it, got Elsewhere/Thing of "
        "account 444455556666; make this construct in a stack of account 444455556666"
    )


@pytest.mark.parametrize(("kind", "make"), IMAGES)
@pytest.mark.parametrize(
    ("place", "code"), [(THERE, "ImageOfAnotherRegion"), (OTHERS, "ImageOfAnotherAccount")], ids=["region", "account"]
)
def test_an_image_is_of_the_region_and_account_that_launch_it(app, kind, make, place, code):
    scope, thing = stack_of(app, "Asking", *HERE), kind(stack_of(app, "Elsewhere", *place))
    finding = refused(make, scope, thing)
    assert finding.code == code
    differing = [name for name in (*place, *HERE) if (*place, *HERE).count(name) == 1]
    assert all(name in finding.message for name in differing)


def test_an_image_by_its_id_may_be_shared_with_the_account_that_launches_it(app):
    servers(stack_of(app, "Asking", *HERE), imported_image(stack_of(app, "Elsewhere", *OTHERS)))


@pytest.mark.parametrize(("kind", "make", "prop"), RESOURCES)
def test_things_of_the_same_place_and_of_an_unknown_one_are_taken(app, kind, make, prop):  # noqa: ARG001
    one, other, anywhere = stack_of(app, "One", *HERE), stack_of(app, "Other", *HERE), cdk.Stack(app, "Anywhere")
    make(cdk.NestedStack(one, "Nested"), kind(other))
    make(anywhere, kind(one))


@pytest.mark.parametrize(
    ("make", "id"),
    [
        *((make, VOLUME) for make in (wait, alarm, rule)),
        *((make, INSTANCE) for make in (replacement, image_of_instance)),
        (version, LAUNCH_TEMPLATE),
    ],
)
def test_an_id_alone_is_taken_at_its_word(app, make, id):
    make(stack_of(app, "Asking", *THERE), id)


def test_a_rule_in_the_scope_of_another_region_is_refused(app):
    data, abroad = volume(stack_of(app, "Data", *HERE)), stack_of(app, "Abroad", *THERE)
    with pytest.raises(ebs.EbsValidationError, match="ResourceOfAnotherRegion"):
        data.on_initialized("Warm", cross_stack_scope=abroad)
