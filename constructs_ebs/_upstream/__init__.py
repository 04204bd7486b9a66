"""What stands between our constructs and aws-cdk-lib: reading its values, checking calls, reporting findings.

Nothing here imports aws_cdk before a value of its own is at hand.
"""

from __future__ import annotations

import inspect
import math
import re
import struct
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

from ..core.findings import EbsValidationError, Finding, Path, shown, with_article
from ..core.requests import UNKNOWN
from ..core.rules import find

if TYPE_CHECKING:
    from typing import Protocol

    import aws_cdk as cdk
    import constructs
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_events as events

    class RuleTarget(Protocol):
        """What ``aws_events_targets`` has, and ``events.IRuleTarget``, whose second argument has another name."""

        def bind(self, rule: Any, /) -> events.RuleTargetConfig: ...

    Amount: TypeAlias = cdk.Size | float | cdk.IResolvable
    """A ``Size``, a whole number, or a token of either: jsii types its number tokens as floats."""

_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


def is_token(value: object) -> bool:
    """Whether a value stands for one that only the deployment knows, told without asking jsii where it can be."""
    if isinstance(value, str):
        return bool(_TOKEN.search(value))
    if isinstance(value, float):
        return struct.pack(">d", value)[:2] == b"\xfb\xff"  # how CDK encodes a token as a number
    kind = type(value)  # not the value: reading a property calls into Node
    if kind.__name__ == "InterfaceDynamicProxy":  # jsii's, for what upstream knows by an interface only
        from aws_cdk import Token

        return Token.is_unresolved(value)
    return hasattr(kind, "resolve") and hasattr(kind, "creation_stack")  # IResolvable


def plain(value: object) -> Any:
    """Return a value as an EC2 request has it, ``UNKNOWN`` for a token."""
    if is_token(value):
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)  # jsii has only one kind of number
    return value


def emitted(value: object) -> Any:
    """Return a rate as a template has it: tokens as they are, numbers whole."""
    return value if is_token(value) else plain(value)


def number(value: object) -> Any:
    """Return a number as upstream's typed properties take it: a token as the number that stands for it."""
    if isinstance(value, (int, float)) or not is_token(value):
        return value
    from aws_cdk import Token

    return Token.as_number(value)


def text(value: object) -> Any:
    """Return a string as upstream's typed properties take it: a token as the string that stands for it."""
    if isinstance(value, str) or not is_token(value):
        return value
    from aws_cdk import Token

    return Token.as_string(value)


def price(value: object) -> Any:
    """Return a price as EC2 has it, a string of digits without an exponent, or a token's string."""
    if is_token(value):
        return text(value)
    number = plain(value)
    return format(Decimal(str(number)), "f") if isinstance(number, (int, float)) else number


def timestamp(moment: datetime | cdk.Expiration | None) -> str | None:
    """Return a moment as EC2 has it, in UTC; one without a time zone is UTC on every machine."""
    if moment is None:
        return None
    when = moment if isinstance(moment, datetime) else moment.date
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(length: object) -> float | None:
    """Return the seconds of a Duration or timedelta, None for anything else and for what is not known at synth."""
    if isinstance(length, timedelta):
        return length.total_seconds()
    if not hasattr(type(length), "to_seconds"):
        return None
    duration: Any = length
    return None if duration.is_unresolved() else float(duration.to_seconds(integral=False))


def translate(
    values: Mapping[str, object], names: Mapping[str, str], path: Path = (), label: str = ""
) -> tuple[dict[str, Any], list[Finding]]:
    """Return properties as an EC2 request has them, and those that have the wrong Python type.

    What CDK gives as an object, a volume type or a key, must be one here; the rest the rules judge.
    """
    request: dict[str, Any] = {}
    problems: list[Finding] = []
    for name, value in values.items():
        wrong = None
        if value is None:
            continue
        if isinstance(value, Mapping):
            wrong = "a value or a token, not a dict", "wrap an intrinsic function with Token.as_any"
        elif name == "VolumeType":
            wrong = None if isinstance(value, Enum) else ("an EbsDeviceVolumeType", "use ec2.EbsDeviceVolumeType.GP3")
        elif name == "KmsKeyId" and not _has(value, "key_arn"):
            wrong = "a kms.IKey", "use kms.Key.from_key_arn"
        if wrong:
            prop, (expected, fix) = names.get(name, name), wrong
            problem = find("WrongType", (*path, name), label=label, prop=prop, expected=expected, got=value, fix=fix)
            problems.append(problem)
        if wrong or name == "KmsKeyId":
            request[name] = UNKNOWN
        else:
            request[name] = value.name.lower() if isinstance(value, Enum) else plain(value)
    return request, problems


