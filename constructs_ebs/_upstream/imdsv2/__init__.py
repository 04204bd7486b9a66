"""Has an instance with a launch template of its own obey upstream's ``InstanceRequireImdsv2Aspect``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.rules import find
from ..javascript import Library

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2

_LIBRARY = Library("Imdsv2", __name__, {"follow": ("instance", "problem")})


def follow_aspect(instance: ec2.Instance) -> None:
    """Have an instance require IMDSv2 if the Aspect applies to it, or fail the synthesis if that is impossible."""
    finding = find("MetadataTokensNotRequired", prop="MetadataOptions.HttpTokens")
    _LIBRARY.invoke("follow", instance, f"{finding.message} [{finding.code}]")
