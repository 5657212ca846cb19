"""One booking told in every order, with its own times or with one time for all: it ends as the same booking.

The words are those of a real course of events at the stand-in, which nobody heard when they were said. Once
Cal.com is out of reach meanwhile, and once every question is answered.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.stories.cast import API_KEY, BEN, NOON, CalCom, Gateway, Json, Portal
from tests.stories.equal import mirrored, move, settled, truth

ORDERS = list(permutations(range(4)))
FIRST = pytest.mark.parametrize("first", range(4))
"""Six of the 24 orders: those in which this word comes first."""
TIMES = pytest.mark.parametrize("at_once", [False, True], ids=["own times", "one time"])
ALIKE = ("status", "moved_from", "moved_to", "decision", "cancellation", "flags", "approvals")
OVER = ("at", "was", "reason")
"""What may depend on the order least of all, and what of a cancellation."""


@dataclass(frozen=True)
class Course:
    """What happened to a booking, or to one and the one it was moved to: the uids, and the words in true order."""

    uids: tuple[str, ...]
    bodies: tuple[bytes, ...]

    def times(self) -> list[str]:
        """When each word was said, as the portal is told it."""
        return [json.loads(body)["createdAt"].replace(".000Z", "Z") for body in self.bodies]

    def at_one_time(self) -> "Course":
        """The same words, each saying that it is as old as the last."""
        last = self.times()[-1]
        return Course(self.uids, tuple(rebuilt(body, at=last) for body in self.bodies))


Happening = Callable[[Gateway, CalCom, datetime], Awaitable[Course]]


def rebuilt(body: bytes, at: str | None = None, **payload: Any) -> bytes:
    """The same word put together again: at another time, or with other details."""
    told = json.loads(body)
    told["createdAt"] = at or told["createdAt"]
    told["payload"] |= payload
    return json.dumps(told).encode()


@pytest.fixture
async def unheard(gateway: Gateway, sandbox: CalCom) -> CalCom:
    """Cal.com, of which one request was heard (its event type asks) and then no webhook comes any more."""
    await sandbox.book(NOON + timedelta(days=90), name="Ben Okafor", email=BEN)
    await sandbox.mood(route="webhook", mood="lose", n=None)
    return sandbox


async def act(gateway: Gateway, calcom: CalCom, uid: str, *actions: str) -> None:
    """Do things at Cal.com, a second apart."""
    for action in actions:
        gateway.clock.wind(seconds=1)
        said = {"cancellationReason": "Ill"} if action == "cancel" else {}
        assert (await calcom.act(uid, action, API_KEY, **said)).is_success


async def moved(gateway: Gateway, calcom: CalCom, start: datetime) -> Course:
    """Asked for, accepted, moved by the host, cancelled."""
    old = await calcom.book(start)
    await act(gateway, calcom, old, "confirm")
    gateway.clock.wind(seconds=1)
    new = await move(calcom, old, start + timedelta(days=30), by_host=True)
    await act(gateway, calcom, new, "cancel")
    return Course((old, new), (*await calcom.bodies(old), *await calcom.bodies(new)))


async def chosen_again(gateway: Gateway, calcom: CalCom, start: datetime) -> Course:
    """Asked for, accepted, called off by the host for another time, which the host then chooses."""
    old = await calcom.book(start)
    await act(gateway, calcom, old, "confirm")
    gateway.clock.wind(seconds=1)
    await calcom.control("POST", "another-time", {"uid": old, "reason": "I am away"})
    gateway.clock.wind(seconds=1)
    new = await move(calcom, old, start + timedelta(days=30), by_host=True)
    return Course((old, new), (*await calcom.bodies(old), *await calcom.bodies(new)))


async def revived(gateway: Gateway, calcom: CalCom, start: datetime) -> Course:
    """Asked for, declined, accepted all the same, cancelled."""
    uid = await calcom.book(start)
    await act(gateway, calcom, uid, "decline", "confirm", "cancel")
    return Course((uid,), tuple(await calcom.bodies(uid)))


async def told(
    gateway: Gateway, calcom: CalCom, happening: Happening, first: int, *, at_once: bool
) -> dict[tuple[int, ...], Course]:
    """Let it happen once for each order that begins with this word, and bring the words in that order."""
    courses = {}
    for number, order in enumerate(one for one in ORDERS if one[0] == first):
        course = await happening(gateway, calcom, NOON + timedelta(days=3, hours=number))
        courses[order] = course.at_one_time() if at_once else course
        await bring(gateway, [courses[order].bodies[place] for place in order])
    return courses


async def bring(gateway: Gateway, bodies: Sequence[bytes]) -> list[str]:
    """Deliver, and tell what became of each."""
    return [str((await gateway.deliver(body)).json()["verdict"]) for body in bodies]


async def endings(portal: Portal, course: Course) -> list[Json]:
    """How the bookings of a course stand."""
    seen = [await portal.booking(uid) for uid in course.uids]
    ends = [{name: one[name] for name in ALIKE} for one in seen]
    over = [
        {name: one["cancellation"][name] for name in OVER} if one["cancellation"] else None for one in ends
    ]
    return [{**one, "cancellation": how} for one, how in zip(ends, over, strict=True)]


def accepted(at: str) -> Json:
    """The host's yes at Cal.com."""
    given = {"action": "accept", "by": None, "channel": "calcom", "at": at}
    return {**given, "reason_code": None, "reason": None}


