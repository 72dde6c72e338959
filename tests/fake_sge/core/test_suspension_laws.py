"""Laws of suspension, whatever happens in whatever order."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_sge.core import Denied

Player = Callable[..., Any]

QUEUES = {
    "high.q": {"slots": "3", "subordinate_list": "slots=2(low.q:1:sr,mid.q:2:lr)"},
    "low.q": {"slots": "3", "suspend_thresholds": "np_load_avg=2", "suspend_interval": "0:0:30"},
    "mid.q": {"slots": "2", "subordinate_list": "rest.q=2"},
    "rest.q": {"slots": "2"},
}
NAMES = sorted(QUEUES)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(NAMES)),
        st.tuples(st.sampled_from(["exit", "suspend_job", "resume_job", "delete", "started"]), st.integers(1, 9)),
        st.tuples(st.sampled_from(["suspend", "resume"]), st.sampled_from(NAMES)),
        st.tuples(st.just("load"), st.sampled_from(["0.5", "3.0"])),
        st.tuples(st.just("wait"), st.integers(1, 60)),
    ),
    max_size=40,
)


def step(p: Any, kind: str, what: Any) -> None:
    """One thing happens, or is denied."""
    try:
        match kind:
            case "submit":
                p.submit(hard_queues=[what])
                p.run()
            case "exit":
                p.exit(what)
            case "started":
                p.do("started", what, 1)
            case "suspend" | "resume":
                p.do("change_queue", f"{what}@node001", kind, user="root")
            case "load":
                p.do("load_report", "node001", {"np_load_avg": what})
            case "wait":
                p.wait(what)
            case _:
                p.do(kind, what, None, user="ann")
    except Denied:
        pass


def check(p: Any) -> None:
    """What must hold between any two inputs."""
    places = {place.queue: place for place in p.cell.queue_instances}
    for place in places.values():
        assert place.used == len(place.tasks) <= place.slots
        stopped = any(letter in place.flags for letter in "sCS")
        assert all(("S" in task.suspended_by) is stopped for task in place.tasks.values())
    assert ("S" in places["rest.q"].flags) is (places["mid.q"].used >= 2)
    assert not p.cell.unsettled
    running = [
        task
        for queue in ("high.q", "low.q", "mid.q")
        for task in places[queue].tasks.values()
        if not task.suspended_by and task.deletion_at is None
    ]
    assert len(running) <= 2 or {task.grants[0].queue for task in running} == {"high.q"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_every_reason_is_told_and_taken_back(play: Player, steps: list[tuple[str, Any]]) -> None:
    """Queues stop whom they say, a slot-wise tree never runs more below than it may, and slots are kept."""
    p = play({"node001": "NONE"}, QUEUES)
    for kind, what in steps:
        step(p, kind, what)
        check(p)
    copy = pickle.loads(pickle.dumps(p.cell))
    assert copy.advance(p.now + 100) == p.cell.advance(p.now + 100)
