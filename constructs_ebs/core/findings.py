"""What a check says: a rule with its wording, a finding, and the error that carries findings.

A rule's texts name properties in braces by EC2's name, and whoever asks decides how they are shown:
``{VolumeSize}`` is ``Size`` in CreateVolume and ``volume_size`` in a ``BlockDevice``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from enum import Enum
from typing import Any, Final, Literal, NamedTuple

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]


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
    """The property, by the name that whoever asked has for it."""
    requirement: str
    """What is required of it: ``must be 100 to 300 MiB/s``."""
    given: str | None = None
    """What was given; ``None`` where that says nothing."""
    advice: str
    """What to do."""
    path: Path = ()
    """Keys into what was given, to the property."""
    logical_id: str | None = None
    """The resource, for templates."""
    when: tuple[str, ...] = ()
    """The conditions under which it holds, for templates; empty: always."""

    @property
    def problem(self) -> str:
        """All that the message says, but for what to do."""
        label = f"{self.label}: " if self.label else ""
        given = "" if self.given is None else f", got {self.given}"
        when = f" {' and '.join(self.when)}" if self.when else ""
        return f"{label}{self.subject} {self.requirement}{given}{when}"

    @property
    def message(self) -> str:
        """What it is about, what is required, what was given, what to do."""
        return f"{self.problem}; {self.advice}"

    def within(self, label: str) -> "Finding":
        """Return it as one about a part of something that has this label."""
        return replace(self, label=f"{label}: {self.label}" if self.label else label)


class EbsValidationError(ValueError):
    """Raised for input that EC2 or CloudFormation would refuse at deployment.

    It lists every problem of one construct or call at once; ``findings`` holds them for programs, ``subject`` what they
    are about (a construct's path or a function's name).
    """

    __module__ = "constructs_ebs"  # as tracebacks show it, and users catch it

    def __init__(self, subject: str, findings: Iterable[Finding]) -> None:
        self.subject = subject
        self.findings = tuple(findings)
        super().__init__(subject, self.findings)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, in their order."""
        return tuple(finding.code for finding in self.findings)

    def __str__(self) -> str:
        count = len(self.findings)
        lines = [f"{self.subject}: {count} problem{'' if count == 1 else 's'}"]
        return "\n  ".join([*lines, *(f"{finding.message} [{finding.code}]" for finding in self.findings)])


class Problem(NamedTuple):
    """Where a rule is broken, and the facts that its texts need."""

    prop: str
    """The property as it is shown, for most rules their subject."""
    facts: Mapping[str, Any] = {}
    path: Path = ()
    names: Mapping[str, str] = {}
    """How other properties are shown, by EC2's names."""
    label: str = ""


Problems = Iterator[Problem]


@dataclass(frozen=True, eq=False)
class Rule:
    """What a code stands for: how it is worded, where AWS says so, and the function that finds where it is broken.

    Its parts are those of a ``Finding``, with facts to fill in.
    """

    code: str
    requirement: str
    advice: str
    source: str
    """AWS's page about it."""
    _: KW_ONLY
    severity: Severity = "error"
    subject: str = "{prop}"
    given: str | None = "{got}"
    asked_about: tuple[str | type, ...] = ()
    """What the function is asked about: every request, those of an action, or volumes with a property."""
    check: Callable[[Any], Problems] | None = None
    """``None``: whoever reads a construct's arguments, a template or an app finds it."""

    def of(self, *asked_about: str | type) -> Callable[[Callable[[Any], Problems]], "Rule"]:
        """Decorate the function that is asked about this."""
        return lambda check: replace(self, asked_about=asked_about, check=check)

    def found(self, problem: Problem) -> Finding:
        """Word a finding."""
        facts = {name: shown(value) if name == "got" else _clamped(value) for name, value in problem.facts.items()}
        words = _Words(problem.names, prop=problem.prop, **facts)
        return Finding(
            code=self.code,
            severity=self.severity,
            label=problem.label,
            subject=self.subject.format_map(words),
            requirement=self.requirement.format_map(words),
            given=None if self.given is None else self.given.format_map(words),
            advice=self.advice.format_map(words),
            path=problem.path,
        )


class _Words(dict[str, Any]):
    """Facts to fill in, where a property without a name of the asker's goes by EC2's."""

    def __missing__(self, key: str) -> str:
        return key


def _clamped(value: Any) -> Any:
    """Return a number that can be written out: Python refuses integers of more than 4,300 digits."""
    return max(min(value, 10**18), -(10**18)) if isinstance(value, int) else value


_OBJECT: Final = r"<(?:[\w<>]+\.)*(\w+) object at 0x\w+>"  # what Python shows of most objects


def with_article(name: str) -> str:
    """Return a class's name with its article."""
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"


def shown(value: object) -> str:
    """Show a value that was given, briefly: input may be of any size."""
    try:
        if isinstance(value, (list, tuple, dict, set)) and value and not hasattr(value, "_fields"):
            return f"a {type(value).__name__} of {len(value)}"
        text = str(value) if isinstance(value, Enum) else repr(value)
        if an_object := re.fullmatch(_OBJECT, text):
            text = with_article(an_object[1])
    except Exception:  # a value of the user's own class, whatever it does
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."
