"""Webhooks from a queue: after the answer, tried again where it makes sense, and never again after a 410."""

import asyncio

import pytest

from tests.sandbox.playing import Play


async def sent(play: Play, status: int) -> int:
    """Ask for a date of a queueing Cal.com whose subscriber answers that, and count what it sent."""
    play.receiver.status = status
    await play.control("POST", "settings", {"sending": "queued", "queue_wait": 0.02, "retry_wait": 0.001})
    assert (await play.ask()).status_code == 201
    assert play.receiver.requests == []
    await asyncio.gather(*play.stage.courier.later)
    return len(play.receiver.requests)


@pytest.mark.parametrize(
    ("status", "times"), [(200, 1), (400, 1), (307, 1), (408, 4), (429, 4), (500, 4), (503, 4)]
)
async def test_some_answers_are_tried_again(play: Play, status: int, times: int) -> None:
    """Up to four times, byte for byte the same; any other answer is final."""
    assert await sent(play, status) == times
    assert len({request.content for request in play.receiver.requests}) == 1


async def test_a_subscriber_that_is_gone_is_left_alone(play: Play) -> None:
    """410 switches the subscription off."""
    await sent(play, 410)
    assert play.world.subscriptions[0].active is False
