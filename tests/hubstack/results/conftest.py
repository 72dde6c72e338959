from __future__ import annotations

from collections.abc import Callable

import pytest

from hubstack.results import Recording, Span

MakeSpan = Callable[..., Span]


@pytest.fixture
def span() -> MakeSpan:
    """Makes a span of the first replication on the model; only what a test is about need be said."""

    def make(name: str, start_at: float, end_at: float, **changes: object) -> Span:
        fields: dict[str, object] = {
            "run": "r",
            "replication": 1,
            "stage": "model",
            "session": "students/0001",
            "user": "user001",
            "server": "",
            "job": None,
            "status": "ok",
            "reason": "",
            "source": "model",
        }
        return Span(name=name, start_at=start_at, end_at=end_at, **(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def spawns(span: MakeSpan) -> Callable[..., Recording]:
    """Makes a recording of spawns with the given durations, each of its own session."""

    def make(*durations: float, **changes: object) -> Recording:
        rows = [
            span("spawn", 100.0, 100.0 + duration, session=f"students/{n:04d}", **changes)
            for n, duration in enumerate(durations, 1)
        ]
        return Recording(spans=rows)

    return make
