"""Reports findings about a construct: raises errors, and annotates the construct with warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..core.findings import EbsValidationError, Finding
from ..core.problems import shown
from .arguments import check_arguments
from .lazy import LazyModule

if TYPE_CHECKING:
    import constructs
else:
    constructs = LazyModule("constructs")


def refuse(scope: constructs.Construct, id: str, findings: Iterable[Finding]) -> list[Finding]:
    """Raise if there are errors, before anything is made; return the warnings."""
    place = check_arguments(refuse, {"scope": scope, "id": id})
    told: dict[tuple[str | None, ...], Finding] = {}
    for finding in (*place, *findings):  # more than one check may find the same of one property
        told.setdefault((finding.code, finding.label, finding.subject, finding.given), finding)
    errors = [finding for finding in told.values() if finding.severity == "error"]
    if errors:
        node = None if isinstance(scope, type) else getattr(scope, "node", None)
        raise EbsValidationError(f"{node.path}/{id}".lstrip("/") if node else shown(id), errors)
    return [*told.values()]


ACKNOWLEDGED = "aws:cdk:acknowledged-rules"  # Validations.ACKNOWLEDGED_RULES_METADATA_KEY, which takes a call to read


def acknowledge(construct: constructs.IConstruct, reasons: Mapping[str, str]) -> None:
    """Tell cdk-nag's AwsSolutions pack why things are as they are, by rule.

    This writes what cdk-nag reads, in one call: ``Validations.acknowledge`` takes several for each rule, and up to
    aws-cdk-lib 2.268 it refuses the ids of most.
    """
    construct.node.add_metadata(ACKNOWLEDGED, {f"AwsSolutions-{rule}": reason for rule, reason in reasons.items()})


def warn(construct: constructs.Construct, warnings: Iterable[Finding]) -> None:
    """Show warnings on a construct; each can be acknowledged by ``constructs-ebs:`` and its code."""
    from aws_cdk import Annotations

    for finding in warnings:
        Annotations.of(construct).add_warning_v2(f"constructs-ebs:{finding.code}", finding.message)
