"""Another configuration under a living cell: nothing is lost, and everything is given back."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Cell, Complex, Denied, ResourceQuotaSet

Player = Callable[..., Any]


def configure(p: Any, kind: str, name: str, value: Any) -> list[Any]:
    events: list[Any] = p.do("configure", kind, name, value, user="root")
    return events


def changed(p: Any, kind: str, name: str, **texts: str) -> list[Any]:
    return configure(p, kind, name, getattr(p.cell.config, kind).get(name, {}) | texts)


def check_laws(cell: Cell) -> None:
    """What stands at every level is what the placed tasks hold by the rules of now."""
    slots: Counter[str] = Counter()
    environments: Counter[str] = Counter()
    devices: Counter[tuple[str, int]] = Counter()
    used: Counter[tuple[str, str]] = Counter()
    for task in cell.placed.values():
        assert task.charged is not None
        assert task.state != "qw"
        environments[task.pe or ""] += task.slots
        for index, grant in enumerate(task.grants):
            place = cell.layout.place(grant.queue_instance)
            assert (task.job.id, task.id) in place.tasks
            slots[place.name] += grant.slots
            for device in grant.devices:
                devices[grant.host, device] += 1
            for demand in task.charged.demands:
                amount = demand.amount * (int(index == 0) if demand.per_job else grant.slots)
                used[grant.host, demand.name] += int(amount)
                used["global", demand.name] += int(amount)
    for place in cell.queue_instances:
        assert place.used == slots[place.name]
        assert sum(grant.slots for task in place.tasks.values() for grant in task.grants) >= place.used
    for host in (cell.layout.everywhere, *cell.hosts.values()):
        for name in host.capacity:
            if name != "exclusive":
                assert host.used.get(name, 0.0) == used[host.name, name]
        taken = {device for name, device in devices if name == host.name}
        assert sorted([*host.free_devices, *taken]) == sorted(host.machine.gpus)
    assert max(devices.values(), default=1) == 1
    for environment in cell.layout.environments.values():
        assert environment.used == environments[environment.name]


def test_what_holds_more_than_its_queue_has_now_counts_on_its_host(play: Player) -> None:
    """A queue that shrank below what runs in it leaves its host's slots no more for the others."""
    p = play(
        {"node001": "slots=3"}, {"a.q": {"slots": "2"}, "b.q": {"slots": "3", "seq_no": "1"}}, pes={"fill": "$fill_up"}
    )
    p.submit()
    p.run()
    changed(p, "queues", "a.q", slots="0")
    wide, narrow = p.submit(pe="fill", slots=3), p.submit(pe="fill", slots=2)
    p.wait(15)
    assert (p.where(1), p.where(wide), p.where(narrow)) == ("a.q@node001", None, "b.q@node001")


def test_a_new_queue_takes_jobs(play: Player) -> None:
    """-aq: what waited starts there; what runs goes on where it is."""
    p = play({"node001": "NONE"})
    jobs = [p.submit() for _ in range(3)]
    p.run()
    assert p.where(jobs[2]) is None
    configure(p, "queues", "b.q", p.cell.config.queues["all.q"] | {"slots": "1"})
    p.wait(15)
    assert [p.where(job) for job in jobs] == ["all.q@node001", "all.q@node001", "b.q@node001"]


def test_a_scheduler_change_runs_at_once_a_queue_change_by_the_interval(play: Player) -> None:
    """As the qmaster hands them to its scheduler."""
    p = play({"node001": "NONE"})
    p.submit()
    p.wait(20)
    changed(p, "queues", "all.q", slots="3")
    assert p.cell.next_run_at > p.now
    configure(p, "scheduler", "", p.cell.config.scheduler | {"maxujobs": "1"})
    assert p.cell.next_run_at == p.now


def test_a_queue_with_jobs_stays(play: Player) -> None:
    """Recorded: denied, and nothing has changed."""
    p = play({"node001": "NONE"})
    job = p.submit()
    p.run()
    with pytest.raises(Denied, match=r"There are still running jobs in the queue. Deletion denied\."):
        configure(p, "queues", "all.q", None)
    assert p.where(job) == "all.q@node001"
    p.exit(job)
    configure(p, "queues", "all.q", None)
    assert p.cell.queue_instances == []


def test_a_queue_instance_that_loses_its_host_is_orphaned_until_its_jobs_end(play: Player) -> None:
    """State o: no more jobs; it goes with the last one."""
    p = play()
    first = p.submit(hard_queues=["all.q@node001"])
    p.run()
    changed(p, "queues", "all.q", hostlist="node002")
    assert [(place.name, place.state) for place in p.cell.queue_instances] == [
        ("all.q@node002", ""),
        ("all.q@node001", "o"),
    ]
    second = p.submit(hard_queues=["all.q@node001"])
    p.wait(30)
    assert p.where(second) is None
    check_laws(p.cell)
    p.exit(first)
    p.run()
    assert [place.name for place in p.cell.queue_instances] == ["all.q@node002"]


