"""The reference of spans, from the schema."""

from __future__ import annotations

import dataclasses

from hubstack.results.span import SPAN_NAMES, STATUSES, Span
from pages.markdown import code, prose, table


def page() -> str:
    """Return the closed set of names, the columns of a row and the statuses."""
    names = table(
        ("name", "from", "to", "role"),
        ((code(span.name), span.begins, span.ends, span.role) for span in SPAN_NAMES.values()),
    )
    columns = table(("column", "type"), ((code(field.name), code(field.type)) for field in dataclasses.fields(Span)))
    statuses = ", ".join(code(status) for status in STATUSES)
    return f"## Names\n\n{names}\n## Columns\n\n{prose(Span.__doc__)}\n\n{columns}\n## Statuses\n\n{statuses}\n"
