"""The plugin and the cdk-nag pack: what they find in an app, how it is shown, and how it is acknowledged."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

import constructs_ebs as ebs
from constructs_ebs.nag import EbsInitializationChecks
from tests.constants import RATE, SNAPSHOT

OVER = "InitializationRatesOverQuota"
LOCAL = "InitializationRateInLocalZone"


@pytest.fixture(params=[ebs.EbsChecks, EbsInitializationChecks], ids=["plugin", "nag"])
def checks(request):
    return request.param


def report_of(app, plugin):
    """Synthesize, and return the plugin's violations and whether it failed the synthesis."""
    cdk.Validations.of(app).add_plugins(plugin)
    failed = False
    try:
        app.synth()
    except RuntimeError as error:
        assert "ValidationFailed" in str(error)  # noqa: PT017
        failed = True
    path = Path(app.outdir) / "validation-report.json"
    reports = json.loads(path.read_text())["pluginReports"] if path.exists() else []
    [report] = reports or [{"violations": []}]
    return report["violations"], failed


def found(app, plugin):
    """Return the rules that are violated and where."""
    violations, failed = report_of(app, plugin)
    prefix = "EbsInitialization-" if isinstance(plugin, EbsInitializationChecks) else ""
    where = sorted(
        (one["ruleName"].removeprefix(prefix), one["severity"], place["constructPath"])
        for one in violations
        for place in one["violatingConstructs"]
    )
    assert failed == any(severity == "error" for _, severity, _ in where)
    return where


def volume(scope, id="Data", rate=200, **properties):
    properties = {"availability_zone": "us-east-1a", "snapshot_id": SNAPSHOT, **properties}
    it = ec2.CfnVolume(scope, id, **properties)
    it.add_property_override(RATE, rate)
    return it


def servers(scope, rate=300):
    device = ec2.BlockDevice(device_name="/dev/xvdf", volume=ec2.BlockDeviceVolume.ebs_from_snapshot(SNAPSHOT))
    template = ec2.LaunchTemplate(
        scope,
        "Servers",
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
        instance_type=ec2.InstanceType("m7i.large"),
        block_devices=[device],
    )
    template.with_(ebs.DefaultInitializationRate(rate))
    return template


def group(scope, template, size, **properties):
    return autoscaling.CfnAutoScalingGroup(
        scope,
        "Group",
        min_size="0",
        max_size=str(size),
        launch_template=autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty(
            launch_template_id=template.launch_template_id, version=template.version_number
        ),
        **properties,
    )


def test_finds_nothing_in_an_app_that_deploys(app, stack, checks):
    volume(stack)
    group(stack, servers(stack), 2)
    assert found(app, checks()) == []


def test_finds_a_rate_on_an_l1_that_no_l2_has_checked(app, stack, checks):
    volume(stack, snapshot_id=None, size=1)
    assert found(app, checks()) == [("InitializationRateWithoutSnapshot", "error", "Prod/Data")]


