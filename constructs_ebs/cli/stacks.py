"""Stacks as they are deployed: their resources, their templates with what the deployment filled in, their instances."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

from botocore import exceptions

from ..core.cloudformation.app import LAUNCHERS
from ..core.cloudformation.documents import UnusableError, read_document
from ..core.cloudformation.evaluate import resolve
from ..core.cloudformation.references import values
from ..core.cloudformation.resources import read_template
from .aws import GROUPS, IDS, Aws, AwsError, chunks, code_of, pages

NESTED: Final = "AWS::CloudFormation::Stack"
REPLACEMENT: Final = "Custom::EbsReplaceRootVolume"
VERSION: Final = "Custom::EbsCreateLaunchTemplateVersion"
_EC2_FLEET: Final = "AWS::EC2::EC2Fleet"
_FLEETS: Final = {
    "AWS::EC2::SpotFleet": ("describe_spot_fleet_instances", "SpotFleetRequestId"),
    _EC2_FLEET: ("describe_fleet_instances", "FleetId"),
}
_FOLLOWED: Final = ("AWS::EC2::Instance", "AWS::AutoScaling::AutoScalingGroup", *_FLEETS, REPLACEMENT)
"""What has instances that can be found."""

INVISIBLE: Final = tuple(LAUNCHERS.keys() - {"AWS::EC2::Volume", "AWS::EC2::LaunchTemplate", *_FOLLOWED})
"""What makes volumes, or launches instances, that no stack lists."""

_ARN: Final = re.compile(r"arn:[^:]*:cloudformation:([^:]+):[^/]*:stack/([^/]+)")
_GONE: Final = ("DELETE_COMPLETE", "DELETE_SKIPPED")


class Resource(NamedTuple):
    """A resource that a stack has made."""

    stack: str
    """The stack's name; of a nested stack, with the names of those around it."""
    logical_id: str
    kind: str
    physical_id: str

    def __str__(self) -> str:
        return f"{self.stack}/{self.logical_id}"


class Stack:
    """A deployed stack; its template and parameters are read when they are needed."""

    def __init__(self, aws: Aws, name: str, id: str, exports: Exports) -> None:
        self._aws, self._id, self._exports, self.name = aws, id, exports, name
        self.resources = {one.logical_id: one for one in self._list()}
        self.nested = [
            Stack(aws, str(one), one.physical_id, exports) for one in self.resources.values() if one.kind == NESTED
        ]

    def _list(self) -> Iterator[Resource]:
        listed = pages(self._aws.cloudformation.list_stack_resources, "StackResourceSummaries", StackName=self._id)
        try:
            for one in listed:
                physical = one.get("PhysicalResourceId")
                if physical and one["ResourceStatus"] not in _GONE:
                    yield Resource(self.name, one["LogicalResourceId"], one["ResourceType"], physical)
        except exceptions.ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in str(error):
                raise AwsError(f"{self.name}: no such stack in {self._aws.region}") from None
            raise

    @property
    def launches(self) -> bool:
        """Whether something there has instances, now or later."""
        return any(resource.kind in _FOLLOWED for one in self.all for resource in one.resources.values())

    def hides_volumes(self, resource: Resource) -> bool:
        """Whether a resource makes volumes that cannot be found; of its own ones, the template tells."""
        if resource.kind not in INVISIBLE or LAUNCHERS[resource.kind].templates:
            return resource.kind in INVISIBLE
        own = [one.request for one in read_template(self.template) if one.logical_id == resource.logical_id]
        return any(one.volumes or not one.complete for one in own)

    @property
    def all(self) -> Iterator[Stack]:
        """The stack and those nested in it."""
        yield self
        for one in self.nested:
            yield from one.all

    @cached_property
    def described(self) -> Mapping[str, Any]:
        return dict(self._aws.cloudformation.describe_stacks(StackName=self._id)["Stacks"][0])

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """The template after macros and transforms, with everything in place that the deployment filled in."""
        answer = self._aws.cloudformation.get_template(StackName=self._id, TemplateStage="Processed")
        template = answer["TemplateBody"]
        if isinstance(template, str):  # YAML; botocore reads JSON by itself
            try:
                template = read_document(template.encode()).data
            except UnusableError as error:
                raise AwsError(f"{self.name}: its template cannot be read: {error.reason}") from None
        if not isinstance(template, Mapping):
            raise AwsError(f"{self.name}: its template is no object")
        return resolve(template, self)

    def properties(self, resource: Resource) -> Mapping[str, Any]:
        found = next(values(self.template, ("Resources", resource.logical_id, "Properties")), None)
        return found if isinstance(found, Mapping) else {}

    # What the intrinsic functions of a template ask of the deployment.

    def parameter(self, name: str) -> str | None:
        given = {one["ParameterKey"]: one for one in self.described.get("Parameters", ())}.get(name, {})
        value = given.get("ResolvedValue", given.get("ParameterValue"))
        return None if value is None else str(value)

    def reference(self, logical_id: str) -> str | None:
        """Return a resource's physical id, or what a pseudo parameter stands for."""
        if logical_id in self.resources:
            return self.resources[logical_id].physical_id
        if not logical_id.startswith("AWS::"):
            return None
        _, partition, _, region, account, *_ = str(self.described["StackId"]).split(":")
        pseudo = {"Partition": partition, "Region": region, "AccountId": account}
        names = {"StackName": self.described["StackName"], "StackId": self.described["StackId"]}
        return {**pseudo, **names}.get(logical_id.removeprefix("AWS::"))

    def attribute(self, logical_id: str, name: str) -> str | None:
        """Return a resource's attribute, as far as it can be told without asking its service."""
        resource = self.resources.get(logical_id)
        if resource is None:
            return None
        if resource.kind == NESTED:
            nested = next(one for one in self.nested if one.name == str(resource))
            outputs = nested.described.get("Outputs", ())
            found = {f"Outputs.{one['OutputKey']}": str(one.get("OutputValue")) for one in outputs}
            return found.get(name)
        if resource.kind == VERSION:
            template, _, version = resource.physical_id.partition(":")
            return {"LaunchTemplateId": template, "VersionNumber": version}.get(name)
        return None

    def imported(self, name: str) -> str | None:
        """Return what another stack exports."""
        return self._exports.values.get(name)


