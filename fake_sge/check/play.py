"""A recording played at virtual speed against a `Cell`: no daemon, no processes, no files."""

from __future__ import annotations

import heapq
import math
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from fake_sge.accounting import HEADER, lines_of
from fake_sge.check.editor import editor
from fake_sge.check.hosts import HostsSeen
from fake_sge.check.jobs import Outcome, outcome_of, with_procedures
from fake_sge.check.normal import normalised
from fake_sge.check.recording import Recording, Step, Transcript
from fake_sge.check.shell import TEXT_TOOLS, OutOfReach, parse
from fake_sge.commands import COMMANDS, Invocation, Reply, drive, run
from fake_sge.core import Cell, CellConfig, Dispatched, Event, Exit, JobRequest, KillDue, Usage, letters

__all__ = ["Play", "Verdict", "play_recording"]

STARTS_AFTER_S = 0.5
"""From dispatch to the execd's acknowledgement."""
ENDS_AFTER_S = 0.4
"""From the end of a task to the qmaster's knowing."""
LATE_S = 0.7
"""How much later it may hear of it: a host reports about once a second."""
TYPED_AT_S = 0.4
"""Where in its second a recorded answer was given."""
DIES_AFTER_S = 1.5
"""From a signal to the report of the end."""
NEXT_STEP_S = 0.08
"""Between steps of which nothing else is known."""
GAP_S = 60.0
"""A longer pause means that something is missing from the recording."""
_PATIENCE_S = 600.0
_ROOT = "/var/lib/gridengine"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Verdict:
    """*what* is the transcript; *difference* is "" where it holds, *reason* says why it wasn't played."""

    what: str
    difference: str = ""
    reason: str = ""

    @property
    def holds(self) -> bool:
        return not self.difference and not self.reason