def mebibytes(value: object) -> Any:
    """Return a Size in MiB; anything else as it is."""
    return _amount(value, "mebibytes") if hasattr(type(value), "to_mebibytes") else value


def gibibytes(value: object) -> Any:
    """Return a Size in GiB; anything else as it is."""
    return _amount(value, "gibibytes") if hasattr(type(value), "to_gibibytes") else value


class _Unreadable:
    def __init__(self, unit: str) -> None:
        self.unit = unit

    def __repr__(self) -> str:
        return f"a Size that holds a token in another unit than Size.{self.unit}"


@lru_cache(maxsize=1024)  # A Size never changes, and each look at one is a call into Node.
def _amount(size: Any, unit: str) -> object:
    from aws_cdk import SizeRoundingBehavior

    try:
        return getattr(size, f"to_{unit}")(rounding=SizeRoundingBehavior.NONE)
    except RuntimeError:  # jsii's, for a token that cannot be converted
        return _Unreadable(unit)


@lru_cache(maxsize=1024)
def size_of_gibibytes(amount: int) -> cdk.Size:
    """Make a Size, once for each amount."""
    from aws_cdk import Size

    return Size.gibibytes(amount)


_JS_ERROR = re.compile(r"^(?:\w+: )?")  # the class of an error of Node's, if it is before its message


def select_subnets(
    vpc: ec2.IVpc | ec2.Vpc, chosen: ec2.SubnetSelection | Mapping[str, Any] | None
) -> tuple[Sequence[Any], str]:
    """Return the subnets of a selection, or why there are none: nothing, before the VPC has been looked up."""
    from aws_cdk import aws_ec2

    selection = aws_ec2.SubnetSelection(**chosen) if isinstance(chosen, Mapping) else chosen
    if selection is None:
        selection = aws_ec2.SubnetSelection()
    if selection.subnets is not None:
        return selection.subnets, "none"
    names = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnet_type")
    try:
        selected = vpc.select_subnets(**{name: getattr(selection, name) for name in names})
    except RuntimeError as error:  # upstream's, for a kind of subnet that the VPC does not have
        return (), _JS_ERROR.sub("none: ", str(error).splitlines()[0])
    return selected.subnets, "" if selected.is_pending_lookup else "none"


def zones_of(subnets: Iterable[ec2.ISubnet]) -> list[str]:
    """Return the Availability Zones of subnets, as far as they are known at synth."""
    return [zone for subnet in subnets if (zone := _zone_of(subnet)) and not is_token(zone)]


def _zone_of(subnet: ec2.ISubnet) -> str | None:
    try:
        return subnet.availability_zone
    except RuntimeError:  # upstream's, for a subnet that was imported by its id
        return None


