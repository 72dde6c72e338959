"""``python -m loadtests PLAN.json OUT/``: carry out a plan, record spans and counters as lines of JSON in OUT."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()  # before anything else is imported that might hold an unpatched socket

import argparse  # noqa: E402
import sys  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from dataclasses import asdict  # noqa: E402
from pathlib import Path  # noqa: E402

from hubstack.results import Counter, Recorder, Span, append_line, read_plan  # noqa: E402
from loadtests.arrivals import drive  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Returns 0 when the plan was carried out, whatever became of the users; 2 if the plan can't be read."""
    parser = argparse.ArgumentParser(prog="python -m loadtests", description=__doc__)
    parser.add_argument("plan", type=Path, help="the plan, as hubstack writes it")
    parser.add_argument("out", type=Path, help="where spans.jsonl and counters.jsonl are written")
    options = parser.parse_args(argv)
    try:
        plan = read_plan(options.plan)
    except (OSError, ValueError, TypeError, LookupError) as trouble:
        print(f"{options.plan}: not a plan: {trouble}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        spans = files.enter_context((options.out / "spans.jsonl").open("w", encoding="utf-8"))
        counters = files.enter_context((options.out / "counters.jsonl").open("w", encoding="utf-8"))

        def take(row: Span | Counter) -> None:
            append_line(spans if isinstance(row, Span) else counters, asdict(row))

        drive(plan, Recorder(plan.run, plan.replication, plan.stage, "driver", take))
    return 0


if __name__ == "__main__":
    sys.exit(main())
