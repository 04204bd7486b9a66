"""Evaluates the intrinsic functions of a template, under assumptions about its parameters and conditions.

An evaluated value is plain, ``None`` where ``AWS::NoValue`` removes it, ``UNKNOWN`` where only the deployment knows it,
and ``MAYBE`` where only the deployment knows whether there is one. An object to which the deployment may add
properties is ``Open``. A template may hold anything anywhere: what CloudFormation does not take is unknown.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn

from ..problems import Path
from ..requests import MAYBE, UNKNOWN, Open, Unknown
from .parameters import allowed_values, is_list, is_scalar
from .paths import section

_DEPTH: Final = 40  # Values nested deeper than that are unknown.
_PLAIN: Final = (int, bool, float, type(None))
_CONDITIONS: Final = ("Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or")


class Surroundings:
    """Answers what a template refers to outside itself; this base class knows nothing."""

    def parameter(self, name: str) -> Any:  # noqa: ARG002
        """Return the value that a parameter gets, ``None`` if it gets none."""
        return None

    def reference(self, name: str) -> Any:  # noqa: ARG002
        """Return what ``Ref`` returns for a resource or a pseudo parameter."""
        return UNKNOWN

    def attribute(self, logical_id: str, name: str) -> Any:  # noqa: ARG002
        """Return an attribute of a resource."""
        return UNKNOWN

    def imported(self, name: str) -> Any:  # noqa: ARG002
        """Return the value that another stack exports by this name."""
        return UNKNOWN


class OtherValue(Unknown):
    """Stands for every value with which no condition compares."""

    def __init__(self, excluded: Iterable[str]) -> None:
        super().__init__(str(UNKNOWN))
        self.excluded = frozenset(excluded)


class Evaluator:
    """Evaluates the values of one template under some assumptions."""

    def __init__(
        self, template: object, surroundings: Surroundings | None = None, assumed: Mapping[str, Any] | None = None
    ) -> None:
        self.template = template
        self.surroundings = surroundings or Surroundings()
        self.assumed = assumed or {}
        """Values of terms: of parameters, and of comparisons that nothing else decides (see ``term``)."""
        self.parameters = section(template, "Parameters")
        self.expressions = section(template, "Conditions")
        self.conditions_used: set[str] = set()
        self.parameters_used: set[str] = set()
        """What the value that was evaluated last depends on, without parameters that may have any value."""
        self._deciding = 0  # conditions, each for another
        self._conditions: dict[str, bool | None] = {}
        self._evaluated: dict[int, Any] = {}
        self._results: dict[int, tuple[object, Any, set[str], set[str]]] = {}
        """By the id of a part, which has to live as long: itself, its value, and what that depends on."""

    def assuming(self, assumed: Mapping[str, Any]) -> "Evaluator":
        """Return an evaluator of the same template that assumes more."""
        return Evaluator(self.template, self.surroundings, {**self.assumed, **assumed})

    def evaluate(self, raw: object) -> Any:
        """Return the value of a part of the template."""
        result = self._results.get(id(raw))
        if result is None:
            self._evaluated = {}
            self.conditions_used, self.parameters_used = set(), set()
            try:
                value = self._value(raw, 0)
            except RecursionError:
                value = MAYBE
            result = self._results[id(raw)] = raw, value, self.conditions_used, self.parameters_used
        _, value, self.conditions_used, self.parameters_used = result
        return value

    def origin(self, raw: object, path: Path) -> Path:
        """Return the path in the template itself that belongs to a path in its evaluated value."""
        found: list[str | int] = []
        for key in (*path, None):
            while (branch := self._branch(raw)) is not None:
                found += ["Fn::If", branch]
                raw = raw["Fn::If"][branch]  # type: ignore[index]  # as _branch has seen
            if key is None:
                break
            found.append(key)
            try:
                raw = raw[key]  # type: ignore[index]
            except (TypeError, LookupError):
                raw = None
        return tuple(found)

    def _branch(self, raw: object) -> int | None:
        """Return the index of the branch that an ``Fn::If`` takes."""
        if not isinstance(raw, Mapping) or len(raw) != 1 or not _is_if(raw.get("Fn::If")):
            return None
        holds = self.condition(raw["Fn::If"][0])
        return None if holds is None else 1 if holds else 2

    def _value(self, raw: Any, depth: int) -> Any:
        if isinstance(raw, str):
            return UNKNOWN if "{{resolve:" in raw else raw  # a dynamic reference
        listed = isinstance(raw, (list, tuple))
        if not listed and type(raw) is not dict and not isinstance(raw, Mapping):
            return raw
        evaluated = self._evaluated
        if id(raw) not in evaluated:
            if depth > _DEPTH:
                return MAYBE
            evaluated[id(raw)] = self._list(raw, depth + 1) if listed else self._object(raw, depth + 1)
        return evaluated[id(raw)]

    def _list(self, raw: Sequence[Any], depth: int) -> Sequence[Any]:
        """Evaluate a list; a removed element leaves ``None``, so that every element keeps its index."""
        values = [self._value(element, depth) for element in raw]
        for value, element in zip(values, raw, strict=True):
            if value is not element:
                return values
        return raw

    def _object(self, raw: Mapping[Any, Any], depth: int) -> Any:
        if len(raw) == 1:
            [(key, argument)] = raw.items()
            if _is_intrinsic(key, argument):
                return self._function(raw, key, argument, depth)
        return self._members(raw, depth)

    def _members(self, raw: Mapping[Any, Any], depth: int) -> Mapping[Any, Any]:
        """Evaluate the members of an object; an object without intrinsic functions is returned as it is."""
        changed: dict[Any, Any] = {}
        for key, item in raw.items():
            if type(key) is str and key[:4] == "Fn::":  # Fn::Transform and Fn::ForEach stand beside properties
                others = {key: item for key, item in raw.items() if str(key)[:4] != "Fn::"}
                return Open(self._members(others, depth))
            if (type(item) is str and "{{" not in item) or type(item) in _PLAIN:
                continue
            value = self._value(item, depth)
            if value is not item:
                changed[key] = value
        if not changed:
            return raw
        values = {**raw, **changed}
        return {key: value for key, value in values.items() if value is not None or key not in changed}

    def _function(self, raw: Mapping[Any, Any], key: str, argument: Any, depth: int) -> Any:
        """Evaluate an intrinsic function; one that CloudFormation would not accept is unknown."""
        if key in _CONDITIONS:
            holds = self.truth(raw, depth)
            return UNKNOWN if holds is None else holds
        function = _FUNCTIONS.get(key)
        try:
            return function(self, argument, depth) if function else UNKNOWN
        except (_UnknownError, TypeError, ValueError, LookupError, AttributeError):
            return UNKNOWN

    def _text(self, raw: Any, depth: int) -> str:
        return _text_of(self._value(raw, depth))

    # References

    def _ref(self, name: Any, _: int) -> Any:
        if name == "AWS::NoValue":
            return None
        declared = self.parameters.get(name)
        if isinstance(declared, Mapping) and ("Default" in declared or "AllowedValues" in declared):
            self.parameters_used.add(name)
        value = self.assumed.get(f"Ref {name}")
        if value == "" and not self._deciding:  # it is there to be filled in
            return UNKNOWN
        if value is None and isinstance(declared, Mapping):
            value = self._parameter(name, declared)
        elif value is None:
            value = self.surroundings.reference(name)
        listed = isinstance(value, str) and isinstance(declared, Mapping) and is_list(declared)
        return [element.strip() for element in value.split(",")] if listed else value

    def _parameter(self, name: str, declared: Mapping[str, Any]) -> Any:
        """Return a parameter's value if it is certain."""
        if str(declared.get("NoEcho")).lower() == "true":  # CloudFormation shows **** for it
            return UNKNOWN
        given = self.surroundings.parameter(name)
        if given is None and len(allowed := allowed_values(declared)) == 1:
            return allowed[0]
        return UNKNOWN if given is None else given

    def _get_att(self, argument: Any, depth: int) -> Any:
        logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
        return self.surroundings.attribute(self._text(logical_id, depth), self._text(name, depth))

    def _import(self, argument: Any, depth: int) -> Any:
        return self.surroundings.imported(self._text(argument, depth))

    def _find_in_map(self, argument: Any, depth: int) -> Any:
        default = argument[-1].get("DefaultValue") if isinstance(argument[-1], Mapping) else None
        values = [self._value(key, depth) for key in argument[:3]]
        mappings = section(self.template, "Mappings")
        if not any(isinstance(value, Unknown) for value in values):
            name, first, second = map(_text_of, values)
            found = section(mappings.get(name), first).get(second)
            if found is not None:
                return self._value(found, depth)
            if default is not None and name in mappings:
                return self._value(default, depth)
        otherwise = UNKNOWN if default is None else self._value(default, depth)
        return MAYBE if otherwise is None or otherwise is MAYBE else UNKNOWN

    # Conditions

    def condition(self, name: str, depth: int = 0) -> bool | None:
        """Return whether a condition holds, ``None`` where only the deployment knows."""
        if name not in self._conditions:
            self._conditions[name] = None  # one that refers to itself is unknown
            used, self.parameters_used = self.parameters_used, set()
            self._deciding += 1
            expression = self.expressions.get(name)
            holds = self.assumed.get(f"Condition {name}") if expression is None else self.truth(expression, depth)
            self._conditions[name] = holds
            self._deciding -= 1
            self.parameters_used = used
        return self._conditions[name]

    def truth(self, raw: Any, depth: int = 0) -> bool | None:
        """Return whether an expression of conditions holds, ``None`` where only the deployment knows."""
        if isinstance(raw, bool):
            return raw
        if depth > _DEPTH or not isinstance(raw, Mapping) or len(raw) != 1:
            return None
        [(key, argument)] = raw.items()
        if key == "Condition" and isinstance(argument, str):
            return self.condition(argument, depth + 1)
        if key in ("Fn::And", "Fn::Or") and isinstance(argument, (list, tuple)):
            decides = key == "Fn::Or"
            truths = [self.truth(each, depth + 1) for each in argument]
            return decides if decides in truths else None if None in truths else not decides
        if key == "Fn::Not" and isinstance(argument, (list, tuple)) and len(argument) == 1:
            holds = self.truth(argument[0], depth + 1)
            return None if holds is None else not holds
        if key == "Fn::Equals" and isinstance(argument, (list, tuple)) and len(argument) == 2:
            return self._equals(raw, argument, depth + 1)
        return self.assumed.get(term(raw)) if self.assumed else None

    def _equals(self, raw: Mapping[str, Any], sides: Sequence[Any], depth: int) -> bool | None:
        values = [self.side(each, depth) for each in sides]
        known = [value for value in values if isinstance(value, str)]
        if len(known) == 2:
            return known[0] == known[1]
        if any(isinstance(value, OtherValue) and value.excluded.issuperset(known) for value in values) and known:
            return False
        return self.assumed.get(term(raw)) if self.assumed else None

    def side(self, raw: Any, depth: int = 0) -> Any:
        """Return a side of a comparison as text, or something unknown."""
        value = self._value(raw, depth)
        if isinstance(value, Unknown) and not isinstance(value, OtherValue) and self.assumed:
            value = self.assumed.get(term(raw), value)
        try:
            return _text_of(value)
        except _UnknownError as unknown:
            return unknown.value

    def _if(self, argument: Any, depth: int) -> Any:
        if not _is_if(argument):
            return UNKNOWN
        self.conditions_used.add(argument[0])
        holds = self.condition(argument[0])
        if holds is not None:
            return self._value(argument[1 if holds else 2], depth)
        branches = [self._value(branch, depth) for branch in argument[1:]]
        if is_scalar(branches[0]) and type(branches[0]) is type(branches[1]) and branches[0] == branches[1]:
            return branches[0]
        return MAYBE if None in branches or any(branch is MAYBE for branch in branches) else UNKNOWN

    # Texts and lists

    def _join(self, argument: Any, depth: int) -> Any:
        delimiter, parts = argument
        values = self._elements(parts, depth)
        if len(values) == 1:
            return values[0]
        return self._text(delimiter, depth).join(map(_text_of, values))

    def _select(self, argument: Any, depth: int) -> Any:
        index, elements = argument
        return self._elements(elements, depth)[int(self._text(index, depth))]

    def _split(self, argument: Any, depth: int) -> Any:
        delimiter, text = (self._text(part, depth) for part in argument)
        return text.split(delimiter)

    def _elements(self, raw: Any, depth: int) -> list[Any]:
        value = self._value(raw, depth)
        if not isinstance(value, (list, tuple)):
            raise _UnknownError(value)
        return [element for element in value if element is not None]

    def _sub(self, argument: Any, depth: int) -> Any:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def value_of(name: str) -> Any:
            if name in variables:
                return self._value(variables[name], depth)
            return self._get_att(name, depth) if "." in name else self._ref(name, depth)

        if only := re.fullmatch(r"\$\{([^}!]*)\}", text):
            return value_of(only[1].strip())

        def replaced(match: re.Match[str]) -> str:
            name = match[1].strip()
            return "${" + name[1:] + "}" if name.startswith("!") else _text_of(value_of(name))

        return self._value(re.sub(r"\$\{([^}]*)\}", replaced, text), depth)


