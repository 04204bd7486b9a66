"""``constructs-ebs check``: checks templates by the rules of EC2 and CloudFormation for EBS volumes."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ...core.cloudformation.app_checks import check_app
from ...core.cloudformation.documents import Document
from ...core.limits import RATE_MAX, RATE_MIN
from ...core.rules import RULES
from ..exit_codes import CLEAN, FINDINGS, UNUSABLE
from ..input_files import InputFiles, located, metadata_of, path_in_cdk
from ..quota import wrong_quota
from ..terminal_text import printable
from .report import CheckReport, LocatedFinding

if TYPE_CHECKING:
    from ...core.findings import Finding

FORMATS: Final = ("text", "json", "github")
"""The formats, each with a module that renders it."""


def run(arguments: Namespace) -> int:
    """Check templates, and print what is wrong in the chosen format."""
    if problems := [*wrong_quota(arguments.quota), *_wrong_minimum_rate(arguments.minimum_rate)]:
        for problem in problems:
            print(f"constructs-ebs check: {problem}", file=sys.stderr)
        return UNUSABLE
    report = _check(arguments)
    for line in import_module(f".{arguments.format}", __package__).render(report):
        print(line)
    if report.unusable:
        return UNUSABLE
    return FINDINGS if report.errors or (arguments.strict and report.warnings) else CLEAN


def _check(arguments: Namespace) -> CheckReport:
    input_files, findings = InputFiles("checked"), []
    for path in arguments.paths:
        inputs = list(input_files.read(path))
        templates = [template for template, _ in inputs]
        checked = check_app(templates, quota=arguments.quota, minimum_rate=arguments.minimum_rate)
        for (template, document), found in zip(inputs, checked, strict=True):
            findings += _located(template.name, document, found, set(arguments.ignore))
            _name_unknown_codes(template.name, document)
    return CheckReport(findings=findings, unusable=input_files.unusable, templates=input_files.templates)


def _wrong_minimum_rate(rate: int | None) -> Iterator[str]:
    if rate is not None and not RATE_MIN <= rate <= RATE_MAX:
        nearest = RATE_MIN if rate < RATE_MIN else RATE_MAX
        allowed = f"{RATE_MIN} to {RATE_MAX} MiB/s"
        yield f"--minimum-rate must be {allowed}, got {rate}; use {nearest}, or omit it for no minimum"


def _located(file: str, document: Document, findings: Iterable[Finding], ignored: set[str]) -> list[LocatedFinding]:
    """Return the findings that nobody ignores, in the order of the file."""
    ignored = ignored | _ignored(document.data)
    located = []
    for finding in findings:
        resource = document.data["Resources"].get(finding.logical_id, {})
        if finding.code in ignored | _ignored(resource):
            continue
        subject = path_in_cdk(resource)
        located.append(
            LocatedFinding(
                file=file,
                position=document.locate(finding.path),
                subject=str(finding.logical_id) if subject is None else subject,
                finding=finding,
            )
        )
    return sorted(located, key=lambda entry: entry.position or (0, 0))


def _ignored(owner: Mapping[str, Any]) -> set[str]:
    """Return the codes in ``Metadata: {constructs-ebs: {ignore: [...]}}`` of a template or a resource."""
    ours = metadata_of(owner).get("constructs-ebs")
    listed = ours.get("ignore") if isinstance(ours, Mapping) else None
    entries = listed if isinstance(listed, list) else [listed]
    codes = (code.strip() for entry in entries if isinstance(entry, str) for code in entry.split(","))
    return {code for code in codes if code}


def _name_unknown_codes(file: str, document: Document) -> None:
    """Report the codes in metadata that do not exist, and so ignore nothing."""
    resources = document.data.get("Resources") or {}
    owners = [(("Resources", key), resource) for key, resource in resources.items() if metadata_of(resource)]
    for path, owner in [((), document.data), *owners]:
        for code in sorted(_ignored(owner) - RULES.keys()):
            position = document.locate((*path, "Metadata", "constructs-ebs", "ignore"))
            print(printable(f"{located(file, position)}: {no_such_code(code)}"), file=sys.stderr)


def no_such_code(code: str) -> str:
    """Say that a code does not exist, and which one may be meant."""
    from difflib import get_close_matches

    close = get_close_matches(code, RULES, 1)
    return f"no such code: {code}" + (f"; did you mean {close[0]}?" if close else "")
