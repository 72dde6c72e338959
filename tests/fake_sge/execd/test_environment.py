"""What a job finds in its environment, against the recorded environments of 8.1.9."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts" / "jobenv"
OF_THE_CONTAINER = {"SGE_ND", "DEBIAN_FRONTEND"}  # what the recorded execd was itself started with, and handed on
TYPED_WITH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


@pytest.fixture(scope="module")
def recorded_cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCell]:
    running = RunningCell(tmp_path_factory.mktemp("recorded"), "recorded")
    yield running
    running.stop()


def pairs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def recorded(name: str) -> dict[str, str]:
    said = json.loads((TRANSCRIPTS / f"{name}.json").read_text())["stdout"]
    part = said.split("---ENV\n")[-1].split("---PE")[0]
    return {key: value for key, value in pairs(part).items() if key not in OF_THE_CONTAINER}


def as_recorded(cell: RunningCell, environment: dict[str, str], number: str) -> dict[str, str]:
    """The same environment with the recorded cluster's directories and job number."""
    job = environment["JOB_ID"]
    places = {
        f"{cell.root}/default/spool": "/var/spool/gridengine/execd",
        f"{cell.root}/tmp/{environment['HOSTNAME'].partition('.')[0]}": "/tmp",
        f"{cell.root}/bin": "/usr/sbin",
        str(cell.root): "/var/lib/gridengine",
        str(cell.homes): "/home",
    }
    changed = {}
    for name, value in environment.items():
        text = functools.reduce(lambda text, place: text.replace(*place), places.items(), value)
        changed[name] = re.sub(rf"(?<=/){job}(?=\.1|$)", number, text)
    return changed | {"JOB_ID": number}


def submit(
    cell: RunningCell, name: str, *argv: str, script: str | None = "env | sort\n", given: tuple[str, ...] = ()
) -> dict[str, str]:
    """The environment of a job submitted from a bare environment, as in the recording."""
    known = {key: cell.environment[key] for key in ("SGE_ROOT", "SGE_CELL")} | TYPED_WITH
    clean = ["env", "-i", *(f"{key}={value}" for key, value in known.items()), *given, "FAKE_SGE_USER=user1"]
    home = cell.homes / "user1"
    (home / "t").mkdir(parents=True, exist_ok=True)
    words = [*clean, f"HOME={home}", f"{cell.root}/bin/lx-amd64/qsub", "-terse", *argv]
    answer = cell.run(words, user=None, input=script, cwd=home)
    assert answer.returncode == 0, answer.stderr
    cell.wait_for(int(answer.stdout), "gone")
    return pairs((home / "t" / name).read_text())


def test_plain_job(recorded_cell: RunningCell) -> None:
    """A script from standard input, on all.q: the same variables with the same values."""
    ours = submit(
        recorded_cell, "env.plain", "-N", "envplain", "-j", "y", "-o", "t/env.plain", "-q", "all.q@node001.sharc.test"
    )
    assert as_recorded(recorded_cell, ours, "3") == recorded("env_plain")


def test_parallel_job(recorded_cell: RunningCell) -> None:
    """-pe smp 4 -v FOO=bar -cwd: PE, PE_HOSTFILE and the rest."""
    limits = ["-l", "h_rt=600,rmem=1G,h_vmem=2G", "-P", "rse", "-q", "all.q@node001.sharc.test"]
    argv = ["-N", "envsmp", "-pe", "smp", "4", "-v", "FOO=bar", "-cwd", "-j", "y", "-o", "t/env.smp", *limits]
    ours = submit(recorded_cell, "env.smp", *argv)
    assert as_recorded(recorded_cell, ours, "4") == recorded("env_smp")


def test_gpu_job(recorded_cell: RunningCell) -> None:
    """-l gpu=1: what 8.1.9 sets, and the granted device, which stock 8.1.9 leaves to the site."""
    ours = submit(recorded_cell, "env.gpu", "-N", "envgpu", "-P", "gpu", "-l", "gpu=1", "-j", "y", "-o", "t/env.gpu")
    assert ours.pop("CUDA_VISIBLE_DEVICES") == "0"
    assert as_recorded(recorded_cell, ours, "6") == recorded("env_gpu")


def test_whole_environment(recorded_cell: RunningCell) -> None:
    """-V -b y: what qsub had goes along; the login shell of a binary job sets PATH anew."""
    given = ("FOO=1",)
    argv = ["-V", "-N", "envV", "-j", "y", "-o", "t/env.V", "-q", "all.q@node001.sharc.test", "-b", "y", "env"]
    ours = as_recorded(recorded_cell, submit(recorded_cell, "env.V", *argv, script=None, given=given), "7")
    theirs = recorded("env_V")
    assert set(ours) == set(theirs)
    different = {name for name in theirs if ours[name] != theirs[name]}
    assert different <= {"PATH"}  # that of this machine's /etc/profile


def test_devices_are_the_host_s_own(cell: RunningCell, tmp_path: Path) -> None:
    """CUDA_VISIBLE_DEVICES names the devices that the job was granted, as the host numbers them."""
    script = "echo $CUDA_VISIBLE_DEVICES\n"
    job = cell.submit("-q", "gpu.q", "-l", "gpu=2", "-j", "y", "-o", str(tmp_path / "out"), script=script)
    cell.wait_for(job, "gone")
    assert (tmp_path / "out").read_text() == "2,5\n"


def test_hostfile_of_a_job_on_several_hosts(cell: RunningCell, tmp_path: Path) -> None:
    """PE_HOSTFILE has a line for each host; NHOSTS and NSLOTS agree with it."""
    script = "cat $PE_HOSTFILE; echo $NHOSTS $NSLOTS $PE\n"
    job = cell.submit("-q", "posix.q", "-pe", "mpi", "3", "-j", "y", "-o", str(tmp_path / "out"), script=script)
    cell.wait_for(job, "gone")
    *lines, summary = (tmp_path / "out").read_text().splitlines()
    assert sorted(lines) == [
        f"node00{n}.site.test {3 - n} posix.q@node00{n}.site.test UNDEFINED" for n in (1, 2)
    ] or sorted(int(line.split()[1]) for line in lines) == [1, 2]
    assert summary == "2 3 mpi"


def test_hostname_is_the_granted_host_s(cell: RunningCell, tmp_path: Path) -> None:
    """``hostname`` names the granted host, also in a login shell."""
    job = cell.submit(
        "-q", "posix.q@node002.site.test", "-j", "y", "-o", str(tmp_path / "out"), script="hostname; hostname -s\n"
    )
    cell.wait_for(job, "gone")
    assert (tmp_path / "out").read_text() == "node002.site.test\nnode002\n"
