"""What a spawn is made of, for one user, with our spawner and with batchspawner's own."""

from __future__ import annotations

import json
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hubstack.testbed import Request, Stack, StackInfo, running_stack

ROUNDS = 7
USER = "user001"
PARTS = ("spawn_requested", "submit", "submitted", "running", "port_reported", "listening", "ready")
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(stack: StackInfo, method: str, path: str) -> Any:
    """One request to the hub's API."""
    request = urllib.request.Request(
        f"{stack.hub_url}api/users/{USER}{path}",
        method=method,
        data=b"{}" if method == "POST" else None,
        headers={"Authorization": f"token {stack.api_token}", "Content-Type": "application/json"},
    )
    return NO_PROXY.open(request, timeout=120)


def spawn(stack: StackInfo) -> float:
    """Start the server, follow its progress, and return the instant of its first answer through the proxy."""
    call(stack, "POST", "/server").close()
    with call(stack, "GET", "/server/progress") as progress:
        for line in progress:
            event = json.loads(line.removeprefix(b"data:")) if line.startswith(b"data:") else {}
            assert not event.get("failed"), event
            if event.get("ready"):
                break
    with NO_PROXY.open(f"{stack.url}user/{USER}/api", timeout=60) as answer:
        assert answer.status == 200
    return time.time()


def stop(stack: StackInfo) -> None:
    """Stop the server and wait until the hub has forgotten it."""
    call(stack, "DELETE", "/server").close()
    until = time.monotonic() + 60
    while servers(stack):
        assert time.monotonic() < until, "the server doesn't stop"
        time.sleep(0.2)


def servers(stack: StackInfo) -> dict[str, Any]:
    """What the hub knows of the user's servers."""
    with call(stack, "GET", "") as answer:
        return json.load(answer)["servers"]


def events(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Stack(name).hub / "spawn_events.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("config", ["reference", "stock"])
def test_spawn(home: Path, figures, figure, config: str) -> None:
    """Each part's time, and what hub and harness add to the server's own start, where its listening is seen."""
    with running_stack(Request(config=config, port=0), name="bench") as stack:
        spawns = []
        for _ in range(1 + ROUNDS):
            before = len(events("bench")) if spawns else 0
            first_answer_at = spawn(stack)
            at = {line["event"]: line["at"] for line in reversed(events("bench")[before:])}
            spawns.append(at | {"first_answer": first_answer_at})
            stop(stack)
    known = [part for part in (*PARTS, "first_answer") if all(part in at for at in spawns)]
    for begin, end in pairwise(known):
        figures.append(figure(f"{config}: {begin} to {end}", [at[end] - at[begin] for at in spawns[1:]]))
    whole = [at["first_answer"] - at["spawn_requested"] for at in spawns[1:]]
    ours = next((other.samples for other in figures if other.what == "reference: spawn"), whole)
    figures.append(figure(f"{config}: spawn", whole, "reference", ours))
    if "listening" in known:
        own = [at["listening"] - at["running"] for at in spawns[1:]]
        added = [all_of_it - its_own for all_of_it, its_own in zip(whole, own, strict=True)]
        figures.append(
            figure(f"{config}: added by hub and harness", added, "the server's own start", own, "under 0.5 s")
        )
    assert min(whole) > 0
