"""The AWS pages that several rules cite as their source."""

from typing import Final

API: Final = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_"
GUIDE: Final = "https://docs.aws.amazon.com/ebs/latest/userguide/"
TEMPLATES: Final = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"

CREATE_VOLUME: Final = API + "CreateVolume.html"
DEVICE: Final = API + "EbsBlockDevice.html"
MAPPING: Final = API + "BlockDeviceMapping.html"
REGISTER_IMAGE: Final = API + "RegisterImage.html"
SPOT_BLOCKS: Final = API + "LaunchTemplateSpotMarketOptions.html"
SPOT_OPTIONS: Final = API + "SpotMarketOptions.html"
FLEET: Final = API + "SpotFleetRequestConfigData.html"
REBALANCE: Final = API + "SpotCapacityRebalance.html"
FLEET_QUOTAS: Final = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html"
VOLUME_TYPES: Final = GUIDE + "ebs-volume-types.html"
INITIALIZE: Final = GUIDE + "initalize-volume.html"
MONITOR: Final = GUIDE + "ebs-initialize-monitor.html"
