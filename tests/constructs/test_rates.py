"""A rate chosen at deployment, or by a deadline."""

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

import constructs_ebs as ebs


def test_a_parameter_has_the_bounds_that_cloudformation_checks(stack):
    ebs.initialization_rate_parameter(stack, "Rate", default=200)
    Template.from_stack(stack).has_parameter(
        "Rate", {"Type": "Number", "MinValue": 100, "MaxValue": 300, "Default": 200}
    )


def test_a_parameter_without_a_default_asks_at_every_deployment(stack):
    ebs.initialization_rate_parameter(stack, "Rate", description="How fast")
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
        ebs.initialization_rate_parameter(stack, "Rate", default=default)


@pytest.mark.parametrize("data", [cdk.Size.gibibytes(500), cdk.Size.mebibytes(512_000), 500, 500.0], ids=repr)
@pytest.mark.parametrize("deadline", [cdk.Duration.minutes(45), timedelta(minutes=45)], ids=repr)
def test_a_deadline_has_a_rate(data, deadline):
    assert ebs.rate_for_deadline(data, deadline) == 190
    assert ebs.rate_for_deadline(data, deadline, margin=0.1) == 211


def test_a_deadline_too_short_says_what_is_possible():
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.rate_for_deadline(cdk.Size.tebibytes(2), cdk.Duration.hours(1))
    assert str(caught.value) == (
        "rate_for_deadline: 1 problem\n"
        "  deadline must be at least 1 h 57 min for 2,048 GiB of snapshot data, got 1 h; extend it, or keep the data "
        "on more volumes that initialize side by side [DeadlineTooShort]"
    )


@pytest.mark.parametrize("deadline", [None, "1h", 45, True])
def test_a_deadline_is_a_length_of_time(deadline):
    with pytest.raises(ebs.EbsValidationError, match="deadline must be a Duration or a timedelta"):
        ebs.rate_for_deadline(10, deadline)


def test_tokens_cannot_be_planned_with(stack):
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    with pytest.raises(ebs.EbsValidationError, match="SnapshotDataOutOfRange"):
        ebs.rate_for_deadline(cdk.Size.gibibytes(number), timedelta(hours=1))
    with pytest.raises(ebs.EbsValidationError, match="deadline must be a Duration or a timedelta"):
        ebs.rate_for_deadline(10, cdk.Duration.minutes(number))


def test_a_parameters_default_is_a_literal(stack):
    token = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    with pytest.raises(ebs.EbsValidationError, match="default must be a whole number"):
        ebs.initialization_rate_parameter(stack, "Rate", default=token)


@pytest.mark.parametrize("data", [10**400, float("inf"), float("nan"), -1, 0])
def test_data_is_a_number_that_a_snapshot_can_have(data):
    with pytest.raises(ebs.EbsValidationError, match="SnapshotDataOutOfRange"):
        ebs.rate_for_deadline(data, timedelta(hours=1))
