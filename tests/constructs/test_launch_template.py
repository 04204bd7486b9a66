"""A launch template: its devices, ours and upstream's, and every place that takes one."""

import dataclasses
import os

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match

import constructs_ebs as ebs
from constructs_ebs import BlockDevice
from tests.constants import RATE, SNAPSHOT, readable

KIND = "AWS::EC2::LaunchTemplate"
GP2, GP3, IO2 = (ec2.EbsDeviceVolumeType[name] for name in ("GP2", "GP3", "IO2"))


def upstream(name, **props):
    return ec2.BlockDevice(device_name=name, volume=ec2.BlockDeviceVolume.ebs(8, **props))


@pytest.fixture
def devices(stack, resources):
    """Make a launch template of devices and return its block device mappings."""

    def devices(*given, **props):
        ebs.LaunchTemplate(stack, "Fleet", block_devices=given, **props)
        return resources(KIND)[0]["LaunchTemplateData"].get("BlockDeviceMappings")

    return devices


def codes(stack, *given):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.LaunchTemplate(stack, "Fleet", block_devices=given)
    assert stack.node.try_find_child("Fleet") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


def test_emits_each_kind_of_device(stack, devices):
    key = kms.Key(stack, "Key")
    assert devices(
        BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300),
        BlockDevice.from_snapshot(
            "/dev/xvdf",
            SNAPSHOT,
            volume_initialization_rate=cdk.Size.mebibytes(200),
            volume_size=cdk.Size.gibibytes(100),
            volume_type=GP3,
            iops=4_000,
            throughput=500,
            encrypted=True,
            kms_key=key,
            delete_on_termination=False,
        ),
        BlockDevice.blank("/dev/xvdg", volume_size=50, encrypted=True),
        BlockDevice.instance_store("/dev/sdb", 0),
        BlockDevice.none("/dev/sdc"),
    ) == [
        {"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}},
        {
            "DeviceName": "/dev/xvdf",
            "Ebs": {
                "DeleteOnTermination": False,
                "Encrypted": True,
                "Iops": 4_000,
                "KmsKeyId": stack.resolve(key.key_arn),
                "SnapshotId": SNAPSHOT,
                "Throughput": 500,
                RATE: 200,
                "VolumeSize": 100,
                "VolumeType": "gp3",
            },
        },
        {"DeviceName": "/dev/xvdg", "Ebs": {"Encrypted": True, "VolumeSize": 50}},
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
    ]


@pytest.mark.parametrize("props", [{}, {"block_devices": None}, {"block_devices": []}], ids=readable)
def test_without_devices_it_is_upstreams_template(stack, resources, props):
    ec2.LaunchTemplate(stack, "Theirs", **props)
    ebs.LaunchTemplate(stack, "Ours", **props)
    theirs, ours = (template["LaunchTemplateData"].get("BlockDeviceMappings") for template in resources(KIND))
    assert theirs == ours


def test_takes_upstreams_devices_and_keeps_their_rates(devices):
    rate = cdk.Size.mebibytes(150)
    assert devices(
        upstream("/dev/xvda", volume_initialization_rate=rate),
        ec2.BlockDevice(
            device_name="/dev/xvdf",
            volume=ec2.BlockDeviceVolume.ebs_from_snapshot(SNAPSHOT, volume_initialization_rate=rate, volume_type=GP3),
        ),
        upstream("/dev/xvdg", encrypted=True),
        ec2.BlockDevice(device_name="/dev/sdb", volume=ec2.BlockDeviceVolume.ephemeral(1)),
        {"device_name": "/dev/sdc", "volume": ec2.BlockDeviceVolume.ebs(8), "mapping_enabled": False},
    ) == [
        {"DeviceName": "/dev/xvda", "Ebs": {RATE: 150, "VolumeSize": 8}},
        {"DeviceName": "/dev/xvdf", "Ebs": {RATE: 150, "SnapshotId": SNAPSHOT, "VolumeType": "gp3"}},
        {"DeviceName": "/dev/xvdg", "Ebs": {"Encrypted": True, "VolumeSize": 8}},
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral1"},
        {"DeviceName": "/dev/sdc", "Ebs": {"VolumeSize": 8}, "NoDevice": ""},  # as upstream has it
    ]


def test_checks_upstreams_devices_by_the_same_rules(stack):
    assert codes(
        stack,
        upstream("/dev/xvdf", volume_initialization_rate=cdk.Size.mebibytes(200)),
        upstream("/dev/xvda", volume_initialization_rate=cdk.Size.mebibytes(200.5)),
        upstream("/dev/xvdg", kms_key=kms.Key(stack, "Key")),
    ) == ["InitializationRateOfUnknownOrigin", "WrongType", "KmsKeyNeedsEncryption"]


def test_a_device_said_to_be_the_images_is_believed(stack, devices):
    devices(BlockDevice.from_image("/dev/xvdf", volume_initialization_rate=200, volume_size=200))
    Annotations.from_stack(stack).has_no_warning("/Prod/Fleet", Match.any_value())


def test_the_fix_for_a_device_of_unknown_origin_names_from_image(stack):
    with pytest.raises(ebs.EbsValidationError, match=r'BlockDevice\.from_image\("/dev/xvdf", \.\.\.\)'):
        ebs.LaunchTemplate(
            stack,
            "Fleet",
            block_devices=[upstream("/dev/xvdf", volume_initialization_rate=cdk.Size.mebibytes(200))],
        )


def test_passes_tokens_through(stack, devices):
    rate = ebs.InitializationRate.parameter(stack, "Rate")

    def number(id):
        return cdk.CfnParameter(stack, id, type="Number").value_as_number

    [first, second] = devices(
        BlockDevice.from_image("/dev/xvda", volume_initialization_rate=rate),
        BlockDevice.from_snapshot(
            cdk.Fn.ref("AWS::StackName"),
            cdk.Fn.import_value("snapshot"),
            volume_initialization_rate=cdk.Size.mebibytes(cdk.Token.as_number({"Ref": "Rate"})),
            volume_size=cdk.Size.gibibytes(number("Gib")),
            volume_type=GP3,
            iops=cdk.Fn.import_value("iops"),
            throughput=cdk.Token.as_any({"Ref": "Throughput"}),
        ),
    )
    assert first["Ebs"] == {RATE: {"Ref": "Rate"}}
    assert second["Ebs"] == {
        "Iops": {"Fn::ImportValue": "iops"},
        "SnapshotId": {"Fn::ImportValue": "snapshot"},
        "Throughput": {"Ref": "Throughput"},
        RATE: {"Ref": "Rate"},
        "VolumeSize": {"Ref": "Gib"},
        "VolumeType": "gp3",
    }


@pytest.mark.parametrize(
    "props",
    [
        {"volume_type": GP3, "throughput": 2_000, "iops": 8_000},
        {"volume_type": GP3, "throughput": 1_000, "iops": 4_000},
        {"throughput": 500},
        {"volume_type": IO2, "iops": 256_000, "volume_size": 65_536},
    ],
    ids=readable,
)
def test_takes_what_ec2_takes_and_some_upstream_refuses(devices, props):
    [device] = devices(BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, **props))
    expected = {"Iops": props.get("iops"), "Throughput": props.get("throughput")}
    assert {name: device["Ebs"].get(name) for name in expected} == expected


