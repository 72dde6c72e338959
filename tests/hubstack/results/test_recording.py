from __future__ import annotations

from hubstack.results import Recorder, Recording


def test_the_recorder_fills_in_what_rows_share():
    """A row says which run, replication, stage and source it comes from."""
    taken = []
    recorder = Recorder("r", 2, "fake", "driver", taken.append)
    span = recorder.span("login", 1.0, 2.0, session="s/0001", user="user001")
    counter = recorder.count("requests", 3, at=2.0)
    assert taken == [span, counter]
    assert (span.run, span.replication, span.stage, span.source, span.status) == ("r", 2, "fake", "driver", "ok")
    assert (counter.replication, counter.value) == (2, 3.0)


def test_rows_are_stored_by_instant(span):
    """The order of a file doesn't depend on who recorded first."""
    recording = Recording(spans=[span("spawn", 5, 6), span("login", 1, 2)], events=[{"at": 2}, {"at": 1}])
    ordered = recording.ordered()
    assert [row.name for row in ordered.spans] == ["login", "spawn"]
    assert [event["at"] for event in ordered.events] == [1, 2]
