"""How long ``hubstack up`` takes until the hub answers through the proxy."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

HUBSTACK = str(Path(sys.executable).with_name("hubstack"))
AIM = "under 10 s on two cores"
ROUNDS = 5


def timed(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return time.perf_counter() - began


@pytest.fixture
def jupyterhub_import() -> list[float]:
    """What any hub must spend: Python importing JupyterHub's application."""
    return [timed(sys.executable, "-c", "import jupyterhub.app") for _ in range(ROUNDS)]


def test_up(home: Path, figures, figure, jupyterhub_import, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cold is the first start of all, which fetches the proxy; warm is every later one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    taken = []
    for number in range(1 + ROUNDS):
        taken.append(timed(HUBSTACK, "up", "--name", f"b{number}", "--port", "0"))
        timed(HUBSTACK, "down", "--name", f"b{number}")
    figures.append(figure("hubstack up, cold", taken[:1], "importing JupyterHub", jupyterhub_import, AIM))
    figures.append(figure("hubstack up, warm", taken[1:], "importing JupyterHub", jupyterhub_import, AIM))
    assert taken
