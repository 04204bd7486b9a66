"""Templates seen as EC2 requests: intrinsics, spellings, and what the schemas do not accept."""

import pytest

from constructs_ebs.core import check_template
from tests.constants import RATE, SNAPSHOT

NO_VALUE = {"Ref": "AWS::NoValue"}


def volume(**properties):
    return "AWS::EC2::Volume", {"AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}, **properties}


def launch_template(*devices):
    return "AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"BlockDeviceMappings": list(devices)}}


def instance(*devices):
    return "AWS::EC2::Instance", {"BlockDeviceMappings": list(devices)}


def device(name="/dev/xvdf", **ebs):
    return {"DeviceName": name, "Ebs": ebs}


def ecs(**volume):
    return "AWS::ECS::Service", {"VolumeConfigurations": [{"Name": "data", "ManagedEBSVolume": volume}]}


def agents(**config):
    return "AWS::BedrockAgentCore::CapacityProvider", {"ComputeConfiguration": {"Ec2Configuration": config}}


def spot_fleet(**config):
    return "AWS::EC2::SpotFleet", {"SpotFleetRequestConfigData": config}


def codes(resource):
    kind, properties = resource
    findings = check_template({"Resources": {"It": {"Type": kind, "Properties": properties}}})
    assert all(finding.logical_id == "It" for finding in findings)
    assert all(finding.path[:3] == ("Resources", "It", "Properties") for finding in findings)
    return sorted(finding.code for finding in findings)


FLEET = {"LaunchTemplateConfigs": [{}]}

ACCEPTED = [
    volume(SnapshotId=SNAPSHOT, **{RATE: 200}),
    volume(SnapshotId={"Ref": "Snapshot"}, **{RATE: {"Ref": "Rate"}}),
    volume(SnapshotId={"Fn::ImportValue": "snapshot"}, **{RATE: "200"}),
    volume(SnapshotId="{{resolve:ssm:/snapshot}}", **{RATE: "{{resolve:ssm:/rate}}"}),
    # A snapshot that is there only sometimes, and a rate with it
    volume(
        SnapshotId={"Fn::If": ["Restore", {"Ref": "Snapshot"}, NO_VALUE]},
        Size="30",
        **{RATE: {"Fn::If": ["Restore", 200, NO_VALUE]}},
    ),
    volume(Size=30, **{RATE: NO_VALUE}),
    volume(Size=30.0, Encrypted="true", KmsKeyId="alias/key"),
    volume(**{"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://x"}}}),
    volume(VolumeType="GP3", Size=1),
    ("AWS::EC2::LaunchTemplate", {}),
    ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"Ref": "Data"}}),
    ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"BlockDeviceMappings": {"Ref": "Devices"}}}),
    launch_template({"DeviceName": "/dev/xvdg", "NoDevice": ""}),
    launch_template({"DeviceName": "/dev/xvdg", "Fn::Transform": {"Name": "AWS::Include"}}),
    launch_template(device({"Ref": "Device"}), device({"Ref": "Device"})),
    instance(device(SnapshotId=SNAPSHOT, **{RATE: NO_VALUE})),
    instance({"DeviceName": "/dev/xvdf", "NoDevice": {}}, device("/dev/xvda", VolumeSize=30, VolumeType="gp3")),
    (
        "AWS::AutoScaling::LaunchConfiguration",
        {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "NoDevice": False, "Ebs": {"VolumeSize": 16_384}}]},
    ),
    ecs(SnapshotId=SNAPSHOT, **{RATE: 200}),
    ecs(SizeInGiB=10, KmsKeyId="alias/key", Iops=3_000),
    agents(
        LaunchTemplateSource={"LaunchParameters": {"EphemeralVolumes": [device(SnapshotId=SNAPSHOT, **{RATE: 200})]}},
        Volumes=[{"EbsConfiguration": {"SizeGiB": 10, "SnapshotId": SNAPSHOT, "Iops": 4_000}}],
        RootVolume={"FreeSpaceGiB": 2, "Iops": 80_000, "KmsKeyId": "alias/key"},
    ),
    ("AWS::WorkspacesInstances::Volume", {"SizeInGB": 16_384, "SnapshotId": SNAPSHOT}),
    ("AWS::ImageBuilder::ImageRecipe", {"BlockDeviceMappings": [device(VolumeSize=16_000, VolumeType="gp3a")]}),
    ("AWS::S3::Bucket", {"VolumeInitializationRate": 5}),
    spot_fleet(LaunchSpecifications=[{"ImageId": "ami-0"}], TargetCapacity="10", Type="maintain"),
    spot_fleet(LaunchTemplateConfigs=[{}], LaunchSpecifications=NO_VALUE, ExcessCapacityTerminationPolicy="Default"),
    spot_fleet(LaunchTemplateConfigs={"Ref": "Templates"}, TargetCapacity={"Ref": "Capacity"}),
    spot_fleet(**{"Fn::Transform": {"Name": "AWS::Include"}}),
    spot_fleet(
        LaunchTemplateConfigs=[
            {
                "Overrides": [
                    {
                        "InstanceType": {"Fn::If": ["Fixed", "m7i.large", NO_VALUE]},
                        "InstanceRequirements": {"Fn::If": ["Fixed", NO_VALUE, {"VCpuCount": {"Min": 2}}]},
                    },
                    {"InstanceType": NO_VALUE, "InstanceRequirements": {"VCpuCount": {"Min": 2}}},
                ]
            }
        ]
    ),
]

