"""`constructs-ebs plan`: what it prints, draws and writes, and what it says of input that it cannot use."""

import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_ec2 as ec2
from botocore.stub import Stubber
from hypothesis import example, given, settings
from hypothesis import strategies as st
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

import constructs_ebs as ebs
from constructs_ebs.cli.main import main
from constructs_ebs.cli.plan.html import render as html
from constructs_ebs.cli.plan.json import render as to_json
from constructs_ebs.cli.plan.report import PlanReport
from constructs_ebs.cli.plan.svg import COLORS
from constructs_ebs.cli.plan.svg import render as svg
from constructs_ebs.cli.plan.svg_shapes import text_width
from constructs_ebs.cli.plan.text import render as text
from constructs_ebs.cli.plan.wording import band, gibibytes
from constructs_ebs.core import AppTemplate
from constructs_ebs.core.cloudformation.plan import SnapshotData
from constructs_ebs.core.cloudformation.planner import make_plan

ROOT = Path(__file__).parents[2]
SNAPSHOT = "snap-0123456789abcdef0"
OTHER = "snap-0123456789abcdef1"
EXAMPLE = (
    *("docs/plan.yaml", "--region", "us-east-1", "--snapshot", f"{SNAPSHOT}=500GiB"),
    *("--snapshot", f"{OTHER}=38GiB", "--snapshot", "snap-0123456789abcdef2=8.5GiB"),
)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs `constructs-ebs plan` in a folder: status, and the lines of both outputs."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = main(["plan", *map(str, arguments)])
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err.splitlines()

    return run


def volume(rate=200, name=None, snapshot=SNAPSHOT, **properties):
    properties = {"AvailabilityZone": "us-east-1a", "SnapshotId": snapshot, **properties}
    made = {"Type": "AWS::EC2::Volume", "Properties": {**properties, "VolumeInitializationRate": rate}}
    return made if name is None else {**made, "Metadata": {"aws:cdk:path": name}}


@pytest.fixture
def write(tmp_path):
    def write(name="plan.json", **resources):
        (tmp_path / name).write_text(json.dumps({"Resources": resources or {"Data": volume()}}))
        return name

    return write


def report(resources, quota=5_000, region="us-east-1", sizes=None):
    template = AppTemplate(name="stack.json", template={"Resources": resources}, region=region)
    known = {snapshot: SnapshotData(gib=gib, source="given") for snapshot, gib in (sizes or {}).items()}
    made = make_plan([template], quota=quota, sizes=known)
    return PlanReport(
        plan=made, templates=[template], subject="stack.json: 1 template", priced_regions=frozenset(), unusable=[]
    )


# Formats


@pytest.mark.parametrize("format", ["txt", "json", "svg", "html"])
def test_the_example_is_the_golden_one(format, snapshot, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    written = tmp_path / f"plan.{format}"
    assert main(["plan", *EXAMPLE, "-o", str(written)]) == 0

    class Golden(SingleFileSnapshotExtension):
        _write_mode = WriteMode.TEXT
        file_extension = format

    assert written.read_text(encoding="utf-8") == snapshot(extension_class=Golden)


def test_the_picture_in_the_docs_is_up_to_date(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    main(["plan", *EXAMPLE, "-o", str(tmp_path / "plan.svg")])
    assert (tmp_path / "plan.svg").read_text() == (ROOT / "docs" / "plan.svg").read_text()


def test_the_docs_name_every_field_of_the_json(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    main(["plan", *EXAMPLE, "--format", "json"])
    named = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "plan.md").read_text()))

    def keys(value):
        if isinstance(value, dict):
            yield from value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(inner)

    assert set(keys(json.loads(capsys.readouterr().out))) - named == set()


