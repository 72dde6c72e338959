"""What scheduling costs grows no faster than what there is to schedule: counted in bytecodes, so always the same."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import fake_sge.core
from fake_sge.core import Exit, JobRequest

Player = Callable[..., Any]
CORE = str(Path(fake_sge.core.__file__).parent)


def work(act: Callable[[], object]) -> int:
    """How many bytecodes of the core *act* executes."""
    count = 0

    def watch(frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
        nonlocal count
        if not frame.f_code.co_filename.startswith(CORE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def exponent(sizes: list[int], works: list[int]) -> float:
    """The slope of work against size, both logarithmic: 1 where it is in proportion, 0 where it doesn't matter."""
    xs, ys = [math.log(size) for size in sizes], [math.log(done) for done in works]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - mean_x) ** 2 for x in xs)


def cell(play: Player, hosts: int, **options: Any) -> Any:
    """Hosts with two slots each, as a workload trace's."""
    return play({f"n{i:04d}": "NONE" for i in range(hosts)}, pes={"mpi": "$fill_up"}, **options)


def crowd(p: Any, jobs: int, kinds: int = 1) -> None:
    """*jobs* more wait, in *kinds* categories."""
    for number in range(jobs):
        p.submit(l={"h_rt": str(3600 + number % kinds)})


def full(play: Player, pending: int, kinds: int = 1, **options: Any) -> Any:
    """Two hosts, full, and *pending* jobs that a run has seen wait."""
    p = cell(play, 2, **options)
    crowd(p, 4)
    p.run()
    crowd(p, pending, kinds)
    p.wait(60)
    return p


def a_run(p: Any) -> None:
    p.do("trigger")
    p.run()


def steady(p: Any, jobs: int) -> None:
    """A full cell: each job that ends makes room for another, and yet another comes."""
    for _ in range(jobs):
        job, task = next(iter(p.cell.placed))
        p.cell.exited(p.now, job, task, Exit())
        p.cell.submit(p.now, JobRequest(owner="ann", name="job", hard=[("h_rt", "3600")]))
        p.cell.advance(p.now + 15)


def test_jobs_cost_the_same_each(play: Player) -> None:
    """Work is in proportion to the number of jobs."""
    sizes = [25, 50, 100, 200]
    works = [work(partial(steady, full(play, 20), n)) for n in sizes]
    assert exponent(sizes, works) < 1.05


@pytest.mark.parametrize("options", [{}, {"scheduler": {"max_reservation": "1"}}], ids=["now", "reserving"])
def test_a_run_costs_no_more_than_in_proportion_to_the_hosts(play: Player, options: dict[str, Any]) -> None:
    """One job is placed on cells of more and more idle hosts."""
    sizes = [10, 20, 40, 80, 160]
    works = []
    for hosts in sizes:
        p = cell(play, hosts, **options)
        crowd(p, 1)
        works.append(work(p.run))
        assert len(p.started()) == 1
    assert exponent(sizes, works) < 1.05


def test_a_run_costs_no_more_than_in_proportion_to_the_categories(play: Player) -> None:
    """Something was given back, and every category is tried once."""
    sizes = [10, 20, 40, 80, 160]
    works = []
    for kinds in sizes:
        p = full(play, kinds, kinds)
        job, task = next(iter(p.cell.placed))
        p.cell.exited(p.now, job, task, Exit())
        works.append(work(partial(a_run, p)))
    assert exponent(sizes, works) < 1.1


def test_jobs_that_wait_behind_their_like_cost_a_run_nothing(play: Player) -> None:
    """A run in which nothing can start does the same however many jobs wait."""
    works = {work(partial(a_run, full(play, pending))) for pending in (10, 100, 1000)}
    assert len(works) == 1


def test_a_run_in_which_nothing_can_start_does_not_look_at_hosts(play: Player) -> None:
    """Nothing was given back since the last run: whether there are 4 or 64 hosts doesn't matter."""
    works = set()
    for hosts in (4, 64):
        p = cell(play, hosts)
        crowd(p, 2 * hosts + 5)
        p.wait(60)
        works.add(work(partial(a_run, p)))
    assert len(works) == 1


def test_a_deep_queue_makes_a_job_no_dearer(play: Player) -> None:
    """With a hundred times as many waiting, a job's way through the cell costs less than a fifth more."""
    shallow, deep = (work(partial(steady, full(play, pending), 20)) for pending in (20, 2000))
    assert deep < 1.2 * shallow
