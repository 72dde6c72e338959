"""``python -m fake_sge check DIR``: play recordings of a real Son of Grid Engine, and say where the answers differ."""

from __future__ import annotations

from fake_sge.check.clock import Trace, read_trace
from fake_sge.check.micro import find_micro_traces, play_micro_trace
from fake_sge.check.normal import normalised
from fake_sge.check.play import Play, Verdict, play_recording
from fake_sge.check.recording import Recording, Step, Transcript, find_recordings, read_recording
from fake_sge.check.report import check_directory, check_traces, main
from fake_sge.check.traces import find_traces, play_trace

__all__ = [
    "Play",
    "Recording",
    "Step",
    "Trace",
    "Transcript",
    "Verdict",
    "check_directory",
    "check_traces",
    "find_micro_traces",
    "find_recordings",
    "find_traces",
    "main",
    "normalised",
    "play_micro_trace",
    "play_recording",
    "play_trace",
    "read_recording",
    "read_trace",
]
