"""Why jobs wait: the scheduler's messages, their numbers and what a summary makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["DROPPED", "NO_MESSAGES", "Kind", "is_global", "kind_of", "split"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message: its *number* in 8.1.9, a *part* of its text, and its *summary* for all jobs together."""

    number: int
    part: str
    summary: str


NO_MESSAGES = Kind(90, "no messages available", "There are no messages available")

_KINDS = (
    Kind(0, "cannot run at host", "Jobs can not run because no host can satisfy the resource requirements"),
    Kind(
        2,
        ") does not have the correct project",
        "Jobs can not run because queue does not provides the job's assigned project",
    ),
    Kind(1, "has no permission for", "No queue instance with suitable access permissions could be found"),
    Kind(4, "excluded project list", "Jobs can not run because excluded project list of queue does not allow it"),
    Kind(
        6,
        "in its hard queue list",
        "Jobs can not run because queue instance is not contained in its hard queue list",
    ),
    Kind(7, "not of parallel type", "Jobs can not run because queue instance is not a parallel queue"),
    Kind(8, "is not in PE list", "Jobs can not run because queue instance is not in queue list of PE"),
    Kind(9, "not of type checkpointing", "Jobs can not run because queue instance is not of type checkpointing"),
    Kind(
        10,
        "is not in ckpt list",
        "Jobs can not run because queue instance is not in queue list of ckpt interface definition",
    ),
    Kind(11, "not of type interactive", "Jobs can not run because queue instance is not interactive"),
    Kind(12, "not of type batch", "Jobs can not run because queue instance is not of type batch or transfer"),
    Kind(13, "the job is not parallel", "Jobs can not run in queue instance because the job is not parallel"),
    Kind(22, "globally 'forced'", "Jobs can not run globally because they do not request 'forced' resource"),
    Kind(14, "'forced' resource", "Jobs can not run because they do not request 'forced' resource"),
    Kind(15, "into load alarm state", "Jobs would set queue in load alarm state"),
    Kind(16, 'it has "0" slots', "Jobs can not run because queue has 0 slots"),
    Kind(
        18,
        "not available for parallel job",
        "Jobs can not run because resources requested are not available for parallel job",
    ),
    Kind(19, "total slots of PE", "Jobs can not run because total slots of PE are not in range of job"),
    Kind(
        20,
        "cannot run globally",
        "Jobs can not run globally because the resource requirements can not be satisfied",
    ),
    Kind(
        24,
        "because it only offers",
        "Jobs can not run because available slots combined under PE are not in range of job",
    ),
    Kind(25, "no access to PE", "Jobs can not run because they have no access to PE"),
    Kind(26, "is in suspend alarm", "Jobs can not run because queue instances are in alarm state"),
    Kind(27, "because it is overloaded", "Jobs can not run because queue instances are overloaded"),
    Kind(28, "All queues dropped", "Jobs can not run because all queue instances are overloaded or full"),
    Kind(34, "user limitations", "Job dropped because of user limitations"),
    Kind(37, "because it is full", "Queue instances dropped because they are full"),
    Kind(38, "because it is suspended", "Queue instances dropped because they are suspended"),
    Kind(39, "because it is disabled", "Queue instances dropped because they are disabled"),
    Kind(40, "temporarily not available", "Queue instances dropped because they are temporarily not available"),
    Kind(41, "more slots than available", "Parallel jobs dropped because of insufficient slots"),
    Kind(42, "allocation rule", "PE dropped because allocation rule is not suitable"),
    Kind(43, "no matching PE", "Parallel job dropped because no matching PE found"),
    Kind(44, "until clean up", "Jobs can not run because host cleanup has not finished"),
    Kind(47, "sec. is too long", "Jobs cannot run because a calendar will disable a queue soon"),
    Kind(48, "exceeds limit in rule", "Jobs cannot run because they exceed limit(s) in resource quota sets"),
    Kind(49, "invalid dynamical limit", "Jobs dropped because of invalid dynamical limit"),
    Kind(50, "exceeds limit", "Jobs dropped because of exceeding limit in rule"),
    Kind(
        51,
        "was not reserved",
        "Jobs can not run because queue instance was not reserved by advance reservation",
    ),
    Kind(
        53,
        "advance reservation",
        "Jobs can not run because requested advance reservation is in error state",
    ),
    Kind(
        17,
        "cannot run in queue",
        "Jobs can not run because the resource requirements can not be satisfied",
    ),
)
_NO_PROJECT = Kind(3, "(no project)", "Jobs are not assigned to a project to get a queue instance")

DROPPED = (
    Kind(32, "Job is in error state", "Jobs dropped because of error state"),
    Kind(33, "Job is in hold state", "Jobs dropped because of hold state"),
    Kind(31, "execution time not reached", "Jobs can not run because execution time not reached"),
    Kind(35, "job dropped because of job dependencies", "Job dropped because of job dependencies"),
    Kind(45, "max_aj_instances", "Not all array tasks may be started due to 'max_aj_instances'"),
)
"""What the scheduler doesn't even try, in the order in which it drops it."""

_ORDER = (*DROPPED, _NO_PROJECT, *_KINDS)


def kind_of(message: str) -> Kind:
    """What *message* is about; one that isn't known is its own summary."""
    return next((kind for kind in _ORDER if kind.part in message), Kind(0, message, message))


def is_global(message: str) -> bool:
    """Is it about queues, whatever the job?"""
    return kind_of(message).number in (26, 27, 28, 37, 38, 39, 40)


def split(messages: Iterable[str]) -> tuple[list[str], list[str]]:
    """The messages about queues, and those about the job."""
    every = list(messages)
    return [text for text in every if is_global(text)], [text for text in every if not is_global(text)]
