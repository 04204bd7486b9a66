"""What people assert of a template's rates, and what a failure tells them."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

import constructs_ebs as ebs
from constructs_ebs.core import check_template
from constructs_ebs.testing import codes, has_no_unrated_volume, has_rate
from tests.constants import SNAPSHOT


def template(**resources):
    """Return a template of resources, each a type and its properties."""
    return {"Resources": {name: {"Type": kind, "Properties": given} for name, (kind, given) in resources.items()}}


def volume(**properties):
    return "AWS::EC2::Volume", {"AvailabilityZone": "us-east-1a", **properties}


def launch_template(**ebs_of_devices):
    mappings = [{"DeviceName": f"/dev/{name}", "Ebs": properties} for name, properties in ebs_of_devices.items()]
    return "AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"BlockDeviceMappings": mappings}}


RATED = {"SnapshotId": SNAPSHOT, "VolumeInitializationRate": 300}
MAPPINGS = [{"DeviceName": "/dev/xvdf", "Ebs": RATED}]


@pytest.mark.parametrize(
    ("resource", "device"),
    [
        (volume(**RATED), None),
        (volume(SnapshotId=SNAPSHOT, VolumeInitializationRate="300"), None),
        (launch_template(xvda={}, xvdf=RATED), "/dev/xvdf"),
        (("AWS::ECS::Service", {"VolumeConfigurations": [{"ManagedEBSVolume": RATED}]}), None),
        (("Custom::EbsRegisterImage", {"Request": {"BlockDeviceMappings": MAPPINGS}}), "/dev/xvdf"),
        (("Custom::EbsCreateLaunchTemplateVersion", {"BlockDeviceMappings": MAPPINGS, "Changes": []}), "/dev/xvdf"),
        (("Custom::EbsCreateLaunchTemplateVersion", {"BlockDeviceMappings": [], "Changes": MAPPINGS}), "/dev/xvdf"),
        (("Custom::EbsCreateLaunchTemplateVersion", {"VolumeInitializationRate": 300}), None),
        (("Custom::EbsReplaceRootVolume", {"Request": {"VolumeInitializationRate": 300}}), None),
    ],
)
def test_a_rate_is_found(resource, device):
    given = template(It=resource)
    has_rate(given, 300, device=device)
    has_rate(given, 300, device=device, logical_id="It")
    with pytest.raises(AssertionError):
        has_rate(given, 200, device=device)
    with pytest.raises(AssertionError):
        has_rate(given, 300, device="/dev/xvdz")
    with pytest.raises(AssertionError):
        has_rate(given, 300, device=device, logical_id="Other")


def test_an_image_of_an_instance_has_its_devices():
    request = {"Action": "CreateImage", "Request": {"BlockDeviceMappings": MAPPINGS}}
    given = template(Image=("Custom::EbsRegisterImage", request), Odd=("Custom::EbsRegisterImage", {"Ref": "Odd"}))
    with pytest.raises(AssertionError, match="the template asks for none"):
        has_rate(given, 300)


def test_a_rate_of_the_deployment_is_its_intrinsic_function():
    given = template(Data=volume(SnapshotId=SNAPSHOT, VolumeInitializationRate={"Ref": "Rate"}))
    has_rate(given, {"Ref": "Rate"})
    for token in (cdk.Token.as_number, cdk.Token.as_string, cdk.Token.as_any):
        has_rate(given, token({"Ref": "Rate"}))
        with pytest.raises(AssertionError, match=r"no volume has a rate of \{'Ref': 'Other'\}; "):
            has_rate(given, token({"Ref": "Other"}))
    for rate in (None, "300", ebs.InitializationRate.EC2_DEFAULT):
        with pytest.raises(TypeError, match=r"what the template has in its place, such as \{'Ref': 'Rate'\}"):
            has_rate(given, rate)
    with pytest.raises(AssertionError, match=r"no volume has a rate of 300 MiB/s"):
        has_rate(given, 300)


@pytest.mark.parametrize("name", ["root_devices", "except_for"])
def test_a_string_is_no_list(name):
    with pytest.raises(TypeError, match=rf"{name} must be a list of strings, got 'Data'; use \['Data'\]"):
        has_no_unrated_volume(template(Data=volume(SnapshotId=SNAPSHOT)), **{name: "Data"})


def test_what_constructs_make(stack):
    rate = cdk.Size.mebibytes(300)
    devices = [ebs.BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=rate)]
    ebs.LaunchTemplate(stack, "Servers", block_devices=devices)
    ebs.Ami(stack, "Image", source=ebs.AmiSource.snapshots(devices, root_device_name="/dev/xvdf"))
    made = Template.from_stack(stack)
    has_rate(made, 300, device="/dev/xvdf")
    has_rate(made, rate, device="/dev/xvdf", logical_id=next(iter(made.find_resources("Custom::EbsRegisterImage"))))
    has_rate(made, ebs.InitializationRate.mebibytes_per_second(300), device="/dev/xvdf")
    has_no_unrated_volume(made)


def test_a_rate_of_the_stacks_own_parameter(stack):
    rate = ebs.InitializationRate.parameter(stack, "Rate", default=200)
    ebs.Volume(stack, "Data", availability_zone="us-east-1a", snapshot_id=SNAPSHOT, volume_initialization_rate=rate)
    has_rate(Template.from_stack(stack), rate)
    has_rate(Template.from_stack(stack), rate.cfn_parameter)


def test_a_device_that_is_not_there():
    given = template(
        Data=volume(SnapshotId=SNAPSHOT),
        Logs=volume(SnapshotId=SNAPSHOT, VolumeInitializationRate={"Ref": "Rate"}),
        Servers=launch_template(xvda=RATED),
        Topic=("AWS::SNS::Topic", {}),
        Version=("Custom::EbsCreateLaunchTemplateVersion", {"VolumeInitializationRate": 200, "Changes": MAPPINGS}),
    )
    with pytest.raises(AssertionError) as raised:
        has_rate(given, 300, device="/dev/sdf", logical_id="Servers")
    assert str(raised.value) == (
        "no volume has a rate of 300 MiB/s for /dev/sdf in Servers; the template asks for:\n"
        "  Data (AWS::EC2::Volume): no rate\n"
        "  Logs (AWS::EC2::Volume): a rate of {'Ref': 'Rate'}\n"
        "  Servers (AWS::EC2::LaunchTemplate) /dev/xvda: a rate of 300 MiB/s\n"
        "  Version (Custom::EbsCreateLaunchTemplateVersion) other devices with snapshots: a rate of 200 MiB/s\n"
        "  Version (Custom::EbsCreateLaunchTemplateVersion) /dev/xvdf: a rate of 300 MiB/s"
    )


@pytest.mark.parametrize("given", [{}, {"Resources": {}}, template(Topic=("AWS::SNS::Topic", {}))])
def test_a_template_without_volumes(given):
    has_no_unrated_volume(given)
    with pytest.raises(AssertionError, match=r"^no volume has a rate of 300 MiB/s; the template asks for none$"):
        has_rate(given, 300)


def test_volumes_from_snapshots_without_a_rate_are_listed():
    instance = {"BlockDeviceMappings": [{"DeviceName": "/dev/xvdg", "Ebs": {"SnapshotId": SNAPSHOT}}]}
    given = template(
        Data=volume(SnapshotId=SNAPSHOT),
        Param=volume(SnapshotId={"Ref": "Snapshot"}),
        Blank=volume(Size=1),
        Rated=volume(**RATED),
        Servers=launch_template(xvda=RATED, xvdf={"SnapshotId": SNAPSHOT}, xvdg={"VolumeSize": 1}),
        Server=("AWS::EC2::Instance", instance),
    )
    with pytest.raises(AssertionError) as raised:
        has_no_unrated_volume(given)
    assert str(raised.value) == (
        "4 volumes from snapshots have no rate:\n"
        "  Data (AWS::EC2::Volume)\n"
        "  Param (AWS::EC2::Volume)\n"
        "  Servers (AWS::EC2::LaunchTemplate) /dev/xvdf\n"
        "  Server (AWS::EC2::Instance) /dev/xvdg: CloudFormation has no rate for it"
    )


@pytest.mark.parametrize(
    "resource",
    [
        volume(Size=8),
        volume(SourceVolumeId="vol-0123456789abcdef0"),
        volume(SnapshotId=SNAPSHOT, OutpostArn="arn:aws:outposts:us-east-1:111122223333:outpost/op-0123456789abcdef0"),
        ("AWS::EC2::Volume", {"AvailabilityZone": "us-west-2-lax-1a", "SnapshotId": SNAPSHOT}),
        launch_template(xvda={}),
        ("AWS::EC2::Instance", {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}]}),
    ],
)
def test_what_takes_no_rate_needs_none(resource):
    has_no_unrated_volume(template(It=resource))


def test_a_root_device_has_the_snapshot_of_its_ami():
    kind, properties = launch_template(xvda={"VolumeSize": 8})
    properties["LaunchTemplateData"]["ImageId"] = "ami-0123456789abcdef0"
    given = template(Servers=(kind, properties))
    has_no_unrated_volume(given)
    with pytest.raises(AssertionError, match=r"Servers \(AWS::EC2::LaunchTemplate\) /dev/xvda$"):
        has_no_unrated_volume(given, root_devices=["/dev/xvda"])


def test_a_volume_may_be_meant_to_have_none(stack):
    at_default = {"volume_initialization_rate": ebs.InitializationRate.EC2_DEFAULT}
    ebs.Volume(stack, "Cold", availability_zone="us-east-1a", snapshot_id=SNAPSHOT, **at_default)
    made = Template.from_stack(stack)
    [cold] = made.find_resources("AWS::EC2::Volume")
    has_no_unrated_volume(made, except_for=[cold])
    with pytest.raises(AssertionError, match=cold):
        has_no_unrated_volume(made)


def test_a_default_rate_is_enough(app, stack):
    ec2.CfnVolume(stack, "Theirs", availability_zone="us-east-1a", snapshot_id=SNAPSHOT)
    cdk.Aspects.of(app).add(ebs.DefaultInitializationRate(200))
    has_no_unrated_volume(Template.from_stack(stack))


def test_codes_of_what_was_refused(stack):
    with pytest.raises(ebs.EbsValidationError) as raised:
        ebs.Volume(
            stack,
            "Data",
            availability_zone="us-east-1a",
            snapshot_id=SNAPSHOT,
            volume_type=ec2.EbsDeviceVolumeType.GP3,
            size=100,
            iops=60_000,
            volume_initialization_rate=500,
        )
    assert codes(raised.value) == raised.value.codes == ("InitializationRateOutOfRange", "IopsPerGibTooHigh")
    assert codes(check_template(template(Data=volume(VolumeInitializationRate=500, SnapshotId=SNAPSHOT)))) == (
        "InitializationRateOutOfRange",
    )
