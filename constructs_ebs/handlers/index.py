"""Serves the custom resources of a stack: finds what each one asks for, makes what is missing, removes what is to go.

CDK's provider framework forgets what was made by a call that fails before the resource has an id. So ``on_event`` makes
nothing and answers with an id at once; ``is_complete`` is called until it says that the work is done, and each of its
calls finds what the calls before it have made.
"""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

from . import create_launch_template_version, register_image, replace_root_volume, stacks, wait_for_volume, watch_volume
from .aws import DENIED, Pending, code_of, passes
from .requests import ResourceRequest

Event = dict[str, Any]
PATIENCE = 54 * 60
"""Seconds. CloudFormation waits an hour, the provider framework 55 minutes."""

SERVED: dict[str, ModuleType] = {
    "Custom::EbsAmi": register_image,
    "Custom::EbsInitializationAlarm": watch_volume,
    "Custom::EbsInitializationWait": wait_for_volume,
    "Custom::EbsLaunchTemplateVersion": create_launch_template_version,
    "Custom::EbsRootVolumeReplacement": replace_root_volume,
}
"""What serves each type. ``asked`` is what the id depends on; ``ensure`` returns attributes; both it and ``remove``
raise Pending if they are to be called again."""


def on_event(event: Event, _context: object) -> Event:
    """Return the resource's id."""
    request = ResourceRequest(event, SERVED[event["ResourceType"]].asked(event["ResourceProperties"]))
    former = event.get("PhysicalResourceId", "")
    state = stacks.state(request.stack)
    return {"PhysicalResourceId": request.id, "Former": former, "Started": time.time(), "StackState": state}


def is_complete(event: Event, _context: object) -> Event:
    """Do what CloudFormation asks for, as far as it can be done by now."""
    served = SERVED[event["ResourceType"]]
    request = ResourceRequest(event, served.asked(event["ResourceProperties"]))
    try:
        if request.type == "Delete":
            served.remove(request)
            return {"IsComplete": True}
        return {"IsComplete": True, "Data": served.ensure(request)}
    except Exception as error:
        if not isinstance(error, Pending) and not passes(error):
            if code_of(error) in DENIED:
                raise RuntimeError(f"{error}; it was tried for a minute: something denies it to the role") from error
            raise
        state, *advice = error.args if isinstance(error, Pending) else [str(error)]
        if request.waited > PATIENCE:
            raise RuntimeError("; ".join([f"{state} after {PATIENCE // 60} minutes", *advice])) from error
        print(state)
        return {"IsComplete": False}
