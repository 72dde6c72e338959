"""The manifest: where a run comes from. The only file of a run that may differ between equal runs."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import hubstack
from hubstack.scenario import LoadedScenario

__all__ = ["manifest_of"]

PACKAGES = ("hubstack", "simpy", "numpy", "scipy", "jupyterhub", "batchspawner", "jupyterlab", "locust")


def manifest_of(loaded: LoadedScenario, stage: str, **facts: Any) -> dict[str, Any]:
    """Everything that says what was run, with what; *facts* are the run's own."""
    return {
        "version": 1,
        "name": loaded.scenario.name,
        "run": loaded.run_name,
        "stage": stage,
        "seed": loaded.scenario.seed,
        "digests": loaded.digests,
        "scenario": str(Path(loaded.document.name).resolve()),
        "overrides": sorted(set(loaded.document.replaced.values())),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | _versions(),
        "command": sys.argv,
        **facts,
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    """The checkout's commit, ``-dirty`` if files differ from it; None where hubstack is installed from a wheel."""
    folder = Path(hubstack.__file__).parent
    argv = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        told = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    tracked = told.returncode == 0 and not any(part == "site-packages" for part in folder.parts)
    return told.stdout.strip() if tracked else None
