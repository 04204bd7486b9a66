"""`constructs-ebs verify`: the rates that stacks ask for, and what EC2 reports of them."""

import json
import re

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from constructs_ebs.cli.verify.comparison import SAYS_NONE, SILENT
from tests.cli.aws import RATE, VOLUME, RefusedError
from tests.cli.stacks import (
    GROUP,
    add_version,
    create,
    custom,
    deployed,
    fleet_config,
    instance_data,
    launch_template,
    mapping,
    volume,
)
from tests.constants import SNAPSHOT


@pytest.fixture
def rates(ask):
    """Return a function that verifies: the exit status, and of each rate what was found."""

    def rates(*arguments):
        status, lines, _ = ask("verify", "--json", *arguments)
        found = json.loads("".join(lines))["rates"]
        return status, [
            (
                f"{one['logical_id']} {one['device'] or ''}".strip(),
                one["action"],
                one["asked"],
                one["reported"],
                one["result"],
            )
            for one in found
        ]

    return rates


# Volumes, and how the template's rate is told


def test_a_volume_with_the_rate_that_was_asked_for(aws, ask):
    deployed(aws, "Restore", {"Resources": {"Data": volume(200)}}, {"Data": "vol-1"})
    aws.volume("vol-1", rate=200)
    status, lines, errors = ask("verify", "Restore")
    assert (status, errors) == (0, [])
    assert lines == [
        "as asked: Restore/Data: asked 200 MiB/s, DescribeVolumes reports 200 MiB/s for vol-1",
        "1 as asked, 0 different, 0 unknown",
        f"No rates are reported by {', '.join(SILENT)}, nor by CloudFormation itself.",
    ]
    assert aws.calls == {"ListStackResources": 1, "GetTemplate": 1, "DescribeVolumes": 1}


DIFFERENT = [(200, 100), (200, None), (None, 300)]


@pytest.mark.parametrize(("asked", "reported"), DIFFERENT)
def test_a_difference_fails(aws, rates, asked, reported):
    deployed(aws, "Restore", {"Resources": {"Data": volume(asked)}}, {"Data": "vol-1"})
    aws.volume("vol-1", rate=reported)
    assert rates("Restore") == (1, [("Data", "DescribeVolumes", asked, reported, "different")])


def test_a_volume_that_is_gone_is_unknown(aws, rates):
    deployed(
        aws, "Restore", {"Resources": {"Data": volume(200), "Other": volume(100)}}, {"Data": "vol-1", "Other": "vol-2"}
    )
    aws.volume("vol-2", rate=100)
    assert rates("Restore") == (
        0,
        [
            ("Data", "DescribeVolumes", 200, None, "unknown"),
            ("Other", "DescribeVolumes", 100, 100, "as_asked"),
        ],
    )
    assert rates("--strict", "Restore")[0] == 1


FULL = {
    "Parameters": {
        "Rate": {"Type": "Number"},
        "Secret": {"Type": "Number", "NoEcho": True},
        "Stage": {"Type": "String"},
        "List": {"Type": "CommaDelimitedList"},
    },
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsTest": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "IsTest"}]},
        "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Fn::Equals": [{"Fn::GetAtt": ["A", "B"]}, "x"]}]},
        "Circle": {"Fn::Not": [{"Condition": "Circle"}]},
    },
    "Mappings": {"Rates": {"prod": {"Fast": 300}}},
}
INTRINSICS = [
    (150, 150),
    ("150", 150),
    ({"Ref": "Rate"}, 250),
    ({"Fn::If": ["IsProd", 300, 100]}, 300),
    ({"Fn::If": ["IsTest", 300, 100]}, 100),
    ({"Fn::If": ["Both", 300, 100]}, 100),
    ({"Fn::If": ["Either", 300, {"Ref": "AWS::NoValue"}]}, 300),
    ({"Fn::If": ["IsTest", 300, {"Ref": "AWS::NoValue"}]}, None),
    ({"Fn::FindInMap": ["Rates", {"Ref": "Stage"}, "Fast"]}, 300),
    ({"Fn::ImportValue": "TheRate"}, 120),
    ({"Fn::ImportValue": {"Fn::Sub": "${Stage}Rate"}}, 130),
    ({"Fn::Select": [1, {"Ref": "List"}]}, 200),
    ({"Fn::Select": ["0", {"Fn::Split": ["-", "110-120"]}]}, 110),
    ({"Fn::Join": ["", ["1", "70"]]}, 170),
    ({"Fn::GetAtt": ["Child", "Outputs.Rate"]}, 140),
    ({"Fn::GetAtt": "Child.Outputs.Rate"}, 140),
]


