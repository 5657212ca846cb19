"""Paid event types: an acceptance that is none, and two orders of what follows a payment."""

from typing import Any

import pytest

from gateway.sandbox.world import Approval, EventType, Level, Scheduling, Status, Subscription
from tests.sandbox.playing import HOOK, SECRET, Play, demo


@pytest.fixture
def play() -> Play:
    """A sandbox with something to pay for, once with and once without the host's yes."""
    world = demo()
    world.event_types.append(EventType(33, "review", "Review", 101, approval=Approval.NEVER, price=2500))
    world.event_types.append(EventType(34, "coaching", "Coaching", 101, price=5000, currency="eur"))
    return Play(world)


async def pay(play: Play, uid: str) -> list[str]:
    """Pay, and tell what was heard of it."""
    with play.heard() as heard:
        await play.control("POST", "payments", {"uid": uid})
    return heard


async def test_what_is_to_be_paid_is_told_as_accepted(play: Play) -> None:
    """The stored booking is pending, whatever the webhook says."""
    uid = await play.booked(eventTypeId=33)
    payload = play.receiver.payload
    assert play.receiver.triggers == ["BOOKING_PAYMENT_INITIATED"]
    assert (payload["status"], payload["price"], payload["paymentId"]) == (
        "ACCEPTED",
        2500,
        play.booking(uid).id,
    )
    assert play.booking(uid).status is Status.PENDING


@pytest.mark.parametrize(
    ("kind", "payments", "heard", "status"),
    [
        (33, "older", ["BOOKING_CREATED", "BOOKING_PAID"], Status.ACCEPTED),
        (33, "newer", ["BOOKING_PAID", "BOOKING_CREATED"], Status.ACCEPTED),
        (34, "older", ["BOOKING_REQUESTED"], Status.PENDING),
        (34, "newer", ["BOOKING_PAID", "BOOKING_REQUESTED"], Status.PENDING),
    ],
)
async def test_a_payment_has_two_orders(
    play: Play, kind: int, payments: str, heard: list[str], status: Status
) -> None:
    """Where the host is asked, older source never says that it was paid."""
    await play.control("POST", "settings", {"payments": payments})
    uid = await play.booked(eventTypeId=kind)
    assert await pay(play, uid) == heard
    assert play.booking(uid).status is status


async def test_paid_tells_the_stored_state(play: Play) -> None:
    """Pending where approval is still due; its metadata is the payment's."""
    await play.control("POST", "settings", {"payments": "newer"})
    await pay(play, await play.booked(eventTypeId=34, metadata={"own": "1"}))
    payload: Any = play.receiver.bodies[-2]["payload"]
    assert payload["status"] == "PENDING"
    assert payload["metadata"]["bookerEmail"] == "sam@example.com"
    assert "own" not in payload["metadata"]


async def test_the_request_after_a_payment_is_thin(play: Play) -> None:
    """It says neither its state nor the id of its event type, and carries no password."""
    await pay(play, await play.booked(eventTypeId=34))
    assert not {"status", "eventTypeId", "oneTimePassword", "metadata"} & set(play.receiver.payload)


async def test_the_request_after_a_payment_reaches_the_organizer(play: Play) -> None:
    """Even where the event type is a team's."""
    kind = play.world.event_type(34)
    kind.team, kind.scheduling, kind.hosts = 1, Scheduling.COLLECTIVE, [101]
    play.world.subscriptions[:] = [Subscription("own", HOOK, SECRET, level=Level.USER, owner=101)]
    uid = await play.booked(eventTypeId=34)
    assert (play.receiver.triggers, await pay(play, uid)) == ([], ["BOOKING_REQUESTED"])


@pytest.mark.parametrize(("payments", "heard"), [("older", []), ("newer", ["BOOKING_PAID"])])
async def test_a_confirm_before_the_payment_is_silent(play: Play, payments: str, heard: list[str]) -> None:
    """The state changes and nothing else: no link, no mail, no webhook; the payment comes too late to be more."""
    await play.control("POST", "settings", {"payments": payments})
    uid = await play.booked(eventTypeId=34)
    with play.heard() as at_once:
        answer = await play.act(uid, "confirm")
    assert (at_once, answer.json()["data"]["status"], play.booking(uid).invitations) == ([], "accepted", 0)
    assert await pay(play, uid) == heard


async def test_paid_and_asked_it_is_confirmed_as_ever(play: Play) -> None:
    """With the webhook."""
    uid = await play.booked(eventTypeId=34)
    await pay(play, uid)
    with play.heard() as heard:
        await play.act(uid, "confirm")
    assert heard == ["BOOKING_CREATED"]
