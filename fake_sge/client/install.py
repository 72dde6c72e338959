"""Putting the q-commands where a cell's users have them on their PATH."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from fake_sge.commands import COMMANDS

__all__ = ["install_clients"]

_SHEBANG_BYTES = 126
_PROGRAM = """{first}
import sys
sys.path.insert(0, {directory!r})
sys.argv_python = {python!r}
import qcommand
qcommand.main()
"""
_LONG = "#!/bin/sh\n''':'\nexec '{python}' -IS \"$0\" \"$@\"\n'''"


def install_clients(bin_directory: Path, sudo_directory: Path) -> None:
    """Write the one client program, a link to it for each command, and the ``sudo`` stand-in in a place of its own.

    The interpreter is the one that runs this, without its virtual environment: the client needs nothing of it.
    """
    bin_directory.mkdir(parents=True, exist_ok=True)
    program = bin_directory / "qcommand"
    _write_executable(program, _program())
    for command in COMMANDS:
        link = bin_directory / f".{command}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(program.name)
        link.rename(bin_directory / command)
    sudo_directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("sudo"), sudo_directory / "sudo")
    (sudo_directory / "sudo").chmod(0o755)


def _program() -> str:
    interpreter = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    first = f"#!{interpreter} -IS"
    if len(first) > _SHEBANG_BYTES or " " in interpreter:
        first = _LONG.format(python=interpreter)
    return _PROGRAM.format(first=first, directory=str(Path(__file__).parent), python=sys.executable)


def _write_executable(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text)
    temporary.chmod(0o755)
    temporary.rename(path)
