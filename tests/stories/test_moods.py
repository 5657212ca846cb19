"""An accept that is pressed while Cal.com is in one of its rarer moods: one effect there, and done here.

How it ends when Cal.com is slow, hangs up, fails or answers with pages stands in `test_accept.py`.
"""

import asyncio
import itertools
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest
from starlette.applications import Starlette

from gateway.calcom.client import Timing
from gateway.sandbox.stage import Stage
from tests.stories.cast import CalCom, Clock, Gateway, Json, Portal

LOST = {"trigger": "BOOKING_CREATED", "mood": "lose"}
OPEN = ("waiting", "trying")

TOO_SLOW = {"mood": "drip", "seconds": 0.1}
"""A byte every tenth of a second: no answer before the gateway's patience ends."""
IN_TIME = {"mood": "drip", "seconds": 0.01, "chunk": 300}
EMPTY, OLD, STRINGS = ({"mood": "schema", "shape": shape} for shape in ("empty", "old", "strings"))


@pytest.fixture
def timing(clock: Clock) -> Timing:
    """Calls are counted by the minute, and a minute passes when the clock is wound."""
    return Timing(clock, lambda: clock().timestamp(), look=1, act=1, between_tries=0.01)


def calcom(gateway: Gateway) -> Stage:
    """Cal.com's inside."""
    assert isinstance(gateway.to_calcom.app, Starlette)
    found = gateway.to_calcom.app.state.stage
    assert isinstance(found, Stage)
    return found


def before_call(gateway: Gateway, ending: str, happen: Callable[[], object]) -> None:
    """Let something happen just before the first call whose path ends so."""
    inner, calls = gateway.to_calcom.app, itertools.count()
    assert inner is not None

    async def way(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["path"].endswith(ending) and next(calls) == 0:
            happen()
        await inner(scope, receive, send)

    gateway.to_calcom.app = way


async def accepted(gateway: Gateway, uid: str) -> Json:
    """Press accept as Maya, let time pass whenever the command waits, and give the command once it is settled."""
    maya = gateway.host()
    pressing = asyncio.ensure_future(maya.accept(uid))
    for _ in range(300):
        command = await standing(maya, uid)
        if command.get("state") == "waiting":
            gateway.clock.wind(seconds=10)
            await gateway.wake()
        elif command and command["state"] not in OPEN:
            await pressing
            return command
        await asyncio.sleep(0.03)
    raise AssertionError("it does not end")


async def standing(maya: Portal, uid: str) -> Json:
    """The last command about a booking as it stands; nothing while there is none."""
    last = (await maya.booking(uid))["command"]
    return await maya.command(last["id"]) if last else {}


async def told(sandbox: CalCom, maya: Portal, uid: str) -> tuple[tuple[int, int], int, str, list[str]]:
    """Calls and effects at Cal.com, invitations sent, and the status and lines of the booking here."""
    invitations = (await sandbox.row(uid))["invitations"]
    lines = [line["event"] for line in await maya.timeline(uid) if line["after"] == "accepted"]
    return await sandbox.effects(uid), invitations, await maya.status(uid), lines


def once(calls: int) -> tuple[tuple[int, int], int, str, list[str]]:
    """What is told when of so many calls one had its effect."""
    return (calls, 1), 1, "accepted", ["accepted"]


@pytest.mark.parametrize("lost", [False, True], ids=["told", "lost"])
@pytest.mark.parametrize(
    "mood", [TOO_SLOW, IN_TIME, EMPTY, OLD, STRINGS], ids=lambda one: "-".join(map(str, one.values()))
)
async def test_a_confirm_with_an_effect(
    gateway: Gateway, sandbox: CalCom, maya: Portal, mood: Json, lost: bool
) -> None:
    """Confirmed, and the answer drips or is of another shape: it is found by webhook or by looking, and not repeated."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", after_effect=True, **mood)
    if lost:
        await sandbox.mood(**LOST)
    assert (await accepted(gateway, uid))["state"] == "done"
    assert await told(sandbox, maya, uid) == once(1)


@pytest.mark.parametrize("mood", [EMPTY, OLD, STRINGS], ids=lambda one: str(one["shape"]))
async def test_a_confirm_without_an_effect(
    gateway: Gateway, sandbox: CalCom, maya: Portal, mood: Json
) -> None:
    """Answered in another shape, and nothing done: nobody can know, so it is looked at for a minute and sent again."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", **mood)
    assert (await accepted(gateway, uid))["state"] == "done"
    assert await told(sandbox, maya, uid) == once(2)