@dataclass(frozen=True, slots=True)
class _Given:
    """A command's answers to what it asks: standard input and the user's files."""

    text: str
    read: Callable[[str], bytes]

    def stdin(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")

    def file(self, path: str) -> bytes:
        return self.read(path)


@dataclass(slots=True)
class Play:
    """The cell, its accounting file, the users' files and the jobs that are on their way.

    *late* are tasks of whose end the qmaster hears `LATE_S` later than of others'.
    """

    cell: Cell
    accounting_path: Path
    began_at: float
    zone: tzinfo | None = UTC
    files: dict[str, str] = field(default_factory=dict)
    history: list[Event] = field(default_factory=list)
    late: frozenset[tuple[int, int]] = frozenset()
    on_the_second: bool = True
    _agenda: list[tuple[float, int, Callable[[], list[Event]]]] = field(default_factory=list)
    _seq: int = 0
    _running: dict[tuple[int, int], float] = field(default_factory=dict)

    @classmethod
    def of(cls, config: CellConfig, began_at: float, accounting_path: Path) -> Play:
        accounting_path.write_text(HEADER, "utf-8")
        return cls(Cell(config, began_at), accounting_path, began_at)

    # What commands see: `Cluster`

    @property
    def now(self) -> float:
        return self.cell.now

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        events: list[Event] = getattr(self.cell, name)(self.cell.now, **arguments)
        self._take(events)
        return events

    # Time

    def _tick(self) -> None:
        """The recorded qmaster handed events to its scheduler once a second, on the second."""
        if self.on_the_second and self.cell.next_run_at is not None:
            self.cell.next_run_at = float(math.ceil(self.cell.next_run_at - 1e-6))

    def advance(self, now: float) -> None:
        """Let everything happen that is due up to *now*."""
        while True:
            due = self.cell.next_deadline()
            first = self._agenda[0][0] if self._agenda else None
            if first is not None and first <= now and (due is None or first <= due):
                at, _, act = heapq.heappop(self._agenda)
                if at > self.cell.now:
                    self._take(self.cell.advance(at))
                self._take(act())
            elif due is not None and due <= now:
                self._take(self.cell.advance(due))
            else:
                break
        self._take(self.cell.advance(max(now, self.cell.now)))

    def wait_for(self, job: int) -> list[Event]:
        """Time passes until there is news of the job."""
        seen = len(self.history)
        until = self.now + _PATIENCE_S
        while self.now < until:
            news = [event for event in self.history[seen:] if getattr(event, "job", None) == job]
            if news:
                return news
            self.advance(self.now + 0.25)
        raise OutOfReach(f"nothing happens to job {job}")

    def _later(self, after_s: float, act: Callable[[], list[Event]]) -> None:
        self._seq += 1
        heapq.heappush(self._agenda, (self.now + after_s, self._seq, act))

    def _take(self, events: Iterable[Event]) -> None:
        """What execds and the accounting do about events."""
        self._tick()
        events = list(events)
        self.history += events
        text = lines_of(events)
        if text:
            with self.accounting_path.open("a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        for event in events:
            if isinstance(event, Dispatched):
                self._start(event)
            elif isinstance(event, KillDue):
                limit = 37 if event.why in ("h_rt", "h_cpu", "h_vmem") else 100
                self._end_later(event.job, event.task, DIES_AFTER_S, Outcome(0.0, 137, limit))

    def _start(self, event: Dispatched) -> None:
        place = self.cell.layout.place(event.grants[0].queue_instance)
        scripts = [self.files.get(place.texts.get(name, "NONE"), "") for name in ("prolog", "epilog")]
        outcome = with_procedures(outcome_of(self.cell.jobs[event.job].request), *scripts)
        key = (event.job, event.task)
        if outcome.lasts_s is None:
            self._end_later(*key, STARTS_AFTER_S, outcome)
            return

        def started() -> list[Event]:
            self._running[key] = self.now
            return self.cell.started(self.now, *key)

        self._later(STARTS_AFTER_S, started)
        heard_s = ENDS_AFTER_S + (LATE_S if key in self.late else 0.0)
        self._end_later(*key, STARTS_AFTER_S + outcome.lasts_s + heard_s, outcome)

    def _end_later(self, job: int, task: int, after_s: float, outcome: Outcome) -> None:
        dispatched = self._dispatched_at(job, task)

        def end() -> list[Event]:
            if (job, task) not in self.cell.placed or self._dispatched_at(job, task) != dispatched:
                return []
            started_at = self._running.pop((job, task), None)
            reason = ""
            if outcome.complaint:
                moment = datetime.fromtimestamp(int(self.now), UTC)
                reason = f"{moment:%m/%d/%Y %H:%M:%S} [101:1]: {outcome.complaint}"
            usage = Usage(wallclock_s=0.0 if started_at is None else self.now - started_at)
            ended = Exit(outcome.failed, outcome.exit_status, usage, reason, started_at, self.now)
            return self.cell.exited(self.now, job, task, ended)

        self._later(after_s, end)

    def _dispatched_at(self, job: int, task: int) -> float | None:
        placed = self.cell.placed.get((job, task))
        return placed.dispatched_at if placed is not None else None

    def state_of(self, job: int) -> str:
        """The letters of the job's first task, as ``until`` steps ask for them."""
        found = self.cell.jobs.get(job)
        if found is None:
            return ""
        return letters(next(iter(found.tasks.values()))) if found.tasks else "qw"

    # Commands

    def shell(self, step: Step) -> Reply:
        """Run a command line as *step*'s user. Raises `OutOfReach` for what only real machines can do."""
        stdout, stderr, code = "", "", 0
        for pipeline in parse(step.command, {"SGE_ROOT": _ROOT}.get, datetime.fromtimestamp(self.now, self.zone)):
            text = step.stdin
            if pipeline.stdin_file not in (None, "/dev/null"):
                text = self._read(step, pipeline.stdin_file or "").decode("utf-8", "surrogateescape")
            elif pipeline.stdin_file:
                text = ""
            for assignments, words in pipeline.commands:
                reply = self._program(step, assignments, words, text)
                text, code = reply.stdout, reply.code
                stderr += reply.stderr
            if pipeline.stdout_file:
                self.files[self._path(step, pipeline.stdout_file)] = text
            else:
                stdout += text
        return Reply(stdout, stderr, code)

    def _program(self, step: Step, assignments: dict[str, str], words: list[str], text: str) -> Reply:
        name, *arguments = words
        if name == "timeout":
            return self._program(step, assignments, arguments[1:], text)
        if name in COMMANDS:
            if {"SGE_QMASTER_PORT", "SGE_CELL", "SGE_ROOT"} & set(assignments):
                raise OutOfReach("a client that finds no qmaster answers by itself")
            conversation = _Given(text, lambda path: self._read(step, path))
            edit = editor(assignments.get("EDITOR", "vi"), lambda path: self._read(step, path).decode())
            typed = self._invocation(step, name, arguments, assignments)
            return drive(run(typed, self), conversation, self.wait_for, edit)
        if name in TEXT_TOOLS:
            return Reply(TEXT_TOOLS[name](arguments, text))
        if name in ("mkdir", "chmod"):
            return Reply()
        if name == "cat":
            return Reply("".join(self._read(step, path).decode("utf-8", "surrogateescape") for path in arguments))
        if name == "xmllint":
            ET.fromstring(text)  # noqa: S314 - our own answer
            return Reply()
        raise OutOfReach(f"{name} would have to be run")

    def _invocation(self, step: Step, name: str, arguments: list[str], assignments: dict[str, str]) -> Invocation:
        home = "/root" if step.user == "root" else f"/home/{step.user}"
        uid = 101
        if step.user == "root":
            uid = 0
        elif step.user[-1].isdecimal():
            uid = 3000 + int(step.user[-1])
        domain = self.cell.config.domain
        return Invocation(
            command=name,
            argv=arguments,
            user=step.user,
            group="root" if step.user == "root" else "cs",
            uid=uid,
            gid=0 if uid == 0 else 2000,
            home=home,
            cwd=home,
            environment={"PATH": _PATH, "SGE_ROOT": _ROOT, "SGE_CELL": "default"} | assignments,
            host=f"{step.host}.{domain}" if domain else step.host,
        )

    def _path(self, step: Step, path: str) -> str:
        return posixpath.normpath(posixpath.join(f"/home/{step.user}", path))

    def _read(self, step: Step, path: str) -> bytes:
        """The users' virtual files, and the accounting file."""
        full = self._path(step, path)
        if full == f"{_ROOT}/default/common/accounting":
            return self.accounting_path.read_bytes()
        if full in self.files:
            return self.files[full].encode("utf-8", "surrogateescape")
        if full.startswith(f"/home/{step.user}/t/") and not full.endswith(".sh"):
            raise OutOfReach("a job would have had to write that file")
        raise FileNotFoundError(2, "No such file or directory", path)


def play_recording(recording: Recording, config: CellConfig, accounting_path: Path) -> list[Verdict]:
    """Play every step, and judge every transcript at the last step that names it."""
    known = [step.at for step in recording.steps if step.at is not None]
    began_at = min([*known, *recording.submitted_at.values()], default=0.0) - 60.0
    play = Play.of(config, began_at, accounting_path)
    last = {step.transcript: position for position, step in enumerate(recording.steps) if step.transcript is not None}
    hosts = HostsSeen.of(recording)
    verdicts = []
    first = True
    for position, step in enumerate(recording.steps):
        before = play.now
        hosts.apply(play.cell, position)
        _pass_time(play, recording, step)
        if play.now - before > GAP_S and step.kind == "run":
            _bridge(play, recording, position)
        if step.kind != "run":
            continue
        expected = recording.transcripts.get(step.transcript or "")
        first = _set_job_number(play, step, expected, first=first)
        try:
            reply = play.shell(step)
        except (OutOfReach, OSError) as error:
            if expected is not None and last[expected.id] == position:
                verdicts.append(Verdict(expected.id, reason=str(error)))
            continue
        if expected is not None and last[expected.id] == position:
            verdicts.append(Verdict(expected.id, _difference(expected, reply)))
    return verdicts


def _pass_time(play: Play, recording: Recording, step: Step) -> None:
    if step.kind == "wait":
        play.advance(play.now + step.seconds)
    elif step.kind == "until":
        deadline = play.now + _PATIENCE_S
        number = step.number
        while number is not None and play.state_of(number) != step.state and play.now < deadline:
            play.advance(play.now + 0.25)
    else:
        at = None if step.at is None else step.at + TYPED_AT_S
        if at is None and step.number is not None:
            at = recording.submitted_at.get(step.number)
        play.advance(max(play.now + NEXT_STEP_S, at or 0.0))


_LISTINGS = {"qstat": False, "qstat -u '*'": True}
"""Commands that list all of the caller's jobs, or (True) everybody's."""
_LISTED = re.compile(
    r"^ *(?P<id>\d+) \d\.\d{5} (?P<name>\S+) +(?P<user>\S+) +(?P<state>\w+) +\S+ \S+ "
    r"(?P<queue>\S*@\S*)? +(?P<slots>\d+)",
    re.MULTILINE,
)


def _bridge(play: Play, recording: Recording, position: int) -> None:
    """After a pause things may have happened that nobody recorded; the next list of jobs tells.

    Jobs that it doesn't know were deleted, and jobs that it shows running though nobody submitted them were submitted.
    """
    coming = recording.steps[position:]
    submitted = {step.number for step in coming if step.number is not None}
    step = next((one for one in coming if one.command in _LISTINGS and one.transcript is not None), None)
    if step is None:
        return
    rows = {int(row["id"]): row for row in _LISTED.finditer(recording.transcripts[step.transcript or ""].stdout)}
    for job in list(play.cell.jobs.values()):
        theirs = _LISTINGS[step.command] or job.request.owner == step.user
        if theirs and job.id not in rows and job.id not in submitted:
            play.input("delete", job_id=job.id, tasks=None, user="root", forced=True)
    for number, row in sorted(rows.items()):
        if number in play.cell.jobs or number in submitted or not row["queue"] or int(row["slots"]) > 1:
            continue
        queues = [place.name for place in play.cell.queue_instances if place.name.startswith(row["queue"])]
        play.cell.next_job_id = number
        forever = JobRequest(
            owner=row["user"], name=row["name"], script="sleep 1000000", hard_queues=queues, uid=3001, gid=2000
        )
        play.input("submit", request=forever)


def _set_job_number(play: Play, step: Step, expected: Transcript | None, *, first: bool) -> bool:
    """Set-up steps say which number their job got; the cell's own count must be right for all others but the first."""
    if step.number is not None:
        play.cell.next_job_id = step.number
        return False
    if first and expected is not None and "qsub" in step.command:
        digits = "".join(letter if letter.isdecimal() else " " for letter in expected.stdout).split()
        if digits:
            play.cell.next_job_id = int(digits[0])
            return False
    return first


def _difference(expected: Transcript, reply: Reply) -> str:
    """The first thing that differs, "" if nothing does."""
    if expected.code != reply.code:
        return f"expected exit code {expected.code}, got {reply.code}: {(reply.stderr or reply.stdout)[:200]!r}"
    for stream, wanted, got in (
        ("standard output", expected.stdout, reply.stdout),
        ("standard error", expected.stderr, reply.stderr),
    ):
        wanted_lines, got_lines = normalised(wanted).split("\n"), normalised(got).split("\n")
        for number in range(max(len(wanted_lines), len(got_lines))):
            line = wanted_lines[number] if number < len(wanted_lines) else None
            other = got_lines[number] if number < len(got_lines) else None
            if line != other:
                return f"{stream} line {number + 1}: expected {line!r}, got {other!r}"
    return ""