def with_everything(aws, rate):
    child = "arn:aws:cloudformation:us-east-1:123456789012:stack/Restore-Child-1/0"
    aws.stack(child, {}, {"Resources": {}}, outputs={"Rate": "140"})
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {}}
    template = {**FULL, "Resources": {"Data": volume(rate), "Child": nested}}
    parameters = {"Rate": "250", "Stage": "prod", "List": "100, 200", "Secret": "****"}
    deployed(aws, "Restore", template, {"Data": "vol-1", "Child": child}, parameters=parameters)
    aws.exports |= {"TheRate": "120", "prodRate": "130"}


@pytest.mark.parametrize(("rate", "meant"), INTRINSICS, ids=repr)
def test_a_rate_is_told_from_what_is_deployed(aws, rates, rate, meant):
    with_everything(aws, rate)
    aws.volume("vol-1", rate=199)
    assert rates("Restore") == (1, [("Data", "DescribeVolumes", meant, 199, "different")])


UNKNOWN = [
    {"Ref": "Secret"},
    {"Ref": "Missing"},
    {"Ref": {"Ref": "Rate"}},
    {"Fn::If": ["Circle", 300, 100]},
    {"Fn::If": ["Missing", 300, 100]},
    {"Fn::If": []},
    {"Fn::ImportValue": "Missing"},
    {"Fn::FindInMap": ["Rates", "test", "Fast"]},
    {"Fn::GetAtt": ["Function", "Rate"]},
    {"Fn::Select": [7, {"Ref": "List"}]},
    {"Fn::Sub": "${Missing}"},
    "{{resolve:ssm:/rate}}",
]


@pytest.mark.parametrize("rate", UNKNOWN, ids=repr)
def test_a_rate_that_cannot_be_told_is_unknown(aws, rates, rate):
    with_everything(aws, rate)
    aws.volume("vol-1", rate=199)
    assert rates("Restore") == (0, [("Data", "DescribeVolumes", None, 199, "unknown")])


def test_reads_a_template_in_yaml(aws, rates):
    text = "Resources:\n  Data:\n    Type: AWS::EC2::Volume\n    Properties: {VolumeInitializationRate: !Ref Rate}\n"
    text += "Parameters: {Rate: {Type: Number}}\n"
    aws.stack("Restore", {"Data": (VOLUME, "vol-1")}, text, {"Rate": "111"})
    aws.volume("vol-1", rate=111)
    assert rates("Restore")[1] == [("Data", "DescribeVolumes", 111, 111, "as_asked")]


@pytest.mark.parametrize("text", ["[1]", "a: *b", "- a"])
def test_a_template_that_is_none_is_one_line(aws, ask, text):
    aws.stack("Restore", {"Data": (VOLUME, "vol-1")}, text)
    status, lines, [line] = ask("verify", "Restore")
    assert (status, lines) == (2, [])
    assert "Restore: its template " in line


def test_nested_stacks_are_verified_too(aws, rates):
    child = "arn:aws:cloudformation:us-east-1:123456789012:stack/Top-Child-1/0"
    template = {"Parameters": {"Rate": {"Type": "Number"}}, "Resources": {"Data": volume({"Ref": "Rate"})}}
    deployed(aws, child, template, {"Data": "vol-1"}, parameters={"Rate": "300"})
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {}}
    deployed(aws, "Top", {"Resources": {"Child": nested}}, {"Child": child})
    aws.volume("vol-1", rate=300)
    assert rates("Top") == (0, [("Data", "DescribeVolumes", 300, 300, "as_asked")])


# Launch templates, in moto, which keeps their rates


API = "DescribeLaunchTemplateVersions"


def test_a_launch_template_is_compared_device_by_device(aws, rates):
    asked = (mapping(300), mapping(200, "/dev/xvdf"), mapping(None, "/dev/xvdg"), mapping(None, "/dev/xvdh"))
    template = create(aws, "t", mapping(300), mapping(100, "/dev/xvdf"), mapping(None, "/dev/xvdg"))
    add_version(aws, template, mapping(300), mapping(100, "/dev/xvdf"), mapping(150, "/dev/xvdg"))
    deployed(aws, "Fleet", {"Resources": {"Servers": launch_template(*asked)}}, {"Servers": template})
    assert rates("Fleet") == (
        1,
        [
            ("Servers /dev/xvda", API, 300, 300, "as_asked"),
            ("Servers /dev/xvdf", API, 200, 100, "different"),
            ("Servers /dev/xvdg", API, None, 150, "different"),
        ],
    )


