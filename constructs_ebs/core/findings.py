"""What a check says: the facts with their wording, a finding, and the error that carries findings.

This is the only place that writes messages. A message names properties in braces by EC2's name, and whoever asks
decides how they are shown: ``{VolumeSize}`` is ``Size`` in CreateVolume and ``volume_size`` in a ``BlockDevice``.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final, Literal, NamedTuple

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """One thing that is wrong with a request or a template.

    ``error``: EC2 or CloudFormation refuses it. ``warning``: it is silently changed, ignored, or risky.
    """

    code: str
    """One CamelCase name for one fact; public, the same in errors, findings and reports."""
    severity: Severity
    message: str
    """Property, requirement, value got, what to do."""
    path: Path = ()
    """Keys into what was given, to the property."""
    logical_id: str | None = None
    """The resource, for templates."""
    when: tuple[str, ...] = ()
    """The conditions under which it holds, for templates; empty: always."""


class EbsValidationError(ValueError):
    """Raised for input that EC2 or CloudFormation would refuse at deployment.

    It lists every problem of one construct or call at once; ``findings`` holds them for programs, ``subject`` what they
    are about (a construct's path or a function's name).
    """

    def __init__(self, subject: str, findings: Iterable[Finding]) -> None:
        self.subject = subject
        self.findings = tuple(findings)
        super().__init__(subject, self.findings)

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of each problem, in the order in which they are shown."""
        return tuple(finding.code for finding in self.findings)

    def __str__(self) -> str:
        count = len(self.findings)
        lines = [f"{self.subject}: {count} problem{'' if count == 1 else 's'}"]
        return "\n  ".join([*lines, *(f"{finding.message} [{finding.code}]" for finding in self.findings)])


class Fact(NamedTuple):
    """What a code stands for."""

    severity: Severity
    message: str
    source: str


_API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_"
_GUIDE = "https://docs.aws.amazon.com/ebs/latest/userguide/"
_CREATE_VOLUME = _API + "CreateVolume.html"
_DEVICE = _API + "EbsBlockDevice.html"
_TYPES = _GUIDE + "ebs-volume-types.html"
_FLEET = _API + "SpotFleetRequestConfigData.html"
_QUOTAS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html"
_INITIALIZE = _GUIDE + "initalize-volume.html"
_MONITOR = _GUIDE + "ebs-initialize-monitor.html"
_TEMPLATES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"

