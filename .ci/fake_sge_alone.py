"""fake_sge with nothing but its own few dependencies: every module imports, and a job runs through its commands."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pkgutil
import subprocess
import sys
import tempfile

import fake_sge

ABSENT = ("jupyterhub", "batchspawner", "docker", "locust", "gevent", "numpy", "pytest", "psutil")
NEEDS_PYTEST = "fake_sge.pytest_plugin"


def import_everything() -> int:
    """Import every module of fake_sge that isn't a pytest plugin, and return how many there are."""
    found = [name for name in ABSENT if importlib.util.find_spec(name)]
    assert not found, f"this environment isn't bare: {found}"
    names = [module.name for module in pkgutil.walk_packages(fake_sge.__path__, "fake_sge.")]
    names = [name for name in names if name != NEEDS_PYTEST and not name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    return len(names)


def run_a_job(root: str) -> str:
    """Serve a cell, run a job in it, and return what qacct says of the job."""
    serve = [sys.executable, "-m", "fake_sge", "serve", "--cell", "laptop", "--root", root, "-o", "json"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        ready = json.loads(daemon.stdout.readline())
        environment = os.environ | ready["environment"] | {"FAKE_SGE_USER": "somebody"}  # root may not submit

        def answer(*command: str) -> str:
            return subprocess.check_output(command, env=environment, cwd=root, text=True, timeout=60)

        try:
            job = answer("qsub", "-terse", "-sync", "y", "-b", "y", "-j", "y", "-o", "/dev/null", "true").split()[0]
            return answer("qacct", "-j", job)
        finally:
            subprocess.run([sys.executable, "-m", "fake_sge", "stop", "--root", root, "--kill-jobs"], check=True)


def main() -> None:
    """Do both and say so."""
    print(f"{import_everything()} modules import")
    with tempfile.TemporaryDirectory() as root:
        accounted = run_a_job(root)
    assert "exit_status  0" in accounted, accounted
    print("a job ran, and is accounted for")


main()
