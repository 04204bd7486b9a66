"""A default rate as an Aspect: it rates what is there when the last Aspect is done, whatever came first."""

import json
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_servicecatalog as servicecatalog
from aws_cdk import pipelines
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

import constructs_ebs as ebs
from tests.benchmarks.measure import counted
from tests.constants import RATE, SNAPSHOT, ZONE

STABILIZATION = "@aws-cdk/core:aspectStabilization"
NATIVE = "AWS::EC2::Volume"
EC2_DEFAULT = ebs.InitializationRate.EC2_DEFAULT
DEVICE = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT}}


@pytest.fixture(params=[False, True], ids=["without stabilization", "with stabilization"])
def app(request):
    return new_app(**{STABILIZATION: request.param})


def new_app(**context):
    context["aws:cdk:enable-path-metadata"] = True  # as the CDK CLI sets it
    return cdk.App(builtin_cloud_formation_validation=False, context=context)


def volume(scope, id="Volume", **properties):
    return ec2.CfnVolume(scope, id, **{"availability_zone": ZONE, "snapshot_id": SNAPSHOT, **properties})


def add(scope, rate, **options):
    """Add a default rate as an Aspect."""
    default = ebs.DefaultInitializationRate(rate)
    cdk.Aspects.of(scope).add(default, **options)
    return default


def aspect(visit, on, **options):
    """Add an Aspect of the user's."""

    @jsii.implements(cdk.IAspect)
    class Theirs:
        def visit(self, node):
            visit(node)

    cdk.Aspects.of(on).add(Theirs(), **options)


def paths(decisions):
    return [decision.construct_path for decision in decisions]


def rates(app, **options):
    """Synthesize, and return the rate of each volume of the app by the end of its path, None where it has none."""
    folder = Path(app.synth(**options).directory)
    found = {}
    for file in folder.rglob("*.template.json"):
        for resource in json.loads(file.read_text())["Resources"].values():
            if resource["Type"] == NATIVE:
                path = resource["Metadata"]["aws:cdk:path"]
                found[path.removesuffix("/Resource")] = resource["Properties"].get(RATE)
    return found


def test_the_order_of_calls_does_not_matter(app):
    outer = add(app, 100)
    stack = cdk.Stack(app, "Prod")
    volume(stack, "Early")
    scope = Construct(stack, "Inner")
    inner = add(scope, 300)
    volume(scope, "Deep")
    volume(stack, "Late")
    assert rates(app) == {"Prod/Early": 100, "Prod/Inner/Deep": 300, "Prod/Late": 100}
    assert paths(outer.report.rated) == ["Prod/Early", "Prod/Late"]
    assert [(one.construct_path, one.reason) for one in outer.report.left] == [("Prod/Inner/Deep", "NearerDefaultRate")]
    assert paths(inner.report.rated) == ["Prod/Inner/Deep"]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)], ids=str)
def test_the_rate_of_the_nearest_scope_applies(app, order):
    stack = cdk.Stack(app, "Prod")
    scope = Construct(stack, "Scope")
    scopes = (app, stack, scope, volume(scope, "Own"))
    volume(scope, "Beside")
    volume(stack, "Above")
    for index in order:
        add(scopes[index], 100 + index)
    assert rates(app) == {"Prod/Scope/Own": 103, "Prod/Scope/Beside": 102, "Prod/Above": 101}


def test_of_two_on_one_scope_the_last_applies(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack)
    first, last = add(stack, 100, priority=900), add(stack, 200, priority=10)
    assert rates(app) == {"Prod/Volume": 200}
    assert (first.report.rated, len(last.report.rated)) == ((), 1)


def test_one_default_rate_may_be_added_to_several_scopes(app):
    default = ebs.DefaultInitializationRate(200)
    for name in "One", "Two", "Three":
        volume(cdk.Stack(app, name))
    for name in "One", "Three":
        cdk.Aspects.of(app.node.find_child(name)).add(default)
    assert rates(app) == {"One/Volume": 200, "Two/Volume": None, "Three/Volume": 200}
    assert len(default.report.rated) == 2


