"""The rules of EC2 for EBS volumes that are created from snapshots, without jsii or anything else to install."""

from .cloudformation.app import check_app
from .cloudformation.references import AppTemplate
from .cloudformation.templates import check_template
from .estimate import InitializationEstimate
from .findings import EbsValidationError, Finding
from .requests import UNKNOWN
from .rules import check_request

__all__ = [
    "UNKNOWN",
    "AppTemplate",
    "EbsValidationError",
    "Finding",
    "InitializationEstimate",
    "check_app",
    "check_request",
    "check_template",
]
