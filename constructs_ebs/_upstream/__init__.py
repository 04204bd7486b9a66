"""Everything between our constructs and aws-cdk-lib: reading its values, checking calls, reporting findings.

Importing this does not import aws_cdk.
"""

from . import minimum_version  # first: it refuses an aws-cdk-lib that lacks what the others use
from .arguments import check_argument, check_arguments, check_text
from .conversions import as_struct, as_upstream, translate
from .hints import snake_case
from .lazy import LazyModule
from .reporting import acknowledge, refuse, warn
from .signatures import ConstructorSignature, check_known, explains, suggestion
from .subnets import Subnets, select_subnets
from .values import (
    IRuleTarget,
    duration,
    emitted,
    flag,
    gibibytes,
    is_construct,
    is_list_token,
    is_token,
    mebibytes,
    number,
    plain,
    price,
    seconds,
    size_of_gibibytes,
    text,
    timestamp,
)
from .wording import way_to

__all__ = [
    "ConstructorSignature",
    "IRuleTarget",
    "LazyModule",
    "Subnets",
    "acknowledge",
    "as_struct",
    "as_upstream",
    "check_argument",
    "check_arguments",
    "check_known",
    "check_text",
    "duration",
    "emitted",
    "explains",
    "flag",
    "gibibytes",
    "is_construct",
    "is_list_token",
    "is_token",
    "mebibytes",
    "minimum_version",
    "number",
    "plain",
    "price",
    "refuse",
    "seconds",
    "select_subnets",
    "size_of_gibibytes",
    "snake_case",
    "suggestion",
    "text",
    "timestamp",
    "translate",
    "warn",
    "way_to",
]
