"""Tickets: override, functional and share tree policies of sge_priority(5) and share_tree(5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Exit, TaskRange, Usage
from fake_sge.core.sharetree import BadShareTree, PastUsage, parse_share_tree, set_targets

Player = Callable[..., Any]
NO_ROOM = {"all.q": {"slots": "0"}}


def rows(*nodes: tuple[str, int, str]) -> list[dict[str, str]]:
    return [
        {"id": str(i), "name": name, "type": "0", "shares": str(shares), "childnodes": below}
        for i, (name, shares, below) in enumerate(nodes)
    ]


TREE = rows(("Root", 1, "1,2"), ("ann", 1, "NONE"), ("bob", 3, "NONE"))


def user(fshare: int = 0, oticket: int = 0) -> dict[str, str]:
    return {"fshare": str(fshare), "oticket": str(oticket)}


def tickets(p: Any, jobs: list[int]) -> list[float]:
    """ntckts as qstat -pri prints it."""
    p.run()
    return [round(p.cell.scale.normal_tickets(p.job(job)), 5) for job in jobs]


def test_functional_shares_as_recorded(play: Player) -> None:
    """Shares 400 and 100: the k-th job of a user gets a k-th of the first one's (recorded, with these figures)."""
    p = play(
        queues=NO_ROOM,
        scheduler={"weight_tickets_functional": "10000", "weight_user": "1", "weight_project": "0",
                   "weight_department": "0", "weight_job": "0"},
        users={"ann": user(400), "bob": user(100)},
    )  # fmt: skip
    jobs = [p.submit() for _ in range(4)] + [p.submit("bob") for _ in range(3)] + [p.submit("eve")]
    assert tickets(p, jobs) == [1.0, 0.5, 0.33333, 0.25, 0.2, 0.1, 0.06667, 0.0]


def test_running_jobs_take_of_their_users_functional_tickets(play: Player) -> None:
    """Equal users: the one who has nothing running goes first."""
    p = play(
        {"node001": "NONE"},
        {"all.q": {"slots": "1"}},
        scheduler={"weight_tickets_functional": "1000"},
        users={"ann": user(100), "bob": user(100)},
    )
    first = p.submit()
    p.run()
    second, others = p.submit(), p.submit("bob")
    p.run()
    p.exit(first)
    later = p.submit("bob")
    p.wait(20)
    assert p.started()[1][0] in (second, others)
    assert p.job(later).tickets < max(p.job(job).tickets for job in (second, others))


def test_the_share_tree_as_recorded(play: Player) -> None:
    """Shares 1 and 3 without any usage: 2,500 and 7,500 tickets, diluted job by job (recorded)."""
    p = play(queues=NO_ROOM, scheduler={"weight_tickets_share": "10000"}, share_tree=TREE)
    jobs = [p.submit() for _ in range(4)] + [p.submit("bob") for _ in range(3)]
    assert tickets(p, jobs) == [0.33333, 0.16667, 0.11111, 0.08333, 1.0, 0.5, 0.33333]


def test_who_has_used_much_gets_less(play: Player) -> None:
    """Usage of ended jobs counts against their owner, and half of it is forgotten after the halftime."""
    p = play(
        {"node001": "NONE"},
        {"all.q": {"slots": "1"}},
        scheduler={"weight_tickets_share": "10000", "compensation_factor": "0", "halftime": "1"},
        share_tree=TREE,
    )
    p.submit("bob")
    p.run()
    p.do("exited", 1, 1, Exit(usage=Usage(cpu_s=36000.0)))
    p.submit("eve")
    jobs = [p.submit(), p.submit("bob")]
    used_little, used_much = tickets(p, jobs)
    assert used_little == 1.0
    assert used_much < 0.01
    p.wait(40 * 3600)
    p.submit()
    assert tickets(p, jobs)[1] == 1.0


def test_reserved_usage_counts_slots_and_time(play: Player) -> None:
    """execd_params SHARETREE_RESERVED_USAGE: what is held counts, while it is held."""
    p = play(
        {"node001": "NONE"},
        {"all.q": {"slots": "1"}},
        scheduler={"weight_tickets_share": "10000"},
        settings={"execd_params": "SHARETREE_RESERVED_USAGE=true"},
        share_tree=TREE,
    )
    p.submit("bob")
    p.wait(1000)
    p.submit()
    p.run()
    assert p.cell.tickets.past.of(("bob", None), p.now) == pytest.approx(1000, rel=0.01)


def test_override_tickets_are_shared_or_not(play: Player) -> None:
    """share_override_tickets: the user's jobs share them, or each has all."""
    for shared, expected in (("TRUE", [1.0, 0.5]), ("FALSE", [1.0, 1.0])):
        p = play(queues=NO_ROOM, scheduler={"share_override_tickets": shared}, users={"ann": user(oticket=500)})
        assert tickets(p, [p.submit(), p.submit()]) == expected


def test_override_tickets_go_to_the_job_that_would_get_most(play: Player) -> None:
    """Those of a user and a project: first to the user's job in the project, then a part of each (as recorded)."""
    p = play(queues=NO_ROOM, users={"bob": user(oticket=300)}, projects={"rse": user(oticket=500)})
    jobs = [p.submit(), p.submit(project="rse"), p.submit("bob"), p.submit("bob"), p.submit("bob", project="rse")]
    assert tickets(p, jobs) == [0.0, 0.3125, 0.1875, 0.125, 1.0]


