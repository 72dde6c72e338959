from __future__ import annotations

import pytest

from loadtests.pages import error_message, find_form, progress_events, progress_path

PAGE = """
<form action="/search"><input name="q"></form>
<form action="/hub/spawn/user001?_xsrf=a" method="post">
  <input type="hidden" name="_xsrf" value="a&amp;b">
  <select name="project"><option value="default">none</option><option value="gpu" selected>GPU</option></select>
  <select name="queue"><option value="any">any</option><option value="all.q">all.q</option></select>
  <input name="cores" type="number" value="1"><input name="runtime" value="04:00:00" disabled>
  <input type="checkbox" name="off" value="1"><input type="radio" name="on" value="yes" checked>
  <textarea name="note">hello</textarea><input type="submit" name="go" value="Start">
</form>
"""


def test_a_form_sends_what_a_browser_would_send():
    """Chosen options, checked boxes, texts; nothing disabled, unchecked or of a button."""
    form = find_form(PAGE, "_xsrf")
    assert form is not None
    assert form.action == "/hub/spawn/user001?_xsrf=a"
    assert form.fields == {
        "_xsrf": "a&b",
        "project": "gpu",
        "queue": "any",
        "cores": "1",
        "on": "yes",
        "note": "hello",
    }


def test_only_fields_of_the_page_can_be_filled_in():
    """What isn't on the page is an error of the plan, not a hidden parameter."""
    form = find_form(PAGE, "cores")
    assert form is not None
    assert form.filled({"cores": "4"})["cores"] == "4"
    with pytest.raises(KeyError, match="no field 'runtime'"):
        form.filled({"runtime": "99:00:00"})


def test_a_page_without_the_form():
    """None, for the caller to say what it means."""
    assert find_form("<p>nothing</p>", "_xsrf") is None


def test_where_progress_is_told():
    """The pending page's own address, with its escapes undone."""
    page = 'var evtSource = new EventSource("/hub/api/users/u/server/progress?_xsrf\\u003d1\\u0026b=2");'
    assert progress_path(page) == "/hub/api/users/u/server/progress?_xsrf=1&b=2"
    assert progress_path("<html>JupyterLab</html>") is None


def test_the_message_of_a_page():
    """Without its markup."""
    assert error_message('<p class="login_error">\n Invalid <b>username</b></p>') == "Invalid username"
    assert error_message("<p>fine</p>") == ""


def test_events_are_read_between_keep_alives():
    """Empty lines and comments are no events."""
    lines = [b"", b"", b'data: {"progress": 10}', b"", b": still here", b'data: {"ready": true}']
    assert list(progress_events(lines)) == [{"progress": 10}, {"ready": True}]
