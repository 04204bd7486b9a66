"""`constructs-ebs plan`: what it prints and writes in each format, and its exit codes."""

import json
import os
import re
import subprocess
import sys

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

import constructs_ebs as ebs
from constructs_ebs.cli.main import main
from constructs_ebs.cli.plan.wording import band, gibibytes
from tests.cli.plan.reports import volume
from tests.constants import ROOT, SNAPSHOT, SNAPSHOT_2

EXAMPLE = (
    *("docs/plan.yaml", "--region", "us-east-1", "--snapshot", f"{SNAPSHOT}=500GiB"),
    *("--snapshot", f"{SNAPSHOT_2}=38GiB", "--snapshot", "snap-0123456789abcdef2=8.5GiB"),
)


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
    assert "             and 288 more; --format json has all" in lines


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
    rated = ec2.CfnVolume(nested, "Raw", availability_zone=zone, snapshot_id=SNAPSHOT_2, size=100)
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
    assert "Note: There only if a condition holds, and counted as if it held: V." in lines
    _, lines, _ = run(write(**resources), *sizes, "eu-west-1", "--format", "json")
    [account] = json.loads("\n".join(lines))["accounts"]
    assert (account["peak_is_exact"], account["peak_is_upper_bound"]) == (False, True)


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
