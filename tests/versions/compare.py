"""Runs ``build`` in an environment, and compares what two of them emit; needs the standard library alone."""

import copy
import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]


def build(python, *, root=ROOT, seed="0"):
    """Return what the package in ``root`` emits with the Python at this path, and the aws-cdk-lib beside it."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "built.json"
        environment = {
            **os.environ,
            "CDK_VALIDATION": "false",  # CDK's own, which has tests of its own and takes seconds
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(root),
            "TMPDIR": folder,
        }
        command = [python, "-m", "tests.versions.build", output]
        run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"{python} cannot build everything:\n{run.stderr[-3000:]}")
        return json.loads(output.read_text(encoding="utf-8"))


def differences(one, other):
    """Name each resource and section that differs between the templates of two environments."""
    found = []
    for name in sorted(one["templates"].keys() | other["templates"].keys()):
        if name not in one["templates"] or name not in other["templates"]:
            found.append(f"{name} is made by one alone")
            continue
        left, right = _comparable(one["templates"][name]), _comparable(other["templates"][name])
        for section in sorted(left.keys() | right.keys()):
            mine, theirs = left.get(section, {}), right.get(section, {})
            if isinstance(mine, dict) and isinstance(theirs, dict):
                keys = sorted(mine.keys() | theirs.keys())
                found += [f"{name}: {section}.{key}" for key in keys if mine.get(key) != theirs.get(key)]
            elif mine != theirs:
                found.append(f"{name}: {section}")
    return found


def _comparable(template):
    """Leave out what CDK's own provider framework runs on, its code, and the keys of nested stacks that hold it."""
    template = copy.deepcopy(template)
    for logical_id, resource in template.get("Resources", {}).items():
        properties = resource.get("Properties", {})
        if "Providerframework" in logical_id:
            properties.pop("Runtime", None)
            properties.pop("Code", None)
        if resource["Type"] == "AWS::CloudFormation::Stack":
            properties.pop("TemplateURL", None)
    return template
