"""A rate: by number, by a deadline, at deployment, or EC2's default."""

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice, InitializationRate
from constructs_ebs.core.cloudformation.snapshot_data import KEY
from tests.constants import SNAPSHOT, readable

GIB = {"snapshot_data_gib": 500}


def volume(scope, rate, **props):
    props = {"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT, "volume_initialization_rate": rate, **props}
    return ebs.Volume(scope, "Data", **props)


def resource(stack, kind):
    [found] = Template.from_stack(stack).find_resources(kind).values()
    return found


# At deployment


def test_a_parameter_has_the_bounds_that_cloudformation_checks(stack):
    rate = InitializationRate.parameter(stack, "Rate", default=200)
    Template.from_stack(stack).has_parameter(
        "Rate", {"Type": "Number", "MinValue": 100, "MaxValue": 300, "Default": 200}
    )
    assert rate.cfn_parameter is stack.node.find_child("Rate")


def test_a_parameter_without_a_default_asks_at_every_deployment(stack):
    InitializationRate.parameter(stack, "Rate", description="How fast")
    [parameter] = Template.from_stack(stack).find_parameters("Rate").values()
    assert "Default" not in parameter
    assert parameter["Description"] == "How fast"


@pytest.mark.parametrize(
    ("default", "code"),
    [
        (99, "InitializationRateOutOfRange"),
        (301, "InitializationRateOutOfRange"),
        (True, "WrongType"),
        ("200", "WrongType"),
    ],
)
def test_a_parameters_default_is_checked(stack, default, code):
    with pytest.raises(ebs.EbsValidationError, match=f"^Prod/Rate: 1 problem\n  default must be .*{code}"):
        InitializationRate.parameter(stack, "Rate", default=default)


def test_a_parameters_default_is_a_literal(stack):
    token = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    with pytest.raises(ebs.EbsValidationError, match="default must be a whole number"):
        InitializationRate.parameter(stack, "Rate", default=token)


# By a deadline


@pytest.mark.parametrize("data", [cdk.Size.gibibytes(500), cdk.Size.mebibytes(512_000), 500, 500.0], ids=readable)
@pytest.mark.parametrize("deadline", [cdk.Duration.minutes(45), timedelta(minutes=45)], ids=readable)
def test_a_deadline_has_a_rate_that_makes_it_at_the_slow_end_of_the_band(data, deadline):
    rate = InitializationRate.within(deadline, snapshot_data=data)
    assert (rate.mebibytes, rate.snapshot_data) == (211, 500)
    assert rate.estimate().slowest_seconds <= 45 * 60


def test_a_deadline_too_short_says_what_is_possible():
    with pytest.raises(ebs.EbsValidationError) as caught:
        InitializationRate.within(cdk.Duration.hours(1), snapshot_data=cdk.Size.tebibytes(2))
    assert str(caught.value) == (
        "InitializationRate.within: 1 problem\n"
        "  deadline must be at least 2 h 10 min for 2,048 GiB of snapshot data, got 1 h; extend it, or spread the "
        "data over more volumes, which initialize in parallel [DeadlineTooShort]"
    )


@pytest.mark.parametrize("deadline", [None, "1h", 45, True])
def test_a_deadline_is_a_length_of_time(deadline):
    expected = "given" if deadline is None else "a Duration or a timedelta"
    with pytest.raises(ebs.EbsValidationError, match=rf"deadline must be {expected}, got .*; use cdk.Duration.minutes"):
        InitializationRate.within(deadline, snapshot_data=10)


def test_tokens_cannot_be_planned_with(stack):
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    for data in (number, cdk.Size.gibibytes(number)):
        with pytest.raises(
            ebs.EbsValidationError, match=r"snapshot_data must be .*, got a value known at deployment; "
        ):
            InitializationRate.within(timedelta(hours=1), snapshot_data=data)
    with pytest.raises(ebs.EbsValidationError, match="deadline must be a Duration or a timedelta, got a value"):
        InitializationRate.within(cdk.Duration.minutes(number), snapshot_data=10)
    with pytest.raises(ebs.EbsValidationError, match="rate must be a whole number"):
        InitializationRate.mebibytes_per_second(number).estimate(10)


@pytest.mark.parametrize("data", [10**400, float("inf"), float("nan"), -1, 0, "500", None, True])
def test_data_is_a_number_that_a_snapshot_can_have(data):
    with pytest.raises(ebs.EbsValidationError, match="SnapshotDataOutOfRange"):
        InitializationRate.within(timedelta(hours=1), snapshot_data=data)
    if data is not None:
        with pytest.raises(ebs.EbsValidationError, match="SnapshotDataOutOfRange"):
            InitializationRate.mebibytes_per_second(200, snapshot_data=data)


# By number


@pytest.mark.parametrize("rate", [200, 200.0, cdk.Size.mebibytes(200)], ids=readable)
def test_a_number_is_a_rate(rate):
    assert InitializationRate.mebibytes_per_second(rate).mebibytes == 200


@pytest.mark.parametrize(
    ("rate", "code"),
    [(99, "InitializationRateOutOfRange"), (200.5, "WrongType"), ("200", "WrongType"), (None, "WrongType")],
)
def test_a_rate_is_checked_when_it_is_made(rate, code):
    with pytest.raises(ebs.EbsValidationError, match=rf"^InitializationRate\..*: 1 problem\n  rate must be .*{code}"):
        InitializationRate.mebibytes_per_second(rate)


def test_a_rate_says_its_time_and_price():
    estimate = InitializationRate.mebibytes_per_second(300, snapshot_data=cdk.Size.tebibytes(1)).estimate()
    assert estimate.seconds == pytest.approx(58 * 60 + 15, abs=1)
    assert estimate.cost_usd == pytest.approx(1024 * 0.0036)
    priced = InitializationRate.mebibytes_per_second(300).estimate(cdk.Size.gibibytes(10), usd_per_gib=0.01)
    assert priced.cost_usd == pytest.approx(0.1)


def test_an_estimate_needs_data_and_a_rate_that_are_known():
    with pytest.raises(ebs.EbsValidationError, match=r"snapshot_data must be .*, got None"):
        InitializationRate.mebibytes_per_second(300).estimate()
    with pytest.raises(ebs.EbsValidationError, match="rate must be a whole number"):
        InitializationRate.EC2_DEFAULT.estimate(10)


# What a rate was told


def test_a_volume_keeps_what_its_rate_was_told(stack):
    volume(stack, InitializationRate.mebibytes_per_second(200, snapshot_data=500))
    found = resource(stack, "AWS::EC2::Volume")
    assert found["Properties"]["VolumeInitializationRate"] == 200
    assert found["Metadata"] == {KEY: GIB}


@pytest.mark.parametrize(
    "rate", [200, cdk.Size.mebibytes(200), InitializationRate.mebibytes_per_second(200)], ids=readable
)
def test_a_rate_that_was_told_nothing_leaves_no_metadata(stack, rate):
    volume(stack, rate)
    assert "Metadata" not in resource(stack, "AWS::EC2::Volume")


def devices():
    told = InitializationRate.within(timedelta(minutes=45), snapshot_data=500)
    return [
        BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300),
        BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=told),
    ]


