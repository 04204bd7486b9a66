"""What our constructs cost beside upstream's: `python -m tests.benchmarks.measure` prints the table.

Calls into the jsii kernel are counted, which no noise can change. Times are compared within one run: the two ways take
turns, and the fastest round of each counts.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from jsii._kernel.providers.process import _NodeProcess

import constructs_ebs as ebs
from constructs_ebs.core import check_template
from tests.constants import SNAPSHOT, ZONE
from tests.launches import IMAGE, INSTANCE_TYPE, vpc_of

GP3 = ec2.EbsDeviceVolumeType.GP3
_VPCS: dict[cdk.Stack, ec2.IVpc] = {}
LINUX = Path("/proc/self/status").exists()


def upstream_volume(scope, id, **props):
    return ec2.Volume(scope, id, availability_zone=ZONE, snapshot_id=SNAPSHOT, volume_type=GP3, **props)


def upstream_rated_volume(scope, id):
    return upstream_volume(scope, id, volume_initialization_rate=cdk.Size.mebibytes(200))


def our_volume(scope, id):
    return ebs.Volume(
        scope,
        id,
        availability_zone=ZONE,
        snapshot_id=SNAPSHOT,
        volume_type=GP3,
        volume_initialization_rate=200,
    )


def _upstream_template(scope, id, devices, rates):
    return ec2.LaunchTemplate(
        scope,
        id,
        block_devices=[
            ec2.BlockDevice(
                device_name=f"/dev/xvd{chr(98 + index)}",
                volume=ec2.BlockDeviceVolume.ebs_from_snapshot(SNAPSHOT, volume_size=100, volume_type=GP3, **rates()),
            )
            for index in range(devices)
        ],
    )


def upstream_template(scope, id, devices=20):
    return _upstream_template(scope, id, devices, dict)


def upstream_rated_template(scope, id, devices=20):
    def rate():
        return {"volume_initialization_rate": cdk.Size.mebibytes(200)}

    return _upstream_template(scope, id, devices, rate)


def our_template(scope, id, devices=20):
    return ebs.LaunchTemplate(
        scope,
        id,
        block_devices=[
            ebs.BlockDevice.from_snapshot(
                f"/dev/xvd{chr(98 + index)}",
                SNAPSHOT,
                volume_initialization_rate=200,
                volume_size=100,
                volume_type=GP3,
            )
            for index in range(devices)
        ],
    )


def our_fleet(scope, id):
    device = ebs.BlockDevice.from_snapshot("/dev/xvdb", SNAPSHOT, volume_initialization_rate=200, volume_type=GP3)
    specification = ebs.SpotFleetLaunchSpecification(
        machine_image=IMAGE, instance_types=[INSTANCE_TYPE], block_devices=[device]
    )
    return ebs.SpotFleet(scope, id, vpc=_vpc_of(scope), target_capacity=2, launch_specifications=[specification])


def _vpc_of(stack):
    if stack not in _VPCS:
        _VPCS[stack] = vpc_of(stack)  # which asks Node for it
    return _VPCS[stack]


def our_instance(scope, id):
    return ebs.Instance(
        scope,
        id,
        vpc=_vpc_of(scope),
        instance_type=INSTANCE_TYPE,
        machine_image=IMAGE,
        block_devices=[ebs.BlockDevice.from_snapshot("/dev/xvdf", SNAPSHOT, volume_initialization_rate=200)],
    )


def new_stack() -> cdk.Stack:
    app = cdk.App(builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "Stack", env=cdk.Environment(account="111122223333", region="us-east-1"))


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Count the requests that reach the jsii kernel."""
    calls, send = [0], _NodeProcess.send

    def counting(self, *args, **kwargs):
        calls[0] += 1
        return send(self, *args, **kwargs)

    _NodeProcess.send = counting
    try:
        yield lambda: calls[0]
    finally:
        _NodeProcess.send = send


def kernel_calls(make, *args) -> int:
    """Return the calls into the kernel that making one construct takes."""
    stack = new_stack()
    make(stack, "WarmUp", *args)
    with counted() as calls:
        make(stack, "It", *args)
        return calls()


