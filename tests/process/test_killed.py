"""The gateway is killed while an accept is under way; started again it finishes it, with one effect at Cal.com."""

import asyncio
import os
import signal
import time
from contextlib import suppress

import pytest

from gateway.http import httpx
from tests.process.programs import Town
from tests.stories.cast import Json, until

LIMIT = 75
LOST = {"trigger": "BOOKING_CREATED", "mood": "lose"}
MOMENTS: dict[str, list[Json]] = {
    "before it was sent": [{"route": "get", "mood": "slow", "seconds": 1.5}],
    "before its effect": [{"route": "confirm", "mood": "slow", "seconds": 1.5}],
    "before its effect, webhook lost": [LOST, {"route": "confirm", "mood": "slow", "seconds": 1.5}],
    "after its effect": [{"route": "confirm", "mood": "slow", "seconds": 3, "after_effect": True}],
    "after its effect, webhook lost": [
        LOST,
        {"route": "confirm", "mood": "slow", "seconds": 3, "after_effect": True},
    ],
}


async def reached(town: Town, uid: str, moment: str) -> bool:
    """Whether the moment has come in which the gateway is to be killed."""
    if moment == "before it was sent":
        return bool(await town.sandbox.calls("get", uid))
    calls, effects = await town.sandbox.effects(uid)
    return calls == 1 and effects == (1 if moment.startswith("after") else 0)


async def press(town: Town, uid: str) -> None:
    """Press accept; whoever waits for the answer of a killed gateway gets none."""
    with suppress(httpx.TransportError):
        await town.portal.accept(uid)


async def kill_at(town: Town, moment: str) -> str:
    """Press accept, kill at that moment, and start again; gives the uid."""
    uid = await town.sandbox.book()
    for mood in MOMENTS[moment]:
        await town.sandbox.mood(**mood)
    pressed = asyncio.create_task(press(town, uid))
    await until(lambda: reached(town, uid, moment))
    await town.gateway.kill()
    await pressed
    await town.open()
    return uid


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed(town: Town, moment: str) -> None:
    """After the restart the command settles done: one confirm in all, one line `accepted`, for the portal."""
    uid = await kill_at(town, moment)
    began = time.monotonic()
    number = (await town.portal.booking(uid))["command"]["id"]
    assert (await town.portal.settled(number, LIMIT))["state"] == "done"
    print(f"{moment}: settled {time.monotonic() - began:.1f} s after the restart")  # noqa: T201 -- a figure to report
    assert await town.sandbox.effects(uid) == (1, 1)
    lines = [
        (one["event"], one["channel"])
        for one in await town.portal.timeline(uid)
        if one["after"] == "accepted"
    ]
    assert lines == [("accepted", "portal")]


@pytest.mark.skipif("OUTAGE_SECONDS" not in os.environ, reason="takes more than a minute; set OUTAGE_SECONDS")
async def test_killed_and_cal_com_never_did_it(town: Town) -> None:
    """The call was swallowed and the gateway killed: it is sent again a minute later, within 75 s in all."""
    uid = await town.sandbox.book()
    await town.sandbox.mood(route="confirm", mood="hang")
    pressed = asyncio.create_task(press(town, uid))
    await until(lambda: reached(town, uid, "before its effect"))
    began = time.monotonic()
    await town.restart()
    await pressed
    number = (await town.portal.booking(uid))["command"]["id"]
    assert (await town.portal.settled(number, LIMIT))["state"] == "done"
    print(f"swallowed: done {time.monotonic() - began:.1f} s after the kill")  # noqa: T201 -- a figure to report
    assert await town.sandbox.effects(uid) == (2, 1)


async def test_killed_again_and_again(town: Town) -> None:
    """Killed three times before the confirm has had its effect, it still has one."""
    uid = await kill_at(town, "before it was sent")
    for _ in range(2):
        await town.restart()
    number = (await town.portal.booking(uid))["command"]["id"]
    assert (await town.portal.settled(number, LIMIT))["state"] == "done"
    assert await town.sandbox.effects(uid) == (1, 1)


async def test_what_was_answered_is_kept(town: Town) -> None:
    """A webhook that was answered 200 is on disk, killed or not; and a restart is no change to who holds the ETag."""
    uid = await town.sandbox.book()
    before = await town.portal.etag()
    await town.restart()
    assert await town.portal.status(uid) == "pending"
    assert (await town.portal.get("/v1/bookings", **{"If-None-Match": before})).status_code == 304


async def test_a_graceful_stop_lets_go(town: Town) -> None:
    """SIGTERM while a confirm runs: the exit code is 0 within ten seconds, and the next start finishes it."""
    uid = await town.sandbox.book()
    await town.sandbox.mood(route="confirm", mood="slow", seconds=1.5)
    pressed = asyncio.create_task(press(town, uid))
    await until(lambda: reached(town, uid, "before its effect"))
    town.gateway.tell(signal.SIGTERM)
    assert await town.gateway.ended(10) == 0
    await pressed
    await town.open()
    number = (await town.portal.booking(uid))["command"]["id"]
    assert ((await town.portal.settled(number, LIMIT))["state"], await town.sandbox.effects(uid)) == (
        "done",
        (1, 1),
    )
