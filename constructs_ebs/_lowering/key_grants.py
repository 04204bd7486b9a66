"""Customers' KMS keys and the service-linked roles that launch volumes which they encrypt: warnings, and grants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from .. import _upstream
from .._upstream import resource_reader
from ..block_device import BlockDevice
from ..core.findings import Finding
from ..core.rules import find
from ..core.rules.encryption import of_service_role
from ..core.service_roles import SERVICE_ROLES, allows, key_statements

if TYPE_CHECKING:
    from constructs import Construct

_CODE = "KmsKeyWithoutServiceRole"


def check_keys(devices: Sequence[BlockDevice], role: str, launcher: str) -> Iterator[Finding]:
    """Find the app's keys whose policies do not name the service-linked role that launches, so far."""
    for key in _keys(devices):
        if not isinstance(key, kms.Key):  # an imported key: its policy is unknown
            continue
        emitted = resource_reader.below(key, ["AWS::KMS::Key"])
        policies = [resource.properties.get("KeyPolicy") for resource in emitted if resource.properties]
        if not all(allows(policy, SERVICE_ROLES[role]) for policy in policies):
            yield find(_CODE, **of_service_role(f"key {key.node.path}", SERVICE_ROLES[role], launcher))


def grant_keys(scope: Construct, devices: Sequence[BlockDevice], launched_by: Sequence[str]) -> None:
    """Let service-linked roles of the account of ``scope`` use the keys of devices; nothing warns of them then.

    Raises:
        EbsValidationError: WrongType for what has no service-linked role.
        ValueError: for an imported key, with the statements that its owner must add.
    """
    facts: dict[str, Any] = {
        "prop": "launched_by",
        "expected": f"one of {', '.join(SERVICE_ROLES)}",
        "fix": "use one of them",
    }
    unknown = [name for name in launched_by if not isinstance(name, str) or name not in SERVICE_ROLES]
    _upstream.refuse(scope, "grant_keys", [find("WrongType", **facts, got=name) for name in unknown])
    for role in map(SERVICE_ROLES.__getitem__, launched_by):
        arn = cdk.Stack.of(scope).format_arn(
            service="iam", region="", resource="role", resource_name=role.resource_name
        )
        statements: list[Any] = [iam.PolicyStatement.from_json(statement) for statement in key_statements(arn)]
        for key in _keys(devices):
            added = [key.add_to_resource_policy(statement).statement_added for statement in statements]
            if not all(added):
                missing = of_service_role(key.key_arn, role, "")["statements"]
                raise ValueError(f"the policy of an imported key cannot be changed here; its owner must add {missing}")
    cdk.Annotations.of(scope).acknowledge_warning(f"constructs-ebs:{_CODE}", "granted")


def _keys(devices: Sequence[BlockDevice]) -> list[Any]:
    return list(dict.fromkeys(device.kms_key for device in devices if device.kms_key is not None))
