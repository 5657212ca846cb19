"""Moods of calls: for every call that changes something, with its effect or without; the limit, drips, other shapes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from gateway.http import httpx
from gateway.sandbox.moods import Mood
from gateway.sandbox.world import Status
from tests.sandbox.playing import ADMIN, JONAS, Play

Act = Callable[[Play, str], Awaitable[httpx.Response]]

ACTS: dict[str, Act] = {
    "create": lambda play, _: play.ask(start="2027-03-05T10:00:00Z"),
    "confirm": lambda play, uid: play.act(uid, "confirm"),
    "decline": lambda play, uid: play.act(uid, "decline", reason="Away"),
    "cancel": lambda play, uid: play.act(uid, "cancel", cancellationReason="Ill"),
    "reschedule": lambda play, uid: play.act(uid, "reschedule", start="2027-03-08T10:00:00Z"),
}
TOLD = {
    "create": ("BOOKING_REQUESTED", [Status.PENDING, Status.PENDING]),
    "confirm": ("BOOKING_CREATED", [Status.ACCEPTED]),
    "decline": ("BOOKING_REJECTED", [Status.REJECTED]),
    "cancel": ("BOOKING_CANCELLED", [Status.CANCELLED]),
    "reschedule": ("BOOKING_REQUESTED", [Status.CANCELLED, Status.PENDING]),
}
"""What is told of each, and how the bookings stand afterwards."""

SPOILED = ("status", "drop", "hang", "html", "garbage", "schema")


async def effects(play: Play, act: str, **mood: object) -> tuple[list[str], list[Status], bool]:
    """Do something in a mood: the webhooks, how the bookings stand, and whether the call is noted to have done it."""
    uid = await play.booked()
    await play.mood(route=act, **mood)
    with play.heard() as heard:
        try:
            await ACTS[act](play, uid)
        except httpx.RemoteProtocolError:
            assert mood["mood"] in ("drop", "hang")
    return heard, [booking.status for booking in play.world.bookings.values()], play.stage.calls[-1].effect


@pytest.mark.parametrize("mood", [*SPOILED, "slow", "drip"])
@pytest.mark.parametrize("act", ACTS)
async def test_the_effect_comes_first(play: Play, act: str, mood: str) -> None:
    """Once, whatever is answered then."""
    more: dict[str, object] = {"seconds": 0.0001} if mood in ("slow", "drip") else {}
    trigger, statuses = TOLD[act]
    assert await effects(play, act, mood=mood, after_effect=True, **more) == ([trigger], statuses, True)


@pytest.mark.parametrize("mood", [*SPOILED, "limit"])
@pytest.mark.parametrize("act", ACTS)
async def test_there_is_no_effect(play: Play, act: str, mood: str) -> None:
    """Nothing is told, and the booking is as it was."""
    assert await effects(play, act, mood=mood) == ([], [Status.PENDING], False)


async def test_a_refused_connection_has_no_effect(play: Play) -> None:
    """In one process the client is told what it would be told on a socket; the control routes stay open."""
    uid = await play.booked()
    await play.mood(mood="refuse", seconds=60)
    for act in ACTS.values():
        with pytest.raises(httpx.ConnectError):
            await act(play, uid)
    assert (await play.control("GET", "state"))["bookings"][0]["status"] == "pending"
    assert len((await play.control("GET", "calls"))["calls"]) == 1


async def test_a_door_opens_by_itself(play: Play) -> None:
    """Or when the moods are cleared."""
    await play.mood(mood="refuse", seconds=0.05)
    await asyncio.sleep(0.06)
    assert (await play.call("GET", "/v2/me")).status_code == 200
    told = (await play.client.post("/control/moods", json={"mood": "refuse", "seconds": 60})).json()
    assert 59 < told["refusing"] <= 60
    await play.control("DELETE", "moods")
    assert (await play.call("GET", "/v2/me")).status_code == 200


async def limited(play: Play, key: str = ADMIN) -> tuple[int, str, str]:
    """Call, and tell status, remaining calls and reset."""
    answer = await play.call("GET", "/v2/me", key=key)
    remaining, reset = (answer.headers[f"x-ratelimit-{name}-default"] for name in ("remaining", "reset"))
    return answer.status_code, remaining, reset


async def test_the_limit_blocks_for_as_long_as_is_set(play: Play) -> None:
    """From the call it strikes on, the key and no other; then as many calls as ever are left."""
    await play.control("POST", "settings", {"block": 20})
    await play.mood(route="me", mood="limit")
    assert await limited(play) == (429, "0", "20")
    play.wait(seconds=19)
    assert [await limited(play), await limited(play, JONAS)] == [(429, "0", "1"), (200, "119", "60")]
    play.wait(seconds=1)
    assert await limited(play) == (200, "119", "60")


async def test_who_hammers_while_blocked_is_blocked_again(play: Play) -> None:
    """Those calls count, in the windows they fall in."""
    await play.control("POST", "settings", {"key_limit": 3})
    assert await limited(play) == (200, "2", "60")
    play.wait(seconds=30)
    await play.mood(mood="limit")
    assert await limited(play) == (429, "0", "60")
    play.wait(seconds=59)
    assert [(await limited(play))[0] for _ in range(4)] == [429] * 4
    play.wait(seconds=2)
    assert await limited(play) == (429, "0", "60")


async def test_the_limit_is_answered_as_cal_com_does(play: Play) -> None:
    """In the envelope, whatever was called; for an unknown key the guard comes first."""
    await play.mood(route="confirm", mood="limit", n=2)
    uid = await play.booked()
    assert (await play.act(uid, "confirm", key="cal_nobody")).status_code == 401
    answer = await play.act(uid, "confirm")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "ThrottlerException")


@pytest.mark.parametrize("after", [True, False])
async def test_another_shape_is_good_json(play: Play, after: bool) -> None:
    """An empty list where a booking was asked for, or no envelope at all."""
    uid = await play.booked()
    for shape, body in {
        "empty": {"status": "success", "data": []},
        "strings": ["Maya", "Jonas", "Ifeoma"],
    }.items():
        await play.mood(route="get", mood="schema", shape=shape, after_effect=after)
        answer = await play.call("GET", f"/v2/bookings/{uid}")
        assert (answer.status_code, answer.json()) == (200, body)


async def test_the_old_shape_of_a_booking(play: Play) -> None:
    """As it is after the call had its effect, or before."""
    uid, statuses = await play.booked(), []
    for after in (False, True):
        await play.mood(route="confirm", mood="schema", shape="old", after_effect=after)
        told = (await play.act(uid, "confirm")).json()["data"]
        assert (told["uid"], told["startTime"], told["user"]["name"], "start" in told) == (
            uid,
            "2027-03-04T10:00:00.000Z",
            "Maya Fuentes",
            False,
        )
        statuses.append(told["status"])
    assert statuses == ["PENDING", "ACCEPTED"]


async def test_the_old_shape_of_a_list(play: Play) -> None:
    """The rows are one key deeper; of what is no booking nothing is left."""
    uid = await play.booked()
    await play.mood(mood="schema", shape="old", after_effect=True, n=2)
    rows = (await play.get("/v2/bookings"))["bookings"]
    assert ([row["uid"] for row in rows], await play.get("/v2/me")) == ([uid], [])


async def test_a_drip_is_the_real_answer(play: Play) -> None:
    """With its own length and headers, in its own time."""
    uid = await play.booked()
    plain = await play.call("GET", f"/v2/bookings/{uid}")
    await play.mood(route="get", mood="drip", seconds=0.01, chunk=len(plain.content) // 4)
    began = time.perf_counter()
    dripped = await play.call("GET", f"/v2/bookings/{uid}")
    assert time.perf_counter() - began >= 0.03
    assert (dripped.json(), dripped.headers.keys()) == (plain.json(), plain.headers.keys())
    assert int(dripped.headers["content-length"]) == len(dripped.content)


async def bits(play: Play, seconds: float) -> list[bytes]:
    """How ten bytes drip."""
    return [bit async for bit in play.stage.moods.drip(b"0123456789", Mood("any", "drip", seconds=seconds))]


async def test_a_drip_ends_by_itself(play: Play) -> None:
    """After the cap, or when the moods are cleared, the rest comes at once."""
    dripped = await bits(play, 0.02)
    assert (dripped[0], b"".join(dripped), len(dripped) <= 3) == (b"0", b"0123456789", True)
    play.stage.moods.cap = 60
    dripping = asyncio.ensure_future(bits(play, 30))
    await asyncio.sleep(0.01)
    await play.control("DELETE", "moods")
    assert await asyncio.wait_for(dripping, 1) == [b"0", b"123456789"]
