"""The exit codes of the command line, each with one meaning in all commands."""

from typing import Final

CLEAN: Final = 0
FINDINGS: Final = 1
"""Something is wrong, or not done yet."""
UNUSABLE: Final = 2
"""The input cannot be used, the output cannot be written, or AWS cannot be asked."""
TIMED_OUT: Final = 124  # as coreutils' timeout has it
HUNG_UP: Final = 129  # 128 and SIGHUP's number, as shells have it
INTERRUPTED: Final = 130  # 128 and SIGINT's number
