"""Accounting files as sites have them: records come back as written, damage is told, rotation is followed."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_sge.accounting import FIELDS, HEADER, DamagedLine, History, Reader, Record, parse_line, rotated_files

_KINDS = {
    "str": st.text(st.characters(exclude_characters=":\n\r", exclude_categories=["Cs"]), max_size=20),
    "int": st.integers(-(10**12), 10**12),
    "float": st.integers(-(10**12), 10**12).map(lambda millionths: millionths / 1_000_000),
}
records = st.builds(Record, **{name: _KINDS[kind] for name, kind in FIELDS})


def numbered(number: int) -> Record:
    values = {field.name: {"str": "NONE", "int": 0, "float": 0.0}[str(field.type)] for field in fields(Record)}
    return Record(**values | {"job_number": number})  # type: ignore[arg-type]


@given(records)
def test_what_is_written_is_read_the_same(record: Record) -> None:
    """A record -> its line -> the record; and the line comes out again byte for byte."""
    assert parse_line(record.line) == record
    assert parse_line(record.line).line == record.line


@given(st.text(max_size=300))
def test_any_text_is_a_record_or_refused(text: str) -> None:
    """Nothing but `ValueError` comes out."""
    with contextlib.suppress(ValueError):
        assert parse_line(text).line.count(":") == 44


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a:b:c", "3 fields instead of 45"),
        (numbered(7).line.replace(":7:", ": 7:"), "job_number is ' 7'"),
        (numbered(7).line.replace(":7:", ":1_0:"), "job_number is '1_0'"),
        (numbered(7).line.replace("0.000000", "nan", 1), "ru_utime is 'nan'"),
    ],
)
def test_what_is_wrong_is_told(line: str, why: str) -> None:
    """The number of fields, or the first field that isn't of its kind."""
    with pytest.raises(ValueError, match="^" + why.replace("(", "\\(") + "$"):
        parse_line(line)


def test_damage_is_told_with_its_line(tmp_path: Path) -> None:
    """Comments and empty lines count as lines, but aren't damage; reading on goes on counting."""
    path = tmp_path / "accounting"
    path.write_text(HEADER + numbered(1).line + "cut short\n\n" + numbered(2).line)
    reader = Reader(path)
    assert [record.job_number for record in reader] == [1, 2]
    assert reader.damages == [DamagedLine(path, 6, "1 fields instead of 45")]
    with path.open("a") as file:
        file.write("again\n")
    assert list(reader) == []
    assert (reader.damaged, str(reader.damages[1])) == (2, f"{path}:9: 1 fields instead of 45")


def test_rotated_files_are_read_from_the_oldest_on(tmp_path: Path) -> None:
    """Dated ones, then numbered ones, the highest number first, then the file itself; compressed or not."""
    texts = {
        "accounting-20250102.xz": lzma.compress(numbered(1).line.encode()),
        "accounting-20260101.gz": gzip.compress(numbered(2).line.encode()),
        "accounting.10.gz": gzip.compress(numbered(3).line.encode()),
        "accounting.2.bz2": bz2.compress(numbered(4).line.encode()),
        "accounting.0": numbered(5).line.removesuffix("\n").encode(),
        "accounting": numbered(6).line.encode(),
        "accounting.bak": numbered(7).line.encode(),
        "accounting_old": numbered(8).line.encode(),
    }
    for name, content in texts.items():
        (tmp_path / name).write_bytes(content)
    assert [path.name for path in rotated_files(tmp_path / "accounting")] == list(texts)[:6]
    assert [record.job_number for record in History(tmp_path / "accounting")] == [1, 2, 3, 4, 5, 6]


def test_a_compressed_file_that_ends_early_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """The damage is told with the line at which it ended."""
    whole = gzip.compress("".join(numbered(number).line for number in range(1, 2000)).encode())
    (tmp_path / "accounting.0.gz").write_bytes(whole[: len(whole) // 2])
    history = History(tmp_path / "accounting")
    read = [record.job_number for record in history]
    assert read == list(range(1, len(read) + 1))
    assert history.damaged == 1
    assert "the file ends here" in str(history.damages[0])