FACTS: Final[Mapping[str, Fact]] = {
    # The rate
    "InitializationRateOutOfRange": Fact(
        "error",
        "{prop} must be {min} to {max} MiB/s, got {got}; use {nearest}, or omit it for the default rate",
        _CREATE_VOLUME,
    ),
    "InitializationRateWithoutSnapshot": Fact(
        "error",
        "{prop} must be omitted for a volume that is not created from a snapshot, got {got}; "
        "give {SnapshotId}, or omit {prop}",
        _CREATE_VOLUME,
    ),
    "InitializationRateMayLackSnapshot": Fact(
        "warning",
        "{prop} needs a snapshot, got {got} with a {VolumeSize} and no {SnapshotId}: the launch fails unless the AMI "
        "maps {device} to a snapshot of its own; give {SnapshotId}, or omit {prop} for a blank volume",
        _DEVICE,
    ),
    "InitializationRateOfUnknownOrigin": Fact(
        "error",
        "{prop} needs a snapshot, got {got} for {device}, which has none and is not a usual root device; use "
        'BlockDevice.from_image("{device}", ...) if the AMI maps it to a snapshot, or BlockDevice.from_snapshot(...)',
        _DEVICE,
    ),
    "InitializationRateOnVolumeCopy": Fact(
        "error", "{prop} must be omitted for a volume copy ({SourceVolumeId}), got {got}; omit {prop}", _INITIALIZE
    ),
    "InitializationRateOnOutpost": Fact(
        "error", "{prop} must be omitted on an Outpost ({OutpostArn}), got {got}; omit {prop}", _INITIALIZE
    ),
    "InitializationRateInLocalZone": Fact(
        "error",
        "{prop} must be omitted in Local Zones and Wavelength Zones, got {got} in {zone}; "
        "omit {prop}, or use a zone of the Region",
        _INITIALIZE,
    ),
    "InitializationRateNotSupported": Fact(
        "error", "{prop} must be omitted in {action}, which does not support it, got {got}; {instead}", _DEVICE
    ),
    "InitializationRateNotInCloudFormation": Fact(
        "error",
        "{prop} must be omitted in {type}, for which CloudFormation has no such property; {instead}",
        _TEMPLATES,
    ),
    "InitializationRateWithoutDevice": Fact(
        "warning",
        "{prop} {got} is on a mapping without {DeviceName}: an override that finds its device by its place in the list "
        "misses when another one is removed or moved; change the devices where they are made",
        _API + "BlockDeviceMapping.html",
    ),
    # What a whole app asks for, and what its owner demands
    "InitializationRateBelowMinimum": Fact(
        "error",
        "{prop} must be at least {min}, the minimum demanded of volumes from snapshots, got {given}; {fix}",
        _INITIALIZE,
    ),
    "InitializationRatesOverQuota": Fact(
        "warning",
        "{total:,} MiB/s can be asked for at once in {where}, over the quota of {quota:,} MiB/s an account and Region "
        "({shares}): creations past it fail; lower the rates or capacities, deploy one after the other, or have the "
        "quota raised",
        _INITIALIZE,
    ),
    # Size, IOPS, throughput, multi-attach
    "SizeOutOfRange": Fact(
        "error", "{prop} must be {min:,} to {max:,} GiB for {kind}, got {got}; use {nearest}", _TYPES
    ),
    "SizeOrSnapshotRequired": Fact(
        "error", "{VolumeSize} or {SnapshotId} must be given, got neither; give one of them", _CREATE_VOLUME
    ),
    "IopsRequired": Fact("error", "{prop} must be given for {kind}, got none; give {min:,} to {max:,}", _CREATE_VOLUME),
    "IopsNotSupported": Fact(
        "error",
        "{prop} must be omitted for {kind}, got {got}; omit it, or use {VolumeType} gp3, io1 or io2",
        _CREATE_VOLUME,
    ),
    "IopsOutOfRange": Fact("error", "{prop} must be {min:,} to {max:,} for {kind}, got {got}; use {nearest}", _TYPES),
    "IopsPerGibTooHigh": Fact(
        "error",
        "{prop} must be at most {ratio:,} per GiB for {kind} ({most:,} for {size:,} GiB), got {got}; "
        "lower {prop} or raise {VolumeSize}",
        _TYPES,
    ),
    "IopsRaised": Fact(
        "warning", "{prop} below {base:,} is raised to {base:,} by EC2, got {got}; use {base}, or omit it", _TYPES
    ),
    "ThroughputNotSupported": Fact(
        "error", "{prop} must be omitted for {kind}, got {got}; omit it, or use {VolumeType} gp3", _CREATE_VOLUME
    ),
    "ThroughputOutOfRange": Fact(
        "error", "{prop} must be {min:,} to {max:,} MiB/s for {kind}, got {got}; use {nearest}", _TYPES
    ),
    "ThroughputPerIopsTooHigh": Fact(
        "error",
        "{prop} must be at most 0.25 MiB/s per IOPS ({most:,} MiB/s for {iops:,} IOPS), got {got}; "
        "lower {prop} or raise {Iops} to {needed:,}",
        _TYPES,
    ),
    "ThroughputRaised": Fact(
        "warning", "{prop} below {base} is raised to {base} MiB/s by EC2, got {got}; use {base}, or omit it", _TYPES
    ),
    "MultiAttachNotSupported": Fact(
        "error",
        "{prop} must be false or omitted for {kind}, got {got}; omit it, or use {VolumeType} io1 or io2",
        _CREATE_VOLUME,
    ),
    "VolumeTypeUnknown": Fact("error", "{prop} must be one of {types}, got {got}; use one of them", _TYPES),
    "BootVolumeTypeNotSupported": Fact(
        "error", "{prop} of the root device {device} must not be {got}, which cannot boot; use gp3", _CREATE_VOLUME
    ),
    # Encryption
    "KmsKeyNeedsEncryption": Fact(
        "error", "{Encrypted} must be true with {prop}, got {given}; set {Encrypted}, or omit {prop}", _CREATE_VOLUME
    ),
    "EncryptedBesideSnapshot": Fact(
        "error",
        "{prop} must be omitted for a device with a snapshot in {action}, true or false, got {got}; omit it",
        _DEVICE,
    ),
    # Origin and place
    "SnapshotIdMalformed": Fact(
        "error", "{prop} must be snap- and 8 or 17 lower-case hexadecimal digits, got {got}; correct it", _DEVICE
    ),
    "SnapshotAndSourceVolume": Fact(
        "error",
        "{prop} must be omitted for a volume copy ({SourceVolumeId}), got {got}; omit one of them",
        _TEMPLATES + "aws-resource-ec2-volume.html",
    ),
    "SnapshotAndImage": Fact(
        "error",
        "{SnapshotId}, {ImageId} and {VolumeId} exclude each other, got {given}; keep one of them, or none",
        _API + "CreateReplaceRootVolumeTask.html",
    ),
    "AvailabilityZoneConflict": Fact(
        "error", "{prop} must be omitted beside {AvailabilityZone}, got both; keep one of them", _CREATE_VOLUME
    ),
    # Instances and Spot
    "MetadataOptionsConflict": Fact(
        "error",
        "{prop} must be omitted beside {given}; omit it and use http_tokens=ec2.HttpTokens.REQUIRED",
        _API + "InstanceMetadataOptionsRequest.html",
    ),
    "SpotPersistentNeedsStop": Fact(
        "error",
        "{InstanceInterruptionBehavior} must be stop or hibernate for a persistent Spot request, got {got}; "
        "set it, or make the request one-time",
        _API + "SpotMarketOptions.html",
    ),
    "SpotValidUntilNotSupported": Fact(
        "error",
        "{prop} must be omitted for a one-time Spot request; omit it, or make the request persistent",
        _API + "SpotMarketOptions.html",
    ),
    "SpotPriceTooLow": Fact(
        "error",
        "{prop} must be more than {min} USD an hour, got {got}; raise it, or omit it",
        _API + "SpotMarketOptions.html",
    ),
    # Spot fleets
    "SpotFleetOptionUnknown": Fact("error", "{prop} must be one of {choices}, got {got}; use one of them", _FLEET),
    "SpotFleetCapacityOutOfRange": Fact("error", "{prop} must be {min} or more, got {got}; raise it", _FLEET),
    "SpotFleetCapacityOverQuota": Fact(
        "warning",
        "{prop} is over the quota of {quota:,}, got {got}; lower it, or have the quota raised",
        _QUOTAS,
    ),
    "SpotFleetOnDemandAboveTarget": Fact(
        "error", "{prop} must be at most {TargetCapacity} ({target}), got {got}; lower it", _FLEET
    ),
    "SpotFleetOnDemandNeedsTemplates": Fact(
        "error", "{prop} must be 0 with {LaunchSpecifications}, got {got}; use {LaunchTemplateConfigs}", _FLEET
    ),
    "SpotFleetSpecificationConflict": Fact(
        "error", "{prop} must be omitted beside {LaunchTemplateConfigs}; keep one of them", _FLEET
    ),
    "SpotFleetSpecificationRequired": Fact("error", "{prop} must be given, got none; give one or more", _FLEET),
    "SpotFleetPoolsNeedLowestPrice": Fact(
        "error",
        "{prop} must be omitted with {AllocationStrategy} {strategy}, got {got}; omit one of them",
        _FLEET,
    ),
    "SpotFleetPolicyIgnored": Fact(
        "warning", "{prop} is for fleets of {Type} maintain and ignored for others, got {got}; omit it", _FLEET
    ),
    "SpotFleetPoolsOverQuota": Fact(
        "warning",
        "a fleet may span {quota} pools of instance type and subnet, got {pools}; give fewer types or subnets",
        _QUOTAS,
    ),
    "SpotFleetTerminationDelay": Fact(
        "error",
        "{prop} must be {min:,} to {max:,} seconds with {ReplacementStrategy} launch-before-terminate, and omitted "
        "without it, got {got}; set or omit it",
        _API + "SpotCapacityRebalance.html",
    ),
    "SpotFleetRebalanceNeedsMaintain": Fact(
        "error",
        "{prop} must be omitted for fleets of {Type} request, got {got}; omit it, or use maintain",
        _API + "SpotCapacityRebalance.html",
    ),
    "SpotFleetWeightOutOfRange": Fact("error", "{prop} must be more than 0, got {got}; raise or omit it", _FLEET),
    "SpotFleetPriorityOutOfRange": Fact(
        "error", "{prop} must be a whole number from 0, got {got}; the lowest goes first", _FLEET
    ),
    "SpotFleetOverrideDuplicate": Fact(
        "error", "{prop} must name each type once, got {got} twice for one subnet; remove one", _FLEET
    ),
    "SpotFleetUnitNeedsRequirements": Fact(
        "error", "{prop} must be units without {InstanceRequirements}, got {got}; omit it, or give requirements", _FLEET
    ),
    "SpotFleetSubnetsShareAZone": Fact(
        "error",
        "{prop} must be of different Availability Zones in one fleet, got two in {zone}; select one_per_az",
        _QUOTAS,
    ),
    "SpotFleetWeightDoesNotDivide": Fact(
        "warning",
        "{prop} {got} is no multiple of the weight {weight}: {instances} such instances make {units:g}; change one",
        _FLEET,
    ),
    "SpotFleetRatesOverQuota": Fact(
        "warning",
        "{instances} instances with {rate} MiB/s each ask for {total:,} MiB/s at once, over the quota of {quota:,} "
        "MiB/s an account and Region: launches past it fail; lower the rates or the capacity, or have the quota raised",
        _INITIALIZE,
    ),
    "InstanceTypeRequired": Fact(
        "error", "{prop} must be given, or instance_requirements, got neither; give one of them", _FLEET
    ),
    "InstanceTypeConflict": Fact(
        "error", "{InstanceType} and {InstanceRequirements} must not both be given; keep one of them", _FLEET
    ),
    "InstanceRequirementsIncomplete": Fact(
        "error",
        "{prop} must have v_cpu_count and memory_mib, got one or none; give both",
        _API + "InstanceRequirementsRequest.html",
    ),
    "LaunchSpecificationNameTaken": Fact(
        "error", "{prop} must be a name that nothing else in the fleet has, got {got}; choose another", _FLEET
    ),
    "ImageOfAnotherRegion": Fact(
        "error",
        "{prop} must be an image of the Region that launches it ({here}), got {image} of {region}; register it in a "
        "stack of {here}",
        _API + "RegisterImage.html",
    ),
    "MachineImageRequired": Fact(
        "error", "{prop} must be given, or a launch_template, got neither; give one of them", _FLEET
    ),
    "LaunchTemplateConflict": Fact(
        "error", "{given} must be omitted beside a launch_template, which has its own; omit it, or the template", _FLEET
    ),
    "SubnetsRequired": Fact("error", "{prop} must select at least one subnet, got {given}; select others", _FLEET),
    # Block device mappings and images
    "DeviceNameDuplicate": Fact(
        "error",
        "{prop} must differ for each device, got {got} twice; remove or rename one",
        _API + "BlockDeviceMapping.html",
    ),
    "MappingAmbiguous": Fact(
        "warning",
        "a mapping should have one of Ebs, VirtualName and NoDevice, got {given}; keep one of them",
        _TEMPLATES + "aws-properties-ec2-launchtemplate-blockdevicemapping.html",
    ),
    "MappingNotInCloudFormation": Fact(
        "error",
        "a mapping must have exactly one of Ebs, VirtualName and NoDevice, got {given}; keep one of them",
        _TEMPLATES + "aws-properties-ec2-launchtemplate-blockdevicemapping.html",
    ),
    "ParameterNotSupported": Fact(
        "error", "{prop} must be omitted in {action}, which does not support it, got {got}; {instead}", _DEVICE
    ),
    "RootDeviceNotMapped": Fact(
        "error",
        "{prop} must be one of the mapped devices, got {got}; map {got} to its snapshot",
        _API + "RegisterImage.html",
    ),
    "RootDeviceWithoutSnapshot": Fact(
        "error",
        "{SnapshotId} must be given for the root device {device}, got none; give it, by BlockDevice.from_snapshot in "
        "Python",
        _API + "RegisterImage.html",
    ),
    "ImageNameMalformed": Fact(
        "error",
        "{prop} must be 3 to 128 letters, digits and ()[] ./-'@_, got {got}; correct it",
        _API + "RegisterImage.html",
    ),
    "ImageOptionUnknown": Fact(
        "error", "{prop} must be one of {choices}, got {got}; use one of them", _API + "RegisterImage.html"
    ),
    "VersionDescriptionTooLong": Fact(
        "error",
        "{prop} must be at most {max} characters, got {length}; shorten it",
        _API + "CreateLaunchTemplateVersion.html",
    ),
    # Shapes
    "WrongType": Fact("error", "{prop} must be {expected}, got {got}; {fix}", _TEMPLATES),
    "ActionUnknown": Fact(
        "error",
        "the action must be one that can create an EBS volume, got {got}; use one of {actions}",
        _API + "Operations.html",
    ),
    "PropertyNotInCloudFormation": Fact(
        "error",
        "{prop} must be omitted in {type}, for which CloudFormation has no such property; {instead}",
        _TEMPLATES,
    ),
    "OutsideCloudFormationRange": Fact(
        "error", "{prop} must be {min:,} to {max:,} in {type}, got {got}; use {nearest}", _TEMPLATES
    ),
    "VolumeTypeNotInCloudFormation": Fact(
        "error", "{prop} must be one of {types} in {type}, in lower case, got {got}; use one of them", _TEMPLATES
    ),
    # Estimates
    "SnapshotDataOutOfRange": Fact(
        "error",
        "{prop} must be a number of GiB, more than 0, got {got}; give the snapshot's full size, known at synth",
        _GUIDE + "ebs-describing-snapshots.html",
    ),
    "PriceOutOfRange": Fact("error", "{prop} must be 0 or more USD per GiB, got {got}; correct it", _INITIALIZE),
    "InitializationWaitTooLong": Fact(
        "error",
        "snapshot_data must initialize within {max} for a deployment to wait, got {data:,g} GiB, which may take {time} "
        "at {rate} MiB/s; {fix}, or use on_initialized and do not wait",
        _MONITOR,
    ),
    "InitializationWaitNeedsRate": Fact(
        "error",
        "{prop} must be given for a volume that a deployment waits for: nobody knows how long EC2's default rate "
        "takes; give {min} to {max}, or use on_initialized and do not wait",
        _INITIALIZE,
    ),
    "InitializationWaitUnknown": Fact(
        "warning",
        "{prop} is known at deployment only, which fails if initialization takes more than {max}; give {needed}",
        _MONITOR,
    ),
    "DeadlineTooShort": Fact(
        "error",
        "deadline must be at least {fastest} for {data:,g} GiB of snapshot data, got {given}; extend it, or keep the "
        "data on more volumes that initialize side by side",
        _INITIALIZE,
    ),
}


