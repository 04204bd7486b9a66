"""What CloudFormation's schemas take of a resource, and what a check of templates is asked for."""

from ..findings import Rule
from .sources import INITIALIZE, TEMPLATES

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
    Rule("QuotaOutOfRange", "must be a whole number of MiB/s above 0", "use {quota}, or omit it", INITIALIZE),
    Rule("CodeUnknown", "must be a code of a finding", "{fix}", TEMPLATES),
    Rule("SeverityUnknown", 'must be "error" or "warning"', "or acknowledge the finding where it is", TEMPLATES),
)
