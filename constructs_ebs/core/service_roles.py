"""The service-linked roles that launch instances, and what a customer's KMS key must allow them."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class ServiceRole(NamedTuple):
    """A service-linked role, which exists once in an account."""

    name: str
    service: str

    @property
    def resource_name(self) -> str:
        """The end of its ARN, behind ``role/``."""
        return f"aws-service-role/{self.service}/{self.name}"


SERVICE_ROLES: Final[Mapping[str, ServiceRole]] = {
    "autoscaling": ServiceRole("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com"),
    "ec2fleet": ServiceRole("AWSServiceRoleForEC2Fleet", "ec2fleet.amazonaws.com"),
    "spot": ServiceRole("AWSServiceRoleForEC2Spot", "spot.amazonaws.com"),
    "spotfleet": ServiceRole("AWSServiceRoleForEC2SpotFleet", "spotfleet.amazonaws.com"),
}
"""By what launches: an Auto Scaling group, an EC2 Fleet, a Spot Instance of its own, a Spot Fleet."""


def key_statements(role_arn: Any) -> list[dict[str, Any]]:
    """Return the statements that a key's policy needs for a role that launches instances with its volumes.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    """
    of_role = {"Effect": "Allow", "Principal": {"AWS": role_arn}, "Resource": "*"}
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [{**of_role, "Action": use}, {**of_role, "Action": "kms:CreateGrant", "Condition": for_aws}]


def allows(key_policy: object, role: ServiceRole) -> bool:
    """Whether a key's policy names the role or everybody, or is unknown; the default policy, ``None``, does not.

    What the policy allows them in detail is not judged.
    """
    if key_policy is None:
        return False
    if not isinstance(key_policy, Mapping) or "Statement" not in key_policy:
        return True
    everybody = ("*", ["*"], {"AWS": "*"}, {"AWS": ["*"]})
    statements = key_policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    principals = [each.get("Principal") for each in listed if isinstance(each, Mapping)]
    return role.name in str(key_policy) or any(principal in everybody for principal in principals)
