"""Load: the formula that sorts hosts, adjustments for jobs whose load isn't felt yet, thresholds.

Rules of sched_conf(5) and queue_conf(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fake_sge.core.config import Attributes, Complex
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.layout import Layout
from fake_sge.core.resources import STRING_TYPES, NotAValue, compare, matches, parse_time, parse_value, value_or_zero
from fake_sge.core.texts import pairs

__all__ = ["NO_LOAD", "LoadRules"]

NO_LOAD = 9999.0 * 9999.0
"""The sort value of a host whose formula can't be computed: it goes last."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_TERM = re.compile(r"([+-]?)\s*([^+\-*/&|^\s]+)(?:\s*([*/&|^])\s*([^+\-*/&|^\s]+))?")


@dataclass(slots=True)
class LoadRules:
    """load_formula, job_load_adjustments and load_adjustment_decay_time, parsed. *sole* is the name that the formula
    consists of, if it is one.
    """

    formula: list[tuple[str, str, str, str]]
    adjustments: dict[str, float]
    decay_s: float
    adjustment_texts: dict[str, str] = field(default_factory=dict)
    sole: str | None = None

    @classmethod
    def of(cls, scheduler: Attributes) -> LoadRules:
        text = scheduler.get("load_formula", "np_load_avg").replace(" ", "")
        texts = dict(pairs(scheduler.get("job_load_adjustments", "NONE")))
        adjustments = {name: value_or_zero("DOUBLE", value) for name, value in texts.items()}
        decay_s = parse_time(scheduler.get("load_adjustment_decay_time", "0:7:30"))
        return cls(_TERM.findall(text), adjustments, decay_s, texts, text if _NAME.fullmatch(text) else None)

    def pressure(self, host: Host, now: float) -> float:
        """Slots started of late on *host* and still there, each counting less the longer it runs.

        By whole seconds and hundredths, as 8.1.9 counts: so equal hosts are equal.
        """
        second, decay_s, hundredths, felt = int(now), self.decay_s, 0, []
        for key, (started, slots) in host.recent.items():
            age = second - started
            if age < decay_s:
                hundredths += int((1.0 - age / decay_s) * slots * 100)
            else:
                felt.append(key)
        for key in felt:
            del host.recent[key]
        return hundredths / 100

    def value(self, layout: Layout, host: Host, name: str, now: float | None) -> float | None:
        """A load or complex value of *host*; None where it has none. Adjusted, unless *now* is None."""
        if name in host.capacity:
            return host.free(name)
        if not host.up and name in host.load:
            return None
        number = host.figures[name] if name in host.figures else self._figure(layout, host, name)
        if number is None or now is None or name not in self.adjustments or not host.recent:
            return number
        extra = self._extra(layout, host, name, self.pressure(host, now))
        attribute = layout.complexes.get(name)
        return number - extra if attribute and attribute.relop in ("<=", "<") else number + extra

    def _extra(self, layout: Layout, host: Host, name: str, pressure: float) -> float:
        extra = self.adjustments[name] * pressure
        return extra / max(self._figure(layout, host, "num_proc") or 1.0, 1.0) if name.startswith("np_") else extra

    def _figure(self, layout: Layout, host: Host, name: str) -> float | None:
        """A load value or fixed complex value as a number, parsed once."""
        known = host.figures
        if name not in known:
            attribute = layout.complexes.get(name)
            text = host.load.get(name, host.fixed.get(name, layout.everywhere.fixed.get(name)))
            number = _parsed(attribute.type if attribute else "DOUBLE", text)
            if number is not None and name in host.load:
                number *= host.scaling.get(name, 1.0)
            known[name] = number
        return known[name]

    def sort_value(self, layout: Layout, host: Host, now: float) -> float:
        """The load formula's value for *host*."""
        if self.sole is not None:
            only = self.value(layout, host, self.sole, now)
            return NO_LOAD if only is None else only
        total = 0.0
        for sign, first, operator, second in self.formula:
            value = self._operand(layout, host, first, now)
            if operator:
                value = _apply(operator, value, self._operand(layout, host, second, now))
            if value is None:
                return NO_LOAD
            total += -value if sign == "-" else value
        return total

    def _operand(self, layout: Layout, host: Host, text: str, now: float) -> float | None:
        return float(text) if text[0] in "0123456789." else self.value(layout, host, text, now)

    def alarm(self, layout: Layout, place: QueueInstance, now: float | None, *, suspend: bool = False) -> str | None:
        """Why *place* is in alarm, ``np_load_avg=2.5 >= 1.75``; None if it isn't. No adjustments if *now* is None.

        By its load_thresholds, or its suspend_thresholds.
        """
        for name, limit in place.suspend_thresholds if suspend else place.thresholds:
            attribute = layout.complex(name)
            if attribute is None:
                return f'no such complex attribute for threshold "{name}"'
            if attribute.type in STRING_TYPES:
                text = place.fixed.get(attribute.name) or _text_of(layout, place.execution_host, attribute.name)
                if text is None or matches(attribute.type, attribute.relop, limit, text):
                    return f"{attribute.name}={text} {attribute.relop} {limit}"
                continue
            offered = self._threshold_value(layout, place, attribute.name, now)
            if offered is None:
                return f'no such complex attribute for threshold "{name}"'
            if compare(attribute.relop, offered, parse_value(attribute.type, limit)):
                why = self._diagnosis(layout, place, attribute, now)
                return f"{attribute.name}={offered:f} ({why}) {attribute.relop} {limit}"
        return None

    def _diagnosis(self, layout: Layout, place: QueueInstance, attribute: Complex, now: float | None) -> str:
        """What the scheduler says about a value that is over its threshold."""
        host, name = place.execution_host, attribute.name
        if name == "slots" or name in place.capacity or name in host.capacity or name not in host.load:
            return "no load value"
        if now is None or name not in self.adjustments or self._figure(layout, host, name) is None:
            return "no load adjustment"
        if not any(self.pressure(other, now) for other in layout.hosts.values()):
            return "no load adjustment"
        sign = "-" if attribute.relop in ("<=", "<") else "+"
        factor = f"{self.adjustment_texts[name]} * {self.pressure(host, now):f}"
        if name.startswith("np_"):
            factor += f" with nproc={self._figure(layout, host, 'num_proc') or 1:.0f}"
        return f"= {host.load[name]} {sign} {factor}"

    def may_alarm(self, layout: Layout, place: QueueInstance) -> bool:
        """Could *place* be in alarm under the load that is reported now, even with all slots taken this second?"""
        return any(
            self._may_reach(layout, place, name, limit)
            for name, limit in (*place.thresholds, *place.suspend_thresholds)
        )

    def _may_reach(self, layout: Layout, place: QueueInstance, name: str, limit: str) -> bool:
        host, attribute = place.execution_host, layout.complex(name)
        if attribute is None or attribute.type in STRING_TYPES or attribute.relop not in (">=", ">"):
            return True
        name = attribute.name
        load = None if name in ("slots", *place.capacity, *host.capacity) else self.value(layout, host, name, None)
        if load is None:
            return True
        if self.adjustments.get(name, 0.0) > 0:
            load += self._extra(layout, host, name, sum(max(one.slots, one.used) for one in host.queue_instances))
        return compare(attribute.relop, load, parse_value(attribute.type, limit))

    def _threshold_value(self, layout: Layout, place: QueueInstance, name: str, now: float | None) -> float | None:
        if name in place.capacity:
            return place.free(name)
        if name == "slots":
            return float(place.slots - place.used)
        return self.value(layout, place.execution_host, name, now)


def _text_of(layout: Layout, host: Host, name: str) -> str | None:
    return host.load.get(name, host.fixed.get(name, layout.everywhere.fixed.get(name))) if host.up else None


def _apply(operator: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case "*":
            return left * right
        case "/":
            return left / right if right else None
        case "&":
            return float(int(left) & int(right))
        case "|":
            return float(int(left) | int(right))
    return float(int(left) ^ int(right))


def _parsed(type_: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_value(type_, text)
    except NotAValue:
        return None