def test_what_became_a_consumable_under_a_running_job_is_debited(play: Player) -> None:
    """8.1.9 debits all running jobs anew when complexes change; what is given back is what stands there."""
    p = play({"node001": "rmem=8G"})
    job = p.submit(l={"rmem": "3G"})
    p.run()
    complexes = p.cell.config.complexes
    host = p.cell.hosts["node001"]
    assert host.used["rmem"] == 3 * 1024**3
    configure(p, "complexes", "rmem", Complex("rmem", "rmem", "MEMORY", "<=", "YES", "NO", "0", "0"))
    assert "rmem" not in p.cell.hosts["node001"].capacity
    configure(p, "complexes", "rmem", complexes["rmem"])
    assert p.cell.hosts["node001"].used["rmem"] == 3 * 1024**3
    p.exit(job)
    assert p.cell.hosts["node001"].used["rmem"] == 0.0


def test_quotas_count_what_runs_already(play: Player) -> None:
    """A new set's limits hold for what runs, too."""
    p = play(quotas=())
    jobs = [p.submit() for _ in range(2)]
    p.run()
    configure(p, "resource_quotas", "r", ResourceQuotaSet("r", limits=["users {*} to slots=2"]))
    third = p.submit()
    p.wait(30)
    assert p.where(third) is None
    p.exit(jobs[0])
    p.wait(30)
    assert p.where(third)


def test_states_of_queue_instances_and_hosts_stay(play: Player) -> None:
    """Disabled by hand, in error, without a word from the host: whatever the change is about."""
    p = play(settings={"max_unheard": "0:1:0", "load_report_time": "0:0:40"})
    p.do("change_queue", "all.q@node001", "disable", user="root")
    p.do("host_lost", "node002")
    p.wait(400)
    before = [place.state for place in p.cell.queue_instances]
    assert before == ["d", "u"]
    changed(p, "queues", "all.q", slots="7")
    assert [place.state for place in p.cell.queue_instances] == before
    assert [place.slots for place in p.cell.queue_instances] == [7, 7]


def test_a_host_without_a_machine_is_unknown_until_it_reports(play: Player) -> None:
    """-ae adds a host; its execd has yet to be started."""
    p = play({"node001": "NONE"})
    configure(p, "hosts", "node009", {"complex_values": "NONE"})
    changed(p, "queues", "all.q", hostlist="node001 node009")
    assert [place.state for place in p.cell.queue_instances] == ["", "u"]
    p.do("load_report", "node009", {"load_avg": "0.1", "np_load_avg": "0.1"})
    assert [place.state for place in p.cell.queue_instances] == ["", ""]


def test_what_cannot_be_compiled_changes_nothing(play: Player) -> None:
    """Denied, and the old configuration holds."""
    p = play()
    before = p.cell.config
    with pytest.raises(Denied):
        changed(p, "queues", "all.q", slots="many")
    with pytest.raises(Denied):
        configure(p, "nonsense", "x", {})
    assert p.cell.config is before
    assert p.where(p.submit()) is None
    p.run()


def test_priorities_and_order_of_waiting_jobs_stay(play: Player) -> None:
    """A change of the configuration reorders nothing by itself."""
    p = play({"node001": "slots=0"})
    jobs = [p.submit(l={"h_rt": str(60 + n % 3)}) for n in range(9)]
    p.wait(40)
    before = [(job.id, job.priority) for job, _ in p.cell.pending()]
    changed(p, "queues", "all.q", seq_no="5")
    assert [(job.id, job.priority) for job, _ in p.cell.pending()] == before
    assert sorted(job for job, _ in before) == jobs


def test_a_calendar_taken_away_opens_its_queue(play: Player) -> None:
    """The D goes with the calendar; its timer rings no more."""
    p = play(
        {"node001": "NONE"}, {"all.q": {"calendar": "off"}}, calendars={"off": {"year": "NONE", "week": "mon-sun"}}
    )
    assert p.cell.queue_instances[0].state == "D"
    changed(p, "queues", "all.q", calendar="NONE")
    assert p.cell.queue_instances[0].state == ""
    changed(p, "queues", "all.q", calendar="off")
    assert p.cell.queue_instances[0].state == "D"


