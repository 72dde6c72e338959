from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hubstack.scenario import LoadedScenario, load_scenario

SITE = """
version: 1
name: small
time_zone: Europe/London
cell:
  hosts:
    cpu: {count: 1, slots: 16, memory: 64G}
    gpu: {count: 1, slots: 16, memory: 64G, gpus: 2}
  queues:
    - {name: all.q, hosts: [cpu]}
    - {name: gpu.q, hosts: [gpu], projects: [gpu]}
  complexes: {gpu: {type: INT, consumable: true, default: 0}}
  projects: {gpu: {access: [gpuusers]}}
  access_lists: {gpuusers: [user001, user002]}
users: {count: 30, names: "user{n:03d}"}
"""

SCENARIO = """version: 1
name: lecture
site: small.yaml
start: 2026-10-05T08:00
horizon: 2h
seed: 7
users:
  - class: students
    count: 20
    arrive: {lecture: "09:00", spread: 5m}
    ask: [{weight: 8, cores: 1}, {weight: 2, gpus_per_core: 1, project: gpu}]
    work: {lognormal: {median: 20m, sigma: 0.4}}
    idle_after: 0.3
gates:
  - p95(spawn) < 90 s
"""

Load = Callable[..., LoadedScenario]


@pytest.fixture
def scenario_file(tmp_path) -> Path:
    """A scenario file with its site beside it."""
    (tmp_path / "small.yaml").write_text(SITE)
    path = tmp_path / "lecture.yaml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def load(scenario_file) -> Load:
    """Loads the scenario after replacing texts in it, given as pairs of old and new."""

    def loaded(*changes: tuple[str, str], overrides: dict[str, str] | None = None) -> LoadedScenario:
        text = scenario_file.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        scenario_file.write_text(text)
        return load_scenario(scenario_file, overrides)

    return loaded
