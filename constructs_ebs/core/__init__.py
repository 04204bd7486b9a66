"""Checks EC2 requests and CloudFormation templates for EBS volumes, without jsii or anything else to install."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cloudformation.app_checks import check_app
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

_MODULES = {
    "UNKNOWN": "requests",
    "AppTemplate": "cloudformation.references",
    "EbsValidationError": "findings",
    "Finding": "findings",
    "InitializationEstimate": "estimate",
    "check_app": "cloudformation.app_checks",
    "check_request": "rules",
    "check_template": "cloudformation.templates",
}


def __getattr__(name: str) -> object:
    """Load a name on its first use: a check that finds nothing needs no ``Finding``."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return value
