"""The run directory: where a run's results lie, and in what form.

``manifest.json`` (the only file that may differ between equal runs), ``summary.json``, ``spans.parquet``,
``counters.parquet``, ``jobs.parquet``, ``events.jsonl`` (``.gz`` above 10 MB), ``report.html``; and under
``replications/0001/`` ... the rows of each replication by itself, written as soon as it is finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_sge.cellfile import BadFile
from hubstack.results.gates import Gate
from hubstack.results.recording import Counter, JobRow, Recording
from hubstack.results.report import render_report
from hubstack.results.span import Span
from hubstack.results.summary import dump_summary, summarise
from hubstack.results.tables import read_lines, read_rows, write_lines, write_rows

__all__ = ["NotARun", "Run", "RunDirectory", "read_run"]


class NotARun(BadFile):
    """A path that is no run directory, or a place where none may be written."""


@dataclass(slots=True)
class Run:
    """A finished run as read back: what was run, its figures, and the rows of each replication."""

    path: Path
    manifest: dict[str, Any]
    summary: dict[str, Any]
    replications: list[Recording]

    def measured(self) -> list[Recording]:
        """The replications without the warm-up: rows that began before its end are left out."""
        ends = self.manifest["measured_from"]
        return [_after(recording, end) for recording, end in zip(self.replications, ends, strict=True)]


class RunDirectory:
    """Writes one run: each replication as it finishes, then `close`."""

    def __init__(self, path: Path) -> None:
        """Makes the directory; raises `NotARun` if something other than an empty directory is there."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise NotARun("something is already there", str(path), "name another place with --out, or remove it")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._finished: list[Recording] = []

    def write_replication(self, number: int, recording: Recording) -> None:
        """Stores the rows of replication *number* (the first is 1)."""
        place = self.path / "replications" / f"{number:04d}"
        place.mkdir(parents=True)
        ordered = recording.ordered()
        _write(place, ordered)
        self._finished.append(ordered)

    def close(self, manifest: dict[str, Any], gates: Sequence[Gate]) -> Run:
        """Writes the tables of all replications, the summary, the report and, last, the manifest.

        *manifest* must have ``measured_from``, the instants at which each replication's warm-up ends.
        """
        run = Run(self.path, manifest, {}, self._finished)
        head = {key: manifest[key] for key in ("name", "run", "stage", "seed")}
        run.summary = {"version": 1, **head, "replications": len(self._finished), **summarise(run.measured(), gates)}
        _write(self.path, _concatenated(self._finished))
        (self.path / "summary.json").write_text(dump_summary(run.summary), encoding="utf-8")
        (self.path / "report.html").write_text(render_report(run.summary, run.measured()), encoding="utf-8")
        (self.path / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        return run


def read_run(path: Path) -> Run:
    """Reads a run directory; raises `NotARun`."""
    if not (path / "manifest.json").is_file():
        raise NotARun("isn't a finished run: it has no manifest.json", str(path), "name a directory that `run` wrote")
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    return Run(path, manifest, summary, [_read(place) for place in sorted((path / "replications").iterdir())])


def _write(place: Path, recording: Recording) -> None:
    write_rows(place / "spans.parquet", Span, recording.spans)
    write_rows(place / "counters.parquet", Counter, recording.counters)
    write_rows(place / "jobs.parquet", JobRow, recording.jobs)
    write_lines(place / "events.jsonl", recording.events)


def _read(place: Path) -> Recording:
    return Recording(
        spans=read_rows(place / "spans.parquet", Span),
        counters=read_rows(place / "counters.parquet", Counter),
        jobs=read_rows(place / "jobs.parquet", JobRow),
        events=list(read_lines(place / "events.jsonl")),
    )


def _concatenated(recordings: Iterable[Recording]) -> Recording:
    together = Recording()
    for recording in recordings:
        together.spans += recording.spans
        together.counters += recording.counters
        together.jobs += recording.jobs
        together.events += recording.events
    return together


def _after(recording: Recording, instant: float) -> Recording:
    return Recording(
        spans=[span for span in recording.spans if span.start_at >= instant],
        counters=[counter for counter in recording.counters if counter.at >= instant],
        jobs=[job for job in recording.jobs if job.submitted_at >= instant],
        events=recording.events,
    )
