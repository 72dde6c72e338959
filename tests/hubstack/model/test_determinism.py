from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

COMPARED = ("summary.json", "spans.parquet", "counters.parquet", "jobs.parquet", "events.jsonl", "report.html")
RUN = """
import sys
from pathlib import Path
from hubstack.planning import run_scenario
from hubstack.scenario import load_scenario
run_scenario(load_scenario("small_class", {"replications": "2"}), "model", Path(sys.argv[1]))
"""


def digests(out: Path, hash_seed: str) -> dict[str, str]:
    """Runs the shipped scenario in a process of its own; the digest of each file that must not differ."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", RUN, str(out)], check=True, env=environment)
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in COMPARED}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """In other processes and with other hash seeds, too: nothing depends on the order of a set or on the clock."""
    first = digests(tmp_path / "a", "0")
    assert digests(tmp_path / "b", "0") == first
    assert digests(tmp_path / "c", "4711") == first
