"""What ``status`` and ``verify``, which ask AWS about stacks, share: arguments, a check for boto3 and rich, errors."""

from __future__ import annotations

import errno
import os
import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from .exit_codes import HUNG_UP, UNUSABLE

_EXTRA: Final = ("boto3", "botocore", "rich")
_INSTALL: Final = 'pip install "constructs-ebs[cli]"'


def add_stack_arguments(parser: ArgumentParser, name: str) -> None:
    """Add the arguments for stacks, Region and profile to a command, and have it run with AWS."""
    parser.add_argument("stacks", nargs="+", metavar="STACK", help="a stack's name or ARN")
    parser.add_argument("--region", help="the stacks' Region (default: an ARN's, the profile's, or AWS_DEFAULT_REGION)")
    parser.add_argument("--profile", help="a profile of AWS's configuration (default: AWS_PROFILE, or default)")
    parser.set_defaults(run=partial(_run, name))


def _run(name: str, arguments: Namespace) -> int:
    """Run a command, and report an error of AWS in one line."""
    for library in _EXTRA:
        if find_spec(library) is None:
            print(f"constructs-ebs {name} needs {library}: {_INSTALL}", file=sys.stderr)
            return UNUSABLE
    aws, command = import_module(".aws", __package__), import_module(f".{name}.command", __package__)
    try:
        exit_code: int = command.run(arguments)
    except aws.ERRORS as error:
        print(f"constructs-ebs {name}: {aws.explain(error)}", file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the terminal is closed
        return HUNG_UP
    return exit_code