def test_warns_of_what_ec2_changes(stack, devices):
    devices(BlockDevice.blank("/dev/xvdf", volume_size=100, volume_type=GP3, throughput=100))
    message = Match.string_like_regexp(r"block_devices\[0\] \(/dev/xvdf\): throughput below 125.*ThroughputRaised")
    Annotations.from_stack(stack).has_warning("/Prod/Fleet", message)


def test_reports_every_problem_of_every_device(stack):
    assert codes(
        stack,
        BlockDevice.from_image("/dev/xvda", volume_initialization_rate=99),
        BlockDevice.from_snapshot("/dev/xvdf", "snap-1", volume_initialization_rate=True),
        BlockDevice.blank("/dev/xvdg", volume_size=8, volume_type=GP2, throughput=125),
        BlockDevice.none("/dev/xvdg"),
    ) == [
        "WrongType",
        "InitializationRateOutOfRange",
        "SnapshotIdMalformed",
        "ThroughputNotSupported",
        "DeviceNameDuplicate",
    ]


def test_names_the_device_and_the_users_property(stack):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.LaunchTemplate(stack, "Fleet", block_devices=[BlockDevice.blank("/dev/xvdg", volume_size=0)])
    assert str(caught.value) == (
        "Prod/Fleet: 1 problem\n"
        "  block_devices[0] (/dev/xvdg): volume_size must be 1 to 65,536 GiB for any volume type, got 0; use 1 "
        "[SizeOutOfRange]"
    )


def test_a_blank_device_takes_no_rate():
    with pytest.raises(TypeError, match="volume_initialization_rate"):
        BlockDevice.blank("/dev/xvdf", volume_size=8, volume_initialization_rate=200)


@pytest.mark.parametrize(
    ("device", "code"),
    [
        (BlockDevice.blank("/dev/xvdf", volume_size=8), "InitializationRateWithoutSnapshot"),
        (BlockDevice.none("/dev/xvdf"), "InitializationRateWithoutSnapshot"),
        (BlockDevice.instance_store("/dev/xvdf", 0), "InitializationRateWithoutSnapshot"),
    ],
)
def test_a_rate_added_by_hand_is_checked_too(stack, device, code):
    assert codes(stack, dataclasses.replace(device, volume_initialization_rate=200)) == [code]


