"""What is emitted depends neither on the order of construction nor on what else is made."""

import json
from functools import cache
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import constructs_ebs as ebs
from constructs_ebs.core.cloudformation.custom_resources import ANNOUNCER, PROVIDER, WATCHER
from tests.versions.everything import ENVIRONMENT, PARTS, make

SERVING = (ANNOUNCER, PROVIDER, WATCHER)
MINIMIZED = {"@aws-cdk/aws-iam:minimizePolicies": True}
few = settings(max_examples=5, phases=[Phase.generate])  # the first to fail will do: an app takes a second
contexts = pytest.mark.parametrize("context", [{}, MINIMIZED], ids=["as they are", "minimized"])


def template_of(names, context=None):
    app = cdk.App(builtin_cloud_formation_validation=False, context=context)
    return Template.from_stack(make(cdk.Stack(app, "Everything", env=ENVIRONMENT), names)).to_json()


@cache
def in_order(minimized):
    return template_of([*PARTS], MINIMIZED if minimized else {})


@contexts
@few
@given(data=st.data())
def test_any_order_of_construction_emits_the_same(context, data):
    names = data.draw(st.permutations([*PARTS]))
    assert template_of(names, context) == in_order(minimized=bool(context))


@contexts
@few
@given(added=st.sampled_from([*PARTS]))
def test_one_construct_more_changes_nothing_of_the_others(context, added):
    others = [name for name in PARTS if name != added]
    before, after = (template_of(names, context)["Resources"] for names in (others, [added, *others]))
    for name, resource in before.items():
        if resource != after[name]:  # the policy that it shares with others allows more
            assert name.startswith(f"{PROVIDER}RoleDefaultPolicy")
            assert _allowed(resource) < _allowed(after[name])
    made = after.keys() - before.keys()
    assert all(name.startswith((added.replace("_", ""), *SERVING)) for name in made)


def _allowed(policy):
    """Return everything that a policy allows, a resource at a time."""
    return {
        json.dumps([action, resource, statement.get("Condition")], sort_keys=True)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value):
    return value if isinstance(value, list) else [value]


@contexts
def test_a_policy_too_large_for_its_role_is_split_the_same_way(context):
    def template(numbers):
        app = cdk.App(builtin_cloud_formation_validation=False, context=context)
        stack = cdk.Stack(app, "Many", env=ENVIRONMENT)
        for number in numbers:
            ebs.RootVolumeReplacement(
                stack, f"Root{number}", instance=f"i-{number:017x}", snapshot_id=f"snap-{number:08}"
            )
        return Template.from_stack(stack).to_json()

    forward, back = template(range(60)), template(reversed(range(60)))
    assert [name for name in forward["Resources"] if "OverflowPolicy" in name] != [] or context
    assert forward == back


def test_ids_and_types_are_for_good():
    """A renamed folder or module must not rename a resource: each of these is in somebody's stack."""
    resources = in_order(minimized=False)["Resources"]
    types = {resource["Type"] for resource in resources.values() if resource["Type"].startswith("Custom::")}
    assert types == {
        "Custom::EbsLaunchTemplateVersion",
        "Custom::EbsAmi",
        "Custom::EbsRootVolumeReplacement",
        "Custom::EbsInitializationWait",
        "Custom::EbsInitializationAlarm",
    }
    shared = sorted(name for name in resources if name.startswith(SERVING))
    assert shared == json.loads(Path(__file__).with_name("ids.json").read_text())
