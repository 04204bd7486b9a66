"""What a company's property injectors supply and enforce is judged on what was built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from .. import _upstream
from .._upstream import construction, resource_reader
from ..block_device import NAMES, BlockDevice
from ..core.actions import ACTIONS
from ..core.cloudformation.evaluate import Evaluator
from ..core.cloudformation.paths import section, values_at
from ..core.findings import EbsValidationError, Finding
from ..core.requests import read
from ..core.rules import RULES, check, find
from ..initialization_rate import mebibytes
from .devices import MAPPINGS, complete_devices, rate_overrides, record_rates, typed_volume, untyped

if TYPE_CHECKING:
    from ..launch_specification import ResolvedLaunch

_TEMPLATE: Final = "AWS::EC2::LaunchTemplate"

_INCURABLE: Final = frozenset({"DeviceNameDuplicate", "InitializationRateOutOfRange", "WrongType"})
"""The rules about a request that no injector can satisfy: it gets no rate of ours and no value of the wrong type."""

_OF_SUBNETS: Final = frozenset({"AvailabilityZoneOfAnotherRegion", "InitializationRateInLocalZone"})
"""Those that no injector can satisfy either where the zone is that of a subnet."""


def lasting(findings: Iterable[Finding], injected: bool, *, own_zone: bool = False) -> list[Finding]:
    """Return the findings about arguments that stand even where a property injector applies.

    The others are about rules that ``check_built`` applies again, to what the injector made of the arguments.
    ``own_zone`` says whether the zone is an argument of its own.
    """
    stand = _INCURABLE if own_zone else _INCURABLE | _OF_SUBNETS
    return [
        finding for finding in findings if not injected or finding.code in stand or RULES[finding.code].check is None
    ]


def check_built(
    construct: Any, kind: str, action: str, names: Mapping[str, str], region: str | None = None
) -> list[Finding]:
    """Check the resource of a type that was built in a construct, as the request that CloudFormation makes of it."""
    [built] = resource_reader.below(construct, [kind])
    request = Evaluator({}).evaluate(built.properties)
    return list(check(read(ACTIONS[action], request, names=names, lenient=True, region=region)))


def settle(construct: Any, findings: list[Finding]) -> list[Finding]:
    """Return the warnings about what was built.

    Raises:
        EbsValidationError: for the errors; it says that the construct was made.
    """
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise EbsValidationError(construct.node.path, errors, construct_made=True)
    return findings


def complete_injected_devices(
    template: ec2.LaunchTemplate, devices: Sequence[BlockDevice], names: Mapping[str, str]
) -> list[Finding]:
    """Add to a launch template what upstream's devices cannot hold, and check what was built.

    Devices are found by their names, wherever an injector has put them, and what it has set on them stays.
    """
    [built] = resource_reader.below(template, [_TEMPLATE])
    names_of_devices = cdk.Stack.of(template).resolve([device.device_name for device in devices])
    mappings = [*values_at(built.properties, (*MAPPINGS.split("."), "*"))]
    placed, findings = _place(devices, names_of_devices, [mapping.get("DeviceName") for mapping in mappings])
    overrides = rate_overrides(placed)
    for index, device in placed:
        there = section(mappings[index], "Ebs")
        if missing := {name: value for name, value in untyped(device).items() if name not in there}:
            overrides.setdefault(str(index), {"Ebs": {}})["Ebs"].update(missing)
    if overrides:
        construction.override(template, MAPPINGS, overrides)
    record_rates(template, placed)
    return [*findings, *check_template(template, placed, names)]


def complete_templates(
    launches: Sequence[ResolvedLaunch], templates: Sequence[ec2.ILaunchTemplate | ec2.LaunchTemplate], injected: bool
) -> Iterator[Finding]:
    """Complete the launch templates that a fleet makes; yield what is wrong with them where an injector applies."""
    for launch, template in zip(launches, templates, strict=True):
        if not launch.makes_a_template:
            continue
        own = cast("ec2.LaunchTemplate", template)
        if injected:
            for finding in complete_injected_devices(own, launch.devices, NAMES):
                yield finding.within(launch.label)
        else:
            complete_devices(own, launch.devices)


def check_template(
    template: ec2.LaunchTemplate | ec2.CfnLaunchTemplate,
    placed: Sequence[tuple[int, BlockDevice]],
    names: Mapping[str, str],
) -> Iterator[Finding]:
    """Check a launch template that was built; the origin of placed devices is known, so that no rule suspects it."""
    indexes = [index for index, _ in placed]
    for finding in check_built(template, _TEMPLATE, "CreateLaunchTemplate", names):
        if finding.code != "InitializationRateMayLackSnapshot" or finding.path[2] not in indexes:
            yield finding


def take_devices(
    instance: ec2.CfnInstance, devices: Sequence[BlockDevice]
) -> tuple[list[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty], list[tuple[int, BlockDevice]], list[Finding]]:
    """Take the devices off an instance, for its launch template.

    Returns:
        All devices that were built, those of ours with their indexes among them, and findings about others of ours.
    """
    built: Any = instance.block_device_mappings or []
    instance.block_device_mappings = None
    placed, findings = _place(
        devices, [device.device_name for device in devices], [mapping.device_name for mapping in built]
    )
    ours = dict(placed)
    mappings = []
    for index, mapping in enumerate(built):
        ebs = None
        if mapping.ebs is not None:
            beyond = _beyond_an_instance(ours[index]) if index in ours else {}
            ebs = ec2.CfnLaunchTemplate.EbsProperty(**{**beyond, **mapping.ebs._values})
        mappings.append(
            ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
                device_name=mapping.device_name,
                ebs=ebs,
                no_device=None if mapping.no_device is None else "",
                virtual_name=mapping.virtual_name,
            )
        )
    return mappings, placed, findings


def _beyond_an_instance(device: BlockDevice) -> dict[str, Any]:
    """Return what upstream's device of an instance cannot hold; throughput it warns of and drops."""
    typed = typed_volume(device)
    return {_upstream.snake_case(name): typed[name] for name in typed.keys() & {"Throughput", *untyped(device)}}


def _place(
    devices: Sequence[BlockDevice], names: Sequence[object], built: Sequence[object]
) -> tuple[list[tuple[int, BlockDevice]], list[Finding]]:
    """Return devices with their indexes among those that were built, and a finding for each rated one that is gone."""
    placed, findings = [], []
    for device, name in zip(devices, names, strict=True):
        if name in built:
            placed.append((built.index(name), device))
        elif mebibytes(device.volume_initialization_rate) is not None:
            findings.append(find("RatedDeviceRemoved", prop="block_devices", device=device.device_name))
    return placed, findings
