"""The execd whose jobs are real processes: a thread that starts shepherds, watches them and reads what they report."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import select
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
from fake_sge.execd.spool import prepare, read_exit, remove, same_run

__all__ = ["ProcessExecd", "end_task"]

FAILED_BEFORE_PROLOG, FAILED_NO_EXIT_STATUS = 7, 19
_REQUESTS = {
    "SIGSTOP": signal.SIGTSTP,
    "SIGCONT": signal.SIGCONT,
    "SIGUSR1": signal.SIGUSR1,
    "SIGUSR2": signal.SIGUSR2,
    "SIGKILL": signal.SIGTERM,
}
_RUN = "import sys; sys.path.insert(0, sys.argv[1]); import shepherd; shepherd.main(sys.argv[2], int(sys.argv[3]))"


@dataclass(slots=True)
class _Running:
    order: Order
    directory: Path
    pidfd: int
    child: subprocess.Popen[bytes] | None


class ProcessExecd:
    """All execution hosts of a cell on this machine. *report* is called from this execd's own thread.

    A shepherd holds a lock on its job's spool directory for as long as it lives, from before it exists: the daemon takes the
    lock and hands it over. So a daemon that was killed at any moment finds out, from the lock and the files alone, whether a
    dispatched task was never started, runs, has ended, or lost its shepherd.
    """

    def __init__(self, layout: Layout, report: Callable[[Report], None]) -> None:
        self._layout = layout
        self._report = report
        self._running: dict[tuple[int, int], _Running] = {}
        self._orders: dict[tuple[int, int], Order] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._loop, name="execd", daemon=True)
        self._thread.start()

    def start(self, order: Order) -> None:
        """Run a task; a `Started` follows, and an `Ended` when it is over."""
        self._post(lambda: self._start(order))

    def adopt(self, order: Order) -> None:
        """Take up a task dispatched by an earlier daemon, whatever became of it."""
        self._post(lambda: self._adopt(order))

    def kill(self, job: int, task: int) -> None:
        """End a task and all its processes; after the notice that ``-notify`` asks for."""
        self._post(lambda: self._send(job, task, signal.SIGTERM))

    def signal(self, job: int, task: int, name: str) -> None:
        """Send a signal to all processes of a task. Raises `KeyError` for one that SGE has no use for."""
        number = _REQUESTS[name]
        self._post(lambda: self._send(job, task, number))

    def forget(self, job: int, task: int) -> None:
        """Remove the files of a task that has ended."""
        self._post(lambda: self._forget(job, task))

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
                if key.data is not None:
                    self._ended(key.data)
                    continue
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_reader, 4096)
            while not self._inbox.empty():
                action = self._inbox.get()
                if action is None:
                    return
                action()

    def _start(self, order: Order) -> None:
        self._orders[order.job, order.task] = order
        try:
            directory = prepare(order, self._layout)
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                child = self._spawn(directory, lock)
            finally:
                os.close(lock)
        except OSError as error:
            self._report(Ended(order.job, order.task, Exit(FAILED_BEFORE_PROLOG, reason=str(error), ended_at=time.time())))
            return
        self._watch(order, directory, os.pidfd_open(child.pid), child)
        self._report(Started(order.job, order.task))

    def _spawn(self, directory: Path, lock: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _RUN, str(Path(__file__).parent), str(directory), str(lock)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"SGE_ROOT": str(self._layout.root), "SGE_JOB_SPOOL_DIR": str(directory), "LC_CTYPE": "C.UTF-8"},
            pass_fds=(lock,),
            start_new_session=True,
        )

    def _watch(self, order: Order, directory: Path, pidfd: int, child: subprocess.Popen[bytes] | None) -> None:
        self._running[order.job, order.task] = _Running(order, directory, pidfd, child)
        self._selector.register(pidfd, selectors.EVENT_READ, (order.job, order.task))

    def _adopt(self, order: Order) -> None:
        self._orders[order.job, order.task] = order
        directory = self._layout.active_job(order.host, order.job, order.task)
        if not same_run(order, self._layout):
            end_task(directory)
            self._start(order)
        elif (pidfd := _shepherd_of(directory)) is not None:
            self._watch(order, directory, pidfd, None)
            self._report(Started(order.job, order.task))
        elif read_exit(directory) is not None or (directory / "pid").exists():
            self._report(Started(order.job, order.task))
            self._report_end(order, directory)
        else:
            self._start(order)

    def _ended(self, key: tuple[int, int]) -> None:
        running = self._running.pop(key)
        self._selector.unregister(running.pidfd)
        os.close(running.pidfd)
        if running.child is not None:
            running.child.wait()
        self._report_end(running.order, running.directory)

    def _report_end(self, order: Order, directory: Path) -> None:
        exit_ = read_exit(directory)
        if exit_ is None:
            end_leftovers(directory)
            reason = f"shepherd of job {order.job}.{order.task} died through signal = 9"
            exit_ = Exit(FAILED_NO_EXIT_STATUS, reason=reason, ended_at=time.time())
        self._report(Ended(order.job, order.task, exit_))

    def _send(self, job: int, task: int, number: signal.Signals) -> None:
        running = self._running.get((job, task))
        if running is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(running.pidfd, number)

    def _forget(self, job: int, task: int) -> None:
        order = self._orders.pop((job, task), None)
        if order is None or (job, task) in self._running:
            return
        remove(order, self._layout)
        if not any(other[0] == job for other in self._orders):
            self._layout.job_script(order.host, job).unlink(missing_ok=True)


def _locked(directory: Path) -> bool:
    """Whether a shepherd lives for this spool directory."""
    try:
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _shepherd_of(directory: Path, patience_s: float = 30.0) -> int | None:
    """A pidfd of the living shepherd of this spool directory, or None. One just started gets time to say its number."""
    until = time.monotonic() + patience_s
    while _locked(directory) and time.monotonic() < until:
        with contextlib.suppress(OSError, ValueError):
            pidfd = os.pidfd_open(int((directory / "pid").read_text()))
            if _locked(directory):
                return pidfd
            os.close(pidfd)
        time.sleep(0.005)
    return None


def end_task(directory: Path, patience_s: float = 10.0) -> None:
    """End the task of this spool directory without a daemon: its shepherd is asked to, then everything left is killed."""
    pidfd = _shepherd_of(directory)
    if pidfd is not None:
        try:
            until = time.monotonic() + patience_s
            waiting = select.poll()
            waiting.register(pidfd, select.POLLIN)
            while time.monotonic() < until:
                signal.pidfd_send_signal(pidfd, signal.SIGTERM)
                if waiting.poll(500):
                    break
            else:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            os.close(pidfd)
    end_leftovers(directory)
