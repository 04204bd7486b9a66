"""Rated volumes, and the reports of their plans."""

from constructs_ebs.cli.plan.report import PlanReport
from constructs_ebs.core import AppTemplate
from constructs_ebs.core.cloudformation.plan import SnapshotData
from constructs_ebs.core.cloudformation.planner import make_plan
from tests.constants import SNAPSHOT


def volume(rate=200, name=None, snapshot=SNAPSHOT, **properties):
    properties = {"AvailabilityZone": "us-east-1a", "SnapshotId": snapshot, **properties}
    made = {"Type": "AWS::EC2::Volume", "Properties": {**properties, "VolumeInitializationRate": rate}}
    return made if name is None else {**made, "Metadata": {"aws:cdk:path": name}}


def report(resources, quota=5_000, region="us-east-1", sizes=None):
    template = AppTemplate(name="stack.json", template={"Resources": resources}, region=region)
    known = {snapshot: SnapshotData(gib=gib, source="given") for snapshot, gib in (sizes or {}).items()}
    made = make_plan([template], quota=quota, sizes=known)
    return PlanReport(
        plan=made, templates=[template], subject="stack.json: 1 template", priced_regions=frozenset(), unusable=[]
    )