def test_the_hierarchy_lets_a_later_policy_look_at_what_was_dealt(play: Player) -> None:
    """OF: the job with override tickets gets the first functional ones too; with NONE the oldest does."""

    def dealt(hierarchy: str) -> list[float]:
        p = play(
            queues=NO_ROOM,
            scheduler={"weight_tickets_functional": "1000", "policy_hierarchy": hierarchy, "weight_project": "1"},
            users={"ann": user(100)},
            projects={"plain": {}, "urgent": {"oticket": "5000"}},
        )
        jobs = [p.submit(project="plain"), p.submit(project="urgent")]
        p.run()
        return [p.job(job).tickets for job in jobs]

    assert dealt("OF")[1] > dealt("NONE")[1] > 5000
    assert dealt("OF")[0] < dealt("NONE")[0]


def test_tasks_of_an_array_get_their_tickets_one_by_one(play: Player) -> None:
    """At most max_pending_tasks_per_job of them; as one starts, the job stands with the next one's."""
    p = play(
        queues=NO_ROOM,
        scheduler={"weight_tickets_functional": "1000", "max_pending_tasks_per_job": "3"},
        users={"ann": user(100)},
    )
    job = p.submit(tasks=TaskRange(1, 10))
    p.run()
    assert len(p.job(job).upcoming_tickets) == 0  # no slot is free: one task gets some
    q = play(
        scheduler={"weight_tickets_functional": "1000", "max_pending_tasks_per_job": "3"}, users={"ann": user(100)}
    )
    job = q.submit(tasks=TaskRange(1, 10))
    q.run()
    assert len(q.started()) == 4


def test_a_default_leaf_stands_for_each_user_that_has_no_own() -> None:
    """share_tree(5): ``default`` is every other user."""
    root = parse_share_tree(rows(("Root", 1, "1,2"), ("ann", 5, "NONE"), ("default", 2, "NONE")))
    assert root is not None
    for who in ("ann", "bob", "eve"):
        for node in root.leaf((who, None), []):
            node.jobs += 1
    set_targets(root, 5)
    assert {n.name: round(n.overall, 3) for n in root.children if n.jobs} == {"ann": 0.556, "bob": 0.222, "eve": 0.222}


def test_compensation_limits_how_much_more_than_its_share_a_node_gets() -> None:
    """compensation_factor 2: twice its long term share, whatever the other one has used."""
    root = parse_share_tree(rows(("Root", 1, "1,2"), ("ann", 1, "NONE"), ("bob", 9, "NONE")))
    assert root is not None
    for who, used in (("ann", 0.0), ("bob", 1e6)):
        for node in root.leaf((who, None), []):
            node.jobs, node.usage = node.jobs + 1, used
    set_targets(root, 0)
    unlimited = root.children[0].overall
    set_targets(root, 2)
    assert root.children[0].overall < unlimited


def test_what_is_no_tree_is_refused() -> None:
    """Missing nodes and cycles."""
    for bad in (rows(("Root", 1, "1")), rows(("Root", 1, "0")), [{"id": "0"}]):
        with pytest.raises(BadShareTree):
            parse_share_tree(bad)


def test_usage_decays_by_half_in_the_halftime() -> None:
    """halftime hours; usage_weight_list says what of it counts."""
    past = PastUsage({"halftime": "168", "usage_weight_list": "cpu=1,mem=0,io=0"})
    past.add(("ann", None), Usage(cpu_s=100.0, mem_gbs=900.0), 0.0)
    assert past.of(("ann", None), 168 * 3600.0) == pytest.approx(50, rel=1e-3)


def test_kinds_of_usage_decay_by_themselves() -> None:
    """halflife_decay_list: minutes for a kind; 0 is never, negative is at once; the others decay by halftime."""
    scheduler = {"halftime": "168", "usage_weight_list": "cpu=1,mem=1,io=2", "halflife_decay_list": "mem=0:io=-1"}
    past = PastUsage(scheduler)
    past.add(("ann", None), Usage(cpu_s=100.0, mem_gbs=40.0, io_gb=10.0), 0.0)
    assert past.of(("ann", None), 0.0) == pytest.approx(25 + 10 + 5)
    assert past.of(("ann", None), 168 * 3600.0) == pytest.approx(12.5 + 10, rel=1e-3)


def test_other_weights_weigh_what_was_used_before() -> None:
    """A new scheduler configuration: decayed by the old one until now, by the new one from now on."""
    before = PastUsage({"halftime": "1", "usage_weight_list": "cpu=1"})
    before.add(("ann", None), Usage(cpu_s=100.0, mem_gbs=60.0), 0.0)
    after = PastUsage({"halftime": "0", "usage_weight_list": "mem=1"})
    after.take_over(before, 3600.0)
    assert after.of(("ann", None), 7200.0) == pytest.approx(30.0, rel=1e-2)


def test_usage_is_forgotten_for_users_or_for_all() -> None:
    """qconf -clearusage: of the users named in all projects, or everybody's."""
    past = PastUsage({"usage_weight_list": "cpu=1"})
    for who in (("ann", None), ("ann", "gpu"), ("bob", None)):
        past.add(who, Usage(cpu_s=10.0), 0.0)
    past.clear(["ann"])
    assert past.everything(0.0) == [(("bob", None), 10.0)]
    past.clear(None)
    assert past.everything(0.0) == []
