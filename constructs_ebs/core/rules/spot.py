"""Rules about the Spot options of a launch."""

import math

from .. import limits
from ..problems import Problems, Rule
from ..requests import Request, Unknown
from .sources import SPOT_OPTIONS

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
    "SpotValidUntilNotSupported",
    "must be omitted for a one-time Spot request",
    "omit it, or make the request persistent",
    SPOT_OPTIONS,
    given=None,
).of(*_LAUNCHES)
def end_of_a_persistent_request(request: Request) -> Problems:
    """A Spot request has an end only if it is persistent."""
    kind = request.values.get("SpotInstanceType")
    one_time = kind != "persistent" and not isinstance(kind, Unknown)
    if one_time and request.values["ValidUntil"] is not None:
        yield request.spot_problem("ValidUntil")


@Rule("SpotPriceTooLow", "must be more than {min} USD an hour", "raise it, or omit it", SPOT_OPTIONS).of(*_LAUNCHES)
def price_in_range(request: Request) -> Problems:
    """The maximum price is one that EC2 takes."""
    price, least = request.values.get("MaxPrice"), limits.SPOT_PRICE_ABOVE
    if isinstance(price, str) and not is_price(price, least):
        yield request.spot_problem("MaxPrice", got=price, min=least)


def is_price(text: str, above: float) -> bool:
    """Whether it is a number of USD above that."""
    try:
        return above < float(text) < math.inf
    except ValueError:
        return False


ESTABLISHED_ELSEWHERE = (
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
