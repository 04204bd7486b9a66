"""`constructs-ebs check` of a cdk.out: which templates it has, where they are deployed, and what is broken in it."""

import json
import shutil

import pytest

from constructs_ebs.core.cloudformation.assembly import SCHEMA


@pytest.mark.usefixtures("cdk_out")
def test_checks_all_stages_and_nested_stacks_of_a_cdk_out(run):
    status, lines, errors = run("cdk.out")
    assert (status, errors) == (1, [])
    subjects = {line.split(" ")[2] for line in lines[:-1] if "OutOfRange" in line}
    stacks = ("Plain", "Legacy", "Prod/Staged", "Prod/Inner/Innermost")
    assert subjects == {f"{stack}{below}/V:" for stack in stacks for below in ("", "/Nested", "/Nested/Deep")}
    assert lines[-1] == "12 errors and 0 warnings in 12 templates"


def test_templates_of_an_earlier_synthesis_are_left_alone(run, cdk_out):
    shutil.copy(cdk_out / "Plain.template.json", cdk_out / "Gone.template.json")
    shutil.copy(cdk_out / "Plain.template.json", cdk_out / "GoneNested.nested.template.json")
    assert run("cdk.out")[1][-1] == "12 errors and 0 warnings in 12 templates"


def test_rates_are_summed_by_account_and_region_of_a_cdk_out(run, cdk_out):
    for path in cdk_out.rglob("*.template.json"):
        path.write_text(path.read_text().replace(": 500", ": 300"))
    _, lines, _ = run("--quota", 2_000, "cdk.out")
    assert len(lines) == 2
    assert "2,700 MiB/s may be requested at once in account 111122223333, Region us-east-1" in lines[0]


def test_a_single_template_of_a_cdk_out_can_be_named(run, cdk_out):
    assert run(cdk_out / "Plain.template.json")[1][-1] == "1 error and 0 warnings in 1 template"


def manifest(cdk_out, change):
    path = cdk_out / "manifest.json"
    read = json.loads(path.read_text())
    change(read)
    path.write_text(json.dumps(read))


def test_a_cdk_out_of_a_newer_schema_is_one_line(run, cdk_out):
    manifest(cdk_out, lambda read: read.update(version="9999.0.0"))
    status, lines, [line] = run("cdk.out")
    assert (status, lines) == (2, ["0 errors and 0 warnings in 0 templates"])
    assert line.startswith("cdk.out/manifest.json: cannot be checked: schema 9999 of cloud assemblies is newer than ")


def test_the_schema_is_that_of_the_tested_aws_cdk_lib(cdk_out):
    assert json.loads((cdk_out / "manifest.json").read_text())["version"] == f"{SCHEMA}.0.0"


def test_the_schema_that_the_aws_cdk_lib_beside_us_writes_is_read(run, cdk_out, monkeypatch):
    manifest(cdk_out, lambda read: read.update(version=f"{SCHEMA + 1}.0.0"))
    assert run("cdk.out")[0] == 2
    monkeypatch.setattr("importlib.metadata.version", lambda _: f"{SCHEMA + 1}.3.0")
    assert run("cdk.out")[0] == 1


def test_a_missing_or_broken_part_of_a_cdk_out_leaves_the_rest(run, cdk_out):
    (cdk_out / "Plain.template.json").unlink()
    (cdk_out / "assembly-Prod" / "manifest.json").write_text("{")
    status, lines, errors = run("cdk.out")
    assert status == 2
    assert [line.partition(": ")[0] for line in errors] == [
        "cdk.out/assembly-Prod/manifest.json",
        "cdk.out/Plain.template.json",
    ]
    assert lines[-1] == "5 errors and 0 warnings in 5 templates"


ODD = [
    b"[]",
    b"5",
    b"{}",
    b"{",
    b"\xff",
    b'{"version": "x"}',
    b'{"version": {}, "artifacts": {}}',
    b'{"version": "' + b"9" * 5_000 + b'"}',
    b'{"version": "\xc2\xb2"}',
]


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_a_manifest_that_is_none_is_one_line(run, write, content):
    write("cdk.out/manifest.json", content)
    status, _, [line] = run("cdk.out")
    assert status == 2
    assert line.startswith("cdk.out/manifest.json: cannot be checked: ")


@pytest.mark.parametrize(
    "artifacts",
    [
        [],
        {"A": 5},
        {"A": {"type": []}},
        {"A": {"type": "aws:cloudformation:stack", "properties": 5, "environment": 5, "dependencies": {"x": 1}}},
        {"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": []}, "dependencies": [["x"], "B"]}},
        {"A": {"type": "aws:cloudformation:stack", "metadata": {"/A": 5, "/B": [5, {"type": "aws:cdk:asset"}]}}},
        {"A": {"type": "cdk:cloud-assembly"}},
        {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}},
        {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "a\0b"}}},
        {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "../cdk.out"}}},
        {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "x" * 300}}},
        {"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "\0"}}},
    ],
    ids=repr,
)
def test_an_odd_manifest_never_raises(run, write, artifacts):
    write("cdk.out/manifest.json", json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    status, _, errors = run("cdk.out")
    assert status == (2 if errors else 0)
