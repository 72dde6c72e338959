"""Subordinate queues: subordinate_list of queue_conf(5), as 8.1.9 was seen to follow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import letters
from fake_sge.core.subordinates import Subordinate, Subordinates, read_subordinates

Player = Callable[..., Any]

HOST = {"node001": "NONE"}


@pytest.fixture
def shared(play: Player) -> Player:
    """A host with two queues of four slots; *high.q* has a subordinate_list."""

    def make(text: str, **more: Any) -> Any:
        queues = {"high.q": {"slots": "4", "subordinate_list": text}, "low.q": {"slots": "4"}}
        return play(HOST, queues, **more)

    return make


def start(p: Any, queue: str, **fields: Any) -> int:
    """A job on *queue*, three seconds after what was before."""
    job: int = p.submit(hard_queues=[queue], **fields)
    p.wait(1)
    if p.where(job) is not None:
        p.do("started", job, 1)
    p.wait(2)
    return job


def states(p: Any, *jobs: int) -> list[str]:
    return [letters(p.job(job).tasks[1]) for job in jobs]


def state_of(p: Any, queue: str) -> str:
    return str(p.cell.layout.place(f"{queue}@node001").state)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NONE", Subordinates()),
        ("low.q", Subordinates(0, (Subordinate("low.q"),))),
        ("low.q=5,other.q", Subordinates(0, (Subordinate("low.q", 5), Subordinate("other.q")))),
        (
            "slots=2(low.q:1:sr, other.q:2:lr third.q)",
            Subordinates(
                2,
                (
                    Subordinate("low.q", seq_no=1),
                    Subordinate("other.q", seq_no=2, longest=True),
                    Subordinate("third.q"),
                ),
            ),
        ),
    ],
)
def test_a_list_is_read(text: str, expected: Subordinates) -> None:
    """Queue-wise with or without a number of slots; slot-wise with number and action, 0 and sr if left out."""
    assert read_subordinates(text) == expected


def test_a_queue_is_suspended_once_so_many_slots_are_used_above_it(shared: Player) -> None:
    """Recorded: low.q=2, at the second job: queue and jobs in state S; they go on when one above ends."""
    p = shared("low.q=2")
    low = [start(p, "low.q"), start(p, "low.q")]
    high = [start(p, "high.q")]
    assert (state_of(p, "low.q"), states(p, *low)) == ("", ["r", "r"])
    high.append(start(p, "high.q"))
    assert (state_of(p, "low.q"), states(p, *low), states(p, *high)) == ("S", ["S", "S"], ["r", "r"])
    p.exit(high[0])
    assert (state_of(p, "low.q"), states(p, *low)) == ("", ["r", "r"])


def test_without_a_number_the_queue_above_must_be_full(shared: Player) -> None:
    """queue_conf(5): the default is all slots."""
    p = shared("low.q")
    low = start(p, "low.q")
    high = [start(p, "high.q") for _ in range(3)]
    assert states(p, low) == ["r"]
    high.append(start(p, "high.q"))
    assert states(p, low) == ["S"]


def test_a_suspended_queue_keeps_its_slots_and_takes_nothing(shared: Player) -> None:
    """Recorded: 'dropped because it is temporarily not available'; what waits starts when the queue goes on."""
    p = shared("low.q=1")
    low = start(p, "low.q")
    high = start(p, "high.q")
    waiting = start(p, "low.q")
    assert (p.cell.layout.place("low.q@node001").used, p.where(waiting)) == (1, None)
    reason = 'queue instance "low.q@node001" dropped because it is temporarily not available'
    assert p.cell.why(p.job(waiting))[0] == reason
    p.exit(high)
    p.wait(15)
    assert (states(p, low), p.where(waiting)) == (["r"], "low.q@node001")


def test_what_a_run_suspends_takes_nothing_more_in_that_run(shared: Player) -> None:
    """The scheduler reckons with the suspension that its own start brings about."""
    p = shared("low.q=1")
    first = p.submit(hard_queues=["high.q"])
    second = p.submit(hard_queues=["low.q"])
    p.run()
    assert (p.where(first), p.where(second)) == ("high.q@node001", None)


def test_all_reasons_must_be_gone(shared: Player) -> None:
    """Recorded: s by qmod shows beside S; the job goes on when nothing suspends it any more."""
    p = shared("low.q=1")
    low = start(p, "low.q")
    high = start(p, "high.q")
    p.do("suspend_job", low, None, user="ann")
    p.do("change_queue", "low.q@node001", "suspend", user="root")
    assert (states(p, low), state_of(p, "low.q")) == (["Ss"], "Ss")
    p.exit(high)
    assert (states(p, low), state_of(p, "low.q")) == (["Ss"], "s")
    p.do("change_queue", "low.q@node001", "resume", user="root")
    assert states(p, low) == ["s"]
    p.do("resume_job", low, None, user="ann")
    assert states(p, low) == ["r"]


def test_slot_wise_the_shortest_running_stops(shared: Player) -> None:
    """Recorded: slots=2(low.q:1:sr): the third task stops the younger one below; one that starts below stops itself;
    the older goes on first.
    """
    p = shared("slots=2(low.q:1:sr)")
    older, younger = start(p, "low.q"), start(p, "low.q")
    high = start(p, "high.q")
    assert (states(p, older, younger, high), state_of(p, "low.q")) == (["r", "S", "r"], "")
    late = start(p, "low.q")
    assert states(p, older, younger, late) == ["r", "S", "S"]
    p.exit(high)
    assert states(p, older, younger, late) == ["r", "r", "S"]


def test_slot_wise_the_longest_running_stops(shared: Player) -> None:
    """Recorded: lr."""
    p = shared("slots=2(low.q:1:lr)")
    older, younger = start(p, "low.q"), start(p, "low.q")
    high = start(p, "high.q")
    assert states(p, older, younger) == ["S", "r"]
    p.exit(high)
    assert states(p, older, younger) == ["r", "r"]


def test_a_task_that_is_suspended_otherwise_makes_room(shared: Player) -> None:
    """Recorded: qmod -s of the queue above lets a task below go on, -us stops it again."""
    p = shared("slots=1(low.q:1:sr)")
    low, high = start(p, "low.q"), start(p, "high.q")
    assert states(p, low) == ["S"]
    p.do("change_queue", "high.q@node001", "suspend", user="root")
    assert states(p, low, high) == ["r", "S"]
    p.do("change_queue", "high.q@node001", "resume", user="root")
    assert states(p, low, high) == ["S", "r"]
    p.do("suspend_job", high, None, user="ann")
    assert states(p, low, high) == ["r", "s"]
    p.do("resume_job", high, None, user="ann")
    assert states(p, low, high) == ["S", "r"]


def test_the_queue_with_the_highest_number_gives_way_first(play: Player) -> None:
    """queue_conf(5): the higher the number, the sooner a queue's tasks stop, and the later they go on."""
    queues = {
        "high.q": {"slots": "4", "subordinate_list": "slots=2(mid.q:1:sr,low.q:2:sr)"},
        "low.q": {"slots": "4"},
        "mid.q": {"slots": "4"},
    }
    p = play(HOST, queues)
    low, mid = start(p, "low.q"), start(p, "mid.q")
    first = start(p, "high.q")
    assert states(p, low, mid) == ["S", "r"]
    second = start(p, "high.q")
    assert states(p, low, mid) == ["S", "S"]
    p.exit(first)
    assert states(p, low, mid) == ["S", "r"]
    p.exit(second)
    assert states(p, low, mid) == ["r", "r"]