def test_devices_that_cannot_be_told_are_unknown(aws, rates):
    template = create(aws, "t", mapping(300))
    asked = launch_template()
    asked["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"] = {"Fn::Transform": {"Name": "Devices"}}
    deployed(aws, "Fleet", {"Resources": {"Servers": asked}}, {"Servers": template})
    assert rates("Fleet") == (0, [("Servers", None, None, None, "unknown")])


def test_a_device_whose_name_cannot_be_told_is_unknown(aws, rates):
    template = create(aws, "t", mapping(300), mapping(200, "/dev/xvdf"))
    asked = launch_template(mapping(300), mapping(200, {"Fn::GetAtt": ["Function", "Device"]}))
    deployed(aws, "Fleet", {"Resources": {"Servers": asked}}, {"Servers": template})
    assert rates("Fleet") == (
        0,
        [("Servers /dev/xvda", API, 300, 300, "as_asked"), ("Servers", None, None, None, "unknown")],
    )


def test_a_version_of_somebody_elses_template(aws, rates):
    template = create(aws, "theirs", mapping(None, SnapshotId="snap-1"))
    number = add_version(
        aws,
        template,
        mapping(300),
        mapping(200, "/dev/xvdf", SnapshotId="snap-1"),
        mapping(150, "/dev/xvdg", SnapshotId="snap-2"),
        mapping(None, "/dev/xvdh", SnapshotId="snap-3"),
        mapping(None, "/dev/xvdi", VolumeSize=1),
        description="rated [0123456789ab/ba9876543210/000000000000/1/1]",
    )
    version = custom(
        "LaunchTemplateVersion",
        LaunchTemplate={"LaunchTemplateId": template},
        VolumeInitializationRate=200,
        BlockDeviceMappings=[],
        Changes=[mapping(300)],
    )
    deployed(
        aws,
        "Rated",
        {"Resources": {"Version": version}},
        {"Version": "EbsLaunchTemplateVersion-0123456789ab-ba9876543210"},
    )
    assert number == "2"
    assert rates("Rated") == (
        1,
        [
            ("Version /dev/xvda", API, 300, 300, "as_asked"),
            ("Version /dev/xvdf", API, 200, 200, "as_asked"),
            ("Version /dev/xvdg", API, 150, 150, "as_asked"),  # the source version's own rate
            ("Version /dev/xvdh", API, 200, None, "different"),
        ],
    )


@pytest.mark.parametrize("code", ["InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateId.NotFound"])
def test_a_version_that_is_gone_is_unknown(aws, rates, code):
    template = create(aws, "theirs", mapping(200))
    named = {"LaunchTemplateId": template}
    version = custom("LaunchTemplateVersion", LaunchTemplate=named, BlockDeviceMappings=[], Changes=[mapping(300)])
    physical_id = "EbsLaunchTemplateVersion-0123456789ab-ba9876543210"
    deployed(aws, "Rated", {"Resources": {"Version": version}}, {"Version": physical_id})
    aws.faults[API] = [code]
    assert rates("Rated") == (0, [("Version", API, None, None, "unknown")])


# Instances, of groups and fleets too


def launched(aws, kind, properties, physical, instance="i-1", rate=300, version="1"):
    """A launch template, and what has launched an instance from it, whose root volume reports a rate."""
    template = create(aws, "t", mapping(300))
    resources = {"Servers": launch_template(mapping(300)), "Box": {"Type": kind, "Properties": properties}}
    deployed(aws, "Fleet", {"Resources": resources}, {"Servers": template, "Box": physical})
    aws.instance(instance, template, version)
    aws.volume("vol-1", rate=rate, instance=instance, device="/dev/xvda")
    return template


