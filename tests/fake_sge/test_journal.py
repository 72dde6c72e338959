"""The journal keeps what was committed, whatever a crash did to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_sge.core import Exit, JobRequest, TaskRange, Usage
from fake_sge.journal import BadJournal, Journal, Record

JOB = JobRequest(
    "ann",
    environment={"$HOME": "odd name", "PLAIN": "line\nline", "BYTES": "\udcff"},
    hard=[("h_rt", "3600")],
    tasks=TaskRange(1, 9, 2),
    pe_slots=[TaskRange(2, 4)],
)
RECORDS = [
    Record(1.5, "submit", {"request": JOB}),
    Record(
        2.0, "exited", {"job_id": 1, "task_id": 1, "exit": Exit(37, 137, Usage(wallclock_s=1.25), "late", None, 2.0)}
    ),
    Record(2.0, "alter", {"job_id": 1, "changed": {"hard": [("gpu", "1")], "name": "ü"}, "user": "ann"}),
    Record(3.0, "advance"),
]


def write(directory: Path, records: list[Record]) -> None:
    journal = Journal(directory)
    for record in records:
        journal.append(record)
    journal.close()


def read(directory: Path) -> list[Record]:
    journal = Journal(directory)
    records = list(journal.records())
    journal.close()
    return records


def test_inputs_come_back_equal(tmp_path: Path) -> None:
    """What was appended is read back with the same types and values, tuples and odd names included."""
    write(tmp_path, RECORDS)
    assert read(tmp_path) == RECORDS


@given(cut=st.integers(min_value=0, max_value=2000), rubbish=st.binary(max_size=80))
def test_torn_end_is_cut(tmp_path_factory: pytest.TempPathFactory, cut: int, rubbish: bytes) -> None:
    """Cut anywhere, with anything written after the cut: whole records before it are kept, and new ones follow them."""
    directory = tmp_path_factory.mktemp("journal")
    write(directory, RECORDS)
    path = directory / "journal.0"
    whole = path.read_bytes()
    path.write_bytes(whole[: min(cut, len(whole))] + rubbish)
    kept = whole[: min(cut, len(whole))].count(b"\n")
    before = read(directory)
    assert before[:kept] == RECORDS[:kept]
    write(directory, [Record(9.0, "trigger")])
    assert read(directory) == [*before, Record(9.0, "trigger")]


def test_damage_before_whole_records_is_no_torn_end(tmp_path: Path) -> None:
    """Records that were safe once aren't cut off behind the user's back: where it is damaged and what to do is told."""
    write(tmp_path, RECORDS)
    path = tmp_path / "journal.0"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"37", b"38", 1)
    damaged = b"".join(lines)
    path.write_bytes(damaged)
    with pytest.raises(BadJournal, match=f"damaged at byte {len(lines[0])}, with 2 records after it.*truncate -s"):
        Journal(tmp_path)
    assert path.read_bytes() == damaged
    os.truncate(path, len(lines[0]))
    assert read(tmp_path) == RECORDS[:1]


@pytest.mark.parametrize("gone", ["snapshot.1", "journal.1"])
def test_a_missing_file_is_told(tmp_path: Path, gone: str) -> None:
    """Half a journal isn't taken for an empty one."""
    journal = Journal(tmp_path)
    journal.compact(b"the state")
    journal.append(RECORDS[0])
    journal.close()
    (tmp_path / gone).unlink()
    with pytest.raises(BadJournal, match=f"{gone}: gone; restore it"):
        Journal(tmp_path)


def test_compaction(tmp_path: Path) -> None:
    """A snapshot takes the place of what came before; records go on after it."""
    journal = Journal(tmp_path)
    for record in RECORDS:
        journal.append(record)
    journal.compact(b"the state")
    journal.append(Record(4.0, "trigger"))
    journal.close()
    journal = Journal(tmp_path)
    assert (journal.snapshot(), list(journal.records())) == (b"the state", [Record(4.0, "trigger")])
    journal.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.1", "snapshot.1"]


def test_damaged_snapshot_is_told(tmp_path: Path) -> None:
    """A snapshot whose bytes changed is refused in words, not misread."""
    journal = Journal(tmp_path)
    journal.compact(b"the state")
    path = tmp_path / "snapshot.1"
    path.write_bytes(path.read_bytes().replace(b"state", b"stale"))
    with pytest.raises(BadJournal, match="damaged"):
        journal.snapshot()
    journal.close()
