from __future__ import annotations

from datetime import datetime

import pytest
from pydantic import ValidationError

from hubstack.scenario import TARGETS, Disturbance, occurrences


def disturbance(**keys):
    """A disturbance as it would be read from a file."""
    return Disturbance.model_validate(keys)


def test_every_kind_has_targets():
    """The table of targets covers the schema's kinds exactly."""
    assert set(TARGETS) == set(Disturbance.model_fields["kind"].annotation.__args__)


@pytest.mark.parametrize("keys", [{"kind": "reboot", "target": "hub"}, {"kind": "drain", "target": "host cpu"}])
def test_a_target_that_the_kind_can_have(keys):
    """``hub`` and other components stand alone; ``host`` is followed by a name."""
    assert disturbance(at="10s", **keys).for_s == 0.0


@pytest.mark.parametrize(
    "keys, says",
    [
        ({"kind": "reboot", "target": "proxy", "at": "1s"}, "its targets are hub, host NAME"),
        ({"kind": "drain", "target": "host", "at": "1s"}, "its targets are host NAME"),
        ({"kind": "reboot", "target": "hub"}, "either `at` or `rule`"),
        ({"kind": "reboot", "target": "hub", "at": "1s", "rule": "daily 03:00"}, "either `at` or `rule`"),
        ({"kind": "explode", "target": "hub", "at": "1s"}, "'reboot'"),
        ({"kind": "reboot", "target": "hub", "at": "soon"}, "is not an instant"),
    ],
)
def test_what_no_stage_could_do_is_refused(keys, says):
    """Kind, target and time are checked when the file is read."""
    with pytest.raises(ValidationError, match=says):
        disturbance(**keys)


def test_occurrences_are_instants_inside_the_horizon_in_order():
    """A rule gives as many as the horizon holds; what lies outside doesn't happen."""
    start = datetime(2026, 10, 5)  # noqa: DTZ001
    rule = disturbance(kind="reboot", target="hub", rule="daily 03:26", **{"for": "4m"})
    once = disturbance(kind="kill", target="proxy", at="5h")
    never = disturbance(kind="kill", target="proxy", at="80h")
    found = occurrences([never, once, rule], start, 48 * 3600, "Europe/London")
    assert [(one.kind, one.at_s / 3600, one.for_s) for one in found] == [
        ("reboot", pytest.approx(3 + 26 / 60), 240.0),
        ("kill", 5.0, 0.0),
        ("reboot", pytest.approx(27 + 26 / 60), 240.0),
    ]
