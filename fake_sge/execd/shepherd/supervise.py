"""The shepherd's life: prolog, pe_start, the job under its limits, pe_stop, epilog, and the report."""

from __future__ import annotations

import _signal
import os
import time

from .files import append_trace, format_pairs, read_pairs, stamp, sum_of_lines, write_whole
from .launch import Refusal, enter, job_command, run_command, starter_environment
from .processes import Tree, become_subreaper

__all__ = ["Shepherd", "main"]

_SIGNALS = (
    _signal.SIGCHLD,
    _signal.SIGTERM,
    _signal.SIGUSR1,
    _signal.SIGUSR2,
    _signal.SIGTSTP,
    _signal.SIGCONT,
    _signal.SIGHUP,
)
_AGAIN, _ERROR = 99, 100
_KILLED = 128 + 9
_FAILED_RESCHEDULE, _FAILED_APPLICATION, _FAILED_LIMIT, _FAILED_BY_SIGNAL = 25, 30, 37, 100
_UNTRIED = (12, 14)
"""What follows the job couldn't even be tried: it keeps its exit status."""
_RESEND_S = 90.0
_SAMPLE_S = 1.0
_SAMPLE_WITH_LIMIT_S = 0.25
_RUSAGE = ("ru_minflt", "ru_majflt", "ru_inblock", "ru_oublock", "ru_nvcsw", "ru_nivcsw")


class _Failed(Exception):
    """A stage failed: its code of sge_status(5) and SGE's words."""

    def __init__(self, failed: int, text: str) -> None:
        super().__init__(text)
        self.failed = failed
        self.text = text


