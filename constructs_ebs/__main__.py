"""The entry point of ``python -m constructs_ebs`` and of the command ``constructs-ebs``."""

import gc
import sys


def run() -> None:
    """Run the command line, and end the process with its exit status."""
    gc.disable()  # A process this short makes no garbage worth looking for: a tenth of its time.
    from .cli.main import main

    status = main()
    gc.freeze()  # Else Python looks once more when it ends.
    sys.exit(status)


if __name__ == "__main__":
    run()
