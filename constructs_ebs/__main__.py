"""``python -m constructs_ebs``: the command line."""

import sys

from .cli import main

sys.exit(main())
