"""The recordings, played once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge.check import Verdict, check_directory, check_traces

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Verdict]:
    """What became of every recorded answer, by its name."""
    return {verdict.what: verdict for verdict in check_directory(TRANSCRIPTS)}


@pytest.fixture(scope="session")
def trace_verdicts() -> dict[str, Verdict]:
    """What became of every recorded workload."""
    return {verdict.what: verdict for verdict in check_traces(TRANSCRIPTS)}
