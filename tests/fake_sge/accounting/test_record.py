"""accounting(5), written and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_sge.accounting import FIELDS, HEADER, Reader, line_of, parse_line
from fake_sge.core import AccountingFacts, Exit, Finished, Grant, Requeued, Submitted, Usage

RAW = Path(__file__).parents[2] / "transcripts" / "qacct" / "raw.json"
FACTS = AccountingFacts("user1", "cs", "job", "sge", 0, 100.7, None, "defaultdepartment", "smp", 4, 0, "-pe smp 4")
GRANTS = (Grant("all.q@node001", 4),)


def test_a_line_has_45_fields() -> None:
    """In the order of accounting(5)."""
    assert len(FIELDS) == 45
    assert [FIELDS[position][0] for position in (0, 5, 11, 35, 44)] == [
        "qname",
        "job_number",
        "failed",
        "task_number",
        "ar_submission_time",
    ]


def test_recorded_lines_are_read_and_written_the_same() -> None:
    """What the real one wrote comes back byte for byte."""
    lines = json.loads(RAW.read_text("utf-8"))["stdout"].splitlines(keepends=True)
    assert "".join(lines[:4]) == HEADER
    assert [parse_line(line).line for line in lines[4:]] == lines[4:]


def test_a_finished_task_writes_its_line() -> None:
    """Whole seconds, NONE for what isn't there, six decimals for what is measured."""
    ended = Exit(0, 3, Usage(wallclock_s=9.8, utime_s=0.5, cpu_s=1.25), started_at=110.2, ended_at=120.9)
    line = line_of(Finished(121.0, 7, 1, GRANTS, ended, FACTS))
    assert line is not None
    assert line.startswith("all.q:node001:cs:user1:job:7:sge:0:100:110:120:0:3:9:0.500000:")
    assert ":NONE:defaultdepartment:smp:4:0:1.250000:0.000000:0.000000:-pe smp 4:" in line


def test_a_task_that_never_started_has_no_times() -> None:
    """A queue's failure leaves neither submission time nor slots, as 8.1.9 has it."""
    line = line_of(Requeued(121.0, 7, 1, GRANTS, Exit(8, 0, ended_at=120.0), FACTS))
    assert line is not None
    record = parse_line(line)
    assert (record.submission_time, record.start_time, record.end_time, record.slots) == (0, 0, 0, 0)


def test_other_events_write_nothing() -> None:
    """Only what left a host is accounted for."""
    assert line_of(Submitted(1.0, 1)) is None


@pytest.mark.parametrize("line", ["", "a:b", ":".join("x" for _ in range(45)), ":".join("0" for _ in range(46))])
def test_a_line_that_is_not_whole_is_refused(line: str) -> None:
    """Too few or too many fields, or no numbers where numbers belong."""
    with pytest.raises(ValueError, match=r".+"):
        parse_line(line)


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    """Damaged lines are skipped and counted, half a line waits, a shorter file is a new one."""
    good = line_of(Finished(121.0, 7, 1, GRANTS, Exit(), FACTS)) or ""
    path = tmp_path / "accounting"
    path.write_text(HEADER + good + "damaged\n" + good[:20])
    reader = Reader(path)
    assert [record.job_number for record in reader] == [7]
    assert reader.damaged == 1
    with path.open("a") as file:
        file.write(good[20:])
    assert len(list(reader)) == 1
    assert list(reader) == []
    path.write_text(good)
    assert len(list(reader)) == 1
