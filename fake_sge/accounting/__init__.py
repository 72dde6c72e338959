"""accounting(5): one line of 45 fields for each task that left its host, written and read."""

from __future__ import annotations

from fake_sge.accounting.reading import DamagedLine, History, Reader, rotated_files
from fake_sge.accounting.record import FIELDS, HEADER, Record, line_of, lines_of, parse_line, record_of

__all__ = [
    "FIELDS",
    "HEADER",
    "DamagedLine",
    "History",
    "Reader",
    "Record",
    "line_of",
    "lines_of",
    "parse_line",
    "record_of",
    "rotated_files",
]
