"""Judges a resource in each branch of its conditions, and finds the conditions under which each finding holds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..problems import Path
from .evaluate import Evaluator, OtherValue, term
from .parameters import allowed_values, is_of_parameter_store, is_scalar

if TYPE_CHECKING:
    from ..findings import Finding

Judge = Callable[[Any], Iterable["Finding"]]
"""Judges the evaluated properties of a resource; the paths of its findings lead into these."""

_BRANCHES: Final = 64  # What would make more branches of a resource than that stays unknown.
_CHOICES: Final = 8  # A parameter with more values than that stays unknown.
_DEFAULTS: Final = 5  # Of more defaults than that, it is not told which one brings a finding about.

_Key = tuple[str, Path, int]
"""Findings of one code at one place are the same finding in all branches; a number tells apart several in a branch."""

_Truths = tuple[bool | None, ...]
"""Whether each condition holds that a resource mentions; ``None`` if unknown."""


class _Branch(NamedTuple):
    """The findings under one assignment of values to the terms in a resource's conditions."""

    conditions: _Truths
    findings: Mapping[_Key, "Finding"]


def judge_branches(
    evaluator: Evaluator, resource: Mapping[str, Any], raw: object, path: Path, judge: Judge
) -> list["Finding"]:
    """Judge the properties of a resource in each branch that its template allows.

    A finding that holds in some branches only lists the conditions in ``when``. A finding that depends on the default
    of a parameter is a warning that says so.

    Args:
        evaluator: knows what is certain.
        resource: the resource.
        raw: its properties, as the template has them.
        path: where they stand; the findings' paths begin with it.
        judge: what judges them.
    """
    value = evaluator.evaluate(raw)
    own = resource.get("Condition")
    branching = _Branching(evaluator, own if isinstance(own, str) else None, raw, path, judge)
    if branching.names or branching.choices or branching.defaults:
        certain = branching.certain({})
        return [*certain.values(), *branching.by_default(certain)]
    return [_located(finding, evaluator, raw, path) for finding in judge(value)]


