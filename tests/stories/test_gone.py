"""A booking that Cal.com no longer knows is gone, if Cal.com says so twice, and if it is not Cal.com that has gone.

Time passes a minute at a time, with a comparison each, as in a service that runs.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from gateway.calcom.client import Timing
from gateway.http import httpx
from gateway.sandbox.app import build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import Booking, World
from tests.stories.cast import API_KEY, BEN, NOON, OPERATOR, CalCom, Clock, Gateway, Json, Portal, until


@pytest.fixture
def timing(clock: Clock) -> Timing:
    """Calls are counted by the minute, and a minute passes when the clock is wound."""
    return Timing(clock, lambda: clock().timestamp(), look=1.5, act=1.5, between_tries=0.01)


@pytest.fixture
def world(gateway: Gateway) -> World:
    """Cal.com's rows."""
    assert isinstance(gateway.to_calcom.app, Starlette)
    stage: Stage = gateway.to_calcom.app.state.stage
    return stage.world


async def reconcile(gateway: Gateway) -> Json:
    """Compare with Cal.com, and wait until it is done."""
    operator = gateway.service(OPERATOR)
    await operator.call("POST", "/v1/reconcile", json={})

    async def over() -> bool:
        return bool((await operator.get("/v1/reconcile")).json()["state"] != "running")

    await until(over)
    return dict((await operator.get("/v1/reconcile")).json())


async def cycles(gateway: Gateway, minutes: int) -> None:
    """Let so many minutes pass."""
    for _ in range(minutes):
        gateway.clock.wind(minutes=1)
        assert (await reconcile(gateway))["error"] is None


async def booked(sandbox: CalCom, count: int) -> list[str]:
    """So many requests, from the day after tomorrow on."""
    starts = [NOON + timedelta(days=2, minutes=30 * nth) for nth in range(count)]
    return [await sandbox.book(start, email=BEN) for start in starts]


def delete(world: World, *uids: str) -> dict[str, Booking]:
    """Delete bookings at Cal.com; gives the rows, to be put back."""
    return {uid: world.bookings.pop(uid) for uid in uids}


def states(gateway: Gateway) -> list[str]:
    """The statuses of all bookings as we have them."""
    with closing(sqlite3.connect(f"file:{gateway.database}?mode=ro", uri=True)) as conn:
        rows = conn.execute("select status from participants where person = '*'").fetchall()
    return [status for (status,) in rows]


async def checkup(gateway: Gateway) -> tuple[bool, str]:
    """Whether all is well, and how the question stands whether this is the Cal.com we know."""
    told = (await gateway.service(OPERATOR).get("/v1/checkup")).json()
    return told["ok"], next(one["level"] for one in told["checks"] if one["id"] == "same-calcom")


@pytest.fixture
async def deleted(gateway: Gateway, sandbox: CalCom, world: World) -> tuple[str, dict[str, Booking]]:
    """One of two requests has been deleted at Cal.com, and was not found once."""
    uid, _ = await booked(sandbox, 2)
    await reconcile(gateway)
    rows = delete(world, uid)
    await reconcile(gateway)
    return uid, rows


# One booking.


async def test_not_found_once(
    gateway: Gateway, sandbox: CalCom, maya: Portal, deleted: tuple[str, Json]
) -> None:
    """After the first 404 nothing is said for ten minutes, nor asked again."""
    uid, _ = deleted
    before = await maya.etag()
    await cycles(gateway, 9)
    assert [call["status"] for call in await sandbox.calls("get", uid)] == [404]
    assert (await maya.status(uid), await maya.events(uid)) == ("pending", ["requested"])
    assert (await maya.etag(), await checkup(gateway)) == (before, (True, "warn"))


async def test_not_found_twice(gateway: Gateway, maya: Portal, deleted: tuple[str, Json]) -> None:
    """Ten minutes later it is gone, and its timeline says so in Cal.com's name."""
    uid, _ = deleted
    await cycles(gateway, 11)
    last = (await maya.timeline(uid))[-1]
    assert (await maya.status(uid), last["event"], last["channel"]) == ("gone", "gone", "calcom")
    assert ((await maya.booking(uid))["actions"], await checkup(gateway)) == ([], (True, "ok"))


async def test_what_is_gone_is_asked_about_no_more(
    gateway: Gateway, sandbox: CalCom, maya: Portal, deleted: tuple[str, Json]
) -> None:
    """Two questions settle it, however often is compared, also when everything ahead is compared."""
    uid, _ = deleted
    await cycles(gateway, 75)
    assert [call["status"] for call in await sandbox.calls("get", uid)] == [404, 404]
    assert await maya.events(uid) == ["requested", "gone"]


async def test_it_is_there_again(
    gateway: Gateway, world: World, maya: Portal, deleted: tuple[str, dict[str, Booking]]
) -> None:
    """A booking that reappears is what it was before."""
    uid, rows = deleted
    await cycles(gateway, 11)
    world.bookings |= rows
    await cycles(gateway, 1)
    assert (await maya.status(uid), await maya.events(uid)) == (
        "pending",
        ["requested", "gone", "reconciled"],
    )
    assert (await maya.booking(uid))["actions"] == ["accept", "reject"]


async def test_it_is_there_again_in_time(
    gateway: Gateway, world: World, maya: Portal, deleted: tuple[str, dict[str, Booking]]
) -> None:
    """Found again within the ten minutes, nothing has happened, and the next 404 is a first one."""
    uid, rows = deleted
    before = await maya.etag()
    world.bookings |= rows
    await cycles(gateway, 11)
    assert (await maya.etag(), await checkup(gateway)) == (before, (True, "ok"))
    delete(world, uid)
    await cycles(gateway, 9)
    assert await maya.status(uid) == "pending"


