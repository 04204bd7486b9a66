"""The tests of the golden image, as a team would write them beside its app."""

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion

import constructs_ebs as ebs
from constructs_ebs.testing import TemplateExtension, codes, has_no_unrated_volume, has_rate
from examples.golden_image.app import GoldenImage


def stack(rate: int = 300) -> cdk.Stack:
    """Make the stack in an app of its own."""
    return GoldenImage(
        cdk.App(),
        "GoldenImage",
        snapshot_id="snap-0123456789abcdef0",
        rate=rate,
        instance_id="i-0123456789abcdef0",
        launch_template_id="lt-0123456789abcdef0",
    )


def test_the_template_changes_only_on_purpose(snapshot: SnapshotAssertion) -> None:
    assert Template.from_stack(stack()) == snapshot(extension_class=TemplateExtension)


def test_all_that_the_image_launches_is_warm_within_minutes() -> None:
    template = Template.from_stack(stack(rate=250))
    has_rate(template, 250, device="/dev/xvda", logical_id="ServersB7178C3E")
    has_rate(template, 200)  # the other team's launch template
    has_no_unrated_volume(template)


def test_refuses_a_rate_that_ec2_does_not_have() -> None:
    with pytest.raises(ebs.EbsValidationError) as raised:
        stack(rate=400)
    assert codes(raised.value) == ("InitializationRateOutOfRange",)