def fastest(*ways, rounds=30, constructs=5) -> list[float]:
    """Return the seconds that each way takes for one construct, in its fastest round."""
    best = [float("inf")] * len(ways)
    for number in range(rounds):
        for position, way in enumerate(ways):
            stack = new_stack()
            start = time.perf_counter()
            for index in range(constructs):
                way(stack, f"It{number}-{index}")
            best[position] = min(best[position], (time.perf_counter() - start) / constructs)
    return best


def import_seconds(first: str, then: str, rounds=5) -> tuple[float, float]:
    """Return the seconds of two imports, one after the other, in the fastest of some new processes.

    A round before them writes bytecode, whatever the environment of the tests says: an installed package has it.
    """
    code = (
        "import time; a = time.perf_counter()\n"
        f"{first}\nb = time.perf_counter()\n{then}\nc = time.perf_counter()\n"
        "import json; print(json.dumps([b - a, c - b]))"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", code]
    runs = [
        json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
        for _ in range(rounds + 1)
    ]
    return min(run[0] for run in runs), min(run[1] for run in runs)


def volumes(count: int) -> dict:
    """Return a template of volumes and launch templates."""
    volume = {
        "Type": "AWS::EC2::Volume",
        "Properties": {
            "AvailabilityZone": ZONE,
            "SnapshotId": SNAPSHOT,
            "VolumeInitializationRate": 200,
            "VolumeType": "gp3",
        },
    }
    device = {"DeviceName": "/dev/xvdf", "Ebs": {"SnapshotId": SNAPSHOT, "VolumeInitializationRate": {"Ref": "Rate"}}}
    template = {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"BlockDeviceMappings": [device]}},
    }
    return {"Resources": {f"R{index}": (volume, template)[index % 2] for index in range(count)}}


def check_seconds(resources: int, rounds=20) -> float:
    """Return the seconds that checking a template takes, in the fastest round."""
    template, best = volumes(resources), float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        assert check_template(template) == []
        best = min(best, time.perf_counter() - start)
    return best