class Shepherd:
    """One job from its first process to its last."""

    def __init__(self, config: dict[str, str], environment: dict[str, str], execd: int) -> None:
        self._config = config
        self._environment = environment
        self._execd = execd
        self._tree = Tree()
        self._ended: dict[int, int] = {}
        self._usage = dict.fromkeys(("ru_utime", "ru_stime", "ru_maxrss", *_RUSAGE), 0.0)
        self._timers: dict[str, float] = {}
        self._killed_for = ""
        self._signalled = False
        self._terminating = False
        self._job_pid = 0
        self._started_at = self._ended_at = 0.0
        self._started = 0.0
        self._leapt_s = 0.0

    def run(self) -> None:
        """Run the stages and write the report, whatever happens."""
        status, failed, text = 0, 0, ""
        try:
            self._stage("prolog", 8)
            self._stage("pe_start", 10)
            status = self._job()
            failed, text = self._verdict(status)
            self._stage("pe_stop", 13)
            self._stage("epilog", 15)
        except _Failed as problem:
            failed, text = problem.failed, problem.text
            status = status if failed in _UNTRIED else 0
            self._started_at = 0.0
        except Refusal as problem:
            failed, text = problem.failed, problem.text
            self._started_at = 0.0
        self._end_everything()
        self._report(failed, status, text)

    def _stage(self, name: str, failed: int) -> None:
        command = self._config[name]
        if command.lower() in ("none", "") or (self._killed_for and not self._started):
            return
        if unknown := self._config[f"{name}_unknown"]:
            place = f"{stamp(time.time())} [{os.geteuid()}:{os.getpid()}]: "
            raise _Failed(failed - 1, f'{place}unknown variable "{unknown}"')
        shown = name.replace("_", " ") if name.startswith("pe") else name
        pid = self._fork(["/bin/sh", "-c", "exec " + command], job=False, user=self._config[f"{name}_user"])
        status = self._exit_status(self._wait(pid))
        if self._killed_for:
            return
        if status in (_AGAIN, _ERROR):
            failed = _FAILED_RESCHEDULE if status == _AGAIN else _FAILED_APPLICATION
        if status:
            raise _Failed(
                failed, f"{stamp(time.time())} [{os.geteuid()}:{os.getpid()}]: exit_status of {shown} = {status}"
            )

    def _job(self) -> int:
        self._started_at = time.time()
        self._started = time.monotonic()
        if self._killed_for:
            self._signalled = True
            return _KILLED
        for name in ("s_rt", "h_rt"):
            if self._config[f"{name}_s"]:
                self._timers[name] = self._started + float(self._config[f"{name}_s"])
        self._timers["sample"] = self._started + self._sample_s()
        pid = self._job_pid = self._fork(None, job=True)
        write_whole("job_pid", f"{pid} {time.time()!r}\n")
        self._say_started()
        status = self._wait(pid)
        self._ended_at = time.time()
        self._timers.clear()
        return self._exit_status(status)

    def _say_started(self) -> None:
        """A byte for the execd, if it is still there."""
        try:
            os.write(self._execd, b".")
        except OSError:
            append_trace("the execd is away")

    def _verdict(self, status: int) -> tuple[int, str]:
        place = f"{stamp(time.time())} [{os.geteuid()}:{os.getpid()}]: "
        if self._killed_for in ("h_rt", "rmem") and status > 128:
            code = int(self._config["rmem_failed"]) if self._killed_for == "rmem" else _FAILED_LIMIT
            return code, f"job {self._config['job_id']}.{self._config['task_id']} died through signal KILL (9)"
        if status == _AGAIN and self._config["forbid_reschedule"] == "0" and not self._killed_for:
            return _FAILED_RESCHEDULE, place + f"exit_status of job start = {status}"
        if status == _ERROR and self._config["forbid_apperror"] == "0" and not self._killed_for:
            return _FAILED_APPLICATION, place + f"exit_status of job start = {status}"
        if self._signalled:
            return _FAILED_BY_SIGNAL, f"job died through signal {status - 128}"
        return 0, ""

    def _fork(self, command: list[str] | None, *, job: bool, user: str = "") -> int:
        """Start a stage's process; returns once it has replaced itself, or raises the `Refusal` that it met."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            with open(reading, encoding="utf-8", errors="surrogateescape") as file:
                failed, _, text = file.read().partition(" ")
            if failed:
                self._wait(pid)
                problem = Refusal(int(failed), "")
                problem.text = text
                raise problem
            append_trace(f"forked {'job' if job else 'stage'} with pid {pid}")
            return pid
        self._become(command, writing, job=job, user=user)
        raise AssertionError("unreachable")

    def _become(self, command: list[str] | None, report: int, *, job: bool, user: str) -> None:
        try:
            enter(self._config, job=job, user=user)
            program, arguments = job_command(self._config) if command is None else (command[0], command)
            starter = starter_environment(self._config) if job else {}
            run_command(program, arguments, {**self._environment, **starter})
        except Refusal as problem:
            os.write(report, f"{problem.failed} {problem.text}".encode("utf-8", "surrogateescape"))
        except BaseException as error:  # noqa: BLE001 -- nothing of the parent's may run twice
            os.write(report, f"11 {error!r}".encode("utf-8", "replace"))
        finally:
            os._exit(1)

    def _wait(self, pid: int) -> int:
        """The wait status of *pid*; meanwhile requests are answered and limits enforced."""
        while pid not in self._ended:
            until = min(self._timers.values(), default=time.monotonic() + 60.0)
            info = _signal.sigtimedwait(_SIGNALS, max(0.0, until - time.monotonic()))
            if info is not None:
                self._answer(info.si_signo)
            self._reap()
            for name in [name for name, at in self._timers.items() if at <= time.monotonic()]:
                del self._timers[name]
                getattr(self, f"_on_{name}")()
        return self._ended.pop(pid)

    def _reap(self) -> bool:
        """Collect what has ended; whether any descendant is left."""
        try:
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    return True
                self._ended[pid] = status
                for name in self._usage:
                    value = getattr(usage, name)
                    self._usage[name] = (
                        max(self._usage[name], value) if name == "ru_maxrss" else self._usage[name] + value
                    )
        except ChildProcessError:
            return False

    def _exit_status(self, status: int) -> int:
        code = os.waitstatus_to_exitcode(status)
        self._signalled = code < 0
        return 128 - code if code < 0 else code

    def _answer(self, number: int) -> None:
        """A request of the execd's: TERM ends the job, TSTP and CONT suspend and resume it, the rest is passed on."""
        notify_s = float(self._config["notify_s"])
        if number == _signal.SIGTERM:
            append_trace("asked to end the job")
            if notify_s and not self._killed_for and "kill" not in self._timers:
                self._tree.signal(_signal.SIGUSR2)
                self._timers["kill"] = time.monotonic() + notify_s
            elif self._has_method("terminate_method") and not self._terminating:
                self._terminating = True
                self._use_method("terminate_method", _signal.SIGKILL)
            else:
                self._killed_for = self._killed_for or ("h_rt" if self._past_h_rt() else "request")
                self._on_kill()
        elif number == _signal.SIGTSTP:
            if notify_s:
                self._tree.signal(_signal.SIGUSR1)
            self._timers["stop"] = time.monotonic() + notify_s
        elif number == _signal.SIGCONT:
            self._timers.pop("stop", None)
            self._use_method("resume_method", _signal.SIGCONT)
        elif number in (_signal.SIGUSR1, _signal.SIGUSR2):
            self._tree.signal(number)
        elif number == _signal.SIGHUP:
            self._catch_up()

    def _catch_up(self) -> None:
        """The cell's clock was put forward: what this job waits for comes so much sooner."""
        leapt_s = sum_of_lines("leaps")
        for name in self._timers:
            if name != "sample":
                self._timers[name] -= leapt_s - self._leapt_s
        if self._started:
            self._started -= leapt_s - self._leapt_s
        self._leapt_s = leapt_s

    def _past_h_rt(self) -> bool:
        limit = self._config["h_rt_s"]
        return bool(limit and self._started) and time.monotonic() - self._started >= float(limit)

    def _on_kill(self) -> None:
        self._killed_for = self._killed_for or "request"
        self._tree.kill()
        self._timers["kill"] = time.monotonic() + 0.2

    def _on_stop(self) -> None:
        self._use_method("suspend_method", _signal.SIGSTOP)

    def _has_method(self, name: str) -> bool:
        return self._config[name].lower() != "none"

    def _use_method(self, name: str, number: int) -> None:
        """What the queue does instead of sending *number*: another signal, or a command (queue_conf(5))."""
        method = self._config[name]
        if not self._has_method(name):
            self._tree.signal(number)
        elif method.startswith("SIG"):
            self._tree.signal(getattr(_signal, method))
        else:
            self._fork(["/bin/sh", "-c", "exec " + method.replace("$job_pid", str(self._job_pid))], job=False)

    def _on_h_rt(self) -> None:
        append_trace("exceeded hard wallclock time - initiate terminate method")
        self._killed_for = self._killed_for or "h_rt"
        self._on_kill()

    def _on_s_rt(self) -> None:
        append_trace("exceeded soft wallclock time - initiate soft notify method")
        self._tree.signal(_signal.SIGUSR1)
        self._timers["s_rt"] = time.monotonic() + _RESEND_S

    def _sample_s(self) -> float:
        return _SAMPLE_WITH_LIMIT_S if self._config["rmem_limit"] else _SAMPLE_S

    def _on_sample(self) -> None:
        limit = float(self._config["rmem_limit"] or "inf")
        self._timers["sample"] = time.monotonic() + self._sample_s()
        if self._tree.sample() > limit and (resident := self._tree.proportional()) > limit:
            append_trace(f'exceeds job hard limit "rmem" ({resident:.5f} > limit:{limit:.5f}) - sending SIGKILL')
            self._killed_for = self._killed_for or "rmem"
            self._on_kill()

    def _end_everything(self) -> None:
        """Nothing of the job outlives it: what the script left in the background goes too."""
        while self._reap():
            self._tree.kill()
            _signal.sigtimedwait((_signal.SIGCHLD,), 0.05)

    def _report(self, failed: int, status: int, text: str) -> None:
        started = self._started_at
        cpu_s = self._usage["ru_utime"] + self._usage["ru_stime"]
        usage = {
            "started_at": repr(started) if started else "",
            "ended_at": repr((self._ended_at or time.time()) if started else time.time()),
            "exit_status": str(status),
        }
        if started:
            usage.update({name: repr(value) for name, value in self._usage.items()})
            usage.update(cpu_s=repr(cpu_s), mem_gbs=repr(self._tree.mem_gbs), io_gb=repr(self._tree.io_gb))
            usage.update(maxvmem=repr(self._tree.maxvmem), wallclock_s=repr(time.monotonic() - self._started))
        write_whole("usage", format_pairs(usage))
        if text:
            write_whole("error", text + "\n")
        append_trace(f"exits with {failed}")
        write_whole("exit_status", f"{failed}\n")


def main(directory: str, lock: int, execd: int) -> None:
    """Be the shepherd of the job whose spool directory this is.

    *lock*, an open file, says so for as long as it lives; *execd* is a pipe on which to say that the job runs.
    """
    os.chdir(directory)
    for descriptor in (lock, execd):
        os.set_inheritable(descriptor, False)
    _signal.pthread_sigmask(_signal.SIG_BLOCK, _SIGNALS)
    write_whole("pid", f"{os.getpid()}\n")
    become_subreaper()
    Shepherd(read_pairs("config"), read_pairs("environment"), execd).run()
