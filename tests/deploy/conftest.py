"""The emulator that a module deploys to."""

import pytest

from .emulator import CDK, MINISTACK, emulator


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    if not (CDK.exists() and MINISTACK.exists()):
        pytest.skip("no CDK CLI or no emulator: scripts/test installs them")
    with emulator(tmp_path_factory.mktemp("aws")) as aws:
        yield aws
