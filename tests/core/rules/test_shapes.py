"""Input of any shape is a finding or nothing, never an exception."""

from collections import UserDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_ebs.core import AppTemplate, check_app, check_request, check_template
from constructs_ebs.core.actions import ACTIONS, KINDS
from constructs_ebs.core.cloudformation.planner import make_plan
from constructs_ebs.core.cloudformation.resources import RESOURCE_TYPES

INTRINSICS = [
    {"Ref": "Something"},
    {"Ref": "AWS::NoValue"},
    {"Fn::GetAtt": ["A", "B"]},
    {"Fn::ImportValue": "x"},
    {"Fn::If": ["c", 1, {"Ref": "AWS::NoValue"}]},
    {"Fn::If": "broken"},
    {"Fn::Sub": "${x}"},
    {"Fn::Transform": {"Name": "AWS::Include"}},
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["30", "true", "gp3", ""]),
)
FLEET_KEYS = (
    *("TargetCapacity", "OnDemandTargetCapacity", "InstancePoolsToUseCount", "WeightedCapacity", "Priority", "Type"),
    *("SpotPrice", "InstanceType", "InstanceRequirements", "SubnetId", "TerminationDelay", "ReplacementStrategy"),
    *("LaunchTemplateConfigs", "Overrides", "LaunchSpecifications", "SpotMaintenanceStrategies", "CapacityRebalance"),
    *("AllocationStrategy", "BlockDeviceMappings", "Ebs", "VolumeInitializationRate", "TargetCapacityUnitType"),
)
KEYS = st.sampled_from(
    [
        *(name for name in KINDS if name),
        *(
            "Size",
            "Ebs",
            "NoDevice",
            "VirtualName",
            "BlockDeviceMappings",
            "Placement",
            "LaunchTemplateData",
            "Overrides",
        ),
        *("LaunchSpecifications", "LaunchTemplateConfigs", "SpotFleetRequestConfig", "Fn::Transform", "Ref", "Fn::If"),
        *(
            "VolumeConfigurations",
            "ManagedEBSVolume",
            "SizeInGiB",
            "SpotFleetRequestConfigData",
            "InstanceConfiguration",
        ),
    ]
)
ANYTHING = st.recursive(
    st.one_of(SCALARS, st.sampled_from(INTRINSICS)),
    lambda children: st.one_of(st.lists(children, max_size=3), st.dictionaries(KEYS, children, max_size=5)),
    max_leaves=25,
)


@given(st.one_of(st.sampled_from(sorted(ACTIONS)), SCALARS), ANYTHING)
def test_a_request_never_raises(action, params):
    for finding in check_request(action, params):
        assert finding.message


NUMBERS = st.one_of(SCALARS, st.sampled_from([10**400, -(10**400), float("inf"), float("nan")]))
FLEETS = st.dictionaries(
    st.sampled_from(FLEET_KEYS),
    st.recursive(
        NUMBERS,
        lambda children: st.one_of(
            st.lists(children, max_size=3), st.dictionaries(st.sampled_from(FLEET_KEYS), children, max_size=6)
        ),
        max_leaves=25,
    ),
    max_size=8,
)


@given(FLEETS, NUMBERS, NUMBERS, NUMBERS)
def test_a_fleet_never_raises(config, target, weight, priority):
    overrides = {"LaunchTemplateConfigs": [{"Overrides": [{"WeightedCapacity": weight, "Priority": priority}]}]}
    for one in (config, {**config, **overrides, "TargetCapacity": target}):
        check_request("RequestSpotFleet", {"SpotFleetRequestConfig": one})
        properties = {"SpotFleetRequestConfigData": one}
        check_template({"Resources": {"Fleet": {"Type": "AWS::EC2::SpotFleet", "Properties": properties}}})


@given(st.sampled_from(sorted(RESOURCE_TYPES)), ANYTHING)
def test_a_resource_never_raises(kind, properties):
    for finding in check_template({"Resources": {"R": {"Type": kind, "Properties": properties}}}):
        assert finding.logical_id == "R"


@given(ANYTHING)
def test_a_template_never_raises(template):
    check_template(template)
    check_template({"Resources": template})
    check_template({"Resources": {"R": template, 5: {"Type": template, "Properties": template}}})


PATCH = {"InstanceId": "i-0123456789abcdef0", "VolumeInitializationRate": 200}


