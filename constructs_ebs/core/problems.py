"""A rule with its wording, a problem, which is where a rule is broken, and how messages show values.

A rule's texts name properties in braces by EC2's name, and the caller decides how they are shown:
``{VolumeSize}`` is ``Size`` in CreateVolume and ``volume_size`` in a ``BlockDevice``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from .findings import Finding, Severity

Path = tuple[str | int, ...]
"""Keys into what was given."""


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


class Rule:
    """What a code stands for: how it is worded, where AWS says so, and the function that finds where it is broken.

    Its parts are those of a ``Finding``, with facts to fill in.
    """

    asked_about: tuple[str | type, ...] = ()
    """What the function is asked about: every request, those of an action, or volumes with a property."""
    check: Callable[[Any], Problems] | None = None
    """``None``: whoever reads a construct's arguments, a template or an app finds it."""

    def __init__(
        self,
        code: str,
        requirement: str,
        advice: str,
        source: str,
        *,
        severity: "Severity" = "error",
        subject: str = "{prop}",
        given: str | None = "{got}",
    ) -> None:
        """``source`` is AWS's page about it."""
        self.severity: Severity = severity
        self.code, self.source = code, source
        self.subject, self.requirement, self.given, self.advice = subject, requirement, given, advice

    def of(self, *asked_about: str | type) -> Callable[[Callable[[Any], Problems]], "Rule"]:
        """Decorate the function that is asked about this."""

        def decorate(check: Callable[[Any], Problems]) -> Rule:
            self.asked_about, self.check = asked_about, check
            return self

        return decorate

    def found(self, problem: Problem) -> "Finding":
        """Word a finding."""
        from .findings import Finding  # a dataclass: they take as long to import as Python to start

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
        if type(value).__name__ == "InterfaceDynamicProxy":  # jsii's, for what upstream returns as an interface
            proxy: Any = value
            return with_article(type(proxy._delegates[-1]).__name__.strip("_").removesuffix("Proxy"))
        if an_object := re.fullmatch(_OBJECT, text):
            text = with_article(an_object[1])
    except Exception:  # a value of the user's own class, whatever it does
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."
