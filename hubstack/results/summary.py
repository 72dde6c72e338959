"""The figures of a run, as ``summary.json`` holds them: the same run gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hubstack.results.gates import Gate, evaluate_gates
from hubstack.results.metrics import Metric, NoSuchMetric
from hubstack.results.recording import Recording
from hubstack.results.span import SPAN_NAMES, STATUSES
from hubstack.results.waterfall import mean_parts, spawn_at, waterfalls

__all__ = ["dump_summary", "summarise"]

FIGURES = ("mean", "p50", "p95", "p99", "max")


def summarise(replications: Sequence[Recording], gates: Sequence[Gate]) -> dict[str, Any]:
    """Counts, figures with intervals, rates, counters, waterfall and verdicts of all *replications* together."""
    classes = dict.fromkeys(
        span.user_class for recording in replications for span in recording.spans if span.user_class
    )
    return {
        "spans": _figures(replications, None),
        "classes": {name: _figures(replications, name) for name in sorted(classes)},
        "rates": _rates(replications),
        "counters": _counters(replications),
        "jobs": sum(len(recording.jobs) for recording in replications),
        "waterfall": _waterfall(replications),
        "gates": [verdict.as_dict() for verdict in evaluate_gates(gates, replications)],
    }


def dump_summary(summary: dict[str, Any]) -> str:
    """The text of ``summary.json``."""
    return json.dumps(summary, indent=1, ensure_ascii=False) + "\n"


def _figures(replications: Sequence[Recording], user_class: str | None) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name in SPAN_NAMES:
        statuses = [
            span.status
            for recording in replications
            for span in recording.spans
            if span.name == name and user_class in (None, span.user_class)
        ]
        if statuses:
            counts = {status: statuses.count(status) for status in STATUSES if status in statuses}
            figures[name] = {"count": len(statuses), **counts, **_estimates(name, user_class, replications)}
    return figures


def _estimates(name: str, user_class: str | None, replications: Sequence[Recording]) -> dict[str, Any]:
    try:
        return {figure: Metric(figure, name, user_class).estimate(replications).as_dict() for figure in FIGURES}
    except NoSuchMetric:
        return {}


def _rates(replications: Sequence[Recording]) -> dict[str, Any]:
    rates = {}
    for subject in ("errors", "failed", "timed_out", "abandoned", "throttled"):
        try:
            rates[subject] = Metric("rate", subject).estimate(replications).as_dict()
        except NoSuchMetric:
            continue
    return rates


def _counters(replications: Sequence[Recording]) -> dict[str, Any]:
    names = sorted({row.name for recording in replications for row in recording.counters})
    return {name: Metric("count", name).estimate(replications).as_dict() for name in names}


def _waterfall(replications: Sequence[Recording]) -> dict[str, Any]:
    falls = waterfalls(span for recording in replications for span in recording.spans)
    if not falls:
        return {}
    rows = {"mean": mean_parts(falls), "p50": spawn_at(falls, 0.5).parts, "p95": spawn_at(falls, 0.95).parts}
    return {row: {name: round(seconds, 6) for name, seconds in parts.items()} for row, parts in rows.items()}
