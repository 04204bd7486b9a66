"""Templates that are right and wrong, and what is said of them."""

import json

from tests.constants import SNAPSHOT, ZONE

CLEAN = f"""\
Resources:
  Data:
    Type: AWS::EC2::Volume
    Properties:
      AvailabilityZone: !Select [0, !GetAZs ""]
      SnapshotId: {SNAPSHOT}
      VolumeInitializationRate: 200
"""
WRONG = CLEAN.replace("200", "500")
RAISED = CLEAN.replace("VolumeInitializationRate: 200", "VolumeType: gp3\n      Iops: 100")
MESSAGE = "VolumeInitializationRate must be 100 to 300 MiB/s, got 500; use 300, or omit it for the default rate"


def to_json(template, indent=2):
    return json.dumps(template, indent=indent)


def volume(**properties):
    return {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": ZONE, **properties}}
