"""Moods: late, lost, doubled, cut off, wrong, or never; with the effect or without it."""

import asyncio
import time
from typing import Any

import pytest

from gateway.http import httpx
from gateway.sandbox.world import Status
from tests.sandbox.playing import Play


async def statuses(play: Play) -> list[Any]:
    """Tell what the calls of confirm were answered, as the sandbox remembers it."""
    return [call["status"] for call in (await play.control("GET", "calls?route=confirm"))["calls"]]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("after", [True, False])
async def test_an_error_comes_with_or_without_the_effect(play: Play, status: int, after: bool) -> None:
    """Afterwards the state tells, and so do the subscribers."""
    uid = await play.booked()
    await play.mood(route="confirm", mood="status", status=status, after_effect=after)
    with play.heard() as heard:
        assert (await play.act(uid, "confirm")).status_code == status
    assert heard == (["BOOKING_CREATED"] if after else [])
    assert play.booking(uid).status is (Status.ACCEPTED if after else Status.PENDING)


@pytest.mark.parametrize("mood", ["drop", "hang"])
@pytest.mark.parametrize("after", [True, False])
async def test_no_answer_comes_with_or_without_the_effect(play: Play, mood: str, after: bool) -> None:
    """The connection ends without a word; a call that hangs is given up after a while."""
    uid = await play.booked()
    await play.mood(route="confirm", mood=mood, after_effect=after)
    with pytest.raises(httpx.RemoteProtocolError):
        await play.act(uid, "confirm")
    assert play.booking(uid).status is (Status.ACCEPTED if after else Status.PENDING)
    assert await statuses(play) == [None]


async def test_clearing_the_moods_ends_what_hangs(play: Play) -> None:
    """Without an answer and without the effect."""
    play.stage.moods.cap = 60.0
    uid = await play.booked()
    await play.mood(route="confirm", mood="hang", n=None)
    call = asyncio.ensure_future(play.act(uid, "confirm"))
    await asyncio.sleep(0.02)
    assert (await play.control("GET", "calls?route=confirm"))["calls"][0]["ended"] is None
    await play.control("DELETE", "moods")
    with pytest.raises(httpx.RemoteProtocolError):
        await call
    assert play.booking(uid).status is Status.PENDING
    assert (await play.act(uid, "confirm")).status_code == 200


@pytest.mark.parametrize("after", [True, False])
async def test_a_slow_call_takes_its_time(play: Play, after: bool) -> None:
    """Before the effect or after it."""
    uid = await play.booked()
    await play.mood(route="confirm", mood="slow", seconds=0.1, after_effect=after)
    began = time.perf_counter()
    call = asyncio.ensure_future(play.act(uid, "confirm"))
    await asyncio.sleep(0.05)
    assert play.booking(uid).status is (Status.ACCEPTED if after else Status.PENDING)
    assert (await call).status_code == 200
    assert time.perf_counter() - began >= 0.1


@pytest.mark.parametrize("after", [True, False])
async def test_an_answer_can_be_no_json(play: Play, after: bool) -> None:
    """A page, or the first half of the truth."""
    uid = await play.booked()
    for mood in ("html", "garbage"):
        await play.mood(route="get", mood=mood, after_effect=after)
        answer = await play.call("GET", f"/v2/bookings/{uid}")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match="line 1"):
            answer.json()


async def test_a_mood_strikes_so_often_and_only_there(play: Play) -> None:
    """Twice on lists, and other routes never."""
    await play.mood(route="list", mood="status", status=503, n=2)
    assert (await play.call("GET", "/v2/me")).status_code == 200
    answers = [(await play.call("GET", "/v2/bookings")).status_code for _ in range(3)]
    assert answers == [503, 503, 200]


async def test_a_mood_can_be_for_every_call_or_one_booking(play: Play) -> None:
    """Until it is cleared."""
    uid, other = await play.booked(), await play.booked(start="2027-03-05T10:00:00Z")
    await play.mood(route="any", mood="status", status=500, uid=uid, n=None)
    for _ in range(2):
        assert (await play.act(uid, "confirm")).status_code == 500
    assert (await play.act(other, "confirm")).status_code == 200
    await play.control("DELETE", "moods")
    assert (await play.act(uid, "confirm")).status_code == 200


@pytest.mark.parametrize(
    "mood",
    [
        {"route": "nowhere", "mood": "drop"},
        {"route": "confirm", "mood": "lose"},
        {"trigger": "BOOKING_CREATED", "mood": "drop"},
        {"trigger": "BOOKING_CONFIRMED", "mood": "lose"},
        {"route": "confirm", "mood": "slow", "seconds": "long"},
    ],
)
async def test_a_mood_that_makes_no_sense_is_refused(play: Play, mood: dict[str, str]) -> None:
    """With a sentence."""
    answer = await play.client.post("/control/moods", json=mood)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_webhook_can_be_lost(play: Play) -> None:
    """The call answers as if nothing were wrong."""
    await play.mood(route="webhook", mood="lose")
    uid = await play.booked()
    assert play.receiver.triggers == []
    await play.act(uid, "confirm")
    assert play.receiver.triggers == ["BOOKING_CREATED"]
    assert [shown["fate"] for shown in (await play.control("GET", "webhooks"))["webhooks"]] == [
        "lost",
        "sent",
    ]


async def test_a_webhook_can_come_twice(play: Play) -> None:
    """Byte for byte the same, signature included."""
    await play.mood(route="webhook", mood="double", trigger="BOOKING_REQUESTED")
    await play.booked()
    one, two = play.receiver.requests
    assert one.content == two.content
    assert one.headers == two.headers


async def test_a_webhook_can_come_late(play: Play) -> None:
    """After the call that caused it has answered."""
    await play.mood(trigger="BOOKING_REQUESTED", mood="delay", seconds=0.05)
    await play.booked()
    assert play.receiver.triggers == []
    await asyncio.sleep(0.1)
    assert play.receiver.triggers == ["BOOKING_REQUESTED"]


@pytest.mark.parametrize("backwards", [True, False])
async def test_webhooks_can_be_held_and_let_go(play: Play, backwards: bool) -> None:
    """In their order, or the other way round."""
    await play.mood(route="webhook", mood="hold", n=2)
    uid = await play.booked()
    await play.act(uid, "confirm")
    assert play.receiver.triggers == []
    assert await play.control("POST", "release", {"reversed": backwards}) == {"released": 2}
    order = ["BOOKING_REQUESTED", "BOOKING_CREATED"]
    assert play.receiver.triggers == (order[::-1] if backwards else order)
