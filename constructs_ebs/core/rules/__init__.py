"""The rules: what EC2 and CloudFormation refuse or silently change, in one module for each subject.

A rule's function is short, its docstring states the good condition, and it judges only known values. A rule without a
function is applied by the code that reads arguments, a template or an app; it calls ``find``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from .. import limits
from ..actions import ACTIONS, RATE
from ..fleets import Fleet, read_fleet
from ..problems import Path, Problem, Problems, Rule
from ..requests import RATE_EXPECTED, UNKNOWN, Request, RequestedVolume, read
from . import (
    devices,
    encryption,
    estimates,
    images,
    initialization_rate,
    names_and_tags,
    origin,
    schemas,
    shapes,
    size_and_performance,
    spot,
    spot_fleet,
)

if TYPE_CHECKING:
    from types import ModuleType

    from ..findings import Finding


def rules_of(module: ModuleType) -> Iterator[Rule]:
    """Yield the rules of a module: those that decorate its functions, and those without a function."""
    yield from (value for value in vars(module).values() if isinstance(value, Rule))
    yield from getattr(module, "ESTABLISHED_ELSEWHERE", ())


MODULES: Final = (
    initialization_rate,
    size_and_performance,
    encryption,
    origin,
    spot,
    spot_fleet,
    devices,
    images,
    names_and_tags,
    shapes,
    schemas,
    estimates,
)
RULES: Final[Mapping[str, Rule]] = {rule.code: rule for module in MODULES for rule in rules_of(module)}
"""Every rule by its code."""

_ASKED_ABOUT: Final[dict[str | type, list[tuple[Callable[[Any], Problems], Rule]]]] = defaultdict(list)
for _rule in RULES.values():
    if _rule.check is not None:
        for _about in _rule.asked_about:
            _ASKED_ABOUT[_about].append((_rule.check, _rule))


def check_request(
    action: str, params: Mapping[str, Any], *, names: Mapping[str, str] | None = None, region: str | None = None
) -> list[Finding]:
    """Check one EC2 request in EC2's own shape, before it is sent.

    Never raises on odd input: what has the wrong type is a finding.

    Args:
        action: an EC2 action that creates volumes, for example ``"CreateVolume"``.
        params: its parameters, as botocore takes them. ``UNKNOWN`` stands for a value that is not known yet.
        names: what messages call a parameter, where that is not EC2's name.
        region: the Region that the request goes to. Default: unknown, so that zones and snapshots may be of any.

    Returns:
        Errors for what EC2 refuses, warnings for what it silently changes or ignores; empty if it accepts the request
        as it is, as far as can be known without a call to AWS.

    >>> for finding in check_request("CreateVolume", {"Size": 1, "VolumeInitializationRate": 100}):
    ...     print(finding.severity, finding.code)
    error InitializationRateWithoutSnapshot
    """
    found = ACTIONS.get(action) if isinstance(action, str) else None
    if found is None:
        return [shapes.ACTION_UNKNOWN.found(Problem("", {"got": action}))]
    return list(check(read(found, params, names=names, region=region)))


def check_rate(rate: object, name: str) -> list[Finding]:
    """Check a rate by itself, without its volume; ``name`` is what messages call it."""
    if rate is None:  # which a request takes for none
        return [find("WrongType", (RATE,), prop=name, expected=RATE_EXPECTED, got=None, fix=f"use {limits.RATE_MAX}")]
    return check_request("CreateVolume", {"SnapshotId": UNKNOWN, RATE: rate}, names={RATE: name})


def check(request: Request) -> Iterator[Finding]:
    """Check a request that has been read."""
    fleet, misfits = read_fleet(request)
    yield from map(shapes.WRONG_TYPE.found, (*request.misfits, *misfits))
    for volume in request.volumes:
        yield from _ask((RequestedVolume, *volume.values), volume)
    yield from _ask((Request, request.action.name), request)
    if fleet is not None:
        yield from _ask((Fleet,), fleet)


def _ask(about: Iterable[str | type], subject: object) -> Iterator[Finding]:
    for each in about:
        for check_rule, rule in _ASKED_ABOUT.get(each, ()):
            for problem in check_rule(subject):
                yield rule.found(problem)


def find(
    code: str, path: Path = (), names: Mapping[str, str] | None = None, label: str = "", prop: str = "", **facts: Any
) -> Finding:
    """Make a finding of a rule that the caller has found to be broken.

    ``names`` maps properties to what messages call them; ``label`` says which element of a list it is about.
    """
    return RULES[code].found(Problem(prop, facts, path, names or {}, label))
