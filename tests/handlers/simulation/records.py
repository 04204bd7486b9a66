"""What EC2 keeps, and what it shows of it: later, differently for each read, in pages."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .network import RefusedError

if TYPE_CHECKING:
    from .cloud import Cloud

Attributes = dict[str, Any]


class Record:
    """Something that EC2 keeps, and each state that it was in."""

    def __init__(self, cloud: Cloud, id: str, attributes: Attributes, owner: str) -> None:
        self.id, self.owner = id, owner
        self.born = cloud.timeline.now
        self.maker = cloud.lambdas.maker
        """The stack whose function made it; None for what others made."""
        self._cloud = cloud
        self._states: list[tuple[float, Attributes | None]] = []
        self.history: list[tuple[float, str, str]] = []
        """Who changed what, and when."""
        self._keep(attributes)

    @property
    def state(self) -> Attributes | None:
        """What it really is; None once it is gone."""
        return self._states[-1][1]

    @property
    def tags(self) -> dict[str, str]:
        """Its tags; none once it is gone."""
        return dict((self.state or {}).get("Tags", {}))

    def change(self, who: str, **attributes: Any) -> None:
        """Change some of what it is."""
        if self.state is not None:
            self.history.append((self._cloud.timeline.now, who, f"changed {', '.join(attributes)}"))
            self._keep({**self.state, **attributes})

    def remove(self, who: str) -> None:
        """Remove it."""
        self.history.append((self._cloud.timeline.now, who, "removed it"))
        self._keep(None)

    def seen(self) -> Attributes | None:
        """Return what one read shows."""
        now, rng = self._cloud.timeline.now, self._cloud.rng
        for shown, state in reversed(self._states):
            if now >= shown or rng.random() < 0.5:
                return state
        return None

    def _keep(self, attributes: Attributes | None) -> None:
        self._states.append((self._cloud.timeline.now + self._cloud.faults.lag(), attributes))


class Ids:
    """Ids that look like EC2's, the same for the same schedule."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        """Return an id."""
        return f"{prefix}-{next(self._numbers):017x}"


def tag_dict(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags of a request."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as an answer shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def requested_tags(params: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return the tags that a request gives a kind of resource."""
    found: dict[str, str] = {}
    for specification in params.get("TagSpecifications", ()):
        if specification["ResourceType"] == kind:
            found |= tag_dict(specification.get("Tags", ()))
    return found


def matches(
    filters: Iterable[Mapping[str, Any]],
    attributes: Mapping[str, str | None],
    tags: Mapping[str, str],
    tagged: bool = True,
) -> bool:
    """Tell whether something passes filters; EC2 refuses those that it does not know."""
    for given in filters:
        name, values = given["Name"], given.get("Values", [])
        if tagged and name.startswith("tag:"):
            found = [tags[key] for key in [name[4:]] if key in tags]
        elif tagged and name == "tag-key":
            found = list(tags)
        elif name in attributes:
            value = attributes[name]
            found = [] if value is None else [value]
        else:
            raise RefusedError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if not any(fnmatch.fnmatchcase(value, _pattern(pattern)) for value in found for pattern in values):
            return False
    return True


def _pattern(pattern: str) -> str:
    return pattern.replace("[", "[[]")


class Pages:
    """Lists in pages, of which some are small and some are empty."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._left: dict[str, Sequence[Any]] = {}
        self._numbers = itertools.count(1)

    def of(self, name: str, items: Sequence[Any], params: Mapping[str, Any]) -> dict[str, Any]:
        """Return a page of a list, and the token of the next one."""
        token, most = params.get("NextToken"), params.get("MaxResults", 1000)
        if token is not None:
            if token not in self._left:
                raise RefusedError("InvalidNextToken", f"The token {token!r} is invalid")
            items = self._left[token]
        size, rng = min(most, 10 if name == "StackEvents" else 100), self._cloud.rng
        whole = any(
            key.endswith("Ids") or key == "Versions" for key in params
        )  # what is asked for by its id comes at once
        if items and not whole and self._cloud.faults.on("pages"):
            size = min(most, rng.choice((0, 1, 2, 3, 10, 25)))
        page: dict[str, Any] = {name: items[:size]}
        if len(items) > size:
            page["NextToken"] = token = f"token-{next(self._numbers)}"
            self._left[token] = items[size:]
        return page
