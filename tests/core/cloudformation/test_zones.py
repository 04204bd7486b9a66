"""The zones in the templates of an app are of the Region where each is deployed, as far as that is known."""

import pytest

from constructs_ebs.core import AppTemplate, check_app, check_template
from tests.constants import SNAPSHOT

CODE = "AvailabilityZoneOfAnotherRegion"


def resource(kind, **properties):
    return {"Type": kind, "Properties": properties}


def volume(zone="us-east-1a", **properties):
    return resource("AWS::EC2::Volume", AvailabilityZone=zone, **{"SnapshotId": SNAPSHOT, **properties})


def found(resources, region="us-east-1", **template):
    app = [AppTemplate(name="App", template={"Resources": resources, **template}, region=region)]
    [findings] = check_app(app)
    return [(finding.logical_id, finding.path[3:]) for finding in findings if finding.code == CODE]


@pytest.mark.parametrize(
    ("kind", "properties", "path"),
    [
        ("AWS::EC2::Volume", {"AvailabilityZone": "us-west-2a", "Size": 1}, ("AvailabilityZone",)),
        ("AWS::EC2::Volume", {"AvailabilityZoneId": "usw2-az1", "Size": 1}, ("AvailabilityZoneId",)),
        ("AWS::EC2::Instance", {"AvailabilityZone": "us-west-2a"}, ("AvailabilityZone",)),
        (
            "AWS::EC2::LaunchTemplate",
            {"LaunchTemplateData": {"Placement": {"AvailabilityZone": "us-west-2-lax-1a"}}},
            ("LaunchTemplateData", "Placement", "AvailabilityZone"),
        ),
    ],
)
def test_a_zone_is_of_the_region_of_its_stack(kind, properties, path):
    resources = {"It": resource(kind, **properties)}
    assert found(resources) == [("It", path)]
    assert found(resources, region="us-west-2") == found(resources, region=None) == []
    assert check_template({"Resources": resources}) == []


@pytest.mark.parametrize("zone", ["us-east-1a", "us-east-1-bos-1a", "us-east-1-wl1-bos-wlz-1", {"Ref": "Zone"}])
def test_zones_of_the_region_and_unknown_ones_are_taken(zone):
    assert found({"It": volume(zone)}, Parameters={"Zone": {"Type": "String"}}) == []


def test_a_zone_that_the_region_makes_is_of_it():
    assert found({"It": volume({"Fn::Sub": "${AWS::Region}a"})}) == []


def test_a_zone_of_another_region_in_one_branch_is_found():
    zone = {"Fn::If": ["West", "us-west-2a", "us-east-1a"]}
    conditions = {"West": {"Fn::Equals": [{"Ref": "Where"}, "west"]}}
    template = {"Conditions": conditions, "Parameters": {"Where": {"Type": "String"}}}
    assert found({"It": volume(zone)}, **template) == [("It", ("AvailabilityZone", "Fn::If", 1))]


def test_a_nested_stack_is_in_the_region_of_its_parent():
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://bucket/child.json"}}
    nested = {"Resources": {"It": volume("us-west-2a")}}
    _, findings = check_app(
        [
            AppTemplate(name="Parent", template={"Resources": {"Child": child}}, region="us-east-1"),
            AppTemplate(name="Child", template=nested, nested_as="child.json"),
        ]
    )
    assert [finding.code for finding in findings] == [CODE]


def test_a_snapshot_by_the_arn_of_another_region_is_refused():
    resources = {"It": volume(SnapshotId=f"arn:aws:ec2:us-west-2::snapshot/{SNAPSHOT}")}
    [[finding]] = check_app([AppTemplate(name="App", template={"Resources": resources}, region="us-east-1")])
    assert finding.code == "SnapshotOfAnotherRegion"


@pytest.mark.parametrize("name", ["AvailabilityZone", "AvailabilityZoneId"])
def test_a_subnet_that_something_is_launched_into_is_of_the_region(name):
    zone = {"AvailabilityZone": "us-west-2a", "AvailabilityZoneId": "usw2-az1"}[name]
    resources = {
        "Subnet": resource("AWS::EC2::Subnet", **{name: zone}),
        "Near": resource("AWS::EC2::Subnet", AvailabilityZone="us-east-1a"),
        "Group": resource("AWS::AutoScaling::AutoScalingGroup", VPCZoneIdentifier=[{"Ref": "Near"}, {"Ref": "Subnet"}]),
        "Server": resource("AWS::EC2::Instance", SubnetId={"Ref": "Subnet"}),
        "Other": resource("AWS::EC2::Instance", SubnetId={"Ref": "Near"}),
        "Else": resource("AWS::EC2::Instance", SubnetId={"Ref": "Group"}),
    }
    assert found(resources) == [("Group", ("VPCZoneIdentifier",)), ("Server", ("SubnetId",))]
    assert found(resources, region=None) == []
    [findings] = check_app([AppTemplate(name="App", template={"Resources": resources}, region="us-east-1")])
    assert (
        f"VPCZoneIdentifier must be a zone of us-east-1, the Region in which it is created, got {zone} (subnet Sub"
        in (findings[0].message)
    )
