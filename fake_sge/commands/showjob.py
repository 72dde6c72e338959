"""A job in full, as ``qstat -j`` and ``qsub -verify`` print it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from fake_sge.commands.dates import long_date
from fake_sge.commands.protocol import Cluster, Invocation
from fake_sge.commands.ranges import slot_range
from fake_sge.commands.views import requested_pairs
from fake_sge.core import Cell, Job, JobRequest

__all__ = ["mail_list", "show_job", "show_request", "successors"]

_Fact = tuple[str, str]


def show_job(cell: Cell, job: Job, zone: tzinfo | None, *, bindings: bool = True) -> str:
    """Everything up to the scheduling info; *bindings* to cores are left out with -ncb."""
    request = job.request
    facts: list[_Fact] = [
        ("job_number", str(job.id)),
        ("exec_file", f"job_scripts/{job.id}"),
        ("submission_time", long_date(job.submitted_at, zone)),
    ]
    facts += _when("deadline", request.deadline_at, zone)
    facts += [("owner", request.owner), ("uid", str(request.uid)), ("group", request.group), ("gid", str(request.gid))]
    facts += _origin(request)
    facts += _when("execution_time", request.execute_at, zone)
    facts.append(("account", request.account))
    facts += _middle(cell, request)
    facts += _script(request)
    facts += _optional("jid_predecessor_list (req)", ",".join(request.hold_jobs))
    facts += _optional("jid_predecessor_list", ",".join(map(str, job.predecessors)))
    facts += _optional("jid_successor_list", ",".join(map(str, successors(cell, job))))
    facts += _optional("ja_ad_predecessor_list", ",".join(map(str, job.array_predecessors)))
    facts += _optional("version", str(job.version) if job.version else "")
    facts += _optional("oticket", str(request.override_tickets or ""))
    facts += _tail(request)
    if bindings:
        facts.append(("binding", request.binding or "NONE"))
    facts.append(("job_type", _job_type(request)))
    return _text(facts) + _tasks(job, bindings=bindings)


def show_request(request: JobRequest, invocation: Invocation, cluster: Cluster) -> str:
    """What ``qsub -verify`` would submit; the qmaster fills in the owner, so there is none yet."""
    facts: list[_Fact] = [("job_number", "unassigned")]
    facts += _when("deadline", request.deadline_at, cluster.zone)
    facts += [("owner", ""), ("uid", "0"), ("group", ""), ("gid", "0")]
    facts += _origin(request)
    facts += _when("execution_time", request.execute_at, cluster.zone)
    if request.account != "sge":
        facts.append(("account", request.account))
    facts += _middle(cluster.cell, request, verifying=True)
    facts += _script(request, verifying=True)
    facts += _optional("jid_predecessor_list (req)", ",".join(request.hold_jobs))
    facts += _optional("verify_suitable_queues", _LEVELS.get(request.verify, ""))
    facts += _tail(request)
    facts.append(("job_type", _job_type(request)))
    return _text(facts)


_LEVELS = {"w": "1", "e": "2", "v": "3", "p": "4"}


def mail_list(request: JobRequest) -> list[tuple[str, str]]:
    """Users and hosts that mail goes to: those of -M, else the owner at the submit host."""
    if not request.mail_to:
        return [(request.owner, request.submit_host)]
    addresses = (address.partition("@") for address in request.mail_to)
    return [(user, host) for user, _, host in addresses]


def _text(facts: Iterable[_Fact]) -> str:
    return "".join(value if not name else f"{name + ':':<27} {value}\n" for name, value in facts)


def _when(name: str, at: float | None, zone: tzinfo | None) -> list[_Fact]:
    return [] if at is None else [(name, long_date(at, zone))]


def _optional(name: str, value: str) -> list[_Fact]:
    return [(name, value)] if value else []


def _origin(request: JobRequest) -> list[_Fact]:
    """Where it came from: the SGE_O_* variables of the job's environment."""
    facts = [("sge_o_home", request.home), ("sge_o_log_name", request.owner)]
    facts += _optional("sge_o_path", request.submit_path)
    facts += _optional("sge_o_shell", request.submit_shell)
    facts.append(("sge_o_workdir", request.submit_cwd))
    facts.append(("sge_o_host", request.submit_host.partition(".")[0]))
    return facts


