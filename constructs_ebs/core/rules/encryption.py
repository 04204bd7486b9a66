"""Rules about encryption and KMS keys."""

from ..problems import Problems, Rule
from ..requests import RequestedVolume
from .sources import CREATE_VOLUME, DEVICE


@Rule(
    "KmsKeyNeedsEncryption",
    "must be true with {prop}",
    "set {Encrypted}, or omit {prop}",
    CREATE_VOLUME,
    subject="{Encrypted}",
    given="{encrypted}",
).of("KmsKeyId")
def key_with_encryption(volume: RequestedVolume) -> Problems:
    """A KMS key comes with encryption."""
    if not volume.given("KmsKeyId") or "KmsKeyId" in volume.action.unsupported:
        return
    if volume.known("Encrypted") is False or (volume.absent("Encrypted") and not volume.action.key_encrypts):
        yield volume.problem("KmsKeyId", encrypted="false" if volume.given("Encrypted") else "none")


@Rule(
    "EncryptedBesideSnapshot",
    "must be omitted, whether true or false, for a device with a snapshot in {action}",
    "omit it",
    DEVICE,
).of("Encrypted")
def no_encryption_beside_a_registered_snapshot(volume: RequestedVolume) -> Problems:
    """A device of an image that has a snapshot omits ``Encrypted``."""
    of_an_image = volume.action.name in ("RegisterImage", "CreateImage")
    if of_an_image and volume.given("SnapshotId") and volume.given("Encrypted"):
        yield volume.problem("Encrypted", action=volume.action.name)
