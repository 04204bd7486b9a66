"""What every test shares: one jsii process, stacks without CDK's own validation, which costs seconds, and examples."""

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hypothesis import HealthCheck, settings

# The same examples each time, on slow machines too: `pytest --hypothesis-profile default` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


@pytest.fixture
def app():
    return cdk.App(builtin_cloud_formation_validation=False)


@pytest.fixture
def stack(app):
    return cdk.Stack(app, "Prod", env=cdk.Environment(account="111122223333", region="us-east-1"))


@pytest.fixture
def resources(stack):
    """Return a stack's resources of a type, as synthesized."""

    def resources(kind):
        found = Template.from_stack(stack).find_resources(kind)
        return [resource["Properties"] for resource in found.values()]

    return resources
