"""What the tests of governance share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOWEST = ROOT / ".venv" / "lowest" / ("Scripts" if os.name == "nt" else "bin") / "python"


@pytest.fixture
def lowest():
    """Return what runs code with the lowest supported versions."""
    if not LOWEST.exists():
        pytest.skip("no environment of the lowest versions: scripts/test makes it")

    def run(code):
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}
        command = [LOWEST, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)

    return run