@pytest.mark.parametrize(
    ("mood", "attempts"),
    [(TOO_SLOW, 3), (IN_TIME, 1), (EMPTY, 3), (OLD, 3), (STRINGS, 3), ({"mood": "limit"}, 3)],
    ids=["too slow", "in time", "empty", "old", "strings", "limit"],
)
async def test_a_look_in_a_mood(
    gateway: Gateway, sandbox: CalCom, maya: Portal, mood: Json, attempts: int
) -> None:
    """Twice there is no usable answer before the call: nothing is sent until there is one."""
    uid = await sandbox.book()
    await sandbox.mood(route="get", n=2, **mood)
    command = await accepted(gateway, uid)
    assert (command["state"], command["attempts"]) == ("done", attempts)
    assert await told(sandbox, maya, uid) == once(1)


async def test_the_limit_at_a_confirm(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """429, and the key is blocked for a minute: no call is made in that minute, and the one after it has its effect."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", mood="limit")
    assert (await accepted(gateway, uid))["state"] == "done"
    assert await told(sandbox, maya, uid) == once(2)
    calls = await sandbox.control("GET", "calls")
    assert [call["status"] for call in calls["calls"]].count(429) == 1


async def test_a_limit_shorter_than_the_window(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """A self-hosted Cal.com blocks for as long as it is set to."""
    uid = await sandbox.book()
    await sandbox.control("POST", "settings", {"block": 20, "key_limit": 5})
    await sandbox.mood(route="confirm", mood="limit")
    assert (await accepted(gateway, uid))["state"] == "done"
    assert await told(sandbox, maya, uid) == once(2)


async def test_nobody_listens(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Connections are refused from the look on, and taken again later."""
    uid = await sandbox.book()
    await sandbox.mood(mood="refuse", seconds=0.3)
    command = await accepted(gateway, uid)
    assert (command["state"], command["attempts"] > 1) == ("done", True)
    assert await told(sandbox, maya, uid) == once(1)


async def test_nobody_listens_to_the_confirm(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Refused between look and call: nothing can have been sent, so it is sent as soon as somebody listens."""
    uid, door = await sandbox.book(), calcom(gateway).moods.door
    before_call(gateway, "/confirm", lambda: door.shut(0.3))
    command = await accepted(gateway, uid)
    assert (command["state"], command["attempts"] > 1) == ("done", True)
    assert await told(sandbox, maya, uid) == once(1)


@pytest.mark.parametrize("mood", ["drop", "hang"])
async def test_no_answer_and_then_nobody(gateway: Gateway, sandbox: CalCom, maya: Portal, mood: str) -> None:
    """Cal.com goes down while it confirms: the effect is there when it comes back, and is not made again."""
    uid, door = await sandbox.book(), calcom(gateway).moods.door
    await sandbox.mood(**LOST)
    await sandbox.mood(route="confirm", mood=mood, after_effect=True)
    before_call(gateway, "/confirm", lambda: asyncio.get_running_loop().call_soon(door.shut, 1.6))
    command = await accepted(gateway, uid)
    assert (command["state"], command["attempts"] > 2) == ("done", True)
    assert await told(sandbox, maya, uid) == once(1)


@pytest.mark.parametrize("route", ["get", "confirm"])
async def test_every_mood_one_after_the_other(
    gateway: Gateway, sandbox: CalCom, maya: Portal, route: str
) -> None:
    """A bad quarter of an hour: in the end it is done, once."""
    uid = await sandbox.book()
    sends: list[Json] = [
        {"mood": "limit"},
        {"mood": "status", "status": 503},
        {**STRINGS, "after_effect": True},
    ]
    for mood in sends if route == "confirm" else [*sends, TOO_SLOW, OLD, {"mood": "drop"}, {"mood": "html"}]:
        await sandbox.mood(route=route, **mood)
    assert (await accepted(gateway, uid))["state"] == "done"
    assert await told(sandbox, maya, uid) == once(3 if route == "confirm" else 1)


async def test_the_answer_comes_before_the_request(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Accepted at Cal.com, and the webhooks change places: what was asked for late reopens nothing."""
    await sandbox.mood(mood="reorder", n=2)
    uid = await sandbox.book()
    await sandbox.act(uid, "confirm")
    assert [trigger for trigger, _ in await gateway.verdicts()] == ["BOOKING_CREATED", "BOOKING_REQUESTED"]
    assert await maya.status(uid) == "accepted"


async def test_a_webhook_that_is_gathered_keeps_nobody_waiting(
    gateway: Gateway, sandbox: CalCom, maya: Portal
) -> None:
    """The confirm's own answer is enough, and its webhook says nothing new when it comes."""
    uid = await sandbox.book()
    await sandbox.mood(mood="reorder", n=9, seconds=60)
    assert (await accepted(gateway, uid))["state"] == "done"
    await sandbox.control("DELETE", "moods")
    assert await told(sandbox, maya, uid) == once(1)
    assert (await gateway.verdicts())[-1][0] == "BOOKING_CREATED"
