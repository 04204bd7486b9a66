"""The types of CloudFormation resources that make EBS volumes, one row each (cfn-lint 1.58.0's schemas, 2026-10-20)."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from ..actions import ACTIONS, RATE, Action
from ..limits import VOLUME_TYPES
from ..problems import Path
from .custom_resources import REPLACEMENT


class VolumeSchema(NamedTuple):
    """One place in the properties of a resource type that asks for volumes."""

    action: Action
    """The EC2 action that CloudFormation calls, with where the type's properties differ from its parameters."""
    rejects: frozenset[str] = frozenset()
    """Properties of a volume that the schema does not have."""
    instead: str = ""
    """What to do about them."""
    types: tuple[str, ...] = ()
    """The volume types that the schema lists, in this spelling; empty: any string."""
    ranges: Mapping[str, tuple[int, int]] = {}
    """Bounds of the schema, where they are narrower than EC2's."""


class LaunchSchema(NamedTuple):
    """How often a resource type makes volumes, its own or those of launch templates, and where."""

    templates: tuple[Path, ...] = ()
    """Below ``each``: where it names launch templates; empty: the volumes are its own."""
    each: Path = ()
    """Where a launch template stands with what belongs to it."""
    subnets: tuple[Path, ...] = ()
    """Below ``each``."""
    zones: tuple[Path, ...] = ()
    """Below ``each``."""
    overrides: Path | None = None
    """Below ``each``: what may have weights, which are units of the capacity."""
    capacity: Path | None = None
    """The most units that it launches at once."""
    unit: Path | None = None
    """What a unit is, where that need not be an instance."""
    times: int = 1
    """How often it makes its volumes where no capacity is known."""
    exact: bool = True
    """Whether it makes them no more often than that."""


InstanceSource = Literal["", "instance", "group", "fleet", "EC2 fleet", "Request.InstanceId"]
"""How the instances of a resource are found that a stack has: it is one, it lists them, or it names one."""


class ResourceType(NamedTuple):
    """A type of resource that makes EBS volumes."""

    volumes: tuple[VolumeSchema, ...] = ()
    """Where it asks for volumes of its own."""
    launch: LaunchSchema | None = None
    """How it makes them; ``None`` for what takes no rate, so that it does not matter."""
    instances: InstanceSource = ""
    """How its instances are found; empty: it has none, or nothing lists them."""
    listed: bool = False
    """Whether the volumes that it makes are resources of the stack, or there are none."""

    @property
    def hidden(self) -> bool:
        """Whether nothing tells which volumes it has made, of those that may have a rate."""
        return self.launch is not None and not self.instances and not self.listed


def _like(action: str, **changes: Any) -> Action:
    """An EC2 action as a resource type asks for it; what is not supported there, the type's schema says."""
    return ACTIONS[action]._replace(unsupported={}, **changes)


_TYPES = tuple(sorted(VOLUME_TYPES))
_PLACE = frozenset({"AvailabilityZone", "AvailabilityZoneId", "OutpostArn", "MultiAttachEnabled", "SourceVolumeId"})
_RATE_AND_PLACE = _PLACE | {RATE}
_IN_TEMPLATE = "move the device into an AWS::EC2::LaunchTemplate and launch from that"

_FLEET = ("SpotFleetRequestConfigData",)
_OVERRIDES = ("Overrides", "*")
_OF_A_FLEET = LaunchSchema(
    templates=(("LaunchTemplateSpecification",),),
    each=("LaunchTemplateConfigs", "*"),
    subnets=((*_OVERRIDES, "SubnetId"),),
    zones=((*_OVERRIDES, "AvailabilityZone"),),
    overrides=_OVERRIDES,
)
_MIXED = ("MixedInstancesPolicy", "LaunchTemplate")
_INTERFACES = ("NetworkInterfaces", "*", "SubnetId")

_AGENTS = ("ComputeConfiguration", "Ec2Configuration")
_OF_AN_AGENT = VolumeSchema(
    action=_like("RunInstances", default_type="gp3", key_encrypts=True),
    rejects=_PLACE,
    instead="omit it",
    types=_TYPES,
    ranges={"Throughput": (125, 2_000)},
)

