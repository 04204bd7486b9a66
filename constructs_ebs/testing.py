"""Assertions and snapshots for your own tests of stacks.

``stable_template`` removes from a template what is not yours, so that a snapshot of it stays equal when aws-cdk-lib or
this library is upgraded; ``TemplateExtension`` makes such snapshots with syrupy (``pip install
constructs-ebs[testing]``). ``has_rate`` and ``has_no_unrated_volume`` assert the rates of a template's volumes. They
take an ``aws_cdk.assertions.Template``, or a parsed template, which needs neither jsii nor Node. ``codes`` returns the
codes of an error.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ._upstream.values import is_token
from .core.actions import RATE
from .core.cloudformation.custom_resources import VERSION, read_devices
from .core.cloudformation.default_rate import REASONS, Demand, decide
from .core.cloudformation.evaluate import Evaluator
from .core.cloudformation.paths import section, strings, values_at
from .core.cloudformation.templates import read_template
from .core.findings import EbsValidationError, Finding
from .core.limits import RATE_MAX
from .core.requests import RequestedVolume

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk.assertions import Template
    from syrupy.extensions.json import JSONSnapshotExtension

    from .initialization_rate import InitializationRate

    TemplateExtension: type[JSONSnapshotExtension]

__all__ = ["codes", "has_no_unrated_volume", "has_rate", "stable_template"]

_SCOPES: Final = (
    "AnnounceVolume|CheckVolume|CreateLaunchTemplateVersion|RegisterImage|ReplaceRootVolume|WaitForVolume|WatchVolume"
)
_PARTS: Final = "Framework|Function|IsComplete|Logs|Machine|OnEvent|Provider|Role"
_PLUMBING: Final = re.compile(rf"(Ebs(?:{_SCOPES}))(?:{_PARTS})\w*")
"""The logical ids of resources that serve our custom resources and alarms; the group is the construct they are in."""

_SERVES: Final = {
    "AWS::IAM::Policy": ("Properties", "Roles", "*"),
    "AWS::Lambda::Permission": ("Properties", "FunctionName"),
}
"""Where a policy or permission names the role or function that it belongs to."""

_OF_ROLES: Final = {
    "managed policy": ("Properties", "ManagedPolicyArns", "*"),
    "permissions boundary": ("Properties", "PermissionsBoundary"),
}
"""What else decides what a role may do, and where it stands."""

_HASH: Final = re.compile(r"(?<!sha256:)(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
"""An asset's hash; the digest of a container image is not one of them: a person chose it."""

_CDK: Final = ("aws:cdk:", "aws:asset:")
"""The prefixes of metadata that are for CDK's command line."""


def stable_template(template: Template | Mapping[str, Any]) -> dict[str, Any]:
    """Return what is yours in a template, for a snapshot that does not change with upgrades.

    ``<hash>`` replaces each hash of an asset, and CDK's own metadata are left out. The functions of each kind behind
    our constructs, with their roles, logs and state machines, are one entry in the section ``constructs-ebs``, which
    lists what they may do beyond calling each other. References to them name that entry. Keys are sorted.

    Args:
        template: ``Template.from_stack(stack)``, or a parsed template of ``cdk.out``; it is not changed.

    Returns:
        A dict of JSON's types.

    >>> stable_template({"Resources": {"Site": {"Type": "AWS::Lambda::Function", "Properties": {
    ...     "Code": {"S3Key": "0123456789abcdef" * 4 + ".zip"}}}}})
    {'Resources': {'Site': {'Properties': {'Code': {'S3Key': '<hash>.zip'}}, 'Type': 'AWS::Lambda::Function'}}}
    """
    plain = _plain(template)
    resources = section(plain, "Resources")
    plumbing = _plumbing(resources)
    kept = {
        logical_id: _without_cdk(resource)
        for logical_id, resource in resources.items()
        if logical_id not in plumbing and _kind(resource) != "AWS::CDK::Metadata"
    }
    conditions = {**section(plain, "Conditions")}
    conditions.pop("CDKMetadataAvailable", None)
    permissions = {scope: _permissions(resources, plumbing, scope) for scope in plumbing.values()}
    sections = {"Resources": kept, "Conditions": conditions, "constructs-ebs": permissions}
    present = {name: section for name, section in sections.items() if section}
    others = {name: section for name, section in plain.items() if name not in sections}
    stable: dict[str, Any] = _stable({**others, **present}, plumbing)
    return stable