def test_the_text_fits_100_columns(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    main(["plan", *EXAMPLE])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_a_text_of_many_times_shows_the_first(run, write):
    volumes = {f"V{size}": volume(Size=size) for size in range(1, 300)}
    _, lines, _ = run(write(**volumes))
    assert "             and 288 times more; --format json has all" in lines


@pytest.mark.parametrize(("format", "start"), [("json", "{"), ("svg", "<svg "), ("html", "<!DOCTYPE html>")])
def test_a_format_is_printed(run, write, format, start):
    status, lines, errors = run(write(), "--format", format)
    assert (status, errors) == (0, [])
    assert lines[0].startswith(start)


def test_a_file_gets_the_format_that_is_asked_for(run, write, tmp_path):
    assert run(write(), "--format", "json", "-o", "plan.out") == (0, [], [])
    assert json.loads((tmp_path / "plan.out").read_text())["templates"] == 1


def test_nothing_to_plan_is_said(run, write):
    for one in ("text", "svg", "html"):
        status, lines, _ = run(write(V={"Type": "AWS::S3::Bucket"}), "--format", one)
        assert status == 0
        assert any("No volumes with a volume initialization rate" in line for line in lines)


def test_plans_a_cdk_out_with_its_accounts_and_paths(run, tmp_path):
    app = cdk.App(
        outdir=str(tmp_path / "cdk.out"),
        builtin_cloud_formation_validation=False,
        context={"aws:cdk:enable-path-metadata": True},
    )
    env = cdk.Environment(account="111122223333", region="us-east-1")
    stack = cdk.Stack(cdk.Stage(app, "Prod", env=env), "Restore")
    zone = "us-east-1a"
    ebs.Volume(stack, "Data", availability_zone=zone, snapshot_id=SNAPSHOT, volume_initialization_rate=200, size=500)
    nested = cdk.NestedStack(stack, "Nested")
    rated = ec2.CfnVolume(nested, "Raw", availability_zone=zone, snapshot_id=OTHER, size=100)
    rated.add_property_override("VolumeInitializationRate", 100)
    app.synth()
    status, lines, errors = run("cdk.out", "--format", "json", "--region", "eu-west-1")
    assert (status, errors) == (0, [])
    [account] = json.loads("\n".join(lines))["accounts"]
    assert (account["account"], account["region"], account["peak_rate"]) == ("111122223333", "us-east-1", 300)
    assert [one["name"] for one in account["devices"]] == ["Prod/Restore/Data", "Prod/Restore/Nested/Raw"]


def test_what_is_known_on_one_side_only_is_marked(run, write):
    launched = {"LaunchTemplateId": {"Ref": "T"}, "Version": "1"}
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT, "VolumeInitializationRate": 300}}
    template = {"LaunchTemplateData": {"BlockDeviceMappings": [device]}}
    group = {"MaxSize": {"Ref": "Max"}, "LaunchTemplate": launched}
    resources = {
        "T": {"Type": "AWS::EC2::LaunchTemplate", "Properties": template},
        "G": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group},
    }
    sizes = ("--snapshot", f"{SNAPSHOT}=10GiB", "--region")
    _, lines, _ = run(write(**resources), *sizes, "us-east-1")
    assert "Cost         >= 0.04 USD" in lines
    assert "At once      at least 300 of 5,000 MiB/s (6 %)" in lines
    resources = {"V": {**volume(), "Condition": "IsProd"}}
    _, lines, _ = run(write(**resources), *sizes, "eu-west-1")
    assert "At once      at most 200 of 5,000 MiB/s (4 %)" in lines
    assert "FSR instead  1 hour for 1 snapshot and zone; their price here is unknown: give --fsr-price" in lines
    assert "Note: There only if a condition holds, and counted as if it did: V." in lines
    _, lines, _ = run(write(**resources), *sizes, "eu-west-1", "--format", "json")
    [account] = json.loads("\n".join(lines))["accounts"]
    assert (account["peak_is_exact"], account["peak_is_upper_bound"]) == (False, True)


# Status


def test_over_the_quota_exits_with_1(run, write):
    status, lines, _ = run(write(), "--quota", 199)
    assert status == 1
    assert "At once      200 of 199 MiB/s, OVER THE QUOTA" in lines


def test_what_ec2_refuses_exits_with_1(run, write):
    status, lines, _ = run(write(Wrong=volume(500)))
    assert status == 1
    assert any(line.startswith("Note: EC2 or CloudFormation refuses these") for line in lines)


def test_an_unusable_file_exits_with_2_and_the_others_are_planned(run, write):
    status, lines, [error] = run("nowhere.yaml", write(), "--format", "json")
    assert status == 2
    assert error == "nowhere.yaml: cannot be planned: cannot be read: No such file or directory"
    printed = json.loads("\n".join(lines))
    assert (printed["templates"], len(printed["unusable"])) == (1, 1)


