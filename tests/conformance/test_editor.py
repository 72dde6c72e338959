"""Editors in recordings: what they do to a text is done without running them."""

from __future__ import annotations

import pytest

from fake_sge.check.editor import editor
from fake_sge.check.shell import OutOfReach

FILES = {
    "/tmp/ed": '#!/bin/sh\nsed -i "s/slots 1/slots 2/" $1\n',
    "/tmp/cp": "#!/bin/sh\ncp /tmp/t $1\n",
    "/tmp/t": "new\n",
}


@pytest.mark.parametrize(
    ("command", "text", "changed"),
    [
        ("true", "slots 1\n", False),
        ("sed -i s/1/3/", "slots 3\n", True),
        ("/tmp/ed", "slots 2\n", True),
        ("/tmp/cp", "new\n", True),
    ],
)
def test_an_edited_text(command: str, text: str, *, changed: bool) -> None:
    """``true`` leaves the file alone; ``sed -i`` and ``cp`` write it; a script does what its lines say."""
    edited = editor(command, FILES.__getitem__)("slots 1\n")
    assert (edited.text, edited.changed) == (text, changed)


def test_other_editors_are_out_of_reach() -> None:
    """Nothing of a recording is run."""
    with pytest.raises(OutOfReach, match="vi"):
        editor("vi", FILES.__getitem__)("text")
