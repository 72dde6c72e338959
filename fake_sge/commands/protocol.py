"""What goes between a command and the shell that runs it.

A command is a generator: it yields what it needs (standard input, a file of the user's, news of a job), is sent the
answer, and returns its `Reply`. So it can wait without a thread, and the same command runs in a daemon, in a test and
in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, Protocol

from fake_sge.core import Cell, Event

__all__ = [
    "Answer",
    "Cluster",
    "Conversation",
    "Edited",
    "Invocation",
    "NeedEditor",
    "NeedFile",
    "NeedStdin",
    "Output",
    "Reply",
    "Request",
    "Running",
    "WaitFor",
    "drive",
]


@dataclass(frozen=True, slots=True)
class Invocation:
    """A q-program as a user typed it: *argv* without the program's name, *host* the full name of the host of typing."""

    command: str
    argv: Sequence[str]
    user: str
    cwd: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    group: str = "users"
    uid: int = 1000
    gid: int = 1000
    home: str = "/"
    host: str = "localhost"
    umask: int = 0o022


@dataclass(frozen=True, slots=True)
class Reply:
    """The command's answer: what is still to be printed, and the exit code."""

    stdout: str = ""
    stderr: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class NeedStdin:
    """Answered with the whole standard input, `bytes`."""


@dataclass(frozen=True, slots=True)
class NeedFile:
    """Answered with the contents of *path* as the user can read it, `bytes`, or the `OSError` that reading it gave."""

    path: str


@dataclass(frozen=True, slots=True)
class NeedEditor:
    """The user is to edit *text* with ``$EDITOR``; answered with `Edited`."""

    text: str


@dataclass(frozen=True, slots=True)
class Edited:
    """What the user's editor left of a text in the file *path*. *changed* tells whether it wrote the file.

    *complaint* says why it couldn't be run to a good end; "" if it was.
    """

    text: str
    path: str = ""
    changed: bool = True
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """To be shown at once; answered with None."""

    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Answered with the events of the job since it was submitted or since the last answer, at least one."""

    job: int


Request = NeedEditor | NeedFile | NeedStdin | Output | WaitFor
Answer = Any
Running = Generator[Request, Answer, Reply]


class Cluster(Protocol):
    """The running thing as commands see it. *zone* None prints dates in the machine's own time zone."""

    @property
    def cell(self) -> Cell: ...

    @property
    def now(self) -> float: ...

    @property
    def began_at(self) -> float:
        """When the qmaster was started."""

    @property
    def accounting_path(self) -> Path | None: ...

    @property
    def zone(self) -> tzinfo | None: ...

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        """Apply ``cell.<name>(now, **arguments)`` durably. Raises `Denied`, which leaves the input applied."""


class Conversation(Protocol):
    """Who answers a command's requests when it is driven without a daemon."""

    def stdin(self) -> bytes: ...

    def file(self, path: str) -> bytes: ...


def drive(
    running: Running,
    conversation: Conversation,
    wait: Callable[[int], list[Event]] | None = None,
    edit: Callable[[str], Edited] | None = None,
) -> Reply:
    """Run a command to its end, answering from *conversation*; *wait* makes time pass until a job has news.

    *edit* is the user's editor; without one, none can be started. Returns everything it printed, with its exit code.
    """
    stdout, stderr = [], []
    answer: Answer = None
    try:
        while True:
            request = running.send(answer)
            answer = None
            if isinstance(request, Output):
                stdout.append(request.stdout)
                stderr.append(request.stderr)
            elif isinstance(request, NeedStdin):
                answer = conversation.stdin()
            elif isinstance(request, NeedFile):
                try:
                    answer = conversation.file(request.path)
                except OSError as error:
                    answer = error
            elif isinstance(request, NeedEditor):
                answer = Edited("", complaint="error: can't start editor") if edit is None else edit(request.text)
            else:
                if wait is None:
                    raise RuntimeError(f"the command waits for job {request.job}, but nothing makes time pass here")
                answer = wait(request.job)
    except StopIteration as end:
        reply: Reply = end.value
    return Reply("".join(stdout) + reply.stdout, "".join(stderr) + reply.stderr, reply.code)
