"""Every version that is supported emits the same, on every Python, in every folder, whatever the hash seed."""

import os
import shutil
import sys
from functools import cache

import pytest

from constructs_ebs._upstream.minimum_version import MINIMUM_VERSION
from tests.versions.compare import ROOT, build, differences

ENVIRONMENTS = ROOT / ".venv" / "versions"
VERSIONS = (MINIMUM_VERSION, "2.260.0", "2.268.0", "2.269.0")
"""The floor, and those between it and the newest that behave in ways of their own, as in scripts/environment.py."""
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


@cache
def newest():
    return build(sys.executable)


@cache
def built(version):
    python = ENVIRONMENTS / version / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        return None
    return build(str(python), seed=version.replace(".", ""))


@pytest.fixture(params=VERSIONS)
def older(request):
    result = built(request.param)
    if result is None:
        pytest.skip(f"no environment of aws-cdk-lib {request.param}: scripts/test makes it")
    assert result["aws-cdk-lib"] == request.param
    return result


def test_another_version_emits_the_same_resources(older):
    assert differences(older, newest()) == []


def test_another_version_has_the_private_parts_that_we_use(older):
    assert {name: error for name, error in older["canaries"].items() if error} == {}


def test_cdk_nag_finds_reasons_with_another_version(older):
    assert older["nag"] == []


def test_cdk_nag_finds_reasons_with_this_version():
    assert newest()["nag"] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_another_python_emits_the_same_resources(python):
    results = [newest(), *filter(None, map(built, VERSIONS))]
    same = [result for result in results if result["python"] == python]
    if not same:
        pytest.skip(f"no environment with Python {python}: scripts/test makes one where it is on the machine")
    assert [differences(result, newest()) for result in same] == [[] for _ in same]


def test_another_folder_and_hash_seed_emit_the_same_resources(tmp_path):
    for name in ("constructs_ebs", "examples", "tests"):
        shutil.copytree(ROOT / name, tmp_path / "elsewhere" / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert build(sys.executable, root=tmp_path / "elsewhere", seed="2147483647")["templates"] == newest()["templates"]
