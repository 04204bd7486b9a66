"""``EbsChecks``, a policy validation plugin of CDK that checks every template of an app by the rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import jsii

from ._upstream import is_token
from .core import limits
from .core.cloudformation.app_checks import check_app, check_options
from .core.cloudformation.assembly import templates_of
from .core.findings import EbsValidationError, Finding, Severity
from .core.rules import RULES, find


class Found(NamedTuple):
    """A finding, and the file of the template that it is about."""

    file: Path
    finding: Finding


class Checks:
    """The checks of an app, with their options."""

    def __init__(
        self, owner: str, quota: int, minimum_rate: int | None, severities: Mapping[str, Severity] | None
    ) -> None:
        self._options: dict[str, Any] = {"quota": quota, "minimum_rate": minimum_rate, "severities": severities or {}}
        tokens = [name for name, value in self._options.items() if is_token(value)]
        unknown = [find("KnownAtDeploymentOnly", prop=name, expected="a number of MiB/s") for name in tokens]
        if problems := unknown or check_options(**self._options):
            raise EbsValidationError(owner, problems)

    def run(self, context: cdk.IPolicyValidationContext) -> list[Found]:
        """Read every template once, nested stacks' too, and check them together."""
        folders = sorted({Path(path).parent for path in context.template_paths})
        files = {file.path: file for folder in folders for file in templates_of(folder, _unreadable)}
        templates = [
            file.as_app_template(
                f"{file.stack}/{path.name.partition('.')[0]}" if file.nested_as else file.stack,
                json.loads(path.read_bytes()),
            )
            for path, file in files.items()
        ]
        found = check_app(templates, **self._options)
        return [Found(path, finding) for path, findings in zip(files, found, strict=True) for finding in findings]


def _unreadable(path: Path, reason: str) -> None:
    raise RuntimeError(f"{path}: {reason}")


@jsii.implements(cdk.IPolicyValidationPlugin)
class EbsChecks:
    """Checks every template of an app at synthesis: ``Validations.of(app).add_plugins(EbsChecks())``.

    It applies the rules of ``check_app``, whichever constructs made the templates. An error fails the synthesis, a
    warning is shown. The CDK CLI reports selected stacks only: in an app of Stages, run ``cdk synth '**'``. Acknowledge
    a finding by its code, on its construct or on one above it:
    ``Validations.of(volume).acknowledge(Acknowledgment(id="constructs-ebs::IopsRaised", reason="..."))``.
    """

    def __init__(
        self,
        *,
        quota: int = limits.RATE_QUOTA,
        minimum_rate: int | None = None,
        severities: Mapping[str, Severity] | None = None,
    ) -> None:
        """Create the plugin.

        Args:
            quota: MiB/s that an account and Region has for all rates together. Default: 5,000, EC2's own.
            minimum_rate: MiB/s, 100 to 300, that every volume from a snapshot must have. A rate that is added to a
                volume that exists may fail its update: give it a new logical id. Default: no minimum.
            severities: ``error`` or ``warning`` by code, in place of the code's own. Default: none is changed.

        Raises:
            EbsValidationError: QuotaOutOfRange, InitializationRateOutOfRange, CodeUnknown or SeverityUnknown.
        """
        self._checks = Checks(type(self).__name__, quota, minimum_rate, severities)

    @property
    def name(self) -> str:
        """The plugin's name, which precedes the code when a finding is acknowledged."""
        return "constructs-ebs"

    @property
    def version(self) -> str:
        """The version of this library."""
        return version("constructs-ebs")

    @property
    def rule_ids(self) -> list[str]:
        """The codes."""
        return list(RULES)

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check the templates; called by CDK."""
        findings = self._checks.run(context)
        success = all(found.finding.severity != "error" for found in findings)
        return cdk.PolicyValidationPluginReport(success=success, violations=[_violation(found) for found in findings])


def _violation(found: Found) -> cdk.PolicyViolation:
    finding = found.finding
    return cdk.PolicyViolation(
        rule_name=finding.code,
        description=finding.problem,
        fix=finding.advice,
        severity=finding.severity,
        rule_metadata={"source": RULES[finding.code].source},
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=finding.logical_id,
                template_path=str(found.file),
                locations=[".".join(map(str, finding.path[2:]))],
            )
        ],
    )
