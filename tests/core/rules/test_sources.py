"""The tables against the models they were read from: botocore's EC2 model and CloudFormation's schemas."""

import json
from pathlib import Path

import botocore.session
import cfnlint
import pytest

from constructs_ebs._lowering.fleet import FLEET_OPTIONS
from constructs_ebs._lowering.replacement_tags import CHANGED_IN_PLACE
from constructs_ebs.core import limits
from constructs_ebs.core.actions import ACTIONS, KINDS, RATE
from constructs_ebs.core.cloudformation.custom_resources import REPLACEMENT
from constructs_ebs.core.cloudformation.resources import RESOURCE_TYPES, WITH_VOLUMES
from constructs_ebs.core.fleets import ANY_CASE, CHOICES

EC2 = botocore.session.get_session().get_service_model("ec2")
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
TYPES = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())


def schema_text(kind):
    return (SCHEMAS / "resources" / f"{TYPES[kind]}.json").read_text()


def schema(kind):
    return json.loads(schema_text(kind))


def members(action):
    """Return the members of an action's volume, and of the shape that holds its mappings."""
    shape = EC2.operation_model(action.name).input_shape
    for key in action.where:
        shape = shape.member if key == "*" else shape.members[key]
    if action.mappings is None:
        return shape.members
    return shape.members[action.mappings].member.members["Ebs"].members


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_an_action_has_the_properties_that_the_rules_read(action):
    has = members(action)
    for name in ("SnapshotId", RATE):
        assert (name in has) or name in action.unsupported, name
    for spelled in action.spelling.values():
        assert spelled in has


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_a_property_that_the_model_lacks_is_unsupported(action):
    if action.mappings is None:
        return  # CreateVolume and CreateReplaceRootVolumeTask: botocore itself refuses what they lack
    of_a_volume = {name for name in EC2.shape_for("EbsBlockDevice").members if name in KINDS}
    assert of_a_volume - set(members(action)) <= set(action.unsupported)


def test_every_action_with_the_rate_is_known():
    rated = set()
    for name in EC2.operation_names:
        pending, seen = [EC2.operation_model(name).input_shape], set()
        while pending:
            shape = pending.pop()
            if shape is None or shape.name in seen:
                continue
            seen.add(shape.name)
            if shape.type_name == "structure":
                pending += shape.members.values()
                if RATE in shape.members:
                    rated.add(name)
            elif shape.type_name == "list":
                pending.append(shape.member)
    assert rated <= set(ACTIONS)
    assert set(ACTIONS) - rated == {"CreateFleet"}


def test_what_cloudformation_changes_in_a_spot_fleet_without_replacing_it_is_in_the_tags_that_replace_it():
    config = "SpotFleetRequestConfigData"
    fleet = schema("AWS::EC2::SpotFleet")
    create_only = {path.rpartition("/")[2] for path in fleet["createOnlyProperties"]}
    assert "TagSpecifications" in create_only, "a changed tag replaces the fleet"
    changed_in_place = fleet["definitions"][config]["properties"].keys() - create_only
    options = {name for name, option in FLEET_OPTIONS.items() if option in CHANGED_IN_PLACE}
    assert changed_in_place == options | {"LaunchTemplateConfigs", "Context"}  # which Spot Fleets do not use
    modify = EC2.operation_model("ModifySpotFleetRequest").input_shape.members
    assert changed_in_place - modify.keys() == {"TargetCapacityUnitType"}, "what EC2 cannot change in any fleet"


def test_image_options_are_the_models():
    for name, choices in limits.IMAGE_OPTIONS.items():
        shape = EC2.operation_model("RegisterImage").input_shape.members[name]
        assert getattr(shape, "enum", None) in ([], list(choices)), name
    for shape, name in (("ArchitectureValues", "Architecture"), ("BootModeValues", "BootMode")):
        assert set(EC2.shape_for(shape).enum) == set(limits.IMAGE_OPTIONS[name])


def test_volume_types_are_the_models():
    assert set(EC2.shape_for("VolumeType").enum) == set(limits.VOLUME_TYPES)


PLACES = [(kind, row) for kind, of in RESOURCE_TYPES.items() for row in of.volumes if kind in TYPES]  # not our own
LAUNCHERS = {kind: of.launch for kind, of in RESOURCE_TYPES.items() if of.launch}
IDS = [f"{kind}-{row.action.mappings or '.'.join(map(str, row.action.where))}" for kind, row in PLACES]


