"""The command line: what it reads, prints and exits with."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from constructs_ebs.cli.main import main
from constructs_ebs.core.cloudformation.assembly import SCHEMA

SNAPSHOT = "snap-0123456789abcdef0"
CLEAN = f"""\
Resources:
  Data:
    Type: AWS::EC2::Volume
    Properties:
      AvailabilityZone: !Select [0, !GetAZs ""]
      SnapshotId: {SNAPSHOT}
      VolumeInitializationRate: 200
"""
WRONG = CLEAN.replace("200", "500")
RAISED = CLEAN.replace("VolumeInitializationRate: 200", "VolumeType: gp3\n      Iops: 100")
MESSAGE = "VolumeInitializationRate must be 100 to 300 MiB/s, got 500; use 300, or omit it for the default rate"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs `constructs-ebs check` in a folder: status, and the lines of both outputs."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["check", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err.splitlines()

    return run


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


def to_json(template, indent=2):
    return json.dumps(template, indent=indent)


def volume(**properties):
    return {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "us-east-1a", **properties}}


def test_a_clean_template_exits_with_0(run, write):
    assert run(write("clean.yaml", CLEAN)) == (0, ["0 errors and 0 warnings in 1 template"], [])


def test_an_error_exits_with_1_and_says_where(run, write):
    assert run(write("wrong.yaml", WRONG)) == (
        1,
        [
            f"wrong.yaml:7:7: error: Data: {MESSAGE} [InitializationRateOutOfRange]",
            "1 error and 0 warnings in 1 template",
        ],
        [],
    )


@pytest.mark.parametrize("indent", [1, 2, "\t"])
def test_says_where_in_json_too(run, write, indent):
    template = {"Resources": {"A": volume(Size=1, Tags=[{"x": '"}]'}]), "B": volume(SnapshotId=SNAPSHOT)}}
    template["Resources"]["B"]["Properties"]["VolumeInitializationRate"] = 500
    text = to_json(template, indent)
    [at] = [
        (number, line.index('"Vol') + 1) for number, line in enumerate(text.splitlines(), 1) if "Initialization" in line
    ]
    status, lines, _ = run(write("wrong.json", text))
    assert status == 1
    assert lines[0].startswith(f"wrong.json:{at[0]}:{at[1]}: error: B: ")


def test_json_in_one_line_has_columns(run, write):
    text = to_json({"Resources": {"B": volume(SnapshotId=SNAPSHOT, VolumeInitializationRate=500)}}, None)
    column = text.index('"VolumeInitializationRate') + 1
    assert run(write("wrong.json", text))[1][0].startswith(f"wrong.json:1:{column}: ")


def test_what_is_missing_is_shown_where_it_should_be(run, write):
    [line, _] = run(write("missing.yaml", "Resources:\n  Data:\n    Type: AWS::EC2::Volume\n    Properties: {}\n"))[1]
    assert line.startswith("missing.yaml:4:5: error: Data: Size or SnapshotId must be given")


def test_warnings_fail_only_if_strict(run, write):
    name = write("raised.yaml", RAISED)
    status, [line, _], _ = run(name)
    assert status == 0
    assert ": warning: Data: Iops below 3,000" in line
    assert run("--strict", name)[0] == 1


def test_codes_can_be_ignored_in_a_run(run, write):
    both = write("both.yaml", WRONG.replace("SnapshotId: " + SNAPSHOT, "Size: 8"))
    assert len(run(both)[1]) == 3
    assert len(run("--ignore", "InitializationRateOutOfRange", both)[1]) == 2
    codes = "InitializationRateOutOfRange, InitializationRateWithoutSnapshot"
    assert run("--ignore", codes, both)[0] == 0
    assert run("--ignore", codes.split(", ")[0], "--ignore", codes.split(", ")[1], both)[0] == 0


def test_a_code_that_is_none_cannot_be_ignored(run, write, capsys):
    with pytest.raises(SystemExit) as caught:
        run("--ignore", "InitializationRateOutOfRang", write("wrong.yaml", WRONG))
    assert caught.value.code == 2
    assert "did you mean InitializationRateOutOfRange?" in capsys.readouterr().err


@pytest.mark.parametrize("owner", ["Resources.Data", ""])
def test_codes_can_be_ignored_in_a_template(run, write, owner):
    rest = "constructs-ebs:\n  ignore: [InitializationRateOutOfRange]\n"
    if owner:
        text = WRONG + "    Metadata:\n" + re.sub("^", "      ", rest, flags=re.MULTILINE).rstrip(" ")
    else:
        text = WRONG + "Metadata:\n" + re.sub("^", "  ", rest, flags=re.MULTILINE).rstrip(" ")
    assert run(write("ignored.yaml", text))[0] == 0


def test_a_code_may_be_ignored_without_a_list(run, write):
    metadata = "    Metadata: {constructs-ebs: {ignore: InitializationRateOutOfRange}}\n"
    assert run(write("ignored.yaml", WRONG + metadata)) == (0, ["0 errors and 0 warnings in 1 template"], [])


@pytest.mark.parametrize("codes", ["Iopsraised", "[Iopsraised]"])
def test_an_unknown_code_in_a_template_is_named_and_ignores_nothing(run, write, codes):
    metadata = f"    Metadata: {{constructs-ebs: {{ignore: {codes}}}}}\n"
    status, [line, _], errors = run(write("odd.yaml", RAISED + metadata))
    assert (status, "IopsRaised" in line) == (0, True)
    assert errors == ["odd.yaml:9:33: no such code: Iopsraised; did you mean IopsRaised?"]
    _, _, errors = run(write("odd.yaml", f"{CLEAN}Metadata: {{constructs-ebs: {{ignore: {codes}}}}}\n"))
    assert errors == ["odd.yaml:8:29: no such code: Iopsraised; did you mean IopsRaised?"]


@pytest.mark.parametrize("metadata", ["5", "[]", "{constructs-ebs: 5}", "{constructs-ebs: {ignore: 5}}", "!Ref x"])
def test_other_metadata_ignores_nothing(run, write, metadata):
    assert run(write("other.yaml", f"{WRONG}    Metadata: {metadata}\nMetadata: {metadata}\n"))[0] == 1


def test_a_minimum_rate_can_be_demanded(run, write):
    name = write("clean.yaml", CLEAN)
    assert run("--minimum-rate", 200, name)[0] == 0
    status, [line, _], _ = run("--minimum-rate", 201, name)
    assert status == 1
    assert line.endswith("[InitializationRateBelowMinimum]")


def test_the_quota_can_be_set(run, write):
    name = write("clean.yaml", CLEAN)
    assert "OverQuota" not in run(name)[1][0]
    assert "over the quota of 199 MiB/s" in run("--quota", 199, name)[1][0]


WRONG_OPTIONS = {
    "--quota 0": "--quota must be a whole number of MiB/s above 0, got 0; use 5000, or omit it",
    "--quota -1": "--quota must be a whole number of MiB/s above 0, got -1; use 5000, or omit it",
    "--minimum-rate 0": "--minimum-rate must be 100 to 300 MiB/s, got 0; use 100, or omit it to demand none",
    "--minimum-rate 400": "--minimum-rate must be 100 to 300 MiB/s, got 400; use 300, or omit it to demand none",
}


@pytest.mark.parametrize("given", WRONG_OPTIONS)
def test_a_demand_that_makes_no_sense_is_one_line(run, write, given):
    line = f"constructs-ebs check: {WRONG_OPTIONS[given]}"
    assert run(*given.split(), write("clean.yaml", CLEAN)) == (2, [], [line])


def test_prints_its_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"constructs-ebs {version('constructs-ebs')}\n"


def test_prints_json(run, write):
    status, lines, errors = run("--format", "json", write("wrong.yaml", WRONG), "nowhere.yaml")
    printed = json.loads("\n".join(lines))
    assert status == 2
    assert len(errors) == 1
    assert printed["templates"] == 1
    assert printed["unusable"] == [
        {"file": "nowhere.yaml", "line": None, "column": None, "message": "cannot be read: No such file or directory"}
    ]
    assert printed["findings"] == [
        {
            "file": "wrong.yaml",
            "line": 7,
            "column": 7,
            "severity": "error",
            "code": "InitializationRateOutOfRange",
            "message": MESSAGE,
            "subject": "Data",
            "logical_id": "Data",
            "path": ["Resources", "Data", "Properties", "VolumeInitializationRate"],
            "when": [],
            "source": "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html",
        }
    ]


def test_prints_annotations_for_github(run, write):
    assert run("--format", "github", write("a,b:100%.yaml", WRONG))[1] == [
        "::error file=a%2Cb%3A100%25.yaml,line=7,col=7,title=InitializationRateOutOfRange::Data: " + MESSAGE
    ]


@pytest.mark.parametrize("format", ["text", "github", "json"])
def test_a_template_cannot_print_lines_or_terminal_codes_of_its_own(run, write, format):
    name = write("evil.yaml", WRONG.replace("Data:", '"\\n::error::\\e[31m\\ud800":'))
    _, lines, _ = run("--format", format, name)
    assert not any(line.lstrip().startswith("::error::") for line in lines)
    assert all(line.isprintable() for line in lines)


UNUSABLE = {
    "empty.yaml": (b"", "empty; give a CloudFormation template"),
    "comment.yaml": (b"# nothing\n", "empty; give a CloudFormation template"),
    "list.yaml": (b"- a\n", "not a CloudFormation template, which is an object"),
    "text.txt": (b"hello", "not a CloudFormation template, which is an object"),
    "package.json": (b'{"name": "x"}', "not a CloudFormation template, which has an object of Resources"),
    "resources.json": (b'{"Resources": []}', "not a CloudFormation template, which has an object of Resources"),
    "serverless.yml": (
        b"service: x\nresources:\n  Resources: {}\n",
        "not a CloudFormation template, which has an object of Resources",
    ),
    "comma.json": (b'{\n "Resources": {},\n}', ":3:1: JSON not well-formed: "),
    "jinja.yaml": (b"{% if x %}\nResources: {}\n", ":1:2: JSON not well-formed: "),
    "twice.json": (
        b'{"Resources": {"A": {\n "Type": "a",\n "Type": "b"}}}',
        ":3:2: 'Type' is there twice in one object; remove one",
    ),
    "twice.yaml": (
        b"Resources:\n  A: {Type: a}\n  A: {Type: b}\n",
        ":3:3: 'A' is there twice in one object; remove one",
    ),
    "alias.yaml": (
        b"Resources:\n  A: &a {Type: x}\n  B: *a\n",
        ":3:6: CloudFormation takes no YAML aliases, got *a; check what `aws cloudformation package --use-json` makes",
    ),
    "merge.yaml": (b"Resources:\n  A: &a {Type: x}\n  B: {<<: *a}\n", ":3:11: CloudFormation takes no YAML aliases"),
    "two.yaml": (b"Resources: {}\n---\nResources: {}\n", ":2:1: a template is one YAML document, got a second"),
    "indent.yaml": (b"Resources:\n  A:\n B:\n", ":3:2: YAML not well-formed: while parsing a block mapping"),
    "tab.yaml": (b"Resources:\n\tA: 1\n", ":2:1: YAML not well-formed: while scanning"),
    "key.yaml": (b"? [a]\n: b\n", ":1:3: a key must be a string, got an object or a list"),
    "control.yaml": (b"a: \x01\n", "YAML not well-formed: "),
    "latin.yaml": ("a: ä".encode("latin-1"), "not a text in UTF-8: "),
    "image.png": (b"\x89PNG\r\n\x1a\n\0\0", "not a text in UTF-8: "),
    "deep.json": (b'{"a":' * 100_000, "nested too deeply"),
    "deep.yaml": (b"[" * 1_000_000, "nested too deeply"),
    "number.json": (b'{"Resources": ' + b"1" * 5_000 + b"}", "JSON with a number that is too long"),
    "large.json": (
        b'{"Resources": {}, "Description": "' + b"x" * 1_000_000 + b'"}',
        "CloudFormation takes templates of 1,000,000 bytes at most; split it",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_checked_is_one_line_and_the_others_are_checked(run, write, name):
    content, reason = UNUSABLE[name]
    status, lines, errors = run(write(name, content), write("other.yaml", WRONG))
    assert status == 2
    assert len(errors) == 1
    assert errors[0].startswith(name)
    assert reason.partition(": ")[2] in errors[0]
    assert reason.partition(": ")[0] in errors[0]
    assert lines[0].startswith("other.yaml:7:7: error: ")
    assert lines[-1] == "1 error and 0 warnings in 1 template"


def test_an_alias_bomb_costs_nothing(run, write):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    status, _, [line] = run(write("bomb.yaml", bomb))
    assert status == 2
    assert line.startswith("bomb.yaml:2:8: cannot be checked: CloudFormation takes no YAML aliases")


def test_a_template_of_the_largest_size_is_checked(run, write):
    volumes = "".join(
        f"  V{index}:\n    Type: AWS::EC2::Volume\n    Properties: {{Size: 0, AvailabilityZone: us-east-1a}}\n"
        for index in range(8_000)
    )
    text = "Resources:\n" + volumes
    assert 600_000 < len(text) < 1_000_000
    status, lines, _ = run("--format", "github", write("large.yaml", text))
    assert status == 1
    assert len(lines) == 8_000
    assert lines[-1].startswith("::error file=large.yaml,line=24001,col=18,")


def test_a_path_that_is_not_there_or_not_to_be_read_is_one_line(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    paths = ["nowhere.yaml", "folder", "nowhere.yaml/x", "x" * 300, "circle"]
    status, _, errors = run(*paths)
    assert status == 2
    assert [line.partition(":")[0] for line in errors] == paths
    assert "give a cdk.out, or the templates in it one by one" in errors[1]


# A cdk.out


class Nested(cdk.NestedStack):
    def __init__(self, scope, id, deeper=True):
        super().__init__(scope, id)
        rated(self)
        if deeper:
            Nested(self, "Deep", deeper=False)


def rated(stack):
    made = ec2.CfnVolume(stack, "V", availability_zone="us-east-1a", snapshot_id=SNAPSHOT)
    made.add_property_override("VolumeInitializationRate", 500)


def synthesize(folder, **context):
    env = cdk.Environment(account="111122223333", region="us-east-1")
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False, context=context)
    legacy = cdk.Stack(app, "Legacy", synthesizer=cdk.LegacyStackSynthesizer())
    stage = cdk.Stage(app, "Prod", env=env)
    inner = cdk.Stage(stage, "Inner")
    for stack in (cdk.Stack(app, "Plain", env=env), legacy, cdk.Stack(stage, "Staged"), cdk.Stack(inner, "Innermost")):
        rated(stack)
        Nested(stack, "Nested")
    app.synth()


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app") / "cdk.out"
    synthesize(folder, **{"aws:cdk:enable-path-metadata": True})
    return folder


@pytest.fixture
def cdk_out(synthesized, tmp_path):
    return shutil.copytree(synthesized, tmp_path / "cdk.out")


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
    assert "2,700 MiB/s can be asked for at once in account 111122223333, Region us-east-1" in lines[0]


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


# As a process


def process(*arguments, **options):
    command = [sys.executable, "-m", "constructs_ebs", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)


def test_runs_as_a_module(tmp_path):
    (tmp_path / "wrong.yaml").write_text(WRONG)
    ended = process("check", tmp_path / "wrong.yaml")
    assert ended.returncode == 1
    assert "[InitializationRateOutOfRange]" in ended.stdout


def test_reads_from_stdin():
    ended = process("check", "--quota", 100, "-", input=CLEAN.replace("200", "300"))
    assert ended.returncode == 0
    assert ended.stdout.startswith("<stdin>:4:5: warning: Data: 300 MiB/s can be asked for at once")
    assert "(<stdin>/Data 300)" in ended.stdout
    ended = subprocess.run(
        f"{sys.executable} -m constructs_ebs check - <&-", shell=True, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)


@pytest.mark.skipif(os.name == "nt", reason="no shell that closes a stream")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_leaves_no_traceback(closed):
    command = f"{shlex.quote(sys.executable)} -m constructs_ebs check - {closed}"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_says_how_it_is_used():
    ended = process()
    assert ended.returncode == 2
    assert "usage: constructs-ebs" in ended.stderr
    assert "exit status: 0 no errors" in process("check", "--help").stdout


def test_prints_where_only_ascii_can_be(tmp_path):
    path = tmp_path / "käse.yaml"
    path.write_text(WRONG)
    ended = process("check", path, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 1
    assert "k\\xe4se.yaml:7:7" in ended.stdout


def test_a_reader_that_stops_leaves_no_traceback(tmp_path):
    path = tmp_path / "many.yaml"
    path.write_text("Resources:\n" + "".join(f"  V{n}: {{Type: AWS::EC2::Volume}}\n" for n in range(5_000)))
    command = [sys.executable, "-m", "constructs_ebs", "check", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == b""
    assert started.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_one_line(tmp_path):
    (tmp_path / "clean.yaml").write_text(CLEAN)
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "constructs_ebs", "check", str(tmp_path / "clean.yaml")]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (2, "constructs-ebs: No space left on device\n")


@pytest.mark.usefixtures("cdk_out")
@pytest.mark.parametrize("name", ["clean.json", "clean.yaml", "cdk.out"])
def test_loads_neither_jsii_nor_cdk_and_yaml_only_for_yaml(tmp_path, name):
    (tmp_path / "clean.yaml").write_text(CLEAN)
    (tmp_path / "clean.json").write_text(to_json({"Resources": {"V": volume(Size=1)}}))
    code = (
        "import sys\nfrom constructs_ebs.cli.main import main\n"
        f"main(['check', {str(tmp_path / name)!r}])\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"jsii", "aws_cdk", "constructs", "boto3", "rich"} & set(loaded)
    assert ("yaml" in loaded) == (name == "clean.yaml")


def test_the_installed_command_is_the_module():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert 'constructs-ebs = "constructs_ebs.__main__:run"' in text