def test_a_snapshot_that_is_missing_is_not_taken_for_the_images(stack):
    missing = os.environ.get("NO_SUCH_VARIABLE")
    device = BlockDevice.from_snapshot("/dev/xvdf", missing, volume_initialization_rate=200)
    with pytest.raises(ebs.EbsValidationError, match=r"snapshot_id must be the snapshot's id, got none"):
        ebs.LaunchTemplate(stack, "Fleet", block_devices=[device])


@pytest.mark.parametrize("given", [[None], ["/dev/xvda"], [5], "/dev/xvda", {"device_name": "/dev/xvda"}, 5], ids=repr)
def test_says_what_is_no_list_of_devices(stack, given):
    with pytest.raises(ebs.EbsValidationError, match=r"^Prod/Fleet: 1 problem\n  block_devices(\[0\])? must be a"):
        ebs.LaunchTemplate(stack, "Fleet", block_devices=given)


@pytest.mark.parametrize("name", ["encrypted", "delete_on_termination", "iops", "throughput", "snapshot_id"])
def test_a_device_says_what_kind_a_value_must_be(stack, name):
    device = BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_type=GP3)
    assert codes(stack, dataclasses.replace(device, **{name: [name]})) == ["WrongType"]


@pytest.mark.parametrize(("name", "code"), [(None, "WrongType"), ("", "DeviceNameRequired"), (5, "WrongType")])
def test_a_device_has_a_name(stack, name, code):
    assert code in codes(stack, BlockDevice.from_image(name, volume_initialization_rate=200))


def test_the_index_is_the_users_own(stack):
    with pytest.raises(ebs.EbsValidationError, match=r"block_devices\[1\] \(/dev/xvdg\): volume_size"):
        ebs.LaunchTemplate(stack, "Fleet", block_devices=[None, BlockDevice.blank("/dev/xvdg", volume_size=0)])


def test_rejects_what_is_no_cdk_value_where_cdk_has_one(stack):
    device = BlockDevice.blank("/dev/xvdf", volume_size=8, encrypted=True, kms_key="alias/key", volume_type="gp3")
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.LaunchTemplate(stack, "Fleet", block_devices=[device])
    assert [finding.message for finding in caught.value.findings] == [
        "block_devices[0] (/dev/xvdf): volume_type must be an EbsDeviceVolumeType, got 'gp3'; "
        "use ec2.EbsDeviceVolumeType.GP3",
        "block_devices[0] (/dev/xvdf): kms_key must be an IKey, got 'alias/key'; use kms.Key.from_key_arn(...)",
    ]


@pytest.mark.parametrize("index", [-1, 0.5, True, "0"])
def test_an_instance_store_is_numbered_from_zero(index):
    with pytest.raises(ebs.EbsValidationError, match="index must be a whole number from 0"):
        BlockDevice.instance_store("/dev/sdb", index)


def test_a_device_is_a_value():
    first, second = (BlockDevice.from_image("/dev/xvda", volume_initialization_rate=200) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(AttributeError):
        first.device_name = "/dev/xvdb"


def test_an_unknown_keyword_is_a_type_error_with_a_hint(stack):
    with pytest.raises(TypeError, match="'blok_devices'"):
        ebs.LaunchTemplate(stack, "Fleet", blok_devices=[])
    with pytest.raises(TypeError, match="'machine_imag'; did you mean 'machine_image'"):
        ebs.LaunchTemplate(stack, "Fleet", machine_imag=None)


@pytest.mark.parametrize(
    ("props", "message"),
    [
        ({"role": "role"}, "role must be an IRole, got 'role'; use iam.Role.from_role_arn(...)"),
        ({"instance_type": "m7i.large"}, "instance_type must be an InstanceType, got 'm7i.large'"),
        ({"require_imdsv2": "yes"}, "require_imdsv2 must be true or false, got 'yes'"),
        ({"launch_template_name": 5}, "launch_template_name must be a string, got 5"),
        ({"http_put_response_hop_limit": float("nan")}, "http_put_response_hop_limit must be a finite number, got nan"),
    ],
)
def test_names_a_property_that_is_no_cdk_value(stack, props, message):
    with pytest.raises(ebs.EbsValidationError) as caught:
        ebs.LaunchTemplate(stack, "Fleet", **props)
    assert message in str(caught.value)
    assert stack.node.try_find_child("Fleet") is None


def test_keeps_every_other_property_of_upstream(stack, resources):
    props = {
        "detailed_monitoring": True,
        "instance_type": ec2.InstanceType("m7i.large"),
        "launch_template_name": "fleet",
        "machine_image": ec2.MachineImage.latest_amazon_linux2023(),
        "require_imdsv2": True,
        "role": iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
        "spot_options": ec2.LaunchTemplateSpotOptions(max_price=0.1),
        "user_data": ec2.UserData.for_linux(),
    }
    theirs = ec2.LaunchTemplate(stack, "Theirs", **props)
    ours = ebs.LaunchTemplate(
        stack, "Ours", block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)], **props
    )
    assert ours.os_type == theirs.os_type
    by_name = {}
    for template in resources(KIND):
        data = template["LaunchTemplateData"]
        by_name[data.pop("TagSpecifications")[0]["Tags"][0]["Value"]] = data
    mapped = by_name["Prod/Ours"].pop("BlockDeviceMappings")
    assert mapped == [{"DeviceName": "/dev/xvda", "Ebs": {RATE: 300}}]
    for data in by_name.values():
        data.pop("IamInstanceProfile")
    assert by_name["Prod/Ours"] == by_name["Prod/Theirs"]