def volume_schema(kind, row):
    """Return the schema of a volume in one place of a resource type."""
    root = schema(kind)

    def deref(node):
        return root["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node

    node = root
    path = [*row.action.where, *([row.action.mappings, "*", "Ebs"] if row.action.mappings else [])]
    for key in path:
        node = deref(node["items"] if key == "*" else node["properties"][key])
    return node


@pytest.mark.parametrize(("kind", "row"), PLACES, ids=IDS)
def test_a_resource_rejects_what_its_schema_does_not_have(kind, row):
    node = volume_schema(kind, row)
    assert node["additionalProperties"] is False
    named = {row.action.spelling.get(name, name) for name in row.rejects}
    assert not named & node["properties"].keys()
    of_a_volume = {
        *(
            "VolumeInitializationRate",
            "VolumeSize",
            "Iops",
            "Throughput",
            "Encrypted",
            "MultiAttachEnabled",
            "SnapshotId",
        ),
        *("SourceVolumeId", "VolumeType", "KmsKeyId", "AvailabilityZone", "AvailabilityZoneId", "OutpostArn"),
    }
    accepted = {row.action.spelling.get(name, name) for name in of_a_volume - row.rejects}
    assert accepted <= node["properties"].keys()


@pytest.mark.parametrize(("kind", "row"), PLACES, ids=IDS)
def test_a_resource_wants_one_kind_of_mapping_where_its_schema_does(kind, row):
    wanting = [name for name, node in schema(kind).get("definitions", {}).items() if "requiredXor" in node]
    assert ("BlockDeviceMapping" in wanting) == row.action.one_kind


@pytest.mark.parametrize(("kind", "row"), PLACES, ids=IDS)
def test_a_resource_has_its_schemas_types_and_bounds(kind, row):
    properties = volume_schema(kind, row)["properties"]
    assert set(properties["VolumeType"].get("enum", [])) == set(row.types)
    for name, bounds in row.ranges.items():
        property_ = properties[row.action.spelling.get(name, name)]
        assert (property_["minimum"], property_["maximum"]) == bounds
    for name, widest in (("VolumeSize", limits.ANY_TYPE.size), ("Iops", limits.ANY_TYPE.iops), (RATE, (100, 300))):
        property_ = properties.get(row.action.spelling.get(name, name), {})
        if name not in row.ranges and "minimum" in property_:
            low, high = widest
            assert property_["minimum"] <= low
            assert property_.get("maximum", high) >= high


def test_every_place_that_accepts_the_rate_is_known():
    accepting = {kind for kind in TYPES if RATE in schema_text(kind)}
    assert accepting == {kind for kind, row in PLACES if RATE not in row.rejects}
    for kind in accepting:
        assert schema_text(kind).count(f'"{RATE}": {{') == 1


def test_every_type_that_makes_volumes_from_snapshots_is_known():
    of_a_volume = {"SnapshotId", "VolumeType", "Iops"}
    making = {
        kind
        for kind in TYPES
        if RATE in (text := schema_text(kind)) or "SnapshotId" in text
        for node in (schema(kind), *schema(kind).get("definitions", {}).values())
        if of_a_volume <= node.get("properties", {}).keys()
    }
    others = {"AWS::WorkspacesInstances::WorkspaceInstance"}  # whose devices take no snapshot, and so no rate
    assert making == WITH_VOLUMES - others - {REPLACEMENT}


def has(kind, path):
    """Whether a resource type's schema has this path."""
    root = schema(kind)
    node = root
    for key in path:
        while "$ref" in node:
            node = root["definitions"][node["$ref"].rpartition("/")[2]]
        node = node.get("items") if key == "*" else node.get("properties", {}).get(key)
        if node is None:
            return False
    return True


@pytest.mark.parametrize("kind", sorted(LAUNCHERS.keys() - {REPLACEMENT}))
def test_a_launcher_has_its_schemas_properties(kind):
    row = LAUNCHERS[kind]
    below = [
        *row.templates,
        *row.subnets,
        *row.zones,
        *([(*row.overrides, "WeightedCapacity")] if row.overrides else []),
    ]
    for path in (*((*row.each, *path) for path in below), row.capacity or (), row.unit or ()):
        assert has(kind, path), path


def test_everything_that_launches_launch_templates_is_known():
    launching = {
        kind
        for kind in TYPES
        if "LaunchTemplate" in (text := schema_text(kind)) and ("Subnet" in text or "VPCZone" in text)
    }
    others = {
        "AWS::EC2::LaunchTemplate",
        # Instances by launch parameters of their own.
        "AWS::BedrockAgentCore::CapacityProvider",
        "AWS::ECS::CapacityProvider",
    }
    assert launching - others == {kind for kind, row in LAUNCHERS.items() if row.templates}


def test_a_template_spells_the_options_of_a_fleet_as_the_schema_does():
    listed = schema("AWS::EC2::SpotFleet")["definitions"]["SpotFleetRequestConfigData"]["properties"]
    for name, choices in CHOICES.items():
        spelled = listed[name].get("enum", choices)
        assert {*choices} <= {*spelled}, name
        assert name in ANY_CASE or {*choices} == {*spelled}, name
