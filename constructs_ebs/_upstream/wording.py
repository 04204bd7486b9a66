"""Words for messages about types: the type itself, and how to get a value of it."""

from __future__ import annotations

import json
import re
from collections import abc
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from ..core.problems import with_article
from .hints import members_of

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
"""How to get an object of CDK's."""

_UNSAID = ("IResolvable", "NoReturn", "NoneType")
_PLAIN: Mapping[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("a number", "numbers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
}
"""Python's own types in words, for one value and for several."""


def in_words(members: Iterable[Any], several: bool = False) -> str:
    """Return alternatives in words, without tokens and dicts, which stand for plain values and structs."""
    said = [member for member in members if getattr(member, "__name__", "") not in _UNSAID]
    said = [member for member in said if get_origin(member) not in (dict, abc.Mapping)] or said
    *others, last = dict.fromkeys(_words(member, several) for member in said)
    return f"{', '.join(others)} or {last}" if others else last


def _words(hint: Any, several: bool) -> str:
    kind = get_origin(hint) or hint
    inside = [in_words(members_of(argument), several=True) for argument in get_args(hint) if kind is not Literal]
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
    """Return how to get a value of a type, in place of the given one."""
    members = [member for member in members_of(hint) if member is not NoneType]
    kind = get_origin(members[0]) or members[0]
    name, text = getattr(kind, "__name__", ""), json.dumps(value) if isinstance(value, str) else "..."
    if isinstance(kind, type) and issubclass(kind, Sequence) and kind is not str:
        return "use [...]"
    if isinstance(kind, type) and issubclass(kind, Enum):
        module = kind.__module__.removeprefix("aws_").rpartition("aws_")[2]
        alike = [member.name for member in kind if _letters(member.name) == _letters(text)]
        if alike or name not in _HOW:
            return f"use {module}.{name}.{(alike or [*kind.__members__])[0]}"
    return _HOW[name].format(text=text) if name in _HOW else f"give {in_words(members)}"


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