JUDGED = [
    # What is wrong in a branch, whatever decides it
    (volume(Size=30, **{RATE: {"Fn::If": ["Restore", 200, NO_VALUE]}}), ["InitializationRateWithoutSnapshot"]),
    (volume(Size={"Fn::If": ["Large", 70_000, 1]}), ["SizeOutOfRange"]),
    (("AWS::EC2::Volume", {"Fn::If": ["c", {}, {}]}), ["SizeOrSnapshotRequired", "SizeOrSnapshotRequired"]),
    (
        launch_template({"Fn::If": ["c", device(**{RATE: 500}), NO_VALUE]}, NO_VALUE),
        ["InitializationRateOutOfRange"],
    ),
    (
        launch_template({"DeviceName": "/dev/xvdf", "Ebs": {"Fn::If": ["c", {}, NO_VALUE]}}),
        ["MappingNotInCloudFormation"],
    ),
    (spot_fleet(TargetCapacity=1), ["SpotFleetSpecificationRequired"]),
    (
        spot_fleet(LaunchTemplateConfigs=[{}], TargetCapacity="-1", AllocationStrategy="fastest"),
        ["SpotFleetCapacityOutOfRange", "SpotFleetOptionUnknown"],
    ),
    (volume(SnapshotId=SNAPSHOT, **{RATE: "301"}), ["InitializationRateOutOfRange"]),
    (volume(SnapshotId=SNAPSHOT, **{RATE: "fast"}), ["WrongType"]),
    (volume(Size=30, **{RATE: {"Ref": "Rate"}}), ["InitializationRateWithoutSnapshot"]),
    (volume(Size=30, SnapshotId=NO_VALUE, **{RATE: 200}), ["InitializationRateWithoutSnapshot"]),
    (volume(SourceVolumeId="vol-0", **{RATE: 200}), ["InitializationRateOnVolumeCopy"]),
    (volume(SnapshotId=SNAPSHOT, OutpostArn={"Ref": "Outpost"}, **{RATE: 200}), ["InitializationRateOnOutpost"]),
    (("AWS::EC2::Volume", []), ["SizeOrSnapshotRequired"]),
    (("AWS::EC2::Volume", [1]), ["WrongType"]),
    (launch_template(device(**{RATE: 99})), ["InitializationRateOutOfRange"]),
    (launch_template(device(VolumeType="GP3")), ["VolumeTypeNotInCloudFormation"]),
    (launch_template({"DeviceName": "/dev/xvdf"}), ["MappingNotInCloudFormation"]),
    (launch_template({"DeviceName": "/dev/xvdf", "Ebs": NO_VALUE}), ["MappingNotInCloudFormation"]),
    (launch_template({**device(), "VirtualName": "ephemeral0"}), ["MappingNotInCloudFormation"]),
    (instance({**device(), "VirtualName": "ephemeral0", "NoDevice": {}}), ["MappingNotInCloudFormation"]),
    (instance({**device(), "NoDevice": {}}), ["MappingAmbiguous"]),
    (launch_template(device(VolumeType="gp9")), ["VolumeTypeNotInCloudFormation"]),
    (instance(device(SnapshotId=SNAPSHOT, **{RATE: 200})), ["InitializationRateNotInCloudFormation"]),
    (instance(device(SnapshotId=SNAPSHOT, **{RATE: 5})), ["InitializationRateNotInCloudFormation"]),
    (
        instance(device(SnapshotId=SNAPSHOT, **{RATE: {"Fn::If": ["Warm", 200, NO_VALUE]}})),
        ["InitializationRateNotInCloudFormation"],
    ),
    (instance(device(VolumeType="gp3", Throughput=250)), ["PropertyNotInCloudFormation"]),
    (launch_template(device(SnapshotID=SNAPSHOT)), ["PropertyNotInCloudFormation"]),
    (launch_template({**device(SnapshotId=SNAPSHOT), RATE: 200}), ["PropertyNotInCloudFormation"]),
    (volume(SnapshotId=SNAPSHOT, VolumeInitialisationRate=200), ["PropertyNotInCloudFormation"]),
    (
        ("AWS::EC2::SpotFleet", {"SpotFleetRequestConfigData": {**FLEET, "Type": "Maintain"}}),
        ["SpotFleetOptionUnknown"],
    ),
    (
        (
            "AWS::EC2::LaunchTemplate",
            {"LaunchTemplateData": {"InstanceMarketOptions": {"SpotOptions": {"SpotInstanceType": "persistent"}}}},
        ),
        ["SpotPersistentNeedsStop"],
    ),
    (
        (
            "AWS::EC2::SpotFleet",
            {
                "SpotFleetRequestConfigData": {
                    "LaunchSpecifications": [
                        {
                            "BlockDeviceMappings": [
                                device(SnapshotId=SNAPSHOT, Encrypted=True, KmsKeyId="k", **{RATE: 200})
                            ]
                        }
                    ]
                }
            },
        ),
        ["InitializationRateNotInCloudFormation", "PropertyNotInCloudFormation"],
    ),
    (
        (
            "AWS::EC2::EC2Fleet",
            {"LaunchTemplateConfigs": [{"Overrides": [{"BlockDeviceMappings": [device(**{RATE: 200})]}]}]},
        ),
        ["InitializationRateNotInCloudFormation"],
    ),
    *(
        (("AWS::AutoScaling::LaunchConfiguration", {"BlockDeviceMappings": [device(**ebs)]}), [code])
        for ebs, code in (
            ({RATE: 200}, "InitializationRateNotInCloudFormation"),
            ({"VolumeSize": 16_385}, "OutsideCloudFormationRange"),
            ({"VolumeType": "gp3", "Iops": 20_001}, "OutsideCloudFormationRange"),
            ({"VolumeType": "gp3", "Iops": 8_000, "Throughput": 1_001}, "OutsideCloudFormationRange"),
            ({"VolumeSize": 65_537}, "OutsideCloudFormationRange"),
        )
    ),
    (
        ("AWS::ImageBuilder::ImageRecipe", {"BlockDeviceMappings": [device(**{RATE: 200})]}),
        ["InitializationRateNotInCloudFormation"],
    ),
    (
        (
            "AWS::ImageBuilder::ContainerRecipe",
            {"InstanceConfiguration": {"BlockDeviceMappings": [device(**{RATE: 200})]}},
        ),
        ["InitializationRateNotInCloudFormation"],
    ),
    (ecs(SizeInGiB=10, **{RATE: 200}), ["InitializationRateWithoutSnapshot"]),
    (ecs(**{RATE: 200}), ["InitializationRateWithoutSnapshot", "SizeOrSnapshotRequired"]),
    (ecs(SizeInGiB=0), ["SizeOutOfRange"]),
    (
        agents(LaunchTemplateSource={"LaunchParameters": {"EphemeralVolumes": [device(**{RATE: 301})]}}),
        ["InitializationRateOutOfRange"],
    ),
    (
        agents(Volumes=[{"EbsConfiguration": {"SizeGiB": 10, "SnapshotId": SNAPSHOT, RATE: 200}}]),
        ["InitializationRateNotInCloudFormation"],
    ),
    (
        agents(Volumes=[{"EbsConfiguration": {"SizeGiB": 0}}], RootVolume={RATE: 200, "Throughput": 124}),
        ["InitializationRateNotInCloudFormation", "OutsideCloudFormationRange", "SizeOutOfRange"],
    ),
    (
        ("AWS::WorkspacesInstances::Volume", {"SizeInGB": 16_385, "SnapshotId": SNAPSHOT, RATE: 200}),
        ["InitializationRateNotInCloudFormation", "OutsideCloudFormationRange"],
    ),
    (
        (
            "AWS::WorkspacesInstances::WorkspaceInstance",
            {"ManagedInstance": {"BlockDeviceMappings": [device(SnapshotId=SNAPSHOT, **{RATE: 200})]}},
        ),
        ["InitializationRateNotInCloudFormation", "PropertyNotInCloudFormation"],
    ),
]