# Options

WRONG = {
    "--snapshot 500": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got '500'; say 500GiB?",
    "--snapshot 500GB": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got '500GB'; say 500GiB?",
    "--snapshot -1": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got '-1'",
    "--snapshot 0GiB": f"{SNAPSHOT}: a size is above 0 and at most 64TiB, got '0GiB'",
    "--snapshot 65TiB": f"{SNAPSHOT}: a size is above 0 and at most 64TiB, got '65TiB'",
    "--snapshot nanGiB": f"{SNAPSHOT}: a size is a number with MiB, GiB, TiB, got 'nanGiB'",
}


@pytest.mark.parametrize("given", WRONG)
def test_a_size_that_is_none_is_one_line(run, write, given):
    option, size = given.split()
    assert run(write(), option, f"{SNAPSHOT}={size}") == (2, [], [f"constructs-ebs plan: --snapshot {WRONG[given]}"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--snapshot", "500GiB"),
        ("--snapshot", "vol-0123456789abcdef0=5GiB"),
        ("--price", "-1"),
        ("--price", "nan"),
        ("--price", "eu-west-1=-0.1"),
        ("--price", "Ireland=0.1"),
        ("--fsr-price", "free"),
        ("--format", "png"),
        ("-o", "plan.png"),
        ("-o", "plan"),
        ("-o", "nowhere/plan.svg"),
        ("--quota", "0"),
    ],
    ids=" ".join,
)
def test_an_option_that_makes_no_sense_is_one_line(run, write, arguments):
    status, lines, errors = run(write(), *arguments)
    assert (status, lines, len(errors)) == (2, [], 1)


@pytest.mark.parametrize(("size", "gib"), [("512MiB", 0.5), ("500GiB", 500), ("1.5 TiB", 1536), ("64TiB", 65_536)])
def test_sizes_have_units(run, write, size, gib):
    _, lines, _ = run(write(), "--snapshot", f"{SNAPSHOT}={size}", "--format", "json")
    assert json.loads("\n".join(lines))["accounts"][0]["devices"][0]["snapshot_data_gib"] == gib


def test_a_size_that_nothing_uses_is_said(run, write):
    status, _, errors = run(write(), "--snapshot", f"{OTHER}=1GiB")
    assert (status, errors) == (0, [f"--snapshot {OTHER}: no rated volume is made from it"])


@pytest.mark.parametrize(
    ("region", "prices", "cost"),
    [
        ("us-east-1", (), 0.24),
        ("eu-west-1", (), None),
        ("eu-west-1", ("--price", "0.0045"), 0.3),
        ("us-east-1", ("--price", "0.0045"), 0.3),
        ("us-east-1", ("--price", "eu-west-1=0.0045"), 0.24),
        ("eu-west-1", ("--price", "eu-west-1=0.0045", "--price", "1"), 0.3),
    ],
)
def test_a_price_is_for_a_gibibyte_at_300_in_a_region_or_in_all(run, write, region, prices, cost):
    sizes = ("--snapshot", f"{SNAPSHOT}=100GiB", "--format", "json", "--region", region)
    _, lines, _ = run(write(), *sizes, *prices)
    assert json.loads("\n".join(lines))["accounts"][0]["cost_usd"] == (cost and pytest.approx(cost))


def test_a_region_without_a_price_says_how_to_give_one(run, write):
    _, lines, _ = run(write(), "--region", "eu-west-1")
    assert "Cost         unknown: no price of eu-west-1 is built in; give --price eu-west-1=USD" in lines


# Sizes from AWS


