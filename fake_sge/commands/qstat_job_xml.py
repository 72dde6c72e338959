"""``qstat -j -xml``: detailed_job_info.xsd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fake_sge.commands.reasons import NO_MESSAGES, Kind, kind_of, split
from fake_sge.commands.showjob import mail_list, successors
from fake_sge.commands.views import requested_pairs
from fake_sge.commands.xml import DETAILED_JOB_INFO, HEADER, MESSAGE, element, escape
from fake_sge.core import Cell, Complex, Job, JobRequest, Task, TaskRange
from fake_sge.core.resources import STRING_TYPES, parse_value

__all__ = ["detailed", "message", "unknown"]

_TYPES = {"INT": 1, "STRING": 2, "TIME": 3, "MEMORY": 4, "BOOL": 5, "CSTRING": 6, "HOST": 7, "DOUBLE": 8, "RESTRING": 9}
_CONSUMABLE = {"NO": 0, "YES": 1, "JOB": 2}


def unknown(names: Iterable[str]) -> str:
    """The answer for jobs that don't exist."""
    return (
        f"{HEADER}<unknown_jobs >\n" + "".join(element("ST_name", name, "    ") for name in names) + "</unknown_jobs>\n"
    )


def detailed(cell: Cell, jobs: Iterable[Job], reasons: Mapping[int, list[str]]) -> str:
    """The jobs' attributes, then the scheduler's messages."""
    jobs = list(jobs)
    body = "".join(_job(cell, job) for job in jobs)
    parts = [f'{HEADER}<detailed_job_info  xmlns:xsd="{DETAILED_JOB_INFO}">\n  <djob_info>\n{body}  </djob_info>\n']
    parts.append("  <messages>\n    <element>\n")
    entries, shared = "", list[str]()
    for number, lines in reasons.items():
        shared, own = split(lines)
        entries += "".join(
            _message(kind_of(line).number, line, [number], 8, first=position == 0) for position, line in enumerate(own)
        )
    if entries:
        parts.append(f"      <SME_message_list>\n{entries}      </SME_message_list>\n")
    parts.append(_shared(shared, 6))
    parts.append("    </element>\n  </messages>\n</detailed_job_info>\n")
    return "".join(parts)


def message(reasons: Iterable[tuple[Kind, list[int]]], shared: list[str]) -> str:
    """The reasons of all jobs, one by one, and what is *shared* by all."""
    entries, seen = "", set[int]()
    for kind, numbers in reasons:
        entries += _message(kind.number, kind.summary, numbers, 6, first=not seen.issuperset(numbers))
        seen.update(numbers)
    if entries:
        entries = f"    <SME_message_list>\n{entries}    </SME_message_list>\n"
    elif not shared:
        shared = [NO_MESSAGES.summary]
    body = entries + _shared(shared, 4)
    return f'{HEADER}<message  xmlns:xsd="{MESSAGE}">\n  <element>\n{body}  </element>\n</message>\n'


def _shared(lines: list[str], depth: int) -> str:
    """Messages that are about no job."""
    indent = " " * depth
    body = "".join(
        f"{indent}  <element>\n"
        f"{indent}    <MES_message_number>{NO_MESSAGES.number if line == NO_MESSAGES.summary else kind_of(line).number}"
        f"</MES_message_number>\n{indent}    <MES_message>{escape(line)}</MES_message>\n{indent}  </element>\n"
        for line in lines
    )
    tag = "SME_global_message_list"
    return f"{indent}<{tag}>\n{body}{indent}</{tag}>\n" if body else ""


def _message(number: int, text: str, jobs: list[int], depth: int, *, first: bool) -> str:
    """The first message about a job has it in a ``ulong_sublist``, further ones in an ``element``, as in 8.1.9."""
    tag = "ulong_sublist" if first else "element"
    indent = " " * depth
    ids = "".join(
        f"{indent}    <{tag}>\n{indent}      <ULNG_value>{job}</ULNG_value>\n{indent}    </{tag}>\n" for job in jobs
    )
    return (
        f"{indent}<element>\n{indent}  <MES_job_number_list>\n{ids}{indent}  </MES_job_number_list>\n"
        f"{indent}  <MES_message_number>{number}</MES_message_number>\n"
        f"{indent}  <MES_message>{escape(text)}</MES_message>\n{indent}</element>\n"
    )


