"""Load: which host comes first, and which is too busy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Player = Callable[..., Any]
ADJUSTED = {"job_load_adjustments": "np_load_avg=0.50"}


def test_hosts_are_taken_by_load(play: Player) -> None:
    """queue_sort_method load: the least loaded first."""
    p = play()
    p.do("load_report", "node001", {"np_load_avg": "0.8"})
    job = p.submit()
    p.run()
    assert p.where(job) == "all.q@node002"


def test_sequence_numbers_come_first_with_seqno(play: Player) -> None:
    """queue_sort_method seqno: by seq_no, load among equals."""
    p = play(queues={"all.q": {"seq_no": "9,[node002=1]"}}, scheduler={"queue_sort_method": "seqno"})
    p.do("load_report", "node002", {"np_load_avg": "0.8"})
    job = p.submit()
    p.run()
    assert p.where(job) == "all.q@node002"


def test_a_started_job_raises_its_host_s_load_until_it_is_felt(play: Player) -> None:
    """job_load_adjustments: jobs of one run go round the hosts; after the decay time nothing is added."""
    p = play(queues={"all.q": {"slots": "4"}}, scheduler=ADJUSTED)
    p.do("load_report", "node002", {"np_load_avg": "0.1"})
    jobs = [p.submit() for _ in range(3)]
    p.run()
    assert [p.where(job) for job in jobs] == ["all.q@node001", "all.q@node002", "all.q@node001"]
    p.wait(451)
    host = p.cell.hosts["node001"]
    assert p.cell.load_rules.sort_value(p.cell.layout, host, p.now) == 0.0


def test_a_formula_of_slots_packs(play: Player) -> None:
    """Recorded: load_formula slots fills one host before the next, for its free slots grow fewer."""
    p = play(
        {"node001": "slots=4", "node002": "slots=4"}, {"all.q": {"slots": "4"}}, scheduler={"load_formula": "slots"}
    )
    jobs = [p.submit() for _ in range(5)]
    p.run()
    assert [p.where(job) for job in jobs] == ["all.q@node001"] * 4 + ["all.q@node002"]


def test_a_weighted_formula_is_computed(play: Player) -> None:
    """Terms joined by + and -, each with a weight."""
    p = play(scheduler={"load_formula": "np_load_avg*10-num_proc"})
    p.do("load_report", "node001", {"np_load_avg": "0.5", "num_proc": "4"})
    host = p.cell.hosts["node001"]
    assert p.cell.load_rules.sort_value(p.cell.layout, host, p.now) == 1.0


def test_an_overloaded_queue_takes_nothing(play: Player) -> None:
    """load_thresholds: state a, and the reason says so."""
    p = play({"node001": "NONE"}, {"all.q": {"load_thresholds": "np_load_avg=1.75"}})
    p.do("load_report", "node001", {"np_load_avg": "2.5"})
    job = p.submit()
    p.run()
    assert p.cell.queue_instances[0].state == "a"
    assert p.cell.why(p.job(job))[0].startswith(
        'queue instance "all.q@node001" dropped because it is overloaded: np_load_avg=2.5'
    )
    p.do("load_report", "node001", {"np_load_avg": "0.5"})
    p.wait(15)
    assert p.where(job) == "all.q@node001"


def test_an_alarm_in_the_middle_of_a_run_counts_for_the_jobs_behind(play: Player) -> None:
    """Thresholds are looked at again after each start, also where the order of the hosts stays as it is."""
    p = play(
        {"node001": "NONE"},
        {"a.q": {}, "b.q": {"seq_no": "1", "load_thresholds": "np_load_avg=0.9"}, "c.q": {"seq_no": "2"}},
        scheduler=ADJUSTED | {"load_formula": "load_avg"},
    )
    jobs = [p.submit() for _ in range(3)]
    p.run()
    assert [p.where(job) for job in jobs] == ["a.q@node001", "a.q@node001", "c.q@node001"]


def test_adjustments_count_for_the_alarm_and_decay(play: Player) -> None:
    """A host with four jobs just started is in alarm; jobs follow as the adjustment decays."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "9", "load_thresholds": "np_load_avg=1.75"}}, scheduler=ADJUSTED)
    jobs = [p.submit() for _ in range(5)]
    p.run()
    assert [p.where(job) is not None for job in jobs] == [True, True, True, True, False]
    p.wait(120)
    assert p.where(jobs[4]) is not None
