"""The client with and without a qmaster; the ``sudo`` stand-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from fake_sge.client import install_clients
from fake_sge.daemon import RunningCell

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
RECORDED = Path(__file__).parent / "recorded"
MASTER = "master.sharc.test"


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    running = RunningCell(tmp_path_factory.mktemp("client"), "laptop")
    yield running
    running.stop()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A root with clients and a cell directory, but no qmaster."""
    install_clients(tmp_path / "bin", tmp_path / "sudo-bin")
    common = tmp_path / "default" / "common"
    common.mkdir(parents=True)
    (common / "act_qmaster").write_text(f"{MASTER}\n")
    return tmp_path


def run(root: Path, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {"PATH": f"{root}/bin:{os.environ['PATH']}", "SGE_ROOT": str(root), **environment}
    return subprocess.run(
        argv, capture_output=True, text=True, env=known, executable=f"{root}/bin/{argv[0]}", check=False
    )


def recorded(name: str) -> tuple[int, str, str]:
    """What 8.1.9 said, with the refusal of a qmaster that isn't there in place of the network's."""
    record = json.loads((RECORDED / f"{name}.json").read_text())
    texts = [
        record[stream]
        .replace("No route to host", "Connection refused")
        .replace("unable to contact qmaster using port 6444", "unable to send message to qmaster using port 6444")
        .replace(f'on host "{MASTER}"\n', f'on host "{MASTER}": got send error\n')
        for stream in ("stdout", "stderr")
    ]
    return record["rc"], texts[0], texts[1]


@pytest.mark.parametrize(
    ("transcript", "argv"),
    [
        ("qm_down_qstat", ["qstat"]),
        ("qm_down_qstat_xml", ["qstat", "-xml"]),
        ("qm_down_qstat_j", ["qstat", "-j", "29"]),
        ("qm_down_qhost", ["qhost"]),
        ("qm_down_qdel", ["qdel", "29"]),
        ("qm_down_qsub", ["qsub", "t/sleep.sh", "1"]),
        ("qm_down_qacct", ["qacct", "-j", "29"]),
    ],
)
def test_qmaster_away(installed: Path, transcript: str, argv: list[str]) -> None:
    """Each command says in its own way, on its own stream, that there is no qmaster."""
    (installed / "default" / "common" / "accounting").touch()
    answer = run(installed, *argv)
    assert (answer.returncode, answer.stdout, answer.stderr) == recorded(transcript)


def test_other_port(cell: RunningCell) -> None:
    """A port where nobody listens: as recorded."""
    answer = cell.run(["qsub", "x"], environment={"SGE_QMASTER_PORT": "9999"})
    assert answer.returncode == 1
    record = json.loads((TRANSCRIPTS / "qsub" / "fail_no_master.json").read_text())
    assert answer.stderr.replace('"master"', f'"{MASTER}"') == record["stderr"]


@pytest.mark.parametrize("transcript", ["qsub/fail_no_cell", "qsub/fail_no_act_qmaster"])
def test_no_cell(installed: Path, transcript: str) -> None:
    """SGE_CELL or SGE_ROOT without a cell directory."""
    record = json.loads((TRANSCRIPTS / f"{transcript}.json").read_text())
    cell = "nocell" if "nocell" in record["cmd"] else "default"
    root = "/tmp/nowhere" if cell == "default" else str(installed)
    answer = run(installed, "qsub", "t/sleep.sh", SGE_ROOT=root, SGE_CELL=cell)
    expected = record["stderr"].replace("/var/lib/gridengine", root).replace('"/tmp/default"', f'"{root}/default"')
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", expected)


def test_no_root(installed: Path) -> None:
    """Without SGE_ROOT the command says which variable is missing."""
    answer = run(installed, "qstat", SGE_ROOT="")
    assert answer.returncode == 1
    assert "Please set the environment variable SGE_ROOT." in answer.stderr


def test_long_paths(tmp_path: Path) -> None:
    """A socket's path may not be longer than 107 bytes; a root's may."""
    deep = tmp_path / ("d" * 80) / ("e" * 80)
    cell = RunningCell(deep, "laptop")
    assert cell.run(["qstat"]).returncode == 0
    cell.stop()


def test_interrupt_says_nothing(cell: RunningCell) -> None:
    """Ctrl-C ends a client that reads its script from the terminal, without a traceback."""
    environment = {**os.environ, **cell.environment, "FAKE_SGE_USER": "user001"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    client = subprocess.Popen(
        ["qsub", "-verify"], env=environment, executable=f"{cell.root}/bin/lx-amd64/qsub", **pipes
    )
    # It sleeps in read(2) on its standard input once it has spoken to the qmaster.
    cell.wait_until(
        lambda: "pipe_read" in Path(f"/proc/{client.pid}/wchan").read_text() or _reads_stdin(client.pid),
        "the client to read",
    )
    client.send_signal(signal.SIGINT)
    stdout, stderr = client.communicate(timeout=10)
    assert (client.returncode, stdout, stderr) == (-signal.SIGINT, b"", b"")


def _reads_stdin(pid: int) -> bool:
    """Whether the process is in read(0, ...), by its system call's number and first argument."""
    return Path(f"/proc/{pid}/syscall").read_text().split()[:2] == ["0", "0x0"]


def test_closed_output(cell: RunningCell) -> None:
    """Nobody reading is no error of the command's: the job is submitted, nothing is complained about."""
    command = 'qsub -terse -b y sleep 0 2>"$0" | true; cat "$0"'
    answer = cell.run(["sh", "-c", command, str(cell.root / "complaints")])
    assert (answer.returncode, answer.stdout) == (0, "")


def test_files_are_read_by_the_client(cell: RunningCell, tmp_path: Path) -> None:
    """A script file is read where qsub is typed, with the rights of who types it."""
    script = tmp_path / "job.sh"
    script.write_text("#!/bin/sh\n#$ -N fromfile\ntrue\n")
    answer = cell.run(["qsub", "job.sh"], cwd=tmp_path)
    assert '("fromfile") has been submitted' in answer.stdout


def test_a_command_runs_in_a_slot_and_its_output_comes_back(cell: RunningCell, tmp_path: Path) -> None:
    """qrsh: standard output, standard error and the exit code; the words are read by a shell once more."""
    answer = cell.run(["qrsh", "-now", "n", "echo", "out;", "echo", "err", ">&2;", "exit", "5"], cwd=tmp_path)
    assert (answer.stdout, answer.stderr, answer.returncode) == ("out\n", "err\n", 5)


def test_nobody_logs_in(cell: RunningCell) -> None:
    """qlogin, and qrsh without a command, would need a terminal."""
    assert cell.run(["qlogin"]).stderr == 'Unsupported: "qlogin" is not supported in this version\n'
    assert cell.run(["qrsh"]).returncode == 1


def test_qacct_without_a_qmaster(tmp_path: Path) -> None:
    """qacct reads the accounting file and needs no qmaster."""
    cell = RunningCell(tmp_path, "laptop")
    job = cell.submit("-b", "y", "true")
    cell.wait_for(job, "gone")
    with_qmaster = cell.run(["qacct", "-j", str(job)])
    cell.stop()
    without = cell.run(["qacct", "-j", str(job)])
    assert with_qmaster.returncode == 0
    assert (without.returncode, without.stdout) == (0, with_qmaster.stdout)


@pytest.mark.parametrize(
    "words",
    [
        ["-n", "-u", "ann", "--"],
        ["-n", "-E", "-u", "ann"],
        ["-nE", "--user=ann"],
        ["-H", "-i", "-uann", "-n"],
        ["--preserve-env=PATH,LANG", "-u", "ann", "EXTRA=1"],
    ],
)
def test_sudo_stand_in(cell: RunningCell, words: list[str]) -> None:
    """The forms in which sudo is called: the command runs with the user's name and home."""
    answer = cell.run(
        ["sudo", *words, "sh", "-c", "echo $USER $LOGNAME $HOME $FAKE_SGE_USER"], user=None, cwd=cell.root
    )
    assert answer.stdout == f"ann ann {cell.homes}/ann ann\n"


@pytest.mark.parametrize("user", ["../root", "", "a b", ".hidden"])
def test_sudo_stand_in_refuses_odd_users(cell: RunningCell, user: str) -> None:
    """A name that could lead out of the homes isn't a user."""
    answer = cell.run(["sudo", "-u", user, "true"], user=None, cwd=cell.root)
    assert answer.returncode != 0
    assert "sudo" in answer.stderr