def test_one_default_rate_may_be_added_to_scopes_within_each_other(app):
    stack = cdk.Stack(app, "Prod")
    default = ebs.DefaultInitializationRate(200)
    for scope in app, stack, volume(stack):
        cdk.Aspects.of(scope).add(default)
    assert rates(app) == {"Prod/Volume": 200}
    assert (paths(default.report.rated), default.report.left) == (["Prod/Volume"], ())


def test_python_is_asked_once_for_each_default_rate(app):
    stack = cdk.Stack(app, "Prod")
    for index in range(20):
        volume(stack, f"Volume{index}")
    add(app, 100)
    add(stack, 200)
    with counted() as calls:
        app.synth()
        assert calls() == 3  # the call, and two answers


def test_ec2s_default_opts_out_a_volume_a_scope_and_not_what_is_opted_in_again(app):
    stack = cdk.Stack(app, "Prod")
    scope = Construct(stack, "Scope")
    volume(scope)
    volume(scope, "Blank", snapshot_id=None, size=8)
    add(Construct(scope, "In"), 300)
    volume(scope.node.find_child("In"))
    add(ec2.Volume(stack, "One", availability_zone=ZONE, snapshot_id=SNAPSHOT), EC2_DEFAULT)
    opted_out = add(scope, EC2_DEFAULT)
    outer = add(app, 200)
    volume(stack, "Rated")
    assert rates(app) == {
        "Prod/Scope/Volume": None,
        "Prod/Scope/Blank": None,
        "Prod/Scope/In/Volume": 300,
        "Prod/One": None,
        "Prod/Rated": 200,
    }
    of_scope = [
        ("Prod/Scope/Volume", "OptedOut"),
        ("Prod/Scope/Blank", "InitializationRateWithoutSnapshot"),
        ("Prod/Scope/In/Volume", "NearerDefaultRate"),
    ]
    assert [(one.construct_path, one.reason) for one in opted_out.report.left] == of_scope
    assert [(one.construct_path, one.reason) for one in outer.report.left] == [
        *of_scope,
        ("Prod/One/Resource", "OptedOut"),
    ]
    assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []


def test_the_asset_of_a_nested_stack_follows_the_rate():
    def url(rate):
        app = new_app()
        stack = cdk.Stack(app, "Prod")
        add(app, rate)
        volume(cdk.NestedStack(cdk.NestedStack(stack, "Outer"), "Inner"))
        assert rates(app) == {"Prod/Outer/Inner/Volume": rate}
        [nested] = Template.from_stack(stack).find_resources("AWS::CloudFormation::Stack").values()
        return json.dumps(nested["Properties"]["TemplateURL"])

    assert len({url(200), url(300), url(200)}) == 2


def test_reaches_stages_and_stages_in_them(app):
    beta = cdk.Stage(app, "Beta")
    outer = add(app, 100)
    volume(cdk.Stack(beta, "Stack"))
    region = cdk.Stage(beta, "Region")
    volume(cdk.NestedStack(cdk.Stack(region, "Stack"), "Nested"))
    prod = cdk.Stage(app, "Prod")
    volume(cdk.Stack(prod, "Stack"))
    add(prod, 300)
    quiet = cdk.Stage(app, "Quiet")
    volume(cdk.Stack(quiet, "Stack"))
    add(quiet, EC2_DEFAULT)
    assert rates(app) == {
        "Beta/Stack/Volume": 100,
        "Beta/Region/Stack/Nested/Volume": 100,
        "Prod/Stack/Volume": 300,
        "Quiet/Stack/Volume": None,
    }
    assert paths(outer.report.rated) == [
        "Beta/Region/Stack/Nested/Volume",
        "Beta/Stack/Volume",
    ]
    assert {(one.construct_path, one.reason) for one in outer.report.left} == {
        ("Prod/Stack/Volume", "NearerDefaultRate"),
        ("Quiet/Stack/Volume", "OptedOut"),
    }


