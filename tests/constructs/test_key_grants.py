"""Customers' keys: what warns of them, and what lets service-linked roles use them."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from constructs_ebs.core.service_roles import SERVICE_ROLES, key_statements
from tests.constructs.test_instance import make as make_instance
from tests.constructs.test_spot_fleet import IMAGE, LARGE, Specification
from tests.constructs.test_spot_fleet import make as make_fleet
from tests.judges import cfn_lint_errors

CODE = "KmsKeyWithoutServiceRole"
WARNING = Match.string_like_regexp(f"constructs-ebs:{CODE}")


def device(key):
    return BlockDevice.blank("/dev/xvdf", volume_size=8, encrypted=True, kms_key=key)


def fleet(stack, key):
    return make_fleet(stack, Specification(machine_image=IMAGE, instance_types=[LARGE], block_devices=[device(key)]))


def spot_instance(stack, key):
    return make_instance(stack, block_devices=[device(key)], spot_options={"max_price": 0.1})


def launch_template(stack, key):
    return ebs.LaunchTemplate(stack, "Template", block_devices=[device(key)])


def arn(stack, service, name):
    return stack.resolve(
        stack.format_arn(
            service="iam", region="", resource="role", resource_name=f"aws-service-role/{service}.amazonaws.com/{name}"
        )
    )


def granted(stack):
    """Return the statements of the app's key that are not those of upstream."""
    [key] = Template.from_stack(stack).find_resources("AWS::KMS::Key").values()
    return key["Properties"]["KeyPolicy"]["Statement"][1:]


def warnings(stack, path):
    return [warning.entry.data for warning in Annotations.from_stack(stack).find_warning(path, WARNING)]


LAUNCHERS = {
    "fleet": (fleet, "/Prod/Fleet", "spotfleet", "AWSServiceRoleForEC2SpotFleet"),
    "spot": (spot_instance, "/Prod/Box", "spot", "AWSServiceRoleForEC2Spot"),
}


@pytest.mark.parametrize(("make", "path", "service", "role"), LAUNCHERS.values(), ids=LAUNCHERS)
def test_warns_of_the_apps_key_with_the_exact_statements(stack, make, path, service, role):
    make(stack, kms.Key(stack, "Key"))
    [message] = warnings(stack, path)
    assert message.startswith(f"the policy of key Prod/Key should allow {role} to use the key, or ")
    statements = json.loads(message.partition("add to the policy ")[2].partition(" [ack")[0])
    sub = f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{service}.amazonaws.com/{role}"
    assert statements == key_statements({"Fn::Sub": sub})
    assert granted(stack) == [], "a key's policy cannot name a role that may not exist"


@pytest.mark.parametrize(("make", "path", "service", "role"), LAUNCHERS.values(), ids=LAUNCHERS)
def test_grants_the_key_on_request_and_warns_no_longer(stack, make, path, service, role):
    made = make(stack, kms.Key(stack, "Key"))
    made.grant_keys()
    made.grant_keys()
    assert granted(stack) == key_statements(arn(stack, service, role))
    assert warnings(stack, path) == []
    assert cfn_lint_errors(Template.from_stack(stack).to_json()) == []


@pytest.mark.parametrize(
    ("launched_by", "role"),
    [
        ("autoscaling", "AWSServiceRoleForAutoScaling"),
        ("ec2fleet", "AWSServiceRoleForEC2Fleet"),
        ("spot", "AWSServiceRoleForEC2Spot"),
        ("spotfleet", "AWSServiceRoleForEC2SpotFleet"),
    ],
)
def test_a_launch_template_grants_its_keys_to_what_launches_it(stack, launched_by, role):
    template = launch_template(stack, kms.Key(stack, "Key"))
    template.grant_keys(launched_by)
    assert granted(stack) == key_statements(arn(stack, launched_by, role))


def test_grants_to_several_roles(stack):
    launch_template(stack, kms.Key(stack, "Key")).grant_keys("autoscaling", "spot")
    assert len(granted(stack)) == 4


def test_refuses_what_has_no_service_linked_role(stack):
    template = launch_template(stack, kms.Key(stack, "Key"))
    with pytest.raises(ebs.EbsValidationError, match=r"launched_by must be one of autoscaling, .*got 'asg'"):
        template.grant_keys("asg")
    assert granted(stack) == []


def test_an_imported_key_is_its_owners(stack):
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:444455556666:key/0123")
    made = fleet(stack, key)
    assert warnings(stack, "*") == []
    with pytest.raises(ValueError, match=r"its owner must add \[.*AWSServiceRoleForEC2SpotFleet"):
        made.grant_keys()


def test_does_not_warn_of_a_key_that_names_the_role(stack):
    key = kms.Key(stack, "Key")
    name = SERVICE_ROLES["spotfleet"].resource_name
    role = iam.ArnPrincipal(f"arn:aws:iam::111122223333:role/{name}")
    key.add_to_resource_policy(iam.PolicyStatement(actions=["kms:*"], principals=[role], resources=["*"]))
    fleet(stack, key)
    assert warnings(stack, "*") == []


def test_a_launch_template_does_not_know_what_launches_it(stack):
    launch_template(stack, kms.Key(stack, "Key"))
    assert warnings(stack, "*") == []


def test_does_not_warn_of_on_demand_instances_and_of_the_default_key(stack):
    rated = BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)
    make_instance(stack, block_devices=[rated, device(kms.Key(stack, "Key"))])
    make_fleet(stack)
    assert warnings(stack, "*") == []


def test_a_key_of_another_stack_is_granted_there():
    app = cdk.App(builtin_cloud_formation_validation=False)
    env = cdk.Environment(account="111122223333", region="us-east-1")
    keys, fleets = cdk.Stack(app, "Keys", env=env), cdk.Stack(app, "Fleets", env=env)
    fleet(fleets, kms.Key(keys, "Key")).grant_keys()
    assert granted(keys) == key_statements(arn(keys, "spotfleet", "AWSServiceRoleForEC2SpotFleet"))


@pytest.mark.parametrize("upstream", [ec2.Instance, ec2.LaunchTemplate])
def test_upstream_has_no_method_of_that_name(upstream):
    assert not hasattr(upstream, "grant_keys")
