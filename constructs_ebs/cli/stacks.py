"""Deployed stacks, read from AWS: their resources, their templates with parameters filled in, and their instances."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

from botocore import exceptions

from ..core.cloudformation.custom_resources import IMAGE, VERSION
from ..core.cloudformation.documents import UnusableError, read_document
from ..core.cloudformation.evaluate import Evaluator, Surroundings
from ..core.cloudformation.paths import values_at
from ..core.cloudformation.resources import RESOURCE_TYPES, ResourceType
from ..core.cloudformation.templates import TemplateResource, read_template
from ..core.requests import UNKNOWN
from .aws import GROUPS, IDS, Aws, AwsError, chunks, code_of, pages
from .made import find_images, find_versions

NESTED: Final = "AWS::CloudFormation::Stack"
_NO_TYPE: Final = ResourceType()
_ARN: Final = re.compile(r"arn:[^:]*:cloudformation:([^:]+):[^/]*:stack/([^/]+)")
_GONE: Final = ("DELETE_COMPLETE", "DELETE_SKIPPED")


class StackResource(NamedTuple):
    """A resource that a stack has made."""

    stack: str
    """The stack's name; of a nested stack, with the names of those around it."""
    logical_id: str
    kind: str
    physical_id: str

    def __str__(self) -> str:
        return f"{self.stack}/{self.logical_id}"

    @property
    def type(self) -> ResourceType:
        """What is known of its type."""
        return RESOURCE_TYPES.get(self.kind, _NO_TYPE)


class Stack(Surroundings):
    """A deployed stack; its template and parameters are read when they are needed."""

    def __init__(self, aws: Aws, name: str, id: str, exports: Exports) -> None:
        self._aws, self._id, self._exports, self.name = aws, id, exports, name
        self.resources = {resource.logical_id: resource for resource in self._list()}
        self.nested = [
            Stack(aws, str(resource), resource.physical_id, exports)
            for resource in self.resources.values()
            if resource.kind == NESTED
        ]

    def _list(self) -> Iterator[StackResource]:
        summaries = pages(self._aws.cloudformation.list_stack_resources, "StackResourceSummaries", StackName=self._id)
        try:
            for listed in summaries:
                physical = listed.get("PhysicalResourceId")
                if physical and listed["ResourceStatus"] not in _GONE:
                    yield StackResource(self.name, listed["LogicalResourceId"], listed["ResourceType"], physical)
        except exceptions.ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in str(error):
                raise AwsError(f"{self.name}: no such stack in {self._aws.region}") from None
            raise

    @property
    def launches(self) -> bool:
        """Whether a resource in it, or in a nested stack, launches instances, now or later."""
        return any(resource.type.instances for stack in self.all for resource in stack.resources.values())

    def hides_volumes(self, resource: StackResource) -> bool:
        """Whether a resource makes volumes that cannot be found; the template shows whether it has its own."""
        launch = resource.type.launch
        if not resource.type.hidden or launch is None or launch.templates:
            return resource.type.hidden
        own = [asked for each in self.read() if each.logical_id == resource.logical_id for asked in each.requests]
        return any(asked.request.volumes or not asked.request.complete for asked in own)

    @property
    def all(self) -> Iterator[Stack]:
        """The stack and those nested in it."""
        yield self
        for nested in self.nested:
            yield from nested.all

    @cached_property
    def described(self) -> Mapping[str, Any]:
        return dict(self._aws.cloudformation.describe_stacks(StackName=self._id)["Stacks"][0])

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """The template after macros and transforms."""
        answer = self._aws.cloudformation.get_template(StackName=self._id, TemplateStage="Processed")
        template = answer["TemplateBody"]
        if isinstance(template, str):  # YAML; botocore reads JSON by itself
            try:
                template = read_document(template.encode()).data
            except UnusableError as error:
                raise AwsError(f"{self.name}: its template cannot be read: {error.reason}") from None
        if not isinstance(template, Mapping):
            raise AwsError(f"{self.name}: its template is not an object")
        return template

    @cached_property
    def evaluator(self) -> Evaluator:
        """Evaluates the template with the values of the deployment."""
        return Evaluator(self.template, self)

    def read(self) -> Iterator[TemplateResource]:
        """Yield the resources of the template that can ask for volumes."""
        return read_template(self.template, self.evaluator)

    def properties(self, resource: StackResource) -> Mapping[str, Any]:
        written = next(values_at(self.template, ("Resources", resource.logical_id, "Properties")), None)
        evaluated = self.evaluator.evaluate(written)
        return evaluated if isinstance(evaluated, Mapping) else {}

    @cached_property
    def made(self) -> Mapping[StackResource, Mapping[str, str]]:
        """What EC2 calls the images and the launch template versions that the stack made."""
        found: dict[str, dict[str, str]] = {}
        if any(resource.kind == IMAGE for resource in self.resources.values()):
            found |= find_images(self._aws, str(self.described["StackId"]))
        for resource in self.resources.values():
            template = self.properties(resource).get("LaunchTemplate") if resource.kind == VERSION else None
            if isinstance(template, Mapping) and all(isinstance(value, str) for value in template.values()):
                found |= find_versions(self._aws, template)
        return {
            resource: found[resource.physical_id]
            for resource in self.resources.values()
            if resource.physical_id in found
        }

    # What the intrinsic functions of a template ask of the deployment.

    def parameter(self, name: str) -> Any:
        given = {each["ParameterKey"]: each for each in self.described.get("Parameters", ())}.get(name, {})
        return given.get("ResolvedValue", given.get("ParameterValue", UNKNOWN))

    def reference(self, name: str) -> Any:
        """Return a resource's physical id, or what a pseudo parameter stands for."""
        if name in self.resources:
            return self.resources[name].physical_id
        if not name.startswith("AWS::"):
            return UNKNOWN
        _, partition, _, region, account, *_ = str(self.described["StackId"]).split(":")
        pseudo = {"Partition": partition, "Region": region, "AccountId": account}
        names = {"StackName": self.described["StackName"], "StackId": self.described["StackId"]}
        return {**pseudo, **names}.get(name.removeprefix("AWS::"), UNKNOWN)

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return a resource's attribute, as far as it is known without a call to its service."""
        resource = self.resources.get(logical_id)
        if resource is None:
            return UNKNOWN
        if resource.kind == NESTED:
            nested = next(stack for stack in self.nested if stack.name == str(resource))
            outputs = nested.described.get("Outputs", ())
            found = {f"Outputs.{output['OutputKey']}": str(output.get("OutputValue")) for output in outputs}
            return found.get(name, UNKNOWN)
        return self.made.get(resource, {}).get(name, UNKNOWN)

    def imported(self, name: str) -> Any:
        return self._exports.values.get(name, UNKNOWN)