def test_reaches_a_stage_that_is_synthesized_alone(app):
    stack = cdk.Stack(cdk.Stage(app, "Beta"), "Stack")
    volume(stack)
    add(app, 200)
    [resource] = Template.from_stack(stack).find_resources(NATIVE).values()
    assert resource["Properties"][RATE] == 200


def test_reaches_products_of_service_catalog(app):
    stack = cdk.Stack(app, "Prod")
    product = servicecatalog.ProductStack(stack, "Product")
    volume(product)
    template = servicecatalog.CloudFormationTemplate.from_product_stack(product)
    version = servicecatalog.CloudFormationProductVersion(cloud_formation_template=template)
    servicecatalog.CloudFormationProduct(stack, "It", product_name="It", owner="Us", product_versions=[version])
    add(app, 200)
    [file] = Path(app.synth().directory).glob("*.product.template.json")
    assert json.loads(file.read_text())["Resources"]["Volume"]["Properties"][RATE] == 200


def test_nothing_outside_the_scope_is_rated(app):
    add(cdk.Stack(app, "Inside"), 200)
    volume(app.node.find_child("Inside"))
    volume(cdk.Stack(app, "Outside"))
    assert rates(app) == {"Inside/Volume": 200, "Outside/Volume": None}


def pipeline_of(app, stage):
    stack = cdk.Stack(app, "Pipeline")
    repository = codecommit.Repository.from_repository_name(stack, "Repository", "app")
    source = pipelines.CodePipelineSource.code_commit(repository, "main")
    built = pipelines.CodePipeline(
        stack, "It", synth=pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    )
    built.add_stage(stage)


def test_cdk_pipelines_stages_are_rated_by_what_was_added_before(app):
    add(app, 200)
    stage = cdk.Stage(app, "Beta")
    volume(cdk.Stack(stage, "Stack"))
    pipeline_of(app, stage)
    assert rates(app) == {"Beta/Stack/Volume": 200}


@pytest.mark.parametrize("on", ["app", "stage", "stack"])
def test_a_stage_that_was_synthesized_before_is_an_error(app, on):
    stage = cdk.Stage(app, "Beta")
    stack = cdk.Stack(stage, "Stack")
    volume(stack)
    pipeline_of(app, stage)
    add({"app": app, "stage": stage, "stack": stack}[on], 200)
    with pytest.raises(RuntimeError, match=r"Beta: 1 problem\n  the default rate must be added before .*add_stage"):
        app.synth()


@pytest.mark.parametrize("why", ["no volumes", "opted out", "a nearer rate", "set"])
def test_a_stage_that_was_synthesized_before_and_misses_nothing_is_none(app, why):
    stage = cdk.Stage(app, "Beta")
    stack = cdk.Stack(stage, "Stack")
    cdk.CfnWaitConditionHandle(stack, "Handle")
    if why != "no volumes":
        it = volume(stack)
    if why == "opted out":
        add(stack, EC2_DEFAULT)
    if why == "a nearer rate":
        add(stack, 300)
    if why == "set":
        it.add_property_override(RATE, 150)
    pipeline_of(app, stage)
    default = add(app, 200)
    app.synth()
    assert [one.reason for one in default.report.left] == (["RateSet"] if why == "set" else [])


def adds_a_snapshot(node):
    if isinstance(node, ec2.CfnVolume):
        node.snapshot_id = SNAPSHOT


def overrides_the_snapshot(node):
    if isinstance(node, ec2.CfnVolume):
        node.add_property_override("SnapshotId", SNAPSHOT)


def adds_a_volume(node):
    if isinstance(node, ec2.CfnVolume) and not node.node.scope.node.try_find_child("Added"):
        volume(node.node.scope, "Added")


@pytest.mark.parametrize("priority", [0, 200, 500, 1000])
@pytest.mark.parametrize("first", [True, False], ids=["added before", "added after"])
@pytest.mark.parametrize("visit", [adds_a_snapshot, overrides_the_snapshot, adds_a_volume])
def test_what_other_aspects_do_is_seen_whenever_they_do_it(app, visit, first, priority):
    stack = cdk.Stack(app, "Prod")
    volume(stack, snapshot_id=None, size=8)
    if first:
        aspect(visit, app, priority=priority)
    add(app, 200)
    if not first:
        aspect(visit, app, priority=priority)
    assert rates(app)["Prod/Added" if visit is adds_a_volume else "Prod/Volume"] == 200


