"""The examples do what their committed output says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def test_a_day_at_once() -> None:
    """A simulated day is the same jobs and the same waits wherever it is simulated."""
    script = EXAMPLES / "a_day_at_once.py"
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert (ran.stdout, ran.stderr) == (script.with_suffix(".txt").read_text(), "")


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.stem)
def test_what_is_typed(fake_sge: RunningCell, script: Path) -> None:
    """Commands typed into a shell on a cell of its own print what stands beside them."""
    python = Path(sys.executable).parent
    shell = ["bash", "-eu", "-o", "pipefail", str(script)]
    environment = {**os.environ, "PATH": f"{python}:{os.environ['PATH']}"}
    ran = subprocess.run(shell, capture_output=True, text=True, timeout=120, check=False, env=environment)
    said = re.sub(r"[ \t]+$", "", ran.stdout, flags=re.MULTILINE)
    assert (said, ran.stderr, ran.returncode) == (script.with_suffix(".txt").read_text(), "", 0)
