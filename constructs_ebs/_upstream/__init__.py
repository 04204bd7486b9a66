"""What stands between our constructs and aws-cdk-lib: reading its values, checking calls, reporting findings.

Nothing here imports aws_cdk before a value of its own is at hand.
"""

from .arguments import (
    ConstructorSignature,
    as_struct,
    as_upstream,
    check_argument,
    check_arguments,
    check_known,
    check_text,
    explains,
    translate,
)
from .lazy import LazyModule
from .reporting import refuse, require, warn
from .subnets import select_subnets, zones_of
from .values import (
    RuleTarget,
    emitted,
    gibibytes,
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

__all__ = [
    "ConstructorSignature",
    "LazyModule",
    "RuleTarget",
    "as_struct",
    "as_upstream",
    "check_argument",
    "check_arguments",
    "check_known",
    "check_text",
    "emitted",
    "explains",
    "gibibytes",
    "is_token",
    "mebibytes",
    "number",
    "plain",
    "price",
    "refuse",
    "require",
    "seconds",
    "select_subnets",
    "size_of_gibibytes",
    "text",
    "timestamp",
    "translate",
    "warn",
    "zones_of",
]
