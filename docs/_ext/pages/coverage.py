"""Which options of the q-programs are modelled, from the tables by which they are parsed."""

from __future__ import annotations

from fake_sge.commands import COVERAGE, OptionTable
from pages.markdown import code, prose, table


def page() -> str:
    """Return a section for each q-program."""
    return "\n".join(f"## {program}\n\n{_options(options)}" for program, options in COVERAGE.items())


def _options(options: OptionTable) -> str:
    rows = ((code(f"{o.name} {o.arguments}".strip()), o.standing.value, prose(o.reason)) for o in options)
    return table(("option", "what is done", "why"), rows)