@pytest.mark.parametrize(("rate", "status", "result"), [(300, 0, "as_asked"), (None, 1, "different")])
def test_an_instances_volume_is_compared_with_its_launch_template(aws, rates, rate, status, result):
    launched(aws, "AWS::EC2::Instance", {}, "i-1", rate=rate)
    aws.answers["GetLaunchTemplateData"] = instance_data(rate)
    assert rates("Fleet") == (
        status,
        [
            ("Servers /dev/xvda", API, 300, 300, "as_asked"),
            ("Box /dev/xvda", "DescribeVolumes", 300, rate, result),
            ("Box /dev/xvda", "GetLaunchTemplateData", 300, rate, result),
        ],
    )


def test_a_spot_instances_request_reports_a_rate_too(aws, rates):
    launched(aws, "AWS::EC2::Instance", {}, "i-1")
    aws.instances["i-1"]["SpotInstanceRequestId"] = "sir-1"
    aws.answers["GetLaunchTemplateData"] = instance_data(300)
    request = {"SpotInstanceRequestId": "sir-1", "InstanceId": "i-1"}
    for reported, result in ((300, "as_asked"), (100, "different"), (None, "unknown")):
        specification = {"BlockDeviceMappings": [mapping(reported)]}
        aws.answers["DescribeSpotInstanceRequests"] = lambda _, specification=specification: {
            "SpotInstanceRequests": [{**request, "LaunchSpecification": specification}]
        }
        assert rates("Fleet")[1][-1] == ("Box /dev/xvda", "DescribeSpotInstanceRequests", 300, reported, result)


def group_of(*instances):
    member = {"AvailabilityZone": "a", "LifecycleState": "InService", "HealthStatus": "Healthy"}
    group = {"AutoScalingGroupName": "group", "MinSize": 1, "MaxSize": 1, "DesiredCapacity": 1, "DefaultCooldown": 1}
    group |= {"AvailabilityZones": ["a"], "HealthCheckType": "EC2", "CreatedTime": "2026-11-23T00:00:00Z"}
    listed = [{**member, "InstanceId": one, "ProtectedFromScaleIn": False} for one in instances]
    return lambda _: {"AutoScalingGroups": [{**group, "Instances": listed}]}


def test_a_groups_instances_are_grouped_in_text(aws, ask):
    template = launched(aws, GROUP, {}, "group", version="4")
    aws.answers["DescribeAutoScalingGroups"] = group_of("i-1", "i-2", "i-3", "i-4")
    for number, rate in ((2, 300), (3, 100)):
        aws.instance(f"i-{number}", template, "4" if rate == 300 else "3")
        aws.volume(f"vol-{number}", rate=rate, instance=f"i-{number}", device="/dev/xvda")
    aws.instance("i-4", template, "4", State={"Name": "terminated"})
    status, lines, _ = ask("verify", "Fleet")
    assert status == 1
    note = f"(launched from version 3 of {template})"
    assert lines[:3] == [
        f"different: Fleet/Box /dev/xvda: asked 300 MiB/s, DescribeVolumes reports 100 MiB/s for vol-3 {note}",
        "as asked: Fleet/Box /dev/xvda: asked 300 MiB/s, DescribeVolumes reports 300 MiB/s for vol-1 and 1 more",
        f"as asked: Fleet/Servers /dev/xvda: asked 300 MiB/s, {API} reports 300 MiB/s for {template} version 1",
    ]


def test_an_instance_without_that_volume_is_unknown(aws, rates):
    launched(aws, GROUP, {}, "group")
    aws.answers["DescribeAutoScalingGroups"] = group_of("i-1")
    aws.volumes.clear()
    assert rates("Fleet")[1][-1] == ("Box /dev/xvda", "DescribeVolumes", 300, None, "unknown")


def test_instances_of_other_templates_are_left_alone(aws, rates):
    launched(aws, GROUP, {}, "group")
    aws.answers["DescribeAutoScalingGroups"] = group_of("i-1")
    aws.instance("i-1", "lt-of-others", "1")
    assert rates("Fleet") == (0, [("Servers /dev/xvda", API, 300, 300, "as_asked")])


@pytest.mark.parametrize(
    "kind", ["AWS::EKS::Nodegroup", "AWS::PCS::ComputeNodeGroup", "AWS::GameLift::GameServerGroup"]
)
def test_what_launches_instances_that_cannot_be_found_is_unknown(aws, rates, kind):
    launched(aws, kind, {}, "cluster/nodes")
    assert rates("Fleet")[1][-1] == ("Box", None, None, None, "unknown")
    assert rates("--strict", "Fleet")[0] == 1


