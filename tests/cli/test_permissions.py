"""The policy in the docs: what the commands ask of AWS, and no more."""

import json
import re
from pathlib import Path

import cfnlint

from tests.cli.stacks import (
    create,
    custom,
    deployed,
    everything,
    fleet_config,
    instance_data,
    launch_template,
    mapping,
    volume,
)
from tests.constants import ROOT

KNOWN = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())

ON_BEHALF = {"ec2:DescribeInstanceAttribute", "ec2:DescribeInstanceCreditSpecifications"}
"""What GetLaunchTemplateData asks for itself: its description in EC2's API model."""


MARK = {"Key": "constructs-ebs:mark", "Value": "0123456789ab/ba9876543210/000000000000/a-request"}


def policy():
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "deployed-stacks.md").read_text(), re.S)
    [found] = [json.loads(block) for block in blocks if "GetLaunchTemplateData" in block]
    return found


def asked(aws):
    return {f"{service}:{action}" for service, action, _ in aws.requests}


def test_the_policy_of_the_docs_is_what_the_commands_ask_for(aws, ask):
    everything(aws)
    template = create(aws, "t", mapping(300))
    resources = {
        "Data": volume({"Fn::ImportValue": "Rate"}),
        "Servers": launch_template(mapping(300)),
        "Image": custom("Ami", Action="RegisterImage", Request={"BlockDeviceMappings": [mapping(300)]}),
        "Box": {"Type": "AWS::EC2::Instance", "Properties": {}},
        "Fleet": {"Type": "AWS::EC2::SpotFleet", "Properties": {}},
    }
    physical = {
        "Data": "vol-own",
        "Servers": template,
        "Image": "EbsAmi-0123456789ab-ba9876543210",
        "Box": "i-box",
        "Fleet": "sfr-1",
    }
    deployed(aws, "Rates", {"Resources": resources}, physical)
    aws.instance("i-box", template, "1", SpotInstanceRequestId="sir-1")
    aws.answers |= {
        "DescribeImages": lambda _: {"Images": [{"ImageId": "ami-1", "Tags": [MARK]}]},
        "DescribeImageAttribute": lambda _: {},
        "GetLaunchTemplateData": instance_data(300),
        "DescribeSpotFleetRequests": fleet_config(),
        "DescribeSpotInstanceRequests": lambda _: {"SpotInstanceRequests": []},
    }
    assert ask("status", "Top")[0] == 0
    assert ask("verify", "Top", "Rates")[0] in (0, 1)
    [statement] = policy()["Statement"]
    assert set(statement["Action"]) == asked(aws) | ON_BEHALF
    assert sorted(statement["Action"]) == statement["Action"]


def test_the_policy_of_the_docs_names_actions_that_iam_knows():
    for action in policy()["Statement"][0]["Action"]:
        service, _, name = action.partition(":")
        assert name.lower() in KNOWN[service]["Actions"]
