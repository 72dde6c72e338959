"""``python -m fake_sge``: serve, advance, stop, import, export and check cells, replay journals."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from fake_sge.execd import Layout

if TYPE_CHECKING:
    from fake_sge.core import CellConfig

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A stand-in for Son of Grid Engine 8.1.9.",
)

Root = Annotated[Path, typer.Option("--root", help="The directory that becomes SGE_ROOT.", file_okay=False)]


@app.command(short_help="Serve a cell until SIGTERM.")
def serve(
    root: Root,
    cell: Annotated[
        str | None, typer.Option(help="A cell file, a directory of qconf output, or a name: laptop, sharc.")
    ] = None,
    homes: Annotated[Path | None, typer.Option(help="Where the users' homes are made; default ROOT/home.")] = None,
    rate: Annotated[
        float, typer.Option(help="How many times faster than the wall clock the cell lives.", min=0.001)
    ] = 1.0,
    real_accounts: Annotated[
        bool, typer.Option("--real-accounts", help="Run jobs as this machine's users; needs root.")
    ] = False,
    kill_jobs_on_exit: Annotated[
        bool, typer.Option("--kill-jobs-on-exit", help="End running jobs with the daemon.")
    ] = False,
    inert: Annotated[
        bool, typer.Option("--inert", help="Start no processes: jobs run until they are deleted.")
    ] = False,
    output: Annotated[str, typer.Option("-o", "--output", help="Say that it is ready as text or json.")] = "text",
) -> None:
    """Serve a cell in the foreground until SIGTERM; jobs go on, and the next daemon takes them up.

    Examples:
      python -m fake_sge serve --cell laptop --root /tmp/sge

      . /tmp/sge/default/common/settings.sh; qsub -b y hostname; qstat
    """
    import os

    from fake_sge.client import install_clients
    from fake_sge.daemon import CannotServe, Settings, serve

    if output not in ("text", "json"):
        raise typer.BadParameter(f"{output!r}: text or json", param_hint="-o")
    if real_accounts and os.getuid() != 0:
        _fail("--real-accounts needs root: without it, all jobs run as the account that serves the cell", 3)
    root = root.absolute()
    if ":" in str(root):
        _fail(f"{root}: a root is on its users' PATH, so it can't have a colon", 2)
    config = None if cell is None else _described(cell)
    layout = Layout(
        root, config.cell if config else _cell_in(root), None if real_accounts else (homes or root / "home").absolute()
    )
    try:
        install_clients(layout.bin, layout.sudo_bin)
        settings = Settings(layout, config, rate, real_accounts, kill_jobs_on_exit, inert)
        serve(settings, lambda ready: _announce(ready, output))
    except CannotServe as error:
        _fail(str(error), error.code)
    except OSError as error:
        _fail(f"{error.filename or root}: {error.strerror}", 3)


@app.command(short_help="Stop the daemon that serves ROOT.")
def stop(
    root: Root,
    kill_jobs: Annotated[
        bool, typer.Option("--kill-jobs", help="End running jobs too, also those of a daemon that died.")
    ] = False,
) -> None:
    """Stop the daemon that serves ROOT.

    Example: python -m fake_sge stop --root /tmp/sge --kill-jobs
    """
    from fake_sge.daemon import CannotServe, stop

    root = root.absolute()
    try:
        running = stop(Layout(root, _cell_in(root)), kill_jobs=kill_jobs)
    except CannotServe as error:
        _fail(str(error), error.code)
    if not running:
        typer.echo(f"no daemon serves {root}", err=True)


@app.command(short_help="Put a served cell's clock forward.")
def advance(
    duration: Annotated[str, typer.Argument(help="How long, as seconds or with a unit: 90, 15m, 8h, 2d.")],
    root: Root,
) -> None:
    """Put a served cell's clock forward: what is due by then happens now, each thing at its own instant.

    Jobs are started and killed on the way, reservations and calendars come and go; a job that runs has run so much
    longer.

    Example: python -m fake_sge advance 8h --root /tmp/sge
    """
    from fake_sge.cellfile.units import parse_duration
    from fake_sge.daemon import CannotAdvance, advance

    root = root.absolute()
    try:
        seconds = parse_duration(duration)
        if math.isinf(seconds):
            _fail("a clock can't be put forward for ever: write a duration like 90s, 15m or 8h", 2)
        advance(Layout(root, _cell_in(root)), seconds)
    except ValueError as error:
        _fail(str(error), 2)
    except CannotAdvance as error:
        _fail(str(error), 3)


@app.command(
    short_help="Play recordings of a real cluster; say what differs.",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def check(context: typer.Context) -> None:
    """Replay recordings of the real thing and say what differs: `python -m fake_sge check DIR`."""
    from fake_sge.check import main

    raise typer.Exit(main(context.args))


@app.command(short_help="Run a journal in virtual time; print what happens.")
def replay(
    journal: Annotated[Path, typer.Argument(help="A root, or a journal file.", exists=True)],
    output: Annotated[str, typer.Option("-o", "--output", help="text or json: one line an event.")] = "text",
) -> None:
    """Run a journal's inputs through a fresh cell, in no time, and print what happens.

    Example: python -m fake_sge replay /tmp/sge
    """
    from fake_sge.daemon import replay

    for event in replay(journal):
        typer.echo(
            json.dumps(event) if output == "json" else " ".join(f"{name}={value}" for name, value in event.items())
        )


@app.command("import-cell", short_help="Make a cell file of what qconf printed.")
def import_cell(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="What qconf printed, a file an object.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The cell file to write; default: standard output.")
    ] = None,
) -> None:
    """Make a cell file from the objects of a live cluster; what it can't say is told on standard error.

    The guide "Your cluster as a cell" has the loop that collects them. export-cell is the way back.

    Example: python -m fake_sge import-cell qconf.d -o ours.yaml
    """
    from fake_sge.cellfile import BadFile, import_cell

    try:
        imported = import_cell(directory)
    except BadFile as error:
        _fail(str(error), 2)
    for note in imported.notes:
        typer.echo(f"note: {note}", err=True)
    if output is None:
        typer.echo(imported.text, nl=False)
    else:
        _write(output, imported.text)


@app.command("export-cell", short_help="Print a cell as qconf would.")
def export_cell(
    cell: Annotated[str, typer.Argument(help="A cell file, a directory of qconf output, or a name: laptop, sharc.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory to fill; made if it isn't there.")],
) -> None:
    """Print a cell as the files that a live cluster's qconf gives, an object a file.

    Example: python -m fake_sge export-cell sharc qconf.d
    """
    from fake_sge.commands import qconf_files

    config = _described(cell)
    if directory.is_dir() and any(directory.iterdir()):
        _fail(f"{directory}: is not empty; give a new directory", 2)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _fail(f"{directory}: {error.strerror}", 3)
    for name, text in qconf_files(config).items():
        _write(directory / name, text)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        _fail(f"{path}: {error.strerror}", 3)


def _described(cell: str) -> CellConfig:
    """Reading cell files takes longer to import than all else: a cell that goes on doesn't need it."""
    from fake_sge.cellfile import BadFile, load_cell

    try:
        return load_cell(cell)
    except BadFile as error:
        _fail(str(error), 2)


def _cell_in(root: Path) -> str:
    """SGE_CELL of what *root* holds."""
    found = [path.parents[1].name for path in root.glob("*/common/act_qmaster")]
    return found[0] if found else "default"


def _announce(ready: dict[str, Any], output: str) -> None:
    if output == "json":
        line = json.dumps(ready)
    else:
        line = f"serving {len(ready['hosts'])} hosts; . {ready['root']}/{ready['cell']}/common/settings.sh"
    print(line, flush=True)


def _fail(text: str, code: int) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    app(prog_name="python -m fake_sge")