def test_a_spot_fleets_own_version_of_the_template_is_looked_at(aws, rates):
    template = launched(aws, "AWS::EC2::SpotFleet", {"SpotFleetRequestConfigData": {}}, "sfr-1", rate=100)
    add_version(aws, template, mapping(100))
    add_version(aws, template, mapping(300))
    specification = {"LaunchTemplateId": template, "Version": "2"}
    aws.answers["DescribeSpotFleetRequests"] = fleet_config(
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": specification}]
    )
    aws.answers["DescribeSpotFleetInstances"] = lambda _: {"ActiveInstances": [{"InstanceId": "i-1"}]}
    status, found = rates("Fleet")
    assert status == 1
    assert found == [
        ("Servers /dev/xvda", API, 300, 300, "as_asked"),
        ("Box /dev/xvda", API, 300, 100, "different"),
        ("Box /dev/xvda", "DescribeVolumes", 300, 100, "different"),
    ]
    assert (aws.calls[API], aws.calls["DescribeSpotFleetRequests"]) == (1, 1)


def test_a_rate_in_a_spot_fleets_own_specification_is_reported(aws, rates):
    data = {"LaunchSpecifications": [{"BlockDeviceMappings": [mapping(None)]}]}
    fleet = {"Type": "AWS::EC2::SpotFleet", "Properties": {"SpotFleetRequestConfigData": data}}
    deployed(aws, "Fleet", {"Resources": {"Fleet": fleet}}, {"Fleet": "sfr-1"})
    aws.answers["DescribeSpotFleetRequests"] = fleet_config(
        LaunchSpecifications=[{"BlockDeviceMappings": [mapping(200)]}]
    )
    assert rates("Fleet") == (1, [("Fleet /dev/xvda", "DescribeSpotFleetRequests", None, 200, "different")])


def test_a_replaced_root_volume_has_the_replacements_rate(aws, rates):
    launched(aws, "AWS::EC2::Instance", {}, "i-1", rate=100)
    root = custom("RootVolumeReplacement", Request={"InstanceId": "i-1", RATE: "100"})
    deployed(aws, "Patch", {"Resources": {"Root": root}}, {"Root": "replacevol-1"})
    found = [
        ("Servers /dev/xvda", API, 300, 300, "as_asked"),
        ("Root /dev/xvda", "DescribeVolumes", 100, 100, "as_asked"),
    ]
    assert rates("Fleet", "Patch") == rates("Patch", "Fleet") == (0, found)
    assert rates("Patch") == (0, found[1:])


# Images


@pytest.fixture
def image(aws):
    asked = {"Name": "golden", "BlockDeviceMappings": [mapping("300", SnapshotId="snap-1")]}
    resources = {"Image": custom("Ami", Action="RegisterImage", Request=asked)}
    deployed(aws, "Golden", {"Resources": resources}, {"Image": "EbsAmi-0123456789ab-ba9876543210"})
    tags = [{"Key": "constructs-ebs:mark", "Value": "0123456789ab/ba9876543210/000000000000/a-request"}]

    def image(described, attribute=None):
        images = (
            []
            if described == "gone"
            else [{"ImageId": "ami-1", "BlockDeviceMappings": [mapping(described)], "Tags": tags}]
        )
        aws.answers["DescribeImages"] = lambda _: {"Images": images}
        answer = {"BlockDeviceMappings": [mapping(attribute)]}
        aws.answers["DescribeImageAttribute"] = lambda _: answer
        if attribute is None:
            aws.faults["DescribeImageAttribute"] = ["AuthFailure"]

    return image


IMAGES = [
    ((300,), 0, ("DescribeImages", 300, 300, "as_asked")),
    ((100,), 1, ("DescribeImages", 300, 100, "different")),
    ((None, 300), 0, ("DescribeImageAttribute", 300, 300, "as_asked")),
    ((None, None), 0, ("DescribeImages", 300, None, "unknown")),  # neither supports the rate today
    (("gone",), 0, ("DescribeImages", None, None, "unknown")),
]


@pytest.mark.parametrize(("reported", "status", "found"), IMAGES, ids=repr)
def test_an_images_rate_is_believed_where_ec2_reports_one(rates, image, reported, status, found):
    image(*reported)
    device = "Image" if reported == ("gone",) else "Image /dev/xvda"
    assert rates("Golden") == (status, [(device, *found)])


def test_an_image_without_a_reported_rate_says_where_to_look(ask, image):
    image(None)
    assert "look at volumes of instances" in ask("verify", "Golden")[1][0]


