"""The newest version has all that we use of it and that it does not promise."""

import pytest

from tests.versions.canaries import CANARIES


@pytest.mark.parametrize("name", CANARIES)
def test_this_version_has_it_so(name):
    CANARIES[name]()
