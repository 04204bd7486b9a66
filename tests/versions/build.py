"""Makes every example and every construct with the aws-cdk-lib beside it, and writes what comes of it as JSON."""

import json
import platform
import sys
import traceback
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import aws_cdk as cdk
import cdk_nag

import constructs_ebs as ebs
from constructs_ebs.core.cloudformation.custom_resources import ANNOUNCER, PROVIDER, WATCHER
from constructs_ebs.nag import EbsInitializationChecks
from tests.versions.canaries import CANARIES
from tests.versions.everything import ENVIRONMENT, PARTS, make

EXAMPLES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "examples").glob("*/app.py"))


def main(output):
    """Write the version, the templates, what cdk-nag finds of our functions, and which canaries are dead and why."""
    templates = {}
    for example in EXAMPLES:
        app = cdk.App()
        import_module(f"examples.{example}.app").build(app)
        templates |= _templates(example, app)
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(ebs.EbsChecks(), EbsInitializationChecks())
    stack = make(cdk.Stack(app, "Everything", env=ENVIRONMENT), PARTS)
    templates |= _templates("every construct", app)
    report = cdk_nag.AwsSolutionsChecks().validate_scope(stack)
    result = {
        "aws-cdk-lib": version("aws-cdk-lib"),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "templates": templates,
        "nag": sorted(_of_our_functions(report)),
        "canaries": {name: _error(canary) for name, canary in CANARIES.items()},
    }
    Path(output).write_text(json.dumps(result), encoding="utf-8")


def _templates(name, app):
    folder = Path(app.synth().directory)
    return {f"{name}: {path.name}": json.loads(path.read_text()) for path in sorted(folder.glob("*.template.json"))}


def _of_our_functions(report):
    for violation in report.violations:
        for resource in violation.violating_resources:
            if set(str(resource.construct_path).split("/")) & {ANNOUNCER, PROVIDER, WATCHER}:
                yield f"{violation.rule_name}: {resource.construct_path}"


def _error(canary):
    try:
        canary()
    except Exception:  # a version may break in any way
        return traceback.format_exc(limit=-2)
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
