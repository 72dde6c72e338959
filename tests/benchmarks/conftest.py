"""What the benchmarks share: figures are kept as they are measured, and printed as ratios at the end."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: samples of what was measured and of what it is held against, in seconds."""

    what: str
    samples: Sequence[float]
    against: str = ""
    yardstick: Sequence[float] = ()
    aim: str = ""

    def cells(self) -> tuple[str, ...]:
        median = statistics.median(self.samples)
        measured = f"{median:.4g} s ({min(self.samples):.4g} to {max(self.samples):.4g}, n={len(self.samples)})"
        if not self.yardstick:
            return self.what, measured, "", "", self.aim
        base = statistics.median(self.yardstick)
        return self.what, measured, f"{self.against}, {base:.4g} s", f"{median / base:.2f}", self.aim


FIGURES = pytest.StashKey[list[Figure]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is too large for the repository, or takes too long for every day."""
    parser.addoption("--swf", metavar="FILE", help="a trace of HPC2N in the Standard Workload Format, to be replayed")
    parser.addoption("--whole", action="store_true", help="replay whole workloads: minutes")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[Figure]:
    """Where a benchmark puts its figures."""
    return request.config.stash[FIGURES]


@pytest.fixture
def figure() -> type[Figure]:
    """The form of a figure: test folders are no packages to import from."""
    return Figure


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table. Absolute times say more about the machine than about us; ratios can be compared."""
    if not config.stash[FIGURES]:
        return
    rows = [("what", "median (range)", "against", "ratio", "aim"), *(f.cells() for f in config.stash[FIGURES])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    terminalreporter.section("figures")
    for row in rows:
        terminalreporter.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for stacks and caches of this benchmark alone, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="hs-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_STATE_HOME", f"{folder}/state")
        monkeypatch.setenv("NO_PROXY", "*")
        assert os.environ["XDG_STATE_HOME"]
        yield Path(folder)
