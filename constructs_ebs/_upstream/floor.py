"""The oldest aws-cdk-lib that works; importing this refuses an older one, which only force gets past pip.

The version is read from the names of what is installed: importing ``importlib.metadata`` takes longer than the rest.
"""

import pathlib
import re
from importlib.util import find_spec

FLOOR = "2.258.0"  # as in pyproject.toml


def check_version() -> None:
    """Check the version of aws-cdk-lib, without importing it.

    Raises:
        ImportError: what is needed, what is there, and what to run.
    """
    spec = find_spec("aws_cdk")
    for folder in (spec and spec.submodule_search_locations) or ():
        for installed in pathlib.Path(folder).parent.glob("aws_cdk_lib-*.dist-info"):
            found = re.match(r"aws_cdk_lib-(\d+)\.(\d+)\.(\d+)", installed.name)
            if found and [*map(int, found.groups())] < [*map(int, FLOOR.split("."))]:
                raise ImportError(
                    f"constructs-ebs needs aws-cdk-lib {FLOOR} or newer, found {'.'.join(found.groups())}; "
                    f"run: pip install --upgrade 'aws-cdk-lib>={FLOOR},<3'"
                )


check_version()
