"""subordinate_list of queue_conf(5): which queues make way for which, on the same host.

Queue-wise (``low.q=5``), a queue instance is suspended while another one has that many slots used (or, without a
number, all of them). Slot-wise (``slots=4(low.q:1:sr)``), as many tasks below a queue instance are suspended as more
than 4 run in the whole tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Subordinate", "Subordinates", "read_subordinates"]

_SLOT_WISE = re.compile(r"slots=(\d+)(?:\((.*)\))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Subordinate:
    """One entry: *threshold* slots used suspend the whole *queue* (0: all); or, slot-wise, the *seq_no* by which it is
    chosen (highest first), and whether its task that runs *longest* goes first.
    """

    queue: str
    threshold: int = 0
    seq_no: int = 0
    longest: bool = False


@dataclass(frozen=True, slots=True)
class Subordinates:
    """What a queue instance has below it; *slots* tasks may run in the whole tree (0: its entries are queue-wise)."""

    slots: int = 0
    entries: tuple[Subordinate, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """The cluster queues."""
        return tuple(entry.queue for entry in self.entries)

    def suspends(self, entry: Subordinate, used: int, slots: int) -> bool:
        """Queue-wise: is the queue to be suspended while *used* of *slots* are in use?"""
        return not self.slots and used >= (entry.threshold or slots)


def read_subordinates(text: str) -> Subordinates:
    """The text of the attribute as it holds on one host. What can't be read is left out: ``qconf`` refuses it."""
    text = text.strip()
    found = _SLOT_WISE.match(text)
    if found is None:
        return Subordinates(0, tuple(_queue_wise(word) for word in _words(text)))
    return Subordinates(int(found[1]), tuple(_slot_wise(word) for word in _words(found[2] or "")))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word and word.upper() != "NONE"]


def _queue_wise(word: str) -> Subordinate:
    queue, _, threshold = word.partition("=")
    return Subordinate(queue, int(threshold) if threshold.isdigit() else 0)


def _slot_wise(word: str) -> Subordinate:
    queue, seq_no, action = [*word.split(":"), "", ""][:3]
    return Subordinate(queue, seq_no=int(seq_no) if seq_no.isdigit() else 0, longest=action == "lr")
