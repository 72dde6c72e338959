"""What a user asks for: read from the form or from a REST request, checked, and turned into options of qsub.

One validator for both ways in. Values are refused, never repaired: names must be among those that this user may use,
numbers plain decimal and within the limits, and what no host of the cell could ever give is told before a job is made.
Nothing of an unchecked value is repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fake_sge.cellfile import clock
from hubstack.hub.feasibility import BadOption, explain_impossible
from hubstack.site import ANY_QUEUE, NO_PE, NO_PROJECT, Access, Site

__all__ = ["FIELDS", "BadOption", "Options", "defaults", "validate"]

FIELDS = ("project", "queue", "email", "cores", "pe", "memory", "gpus", "runtime")
"""The names of the form's fields, which are also the keys of ``user_options``, in the form's order."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+][A-Za-z0-9._%+-]*@[A-Za-z0-9.-]+")
_EMAIL_LENGTH = 254
_DECIMAL = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Options:
    """A checked request; None where the scheduler or the site chooses."""

    project: str | None
    queue: str | None
    email: str | None
    cores: int
    pe: str | None
    memory_per_core_gb: int
    gpus_per_core: int

    def user_options(self) -> dict[str, str | int]:
        """The same as ``user_options``: `validate` reads it as this request."""
        return {
            "project": self.project or NO_PROJECT,
            "queue": self.queue or ANY_QUEUE,
            "email": self.email or "",
            "cores": self.cores,
            "pe": self.pe or NO_PE,
            "memory": self.memory_per_core_gb,
            "gpus": self.gpus_per_core,
        }

    def qsub_arguments(self, site: Site) -> list[str]:
        """The options of qsub(1) that ask for it, as a list: nothing is left for a shell or a script to read."""
        arguments = ["-l", f"h_rt={clock(site.hub.form.runtime)}"]
        if self.project:
            arguments += ["-P", self.project]
        if self.queue:
            arguments += ["-q", self.queue]
        if self.pe:
            arguments += ["-pe", self.pe, str(self.cores)]
        if "rmem" in site.cell.complexes:
            arguments += ["-l", f"rmem={self.memory_per_core_gb}G"]
        if self.gpus_per_core > 0:
            arguments += ["-l", f"gpu={self.gpus_per_core}"]
        if self.email:
            arguments += ["-m", "ea", "-M", self.email]
        return arguments


def defaults(access: Access) -> dict[str, str | int]:
    """What is asked for where a field is left out, within what the user may use."""
    form = access.form
    return {
        "project": form.project if form.project in access.projects else NO_PROJECT,
        "queue": form.queue if form.queue in access.queues else ANY_QUEUE,
        "email": "",
        "cores": min(form.cores.default, access.limits.cores),
        "pe": NO_PE,
        "memory": min(form.memory_per_core.default_gb, access.limits.memory_per_core_gb),
        "gpus": min(form.gpus_per_core.default, access.limits.gpus_per_core),
        "runtime": clock(form.runtime),
    }


def validate(data: Mapping[str, Any] | None, site: Site, user: str) -> Options:
    """The request of *user* in *data*: typed values, or the form's lists of one text. Raises `BadOption`."""
    access = site.access(user)
    limits = access.limits
    values = defaults(access) | _single(data)
    _check_runtime(values["runtime"], site.hub.form.runtime)
    options = Options(
        project=_choice("project", values["project"], NO_PROJECT, access.projects),
        queue=_choice("queue", values["queue"], ANY_QUEUE, access.queues),
        email=_email(values["email"]),
        cores=_number("cores", values["cores"], 1, limits.cores),
        pe=_choice("pe", values["pe"], NO_PE, access.parallel_environments),
        memory_per_core_gb=_number("memory", values["memory"], 1, limits.memory_per_core_gb),
        gpus_per_core=_number("gpus", values["gpus"], 0, limits.gpus_per_core),
    )
    explain_impossible(options, access)
    return options


_LABELS = {
    "project": "Project",
    "queue": "Queue",
    "email": "E-mail",
    "cores": "Cores",
    "pe": "Parallel environment",
    "memory": "Memory per core (GB)",
    "gpus": "GPUs",
    "runtime": "Runtime",
}


def _single(data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values of *data*, taken out of the lists in which a form sends them."""
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise BadOption("", "The options must be an object with one value for each field.")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in FIELDS:
            raise BadOption("", f"There is an option that isn't known; the known ones are {', '.join(FIELDS)}.")
        if isinstance(value, (list, tuple)) and len(value) != 1:
            raise BadOption(key, f"{_LABELS[key]}: give one value.")
        values[key] = value[0] if isinstance(value, (list, tuple)) else value
    return values


def _choice(field: str, value: Any, nothing: str, allowed: Sequence[str]) -> str | None:
    if isinstance(value, str) and value == nothing:
        return None
    if isinstance(value, str) and value in allowed:
        return value
    raise BadOption(field, f"{_LABELS[field]}: choose one of {', '.join((nothing, *allowed))}.")


def _number(field: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    if most < least or (most == 0 and field == "gpus"):
        raise BadOption(field, f"{_LABELS[field]}: you can't use any here; enter {least}.")
    raise BadOption(field, f"{_LABELS[field]}: enter a whole number from {least} to {most}.")


def _check_runtime(value: Any, runtime_s: float) -> None:
    """The form shows the runtime but sends none; who sends it must mean the one there is."""
    same = value == clock(runtime_s) if isinstance(value, str) else type(value) is int and value == runtime_s
    if not same:
        raise BadOption("runtime", f"Runtime: it can't be chosen, sessions last {clock(runtime_s)}; leave it out.")


def _email(value: Any) -> str | None:
    if value == "" or value is None:
        return None
    if isinstance(value, str) and len(value) <= _EMAIL_LENGTH and _EMAIL.fullmatch(value):
        return value
    raise BadOption("email", "E-mail: enter one address like some.body@example.org, or leave it empty.")
