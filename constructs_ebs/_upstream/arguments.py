"""The arguments of a call, checked by the types that the function names, without a call into Node.

jsii says so only when half is made, in words of its own, or takes them silently: a string for an interface, and NaN,
which ends the Node process.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections import abc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from functools import cache, wraps
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ..core.findings import Finding, Path, with_article
from ..core.requests import UNKNOWN
from ..core.rules import find
from .lazy import LazyModule
from .values import is_token, plain, text

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
else:
    ec2, kms = LazyModule("aws_cdk.aws_ec2"), LazyModule("aws_cdk.aws_kms")

Function = TypeVar("Function", bound=Callable[..., Any])

_OBJECTS: Mapping[str, Callable[[], Any]] = {
    "KmsKeyId": lambda: kms.IKey,
    "VolumeType": lambda: ec2.EbsDeviceVolumeType,
}
"""What CDK gives as an object, by EC2's names."""

_HOW: Mapping[str, str] = {
    "AmiSource": "use AmiSource.snapshots(...) or AmiSource.instance(...)",
    "Duration": "use cdk.Duration.minutes(...)",
    "EbsDeviceVolumeType": "use ec2.EbsDeviceVolumeType.GP3",
    "IKey": "use kms.Key.from_key_arn(...)",
    "IKeyPair": "use ec2.KeyPair.from_key_pair_name(...)",
    "ILaunchTemplate": "use ec2.LaunchTemplate.from_launch_template_attributes(scope, id, launch_template_name={text})",
    "IMachineImage": 'use ec2.MachineImage.generic_linux({{"us-east-1": "ami-..."}}) or from_ssm_parameter(...)',
    "IRole": "use iam.Role.from_role_arn(...)",
    "IRuleTarget": "use aws_events_targets.SqsQueue(...), for example",
    "ISecurityGroup": "use ec2.SecurityGroup.from_security_group_id(...)",
    "IVpc": "use ec2.Vpc.from_lookup(...)",
    "InstanceRequirementsConfig": "use ec2.InstanceRequirementsConfig(v_cpu_count_min=..., memory_min=...)",
    "InstanceType": 'use ec2.InstanceType("m7i.large")',
    "SubnetSelection": "use ec2.SubnetSelection(subnet_type=...)",
    "UserData": "use ec2.UserData.custom(...)",
}
"""How to come by an object of CDK's."""

