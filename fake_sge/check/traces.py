"""Whole workloads through the recorded scheduler, replayed on a cell made from the recorded ``qconf`` output.

To judge the scheduler alone, each job holds its slots for as long as it was observed to. The recording's clock counts
seconds: where several jobs ended within one, the order in which the scheduler heard of them isn't recorded. So a
released workload holds if it does for one of the orders that the qmaster's timer can have brought about.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from fake_sge.check.clock import Clock, Ending, Key, Telling, Trace, read_trace
from fake_sge.check.play import Verdict
from fake_sge.core import Denied

__all__ = ["find_traces", "play_trace"]

_HIT_SHARE = 0.99
_MEAN = (0.02, 0.5)
_P95 = (0.05, 1.0)
_RANK = 0.99
_MOST_PLAYS = 120
_SECONDS_BACK = 4
"""How many seconds with several ends are looked at again, from where the first job differs backwards."""


def find_traces(directory: Path) -> list[Path]:
    """Every directory below *directory* that holds a trace."""
    return sorted(path.parent for path in directory.rglob("observed.jsonl") if (path.parent / "qconf").is_dir())


def play_trace(path: Path) -> Verdict:
    """Replay it and judge by the recording's own rules.

    Raises `OSError`, `KeyError` and `ValueError` for what can't be read.
    """
    trace = read_trace(path)
    name = f"traces/{path.name}"
    try:
        if trace.released_s is None:
            clock = Clock(trace)
            clock.play()
            return Verdict(name, _judge_arriving(trace, clock))
        return Verdict(name, _judge_frozen(_best_telling(trace)))
    except Denied as denied:
        return Verdict(name, f"the cell is refused: {denied.text}")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One replay of a released workload: what *missed*, and the second in which the first of it happened."""

    trace: Trace
    telling: Telling
    endings: list[Ending]
    missed: list[str]
    first_at: float


def _play(trace: Trace, telling: Telling) -> _Outcome:
    clock = Clock(trace, telling)
    clock.play()
    slack = 2 * clock.cell.interval_s
    missed: list[str] = []
    first_at = math.inf
    for key, seen in sorted(trace.observed.items()):
        start, places = clock.started.get(key, (math.inf, set()))
        late = start - trace.t0 - seen["start_s"]
        if places != set(seen["queue_instances"]) or abs(late) > slack:
            missed.append(f"{key[0]}.{key[1]} expected {sorted(seen['queue_instances'])} at {seen['start_s']:.1f}, "
                          f"got {sorted(places)} at {start - trace.t0:.1f}")  # fmt: skip
            first_at = min(first_at, math.floor(start) if start < math.inf else start)
            first_at = min(first_at, round(seen["start_s"] + trace.t0))
    return _Outcome(trace, telling, clock.endings, missed, first_at)


def _best_telling(trace: Trace) -> _Outcome:
    """From where the first job differs backwards, look for an order of ends with which it doesn't."""
    best = _play(trace, Telling())
    plays = 1
    while best.missed and plays < _MOST_PLAYS:
        found = best
        for telling in _tellings(best):
            plays += 1
            outcome = _play(trace, telling)
            if (outcome.first_at, -len(outcome.missed)) > (found.first_at, -len(found.missed)):
                found = outcome
            if not outcome.missed or plays >= _MOST_PLAYS:
                break
        if found is best:
            break
        best = found
    return best


def _tellings(outcome: _Outcome) -> Iterator[Telling]:
    """Other orders for the last seconds, before the first difference, in which more than one return was heard."""
    told = outcome.telling
    seconds = [list(ends) for _, ends in groupby(outcome.endings, lambda ending: ending.second)]
    before = [ends for ends in seconds if ends[0].second <= outcome.first_at and _returns(ends) > 1]
    for ends in reversed(before[-_SECONDS_BACK:]):
        for second in (None, *dict.fromkeys(one.started for one in ends)):
            swapped, order = (told.swapped, ends) if second is None else _swapped(told, ends, second)
            if second is not None:
                yield Telling(swapped, told.late)
            for count in range(_returns(ends) - 1, 0, -1):
                yield Telling(swapped, _later(told, order, count))


def _swapped(told: Telling, ends: list[Ending], second: int) -> tuple[frozenset[int], list[Ending]]:
    """Of those that started in *second*, the first to end is the last, or the last the first again."""
    where = [position for position, ending in enumerate(ends) if ending.started == second]
    moved = ends[where[-1] if second in told.swapped else where[0]]
    group = [ends[position] for position in where if ends[position] is not moved]
    group.insert(0 if second in told.swapped else len(group), moved)
    order = list(ends)
    for position, ending in zip(where, group, strict=True):
        order[position] = ending
    return told.swapped ^ {second}, order


def _returns(ends: Sequence[Ending]) -> int:
    return sum(len(ending.places) for ending in ends)


def _later(told: Telling, ends: Sequence[Ending], count: int) -> dict[tuple[Key, str], int]:
    """All returns but the first *count* miss one run more."""
    returns = [(ending.key, name) for ending in ends for name in ending.places]
    return told.late | {one: told.late.get(one, 0) + 1 for one in returns[count:]}


def _judge_frozen(outcome: _Outcome) -> str:
    """Places and instants, job by job."""
    total = len(outcome.trace.observed)
    hits = total - len(outcome.missed)
    if hits >= _HIT_SHARE * total:
        return ""
    return f"{hits} of {total} tasks as observed; first: {outcome.missed[0]}"


def _judge_arriving(trace: Trace, clock: Clock) -> str:
    """Waits as a whole, and the order of starts."""
    submitted = {int(str(one["job"]).partition(".")[0]): one["at_s"] for one in trace.submissions
                 if str(one["job"])[:1].isdecimal()}  # fmt: skip
    keys = [key for key in sorted(trace.observed) if key in clock.started]
    if len(keys) < len(trace.observed):
        return f"{len(trace.observed) - len(keys)} of {len(trace.observed)} tasks never started"
    seen = [trace.observed[key]["start_s"] for key in keys]
    got = [clock.started[key][0] - trace.t0 for key in keys]
    waits_seen = [start - submitted[key[0]] for start, key in zip(seen, keys, strict=True)]
    waits_got = [start - submitted[key[0]] for start, key in zip(got, keys, strict=True)]
    complaints = []
    for name, figure, (share, slack) in (("mean", _mean, _MEAN), ("p95", _p95, _P95)):
        wanted, found = figure(waits_seen), figure(waits_got)
        if abs(found - wanted) > max(share * abs(wanted), slack):
            complaints.append(f"{name} wait expected {wanted:.2f} s, got {found:.2f} s")
    rank = _rank_correlation(seen, got)
    if rank < _RANK:
        complaints.append(f"rank correlation of starts {rank:.3f} instead of {_RANK}")
    return "; ".join(complaints)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(0.95 * len(values)) - 1)]


def _ranks(values: Sequence[float]) -> list[float]:
    """Equal values share their mean rank."""
    order = sorted(range(len(values)), key=lambda position: values[position])
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for position in order[at : end + 1]:
            ranks[position] = (at + end) / 2
        at = end + 1
    return ranks


def _rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    first, second = _ranks(one), _ranks(other)
    mean = (len(first) - 1) / 2
    spread = math.sqrt(sum((rank - mean) ** 2 for rank in first) * sum((rank - mean) ** 2 for rank in second))
    together = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    return together / spread if spread else 1.0
