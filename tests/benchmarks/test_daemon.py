"""What the daemon answers at its socket with 1,000 pending and 1,000 running jobs."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from fake_sge.daemon.frames import FrameReader, frame

USERS, RUNNING, PENDING = 100, 1000, 1000
RATE_PER_S, SECONDS = 200, 10
CELL = {
    "hosts": {"node": {"count": 10, "slots": RUNNING // 10}},
    "queues": [{"name": "all.q", "hosts": ["node"], "load_thresholds": "NONE"}],
    "scheduler": {"schedule_interval": "15s", "flush_submit_sec": 1, "flush_finish_sec": 1},
}


def request(cell, user: str, command: str, *argv: str) -> bytes:
    """What the client would send."""
    known = {"SGE_ROOT": str(cell.root), "SGE_CELL": "default", "FAKE_SGE_USER": user}
    environ = "".join(f"{name}={value}\0" for name, value in known.items())
    head = frame(b"c", command.encode()) + frame(b"d", b"/tmp") + frame(b"v", environ.encode())
    return head + b"".join(frame(b"a", word.encode()) for word in argv) + frame(b".", b"")


async def ask(socket: str, message: bytes) -> tuple[float, bytes]:
    """Seconds from connecting to the exit code, and the standard output."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(message)
    frames, output = FrameReader(), b""
    while received := await reader.read(1 << 18):
        for what, content in frames.feed(received):
            if what == b"o":
                output += content
            elif what == b"f":
                writer.write(frame(b"E", b"2"))
            elif what == b"x":
                writer.close()
                return time.perf_counter() - began, output
    raise ConnectionError("the daemon hung up")


async def fill(cell, socket: str) -> None:
    message = [request(cell, f"user{n:03d}", "qsub", "-terse", "-b", "y", "sleep", "1") for n in range(USERS)]
    for _ in range((RUNNING + PENDING) // USERS):
        await asyncio.gather(*(ask(socket, one) for one in message))


async def steadily(cell, socket: str) -> list[float]:
    """Ask at a fixed rate whatever the answers do, so that a slow answer delays no question."""
    began = time.perf_counter()
    asked = []
    for number in range(RATE_PER_S * SECONDS):
        await asyncio.sleep(max(0.0, began + number / RATE_PER_S - time.perf_counter()))
        user = f"user{number % USERS:03d}"
        asked.append(asyncio.ensure_future(ask(socket, request(cell, user, "qstat", "-xml", "-u", user))))
    return [seconds for seconds, _ in await asyncio.gather(*asked)]


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far: unlike latencies, they don't tell of what else the machine does."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def in_turn(cell, socket: str, *argv: str) -> list[float]:
    return [(await ask(socket, request(cell, "user000", *argv)))[0] for _ in range(200)]


async def measure(cell) -> tuple[bytes, list[float], float, list[float], list[float]]:
    directory = os.open(cell.common, os.O_DIRECTORY)
    socket = f"/proc/self/fd/{directory}/qmaster.sock"
    try:
        await fill(cell, socket)
        _, everybody = await ask(socket, request(cell, "user000", "qstat", "-u", "*"))
        one = await in_turn(cell, socket, "qstat", "-xml", "-u", "user000")
        none = await in_turn(cell, socket, "qstat", "-xml", "-u", "nobody")
        before = cpu_s(cell.pid)
        latencies = await steadily(cell, socket)
        return everybody, latencies, cpu_s(cell.pid) - before, one, none
    finally:
        os.close(directory)


def test_daemon(fake_sge_factory, figures, figure) -> None:
    """One user's jobs, 200 times a second; and what that costs against an answer that is empty."""
    cell = fake_sge_factory(CELL, "--inert")
    everybody, latencies, used_s, one, none = asyncio.run(measure(cell))
    states = [line.split()[4] for line in everybody.decode().splitlines()[2:]]
    assert (sum(state in {"r", "t"} for state in states), states.count("qw")) == (RUNNING, PENDING)
    p99_ms = sorted(latencies)[int(len(latencies) * 0.99)] * 1000
    aim = f"p99 under 50 ms at {RATE_PER_S}/s, on a machine that is free; here {p99_ms:.1f} ms"
    figures.append(figure("qstat -xml -u USER at the socket", latencies, aim=aim))
    figures.append(figure("the daemon's CPU for one of these", [used_s / len(latencies)], aim="5 ms is a whole core"))
    figures.append(figure("one user's 20 of 2,000 jobs", one, "no jobs", none))
