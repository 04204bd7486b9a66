"""An AMI: registered by the stack, used wherever an image is, its rates followed."""

import inspect

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Annotations, Match, Template

import constructs_ebs as ebs
from constructs_ebs import AmiSource, BlockDevice
from tests.constants import RATE, SNAPSHOT, readable
from tests.judges import botocore_errors, cfn_lint_errors
from tests.launches import IMAGE, INSTANCE_TYPE, vpc_of

ROOT = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=300)
DATA = BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=200)
CACHE = BlockDevice.from_snapshot("/dev/xvdg", SNAPSHOT)
TYPE = "Custom::EbsRegisterImage"


def split(function, props):
    """Return the arguments of a function, and the others."""
    names = inspect.signature(function).parameters
    return {name: props[name] for name in props if name in names}, {n: props[n] for n in props if n not in names}


def ami(scope, id="Image", block_devices=(ROOT,), **props):
    of_source, props = split(AmiSource.snapshots, props)
    return ebs.Ami(scope, id, source=AmiSource.snapshots(block_devices, **of_source), **props)


def codes(scope, make=ami, **props):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make(scope, **props)
    assert scope.node.try_find_child("Image") is None, "something was half made"
    return [finding.code for finding in caught.value.findings]


def test_registers_what_was_asked_with_defaults_that_launch_today(stack, resources):
    ami(stack)
    [image] = resources(TYPE)
    assert image["Action"] == "RegisterImage"
    assert image["DeleteSnapshots"] is False
    assert image["Request"] == {
        "Architecture": "x86_64",
        "EnaSupport": True,
        "VirtualizationType": "hvm",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT, RATE: 300}}],
    }
    assert botocore_errors("RegisterImage", image["Request"] | {"Name": "made by the handler"}) == ""


def test_hands_every_option_on(stack, resources):
    device = BlockDevice.from_snapshot(
        "/dev/sda1",
        SNAPSHOT,
        volume_initialization_rate=cdk.Size.mebibytes(150),
        volume_size=cdk.Size.gibibytes(40),
        volume_type=ec2.EbsDeviceVolumeType.GP3,
        iops=4_000,
        throughput=250,
        delete_on_termination=False,
    )
    ami(
        stack,
        block_devices=[
            BlockDevice.blank("/dev/xvdf", volume_size=10, encrypted=True),
            device,
            BlockDevice.instance_store("/dev/sdb", 0),
            BlockDevice.none("/dev/sdc"),
        ],
        root_device_name="/dev/sda1",
        image_name="golden (2026-11-23)",
        description="patched",
        architecture="arm64_mac",
        boot_mode="uefi",
        ena_support=False,
        sriov_net_support="simple",
        imds_support="v2.0",
        tpm_support="v2.0",
        uefi_data="AAAA",
        delete_snapshots=True,
    )
    [image] = resources(TYPE)
    assert image["DeleteSnapshots"] is True
    request = image["Request"]
    assert request.pop("BlockDeviceMappings") == [
        {"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 10, "Encrypted": True}},
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {
                "SnapshotId": SNAPSHOT,
                RATE: 150,
                "VolumeSize": 40,
                "VolumeType": "gp3",
                "Iops": 4_000,
                "Throughput": 250,
                "DeleteOnTermination": False,
            },
        },
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "NoDevice": ""},
    ]
    assert request == {
        "Name": "golden (2026-11-23)",
        "Description": "patched",
        "Architecture": "arm64_mac",
        "BootMode": "uefi",
        "EnaSupport": False,
        "SriovNetSupport": "simple",
        "ImdsSupport": "v2.0",
        "TpmSupport": "v2.0",
        "UefiData": "AAAA",
        "RootDeviceName": "/dev/sda1",
        "VirtualizationType": "hvm",
    }


