"""The commands of a stack: up, down, status, logs, exec, open, disturb."""

from __future__ import annotations

import signal
import webbrowser
from dataclasses import asdict
from typing import Annotated, Any

import typer

from hubstack.cli.commands import add_command
from hubstack.cli.errors import Interrupted
from hubstack.cli.output import Format, Output, print_json, print_line, print_table
from hubstack.cli.progress import StepDisplay

__all__ = ["register"]

Name = Annotated[str, typer.Option("--name", help="the stack's name: several stand side by side")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="override a value of the site by its dotted path"),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    add_command(
        app,
        up,
        "hubstack up",
        "hubstack up --site teaching --name class --port 0",
        "hubstack up --set site.cell.hosts.gpu.count=2 -o json",
    )
    add_command(app, down, "hubstack down", "hubstack down --all")
    add_command(app, status, "hubstack status", "hubstack status -o json")
    add_command(app, logs, "hubstack logs hub -f", "hubstack logs user001 -n 200")
    add_command(
        app,
        exec_,
        "hubstack exec -- qstat -f",
        "hubstack exec --user user001 -- qsub -b y sleep 60",
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )
    add_command(app, open_, "hubstack open")
    add_command(app, disturb, "hubstack disturb reboot hub --for 60s", "hubstack disturb kill qmaster")


def up(
    site: Annotated[str, typer.Option(help="a site's name (laptop, teaching, sharc) or its file")] = "laptop",
    stage: Annotated[str, typer.Option(help="fake: jobs are local processes")] = "fake",
    config: Annotated[
        str | None, typer.Option(metavar="reference|stock|PATH", help="the hub's config; by default what the site says")
    ] = None,
    name: Name = "default",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="the public port on 127.0.0.1; 0 picks a free one")
    ] = 8000,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="for the whole start")] = 120,
    retain: Annotated[bool, typer.Option("--retain", help="keep what there is of a start that fails")] = False,
    settings: Settings = None,
    output: Output = Format.text,
) -> None:
    """Bring a hub up in front of a Grid Engine; returns when it answers through the proxy.

    A stack that runs already is left as it is, one that has lost a component gets it back.
    """
    from hubstack.testbed import Request, Stack, bring_up

    request = Request(site, stage, config, port, _overrides(settings))
    _tidy_up_on_signals()
    already = Stack(name).exists()
    with StepDisplay(quiet=output is Format.json) as display:
        info = bring_up(request, name=name, timeout_s=timeout, retain=retain, progress=display)
    if output is Format.json:
        print_json(info)
        return
    if already:
        record = Stack(name).record()
        print_line(f"The stack {name!r} was there already: site {record.site}, config {record.config}.")
    print_line(f"\n  {info.url}\n\n  user      {info.user}\n  password  {info.password}\n")
    option = "" if name == "default" else f" --name {name}"
    print_line(f"hubstack status{option} shows what goes on; hubstack down{option} ends it.")


def down(
    name: Name = "default",
    every: Annotated[bool, typer.Option("--all", help="every stack of this account")] = False,
    output: Output = Format.text,
) -> None:
    """End a stack with its jobs and remove all that is left of it."""
    from hubstack.testbed import Stack, tear_down

    names = [stack.name for stack in Stack.all()] if every else [name]
    ended = [each for each in names if tear_down(each)]
    if output is Format.json:
        print_json({"ended": ended})
    elif ended:
        print_line(f"Ended {', '.join(ended)}: no process and no file of it is left.")
    else:
        print_line("There is no stack to end." if every else f"There is no stack {name!r}.")


def status(name: Name = "default", output: Output = Format.text) -> None:
    """Show a stack's components, hosts, jobs and sessions."""
    from hubstack.testbed import status_of

    found = status_of(name)
    if output is Format.json:
        print_json(found)
        return
    _print_parts("components", "none", found.components, ["name", "pid", "state"])
    _print_parts("hosts", "unknown", found.hosts, ["name", "state", "processors", "load", "memory"])
    _print_parts("jobs", "none", found.jobs, ["id", "name", "user", "state", "queue", "slots"])
    _print_parts("sessions", "none", found.sessions, ["user", "server", "state", "url", "started"])
    for trouble in found.troubles:
        print_line(f"! {trouble}")


def logs(
    subject: Annotated[
        str, typer.Argument(metavar="[COMPONENT|JOB|USER]", help="hub, proxy, fake_sge; a job's id; a user")
    ] = "hub",
    name: Name = "default",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="go on as the log grows; Ctrl-C ends it")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="how many of the last lines")] = 50,
) -> None:
    """Show what a component, a job or a user's session has written."""
    from hubstack.cli.tail import follow_lines, last_lines
    from hubstack.testbed import Stack, find_log

    path = find_log(Stack.existing(name), subject)
    for line in last_lines(path, lines):
        print_line(line)
    if follow:
        follow_lines(path, print_line)


def exec_(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND [ARGUMENT]...")],
    name: Name = "default",
    user: Annotated[str | None, typer.Option(help="as this user of the stack; by default as you are")] = None,
) -> None:
    """Run a command on the stack's submit host, with the q-programs on PATH. Its exit code is returned."""
    from hubstack.testbed import Stack, run_on_submit_host

    raise typer.Exit(run_on_submit_host(Stack.existing(name), command, user))


def open_(name: Name = "default") -> None:
    """Open the hub in your browser."""
    from hubstack.testbed import Refused, Stack

    url = Stack.existing(name).info().url
    if not webbrowser.open(url):
        raise Refused("there is no browser to open", f"go to {url} yourself")


def disturb(
    kind: Annotated[str, typer.Argument(help="reboot, kill")],
    target: Annotated[str, typer.Argument(help="hub; with kill also proxy, qmaster")],
    for_: Annotated[str, typer.Option("--for", metavar="DURATION", help="how long it stays away: 60s, 4m")] = "0s",
    name: Name = "default",
    output: Output = Format.text,
) -> None:
    """Make something of a running stack go away hard and come back; returns when the hub answers again."""
    from fake_sge.cellfile import parse_duration
    from hubstack.testbed import disturb as carry_out

    try:
        for_s = parse_duration(for_)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from None
    _tidy_up_on_signals()
    outage = carry_out(name, kind, target, for_s)
    if output is Format.json:
        print_json(outage)
    else:
        print_line(f"{kind} {target}: the hub answered again after {outage.end_at - outage.start_at:.1f} s.")


def _print_parts(title: str, empty: str, parts: list[Any], keys: list[str]) -> None:
    rows = [[asdict(part)[key] if asdict(part)[key] is not None else "-" for key in keys] for part in parts]
    print_table(title, keys, rows, empty)


def _overrides(settings: list[str] | None) -> dict[str, str]:
    return dict(_pair(setting) for setting in settings or [])


def _pair(setting: str) -> tuple[str, str]:
    path, sign, value = setting.partition("=")
    if not sign:
        raise typer.BadParameter(f"{setting!r} has no '=': write PATH=VALUE", param_hint="--set")
    return path, value


def _tidy_up_on_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: object) -> None:
    raise Interrupted
