"""The examples: golden templates, every judge, and the same resources from the lowest supported versions."""

import json
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk.assertions import Template

from constructs_ebs.core import check_template
from constructs_ebs.testing import TemplateExtension, stable_template
from tests.judges import app_with_cdk_validation, cfn_lint_errors

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/app.py"))
LOWEST = ROOT / ".venv" / "lowest" / ("Scripts" if os.name == "nt" else "bin") / "python"


_FLEET_ROLE = {
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2SpotFleetTaggingRole]": (
        "EC2 documents this policy as the one for the role of a Spot Fleet, and keeps it up with the service"
    )
}
_AGENTS_POLICY = {
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]": (
        "AWS documents this policy as the one for Systems Manager's agent, and keeps it up with the agent"
    )
}
NEWER = {"governed_app"}
"""Examples of what needs a newer aws-cdk-lib than the lowest supported one."""

ACKNOWLEDGED = {"ci_runner_fleet": _FLEET_ROLE, "mixed_fleet": _FLEET_ROLE, "warm_database": _AGENTS_POLICY}
"""Findings of cdk-nag that the examples keep, and why."""


def build(example, app):
    return import_module(f"examples.{example}.app").build(app)


@pytest.fixture(params=EXAMPLES)
def example(request):
    return request.param


@pytest.fixture
def template(example, app):
    return Template.from_stack(build(example, app)).to_json()


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


@pytest.mark.skipif(not LOWEST.exists(), reason="no environment of the lowest versions: scripts/test makes it")
@pytest.mark.parametrize("example", [name for name in EXAMPLES if name not in NEWER], indirect=True)
def test_the_lowest_versions_emit_the_same_resources(example, template, tmp_path):
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    app = ROOT / "examples" / example / "app.py"
    subprocess.run([LOWEST, app], env=environment, check=True, capture_output=True, timeout=300)
    [path] = tmp_path.glob("*.template.json")
    lowest = json.loads(path.read_text())
    assert stable_template(lowest) == stable_template(template)
    ours, framework = _split(template)
    assert _without_hashes(_split(lowest)[0]) == _without_hashes(ours)
    for name, function in _split(lowest)[1].items():  # CDK's own, on the Node of its version
        assert function["Properties"]["LoggingConfig"] == framework[name]["Properties"]["LoggingConfig"]
        assert function["Properties"]["Runtime"] == "nodejs22.x"


def _without_hashes(resources):
    return re.sub(r"[0-9a-f]{64}", "", json.dumps(resources, sort_keys=True))


def _split(template):
    """Return the resources of a template without the functions of CDK's provider framework, and these."""
    framework = {name: one for name, one in template["Resources"].items() if "Providerframework" in name}
    return {name: one for name, one in template["Resources"].items() if name not in framework}, framework


def test_cdk_json_runs_one_of_them():
    command = json.loads((ROOT / "cdk.json").read_text())["app"].split()
    assert command[0] == "python"
    assert Path(command[1]).parent.name in EXAMPLES
    assert (ROOT / command[1]).exists()