def test_an_image_of_an_instance_asks_for_no_rate(aws, ask):
    image = custom("Ami", Action="CreateImage", Request={"InstanceId": "i-1"})
    deployed(aws, "Copy", {"Resources": {"Image": image}}, {"Image": "ami-1"})
    status, lines, _ = ask("verify", "Copy")
    assert (status, lines[0]) == (0, "0 as asked, 0 different, 0 unknown")


def test_volumes_that_services_make_as_they_go_are_unknown(aws, rates):
    configuration = {"Name": "data", "ManagedEBSVolume": {"SnapshotId": SNAPSHOT, RATE: 200}}
    service = {"Type": "AWS::ECS::Service", "Properties": {"VolumeConfigurations": [configuration]}}
    deployed(aws, "Tasks", {"Resources": {"Service": service}}, {"Service": "arn:service"})
    assert rates("Tasks") == (0, [("Service", None, None, None, "unknown")])


def test_a_resource_whose_condition_is_false_is_not_there(aws, rates):
    deployed(aws, "Restore", {"Resources": {"Data": volume(200), "Off": volume(300)}}, {"Data": "vol-1"})
    aws.volume("vol-1", rate=200)
    assert rates("Restore") == (0, [("Data", "DescribeVolumes", 200, 200, "as_asked")])


def test_another_error_than_a_refused_attribute_is_one(ask, image, aws):
    image(None, 300)
    aws.faults["DescribeImageAttribute"] = [RefusedError("UnauthorizedOperation", "no", 403)]
    assert ask("verify", "Golden")[0] == 2


# All the way through moto's CloudFormation


def test_a_stack_that_moto_has_made(aws, ask):
    template = {
        "Parameters": {"Rate": {"Type": "Number", "Default": "200"}},
        "Resources": {
            "Data": volume({"Ref": "Rate"}, Size=8),
            "Servers": launch_template(mapping({"Ref": "Rate"}), LaunchTemplateName="servers"),
        },
    }
    parameters = [{"ParameterKey": "Rate", "ParameterValue": "250"}]
    client = aws.client("cloudformation")
    client.create_stack(StackName="Made", TemplateBody=json.dumps(template), Parameters=parameters)
    ids = {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for one in client.describe_stack_resources(StackName="Made")["StackResources"]
    }
    aws.rates[ids["Data"]] = 250
    status, lines, _ = ask("verify", "Made")
    assert status == 0
    assert lines[:2] == [
        f"as asked: Made/Data: asked 250 MiB/s, DescribeVolumes reports 250 MiB/s for {ids['Data']}",
        f"as asked: Made/Servers /dev/xvda: asked 250 MiB/s, {API} reports 250 MiB/s for {ids['Servers']} version 1",
    ]
    aws.statuses[ids["Data"]] = [("initializing", 50, 60)]
    aws.rates.clear()
    assert ask("verify", "Made")[0] == 1


# What EC2's model says


MODEL = ServiceModel(Loader().load_service_model("ec2", "service-2"), "ec2")


def reports_a_rate(shape, seen=()):
    if shape.type_name == "list":
        return reports_a_rate(shape.member, seen)
    if shape.type_name != "structure" or shape.name in seen:
        return False
    return RATE in shape.members or any(reports_a_rate(one, (*seen, shape.name)) for one in shape.members.values())


def test_the_actions_called_silent_are_by_the_model():
    silent = [one for one in SILENT if one != "DescribeAutoScalingGroups"]  # of another service
    assert not [one for one in silent if reports_a_rate(MODEL.operation_model(one).output_shape)]
    assert not reports_a_rate(
        boto3.client("autoscaling", "us-east-1")
        .meta.service_model.operation_model("DescribeAutoScalingGroups")
        .output_shape
    )


def test_the_actions_that_say_none_are_documented_so():
    for action, shape in zip(SAYS_NONE, ("Volume", *["LaunchTemplateEbsBlockDevice"] * 2), strict=True):
        assert reports_a_rate(MODEL.operation_model(action).output_shape)
        assert "the value is <code>null</code>" in MODEL.shape_for(shape).members[RATE].documentation
    said = re.sub("<[^>]+>", "", MODEL.shape_for("EbsBlockDevice").members[RATE].documentation)
    assert "This parameter is not supported when using CreateImage and DescribeImages" in said