def test_tasks_stay_suspended_when_the_calendar_is_taken_away(play: Player) -> None:
    """As recorded: the queue opens, its tasks go on when it is suspended and unsuspended by hand."""
    calendars = {"always": {"year": "NONE", "week": "mon-sun=0-24=suspended"}}
    p = play({"node001": "NONE"}, calendars=calendars)
    p.submit()
    p.run()
    changed(p, "queues", "all.q", calendar="always")
    (task,) = p.cell.placed.values()
    assert task.suspended_by == "S"
    changed(p, "queues", "all.q", calendar="NONE")
    assert (p.cell.queue_instances[0].state, task.suspended_by) == ("", "S")


CHANGES: list[Callable[[random.Random, Any], object]] = [
    lambda r, p: changed(p, "queues", r.choice(("a.q", "b.q")), slots=str(r.randrange(5))),
    lambda r, p: changed(p, "queues", "a.q", hostlist=" ".join(r.sample(["node001", "node002", "gpu001"], 2))),
    lambda r, p: changed(p, "queues", "b.q", calendar=r.choice(("off", "NONE"))),
    lambda r, p: changed(p, "queues", "b.q", pe_list=r.choice(("mpi smp", "NONE", "mpi"))),
    lambda r, p: changed(p, "hosts", "node001", complex_values=r.choice(("NONE", "rmem=9G", "licence=4,slots=3"))),
    lambda r, p: changed(p, "hosts", "global", complex_values=r.choice(("NONE", "licence=3", "rmem=100G"))),
    lambda r, p: changed(p, "parallel_environments", "mpi", slots=str(r.randrange(9))),
    lambda r, p: configure(p, "queues", "b.q", None),
    lambda r, p: configure(p, "queues", "b.q", p.cell.config.queues["a.q"] | {"slots": "2", "seq_no": "7"}),
    lambda r, p: configure(
        p,
        "complexes",
        "rmem",
        Complex("rmem", "rmem", "MEMORY", "<=", "YES", r.choice(("YES", "NO", "JOB")), r.choice(("0", "2G")), "0"),
    ),
    lambda r, p: configure(p, "complexes", "licence", None),
    lambda r, p: configure(p, "complexes", "licence", Complex("licence", "lic", "INT", "<=", "YES", "JOB", "0", "0")),
    lambda r, p: configure(p, "resource_quotas", "r", ResourceQuotaSet("r", limits=["users {*} to slots=5,rmem=20G"])),
    lambda r, p: configure(p, "resource_quotas", "r", None),
    lambda r, p: configure(
        p,
        "scheduler",
        "",
        p.cell.config.scheduler | {"max_reservation": str(r.randrange(2)), "default_duration": "9:0:0"},
    ),
    lambda r, p: configure(
        p, "scheduler", "", p.cell.config.scheduler | {"weight_tickets_functional": str(r.randrange(2) * 1000)}
    ),
    lambda r, p: configure(p, "users", "ann", {"name": "ann", "fshare": str(r.randrange(100)), "oticket": "0"}),
    lambda r, p: configure(
        p, "configuration", "global", {"finished_jobs": str(r.randrange(5)), "max_aj_instances": "2"}
    ),
]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_changes_the_laws_hold(play: Player, seed: int) -> None:
    """Random jobs, ends and changes: at each step the books are right, in the end everything has been given back."""
    r = random.Random(seed)
    p = play(
        {"global": "licence=3", "node001": "rmem=16G,slots=3", "node002": "rmem=8G", "gpu001": "gpu=2"},
        {"a.q": {"slots": "2"}, "b.q": {"slots": "3", "seq_no": "5"}},
        gpus={"gpu001": 2},
        pes={"mpi": "$round_robin", "smp": "$pe_slots"},
        calendars={"off": {"year": "NONE", "week": "mon-sun"}},
    )
    for _ in range(120):
        act = r.randrange(4)
        try:
            if act == 0:
                wanted = r.choice(({}, {"rmem": "1G"}, {"licence": "1"}, {"gpu": "1"}, {"h_rt": "100"}))
                pe = r.choice((None, None, "mpi", "smp"))
                p.submit(r.choice(("ann", "bob")), l=wanted, pe=pe, slots=2 if pe else None, reserve=r.random() < 0.3)
            elif act == 1:
                r.choice(CHANGES)(r, p)
            elif act == 2 and p.cell.placed:
                p.exit(*r.choice(list(p.cell.placed)))
            else:
                p.wait(r.choice((1, 20, 200)))
        except Denied:
            continue
        check_laws(p.cell)
    for job, task in list(p.cell.placed):
        p.exit(job, task)
    for place in p.cell.queue_instances:
        assert place.used == 0
        assert not any(place.used_of.values())
    for host in (p.cell.layout.everywhere, *p.cell.hosts.values()):
        assert not any(host.used.values())
        assert host.free_devices == list(host.machine.gpus)
    assert not p.cell.quotas.used
    assert not any(environment.used for environment in p.cell.layout.environments.values())
