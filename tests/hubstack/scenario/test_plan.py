from __future__ import annotations

import subprocess
import sys

import pytest

from fake_sge.cellfile import BadFile
from hubstack.scenario import Streams, plan_sessions

DRAW = "from hubstack.scenario import Streams; print(Streams(7, 1).named('students.work').random(3).tolist())"


def test_the_plan_is_drawn_the_same_every_time(load):
    """Model and driver get one list."""
    assert plan_sessions(load(), 1) == plan_sessions(load(), 1)


def test_replications_are_drawn_apart(load):
    """Another replication is another list."""
    assert plan_sessions(load(), 1) != plan_sessions(load(), 2)


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_a_stream_is_the_same_in_every_process(hash_seed):
    """Nothing depends on Python's randomised hashes."""
    told = subprocess.run(
        [sys.executable, "-c", DRAW], env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(Streams(7, 1).named("students.work").random(3).tolist())


def test_what_one_class_draws_does_not_move_another(load):
    """Common random numbers: a class that is added leaves the others' sessions as they were."""
    before = plan_sessions(load(), 1)
    extra = '  - {class: late, count: 1, arrive: {at: ["09:59"]}, work: {fixed: 1m}}\ngates:'
    after = plan_sessions(load(("gates:", extra)), 1)
    assert [(s.user, s.intended_s, s.work_s) for s in after if s.session.startswith("students")] == [
        (s.user, s.intended_s, s.work_s) for s in before
    ]


def test_sessions_are_in_order_of_arrival_and_numbered(load):
    """CLASS/NUMBER, nobody before the start."""
    sessions = plan_sessions(load(), 1)
    assert [session.session for session in sessions] == [f"students/{n:04d}" for n in range(1, 21)]
    arrivals = [session.intended_s for session in sessions]
    assert arrivals == sorted(arrivals)
    assert min(arrivals) >= 0


def test_each_user_asks_for_what_the_form_offers_them(load):
    """Only members of the project's access list ask for GPUs."""
    asked = {s.user for replication in range(1, 6) for s in plan_sessions(load(), replication) if "project" in s.form}
    assert asked == {"user001", "user002"}


def test_a_class_whose_every_option_is_closed_to_a_user_is_refused(load):
    """Told with the line of the options and who is meant."""
    with pytest.raises(BadFile, match=r"user003 may not use the project 'gpu'.*access list") as refused:
        plan_sessions(load(("{weight: 8, cores: 1}, ", "")), 1)
    assert refused.value.where.endswith("lecture.yaml:11")


def test_a_site_with_too_few_users_is_refused(load):
    """Each session is another user's."""
    with pytest.raises(BadFile, match="fewer users"):
        plan_sessions(load(("count: 20", "count: 31")), 1)


def test_the_choices_have_the_names_and_units_of_the_form(load):
    """Memory is whole gigabytes per core; a field that nobody chose isn't there."""
    loaded = load(
        ("{weight: 8, cores: 1}", "{weight: 8, cores: 2, pe: smp, memory_per_core: 4G}"), ("count: 20", "count: 3")
    )
    asked = [session.form for session in plan_sessions(loaded, 1)]
    assert {"pe": "smp", "cores": "2", "memory": "4"} in asked
