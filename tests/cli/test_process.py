"""The command line as a process: streams, signals of its readers, what it loads, how it ends."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.check.templates import CLEAN, WRONG, to_json, volume
from tests.constants import ROOT


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
    assert ended.stdout.startswith("<stdin>:4:5: warning: Data: 300 MiB/s may be requested at once")
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


def test_a_check_without_findings_loads_only_what_it_needs(tmp_path):
    (tmp_path / "clean.json").write_text(to_json({"Resources": {"Data": volume(Size=1)}}))
    code = "import sys; from constructs_ebs.cli.main import main; main(sys.argv[1:]); print(*sys.modules)"
    command = [sys.executable, "-c", code, "check", tmp_path / "clean.json"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not {"dataclasses", "difflib", "inspect", "pathlib", "shutil", "yaml"}.intersection(loaded)


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
    text = (ROOT / "pyproject.toml").read_text()
    assert 'constructs-ebs = "constructs_ebs.__main__:run"' in text
