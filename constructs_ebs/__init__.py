"""AWS CDK constructs whose EBS volumes initialize from snapshots at a provisioned rate.

Names are loaded on first use, so that checks without constructs need neither jsii nor Node.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ami import Ami, AmiSource, IAmi
    from .block_device import BlockDevice
    from .checks import EbsChecks
    from .core import (
        AppTemplate,
        EbsValidationError,
        Finding,
        InitializationEstimate,
        check_app,
        check_request,
        check_template,
    )
    from .default_rate import (
        DefaultInitializationRate,
        InitializationRateDecision,
        InitializationRateReport,
    )
    from .initialization import InitializationAlarm, InitializationWait, on_volume_initialized
    from .initialization_rate import InitializationRate
    from .instance import Instance
    from .launch_specification import SpotFleetLaunchSpecification, SpotFleetOverride
    from .launch_template import LaunchTemplate
    from .launch_template_version import LaunchTemplateVersion
    from .policy import deny_initialization_rates
    from .root_volume_replacement import RootVolumeReplacement
    from .spot_fleet import SpotFleet
    from .spot_fleet_interface import ISpotFleet
    from .volume import Volume

__all__ = [
    "Ami",
    "AmiSource",
    "AppTemplate",
    "BlockDevice",
    "DefaultInitializationRate",
    "EbsChecks",
    "EbsValidationError",
    "Finding",
    "IAmi",
    "ISpotFleet",
    "InitializationAlarm",
    "InitializationEstimate",
    "InitializationRate",
    "InitializationRateDecision",
    "InitializationRateReport",
    "InitializationWait",
    "Instance",
    "LaunchTemplate",
    "LaunchTemplateVersion",
    "RootVolumeReplacement",
    "SpotFleet",
    "SpotFleetLaunchSpecification",
    "SpotFleetOverride",
    "Volume",
    "check_app",
    "check_request",
    "check_template",
    "deny_initialization_rates",
    "on_volume_initialized",
]

_MODULES = {
    "Ami": "ami",
    "AmiSource": "ami",
    "BlockDevice": "block_device",
    "DefaultInitializationRate": "default_rate",
    "EbsChecks": "checks",
    "IAmi": "ami",
    "ISpotFleet": "spot_fleet_interface",
    "InitializationAlarm": "initialization",
    "InitializationRate": "initialization_rate",
    "InitializationRateDecision": "default_rate",
    "InitializationRateReport": "default_rate",
    "InitializationWait": "initialization",
    "Instance": "instance",
    "LaunchTemplate": "launch_template",
    "LaunchTemplateVersion": "launch_template_version",
    "RootVolumeReplacement": "root_volume_replacement",
    "SpotFleet": "spot_fleet",
    "SpotFleetOverride": "launch_specification",
    "SpotFleetLaunchSpecification": "launch_specification",
    "Volume": "volume",
    "deny_initialization_rates": "policy",
    "on_volume_initialized": "initialization",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _MODULES:
        import_module("._upstream", __name__)  # first: it refuses an aws-cdk-lib that lacks what the others import
    value = getattr(import_module(f".{_MODULES.get(name, 'core')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