def bind(
    function: Callable[..., object],
    props: Mapping[str, object],
    judged: Collection[str] = (),
    own: Callable[..., object] | None = None,
) -> list[Finding]:
    """Raise the TypeError that upstream's ``function`` would for these keywords, with a hint at misspellings.

    The keywords of ``own``, which took them, are as near as upstream's. Return those whose value is of a kind that
    jsii could not take, but for the ``judged``, which have rules themselves.
    """
    keywords = _keywords(function)
    for name in props.keys() - keywords.keys():
        from difflib import get_close_matches

        close = get_close_matches(name, keywords | (_keywords(own) if own else {}), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise TypeError(f"{function.__qualname__}() got an unexpected keyword argument {name!r}{hint}")
    required = [name for name, parameter in keywords.items() if parameter.default is parameter.empty]
    missing = [name for name in required if name not in props]
    if missing:
        raise TypeError(f"{function.__qualname__}() missing required keyword arguments: {', '.join(missing)}")
    kinds = {name: str(keywords[name].annotation) for name in props}
    problems = [
        find("KnownAtDeploymentOnly", prop=name, expected="true or false")
        for name, hint in kinds.items()
        if name not in judged and re.search(r"\bbool\b", hint) and is_token(props[name])
    ]
    judged = {name for name in judged if props.get(name) is not None or name not in required}
    return problems + wrong_kinds({name: hint for name, hint in kinds.items() if name not in judged}, props)


def with_texts(function: Callable[..., object], props: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords of upstream's ``function``, tokens as strings where it takes strings."""
    kinds = {name: str(parameter.annotation) for name, parameter in _keywords(function).items()}
    return {name: text(value) if re.search(r"\bstr\b", kinds[name]) else value for name, value in props.items()}


@cache
def _keywords(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name: parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


_STRUCT = re.compile(r"typing\.(?:Dict|Mapping)\[[^\]]*\]|\b(?:dict|Mapping)\[[^\]]*\]|(?<=Literal)\[[^\]]*\]")
_PLAIN: tuple[tuple[type | tuple[type, ...], str, str], ...] = (
    (bool, r"\bbool\b", "true or false"),
    ((int, float), r"\b(?:Number|int|float|Amount)\b", "a number"),
    (str, r"\b(?:str|Literal)\b", "a string"),
)
_LIST = re.compile(r"\bSequence\[")
_CLASS = re.compile(
    r"\b(?!(?:Optional|Union|ForwardRef|Sequence|None|Dict|Mapping|Literal|Number)\b)(?:[A-Z]\w*|datetime|timedelta)\b"
)
_ALIASES: Mapping[str, str] = {"Amount": "Size", "TargetGroup": "ITargetGroup"}
"""The classes behind names of ours in annotations."""
_ANYTHING = ("Any", "RuleTarget", "IResolvable")
"""Names of what classes cannot tell."""
_HOW: Mapping[str, str] = {
    "Duration": "use cdk.Duration.minutes(...)",
    "IKeyPair": "use ec2.KeyPair.from_key_pair_name(...)",
    "ILaunchTemplate": "use ec2.LaunchTemplate.from_launch_template_attributes(...)",
    "IMachineImage": 'use ec2.MachineImage.generic_linux({"us-east-1": "ami-..."}) or from_ssm_parameter(...)',
    "IRole": "use iam.Role.from_role_arn(...)",
    "ISecurityGroup": "use ec2.SecurityGroup.from_security_group_id(...)",
    "IVpc": "use ec2.Vpc.from_lookup(...)",
    "InstanceType": 'use ec2.InstanceType("m7i.large")',
    "SubnetSelection": "use ec2.SubnetSelection(subnet_type=...)",
    "UserData": "use ec2.UserData.custom(...)",
}
"""How to come by an object of CDK's."""


def wrong_kinds(
    annotations: Mapping[str, str], values: Mapping[str, object], path: Path = (), label: str = ""
) -> list[Finding]:
    """Find values of another kind than annotations say: jsii says so only when half is made, or takes them silently.

    NaN and infinity would end the Node process.
    """
    return [
        find("WrongType", (*path, name), label=label, **facts)
        for name, annotation in annotations.items()
        if (facts := _wrong(name, values.get(name), str(annotation), name in values))
    ]


def _wrong(name: str, value: object, annotation: str, given: bool) -> dict[str, Any] | None:
    """Return what is wrong with a value, as facts of a finding."""
    hint, expected, how = _described(annotation)
    a_list = isinstance(value, (list, tuple))
    if value is None:
        missing = given and not re.search(r"None|Optional|Any", hint)
        return {"prop": name, "expected": "given", "got": value, "fix": how} if missing else None
    if not a_list and _LIST.search(hint) and _can_be_judged(hint):
        return {"prop": name, "expected": f"a list, each {expected}", "got": value, "fix": "use [...]"}
    for index, one in enumerate(value) if isinstance(value, (list, tuple)) else [(0, value)]:
        prop = f"{name}[{index}]" if a_list else name
        if isinstance(one, float) and not is_token(one) and not math.isfinite(one):
            return {"prop": prop, "expected": "a finite number", "got": one, "fix": "give a finite number"}
        if not (isinstance(one, Mapping) and hint != annotation) and _is_wrong(one, hint):
            return {"prop": prop, "expected": expected, "got": one, "fix": how}
    return None


def wrong_objects(given: Mapping[str, tuple[object, str, str]]) -> list[Finding]:
    """Find objects of another kind, which ``wrong_kinds`` cannot tell: a value, what such an object has, its kind."""
    wrong = [
        (name, expected, value)
        for name, (value, attribute, expected) in given.items()
        if not isinstance(value, (str, int, float, NoneType)) and not _has(value, attribute)
    ]
    return [find("WrongType", prop=name, expected=kind, got=value, fix="give one") for name, kind, value in wrong]


def wrong_texts(code: str, given: Mapping[str, tuple[object, str, str]]) -> list[Finding]:
    """Find strings of another form: a value, the pattern of what EC2 takes, and that in words."""
    wrong = [
        (name, expected, value)
        for name, (value, pattern, expected) in given.items()
        if isinstance(value, str) and not is_token(value) and not re.fullmatch(pattern, value)
    ]
    return [find(code, prop=name, expected=kind, got=value) for name, kind, value in wrong]


def _has(value: object, attribute: str) -> bool:
    return hasattr(type(value), attribute) or type(value).__name__ == "InterfaceDynamicProxy"


@cache
def _described(annotation: str) -> tuple[str, str, str]:
    """Return an annotation without structs, what it expects in words, and how to come by that."""
    hint = _STRUCT.sub("", annotation)
    words = [words for _, pattern, words in _PLAIN if re.search(pattern, hint)]
    expected = " or ".join([_type_name(hint), *words] if _CLASS.search(hint) or not words else words)
    return hint, expected, _HOW.get(expected.rpartition(" ")[2], f"give {expected}")


def _is_wrong(value: object, hint: str) -> bool:
    for kind, pattern, _ in _PLAIN:
        if isinstance(value, kind):
            return not is_token(value) and not re.search(pattern, hint)
    if value is None or not _can_be_judged(hint):
        return False
    wanted = {_ALIASES.get(name, name) for name in _CLASS.findall(hint)}
    of: Any = type(value)
    kinds = _kinds(of)
    return kinds.isdisjoint(wanted) and "InterfaceDynamicProxy" not in kinds and not is_token(value)


@cache
def _can_be_judged(hint: str) -> bool:
    """Whether an annotation names classes or plain kinds, and nothing that can be anything."""
    return not any(name in _ANYTHING for name in _CLASS.findall(hint)) and bool(
        _CLASS.search(hint) or any(re.search(pattern, hint) for _, pattern, _ in _PLAIN)
    )


@cache
def _kinds(kind: type) -> frozenset[str]:
    """Return the names of a class, of those that it extends, and of the interfaces that jsii knows it to implement."""
    interfaces = [one for base in kind.__mro__ for one in vars(base).get("__jsii_ifaces__", ())]
    return frozenset(one.__name__ for base in (kind, *interfaces) for one in base.__mro__)


def _type_name(hint: str) -> str:
    name = next(iter(_CLASS.findall(hint)), "")
    return with_article(_ALIASES.get(name, name)) if name else "an object of CDK's"


def refuse(scope: constructs.Construct, id: str, findings: Iterable[Finding]) -> list[Finding]:
    """Raise if there are errors, before anything is made; return the warnings."""
    told: dict[tuple[str | None, ...], Finding] = {}
    for finding in findings:  # more than one check may find the same of one property
        told.setdefault((finding.code, finding.label, finding.subject, finding.given), finding)
    errors = [finding for finding in told.values() if finding.severity == "error"]
    if errors:
        node = getattr(scope, "node", None)
        raise EbsValidationError(f"{node.path}/{id}".lstrip("/") if node else shown(id), errors)
    return [*told.values()]


def warn(construct: constructs.Construct, warnings: Iterable[Finding]) -> None:
    """Show warnings on a construct; each can be acknowledged by ``constructs-ebs:`` and its code."""
    from aws_cdk import Annotations

    for finding in warnings:
        Annotations.of(construct).add_warning_v2(f"constructs-ebs:{finding.code}", finding.message)


def require(name: str, wanted_by: str, instead: str = "") -> None:
    """Raise unless aws-cdk-lib has this, which 2.257 brought.

    Raises:
        ImportError: it is older, with what to run.
    """
    import aws_cdk

    if not hasattr(aws_cdk, name):
        from importlib.metadata import version

        found = version("aws-cdk-lib")
        raise ImportError(
            f"{wanted_by} needs aws-cdk-lib 2.257 or newer, found {found}; run: pip install 'aws-cdk-lib>=2.257'"
            + (f", {instead}" if instead else "")
        )
