"""Metrics in function form: ``p95(spawn)``, ``mean(spawn, class=students)``, ``rate(abandoned)``, ``count(qstat)``.

- ``pNN``, ``min``, ``mean``, ``max`` of a span's name: its duration in seconds, over the spans that went well (how
  often they didn't is what rates are for). Of a counter's name: its samples.
- ``rate(STATUS)``: the share of spawns with that status (failed, timed_out, abandoned, throttled).
- ``rate(errors)``: the share of all steps of users that failed or timed out.
- ``count(NAME)``: a counter's total, or the number of spans of that name; of several replications, the mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from hubstack.results.recording import Counter, Recording
from hubstack.results.span import SPAN_NAMES, STATUSES, STEPS
from hubstack.results.statistics import Estimate, estimate_mean, estimate_quantile, estimate_share, over_replications

__all__ = ["BadMetric", "Metric", "NoSuchMetric"]

_FORM = re.compile(r"\s*(?P<function>[a-z]\w*)\(\s*(?P<subject>\w+)\s*(?:,\s*class\s*=\s*(?P<user_class>\w+)\s*)?\)\s*")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:_\d+)?)")
_EXTREMES: dict[str, Callable[[Sequence[float]], float]] = {"min": min, "max": max}
RATES = ("errors", *(status for status in STATUSES if status != "ok"))


class BadMetric(ValueError):
    """A metric's text that doesn't follow the form; the message says what would."""


class NoSuchMetric(LookupError):
    """A well-formed metric of which the run has no values; the message says what it has instead."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that a run can be asked for."""

    function: str
    subject: str
    user_class: str | None = None

    @classmethod
    def parse(cls, text: str) -> Metric:
        """Reads the function form; raises `BadMetric`."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise BadMetric(
                f"{text.strip()!r} isn't a metric: write FUNCTION(NAME) or FUNCTION(NAME, class=X), as in p95(spawn)"
            )
        metric = cls(match["function"], match["subject"], match["user_class"])
        if not (_PERCENTILE.fullmatch(metric.function) or metric.function in (*_EXTREMES, "mean", "rate", "count")):
            raise BadMetric(
                f"{metric.function!r} isn't a function: use p50, p95, p99 (any pNN), min, mean, max, rate or count"
            )
        if metric.function == "rate" and metric.subject not in RATES:
            raise BadMetric(f"there is no rate({metric.subject}): use one of {', '.join(RATES)}")
        return metric

    def __str__(self) -> str:
        return f"{self.function}({self.subject}{f', class={self.user_class}' if self.user_class else ''})"

    @property
    def unit(self) -> str:
        """``%`` for rates, ``s`` for figures of spans, else none."""
        if self.function == "rate":
            return "%"
        return "s" if self.function != "count" and self.subject in SPAN_NAMES else ""

    def estimate(self, replications: Sequence[Recording]) -> Estimate:
        """The figure with its interval (rates are shares from 0 to 1); raises `NoSuchMetric` where there is none."""
        groups = [self._values(recording) for recording in replications]
        if not any(groups):
            raise NoSuchMetric(self._what_there_is(replications))
        return over_replications(groups, self._within())

    def _values(self, recording: Recording) -> list[float]:
        if self.function == "rate":
            return self._outcomes(recording)
        spans = [span for span in recording.spans if span.name == self.subject and self._concerns(span.user_class)]
        if self.function == "count":
            counted = [counter.value for counter in self._counters(recording)]
            return [sum(counted)] if counted else [float(len(spans))] if spans else []
        return [span.duration_s for span in spans if span.status == "ok"] or [
            row.value for row in self._counters(recording)
        ]

    def _outcomes(self, recording: Recording) -> list[float]:
        """One number for each span that the rate is of: 1 where it ended that way."""
        names, bad = (STEPS, ("failed", "timed_out")) if self.subject == "errors" else (("spawn",), (self.subject,))
        spans = (span for span in recording.spans if span.name in names and self._concerns(span.user_class))
        return [float(span.status in bad) for span in spans]

    def _counters(self, recording: Recording) -> list[Counter]:
        return [row for row in recording.counters if row.name == self.subject] if self.user_class is None else []

    def _concerns(self, user_class: str) -> bool:
        return self.user_class in (None, user_class)

    def _within(self) -> Callable[[Sequence[float]], Estimate]:
        percentile = _PERCENTILE.fullmatch(self.function)
        if percentile:
            return partial(estimate_quantile, q=float(percentile[1].replace("_", ".")) / 100)
        if self.function in _EXTREMES:
            return partial(_extreme, pick=_EXTREMES[self.function])
        return estimate_share if self.function == "rate" else estimate_mean

    def _what_there_is(self, replications: Sequence[Recording]) -> str:
        spans = {span.name for recording in replications for span in recording.spans if self._concerns(span.user_class)}
        counters = {row.name for recording in replications for row in recording.counters}
        there = [name for name in SPAN_NAMES if name in spans] + sorted(counters)
        return f"the run has no values for {self}; it has {', '.join(there) or 'nothing'}"


def _extreme(values: Sequence[float], pick: Callable[[Sequence[float]], float]) -> Estimate:
    return Estimate(float(pick(np.asarray(values).tolist())), None, None, n=len(values))
