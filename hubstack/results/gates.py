"""Gates: bounds on metrics, ``METRIC OP VALUE [UNIT]``, such as ``p95(spawn) < 90 s`` or ``rate(abandoned) < 1 %``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hubstack.results.metrics import BadMetric, Metric, NoSuchMetric
from hubstack.results.recording import Recording
from hubstack.results.statistics import Estimate

__all__ = ["BadGate", "Gate", "Verdict", "evaluate_gates"]

_FORM = re.compile(
    r"(?P<metric>[^<>=]*(?:class\s*=[^<>=]*)?)(?P<op><=|>=|<|>|==)\s*(?P<value>[\d.]+)\s*(?P<unit>[a-z%]*)\s*"
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_UNITS = {"s": {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}, "%": {"%": 0.01}, "": {"": 1.0}}


class BadGate(ValueError):
    """A gate's text that doesn't follow the grammar; the message says what would."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One bound. *limit* is in the metric's base unit: seconds, a share from 0 to 1, or a plain number."""

    text: str
    metric: Metric
    compare: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """Reads one gate; raises `BadGate` with one line that says what is expected."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise BadGate(f"{text!r} isn't a gate: write METRIC OP VALUE UNIT, as in 'p95(spawn) < 90 s'")
        try:
            metric = Metric.parse(match["metric"])
            value = float(match["value"])
        except (BadMetric, ValueError) as problem:
            raise BadGate(f"in the gate {text!r}: {problem}") from None
        units = (
            _UNITS[metric.unit]
            if metric.unit
            else {unit: by for known in _UNITS.values() for unit, by in known.items()}
        )
        if match["unit"] not in units:
            allowed = ", ".join(repr(unit) for unit in units)
            raise BadGate(
                f"in the gate {text!r}: {metric} is compared with a value in {allowed}, not {match['unit']!r}"
            )
        return cls(text.strip(), metric, match["op"], value * units[match["unit"]])

    def judge(self, replications: Sequence[Recording]) -> Verdict:
        """Whether the run keeps the bound; a metric that isn't there fails."""
        try:
            estimate = self.metric.estimate(replications)
        except NoSuchMetric as missing:
            return Verdict(self, None, False, str(missing))
        return Verdict(self, estimate, _COMPARE[self.compare](estimate.value, self.limit))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says of a run; *estimate* is None where the metric isn't there."""

    gate: Gate
    estimate: Estimate | None
    passed: bool
    reason: str = ""

    @property
    def found(self) -> str:
        """The figure and its interval in the metric's unit, for people; ``?`` is an end that can't be determined."""
        if self.estimate is None:
            return ""
        unit = self.gate.metric.unit
        scale = 100.0 if unit == "%" else 1.0
        low, high = ("?" if end is None else f"{end * scale:.3g}" for end in (self.estimate.low, self.estimate.high))
        return f"{self.estimate.value * scale:.4g} {unit} ({low} to {high})"

    def as_dict(self) -> dict[str, object]:
        """For JSON; *estimate* has seconds, shares from 0 to 1 or plain numbers."""
        estimate = self.estimate.as_dict() if self.estimate else None
        facts = {"estimate": estimate, "found": self.found, "reason": self.reason}
        return {"gate": self.gate.text, "passed": self.passed, **facts}


def evaluate_gates(gates: Sequence[Gate], replications: Sequence[Recording]) -> list[Verdict]:
    """The verdict of each gate on all replications of a run."""
    return [gate.judge(replications) for gate in gates]