_OF_A_RECIPE = VolumeSchema(
    action=_like("RunInstances"),
    rejects=_RATE_AND_PLACE,
    instead="rate the device where the image is launched: in an AWS::EC2::LaunchTemplate",
    types=(*_TYPES, "gp3a", "io2a"),
    ranges={"VolumeSize": (1, 16_000), "Iops": (100, 64_000), "Throughput": (125, 1_000)},
)

RESOURCE_TYPES: Final[Mapping[str, ResourceType]] = {
    "AWS::EC2::Volume": ResourceType(
        volumes=(VolumeSchema(action=_like("CreateVolume")),),
        launch=LaunchSchema(zones=(("AvailabilityZone",),)),
        listed=True,
    ),
    "AWS::EC2::LaunchTemplate": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("CreateLaunchTemplate", one_kind=True), rejects=_PLACE, instead="omit it", types=_TYPES
            ),
        ),
        launch=LaunchSchema(subnets=(("LaunchTemplateData", *_INTERFACES),), times=0),
        listed=True,
    ),
    "AWS::EC2::Instance": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("RunInstances", one_kind=True),
                rejects=_RATE_AND_PLACE | {"Throughput"},
                instead=_IN_TEMPLATE,
                types=_TYPES,
            ),
        ),
        launch=LaunchSchema(
            templates=(("LaunchTemplate",),), subnets=(("SubnetId",), _INTERFACES), zones=(("AvailabilityZone",),)
        ),
        instances="instance",
    ),
    "AWS::AutoScaling::AutoScalingGroup": ResourceType(
        launch=LaunchSchema(
            templates=(
                ("LaunchTemplate",),
                (*_MIXED, "LaunchTemplateSpecification"),
                (*_MIXED, *_OVERRIDES, "LaunchTemplateSpecification"),
            ),
            subnets=(("VPCZoneIdentifier", "*"),),
            zones=(("AvailabilityZones", "*"),),
            overrides=(*_MIXED, *_OVERRIDES),
            capacity=("MaxSize",),
        ),
        instances="group",
    ),
    "AWS::AutoScaling::LaunchConfiguration": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("RunInstances", one_kind=True),
                rejects=_RATE_AND_PLACE | {"KmsKeyId"},
                instead="replace the launch configuration by an AWS::EC2::LaunchTemplate",
                ranges={"VolumeSize": (1, 16_384), "Iops": (100, 20_000), "Throughput": (125, 1_000)},
            ),
        ),
    ),
    "AWS::EC2::SpotFleet": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("RequestSpotFleet", where=(*_FLEET, "LaunchSpecifications", "*"), one_kind=True),
                rejects=_RATE_AND_PLACE | {"Throughput", "KmsKeyId"},
                instead="move the device into an AWS::EC2::LaunchTemplate and name that in LaunchTemplateConfigs",
            ),
        ),
        launch=_OF_A_FLEET._replace(
            each=(*_FLEET, *_OF_A_FLEET.each),
            capacity=(*_FLEET, "TargetCapacity"),
            unit=(*_FLEET, "TargetCapacityUnitType"),
        ),
        instances="fleet",
    ),
    "AWS::EC2::EC2Fleet": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("CreateFleet"),
                rejects=_RATE_AND_PLACE | {"Throughput"},
                instead=_IN_TEMPLATE,
                types=_TYPES,
            ),
        ),
        launch=_OF_A_FLEET._replace(
            capacity=("TargetCapacitySpecification", "TotalTargetCapacity"),
            unit=("TargetCapacitySpecification", "TargetCapacityUnitType"),
        ),
        instances="EC2 fleet",
    ),
    "AWS::ECS::Service": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like(
                    "CreateVolume",
                    where=("VolumeConfigurations", "*", "ManagedEBSVolume"),
                    spelling={"VolumeSize": "SizeInGiB"},
                    default_type=None,
                    key_encrypts=True,
                ),
                rejects=_PLACE,
                instead="omit it",
            ),
        ),
        launch=LaunchSchema(
            subnets=(("NetworkConfiguration", "AwsvpcConfiguration", "Subnets", "*"),), capacity=("DesiredCount",)
        ),
    ),
    "AWS::EKS::Nodegroup": ResourceType(
        launch=LaunchSchema(
            templates=(("LaunchTemplate",),), subnets=(("Subnets", "*"),), capacity=("ScalingConfig", "MaxSize")
        ),
    ),
    "AWS::GameLift::GameServerGroup": ResourceType(
        launch=LaunchSchema(
            templates=(("LaunchTemplate",),),
            subnets=(("VpcSubnets", "*"),),
            overrides=("InstanceDefinitions", "*"),
            capacity=("MaxSize",),
        ),
    ),
    "AWS::PCS::ComputeNodeGroup": ResourceType(
        launch=LaunchSchema(
            templates=(("CustomLaunchTemplate",),),
            subnets=(("SubnetIds", "*"),),
            capacity=("ScalingConfiguration", "MaxInstanceCount"),
        ),
    ),
    "AWS::Batch::ComputeEnvironment": ResourceType(  # no template says how many instances it launches
        launch=LaunchSchema(
            templates=(("LaunchTemplate",), ("LaunchTemplate", *_OVERRIDES)),
            each=("ComputeResources",),
            subnets=(("Subnets", "*"),),
            exact=False,
        ),
    ),
    "AWS::BedrockAgentCore::CapacityProvider": ResourceType(  # nor of these
        volumes=(
            _OF_AN_AGENT._replace(
                action=_OF_AN_AGENT.action._replace(
                    where=(*_AGENTS, "LaunchTemplateSource", "LaunchParameters"),
                    mappings="EphemeralVolumes",
                ),
            ),
            _OF_AN_AGENT._replace(
                action=_like(
                    "CreateVolume",
                    where=(*_AGENTS, "Volumes", "*", "EbsConfiguration"),
                    spelling={"VolumeSize": "SizeGiB"},
                    default_type="gp3",
                    key_encrypts=True,
                ),
                rejects=_RATE_AND_PLACE,
                instead="move the device into LaunchParameters.EphemeralVolumes",
            ),
            _OF_AN_AGENT._replace(
                action=_OF_AN_AGENT.action._replace(where=(*_AGENTS, "RootVolume"), mappings=None),
                rejects=_RATE_AND_PLACE | {"SnapshotId", "VolumeSize"},
            ),
        ),
        launch=LaunchSchema(
            subnets=(("ComputeConfiguration", "Ec2Configuration", "VpcConfiguration", "Subnets", "*"),), exact=False
        ),
    ),
    "AWS::ImageBuilder::ImageRecipe": ResourceType(volumes=(_OF_A_RECIPE,)),
    "AWS::ImageBuilder::ContainerRecipe": ResourceType(
        volumes=(_OF_A_RECIPE._replace(action=_OF_A_RECIPE.action._replace(where=("InstanceConfiguration",))),),
    ),
    "AWS::WorkspacesInstances::Volume": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("CreateVolume", spelling={"VolumeSize": "SizeInGB"}, default_type=None),
                rejects=_RATE_AND_PLACE - {"AvailabilityZone"},
                instead="omit it, or make an AWS::EC2::Volume",
                types=_TYPES,
                ranges={"VolumeSize": (0, 16_384)},
            ),
        ),
    ),
    "AWS::WorkspacesInstances::WorkspaceInstance": ResourceType(
        volumes=(
            VolumeSchema(
                action=_like("RunInstances", where=("ManagedInstance",)),
                rejects=_RATE_AND_PLACE | {"SnapshotId"},
                instead="omit it",
                types=_TYPES,
            ),
        ),
    ),
    REPLACEMENT: ResourceType(
        volumes=(VolumeSchema(action=_like("CreateReplaceRootVolumeTask", where=("Request",))),),
        launch=LaunchSchema(),
        instances="Request.InstanceId",
    ),
}
"""By the name of the type."""

WITH_VOLUMES: Final = frozenset(name for name, row in RESOURCE_TYPES.items() if row.volumes)
"""The types that ask for volumes of their own."""
