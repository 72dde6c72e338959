"""The recordings of a real cluster that come out differently here, from the list that the tests hold to."""

from __future__ import annotations

from pathlib import Path

import yaml

from pages.markdown import code, prose, table

_LIST = Path(__file__).parents[3] / "tests" / "conformance" / "deviations.yaml"
_SECTIONS = {
    "differs": ("Answers of the commands", "The words, the stream or the exit code differ somewhere."),
    "not_played": ("Answers that aren't played", "They hang on the recorded machines, or on what a job itself wrote."),
    "traces": ("Workloads", "A job got another host, or its turn at another time, than from the real scheduler."),
}


def page() -> str:
    """Return a section for each kind of recording, with a row for each that differs."""
    listed = yaml.safe_load(_LIST.read_text())
    return "\n".join(_section(*_SECTIONS[kind], listed[kind]) for kind in _SECTIONS if listed.get(kind))


def _section(title: str, what: str, entries: dict[str, str]) -> str:
    rows = ((code(name), prose(reason)) for name, reason in entries.items())
    return f"## {title}\n\n{what}\n\n{table(('recording', 'why'), rows)}"
