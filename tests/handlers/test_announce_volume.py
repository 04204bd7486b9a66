"""The event of an initialized volume, sent again with the volume's tags."""

import json

import pytest

import constructs_ebs as ebs

VOLUME = "vol-01234567"
EVENT = {
    # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
    "version": "0",
    "id": "01234567-0123-0123-0123-012345678901",
    "detail-type": "EBS Volume Notification",
    "source": "aws.ec2",
    "account": "012345678901",
    "time": "2026-11-23T00:00:00Z",
    "region": "us-east-1",
    "resources": [f"arn:aws:ec2:us-east-1:012345678901:volume/{VOLUME}"],
    "detail": {"result": "succeeded", "cause": "", "event": "initializeVolume", "request-id": ""},
}


@pytest.fixture
def announce(handler, monkeypatch):
    monkeypatch.setenv("STACK_ID", "the stack")
    module = handler("announce_volume")
    return lambda: module.announce(EVENT, None)


def test_sends_it_with_the_tags_and_the_stack(announce, ec2):
    ec2.tags[VOLUME] = {"team": "db", "Name": "data"}
    announce()
    [sent] = ec2.events
    assert (sent["Source"], sent["DetailType"], sent["Resources"]) == (
        "constructs-ebs",
        "EBS Volume Initialized",
        EVENT["resources"],
    )
    assert json.loads(sent["Detail"]) == {
        **EVENT["detail"],
        "tags": {"team": "db", "Name": "data"},
        "stack-id": "the stack",
    }


def test_a_volume_without_tags_or_one_that_is_gone_is_not_announced(announce, ec2):
    announce()
    assert ec2.events == []


def test_what_eventbridge_could_not_take_fails_so_that_lambda_tries_again(announce, ec2):
    ec2.tags[VOLUME] = {"team": "db"}
    ec2.failed_entries = 1
    with pytest.raises(RuntimeError, match="as the test asked"):
        announce()
    announce()
    assert len(ec2.events) == 1


def test_throttling_is_sat_out(announce, ec2):
    ec2.tags[VOLUME] = {"team": "db"}
    ec2.faults["DescribeTags"].extend(["RequestLimitExceeded"] * 3)
    ec2.faults["PutEvents"].extend(["ThrottlingException"] * 3)
    announce()
    assert len(ec2.events) == 1


def test_logs_the_volume_and_its_tags(announce, ec2, capsys):
    ec2.tags[VOLUME] = {"team": "db"}
    announce()
    assert json.loads(capsys.readouterr().out) == {"Volumes": [VOLUME], "Tags": {"team": "db"}}


def test_a_rule_by_tags_matches_what_the_handler_sends_for_its_stack(stack, resources, announce, ec2):
    ebs.on_volume_initialized(stack, "Db", tags={"team": "db"})
    [function] = resources("AWS::Lambda::Function")
    stack_id = {"Ref": "AWS::StackId"}
    assert function["Environment"] == {"Variables": {"STACK_ID": stack_id}}
    ec2.tags[VOLUME] = {"team": "db"}
    announce()
    [sent] = ec2.events
    [pattern] = [
        one["EventPattern"] for one in resources("AWS::Events::Rule") if "tags" in one["EventPattern"]["detail"]
    ]
    detail = json.loads(sent["Detail"])
    assert pattern["source"] == [sent["Source"]]
    assert pattern["detail-type"] == [sent["DetailType"]]
    assert pattern["detail"] == {"stack-id": [stack_id], "tags": {"team": [detail["tags"]["team"]]}}
    assert detail["stack-id"] == "the stack"
