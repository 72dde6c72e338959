from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hubstack.results import Gate, Recording, render_report, summarise


def page(recording, *gates):
    """The report of one replication."""
    head = {"name": "lecture", "run": "r", "stage": "model", "seed": 1, "replications": 1}
    return render_report(head | summarise([recording], [Gate.parse(gate) for gate in gates]), [recording])


def test_the_page_says_verdicts_and_loads_nothing(spawns):
    """The answer stands on the page, and nothing is fetched from elsewhere."""
    html = page(spawns(1.0, 2.0), "p50(spawn) < 3 s", "p50(spawn) < 1 ms")
    assert "passed" in html
    assert "failed" in html
    assert not re.search(r"(src|href)=|url\(|@import", html)


def test_the_drawings_are_well_formed(span):
    """Each SVG parses, with a bar for the mean, the median and p95."""
    spans = [span("login", 0, 1), span("spawn", 1, 9), span("submit", 2, 3), span("outage", 3, 4, session="", user="")]
    drawings = re.findall(r"<svg.*?</svg>", page(Recording(spans=spans)), re.DOTALL)
    assert len(drawings) == 2
    texts = [element.text for element in ET.fromstring(drawings[0]).iter("text")]
    assert {"mean of all", "the median spawn", "the p95 spawn"} <= set(texts)


def test_what_users_wrote_is_escaped(span):
    """A reason is text, never markup."""
    recording = Recording(spans=[span("spawn", 0, 1, status="failed", reason="<script>alert(1)</script>")])
    html = page(recording)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_run_in_which_nothing_happened_has_a_page():
    """No spans, no figures, no error."""
    assert "lecture on model" in page(Recording())
