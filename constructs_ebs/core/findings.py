"""A finding, which is what a check returns, and the error that carries findings."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with a request or a template.

    ``error``: EC2 or CloudFormation refuses it. ``warning``: it is silently changed, ignored, or risky.
    """

    code: str
    """One CamelCase name for one fact; public, the same in errors, findings and reports."""
    severity: Severity
    label: str = ""
    """Which element of a list it is about, such as a device; empty where there is only one."""
    subject: str
    """The property, by the name that the caller has for it."""
    requirement: str
    """What is required of it: ``must be 100 to 300 MiB/s``."""
    given: str | None = None
    """The given value; ``None`` if showing it would not help."""
    advice: str
    """What to do."""
    path: tuple[str | int, ...] = ()
    """Keys into what was given, to the property."""
    logical_id: str | None = None
    """The resource, for templates."""
    when: tuple[str, ...] = ()
    """The conditions under which it holds, for templates; empty: always."""

    @property
    def problem(self) -> str:
        """The message without what to do."""
        label = f"{self.label}: " if self.label else ""
        given = "" if self.given is None else f", got {self.given}"
        when = f" {' and '.join(self.when)}" if self.when else ""
        return f"{label}{self.subject} {self.requirement}{given}{when}"

    @property
    def message(self) -> str:
        """The whole message: the property, what is required of it, what was given, and what to do."""
        return f"{self.problem}; {self.advice}"

    def within(self, label: str) -> "Finding":
        """Return it as one about a part of something that has this label."""
        return self.changed(label=f"{label}: {self.label}" if self.label else label)

    def changed(self, **fields: Any) -> "Finding":
        """Return it with other values in some fields."""
        return replace(self, **fields)


class EbsValidationError(ValueError):
    """Raised for input that EC2 or CloudFormation would refuse at deployment.

    It lists every problem of one construct or call at once; ``findings`` holds them for programs, ``subject`` what they
    are about (a construct's path or a function's name). Nothing was made, unless ``construct_made`` says so.
    """

    __module__ = "constructs_ebs"  # as tracebacks show it, and users catch it

    def __init__(self, subject: str, findings: Iterable[Finding], construct_made: bool = False) -> None:
        self.subject = subject
        self.findings = tuple(findings)
        self.construct_made = construct_made
        """Whether the construct was made and is in the app: a property injector changed it, so what was built was
        checked."""
        super().__init__(subject, self.findings, construct_made)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, in their order."""
        return tuple(finding.code for finding in self.findings)

    def __str__(self) -> str:
        count = len(self.findings)
        ending = "; the construct was made, with what a property injector supplied or changed"
        lines = [f"{self.subject}: {count} problem{'' if count == 1 else 's'}{ending if self.construct_made else ''}"]
        return "\n  ".join([*lines, *(f"{finding.message} [{finding.code}]" for finding in self.findings)])
