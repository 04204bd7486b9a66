"""What goes wrong, by seed: in the network, in EC2, in Lambda, between the framework and CloudFormation."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Final

KINDS: Final = {
    "pages": "lists come in small pages, and some of the pages are empty",
    "lag": "what was made, changed or removed is shown up to three minutes later, differently for each read",
    "kills": "a function is killed before it sends a request, or after the request took effect",
    "framework kills": "the framework's function is killed with ours, and the waiter calls it again",
    "lost answers": "a request takes effect and its answer is lost, so that botocore sends it again",
    "throttling": "requests are throttled, for longer than botocore tries",
    "5xx": "a request is answered by a server error, before or after it took effect",
    "iam": "a policy takes up to 60 seconds to work",
    "denied": "an action is denied until somebody repairs it",
    "refusals": "a request that makes something is refused",
    "failed images": "an image ends in the state failed or transient",
    "others": "somebody disables or deregisters images, changes default versions, adds what looks like ours",
    "duplicates": "CloudFormation's event arrives twice, at once or minutes later",
    "double calls": "the framework calls our function twice",
    "unanswered": "an answer never reaches CloudFormation",
    "on_event fails": "on_event is killed, so that the framework answers by itself",
    "slow": "tasks, images and instances take their time",
}
PERMANENT: Final = frozenset({"kills", "denied", "refusals", "failed images", "unanswered", "on_event fails"})
"""The faults that a deployment may fail by; with the others alone, it succeeds unless something else fails in it."""


class Faults:
    """The faults of one schedule. Nothing goes wrong once ``calm`` is set."""

    def __init__(self, rng: random.Random, kinds: Collection[str]) -> None:
        self.rng = rng
        self.kinds = frozenset(kinds)
        self.calm = False
        self.denied: set[str] = set()
        self.happened: list[str] = []
        """What really happened."""
        self._bursts: dict[str, int] = {}

    def on(self, kind: str) -> bool:
        """Tell whether this kind of fault may happen now."""
        return not self.calm and kind in self.kinds

    def strikes(self, kind: str, chance: float) -> bool:
        """Tell whether it happens here."""
        struck = self.on(kind) and self.rng.random() < chance
        if struck:
            self.happened.append(kind)
        return struck

    def burst(self, kind: str, chance: float, longest: int) -> bool:
        """Tell whether it happens here, where it comes several times in a row."""
        left = self._bursts.get(kind, 0)
        if self.on(kind) and left == 0 and self.rng.random() < chance:
            left = self.rng.randint(1, longest)
        self._bursts[kind] = max(left - 1, 0)
        if left and self.on(kind):
            self.happened.append(kind)
            return True
        return False

    def lag(self) -> float:
        """Return how long something is not shown for certain."""
        if not self.on("lag"):
            return 0.0
        kind = self.rng.random()
        if kind < 0.4:
            return 0.0
        return self.rng.uniform(0, 12) if kind < 0.85 else self.rng.uniform(12, 180)

    def deny(self, action: str) -> None:
        """Deny an action from now on."""
        self.happened.append("denied")
        self.denied.add(action)
