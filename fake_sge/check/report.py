"""The command: play what is found below a directory, say what differs, and how much holds."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fake_sge.cellfile import load_cell
from fake_sge.check.micro import find_micro_traces, play_micro_trace
from fake_sge.check.play import Verdict, play_recording
from fake_sge.check.recording import find_recordings, read_recording
from fake_sge.check.traces import find_traces, play_trace

__all__ = ["check_directory", "check_traces", "main"]


def check_traces(directory: Path) -> list[Verdict]:
    """The verdicts of every trace, whole or micro, below *directory*. Raises `OSError` and `ValueError`."""
    whole = [play_trace(path) for path in find_traces(directory)]
    return whole + [play_micro_trace(path) for path in find_micro_traces(directory)]


def check_directory(directory: Path, cell: str = "recorded") -> list[Verdict]:
    """The verdicts of every recording below *directory*. Raises `OSError` and `ValueError` for what can't be read."""
    verdicts: list[Verdict] = []
    for path in find_recordings(directory):
        with tempfile.TemporaryDirectory() as folder:
            recording = read_recording(path)
            verdicts += play_recording(recording, load_cell(cell), Path(folder) / "accounting")
    return verdicts


def main(argv: Sequence[str] | None = None) -> int:
    """``check DIR``. Exit code 0: all holds; 1: something differs; 2: nothing there that can be played."""
    parser = argparse.ArgumentParser(prog="python -m fake_sge check", description=__doc__)
    parser.add_argument("directory", type=Path, help="where recordings are")
    parser.add_argument("--cell", default="recorded", help="the cell that was recorded (default: %(default)s)")
    options = parser.parse_args(argv)
    try:
        transcripts = check_directory(options.directory, options.cell)
        traces = check_traces(options.directory)
    except (OSError, ValueError, KeyError) as error:
        print(f"{options.directory}: {error}", file=sys.stderr)
        return 2
    if not transcripts and not traces:
        print(
            f"{options.directory}: nothing to play below it: give a directory with recordings or traces",
            file=sys.stderr,
        )
        return 2
    for verdict in (*transcripts, *traces):
        if verdict.reason:
            print(f"{verdict.what}: not played: {verdict.reason}")
    played = [verdict for verdict in transcripts if not verdict.reason]
    traces = [verdict for verdict in traces if not verdict.reason]
    for verdict in (*played, *traces):
        if verdict.difference:
            print(f"{verdict.what}: {verdict.difference}")
    for what, some in (("transcripts ", played), ("traces ", traces), ("", [*played, *traces])):
        print(f"{sum(verdict.holds for verdict in some)} of {len(some)} {what}hold")
    return 0 if all(verdict.holds for verdict in (*played, *traces)) else 1
