"""The execd whose jobs are real processes: a thread that starts shepherds, watches them and reads what they report."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fake_sge.core import Exit
from fake_sge.execd.layout import Layout
from fake_sge.execd.leftovers import end_leftovers
from fake_sge.execd.order import Ended, Order, Report, Started
from fake_sge.execd.spool import prepare, read_exit, read_start, remove, same_run
from fake_sge.execd.survivors import end_task, shepherd_of

__all__ = ["ProcessExecd"]

FAILED_BEFORE_PROLOG, FAILED_NO_EXIT_STATUS = 7, 19
_REQUESTS = {
    "SIGSTOP": signal.SIGTSTP,
    "SIGCONT": signal.SIGCONT,
    "SIGUSR1": signal.SIGUSR1,
    "SIGUSR2": signal.SIGUSR2,
    "SIGKILL": signal.SIGTERM,
}
_RUN = (
    "import sys; sys.path.insert(0, sys.argv[1]); import shepherd; shepherd.main(sys.argv[2], *map(int, sys.argv[3:]))"
)

_Key = tuple[int, int]


@dataclass(slots=True)
class _Running:
    """A task whose shepherd lives. *start_pipe* until the job's program runs; *abandoned*: its end interests nobody;
    *successor* is what to start when it is over.
    """

    order: Order
    directory: Path
    pidfd: int
    child: subprocess.Popen[bytes] | None = None
    start_pipe: int | None = None
    abandoned: bool = False
    successor: Order | None = None


class ProcessExecd:
    """All execution hosts of a cell on this machine. *report* is called from this execd's own thread.

    A shepherd holds a lock on its job's spool directory for as long as it lives, from before it exists: the daemon
    takes the lock and hands it over. So a daemon that was killed at any moment finds out, from the lock and the files
    alone, whether a dispatched task was never started, runs, has ended, or lost its shepherd.
    """

    def __init__(self, layout: Layout, report: Callable[[Report], None]) -> None:
        self._layout = layout
        self._report = report
        self._running: dict[_Key, _Running] = {}
        self._orders: dict[_Key, Order] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._drain)
        self._job_files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self._job_files[1], self._job_files[1]))  # a pidfd for each task
        self._thread = threading.Thread(target=self._loop, name="execd", daemon=True)
        self._thread.start()

    def start(self, order: Order) -> None:
        """Run a task; a `Started` follows when its program runs, and an `Ended` when all is over."""
        self._post(lambda: self._start(order))

    def adopt(self, order: Order) -> None:
        """Take up a task dispatched by an earlier daemon, whatever became of it."""
        self._post(lambda: self._adopt(order))

    def kill(self, job: int, task: int) -> None:
        """End a task and all its processes; after the notice that ``-notify`` asks for."""
        self._post(lambda: self._send((job, task), signal.SIGTERM))

    def signal(self, job: int, task: int, name: str) -> None:
        """Send a signal to all processes of a task. Raises `KeyError` for one that SGE has no use for."""
        number = _REQUESTS[name]
        self._post(lambda: self._send((job, task), number))

    def leap(self, seconds: float) -> None:
        """Tell every shepherd that its job has run *seconds* longer than the machine's clock says."""
        self._post(lambda: self._leap(seconds))

    def forget(self, job: int, task: int) -> None:
        """Remove the files of a task that is off the host; if it still runs, it is ended without a report."""
        self._post(lambda: self._forget((job, task)))

    def clear(self, keep: Iterable[tuple[str, int, int]]) -> None:
        """End and remove whatever other tasks than *keep* (host, job, task) left below the spool directory. Blocks."""
        kept = {self._layout.active_job(*task) for task in keep}
        for directory in self._layout.spool.glob("*/active_jobs/*"):
            if directory not in kept:
                end_task(directory)
                shutil.rmtree(directory, ignore_errors=True)

    def close(self) -> None:
        """Stop watching; the jobs go on."""
        self._post(None)
        self._thread.join()
        self._selector.close()
        for running in self._running.values():
            os.close(running.pidfd)
            if running.start_pipe is not None:
                os.close(running.start_pipe)
            if running.child is not None:
                running.child.returncode = 0  # it is meant to outlive us: no warning, no wait
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def _post(self, action: Callable[[], None] | None) -> None:
        self._inbox.put(action)
        os.write(self._wake_writer, b".")

    def _loop(self) -> None:
        while True:
            for key, _ in self._selector.select():
                key.data()
            while not self._inbox.empty():
                action = self._inbox.get()
                if action is None:
                    return
                action()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_reader, 4096)

    def _start(self, order: Order) -> None:
        key = order.job, order.task
        if key in self._running:  # an earlier run of the task is still being ended
            self._running[key].successor = order
            return
        self._orders[key] = order
        reading, writing = os.pipe()
        try:
            directory = prepare(order, self._layout)
            child = self._spawn(directory, writing)
            resource.prlimit(child.pid, resource.RLIMIT_NOFILE, self._job_files)
        except OSError as error:
            os.close(reading)
            ended = Exit(FAILED_BEFORE_PROLOG, reason=str(error), ended_at=time.time())
            self._report(Ended(*key, ended))
            return
        finally:
            os.close(writing)
        running = _Running(order, directory, os.pidfd_open(child.pid), child, reading)
        self._selector.register(reading, selectors.EVENT_READ, lambda: self._has_started(running))
        self._watch(key, running)

    def _spawn(self, directory: Path, start_pipe: int) -> subprocess.Popen[bytes]:
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Inherited, so that a request that comes before the shepherd is ready waits for it instead of killing it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_REQUESTS.values(), signal.SIGHUP})
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    "-c",
                    _RUN,
                    str(Path(__file__).parent),
                    str(directory),
                    str(lock),
                    str(start_pipe),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"SGE_ROOT": str(self._layout.root), "SGE_JOB_SPOOL_DIR": str(directory), "LC_CTYPE": "C.UTF-8"},
                pass_fds=(lock, start_pipe),
                start_new_session=True,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(lock)

    def _watch(self, key: _Key, running: _Running) -> None:
        self._running[key] = running
        self._selector.register(running.pidfd, selectors.EVENT_READ, lambda: self._has_ended(running))

    def _adopt(self, order: Order) -> None:
        key = order.job, order.task
        directory = self._layout.active_job(order.host, *key)
        if not same_run(order, self._layout):
            end_task(directory)
            self._start(order)
            return
        self._orders[key] = order
        pidfd = shepherd_of(directory)
        if pidfd is not None:
            self._watch(key, _Running(order, directory, pidfd))
            self._report(Started(*key, read_start(directory)))
        elif read_exit(directory) is not None or (directory / "pid").exists():
            self._report(Started(*key, read_start(directory)))
            self._report_end(order, directory)
        else:
            self._start(order)

    def _has_started(self, running: _Running) -> None:
        """The byte, or the end of the pipe when the shepherd ended without a job."""
        if running.start_pipe is None:
            return
        said = os.read(running.start_pipe, 1)
        self._selector.unregister(running.start_pipe)
        os.close(running.start_pipe)
        running.start_pipe = None
        if said and not running.abandoned:
            self._report(Started(running.order.job, running.order.task, read_start(running.directory)))

    def _has_ended(self, running: _Running) -> None:
        self._has_started(running)
        del self._running[running.order.job, running.order.task]
        self._selector.unregister(running.pidfd)
        os.close(running.pidfd)
        if running.child is not None:
            running.child.wait()
        if running.abandoned:
            end_leftovers(running.directory)
            remove(running.order, self._layout)
        else:
            self._report_end(running.order, running.directory)
        if running.successor is not None:
            self._start(running.successor)

    def _report_end(self, order: Order, directory: Path) -> None:
        exit_ = read_exit(directory)
        if exit_ is None:
            end_leftovers(directory)
            reason = f"shepherd of job {order.job}.{order.task} died through signal = 9"
            exit_ = Exit(FAILED_NO_EXIT_STATUS, reason=reason, ended_at=time.time())
        self._report(Ended(order.job, order.task, exit_))

    def _send(self, key: _Key, number: int) -> None:
        running = self._running.get(key)
        if running is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(running.pidfd, number)

    def _leap(self, seconds: float) -> None:
        for key, running in self._running.items():
            with open(running.directory / "leaps", "a", encoding="ascii") as file:
                file.write(f"{seconds!r}\n")
            self._send(key, signal.SIGHUP)

    def _forget(self, key: _Key) -> None:
        order = self._orders.pop(key, None)
        running = self._running.get(key)
        if running is not None:
            running.abandoned = True
            self._send(key, signal.SIGTERM)
        elif order is not None:
            remove(order, self._layout)
        if order is not None and not any(o.job == order.job and o.host == order.host for o in self._orders.values()):
            self._layout.job_script(order.host, order.job).unlink(missing_ok=True)
