"""The plan as one document for programs."""

from __future__ import annotations

import json
from typing import Any

from ...core import limits
from ...core.cloudformation.plan import AccountPlan, FastSnapshotRestore, Moment, PlannedDevice
from ...core.cloudformation.references import Place
from . import wording
from .report import PlanReport


def render(report: PlanReport) -> str:
    plan = report.plan
    document = {
        "accounts": [_account(report, account) for account in plan.accounts],
        "refused": [_place(report, place) for place in plan.refused],
        "not_planned": [_place(report, place) for place in plan.versions],
        "notes": list(wording.notes(report)),
        "assumptions": list(wording.assumptions(report)),
        "unusable": [file._asdict() for file in report.unusable],
        "templates": len(report.templates),
    }
    return json.dumps(document, indent=2)


def _account(report: PlanReport, account: AccountPlan) -> dict[str, Any]:
    price, seconds = account.usd_per_gib_and_mibps, account.seconds or (None, None, None)
    return {
        "account": account.account,
        "region": account.region,
        "quota": account.quota,
        "peak_rate": account.peak,
        "peak_is_exact": account.peak_exact,
        "peak_is_upper_bound": account.peak_bound == "at most",
        "peak_is_lower_bound": account.peak_bound == "at least",
        "over_quota": account.over_quota,
        "seconds": seconds[0],
        "fastest_seconds": seconds[1],
        "slowest_seconds": seconds[2],
        "cost_usd": account.cost_usd,
        "time_is_upper_bound": account.seconds is not None and account.time_bounded,
        "cost_is_upper_bound": account.cost_usd is not None and account.cost_bound == "at most",
        "cost_is_lower_bound": account.cost_usd is not None and account.cost_bound == "at least",
        "devices_of_unknown_time": account.unknown,
        "usd_per_gib_at_300": None if price is None else round(price * limits.RATE_MAX, 9),
        "price_source": wording.price_source(report, account),
        "moments": [_moment(moment) for moment in account.moments],
        "fast_snapshot_restore": _fast_snapshot_restore(account.fast_snapshot_restore),
        "devices": [_device(report, device) for device in account.devices],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "from_seconds": moment.from_seconds,
        "to_seconds": moment.to_seconds,
        "rate": moment.rate,
        "volumes": moment.volumes,
    }


def _fast_snapshot_restore(fsr: FastSnapshotRestore) -> dict[str, Any]:
    return {"pairs": fsr.pairs, "hours": fsr.hours, "usd": fsr.usd, "usd_per_hour": fsr.usd_per_hour}


def _device(report: PlanReport, device: PlannedDevice) -> dict[str, Any]:
    estimate = device.estimate
    return {
        **_place(report, device.place),
        "launch_template": None if device.source == device.place else _place(report, device.source),
        "device": device.device,
        "volumes": device.volumes,
        "volumes_is_exact": device.exact,
        "rate": device.rate,
        "snapshot_id": device.snapshot_id,
        "image_id": device.image_id,
        "snapshot_data_gib": device.data and device.data.gib,
        "snapshot_data_source": device.data.source if device.data else "unknown",
        "is_upper_bound": device.bounded,
        "seconds": estimate and estimate.seconds,
        "fastest_seconds": estimate and estimate.fastest_seconds,
        "slowest_seconds": estimate and estimate.slowest_seconds,
        "cost_usd": device.cost_usd,
        "cost_is_upper_bound": device.cost_usd is not None and device.cost_bound == "at most",
        "cost_is_lower_bound": device.cost_usd is not None and device.cost_bound == "at least",
        "conditional": device.conditional,
        "availability_zones": len(device.zones) or None,
    }


def _place(report: PlanReport, place: Place) -> dict[str, Any]:
    name = report.templates[place.template].name
    return {"file": name, "logical_id": place.logical_id, "name": report.name(place)}
