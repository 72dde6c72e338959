"""A reservation in a served cell: it survives the daemon, and its end takes processes and files along."""

from __future__ import annotations

from pathlib import Path

from fake_sge.daemon import RunningCell


def test_a_reservation_outlives_its_daemon_and_ends_its_jobs(tmp_path: Path) -> None:
    """kill -9 and start: it is there, its job runs; at its end the job's process and spool directory are gone."""
    cell = RunningCell(tmp_path, "laptop")
    try:
        granted = cell.run(["qrsub", "-d", "6"], user="root").stdout
        assert granted == "Your advance reservation 1 has been granted\n"
        job = cell.submit("-ar", "1", script=f"#!/bin/sh\necho $$ >{tmp_path}/pid\nexec sleep 100\n")
        cell.wait_for(job, "r")
        said = tmp_path / "pid"
        cell.wait_until(lambda: said.exists() and said.read_text(), "the job to say its pid")
        cell.kill()
        cell.start()
        assert len(cell.run(["qrstat", "-u", "*"]).stdout.splitlines()) == 3
        assert cell.state(job) == "r"
        cell.wait_for(job, "gone")
        pid = said.read_text().strip()
        cell.wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the job's process to end")
        cell.wait_until(lambda: not list(cell.root.glob("**/active_jobs/*")), "the job's files to go")
        assert cell.run(["qrstat", "-u", "*"]).stdout == ""
        assert cell.accounting(job) == []
    finally:
        cell.stop()
