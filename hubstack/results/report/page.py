"""The page: verdicts, key figures with their intervals, the waterfall, the sessions, what went wrong."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from html import escape
from typing import Any

from hubstack.results.recording import Recording
from hubstack.results.report.chart import bars, legend, timeline
from hubstack.results.span import Span

__all__ = ["render_report"]

SESSIONS_DRAWN = 60

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1000px;padding:0 1rem;color:#222}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin-top:2rem}p.sub{color:#555;margin-top:0}
table{border-collapse:collapse}td,th{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}.pass{color:#05603a}.fail{color:#b00020;font-weight:600}
svg{width:100%;height:auto;font:13px system-ui,sans-serif}
svg .in{fill:#111;font-size:11px}svg .small{font-size:11px;fill:#444}
svg .outage{fill:#c00;fill-opacity:.12}.key{display:inline-block;margin-right:1rem}
.key i{display:inline-block;width:.8rem;height:.8rem;
margin-right:.3rem;vertical-align:-1px}.ci{color:#666;font-size:.85em}
"""


def render_report(summary: dict[str, Any], replications: Sequence[Recording]) -> str:
    """The whole page as text; it loads nothing from elsewhere."""
    spans = [span for recording in replications for span in recording.spans]
    title = f"{summary['name']} on {summary['stage']}"
    told = f"run {summary['run']}, seed {summary['seed']}, replications {summary['replications']}"
    parts = [f"<h1>{escape(title)}</h1><p class='sub'>{escape(told)}</p>", _gates(summary["gates"])]
    parts += [_figures(summary["spans"]), _waterfall(summary["waterfall"])]
    if spans:
        parts.append(_sessions(replications[0].spans))
    parts.append(_troubles(spans))
    body = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _gates(verdicts: Sequence[dict[str, Any]]) -> str:
    if not verdicts:
        return ""
    rows = []
    for verdict in verdicts:
        word = "<td class='pass'>passed</td>" if verdict["passed"] else "<td class='fail'>failed</td>"
        found = escape(verdict["found"] or verdict["reason"])
        rows.append(f"<tr><td>{escape(verdict['gate'])}</td>{word}<td>{found}</td></tr>")
    return _table("Gates", ("gate", "verdict", "found"), rows)


def _figures(spans: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, figures in spans.items():
        cells = "".join(f"<td>{_estimate(figures.get(figure))}</td>" for figure in ("p50", "p95", "max"))
        count, bad = figures["count"], figures["count"] - figures.get("ok", 0)
        rows.append(f"<tr><td>{escape(name)}</td><td>{count}</td><td>{bad}</td>{cells}</tr>")
    note = "<p class='sub'>A question mark: so few values don't determine that end of the interval.</p>"
    columns = ("span", "count", "not ok", "p50", "p95", "max")
    return _table("Figures, in seconds, with 95 % intervals", columns, rows) + note


def _waterfall(rows: dict[str, dict[str, float]]) -> str:
    if not rows:
        return ""
    labels = {"mean": "mean of all", "p50": "the median spawn", "p95": "the p95 spawn"}
    names = dict.fromkeys(name for parts in rows.values() for name in parts)
    drawn = bars({labels[row]: parts for row, parts in rows.items()})
    return f"<h2>Where the time of a spawn goes</h2>{drawn}<p>{legend(names)}</p>"


def _sessions(spans: Sequence[Span]) -> str:
    sessions = list(dict.fromkeys(span.session for span in spans if span.session))
    shown = set(sessions[:SESSIONS_DRAWN])
    note = f" (the first {SESSIONS_DRAWN} of {len(sessions)})" if len(sessions) > SESSIONS_DRAWN else ""
    drawn = timeline([span for span in spans if span.session in shown or span.name == "outage"])
    steps = legend(("login", "form", "kernel_start", "execute", "request", "stop"))
    told = "Outages are shaded; what didn't go well has a red edge."
    return f"<h2>Sessions of the first replication{note}</h2>{drawn}<p>{steps}</p><p class='sub'>{told}</p>"


def _troubles(spans: Sequence[Span]) -> str:
    tally = Tally((span.name, span.status, span.reason) for span in spans if span.status != "ok")
    rows = [
        f"<tr><td>{escape(name)}</td><td>{escape(status)}</td><td>{count}</td><td>{escape(reason)}</td></tr>"
        for (name, status, reason), count in tally.most_common(20)
    ]
    return _table("What went wrong", ("span", "status", "count", "reason"), rows) if rows else ""


def _table(heading: str, columns: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    return f"<h2>{escape(heading)}</h2><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _estimate(estimate: dict[str, Any] | None) -> str:
    if estimate is None:
        return "&ndash;"
    low, high = estimate["interval"]
    if low is None and high is None:
        return f"{estimate['value']:.3g}"
    ends = " &ndash; ".join("?" if bound is None else f"{bound:.3g}" for bound in (low, high))
    return f"{estimate['value']:.3g} <span class='ci'>({ends})</span>"
