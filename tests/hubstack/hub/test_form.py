from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubstack.hub.form import options_form
from hubstack.hub.options import FIELDS, BadOption, validate
from hubstack.site import load_site

TEACHING = load_site("teaching")


class Form(HTMLParser):
    """What a browser makes of the form: fields by name with their attributes, options of selects, labels, texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, dict[str, str | None]] = {}
        self.options: dict[str, list[str]] = {}
        self.chosen: dict[str, str] = {}
        self.labels: list[str | None] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self._said: list[str] = []
        self._select = ""
        self.feed(html)
        self.text = " ".join(self._said)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag in {"input", "select"}:
            self.fields[str(given["name"])] = given
            self._select = str(given["name"])
        if tag == "option":
            self.options.setdefault(self._select, []).append(str(given["value"]))
            if "selected" in given:
                self.chosen[self._select] = str(given["value"])
        if tag == "label":
            self.labels.append(given.get("for"))

    def handle_data(self, data: str) -> None:
        self._said += data.split()

    def sent(self) -> dict[str, list[str]]:
        """What a browser sends when nothing is touched."""
        values = {name: [str(field.get("value", ""))] for name, field in self.fields.items() if "disabled" not in field}
        return values | {name: [value] for name, value in self.chosen.items()}


def form(user: str = "user001", site: Any = TEACHING, **more: Any) -> Form:
    return Form(options_form(site, user, **more))


def test_the_form_has_the_eight_fields_each_with_label_and_help() -> None:
    """Every field has a label for it and a text that describes it; ids are there once."""
    shown = form()
    assert sorted(shown.fields) == sorted(FIELDS)
    assert sorted(filter(None, shown.labels)) == sorted(str(field["id"]) for field in shown.fields.values())
    assert len(shown.ids) == len(set(shown.ids))
    for field in shown.fields.values():
        assert field["aria-describedby"] in shown.ids


def test_choices_and_limits_are_those_of_the_user() -> None:
    """Who may not use GPUs sees neither their project nor their queue, and can't enter any."""
    mine, other = form(), form("user009")
    assert mine.options == {
        "project": ["default", "gpu"],
        "queue": ["any", "all.q", "interactive.q", "gpu.q"],
        "pe": ["none", "smp", "mpi"],
    }
    assert (mine.fields["gpus"]["max"], mine.fields["cores"]["max"], mine.fields["memory"]["max"]) == ("2", "40", "64")
    assert other.options["project"] == ["default"]
    assert "gpu.q" not in other.options["queue"]
    assert "disabled" in other.fields["gpus"]


def test_the_runtime_is_shown_and_fixed() -> None:
    """A disabled field is never sent."""
    shown = form()
    assert shown.fields["runtime"]["value"] == "04:00:00"
    assert "disabled" in shown.fields["runtime"]


@pytest.mark.parametrize("name", ["laptop", "teaching", "sharc"])
def test_what_an_untouched_form_sends_is_accepted(name: str) -> None:
    """The suggested request is one that can run, for every user."""
    site = load_site(name)
    for user in (*site.user_names()[:3], site.user_names()[-1]):
        assert validate(form(user, site).sent(), site, user).cores == 1


def test_what_was_typed_is_kept_beside_what_was_wrong_with_it() -> None:
    """The field is marked for eyes and screen readers, the message stands below it, other values stay."""
    sent = {"project": ["gpu"], "cores": ["4"], "pe": ["none"], "memory": ["8"], "email": ["me@example.org"]}
    with pytest.raises(BadOption) as refused:
        validate(sent, TEACHING, "user001")
    shown = form(values=sent, error=refused.value)
    assert shown.chosen == {"project": "gpu", "queue": "any", "pe": "none"}
    assert [shown.fields[name]["value"] for name in ("cores", "memory", "email")] == ["4", "8", "me@example.org"]
    assert shown.fields["pe"]["aria-invalid"] == "true"
    assert "is-invalid" in str(shown.fields["pe"]["class"])
    assert "is-invalid" not in str(shown.fields["cores"]["class"])
    assert "More than one core needs a parallel environment: choose smp" in shown.text


def test_an_error_of_no_field_stands_above_all() -> None:
    """It has the role of an alert."""
    shown = options_form(TEACHING, "user001", error=BadOption("", "Something <b>else</b>"))
    assert '<div class="alert alert-danger mb-0" role="alert">Something &lt;b&gt;else&lt;/b&gt;</div>' in shown


def test_options_of_rest_are_shown_too() -> None:
    """Typed values, as they are stored with a server."""
    options = validate({"project": "gpu", "cores": 2, "pe": "smp", "gpus": 1}, TEACHING, "user001")
    shown = form(values=options.user_options())
    assert shown.chosen["pe"] == "smp"
    assert (shown.fields["cores"]["value"], shown.fields["gpus"]["value"]) == ("2", "1")


def test_help_says_how_the_cell_counts() -> None:
    """GPUs and memory for each core or once a session, as the complexes say."""
    assert "2 cores with 1 GPU each take 2 GPUs" in form().text
    changes = {
        "cell.complexes.gpu.consumable": "job",
        "cell.complexes.rmem.consumable": "job",
        "cell.enforce_rmem": "false",
    }
    once = form(site=load_site("teaching", changes)).text
    assert "0 to 2, for the whole session, whatever its cores." in once
    assert "Memory (GB) 1 to 64. For the whole session, whatever its cores." in once
    assert "One that uses more is ended." in form().text
    assert "One that uses more is ended." not in once


@given(st.fixed_dictionaries({}, optional={field: st.text() | st.lists(st.text(), max_size=2) for field in FIELDS}))
def test_nothing_typed_becomes_markup(values: dict[str, Any]) -> None:
    """Whatever comes in, the form has the same elements."""
    assert form(values=values).tags == form().tags


@pytest.mark.parametrize(
    "payload", ['"><script>alert(1)</script>', "' onfocus=alert(1) '", "{{7*7}}", "</select><b>", "&lt;"]
)
def test_payloads_are_shown_as_they_were_typed(payload: str) -> None:
    """Escaped, neither evaluated nor lost."""
    shown = form(values={"email": [payload]}, error=BadOption("email", payload))
    assert shown.fields["email"]["value"] == payload
    assert shown.tags.count("script") == 1
    assert payload in shown.text
