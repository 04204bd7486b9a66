"""Checks the types of a call's arguments against the function's annotations, without a call into Node.

jsii reports a wrong type in its own words, when half of the construct is made. Some it does not report: a string in
place of an interface, or NaN, which ends the Node process.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args, get_origin

from ..core.findings import Finding
from ..core.problems import Path
from ..core.rules import find
from .hints import hints, is_protocol, is_struct, kinds_of, may_be_none, members_of, snake_case
from .lazy import LazyModule
from .signatures import suggestion
from .values import is_list_token, is_token
from .wording import in_words, way_to

if TYPE_CHECKING:
    import aws_cdk as cdk
else:
    cdk = LazyModule("aws_cdk")


_A_TOKEN = "${Token[]}"
WRAP = "wrap an intrinsic function with Token.as_any"
"""What to do with a dict in place of a value that may be a token."""


def check_arguments(
    function: Callable[..., object],
    values: Mapping[str, object],
    judged: Collection[str] = (),
    path: Path = (),
    label: str = "",
) -> list[Finding]:
    """Find values whose type is not the one that ``function`` declares, except those that rules have ``judged``."""
    kinds, omissible = hints(function), may_be_none(function)
    unjudged = [name for name, value in values.items() if name not in (omissible if value is None else judged)]
    found = ((name, _problem(name, values[name], kinds[name])) for name in unjudged)
    return [find(path=(*path, name), label=label, **problem) for name, problem in found if problem]


def check_argument(name: str, value: object, hint: Any, path: Path = (), label: str = "") -> list[Finding]:
    """Find what is wrong with the type of one value; ``path`` leads to it in the request. Default: its name."""
    problem = _problem(name, value, hint)
    return [find(path=path or (name,), label=label, **problem)] if problem else []


def check_text(
    code: str, name: str, value: object, pattern: str, expected: str = "", fix: str = "correct it"
) -> list[Finding]:
    """Find a string that does not match the pattern of what EC2 takes; ``expected`` is that pattern in words."""
    if not isinstance(value, str) or is_token(value) or re.fullmatch(pattern, value):
        return []
    return [find(code, prop=name, expected=expected, got=value, fix=fix)]


def _problem(name: str, value: object, hint: Any) -> dict[str, Any] | None:
    """Return what is wrong with a value, as the facts of a finding."""
    if isinstance(value, str) and is_list_token(value):  # CDK would say so without the argument's name
        expected = "one value, not an element of a list that only the deployment knows"
        return _wrong_type(name, expected, value, "use Fn.select(0, ...) of the list")
    members = members_of(hint)
    if Any in members:
        return None
    numeric = int in members or float in members
    if numeric and isinstance(value, float) and not is_token(value) and not math.isfinite(value):
        return _wrong_type(name, "a finite number", value, "give a finite number")
    if bool in members and is_token(value):
        if cdk.IResolvable in members and not isinstance(value, (str, float)):
            return None
        return {"code": "KnownAtDeploymentOnly", "prop": name, "expected": "true or false"}
    problems = [next(_inside(name, value, member), None) for member in members if _takes(member, value)]
    if problems:
        return None if None in problems else problems[0]
    expected = "given" if value is None else in_words(members)
    intrinsic = isinstance(value, Mapping) and any(_takes(member, _A_TOKEN) for member in members)
    return _wrong_type(name, expected, value, WRAP if intrinsic else way_to(hint, value))


def _wrong_type(name: str, expected: str, value: object, fix: str) -> dict[str, Any]:
    return {"code": "WrongType", "prop": name, "expected": expected, "got": value, "fix": fix}


def _inside(name: str, value: Any, hint: Any) -> Iterator[dict[str, Any]]:
    """Yield what is wrong inside a list, a mapping or a struct."""
    if is_struct(hint):
        yield from _inside_struct(name, value, hint)
        return
    items: list[tuple[str, object, Any]] = []
    if isinstance(value, Mapping) and get_args(hint):
        of_keys, of_items = get_args(hint)
        for key, item in value.items():
            items += [(f"a key of {name}", key, of_keys), (f"{name}[{key!r}]", item, of_items)]
    elif isinstance(value, Sequence) and get_args(hint) and not isinstance(value, str):
        [of_items] = get_args(hint)
        if not is_list_token(value) or str not in members_of(of_items):
            items = [(f"{name}[{index}]", item, of_items) for index, item in enumerate(value)]
    for item in items:
        if problem := _problem(*item):
            yield problem


def _inside_struct(name: str, value: Any, struct: Any) -> Iterator[dict[str, Any]]:
    """Yield what is wrong with the properties of a struct, or of a dict in its place."""
    fields = hints(struct.__init__)
    given = {str(key): item for key, item in (value if isinstance(value, Mapping) else value._values).items()}
    for key in given:
        if snake_case(key) not in fields:
            expected = f"{in_words([struct])}, which has no {key!r}"
            yield _wrong_type(name, expected, value, suggestion(key, fields) or "omit it")
    given = {snake_case(key): item for key, item in given.items()}
    required = fields.keys() - (struct.__init__.__kwdefaults__ or {}) - {"return"}
    for field in sorted(fields.keys() & (given.keys() | required)):
        if problem := _problem(f"{name}.{field}", given.get(field), fields[field]):
            yield problem


def _takes(hint: Any, value: object) -> bool:
    """Whether a value is of a type, whatever it contains."""
    kind = get_origin(hint) or hint
    if type(value) is kind:  # as most are
        return True
    if kind is Literal:  # the rules know which of its strings EC2 takes
        return any(_takes(type(choice), value) for choice in get_args(hint))
    if kind in (Any, object, NoReturn):
        return kind is not NoReturn
    if kind in (int, float):
        return is_token(value) or (isinstance(value, (int, float)) and not isinstance(value, bool))
    if kind is str or isinstance(value, str):  # which is a Sequence too
        return kind is str and (isinstance(value, str) or is_token(value))
    if is_protocol(kind):
        return all(hasattr(type(value), name) for name in vars(kind) if not name.startswith("_"))
    if isinstance(value, Mapping) and is_struct(kind):
        return True
    if hasattr(kind, "__jsii_type__"):
        return not kinds_of(value).isdisjoint((kind, vars(kind).get("__jsii_type__")))
    return isinstance(value, kind)
