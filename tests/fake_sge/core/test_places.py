"""Queue instances and hosts: qmod(1), load reports, silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Denied, TaskRange, letters

Player = Callable[..., Any]


def test_a_disabled_queue_lets_run_what_runs(play: Player) -> None:
    """qmod -d: nothing new; -e: again."""
    p = play({"node001": "NONE"})
    first = p.submit()
    p.run()
    p.do("change_queue", "all.q@node001", "disable", user="root")
    second = p.submit()
    p.wait(30)
    assert p.where(first)
    assert p.where(second) is None
    assert p.cell.why(p.job(second))[0] == 'queue instance "all.q@node001" dropped because it is disabled'
    p.do("change_queue", "all.q@node001", "enable", user="root")
    p.wait(15)
    assert p.where(second)


@pytest.mark.parametrize(
    ("action", "word"), [("enable", "enabled"), ("resume", "unsuspended"), ("clear_error", "no error")]
)
def test_what_is_so_already_is_said(play: Player, action: str, word: str) -> None:
    """Recorded: 'is already in the specified state', exit code 0."""
    p = play({"node001": "NONE"})
    with pytest.raises(Denied) as refused:
        p.cell.change_queue(p.now, "all.q@node001", action, user="root")
    assert refused.value.text == f'Queue instance "all.q@node001" is already in the specified state: {word}'
    assert refused.value.exit_code == 0


def test_ordinary_users_don_t_change_queues_but_owners_do(play: Player) -> None:
    """Recorded refusal; owner_list of queue_conf(5) may disable and suspend."""
    p = play({"node001": "NONE"}, {"all.q": {"owner_list": "olga"}})
    with pytest.raises(Denied) as refused:
        p.cell.change_queue(p.now, "all.q@node001", "disable", user="ann")
    assert refused.value.text == 'ann - you have no permission to modify queue "all.q@node001"'
    p.do("change_queue", "all.q@node001", "disable", user="olga")
    assert p.cell.queue_instances[0].state == "d"


def test_a_suspended_queue_suspends_its_jobs(play: Player) -> None:
    """Recorded: state S; a job suspended by itself stays so when its queue goes on."""
    p = play({"node001": "NONE"})
    first, second = p.submit(), p.submit()
    p.run()
    for job in (first, second):
        p.do("started", job, 1)
    p.do("suspend_job", second, None, user="ann")
    p.do("change_queue", "all.q@node001", "suspend", user="root")
    assert letters(p.job(first).tasks[1]) == "S"
    p.do("change_queue", "all.q@node001", "resume", user="root")
    assert [letters(p.job(job).tasks[1]) for job in (first, second)] == ["r", "s"]


def test_a_silent_host_becomes_unknown_after_max_unheard(play: Player) -> None:
    """max(3 x load_report_time, max_unheard): u; its jobs stay r and keep their slots."""
    p = play({"node001": "NONE"}, settings={"max_unheard": "0:5:0", "load_report_time": "0:0:40"})
    job = p.submit()
    p.run()
    p.do("started", job, 1)
    p.do("host_lost", "node001")
    p.wait(299)
    assert p.cell.queue_instances[0].state == ""
    p.wait(1)
    place = p.cell.queue_instances[0]
    assert (place.state, place.used, letters(p.job(job).tasks[1])) == ("u", 1, "r")
    p.do("host_returned", "node001")
    assert place.state == ""


def test_a_host_that_reports_is_known(play: Player) -> None:
    """Each report starts the wait anew; only silence makes a host unknown."""
    p = play({"node001": "NONE"})
    p.do("load_report", "node001", {"np_load_avg": "0.1"})
    p.wait(200)
    p.do("load_report", "node001", {"np_load_avg": "0.1"})
    p.wait(299)
    assert p.cell.hosts["node001"].up
    p.wait(1)
    assert not p.cell.hosts["node001"].up


def test_a_lost_host_with_load_thresholds_is_in_alarm_too(play: Player) -> None:
    """Recorded: au, for a missing load value is an alarm."""
    p = play({"node001": "NONE"}, {"all.q": {"load_thresholds": "np_load_avg=1.75"}})
    p.do("host_lost", "node001")
    p.wait(300)
    assert p.cell.queue_instances[0].state == "au"


@pytest.mark.parametrize(("rerun", "moved"), [(True, True), (False, False)])
def test_reschedule_unknown_moves_rerunnable_jobs(play: Player, rerun: bool, moved: bool) -> None:
    """reschedule_unknown after u: requeued, and the host is barred to the task until it is heard again."""
    p = play(queues={"all.q": {"slots": "1"}}, settings={"reschedule_unknown": "0:1:0"})
    job = p.submit(rerun=rerun)
    p.run()
    p.do("started", job, 1)
    p.do("host_lost", "node001")
    p.wait(360)
    assert p.where(job) == ("all.q@node002" if moved else "all.q@node001")
    if moved:
        assert p.job(job).tasks[1].barred == ["node001"]
        p.do("host_returned", "node001")
        assert p.job(job).tasks[1].barred == []


def test_an_unknown_queue_or_host_is_refused(play: Player) -> None:
    """Names that nobody knows."""
    p = play()
    with pytest.raises(Denied, match=r'invalid queue "no\.q@node001"'):
        p.cell.change_queue(p.now, "no.q@node001", "disable", user="root")
    with pytest.raises(Denied, match="is not an execution host"):
        p.cell.host_lost(p.now, "node999")


def lost_with(p: Any, **fields: Any) -> int:
    """A job that runs on node001 while that falls silent."""
    job: int = p.submit(hard=[("hostname", "node001")], **fields)
    p.run()
    p.do("started", job, 1)
    p.do("host_lost", "node001")
    return job


def test_a_host_s_own_reschedule_unknown_holds_for_it(play: Player) -> None:
    """sge_conf(5): a local configuration overrides the global one."""
    p = play(settings={"reschedule_unknown": "0:1:0"})
    p.do("configure", "configuration", "node001", {"reschedule_unknown": "0:2:0"}, user="root")
    job = lost_with(p, rerun=True)
    p.wait(300 + 119)
    assert p.job(job).tasks[1].grants
    p.wait(1)
    assert not p.job(job).tasks[1].grants


def test_a_job_is_sent_to_a_lost_host_until_it_is_unknown(play: Player) -> None:
    """Recorded: nothing is noticed before max_unheard; what was sent there stays t, also when the host is back."""
    p = play({"node001": "NONE"})
    lost_with(p)
    late = p.submit()
    p.wait(15)
    assert (p.where(late), letters(p.job(late).tasks[1])) == ("all.q@node001", "t")
    p.wait(300)
    p.do("host_returned", "node001")
    assert letters(p.job(late).tasks[1]) == "t"


def test_reschedule_kill_ends_what_may_not_run_again(play: Player) -> None:
    """sge_conf(5), ENABLE_RESCHEDULE_KILL; without it the job stays where it was."""
    settings = {"reschedule_unknown": "0:1:0", "qmaster_params": "ENABLE_RESCHEDULE_KILL=1"}
    p = play(settings=settings)
    job = lost_with(p, rerun=False)
    p.wait(360)
    assert job not in p.cell.jobs


@pytest.mark.parametrize(("parameters", "moved"), [("none", False), ("ENABLE_RESCHEDULE_SLAVE=true", True)])
def test_a_parallel_job_goes_with_its_master_or_any_host(play: Player, parameters: str, moved: bool) -> None:
    """sge_conf(5), ENABLE_RESCHEDULE_SLAVE: losing a slave host alone is enough."""
    settings = {"reschedule_unknown": "0:1:0", "qmaster_params": parameters}
    p = play(pes={"mpi": "$round_robin"}, settings=settings)
    job = p.submit(pe="mpi", pe_slots=[TaskRange(2, 2)], rerun=True)
    p.run()
    p.do("started", job, 1)
    p.do("host_lost", p.job(job).tasks[1].grants[1].host)
    p.wait(360)
    assert (p.job(job).tasks[1].restarts == 1) is moved


@pytest.mark.parametrize(
    ("parameters", "known", "gone"),
    [
        ("none", False, False),
        ("ENABLE_FORCED_QDEL_IF_UNKNOWN=true", False, True),
        ("ENABLE_FORCED_QDEL_IF_UNKNOWN=true", True, False),
    ],
)
def test_qdel_of_a_job_on_an_unknown_host(play: Player, parameters: str, known: bool, gone: bool) -> None:
    """sge_conf(5): dr for ever, unless the qmaster is told to give such jobs up."""
    p = play(settings={"qmaster_params": parameters})
    job = lost_with(p)
    p.wait(1 if known else 300)
    p.do("delete", job, None, user="ann")
    assert (job not in p.cell.jobs) is gone
    if not gone:
        assert letters(p.job(job).tasks[1]) == "dr"


def test_users_force_a_deletion_where_they_may(play: Player) -> None:
    """sge_conf(5), ENABLE_FORCED_QDEL."""
    p = play(settings={"qmaster_params": "ENABLE_FORCED_QDEL=1"})
    job = lost_with(p)
    p.do("delete", job, None, user="ann", forced=True)
    assert job not in p.cell.jobs


def test_a_host_that_returned_in_time_isn_t_missed_later(play: Player) -> None:
    """Nothing is said of a loss that nobody noticed."""
    p = play({"node001": "NONE"})
    p.do("host_lost", "node001")
    p.wait(10)
    p.do("host_returned", "node001")
    p.wait(1000)
    assert p.cell.queue_instances[0].state == ""
