"""Calendars: calendar_conf(5), and what queues do by them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fake_sge.core import Cell, Denied, QueueChanged, SignalDue
from fake_sge.core.calendar import BadCalendar, Calendar

Player = Callable[..., Any]


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def states(calendar: Calendar, *instants: str, zone: str = "UTC") -> list[str]:
    return [calendar.state_at(at(one, zone)) for one in instants]


def test_a_week_by_days_and_times() -> None:
    """mon-fri=6-20: off by default, in the day on which the span begins."""
    night = Calendar({"year": "NONE", "week": "mon-fri=6-20"}, "UTC")
    assert states(night, "2026-11-23T05:59:59", "2026-11-23T06:00", "2026-11-23T20:00", "2026-11-28T12:00") == [
        "on",
        "off",
        "on",
        "on",
    ]


def test_a_span_that_ends_before_it_begins_is_both_ends_of_the_day() -> None:
    """calendar_conf(5): "treated as expected"; days run over the weekend too."""
    dark = Calendar({"week": "sat-mon=18-6=suspended"}, "UTC")
    assert states(dark, "2026-11-23T05:00", "2026-11-23T19:00", "2026-11-23T12:00", "2026-11-24T05:00") == [
        "suspended",
        "suspended",
        "on",
        "on",
    ]


def test_on_beats_suspended_beats_off() -> None:
    """calendar_conf(5)'s example, and a suspended span in it."""
    cal = Calendar({"week": "12-18 tue=13-17=on wed=13-17=suspended"}, "UTC")
    assert states(cal, "2026-11-23T14:00", "2026-11-24T14:00", "2026-11-24T12:30", "2026-11-25T14:00") == [
        "off",
        "on",
        "off",
        "suspended",
    ]


def test_the_year_beats_the_week() -> None:
    """Ranges of days count both their ends; a day that the year switches on stays on."""
    cal = Calendar({"year": "24.11.2026=on 1.dec.2026-3.12.2026=6-20=suspended", "week": "mon-sun"}, "UTC")
    assert states(cal, "2026-11-23T12:00", "2026-11-24T12:00", "2026-12-03T12:00", "2026-12-03T21:00") == [
        "off",
        "on",
        "suspended",
        "off",
    ]


def test_two_periods_are_known_ahead() -> None:
    """The present one and the next; far years are found too, and the end of all changes."""
    cal = Calendar({"year": "23.11.2026=06:04-06:34=off", "week": "NONE"}, "UTC")
    first, following = cal.periods(at("2026-11-23T05:00"))
    assert (first.state, first.until) == ("on", at("2026-11-23T06:04"))
    assert following is not None
    assert (following.state, following.until) == ("off", at("2026-11-23T06:34"))
    last, none = cal.periods(at("2026-11-23T07:00"))
    assert (last.state, last.until, none) == ("on", math.inf, None)
    far = Calendar({"year": "1.2.2030-5.2.2031"}, "UTC").periods(at("2026-01-01T00:00"))
    assert [period.until for period in far if period] == [at("2030-02-01T00:00"), at("2031-02-06T00:00")]


def test_clocks_are_local_and_change_with_the_season() -> None:
    """06:00 is 06:00 on both sides of the change to summer time."""
    cal = Calendar({"week": "6-20"}, "Europe/London")
    winter, summer = cal.periods(at("2026-03-28T12:00", "Europe/London"))[1], at("2026-03-29T06:00", "Europe/London")
    assert winter is not None
    assert winter.until == summer == at("2026-03-29T05:00")


@pytest.mark.parametrize(
    "texts", [{"year": "32.13.2026=0-99"}, {"week": "someday"}, {"week": "mon=6-20=maybe"}, {"week": "6-25"}]
)
def test_what_is_no_calendar_is_refused(texts: dict[str, str]) -> None:
    """Also by a cell that uses it."""
    with pytest.raises(BadCalendar):
        Calendar(texts, "UTC")


# 1000 s after the epoch it is 00:16:40 on a Thursday


def closing(play: Player, state: str, *, reservations: int = 0) -> Any:
    """A queue that its calendar shuts from 00:20 until 00:25 (1200 to 1500)."""
    return play(
        {"node001": "NONE"},
        {"all.q": {"calendar": "maint"}},
        calendars={"maint": {"year": f"1.1.1970=0:20-0:25={state}", "week": "NONE"}},
        scheduler={"max_reservation": str(reservations), "params": "DURATION_OFFSET=0"},
    )


def test_off_keeps_new_jobs_out_and_lets_the_others_run(play: Player) -> None:
    """State D."""
    p = closing(play, "off")
    running = p.submit()
    p.wait(200)
    later = p.submit()
    events = p.wait(10)
    (place,) = p.cell.queue_instances
    assert (place.state, bool(p.where(running)), p.where(later)) == ("D", True, None)
    assert not [event for event in events if isinstance(event, SignalDue)]
    changes = [event for event in p.wait(290) if isinstance(event, QueueChanged)]
    assert [(event.at, event.state) for event in changes] == [(1500, "")]
    p.wait(15)
    assert p.where(later)


def test_suspended_stops_what_runs_until_it_is_over(play: Player) -> None:
    """State C; a queue that a manager has suspended too stays so."""
    p = closing(play, "suspended")
    job = p.submit()
    p.wait(200)
    (place,) = p.cell.queue_instances
    assert (place.state, p.job(job).tasks[1].suspended_by) == ("C", "S")
    p.do("change_queue", place.name, "suspend", user="root")
    p.wait(300)
    assert (place.state, p.job(job).tasks[1].suspended_by) == ("s", "S")
    p.do("change_queue", place.name, "resume", user="root")
    assert p.job(job).tasks[1].suspended_by == ""


@pytest.mark.parametrize(("reservations", "starts"), [(0, [True, True]), (1, [True, False])])
def test_a_job_that_would_run_into_it_waits_only_with_reservations(
    play: Player, reservations: int, starts: list[bool]
) -> None:
    """max_reservation 0: no look ahead at all."""
    p = closing(play, "off", reservations=reservations)
    short, long = p.submit(l={"h_rt": "200"}), p.submit(l={"h_rt": "201"})
    p.run()
    assert [bool(p.where(job)) for job in (short, long)] == starts
    p.wait(520)
    assert p.where(long)


def test_a_step_on_the_second_of_the_window_hides_it(play: Player) -> None:
    """As 8.1.9: while a job runs that is foreseen to end when the window begins, the window isn't seen (recorded)."""
    p = closing(play, "off", reservations=1)
    p.submit(l={"h_rt": "200"})
    p.run()
    crossing = p.submit(l={"h_rt": "1000"})
    p.run()
    assert p.where(crossing)


def test_a_calendar_that_is_not_there_or_not_readable_is_refused(config: Callable[..., Any]) -> None:
    """In one line."""
    for calendars in ({}, {"maint": {"year": "NONE", "week": "someday"}}):
        with pytest.raises(Denied, match="calendar"):
            Cell(config(queues={"all.q": {"calendar": "maint"}}, calendars=calendars))


def test_why_a_job_waits_for_the_window_to_pass(play: Player) -> None:
    """qstat -j: there are slots, but not until the job's end (recorded words)."""
    p = closing(play, "off", reservations=1)
    job = p.submit(l={"h_rt": "7200"})
    p.run()
    (why,) = p.cell.why(p.job(job))
    assert why.startswith('(-l h_rt=7200) cannot run in queue "all.q@node001" because it offers only qc:slots=0.000000')
    assert why.endswith(" due to a reservation")
