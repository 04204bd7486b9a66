"""Rules for initialized volumes: of one volume, of those with tags, of all."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from tests.constants import SNAPSHOT, readable

RULE = "AWS::Events::Rule"
PATTERN = {
    "source": ["aws.ec2"],
    "detail-type": ["EBS Volume Notification"],
    "detail": {"event": ["initializeVolume"], "result": ["succeeded"]},
}


@pytest.fixture
def volume(stack):
    return ebs.Volume(
        stack, "Data", availability_zone="us-east-1a", snapshot_id=SNAPSHOT, volume_initialization_rate=200
    )


def arn_of(volume_id):
    start = ["arn:", {"Ref": "AWS::Partition"}, ":ec2:us-east-1:111122223333:volume/"]
    if isinstance(volume_id, str):
        start[-1] += volume_id
        return {"Fn::Join": ["", start]}
    return {"Fn::Join": ["", [*start, volume_id]]}


def codes(function, *args, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        function(*args, **props)
    return [finding.code for finding in caught.value.findings]


def test_a_rule_is_for_that_volume_alone(stack, resources, volume):
    topic = sns.Topic(stack, "Topic")
    rule = volume.on_initialized("Warm", target=targets.SnsTopic(topic), description="warm", rule_name="warm")
    [made] = resources(RULE)
    assert isinstance(rule, events.Rule)
    assert rule.node.path == "Prod/Data/Warm"
    assert made["EventPattern"] == {**PATTERN, "resources": [arn_of(stack.resolve(volume.volume_id))]}
    assert (made["Name"], made["Description"]) == ("warm", "warm")
    assert made["Targets"] == [{"Arn": stack.resolve(topic.topic_arn), "Id": "Target0"}]


def test_a_target_may_come_later_and_the_pattern_may_say_more(resources, volume):
    more = events.EventPattern(detail={"cause": [""]}, account=["111122223333"])
    volume.on_initialized("Warm", event_pattern=more)
    [made] = resources(RULE)
    assert made["EventPattern"]["account"] == ["111122223333"]
    assert made["EventPattern"]["detail"] == {**PATTERN["detail"], "cause": [""]}
    assert "Targets" not in made


def test_a_rule_may_be_in_the_stack_of_its_target(app, stack, volume):
    other = cdk.Stack(app, "Other", env=cdk.Environment(account="111122223333", region="us-east-1"))
    topic = sns.Topic(other, "Topic")
    volume.on_initialized("Warm", target=targets.SnsTopic(topic), cross_stack_scope=other)
    assert other.node.find_child("Warm")
    other.add_dependency(stack)  # a rule in the volume's stack would make a circle of it
    app.synth()
    Template.from_stack(other).resource_count_is(RULE, 1)
    Template.from_stack(stack).resource_count_is(RULE, 0)


@pytest.mark.parametrize(
    "imported",
    [
        lambda _: "vol-0123456789abcdef0",
        lambda stack: ec2.Volume.from_volume_attributes(
            stack, "Theirs", volume_id="vol-0123456789abcdef0", availability_zone="us-east-1a"
        ),
    ],
    ids=["id", "imported"],
)
def test_any_volume_can_have_one(stack, resources, imported):
    ebs.on_volume_initialized(stack, "Warm", volume=imported(stack))
    [made] = resources(RULE)
    assert made["EventPattern"] == {**PATTERN, "resources": [arn_of("vol-0123456789abcdef0")]}


def test_all_volumes_of_the_account_need_no_function(stack, resources):
    ebs.on_volume_initialized(stack, "Warm")
    assert [made["EventPattern"] for made in resources(RULE)] == [PATTERN]
    assert resources("AWS::Lambda::Function") == []


def test_tags_are_read_by_one_state_machine_for_all_rules_of_the_stack(stack):
    ebs.on_volume_initialized(stack, "Db", tags={"team": "db"})
    ebs.on_volume_initialized(stack, "Some", tags={"team": ["db", "web"], "backup": events.Match.exists()})
    template = Template.from_stack(stack)
    rules = template.find_resources(RULE)
    [machine] = template.find_resources("AWS::StepFunctions::StateMachine")
    [announcing] = [one for one in rules.values() if one["Properties"]["EventPattern"] == PATTERN]
    assert announcing["Properties"]["Targets"][0]["Arn"] == {"Ref": machine}
    tags = [one["Properties"]["EventPattern"]["detail"].get("tags") for one in rules.values()]
    assert {"team": ["db"]} in tags
    assert {"team": ["db", "web"], "backup": [{"exists": True}]} in tags
    assert len(rules) == 3
    assert template.find_resources("AWS::Lambda::Function") == {}


@pytest.mark.parametrize(
    "props",
    [
        {"target": "arn:aws:sns:us-east-1:111122223333:topic"},
        {"target": 5},
        {"event_pattern": "all"},
        {"description": 5},
        {"rule_name": True},
        {"volume": 5},
        {"tags": {}},
        {"tags": {"team": 5}},
        {"tags": {"team": []}},
        {"tags": {5: "db"}},
        {"tags": "team"},
    ],
    ids=readable,
)
def test_refuses_what_cdk_would_fail_on(stack, props):
    assert codes(ebs.on_volume_initialized, stack, "Warm", **props) == ["WrongType"]
    assert stack.node.try_find_child("Warm") is None, "something was half made"


def test_an_event_is_about_one_volume_or_about_tags(stack):
    both = {"tags": {"team": "db"}, "volume": "vol-0123456789abcdef0"}
    assert codes(ebs.on_volume_initialized, stack, "Warm", **both) == ["TagsBesideVolume"]


def test_a_key_of_tags_is_known_at_synth(stack):
    tags = {cdk.Fn.ref("Team"): "data"}
    assert codes(ebs.on_volume_initialized, stack, "Warm", tags=tags) == ["KnownAtDeploymentOnly"]


def test_refuses_a_volume_that_is_none(stack):
    function = lambda_.Function.from_function_name(stack, "F", "f")
    assert codes(ebs.on_volume_initialized, stack, "Warm", volume=function) == ["WrongType"]


def test_refuses_a_target_that_is_none(volume):
    assert codes(volume.on_initialized, "Warm", target=volume) == ["WrongType"]


def test_takes_an_event_pattern_as_a_dict_too(stack, resources):
    ebs.on_volume_initialized(stack, "It", event_pattern={"detailType": ["Other"], "account": ["111122223333"]})
    [rule] = resources(RULE)
    assert rule["EventPattern"]["account"] == ["111122223333"]
    assert rule["EventPattern"]["detail-type"] == ["Other", "EBS Volume Notification"]