class Exports:
    """The exports of all stacks in an account and Region, read once, and only if something imports one."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @cached_property
    def values(self) -> Mapping[str, str]:
        exports = pages(self._aws.cloudformation.list_exports, "Exports")
        return {export["Name"]: export["Value"] for export in exports}


class LaunchedInstance(NamedTuple):
    """An instance, and what launched it."""

    instance_id: str
    owner: StackResource


def read_stacks(aws: Aws, names: list[str]) -> list[Stack]:
    """Read the resources of stacks, given by name or ARN, and of those nested in them."""
    exports = Exports(aws)
    called = {name: arn[2] if (arn := _ARN.match(name)) else name for name in names}
    for name, shown in called.items():
        if (region := region_of([name])) not in (None, aws.region):
            raise AwsError(f"{shown}: is in {region}, not in {aws.region}; name stacks of one Region at a time")
    return [Stack(aws, shown, name, exports) for name, shown in called.items()]


def region_of(names: list[str]) -> str | None:
    """Return the Region of the first ARN among the names of stacks."""
    return next((arn[1] for name in names if (arn := _ARN.match(name))), None)


def find_instances(aws: Aws, stacks: list[Stack]) -> tuple[list[LaunchedInstance], list[StackResource]]:
    """Return the instances that stacks have now, and the resources whose instances cannot be listed."""
    found: dict[str, StackResource] = {}
    unknown: list[StackResource] = []
    groups: dict[str, StackResource] = {}
    replaced: dict[str, StackResource] = {}
    for stack in (stack for outer in stacks for stack in outer.all):
        for resource in stack.resources.values():
            source = resource.type.instances
            if source == "instance":
                found.setdefault(resource.physical_id, resource)
            elif source == "group":
                groups[resource.physical_id] = resource
            elif source in _FLEETS:
                for instance in _of_fleet(aws, resource):
                    found.setdefault(instance, resource)
            elif source == "Request.InstanceId":
                instance_id = next(values_at(stack.properties(resource), ("Request", "InstanceId")), None)
                if isinstance(instance_id, str):
                    replaced[instance_id] = resource
                else:
                    unknown.append(resource)
            elif stack.hides_volumes(resource):
                unknown.append(resource)
    for chunk in chunks(groups, GROUPS):
        call = aws.autoscaling.describe_auto_scaling_groups
        for group in pages(call, "AutoScalingGroups", AutoScalingGroupNames=chunk, MaxRecords=GROUPS):
            for instance in group["Instances"]:
                found.setdefault(instance["InstanceId"], groups[group["AutoScalingGroupName"]])
    owners = {**replaced, **found}  # a stack may have itself the instance whose volume it replaces
    return [LaunchedInstance(instance, owner) for instance, owner in owners.items()], unknown


_FLEETS: Final = {
    "fleet": ("describe_spot_fleet_instances", "SpotFleetRequestId"),
    "EC2 fleet": ("describe_fleet_instances", "FleetId"),
}


def _of_fleet(aws: Aws, fleet: StackResource) -> list[str]:
    """Return the instances that a fleet has now; for an instant fleet, all that it launched."""
    operation, parameter = _FLEETS[fleet.type.instances]
    request = {parameter: fleet.physical_id, "MaxResults": IDS}
    try:
        if fleet.type.instances == "EC2 fleet":
            for described in pages(aws.ec2.describe_fleets, "Fleets", FleetIds=[fleet.physical_id]):
                if described.get("Type") == "instant":  # DescribeFleetInstances does not take these
                    return [
                        instance for launched in described.get("Instances", ()) for instance in launched["InstanceIds"]
                    ]
        return [active["InstanceId"] for active in pages(getattr(aws.ec2, operation), "ActiveInstances", **request)]
    except exceptions.ClientError as error:
        if code_of(error).endswith("NotFound"):  # somebody cancelled it, and EC2 has forgotten it
            return []
        raise
