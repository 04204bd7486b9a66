"""Shows one schedule: ``python -m tests.handlers.simulation EbsAmi 17``, or those of many seeds that are not clean."""

import sys
from pathlib import Path

import constructs_ebs

from .schedules import simulate

kind, first, *last = sys.argv[1:]
handlers = Path(constructs_ebs.__file__).parent / "handlers"
for seed in range(int(first), int(last[0]) if last else int(first) + 1):
    verdict = simulate(f"Custom::{kind}", seed, handlers)
    if verdict.wrong or not last:
        print(verdict)
