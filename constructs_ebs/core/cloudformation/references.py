"""The templates of an app together: what a reference in one of them means in another."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..findings import Path
from ..requests import Reader, Unknown

_STACK: Final = "AWS::CloudFormation::Stack"
_DEPTH: Final = 16  # References through more stacks than that are a circle.
_MOST: Final = 10_000  # Nested stacks past it are not told apart.


class AppTemplate(NamedTuple):
    """A template of an app, and where it is deployed."""

    name: str
    """The stack's path in the app, or the template's file: what a message calls it."""
    template: Mapping[str, Any]
    account: str | None = None
    """The account's id; None where only the deployment knows."""
    region: str | None = None
    """None where only the deployment knows."""
    nested_as: str | None = None
    """For a nested stack, the end of the ``TemplateURL`` by which its parent names it: ``child.json``."""


class Place(NamedTuple):
    """A resource of one of the templates."""

    template: int
    logical_id: str


class Target(NamedTuple):
    """What a reference leads to: a resource itself, or an attribute of it."""

    place: Place
    attribute: str | None = None


class App:
    """Templates whose references can be followed: exports, and the parameters and outputs of nested stacks.

    A template that several nested stacks have, whose content is the same, is there for each of them.
    """

    def __init__(self, templates: Sequence[AppTemplate]) -> None:
        self.templates = [*templates]
        self.resources = [_section(one.template, "Resources") for one in templates]
        self.origins = [*range(len(templates))]
        """Which of the templates that were given each one is."""
        self.parents: dict[int, Place] = {}
        self.children: dict[Place, int] = {}
        self._nest()
        self.exports = {
            (self.environment(index), export["Name"]): (index, output.get("Value"))
            for index, one in enumerate(self.templates)
            for output in _section(one.template, "Outputs").values()
            if isinstance(output, Mapping)
            and isinstance(export := output.get("Export"), Mapping)
            and isinstance(export.get("Name"), str)
        }

    def _nest(self) -> None:
        files = {one.nested_as: index for index, one in enumerate(self.templates) if one.nested_as}
        for index, resources in enumerate(self.resources) if files else ():  # which grows meanwhile
            for logical_id, resource in resources.items():
                if isinstance(resource, Mapping) and resource.get("Type") == _STACK:
                    url = next(values(resource, ("Properties", "TemplateURL")), None)
                    child = files.get(_last_string(url).rpartition("/")[2])
                    if child is None or child in self._line(index):  # a template that nests itself
                        continue
                    if child in self.parents and len(self.templates) < _MOST:
                        self.templates.append(self.templates[child])
                        self.resources.append(self.resources[child])
                        self.origins.append(child)
                        child = len(self.templates) - 1
                    self.parents[child] = Place(index, logical_id)
                    self.children[Place(index, logical_id)] = child

    def _line(self, index: int) -> Iterator[int]:
        """Yield a template and those it is nested in, as they were given."""
        yield self.origins[index]
        while index in self.parents:
            index = self.parents[index].template
            yield self.origins[index]

    def given(self, place: Place) -> Place:
        """Return the place in the templates that were given."""
        return Place(self.origins[place.template], place.logical_id)

    def environment(self, index: int) -> tuple[str | None, str | None]:
        """Return a template's account and Region, those of the outermost parent for a nested stack."""
        for _ in range(_DEPTH):
            if index not in self.parents:
                break
            index = self.parents[index].template
        return self.templates[index].account, self.templates[index].region

    def kind(self, place: Place) -> object:
        resource = self.resources[place.template].get(place.logical_id)
        return resource.get("Type") if isinstance(resource, Mapping) else None

    def properties(self, place: Place) -> Mapping[str, Any]:
        return _section(self.resources[place.template].get(place.logical_id), "Properties")

    def target(self, index: int, raw: object, depth: int = _DEPTH) -> Target | None:
        """Return what an intrinsic function of a template refers to, None where nobody can tell."""
        if not depth or not isinstance(raw, Mapping) or len(raw) != 1:
            return None
        key, argument = next(iter(raw.items()))
        if key == "Fn::Sub" and isinstance(argument, str) and (named := re.fullmatch(r"\$\{([\w.]+)\}", argument)):
            key, argument = "Fn::GetAtt" if "." in named[1] else "Ref", named[1]
        if key == "Ref" and isinstance(argument, str):
            return self._ref(index, argument, depth)
        if key == "Fn::GetAtt":
            logical_id, _, attribute = (
                argument.partition(".") if isinstance(argument, str) else _pair(argument) or ("", "", "")
            )
            return self._attribute(Place(index, logical_id), attribute, depth)
        if key == "Fn::ImportValue" and isinstance(argument, str):
            found = self.exports.get((self.environment(index), argument))
            return self.target(*found, depth - 1) if found else None
        return None

    def _ref(self, index: int, logical_id: str, depth: int) -> Target | None:
        if logical_id in self.resources[index]:
            return Target(Place(index, logical_id))
        if index not in self.parents:
            return None
        parent = self.parents[index]
        given = _section(self.properties(parent), "Parameters").get(logical_id)
        return self.target(parent.template, given, depth - 1)

    def _attribute(self, place: Place, attribute: str, depth: int) -> Target | None:
        if place in self.children and attribute.startswith("Outputs."):
            child = self.children[place]
            output = _section(self.templates[child].template, "Outputs").get(attribute.removeprefix("Outputs."))
            return self.target(child, output.get("Value"), depth - 1) if isinstance(output, Mapping) else None
        return Target(place, attribute) if place.logical_id in self.resources[place.template] else None


def values(raw: object, path: Path) -> Iterator[Any]:
    """Yield what stands at a path; ``*`` is every element of a list."""
    if not path:
        yield raw
    elif path[0] == "*":
        for element in raw if isinstance(raw, (list, tuple)) else ():
            yield from values(element, path[1:])
    elif isinstance(path[0], int):
        for element in raw[path[0] : path[0] + 1] if isinstance(raw, (list, tuple)) else ():
            yield from values(element, path[1:])
    elif isinstance(raw, Mapping) and raw.get(path[0]) is not None:
        yield from values(raw[path[0]], path[1:])


def whole(raw: object) -> int | None:
    """Return a whole number as CloudFormation takes it, None where it is none or nobody can tell."""
    value = Reader({}, True).read(raw, int, ("",))
    return None if isinstance(value, Unknown) else value


def nested_files(asset_manifest: object) -> dict[str, str]:
    """Return what CDK's manifest of a stack's assets says of nested stacks: template file, and end of its URL."""
    return {
        source["path"]: destination["objectKey"].rpartition("/")[2]
        for asset in _section(asset_manifest, "files").values()
        if isinstance(source := _section(asset, "source"), Mapping) and isinstance(source.get("path"), str)
        for destination in _section(asset, "destinations").values()
        if isinstance(destination, Mapping) and isinstance(destination.get("objectKey"), str)
    }


def _section(raw: object, name: str) -> Mapping[str, Any]:
    found = raw.get(name) if isinstance(raw, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _pair(argument: object) -> tuple[str, str, str] | None:
    if isinstance(argument, (list, tuple)) and len(argument) == 2 and all(isinstance(one, str) for one in argument):
        return argument[0], ".", argument[1]
    return None


def _last_string(raw: object) -> str:
    """Return the end of a URL, joined of pieces or not."""
    while not isinstance(raw, str):
        if isinstance(raw, Mapping) and raw:
            raw = list(raw.values())[-1]
        elif isinstance(raw, (list, tuple)) and raw:
            raw = raw[-1]
        else:
            return ""
    return raw
