"""The commands about scenarios and runs: run, gate, report, diff."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hubstack.cli.commands import add_command
from hubstack.cli.output import Format, Output, print_json, print_line, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubstack.results import Estimate, Gate, SpanDifference, Verdict

__all__ = ["register"]

GATE_FAILED = 1

Gates = Annotated[
    list[str] | None, typer.Option("--gate", help="a bound, such as 'p95(spawn) < 90 s'; may be repeated")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    add_command(
        app,
        run,
        "hubstack run small_class",
        "hubstack run small_class --stage fake",
        "hubstack run scenarios/small_class.yaml --replications 20 --set site.cell.scheduler.flush_submit_sec=0",
    )
    add_command(app, gate, "hubstack gate runs/small_class-model", "hubstack gate RUN --gate 'p95(queue_wait) < 20 s'")
    add_command(app, report, "hubstack report runs/small_class-model", "hubstack report RUN --out page.html")
    add_command(app, diff, "hubstack diff runs/small_class-model runs/small_class-fake")


def run(
    scenario: Annotated[str, typer.Argument(help="a scenario file, or the name of a shipped one")],
    stage: Annotated[str, typer.Option(help="model or fake")] = "model",
    out: Annotated[Path | None, typer.Option(help="where the run is written (default runs/NAME-STAGE-TIME)")] = None,
    replications: Annotated[int | None, typer.Option(help="instead of the scenario's own number")] = None,
    seed: Annotated[int | None, typer.Option(help="instead of the scenario's own")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=VALUE in the scenario, or site.PATH")
    ] = None,
    output: Output = Format.text,
) -> None:
    """Run a scenario, and judge it by its gates. Exit code 1 if one fails."""
    from hubstack.planning import run_scenario
    from hubstack.results import evaluate_gates
    from hubstack.scenario import load_scenario

    overrides = dict(_setting(text) for text in settings or [])
    overrides |= {
        name: str(value) for name, value in (("replications", replications), ("seed", seed)) if value is not None
    }
    loaded = load_scenario(scenario, overrides)
    place = out or Path("runs") / f"{loaded.scenario.name}-{stage}-{time.strftime('%Y%m%dT%H%M%S')}"
    _leave_cleanly()
    began = time.monotonic()
    finished = run_scenario(loaded, stage, place, progress=lambda words: _tell(words, began))
    verdicts = evaluate_gates(_gates(loaded.scenario.gates), finished.measured())
    if output is Format.json:
        print_json({"run": str(place), "summary": finished.summary, "passed": all(v.passed for v in verdicts)})
    else:
        _print_spans(finished.summary["spans"])
        _print_verdicts(verdicts)
        print_line(f"{place}: {place / 'report.html'}")
    _leave(verdicts)


def gate(
    directory: Annotated[Path, typer.Argument(metavar="RUN", help="a run directory")],
    gates: Gates = None,
    output: Output = Format.text,
) -> None:
    """Judge a run by the gates of its scenario, or by others. Exit code 1 if one fails."""
    from hubstack.results import evaluate_gates, read_run

    finished = read_run(directory)
    texts = gates or [verdict["gate"] for verdict in finished.summary["gates"]]
    verdicts = evaluate_gates(_gates(texts), finished.measured())
    if output is Format.json:
        print_json({"passed": all(v.passed for v in verdicts), "gates": [verdict.as_dict() for verdict in verdicts]})
    else:
        _print_verdicts(verdicts)
    _leave(verdicts)


def report(
    directory: Annotated[Path, typer.Argument(metavar="RUN", help="a run directory")],
    out: Annotated[Path | None, typer.Option(help="the page to write (default RUN/report.html)")] = None,
) -> None:
    """Write the page of a run again: verdicts, figures, waterfall, sessions; one file that loads nothing else."""
    from hubstack.results import read_run, render_report

    finished = read_run(directory)
    page = out or directory / "report.html"
    page.write_text(render_report(finished.summary, finished.measured()), encoding="utf-8")
    print_line(str(page))


def diff(
    a: Annotated[Path, typer.Argument(help="a run directory")],
    b: Annotated[Path, typer.Argument(help="another, of whatever stage")],
    output: Output = Format.text,
) -> None:
    """Lay two runs side by side: each span's p50 and p95, and the paired differences of the sessions they share."""
    from hubstack.results import compare, read_run

    comparison = compare(read_run(a), read_run(b))
    if output is Format.json:
        print_json(comparison.as_dict())
        return
    print_line(f"A  {comparison.a}\nB  {comparison.b}\n")
    heading = ["span", "n A", "n B", "p50 A", "p50 B", "p95 A", "p95 B", "B - A", "95 % interval", "pairs"]
    print_table("seconds", heading, [_difference(row) for row in comparison.spans], "no span that both have")
    for name, only in (("A", comparison.only_a), ("B", comparison.only_b)):
        if only:
            print_line(f"only in {name}, left out: {', '.join(only)}")


def _leave_cleanly() -> None:
    """Let a stack that was brought up for the run go down, too, when the run is ended by a signal."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def _setting(text: str) -> tuple[str, str]:
    from fake_sge.cellfile import BadFile

    path, equals, value = text.partition("=")
    if not equals:
        raise BadFile(f"{text!r} isn't PATH=VALUE", "--set", "write it like replications=3")
    return path, value


def _gates(texts: Sequence[str]) -> list[Gate]:
    from fake_sge.cellfile import BadFile
    from hubstack.results import BadGate, Gate

    try:
        return [Gate.parse(text) for text in texts]
    except BadGate as problem:
        raise BadFile(str(problem), "--gate", "") from None


def _leave(verdicts: Sequence[Verdict]) -> None:
    if not all(verdict.passed for verdict in verdicts):
        raise typer.Exit(GATE_FAILED)


def _tell(words: str, began: float) -> None:
    typer.echo(f"{time.monotonic() - began:6.1f} s  {words}", err=True)


def _print_spans(spans: dict[str, dict[str, object]]) -> None:
    rows = [
        [name, row["count"], row.get("ok", 0), *(_figure(row.get(f)) for f in ("p50", "p95", "max"))]
        for name, row in spans.items()
    ]
    print_table("spans, in seconds", ["span", "count", "ok", "p50", "p95", "max"], rows, "none")


def _print_verdicts(verdicts: Sequence[Verdict]) -> None:
    rows = [[v.gate.text, "passed" if v.passed else "FAILED", v.found or v.reason] for v in verdicts]
    print_table("gates", ["gate", "", "found (95 % interval)"], rows, "none")


def _difference(row: SpanDifference) -> list[object]:
    paired = row.difference
    figures = [f"{value:.3f}" for pair in (row.p50, row.p95) for value in pair]
    if paired is None:
        return [row.name, *row.count, *figures, "", "", 0]
    return [row.name, *row.count, *figures, f"{paired.value:+.3f}", _interval(paired), paired.n]


def _figure(estimate: object) -> str:
    return f"{estimate['value']:.3f}" if isinstance(estimate, dict) else ""


def _interval(estimate: Estimate) -> str:
    low, high = ("?" if bound is None else f"{bound:.3g}" for bound in (estimate.low, estimate.high))
    return f"({low} to {high})"