class _Branching:
    """The branches of one resource."""

    def __init__(self, evaluator: Evaluator, own: str | None, raw: object, path: Path, judge: Judge) -> None:
        self.evaluator, self.own, self.raw, self.path, self.judge = evaluator, own, raw, path, judge
        self.names = sorted(evaluator.conditions_used)
        """The conditions that the properties mention."""
        parameters = [name for name in sorted(evaluator.parameters_used) if not _is_given(evaluator, name)]
        self.choices = {
            f"Ref {name}": allowed
            for name in parameters
            if 1 < len(allowed := allowed_values(evaluator.parameters[name])) <= _CHOICES
        }
        """The values of parameters that stand in the properties, where there are few."""
        self.defaults = dict(self._defaults(parameters))
        """The defaults of parameters that matter to the resource."""

    def certain(self, assumed: Mapping[str, Any]) -> dict[_Key, "Finding"]:
        """Return what is found whatever values parameters get, as long as some conditions hold."""
        branches = [*self._branches(self.evaluator.assuming(assumed))]
        together: dict[_Truths, list[_Branch]] = {}
        for branch in branches:
            together.setdefault(branch.conditions, []).append(branch)
        found: dict[_Key, Finding] = {}
        for key, finding in (item for branch in branches for item in branch.findings.items()):
            if key in found:
                continue
            holding = [
                conditions for conditions, alike in together.items() if all(key in branch.findings for branch in alike)
            ]
            if holding:
                found[key] = finding.changed(when=self._when(holding, [*together]))
        return found

    def by_default(self, certain: Mapping[_Key, "Finding"]) -> Iterator["Finding"]:
        """Yield the findings that hold if parameters keep their defaults."""
        defaults = self.defaults
        known: dict[frozenset[str], Mapping[_Key, Finding]] = {}

        def found_with(names: Iterable[str]) -> Mapping[_Key, "Finding"]:
            chosen = frozenset(names)
            if chosen not in known:
                known[chosen] = self.certain({f"Ref {name}": defaults[name] for name in chosen})
            return known[chosen]

        for key in found_with(defaults) if defaults else ():
            if key in certain:
                continue
            blamed = [*defaults]
            for name in defaults if len(defaults) <= _DEFAULTS else ():
                others = [other for other in blamed if other != name]
                if key in found_with(others):
                    blamed = others
            finding = found_with(blamed)[key]
            plural = "s" if len(blamed) > 1 else ""
            reason = f"with the default{plural} of parameter{plural} {' and '.join(blamed)}"
            yield finding.changed(severity="warning", when=(reason, *finding.when))

    def _branches(self, evaluator: Evaluator) -> Iterator[_Branch]:
        for assignment in self._assignments(evaluator):
            branch = evaluator.assuming(assignment)
            if self.own is not None and branch.condition(self.own) is False:
                continue
            value, findings = branch.evaluate(self.raw), {}
            for finding in self.judge(value):
                found = _located(finding, branch, self.raw, self.path)
                key, number = (found.code, found.path), 0
                while (*key, number) in findings:
                    number += 1
                findings[(*key, number)] = found
            yield _Branch(tuple(map(branch.condition, self.names)), findings)

    def _assignments(self, evaluator: Evaluator) -> Iterator[Mapping[str, Any]]:
        """Yield all combinations of values for the terms in conditions, and for parameters with few allowed values."""
        domains: dict[str, Sequence[Any]] = {}
        for name, domain in self._domains(evaluator):
            if len(domain) * prod(map(len, domains.values())) <= _BRANCHES:
                domains.setdefault(name, domain)
        for values in product(*domains.values()):
            yield dict(zip(domains, values, strict=True))

    def _domains(self, evaluator: Evaluator) -> Iterator[tuple[str, Sequence[Any]]]:
        asked: dict[str, list[Any]] = {}
        names = [*self.names, self.own] if self.own is not None else self.names
        for name in names:
            if evaluator.condition(name) is None:
                _ask({"Condition": name}, evaluator, asked, set())
        for name, constants in asked.items():
            parameter = evaluator.parameters.get(name.removeprefix("Ref "))
            allowed = allowed_values(parameter) if isinstance(parameter, Mapping) else []
            if constants == [True, False]:
                yield name, constants
            elif 0 < len(allowed) <= _CHOICES:
                yield name, allowed
            else:
                yield name, [*dict.fromkeys(constants), OtherValue(constants)]
        yield from ((name, allowed) for name, allowed in self.choices.items() if name not in evaluator.assumed)

    def _defaults(self, parameters: Sequence[str]) -> Iterator[tuple[str, Any]]:
        asked: dict[str, list[Any]] = {}
        for name in self.names:
            _ask({"Condition": name}, self.evaluator, asked, set())
        terms = (name.removeprefix("Ref ") for name in asked if name.startswith("Ref "))
        for name in dict.fromkeys([*parameters, *terms]):
            declared = self.evaluator.parameters.get(name)
            if not isinstance(declared, Mapping) or is_of_parameter_store(declared):
                continue
            if is_scalar(declared.get("Default")) and not _is_given(self.evaluator, name):
                yield name, declared["Default"]

    def _when(self, holding: Sequence[_Truths], possible: Sequence[_Truths]) -> tuple[str, ...]:
        """Return the fewest conditions of the first branch that are sufficient for the finding."""
        needed = dict(enumerate(holding[0]))
        for index in [*needed]:
            fewer = {other: value for other, value in needed.items() if other != index}
            if all(truths in holding for truths in possible if _fits(truths, fewer)):
                needed = fewer
        known = [(self.names[index], value) for index, value in needed.items() if value is not None]
        return tuple(f"if condition {name} is {str(value).lower()}" for name, value in known)


def _ask(raw: object, evaluator: Evaluator, asked: dict[str, list[Any]], seen: set[str], depth: int = 0) -> None:
    """Note the terms that decide a condition, each with the values that it is compared with, or true and false."""
    if not isinstance(raw, Mapping) or len(raw) != 1 or depth > _BRANCHES:
        return
    [(key, argument)] = raw.items()
    operands = argument if isinstance(argument, (list, tuple)) else ()
    if key == "Condition" and isinstance(argument, str) and argument in evaluator.expressions:
        if argument not in seen:
            seen.add(argument)
            _ask(evaluator.expressions[argument], evaluator, asked, seen, depth + 1)
    elif key in ("Fn::And", "Fn::Or", "Fn::Not"):
        for operand in operands:
            _ask(operand, evaluator, asked, seen, depth + 1)
    elif key == "Fn::Equals" and len(operands) == 2:
        sides = [evaluator.side(operand) for operand in operands]
        constants = [side for side in sides if isinstance(side, str)]
        if len(constants) == 1 and (name := term(operands[isinstance(sides[0], str)])):
            asked.setdefault(name, []).extend(constants)
        elif not constants and (name := term(raw)):
            asked[name] = [True, False]
    elif name := term(raw):
        asked[name] = [True, False]


def _is_given(evaluator: Evaluator, name: str) -> bool:
    """Whether a parent stack or the deployment gives a parameter its value, so that its default does not matter."""
    return evaluator.surroundings.parameter(name) is not None


def _fits(truths: _Truths, needed: Mapping[int, bool | None]) -> bool:
    return all(truths[index] is value for index, value in needed.items())


def _located(finding: "Finding", evaluator: Evaluator, raw: object, path: Path) -> "Finding":
    """Return a finding whose path leads into the template itself."""
    return finding.changed(path=path + evaluator.origin(raw, finding.path[len(path) :]))
