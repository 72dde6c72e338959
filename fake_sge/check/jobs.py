"""What the jobs of a recording do, without running them: how long they last and how they end."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from fake_sge.core import JobRequest

__all__ = ["Outcome", "outcome_of", "with_procedures"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """*lasts_s* is None for a task that never starts. *complaint* is what the shepherd says of a failure."""

    lasts_s: float | None
    exit_status: int = 0
    failed: int = 0
    complaint: str = ""


_MISSING_DIRECTORY = "/nonexistent"


def outcome_of(request: JobRequest) -> Outcome:
    """From the script's own lines: sleeps, exits and signals; anything else takes no time and ends well."""
    directory = request.cwd or ""
    if directory.startswith(_MISSING_DIRECTORY):
        return Outcome(None, failed=28, complaint=f"error: can't chdir to {directory}: No such file or directory")
    for path in (*request.stdout, *request.stderr):
        if path.startswith(_MISSING_DIRECTORY):
            text = f'error: can\'t open output file "{path}": No such file or directory'
            return Outcome(None, failed=26, complaint=text)
    if request.script is not None and "\r" in request.script and request.shells:
        return Outcome(None, failed=27, complaint="searching requested shell")
    if request.binary:
        return _binary([request.script_file, *request.args])
    return _script(request.script or "", request.args)


def with_procedures(outcome: Outcome, prolog: str, epilog: str) -> Outcome:
    """What becomes of it where the queue has a prolog or an epilog, whose scripts these are ("" for none)."""
    before = _failure("prolog", 8, prolog)
    if before is not None:
        return before
    if outcome.lasts_s is None or outcome.failed:
        return outcome
    after = _failure("epilog", 15, epilog)
    return outcome if after is None else Outcome(outcome.lasts_s, 0, after.failed, after.complaint)


def _failure(stage: str, failed: int, script: str) -> Outcome | None:
    status = _script(script, []).exit_status if script else 0
    if "exit 100" in script:
        status, failed = 100, 30
    elif status == 99:
        failed = 25
    return Outcome(None, 0, failed, f"exit_status of {stage} = {status}") if status else None


def _binary(words: list[str]) -> Outcome:
    if words[0].startswith("/no/"):
        return Outcome(0.0, 127)
    if len(words) == 3 and words[1] == "-c":
        return _script(words[2], [])
    return _script(shlex.join(words), [])


_PARAMETER = re.compile(r"\$\{1:-(\d+)\}|\$1")


def _script(text: str, arguments: list[str]) -> Outcome:
    def first(match: re.Match[str]) -> str:
        return arguments[0] if arguments else match[1] or "0"

    lasts = 0.0
    for line in re.split(r"[\n;]", text):
        words = _PARAMETER.sub(first, line).split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "sleep" and len(words) > 1:
            lasts += _seconds(words[1])
        elif words[0] == "exit":
            return _exited(lasts, int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0)
        elif words[:2] == ["kill", "-9"]:
            return Outcome(lasts, 137, 100)
        elif words[:2] == ["kill", "-SEGV"]:
            return Outcome(lasts, 139, 100)
        elif words[0] in ("for", "while"):
            return Outcome(lasts + 15.0)
    return Outcome(lasts)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _exited(lasts: float, status: int) -> Outcome:
    if status == 100:
        return Outcome(None, failed=30, complaint="exit_status of job start = 100")
    if status == 99:
        return Outcome(lasts, 99, 25)
    return Outcome(lasts, status)
