"""What a run measured: the span schema, the run directory, statistics, gates, report and diff."""

from __future__ import annotations

from hubstack.results.diff import Comparison, SpanDifference, compare
from hubstack.results.directory import NotARun, Run, RunDirectory, read_run
from hubstack.results.gates import BadGate, Gate, Verdict, evaluate_gates
from hubstack.results.metrics import BadMetric, Metric, NoSuchMetric
from hubstack.results.plan import PAUSE_BETWEEN_TRIES_S, LoadPlan, read_plan, reload_pauses, write_plan
from hubstack.results.recording import Counter, JobRow, Recorder, Recording
from hubstack.results.report import render_report
from hubstack.results.span import PARTS, SPAN_NAMES, STATUSES, STEPS, Span, SpanName, Status
from hubstack.results.statistics import Estimate
from hubstack.results.summary import summarise
from hubstack.results.tables import append_line, read_lines
from hubstack.results.waterfall import UNACCOUNTED, SpawnWaterfall, mean_parts, spawn_at, waterfalls
from hubstack.scenario import PlannedSession

__all__ = [
    "PARTS",
    "PAUSE_BETWEEN_TRIES_S",
    "SPAN_NAMES",
    "STATUSES",
    "STEPS",
    "UNACCOUNTED",
    "BadGate",
    "BadMetric",
    "Comparison",
    "Counter",
    "Estimate",
    "Gate",
    "JobRow",
    "LoadPlan",
    "Metric",
    "NoSuchMetric",
    "NotARun",
    "PlannedSession",
    "Recorder",
    "Recording",
    "Run",
    "RunDirectory",
    "Span",
    "SpanDifference",
    "SpanName",
    "SpawnWaterfall",
    "Status",
    "Verdict",
    "append_line",
    "compare",
    "evaluate_gates",
    "mean_parts",
    "read_lines",
    "read_plan",
    "read_run",
    "reload_pauses",
    "render_report",
    "spawn_at",
    "summarise",
    "waterfalls",
    "write_plan",
]
