"""Drawings as inline SVG: stacked bars of a spawn's parts, and every session on the run's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from hubstack.results.span import PARTS, STEPS, Span
from hubstack.results.waterfall import UNACCOUNTED

__all__ = ["bars", "legend", "timeline"]

COLOURS = {
    "post": "#999999",
    "throttle": "#d55e00",
    "submit": "#cc79a7",
    "queue_wait": "#e69f00",
    "job_start": "#f0e442",
    "wrapper": "#009e73",
    "server_start": "#56b4e9",
    "hub_notice": "#0072b2",
    "first_answer": "#5b4b8a",
    UNACCOUNTED: "#dddddd",
    "login": "#b3a58b",
    "form": "#cdbfa3",
    "kernel_start": "#7fb77e",
    "execute": "#3c7a3b",
    "request": "#a9cfa8",
    "stop": "#6b6b6b",
    "spawn": "#eeeeee",
}
WIDTH, LABEL_WIDTH, ROW = 960, 150, 26


def bars(rows: Mapping[str, Mapping[str, float]]) -> str:
    """One stacked bar for each row of part names to seconds, on one scale; each piece tells its seconds on hovering."""
    longest = max(sum(max(seconds, 0.0) for seconds in parts.values()) for parts in rows.values()) or 1.0
    scale = (WIDTH - LABEL_WIDTH - 80) / longest
    pieces = []
    for number, (label, parts) in enumerate(rows.items()):
        x, y = float(LABEL_WIDTH), number * (ROW + 10) + 6
        pieces.append(f'<text x="{LABEL_WIDTH - 8}" y="{y + 18}" text-anchor="end">{escape(label)}</text>')
        for name, seconds in parts.items():
            width = max(seconds, 0.0) * scale
            pieces.append(_box(x, y, width, ROW, name, f"{name}: {seconds:.3f} s"))
            if width > 44:
                pieces.append(
                    f'<text class="in" x="{x + width / 2:.1f}" y="{y + 17}" text-anchor="middle">{seconds:.2f}</text>'
                )
            x += width
        pieces.append(f'<text x="{x + 6:.1f}" y="{y + 18}">{sum(parts.values()):.2f} s</text>')
    return _svg(len(rows) * (ROW + 10) + 10, pieces, "Parts of a spawn in seconds")


def legend(names: Iterable[str]) -> str:
    """What each colour means."""
    return "".join(
        f'<span class="key"><i style="background:{COLOURS[name]}"></i>{escape(name)}</span>' for name in names
    )


def timeline(spans: Sequence[Span]) -> str:
    """Each session a line on the run's clock, its steps and the parts of its spawn in colour; outages are shaded."""
    sessions = list(dict.fromkeys(span.session for span in spans if span.session))
    begin, end = min(span.start_at for span in spans), max(span.end_at for span in spans)
    scale = (WIDTH - LABEL_WIDTH - 20) / ((end - begin) or 1.0)
    height, rows = len(sessions) * 16 + 8, {session: number for number, session in enumerate(sessions)}
    pieces = []
    for span in sorted(spans, key=lambda span: (span.name != "outage", span.name != "spawn")):
        x, width = LABEL_WIDTH + (span.start_at - begin) * scale, max(span.duration_s * scale, 0.6)
        told = f"{span.name} {span.duration_s:.2f} s {span.status} {span.reason}".strip()
        if span.name == "outage":
            pieces.append(
                f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="{height}" class="outage">{_title(told)}</rect>'
            )
        elif span.session in rows and span.name in (*STEPS, *PARTS):
            pieces.append(
                _box(x, rows[span.session] * 16 + 4, width, 12, span.name, f"{span.session} {told}", span.status)
            )
    pieces += [
        f'<text class="small" x="{LABEL_WIDTH - 8}" y="{row * 16 + 14}" text-anchor="end">{escape(session)}</text>'
        for session, row in rows.items()
    ]
    return _svg(height + 24, [*pieces, *_axis(begin, end, scale, height)], "Sessions over time")


def _axis(begin: float, end: float, scale: float, y: float) -> list[str]:
    step = next(
        (s for s in (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 86400) if (end - begin) / s <= 12), 604800
    )
    marks = range(0, int(end - begin) + 1, step)
    return [
        f'<text class="small" x="{LABEL_WIDTH + m * scale:.1f}" y="{y + 16}" text-anchor="middle">{_clock(m)}</text>'
        for m in marks
    ]


def _clock(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def _box(x: float, y: float, width: float, height: float, name: str, told: str, status: str = "ok") -> str:
    edge = "" if status == "ok" else ' stroke="#c00" stroke-width="1.5"'
    place = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}"'
    return f'<rect {place} fill="{COLOURS[name]}"{edge}>{_title(told)}</rect>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _svg(height: float, pieces: Iterable[str], name: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(name)}">{"".join(pieces)}</svg>'
