"""A scenario on a stack: the load driver carries out the plan, disturbances come when due, all is collected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hubstack.results import LoadPlan, Recording, Span, write_plan
from hubstack.scenario import LoadedScenario, Occurrence, occurrences, plan_sessions
from hubstack.testbed.agreement import wait_for_agreement
from hubstack.testbed.disturb import POSSIBLE, disturb
from hubstack.testbed.errors import Refused
from hubstack.testbed.lifecycle import running_stack
from hubstack.testbed.observations import observed
from hubstack.testbed.stack import Stack
from hubstack.testbed.steps import Request

__all__ = ["NOT_SEEN", "check_scenario", "run_on_stack"]

NOT_SEEN = ("route_add",)
"""Names of spans that nobody on a stack can see."""

DRIVER_STARTS_S = 6.0
"""Until the driver has imported what it needs; users begin after that."""
AFTER_THE_END_S = 30.0
"""The driver ends its users at the horizon; it is killed when it hasn't ended itself by then."""

AGREEMENT_S = 60.0
"""Two polls of the hub: by then hub and Grid Engine must agree again."""

Progress = Callable[[str], None]


def check_scenario(loaded: LoadedScenario) -> None:
    """Raises `BadFile` for what a stack can't do."""
    if loaded.scenario.load:
        raise loaded.document.bad(("load",), "a stack can't have other load yet", "run it with --stage model")
    for position, disturbance in enumerate(loaded.scenario.disturbances):
        if (disturbance.kind, disturbance.target) not in POSSIBLE:
            what = f"a stack can't have the disturbance {disturbance.kind} {disturbance.target}"
            possible = ", ".join(" ".join(pair) for pair in POSSIBLE)
            raise loaded.document.bad(("disturbances", position), what, f"use one of: {possible}")


def run_on_stack(loaded: LoadedScenario, replication: int, out: Path, progress: Progress) -> tuple[Recording, float]:
    """Runs one replication on a stack of its own, in wall time; plan and logs stay in *out*/driver.

    Returns what was recorded and the instant from which the plan counts. Raises `Refused`.
    """
    scenario = loaded.scenario
    sessions = plan_sessions(loaded, replication)
    folder = out / "driver" / f"{replication:04d}"
    folder.mkdir(parents=True)
    name = f"run-{os.getpid()}-{replication}"
    progress(f"bringing the stack {name} up")
    with running_stack(Request(site=loaded.site, port=0), name=name) as info:
        stack = Stack.existing(name)
        plan = LoadPlan(
            run=loaded.run_name,
            replication=replication,
            stage="fake",
            url=info.url,
            password_file=str(stack.secrets / "password"),
            start_at=time.time() + DRIVER_STARTS_S,
            until_s=scenario.horizon,
            sessions=sessions,
        )
        write_plan(folder / "plan.json", plan)
        progress(f"{len(sessions)} users come within the next {scenario.horizon:.0f} s")
        due = occurrences(scenario.disturbances, scenario.starts, scenario.horizon, loaded.site.time_zone)
        with _driver(folder) as driver:
            outages = list(_disturbed(driver, plan, name, due, progress))
            _wait(driver, plan.start_at + plan.until_s + AFTER_THE_END_S)
        _check(driver, folder)
        recording = observed(stack, plan, folder)
        shutil.copyfile(stack.log("hub"), folder / "hub.log")
        recording.spans += outages
        progress("taking the stack down")
    return recording, plan.start_at


@contextmanager
def _driver(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The load driver in its own process, which is gone at the end whatever happens."""
    argv = [sys.executable, "-m", "loadtests", str(folder / "plan.json"), str(folder)]
    with (folder / "driver.log").open("wb") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _disturbed(
    driver: subprocess.Popen[bytes], plan: LoadPlan, name: str, due: list[Occurrence], progress: Progress
) -> Iterator[Span]:
    """Carries out each disturbance at its instant, unless the users have all gone before; the outages as spans."""
    for occurrence in due:
        if not _runs_until(driver, plan.start_at + occurrence.at_s):
            return
        what = f"{occurrence.kind} {occurrence.target}"
        progress(f"{what} for {occurrence.for_s:.0f} s")
        outage = disturb(name, occurrence.kind, occurrence.target, occurrence.for_s)
        agreed_at = wait_for_agreement(name, AGREEMENT_S)
        yield Span(
            plan.run,
            plan.replication,
            plan.stage,
            session="",
            user="",
            server="",
            job=None,
            name="outage",
            start_at=outage.start_at,
            end_at=agreed_at or time.time(),
            status="ok" if agreed_at else "timed_out",
            reason=what,
            source="testbed",
        )


def _runs_until(driver: subprocess.Popen[bytes], instant: float) -> bool:
    """Waits for the instant; False if the driver ended before."""
    try:
        driver.wait(max(0.0, instant - time.time()))
    except subprocess.TimeoutExpired:
        return True
    return False


def _wait(driver: subprocess.Popen[bytes], until: float) -> None:
    if _runs_until(driver, until):
        driver.kill()
        driver.wait()


def _check(driver: subprocess.Popen[bytes], folder: Path) -> None:
    if driver.returncode != 0:
        log = (folder / "driver.log").read_text(errors="replace").strip().splitlines()
        last = log[-1] if log else "it said nothing"
        raise Refused(f"the load driver ended with {driver.returncode} ({last})", f"read {folder / 'driver.log'}")