async def test_it_was_answered_before_it_came_back(
    gateway: Gateway, sandbox: CalCom, world: World, maya: Portal, deleted: tuple[str, dict[str, Booking]]
) -> None:
    """It comes back as what Cal.com says it is now."""
    uid, rows = deleted
    await cycles(gateway, 11)
    world.bookings |= rows
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    await sandbox.act(uid, "decline")
    await cycles(gateway, 1)
    assert (await maya.status(uid), (await maya.timeline(uid))[-1]["after"]) == ("rejected", "rejected")


async def test_a_meeting_is_deleted(gateway: Gateway, sandbox: CalCom, world: World, maya: Portal) -> None:
    """An accepted meeting is missed within the hour, and gone ten minutes later."""
    uid, _ = await booked(sandbox, 2)
    await maya.accept(uid)
    await reconcile(gateway)
    delete(world, uid)
    await cycles(gateway, 75)
    assert (await maya.status(uid), (await maya.events(uid))[-1]) == ("gone", "gone")


async def test_a_request_that_ran_out_is_left_alone(
    gateway: Gateway, sandbox: CalCom, world: World, maya: Portal
) -> None:
    """Nobody asks about a request whose date is over."""
    uid = await sandbox.book(NOON + timedelta(minutes=5))
    await reconcile(gateway)
    delete(world, uid)
    gateway.clock.wind(minutes=6)
    await cycles(gateway, 15)
    assert (await maya.status(uid), await sandbox.calls("get", uid)) == ("expired", [])


async def test_an_accept_of_what_was_deleted(
    gateway: Gateway, sandbox: CalCom, world: World, maya: Portal
) -> None:
    """Pressed before anybody has noticed: nothing is sent, and the answer is no success."""
    uid, _ = await booked(sandbox, 2)
    delete(world, uid)
    number = (await maya.accept(uid)).json()["command"]["id"]
    assert ((await maya.settled(number))["state"], await sandbox.calls("confirm")) == ("failed", [])


# Many at once.


@pytest.mark.parametrize(
    ("missing", "left", "gone"),
    [(5, 1, True), (6, 1, False), (30, 1, False)],
    ids=["5", "6 of 7", "30 of 31"],
)
async def test_many_are_missing(
    gateway: Gateway, sandbox: CalCom, world: World, missing: int, left: int, gone: bool
) -> None:
    """Up to five may have been deleted; of more none is marked while few others are found, and doctor says so."""
    uids = await booked(sandbox, missing + left)
    await reconcile(gateway)
    delete(world, *uids[:missing])
    await cycles(gateway, 45)
    assert states(gateway).count("gone") == (missing if gone else 0)
    assert await checkup(gateway) == ((True, "ok") if gone else (False, "red"))


async def test_missing_ones_that_come_back(gateway: Gateway, sandbox: CalCom, world: World) -> None:
    """Once they are found again doctor is content, and nothing has changed."""
    uids, portal = await booked(sandbox, 8), gateway.service()
    await reconcile(gateway)
    before, rows = await portal.etag(), delete(world, *uids[:7])
    await cycles(gateway, 15)
    assert await checkup(gateway) == (False, "red")
    world.bookings |= rows
    await cycles(gateway, 11)
    assert (await checkup(gateway), await portal.etag()) == ((True, "ok"), before)


# Another Cal.com.


@pytest.fixture
async def another(clock: Clock) -> AsyncIterator[Starlette]:
    """Another Cal.com, which accepts our key and knows none of our bookings."""
    app = build(demo_world(API_KEY), now=clock, client=httpx.AsyncClient())
    yield app
    await app.state.stage.courier.close()


@pytest.mark.parametrize("count", [1, 3, 30])
async def test_cal_com_was_emptied(gateway: Gateway, sandbox: CalCom, world: World, count: int) -> None:
    """An hour of an empty Cal.com: nothing is gone. When the bookings are back, all is as before."""
    uids, portal = await booked(sandbox, count), gateway.service()
    await reconcile(gateway)
    before, rows = await portal.etag(), delete(world, *uids)
    await cycles(gateway, 60)
    assert (set(states(gateway)), await portal.etag()) == ({"pending"}, before)
    world.bookings |= rows
    await cycles(gateway, 12)
    assert (set(states(gateway)), await portal.etag()) == ({"pending"}, before)
    assert await checkup(gateway) == (True, "ok")


@pytest.mark.parametrize("count", [3, 30])
async def test_another_cal_com(gateway: Gateway, sandbox: CalCom, another: Starlette, count: int) -> None:
    """An hour of asking the wrong one: nothing is gone. Asking the right one again, all is as before."""
    await booked(sandbox, count)
    await reconcile(gateway)
    before, right = await gateway.service().etag(), gateway.to_calcom.app
    gateway.to_calcom.app = another
    await cycles(gateway, 60)
    assert (set(states(gateway)), await gateway.service().etag()) == ({"pending"}, before)
    gateway.to_calcom.app = right
    await cycles(gateway, 12)
    assert (await gateway.service().etag(), await checkup(gateway)) == (before, (True, "ok"))


@pytest.mark.parametrize("count", [3, 30])
async def test_another_cal_com_in_use(
    gateway: Gateway, sandbox: CalCom, maya: Portal, another: Starlette, count: int
) -> None:
    """The wrong one has bookings of its own: they prove nothing about ours, of which none is gone."""
    uids, right = await booked(sandbox, count), gateway.to_calcom.app
    await reconcile(gateway)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(another), base_url="http://c.test") as http:
        other = CalCom(http)
        sandbox.canaries += await booked(other, 4)
    gateway.to_calcom.app = another
    await cycles(gateway, 60)
    gateway.to_calcom.app = right
    assert [await maya.status(uid) for uid in uids] == ["pending"] * count
