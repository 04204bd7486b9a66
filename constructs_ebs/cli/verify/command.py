"""``constructs-ebs verify``: compares the rates that templates ask for with those that EC2 reports."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from ..aws import Aws, AwsError
from ..exit_codes import CLEAN, FINDINGS
from ..stacks import Stack, read_stacks, region_of
from . import json, text
from .comparison import DIFFERENT, UNKNOWN, Comparison, unknown
from .instances import MAKES_OWN_VOLUMES, check_instances
from .launch_templates import check_launch_templates
from .resources import check_fleets, check_images, check_volumes, fleets_of
from .template_rates import TemplateRates


def run(arguments: Namespace) -> int:
    """Compare the rates that stacks ask for with what EC2 reports, and print the comparisons."""
    aws = Aws(arguments.profile, arguments.region or region_of(arguments.stacks))
    stacks = read_stacks(aws, arguments.stacks)
    asked = TemplateRates(stacks)
    if not asked.rates:
        raise AwsError(f"{', '.join(arguments.stacks)}: nothing there takes a rate")
    comparisons = [*_compare(aws, asked, stacks), *_untold(asked)]
    for line in (json if arguments.json else text).render(comparisons):
        print(line)
    failing = (DIFFERENT, UNKNOWN) if arguments.strict else (DIFFERENT,)
    return FINDINGS if any(comparison.result in failing for comparison in comparisons) else CLEAN


def _compare(aws: Aws, asked: TemplateRates, stacks: list[Stack]) -> Iterator[Comparison]:
    fleets = list(fleets_of(aws, asked))
    yield from check_volumes(aws, asked)
    yield from check_launch_templates(aws, asked, fleets)
    yield from check_fleets(asked, fleets)
    yield from check_images(aws, asked)
    if asked.any:
        yield from check_instances(aws, asked, stacks)


def _untold(asked: TemplateRates) -> Iterator[Comparison]:
    """Yield the rates that neither the stacks nor EC2 show."""
    for resource in sorted(asked.open):
        yield unknown(resource, "the deployed stack does not show its block devices")
    for kind in MAKES_OWN_VOLUMES:
        for resource, rates in asked.of(kind).items():
            if any(rate is not None for rate in rates.values()):
                yield unknown(resource, "it makes its volumes later, and no stack lists them")