_FUNCTIONS: Final = {
    "Ref": Evaluator._ref,
    "Fn::If": Evaluator._if,
    "Fn::FindInMap": Evaluator._find_in_map,
    "Fn::GetAtt": Evaluator._get_att,
    "Fn::ImportValue": Evaluator._import,
    "Fn::Join": Evaluator._join,
    "Fn::Select": Evaluator._select,
    "Fn::Split": Evaluator._split,
    "Fn::Sub": Evaluator._sub,
}


class _UnknownError(Exception):
    """A value that is needed is unknown."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value if isinstance(value, Unknown) else UNKNOWN


def term(raw: Any) -> str:
    """Return the name under which a part of a template can be assumed to have a value; empty if it has no name."""
    if isinstance(raw, Mapping) and len(raw) == 1:
        [(key, argument)] = raw.items()
        if key in ("Ref", "Condition") and isinstance(argument, str):
            return f"{key} {argument}"
    try:
        return json.dumps(raw, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return ""


def _text_of(value: Any) -> str:
    """Return a value as CloudFormation writes it into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return str(value) if is_scalar(value) else _refuse(value)
    except ValueError:  # a number of more than 4,300 digits
        return _refuse(UNKNOWN)


def _refuse(value: Any) -> NoReturn:
    raise _UnknownError(value)


def _is_intrinsic(key: object, argument: object) -> bool:
    if key == "Condition":  # which policies have too
        return isinstance(argument, str)
    return isinstance(key, str) and (key == "Ref" or key[:4] == "Fn::")


def _is_if(argument: object) -> bool:
    return isinstance(argument, (list, tuple)) and len(argument) == 3 and isinstance(argument[0], str)
