"""The oldest aws-cdk-lib that works, and what an older one meets."""

import re
import subprocess
import sys

import pytest

from constructs_ebs._upstream.minimum_version import MINIMUM_VERSION
from tests.constants import ROOT


def test_the_minimum_version_is_that_of_the_package():
    [minimum] = re.findall(r'"aws-cdk-lib>=([\d.]+)', (ROOT / "pyproject.toml").read_text())
    assert minimum == MINIMUM_VERSION


@pytest.fixture
def forced_in(tmp_path):
    """Return what runs code beside an aws-cdk-lib of some version."""

    def run(version, code):
        (tmp_path / f"aws_cdk_lib-{version}.dist-info").mkdir(exist_ok=True)
        (tmp_path / "aws_cdk").mkdir(exist_ok=True)
        (tmp_path / "aws_cdk" / "__init__.py").touch()
        code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; {code}"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.mark.parametrize("name", ["Volume", "EbsChecks", "DefaultInitializationRate"])
def test_an_older_version_is_refused_in_one_line_when_a_construct_is_imported(forced_in, name):
    run = forced_in("2.250.0", f"from constructs_ebs import {name}")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "ImportError: constructs-ebs needs aws-cdk-lib 2.258.0 or newer, found 2.250.0; "
        "run: pip install --upgrade 'aws-cdk-lib>=2.258.0,<3'"
    )


def test_what_needs_no_aws_cdk_lib_does_not_ask_for_one(forced_in):
    code = "import constructs_ebs, constructs_ebs.core, constructs_ebs.cli.main; print(constructs_ebs.check_request)"
    assert forced_in("2.250.0", code).returncode == 0


@pytest.mark.parametrize("version", ["2.258.0", "2.1000.3", "3.0.0"])
def test_others_are_not_refused(forced_in, version):
    assert forced_in(version, "import constructs_ebs._upstream").returncode == 0
