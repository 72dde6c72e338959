"""The reference of states, from the tables by which the cell moves."""

from __future__ import annotations

from fake_sge.core import states
from pages.markdown import code, prose, table


def page() -> str:
    """Return the legal moves of a task and the order of letters."""
    moves = table(
        ("from", "what happens", "to"),
        ((code(state), event, code(after)) for state, row in states.MOVES.items() for event, after in row.items()),
    )
    return (
        f"{prose((states.__doc__ or '').partition(chr(10))[2])}\n\n## Moves of a task\n\n{moves}\n"
        f"## Letters\n\nA task's letters come in the order {code(states.TASK_LETTERS)}, "
        f"a queue instance's in the order {code(states.QUEUE_LETTERS)}.\n"
    )
