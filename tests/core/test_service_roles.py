"""What a key's policy must say for a service-linked role."""

import pytest

from constructs_ebs.core.service_roles import SERVICE_ROLES, allows, key_statements

ROLE = SERVICE_ROLES["autoscaling"]
ARN = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}


def test_a_roles_arn_is_the_documented_one():
    assert ARN.endswith(f":role/{ROLE.resource_name}")


def test_the_statements_are_those_of_the_auto_scaling_guide():
    use, grants = key_statements(ARN)
    assert use == {
        "Effect": "Allow",
        "Principal": {"AWS": ARN},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
    }
    assert grants == {
        "Effect": "Allow",
        "Principal": {"AWS": ARN},
        "Action": "kms:CreateGrant",
        "Resource": "*",
        "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    }


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (None, False),
        ({"Statement": [ROOT]}, False),
        ({"Statement": ROOT}, False),
        ({"Statement": [ROOT, *key_statements(ARN.replace("AutoScaling", "EC2Fleet"))]}, False),
        ({"Statement": [ROOT, *key_statements(ARN)]}, True),
        ({"Statement": [ROOT, *key_statements({"Fn::Sub": f"arn:x:{ROLE.resource_name}"})]}, True),
        *(({"Statement": [{**ROOT, "Principal": who}]}, True) for who in ("*", {"AWS": "*"}, {"AWS": ["*"]}, ["*"])),
        ({"Statement": {**ROOT, "Principal": "*"}}, True),
        ({"Ref": "Policy"}, True),
        ("a token", True),
        ({"Statement": ["odd", None]}, False),
    ],
    ids=repr,
)
def test_whether_a_policy_allows_the_role(policy, allowed):
    assert allows(policy, ROLE) is allowed
