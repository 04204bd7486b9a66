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


def mypy(*paths):
    """Return the lines that mypy rejects, by the file's name."""
    output = run("mypy", "--strict", "--no-error-summary", "--hide-error-context", *map(str, paths))
    rejected = re.findall(r"^.*?(\w+\.py):(\d+): error", output, re.MULTILINE)
    return {path.name: sorted({int(line) for name, line in rejected if name == path.name}) for path in paths}


def pyright(*paths):
    """Return the lines that pyright rejects, by the file's name."""
    report = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, *map(str, paths)))
    assert report["summary"]["filesAnalyzed"] == len(paths)
    lines = [(Path(issue["file"]).name, issue["range"]["start"]["line"] + 1) for issue in report["generalDiagnostics"]]
    return {path.name: sorted({line for name, line in lines if name == path.name}) for path in paths}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_reject_a_misspelt_or_mistyped_property_and_nothing_else(checker):
    rejected = checker(CASES / "accepted.py", CASES / "rejected.py")
    assert rejected == {"accepted.py": [], "rejected.py": REJECTED}
