"""One qstat for everybody, and no conclusion from a bad answer."""

import asyncio
import logging
import time

import pytest

from hubstack.hub.qcommands import NoAnswer
from hubstack.hub.queue_poller import QueuePoller

EMPTY = b"<job_info><queue_info/><job_info/></job_info>"
THERE = (
    b"<job_info><queue_info><job_list><JB_job_number>7</JB_job_number><JB_owner>u</JB_owner><state>r</state>"
    b"<queue_name>q@h</queue_name></job_list></queue_info><job_info/></job_info>"
)


class Answers:
    """Gives one answer after the other; counts the questions."""

    def __init__(self, *answers, takes_s=0.0):
        self.answers, self.asked, self.takes_s = list(answers), 0, takes_s

    async def __call__(self):
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def poller(*answers, takes_s=0.0):
    """A poller of these answers."""
    ask = Answers(*answers, takes_s=takes_s)
    return QueuePoller(ask, logging.getLogger("test")), ask


async def test_all_who_look_at_once_share_one_question():
    """A hundred servers that start: one qstat."""
    queue, ask = poller(EMPTY, takes_s=0.01)
    now = time.monotonic()
    snapshots = await asyncio.gather(*(queue.look(now) for _ in range(100)))
    assert ask.asked == 1
    assert len({id(snapshot) for snapshot in snapshots}) == 1


async def test_an_old_snapshot_serves_who_is_content_with_it():
    """A look at something younger than that asks again; else nothing is asked."""
    queue, ask = poller(EMPTY)
    first = await queue.look(time.monotonic())
    assert await queue.look(first.asked_at) is first
    assert (await queue.look(time.monotonic())).asked_at > first.asked_at
    assert ask.asked == 2


async def test_a_snapshot_begun_before_a_submission_does_not_count():
    """A question under way when a job is submitted may miss it: another is asked."""
    queue, ask = poller(EMPTY, takes_s=0.05)
    early = asyncio.ensure_future(queue.look(time.monotonic()))
    await asyncio.sleep(0.01)
    submitted_at = time.monotonic()
    late = await queue.look(submitted_at)
    assert late.asked_at >= submitted_at > (await early).asked_at
    assert ask.asked == 2


async def test_a_slow_cell_is_asked_less_often():
    """qstat runs for half of the time at most."""
    queue, ask = poller(EMPTY, takes_s=0.1)
    begun_at = time.monotonic()
    for _ in range(4):
        await queue.look(time.monotonic())
    assert time.monotonic() - begun_at > 0.1 * 7 * 0.9
    assert ask.asked == 4


@pytest.mark.parametrize("bad", [NoAnswer("down"), b"", b"<job_info/>"])
async def test_a_bad_answer_is_no_snapshot(bad):
    """It is raised as unknown, and the next good one counts again."""
    queue, _ = poller(bad, EMPTY)
    with pytest.raises(NoAnswer):
        await queue.look(time.monotonic())
    assert queue.last is None
    assert (await queue.look(time.monotonic())).jobs == {}


async def test_gone_takes_two_good_looks_in_a_row():
    """Absent once isn't gone; absent twice is."""
    queue, _ = poller(EMPTY, THERE)
    assert not await queue.is_gone("7", "u", time.monotonic(), confirm_s=0.01)
    queue, ask = poller(EMPTY, EMPTY)
    assert await queue.is_gone("7", "u", time.monotonic(), confirm_s=0.01)
    assert ask.asked == 2


@pytest.mark.parametrize("answers", [(EMPTY, b""), (EMPTY, NoAnswer("down")), (b"", EMPTY)])
async def test_gone_is_not_concluded_from_a_bad_look(answers):
    """One bad answer of the two: unknown."""
    queue, _ = poller(*answers)
    with pytest.raises(NoAnswer):
        await queue.is_gone("7", "u", time.monotonic(), confirm_s=0.01)


async def test_another_users_job_of_that_id_is_not_the_job():
    """Ids come round again."""
    queue, _ = poller(THERE)
    assert await queue.is_gone("7", "somebody", time.monotonic(), confirm_s=0.01)
