"""Where a serial job may run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Player = Callable[..., Any]


def test_consumables_are_debited_for_each_slot_at_the_level_that_has_them(play: Player) -> None:
    """sge_complex(5): YES counts per slot; a host without any isn't asked."""
    p = play({"node001": "rmem=4G", "node002": "rmem=16G"}, queues={"all.q": {"slots": "4"}})
    big = p.submit(l={"rmem": "8G"})
    p.run()
    assert p.where(big) == "all.q@node002"
    assert p.cell.hosts["node002"].used == {"rmem": 8 * 1024**3}
    assert p.cell.hosts["node001"].used == {}


def test_a_default_is_debited_where_nothing_is_requested(play: Player) -> None:
    """complex(5): the default of a consumable counts, here 2G a slot: two of them fill 4G."""
    p = play({"node001": "rmem=4G"}, queues={"all.q": {"slots": "8"}})
    jobs = [p.submit() for _ in range(3)]
    p.run()
    assert [p.where(job) for job in jobs] == ["all.q@node001", "all.q@node001", None]
    assert "hc:rmem=0.000" in p.cell.why(p.job(jobs[2]))[0]


def test_job_consumables_are_debited_once(play: Player) -> None:
    """consumable JOB: once a job, whatever its slots."""
    p = play({"node001": "licence=1"}, {"all.q": {"slots": "4"}}, pes={"smp": "$pe_slots"})
    first, second = p.submit(pe="smp", slots=3, l={"licence": "1"}), p.submit(l={"licence": "1"})
    p.run()
    assert p.where(first) == "all.q@node001"
    assert p.where(second) is None
    assert p.cell.hosts["node001"].used["licence"] == 1


def test_a_global_consumable_is_shared_by_all_hosts(play: Player) -> None:
    """The pseudo host global has consumables of the whole cell."""
    p = play({"global": "licence=1", "node001": "NONE", "node002": "NONE"})
    jobs = [p.submit(l={"licence": "1"}) for _ in range(2)]
    p.run()
    assert [p.where(job) is not None for job in jobs] == [True, False]
    assert p.cell.why(p.job(jobs[1])) == [
        "(-l licence=1) cannot run globally because it offers only gc:licence=0.000000"
    ]


def test_gpus_are_granted_by_number_and_given_back(play: Player) -> None:
    """Granted devices are the lowest free numbers of the host."""
    p = play({"gpu001": "gpu=4"}, {"all.q": {"slots": "8"}}, gpus={"gpu001": 4})
    first, second = p.submit(l={"gpu": "2"}), p.submit(l={"gpu": "1"})
    p.run()
    grants = [p.job(job).tasks[1].grants[0].devices for job in (first, second)]
    assert grants == [(0, 1), (2,)]
    p.exit(first)
    third = p.submit(l={"gpu": "3"})
    p.run()
    assert p.job(third).tasks[1].grants[0].devices == (0, 1, 3)


def test_a_resource_that_nobody_has_is_unknown(play: Player) -> None:
    """Recorded: 'job requests unknown resource'."""
    p = play({"node001": "NONE"})
    job = p.submit(l={"gpu": "1"})
    p.run()
    assert p.cell.why(p.job(job)) == [
        '(-l gpu=1) cannot run in queue "all.q@node001" because job requests unknown resource (gpu)'
    ]


def test_a_value_of_the_whole_cell_can_be_too_little(play: Player) -> None:
    """Recorded: what the global host has must satisfy too, whatever hosts and queues have."""
    p = play({"global": "num_proc=1", "node001": "num_proc=4"})
    job = p.submit(l={"num_proc": "4"})
    p.run()
    assert p.cell.why(p.job(job)) == ["(-l num_proc=4) cannot run globally because it offers only gf:num_proc=1.000000"]


def test_projects_and_access_lists_keep_jobs_out(play: Player) -> None:
    """queue_conf(5): projects wants one of its projects, xuser_lists keeps its members out."""
    p = play(
        {"node001": "NONE"},
        {"gpu.q": {"projects": "gpu"}, "private.q": {"xuser_lists": "guests"}},
        projects={"gpu": {}},
        access_lists={"guests": {"entries": "ann"}},
    )
    job, other = p.submit("ann"), p.submit("ann", project="gpu")
    p.run()
    assert p.where(other) == "gpu.q@node001"
    assert p.cell.why(p.job(job)) == [
        '(no project) does not have the correct project to run in cluster queue "gpu.q"',
        'has no permission for cluster queue "private.q"',
    ]
    assert p.submit("bob")
    p.run()
    assert p.where(3) == "private.q@node001"


