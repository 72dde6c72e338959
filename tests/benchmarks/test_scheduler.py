"""What a scheduler run costs: by the number of waiting jobs, and by how many kinds of them there are; what a job costs
behind many others.
"""

from __future__ import annotations

import time

import pytest

from fake_sge.cellfile import CellDescription, load_cell
from fake_sge.core import Cell, Exit, JobRequest


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


def large(pending: int, kinds: int) -> Cell:
    """128 hosts with 2 slots, full, and *pending* jobs that wait in *kinds* categories."""
    description = {
        "hosts": {"n": {"count": 128, "slots": 2}},
        "queues": [{"name": "all.q", "hosts": ["n"], "pe": ["mpi"]}],
        "parallel_environments": {"mpi": {"rule": "$fill_up"}},
    }
    cell = Cell(CellDescription.model_validate(description).build(), now=0.0)
    for number in range(256 + pending):
        cell.submit(0.0, request(str(3600 + number % kinds)))
    cell.advance(60.0)
    assert len(cell.running()) == 256
    return cell


def end_one(cell: Cell) -> None:
    """A job ends, and another comes."""
    cell.exited(cell.now, *next(iter(cell.placed)), Exit())
    cell.submit(cell.now, request("3600"))
    cell.advance(cell.now + 15)


@pytest.mark.benchmark(group="a scheduler run with 10,000 jobs of 50 kinds on 128 hosts (aim: 50 ms)")
@pytest.mark.parametrize("room", [False, True], ids=["nothing can start", "one can start"])
def test_run_of_a_large_cell(benchmark, room: bool) -> None:
    """Nothing is tried where nothing was given back; else each category once."""
    cell = large(10_000, 50)

    def begin() -> None:
        if room:
            cell.exited(cell.now, *next(iter(cell.placed)), Exit())
        cell.trigger(cell.now)

    benchmark.pedantic(lambda: cell.advance(cell.now), setup=begin, rounds=50)
    assert len(cell.running()) == 256


def test_a_job_behind_many(figures, figure) -> None:
    """A job's way through the cell with 100,000 pending, against 1,000."""
    samples: list[list[float]] = []
    for pending in (1_000, 100_000):
        cell, took = large(pending, 50), list[float]()
        for _ in range(300):
            began = time.process_time()
            end_one(cell)
            took.append(time.process_time() - began)
        samples.append(took)
    figures.append(figure("a job with 100,000 pending", samples[1], "with 1,000", samples[0], "< 2"))


@pytest.mark.benchmark(group="submission")
def test_submission(benchmark) -> None:
    """What one submission costs the cell."""
    cell = crowded(1_000, 1)
    benchmark(lambda: cell.submit(cell.now, request("60")))
    assert cell.pending()
