"""Those who judge our templates and requests, none of them written here."""

import json

import aws_cdk as cdk
import botocore.session
import botocore.validate
import cfnlint.api
from cfnlint.core import get_rules

DEFAULT_RULES = {"@aws-cdk/core:validateAgainstDefaultRules": True}
_EC2 = botocore.session.get_session().get_service_model("ec2")
_RULES = get_rules([], [], [], {}, False)


def cfn_lint_errors(template):
    """Return the errors that cfn-lint finds in a template.

    E3671 is left out where it is out of date: it caps gp3 at 16,000 IOPS, and knows nothing of fewer than 3,000.
    """
    config = cfnlint.api.ManualArgs(regions=["us-east-1"])
    matches = cfnlint.api.lint(json.dumps(template, indent=1), _RULES, ["us-east-1"], config=config)
    errors = [match for match in matches if match.rule.severity == "error"]
    return [str(match) for match in errors if not (match.rule.id == "E3671" and "imum of" in match.message)]


def botocore_errors(action, params):
    """Return what botocore refuses in the parameters of an EC2 action."""
    report = botocore.validate.ParamValidator().validate(params, _EC2.operation_model(action).input_shape)
    return report.generate_report()


def app_with_cdk_validation(**props):
    """Return an app that CDK's own validation fails on synth if its default rules find an error."""
    return cdk.App(context=DEFAULT_RULES, builtin_cloud_formation_validation=True, **props)