@pytest.fixture
def ec2_answers(monkeypatch):
    """Return a function that says what EC2 answers, once for each Region."""
    stubs = []

    def answer(*answers, region="us-east-1"):
        client = boto3.client("ec2", region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
        stub = Stubber(client)
        for action, ids, answered in answers:
            name = "snapshot-id" if action == "describe_snapshots" else "image-id"
            expected = {"Filters": [{"Name": name, "Values": ids}], "MaxResults": 1_000}
            expected |= {"IncludeDeprecated": True} if action == "describe_images" else {}
            if isinstance(answered, str):
                stub.add_client_error(action, answered, "no", expected_params=expected)
            else:
                stub.add_response(action, answered, expected)
        stub.activate()
        stubs.append(stub)

        class Session:
            region_name = None

            def client(self, name, region_name, config):
                assert (name, region_name) == ("ec2", region)
                assert config.retries == {"mode": "standard", "total_max_attempts": 8}
                return client

        monkeypatch.setattr("boto3.Session", lambda **_: Session())

    yield answer
    for stub in stubs:
        stub.assert_no_pending_responses()


def test_describes_the_snapshots_that_nobody_gave(run, write, ec2_answers):
    third = "snap-0123456789abcdef2"
    described = {
        "Snapshots": [
            {"SnapshotId": SNAPSHOT, "VolumeSize": 100, "FullSnapshotSizeInBytes": 25 * 2**30},
            {"SnapshotId": third, "VolumeSize": 8},
        ]
    }
    ec2_answers(("describe_snapshots", [SNAPSHOT, third], described))
    name = write(A=volume(), B=volume(snapshot=OTHER), C=volume(snapshot=third))
    arguments = (name, "--describe", "--snapshot", f"{OTHER}=7GiB", "--region", "us-east-1", "--format", "json")
    status, lines, errors = run(*arguments)
    assert (status, errors) == (0, [])
    devices = json.loads("\n".join(lines))["accounts"][0]["devices"]
    assert {one["logical_id"]: (one["snapshot_data_gib"], one["snapshot_data_source"]) for one in devices} == {
        "A": (25, "described"),
        "B": (7, "given"),
        "C": (8, "volume size"),
    }


def test_describes_the_images_of_devices_without_a_snapshot(run, write, ec2_answers):
    image = "ami-0123456789abcdef0"
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT}}
    shown = {"ImageId": image, "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [mapping]}
    described = {"SnapshotId": SNAPSHOT, "VolumeSize": 100, "FullSnapshotSizeInBytes": 25 * 2**30}
    ec2_answers(
        ("describe_images", [image], {"Images": [shown]}),
        ("describe_snapshots", [SNAPSHOT], {"Snapshots": [described]}),
    )
    device = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeInitializationRate": 200}}
    data = {"ImageId": image, "BlockDeviceMappings": [device]}
    of = {"LaunchTemplateId": {"Ref": "T"}, "Version": "1"}
    name = write(
        T={"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}},
        I={"Type": "AWS::EC2::Instance", "Properties": {"LaunchTemplate": of}},
        R={
            "Type": "Custom::EbsReplaceRootVolume",
            "Properties": {"Request": {"InstanceId": "i-1", "ImageId": image, "VolumeInitializationRate": "300"}},
        },
    )
    status, lines, _ = run(name, "--describe", "--region", "us-east-1", "--format", "json")
    assert status == 0
    devices = json.loads("\n".join(lines))["accounts"][0]["devices"]
    assert [(one["logical_id"], one["snapshot_data_gib"]) for one in devices] == [("I", 25), ("R", 25)]


def test_the_volume_of_an_image_bounds_a_snapshot_that_nobody_may_describe(run, write, ec2_answers):
    image = "ami-0123456789abcdef0"
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": SNAPSHOT, "VolumeSize": 8}}
    shown = {"ImageId": image, "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [mapping]}
    ec2_answers(("describe_images", [image], {"Images": [shown]}), ("describe_snapshots", [SNAPSHOT], {}))
    request = {"InstanceId": "i-1", "ImageId": image, "VolumeInitializationRate": "300"}
    name = write(R={"Type": "Custom::EbsReplaceRootVolume", "Properties": {"Request": request}})
    status, lines, errors = run(name, "--describe", "--region", "us-east-1", "--format", "json")
    assert (status, errors) == (0, [])
    printed = json.loads("\n".join(lines))
    [device] = printed["accounts"][0]["devices"]
    assert (device["snapshot_data_gib"], device["snapshot_data_source"]) == (8, "volume size")
    assert f"Sizes to be given by --snapshot ID=SIZE: {SNAPSHOT}." in printed["notes"]


def test_many_snapshots_are_described_in_parts_and_all_pages_are_read(run, write, ec2_answers):
    ids = [f"snap-{index:017x}" for index in range(201)]

    def page(of, **more):
        return {
            "Snapshots": [{"SnapshotId": one, "VolumeSize": 1, "FullSnapshotSizeInBytes": 2**30} for one in of],
            **more,
        }

    ec2_answers(("describe_snapshots", ids[:200], page(ids[:200])), ("describe_snapshots", ids[200:], page(ids[200:])))
    name = write(**{f"V{index}": volume(100, snapshot=one) for index, one in enumerate(ids)})
    status, lines, _ = run(name, "--describe", "--region", "us-east-1", "--format", "json", "--quota", 99_999)
    assert status == 0
    assert json.loads("\n".join(lines))["accounts"][0]["devices_of_unknown_time"] == 0


def test_a_snapshot_that_nobody_may_describe_is_named(run, write, ec2_answers):
    ec2_answers(("describe_snapshots", [SNAPSHOT], {"Snapshots": []}), region="eu-west-1")
    status, lines, errors = run(write(), "--describe", "--region", "eu-west-1")
    assert status == 2
    assert errors == [f"{SNAPSHOT}: not found in eu-west-1, or not to be described; give --snapshot {SNAPSHOT}=SIZE"]
    assert lines  # the rest is planned


def test_what_aws_refuses_is_one_line(run, write, ec2_answers):
    ec2_answers(("describe_snapshots", [SNAPSHOT], "UnauthorizedOperation"))
    status, lines, [error] = run(write(), "--describe", "--region", "us-east-1")
    assert (status, lines) == (2, [])
    assert error.startswith("constructs-ebs plan: --describe in us-east-1: An error occurred (UnauthorizedOperation)")


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """No credentials and no Region, wherever boto3 looks for them."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("nobody")
def test_no_credentials_are_one_line(run, write):
    status, lines, errors = run(write(), "--describe", "--region", "us-east-1")
    assert (status, lines) == (2, [])
    assert errors == ["constructs-ebs plan: --describe in us-east-1: Unable to locate credentials"]


@pytest.mark.usefixtures("nobody")
def test_a_region_that_is_none_is_one_line(run, write):
    status, lines, errors = run(write(), "--describe", "--region", "no region")
    assert (status, lines, len(errors)) == (2, [], 1)
    assert "no region" in errors[0]


@pytest.mark.usefixtures("nobody")
def test_no_region_is_one_line(run, write):
    status, lines, errors = run(write(), "--describe")
    assert (status, lines) == (2, [])
    assert errors == ["constructs-ebs plan: --describe needs a Region, and the templates name none; give --region"]


@pytest.mark.usefixtures("nobody")
def test_a_profile_that_is_not_there_is_one_line(run, write, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    status, _, errors = run(write(), "--describe", "--region", "us-east-1")
    assert (status, len(errors)) == (2, 1)
    assert "nobody" in errors[0]


def test_without_boto3_the_line_that_installs_it_is_printed(run, write, monkeypatch):
    monkeypatch.delitem(sys.modules, "constructs_ebs.cli.aws", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    line = "constructs-ebs plan: --describe needs boto3: pip install 'constructs-ebs[cli]'"
    assert run(write(), "--describe") == (2, [], [line])


# The picture


def many(count):
    return {
        f"V{index}": volume(
            100 + index % 5 * 50, f"Prod/Shard{index}/Data/Resource", **({"Size": 1 + index * 7} if index % 6 else {})
        )
        for index in range(count)
    }


NAMES = [
    "Prod/" + "VeryLongConstructName" * 9,
    "W" * 80,
    "<script>alert(1)</script>&\"'",
    "データベース/ボリューム/とても長い名前のボリュームです",
    "\n\x00\x1b[31m\ud800",
]
PICTURES = {
    "none": report({}),
    "one": report(many(1), sizes={SNAPSHOT: 500}),
    "five": report(many(5)),
    "forty": report(many(40)),
    "three hundred": report(many(300)),
    "no size": report({"V": volume()}),
    "empty": report({"V": volume()}, sizes={SNAPSHOT: 0}),
    "tiny": report({"V": volume()}, sizes={SNAPSHOT: 1e-6}),
    "largest": report({"V": volume(100)}, sizes={SNAPSHOT: 65_536}),
    "a quota of 1": report(many(5), quota=1),
    "a quota beyond all": report(many(5), quota=10**12),
    "names": report({f"V{index}": volume(Size=9, name=name) for index, name in enumerate(NAMES)}),
    "unknown Region": report(many(3), region=None),
    "long Region": report(many(3), region="x" * 200),
}


def drawn(element, left=0.0, top=0.0):
    """Yield the corners of everything that is drawn, texts as wide as they are estimated."""
    moved = re.fullmatch(r"translate\((\S+) (\S+)\)", element.get("transform", "translate(0 0)"))
    left, top = left + float(moved[1]), top + float(moved[2])
    kinds = element.get("class", "").split()
    name = element.tag.rpartition("}")[2]
    if name == "rect":
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        yield left + x, top + y
        yield left + x + float(element.get("width")), top + y + float(element.get("height"))
        assert float(element.get("width")) >= 0
    elif name == "path":
        for command, one, other in re.findall(r"([MLHV])(\S+?)(?: (\S+?))?(?=[MLHVZ]|$)", element.get("d")):
            yield (
                (left + float(one) if command != "V" else left),
                (top + float(other or one) if command != "H" else top),
            )
    elif name == "text":
        size = next((size for kind, size in {"h1": 21, "h2": 15, "small": 11, "name": 13}.items() if kind in kinds), 12)
        width = text_width("".join(element.itertext()), size)
        start = float(element.get("x")) - (width if "end" in kinds else width / 2 if "middle" in kinds else 0)
        yield left + start, top + float(element.get("y")) - size
        yield left + start + width, top + float(element.get("y"))
    for child in element:
        yield from drawn(child, left, top)


def assert_well_drawn(picture):
    root = ElementTree.fromstring(picture)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert "nan" not in re.sub(r"<(title|desc|text).*?</\1>", "", picture, flags=re.S).lower()
    for x, y in drawn(root):
        assert math.isfinite(x)
        assert -0.1 <= x <= width + 0.1
        assert -0.1 <= y <= height + 0.1
    return root


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_and_inside_its_frame(name):
    root = assert_well_drawn(svg(PICTURES[name]))
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text.startswith("Volume initialization plan of ")
    assert root.find(f"{space}desc").text
    assert root.get("role") == "img"


@pytest.mark.parametrize("name", PICTURES)
def test_labels_do_not_reach_into_the_bars(name):
    for element in ElementTree.fromstring(svg(PICTURES[name])).iter():
        if "name" in element.get("class", "").split() and PICTURES[name].plan.accounts:
            assert float(element.get("x")) + text_width(element.text, 13) <= 320


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_plan_is_the_same_picture(name):
    assert svg(PICTURES[name]) == svg(PICTURES[name])
    assert html(PICTURES[name]) == html(PICTURES[name])


def test_forty_bars_are_drawn_and_more_are_one():
    assert svg(PICTURES["three hundred"]).count('class="name ink"') == 41  # and the sum of the rates
    assert "261 more devices, 261 volumes" in svg(PICTURES["three hundred"])
    assert html(PICTURES["three hundred"]).count('<th scope="row">Prod/Shard') == 300


def test_nothing_to_initialize_is_a_time_too():
    picture = svg(report({"V": volume(100)}, sizes={SNAPSHOT: 0}))
    assert ">0 s<" in picture
    assert "no time is known" not in picture
    assert_well_drawn(picture)


class Page(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.open = set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "xlink:href") or name[:2] == "on"]
        if tag not in ("meta", "rect", "path", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, _):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_needs_nothing_else_and_closes_what_it_opens(name):
    text = html(PICTURES[name])
    page = Page(text)
    assert page.open == []
    assert page.links == []
    assert not {"script", "link", "iframe", "img", "object"} & page.tags
    assert "@import" not in text
    assert "url(" not in text


def test_names_cannot_break_out_of_any_format():
    given = PICTURES["names"]
    for made in (svg(given), html(given)):
        assert "<script>" not in made
        assert "&lt;script&gt;" in made
    for made in (svg(given), html(given), text(given), to_json(given)):
        assert all(line.isprintable() for line in made.splitlines())


def test_a_picture_and_a_page_are_of_ascii_so_that_any_terminal_can_carry_them():
    for made in (svg(PICTURES["names"]), html(PICTURES["names"])):
        assert made.isascii()
        assert "データベース/ボリューム" in unescape(made)


@pytest.mark.parametrize("scheme", [1, 2])
def test_texts_have_contrast(scheme):
    def luminance(color):
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one, other):
        low, high = sorted(luminance(COLORS[name][scheme]) for name in (one, other))
        return (high + 0.05) / (low + 0.05)

    for ground in ("ground", "tile"):
        assert min(contrast(one, ground) for one in ("ink", "soft", "alarm")) >= 4.5
    assert min(contrast(one, "ground") for one in ("sure", "over", "edge", "mark", "limit", "axis")) >= 3


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([100, 123, 300, {"Ref": "Rate"}]),
            st.one_of(st.none(), st.integers(1, 16_384), st.just({"Ref": "Size"})),
            st.text(max_size=60),
        ),
        max_size=12,
    ),
    st.integers(1, 10**7),
    st.floats(0, 65_536),
)
@example([(100, None, ""), (100, None, "")], 1, 5e-324)  # a time of next to nothing
def test_any_plan_can_be_shown(volumes, quota, gib):
    resources = {
        f"V{index}": volume(rate, name, SNAPSHOT if index % 3 else OTHER, **({} if size is None else {"Size": size}))
        for index, (rate, size, name) in enumerate(volumes)
    }
    made = report(resources, quota=quota, sizes={SNAPSHOT: gib})
    assert_well_drawn(svg(made))
    assert Page(html(made)).open == []
    json.loads(to_json(made), parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert text(made)


# Words


@pytest.mark.parametrize(
    ("fastest", "slowest", "shown"),
    [(31.03, 37.9, "31-38 s"), (3177, 3884, "52-65 min"), (9524, 11_640, "2.6-3.3 h"), (0, 0, "0-0 s")],
)
def test_a_band_is_rounded_outwards(fastest, slowest, shown):
    assert band(fastest, slowest) == shown


@pytest.mark.parametrize(
    ("gib", "shown"), [(500, "500 GiB"), (8.5, "8.5 GiB"), (0.5, "512 MiB"), (65_536, "65,536 GiB"), (0, "0 GiB")]
)
def test_a_size_is_shown_with_its_unit(gib, shown):
    assert gibibytes(gib) == shown


# As a process


@pytest.mark.parametrize("format", ["text", "json", "svg", "html"])
def test_loads_neither_cdk_nor_boto3_and_the_picture_only_for_pictures(format, tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps({"Resources": {"V": volume()}}))
    code = (
        "import sys\nfrom constructs_ebs.cli.main import main\n"
        f"main(['plan', {str(tmp_path / 'plan.json')!r}, '-o', {str(tmp_path / 'out')!r}, '--format', {format!r}])\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"jsii", "aws_cdk", "boto3", "yaml"} & set(loaded)
    assert ("constructs_ebs.cli.plan.svg" in loaded) == (format in ("svg", "html"))


def test_every_process_prints_the_same(tmp_path):
    rated = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT, "VolumeInitializationRate": 200}}
    resources = {
        f"T{index}": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": {"BlockDeviceMappings": [rated]}},
        }
        for index in range(9)
    }
    overrides = [{"LaunchTemplateSpecification": {"LaunchTemplateId": {"Ref": name}}} for name in resources]
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": {}, "Overrides": overrides}}
    properties = {"MaxSize": 2, "MixedInstancesPolicy": policy}
    resources["Group"] = {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": properties}
    (tmp_path / "plan.json").write_text(json.dumps({"Resources": resources}))
    command = [sys.executable, "-m", "constructs_ebs", "plan", str(tmp_path / "plan.json"), "--format", "json"]
    printed = {
        subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in "123"
    }
    assert len(printed) == 1


def test_check_does_not_load_the_plan(tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps({"Resources": {"V": volume()}}))
    path = str(tmp_path / "plan.json")
    code = f"import sys\nfrom constructs_ebs.cli.main import main\nmain(['check', {path!r}])\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [
        name
        for name in loaded
        if name.startswith(("constructs_ebs.cli.plan", "constructs_ebs.core.cloudformation.plan"))
    ]