class Exports:
    """What the stacks of an account and Region export, read once and only if something imports it."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    @cached_property
    def values(self) -> Mapping[str, str]:
        return {one["Name"]: one["Value"] for one in pages(self._aws.cloudformation.list_exports, "Exports")}


class Instance(NamedTuple):
    """An instance, and what launched it."""

    instance_id: str
    owner: Resource


def read_stacks(aws: Aws, names: list[str]) -> list[Stack]:
    """Read which resources stacks have, by their names or ARNs, and those nested in them."""
    exports = Exports(aws)
    called = {name: arn[2] if (arn := _ARN.match(name)) else name for name in names}
    for name, shown in called.items():
        if (region := region_of([name])) not in (None, aws.region):
            raise AwsError(f"{shown}: is in {region}, and {aws.region} is asked; name the stacks of one Region at once")
    return [Stack(aws, shown, name, exports) for name, shown in called.items()]


def region_of(names: list[str]) -> str | None:
    """Return the Region of the first ARN among the names of stacks."""
    return next((arn[1] for name in names if (arn := _ARN.match(name))), None)


def instances_of(aws: Aws, stacks: list[Stack]) -> tuple[list[Instance], list[Resource]]:
    """Return the instances that stacks have now, and the resources whose instances nobody can tell."""
    found: dict[str, Instance] = {}
    unknown: list[Resource] = []
    groups: dict[str, Resource] = {}
    replaced: dict[str, Resource] = {}
    for stack in (one for outer in stacks for one in outer.all):
        for resource in stack.resources.values():
            launched: list[str] = []
            if resource.kind == "AWS::EC2::Instance":
                launched = [resource.physical_id]
            elif resource.kind == "AWS::AutoScaling::AutoScalingGroup":
                groups[resource.physical_id] = resource
            elif resource.kind in _FLEETS:
                launched = _of_fleet(aws, resource)
            elif resource.kind == REPLACEMENT:
                instance = next(values(stack.properties(resource), ("Request", "InstanceId")), None)
                if isinstance(instance, str):
                    replaced[instance] = resource
                else:
                    unknown.append(resource)
            elif stack.hides_volumes(resource):
                unknown.append(resource)
            for instance in launched:
                found.setdefault(instance, Instance(instance, resource))
    for chunk in chunks(groups, GROUPS):
        call = aws.autoscaling.describe_auto_scaling_groups
        for group in pages(call, "AutoScalingGroups", AutoScalingGroupNames=chunk, MaxRecords=GROUPS):
            for one in group["Instances"]:
                found.setdefault(one["InstanceId"], Instance(one["InstanceId"], groups[group["AutoScalingGroupName"]]))
    for instance, resource in replaced.items():  # unless a stack has that instance itself
        found.setdefault(instance, Instance(instance, resource))
    return list(found.values()), unknown


def _of_fleet(aws: Aws, fleet: Resource) -> list[str]:
    """Return the instances that a fleet has now; of an instant one, all that it launched."""
    operation, parameter = _FLEETS[fleet.kind]
    request = {parameter: fleet.physical_id, "MaxResults": IDS}
    try:
        if fleet.kind == _EC2_FLEET:
            for one in pages(aws.ec2.describe_fleets, "Fleets", FleetIds=[fleet.physical_id]):
                if one.get("Type") == "instant":  # DescribeFleetInstances does not take these
                    return [instance for some in one.get("Instances", ()) for instance in some["InstanceIds"]]
        return [one["InstanceId"] for one in pages(getattr(aws.ec2, operation), "ActiveInstances", **request)]
    except exceptions.ClientError as error:
        if code_of(error).endswith("NotFound"):  # somebody cancelled it, and EC2 has forgotten it
            return []
        raise
