"""What tests of every part are about."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder of the project."""

RATE = "VolumeInitializationRate"

ACCOUNT, REGION, ZONE = "111122223333", "us-east-1", "us-east-1a"
SNAPSHOT, SNAPSHOT_2, SNAPSHOT_3 = (f"snap-0123456789abcdef{number}" for number in range(3))
INSTANCE, VOLUME, LAUNCH_TEMPLATE = (f"{kind}-0123456789abcdef0" for kind in ("i", "vol", "lt"))


def readable(value: object) -> str:
    """Name a case by its value; an object's address differs in each process."""
    return re.sub(r" at 0x\w+", "", str(value))
