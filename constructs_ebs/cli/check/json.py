"""The findings of a check as one document for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...core.rules import RULES
from .report import CheckReport, LocatedFinding


def render(report: CheckReport) -> Iterator[str]:
    document = {
        "findings": [_object(entry) for entry in report.findings],
        "unusable": [file._asdict() for file in report.unusable],
        "templates": report.templates,
    }
    yield json.dumps(document, indent=2)


def _object(entry: LocatedFinding) -> dict[str, Any]:
    finding = entry.finding
    line, column = entry.position or (None, None)
    return {
        "file": entry.file,
        "line": line,
        "column": column,
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "subject": entry.subject,
        "logical_id": finding.logical_id,
        "path": finding.path,
        "when": finding.when,
        "source": RULES[finding.code].source,
    }
