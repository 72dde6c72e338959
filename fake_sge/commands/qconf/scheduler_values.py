"""What the attributes of sched_conf(5) may be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fake_sge.commands.qconf.values import BOOL, TEXT, BadValue, ValueKind, words
from fake_sge.core import Cell
from fake_sge.core.config import Attributes
from fake_sge.core.resources import NotAValue, parse_time

__all__ = ["KINDS", "complaint", "formula_complaint"]


def _count(name: str) -> ValueKind:
    def read(text: str) -> str:
        if text.startswith("-"):
            raise BadValue(f'parameter "{name}" must be a positive number')
        if not re.fullmatch(r"\d+", text):
            raise BadValue(f'error parsing unsigned long value from string "{text}"')
        return str(int(text))

    return ValueKind(read)


def _decimal(text: str) -> str:
    try:
        return f"{float(text):f}"
    except ValueError:
        raise BadValue(f'error parsing double value from string "{text}"') from None


def _weights(text: str) -> str:
    found = []
    for entry in words(text):
        name, _, value = entry.partition("=")
        found.append(f"{name}={_decimal(value or '0')}")
    return ",".join(found) or "none"


_DECIMAL = ValueKind(_decimal)
_COUNTS = (
    "maxujobs",
    "flush_submit_sec",
    "flush_finish_sec",
    "halftime",
    "weight_tickets_functional",
    "weight_tickets_share",
    "max_functional_jobs_to_schedule",
    "max_pending_tasks_per_job",
    "max_reservation",
)
_DECIMALS = (
    "compensation_factor",
    "weight_user",
    "weight_project",
    "weight_department",
    "weight_job",
    "weight_ticket",
    "weight_waiting_time",
    "weight_deadline",
    "weight_urgency",
    "weight_priority",
)
_SWITCHES = ("share_override_tickets", "share_functional_shares", "report_pjob_tickets")
_NAMES = (
    "algorithm",
    "schedule_interval",
    "maxujobs",
    "queue_sort_method",
    "job_load_adjustments",
    "load_adjustment_decay_time",
    "load_formula",
    "schedd_job_info",
    "flush_submit_sec",
    "flush_finish_sec",
    "params",
    "reprioritize_interval",
    "halftime",
    "usage_weight_list",
    "compensation_factor",
    "weight_user",
    "weight_project",
    "weight_department",
    "weight_job",
    "weight_tickets_functional",
    "weight_tickets_share",
    "share_override_tickets",
    "share_functional_shares",
    "max_functional_jobs_to_schedule",
    "report_pjob_tickets",
    "max_pending_tasks_per_job",
    "halflife_decay_list",
    "policy_hierarchy",
    "weight_ticket",
    "weight_waiting_time",
    "weight_deadline",
    "weight_urgency",
    "weight_priority",
    "max_reservation",
    "default_duration",
)
KINDS: Mapping[str, ValueKind] = {
    **dict.fromkeys(_NAMES, TEXT),
    **{name: _count(name) for name in _COUNTS},
    **dict.fromkeys(_DECIMALS, _DECIMAL),
    **dict.fromkeys(_SWITCHES, BOOL),
    "usage_weight_list": ValueKind(_weights),
}
"""In the order in which they are printed."""

_TIMES = ("schedule_interval", "load_adjustment_decay_time", "reprioritize_interval", "default_duration")
_PARAMS = ("PROFILE", "MONITOR", "JC_FILTER", "DURATION_OFFSET", "NONE", "SELECT_PE_RANGE_ALG", "PE_RANGE_ALG")


def complaint(given: Attributes) -> list[str] | None:
    """What is wrong with a whole configuration, the first thing only; None if nothing is."""
    if given["algorithm"].lower() != "default" and not given["algorithm"].startswith("ext_"):
        return [f'attribute "{given["algorithm"]}" is not a valid algorithm name.']
    for name in _TIMES:
        if not _is_time(given[name]):
            return [f'attribute "{name}" is not a time value']
    for wrong in (_info(given["schedd_job_info"]), _params(given["params"]), _policies(given)):
        if wrong is not None:
            return wrong
    return None


def _is_time(text: str) -> bool:
    try:
        parse_time(text)
    except NotAValue:
        return False
    return True


def _info(text: str) -> list[str] | None:
    word, _, rest = text.partition(" ")
    if word.lower() in ("true", "false") and not rest:
        return None
    if word.lower() != "job_list":
        return ['attribute "schedd_job_info " is not a valid parameter']
    numbers = r"\d+(-\d+)?([,\s]+\d+(-\d+)?)*"
    return None if re.fullmatch(numbers, rest) else ['attribute "schedd_job_info" is not a valid job_list']


def _params(text: str) -> list[str] | None:
    for entry in words(text):
        name, _, value = entry.partition("=")
        if name.upper() not in _PARAMS:
            return [f'found unknown param: "{entry}"']
        if name.upper() == "DURATION_OFFSET" and not _is_time(value):
            return []
    return None


def _policies(given: Attributes) -> list[str] | None:
    hierarchy = given["policy_hierarchy"].upper()
    if hierarchy != "NONE" and not (re.fullmatch(r"[OFS]{1,3}", hierarchy) and len(set(hierarchy)) == len(hierarchy)):
        return ["Invalid policy hierarchy string. Disabling policy hierarchy."]
    decay = given["halflife_decay_list"]
    if decay.lower() != "none" and not re.fullmatch(r"[^=:]+=-?[\d.]+(:[^=:]+=-?[\d.]+)*", decay):
        return ["Invalid halflife_day_list. Ignoring the setting."]
    return None


def formula_complaint(cell: Cell, text: str) -> str | None:
    """What the qmaster has against a load formula."""
    for term in re.split(r"[+-]", text.replace(" ", "")):
        first, times, factor = term.partition("*")
        if not first or re.fullmatch(r"[\d.]+", term):
            continue
        if cell.layout.complex(first) is None and not re.fullmatch(r"[\d.]+", first):
            return f'"load_formula" references not existing complex attribute "{first}"'
        if times and not re.fullmatch(r"[\d.]+", factor):
            return f'"load_formula" uses "{factor}" as weighting factor (only numbers are allowed)'
    return None
