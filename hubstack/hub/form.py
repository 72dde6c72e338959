"""The options form: the eight fields, made of the site for one user, in JupyterHub's own look.

It goes into the form element of JupyterHub's ``spawn.html``. All of it works without scripts; the small one in it only
shows a hint sooner. Whatever a user typed is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2

from hubstack.hub.options import FIELDS, BadOption, defaults
from hubstack.site import ANY_QUEUE, NO_PE, NO_PROJECT, Site

__all__ = ["options_form"]

_LONGEST = 254


def options_form(site: Site, user: str, values: Mapping[str, Any] | None = None, error: BadOption | None = None) -> str:
    """The form's HTML for *user*; *values* are what the user sent (shown again), *error* what was wrong with it."""
    access = site.access(user)
    gpu_projects = [name for name in access.projects if any(place.gpus for place in access.places(name))]
    return _template().render(
        values=_shown(defaults(access), values or {}),
        error=error,
        limits=access.limits,
        projects=[NO_PROJECT, *access.projects],
        queues=[ANY_QUEUE, *access.queues],
        pes=[NO_PE, *access.parallel_environments],
        across=[pe for pe in access.parallel_environments if access.across_hosts(pe)],
        gpu_projects=[] if any(place.gpus for place in access.places(None)) else gpu_projects,
        gpus_per_slot="gpu" not in site.cell.complexes or access.counted_per_slot("gpu"),
        memory_per_slot="rmem" not in site.cell.complexes or access.counted_per_slot("rmem"),
        enforce_memory=site.cell.enforce_rmem,
        nothing={"project": NO_PROJECT, "pe": NO_PE},
    )


def _shown(suggested: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, str]:
    """What each field shows: what was sent, else what is suggested."""
    shown = {field: str(suggested[field]) for field in FIELDS}
    for field in FIELDS:
        value = sent.get(field)
        if isinstance(value, (list, tuple)) and value:
            value = value[0]
        if isinstance(value, (str, int)) and field != "runtime":
            shown[field] = str(value)[:_LONGEST]
    return shown


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hubstack.hub"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("options_form.html")
