"""Reads a template's text, JSON or YAML, with the position of everything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..problems import Path, shown

if TYPE_CHECKING:
    import yaml

Position = tuple[int, int]
"""Line and column, both from 1."""

LARGEST: Final = 1_000_000
"""Bytes of a template: past it CloudFormation says "Template may not exceed 1000000 bytes in size".

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

DEEPEST: Final = 500
"""Objects and lists within each other: past it libyaml takes seconds for a few thousand brackets."""


class UnusableError(Exception):
    """Says in one line why input cannot be checked, and where."""

    def __init__(self, reason: str, position: Position | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class Document(NamedTuple):
    """The data of a text, and a function that locates parts of it."""

    data: Any
    locate: Callable[[Path], Position | None]
    """Finds the end of a path, or as much of it as there is."""


def read_document(content: bytes) -> Document:
    """Read JSON or YAML, told apart by the first character as CloudFormation does.

    Raises:
        UnusableError: it is too large, not in UTF-8 or not well-formed, or it has something that CloudFormation
            refuses: the same key twice in one object, or a YAML alias.
    """
    if len(content) > LARGEST:
        raise UnusableError(f"CloudFormation takes templates of {LARGEST:,} bytes at most; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableError(f"not a text in UTF-8: {error.reason} at byte {error.start:,}") from None
    try:
        return _read_json(text) if text.lstrip()[:1] == "{" else _read_yaml(text)
    except RecursionError:
        raise UnusableError("nested too deeply") from None


def _read_json(text: str) -> Document:
    twice = False

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        known = dict(pairs)
        twice |= len(known) < len(pairs)
        return known

    try:
        data = json.loads(text, object_pairs_hook=read_object)
    except json.JSONDecodeError as error:
        raise UnusableError(f"JSON not well-formed: {error.msg}", (error.lineno, error.colno)) from None
    except ValueError as error:  # Python's own limit: a number of more than 4,300 digits
        raise UnusableError(f"JSON with a number that is too long: {error}") from None
    if twice:
        key, at = next(_duplicates(text))
        raise UnusableError(f"{shown(key)} appears twice in one object; remove one", _position(text, at))
    members: dict[int, dict[str | int, tuple[int, int]]] = {}

    def locate(path: Path) -> Position | None:
        at = start = _skip(text, 0)
        for key in path:
            if text[start] not in "{[":
                break
            if start not in members:  # Many findings share a way: each object on it is read once.
                members[start] = {name: (begin, value) for name, begin, value in _members(text, start)}
            if key not in members[start]:
                break
            at, start = members[start][key]
        return _position(text, at)

    return Document(data, locate)


_decode = json.JSONDecoder().raw_decode
_SPACE = re.compile(r"[ \t\n\r]*")


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches anywhere


def _members(text: str, start: int) -> Iterator[tuple[str | int, int, int]]:
    """Yield the members of an object or list in well-formed JSON: key or index, its position, the value's position."""
    at, number = _skip(text, start + 1), 0
    while text[at] not in "}]":
        key, value = (number, at)
        if text[start] == "{":
            key, end = _decode(text, at)
            value = _skip(text, _skip(text, end) + 1)
        yield key, at, value
        at, number = _skip(text, _decode(text, value)[1]), number + 1
        if text[at] == ",":
            at = _skip(text, at + 1)


def _duplicates(text: str) -> Iterator[tuple[str | int, int]]:
    pending = [_skip(text, 0)]
    while pending:
        seen = set()
        for key, at, value in _members(text, pending.pop()):
            if key in seen:
                yield key, at
            seen.add(key)
            if text[value] in "{[":
                pending.append(value)


def _position(text: str, at: int) -> Position:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


class _Open:
    """An object or a list that is being read, and the positions of its members."""

    def __init__(self, event: yaml.CollectionStartEvent | None, value: dict[str, Any] | list[Any]) -> None:
        self.tag = event.tag if event else None
        self.at = _position_of(event.start_mark if event else None)
        self.value: Any = value
        self.positions: dict[str | int, Position] = {}
        self.key: str | None = None

    def open_member(self, key: str, at: Position) -> None:
        """Note the key of the next value, as it is written, even Null or On."""
        if key in self.value:
            raise UnusableError(f"{shown(key)} appears twice in one object; remove one", at)
        self.key = key
        self.positions[key] = at

    def add(self, value: Any, at: Position) -> None:
        if isinstance(self.value, list):
            self.positions[len(self.value)] = at
            self.value.append(value)
        elif self.key is None:
            raise UnusableError("a key must be a string, got an object or a list", at)
        else:
            self.value[self.key] = value
            self.key = None


def _read_yaml(text: str) -> Document:
    import yaml

    try:
        data, positions = _build(getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text))
    except yaml.MarkedYAMLError as error:
        at = _position_of(error.problem_mark or error.context_mark)
        if "maximum nesting depth" in (error.problem or ""):  # newer versions of libyaml count, too, and read ahead
            raise UnusableError("nested too deeply", at) from None
        reason = ", ".join(filter(None, (error.context, error.problem)))
        raise UnusableError(f"YAML not well-formed: {reason}", at) from None
    except yaml.YAMLError as error:  # a character that YAML does not have
        raise UnusableError(f"YAML not well-formed: {' '.join(str(error).split())}") from None

    def locate(path: Path) -> Position | None:
        found: Position = (1, 1)
        value: Any = data
        for key in path:
            if key in positions.get(id(value), ()):
                found, value = positions[id(value)][key], value[key]
            elif isinstance(value, dict) and id(value) not in positions and key in value:  # what a short tag stands for
                value = value[key]
            else:
                break
        return found

    return Document(data, locate)


def _build(loader: Any) -> tuple[Any, dict[int, dict[str | int, Position]]]:
    """Return the data of YAML's events, and the positions of the members of each object and list, by its ``id``.

    Events and a stack take a third of the time of PyYAML's tree, and less memory: 0.2 s and 32 MiB for 1 MB.
    """
    import yaml

    positions: dict[int, dict[str | int, Position]] = {}
    root = _Open(None, [])
    stack = [root]
    while loader.check_event():
        event = loader.get_event()
        at = _position_of(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
            fix = "check what `aws cloudformation package --use-json` makes of it"
            raise UnusableError(f"CloudFormation takes no YAML aliases, got *{event.anchor}; {fix}", at)
        if isinstance(event, yaml.DocumentStartEvent) and root.value:
            raise UnusableError("a template is one YAML document, got a second", at)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(stack) > DEEPEST:
                raise UnusableError("nested too deeply", at)
            stack.append(_Open(event, {} if isinstance(event, yaml.MappingStartEvent) else []))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            positions[id(done.value)] = done.positions
            stack[-1].add(_tagged(done.tag, done.value), done.at)
        elif isinstance(event, yaml.ScalarEvent):
            if isinstance(stack[-1].value, dict) and stack[-1].key is None:
                stack[-1].open_member(event.value, at)
            else:
                stack[-1].add(_scalar(loader, event), at)
    return (root.value[0] if root.value else None), positions


def _position_of(mark: Any) -> Position:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


_STANDARD = "tag:yaml.org,2002:"
_PLAIN = {_STANDARD + name for name in ("null", "bool", "int", "float")}


def _scalar(loader: Any, event: yaml.ScalarEvent) -> Any:
    """Return a scalar by YAML 1.1, as CloudFormation reads it: yes is true. A date stays a string."""
    import yaml

    if event.tag and not event.tag.startswith(_STANDARD):
        return _tagged(event.tag, event.value)
    tag = event.tag or loader.resolve(yaml.ScalarNode, event.value, event.implicit)
    if tag not in _PLAIN:
        return event.value
    try:
        return loader.yaml_constructors[tag](loader, yaml.ScalarNode(tag, event.value))
    except (ValueError, KeyError, IndexError):  # 0b_ and !!int "" look like numbers and are none
        return event.value


def _tagged(tag: str | None, value: Any) -> Any:
    """Return the long form of a short tag: !Ref, !GetAtt Data.Arn, !Sub, and those of macros and other tools."""
    if not tag or not tag.startswith("!") or tag == "!":
        return value
    name = tag[1:]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}