def has_rate(
    template: Template | Mapping[str, Any],
    volume_initialization_rate: float | cdk.Size | cdk.IResolvable | InitializationRate | Mapping[str, Any],
    *,
    device: str | None = None,
    logical_id: str | None = None,
) -> None:
    """Assert that a template asks for a volume with a rate.

    It looks at volumes, launch templates, all other resource types that have a rate, and our custom resources.

    Args:
        template: ``Template.from_stack(stack)``, or a parsed template.
        volume_initialization_rate: MiB/s, a ``Size`` (per second), an ``InitializationRate`` or a token; or the
            intrinsic function that stands in its place, such as ``{"Ref": "Rate"}``.
        device: the device's name, ``/dev/xvdf``. Default: any volume.
        logical_id: the resource's. Default: any resource.

    Raises:
        AssertionError: the template has no such volume; the error lists its volumes and their rates.

    >>> has_rate({"Resources": {"Data": {"Type": "AWS::EC2::Volume", "Properties": {
    ...     "SnapshotId": "snap-0123456789abcdef0", "VolumeInitializationRate": 200}}}}, 300)
    Traceback (most recent call last):
    AssertionError: no volume has a rate of 300 MiB/s; the template asks for:
      Data (AWS::EC2::Volume): a rate of 200 MiB/s
    """
    volumes = [*_volumes(_plain(template))]
    rate = _mebibytes(volume_initialization_rate)
    for volume in volumes:
        if volume.rate == rate and device in (None, volume.device) and logical_id in (None, volume.logical_id):
            return
    where = f" for {device}" * (device is not None) + f" in {logical_id}" * (logical_id is not None)
    asked = "\n  ".join([":", *map(str, volumes)]) if volumes else " none"
    raise AssertionError(f"no volume has {_shown_rate(rate)}{where}; the template asks for{asked}")


def has_no_unrated_volume(
    template: Template | Mapping[str, Any], *, root_devices: Collection[str] = (), except_for: Collection[str] = ()
) -> None:
    """Assert that each volume that is created from a snapshot has a rate.

    Blank volumes, copies, and volumes on Outposts or in Local Zones cannot have a rate and need none. Neither do
    volumes of which only the deployment or their AMI knows whether they have a snapshot.

    Args:
        template: ``Template.from_stack(stack)``, or a parsed template.
        root_devices: names of the root devices of the AMIs that launch templates name, such as ``["/dev/xvda"]``; these
            devices count as volumes from snapshots. Default: none.
        except_for: logical ids of resources that are meant to have no rate, such as those with
            ``InitializationRate.EC2_DEFAULT``. Default: none.

    Raises:
        AssertionError: some volumes have no rate; the error lists them.
        TypeError: a string is given in place of a list.

    >>> has_no_unrated_volume({"Resources": {"Data": {"Type": "AWS::EC2::Volume", "Properties": {
    ...     "AvailabilityZone": "us-east-1a", "SnapshotId": "snap-0123456789abcdef0"}}}})
    Traceback (most recent call last):
    AssertionError: 1 volume from a snapshot has no rate:
      Data (AWS::EC2::Volume)
    """
    for name, value in (("root_devices", root_devices), ("except_for", except_for)):
        if isinstance(value, str):
            raise TypeError(f"{name} must be a list of strings, got {value!r}; use [{value!r}]")
    demand = Demand(RATE_MAX, root_devices)
    unrated = []
    for logical_id, kind, properties in _resources(_plain(template)):
        for volume in decide(kind, properties, demand) if logical_id not in except_for else ():
            named = _named(logical_id, kind, volume.device)
            has_snapshot = any(values_at(properties, (*volume.path[:-1], "SnapshotId")))
            if volume.reason is None:
                unrated.append(named)
            elif volume.reason == "InitializationRateNotInCloudFormation" and has_snapshot:
                unrated.append(f"{named}: {REASONS[volume.reason]}")
    if unrated:
        many = f"{len(unrated)} volumes from snapshots have" if unrated[1:] else "1 volume from a snapshot has"
        raise AssertionError("\n  ".join([f"{many} no rate:", *unrated]))


