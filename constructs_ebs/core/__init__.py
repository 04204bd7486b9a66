"""The rules of EC2 for EBS volumes that are created from snapshots, without jsii or anything else to install."""

from .app import check_app
from .estimate import InitializationEstimate, estimate_initialization
from .findings import EbsValidationError, Finding
from .references import AppTemplate
from .requests import UNKNOWN
from .rules import check_request
from .template import check_template

__all__ = [
    "UNKNOWN",
    "AppTemplate",
    "EbsValidationError",
    "Finding",
    "InitializationEstimate",
    "check_app",
    "check_request",
    "check_template",
    "estimate_initialization",
]
