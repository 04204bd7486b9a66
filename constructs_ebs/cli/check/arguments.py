"""The command-line arguments of ``constructs-ebs check``."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError

from ...core.limits import RATE_QUOTA
from ...core.rules import RULES
from .command import FORMATS, no_such_code, run


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Check templates by the rules of EC2 and CloudFormation for EBS volumes."
    parser.epilog = "exit status: 0 no errors, 1 errors (with --strict, warnings too), 2 input that cannot be checked"
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a cdk.out, a CloudFormation template in JSON or YAML, or - for stdin"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text for people, json for programs, github for annotations of a workflow (default: text)",
    )
    parser.add_argument(
        "--ignore", type=_codes, action="extend", default=[], metavar="CODE,...", help="leave out findings of a code"
    )
    parser.add_argument(
        "--minimum-rate",
        type=int,
        metavar="RATE",
        help="MiB/s that every volume from a snapshot must have (default: none)",
    )
    parser.add_argument(
        "--quota",
        type=int,
        default=RATE_QUOTA,
        metavar="RATE",
        help=f"MiB/s that may be asked for at once, by account and Region of each PATH (default: {RATE_QUOTA})",
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings too")
    parser.set_defaults(run=run)


def _codes(text: str) -> list[str]:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    for code in codes:
        if code not in RULES:
            raise ArgumentTypeError(no_such_code(code))
    return codes
