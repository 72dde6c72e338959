"""Limits that the execd enforces, and their traces in accounting: sge_execd(8), queue_conf(5)."""

from __future__ import annotations

import sys
from pathlib import Path

from fake_sge.daemon import RunningCell

USE_MEMORY = (
    "import os, time; {first}hold = bytearray({bytes}); hold[::4096] = bytes(len(hold[::4096])); time.sleep(60)"
)


def ended(cell: RunningCell, job: int) -> tuple[str, str]:
    """*failed* and *exit_status* of a job, once it has ended."""
    cell.wait_for(job, "gone")
    (record,) = cell.accounting(job)
    return record["failed"].split()[0], record["exit_status"].split()[0]


def test_h_rt(cell: RunningCell) -> None:
    """At h_rt the job is killed: failed 37, exit status 137."""
    job = cell.submit("-q", "unix.q", "-l", "h_rt=1", "-b", "y", "-shell", "n", "sleep", "60")
    assert ended(cell, job) == ("37", "137")
    assert cell.accounting(job)[0]["ru_wallclock"] in ("1s", "2s")


def test_s_rt_is_a_signal(cell: RunningCell, tmp_path: Path) -> None:
    """At s_rt the job gets SIGUSR1 and goes on."""
    script = f"trap 'echo USR1 > {tmp_path}/seen; exit 4' USR1\nwhile :; do read -t 1 x < /dev/zero; done\n"
    job = cell.submit("-q", "posix.q", "-l", "s_rt=1", script=script)
    assert ended(cell, job) == ("0", "4")
    assert (tmp_path / "seen").read_text() == "USR1\n"


def test_qdel_is_a_signal(cell: RunningCell) -> None:
    """A job that qdel ends: failed 100, exit status 137."""
    job = cell.submit("-q", "unix.q", "-b", "y", "-shell", "n", "sleep", "60")
    cell.wait_for(job, "r")
    assert cell.run(["qdel", str(job)]).stdout == f"user001 has registered the job {job} for deletion\n"
    assert ended(cell, job) == ("100", "137")


def test_notify(cell: RunningCell, tmp_path: Path) -> None:
    """-notify: SIGUSR2 comes the queue's notify time before SIGKILL."""
    script = (
        f"trap 'echo USR2 > {tmp_path}/seen' USR2\necho up > {tmp_path}/up\nwhile :; do read -t 1 x < /dev/zero; done\n"
    )
    job = cell.submit("-notify", "-q", "notify.q", script=script)
    cell.wait_until((tmp_path / "up").exists, "the job to set its trap")
    cell.run(["qdel", str(job)])
    assert ended(cell, job) == ("100", "137")
    assert (tmp_path / "seen").read_text() == "USR2\n"


def test_rmem(cell: RunningCell) -> None:
    """Where the cell enforces rmem, a job whose memory exceeds it is killed: failed 37, exit status 137."""
    program = USE_MEMORY.format(bytes=200 << 20, first="")
    job = cell.submit("-q", "unix.q", "-l", "rmem=100M", "-b", "y", "-shell", "n", sys.executable, "-c", program)
    assert ended(cell, job) == ("37", "137")


def test_rmem_is_per_slot(cell: RunningCell, tmp_path: Path) -> None:
    """What a job may use is rmem for each of its slots."""
    program = f"hold = bytearray({150 << 20}); hold[::4096] = bytes(len(hold[::4096])); import time; time.sleep(1.5)"
    argv = [
        "-q",
        "posix.q",
        "-pe",
        "smp",
        "2",
        "-l",
        "rmem=100M",
        "-b",
        "y",
        "-shell",
        "n",
        sys.executable,
        "-c",
        program,
    ]
    assert ended(cell, cell.submit(*argv)) == ("0", "0")


def test_rmem_counts_who_left_the_session(cell: RunningCell, tmp_path: Path) -> None:
    """A child that went to a session of its own counts too, and goes too."""
    tell = f"import os; open('{tmp_path}/pid', 'w').write(str(os.getpid())); "
    program = tell + USE_MEMORY.format(bytes=200 << 20, first="")
    script = f'setsid {sys.executable} -c "{program}" &\nsleep 60\n'
    job = cell.submit("-q", "unix.q", "-l", "rmem=100M", script=script)
    assert ended(cell, job) == ("37", "137")
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_memory_that_forks_share_counts_once(cell: RunningCell) -> None:
    """Processes that share their pages use them once: four forks of 60 MB stay below 100 MB."""
    program = (
        f"import os, time; hold = bytearray({60 << 20}); hold[::4096] = bytes(len(hold[::4096]));"
        " pids = [os.fork() or (time.sleep(1.5), os._exit(0)) for _ in range(4)]; [os.wait() for _ in pids]"
    )
    job = cell.submit("-q", "unix.q", "-l", "rmem=100M", "-b", "y", "-shell", "n", sys.executable, "-c", program)
    assert ended(cell, job) == ("0", "0")


