"""The commands that ask AWS about deployed stacks. Their libraries are an extra, and loaded only when they run."""

from __future__ import annotations

import argparse
import errno
import math
import os
import sys
from importlib import import_module
from typing import Any, Final

_UNUSABLE: Final = 2
_HUNG_UP: Final = 129  # 128 and SIGHUP's number
_DAY: Final = 86_400
_MODULES: Final = {"status": ".status.command", "verify": ".verify"}
_INSTALL: Final = 'pip install "constructs-ebs[cli]"'


def add_commands(commands: Any) -> None:
    """Register ``status`` and ``verify``."""
    command = _command(
        commands,
        "status",
        "show how far the volumes of stacks are with their initialization",
        "exit status: 0 all warm; 1 not all warm, or with --watch: one failed or is gone; 2 AWS cannot be asked, or no "
        "such stack or no volumes in it, nor with --watch anything that launches instances; 124 --timeout has passed; "
        "129 the terminal was closed; 130 interrupted",
    )
    command.add_argument("--json", action="store_true", help="for programs; with --watch a line each look")
    command.add_argument("--watch", action="store_true", help="look again and again, until all are warm")
    command.add_argument(
        "--interval", type=_interval, default=30, metavar="SECONDS", help="between two looks (default: 30)"
    )
    command.add_argument(
        "--timeout", type=_seconds, metavar="SECONDS", help="stop watching after that long (default: never)"
    )
    command.add_argument(
        "--slowest", type=_count, default=20, metavar="N", help="show so many volumes one by one (default: 20)"
    )
    command = _command(
        commands,
        "verify",
        "compare the rates that the templates of stacks ask for with those that EC2 reports",
        "exit status: 0 no difference, 1 a difference (with --strict, an unknown rate too), 2 AWS cannot be asked, or "
        "no such stack or nothing in it that takes a rate",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument("--strict", action="store_true", help="fail on what EC2 does not report, too")


def _command(commands: Any, name: str, does: str, exits: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=does, description=f"{does[0].upper()}{does[1:]}, nested stacks included.", epilog=exits
    )
    made.add_argument("stacks", nargs="+", metavar="STACK", help="a stack's name or ARN")
    made.add_argument("--region", help="the stacks' Region (default: an ARN's, the profile's, or AWS_DEFAULT_REGION)")
    made.add_argument("--profile", help="a profile of AWS's configuration (default: AWS_PROFILE, or default)")
    made.set_defaults(run=lambda arguments: _run(name, arguments))
    return made


def _run(name: str, arguments: argparse.Namespace) -> int:
    """Run a command, and say what AWS says in one line."""
    try:
        aws, command = import_module(".aws", __package__), import_module(_MODULES[name], __package__)
        import_module("rich")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("boto3", "botocore", "rich"):
            raise
        print(f"constructs-ebs {name} needs {error.name}: {_INSTALL}", file=sys.stderr)
        return _UNUSABLE
    try:
        status: int = getattr(command, name)(arguments)
    except aws.ERRORS as error:
        print(f"constructs-ebs {name}: {aws.explain(error)}", file=sys.stderr)
        return _UNUSABLE
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the terminal is closed
        return _HUNG_UP
    return status


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"a number of seconds above 0, got {text}")
    return seconds


def _interval(text: str) -> float:
    seconds = _seconds(text)
    if seconds > _DAY:
        raise argparse.ArgumentTypeError(f"{_DAY:,} seconds at most, which is a day, got {text}")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0, got {text}")
    return int(text)