@pytest.mark.parametrize("resource", ACCEPTED, ids=repr)
def test_accepts(resource):
    assert codes(resource) == []


@pytest.mark.parametrize(("resource", "expected"), JUDGED, ids=repr)
def test_judges(resource, expected):
    assert codes(resource) == expected


def test_names_the_resource_type_and_the_way_out():
    template = {
        "Resources": {
            "Box": {
                "Type": "AWS::EC2::Instance",
                "Properties": {"BlockDeviceMappings": [device(SnapshotId=SNAPSHOT, **{RATE: 200})]},
            }
        }
    }
    [finding] = check_template(template)
    assert finding.message == (
        "BlockDeviceMappings[0] (/dev/xvdf): VolumeInitializationRate must be omitted in AWS::EC2::Instance, for which "
        "CloudFormation has no such property; move the device into an AWS::EC2::LaunchTemplate and launch from that"
    )


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"Resources": None},
        {"Resources": []},
        {"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}},
        {"Resources": {"Fn::ForEach::Volumes": ["x", ["a"], {"V${x}": {"Type": "AWS::EC2::Volume"}}]}},
        {"Resources": {"A": None, "B": [], "C": {"Type": ["AWS::EC2::Volume"]}, "D": {"Type": {"Ref": "x"}}}},
    ],
    ids=repr,
)
def test_passes_over_what_is_not_about_volumes(template):
    assert check_template(template) == []
