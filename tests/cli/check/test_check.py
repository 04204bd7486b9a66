"""`constructs-ebs check`: what it reads, prints and exits with."""

import json
import re
from importlib.metadata import version

import pytest

from constructs_ebs.cli.main import main
from tests.cli.check.templates import CLEAN, MESSAGE, RAISED, WRONG, to_json, volume
from tests.constants import SNAPSHOT


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
    "--minimum-rate 0": "--minimum-rate must be 100 to 300 MiB/s, got 0; use 100, or omit it for no minimum",
    "--minimum-rate 400": "--minimum-rate must be 100 to 300 MiB/s, got 400; use 300, or omit it for no minimum",
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
        ":3:2: 'Type' appears twice in one object; remove one",
    ),
    "twice.yaml": (
        b"Resources:\n  A: {Type: a}\n  A: {Type: b}\n",
        ":3:3: 'A' appears twice in one object; remove one",
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
