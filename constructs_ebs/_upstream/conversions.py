"""Converts sets of arguments: into the properties of an EC2 request, and into the keywords and structs of upstream."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, get_args, get_origin

from ..core.findings import Finding
from ..core.problems import Path
from ..core.requests import UNKNOWN
from ..core.rules import find
from .arguments import WRAP, check_argument
from .hints import hints, is_struct, members_of, snake_case
from .lazy import LazyModule
from .values import number, plain, text

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
else:
    ec2, kms = LazyModule("aws_cdk.aws_ec2"), LazyModule("aws_cdk.aws_kms")

_OBJECTS: Mapping[str, Callable[[], Any]] = {
    "KmsKeyId": lambda: kms.IKey,
    "VolumeType": lambda: ec2.EbsDeviceVolumeType,
}
"""The types of properties that CDK passes as objects, by EC2's names."""


def translate(
    values: Mapping[str, object], names: Mapping[str, str], path: Path = (), label: str = ""
) -> tuple[dict[str, Any], list[Finding]]:
    """Return properties as an EC2 request has them, and findings for those of the wrong Python type.

    A volume type and a key must be CDK's objects; the rules judge the other properties.
    """
    request: dict[str, Any] = {}
    problems: list[Finding] = []
    for name, value in values.items():
        if value is None:
            continue
        prop, at = names.get(name, name), (*path, name)
        if isinstance(value, Mapping):
            expected = "a value or a token, not a dict"
            wrong = [find("WrongType", at, label=label, prop=prop, expected=expected, got=value, fix=WRAP)]
        else:
            wrong = check_argument(prop, value, _OBJECTS[name]() if name in _OBJECTS else Any, at, label)
        if wrong or name == "KmsKeyId":
            request[name] = UNKNOWN
        else:
            request[name] = value.name.lower() if isinstance(value, Enum) and name in _OBJECTS else plain(value)
        problems += wrong
    return request, problems


def as_upstream(function: Callable[..., object], props: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords for upstream's ``function``: tokens become strings where it takes strings, dicts its structs."""
    kinds = hints(function)
    return {name: as_struct(kinds[name], value) for name, value in props.items()}


def as_struct(hint: Any, value: Any) -> Any:
    """Return a value as upstream takes it; a dict, with jsii's names or Python's, becomes jsii's struct."""
    members = members_of(hint)
    if isinstance(value, Mapping):
        for struct in filter(is_struct, members):
            fields = hints(struct.__init__)
            return struct(**{snake_case(key): as_struct(fields[snake_case(key)], item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        of = [get_args(member)[0] for member in members if get_origin(member) is abc.Sequence]
        return [as_struct(of[0], item) for item in value] if of else value
    if str in members:
        return text(value)
    return number(value) if int in members else value
