"""The examples: golden templates, every judge."""

import json
from functools import cache
from importlib import import_module
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk.assertions import Template

from constructs_ebs.core import check_template
from constructs_ebs.testing import TemplateExtension
from tests.constants import ROOT
from tests.judges import app_with_cdk_validation, cfn_lint_errors

EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/app.py"))

_AGENTS_POLICY = {
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]": (
        "AWS documents this policy as the one for Systems Manager's agent, and keeps it up with the agent"
    )
}
ACKNOWLEDGED = {"warm_database": _AGENTS_POLICY}
"""Findings of cdk-nag that the examples keep, and why."""


def build(example, app):
    return import_module(f"examples.{example}.app").build(app)


@pytest.fixture(params=EXAMPLES)
def example(request):
    return request.param


@cache
def synthesized(example):
    app = cdk.App(builtin_cloud_formation_validation=False)
    return Template.from_stack(build(example, app)).to_json()


@pytest.fixture
def template(example):
    return synthesized(example)


def test_the_template_is_the_golden_one(template, snapshot):
    assert template == snapshot(extension_class=TemplateExtension)


def test_the_template_carries_a_rate(template):
    assert '"VolumeInitializationRate"' in json.dumps(template)


def test_our_checks_find_nothing(template):
    assert check_template(template) == []


def test_cfn_lint_finds_no_error(template):
    assert cfn_lint_errors(template) == []


def test_cdks_validation_passes(example):
    app = app_with_cdk_validation()
    build(example, app)
    app.synth()  # raises for an error


def test_the_aws_solutions_pack_passes(example, app):
    stack = build(example, app)
    for rule, reason in ACKNOWLEDGED.get(example, {}).items():
        cdk.Validations.of(stack).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks())
    app.synth()  # raises for a finding


def test_cdk_json_runs_one_of_them():
    command = json.loads((ROOT / "cdk.json").read_text())["app"].split()
    assert command[0] == "python"
    assert Path(command[1]).parent.name in EXAMPLES
    assert (ROOT / command[1]).exists()
