"""A scenario on a stage: its replications one after the other, into one run directory."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_sge.cellfile import BadFile
from hubstack.planning.manifest import manifest_of
from hubstack.results import BadGate, Gate, Recording, Run, RunDirectory
from hubstack.scenario import LoadedScenario, local_epoch

__all__ = ["STAGES", "Progress", "gates_of", "run_scenario"]

STAGES = ("model", "fake")

Progress = Callable[[str], None]
"""Told in words what begins."""

OneReplication = Callable[[LoadedScenario, int, Path, Progress], tuple[Recording, float]]
"""Runs replication N, which may leave more in the run's directory. Returns its rows and the instant of its start."""


def run_scenario(loaded: LoadedScenario, stage: str, out: Path, *, progress: Progress = lambda _: None) -> Run:
    """Runs every replication and writes the run directory *out*.

    Interrupted, it closes the directory with the replications that are finished, if there are any, and raises
    KeyboardInterrupt again. Raises `BadFile` for what the user wrote is wrong, `hubstack.testbed.Refused` for what the
    machine refuses.
    """
    gates = gates_of(loaded)
    replicate, not_seen = _stage(loaded, stage)
    directory = RunDirectory(out)
    began_at, starts = time.time(), []
    try:
        for number in range(1, loaded.scenario.replications + 1):
            progress(f"replication {number} of {loaded.scenario.replications} on {stage}")
            recording, start_at = replicate(loaded, number, out, progress)
            directory.write_replication(number, recording)
            starts.append(start_at)
    except KeyboardInterrupt:
        if starts:
            _close(directory, loaded, stage, gates, began_at, starts, not_seen)
        raise
    return _close(directory, loaded, stage, gates, began_at, starts, not_seen)


def gates_of(loaded: LoadedScenario) -> list[Gate]:
    """The scenario's gates; raises `BadFile` with the line of one that can't be read."""
    gates = []
    for position, text in enumerate(loaded.scenario.gates):
        try:
            gates.append(Gate.parse(text))
        except BadGate as problem:
            raise loaded.document.bad(("gates", position), str(problem), "") from None
    return gates


def _close(
    directory: RunDirectory,
    loaded: LoadedScenario,
    stage: str,
    gates: list[Gate],
    began_at: float,
    starts: list[float],
    not_seen: tuple[str, ...],
) -> Run:
    facts: dict[str, Any] = {
        "replications": {"wanted": loaded.scenario.replications, "finished": len(starts)},
        "began_at": began_at,
        "ended_at": time.time(),
        "measured_from": [start_at + loaded.scenario.warm_up for start_at in starts],
        "not_seen": list(not_seen),
        "out": str(directory.path.resolve()),
    }
    return directory.close(manifest_of(loaded, stage, **facts), gates)


def _stage(loaded: LoadedScenario, stage: str) -> tuple[OneReplication, tuple[str, ...]]:
    """What runs one replication, and the spans that can't be seen; a stage is imported only when it is used."""
    if stage == "model":
        from hubstack.model import NOT_SEEN, check_scenario, run_model

        check_scenario(loaded)
        start_at = local_epoch(loaded.scenario.starts, loaded.site.time_zone)
        return lambda scenario, number, _out, _progress: (run_model(scenario, number), start_at), NOT_SEEN
    if stage == "fake":
        from hubstack.testbed import scenario_run

        scenario_run.check_scenario(loaded)
        return scenario_run.run_on_stack, scenario_run.NOT_SEEN
    raise BadFile(f"there is no stage {stage!r} to run a scenario on", "--stage", f"use one of: {', '.join(STAGES)}")
