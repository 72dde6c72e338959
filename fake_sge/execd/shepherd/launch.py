"""In the child: become the job's user, open its files, and exec by the shell rules of 8.1.9 (queue_conf(5),
shell_start_mode).
"""

from __future__ import annotations

import _signal
import os
import time

from .files import stamp

__all__ = ["Refusal", "enter", "job_command", "run_command", "starter_environment"]

FAILED_OPEN_OUTPUT, FAILED_NO_SHELL, FAILED_NO_CWD, FAILED_BEFORE_JOB = 26, 27, 28, 11
_LIMITS = ("cpu", "vmem", "data", "stack", "core", "fsize", "rss")
_RESOURCES = {
    "cpu": "CPU",
    "vmem": "AS",
    "data": "DATA",
    "stack": "STACK",
    "core": "CORE",
    "fsize": "FSIZE",
    "rss": "RSS",
}


class Refusal(Exception):
    """The job can't be started: SGE's failed code (sge_status(5)) and its words."""

    def __init__(self, failed: int, text: str) -> None:
        super().__init__(text)
        self.failed = failed
        self.text = f"{stamp(time.time())} [{os.geteuid()}:{os.getpid()}]: {text}"


def enter(config: dict[str, str], *, job: bool, user: str = "") -> None:
    """Become the job's user in its directory with its files open and limits set; then, for a procedure that is to run
    as another *user*, that one, where accounts are switched at all. Raises `Refusal`.
    """
    os.setsid()
    os.umask(0o022)
    if job:
        _set_limits(config)
        _set_priority(int(config["priority"]))
    switches = config["switch_user"] == "1"
    if switches:
        os.setgroups([int(gid) for gid in config["groups"].split()])
        os.setresgid(int(config["gid"]), int(config["gid"]), 0)
        os.setresuid(int(config["uid"]), int(config["uid"]), 0)
    try:
        os.chdir(config["cwd"])
    except OSError as error:
        raise Refusal(FAILED_NO_CWD, f"error: can't chdir to {config['cwd']}: {error.strerror}") from None
    _open_files(config)
    if switches:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        _leave_root(config, user)


def _leave_root(config: dict[str, str], user: str) -> None:
    """For good: nothing that runs next can come back to it."""
    if user:
        import pwd

        try:
            account = pwd.getpwnam(user)
        except KeyError:
            raise Refusal(FAILED_BEFORE_JOB, f'can\'t get password entry for user "{user}"') from None
        os.initgroups(account.pw_name, account.pw_gid)
        gid, uid = account.pw_gid, account.pw_uid
    else:
        gid, uid = int(config["gid"]), int(config["uid"])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _open_files(config: dict[str, str]) -> None:
    stdin = _open(config["stdin_path"], os.O_RDONLY, "input")
    stdout = _open(config["stdout_path"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, "output")
    merged = config["merge_stderr"] == "1"
    stderr = stdout if merged else _open(config["stderr_path"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, "output")
    for number, descriptor in enumerate((stdin, stdout, stderr)):
        os.dup2(descriptor, number)


def _open(path: str, flags: int, what: str) -> int:
    try:
        descriptor = os.open(path, flags, 0o644)
    except OSError as error:
        raise Refusal(FAILED_OPEN_OUTPUT, f'error: can\'t open {what} file "{path}": {error.strerror}') from None
    while descriptor < 3:  # never in the way of the three that are about to be made
        descriptor = os.dup(descriptor)
    return descriptor


def _set_limits(config: dict[str, str]) -> None:
    import resource

    for name in _LIMITS:
        soft, hard = (config.get(f"{kind}_{name}_limit", "") for kind in "sh")
        if soft or hard:
            number = getattr(resource, f"RLIMIT_{_RESOURCES[name]}")
            ceiling = resource.getrlimit(number)[1]
            hard_value = _lower(int(float(hard)) if hard else resource.RLIM_INFINITY, ceiling)
            resource.setrlimit(number, (_lower(int(float(soft)) if soft else hard_value, hard_value), hard_value))


def _lower(value: int, ceiling: int) -> int:
    return value if ceiling < 0 else ceiling if value < 0 else min(value, ceiling)


def _set_priority(priority: int) -> None:
    """The queue's nice value; one that takes root's rights is left to root."""
    try:
        os.nice(priority)
    except PermissionError:
        return


def job_command(config: dict[str, str]) -> tuple[str, list[str]]:
    """The program and its argument vector for the job itself."""
    shell, script = config["shell_path"], config["script_file"]
    arguments = [config[f"job_arg{number}"] for number in range(1, int(config["njob_args"]) + 1)]
    name = os.path.basename(shell)
    login = "-" + name if config["use_login_shell"] == "1" else name
    if config["starter_method"].lower() != "none":
        return config["starter_method"], [config["starter_method"], script, *arguments]
    if config["handle_as_binary"] == "1":
        if config["no_shell"] == "1":
            return script, [script, *arguments]
        return shell, [login, "-c", " ".join([script, *arguments])]
    mode = config["shell_start_mode"]
    if mode == "unix_behavior":
        return script, [script, *arguments]
    if mode == "script_from_stdin":
        os.dup2(os.open(script, os.O_RDONLY), 0)
        return shell, [login, "-s", *arguments]
    return shell, [login, script, *arguments]


def starter_environment(config: dict[str, str]) -> dict[str, str]:
    """What a starter_method is told about the shell that it stands in for (queue_conf(5))."""
    if config["starter_method"].lower() == "none":
        return {}
    return {
        "SGE_STARTER_SHELL_PATH": config["shell_path"],
        "SGE_STARTER_SHELL_START_MODE": config["shell_start_mode"],
        "SGE_STARTER_USE_LOGIN_SHELL": "true" if config["use_login_shell"] == "1" else "false",
    }


def run_command(program: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Replace this process. Raises `Refusal` (27) when there is no such program or it can't be executed."""
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, [])
    try:
        _exec_on_path(program, arguments, environment)
    except OSError as error:
        words = "".join(f', "{argument}"' for argument in arguments)
        raise Refusal(FAILED_NO_SHELL, f"execvlp({program}{words}) failed: {error.strerror}") from None


def _exec_on_path(program: str, arguments: list[str], environment: dict[str, str]) -> None:
    """execvp(3): a file without ``#!`` line is given to /bin/sh."""
    try:
        os.execvpe(program, arguments, environment)
    except OSError as error:
        enoexec = 8
        if error.errno != enoexec:
            raise
        os.execve("/bin/sh", ["/bin/sh", program, *arguments[1:]], environment)