def test_a_launch_template_keeps_it_by_the_devices_names(stack):
    ebs.LaunchTemplate(stack, "It", block_devices=devices())
    assert resource(stack, "AWS::EC2::LaunchTemplate")["Metadata"][KEY] == {"snapshot_data_gib": {"/dev/xvdf": 500}}


def test_an_instances_launch_template_keeps_it_too(stack):
    ebs.Instance(
        stack,
        "It",
        vpc=ec2.Vpc(stack, "Vpc"),
        instance_type=ec2.InstanceType("m7i.large"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
        block_devices=devices(),
    )
    assert resource(stack, "AWS::EC2::LaunchTemplate")["Metadata"][KEY] == {"snapshot_data_gib": {"/dev/xvdf": 500}}


def test_an_image_passes_it_on_with_the_rate(stack):
    told = InitializationRate.mebibytes_per_second(200, snapshot_data=500)
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=told)
    image = ebs.Ami(stack, "Ami", source=ebs.AmiSource.snapshots([root]))
    ebs.LaunchTemplate(stack, "It", machine_image=image)
    assert resource(stack, "AWS::EC2::LaunchTemplate")["Metadata"][KEY] == {"snapshot_data_gib": {"/dev/xvda": 500}}


def test_a_replacement_keeps_it(stack):
    told = InitializationRate.mebibytes_per_second(200, snapshot_data=500)
    ebs.RootVolumeReplacement(stack, "It", instance="i-01234567", snapshot_id=SNAPSHOT, volume_initialization_rate=told)
    assert resource(stack, "Custom::EbsReplaceRootVolume")["Metadata"][KEY] == GIB


