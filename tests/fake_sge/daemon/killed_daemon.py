"""Serves a cell and kills itself, hard, at the moment that its first argument names: `MOMENT:COUNT`.

The moments are places in the life of the journal and of the execd; COUNT says at which pass the kill comes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from fake_sge.cellfile import load_cell
from fake_sge.client import install_clients
from fake_sge.daemon import Settings, serve
from fake_sge.execd import Layout, ProcessExecd
from fake_sge.journal import Journal

MOMENT, COUNT = sys.argv[1].split(":")
passes: list[str] = []


def at(moment: str) -> None:
    if moment == MOMENT:
        passes.append(moment)
        if len(passes) == int(COUNT):
            os.kill(os.getpid(), signal.SIGKILL)


class KilledJournal(Journal):
    def append(self, record):
        at(f"before {record.name}")
        super().append(record)
        at(f"after {record.name}")

    def commit(self):
        at("before commit")
        super().commit()
        at("after commit")

    def _write(self, lines):
        if MOMENT == "half written" and len(passes) + 1 == int(COUNT):
            os.write(self._file, lines[: len(lines) // 2])
        at("half written")
        super()._write(lines)
        at("before sync")


class KilledExecd(ProcessExecd):
    def _spawn(self, directory, start_pipe):
        at("before spawn")
        child = super()._spawn(directory, start_pipe)
        at("after spawn")
        return child

    def _report_end(self, order, directory):
        at("before report")
        super()._report_end(order, directory)

    def _forget(self, key):
        at("before forget")
        super()._forget(key)
        at("after forget")


root, homes, _, cell = sys.argv[2:]
layout = Layout(Path(root), homes=Path(homes))
install_clients(layout.bin, layout.sudo_bin)
serve(
    Settings(layout, load_cell(cell)),
    lambda ready: print(json.dumps(ready), flush=True),
    make_journal=KilledJournal,
    make_execd=KilledExecd,
)
