"""Webhooks in another order: gathered, sent the other way round, and never kept for ever."""

import asyncio

import pytest

from gateway.http import httpx
from gateway.sandbox.world import Subscription
from tests.sandbox.playing import Play

REQUESTED, CREATED, CANCELLED = "BOOKING_REQUESTED", "BOOKING_CREATED", "BOOKING_CANCELLED"


async def fates(play: Play) -> list[str]:
    """What became of each delivery."""
    return [shown["fate"] for shown in (await play.control("GET", "webhooks"))["webhooks"]]


async def test_the_last_comes_first(play: Play) -> None:
    """Once all have come they are sent, the last one first; the calls that caused them answer as ever."""
    await play.mood(route="webhook", mood="reorder", n=3)
    uid = await play.booked()
    assert (await play.act(uid, "confirm")).status_code == 200
    assert (play.receiver.triggers, await fates(play)) == ([], ["gathered", "gathered"])
    assert (await play.act(uid, "cancel", cancellationReason="Ill")).status_code == 200
    assert (play.receiver.triggers, await fates(play)) == ([CANCELLED, CREATED, REQUESTED], ["sent"] * 3)


async def test_the_bytes_are_those_of_their_time(play: Play) -> None:
    """Only the order is another one: the times inside tell the true one."""
    await play.mood(mood="reorder")
    uid = await play.booked()
    play.wait(seconds=5)
    await play.act(uid, "confirm")
    times = [body["createdAt"] for body in play.receiver.bodies]
    assert times == ["2027-03-01T12:00:05.000Z", "2027-03-01T12:00:00.000Z"]


async def test_nothing_waits_for_ever(play: Play) -> None:
    """When its time is over what has come is sent, and the mood has passed."""
    await play.mood(mood="reorder", n=5, seconds=0.05)
    uid = await play.booked()
    await play.act(uid, "confirm")
    await asyncio.sleep(0.1)
    assert play.receiver.triggers == [CREATED, REQUESTED]
    await play.act(uid, "cancel", cancellationReason="Ill")
    assert play.receiver.triggers[2:] == [CANCELLED]


async def test_others_pass_by(play: Play) -> None:
    """Only webhooks of that trigger are gathered, or of that booking."""
    await play.mood(mood="reorder", trigger=CREATED)
    uids = [await play.booked(start=f"2027-03-0{day}T10:00:00Z") for day in (4, 5)]
    assert play.receiver.triggers == [REQUESTED] * 2
    for uid in uids:
        await play.act(uid, "confirm")
    assert [body["payload"]["uid"] for body in play.receiver.bodies[2:]] == uids[::-1]


async def test_each_of_several_subscribers_hears_them_in_that_order(play: Play) -> None:
    """What counts is the event, however many hear of it."""
    play.world.subscriptions.append(Subscription("more", "http://other.example/hook"))
    await play.mood(mood="reorder")
    uid = await play.booked()
    await play.act(uid, "confirm")
    assert play.receiver.triggers == [CREATED, CREATED, REQUESTED, REQUESTED]
    assert {str(one.url.host) for one in play.receiver.requests[:2]} == {"gateway.example", "other.example"}


async def test_clearing_the_moods_sends_what_was_gathered(play: Play) -> None:
    """And a reset forgets it."""
    for way, told in (("moods", [REQUESTED]), ("reset", [])):
        play.receiver.requests.clear()
        await play.mood(mood="reorder", seconds=0.1)
        await play.booked(start="2027-03-05T10:00:00Z" if told else "2027-03-08T10:00:00Z")
        await play.control("DELETE" if way == "moods" else "POST", way)
        await asyncio.sleep(0.15)
        assert play.receiver.triggers == told


async def test_two_moods_gather_one_after_the_other(play: Play) -> None:
    """Each has its own pile."""
    for _ in range(2):
        await play.mood(mood="reorder")
    uid = await play.booked()
    for action in ("decline", "decline", "confirm"):
        await play.act(uid, action)
    assert play.receiver.triggers == ["BOOKING_REJECTED", REQUESTED, CREATED, "BOOKING_REJECTED"]


@pytest.mark.parametrize("mood", ["lose", "double", "delay", "hold", "reorder"])
async def test_the_call_answers_in_every_mood(play: Play, mood: str) -> None:
    """Within a moment, though its webhook may be underway much longer; queued or not."""
    for sending in ("direct", "queued"):
        await play.control("POST", "settings", {"sending": sending})
        more = {"seconds": 30} if mood in ("delay", "reorder") else {}
        await play.mood(route="webhook", mood=mood, **more)
        answer = await asyncio.wait_for(play.ask(start=f"2027-03-0{len(sending) - 2}T10:00:00Z"), 1)
        assert answer.status_code == 201
        await play.control("DELETE", "moods")
    await play.stage.courier.close()


async def test_a_delayed_webhook_is_forgotten_by_a_reset(play: Play) -> None:
    """It belongs to the world before."""
    await play.mood(mood="delay", seconds=0.1)
    await play.booked()
    await play.control("POST", "reset")
    await asyncio.sleep(0.15)
    assert (play.receiver.triggers, await fates(play)) == ([], [])


async def test_a_receiver_that_fails_keeps_no_other_waiting(play: Play) -> None:
    """The rest of the pile is sent."""

    def fail() -> None:
        if not play.receiver.seen:
            play.receiver.seen.append(None)
            raise httpx.ConnectError("refused")

    play.receiver.look = fail
    await play.mood(mood="reorder")
    uid = await play.booked()
    assert (await play.act(uid, "confirm")).status_code == 200
    assert (await fates(play), play.receiver.triggers) == (["sent", "failed"], [REQUESTED])
