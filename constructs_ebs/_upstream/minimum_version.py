"""The minimum version of aws-cdk-lib. Importing this module refuses an older one, should pip have been overridden.

The version comes from the names of installed files, because importing ``importlib.metadata`` takes longer.
"""

import pathlib
import re
from importlib.util import find_spec

MINIMUM_VERSION = "2.258.0"  # as in pyproject.toml


def check_version() -> None:
    """Check the version of aws-cdk-lib, without importing it.

    Raises:
        ImportError: it is too old; the error names the required version, the installed one, and what to run.
    """
    spec = find_spec("aws_cdk")
    for folder in (spec and spec.submodule_search_locations) or ():
        for installed in pathlib.Path(folder).parent.glob("aws_cdk_lib-*.dist-info"):
            found = re.match(r"aws_cdk_lib-(\d+)\.(\d+)\.(\d+)", installed.name)
            if found and [*map(int, found.groups())] < [*map(int, MINIMUM_VERSION.split("."))]:
                raise ImportError(
                    f"constructs-ebs needs aws-cdk-lib {MINIMUM_VERSION} or newer, found {'.'.join(found.groups())}; "
                    f"run: pip install --upgrade 'aws-cdk-lib>={MINIMUM_VERSION},<3'"
                )


check_version()
