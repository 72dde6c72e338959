"""What a q-command costs against an empty start of Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence

ROUNDS = 200


def timed(command: Sequence[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def test_client(fake_sge, figures, figure) -> None:
    """Measured in turn, so that a busy moment falls on both; the answer of the daemon is in it."""
    environment = {**os.environ, **fake_sge.environment}
    qstat = shutil.which("qstat", path=environment["PATH"]) or "qstat"
    empty = [os.path.realpath(getattr(sys, "_base_executable", sys.executable)), "-I", "-S", "-c", ""]
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(timed(empty, environment))
        ours.append(timed([qstat, "-xml"], environment))
    figures.append(figure("qstat -xml", ours, "empty python -I -S", bare, "ratio under 1.5"))
    assert len(ours) == ROUNDS