def test_a_volume_that_an_aspect_adds_where_others_were_visited_before_is_rated(app):
    stack = cdk.Stack(app, "Prod")
    earlier, later = Construct(stack, "Earlier"), Construct(stack, "Later")
    add(stack, 200)

    def visit(node):
        if node.node.path == "Prod/Later" and not earlier.node.children:
            volume(earlier)

    aspect(visit, later)
    assert rates(app) == {"Prod/Earlier/Volume": 200}


def test_a_device_that_an_aspect_adds_last_is_rated_and_user_data_may_still_grow(app):
    stack = cdk.Stack(app, "Prod")
    user_data = ec2.UserData.for_linux()
    ec2.LaunchTemplate(stack, "It", user_data=user_data)
    add(app, 200, priority=0)

    def visit(node):
        if isinstance(node, ec2.CfnLaunchTemplate):
            user_data.add_commands("echo later")
            path = "LaunchTemplateData.BlockDeviceMappings"
            node.add_property_override(path, [DEVICE])

    aspect(visit, app, priority=2000)
    [template] = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    data = template["Properties"]["LaunchTemplateData"]
    assert data["BlockDeviceMappings"][0]["Ebs"][RATE] == 200
    assert "echo later" in json.dumps(data["UserData"])


def test_an_aspect_that_sets_a_rate_wins_whenever_it_does(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack)
    default = add(app, 200, priority=0)
    aspect(lambda node: isinstance(node, ec2.CfnVolume) and node.add_property_override(RATE, 150), app, priority=2000)
    assert rates(app) == {"Prod/Volume": 150}
    assert [one.reason for one in default.report.left] == ["RateSet"]


def test_an_aspect_that_asks_for_dependencies_disturbs_nothing(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack, snapshot_id=None, size=8)
    add(app, 200, priority=0)
    aspect(lambda node: node.node.root.node.dependencies, app, priority=100)
    aspect(adds_a_snapshot, app, priority=1000)
    assert rates(app) == {"Prod/Volume": 200}
    assert app.node.dependencies == []


def test_a_default_rate_that_an_aspect_adds_needs_stabilization(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack)
    aspect(lambda node: node is stack and add(stack, 200), app, priority=0)
    stabilized = app.node.try_get_context(STABILIZATION)
    assert rates(app) == {"Prod/Volume": 200 if stabilized else None}
    ignored = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("Aspect was added via another"))
    assert bool(ignored) is not stabilized  # CDK says so by itself


