"""Programs that call qsub, as their authors ship them: they run their own jobs on fake_sge."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell

TOP = Path(__file__).parents[3]
EXAMPLES = TOP / "docs" / "examples"
PROGRAMS = Path(sys.prefix) / "clients" / "bin"

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not PROGRAMS.is_dir() and "CI" not in os.environ, reason="make test installs these programs into .venv/clients"
    ),
]


def test_dask_jobqueue(fake_sge: RunningCell) -> None:
    """dask-jobqueue's SGECluster starts its workers as jobs, computes on them, and deletes them."""
    script = EXAMPLES / "dask_cluster.py"
    answer = fake_sge.run([str(PROGRAMS / "python"), str(script)], timeout_s=240)
    assert (answer.stdout, answer.returncode) == (script.with_suffix(".txt").read_text(), 0), answer.stderr
    fake_sge.wait_until(lambda: not fake_sge.run(["qstat", "-u", "*"]).stdout, "the workers to be gone")
    assert [fake_sge.accounting(job)[0]["jobname"] for job in (1, 2)] == ["dask-worker"] * 2


def test_snakemake(fake_sge_factory: Callable[..., RunningCell], tmp_path: Path) -> None:
    """snakemake's sge executor submits a rule's instances as an array job, follows them with qstat and qacct, and what
    depends on them runs in a job of two slots.
    """
    cell = fake_sge_factory(EXAMPLES / "workflow" / "cell.yaml")
    shutil.copy(EXAMPLES / "workflow" / "Snakefile", tmp_path)
    options = ["--jobs", "4", "--sge-pe", "smp", "--default-resources", "mem_mb=2000"]
    options += ["--seconds-between-status-checks", "1", "--latency-wait", "1"]
    found = f"PATH={PROGRAMS}:{cell.environment['PATH']}"
    answer = cell.run(["env", found, "snakemake", "--executor", "sge", *options], cwd=tmp_path, timeout_s=280)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert (tmp_path / "words").read_text().splitlines() == [*(f"task {n} of part" for n in (1, 2, 3)), "slots: 2"]