def _job(cell: Cell, job: Job) -> str:
    request = job.request
    items = [
        _items(
            ("JB_job_number", job.id),
            ("JB_ar", request.advance_reservation),
            ("JB_exec_file", f"job_scripts/{job.id}"),
            ("JB_submission_time", int(job.submitted_at)),
            ("JB_owner", request.owner),
            ("JB_uid", request.uid),
            ("JB_group", request.group),
            ("JB_gid", request.gid),
            ("JB_account", request.account),
        )
    ]
    items.append(_items(("JB_cwd", request.cwd)) if request.cwd else "")
    items.append(_paths("JB_stderr_path_list", request.stderr))
    items.append(_items(("JB_merge_stderr", _bool(request.merge_output))))
    mail = "".join(
        _group("element", _items(("MR_user", user), ("MR_host", host), depth=10), 8)
        for user, host in mail_list(request)
    )
    items.append(_group("JB_mail_list", mail, 6))
    items.append(_items(("JB_notify", _bool(request.notify)), ("JB_job_name", request.name)))
    items.append(_paths("JB_stdout_path_list", request.stdout))
    items.append(_items(("JB_jobshare", request.job_share)))
    for tag, requests in (("JB_hard_resource_list", request.hard), ("JB_soft_resource_list", request.soft)):
        items.append(_group(tag, "".join(_request(cell, *pair) for pair in requested_pairs(cell, requests)), 6))
    items.append(_names("JB_hard_queue_list", "QR_name", request.hard_queues, "destin_ident_list"))
    items.append(_names("JB_soft_queue_list", "QR_name", request.soft_queues, "destin_ident_list"))
    items.append(_group("JB_shell_list", "".join(_shell(path) for path in request.shells), 6))
    items.append(_environment(request))
    items.append(_names("JB_job_args", "ST_name", request.args, "element"))
    items.append(_items(("JB_script_file", request.script_file)))
    items.append(_group("JB_ja_tasks", "".join(_task(task) for task in job.tasks.values()), 6))
    items.append(_names("JB_jid_successor_list", "JRE_job_number", map(str, successors(cell, job)), "ulong_sublist"))
    items.append(_numbers(job, request))
    return f"    <element>\n{''.join(items)}    </element>\n"


_CHECKPOINTS = {"m": 1, "s": 2, "x": 4, "n": 8, "r": 16}
"""The bits of ``-c``'s occasions."""


def _numbers(job: Job, request: JobRequest) -> str:
    parts = [
        _items(
            ("JB_deadline", int(request.deadline_at or 0)),
            ("JB_execution_time", int(request.execute_at or 0)),
            ("JB_checkpoint_attr", sum(_CHECKPOINTS[letter] for letter in request.checkpoint_when)),
            ("JB_checkpoint_interval", request.checkpoint_interval_s),
            ("JB_reserve", _bool(request.reserve)),
            ("JB_mail_options", _mail_options(request.mail_on)),
            ("JB_priority", 1024 + request.priority),
            ("JB_restart", 0 if request.rerun is None else 1 if request.rerun else 2),
            ("JB_verify", 0),
            ("JB_script_size", 0),
        )
    ]
    if request.pe is not None:
        parts.append(_items(("JB_pe", request.pe)))
        parts.append(_group("JB_pe_range", "".join(_range(span, "ranges") for span in request.pe_slots), 6))
    parts.append(_names("JB_jid_request_list", "JRE_job_name", request.hold_jobs, "element"))
    parts.append(_names("JB_jid_predecessor_list", "JRE_job_number", map(str, job.predecessors), "job_predecessors"))
    parts.append(
        _items(
            ("JB_verify_suitable_queues", {"n": 0, "e": 2, "w": 1, "v": 3, "p": 4}[request.verify]),
            ("JB_soft_wallclock_gmt", 0),
            ("JB_hard_wallclock_gmt", 0),
            ("JB_override_tickets", request.override_tickets),
        )
    )
    if request.project:
        parts.append(_items(("JB_project", request.project)))
    parts.append(_items(("JB_version", job.version)))
    tasks = request.tasks or TaskRange(1, 1)
    parts.append(_group("JB_ja_structure", _range(tasks, "task_id_range"), 6))
    context = "".join(_variable(name, value, "context_list") for name, value in request.context.items())
    parts.append(_group("JB_context", context, 6))
    parts.append(_items(("JB_type", _job_type(request))))
    binding = _items(
        ("BN_strategy", "no_job_binding"),
        ("BN_type", 0),
        ("BN_parameter_n", 0),
        ("BN_parameter_socket_offset", 0),
        ("BN_parameter_core_offset", 0),
        ("BN_parameter_striding_step_size", 0),
        ("BN_parameter_explicit", "no_explicit_binding"),
        depth=10,
    )
    parts.append(_group("JB_binding", _group("element", binding, 8), 6))
    parts.append(_items(("JB_ja_task_concurrency", request.max_running_tasks), ("JB_nurg", _urgency(job))))
    return "".join(parts)


