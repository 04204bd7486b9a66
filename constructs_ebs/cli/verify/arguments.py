"""The command-line arguments of ``constructs-ebs verify``."""

from __future__ import annotations

from argparse import ArgumentParser

from ..stack_command import add_stack_arguments


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = (
        "Compare the rates that the templates of stacks ask for with those that EC2 reports, nested stacks included."
    )
    parser.epilog = (
        "exit status: 0 no difference, 1 a difference (with --strict, an unknown rate too), 2 AWS cannot be asked, or "
        "no such stack or nothing in it that takes a rate"
    )
    add_stack_arguments(parser, "verify")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--strict", action="store_true", help="fail on what EC2 does not report, too")
