"""Virtual time: a scenario's users and a modelled hub in front of the real scheduler's rules."""

from __future__ import annotations

from hubstack.model.costs import Costs, costs_of
from hubstack.model.run import NOT_SEEN, check_scenario, run_model

__all__ = ["NOT_SEEN", "Costs", "check_scenario", "costs_of", "run_model"]
