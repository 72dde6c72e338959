"""Serving: what is refused, what users find, who they are, and the mail they get."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell

CELL = {
    "hosts": {"node": {"count": 1, "slots": 8}},
    "queues": [{"name": "all.q", "hosts": ["node"], "load_thresholds": "NONE", "shell_start_mode": "unix_behavior"}],
    "scheduler": {"schedule_interval": "1s", "flush_submit_sec": 1, "flush_finish_sec": 1},
}


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    running = RunningCell(tmp_path_factory.mktemp("serve"), CELL)
    yield running
    running.stop()


def fake_sge(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fake_sge", *words], capture_output=True, text=True, timeout=30, check=False
    )


def test_second_daemon_is_refused(cell: RunningCell) -> None:
    """One daemon a root: the second ends with one line that names the first, and exit code 3."""
    answer = fake_sge("serve", "--root", str(cell.root))
    assert answer.returncode == 3
    assert len(answer.stderr.splitlines()) == 1
    assert "served already" in answer.stderr


def test_bad_cell_file_is_one_line(tmp_path: Path) -> None:
    """A wrong cell file: one line with file and line, exit code 2."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("hosts:\n  node: {count: many}\nqueues: []\n")
    answer = fake_sge("serve", "--root", str(tmp_path / "sge"), "--cell", str(bad))
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert f"{bad}:" in answer.stderr


def test_root_without_a_cell_asks_for_one(tmp_path: Path) -> None:
    """A new root needs --cell: exit code 2."""
    answer = fake_sge("serve", "--root", str(tmp_path / "sge"))
    assert (answer.returncode, len(answer.stderr.splitlines())) == (2, 1)


def test_another_cell_on_the_same_root_is_refused(tmp_path: Path) -> None:
    """What a root holds isn't changed behind its jobs' backs: exit code 2."""
    cell = RunningCell(tmp_path, CELL)
    cell.stop()
    answer = fake_sge("serve", "--root", str(cell.root), "--cell", "laptop")
    assert answer.returncode == 2
    assert "another cell" in answer.stderr


def test_stopping_what_does_not_run(tmp_path: Path) -> None:
    """Stopping where nothing runs says so and is well."""
    answer = fake_sge("stop", "--root", str(tmp_path))
    assert (answer.returncode, answer.stderr) == (0, f"no daemon serves {tmp_path}\n")


def test_help_has_examples() -> None:
    """Each command's help shows how it is typed."""
    for command in ("serve", "stop", "replay"):
        assert "python -m fake_sge" in fake_sge(command, "--help").stdout


def test_settings_file(cell: RunningCell) -> None:
    """settings.sh puts the commands on PATH, as SGE's does."""
    command = f". {cell.common}/settings.sh; command -v qsub; echo $SGE_ROOT"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    assert answer.stdout == f"{cell.root}/bin/lx-amd64/qsub\n{cell.root}\n"


def test_jobs_belong_to_the_claimed_user(cell: RunningCell) -> None:
    """The daemon's own account may speak for users: their jobs, their homes."""
    job = cell.submit("-N", "mine", "-j", "y", user="ann", script="echo $USER $HOME\n")
    cell.wait_for(job, "gone")
    assert cell.accounting(job)[0]["owner"] == "ann"
    assert (cell.homes / "ann" / f"mine.o{job}").read_text() == f"ann {cell.homes}/ann\n"
    assert (cell.homes / "ann").stat().st_mode & 0o777 == 0o700


def test_other_accounts_may_not_connect(cell: RunningCell) -> None:
    """Jobs run as the daemon's account, so nobody else is let in."""
    assert (cell.common / "qmaster.sock").stat().st_mode & 0o777 == 0o600


def test_mail_at_begin_end_and_abort(cell: RunningCell) -> None:
    """-m bea: one letter when the job starts, one when it ends, one when it is aborted, in the user's mailbox."""
    well = cell.submit("-m", "bea", "-M", "ann@site.test", "-N", "well", "-b", "y", "true")
    limited = cell.submit(
        "-m", "a", "-M", "ann@site.test", "-l", "h_rt=1", "-N", "long", "-b", "y", "-shell", "n", "sleep", "60"
    )
    cell.wait_for(well, "gone")
    cell.wait_for(limited, "gone")
    box = cell.root / "default" / "spool" / "mail" / "ann"
    cell.wait_until(lambda: box.read_text().count("Subject:") == 3, "three letters")
    subjects = [line for line in box.read_text().splitlines() if line.startswith("Subject:")]
    assert subjects == [
        f"Subject: Job {well} (well) Started",
        f"Subject: Job {well} (well) Complete",
        f"Subject: Job {limited} (long) Aborted",
    ]
    assert " Exit Status      = 137" in box.read_text()


def test_event_log(cell: RunningCell) -> None:
    """common/events.jsonl tells when a job was submitted, dispatched, started and finished, in this order."""
    job = cell.submit("-b", "y", "true")
    cell.wait_for(job, "gone")
    log = cell.common / "events.jsonl"
    cell.wait_until(lambda: f'"Finished","job":{job},' in log.read_text(), "the last event")
    events = [event for event in map(json.loads, log.read_text().splitlines()) if event.get("job") == job]
    assert [event["event"] for event in events] == ["Submitted", "Dispatched", "Started", "Finished"]
    assert sorted(event["at"] for event in events) == [event["at"] for event in events]


def test_sync_waits_for_the_job(cell: RunningCell) -> None:
    """qsub -sync y returns when the job has ended, with its exit code."""
    answer = cell.run(["qsub", "-sync", "y"], input="exit 3\n")
    assert answer.returncode == 3
    assert "exited with exit code 3" in answer.stdout + answer.stderr


def test_stranger_bytes_end_the_connection(cell: RunningCell) -> None:
    """What isn't a client's frame is hung up on, and the daemon goes on."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(f"/proc/self/fd/{os.open(cell.common, os.O_DIRECTORY)}/qmaster.sock")
    connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    connection.settimeout(10)
    assert connection.recv(1) == b""
    connection.close()
    assert cell.run(["qstat"]).returncode == 0


def test_client_killed_while_waiting(cell: RunningCell) -> None:
    """A client that goes away in the middle of -sync takes nothing with it but its own wait."""
    environment = {**os.environ, **cell.environment, "FAKE_SGE_USER": "user001"}
    words = ["qsub", "-terse", "-sync", "y", "-b", "y", "sleep", "600"]
    client = subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, executable=f"{cell.root}/bin/lx-amd64/qsub"
    )
    assert client.stdout is not None
    job = int(client.stdout.readline())
    client.kill()
    client.communicate()
    cell.run(["qdel", str(job)])
    cell.wait_for(job, "gone")


def test_replay_of_a_journal(cell: RunningCell) -> None:
    """``replay`` runs the journal's inputs through a fresh cell, and the same things happen."""
    job = cell.submit("-b", "y", "true")
    cell.wait_for(job, "gone")
    answer = fake_sge("replay", str(cell.root), "-o", "json")
    replayed = [event["event"] for event in map(json.loads, answer.stdout.splitlines()) if event.get("job") == job]
    assert replayed == ["Submitted", "Dispatched", "Started", "Finished"]
