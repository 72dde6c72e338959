"""suspend_thresholds, nsuspend and suspend_interval, and what alarms say: queue_conf(5), as 8.1.9 follows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Denied, letters

Player = Callable[..., Any]

HOST = {"node001": "NONE"}
LIMIT = {"slots": "4", "suspend_thresholds": "np_load_avg=2", "nsuspend": "1", "suspend_interval": "0:1:0"}


def loaded(p: Any, load: str) -> None:
    p.do("load_report", "node001", {"np_load_avg": load})


def started(p: Any, number: int) -> list[int]:
    """So many jobs, three seconds between them."""
    jobs = []
    for _ in range(number):
        jobs.append(p.submit())
        p.wait(1)
        p.do("started", jobs[-1], 1)
        p.wait(2)
    return jobs


def states(p: Any, jobs: list[int]) -> list[str]:
    return [letters(p.job(job).tasks[1]) for job in jobs]


def test_one_job_an_interval_stops_the_shortest_running_first(play: Player) -> None:
    """State T for the job and A for the queue, at the next scheduler run, then each suspend_interval."""
    p = play(HOST, {"all.q": LIMIT})
    jobs = started(p, 3)
    loaded(p, "3")
    assert (p.cell.queue_instances[0].state, states(p, jobs)) == ("A", ["r", "r", "r"])
    p.wait(15)
    assert states(p, jobs) == ["r", "r", "T"]
    p.wait(30)
    assert states(p, jobs) == ["r", "r", "T"]
    p.wait(45)
    assert states(p, jobs) == ["r", "T", "T"]


def test_they_go_on_the_longest_running_first(play: Player) -> None:
    """One each suspend_interval, once the load is below."""
    p = play(HOST, {"all.q": LIMIT | {"nsuspend": "2"}})
    jobs = started(p, 2)
    loaded(p, "3")
    p.wait(15)
    assert states(p, jobs) == ["T", "T"]
    texts = p.cell.config.queues["all.q"]
    p.do("configure", "queues", "all.q", texts | {"nsuspend": "1"}, user="root")
    loaded(p, "1")
    assert p.cell.queue_instances[0].state == ""
    p.wait(75)
    assert states(p, jobs) == ["r", "T"]
    p.wait(75)
    assert states(p, jobs) == ["r", "r"]


def test_a_queue_in_suspend_alarm_takes_nothing(play: Player) -> None:
    """Recorded: 'is in suspend alarm'."""
    p = play(HOST, {"all.q": LIMIT})
    loaded(p, "3.0")
    job = p.submit()
    p.wait(15)
    assert p.where(job) is None
    alarm = 'queue instance "all.q@node001" is in suspend alarm: np_load_avg=3.000000 (no load adjustment) >= 2'
    assert p.cell.why(p.job(job))[0] == alarm


def test_without_thresholds_everything_goes_on_at_once(play: Player) -> None:
    """qconf, suspend_thresholds NONE."""
    p = play(HOST, {"all.q": LIMIT})
    jobs = started(p, 1)
    loaded(p, "3")
    p.wait(15)
    assert states(p, jobs) == ["T"]
    texts = p.cell.config.queues["all.q"]
    p.do("configure", "queues", "all.q", texts | {"suspend_thresholds": "NONE"}, user="root")
    assert states(p, jobs) == ["r"]


@pytest.mark.parametrize("off", [{"nsuspend": "0"}, {"suspend_interval": "0:0:0"}])
def test_no_number_or_interval_means_no_threshold(play: Player, off: dict[str, str]) -> None:
    """queue_conf(5): then nothing is suspended, and there is no alarm."""
    p = play(HOST, {"all.q": LIMIT | off})
    jobs = started(p, 1)
    loaded(p, "3")
    p.wait(60)
    assert (p.cell.queue_instances[0].state, states(p, jobs)) == ("", ["r"])


def test_a_job_suspended_by_hand_too_stays_so(play: Player) -> None:
    """Recorded: Ts; the user's s goes, the threshold's T stays, and the other way round."""
    p = play(HOST, {"all.q": LIMIT})
    (job,) = started(p, 1)
    loaded(p, "3")
    p.wait(15)
    p.do("suspend_job", job, None, user="ann")
    assert states(p, [job]) == ["Ts"]
    p.do("resume_job", job, None, user="ann")
    assert states(p, [job]) == ["T"]
    with pytest.raises(Denied, match=f"ann - job {job} is not suspended by administrator - modify suspend threshold"):
        p.do("resume_job", job, None, user="ann")


def test_a_threshold_of_slots_goes_by_what_is_in_use(play: Player) -> None:
    """Recorded: slots=3 with 3 of 4 left: a, 'slots=3.000000 (no load value) <= 3'."""
    p = play(HOST, {"all.q": {"slots": "4", "load_thresholds": "slots=3"}})
    (job,) = started(p, 1)
    assert p.cell.queue_instances[0].state == "a"
    waiting = p.submit()
    p.wait(15)
    text = 'queue instance "all.q@node001" dropped because it is overloaded: slots=3.000000 (no load value) <= 3'
    assert p.cell.why(p.job(waiting))[0] == text
    p.exit(job)
    assert p.cell.queue_instances[0].state == ""


def test_an_alarm_tells_the_adjustment(play: Player) -> None:
    """Recorded: np_load_avg=4.229697 (= 3.314697 + 0.50 * 3.660000 with nproc=2) >= 0.01."""
    scheduler = {"job_load_adjustments": "np_load_avg=0.50", "load_adjustment_decay_time": "0:7:30"}
    p = play(HOST, {"all.q": {"slots": "4", "load_thresholds": "np_load_avg=1"}}, scheduler=scheduler)
    p.do("load_report", "node001", {"np_load_avg": "0.900000", "num_proc": "2"})
    p.submit()
    job = p.submit()
    p.run()
    text = "overloaded: np_load_avg=1.150000 (= 0.900000 + 0.50 * 1.000000 with nproc=2) >= 1"
    assert p.cell.why(p.job(job))[0].endswith(text)


def test_load_is_scaled_for_the_scheduler(play: Player) -> None:
    """host_conf(5), load_scaling: the threshold is compared with the scaled value."""
    p = play(HOST, {"all.q": {"load_thresholds": "np_load_avg=1"}})
    p.do("configure", "hosts", "node001", {"complex_values": "NONE", "load_scaling": "np_load_avg=0.1"}, user="root")
    loaded(p, "5.0")
    assert p.cell.queue_instances[0].state == ""
    loaded(p, "20.0")
    assert p.cell.queue_instances[0].state == "a"
    assert p.cell.hosts["node001"].scaled("np_load_avg") == "   2.000"


def test_load_may_follow_what_runs(play: Player) -> None:
    """load_follows_jobs: one for each slot that runs; suspended ones and those that ended don't count."""
    p = play(HOST, {"all.q": {"slots": "4"}}, load_follows_jobs=True)
    host = p.cell.hosts["node001"]
    first, second = started(p, 2)
    assert (host.load["load_avg"], host.load["np_load_avg"]) == ("2.000000", "2.000000")
    p.do("suspend_job", first, None, user="ann")
    assert host.load["load_avg"] == "1.000000"
    p.do("resume_job", first, None, user="ann")
    p.exit(second)
    assert host.load["load_avg"] == "1.000000"


def test_load_that_follows_fills_hosts_evenly(play: Player) -> None:
    """By np_load_avg the emptier host comes first, run by run, though no adjustment says so."""
    p = play(queues={"all.q": {"slots": "9"}}, load_follows_jobs=True)
    hosts = [p.where(job).partition("@")[2] for job in started(p, 4)]
    assert sorted(hosts) == ["node001", "node001", "node002", "node002"]


def test_a_host_stays_idle_by_itself(play: Player) -> None:
    """Without the option a load is what is reported."""
    p = play(HOST)
    started(p, 1)
    assert p.cell.hosts["node001"].load["load_avg"] == "0.000000"
