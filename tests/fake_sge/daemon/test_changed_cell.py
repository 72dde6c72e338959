"""What qconf has changed holds for jobs at once, and outlives the daemon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fake_sge.cellfile import cell_document
from fake_sge.daemon import RunningCell

QUOTA = "{\n name r1\n enabled TRUE\n limit users {*} to slots=1\n}\n"


def test_a_quota_that_was_added_holds_after_a_crash(
    fake_sge_factory: Callable[..., RunningCell], tmp_path: Path
) -> None:
    """-Arqs, kill -9, the next daemon: the set is there, and bounds what runs."""
    file = tmp_path / "quota"
    file.write_text(QUOTA)
    cell = fake_sge_factory({**cell_document("laptop").data, "admin_hosts": ["hub"], "managers": ["root", "user001"]})
    assert cell.run(["qconf", "-Arqs", str(file)]).returncode == 0
    cell.kill()
    cell.start()
    assert cell.run(["qconf", "-srqsl"]).stdout == "r1\n"
    first, second = (int(cell.run(["qsub", "-terse", "-b", "y", "sleep", "60"]).stdout) for _ in range(2))
    cell.wait_for(first, "r")
    assert "slots=1/1" in cell.run(["qquota"]).stdout
    assert " qw " in cell.run(["qstat"]).stdout
    assert first < second
