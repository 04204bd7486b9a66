"""The checks as a cdk-nag 3 pack: ``pip install constructs-ebs[nag]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from ._upstream import ConstructorSignature, resource_reader
from .checks import Checks, Found
from .core import limits
from .core.cloudformation.resources import WITH_VOLUMES
from .core.cloudformation.templates import check_template
from .core.findings import Finding, Severity
from .core.rules import RULES

try:
    import cdk_nag

    cdk_nag.NagPack.validate_scope  # noqa: B018  # cdk-nag 2 is another thing
except (ImportError, AttributeError):
    raise ImportError("constructs_ebs.nag needs cdk-nag 3; run: pip install 'constructs-ebs[nag]'") from None

PACK = "EbsInitialization"


class EbsInitializationChecks(cdk_nag.NagPack):
    """The rules of ``EbsChecks`` as a cdk-nag pack: ``Validations.of(app).add_plugins(EbsInitializationChecks())``.

    A rule's id is ``EbsInitialization-`` and the code of the finding. ``validate_scope`` by itself sees one resource at
    a time; only a synthesis finds what the whole app shows.
    """

    __signature__ = ConstructorSignature()

    def __init__(
        self,
        scope: IConstruct | None = None,
        *,
        quota: int = limits.RATE_QUOTA,
        minimum_rate: int | None = None,
        severities: Mapping[str, Severity] | None = None,
        verbose: bool | None = None,
        write_suppressions_to_cloud_formation: bool | None = None,
    ) -> None:
        """Create the pack.

        Args:
            scope: where acknowledgements are written into templates, if they are. Default: nowhere.
            quota: as for ``EbsChecks``.
            minimum_rate: as for ``EbsChecks``.
            severities: as for ``EbsChecks``.
            verbose: whether each finding names AWS's document. Default: False.
            write_suppressions_to_cloud_formation: whether acknowledgements go into templates. Default: False.

        Raises:
            EbsValidationError: QuotaOutOfRange, InitializationRateOutOfRange, CodeUnknown or SeverityUnknown.
        """
        self._checks = Checks(type(self).__name__, quota, minimum_rate, severities)
        self._finding: Finding | None = None
        super().__init__(
            scope, verbose=verbose, write_suppressions_to_cloud_formation=write_suppressions_to_cloud_formation
        )
        self._pack_name = PACK

    @property
    def name(self) -> str:
        """The pack's name."""
        return PACK

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check the templates, and report each finding through cdk-nag; called by CDK."""
        findings = self._checks.run(context)
        resources = resource_reader.find(context.app_construct, [_place(found) for found in findings])
        violations = [
            violation
            for found, resource in zip(findings, resources, strict=True)
            for violation in self._report(found.finding, resource)
        ]
        success = all(violation.severity != "error" for violation in violations)
        return cdk.PolicyValidationPluginReport(success=success, violations=violations)

    def _report(self, finding: Finding, resource: Any) -> list[cdk.PolicyViolation]:
        """Have cdk-nag report one finding, unless it is acknowledged."""
        self._finding = finding
        try:
            return self.validate_scope(resource).violations
        finally:
            self._finding = None

    def _check_resource(self, node: cdk.CfnResource) -> None:
        for finding in [self._finding] if self._finding else _of_resource(node):
            self._apply_rule(_Rule(finding, node))


def _place(found: Found) -> tuple[str, str]:
    return found.file.name, str(found.finding.logical_id)


def _of_resource(node: cdk.CfnResource) -> list[Finding]:
    resources = {
        emitted.path: {"Type": emitted.kind, "Properties": emitted.properties}
        for emitted in resource_reader.below(node, WITH_VOLUMES)
        if emitted.path == node.node.path
    }
    return check_template({"Resources": resources})


@jsii.implements(cdk_nag.IApplyRule)
class _Rule:
    """A finding in the form of a cdk-nag rule."""

    # jsii sees attributes that the class knows of; it adds some of its own.
    __slots__ = ("__dict__", "__weakref__", "explanation", "info", "level", "node", "rule_suffix_override")

    def __init__(self, finding: Finding, node: cdk.CfnResource) -> None:
        self.rule_suffix_override: str | None = finding.code
        self.info = finding.message
        self.explanation = f"(see {RULES[finding.code].source})"
        levels = cdk_nag.NagMessageLevel
        self.level = levels.ERROR if finding.severity == "error" else levels.WARN
        self.node = node

    def rule(self, node: cdk.CfnResource) -> cdk_nag.NagRuleCompliance:  # noqa: ARG002  # cdk-nag's name
        return cdk_nag.NagRuleCompliance.NON_COMPLIANT