class _Names(dict[str, Any]):
    """Facts to fill in, where a property without a name of the asker's goes by EC2's."""

    def __missing__(self, key: str) -> str:
        return key


def find(code: str, path: Path = (), names: Mapping[str, str] | None = None, label: str = "", **facts: Any) -> Finding:
    """Word one finding. ``label`` says which device it is about, ``names`` how properties are shown."""
    fact = FACTS[code]
    facts = {name: shown(value) if name == "got" else _clamped(value) for name, value in facts.items()}
    return Finding(code, fact.severity, label + fact.message.format_map(_Names(names or {}, **facts)), path)


def _clamped(value: Any) -> Any:
    """Return a number that can be written out: Python refuses integers of more than 4,300 digits."""
    return max(min(value, 10**18), -(10**18)) if isinstance(value, int) else value


_OBJECT: Final = re.compile(r"^<(?:[\w<>]+\.)*(\w+) object at 0x\w+>$")  # what Python shows of most objects


def with_article(name: str) -> str:
    """Return a class's name with its article."""
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def shown(value: object) -> str:
    """Show a value that was given, briefly: input may be of any size."""
    try:
        if isinstance(value, (list, tuple, dict, set)) and value and not hasattr(value, "_fields"):
            return f"a {type(value).__name__} of {len(value)}"
        text = str(value) if isinstance(value, Enum) else repr(value)
        if an_object := _OBJECT.match(text):
            text = with_article(an_object[1])
    except Exception:  # a value of the user's own class, whatever it does
        text = type(value).__name__
    return text if len(text) <= 80 else text[:77] + "..."
