"""A daemon that is killed under load at any moment, and one that is talked to in nonsense."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from random import Random
from threading import Timer

from hypothesis import settings

from fake_sge.daemon import RunningCell

CELL = {
    "hosts": {"node": {"count": 2, "slots": 8}},
    "queues": [{"name": "all.q", "hosts": ["node"], "load_thresholds": "NONE", "shell_start_mode": "unix_behavior"}],
    "scheduler": {"schedule_interval": "1s", "flush_submit_sec": 1, "flush_finish_sec": 1},
}
KILLS = max(settings().max_examples // 20, 2)


def test_killed_under_load(tmp_path: Path) -> None:
    """kill -9 at moments of chance while jobs come and go: each acknowledged one is accounted once, with its code."""
    rng = Random(KILLS)
    cell = RunningCell(tmp_path, CELL)
    acknowledged: list[int] = []
    try:
        for _ in range(KILLS):
            killer = Timer(rng.uniform(0.2, 1.5), lambda pid=cell.pid: kill(pid))
            killer.start()
            while killer.is_alive():
                answer = cell.run(["qsub", "-terse"], input="exit $((JOB_ID % 5))\n")
                if answer.returncode == 0:
                    acknowledged.append(int(answer.stdout))
            cell.kill()
            cell.start()
        for job in acknowledged:
            cell.wait_for(job, "gone")
            assert [record["exit_status"].split()[0] for record in cell.accounting(job)] == [str(job % 5)], job
        assert len(set(acknowledged)) == len(acknowledged) >= KILLS
    finally:
        cell.stop()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def nonsense(rng: Random) -> bytes:
    """Frames with other lengths than they say, kinds that don't exist, words that are none."""
    sent = b""
    for _ in range(rng.randrange(6)):
        content = rng.randbytes(rng.randrange(40))
        length = rng.choice((len(content), len(content), rng.randrange(1 << 32)))
        sent += rng.choice((b"c", b"a", b"v", b"d", b"h", b"m", b".", b"E", rng.randbytes(1)))
        sent += length.to_bytes(4, "big") + content
    return sent + rng.choice((b"", b".\0\0\0\0", rng.randbytes(3)))


def test_nonsense_on_the_socket(tmp_path: Path) -> None:
    """Whatever is sent, the next command is answered, and the daemon's messages tell of no trouble of its own."""
    cell = RunningCell(tmp_path, CELL)
    try:
        for seed in range(settings().max_examples * 2):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(str(cell.common / "qmaster.sock"))
                try:
                    connection.sendall(nonsense(Random(seed)))
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
                except ConnectionError:
                    pass
        assert cell.run(["qstat"]).returncode == 0
        assert "Traceback" not in (cell.root / "default/spool/qmaster/messages").read_text()
    finally:
        cell.stop()
