"""Resource quota sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Cell
from fake_sge.core.quota import BadRule, parse_rule

Player = Callable[..., Any]


def test_a_limit_for_each_user_stops_the_user_alone(play: Player) -> None:
    """users {*}: a counter each; the message names the counter and the rule (recorded form)."""
    p = play({"gpu001": "gpu=8"}, {"all.q": {"slots": "8"}}, quotas=("limit users {*} to gpu=2",))
    first, over, other = (
        p.submit("ann", l={"gpu": "2"}),
        p.submit("ann", l={"gpu": "1"}),
        p.submit("bob", l={"gpu": "2"}),
    )
    p.run()
    assert [p.where(job) is not None for job in (first, over, other)] == [True, False, True]
    assert p.cell.why(p.job(over)) == ['cannot run because it exceeds limit "ann/////" in rule "q0/1"']
    p.exit(first)
    p.run()
    assert p.where(over) is not None


def test_without_braces_all_users_share_one_counter(play: Player) -> None:
    """users ann,bob to slots=1: one counter for both."""
    p = play(quotas=("limit users ann,bob to slots=1",))
    jobs = [p.submit(user) for user in ("ann", "bob", "cleo")]
    p.run()
    assert [p.where(job) is not None for job in jobs] == [True, False, True]


def test_the_first_rule_that_matches_is_the_one(play: Player) -> None:
    """Later rules of the same set don't matter to whom an earlier one concerns."""
    p = play(quotas=("limit users ann to slots=2",))
    only = p.cell.config.resource_quotas["q0"]
    only.limits.append("limit to slots=0")
    p = type(p)(Cell(p.cell.config, 1000.0))
    jobs = [p.submit(user) for user in ("ann", "bob", "ann")]
    p.run()
    assert [p.where(job) is not None for job in jobs] == [True, False, True]


def test_every_set_applies(play: Player) -> None:
    """The tightest of all sets decides."""
    p = play(quotas=("limit users {*} to slots=3", "limit queues all.q hosts {node001} to slots=1"))
    jobs = [p.submit() for _ in range(4)]
    p.run()
    assert [p.where(job) for job in jobs] == ["all.q@node001", "all.q@node002", "all.q@node002", None]


def test_parallel_jobs_stay_within_a_host_s_quota(play: Player) -> None:
    """Slots of one assignment count while it is being made."""
    p = play(queues={"all.q": {"slots": "8"}}, pes={"pe": "$fill_up"}, quotas=("limit hosts {*} to slots=3",))
    job = p.submit(pe="pe", slots=5)
    p.run()
    assert p.places(job) == {"all.q@node001": 3, "all.q@node002": 2}


def test_a_dynamic_limit_follows_a_load_value(play: Player) -> None:
    """hosts {*} to slots=$num_proc*2."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "9"}}, quotas=("limit hosts {*} to slots=$num_proc*2",))
    jobs = [p.submit() for _ in range(3)]
    p.run()
    assert [p.where(job) is not None for job in jobs] == [True, True, False]


def test_categories_are_kept_apart_by_owner_only_where_a_rule_concerns_him(play: Player) -> None:
    """-u stands in the category of users whom a users filter matches."""
    p = play(quotas=("limit users ann to slots=9",))
    jobs = [p.job(p.submit(user)) for user in ("ann", "bob")]
    assert [job.category and job.category.key for job in jobs] == ["-u ann", ""]


def test_rules_have_names_or_numbers() -> None:
    """limit name X ...: the rule is called set/X, else set/1."""
    assert parse_rule("s", 1, "limit name gold users a,!b to slots=1").name == "s/gold"
    rule = parse_rule("s", 2, "users {@team,!bob} hosts @gpu to gpu=2,slots=4")
    assert (rule.name, rule.filters["users"].expanded, rule.filters["users"].unwanted) == ("s/2", True, ("bob",))
    assert rule.limits == (("gpu", "2"), ("slots", "4"))


def test_a_rule_without_a_limit_is_no_rule() -> None:
    """sge_resource_quota(5) wants 'to resource=limit'."""
    with pytest.raises(BadRule):
        parse_rule("s", 1, "users ann")
