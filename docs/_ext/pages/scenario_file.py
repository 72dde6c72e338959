"""The reference of the scenario file."""

from __future__ import annotations

from hubstack.scenario import Scenario
from pages.schema import sections


def page() -> str:
    """Return the keys of a scenario file."""
    return sections(Scenario, "The file")