def test_tokens_stay_tokens(stack, resources):
    rate = ebs.InitializationRate.parameter(stack, "Rate")
    snapshot = cdk.Fn.import_value("snapshot")
    ami(stack, block_devices=[BlockDevice.from_snapshot("/dev/xvda", snapshot, volume_initialization_rate=rate)])
    [image] = resources(TYPE)
    assert image["Request"]["BlockDeviceMappings"][0]["Ebs"] == {
        "SnapshotId": {"Fn::ImportValue": "snapshot"},
        RATE: {"Ref": "Rate"},
    }


def test_has_its_own_tags_and_those_of_what_it_is_in(app, stack, resources):
    ami(stack, tags={"team": "db", "stage": "own"})
    cdk.Tags.of(app).add("stage", "prod")
    cdk.Tags.of(app).add("cost", "42")
    [image] = resources(TYPE)
    assert image["Tags"] == [
        {"Key": "cost", "Value": "42"},
        {"Key": "stage", "Value": "own"},
        {"Key": "team", "Value": "db"},
    ]


def test_reads_back_what_ec2_answers(stack):
    image = ami(stack)
    for name in ("image_id", "image_name"):
        cdk.CfnOutput(stack, name.replace("_", ""), value=getattr(image, name))
    cdk.CfnOutput(stack, "first", value=cdk.Fn.select(0, image.snapshot_ids))
    outputs = Template.from_stack(stack).to_json()["Outputs"]
    [logical_id] = Template.from_stack(stack).find_resources(TYPE)
    assert outputs["imageid"]["Value"] == {"Ref": logical_id}
    assert outputs["imagename"]["Value"] == {"Fn::GetAtt": [logical_id, "ImageName"]}
    ids = {"Fn::Split": [",", {"Fn::GetAtt": [logical_id, "SnapshotIds"]}]}
    assert outputs["first"]["Value"] == {"Fn::Select": [0, ids]}
    assert image.root_device_name == "/dev/xvda"


@pytest.mark.parametrize(("policy", "kept"), [("DESTROY", "Delete"), ("RETAIN", "Retain")])
def test_is_deregistered_or_retained(stack, policy, kept):
    ami(stack, removal_policy=cdk.RemovalPolicy[policy])
    Template.from_stack(stack).has_resource(TYPE, {"DeletionPolicy": kept, "UpdateReplacePolicy": kept})


def test_many_images_share_one_set_of_functions(stack, resources):
    ami(stack, "One")
    ami(stack, "Two")
    ebs.Ami(stack, "Three", source=AmiSource.instance("i-0123456789abcdef0"))
    runtimes = [function["Runtime"] for function in resources("AWS::Lambda::Function")]
    assert sorted(runtimes) == ["nodejs24.x"] * 3 + ["python3.14"] * 2
    assert len(resources("AWS::StepFunctions::StateMachine")) == 1


def test_goes_wherever_upstream_takes_an_image(stack, resources):
    image, network, box = ami(stack), vpc_of(stack), INSTANCE_TYPE
    ec2.Instance(stack, "Box", vpc=network, instance_type=box, machine_image=image)
    ec2.LaunchTemplate(stack, "Template", machine_image=image)
    autoscaling.AutoScalingGroup(stack, "Group", vpc=network, instance_type=box, machine_image=image)
    [logical_id] = Template.from_stack(stack).find_resources(TYPE)
    ref = {"Ref": logical_id}
    assert resources("AWS::EC2::Instance")[0]["ImageId"] == ref
    assert resources("AWS::EC2::LaunchTemplate")[0]["LaunchTemplateData"]["ImageId"] == ref
    Template.from_stack(stack).resource_count_is(TYPE, 1)
    assert cfn_lint_errors(Template.from_stack(stack).to_json()) == []


@pytest.mark.parametrize("system", ["LINUX", "WINDOWS"])
def test_starts_with_user_data_of_its_system(stack, system):
    image = ami(stack, os_type=ec2.OperatingSystemType[system])
    config = image.get_image(stack)
    assert config.os_type is ec2.OperatingSystemType[system]
    assert config.user_data.render().startswith("#!/bin/bash" if system == "LINUX" else "<powershell>")
    own = ec2.UserData.custom("own")
    assert ami(stack, "Other", user_data=own).get_image(stack).user_data.render() == "own"


