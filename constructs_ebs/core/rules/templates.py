"""What CloudFormation's schemas take of a resource, and what a check of templates is asked for."""

from ..findings import Rule
from .sources import INITIALIZE, TEMPLATES

ESTABLISHED_ELSEWHERE = (
    Rule(
        code="InitializationRateNotInCloudFormation",
        requirement="must be omitted in {type}, for which CloudFormation has no such property",
        given=None,
        advice="{instead}",
        source=TEMPLATES,
    ),
    Rule(
        code="PropertyNotInCloudFormation",
        requirement="must be omitted in {type}, for which CloudFormation has no such property",
        given=None,
        advice="{instead}",
        source=TEMPLATES,
    ),
    Rule(
        code="OutsideCloudFormationRange",
        requirement="must be {min:,} to {max:,} in {type}",
        advice="use {nearest}",
        source=TEMPLATES,
    ),
    Rule(
        code="VolumeTypeNotInCloudFormation",
        requirement="must be one of {types} in {type}, in lower case",
        advice="use one of them",
        source=TEMPLATES,
    ),
    Rule(
        code="QuotaOutOfRange",
        requirement="must be a whole number of MiB/s above 0",
        advice="use {quota}, or omit it",
        source=INITIALIZE,
    ),
    Rule(code="CodeUnknown", requirement="must be a code of a finding", advice="{fix}", source=TEMPLATES),
    Rule(
        code="SeverityUnknown",
        requirement='must be "error" or "warning"',
        advice="or acknowledge the finding where it is",
        source=TEMPLATES,
    ),
)
