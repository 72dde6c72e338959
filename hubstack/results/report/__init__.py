"""One self-contained HTML page for a run: the answer first, then where the time went."""

from __future__ import annotations

from hubstack.results.report.page import render_report

__all__ = ["render_report"]
