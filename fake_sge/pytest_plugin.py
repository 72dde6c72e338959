"""Fixtures: a running cell with its commands on PATH.

`fake_sge` is the named cell ``laptop``; `fake_sge_factory` makes others. Pytest loads this in every run wherever the
package is installed, so it imports nothing until a test asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fake_sge.daemon import RunningCell

__all__ = ["fake_sge", "fake_sge_factory"]

_USER = "user001"


@pytest.fixture
def fake_sge_factory(tmp_path: Path) -> Iterator[Callable[..., RunningCell]]:
    """Make running cells: ``fake_sge_factory("sharc")``, or with a mapping of what a cell file would say."""
    from fake_sge.daemon import RunningCell

    made: list[RunningCell] = []

    def make(cell: object = "laptop", *options: str) -> RunningCell:
        running = RunningCell(tmp_path / f"cell{len(made)}", cell, options)  # type: ignore[arg-type]
        made.append(running)
        return running

    yield make
    for running in made:
        running.stop()


@pytest.fixture
def fake_sge(fake_sge_factory: Callable[..., RunningCell], monkeypatch: pytest.MonkeyPatch) -> RunningCell:
    """A cell of three small hosts, one with GPUs; while the test runs, its commands are the ones on PATH.

    Whatever the test starts types them as the cell's ``user001``, whoever runs the test.
    """
    running = fake_sge_factory()
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAKE_SGE_USER", _USER)
    return running
