"""The files of a job's spool directory: ``name=value`` lines, as sge_execd(8) and sge_shepherd(8) write them."""

from __future__ import annotations

import os
import time

__all__ = ["append_trace", "format_pairs", "parse_pairs", "read_pairs", "stamp", "sum_of_lines", "write_whole"]


def format_pairs(pairs: dict[str, str]) -> str:
    """One ``name=value`` line each; newlines and backslashes in values are escaped, as in C."""
    return "".join(f"{name}={_escape(value)}\n" for name, value in pairs.items())


def parse_pairs(text: str) -> dict[str, str]:
    """The inverse of `format_pairs`."""
    lines = (line.partition("=") for line in text.split("\n") if line)
    return {name: _unescape(value) for name, _, value in lines}


def read_pairs(path: str) -> dict[str, str]:
    """The pairs of a file. Raises `OSError`."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return parse_pairs(file.read())


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n") if "\\" in value or "\n" in value else value


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    pieces = value.split("\\\\")
    return "\\".join(piece.replace("\\n", "\n") for piece in pieces)


def write_whole(path: str, text: str) -> None:
    """Write a file that readers see either whole or not at all."""
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.rename(temporary, path)


def sum_of_lines(path: str) -> float:
    """The numbers of a file, one a line, together. Raises `OSError`."""
    with open(path, encoding="ascii") as file:
        return sum(float(line) for line in file)


def stamp(at: float) -> str:
    """``11/23/2026 05:38:43``, local time: the form of SGE's messages files."""
    return time.strftime("%m/%d/%Y %H:%M:%S", time.localtime(at))


def append_trace(text: str) -> None:
    """Add a line to ``trace`` in the present directory."""
    with open("trace", "a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f"{stamp(time.time())} [{os.geteuid()}:{os.getpid()}]: {text}\n")
