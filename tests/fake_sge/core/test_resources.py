"""Values of complex attributes."""

from __future__ import annotations

import math

import pytest

from fake_sge.core.resources import (
    NotAValue,
    compare,
    format_memory,
    format_time,
    format_value,
    matches,
    matches_pattern,
    parse_memory,
    parse_time,
    parse_value,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [("2G", 2 * 1024**3), ("2g", 2e9), ("1.5K", 1536), ("100", 100), ("0x10", 16), ("infinity", math.inf)],
)
def test_memory_multipliers_are_binary_in_capitals_and_decimal_in_small_letters(text: str, size: float) -> None:
    """sge_types(1): K, M, G, T are powers of 1024, k, m, g, t of 1000."""
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1m", 1e6), ("1:0:0", 3600), ("::30", 30), ("INFINITY", math.inf)],
)
def test_times_are_seconds_or_clock_readings(text: str, seconds: float) -> None:
    """sge_types(1): h:m:s, any part may be empty; INFINITY is no limit."""
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [("TIME", "1:2:3:4", "time"), ("TIME", "", "time"), ("INT", "abc", "integer"), ("TIME", "1:30", "time"),
     ("MEMORY", "lots", "memory"), ("DOUBLE", "x", "double"), ("BOOL", "perhaps", "boolean")],
)  # fmt: skip
def test_what_is_no_value_is_named_by_its_type(kind: str, text: str, word: str) -> None:
    """The refusal says which kind of value was wanted, as qsub's does."""
    with pytest.raises(NotAValue) as caught:
        parse_value(kind, text)
    assert caught.value.kind == word


def test_values_are_printed_as_in_the_scheduler_s_messages() -> None:
    """Memory with three decimals and a unit, times as h:m:s, numbers with six decimals."""
    assert format_memory(56 * 1024**3) == "56.000G"
    assert format_time(96 * 3600) == "96:00:00"
    assert format_time(math.inf) == "infinity"
    assert format_value("INT", 2.0) == "2.000000"
    assert format_value("BOOL", 1.0) == "true"


@pytest.mark.parametrize(
    ("relop", "request_", "offer", "fits"),
    [
        ("<=", 1, 2, True),
        ("<=", 3, 2, False),
        (">=", 1, 2, False),
        (">=", 3, 2, True),
        ("==", 2, 2, True),
        ("!=", 2, 2, False),
    ],
)
def test_a_request_is_compared_to_the_offer(relop: str, request_: float, offer: float, fits: bool) -> None:
    """complex(5): request RELOP offer."""
    assert compare(relop, request_, offer) is fits


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [("lx-*", "lx-amd64", True), ("a|b", "b", True), ("!a", "b", True), ("!(a|b)", "b", False),
     ("n*&!node2", "node1", True), ("n*&!node2", "node2", False), ("[ab]c", "bc", True), ("x", "y", False)],
)  # fmt: skip
def test_patterns_join_wildcards_with_or_and_not(pattern: str, text: str, fits: bool) -> None:
    """sge_types(1): expressions of wildcards with |, &, ! and parentheses."""
    assert matches_pattern(pattern, text) is fits


def test_host_and_cstring_ignore_case_but_string_doesn_t() -> None:
    """complex(5): CSTRING and HOST are compared without case."""
    assert matches("HOST", "==", "Node001", "node001")
    assert matches("CSTRING", "==", "ABC", "abc")
    assert not matches("STRING", "==", "ABC", "abc")
