from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hubstack.scenario import LoadedScenario, load_scenario

SITE = """
version: 1
name: tiny
time_zone: UTC
cell:
  hosts: {cpu: {count: 1, slots: 4, memory: 64G}}
  queues: [{name: all.q, hosts: [cpu], load_thresholds: NONE}]
  scheduler: {schedule_interval: 15s, flush_submit_sec: 1, flush_finish_sec: 1}
users: {count: 20, names: "user{n:03d}"}
"""

SCENARIO = """
version: 1
name: tiny
site: tiny.yaml
start: 2026-10-05T08:00
horizon: 10m
seed: 1
users:
  - class: students
    count: 4
    arrive: {uniform: [0s, 30s]}
    work: {fixed: 60s}
gates: []
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., LoadedScenario]:
    """Loads a scenario of four students on one host of four slots, with overrides by dotted path."""
    (tmp_path / "tiny.yaml").write_text(SITE)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)

    def load(**overrides: str) -> LoadedScenario:
        return load_scenario(
            tmp_path / "scenario.yaml", {path.replace("__", "."): to for path, to in overrides.items()}
        )

    return load