def rated(properties):
    """Return a launch template with a rate, and what may be of any shape."""
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": "snap-01234567", "VolumeInitializationRate": 200}}
    return {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"BlockDeviceMappings": [device]}, "LaunchTemplateName": properties},
    }


@given(ANYTHING, ANYTHING, NUMBERS, st.sampled_from(sorted(RESOURCE_TYPES)))
def test_an_app_never_raises(anything, other, number, kind):
    group = {
        "LaunchTemplate": {"LaunchTemplateId": {"Ref": "T"}},
        "MixedInstancesPolicy": {"LaunchTemplate": {"Overrides": [{"WeightedCapacity": number}, anything]}},
        "MaxSize": number,
        "VPCZoneIdentifier": [anything, {"Ref": "Subnet"}, {"Fn::GetAtt": other}],
    }
    resources = {
        "T": rated(anything),
        "Any": {"Type": kind, "Properties": anything},
        "Patch": {"Type": "Custom::EbsRootVolumeReplacement", "Properties": {"Request": {**PATCH, "ImageId": other}}},
        "Version": {"Type": "Custom::EbsLaunchTemplateVersion", "Properties": anything},
        "Image": {"Type": "Custom::EbsAmi", "Properties": {"Request": anything}},
        "Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": other},
        "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": anything, "Parameters": other}},
        5: anything,
    }
    outputs = {"O": {"Value": anything, "Export": {"Name": other}}, "P": anything}
    templates = [
        AppTemplate(name="A", template={"Resources": resources, "Outputs": outputs}, nested_as="Ref"),
        AppTemplate(name="B", template=anything, nested_as="x"),
        AppTemplate(name="C", template={"Resources": anything, "Outputs": other}),
    ]
    assert len(check_app(templates, minimum_rate=200, quota=1)) == 3
    for account in make_plan(templates).accounts:
        assert account.peak == sum((one.rate or 0) * one.volumes for one in account.devices)


class Hostile:
    def __repr__(self):
        raise RuntimeError("no")


def test_a_value_that_cannot_be_shown_is_still_a_finding():
    [finding] = check_request("CreateVolume", {"Size": Hostile()})
    assert finding.code == "WrongType"
    assert "Hostile" in finding.message


def test_an_intrinsic_nested_without_end_is_unknown():
    value = {"Ref": "AWS::NoValue"}
    for _ in range(5_000):
        value = {"Fn::If": ["c", value, "snap-01234567"]}
    properties = {"SnapshotId": value, "Size": 1, "VolumeInitializationRate": 200}
    assert check_template({"Resources": {"V": {"Type": "AWS::EC2::Volume", "Properties": properties}}}) == []


def test_an_intrinsic_of_any_width_is_read_at_once():
    value = {"Ref": "AWS::Region"}
    for _ in range(60):
        value = {"Fn::If": ["c", *[value] * 20]}
    volume = {"Type": "AWS::EC2::Volume", "Properties": {"SnapshotId": value}}
    assert check_template({"Resources": {"V": volume}}) == []


@pytest.mark.parametrize("value", [10**5_000, -(10**5_000), float("nan"), b"x", {1, 2}, object()], ids=type)
@pytest.mark.parametrize("name", ["KmsKeyId", "Size", "Encrypted", "SnapshotId", "VolumeInitializationRate"])
def test_an_odd_value_is_a_finding(name, value):
    template = {"Resources": {"V": {"Type": "AWS::EC2::Volume", "Properties": {name: value}}}}
    assert check_template(template)
    assert check_request("CreateVolume", {name: value})


def test_any_mapping_is_an_object():
    request = UserDict({"Size": 1, "VolumeInitializationRate": 200})
    assert [finding.code for finding in check_request("CreateVolume", request)] == ["InitializationRateWithoutSnapshot"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (5, "the request must be an object, got 5; give an object"),
        ({"BlockDeviceMappings": {}}, "BlockDeviceMappings must be a list, got {}; give a list"),
        (
            {"BlockDeviceMappings": [[1]]},
            "BlockDeviceMappings[0] must be an object, got a list of 1; give an object",
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": []}]},
            "BlockDeviceMappings[0] (/dev/sdf): Ebs must be an object, got []; give an object",
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"Encrypted": "yes"}}]},
            "BlockDeviceMappings[0] (/dev/sdf): Encrypted must be true or false, got 'yes'; give true or false",
        ),
    ],
)
def test_says_what_has_the_wrong_type(params, message):
    assert [finding.message for finding in check_request("RunInstances", params)] == [message]