_UNSAID = ("IResolvable", "NoReturn", "NoneType")
_PLAIN: Mapping[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("a number", "numbers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
}
"""Python's own types in words, for one value and for several."""

hints = cache(get_type_hints)
"""The types that a function or a class names, resolved once, when they are first asked for."""


def check_arguments(
    function: Callable[..., object],
    values: Mapping[str, object],
    judged: Collection[str] = (),
    path: Path = (),
    label: str = "",
) -> list[Finding]:
    """Find the values whose type is another than ``function`` names, but for those ``judged`` by rules of their own."""
    kinds = hints(function)
    judged = {name for name in judged if values.get(name) is not None or NoneType in _members(kinds[name])}
    found = ((name, _problem(name, value, kinds[name])) for name, value in values.items() if name not in judged)
    return [find(path=(*path, name), label=label, **problem) for name, problem in found if problem]


def check_argument(name: str, value: object, hint: Any, path: Path = (), label: str = "") -> list[Finding]:
    """Find what is wrong with the type of one value, which ``path`` leads to in the request, or else its name."""
    problem = _problem(name, value, hint)
    return [find(path=path or (name,), label=label, **problem)] if problem else []


def translate(
    values: Mapping[str, object], names: Mapping[str, str], path: Path = (), label: str = ""
) -> tuple[dict[str, Any], list[Finding]]:
    """Return properties as an EC2 request has them, and those that have the wrong Python type.

    What CDK gives as an object, a volume type or a key, must be one here; the rest the rules judge.
    """
    request: dict[str, Any] = {}
    problems: list[Finding] = []
    for name, value in values.items():
        if value is None:
            continue
        prop, at = names.get(name, name), (*path, name)
        if isinstance(value, Mapping):
            expected, fix = "a value or a token, not a dict", "wrap an intrinsic function with Token.as_any"
            wrong = [find("WrongType", at, label=label, prop=prop, expected=expected, got=value, fix=fix)]
        else:
            wrong = check_argument(prop, value, _OBJECTS[name]() if name in _OBJECTS else Any, at, label)
        if wrong or name == "KmsKeyId":
            request[name] = UNKNOWN
        else:
            request[name] = value.name.lower() if isinstance(value, Enum) else plain(value)
        problems += wrong
    return request, problems


def check_text(
    code: str, name: str, value: object, pattern: str, expected: str = "", fix: str = "correct it"
) -> list[Finding]:
    """Find a string of another form than EC2 takes: a pattern, and that in words."""
    if not isinstance(value, str) or is_token(value) or re.fullmatch(pattern, value):
        return []
    return [find(code, prop=name, expected=expected, got=value, fix=fix)]


def _problem(name: str, value: object, hint: Any) -> dict[str, Any] | None:
    """Return what is wrong with a value, as facts of a finding."""
    members = _members(hint)
    if Any in members:
        return None
    if isinstance(value, float) and not is_token(value) and not math.isfinite(value):
        return _wrong_type(name, "a finite number", value, "give a finite number")
    if bool in members and is_token(value):
        return {"code": "KnownAtDeploymentOnly", "prop": name, "expected": "true or false"}
    problems = [next(_inside(name, value, member), None) for member in members if _takes(member, value)]
    if problems:
        return None if None in problems else problems[0]
    expected = "given" if value is None else _expected(members)
    return _wrong_type(name, expected, value, way_to(hint, value))


def _wrong_type(name: str, expected: str, value: object, fix: str) -> dict[str, Any]:
    return {"code": "WrongType", "prop": name, "expected": expected, "got": value, "fix": fix}


def _inside(name: str, value: Any, hint: Any) -> Iterator[dict[str, Any]]:
    """Yield what is wrong inside a list, a mapping or a struct."""
    origin, arguments = get_origin(hint), get_args(hint)
    items: list[tuple[str, object, Any]] = []
    if _is_struct(hint):
        fields = hints(hint.__init__)
        given = value if isinstance(value, Mapping) else value._values
        for key, item in given.items():
            if snake_case(key) in fields:
                items.append((f"{name}.{snake_case(key)}", item, fields[snake_case(key)]))
            else:
                expected, fix = f"{_expected([hint])}, which has no {key!r}", suggestion(key, fields) or "omit it"
                yield _wrong_type(name, expected, value, fix)
        missing = fields.keys() - (hint.__init__.__kwdefaults__ or {}) - set(map(snake_case, given)) - {"return"}
        items += [(f"{name}.{field}", None, fields[field]) for field in sorted(missing)]
    elif isinstance(value, Mapping) and arguments:
        for key, item in value.items():
            items += [(f"a key of {name}", key, arguments[0]), (f"{name}[{key!r}]", item, arguments[1])]
    elif origin and isinstance(value, Sequence) and not isinstance(value, str) and arguments:
        items = [(f"{name}[{index}]", item, arguments[0]) for index, item in enumerate(value)]
    for item_name, item, item_hint in items:
        if problem := _problem(item_name, item, item_hint):
            yield problem


def _takes(hint: Any, value: object) -> bool:
    """Whether a value is of a type, whatever is inside it."""
    kind = get_origin(hint) or hint
    if kind is Literal:  # the rules know which of its strings EC2 takes
        return any(_takes(type(choice), value) for choice in get_args(hint))
    if kind in (Any, object, NoReturn):
        return kind is not NoReturn
    if kind in (int, float):
        return is_token(value) or (isinstance(value, (int, float)) and not isinstance(value, bool))
    if kind is str or isinstance(value, str):  # which is a Sequence too
        return kind is str and (isinstance(value, str) or is_token(value))
    if _is_protocol(kind):
        return all(hasattr(type(value), name) for name in vars(kind) if not name.startswith("_"))
    if isinstance(value, Mapping) and _is_struct(kind):
        return True
    if hasattr(kind, "__jsii_type__"):
        return not _kinds_of(value).isdisjoint((kind, vars(kind).get("__jsii_type__")))
    return isinstance(value, kind)


def _is_protocol(kind: Any) -> bool:
    """Whether a type is a protocol of ours: those of jsii are known by name."""
    return getattr(kind, "_is_protocol", False) and not hasattr(kind, "__jsii_type__")


def _is_struct(kind: Any) -> bool:
    return hasattr(kind, "__jsii_name_mapping__")


def _kinds_of(value: object) -> frozenset[object]:
    proxy: Any = value  # jsii's, for what upstream returns as an interface
    parts = proxy._delegates if type(value).__name__ == "InterfaceDynamicProxy" else [value]
    return frozenset[object]().union(*map(_kinds, map(type, parts)))


@cache
def _kinds(kind: Any) -> frozenset[object]:
    """Return a class, what it extends and the interfaces that it implements: the classes, and jsii's names of them."""
    interfaces = [interface for base in kind.__mro__ for interface in vars(base).get("__jsii_ifaces__", ())]
    classes = {base for extended in (kind, *interfaces) for base in extended.__mro__}
    names = {vars(base)["__jsii_type__"] for base in classes if "__jsii_type__" in vars(base)}
    return frozenset(classes | names)


@cache
def _members(hint: Any) -> tuple[Any, ...]:
    """Return the types of a union, but for those that another one covers."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if any(map(_is_struct, members)):  # whose form as a dict is known
        members = tuple(member for member in members if get_origin(member) not in (dict, Mapping))
    covered = {
        member
        for member in members
        for other in members
        if member is not other and isinstance(member, type) and other in _kinds(member)
    }
    return tuple(member for member in members if member not in covered)


def _expected(members: Iterable[Any], several: bool = False) -> str:
    """Return alternatives in words; tokens and dicts, which stand for plain values and structs, go without saying."""
    said = [member for member in members if getattr(member, "__name__", "") not in _UNSAID]
    said = [member for member in said if get_origin(member) not in (dict, abc.Mapping)] or said
    *others, last = dict.fromkeys(_words(member, several) for member in said)
    return f"{', '.join(others)} or {last}" if others else last


def _words(hint: Any, several: bool) -> str:
    kind = get_origin(hint) or hint
    inside = [_expected(_members(argument), several=True) for argument in get_args(hint) if kind is not Literal]
    if kind in _PLAIN:
        return _PLAIN[kind][several]
    if kind is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if kind is abc.Mapping or kind is dict:
        return f"a mapping of {' to '.join(inside)}"
    if kind is abc.Sequence:
        return f"a list of {inside[0]}"
    return kind.__name__ if several else with_article(kind.__name__)


def way_to(hint: Any, value: object = None) -> str:
    """Return how to come by a value of a type, in place of the one that was given."""
    members = [member for member in _members(hint) if member is not NoneType]
    kind = get_origin(members[0]) or members[0]
    name, text = getattr(kind, "__name__", ""), json.dumps(value) if isinstance(value, str) else "..."
    if isinstance(kind, type) and issubclass(kind, Sequence) and kind is not str:
        return "use [...]"
    if isinstance(kind, type) and issubclass(kind, Enum):
        module = kind.__module__.removeprefix("aws_").rpartition("aws_")[2]
        alike = [member.name for member in kind if _letters(member.name) == _letters(text)]
        if alike or name not in _HOW:
            return f"use {module}.{name}.{(alike or [*kind.__members__])[0]}"
    return _HOW[name].format(text=text) if name in _HOW else f"give {_expected(members)}"


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def snake_case(name: str) -> str:
    """Return a name of jsii's, or of Python's, as Python has it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return what somebody may have meant by a name that is not known, if anything is near."""
    close = get_close_matches(snake_case(name), known, 1)
    return f"did you mean {close[0]!r}?" if close else ""


def explains(**reasons: str) -> Callable[[Function], Function]:
    """Have calls of a function with an unknown keyword say which one was meant, or for which reason there is none."""

    def explained(function: Function) -> Function:
        parameters = inspect.signature(function).parameters.values()
        named = [parameter for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        known = {parameter.name for parameter in named}
        required = [p.name for p in named if p.kind is p.KEYWORD_ONLY and p.default is p.empty]

        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            subject = type(arguments[0]).__name__ if function.__name__ == "__init__" else function.__qualname__
            for name in keywords.keys() - known:
                reason = reasons.get(name) or suggestion(name, known)
                raise TypeError(f"{subject}() got an unexpected keyword argument {name!r}" + (reason and f"; {reason}"))
            if missing := [name for name in required if name not in keywords]:
                raise TypeError(f"{subject}() missing required keyword arguments: {', '.join(missing)}")
            return function(*arguments, **keywords)

        return cast("Function", call)

    return explained


def as_upstream(function: Callable[..., object], props: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords of upstream's ``function``: tokens as strings where it takes strings, dicts as its structs."""
    kinds = hints(function)
    return {name: as_struct(kinds[name], value) for name, value in props.items()}


def as_struct(hint: Any, value: Any) -> Any:
    """Return a value as upstream takes it: jsii's structs also as dicts, with its own names or Python's."""
    if isinstance(value, Mapping):
        for struct in filter(_is_struct, _members(hint)):
            fields = hints(struct.__init__)
            return struct(**{snake_case(key): as_struct(fields[snake_case(key)], item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        of = [get_args(member)[0] for member in _members(hint) if get_origin(member) is abc.Sequence]
        return [as_struct(of[0], item) for item in value] if of else value
    return text(value) if str in _members(hint) else value


class ConstructorSignature:
    """Has ``inspect.signature`` of a class show its constructor's: jsii's metaclass hides it."""

    def __get__(self, _: object, owner: Any) -> inspect.Signature:
        signature = inspect.signature(owner.__init__)
        return signature.replace(parameters=[*signature.parameters.values()][1:])


def check_known(function: Callable[..., object], arguments: Mapping[str, object], versions: Mapping[str, str]) -> None:
    """Raise for an argument that the installed aws-cdk-lib does not know yet.

    Raises:
        TypeError: it was given; says which version of aws-cdk-lib brought it.
    """
    for name, brought in versions.items():
        if arguments[name] is not None and name not in hints(function):
            from importlib.metadata import version  # which takes longer to load than all of this package

            subject, found = function.__qualname__.partition(".")[0], version("aws-cdk-lib")
            raise TypeError(
                f"{subject}() takes {name!r} with aws-cdk-lib {brought} or newer, found {found}; "
                f"run: pip install 'aws-cdk-lib>={brought}'"
            )
