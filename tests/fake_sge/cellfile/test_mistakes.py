"""Whatever stands anywhere in a cell file, the file is a cell or is refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fake_sge.cellfile import BadFile, override, read_yaml
from fake_sge.cellfile.load import describe_cell

EVERYTHING = Path(__file__).parent / "samples" / "valid-everything.yaml"


def places(data: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """All keys and positions of *data*."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place for key, value in inside for place in ((*path, str(key)), *places(value, (*path, str(key))))]


PLACES = [place for place in places(read_yaml(EVERYTHING).data) if "all.q" not in place]
words = st.sampled_from(
    ["", "all.q", "thin", "@thin", "gpu", "1G", "4h", "INFINITY", "NONE", "true", "$pe_slots", "users {*} to gpu=1"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from(PLACES), values)
def test_any_value_anywhere_is_taken_or_refused(place: tuple[str, ...], value: Any) -> None:
    """Only `BadFile` comes out, in one line that names the place; what is taken can be built."""
    document = read_yaml(EVERYTHING)
    put(document.data, place, value)
    try:
        said = describe_cell(document).build().qmaster
    except BadFile as bad:
        said = str(bad)
        assert said.startswith(str(EVERYTHING))
        assert bad.fix  # noqa: PT017
    assert "\n" not in said


def put(data: Any, place: tuple[str, ...], value: Any) -> None:
    for step in place[:-1]:
        data = data[int(step) if isinstance(data, list) else step]
    data[int(place[-1]) if isinstance(data, list) else place[-1]] = value


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_override_is_taken_or_refused(dotted: str, text: str) -> None:
    """Whatever is typed after ``--set``."""
    document = read_yaml(EVERYTHING)
    try:
        override(document, dotted, text)
        describe_cell(document)
        said = ""
    except BadFile as bad:
        said = str(bad)
    assert "\n" not in said