def codes(error: EbsValidationError | Iterable[Finding]) -> tuple[str, ...]:
    """Return the code of each problem, in the order in which they are shown.

    Args:
        error: the error of a constructor, or the findings of ``check_template``, ``check_request`` or ``check_app``.

    >>> from constructs_ebs.core import check_request
    >>> codes(check_request("CreateVolume", {
    ...     "AvailabilityZone": "us-east-1a", "SnapshotId": "snap-0123456789abcdef0", "VolumeInitializationRate": 500}))
    ('InitializationRateOutOfRange',)
    """
    return error.codes if isinstance(error, EbsValidationError) else tuple(finding.code for finding in error)


def __getattr__(name: str) -> Any:
    """Make ``TemplateExtension`` on first use, because it needs syrupy."""
    if name != "TemplateExtension":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from syrupy.extensions.json import JSONSnapshotExtension
    except ImportError as error:
        raise ImportError("TemplateExtension needs syrupy: pip install 'constructs-ebs[testing]'") from error

    class TemplateExtension(JSONSnapshotExtension):
        """Snapshots of templates, one file of JSON each: ``assert template == snapshot``."""

        def serialize(self, data: Any, **options: Any) -> Any:
            return super().serialize(stable_template(data), **options)

    globals()[name] = TemplateExtension
    return TemplateExtension


def _plain(template: Template | Mapping[str, Any]) -> Mapping[str, Any]:
    plain = template if isinstance(template, Mapping) else getattr(template, "to_json", lambda: None)()
    if not isinstance(plain, Mapping):
        raise TypeError(f"template must be Template.from_stack(stack) or a parsed template, got {template!r}")
    return plain