def mapped(template):
    mappings = template["LaunchTemplateData"]["BlockDeviceMappings"]
    return {one["DeviceName"]: one.get("Ebs", {}).get(RATE) for one in mappings}


def test_its_rates_follow_it_into_a_launch_template(stack, resources):
    image = ami(stack, block_devices=[ROOT, DATA, CACHE])
    template = ebs.LaunchTemplate(stack, "Template", machine_image=image)
    assert [device.device_name for device in template.block_devices] == ["/dev/xvda", "/dev/xvdf"]
    assert [mapped(one) for one in resources("AWS::EC2::LaunchTemplate")] == [{"/dev/xvda": 300, "/dev/xvdf": 200}]


@pytest.mark.parametrize(
    "own",
    [
        BlockDevice.from_image("/dev/xvdf", volume_size=100),
        BlockDevice.none("/dev/xvdf"),
        ec2.BlockDevice(device_name="/dev/xvdf", volume=ec2.BlockDeviceVolume.ebs(100)),
    ],
    ids=["ours", "none", "upstream's"],
)
def test_a_device_that_is_mapped_stays_as_it_is_mapped(stack, resources, own):
    image = ami(stack, block_devices=[ROOT, DATA])
    ebs.LaunchTemplate(stack, "Template", machine_image=image, block_devices=[own])
    [template] = resources("AWS::EC2::LaunchTemplate")
    assert mapped(template) == {"/dev/xvdf": None, "/dev/xvda": 300}


def test_its_rates_follow_it_into_an_instance(stack, resources):
    box = INSTANCE_TYPE
    ebs.Instance(stack, "Box", vpc=vpc_of(stack), instance_type=box, machine_image=ami(stack))
    assert [mapped(one) for one in resources("AWS::EC2::LaunchTemplate")] == [{"/dev/xvda": 300}]


def test_its_rates_follow_it_into_a_spot_fleet_and_count_against_the_quota(stack, resources):
    specification = ebs.SpotFleetLaunchSpecification(machine_image=ami(stack), instance_types=[INSTANCE_TYPE])
    ebs.SpotFleet(stack, "Fleet", vpc=vpc_of(stack), target_capacity=20, launch_specifications=[specification])
    assert [mapped(one) for one in resources("AWS::EC2::LaunchTemplate")] == [{"/dev/xvda": 300}]
    Annotations.from_stack(stack).has_warning("/Prod/Fleet", Match.string_like_regexp("6,000 MiB/s at once"))


def test_rates_do_not_follow_into_a_local_zone(stack):
    network = ec2.Vpc.from_vpc_attributes(
        stack, "Local", vpc_id="vpc-0", availability_zones=["us-east-1-bos-1a"], private_subnet_ids=["subnet-0"]
    )
    image, box = ami(stack), INSTANCE_TYPE
    with pytest.raises(ebs.EbsValidationError, match="InitializationRateInLocalZone"):
        ebs.Instance(stack, "Box", vpc=network, instance_type=box, machine_image=image)


def test_is_made_of_an_instance_of_the_stack(stack, resources):
    box = ec2.Instance(stack, "Box", vpc=vpc_of(stack), instance_type=INSTANCE_TYPE, machine_image=IMAGE)
    made = of_instance(
        stack,
        instance=box,
        image_name="golden",
        description="of the box",
        no_reboot=True,
        block_devices=[BlockDevice.from_image("/dev/xvda", delete_on_termination=False), BlockDevice.none("/dev/xvdz")],
    )
    [image] = resources(TYPE)
    assert image["Action"] == "CreateImage"
    assert image["DeleteSnapshots"] is True
    request = {**image["Request"], "InstanceId": "i-0123456789abcdef0"}
    assert botocore_errors("CreateImage", request) == ""
    assert request == {
        "InstanceId": "i-0123456789abcdef0",
        "Name": "golden",
        "Description": "of the box",
        "NoReboot": True,
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}},
            {"DeviceName": "/dev/xvdz", "NoDevice": ""},
        ],
    }
    assert isinstance(made, ebs.Ami)
    assert made.get_image(stack).os_type is ec2.OperatingSystemType.LINUX
    assert cdk.Token.is_unresolved(made.root_device_name)


