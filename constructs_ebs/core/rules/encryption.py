"""Rules about encryption and KMS keys."""

import json
from typing import Any

from ..problems import Problems, Rule
from ..requests import RequestedVolume
from ..service_roles import ServiceRole, key_statements
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
    if not volume.absent("SourceVolumeId"):  # what EC2 says of a copy is not known
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


ESTABLISHED_ELSEWHERE = (
    Rule(
        "KmsKeyWithoutServiceRole",
        "should allow {role} to use the key, or {launcher} cannot launch the volumes that it encrypts",
        "once that role exists, call grant_keys() of what launches, or add to the policy {statements}",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html",
        severity="warning",
        subject="the policy of {key}",
        given=None,
    ),
)


def of_service_role(key: str, role: ServiceRole, launcher: str) -> dict[str, Any]:
    """Return the facts of KmsKeyWithoutServiceRole, with the statements as a template has them."""
    arn = {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{role.resource_name}"}
    statements = json.dumps(key_statements(arn), separators=(",", ":"))
    return {"key": key, "role": role.name, "launcher": launcher, "statements": statements}