def test_memory_that_threads_share_counts_once(cell: RunningCell) -> None:
    """Threads have ids as processes have, but only one memory."""
    threads = "import threading; [threading.Thread(target=time.sleep, args=(2,)).start() for _ in range(30)]; "
    program = f"import time; hold = bytearray({60 << 20}); hold[::4096] = bytes(len(hold[::4096])); {threads}"
    job = cell.submit("-q", "unix.q", "-l", "rmem=200M", "-b", "y", "-shell", "n", sys.executable, "-c", program)
    assert ended(cell, job) == ("0", "0")


def test_h_vmem_is_a_resource_limit(cell: RunningCell, tmp_path: Path) -> None:
    """h_vmem times the slots is RLIMIT_AS: allocations fail, the program says so itself."""
    argv = ["-q", "posix.q", "-pe", "smp", "2", "-l", "h_vmem=1G", "-j", "y", "-o", str(tmp_path / "out")]
    cell.wait_for(cell.submit(*argv, script="ulimit -v\n"), "gone")
    assert (tmp_path / "out").read_text() == f"{2 << 20}\n"


def test_usage_is_accounted(cell: RunningCell) -> None:
    """CPU time of the whole tree, wall time and the largest virtual size are in the accounting line."""
    program = "import time; t = time.process_time\nwhile t() < 1.2: pass"
    job = cell.submit("-q", "unix.q", "-b", "y", "-shell", "n", sys.executable, "-c", program)
    cell.wait_for(job, "gone")
    (record,) = cell.accounting(job)
    assert float(record["cpu"].removesuffix("s")) >= 1.2
    assert int(record["ru_wallclock"].removesuffix("s")) >= 1
    assert record["maxvmem"].endswith("MB")


def test_queue_s_own_methods(cell: RunningCell, tmp_path: Path) -> None:
    """starter_method starts the job, terminate_method ends it, priority is its nice value (queue_conf(5))."""
    script = tmp_path / "job.sh"
    script.write_text(
        f"#!/bin/sh\ntrap 'exit 5' USR1\nnice > {tmp_path}/nice.new; mv {tmp_path}/nice.new {tmp_path}/nice\n"
        "while :; do sleep 0.05; done\n"
    )
    script.chmod(0o755)
    job = cell.submit("-q", "methods.q", "-b", "y", str(script))
    cell.wait_until((tmp_path / "nice").exists, "the job to be up")
    assert (tmp_path / "nice").read_text() == "5\n"
    cell.run(["qdel", str(job)])
    assert ended(cell, job) == ("0", "5")


def test_methods_stand_in_for_signals(cell: RunningCell, home: Path) -> None:
    """suspend_method is a command with the job's process id, resume_method another signal (queue_conf(5))."""
    job = cell.submit("-q", "stops.q", "-b", "y", "-shell", "n", "sleep", "60")
    cell.wait_for(job, "r")
    cell.run(["qmod", "-sj", str(job)])
    cell.wait_until((home / "methods").exists, "the method to run")
    word, pid, number = (home / "methods").read_text().split()
    assert (word, number) == ("stop", str(job))
    cell.wait_until(lambda: _process_state(pid) == "T", "the job to stand still")
    cell.run(["qmod", "-usj", str(job)])
    cell.wait_until(lambda: _process_state(pid) == "S", "the job to go on")
    cell.run(["qdel", str(job)])
    assert ended(cell, job)[0] == "100"


def _process_state(pid: str) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def test_limits_are_set_for_the_job(cell: RunningCell, tmp_path: Path) -> None:
    """Recorded: CPU time and virtual memory count for each slot, sizes of files and resident memory don't; a soft limit
    that isn't given is the hard one.
    """
    out = tmp_path / "out"
    limits = "h_cpu=100,h_vmem=1G,h_fsize=1M,h_rss=1G"
    script = "ulimit -S -t; ulimit -S -v; ulimit -S -f; ulimit -S -m; ulimit -H -t"
    job = cell.submit("-q", "posix.q", "-pe", "smp", "4", "-l", limits, "-o", str(out), script=f"{script}\n")
    cell.wait_for(job, "gone")
    assert out.read_text().split() == ["400", "4194304", "1024", "1048576", "400"]
