"""A state directory of the tests' own, and stacks in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def short_directory() -> Iterator[Path]:
    """A directory with a short path: pytest's own are too long for Unix sockets."""
    directory = Path(tempfile.mkdtemp(prefix="hs-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def state_home(short_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's stacks are, none of them there yet."""
    home = Path(tempfile.mkdtemp(dir=short_directory))
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    return home