def test_the_first_default_rate_of_a_process_may_be_added_by_an_aspect():
    code = """
import tests.governance.test_default_rate_at_synth as at_synth
app = at_synth.new_app(**{at_synth.STABILIZATION: True})
stack = at_synth.cdk.Stack(app, "Prod")
at_synth.volume(stack)
at_synth.aspect(lambda node: node is stack and at_synth.add(stack, 200), app, priority=0)
print(at_synth.rates(app))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "{'Prod/Volume': 200}\n", run.stderr


def test_a_default_rate_that_an_aspect_adds_below_another_needs_none(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack)
    add(app, 100)
    aspect(lambda node: node is stack and add(stack, 200, priority=600), app, priority=0)
    assert rates(app) == {"Prod/Volume": 200}


def test_a_second_synth_begins_anew(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack)
    scope = Construct(stack, "Scope")
    inner = volume(scope)
    default = add(app, 200)
    assert rates(app) == {"Prod/Volume": 200, "Prod/Scope/Volume": 200}
    assert rates(app) == {"Prod/Volume": 200, "Prod/Scope/Volume": 200}
    add(scope, 300)
    assert rates(app, force=True) == {"Prod/Volume": 200, "Prod/Scope/Volume": 300}
    assert paths(default.report.rated) == ["Prod/Volume"]
    inner.snapshot_id = None
    assert rates(app, force=True) == {"Prod/Volume": 200, "Prod/Scope/Volume": None}


def test_a_second_synth_may_find_a_rated_device_gone(app):
    stack = cdk.Stack(app, "Prod")
    data = {"blockDeviceMappings": [{"deviceName": "/dev/xvdf", "ebs": {"snapshotId": SNAPSHOT}}], "imageId": "ami-1"}
    it = ec2.CfnLaunchTemplate(stack, "It", launch_template_data=data)
    add(app, 200)
    app.synth()
    it.launch_template_data = {"imageId": "ami-1"}
    template = json.loads((Path(app.synth(force=True).directory) / "Prod.template.json").read_text())
    assert template["Resources"]["It"]["Properties"] == {"LaunchTemplateData": {"ImageId": "ami-1"}}


def test_a_rate_that_the_user_sets_after_a_synth_is_not_taken_back(app):
    stack = cdk.Stack(app, "Prod")
    it = volume(stack)
    add(app, 200)
    assert rates(app) == {"Prod/Volume": 200}
    add(it, EC2_DEFAULT)
    assert rates(app, force=True) == {"Prod/Volume": None}
    it.add_property_override(RATE, 200)
    assert rates(app, force=True) == {"Prod/Volume": 200}


def test_a_rate_that_the_user_changes_after_a_synth_is_not_taken_back(app):
    stack = cdk.Stack(app, "Prod")
    it = volume(stack)
    default = add(app, 200)
    assert rates(app) == {"Prod/Volume": 200}
    it.add_property_override(RATE, 250)
    assert rates(app, force=True) == {"Prod/Volume": 250}
    assert [one.reason for one in default.report.left] == ["RateSet"]


def test_a_stage_beside_the_scope_is_left_alone(app):
    add(cdk.Stack(app, "Prod"), 200)
    volume(app.node.find_child("Prod"))
    volume(cdk.Stack(cdk.Stage(app, "Beta"), "Stack"))
    assert rates(app) == {"Prod/Volume": 200, "Beta/Stack/Volume": None}


@pytest.mark.parametrize("mapped", [None, [], [DEVICE]])
@pytest.mark.parametrize("by_override", [False, True])
def test_a_second_synth_takes_back_mappings_of_root_devices(app, mapped, by_override):
    stack = cdk.Stack(app, "Prod")
    data = {"ImageId": "ami-0123456789abcdef0", "BlockDeviceMappings": mapped}
    given = {"LaunchTemplateData": {"BlockDeviceMappings": [DEVICE]} if by_override else data}
    it = cdk.CfnResource(stack, "It", type="AWS::EC2::LaunchTemplate", properties=given)
    if by_override:
        it.add_property_override("LaunchTemplateData", {key: value for key, value in data.items() if value is not None})

    def mappings():
        folder = Path(app.synth(force=True).directory)
        resource = json.loads((folder / "Prod.template.json").read_text())["Resources"]["It"]
        return resource["Properties"]["LaunchTemplateData"].get("BlockDeviceMappings") or None

    before = mappings()
    cdk.Aspects.of(app).add(ebs.DefaultInitializationRate(200, root_devices=["/dev/xvda"]))
    rated = mappings()
    assert rated[-1] == {"DeviceName": "/dev/xvda", "Ebs": {RATE: 200}}
    assert mappings() == rated
    add(stack, EC2_DEFAULT)
    assert mappings() == before


def test_a_synth_that_failed_leaves_nothing_behind(app):
    stack = cdk.Stack(app, "Prod")
    volume(stack)
    default = add(app, 200)
    failing = [True]

    def visit(_):
        if failing[0]:
            raise ValueError("not today")

    aspect(visit, app, priority=900)
    with pytest.raises(RuntimeError, match="not today"):
        app.synth()
    assert app.node.dependencies == []  # to ask for them rates nothing any more
    assert default.report == ebs.InitializationRateReport()
    failing[0] = False
    assert rates(app) == {"Prod/Volume": 200}


def test_tells_about_volumes_that_the_user_may_believe_to_be_rated(app):
    stack = cdk.Stack(app, "Prod")
    no_value = {"Ref": "AWS::NoValue"}

    def raw(id, kind, **properties):
        cdk.CfnResource(stack, id, type=f"AWS::EC2::{kind}", properties=properties)

    either = {"Fn::If": ["c", SNAPSHOT, no_value]}
    raw("Perhaps", "Volume", SnapshotId=either, Size=8)
    raw("Somewhere", "Volume", SnapshotId=SNAPSHOT, OutpostArn={"Fn::If": ["c", "arn:aws:outposts", no_value]})
    raw("Theirs", "Instance", BlockDeviceMappings=[DEVICE, {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}])
    raw("Devices", "LaunchTemplate", LaunchTemplateData={"BlockDeviceMappings": {"Fn::If": ["c", [DEVICE], no_value]}})
    raw("Included", "Volume", Size=8, **{"Fn::Transform": {"Name": "AWS::Include"}})
    raw("Blank", "Volume", Size=8)
    raw("Set", "Volume", SnapshotId=SNAPSHOT, VolumeInitializationRate=150)
    raw("Root", "LaunchTemplate", LaunchTemplateData={"ImageId": "ami-0123456789abcdef0"})
    it = ec2.CfnLaunchTemplate(stack, "Lazy", launch_template_data={})
    it.add_property_override("LaunchTemplateData.BlockDeviceMappings", cdk.Lazy.any(Mappings([DEVICE])))
    cdk.Aspects.of(app).add(ebs.DefaultInitializationRate(200, root_devices=["/dev/xvda", "/dev/sda1"]))
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    told = {one.id.removeprefix("/Prod/"): one.entry.data for one in found}
    assert {one: message.rpartition(" [ack: constructs-ebs:")[2].rstrip("]") for one, message in told.items()} == {
        "Perhaps": "SnapshotUncertain",
        "Included": "SnapshotUncertain",
        "Somewhere": "PlaceUncertain",
        "Theirs": "InitializationRateNotInCloudFormation",
        "Devices": "Unknown",
        "Root": "RootDeviceNotMapped",
        "Lazy": "Unknown",
    }
    assert told["Theirs"].startswith(
        "/dev/xvdf does not get the default rate: CloudFormation has no rate for it; give it a rate of its own in an "
        "ebs.Instance, an ebs.SpotFleet or a launch template, or opt it out with "
        "DefaultInitializationRate(InitializationRate.EC2_DEFAULT) [ack: "
    )
    assert told["Perhaps"].startswith("it does not get the default rate: only the deployment knows whether it has a ")


def test_a_warning_can_be_acknowledged(app):
    stack = cdk.Stack(app, "Prod")
    cdk.CfnResource(
        stack,
        "It",
        type="AWS::EC2::Instance",
        properties={"BlockDeviceMappings": [DEVICE]},
    )
    cdk.Annotations.of(stack).acknowledge_warning("constructs-ebs:InitializationRateNotInCloudFormation")
    default = add(app, 200)
    assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []
    assert [one.reason for one in default.report.left] == ["InitializationRateNotInCloudFormation"]


@jsii.implements(cdk.IStableAnyProducer)
class Mappings:
    """A list of mappings that is made at synthesis, by Python."""

    def __init__(self, value):
        self.value, self.calls = value, 0

    def produce(self):
        self.calls += 1
        return self.value


def test_a_lazy_value_is_produced_once(app):
    stack = cdk.Stack(app, "Prod")
    producer = Mappings([DEVICE])
    data = {"BlockDeviceMappings": cdk.Lazy.any(producer)}
    cdk.CfnResource(stack, "It", type="AWS::EC2::LaunchTemplate", properties={"LaunchTemplateData": data})
    default = add(app, 200)
    app.synth()
    assert len(default.report.rated) == 1
    assert producer.calls == 1


def test_the_report_is_empty_before_the_synth(app):
    volume(cdk.Stack(app, "Prod"))
    assert add(app, 200).report == ebs.InitializationRateReport()