def test_the_deepest_queues_of_a_tree_give_way_first(play: Player) -> None:
    """A queue below may have queues below itself."""
    queues = {
        "high.q": {"slots": "4", "subordinate_list": "slots=2(mid.q:1:sr)"},
        "low.q": {"slots": "4"},
        "mid.q": {"slots": "4", "subordinate_list": "slots=2(low.q:1:sr)"},
    }
    p = play(HOST, queues)
    low, mid, high = start(p, "low.q"), start(p, "mid.q"), start(p, "high.q")
    assert states(p, low, mid, high) == ["S", "r", "r"]


def test_another_list_begins_anew(shared: Player) -> None:
    """Recorded: sr becomes lr, and the other task is the one that stops; NONE, and all go on."""
    p = shared("slots=1(low.q:1:sr)")
    older, younger = start(p, "low.q"), start(p, "low.q")
    assert states(p, older, younger) == ["r", "S"]
    texts = p.cell.config.queues["high.q"]
    p.do("configure", "queues", "high.q", texts | {"subordinate_list": "slots=1(low.q:1:lr)"}, user="root")
    assert states(p, older, younger) == ["S", "r"]
    p.do("configure", "queues", "high.q", texts | {"subordinate_list": "NONE"}, user="root")
    assert states(p, older, younger) == ["r", "r"]


def test_a_suspended_job_keeps_its_priority(shared: Player) -> None:
    """Recorded: qmod -sj freezes it while the others are compared without the job."""
    p = shared("NONE")
    first = start(p, "low.q")
    second = start(p, "low.q")
    start(p, "low.q")
    assert p.job(first).priority > p.job(second).priority > 0.25
    kept = p.job(first).priority
    p.do("suspend_job", first, None, user="ann")
    start(p, "low.q")
    assert (p.job(first).priority, p.job(second).priority) == (kept, kept)
    p.do("resume_job", first, None, user="ann")
    start(p, "high.q")
    assert p.job(second).priority < p.job(first).priority
