"""Types: what type checkers accept and reject."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.constants import ROOT

CASES = Path(__file__).parent / "typing"
REJECTED = [
    number
    for number, line in enumerate((CASES / "rejected.py").read_text().splitlines(), 1)
    if line.endswith("# REJECTED")
]


def run(*command):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout


def mypy(path):
    output = run("mypy", "--strict", "--no-error-summary", "--hide-error-context", str(path))
    return sorted({int(line) for line in re.findall(r"^.*\.py:(\d+): error", output, re.MULTILINE)})


def pyright(path):
    report = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, str(path)))
    assert report["summary"]["filesAnalyzed"] >= 1
    return sorted({issue["range"]["start"]["line"] + 1 for issue in report["generalDiagnostics"]})


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_reject_a_misspelt_or_mistyped_property_and_nothing_else(checker):
    assert checker(CASES / "accepted.py") == []
    assert checker(CASES / "rejected.py") == REJECTED