def test_is_made_of_an_instance_that_an_image_of_the_stack_launched(stack):
    base = ami(stack, "Base")
    box = ec2.Instance(stack, "Box", vpc=vpc_of(stack), instance_type=INSTANCE_TYPE, machine_image=base)
    ebs.Ami(stack, "Baked", source=AmiSource.instance(box))
    assert cfn_lint_errors(Template.from_stack(stack).to_json()) == []  # E3004 for a circle


def of_instance(scope, **props):
    of_source, props = split(AmiSource.instance, {"instance": "i-0123456789abcdef0", **props})
    return ebs.Ami(scope, "Image", source=AmiSource.instance(**of_source), **props)


@pytest.mark.parametrize(
    ("props", "code"),
    [
        ({"block_devices": []}, "RootDeviceRequired"),
        ({"root_device_name": "/dev/sda1"}, "RootDeviceNotMapped"),
        ({"block_devices": [BlockDevice.blank("/dev/xvda", volume_size=8)]}, "RootDeviceWithoutSnapshot"),
        (
            {"block_devices": [BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, encrypted=False)]},
            "EncryptedBesideSnapshot",
        ),
        (
            {
                "block_devices": [
                    BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_type=ec2.EbsDeviceVolumeType.ST1)
                ]
            },
            "BootVolumeTypeNotSupported",
        ),
        ({"block_devices": [BlockDevice.from_snapshot("/dev/xvda", "snap-x")]}, "SnapshotIdMalformed"),
        ({"block_devices": [ROOT, ROOT]}, "DeviceNameDuplicate"),
        ({"image_name": "no"}, "ImageNameMalformed"),
        ({"image_name": "sn*w"}, "ImageNameMalformed"),
        ({"architecture": "sparc"}, "ImageOptionUnknown"),
        ({"boot_mode": "bios"}, "ImageOptionUnknown"),
        ({"imds_support": "v1.0"}, "ImageOptionUnknown"),
        ({"ena_support": "yes"}, "WrongType"),
        ({"tags": {"count": 3}}, "WrongType"),
        ({"tags": ["team"]}, "WrongType"),
        ({"removal_policy": cdk.RemovalPolicy.SNAPSHOT}, "RemovalPolicyNotSupported"),
        ({"block_devices": "ab"}, "WrongType"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_ec2_would_refuse(stack, props, code):
    assert code in codes(stack, **props)


@pytest.mark.parametrize(
    ("props", "code"),
    [
        (
            {"block_devices": [BlockDevice.from_image("/dev/xvda", volume_initialization_rate=200)]},
            "InitializationRateNotSupported",
        ),
        (
            {"block_devices": [BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=200)]},
            "InitializationRateNotSupported",
        ),
        ({"block_devices": [BlockDevice.from_image("/dev/xvda", volume_size=100)]}, "ParameterNotSupported"),
        ({"block_devices": [BlockDevice.from_image("/dev/xvda", encrypted=True)]}, "ParameterNotSupported"),
        ({"image_name": "no"}, "ImageNameMalformed"),
        ({"instance": 5}, "WrongType"),
        ({"instance": None}, "WrongType"),
        ({"instance": "vol-0123456789abcdef0"}, "ResourceIdMalformed"),
        ({"trigger": 5}, "WrongType"),
        ({"instance": INSTANCE_TYPE}, "WrongType"),
        ({"tags": {"count": 3}}, "WrongType"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_ec2_would_refuse_of_an_image_of_an_instance(stack, props, code):
    assert codes(stack, of_instance, **props) == [code]


def test_says_why_an_image_of_an_instance_takes_no_rate_and_what_to_do(stack):
    device = BlockDevice.from_image("/dev/xvda", volume_initialization_rate=200)
    with pytest.raises(ebs.EbsValidationError) as caught:
        of_instance(stack, block_devices=[device])
    assert str(caught.value) == (
        "Prod/Image: 1 problem\n"
        "  block_devices[0] (/dev/xvda): volume_initialization_rate must be omitted in CreateImage, which does not "
        "support it, got 200; register the image from snapshots, or rate what launches it "
        "[InitializationRateNotSupported]"
    )


def test_says_all_problems_of_an_image_at_once(stack):
    device = BlockDevice.from_snapshot("/dev/xvda", SNAPSHOT, volume_initialization_rate=500, encrypted=True)
    assert set(codes(stack, block_devices=[device], image_name="no", boot_mode="bios")) == {
        "InitializationRateOutOfRange",
        "EncryptedBesideSnapshot",
        "ImageNameMalformed",
        "ImageOptionUnknown",
    }


def test_is_a_resource_and_says_what_it_is_made_of(stack):
    assert isinstance(ami(stack), cdk.Resource)
    found = codes_of(lambda: ebs.Ami(stack, "Other", source=[ROOT]))
    assert found == ["WrongType"]


# Imported


def codes_of(make):
    with pytest.raises(ebs.EbsValidationError) as caught:
        make()
    return [finding.code for finding in caught.value.findings]


IMAGE_ID = "ami-0123456789abcdef0"
RATED = BlockDevice.from_image("/dev/xvda", volume_initialization_rate=300)


def test_the_rates_of_an_imported_image_follow_it_too(stack, resources):
    image = ebs.Ami.from_image_id(stack, "Theirs", IMAGE_ID, block_devices=[RATED, DATA])
    assert isinstance(image, ebs.IAmi)
    ebs.LaunchTemplate(stack, "Template", machine_image=image)
    ec2.LaunchTemplate(stack, "Upstream", machine_image=image)
    ours, upstreams = resources("AWS::EC2::LaunchTemplate")
    assert ours["LaunchTemplateData"]["ImageId"] == upstreams["LaunchTemplateData"]["ImageId"] == IMAGE_ID
    assert mapped(ours) == {"/dev/xvda": 300, "/dev/xvdf": 200}
    assert resources(TYPE) == []


def test_an_imported_image_replaces_a_root_volume_at_its_rate(stack, resources):
    image = ebs.Ami.from_image_id(stack, "Theirs", IMAGE_ID, block_devices=[DATA, RATED], root_device_name="/dev/xvda")
    ebs.RootVolumeReplacement(stack, "Root", instance="i-01234567", machine_image=image)
    [replacement] = resources("Custom::EbsReplaceRootVolume")
    assert (replacement["Request"]["ImageId"], replacement["Request"][RATE]) == (IMAGE_ID, 300)


def test_an_imported_image_may_be_known_to_the_deployment_only_and_have_no_rates(stack):
    token = cdk.Fn.import_value("image")
    image = ebs.Ami.from_image_id(stack, "Theirs", token, os_type=ec2.OperatingSystemType.WINDOWS)
    assert (image.block_devices, image.root_device_name) == ((), "")
    assert image.get_image(stack).user_data.render().startswith("<powershell>")


@pytest.mark.parametrize(
    ("image_id", "props", "code"),
    [
        ("snap-01234567", {}, "ResourceIdMalformed"),
        (5, {}, "WrongType"),
        (None, {}, "WrongType"),
        (IMAGE_ID, {"os_type": "Linux"}, "WrongType"),
        (
            IMAGE_ID,
            {"block_devices": [BlockDevice.from_image("/dev/xvda", volume_initialization_rate=99)]},
            "InitializationRateOutOfRange",
        ),
        (IMAGE_ID, {"block_devices": "/dev/xvda"}, "WrongType"),
        (IMAGE_ID, {"block_devices": [RATED, RATED]}, "DeviceNameDuplicate"),
    ],
    ids=readable,
)
def test_refuses_an_import_that_cannot_be_launched(stack, image_id, props, code):
    assert codes_of(lambda: ebs.Ami.from_image_id(stack, "Image", image_id, **props)) == [code]
    assert stack.node.try_find_child("Image") is None, "something was half made"