def test_waits_and_alarms_are_not_told_again(stack):
    data = volume(stack, InitializationRate.mebibytes_per_second(200, snapshot_data=500))
    data.wait_until_initialized("Warm")
    data.alarm_when_late("Late")
    assert resource(stack, "Custom::EbsWatchVolume")["Properties"]["Seconds"] == 3145
    large = InitializationRate.mebibytes_per_second(100, snapshot_data=500)
    with pytest.raises(ebs.EbsValidationError, match="InitializationWaitTooLong"):
        ebs.InitializationWait(stack, "More", volume="vol-01234567", volume_initialization_rate=large)


def test_a_deadline_goes_before_what_a_rate_was_told(stack):
    data = volume(stack, InitializationRate.mebibytes_per_second(200, snapshot_data=500))
    data.alarm_when_late("Late", deadline=timedelta(hours=2))
    assert resource(stack, "Custom::EbsWatchVolume")["Properties"]["Seconds"] == 7200


# EC2's default


def test_ec2s_default_adds_nothing_to_a_template(stack):
    volume(stack, InitializationRate.EC2_DEFAULT)
    found = resource(stack, "AWS::EC2::Volume")
    assert "VolumeInitializationRate" not in found["Properties"]
    assert "Metadata" not in found


def test_ec2s_default_keeps_a_default_rate_away(stack):
    volume(stack, InitializationRate.EC2_DEFAULT)
    ebs.LaunchTemplate(
        stack,
        "It",
        block_devices=[
            BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=InitializationRate.EC2_DEFAULT),
            BlockDevice.from_snapshot("/dev/xvdg", SNAPSHOT),
        ],
    )
    default = ebs.DefaultInitializationRate(200)
    cdk.Aspects.of(stack).add(default)
    assert "VolumeInitializationRate" not in resource(stack, "AWS::EC2::Volume")["Properties"]
    report = default.report
    assert [decision.device_name for decision in report.rated] == ["/dev/xvdg"]
    assert [(decision.device_name, decision.reason) for decision in report.left] == [
        (None, "RateSet"),
        ("/dev/xvdf", "RateSet"),
    ]


def test_ec2s_default_is_no_bound():
    with pytest.raises(ebs.EbsValidationError, match="below must be 100 to 300 MiB/s"):
        ebs.deny_initialization_rates(below=InitializationRate.EC2_DEFAULT, above=300)


def test_a_default_rate_may_be_typed(stack):
    volume(stack, None)
    cdk.Aspects.of(stack).add(ebs.DefaultInitializationRate(InitializationRate.mebibytes_per_second(200)))
    assert resource(stack, "AWS::EC2::Volume")["Properties"]["VolumeInitializationRate"] == 200


def test_ec2s_default_needs_no_launch_template_of_an_instance(stack):
    root = BlockDevice.from_image("/dev/xvda", volume_initialization_rate=InitializationRate.EC2_DEFAULT)
    ebs.Instance(
        stack,
        "It",
        vpc=ec2.Vpc(stack, "Vpc"),
        instance_type=ec2.InstanceType("m7i.large"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
        block_devices=[root],
    )
    assert Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate") == {}


def test_a_wait_finds_the_data_of_a_volumes_own_rate_beside_another_rate(stack):
    data = volume(stack, InitializationRate.mebibytes_per_second(200, snapshot_data=500))
    with pytest.raises(ebs.EbsValidationError, match="InitializationWaitTooLong"):
        ebs.InitializationWait(stack, "Warm", volume=data, volume_initialization_rate=100)
