"""Reads a CloudFormation template as the EC2 requests that its resources stand for, and checks these."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ..actions import RATE
from ..requests import Request, RequestedVolume, read
from ..rules import RULES, check, find
from .evaluate import Evaluator
from .paths import section
from .resources import RESOURCE_TYPES, WITH_VOLUMES, VolumeSchema

if TYPE_CHECKING:
    from ..findings import Finding


class VolumeRequest(NamedTuple):
    """The EC2 request that one place in a resource stands for."""

    logical_id: str
    kind: str
    schema: VolumeSchema
    request: Request
    macros: bool = False
    """Whether a macro of the user's own rewrites the template: its values may be in a language of their own."""

    @property
    def rated(self) -> list[RequestedVolume]:
        """The volumes with a rate, where CloudFormation has rates."""
        rejected = RATE in self.schema.rejects
        return [] if rejected else [volume for volume in self.request.volumes if volume.given(RATE)]

    def check(self) -> Iterator["Finding"]:
        """Check it by EC2's rules and the type's schema."""
        for finding in _check(self):
            if not (self.macros and finding.code == "WrongType"):
                yield finding.changed(logical_id=self.logical_id)


class TemplateResource:
    """A resource that can ask for EBS volumes."""

    def __init__(
        self, logical_id: str, resource: Mapping[str, Any], evaluator: Evaluator, macros: bool, region: str | None
    ) -> None:
        self.logical_id, self.resource, self.evaluator = logical_id, resource, evaluator
        self.region = region
        """Where it is deployed, if that is known."""
        self.kind: str = resource["Type"]
        self.properties = resource.get("Properties") or {}
        """As the template has them."""
        self.macros = macros
        """Whether a macro of the user's own rewrites it."""
        for holder in (self.properties, resource):
            if isinstance(holder, Mapping) and "Fn::Transform" in holder:
                self.macros |= _has_macros(holder["Fn::Transform"])
                if isinstance(self.properties, Mapping):  # to which it may add
                    self.properties = {**self.properties, "Fn::Transform": holder["Fn::Transform"]}

    @cached_property
    def requests(self) -> list[VolumeRequest]:
        """What it asks for, as far as that is certain."""
        return self.read(self.evaluator.evaluate(self.properties))

    def read(self, properties: Any) -> list[VolumeRequest]:
        """Return what it asks for with these properties."""
        path = ("Resources", self.logical_id, "Properties")
        return [
            VolumeRequest(
                logical_id=str(self.logical_id),
                kind=self.kind,
                schema=schema,
                request=read(
                    schema.action, {} if properties is None else properties, path, lenient=True, region=self.region
                ),
                macros=self.macros,
            )
            for schema in RESOURCE_TYPES[self.kind].volumes
        ]

    def check(self, judge: Callable[[VolumeRequest], Iterable["Finding"]] = VolumeRequest.check) -> list["Finding"]:
        """Check what it asks for in each branch of its template."""
        certain = self.evaluator.evaluate(self.properties)
        if not (self.evaluator.conditions_used or self.evaluator.parameters_used):
            return [finding for request in self.requests for finding in judge(request)]
        from .branches import judge_branches

        def judge_properties(properties: Any) -> Iterator["Finding"]:
            for request in self.requests if properties is certain else self.read(properties):
                yield from judge(request)

        path = ("Resources", self.logical_id, "Properties")
        return judge_branches(self.evaluator, self.resource, self.properties, path, judge_properties)


def check_template(template: Mapping[str, Any]) -> list["Finding"]:
    """Check every resource in a parsed CloudFormation template that can ask for an EBS volume.

    Each branch of an ``Fn::If`` is judged; a finding that holds in some branches only lists the conditions in ``when``.
    A finding that depends on the default of a parameter is a warning that says so. Values that only the deployment
    knows are not judged; numbers and booleans may be strings, as CloudFormation takes them. Never raises on odd input:
    a value of the wrong type is a finding if it concerns volumes, and ignored otherwise.

    Returns:
        Errors for what CloudFormation's schema or EC2 refuses, warnings for what EC2 silently changes or ignores, each
        with its ``logical_id``; empty if nothing is wrong.
    """
    if not isinstance(template, Mapping):
        return [
            find("WrongType", prop="the template", expected="an object", got=template, fix="give a parsed template")
        ]
    return [finding for resource in read_template(template) for finding in resource.check()]


def read_template(
    template: object, evaluator: Evaluator | None = None, region: str | None = None
) -> Iterator[TemplateResource]:
    """Yield every resource that can ask for an EBS volume; the template is deployed in a Region, if that is known."""
    evaluator = evaluator or Evaluator(template)
    macros = isinstance(template, Mapping) and any(map(_has_macros, map(template.get, ("Transform", "Fn::Transform"))))
    for logical_id, resource in section(template, "Resources").items():
        kind = resource.get("Type") if isinstance(resource, Mapping) else None
        if isinstance(kind, str) and kind in WITH_VOLUMES:
            yield TemplateResource(logical_id, resource, evaluator, macros, region)


def _has_macros(transform: object) -> bool:
    """Whether transforms other than AWS's own are declared."""
    declared = transform if isinstance(transform, (list, tuple)) else [transform]
    names = [each.get("Name") if isinstance(each, Mapping) else each for each in declared if each is not None]
    return not all(isinstance(name, str) and name.startswith("AWS::") for name in names)


def _check(asked: VolumeRequest) -> Iterator["Finding"]:
    kind, schema = asked.kind, asked.schema
    by_ec2 = [
        finding
        for finding in check(asked.request)
        if finding.path[-1] not in schema.rejects or finding.code == "AvailabilityZoneOfAnotherRegion"  # of a placement
    ]
    for stray in () if asked.macros else asked.request.strays:
        instead = schema.instead if stray.meant in schema.rejects else stray.instead
        facts: dict[str, Any] = {"prop": stray.path[-1], "type": kind, "instead": instead}
        yield find("PropertyNotInCloudFormation", stray.path, label=stray.label, **facts)
    for volume in asked.request.volumes:
        named = volume.known("VolumeType")
        if schema.types and named is not None:
            at = (*volume.path, "VolumeType")
            by_ec2 = [finding for finding in by_ec2 if finding.path != at or finding.code != "VolumeTypeUnknown"]
            if named not in schema.types:
                types = ", ".join(schema.types)
                problem = volume.problem("VolumeType", type=kind, types=types)
                yield RULES["VolumeTypeNotInCloudFormation"].found(problem)
        for name in sorted(schema.rejects & volume.values.keys()):  # whatever the value: there is no such property
            code = "InitializationRateNotInCloudFormation" if name == RATE else "PropertyNotInCloudFormation"
            yield RULES[code].found(volume.problem(name, type=kind, instead=schema.instead))
        for name, (low, high) in schema.ranges.items():
            value = volume.known(name)
            if value is not None and not low <= value <= high:
                at = (*volume.path, schema.action.spelling.get(name, name))
                by_ec2 = [finding for finding in by_ec2 if finding.path != at]
                nearest = min(max(value, low), high)
                problem = volume.problem(name, type=kind, min=low, max=high, nearest=nearest)
                yield RULES["OutsideCloudFormationRange"].found(problem)
    yield from by_ec2
