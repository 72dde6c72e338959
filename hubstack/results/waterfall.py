"""Where the time of a spawn goes: its parts, and what no part accounts for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hubstack.results.span import PARTS, Span
from hubstack.results.statistics import quantile

__all__ = ["UNACCOUNTED", "SpawnWaterfall", "mean_parts", "spawn_at", "waterfalls"]

UNACCOUNTED = "unaccounted"


@dataclass(frozen=True, slots=True)
class SpawnWaterfall:
    """A spawn that ended well. *parts* maps names to seconds, ``unaccounted`` last; they sum to the duration."""

    spawn: Span
    parts: dict[str, float]


def waterfalls(spans: Iterable[Span]) -> list[SpawnWaterfall]:
    """The waterfall of each spawn with status ``ok``.

    A spawn's parts are its session's part spans that begin inside it, cut off at its end; parts of attempts that failed
    before the one that succeeded count too.
    """
    spawns: list[Span] = []
    parts: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for span in spans:
        if span.name == "spawn" and span.status == "ok":
            spawns.append(span)
        elif span.name in PARTS:
            parts[span.replication, span.session].append(span)
    return [_waterfall(spawn, parts[spawn.replication, spawn.session]) for spawn in spawns]


def mean_parts(falls: Sequence[SpawnWaterfall]) -> dict[str, float]:
    """The mean of each part over all spawns; one that lacks it counts as zero, so the means sum to the mean spawn."""
    seen = {name for fall in falls for name in fall.parts}
    return {
        name: float(np.mean([fall.parts.get(name, 0.0) for fall in falls]))
        for name in (*PARTS, UNACCOUNTED)
        if name in seen
    }


def spawn_at(falls: Sequence[SpawnWaterfall], q: float) -> SpawnWaterfall:
    """The spawn whose duration is the quantile *q* of all: one that happened, so its parts belong together."""
    at = quantile([fall.spawn.duration_s for fall in falls], q)
    return next(fall for fall in falls if fall.spawn.duration_s == at)


def _waterfall(spawn: Span, candidates: Iterable[Span]) -> SpawnWaterfall:
    seconds: dict[str, float] = defaultdict(float)
    for part in candidates:
        if spawn.start_at <= part.start_at <= spawn.end_at:
            seconds[part.name] += min(part.end_at, spawn.end_at) - part.start_at
    ordered = {name: seconds[name] for name in PARTS if name in seconds}
    return SpawnWaterfall(spawn, ordered | {UNACCOUNTED: spawn.duration_s - sum(ordered.values())})
