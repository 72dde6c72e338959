from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fake_sge.cellfile import BadFile, parse_yaml, read_yaml

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8).filter(lambda key: key != "<<"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_values_come_back(value: object) -> None:
    """What a YAML writer wrote is read as it was."""
    assert parse_yaml(yaml.safe_dump(value), "file.yaml").data == value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    """Nothing but `BadFile` comes out, and it names the file."""
    try:
        said = str(parse_yaml(text, "file.yaml").where())
    except BadFile as bad:
        said = str(bad)
    assert said.startswith("file.yaml")
    assert "\n" not in said


def test_values_know_their_lines() -> None:
    """A key's line for mappings, an item's for lists; what isn't there has the line of what is around it."""
    document = parse_yaml("a:\n  b: [1,\n    2]\n  c:\n    - {d: 4}\n", "file.yaml")
    assert document.where("a", "b", 1) == "file.yaml:3"
    assert document.where("a", "c", 0, "d") == "file.yaml:5"
    assert document.where("a", "nosuch") == "file.yaml:1"


def test_words_that_other_readers_guess_stay_texts() -> None:
    """Dates, yes and no, octal and base-60 numbers are what they look like."""
    words = ["4:00:00", "2026-10-05", "yes", "NO", "0o17", "017", "08", "1_000", ".inf", "=", "1e5", "tRUE"]
    assert parse_yaml(f"[{', '.join(words)}]", "file.yaml").data == words


def test_merge_keys_fill_in_what_is_not_given() -> None:
    """``<<`` takes an anchored mapping; what stands beside it wins."""
    data = parse_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n", "file.yaml").data
    assert data["b"] == {"x": 1, "y": 3}
    with pytest.raises(BadFile, match="<< must be followed by a mapping"):
        parse_yaml("{<<: 3}", "file.yaml")


LAUGHS = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text, what",
    [
        (LAUGHS, "expands to more than 50,000 values"),
        ("[" * 60 + "]" * 60, "is nested deeper than 24 levels"),
        ("[" * 5000, "is nested deeper than 24 levels"),
        ("a: *a", "the alias [*]a has no finished anchor before it"),
        ("&a [*a]", "the alias [*]a has no finished anchor before it"),
        ("a: !!python/name:os.system", "the tag .* isn't allowed"),
        ("a: !env HOME", "the tag !env isn't allowed"),
        ("a: 1\na: 2", "the key 'a' is there twice; remove it here or in line 1"),
        ("{[1]: 2}", "a key must be a name"),
        ("a: 1\n---\nb: 2", "holds several documents"),
        ("a: \x00", "is not YAML"),
        ("a: 'b", "is not YAML"),
        ("x" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
    ids=[
        "laughs",
        "deep",
        "open",
        "unknown alias",
        "itself",
        "object",
        "tag",
        "twice",
        "key",
        "documents",
        "nul",
        "quote",
        "large",
    ],
)
def test_what_could_do_harm_is_refused(text: str, what: str) -> None:
    """Bombs, objects and ambiguities end in one line."""
    with pytest.raises(BadFile, match=what):
        parse_yaml(text, "file.yaml")


def test_unreadable_files_are_said_to_be_so(tmp_path: Path) -> None:
    """Missing, a directory, not UTF-8: each has its line."""
    with pytest.raises(BadFile, match=r"nosuch\.yaml: can't be read: No such file or directory; give the path"):
        read_yaml(tmp_path / "nosuch.yaml")
    with pytest.raises(BadFile, match="can't be read: Is a directory"):
        read_yaml(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(BadFile, match=r"latin\.yaml: is not UTF-8 text"):
        read_yaml(tmp_path / "latin.yaml")
