"""A plan with everything else that its formats show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.cloudformation.plan import Plan, PlannedDevice
from ...core.cloudformation.references import AppTemplate, Place
from ..input_files import UnusableFile, path_in_cdk
from ..terminal_text import printable


@dataclass(frozen=True, kw_only=True)
class PlanReport:
    """A plan, and everything else that its formats show."""

    plan: Plan
    templates: Sequence[AppTemplate]
    subject: str
    """What was planned: the paths and the number of templates."""
    priced_regions: frozenset[str | None]
    """The Regions whose price was given; None: all."""
    unusable: Sequence[UnusableFile]
    described: bool = False
    """Whether AWS was asked for the sizes of snapshots."""

    def name(self, place: Place) -> str:
        """What a reader calls a resource: its construct's path where CDK wrote it, else its logical id."""
        path = path_in_cdk(self.templates[place.template].template["Resources"][place.logical_id])
        return printable(path.removesuffix("/Resource") if path else place.logical_id)

    def title(self, device: PlannedDevice) -> str:
        """What a reader calls a device."""
        return f"{self.name(device.place)} {printable(device.device)}" if device.device else self.name(device.place)
