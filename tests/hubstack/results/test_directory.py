from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from hubstack.results import Counter, Gate, JobRow, NotARun, RunDirectory, read_lines, read_run
from hubstack.results.tables import COMPRESS_ABOVE_BYTES, write_lines

MANIFEST = {"name": "n", "run": "r", "stage": "model", "seed": 1, "measured_from": [0.0]}
JOB = JobRow("r", 1, "model", 1, "user001", 0.0, queue="all.q", host="cpu001", dispatched_at=1.0, started_at=1.5)


def write(path, *recordings, gates=(), **changes):
    """Writes a run directory with these replications."""
    directory = RunDirectory(path)
    for number, recording in enumerate(recordings, 1):
        directory.write_replication(number, recording)
    return directory.close(MANIFEST | changes, [Gate.parse(gate) for gate in gates])


def test_what_is_written_is_read_back(tmp_path, spawns):
    """Rows of every kind, optional values included, survive the way through the files."""
    recording = spawns(1.0, 2.0)
    recording.jobs.append(JOB)
    recording.counters.append(Counter("r", 1, "model", 3.0, "qstat", "hub", 7.0))
    recording.events.append({"at": 1.0, "what": "submitted"})
    written = write(tmp_path / "run", recording, gates=["p50(spawn) < 3 s"])
    assert read_run(tmp_path / "run") == written


def test_the_directory_holds_the_files_of_its_description(tmp_path, spawns):
    """Others read these files by name."""
    write(tmp_path / "run", spawns(1.0), spawns(2.0), measured_from=[0.0, 0.0])
    names = sorted(str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*") if path.is_file())
    tables = ["counters.parquet", "events.jsonl", "jobs.parquet", "spans.parquet"]
    parts = [f"replications/{number}/{name}" for number in ("0001", "0002") for name in tables]
    assert names == sorted(["manifest.json", "summary.json", "report.html", *tables, *parts])
    assert pq.read_table(tmp_path / "run" / "spans.parquet").num_rows == 2


def test_only_the_manifest_differs_between_equal_runs(tmp_path, spawns):
    """Everything that is compared is the same bytes."""
    for name, began in (("a", 1), ("b", 2)):
        write(tmp_path / name, spawns(1.0, 2.0), gates=["p50(spawn) < 3 s"], began_at=began)
    for path in (tmp_path / "a").rglob("*"):
        other = tmp_path / "b" / path.relative_to(tmp_path / "a")
        if path.is_file():
            assert (path.read_bytes() == other.read_bytes()) is (path.name != "manifest.json")


def test_the_warm_up_is_kept_and_not_measured(tmp_path, spawns):
    """Spans that begin in the warm-up are in the table and not in the figures."""
    written = write(tmp_path / "run", spawns(1.0), measured_from=[200.0])
    assert len(written.replications[0].spans) == 1
    assert written.summary["spans"] == {}


def test_a_place_that_holds_something_is_not_written_into(tmp_path):
    """A run never overwrites what is there."""
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(NotARun, match="--out"):
        RunDirectory(tmp_path)


def test_what_is_no_run_is_not_read(tmp_path):
    """One line that says what is missing."""
    with pytest.raises(NotARun, match=r"no manifest\.json"):
        read_run(tmp_path)


def test_large_event_logs_are_compressed(tmp_path):
    """Above 10 MB the file is a .gz, and reading it by its plain name still works."""
    record = {"at": 0.0, "text": "x" * 1_000_000}
    path = write_lines(tmp_path / "events.jsonl", [record] * (COMPRESS_ABOVE_BYTES // 1_000_000 + 1))
    assert path.name == "events.jsonl.gz"
    assert next(read_lines(tmp_path / "events.jsonl")) == record


def test_a_line_cut_short_is_left_out(tmp_path):
    """A killed writer leaves half a line; what was complete is still read."""
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps({"at": 1}) + '\n{"at": 2, "na')
    assert list(read_lines(path)) == [{"at": 1}]
