"""What is submitted: a script that is the same for everybody, and arguments that only this module writes.

Nothing that a user typed is ever text of the script, and directives in it aren't read (``-C ''``).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["JOB_NAME", "LOG_NAME", "context_of", "job_script", "submit_arguments"]

JOB_NAME = "jupyterhub"
LOG_NAME = ".jupyterhub.sge.out"

_SCRIPT = """\
unset XDG_RUNTIME_DIR
exec {command}
"""


def job_script(python: Path, wrapper: Path, spawn_file: Path) -> str:
    """The script that qsub reads: it starts the *wrapper*, which finds all else in *spawn_file*."""
    return _SCRIPT.format(command=shlex.join([str(python), "-I", str(wrapper), str(spawn_file)]))


def submit_arguments(home: str, context: Mapping[str, str], resources: Sequence[str]) -> list[str]:
    """The arguments of qsub. *context* marks the job as this hub's, *resources* come from checked options.

    ``-clear`` comes first: what the user's ``.sge_request`` and the cell's defaults ask for must not change the job.
    A notebook job that is requeued would start without its secrets, hence ``-r n``.
    """
    return [
        "-clear",
        *("-C", ""),
        *("-N", JOB_NAME),
        *("-S", "/bin/sh"),
        *("-wd", home),
        *("-o", f"{home}/{LOG_NAME}"),
        *("-j", "y"),
        *("-r", "n"),
        *("-ac", ",".join(f"{name}={value}" for name, value in context.items())),
        *resources,
    ]


def context_of(job_details: str) -> dict[str, str]:
    """The context variables in the answer of ``qstat -j``."""
    for line in job_details.splitlines():
        if line.startswith("context:"):
            pairs = (pair.partition("=") for pair in line.removeprefix("context:").strip().split(","))
            return {name: value for name, _, value in pairs}
    return {}
