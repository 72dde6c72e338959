"""Runs of scenarios on any stage, and what follows from them."""

from __future__ import annotations

from hubstack.planning.run import STAGES, Progress, gates_of, run_scenario

__all__ = ["STAGES", "Progress", "gates_of", "run_scenario"]
