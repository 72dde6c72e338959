from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_sge.cellfile import (
    clock,
    format_duration,
    format_memory,
    parse_duration,
    parse_fraction,
    parse_memory,
)


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("15s", 15),
        ("4h", 14400),
        ("1h30m", 5400),
        ("2d", 172800),
        ("250ms", 0.25),
        ("1.5h", 5400),
        ("4:00:00", 14400),
        ("00:00:60", 60),
        ("90", 90),
        (90, 90),
        (0, 0),
        ("INFINITY", math.inf),
    ],
)
def test_durations_are_seconds(text: object, seconds: float) -> None:
    """Units in a row, a clock, or a number of seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "h", "5x", "-5s", "1:2", "5 s", "1h 30m", "٣h", "1e5", True, None, -1, math.nan, -math.inf, 1e11, "9" * 70],
)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    """Neither repaired nor guessed."""
    with pytest.raises(ValueError, match="is not a duration; write one like 15s, 1h30m, 96h or 4:00:00"):
        parse_duration(text)


@given(st.integers(0, 10**9))
def test_a_duration_is_read_as_it_was_written(seconds: int) -> None:
    """`format_duration` and `parse_duration` are each other's inverse; so is SGE's clock."""
    assert parse_duration(format_duration(seconds)) == seconds
    assert parse_duration(clock(seconds)) == seconds


@given(st.floats(0.001, 10**6))
def test_fractions_of_seconds_survive(seconds: float) -> None:
    """To the microsecond."""
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    "text, size",
    [
        ("2G", 2 * 1024**3),
        ("2g", 2 * 1000**3),
        ("512M", 512 * 1024**2),
        ("1.5T", 1.5 * 1024**4),
        ("7", 7),
        (7, 7),
        ("infinity", math.inf),
    ],
)
def test_memory_has_sge_multipliers(text: object, size: float) -> None:
    """Capitals are powers of 1024, small letters of 1000."""
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "64GB", "G", "-2G", "2 G", "0x10G", "1e3", True, None, math.nan, "2G\n"])
def test_what_is_no_memory_is_refused_with_an_example(text: object) -> None:
    """Neither repaired nor guessed."""
    with pytest.raises(ValueError, match="is not an amount of memory; write one like"):
        parse_memory(text)


@given(st.integers(0, 2**50))
def test_memory_is_read_as_it_was_written(size: int) -> None:
    """`format_memory` loses nothing."""
    assert parse_memory(format_memory(size)) == size


@pytest.mark.parametrize("text, fraction", [("90%", 0.9), ("0.3", 0.3), (1, 1), (0.25, 0.25), ("100 %", 1)])
def test_fractions(text: object, fraction: float) -> None:
    """A number from 0 to 1 or a percentage."""
    assert parse_fraction(text) == fraction


@pytest.mark.parametrize("text", ["101%", 1.5, "-1", "half", True, None])
def test_what_is_no_fraction_is_refused(text: object) -> None:
    """Percentages above 100 are no parts of a whole."""
    with pytest.raises(ValueError, match="is not a fraction"):
        parse_fraction(text)


def test_clocks_are_as_sge_prints_them() -> None:
    """``qconf -sq`` pads, ``qconf -ssconf`` doesn't."""
    assert (clock(450), clock(450, padded=False), clock(math.inf)) == ("00:07:30", "0:7:30", "INFINITY")
