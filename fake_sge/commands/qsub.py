"""qsub(1): submit a job."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Sequence

from fake_sge.commands.jobscript import DEFAULT_PREFIX, option_words
from fake_sge.commands.options import ENOIMP, Given, OptionError
from fake_sge.commands.protocol import (
    Answer,
    Cluster,
    Invocation,
    NeedFile,
    NeedStdin,
    Output,
    Reply,
    Request,
    Running,
    WaitFor,
)
from fake_sge.commands.showjob import show_request
from fake_sge.commands.submission import Description
from fake_sge.commands.submitoptions import SUBMIT_OPTIONS
from fake_sge.commands.usage import usage
from fake_sge.core import Denied, Exit, Failed, Finished, JobRequest, Started, Submitted, TaskRange

__all__ = ["OPTIONS", "run"]

OPTIONS = SUBMIT_OPTIONS

EUNKNOWN = 4
EDISK = 14

_OWN = ("-sync", "-terse")

_Asking = Generator[Request, Answer, list[Given]]


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Submit a script file, standard input or (-b y) a command."""
    try:
        typed = _description(invocation, cluster)
        given, operands = yield from _expanded(invocation, invocation.argv, typed)
        if any(option.name == "-help" for option in given):
            return Reply(usage("qsub"))
        defaults = yield from _defaults(invocation)
        script = None
        if not _is_binary(given, defaults):
            script = yield from _read_script(invocation, operands)
        request, job = yield from _request(invocation, cluster, given, defaults, operands, script)
    except OptionError as error:
        prefix = "" if error.option == "script" else "qsub: "
        return Reply(stderr=f"{error.ahead}{prefix}{error.text}\n", code=error.code)
    warnings = "".join(f"qsub: warning: {text}\n" for text in typed.warnings)
    if job.verify:
        return Reply(warnings + show_request(request, invocation, cluster))
    if warnings:
        yield Output(warnings)
    return (yield from _submit(invocation, cluster, request, job))


def _description(invocation: Invocation, cluster: Cluster) -> Description:
    return Description(cluster.now, cluster.zone, invocation.cwd, invocation.environment)


def _expanded(
    invocation: Invocation, argv: Sequence[str], seen: Description, *, file: bool = False
) -> Generator[Request, Answer, tuple[list[Given], list[str]]]:
    """The options of the command line, or of a *file*, those of -@ files in their places; *seen* checks them."""
    given, operands = OPTIONS.parse(argv, stop_at_operand=not file, check=seen.check)
    expanded: list[Given] = []
    for option in given:
        if option.name != "-@":
            expanded.append(option)
            continue
        content = yield NeedFile(_path(invocation, option.value))
        if isinstance(content, OSError):
            raise OptionError(f"{_COMPLAINT}no input read from stdin", EUNKNOWN, "script")
        more, _ = OPTIONS.parse(option_words(_decode(content), ""), check=seen.check)
        expanded += more
    return expanded, operands


def _defaults(invocation: Invocation) -> _Asking:
    """sge_request(5): the cell's file, the user's, the working directory's."""
    given: list[Given] = []
    root = invocation.environment.get("SGE_ROOT")
    cell = invocation.environment.get("SGE_CELL", "default")
    paths = [f"{root}/{cell}/common/sge_request"] if root else []
    paths.append(posixpath.join(invocation.home, ".sge_request"))
    if posixpath.normpath(invocation.cwd) != posixpath.normpath(invocation.home):
        paths.append(posixpath.join(invocation.cwd, ".sge_request"))
    for path in paths:
        content = yield NeedFile(path)
        if isinstance(content, bytes):
            options, _ = OPTIONS.parse(option_words(_decode(content), ""))
            given += options
    return given


def _is_binary(given: list[Given], defaults: list[Given]) -> bool:
    for options in (given, defaults):
        values = [option.value.lower() for option in options if option.name == "-b"]
        if values:
            return values[-1] in ("y", "yes")
    return False


_COMPLAINT = "Unable to read script file because of error: "


