"""Other people and other tools in the same account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cloud import Cloud
    from .records import Record


class Others:
    """What others do when something of ours appears."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def look_at_image(self, image: Record) -> None:
        """Make an image that looks like ours, disable ours, or deregister it."""
        rng, images = self._cloud.rng, self._cloud.ec2.images
        if not self._cloud.faults.strikes("others", 0.5):
            return
        act = rng.choice(("alike", "alike", "disable", "disable", "deregister"))
        if act == "alike":
            tags = {key: self._nearly(value) for key, value in image.tags.items()}
            self._later(
                2,
                lambda: images.add_image("theirs", Name=f"theirs {image.id}", Tags=tags),
                "makes an image with tags like ours",
            )
        elif act == "disable":
            self._later(
                600,
                lambda: self._available(image) and image.change("somebody", State="disabled"),
                f"disables {image.id}",
            )
        else:
            self._later(900, lambda: self._available(image) and image.remove("somebody"), f"deregisters {image.id}")

    def look_at_version(self, template: str, number: int) -> None:
        """Make a version whose description looks like ours."""
        templates = self._cloud.ec2.launch_templates
        state = templates.versions[template][number].state or {}
        if self._cloud.faults.strikes("others", 0.5):
            description = self._nearly(state["VersionDescription"].rstrip("]"))
            self._later(
                5,
                lambda: templates.add_version(template, "theirs", description, state["Data"]),
                f"makes a version with a description like that of version {number}",
            )
        if self._cloud.faults.strikes("others", 0.2):
            self._change_default(template, 60)

    def look_at_default(self, template: str) -> None:
        """Set another default version."""
        if self._cloud.faults.strikes("others", 0.3):
            self._change_default(template, 300)

    def look_at_execution(self, execution: Record) -> None:
        """Start an execution whose name and input look like ours."""
        state = execution.state or {}
        if self._cloud.faults.strikes("others", 0.5):
            self._later(
                5,
                lambda: self._cloud.executions.add(
                    "theirs", state["machine"], self._nearly(state["name"]), state["input"]
                ),
                f"starts an execution named like {state['name']}",
            )

    def _change_default(self, template: str, longest: float) -> None:
        templates = self._cloud.ec2.launch_templates

        def change() -> None:
            theirs = [number for number, version in templates.living(template).items() if version.owner == "theirs"]
            number = self._cloud.rng.choice(theirs)
            self._cloud.log.note(f"somebody sets version {number} of {template} as the default")
            templates.set_default(template, "theirs", number)

        self._later(longest, change, "")

    def _available(self, image: Record) -> bool:
        return (image.state or {}).get("State") == "available"

    def _later(self, longest: float, action: Any, text: str) -> None:
        def act() -> None:
            if text:
                self._cloud.log.note(f"somebody {text}")
            action()

        self._cloud.timeline.after(self._cloud.rng.uniform(0, longest), act)

    def _nearly(self, text: str) -> str:
        rng = self._cloud.rng
        if not text:
            return "x"
        return rng.choice(
            (text + "x", text + "/x", text[:-1] + ("y" if text[-1] != "y" else "z"), text + "-1", text + "0")
        )
