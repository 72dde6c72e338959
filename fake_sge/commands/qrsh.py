"""qrsh(1) as far as it needs no terminal: a command runs in a slot, and what it wrote and its exit code come back.

A real one talks to the job; here the job writes to two files in the user's home, which are read when it has ended and
stay there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterable

from fake_sge.commands.options import Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Answer, Cluster, Invocation, NeedFile, Output, Reply, Request, Running, WaitFor
from fake_sge.commands.submission import Description
from fake_sge.commands.submitoptions import SUBMIT_OPTIONS
from fake_sge.commands.usage import usage
from fake_sge.core import Denied, Exit, Failed, Finished, JobRequest, Started, Submitted

__all__ = ["LOGIN_OPTIONS", "OPTIONS", "qlogin", "qrsh"]

_SCRIPTS = ("-@", "-C", "-c", "-ckpt", "-e", "-i", "-j", "-jsv", "-o", "-S", "-sync", "-t", "-tc", "-terse", "-u")
_TERMINAL = "nothing here talks to a terminal"

OPTIONS = OptionTable(
    *(option for option in SUBMIT_OPTIONS if option.standing is not Standing.REFUSED and option.name not in _SCRIPTS),
    Option("-inherit", "", Standing.REFUSED, "tasks of parallel jobs aren't started one by one"),
    Option("-noshell", "", Standing.IGNORED, "the command always has a shell"),
    Option("-nostdin", "", Standing.IGNORED, "the command's standard input is always empty"),
    Option("-verbose"),
)
LOGIN_OPTIONS = OptionTable(Option("-help"))


def qlogin(invocation: Invocation, cluster: Cluster) -> Running:
    """There is no terminal to log in to: refused."""
    yield from ()
    if invocation.argv and invocation.argv[0] == "-help":
        return Reply(usage("qlogin"))
    return Reply(stderr='Unsupported: "qlogin" is not supported in this version\n', code=1)


def qrsh(invocation: Invocation, cluster: Cluster) -> Running:
    """Run a command; without one it would be a login, which is refused."""
    yield from ()
    job = Description(cluster.now, cluster.zone, invocation.cwd, invocation.environment)
    try:
        given, words = OPTIONS.parse(invocation.argv, stop_at_operand=True, check=job.check)
    except OptionError as error:
        return Reply(stderr=f"{error.ahead}error: {error.text}\n", code=1)
    names = {option.name for option in given}
    if "-help" in names:
        return Reply(usage("qrsh"))
    if not words:
        return Reply(stderr='Unsupported: "qrsh" without a command is not supported in this version\n', code=1)
    request = _request(invocation, cluster, given, words)
    try:
        events = cluster.input("submit", request=request)
    except Denied as denied:
        if denied.kind == "verification" and denied.exit_code == 0:
            return Reply("verification: found suitable queue(s)\n")
        return Reply(stderr=f"{denied.text}\n", code=1)
    number = next(event.job for event in events if isinstance(event, Submitted))
    if "-verbose" in names:
        waiting = "waiting for interactive job to be scheduled ...\n"
        yield Output(f'Your job {number} ("{request.name}") has been submitted\n', waiting)
    ended = yield from _end_of(cluster, number, verbose="-verbose" in names)
    if ended is None:
        return Reply(stderr='Your "qrsh" request could not be scheduled, try again later.\n', code=1)
    stdout = yield from _written(f"{invocation.home}/.qrsh.o{number}")
    stderr = yield from _written(f"{invocation.home}/.qrsh.e{number}")
    return Reply(stdout, stderr, ended.exit_status)


def _request(invocation: Invocation, cluster: Cluster, given: Iterable[Given], words: list[str]) -> JobRequest:
    """The words are joined and read by a shell, once more than the user may think, as in 8.1.9."""
    job = Description(cluster.now, cluster.zone, invocation.cwd, invocation.environment)
    job.fields["environment"] = {"TERM": invocation.environment.get("TERM", "")}
    job.read(given)
    fields = {"immediate": True, "name": posixpath.basename(words[0]), **job.fields, "binary": True}
    return JobRequest(
        owner=invocation.user,
        group=invocation.group,
        uid=invocation.uid,
        gid=invocation.gid,
        home=invocation.home,
        submit_host=invocation.host,
        script_file="/bin/bash",
        args=["-c", " ".join(words)],
        use_shell=False,
        stdout=["$HOME/.qrsh.o$JOB_ID"],
        stderr=["$HOME/.qrsh.e$JOB_ID"],
        submit_cwd=invocation.cwd,
        submit_path=invocation.environment.get("PATH", ""),
        submit_shell=invocation.environment.get("SHELL", ""),
        submit_mail=invocation.environment.get("MAIL", ""),
        **{name: value for name, value in fields.items() if name not in ("pty", "use_shell")},
    )


def _end_of(cluster: Cluster, number: int, *, verbose: bool) -> Generator[Request, Answer, Exit | None]:
    """How the job ended; None if it never began."""
    while True:
        for event in (yield WaitFor(number)):
            if isinstance(event, Started) and verbose:
                done = f"Your interactive job {number} has been successfully scheduled.\n"
                host = cluster.cell.jobs[number].tasks[1].grants[0].host
                yield Output(stderr=f"{done}Establishing builtin session to host {host} ...\n")
            elif isinstance(event, Finished):
                return event.exit
            elif isinstance(event, Failed):
                return None


def _written(path: str) -> Generator[Request, Answer, str]:
    """What the job wrote to a file, which stays, as any job's output does."""
    content = yield NeedFile(path)
    return content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else ""