def _read_script(invocation: Invocation, operands: list[str]) -> Generator[Request, Answer, str]:
    """The job script's text. Raises `OptionError` in qsub's words when there is none."""
    if operands and operands[0] != "-":
        content = yield NeedFile(_path(invocation, operands[0]))
        if isinstance(content, IsADirectoryError):
            ahead = f'error: fread("{operands[0]}") failed: Is a directory\n'
            raise OptionError(f"{_COMPLAINT}error reading from file {operands[0]}", EUNKNOWN, "script", ahead)
        if isinstance(content, OSError):
            raise OptionError(f"{_COMPLAINT}error opening {operands[0]}: {content.strerror}", EDISK, "script")
    else:
        content = yield NeedStdin()
        if not content:
            raise OptionError(f"{_COMPLAINT}no input read from stdin", EUNKNOWN, "script")
    return _decode(content)


def _embedded(
    invocation: Invocation, cluster: Cluster, script: str, prefix: str
) -> Generator[Request, Answer, list[Given]]:
    """The options in the script. Raises `OptionError`."""
    try:
        given, _ = yield from _expanded(
            invocation, option_words(script, prefix), _description(invocation, cluster), file=True
        )
    except OptionError as error:
        if error.code == ENOIMP:
            raise
        raise OptionError(f"{_COMPLAINT}{error.text}", error.code, "script", error.ahead) from None
    if any(option.name == "-help" for option in given):
        raise OptionError("-help not allowed in this context", ENOIMP)
    return given


def _request(
    invocation: Invocation,
    cluster: Cluster,
    given: list[Given],
    defaults: list[Given],
    operands: list[str],
    script: str | None,
) -> Generator[Request, Answer, tuple[JobRequest, Description]]:
    """Default files, then the script's lines, then the command line: later ones override."""
    prefix = next((option.value for option in reversed(given) if option.name == "-C"), DEFAULT_PREFIX)
    embedded: list[Given] = []
    if script is not None and prefix:
        embedded = yield from _embedded(invocation, cluster, script, prefix)
    sources = _overriding([defaults, embedded, given])
    job = _description(invocation, cluster)
    job.fields["environment"] = {"TERM": invocation.environment.get("TERM", "")}
    for options in sources:
        job.read(options)
    # these two concern qsub itself, so -clear doesn't reach them
    job.read(option for options in (defaults, embedded, given) for option in options if option.name in _OWN)
    fields = dict(job.fields)
    if "advance_reservation" in fields:
        fields.setdefault("verify", "e")
    if fields.get("binary") and (not operands or operands[0] == "-"):
        raise OptionError("command required for a binary job")
    command = operands[0] if operands and operands[0] != "-" else "STDIN"
    fields.setdefault("name", posixpath.basename(command))
    request = JobRequest(
        owner=invocation.user,
        group=invocation.group,
        uid=invocation.uid,
        gid=invocation.gid,
        home=invocation.home,
        submit_host=invocation.host,
        script=script,
        script_file=command,
        args=operands[1:],
        submit_cwd=invocation.cwd,
        submit_path=invocation.environment.get("PATH", ""),
        submit_shell=invocation.environment.get("SHELL", ""),
        submit_mail=invocation.environment.get("MAIL", ""),
        **fields,
    )
    return request, job


def _overriding(sources: list[list[Given]]) -> list[list[Given]]:
    """-clear forgets all that came before it, and -q replaces the -q of an earlier source; the rest adds up."""
    result: list[list[Given]] = []
    queues_named = False
    for options in reversed(sources):
        cleared = [position for position, option in enumerate(options) if option.name == "-clear"]
        kept = options[cleared[-1] + 1 :] if cleared else options
        result.append([option for option in kept if not (queues_named and option.name == "-q")])
        if cleared:
            break
        queues_named = queues_named or any(option.name == "-q" for option in kept)
    return result[::-1]