def _middle(cell: Cell, request: JobRequest, *, verifying: bool = False) -> Iterator[_Fact]:
    yield from _optional("checkpoint_object", request.checkpoint or "")
    yield from _optional("checkpoint_attr", request.checkpoint_when and f"{request.checkpoint_when}    ")
    interval = request.checkpoint_interval_s
    yield from _optional("checkpoint_interval", f"{interval} seconds" if interval else "")
    yield from _optional("cwd", request.cwd or "")
    yield from _optional("stderr_path_list", _paths(request.stderr))
    yield from _optional("reserve", "y" if request.reserve else "")
    yield from _optional("merge", "y" if request.merge_output else "")
    for name, requests in (("hard resource_list", request.hard), ("soft resource_list", request.soft)):
        pairs = requested_pairs(cell, requests)
        yield from _optional(name, ",".join(f"{attribute}={value}" for attribute, value in pairs))
    yield from _optional("mail_options", "".join(letter for letter in "abes" if letter in request.mail_on))
    yield "mail_list", ",".join(f"{user}@{host}" if host else user for user, host in mail_list(request))
    yield "notify", "TRUE" if request.notify else "FALSE"
    yield "job_name", request.name
    yield from _optional("stdout_path_list", _paths(request.stdout))
    yield from _optional("stdin_path_list", _paths(request.stdin))
    if request.priority:
        yield "priority", str(request.priority)
    yield "jobshare", str(request.job_share)
    yield from _optional("hard_queue_list", ",".join(request.hard_queues))
    yield from _optional("soft_queue_list", ",".join(request.soft_queues))
    if request.rerun is not None:
        yield "restart", "y" if request.rerun else "n"
    yield from _optional("shell_list", ",".join(_host_path(path) for path in request.shells))
    if verifying:
        yield "verify", "-verify"
    yield "env_list", _variables(request.environment, "" if verifying else "=NONE")


def _script(request: JobRequest, *, verifying: bool = False) -> Iterator[_Fact]:
    yield from _optional("job_args", ",".join(request.args))
    yield from _optional("master hard queue_list", ",".join(request.master_queues))
    if verifying and request.script is not None:
        yield "script_size", str(len(request.script.encode("utf-8", "surrogateescape")))
    yield "script_file", request.script_file
    if verifying and request.script is not None:
        yield "", f"script_ptr:            \n{request.script}\n"
    if request.pe is not None:
        yield "", f"parallel environment:  {request.pe} range: {slot_range(request.pe_slots)}\n"


def _tail(request: JobRequest) -> Iterator[_Fact]:
    yield from _optional("project", request.project or "")
    yield from _optional("ar_id", str(request.advance_reservation or ""))
    tasks = request.tasks
    if tasks is not None:
        yield "job-array tasks", f"{tasks.first}-{tasks.last}:{tasks.step}"
    yield from _optional("maximum concurrency", str(request.max_running_tasks or ""))
    yield from _optional("context", _variables(request.context, "=NONE"))


def _variables(variables: dict[str, str], empty: str) -> str:
    return ",".join(f"{name}={value}" if value else f"{name}{empty}" for name, value in variables.items())


def _paths(paths: list[str]) -> str:
    """``host:NONE:path``, the file staging host always NONE."""
    return ",".join(f"{host or 'NONE'}:NONE:{path}" for host, path in map(_split_host, paths))


def _host_path(text: str) -> str:
    host, path = _split_host(text)
    return f"{host or 'NONE'}:{path}"


def _split_host(text: str) -> tuple[str, str]:
    host, colon, path = text.partition(":")
    return (host, path) if colon else ("", text)


def successors(cell: Cell, job: Job) -> list[int]:
    """The jobs that wait for this one."""
    return [number for number in cell.successors.get(job.id, ()) if number in cell.jobs]


def _job_type(request: JobRequest) -> str:
    kinds = ["binary"] if request.binary else []
    if not request.use_shell:
        kinds.append("noshell")
    if request.immediate:
        kinds.append("immediate")
    return ",".join(kinds) or "NONE"


def _tasks(job: Job, *, bindings: bool) -> str:
    running = [task for task in job.tasks.values() if task.grants]
    usage = "cpu=00:00:00, mem=0.00000 GB s, io=0.00000 GB, vmem=N/A, maxvmem=N/A"
    parts = [f"usage {task.id:9d}:            {usage}\n" for task in running]
    if bindings:
        parts += [f"binding {task.id:7d}:            NONE\n" for task in running]
    for task in job.tasks.values():
        if task.error_reason:
            parts.append(f"error reason {task.id:10d}:      {task.error_reason}\n")
    return "".join(parts)
