"""The command-line arguments of ``constructs-ebs plan``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from ...core.limits import RATE_QUOTA
from .command import run


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Tell how long rated volumes take to initialize, what that costs, and whether the quota is enough."
    )
    parser.epilog = "exit status: 0 within the quota, 1 over it or asking for what EC2 refuses, 2 unusable input"
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a cdk.out, a CloudFormation template in JSON or YAML, or - for stdin"
    )
    parser.add_argument(
        "--format",
        metavar="text|json|svg|html",
        help="a table, a document for programs, a picture, or a page with both (default: by FILE, else text)",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file (.txt, .json, .svg, .html)")
    parser.add_argument(
        "--snapshot",
        action="append",
        default=[],
        metavar="ID=SIZE",
        help="a snapshot's full size, as in snap-0123456789abcdef0=500GiB; may be repeated",
    )
    parser.add_argument(
        "--describe", action="store_true", help="ask AWS for the sizes of the other snapshots (needs boto3)"
    )
    parser.add_argument("--region", help="the Region of templates that name none")
    parser.add_argument(
        "--quota", type=int, default=RATE_QUOTA, metavar="RATE", help=f"MiB/s at once (default: {RATE_QUOTA})"
    )
    parser.add_argument(
        "--price",
        action="append",
        default=[],
        metavar="[REGION=]USD",
        help="for a GiB of snapshot data at 300 MiB/s, in proportion below, in a Region or all others; may be repeated",
    )
    parser.add_argument(
        "--fsr-price",
        action="append",
        default=[],
        metavar="[REGION=]USD",
        help="for an hour of fast snapshot restore of a snapshot in an Availability Zone; may be repeated",
    )
    parser.set_defaults(run=run)