def _submit(invocation: Invocation, cluster: Cluster, request: JobRequest, job: Description) -> Running:
    hosts = cluster.cell.config.submit_hosts
    if hosts and invocation.host not in hosts:
        return _refused(f'denied: host "{invocation.host}" is not a submit host', 1)
    warning = ""
    try:
        if request.verify == "w" and not cluster.cell.verify(cluster.now, request, "w").found:
            warning = "warning: no suitable queues\n"
        events = cluster.input("submit", request=request)
    except Denied as denied:
        if denied.kind == "verification" and denied.exit_code == 0:
            # whatever was found, the client has one sentence for it
            return Reply("verification: found suitable queue(s)\n")
        return _refused(denied.text, denied.exit_code)
    number = next(event.job for event in events if isinstance(event, Submitted))
    answer = warning + _answer(number, request, job.terse)
    if not (job.sync or request.immediate):
        return Reply(answer)
    yield Output(answer)
    code = 0
    if request.immediate:
        yield Output(stderr="Waiting for immediate job to be scheduled.\n")
        started, code = yield from _wait_for_start(number, request)
        if not started:
            return Reply(code=code)
    if job.sync:
        return (yield from _wait_for_end(number, request, cluster, job.terse))
    return Reply(code=code)


def _refused(text: str, code: int) -> Reply:
    return Reply(stderr=f"Unable to run job: {text}\nExiting.\n", code=code)


def _answer(number: int, request: JobRequest, terse: bool) -> str:
    tasks = request.tasks
    identifier = f"{number}" if tasks is None else f"{number}.{tasks.first}-{tasks.last}:{tasks.step}"
    if terse:
        return f"{identifier}\n"
    kind = "job" if tasks is None else "job-array"
    return f'Your {kind} {identifier} ("{request.name}") has been submitted\n'


def _wait_for_start(number: int, request: JobRequest) -> Generator[Request, Answer, tuple[bool, int]]:
    while True:
        events = yield WaitFor(number)
        for event in events:
            if isinstance(event, Failed):
                text = "\nYour qsub request could not be scheduled; try again later.\n"
                yield Output(stderr=text)
                return False, 1
            if isinstance(event, Started):
                yield Output(stderr=f"\nYour immediate job {number} has been successfully scheduled.\n")
                return True, 0


def _wait_for_end(number: int, request: JobRequest, cluster: Cluster, terse: bool) -> Running:
    """Report each task as it ends; the first exit code that isn't 0 is qsub's own."""
    left = len(request.tasks) if request.tasks else 1
    code = 0
    reported: set[int] = set()
    gone = False
    while left > 0 and not gone:
        # a job can have ended before there was time to wait for it: then the cell's last finished tasks tell of it
        events = (yield WaitFor(number)) if number in cluster.cell.jobs else []
        ended = [(event.task, event.exit) for event in events if isinstance(event, Finished)]
        gone = number not in cluster.cell.jobs
        if gone:
            ended += [(one.task or 1, one.exit) for one in cluster.cell.finished if one.job == number and one.exit]
        for task, how in ended:
            if task not in reported:
                reported.add(task)
                left -= 1
                output, task_code = _report(_identifier(number, task, request.tasks), how, terse)
                code = code or task_code
                yield output
    if left > 0 and not reported:
        # a job that was deleted while it waited: a message, and exit code 0
        yield Output(stderr=f"Unable to run job {number}\n")
    return Reply(code=code)


def _identifier(number: int, task: int, tasks: TaskRange | None) -> str:
    return f"{number}" if tasks is None else f"{number}.{task}"


def _report(identifier: str, how: Exit, terse: bool) -> tuple[Output, int]:
    status = how.exit_status
    if how.failed and how.failed not in (37, 100):
        return Output(stderr=f"Unable to run job {identifier}\n"), 0
    if how.failed and status > 128:
        return Output(stderr=f"Job {identifier} exited because of signal {_signal_name(status - 128)}\n"), 1
    text = f"Job {identifier} exited with exit code {status}.\n"
    if status:
        return Output(stderr=text), status
    return Output("" if terse else text), 0


def _signal_name(number: int) -> str:
    return {1: "SIGHUP", 2: "SIGINT", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 15: "SIGTERM"}.get(
        number, f"SIG{number}"
    )


def _path(invocation: Invocation, path: str) -> str:
    return posixpath.join(invocation.cwd, path)


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
