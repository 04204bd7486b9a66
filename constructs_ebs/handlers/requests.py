"""A request of CloudFormation's: which resource it is for, what it asks for, and what marks the things made for it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STACK, MARK = "constructs-ebs:stack", "constructs-ebs:mark"
"""The keys of tags: the stack's id, which IAM conditions test, and the mark."""

UNSEEN = 4 * 60
"""Seconds for which AWS may not show what it has made: up to 3 minutes, and one for a policy."""

_NONE = "0" * 12
_DESCRIPTION = re.compile(r"\[([0-9a-f]{12})/([0-9a-f]{12})/([0-9a-f]{12})/(\d+)/(\d+)\]$")
_ID = re.compile(r"Ebs[A-Za-z]+-([0-9a-f]{12})-([0-9a-f]{12})")


def hashed(*parts: Any) -> str:
    """Return a short name for what is the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Mark:
    """What a thing says of itself: the resource and the request that it was made for, and the request before that."""

    resource: str
    request: str
    replaces: str
    event: str
    """The id of CloudFormation's request."""

    @staticmethod
    def read(text: str) -> Mark:
        """Read a tag's value."""
        parts = text.split("/")
        return Mark(*parts) if len(parts) == 4 else Mark("", "", "", "")

    def id(self, kind: str) -> str:
        """Return the physical id of the resource, as CloudFormation knows it."""
        return f"{kind}-{self.resource}-{self.request}"

    def __str__(self) -> str:
        return "/".join((self.resource, self.request, self.replaces, self.event))


def mark_of(tagged: Mapping[str, Any]) -> Mark:
    """Return the mark in the tags of a thing."""
    return Mark.read(next((tag["Value"] for tag in tagged.get("Tags", ()) if tag["Key"] == MARK), ""))


def version_mark(version: Mapping[str, Any]) -> tuple[Mark, str, str]:
    """Return what a launch template version says: its mark, the numbers of its source and of the former default.

    A version has no tags: this stands at the end of its description.
    """
    found = _DESCRIPTION.search(version.get("VersionDescription", ""))
    resource, request, replaces, source, default = found.groups() if found else ("",) * 5
    return Mark(resource, request, replaces, ""), source, default


class ResourceRequest:
    """A request, as CDK's provider framework hands it on.

    The physical id of a resource is made of hashes of its place and of what it asks for, so that it is known before
    anything is made, and that whatever was made can be found by it.
    """

    def __init__(self, event: dict[str, Any], asked: Any) -> None:
        self.type: str = event["RequestType"]
        self.stack: str = event["StackId"]
        self.logical_id: str = event["LogicalResourceId"]
        self.properties: dict[str, Any] = event["ResourceProperties"]
        self.old: dict[str, Any] = event.get("OldResourceProperties", {})
        self.event: str = event["RequestId"]
        self.resource = hashed(self.stack, self.logical_id)
        self.started: float = event.get("Started", time.time())
        self.stack_state: str = event.get("StackState", "")
        given: str = event.get("Former", event.get("PhysicalResourceId", ""))
        known = _ID.fullmatch(given)
        self.former = known[2] if known and known[1] == self.resource else _NONE
        """What was asked for last, by the id that CloudFormation sends."""
        self.request = hashed(asked)
        if self.type == "Delete" and self.former != _NONE:
            self.request = self.former  # else the id is one of CloudFormation's own invention: an answer never arrived
        self.kind: str = event["ResourceType"].removeprefix("Custom::")
        self.id = given if self.type == "Delete" else self.name

    @property
    def name(self) -> str:
        """The id of what is asked for."""
        return self.mark.id(self.kind)

    @property
    def waited(self) -> float:
        """The seconds since the request arrived."""
        return time.time() - self.started

    @property
    def mark(self) -> Mark:
        """The mark of what this request makes."""
        replaces = _NONE if self.former == self.request else self.former
        return Mark(self.resource, self.request, replaces, self.event)

    def made(self, mark: Mark) -> bool:
        """Tell whether a thing was made for what this request asks for."""
        return (mark.resource, mark.request) == (self.resource, self.request)

    def orphaned(self, mark: Mark) -> bool:
        """Tell whether a thing was made to replace what this request asks for: an update whose answer was lost.

        One that CloudFormation knows of is deleted by CloudFormation.
        """
        others = (self.request, self.former)
        return mark.resource == self.resource and mark.replaces == self.request and mark.request not in others

    @property
    def keeps(self) -> bool:
        """Tell whether what this request replaces is kept, or was before."""
        return "true" in (self.properties.get("Retain"), self.old.get("Retain"))

    def is_on(self, name: str) -> bool:
        """Tell whether a property is true: CloudFormation makes strings of booleans."""
        return bool(self.properties.get(name) == "true")
