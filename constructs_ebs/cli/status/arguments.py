"""The command-line arguments of ``constructs-ebs status``."""

from __future__ import annotations

import math
from argparse import ArgumentParser, ArgumentTypeError
from typing import Final

from ..stack_command import add_stack_arguments

_DAY: Final = 86_400  # seconds


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = "Show how far the volumes of stacks are with their initialization, nested stacks included."
    parser.epilog = (
        "exit status: 0 all warm; 1 not all warm, or with --watch: one failed or is gone; 2 AWS cannot be asked, or no "
        "such stack or no volumes in it, nor with --watch anything that launches instances; 124 --timeout has passed; "
        "129 the terminal was closed; 130 interrupted"
    )
    add_stack_arguments(parser, "status")
    parser.add_argument("--json", action="store_true", help="for programs; with --watch, a line for each look")
    parser.add_argument("--watch", action="store_true", help="keep looking until all are warm")
    parser.add_argument(
        "--interval", type=_interval, default=30, metavar="SECONDS", help="between two looks (default: 30)"
    )
    parser.add_argument(
        "--timeout", type=_seconds, metavar="SECONDS", help="stop watching after that long (default: never)"
    )
    parser.add_argument(
        "--slowest", type=_count, default=20, metavar="N", help="show at most so many volumes (default: 20)"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"a number of seconds above 0, got {text}")
    return seconds


def _interval(text: str) -> float:
    seconds = _seconds(text)
    if seconds > _DAY:
        raise ArgumentTypeError(f"{_DAY:,} seconds at most, which is a day, got {text}")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"a whole number from 0, got {text}")
    return int(text)