@pytest.mark.parametrize(
    ("wanted", "place"),
    [("b.q", "b.q@node001"), ("*@node002", "a.q@node002"), ("b.*@@big", "b.q@node002"), ("b.q@node002", "b.q@node002")],
)
def test_q_takes_names_patterns_and_host_groups(play: Player, wanted: str, place: str) -> None:
    """-q queue, queue@host, queue@@group; each part may be a pattern."""
    p = play(queues={"a.q": {}, "b.q": {}}, host_groups={"@big": ["node002"]})
    job = p.submit(hard_queues=[wanted])
    p.run()
    assert p.where(job) == place


def test_what_q_leaves_out_is_said_once_a_queue_and_once_a_host(play: Player) -> None:
    """Recorded after a prolog failure: cluster queues first, then hosts."""
    p = play(queues={"a.q": {}, "b.q": {}})
    p.do("change_queue", "b.q@node001", "disable", user="root")
    job = p.submit(hard_queues=["b.q@node001"])
    p.run()
    assert p.cell.why(p.job(job)) == [
        'queue instance "b.q@node001" dropped because it is disabled',
        'cannot run in queue "a.q" because it is not contained in its hard queue list (-q)',
        'cannot run in queue "node002" because it is not contained in its hard queue list (-q)',
    ]


def test_queue_limits_are_requests_upper_bounds(play: Player) -> None:
    """-l h_rt fits where the queue's h_rt is as long; what holds is the lesser of both."""
    p = play({"node001": "NONE"}, {"short.q": {"h_rt": "1:0:0"}, "long.q": {"h_rt": "INFINITY"}})
    short, long = p.submit(l={"h_rt": "60"}), p.submit(l={"h_rt": "7200"})
    p.run()
    assert [p.where(short), p.where(long)] == ["short.q@node001", "long.q@node001"]
    assert [p.job(job).tasks[1].limits[0] for job in (short, long)] == [60.0, 7200.0]


def test_overrides_make_queue_instances_differ(play: Player) -> None:
    """queue_conf(5): a host's own entry wins over a host group's, both over the default."""
    p = play(queues={"all.q": {"slots": "1,[node001=3],[@both=2]"}}, host_groups={"@both": ["node001", "node002"]})
    assert [place.slots for place in p.cell.queue_instances] == [3, 2]


def test_a_forced_complex_must_be_asked_for(play: Player) -> None:
    """complex(5): FORCED keeps out whoever doesn't request it."""
    p = play({"node001": "special=true"})
    job, willing = p.submit(), p.submit(l={"special": "true"})
    p.run()
    assert p.where(willing) == "all.q@node001"
    assert p.cell.why(p.job(job)) == ["does not request 'forced' resource \"special\" of host node001"]


def test_an_exclusive_job_has_its_host_to_itself(play: Player) -> None:
    """Relational operator EXCL: it starts only on an empty host, and nobody comes beside it."""
    p = play({"node001": "exclusive=true", "node002": "exclusive=true"})
    first = p.submit(l={"exclusive": "true"})
    p.run()
    others = [p.submit() for _ in range(3)]
    p.run()
    assert [p.where(job) for job in others] == ["all.q@node002", "all.q@node002", None]
    p.exit(first)
    p.run()
    assert p.where(others[2]) == "all.q@node001"
    alone = p.submit(l={"exclusive": "true"})
    p.run()
    assert p.where(alone) is None
    assert p.cell.hosts["node001"].used["exclusive"] == 0


def test_soft_requests_choose_among_the_places_that_fit(play: Player) -> None:
    """The fewest violations win; an unmet soft request doesn't keep a job from starting."""
    p = play(queues={"all.q": {}})
    p.cell.hosts["node002"].load["arch"] = "sparc"
    wished, content = p.submit(soft=[("arch", "sparc")]), p.submit(soft=[("arch", "vax")])
    p.run()
    assert p.where(wished) == "all.q@node002"
    assert p.where(content) == "all.q@node001"


def test_load_values_and_host_names_can_be_requested(play: Player) -> None:
    """Load values are compared by their relational operator, hostname by name."""
    p = play()
    p.do("load_report", "node002", {"mem_free": "32G"})
    p.do("load_report", "node001", {"mem_free": "2G"})
    big, there = p.submit(l={"mem_free": "16G"}), p.submit(l={"hostname": "NODE001"})
    p.run()
    assert [p.where(big), p.where(there)] == ["all.q@node002", "all.q@node001"]


def test_an_immediate_job_needs_an_interactive_queue_and_one_run(play: Player) -> None:
    """-now y: INTERACTIVE queues only; what isn't placed in its one run is gone."""
    p = play({"node001": "NONE"}, {"batch.q": {"qtype": "BATCH"}, "inter.q": {"qtype": "INTERACTIVE", "slots": "1"}})
    first, second = p.submit(immediate=True), p.submit(immediate=True)
    p.run()
    assert p.where(first) == "inter.q@node001"
    assert second not in p.cell.jobs