@pytest.fixture
def vpc(stack):
    return ec2.Vpc(stack, "Vpc", nat_gateways=0)


@pytest.fixture
def template(stack):
    return ebs.LaunchTemplate(
        stack,
        "Fleet",
        block_devices=[BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)],
        instance_type=ec2.InstanceType("m7i.large"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    )


def test_serves_an_auto_scaling_group(stack, vpc, template, resources):
    autoscaling.AutoScalingGroup(stack, "Group", vpc=vpc, launch_template=template)
    [group] = resources("AWS::AutoScaling::AutoScalingGroup")
    assert group["LaunchTemplate"]["LaunchTemplateId"] == stack.resolve(template.launch_template_id)


def test_serves_an_eks_node_group(stack, vpc, template, resources):
    cluster = eks.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="cluster", vpc=vpc)
    specification = eks.LaunchTemplateSpec(id=template.launch_template_id, version=template.latest_version_number)
    eks.Nodegroup(
        stack,
        "Nodes",
        cluster=cluster,
        launch_template_spec=specification,
        subnets=ec2.SubnetSelection(subnets=vpc.public_subnets),
    )
    [group] = resources("AWS::EKS::Nodegroup")
    assert group["LaunchTemplate"]["Id"] == stack.resolve(template.launch_template_id)


def test_serves_batch(stack, vpc, template, resources):
    batch.ManagedEc2EcsComputeEnvironment(stack, "Batch", vpc=vpc, launch_template=template)
    [environment] = resources("AWS::Batch::ComputeEnvironment")
    specification = environment["ComputeResources"]["LaunchTemplate"]
    assert specification["LaunchTemplateId"] == stack.resolve(template.launch_template_id)


def test_serves_an_instance(stack, template):
    assert isinstance(template, ec2.LaunchTemplate)
    instance = ec2.CfnInstance(
        stack,
        "Instance",
        launch_template=ec2.CfnInstance.LaunchTemplateSpecificationProperty(
            launch_template_id=template.launch_template_id, version=template.latest_version_number
        ),
    )
    assert instance.node.path == "Prod/Instance"


@pytest.mark.parametrize(
    "device",
    [
        {"deviceName": "/dev/xvdf", "volume": ec2.BlockDeviceVolume.ebs(8, iops=None)},
        {"device_name": "/dev/xvdf", "volume": ec2.BlockDeviceVolume.ebs(8)},
        {"deviceName": "/dev/xvdf", "volume": ec2.BlockDeviceVolume.ebs(8), "mappingEnabled": True},
    ],
    ids=["jsii's names", "Python's names", "all of it"],
)
def test_takes_upstreams_devices_as_dicts_too(devices, device):
    assert devices(device) == [{"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 8}}]


def test_says_what_a_dict_has_that_a_device_has_not(stack):
    with pytest.raises(ebs.EbsValidationError, match=r"which has no 'volum', got a dict of 2; did you mean 'volume'\?"):
        ebs.LaunchTemplate(stack, "It", block_devices=[{"deviceName": "/dev/xvdf", "volum": None}])


def test_says_that_a_blank_volume_has_no_snapshot():
    with pytest.raises(TypeError, match="'volume_initialization_rate'; a blank volume has no snapshot"):
        BlockDevice.blank("/dev/xvdf", volume_size=8, volume_initialization_rate=200)


@pytest.mark.parametrize("second", ["/dev/xvdf", SNAPSHOT])
def test_says_that_a_devices_name_and_its_snapshot_are_swapped(second):
    with pytest.raises(ebs.EbsValidationError) as caught:
        BlockDevice.from_snapshot(SNAPSHOT, second, volume_initialization_rate=200)
    assert str(caught.value) == (
        "BlockDevice.from_snapshot: 1 problem\n"
        "  device_name must come first, and the snapshot's id second, got 'snap-0123456789abcdef0'; "
        'use BlockDevice.from_snapshot("/dev/xvdf", "snap-0123456789abcdef0") [DeviceArgumentsSwapped]'
    )
