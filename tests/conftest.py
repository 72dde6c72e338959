"""What all tests share: how hard hypothesis looks, and what a missing program means."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

# Tests set no numbers of examples of their own, so that a profile can: `--hypothesis-profile campaign`.
settings.register_profile("checks", max_examples=50, stateful_step_count=30, deadline=None, derandomize=True)
settings.register_profile(
    "short",
    max_examples=400,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "campaign",
    max_examples=20_000,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("checks")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The top of the repository that these tests belong to."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], NoReturn]:
    """Say that a real component is missing: that skips a test at home and fails it in CI, which must have them all."""
    return _fail if os.environ.get("CI") == "true" else pytest.skip


def _fail(reason: str) -> NoReturn:
    pytest.fail(f"CI must have it: {reason}")
