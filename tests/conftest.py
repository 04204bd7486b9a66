"""What every test shares: one jsii process, stacks without CDK's own validation, which costs seconds, and examples."""

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from hypothesis import HealthCheck, settings

# On slow machines too. The same examples each time: `pytest --hypothesis-profile exploring` looks for new ones.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("exploring"), derandomize=True)
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
