from __future__ import annotations

from pathlib import Path

import pytest

from hubstack.site import Limits, Site, load_site

BESIDE = Path(__file__).parent / "samples" / "valid-cell-beside.yaml"


def site_with(**overrides: str) -> Site:
    return load_site(BESIDE, {name.replace("__", "."): value for name, value in overrides.items()})


def test_access_lists_let_in_and_keep_out() -> None:
    """project(5): a list lets its users in, an ``xacl`` keeps its users out, none lets everybody in."""
    site = site_with()
    assert site.projects_of("ann") == ["gpu", "staff"]
    assert site.projects_of("bob") == ["gpu", "visitors"]


def test_a_host_may_keep_users_out() -> None:
    """host_conf(5): xuser_lists of the hosts hold as those of the queue do."""
    site = site_with()
    assert site.queues_of("ann") == ["all.q", "gpu.q"]
    assert site.queues_of("bob") == ["all.q"]


def test_a_queue_with_projects_takes_only_their_jobs() -> None:
    """queue_conf(5) projects: neither jobs without one nor those of others."""
    access = site_with().access("ann")
    assert {place.queue for place in access.places(None)} == {"all.q"}
    assert {place.queue for place in access.places("staff")} == {"all.q"}
    assert {place.queue for place in access.places("gpu")} == {"all.q", "gpu.q"}


def test_a_session_needs_a_queue_that_lasts() -> None:
    """A runtime beyond a queue's h_rt is never started there."""
    assert site_with(hub__form__runtime="10h").queues_of("ann") == ["gpu.q"]


def test_limits_are_what_the_cell_has_within_the_form() -> None:
    """The largest host for cores on one host; the form's maximum where it is lower."""
    assert site_with().access("ann").limits == Limits(cores=8, memory_per_core_gb=32, gpus_per_core=4)
    assert site_with().access("bob").limits == Limits(cores=8, memory_per_core_gb=32, gpus_per_core=0)
    lower = site_with(
        hub__form__cores__max="3", hub__form__memory_per_core__max="16G", hub__form__gpus_per_core__max="1"
    )
    assert lower.access("ann").limits == Limits(cores=3, memory_per_core_gb=16, gpus_per_core=1)


def test_an_environment_across_hosts_gives_the_cores_of_all() -> None:
    """With ``$round_robin`` a job may have the slots of several hosts."""
    site = site_with(cell__parallel_environments__smp__rule="$round_robin")
    assert site.access("ann").limits.cores == 24


def test_a_queue_may_offer_fewer_slots_than_its_hosts() -> None:
    """Overrides for a group and for a host hold, the host's first."""
    site = site_with(cell__queues__0__slots="{default: 5, cpu: 4, cpu002: 2}")
    slots = {place.host: place.slots for place in site.access("ann").places(None)}
    assert slots == {"cpu001": 4, "cpu002": 2}


@pytest.mark.parametrize(
    "quota, gpus",
    [
        ("users {*} to gpu=2", 2),
        ("users ann to gpu=2", 2),
        ("users @staff hosts gpu to gpu=2", 2),
        ("users @guests to gpu=2", 4),
        ("users {!ann} to gpu=2", 4),
        ("hosts cpu to gpu=0", 4),
        ("hosts !@gpu to gpu=0", 4),
        ("queues gpu.q hosts {*} to gpu=3", 3),
        ("projects gpu to gpu=1", 1),
        ("projects !* to gpu=0", 4),
        ("pes smp to gpu=1", 4),
        ("hosts {*} to gpu=$num_proc", 4),
    ],
)
def test_quotas_bound_what_one_job_can_have(quota: str, gpus: int) -> None:
    """sge_resource_quota(5): the first rule that matches; those on environments and ``$`` limits are left out."""
    assert site_with(cell__quotas=f"['{quota}']").access("ann").limits.gpus_per_core == gpus


def test_the_first_rule_of_a_set_is_the_one() -> None:
    """Later rules of a set don't count, other sets do, disabled ones don't."""
    first = "{name: a, limits: ['users ann to gpu=3', 'users {*} to gpu=1']}"
    other = "{name: b, enabled: false, limits: ['users {*} to gpu=0']}"
    assert site_with(cell__quotas=f"[{first}, {other}]").access("ann").limits.gpus_per_core == 3


def test_the_shipped_sites_give_what_their_documentation_says() -> None:
    """teaching: GPUs for two users, two each by quota; sharc: 40 cores on the largest node, its groups' own queues."""
    teaching = load_site("teaching")
    assert [user for user in teaching.user_names() if teaching.access(user).limits.gpus_per_core] == [
        "user001",
        "user002",
    ]
    assert teaching.access("user001").limits.gpus_per_core == 2
    sharc = load_site("sharc")
    assert "rse.q" in sharc.queues_of("user001")
    assert sharc.queues_of("user050") == ["all.q", "interactive.q", "gpu.q"]
    assert sharc.access("user001").limits == Limits(cores=40, memory_per_core_gb=768, gpus_per_core=8)
