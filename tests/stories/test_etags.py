"""An ETag never lies: as long as it stands, every answer it was given with is still the answer, to the letter."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.cast import ANA, BEN, MAYA, NOON, CalCom, Clock, Gateway, Portal, until

GUEST = "guest@example.com"
LATER = "2027-03-01T13:00:00.000Z"


@dataclass
class Memory:
    """Every answer that somebody was given under an ETag."""

    gateway: Gateway
    uid: str
    given: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    lies: list[str] = field(default_factory=list)

    async def check(self, after: str) -> None:
        """Ask for everything as everybody, and compare with what the same ETag stood for before."""
        people = {
            "maya": self.gateway.host(),
            "ana": self.gateway.attendee(),
            "guest": self.gateway.attendee(GUEST),
        }
        for name, portal in {**people, "service": self.gateway.service()}.items():
            for path in ("", f"/{self.uid}", f"/{self.uid}/timeline"):
                answer = await portal.get(f"/v1/bookings{path}")
                tag = answer.headers.get("etag", "unknown")
                known = self.given.setdefault((name, path, tag), answer.json())
                self.lies += [f"{name} {path or 'list'} after {after}"] if known != answer.json() else []


async def lies_after(
    gateway: Gateway, uid: str, *steps: tuple[str, Callable[[], Awaitable[object]]]
) -> list[str]:
    """What was changed under an unchanged ETag while these things happened one after the other."""
    memory = Memory(gateway, uid)
    await memory.check("the beginning")
    for name, step in steps:
        await step()
        await memory.check(name)
    return memory.lies


async def told_again(gateway: Gateway, sandbox: CalCom, uid: str, **payload: object) -> None:
    """Cal.com tells the request once more, an hour later, with other words."""
    told = json.loads((await sandbox.bodies(uid))[0])
    told["createdAt"] = LATER
    told["payload"] |= payload
    assert (await gateway.deliver(json.dumps(told).encode())).json()["verdict"] in ("applied", "unchanged")


async def test_from_request_to_end(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """Request, competitor, failed accept, accept, conflict, start, end."""
    uid, maya = await sandbox.book(NOON + timedelta(days=1), guests=[GUEST]), gateway.host()
    await sandbox.mood(route="confirm", mood="status", status=403)

    async def pass_time() -> None:
        clock.wind(days=1, minutes=10)

    steps = [
        ("competitor", lambda: sandbox.book(NOON + timedelta(days=1), email=BEN)),
        ("failed accept", lambda: maya.accept(uid)),
        ("accept", lambda: maya.accept(uid)),
        ("start", pass_time),
        ("no-show", lambda: sandbox.act(uid, "mark-absent", attendees=[{"email": ANA, "absent": True}])),
        ("end", pass_time),
    ]
    assert await lies_after(gateway, uid, *steps) == []


async def test_declined_cancelled_revived(gateway: Gateway, sandbox: CalCom) -> None:
    """Answers given here and at Cal.com, and a cancellation."""
    uid, maya = await sandbox.book(guests=[GUEST]), gateway.host()
    steps = [
        ("decline", lambda: maya.reject(uid)),
        ("confirm at Cal.com", lambda: sandbox.act(uid, "confirm")),
        ("cancel", lambda: sandbox.act(uid, "cancel", None, cancellationReason="Ill")),
        ("revival", lambda: sandbox.act(uid, "confirm")),
    ]
    assert await lies_after(gateway, uid, *steps) == []


async def test_a_command_that_waits(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """Attempts, a change of mind and a withdrawal while Cal.com is away."""
    uid, maya = await sandbox.book(), gateway.host()
    gateway.to_calcom.cut = True

    async def withdraw() -> None:
        number = (await maya.booking(uid))["command"]["id"]
        await maya.call("DELETE", f"/v1/commands/{number}")

    hurry = asyncio.create_task(gateway.hurry())
    steps = [
        ("accept", lambda: maya.accept(uid)),
        ("attempts", lambda: asyncio.sleep(0.2)),
        ("decline", lambda: maya.reject(uid)),
        ("withdrawal", withdraw),
    ]
    try:
        assert await lies_after(gateway, uid, *steps) == []
    finally:
        hurry.cancel()


async def test_a_move(gateway: Gateway, sandbox: CalCom) -> None:
    """The attendee moves the request to another day."""
    uid = await sandbox.book()
    move = ("move", lambda: sandbox.act(uid, "reschedule", None, start="2027-03-08T10:00:00Z"))
    assert await lies_after(gateway, uid, move) == []
    sandbox.canaries.append((await gateway.host().booking(uid))["moved_to"])


async def test_a_late_word_about_a_cancelled_meeting(gateway: Gateway, sandbox: CalCom) -> None:
    """CREATED comes after CANCELLED: that it had been accepted is news to the attendee, who is shown it."""
    uid = await sandbox.book()
    await sandbox.mood(trigger="BOOKING_CREATED", mood="hold")
    await sandbox.act(uid, "confirm")
    await sandbox.act(uid, "cancel", None, cancellationReason="Ill")
    late = ("the late word", lambda: sandbox.control("POST", "release"))
    assert await lies_after(gateway, uid, late) == []


async def test_a_late_request(gateway: Gateway, sandbox: CalCom) -> None:
    """REQUESTED comes after CREATED: who had asked, and when, is news to all."""
    await sandbox.book(email=BEN)
    await sandbox.mood(trigger="BOOKING_REQUESTED", mood="hold")
    uid = await sandbox.book()
    await sandbox.act(uid, "confirm")
    late = ("the late word", lambda: sandbox.control("POST", "release"))
    assert await lies_after(gateway, uid, late) == []


async def test_a_series_is_learnt(gateway: Gateway, sandbox: CalCom) -> None:
    """That a request is one of a series is learnt by a look: a booking shows it, and every ETag moves with it."""
    gateway.to_calcom.cut = True
    uid = await sandbox.book(event_type="weekly")

    async def look() -> None:
        gateway.to_calcom.cut = False
        gateway.clock.wind(minutes=2)
        await gateway.wake()
        await until(learnt)

    async def learnt() -> bool:
        return bool((await gateway.host().booking(uid))["series"])

    assert await lies_after(gateway, uid, ("the look", look)) == []


@pytest.mark.parametrize(
    "said",
    [
        {"title": "Another"},
        {"additionalNotes": "Other notes"},
        {"platformRescheduleUrl": "https://cal.example/reschedule"},
        {"location": "The library"},
        {"endTime": "2027-03-04T09:00:00Z"},
        {"price": 500},
    ],
    ids=lambda said: next(iter(said)),
)
async def test_other_words(gateway: Gateway, sandbox: CalCom, said: dict[str, object]) -> None:
    """Cal.com tells the same request with one word changed: whoever is shown it has another ETag."""
    uid = await sandbox.book(guests=[GUEST])
    again = (str(said), lambda: told_again(gateway, sandbox, uid, **said))
    assert await lies_after(gateway, uid, again) == []


@pytest.mark.parametrize("changes", [{"privacy": {"hide_host_email": False}}])
async def test_a_host_who_no_longer_hides(gateway: Gateway, sandbox: CalCom) -> None:
    """Where the setting allows it, Cal.com's flag shows attendees the host's address, and their ETag moves."""
    uid = await sandbox.book(guests=[GUEST])
    again = ("the flag", lambda: told_again(gateway, sandbox, uid, hideOrganizerEmail=False))
    assert await lies_after(gateway, uid, again) == []
    assert (await gateway.attendee().booking(uid))["host"]["email"] == MAYA


async def test_it_is_checked(maya: Portal, gateway: Gateway, sandbox: CalCom) -> None:
    """The check would find a lie."""
    memory = Memory(gateway, await sandbox.book())
    await memory.check("the beginning")
    key = next(iter(memory.given))
    memory.given[key] = "something else"
    await memory.check("nothing")
    assert len(memory.lies) == 1
