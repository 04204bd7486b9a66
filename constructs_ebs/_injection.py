"""What a company's property injectors supply and enforce is judged on what was built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from . import _upstream
from ._upstream import resource_reader
from .core.actions import ACTIONS
from .core.cloudformation.evaluate import Evaluator
from .core.findings import EbsValidationError, Finding
from .core.requests import read
from .core.rules import RULES, check

_INCURABLE: Final = ("DeviceNameDuplicate", "InitializationRateOutOfRange", "WrongType")
"""The rules about a request that no injector can satisfy: it gets neither our rate nor a value of the wrong type."""


def refuse(scope: Any, id: str, findings: Iterable[Finding], *, injected: bool) -> list[Finding]:
    """Raise if there are errors, before anything is made; return the warnings.

    Where a property injector applies, only errors that it cannot cure are raised, and warnings about them returned:
    ``check_built`` applies the other rules to what is built.
    """
    return _upstream.refuse(scope, id, [finding for finding in findings if not (injected and _curable(finding))])


def _curable(finding: Finding) -> bool:
    return RULES[finding.code].check is not None and finding.code not in _INCURABLE


def check_built(
    construct: Any, kind: str, action: str, names: Mapping[str, str], region: str | None = None
) -> list[Finding]:
    """Check the resource of a type that was built in a construct, as the request that CloudFormation makes of it."""
    [built] = resource_reader.below(construct, [kind])
    request = Evaluator({}).evaluate(built.properties)
    return list(check(read(ACTIONS[action], request, names=names, lenient=True, region=region)))


def settle(construct: Any, findings: list[Finding]) -> list[Finding]:
    """Return the warnings about what was built.

    Raises:
        EbsValidationError: for the errors; it says that the construct was made.
    """
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise EbsValidationError(construct.node.path, errors, made=True)
    return findings