def _kind(resource: object) -> str:
    kind = resource.get("Type") if isinstance(resource, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _resources(template: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the logical id, type and properties of each resource."""
    for logical_id, resource in section(template, "Resources").items():
        if kind := _kind(resource):
            yield logical_id, kind, section(resource, "Properties")


# Snapshots


def _plumbing(resources: Mapping[str, Any]) -> dict[str, str]:
    """Return the handler's construct of each resource that is not the user's, by logical id."""
    found = {logical_id: match[1] for logical_id in resources if (match := _PLUMBING.fullmatch(str(logical_id)))}
    for logical_id, resource in resources.items():
        path = _SERVES.get(_kind(resource))
        names = {next(strings(reference), "") for reference in values_at(resource, path)} if path else set()
        if names and names <= found.keys():
            found[logical_id] = found[min(names)]
    return found


def _permissions(resources: Mapping[str, Any], plumbing: Mapping[str, str], scope: str) -> list[str]:
    """List what the functions of a handler may do beyond calling each other."""
    statements = chain.from_iterable(
        values_at(resource, ("Properties", "PolicyDocument", "Statement", "*"))
        for logical_id, resource in resources.items()
        if plumbing.get(logical_id) == scope
    )
    found = {
        f"{what} {_shown(name)}"
        for logical_id, resource in resources.items()
        if plumbing.get(logical_id) == scope
        for what, path in _OF_ROLES.items()
        for name in values_at(resource, path)
    }
    for statement in statements:
        conditions = [
            f"{key} = {_shown(value)}"
            for operator in section(statement, "Condition").values()
            for key, value in operator.items()
        ]
        where = f" where {' and '.join(sorted(conditions))}" if conditions else ""
        effect = "deny " if statement.get("Effect") == "Deny" else ""
        for resource in _listed(statement.get("Resource")):
            if plumbing.keys().isdisjoint(strings(resource)):
                found |= {
                    f"{effect}{action} on {_shown(resource)}{where}" for action in _listed(statement.get("Action"))
                }
    return sorted(found)


def _listed(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [raw]


def _shown(raw: Any) -> str:
    """Show a string that intrinsic functions make."""
    if isinstance(raw, Mapping) and len(raw) == 1:
        [(function, argument)] = raw.items()
        if function == "Fn::Join":
            return "".join(map(_shown, argument[1]))
        return f"<{argument if isinstance(argument, str) else '.'.join(strings(argument))}>"
    return str(raw)


def _without_cdk(resource: Any) -> Any:
    """Return a resource without the metadata that CDK's command line adds."""
    if not isinstance(resource, Mapping) or "Metadata" not in resource:
        return resource
    metadata = {key: value for key, value in section(resource, "Metadata").items() if not key.startswith(_CDK)}
    rest = {key: value for key, value in resource.items() if key != "Metadata"}
    return {**rest, "Metadata": metadata} if metadata else rest


def _stable(raw: Any, plumbing: Mapping[str, str]) -> Any:
    """Sort the keys, and replace hashes and the names of plumbing."""
    if isinstance(raw, str):
        return plumbing.get(raw) or _HASH.sub("<hash>", raw)
    if isinstance(raw, Mapping):
        stable = {key: _stable(value, plumbing) for key, value in sorted(raw.items(), key=str)}
        if isinstance(depends := stable.get("DependsOn"), list):
            stable["DependsOn"] = [*dict.fromkeys(depends)]
        return stable
    return [_stable(value, plumbing) for value in raw] if isinstance(raw, (list, tuple)) else raw


# Matchers


class _Rated(NamedTuple):
    """A volume that a template asks for, and its rate; None if it has no rate."""

    logical_id: str
    type: str
    device: object
    rate: Any

    def __str__(self) -> str:
        return f"{_named(self.logical_id, self.type, self.device)}: {_shown_rate(self.rate)}"


def _volumes(template: Mapping[str, Any]) -> Iterator[_Rated]:
    """Yield each volume that a template asks for."""
    evaluator = Evaluator(template)
    for resource in read_template(template, evaluator):
        for request in resource.requests:
            for volume in request.request.volumes:
                yield _Rated(resource.logical_id, resource.kind, volume.device, _rate_of(volume, template))
    for logical_id, kind, properties in _resources(template):
        path = ("Resources", logical_id, "Properties")
        if kind == VERSION and RATE in properties:
            yield _Rated(logical_id, kind, "other devices with snapshots", properties[RATE])
        evaluated = evaluator.evaluate(properties)
        for volume in read_devices(kind, evaluated, path) if isinstance(evaluated, Mapping) else ():
            yield _Rated(logical_id, kind, volume.device, _rate_of(volume, template))


def _rate_of(volume: RequestedVolume, template: Mapping[str, Any]) -> Any:
    """Return a rate as CloudFormation takes it, or the intrinsic function in its place."""
    rate = volume.values.get(RATE)
    return rate if volume.known(RATE) == rate else next(values_at(template, (*volume.path, RATE)), rate)


def _named(logical_id: str, kind: str, device: object) -> str:
    return f"{logical_id} ({kind})" + (f" {device}" if isinstance(device, str) else "")


def _mebibytes(rate: Any) -> Any:
    """Return the number of MiB/s of a ``Size`` or ``InitializationRate``, and what a template has for a token."""
    number = rate.to_mebibytes() if hasattr(rate, "to_mebibytes") else getattr(rate, "mebibytes", rate)
    if is_token(number):
        from aws_cdk import Stack

        number = Stack().resolve(number)
    if isinstance(number, Mapping) or (isinstance(number, (int, float)) and number >= 0):
        return number
    expected = "a number of MiB/s, or what the template has in its place, such as {'Ref': 'Rate'}"
    raise TypeError(f"volume_initialization_rate must be {expected}; got {rate!r}")


def _shown_rate(rate: Any) -> str:
    if rate in (None, {"Ref": "AWS::NoValue"}):
        return "no rate"
    return f"a rate of {rate}{' MiB/s' if isinstance(rate, (int, float)) else ''}"