def app_of(resources: int, **props) -> cdk.App:
    """Make an app of this many resources, one in ten of them a volume or a launch template with a snapshot."""
    app = cdk.App(**props)
    for number in range(-(-resources // 450)):
        stack = cdk.Stack(app, f"Stack{number}")
        for index in range(min(450, resources - 450 * number)):
            if index % 20 == 0:
                ec2.CfnVolume(stack, f"R{index}", availability_zone=ZONE, snapshot_id=SNAPSHOT)
            elif index % 20 == 10:
                data = {"blockDeviceMappings": [{"deviceName": "/dev/xvdf", "ebs": {"snapshotId": SNAPSHOT}}]}
                ec2.CfnLaunchTemplate(stack, f"R{index}", launch_template_data=data)
            else:
                cdk.CfnWaitConditionHandle(stack, f"R{index}")
    return app


@jsii.implements(cdk.IAspect)
class RateAspect:
    """What one would write: it rates typed volumes and launch templates, and sees no override."""

    def visit(self, node):
        if isinstance(node, ec2.CfnVolume) and node.snapshot_id:
            node.add_property_override("VolumeInitializationRate", 200)
        elif isinstance(node, ec2.CfnLaunchTemplate):
            devices = cdk.Stack.of(node).resolve(node.launch_template_data)["blockDeviceMappings"]
            for index, device in enumerate(devices):
                if device["ebs"].get("snapshotId"):
                    path = f"LaunchTemplateData.BlockDeviceMappings.{index}.Ebs.VolumeInitializationRate"
                    node.add_property_override(path, 200)


def _of_a_synth(resources: int, aspect: object | None = None) -> tuple[float, int]:
    """Return the seconds and the kernel calls of a synth, with an Aspect."""
    app = app_of(resources, builtin_cloud_formation_validation=False)
    if aspect is not None:
        cdk.Aspects.of(app).add(aspect)
    with counted() as calls:
        start = time.perf_counter()
        app.synth()
        return time.perf_counter() - start, calls()


def default_rate(resources: int, *, by_hand: bool = False) -> tuple[float, int]:
    """Return the seconds and the kernel calls that a default rate adds to a synth, or an Aspect that one would write.

    The seconds are the difference of two synths, each the fastest of three that take turns.
    """
    best: dict[bool, tuple[float, int]] = {}
    for _ in range(3):
        for rated in False, True:
            default = ebs.DefaultInitializationRate(200)
            aspect = (RateAspect() if by_hand else default) if rated else None
            found = _of_a_synth(resources, aspect)
            assert by_hand or len(default.report.rated) == (len(range(0, resources, 10)) if rated else 0)
            best[rated] = min(best.get(rated, found), found)
    return best[True][0] - best[False][0], best[True][1] - best[False][1]


def default_rate_now(resources: int) -> tuple[float, int]:
    """Return the seconds and the kernel calls of a default rate as a Mixin."""
    mixins = cdk.Mixins.of(app_of(resources, builtin_cloud_formation_validation=False))
    default = ebs.DefaultInitializationRate(200)
    with counted() as calls:
        start = time.perf_counter()
        mixins.apply(default)
        seconds, count = time.perf_counter() - start, calls()
    assert len(default.report.rated) == len(range(0, resources, 10))
    return seconds, count


def checks_of_a_new_process(resources: int) -> tuple[float, float]:
    """Return ``checks_seconds`` of a new process, as a synth is for a user."""
    code = f"import json\nfrom tests.benchmarks import measure\nprint(json.dumps(measure.checks_seconds({resources})))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    synth, check = json.loads(run.stdout.splitlines()[-1])
    return synth, check


def checks_seconds(resources: int, rounds=3) -> tuple[float, float]:
    """Return the seconds that a synth of an app takes, and what the plugin adds in its fastest round."""
    app = app_of(resources)
    cdk.Aspects.of(app).add(ebs.DefaultInitializationRate(200))
    plugin = ebs.EbsChecks(quota=10**9)
    spent, validate = [], plugin.validate

    def timed(context):
        for _ in range(rounds):
            start = time.perf_counter()
            report = validate(context)
            spent.append(time.perf_counter() - start)
        return report

    plugin.validate = timed
    cdk.Validations.of(app).add_plugins(plugin)
    start = time.perf_counter()
    app.synth()
    return time.perf_counter() - start - sum(spent), min(spent)


def processes(*ways: tuple[str, ...], rounds=20) -> list[tuple[float, float]]:
    """Return CPU seconds and MiB of Python processes, each given as its code and arguments, in its best round.

    They take turns. CPU time is what other processes disturb least. The MiB are those of Linux; elsewhere there are
    none.
    """
    shown = "print(*(one for one in open('/proc/self/status') if one.startswith('VmHWM')), file=sys.stderr)"
    measured: list[list[tuple[float, float]]] = [[] for _ in ways]
    with TemporaryDirectory() as cache:
        # An installed package has its bytecode, whatever the environment of the tests says. The first round writes it.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(rounds + 1):
            for best, (code, *arguments) in zip(measured, ways, strict=True):
                code = f"import sys\ntry:\n    {code}\nfinally:\n    {shown if LINUX else 'pass'}"
                command = [sys.executable, "-c", code, *arguments]
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
                best.append((seconds, int(ended.stderr.split()[-2]) / 1024 if LINUX else 0))
    return [tuple(map(min, zip(*best[1:], strict=True))) for best in measured]


OUR_COMMAND = "from constructs_ebs.__main__ import run; run()"
CFN_LINT = "from cfnlint.runner import main; main()"
STANDARD_LIBRARY = "import argparse, json, typing"
"""What the command line has of the standard library, beside ``dataclasses``, which it loads for the first finding."""


@contextmanager
def template_of(resources: int) -> Iterator[str]:
    """Write a template of rated volumes and launch templates into a file."""
    with TemporaryDirectory() as folder:
        template = Path(folder) / "template.json"
        rate = {"Rate": {"Type": "Number", "MinValue": 100, "MaxValue": 300}}
        template.write_text(json.dumps({"Parameters": rate, **volumes(resources)}, indent=1))
        yield str(template)


def check_and_cfn_lint(resources=450) -> list[tuple[float, float]]:
    """Return CPU seconds and MiB of `constructs-ebs check`, and of cfn-lint, on the same template of volumes."""
    with template_of(resources) as template:
        ours = (OUR_COMMAND, "check", template)
        return processes(ours) + processes((CFN_LINT, "--regions", "us-east-1", "--", template), rounds=1)


def starts() -> dict[str, float]:
    """Return the CPU time of the command line in multiples of what Python takes to start and end."""
    with template_of(0) as none, template_of(450) as many:
        bare, *others = processes(
            ("pass",),
            (STANDARD_LIBRARY,),
            (f"{STANDARD_LIBRARY}, dataclasses",),
            (OUR_COMMAND, "check", none),
            (OUR_COMMAND, "check", many, "--quota", "100000"),
            (OUR_COMMAND, "check", many),
        )
    names = (
        "argparse, json and typing",
        "these and dataclasses",
        "an empty template",
        "450 volumes",
        "450 volumes with a finding",
    )
    return {name: seconds / bare[0] for name, (seconds, _) in zip(names, others, strict=True)}


def report() -> None:
    def row(what, upstream, ours, note=""):
        print(f"{what:52} {upstream:>14} {ours:>14}  {note}")

    row("", "upstream", "ours", "")
    row("kernel calls, Volume", kernel_calls(upstream_volume), kernel_calls(our_volume))
    for count in (1, 5, 20):
        theirs, ours = kernel_calls(upstream_template, count), kernel_calls(our_template, count)
        row(f"kernel calls, LaunchTemplate, {count} rated devices", theirs, ours)
    row("kernel calls, SpotFleet, one specification", "", kernel_calls(our_fleet))
    for name, theirs, ours in (
        ("Volume", upstream_rated_volume, our_volume),
        ("LaunchTemplate, 20 rated devices", upstream_rated_template, our_template),
    ):
        native, override = fastest(theirs, ours)
        row(f"time, {name}", f"{native * 1e3:.2f} ms", f"{override * 1e3:.2f} ms", f"x {override / native:.2f}")
    for what, code in (("import", "import constructs_ebs"), ("import of every name", "from constructs_ebs import *")):
        base, extra = import_seconds("import aws_cdk.aws_ec2", code)
        row(what, f"{base * 1e3:.0f} ms", f"+{extra * 1e3:.1f} ms", f"+ {extra / base:.1%}")
    _, core = import_seconds("pass", "from constructs_ebs.core import *")
    row("import of all of constructs_ebs.core alone", "", f"{core * 1e3:.1f} ms")
    row("checking a template of 500 resources", "", f"{check_seconds(500) * 1e3:.1f} ms")
    for what, multiple in starts().items():
        row(f"CPU, Python's start = 1: {what}", "", f"x {multiple:.1f}")
    (seconds, size), (their_seconds, their_size) = check_and_cfn_lint()
    row(
        "constructs-ebs check beside cfn-lint, 450 volumes",
        f"{their_seconds:.2f} s",
        f"{seconds * 1e3:.0f} ms",
        f"/ {their_seconds / seconds:.0f}",
    )
    row("memory of both", f"{their_size:.0f} MiB", f"{size:.0f} MiB")
    for count in (100, 1_000, 5_000):
        (by_hand, by_hand_calls), (seconds, calls) = default_rate(count, by_hand=True), default_rate(count)
        row(f"default rate, {count:,} resources, beside an Aspect", f"{by_hand:.3f} s", f"{seconds:.3f} s")
        row(f"kernel calls, default rate, {count:,} resources", by_hand_calls, calls)
        row(f"default rate as a Mixin, {count:,} resources", "", f"{default_rate_now(count)[0]:.3f} s")
    for count in (100, 1_000, 5_000):
        synth, check = checks_of_a_new_process(count)
        row(f"synth, and EbsChecks, {count:,} resources", f"{synth:.2f} s", f"+{check:.3f} s", f"+ {check / synth:.1%}")


if __name__ == "__main__":
    report()
