"""A company's rules for Lambda functions reach those of custom resources; NIST 800-53 R5 in cdk-nag is the witness."""

from datetime import timedelta

import aws_cdk as cdk
import cdk_nag
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import INSTANCE, SNAPSHOT, VOLUME

PACK = "NIST.800.53.R5"
ACKNOWLEDGED = {
    "IAMNoInlinePolicy": "CDK's grants make policies of their own roles",
    "CloudWatchAlarmAction": "add_alarm_action is up to the user",
}


@jsii.implements(cdk.IPropertyInjector)
class Injector:
    """Adds properties to every construct of a kind."""

    def __init__(self, kind, **properties):
        self._kind, self._properties = kind, properties

    @property
    def construct_unique_id(self):
        return self._kind.PROPERTY_INJECTION_ID

    def inject(self, original_props, *, scope, id):  # noqa: ARG002
        return {**original_props, **self._properties}


@jsii.implements(cdk.IAspect)
class Aspect:
    """Changes what the L1s say."""

    def __init__(self, subnets, groups, queue, key):
        self._place = lambda_.CfnFunction.VpcConfigProperty(subnet_ids=subnets, security_group_ids=groups)
        self._letters, self._key = lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=queue), key

    def visit(self, node):
        if isinstance(node, lambda_.CfnFunction):
            node.vpc_config, node.dead_letter_config = self._place, self._letters
            node.reserved_concurrent_executions = 5
        if isinstance(node, logs.CfnLogGroup):
            node.kms_key_id = self._key


def inject(app):
    """Add the company's rules as property injectors, whose things are in a stack of the company's."""
    theirs = cdk.Stack(app, "Theirs", env=cdk.Environment(account="111122223333", region="us-east-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        theirs, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"], private_subnet_ids=["subnet-1"]
    )
    queue = sqs.Queue.from_queue_arn(theirs, "Letters", "arn:aws:sqs:us-east-1:111122223333:letters")
    key = kms.Key.from_key_arn(theirs, "Key", "arn:aws:kms:us-east-1:111122223333:key/logs")
    rules = [
        Injector(lambda_.Function, vpc=vpc, deadLetterQueue=queue, reservedConcurrentExecutions=5),
        Injector(logs.LogGroup, encryptionKey=key),
    ]
    cdk.PropertyInjectors.of(app).add(*rules)


def visit(app):
    """Add them as an Aspect."""
    queue, key = "arn:aws:sqs:us-east-1:111122223333:letters", "arn:aws:kms:us-east-1:111122223333:key/logs"
    cdk.Aspects.of(app).add(Aspect(["subnet-1"], ["sg-1"], queue, key))


def every_kind(app):
    """Make a stack with every kind of custom resource."""
    stack = cdk.Stack(app, "Prod", env=cdk.Environment(account="111122223333", region="us-east-1"))
    root = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
    ebs.Ami(stack, "Image", source=ebs.AmiSource.snapshots([root]))
    ebs.RootVolumeReplacement(stack, "Root", instance=INSTANCE, snapshot_id=SNAPSHOT)
    template = ec2.LaunchTemplate.from_launch_template_attributes(stack, "T", launch_template_id="lt-0123456789abcdef0")
    ebs.LaunchTemplateVersion(stack, "Version", launch_template=template, volume_initialization_rate=200)
    ebs.InitializationWait(stack, "Warm", volume=VOLUME, snapshot_data=8, volume_initialization_rate=200)
    ebs.InitializationAlarm(stack, "Late", volume=VOLUME, deadline=timedelta(hours=1))
    ebs.on_volume_initialized(stack, "Tagged", tags={"team": "db"})
    for rule, reason in ACKNOWLEDGED.items():
        cdk.Validations.of(stack).acknowledge(cdk.Acknowledgment(id=f"{PACK}::{PACK}-{rule}", reason=reason))
    cdk.Validations.of(app).add_plugins(cdk_nag.NIST80053R5Checks())
    return stack


@pytest.mark.parametrize("rule", [inject, visit])
def test_every_function_follows_the_companys_rules(app, rule):
    rule(app)
    every_kind(app)
    app.synth()  # raises for a finding


def test_without_them_the_pack_finds_every_function(app):
    every_kind(app)
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    for rule, count in {"LambdaInsideVPC": 5, "LambdaDLQ": 5, "LambdaConcurrency": 5, "LogGroupEncrypted": 1}.items():
        assert str(caught.value).count(f"{rule}'") == count, rule


def test_the_roles_of_the_functions_may_use_what_an_injector_gives_them(app):
    inject(app)
    stack = every_kind(app)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks())
    app.synth()
    template = Template.from_stack(stack).to_json()["Resources"]
    functions = [one["Properties"] for one in template.values() if one["Type"] == "AWS::Lambda::Function"]
    roles = {function["Role"]["Fn::GetAtt"][0] for function in functions}
    assert (len(functions), len(roles)) == (5, 3)
    for role in roles:
        policies = [one for one in template.values() if {"Ref": role} in one.get("Properties", {}).get("Roles", [])]
        [policy] = template[role]["Properties"]["ManagedPolicyArns"]
        assert "AWSLambdaVPCAccessExecutionRole" in str(policy)
        assert "sqs:SendMessage" in str(policies)
