"""Two runs side by side: each span's p50 and p95, and the paired differences of the sessions that both runs have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubstack.results.directory import Run
from hubstack.results.recording import Recording
from hubstack.results.span import SPAN_NAMES
from hubstack.results.statistics import Estimate, estimate_mean, quantile

__all__ = ["Comparison", "SpanDifference", "compare"]

Key = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class SpanDifference:
    """One span's figures in both runs (seconds), and the mean of B minus A over the pairs, with its interval."""

    name: str
    count: tuple[int, int]
    p50: tuple[float, float]
    p95: tuple[float, float]
    difference: Estimate | None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        paired = self.difference.as_dict() if self.difference else None
        return {"span": self.name, "count": self.count, "p50": self.p50, "p95": self.p95, "difference": paired}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs have in common, and the names that only one of them could see."""

    a: str
    b: str
    spans: list[SpanDifference]
    only_a: list[str]
    only_b: list[str]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "spans": [row.as_dict() for row in self.spans],
            "only_in_a": self.only_a,
            "only_in_b": self.only_b,
        }


def compare(a: Run, b: Run) -> Comparison:
    """Compares two runs, whatever their stages.

    Pairs are the n-th span of a name of the same session and replication; only spans that went well in both count.
    """
    in_a, in_b = _well(a.measured()), _well(b.measured())
    common = [name for name in SPAN_NAMES if name in in_a and name in in_b]
    return Comparison(
        a=f"{a.summary['run']} ({a.summary['stage']})",
        b=f"{b.summary['run']} ({b.summary['stage']})",
        spans=[_difference(name, in_a[name], in_b[name]) for name in common],
        only_a=[name for name in SPAN_NAMES if name in in_a and name not in in_b],
        only_b=[name for name in SPAN_NAMES if name in in_b and name not in in_a],
    )


def _well(replications: Sequence[Recording]) -> dict[str, dict[Key, float]]:
    durations: dict[str, dict[Key, float]] = {}
    for number, recording in enumerate(replications, start=1):
        seen: dict[tuple[str, str], int] = {}
        for span in recording.spans:
            place = seen[span.name, span.session] = seen.get((span.name, span.session), -1) + 1
            if span.status == "ok":
                durations.setdefault(span.name, {})[number, span.session, place] = span.duration_s
    return durations


def _difference(name: str, in_a: dict[Key, float], in_b: dict[Key, float]) -> SpanDifference:
    pairs = [in_b[key] - in_a[key] for key in in_a if key in in_b]
    a, b = list(in_a.values()), list(in_b.values())
    return SpanDifference(
        name=name,
        count=(len(a), len(b)),
        p50=(quantile(a, 0.5), quantile(b, 0.5)),
        p95=(quantile(a, 0.95), quantile(b, 0.95)),
        difference=estimate_mean(pairs) if pairs else None,
    )