def cancelled(at: str) -> Json:
    """A meeting called off."""
    return {"at": at, "was": "accepted", "reason": "Ill"}


def moved_ending(course: Course) -> list[Json]:
    """The old uid was accepted and is closed by the move; the new one, for which nobody was asked, was cancelled."""
    (old, new), (asked, yes, _, no) = course.uids, course.times()
    nothing: Json = dict.fromkeys(ALIKE)
    left = {"moved_to": new, "decision": accepted(yes), "approvals": {"attendee": asked, "host": yes}}
    came = {"moved_from": old, "approvals": {"attendee": None, "host": None}}
    rest: Json = {"status": "cancelled", "flags": []}
    return [{**nothing, **rest, **left}, {**nothing, **rest, **came, "cancellation": cancelled(no)}]


def chosen_again_ending(course: Course) -> list[Json]:
    """The old uid is closed by the move, not by the cancellation; the new one was accepted, and nobody was asked."""
    (old, new), (asked, yes, _, _) = course.uids, course.times()
    nothing: Json = dict.fromkeys(ALIKE)
    left = {"moved_to": new, "decision": accepted(yes), "approvals": {"attendee": asked, "host": yes}}
    came = {"moved_from": old, "approvals": {"attendee": None, "host": None}}
    return [
        {**nothing, **left, "status": "cancelled", "flags": []},
        {**nothing, **came, "status": "accepted", "flags": ["accepted_without_answer"]},
    ]


def revived_ending(course: Course) -> list[Json]:
    """Declined once, accepted in the end, and cancelled as a meeting."""
    asked, _, yes, no = course.times()
    rest = {"status": "cancelled", "flags": [], "approvals": {"attendee": asked, "host": yes}}
    answer = {"decision": accepted(yes), "cancellation": cancelled(no)}
    return [{**dict.fromkeys(ALIKE), **rest, **answer}]


COURSES = pytest.mark.parametrize(
    ("happening", "ending"),
    [(moved, moved_ending), (chosen_again, chosen_again_ending), (revived, revived_ending)],
    ids=["moved", "chosen again", "revived"],
)


@FIRST
@TIMES
@COURSES
async def test_every_order_without_cal_com(
    gateway: Gateway, unheard: CalCom, happening: Happening, ending: Any, first: int, at_once: bool
) -> None:
    """From the webhooks alone, in whichever order they come, the bookings end alike in all that is shown."""
    gateway.to_calcom.cut = True
    courses = await told(gateway, unheard, happening, first, at_once=at_once)
    ends = {order: await endings(gateway.service(), course) for order, course in courses.items()}
    assert ends == {order: ending(course) for order, course in courses.items()}


@FIRST
@TIMES
@COURSES
async def test_every_order_with_cal_com(
    gateway: Gateway, unheard: CalCom, happening: Happening, ending: Any, first: int, at_once: bool
) -> None:
    """With every look answered the bookings end as without one, and as Cal.com's own rows."""
    courses = await told(gateway, unheard, happening, first, at_once=at_once)
    await settled(gateway)
    ends = {order: await endings(gateway.service(), course) for order, course in courses.items()}
    uids = [uid for course in courses.values() for uid in course.uids]
    assert [await mirrored(gateway, uid) for uid in uids] == [await truth(unheard, uid) for uid in uids]
    assert ends == {order: ending(course) for order, course in courses.items()}


async def test_exact_repeats_are_duplicates(gateway: Gateway, unheard: CalCom) -> None:
    """Every word again, byte for byte and the other way round: `duplicate`, and nobody's ETag moves."""
    course = await moved(gateway, unheard, NOON + timedelta(days=3))
    await bring(gateway, course.bodies)
    before = await gateway.service().etag()
    assert await bring(gateway, course.bodies[::-1]) == ["duplicate"] * 4
    assert await gateway.service().etag() == before


@pytest.mark.parametrize("place", range(4))
async def test_a_word_put_together_again_is_one_line(gateway: Gateway, unheard: CalCom, place: int) -> None:
    """Another title under the same time: the event was one, and the timeline says it once."""
    gateway.to_calcom.cut = True
    course = await moved(gateway, unheard, NOON + timedelta(days=3))
    await bring(gateway, course.bodies)
    before = [await gateway.service().events(uid) for uid in course.uids]
    await bring(gateway, [rebuilt(course.bodies[place], title="Another title")])
    assert [await gateway.service().events(uid) for uid in course.uids] == before


@pytest.mark.parametrize("action", ["confirm", "decline", "cancel", "move"])
async def test_a_late_request_never_reopens(gateway: Gateway, unheard: CalCom, action: str) -> None:
    """Told again long after the answer, and as newer than it, the request is no news to anybody."""
    gateway.to_calcom.cut = True
    uid = await unheard.book(NOON + timedelta(days=3))
    if action == "move":
        await move(unheard, uid, NOON + timedelta(days=33))
    else:
        await act(gateway, unheard, uid, action)
    sent = (await unheard.control("GET", "webhooks"))["webhooks"][1:]
    request, answer = [str(one["body"]).encode() for one in sent]
    await bring(gateway, [request, answer])
    before = await gateway.service().booking(uid)
    assert await bring(gateway, [rebuilt(request, at="2027-03-02T12:00:00.000Z")]) == ["stale"]
    assert (before["status"] != "pending", await gateway.service().booking(uid)) == (True, before)
