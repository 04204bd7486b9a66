"""Rules about the form of requests, arguments and options: wrong types, unknown parameters, actions and codes."""

from ..actions import ACTIONS, RATE
from ..problems import Problem, Problems, Rule
from ..requests import Request
from .sources import API, DEVICE, INITIALIZE, TEMPLATES


@Rule("ParameterNotSupported", "must be omitted in {action}, which does not support it", "{instead}", DEVICE).of(
    Request
)
def parameters_supported(request: Request) -> Problems:
    """The action has each parameter and supports it; another rule checks this for the rate."""
    action = request.action.name
    for stray in () if request.lenient else request.strays:  # what has no place in a template, its schema says
        facts = {"action": action, "got": stray.got, "instead": stray.instead}
        yield Problem(str(stray.path[-1]), facts, stray.path, label=stray.label)
    for volume in request.volumes:
        for name, instead in volume.action.unsupported.items():
            if name != RATE and volume.given(name):
                yield volume.problem(name, action=action, instead=instead)


WRONG_TYPE = Rule("WrongType", "must be {expected}", "{fix}", TEMPLATES)

ACTION_UNKNOWN = Rule(
    "ActionUnknown",
    "must be one that can create an EBS volume",
    "use one of " + ", ".join(ACTIONS),
    API + "Operations.html",
    subject="the action",
)

ESTABLISHED_ELSEWHERE = (
    Rule("QuotaOutOfRange", "must be a whole number of MiB/s above 0", "use {quota}, or omit it", INITIALIZE),
    Rule("CodeUnknown", "must be a code of a finding", "{fix}", TEMPLATES),
    Rule("SeverityUnknown", 'must be "error" or "warning"', "use one, or acknowledge the finding itself", TEMPLATES),
    Rule(
        "KnownAtDeploymentOnly",
        "must be {expected}",
        "give what is known at synth",
        "https://docs.aws.amazon.com/cdk/v2/guide/tokens.html",
        given="a value known at deployment",
    ),
    Rule(
        "DefaultRateTooLate",
        "must be added before the stage is synthesized",
        "add it before CDK Pipelines' add_stage, which synthesizes the stage",
        "https://docs.aws.amazon.com/cdk/v2/guide/aspects.html",
        subject="the default rate",
        given=None,
    ),
)
