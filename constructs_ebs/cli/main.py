"""The command line: ``constructs-ebs check``, or ``python -m constructs_ebs check``."""

from __future__ import annotations

import os
import sys
from argparse import Action, ArgumentParser, HelpFormatter
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final, NoReturn

from .exit_codes import INTERRUPTED, UNUSABLE

COMMANDS: Final = {
    "check": "check templates by the rules of EC2 and CloudFormation for EBS volumes",
    "plan": "show how long the rated volumes of templates take, what they cost, and whether the quota is enough",
    "status": "show how far the volumes of stacks are with their initialization",
    "verify": "compare the rates that the templates of stacks ask for with those that EC2 reports",
}
"""The commands. Each is a folder here, loaded only when its command runs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in filter(None, streams):  # None is one that is closed
        stream.reconfigure(errors="backslashreplace")  # for a terminal that is not in UTF-8
    words = sys.argv[1:] if arguments is None else arguments
    try:
        parsed = _parser(words).parse_args(words)
        exit_code: int = parsed.run(parsed)
        print(end="", flush=True)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # the output cannot be written: its reader has stopped, as head does, or a disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"constructs-ebs: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    return exit_code


def _parser(words: Sequence[str]) -> ArgumentParser:
    """Return the parser of all commands, with the arguments of the command that is named."""
    # To measure the terminal, argparse loads what takes a fifth of Python's start, whether help is asked for or not.
    formatter = HelpFormatter if {"-h", "--help"}.intersection(words) else partial(HelpFormatter, width=80)
    description = "EBS volumes that initialize from snapshots at a provisioned rate."
    parser = ArgumentParser(prog="constructs-ebs", description=description, formatter_class=formatter)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, formatter_class=formatter)
        if name in words:
            import_module(f".{name}.arguments", __package__).add_arguments(command)
    return parser


class _Version(Action):
    """Prints the version, which is read from the package's metadata only when it is needed."""

    def __call__(self, parser: ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"{parser.prog} {version('constructs-ebs')}")
        parser.exit()
