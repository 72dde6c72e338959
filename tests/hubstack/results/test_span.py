from __future__ import annotations

import pytest


def test_a_name_outside_the_closed_set_is_refused(span):
    """Span names are a closed set: a typing error can't become a column of its own."""
    with pytest.raises(ValueError, match="no span is named 'spoon'"):
        span("spoon", 0, 1)


def test_a_status_outside_the_closed_set_is_refused(span):
    """Statuses are a closed set too."""
    with pytest.raises(ValueError, match="status 'good'"):
        span("spawn", 0, 1, status="good")


def test_a_span_that_ends_before_it_begins_is_refused(span):
    """Clocks that disagree are seen when the span is made, not as a negative time in a report."""
    with pytest.raises(ValueError, match="before it begins"):
        span("spawn", 2, 1)


def test_the_class_is_what_stands_before_the_number_of_the_session(span):
    """A session is CLASS/NUMBER; a span of no session has no class."""
    assert span("spawn", 0, 1, session="students/0007").user_class == "students"
    assert span("outage", 0, 1, session="").user_class == ""
