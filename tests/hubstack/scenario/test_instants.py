from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hubstack.scenario import Rule, instant_s, local_epoch

LONDON = "Europe/London"
START = datetime(2026, 10, 5, 8, 0)  # noqa: DTZ001 - a wall clock's reading has no zone


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("09:00", 3600),
        ("08:00", 0),
        ("08:00:30", 30),
        ("07:00", 23 * 3600),
        ("2026-10-05T09:30", 5400),
        ("2026-10-05T07:00", -3600),
    ],
)
def test_an_instant_is_a_time_a_date_or_a_duration_from_the_start(text, seconds):
    """A time of day is the first one at or after the start."""
    assert instant_s(text, START, LONDON) == seconds


def test_an_instant_after_the_clocks_change_is_as_the_wall_shows_it():
    """A day with the end of summer time has 25 hours."""
    start = datetime(2026, 10, 24, 12, 0)  # noqa: DTZ001
    assert instant_s("2026-10-25T12:00", start, LONDON) == 25 * 3600


def test_the_second_tuesday_is_found_in_every_month():
    """Days 8 to 14 that are a Tuesday, at 03:26 by the wall: 02:26 UTC in summer, 03:26 UTC in winter."""
    rule = Rule.parse("2nd tuesday 03:26")
    begin = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
    end = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    found = [datetime.fromtimestamp(at, UTC).strftime("%m-%d %H:%M") for at in rule.epochs(begin, end, LONDON)]
    assert found == ["09-08 02:26", "10-13 02:26", "11-10 03:26"]


@pytest.mark.parametrize(
    "text, days",
    [
        ("last friday 18:00", ["10-30"]),
        ("sunday 04:00", ["10-04", "10-11", "10-18", "10-25"]),
        ("1st thursday 00:00", ["10-01"]),
        ("Tuesday 03:26:30 Asia/Tokyo", ["10-06", "10-13", "10-20", "10-27"]),
    ],
)
def test_other_rules(text, days):
    """Weekly, first and last; a rule's own zone is used instead of the site's."""
    begin, end = (datetime(2026, month, 1, tzinfo=UTC).timestamp() for month in (10, 11))
    rule = Rule.parse(text)
    if rule.zone is None:
        begin, end = (local_epoch(datetime(2026, month, 1), LONDON) for month in (10, 11))  # noqa: DTZ001
    zone = "Asia/Tokyo" if rule.zone else LONDON
    found = list(rule.epochs(begin, end, LONDON))
    assert [datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).strftime("%m-%d") for at in found] == days


def test_a_daily_rule_holds_once_on_the_day_that_has_an_hour_twice():
    """01:30 comes twice when summer time ends; it is meant once."""
    begin, end = (datetime(2026, 10, day, tzinfo=UTC).timestamp() for day in (24, 27))
    assert len(list(Rule.parse("daily 01:30").epochs(begin, end, LONDON))) == 3


@pytest.mark.parametrize(
    "text",
    ["tuesday", "2nd tuesday", "5th tuesday 03:26", "2nd daily 03:26", "tuesday 25:00", "tuesday 03:26 Mars/Base"],
)
def test_what_is_no_rule_is_refused(text):
    """The message says what one looks like."""
    with pytest.raises(ValueError, match="write one like"):
        Rule.parse(text)
