"""The laws at the top of the cell."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Cell, Denied, Dispatched, Exit, JobRequest, Submitted

Player = Callable[..., Any]


def test_time_never_goes_back(play: Player) -> None:
    """Law 1: an input before the last one is an error, and changes nothing."""
    p = play()
    p.wait(10)
    with pytest.raises(ValueError, match="time went back"):
        p.cell.submit(1009.0, JobRequest(owner="ann", name="job"))
    assert p.cell.now == 1010
    assert not p.cell.jobs


def test_what_is_due_before_an_input_happens_first_at_its_own_instant(play: Player) -> None:
    """So replaying the inputs alone repeats everything."""
    p = play(scheduler={"flush_submit_sec": "0"})
    p.submit()
    events = p.cell.submit(1100.0, JobRequest(owner="ann", name="job"))
    assert [(type(event), event.at) for event in events] == [(Dispatched, 1015.0), (Submitted, 1100.0)]


def test_a_denied_input_loses_no_event(play: Player) -> None:
    """What was due before it is told by the next call, which is due at once."""
    p = play(scheduler={"flush_submit_sec": "0"})
    p.submit()
    with pytest.raises(Denied):
        p.cell.delete(1100.0, 99, None, user="ann")
    assert p.cell.next_deadline() == 1100
    assert [type(event) for event in p.cell.advance(1100.0)] == [Dispatched]
    assert p.cell.next_deadline() is None


def test_a_user_s_jobs_are_found_by_owner(play: Player) -> None:
    """jobs_of costs what the user has, and forgets whoever has none."""
    p = play()
    mine = [p.submit("ann") for _ in range(2)]
    other = p.submit("bob")
    assert [job.id for job in p.cell.jobs_of("ann")] == mine
    p.do("delete", other, None, user="bob")
    assert list(p.cell.jobs_of("bob")) == []
    assert p.cell._owners.keys() == {"ann"}


def test_job_ids_begin_again_after_9999999(play: Player) -> None:
    """jobseqnum wraps to 1."""
    p = play()
    p.cell.next_job_id = 9999999
    assert p.submit() == 9999999
    assert p.submit() == 1


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda cell: pickle.loads(pickle.dumps(cell))])
def test_a_cell_is_plain_data(play: Player, clone: Callable[[Cell], Cell]) -> None:
    """Copied or pickled, it goes on exactly as the original does."""
    p = play(quotas=("limit users {*} to slots=3",), pes={"mpi": "$round_robin"})
    for i in range(6):
        p.submit(("ann", "bob")[i % 2], pe="mpi" if i == 3 else None, slots=2 if i == 3 else None)
    p.run()
    twin = clone(p.cell)

    def go_on(cell: Cell) -> list[str]:
        events = cell.exited(1005.0, 1, 1, Exit())
        events += cell.submit(1006.0, JobRequest(owner="cleo", name="x"))
        return [repr(event) for event in events + cell.advance(1100.0)]

    assert go_on(twin) == go_on(p.cell)


def test_the_cell_keeps_nothing_of_jobs_that_are_gone(play: Player) -> None:
    """Memory is flat over finished jobs."""
    p = play(settings={"finished_jobs": "3"})
    for i in range(30):
        job = p.submit(l={"h_rt": str(100 + i % 3)}, hold_jobs=[str(i)])
        p.run()
        p.exit(job)
        p.wait(1)
    cell = p.cell
    assert (cell.jobs, cell.placed, cell.arrivals, cell.leaving, cell.successors, cell.standings) == (
        {},
        {},
        [],
        [],
        {},
        {},
    )
    assert len(cell.finished) == 3
    assert all(not place.tasks and not place.used for place in cell.queue_instances)