def test_finds_an_inline_rate_where_cloudformation_has_none(app, stack, checks):
    instance = ec2.CfnInstance(stack, "Box", image_id="ami-0123456789abcdef0")
    instance.add_property_override(
        "BlockDeviceMappings", [{"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT, RATE: 200}}]
    )
    assert found(app, checks()) == [("InitializationRateNotInCloudFormation", "error", "Prod/Box")]


def test_finds_it_in_nested_stacks_and_stages(app, checks):
    inner = cdk.Stack(cdk.Stage(app, "Beta"), "Inner")
    volume(cdk.NestedStack(inner, "Nested"), rate=99)
    volume(inner, rate=301)
    code = "InitializationRateOutOfRange"
    assert found(app, checks()) == [(code, "error", "Beta/Inner/Data"), (code, "error", "Beta/Inner/Nested/Data")]


def test_finds_a_warning_and_lets_the_synthesis_pass(app, stack, checks):
    volume(stack, volume_type="gp3", size=100, iops=2_999)
    assert found(app, checks()) == [("IopsRaised", "warning", "Prod/Data")]


def test_finds_that_groups_of_several_stacks_pass_the_quota(app, stack, checks):
    template = servers(stack)
    group(cdk.Stack(app, "Other", env=cdk.Environment(account="111122223333", region="us-east-1")), template, 10)
    group(cdk.NestedStack(stack, "Nested"), template, 6)
    far = cdk.Stack(app, "Far", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    volume(far, availability_zone="eu-west-1a")
    assert found(app, checks()) == []


def test_one_more_instance_passes_the_quota(app, stack, checks):
    template = servers(stack)
    group(cdk.Stack(app, "Other", env=cdk.Environment(account="111122223333", region="us-east-1")), template, 10)
    group(cdk.NestedStack(stack, "Nested"), template, 7)
    assert found(app, checks()) == [(OVER, "warning", "Other/Group")]


def test_finds_a_rated_template_in_a_local_zones_subnet_of_another_stack(app, stack, checks):
    network = cdk.Stack(app, "Network", env=cdk.Environment(account="111122223333", region="us-east-1"))
    vpc = ec2.CfnVPC(network, "Vpc", cidr_block="10.0.0.0/16")
    subnet = ec2.CfnSubnet(network, "Subnet", vpc_id=vpc.ref, availability_zone="us-east-1-bos-1a")
    group(stack, servers(stack), 1, vpc_zone_identifier=[subnet.ref])
    assert found(app, checks()) == [(LOCAL, "error", "Prod/Servers/Resource")]


def test_finds_a_rate_that_an_injector_has_moved(app, stack, checks):
    device = ebs.BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=200)
    template = ebs.LaunchTemplate(stack, "It", block_devices=[ebs.BlockDevice.none("/dev/xvdb"), device])
    template.node.default_child.launch_template_data = {
        "blockDeviceMappings": [{"deviceName": "/dev/xvdf", "ebs": {"snapshotId": SNAPSHOT}}]
    }
    assert found(app, checks()) == [("InitializationRateWithoutDevice", "warning", "Prod/It/Resource")]


def test_quota_minimum_rate_and_severities_can_be_set(app, stack, checks):
    volume(stack, "A", 150)
    volume(stack, "B", 300, volume_type="gp3", size=100, iops=2_999)
    plugin = checks(quota=400, minimum_rate=200, severities={OVER: "error", "IopsRaised": "error"})
    assert found(app, plugin) == [
        ("InitializationRateBelowMinimum", "error", "Prod/A"),
        (OVER, "error", "Prod/B"),
        ("IopsRaised", "error", "Prod/B"),
    ]


@pytest.mark.parametrize("options", [{"quota": 0}, {"minimum_rate": 99}, {"severities": {"Iops": "error"}}], ids=repr)
def test_refuses_bad_options_where_they_are_given(checks, options):
    with pytest.raises(ebs.EbsValidationError, match=checks.__name__):
        checks(**options)


@pytest.mark.parametrize("form", [cdk.Token.as_number, cdk.Token.as_string, cdk.Token.as_any])
@pytest.mark.parametrize("name", ["quota", "minimum_rate"])
def test_refuses_options_that_only_the_deployment_knows(checks, name, form):
    message = f"{name} must be a number of MiB/s, got a value known at deployment; give what is known at synth"
    with pytest.raises(ebs.EbsValidationError, match=message):
        checks(**{name: form({"Ref": "P"})})


@pytest.mark.parametrize("where", ["resource", "scope"])
@pytest.mark.parametrize(
    ("checks", "id"),
    [
        (ebs.EbsChecks, "constructs-ebs::InitializationRateOutOfRange"),
        (EbsInitializationChecks, "EbsInitialization::EbsInitialization-InitializationRateOutOfRange"),
        (EbsInitializationChecks, "EbsInitialization-InitializationRateOutOfRange"),
    ],
)
def test_a_finding_is_acknowledged_by_its_code(app, stack, checks, id, where):
    nested = cdk.NestedStack(stack, "Nested")
    it = volume(nested, rate=99)
    acknowledgment = cdk.Acknowledgment(id=id, reason="a drill")
    cdk.Validations.of(it if where == "resource" else stack).acknowledge(acknowledgment)
    volume(cdk.Stack(app, "Other"), rate=301)
    violations, failed = report_of(app, checks())
    assert failed
    shown = [place for one in violations if not one.get("reason") for place in one["violatingConstructs"]]
    assert [place["constructPath"] for place in shown] == ["Other/Data"]


def test_the_report_names_property_fix_and_source(app, stack):
    template = servers(stack)
    template.node.default_child.add_property_override(f"LaunchTemplateData.BlockDeviceMappings.0.Ebs.{RATE}", 500)
    [violation], failed = report_of(app, ebs.EbsChecks())
    assert failed
    assert violation["description"] == (
        "BlockDeviceMappings[0] (/dev/xvdf): VolumeInitializationRate must be 100 to 300 MiB/s, got 500"
    )
    assert violation["suggestedFix"] == "use 300, or omit it for the default rate"
    assert violation["ruleMetadata"]["source"].startswith("https://docs.aws.amazon.com/")
    [place] = violation["violatingConstructs"]
    assert place["cloudFormationResource"]["propertyPaths"] == [
        f"Properties.LaunchTemplateData.BlockDeviceMappings.0.Ebs.{RATE}"
    ]


def test_the_pack_sees_resources_without_a_synthesis(stack):
    volume(stack, rate=99)
    volume(stack, "Fine")
    report = EbsInitializationChecks(verbose=True).validate_scope(stack)
    [violation] = report.violations
    assert violation.rule_name == "EbsInitialization-InitializationRateOutOfRange"
    assert violation.description == (
        "VolumeInitializationRate must be 100 to 300 MiB/s, got 99; use 100, or omit it for the default rate "
        "(see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html)"
    )


def test_the_pack_reports_each_finding_with_its_own_words(app, stack):
    volume(stack, "A", rate=99)
    volume(stack, "B", rate=301)
    violations, _ = report_of(app, EbsInitializationChecks())
    assert sorted(one["description"].partition(", got ")[2] for one in violations) == [
        "301; use 300, or omit it for the default rate",
        "99; use 100, or omit it for the default rate",
    ]


def test_says_what_to_install_without_cdk_nag():
    code = "import sys; sys.modules['cdk_nag'] = None\nimport constructs_ebs.nag"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.splitlines()[-1] == (
        "ImportError: constructs_ebs.nag needs cdk-nag 3; run: pip install 'constructs-ebs[nag]'"
    )


def test_an_assembly_that_cannot_be_read_is_never_taken_for_a_good_one(tmp_path):
    (tmp_path / "manifest.json").write_text("not JSON")
    context = SimpleNamespace(template_paths=[str(tmp_path / "Prod.template.json")])
    with pytest.raises(RuntimeError, match=r"manifest\.json: not what CDK writes"):
        ebs.EbsChecks().validate(context)