def _urgency(job: Job) -> str:
    """The urgency, normalised."""
    return f"{job.standing.scale.normalised(job.urgency) if job.standing is not None else 0.0:f}"


def _items(*items: tuple[str, object], depth: int = 6) -> str:
    return "".join(element(name, value, " " * depth) for name, value in items)


def _group(tag: str, content: str, depth: int) -> str:
    indent = " " * depth
    return f"{indent}<{tag}>\n{content}{indent}</{tag}>\n" if content else ""


def _names(tag: str, item: str, values: Iterable[str], member: str) -> str:
    return _group(tag, "".join(_group(member, _items((item, value), depth=10), 8) for value in values), 6)


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _mail_options(letters: str) -> int:
    return sum({"a": 1 << 0, "b": 1 << 1, "e": 1 << 2, "s": 1 << 4}.get(letter, 0) for letter in set(letters))


def _job_type(request: JobRequest) -> int:
    """Bits of JB_type: immediate, binary, array, no shell."""
    return (
        0x01 * request.immediate
        | 0x40 * request.binary
        | 0x80 * (request.tasks is not None)
        | 0x100 * (not request.use_shell)
    )


def _range(span: TaskRange, tag: str) -> str:
    return _group(tag, _items(("RN_min", span.first), ("RN_max", span.last), ("RN_step", span.step), depth=10), 8)


def _paths(tag: str, paths: Iterable[str]) -> str:
    content = ""
    for text in paths:
        host, colon, path = text.partition(":")
        content += _group(
            "path_list",
            _items(
                ("PN_path", path if colon else text),
                ("PN_host", host if colon else ""),
                ("PN_file_host", ""),
                ("PN_file_staging", "false"),
                depth=10,
            ),
            8,
        )
    return _group(tag, content, 6)


def _shell(path: str) -> str:
    return _group("shell_list", _items(("PN_path", path), depth=10), 8)


def _variable(name: str, value: str, tag: str = "job_sublist") -> str:
    items = _items(("VA_variable", name), depth=10)
    return _group(tag, items + (_items(("VA_value", value), depth=10) if value else ""), 8)


def _environment(request: JobRequest) -> str:
    """SGE's own variables stand around the job's, in the order in which qsub sets them."""
    prefix = "__SGE_PREFIX__O_"
    before = {"HOME": request.home, "LOGNAME": request.owner, "PATH": request.submit_path}
    if request.submit_shell:
        before["SHELL"] = request.submit_shell
    if request.submit_mail:
        before["MAIL"] = request.submit_mail
    variables = dict(request.environment)
    text = "".join(_variable(prefix + name, value) for name, value in before.items() if value)
    if "TERM" in variables:
        text += _variable("TERM", variables.pop("TERM"))
    text += _variable(prefix + "HOST", request.submit_host.partition(".")[0])
    text += _variable(prefix + "WORKDIR", request.submit_cwd)
    text += "".join(_variable(name, value) for name, value in variables.items())
    return _group("JB_env_list", text, 6)


def _request(cell: Cell, name: str, text: str) -> str:
    complex_ = cell.config.complexes.get(name, Complex(name, name, "STRING"))
    number = 0.0 if complex_.type in STRING_TYPES else parse_value(complex_.type, text)
    items = _items(
        ("CE_name", name),
        ("CE_valtype", _TYPES.get(complex_.type, 2)),
        ("CE_stringval", text),
        ("CE_doubleval", f"{number:f}"),
        ("CE_relop", 0),
        ("CE_consumable", _CONSUMABLE.get(complex_.consumable, 0)),
        ("CE_dominant", 0),
        ("CE_pj_doubleval", "0.000000"),
        ("CE_pj_dominant", 0),
        ("CE_requestable", 0),
        ("CE_tagged", 0),
        depth=10,
    )
    return _group("qstat_l_requests", items, 8)


_STATUS = {"qw": 0, "t": 64, "r": 128}


def _task(task: Task) -> str:
    items = _items(("JAT_status", _STATUS.get(task.state, 0)), ("JAT_task_number", task.id), depth=10)
    if task.started_at is not None or task.dispatched_at is not None:
        at = task.dispatched_at if task.dispatched_at is not None else task.started_at
        items += _items(("JAT_start_time", int(at or 0)), depth=10)
    if task.error_reason:
        reason = _items(("QIM_message", task.error_reason), depth=14)
        items += _group("JAT_message_list", _group("ulong_sublist", reason, 12), 10)
    items += _items(("JAT_ntix", "0.500000"), depth=10)
    return _group("ulong_sublist", items, 8)
