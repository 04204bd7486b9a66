"""``constructs-ebs plan``: how long rated volumes take, what they cost, and whether the quota is enough."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module

from ...core import limits
from ...core.cloudformation.documents import UnusableError
from ...core.cloudformation.plan import FSR_USD_PER_HOUR, USD_PER_GIB_AND_MIBPS
from ...core.cloudformation.planner import make_plan
from ...core.cloudformation.references import AppTemplate
from ..exit_codes import CLEAN, FINDINGS, UNUSABLE
from ..input_files import InputFiles
from ..quota import wrong_quota
from ..terminal_text import counted, printable
from .options import format_of, prices_of, sizes_of, unused_sizes, with_built_in
from .report import PlanReport


def run(arguments: Namespace) -> int:
    """Plan the templates, and print or write the plan in the chosen format."""
    try:
        render = import_module(f".{format_of(arguments.format, arguments.output)}", __package__).render
        report, missing = _plan(arguments)
    except UnusableError as problem:
        print(printable(f"constructs-ebs plan: {problem}"), file=sys.stderr)
        return UNUSABLE
    plan, shown = report.plan, render(report)
    used = {device.snapshot_id for account in plan.accounts for device in account.devices}
    for line in [*missing, *unused_sizes(arguments.snapshot, used)]:
        print(printable(line), file=sys.stderr)
    if arguments.output is None:
        print(shown)
    else:
        try:
            arguments.output.write_text(f"{shown}\n", encoding="utf-8")
        except OSError as error:
            print(printable(f"{arguments.output}: cannot be written: {error.strerror}"), file=sys.stderr)
            return UNUSABLE
    if report.unusable or missing:
        return UNUSABLE
    return FINDINGS if plan.refused or any(account.over_quota for account in plan.accounts) else CLEAN


def _plan(arguments: Namespace) -> tuple[PlanReport, list[str]]:
    """Return the plan of the templates, and a line for each snapshot or AMI that AWS does not show."""
    for problem in wrong_quota(arguments.quota):
        raise UnusableError(problem)
    sizes = sizes_of(arguments.snapshot)
    prices = prices_of("--price", arguments.price)
    fsr_prices = prices_of("--fsr-price", arguments.fsr_price)
    input_files = InputFiles("planned")
    app = [template for path in arguments.paths for template in _read(input_files, path, arguments.region)]
    plan_with = partial(
        make_plan,
        app,
        quota=arguments.quota,
        prices=with_built_in({region: usd / limits.RATE_MAX for region, usd in prices.items()}, USD_PER_GIB_AND_MIBPS),
        fsr_prices=with_built_in(fsr_prices, FSR_USD_PER_HOUR),
    )
    plan = plan_with(sizes=sizes)
    missing: list[str] = []
    if arguments.describe:
        from .describe import describe

        known, missing = describe(plan, sizes, arguments.region)
        plan = plan_with(**known)
    subject = f"{', '.join(arguments.paths)}: {counted(input_files.templates, 'template')}"
    report = PlanReport(
        plan=plan,
        templates=app,
        subject=printable(subject),
        priced_regions=frozenset(prices),
        unusable=input_files.unusable,
        described=arguments.describe,
    )
    return report, missing


def _read(input_files: InputFiles, path: str, region: str | None) -> Iterator[AppTemplate]:
    for template, document in input_files.read(path):
        if isinstance(document.data.get("Resources"), Mapping):  # else a transform makes all of them
            account, region_or_default = template.account, template.region or region
            yield AppTemplate(
                name=template.name,
                template=template.template,
                account=account and printable(account),
                region=region_or_default and printable(region_or_default),
                nested_as=template.nested_as,
            )
