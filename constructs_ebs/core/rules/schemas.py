"""Rules from CloudFormation's schemas, which are narrower than EC2 for some resource types."""

from ..problems import Rule
from .sources import TEMPLATES

ESTABLISHED_ELSEWHERE = (
    Rule(
        "InitializationRateNotInCloudFormation",
        "must be omitted in {type}, for which CloudFormation has no such property",
        "{instead}",
        TEMPLATES,
        given=None,
    ),
    Rule(
        "PropertyNotInCloudFormation",
        "must be omitted in {type}, for which CloudFormation has no such property",
        "{instead}",
        TEMPLATES,
        given=None,
    ),
    Rule("OutsideCloudFormationRange", "must be {min:,} to {max:,} in {type}", "use {nearest}", TEMPLATES),
    Rule(
        "VolumeTypeNotInCloudFormation", "must be one of {types} in {type}, in lower case", "use one of them", TEMPLATES
    ),
)
