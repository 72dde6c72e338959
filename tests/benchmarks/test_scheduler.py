"""What a scheduler run costs: by the number of waiting jobs, and by how many kinds of them there are."""

from __future__ import annotations

import pytest

from fake_sge.cellfile import load_cell
from fake_sge.core import Cell, JobRequest


def request(runtime: str) -> JobRequest:
    return JobRequest(owner="user001", uid=1000, gid=1000, name="j", hard=[("h_rt", runtime)])


def crowded(jobs: int, kinds: int) -> Cell:
    """A full laptop with *jobs* waiting in *kinds* categories."""
    cell = Cell(load_cell("laptop"), now=0.0)
    for number in range(jobs):
        cell.submit(0.0, request(str(3600 + number % kinds)))
    cell.trigger(1.0)
    cell.advance(1.0)
    return cell


@pytest.mark.parametrize("kinds", [1, 50])
@pytest.mark.parametrize("jobs", [100, 1_000, 10_000])
@pytest.mark.benchmark(group="a scheduler run in which nothing can start")
def test_run_of_a_full_cell(benchmark, jobs: int, kinds: int) -> None:
    """Jobs of one category are skipped together, so ten times the jobs cost less than ten times the time."""
    cell = crowded(jobs, kinds)
    now = iter(range(2, 10_000_000))

    def run() -> None:
        at = float(next(now))
        cell.trigger(at)
        cell.advance(at)

    benchmark(run)
    assert cell.pending()


@pytest.mark.benchmark(group="submission")
def test_submission(benchmark) -> None:
    """What one submission costs the cell."""
    cell = crowded(1_000, 1)
    benchmark(lambda: cell.submit(cell.now, request("60")))
    assert cell.pending()
