"""Intrinsic functions of a deployed template, as far as what is deployed says what they stand for.

What cannot be told is left as it is: an intrinsic function, which no rule judges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from .references import values

_NOTHING: Final = {"Ref": "AWS::NoValue"}


class Deployment(Protocol):
    """What a template asks of its deployment; None is unknown."""

    def parameter(self, name: str) -> str | None: ...
    def reference(self, logical_id: str) -> str | None: ...
    def attribute(self, logical_id: str, name: str) -> str | None: ...
    def imported(self, name: str) -> str | None: ...


def resolve(template: Mapping[str, Any], deployment: Deployment) -> Mapping[str, Any]:
    """Return a template whose resources have the values of their deployment."""
    return {**template, "Resources": _Resolver(template, deployment).value(template.get("Resources"))}


class _Resolver:
    def __init__(self, template: Mapping[str, Any], deployment: Deployment) -> None:
        self.template, self.deployment = template, deployment
        self.functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self.ref,
            "Condition": self.condition,
            "Fn::If": self.if_,
            "Fn::Equals": self.equals,
            "Fn::And": lambda raw: self.every(raw, False),
            "Fn::Or": lambda raw: self.every(raw, True),
            "Fn::Not": lambda raw: None if (one := self.truth(raw[0])) is None else not one,
            "Fn::FindInMap": self.find_in_map,
            "Fn::GetAtt": self.get_att,
            "Fn::ImportValue": lambda raw: self.deployment.imported(self.text(raw)),
            "Fn::Join": lambda raw: raw[0].join(map(self.text, self.value(raw[1]))),
            "Fn::Select": lambda raw: self.value(raw[1])[int(self.text(raw[0]))],
            "Fn::Split": lambda raw: self.text(raw[1]).split(raw[0]),
            "Fn::Sub": self.sub,
        }
        self.conditions: dict[str, bool | None] = {}

    def value(self, raw: Any) -> Any:
        if isinstance(raw, list):
            return [one for one in map(self.value, raw) if one != _NOTHING]
        if not isinstance(raw, Mapping):
            return raw
        if len(raw) == 1:
            key, argument = next(iter(raw.items()))
            if key in self.functions and not (key == "Condition" and not isinstance(argument, str)):
                try:
                    found = self.functions[key](argument)
                except (_UnknownError, TypeError, ValueError, LookupError, AttributeError):
                    found = None  # it is not what CloudFormation takes, or something in it is not known
                return raw if found is None else found
        return {key: one for key, one in ((key, self.value(one)) for key, one in raw.items()) if one != _NOTHING}

    def text(self, raw: Any) -> str:
        value = self.value(raw)
        if isinstance(value, (Mapping, list)) or value is None:
            raise _UnknownError
        return str(value).lower() if isinstance(value, bool) else str(value)

    def truth(self, raw: Any) -> bool | None:
        value = self.value(raw)
        return value if isinstance(value, bool) else None

    def ref(self, name: str) -> Any:
        declared = next(values(self.template, ("Parameters", name)), None)
        if declared is None:
            return self.deployment.reference(name)
        if str(declared.get("NoEcho")).lower() == "true":  # CloudFormation shows **** for it
            return None
        value = self.deployment.parameter(name)
        listed = value is not None and re.search("List<|CommaDelimitedList", str(declared.get("Type")))
        return [one.strip() for one in str(value).split(",")] if listed else value

    def condition(self, name: str) -> bool | None:
        if name not in self.conditions:
            self.conditions[name] = None  # one that refers to itself is unknown
            self.conditions[name] = self.truth(next(values(self.template, ("Conditions", name)), None))
        return self.conditions[name]

    def if_(self, raw: Any) -> Any:
        name, yes, no = raw
        holds = self.condition(name)
        return None if holds is None else self.value(yes if holds else no)

    def equals(self, raw: Any) -> bool:
        one, other = map(self.text, raw)
        return one == other

    def every(self, raw: Any, decides: bool) -> bool | None:
        """And and Or: one value decides, and else all must be known."""
        truths = [self.truth(one) for one in raw]
        return decides if decides in truths else None if None in truths else not decides

    def find_in_map(self, raw: Any) -> Any:
        name, first, second = map(self.text, raw[:3])
        return self.template["Mappings"][name][first][second]

    def get_att(self, raw: Any) -> str | None:
        logical_id, name = raw.split(".", 1) if isinstance(raw, str) else raw
        return self.deployment.attribute(logical_id, self.text(name))

    def sub(self, raw: Any) -> str:
        text, given = (raw, {}) if isinstance(raw, str) else raw

        def replaced(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in given:
                return self.text(given[name])
            return self.text({"Fn::GetAtt": name} if "." in name else {"Ref": name})

        return re.sub(r"\$\{([^}]*)\}", replaced, text)


class _UnknownError(Exception):
    """Something in an intrinsic function is not known."""
