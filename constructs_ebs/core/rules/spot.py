"""Rules about the Spot options of a launch."""

import math

from .. import limits
from ..problems import Problems, Rule
from ..requests import Request, Unknown
from .sources import SPOT_BLOCKS, SPOT_OPTIONS, TEMPLATES

_LAUNCHES = ("RunInstances", "CreateLaunchTemplate", "CreateLaunchTemplateVersion")


@Rule(
    "SpotPersistentNeedsStop",
    "must be stop or hibernate for a persistent Spot request",
    "set it, or make the request one-time",
    SPOT_OPTIONS,
    subject="{InstanceInterruptionBehavior}",
).of(*_LAUNCHES)
def persistent_requests_stop(request: Request) -> Problems:
    """A persistent Spot request stops its instance when it is interrupted, or hibernates it."""
    behavior = request.values.get("InstanceInterruptionBehavior")
    persistent = request.values.get("SpotInstanceType") == "persistent"
    if persistent and behavior in (None, "terminate"):
        yield request.spot_problem("InstanceInterruptionBehavior", got=behavior)


@Rule(
    "SpotOneTimeTerminates",
    "must be terminate for a one-time Spot request",
    "omit it",
    SPOT_OPTIONS,
    subject="{InstanceInterruptionBehavior}",
).of("RunInstances")
def one_time_requests_terminate(request: Request) -> Problems:
    """A one-time Spot request terminates its instance when it is interrupted."""
    # EC2: "The request with type 'null' is not supported when instanceInterruptionBehavior is set to 'stop'"
    behavior = request.values.get("InstanceInterruptionBehavior")
    if _is_one_time(request) and behavior in ("stop", "hibernate"):
        yield request.spot_problem("InstanceInterruptionBehavior", got=behavior)


@Rule(
    "SpotValidUntilNotSupported",
    "must be omitted for a one-time Spot request",
    "omit it",
    SPOT_OPTIONS,
    given=None,
).of(*_LAUNCHES)
def end_of_a_persistent_request(request: Request) -> Problems:
    """A Spot request has an end only if it is persistent."""
    if _is_one_time(request) and request.values["ValidUntil"] is not None:
        yield request.spot_problem("ValidUntil")


def _is_one_time(request: Request) -> bool:
    kind = request.values.get("SpotInstanceType")
    return kind != "persistent" and not isinstance(kind, Unknown)


@Rule("SpotPriceTooLow", "must be more than {min} USD an hour", "raise it, or omit it", SPOT_OPTIONS).of(*_LAUNCHES)
def price_in_range(request: Request) -> Problems:
    """The maximum price is one that EC2 takes."""
    price, least = request.values.get("MaxPrice"), limits.SPOT_PRICE_ABOVE
    if isinstance(price, str) and not is_price(price, least):
        yield request.spot_problem("MaxPrice", got=price, min=least)


@Rule("SpotBlockOutOfRange", "must be a multiple of {step} minutes up to {max}", "use {nearest}", SPOT_BLOCKS).of(
    *_LAUNCHES
)
def block_in_range(request: Request) -> Problems:
    """A Spot block lasts 1 to 6 hours, whole ones."""
    minutes, (step, most) = request.values.get("BlockDurationMinutes"), limits.SPOT_BLOCK
    if isinstance(minutes, int) and (minutes % step or not step <= minutes <= most):
        nearest = min(max((minutes + step // 2) // step, 1) * step, most)
        yield request.spot_problem("BlockDurationMinutes", got=minutes, step=step, max=most, nearest=nearest)


def is_price(text: str, above: float) -> bool:
    """Whether it is a number of USD above that."""
    try:
        return above < float(text) < math.inf
    except ValueError:
        return False


ESTABLISHED_ELSEWHERE = (
    Rule(  # EC2: "cancel the request before you terminate"; CloudFormation terminates and cancels nothing
        "PersistentSpotRequest",
        "must be one-time for {launcher}: EC2 launches another, which no stack manages, when CloudFormation terminates "
        "the instance of a persistent request",
        "make it one-time, or use an Auto Scaling group",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-requests.html",
        severity="warning",
    ),
    Rule(  # "Auto Scaling only supports the 'one-time' Spot instance type": hashicorp/terraform-provider-aws#5455
        "SpotGroupNeedsOneTime",
        "must be one-time for {launcher}, an Auto Scaling group, which requests new instances itself",
        "omit it",
        TEMPLATES + "aws-properties-ec2-launchtemplate-spotoptions.html",
    ),
    Rule(
        "MetadataOptionsConflict",
        "must be omitted with {given}",
        "omit it and use http_tokens=ec2.HttpTokens.REQUIRED",
        "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html",
        given=None,
    ),
    Rule(
        "MetadataTokensNotRequired",
        "must be required, since InstanceRequireImdsv2Aspect applies",
        "remove what sets MetadataOptions of the AWS::EC2::Instance to something else",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html",
        given=None,
    ),
)
