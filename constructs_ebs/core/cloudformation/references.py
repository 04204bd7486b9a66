"""``App``: the templates of an app, with references followed from one template to another."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from ..requests import UNKNOWN, Unknown
from .evaluate import Evaluator, Surroundings
from .paths import section, values_at

_STACK: Final = "AWS::CloudFormation::Stack"
_DEPTH: Final = 16  # References through more stacks than that are a circle.
_MOST: Final = 10_000  # Nested stacks past it are not told apart.


class AppTemplate(NamedTuple):  # a dataclass would take as long to import as Python to start, in every check
    """A template of an app, and where it is deployed."""

    name: str
    """What messages call it: the stack's path in the app, or the template's file."""
    template: Mapping[str, Any]
    account: str | None = None
    """The account's id; None where only the deployment knows."""
    region: str | None = None
    """None where only the deployment knows."""
    nested_as: str | None = None
    """For a nested stack, the end of the ``TemplateURL`` in its parent: ``child.json``."""


class Place(NamedTuple):
    """A resource of one of the templates."""

    template: int
    logical_id: str


class Reference(Unknown):
    """A value that only the deployment knows, but which stands for a known resource, or an attribute of one."""

    def __init__(self, place: Place, attribute: str | None = None) -> None:
        super().__init__(str(UNKNOWN))
        self.place, self.attribute = place, attribute


class App:
    """Templates whose references can be followed: exports, and the parameters and outputs of nested stacks.

    A template that several nested stacks share appears once for each of them.
    """

    def __init__(self, templates: Sequence[AppTemplate]) -> None:
        self.templates = [*templates]
        self.resources = [section(each.template, "Resources") for each in templates]
        self.origins = [*range(len(templates))]
        """For each template, the index of the given template that it is."""
        self.parents: dict[int, Place] = {}
        self.children: dict[Place, int] = {}
        self._nest()
        self.evaluators = [self._evaluator(index) for index in range(len(self.templates))]
        self._properties: dict[Place, Mapping[str, Any]] = {}
        self._followed: set[tuple[int, int]] = set()

    def _nest(self) -> None:
        files = {each.nested_as: index for index, each in enumerate(self.templates) if each.nested_as}
        for index, resources in enumerate(self.resources) if files else ():  # which grows meanwhile
            for logical_id, resource in resources.items():
                if isinstance(resource, Mapping) and resource.get("Type") == _STACK:
                    url = next(values_at(resource, ("Properties", "TemplateURL")), None)
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
        """Yield the given template of an index, and those in which it is nested."""
        yield self.origins[index]
        while index in self.parents:
            index = self.parents[index].template
            yield self.origins[index]

    def _evaluator(self, index: int) -> Evaluator:
        return Evaluator(self.templates[index].template, _Neighbours(self, index))

    @cached_property
    def exports(self) -> Mapping[tuple[Any, str], tuple[int, Any]]:
        """The exports by environment and name: the index of the template, and the value there."""
        return {
            (self.environment(index), export["Name"]): (index, output.get("Value"))
            for index, each in enumerate(self.templates)
            for output in section(each.template, "Outputs").values()
            if isinstance(output, Mapping)
            and isinstance(export := output.get("Export"), Mapping)
            and isinstance(export.get("Name"), str)
        }

    def given(self, place: Place) -> Place:
        """Return the same place in the given templates."""
        return Place(self.origins[place.template], place.logical_id)

    def environment(self, index: int) -> tuple[str | None, str | None]:
        """Return a template's account and Region; for a nested stack, those of its outermost parent."""
        for _ in range(_DEPTH):
            if index not in self.parents:
                break
            index = self.parents[index].template
        return self.templates[index].account, self.templates[index].region

    def kind(self, place: Place) -> object:
        resource = self.resources[place.template].get(place.logical_id)
        return resource.get("Type") if isinstance(resource, (dict, Mapping)) else None

    def written(self, place: Place) -> Mapping[str, Any]:
        """Return a resource's properties as its template has them."""
        return section(self.resources[place.template].get(place.logical_id), "Properties")

    def properties(self, place: Place) -> Mapping[str, Any]:
        """Return a resource's properties as far as they are certain; ``Reference`` stands for other resources."""
        if place not in self._properties:
            evaluated = self.evaluators[place.template].evaluate(self.written(place))
            self._properties[place] = evaluated if isinstance(evaluated, Mapping) else {}
        return self._properties[place]

    def value(self, index: int, raw: object) -> Any:
        """Return the value of a part of a template to which a template that is being evaluated refers."""
        step = index, id(raw)
        if step in self._followed or len(self._followed) >= _DEPTH:  # a circle
            return UNKNOWN
        self._followed.add(step)
        value = self._evaluator(index).evaluate(raw)
        self._followed.discard(step)
        return value


class _Neighbours(Surroundings):
    """Answers a template's references from the other templates of its app."""

    def __init__(self, app: App, index: int) -> None:
        self.app, self.index = app, index

    def parameter(self, name: str) -> Any:
        parent = self.app.parents.get(self.index)
        if parent is None:
            return None
        given = section(self.app.written(parent), "Parameters")
        if name not in given:
            return UNKNOWN if any(str(key).startswith("Fn::") for key in given) else None
        return self.app.value(parent.template, given[name])

    def reference(self, name: str) -> Any:
        if name in self.app.resources[self.index]:
            return Reference(Place(self.index, name))
        account, region = self.app.environment(self.index)
        known = {"AWS::AccountId": account, "AWS::Region": region}.get(name) or self.parameter(name)
        return UNKNOWN if known is None else known

    def attribute(self, logical_id: str, name: str) -> Any:
        place = Place(self.index, logical_id)
        child = self.app.children.get(place)
        if child is not None and name.startswith("Outputs."):
            output = section(self.app.templates[child].template, "Outputs").get(name.removeprefix("Outputs."))
            return self.app.value(child, output.get("Value")) if isinstance(output, Mapping) else UNKNOWN
        return Reference(place, name) if logical_id in self.app.resources[self.index] else UNKNOWN

    def imported(self, name: str) -> Any:
        found = self.app.exports.get((self.app.environment(self.index), name))
        return self.app.value(*found) if found else UNKNOWN


def nested_files(asset_manifest: object) -> dict[str, str]:
    """Return the template files of nested stacks in CDK's asset manifest, and the end of each one's URL."""
    return {
        source["path"]: destination["objectKey"].rpartition("/")[2]
        for asset in section(asset_manifest, "files").values()
        if isinstance(source := section(asset, "source"), Mapping) and isinstance(source.get("path"), str)
        for destination in section(asset, "destinations").values()
        if isinstance(destination, Mapping) and isinstance(destination.get("objectKey"), str)
    }


def _last_string(raw: object) -> str:
    """Return the last string of a URL, which may be joined from parts."""
    while not isinstance(raw, str):
        if isinstance(raw, Mapping) and raw:
            raw = list(raw.values())[-1]
        elif isinstance(raw, (list, tuple)) and raw:
            raw = raw[-1]
        else:
            return ""
    return raw
