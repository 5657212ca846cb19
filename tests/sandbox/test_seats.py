"""Slots that strangers share: one uid for all, a place for each, and nobody told who else comes."""

from typing import Any

import pytest

from gateway.sandbox.world import Approval, EventType, Status
from tests.sandbox.playing import HOOK, MAYA, PERSON, SLOT, Play, demo

BEN = {"name": "Ben Okafor", "email": "ben@example.com", "timeZone": "Europe/Rome"}
CHLOE = {"name": "Chloe Petit", "email": "chloe@example.com", "timeZone": "Europe/Rome"}


@pytest.fixture
def play() -> Play:
    """A sandbox with a slot for two."""
    world = demo()
    world.event_types.append(EventType(32, "group", "Group", 101, approval=Approval.NEVER, seats=2))
    return Play(world)


async def sit(play: Play, attendee: dict[str, Any] | None = None) -> Any:
    """Take a place and give what the API says of it."""
    return (await play.ask(eventTypeId=32, attendee=attendee or PERSON)).json()["data"]


async def test_places_share_a_uid(play: Play) -> None:
    """Each is told as its own BOOKING_CREATED, with that person only and the seat's id."""
    first, second = await sit(play), await sit(play, BEN)
    assert (first["uid"], first["id"]) == (second["uid"], second["id"])
    assert first["seatUid"] != second["seatUid"]
    told = [body["payload"] for body in play.receiver.bodies]
    assert play.receiver.triggers == ["BOOKING_CREATED", "BOOKING_CREATED"]
    assert [payload["attendeeSeatId"] for payload in told] == [first["seatUid"], second["seatUid"]]
    assert [[one["name"] for one in payload["attendees"]] for payload in told] == [
        ["Sam Mentee"],
        ["Ben Okafor"],
    ]


@pytest.mark.parametrize(
    ("attendee", "text"),
    [(CHLOE, "booking_seats_full_error"), (BEN, "already_signed_up_for_this_booking_error")],
)
async def test_there_are_no_more_places_than_there_are(
    play: Play, attendee: dict[str, Any], text: str
) -> None:
    """And nobody has two of them."""
    await sit(play)
    await sit(play, BEN)
    answer = await play.ask(eventTypeId=32, attendee=attendee)
    assert (answer.status_code, answer.json()["message"]) == (409, text)


async def test_one_leaves_and_the_slot_goes_on(play: Play) -> None:
    """The webhook looks like the end of it: same trigger, same uid, status CANCELLED, but one person."""
    first, second = await sit(play), await sit(play, BEN)
    answer = await play.act(first["uid"], "cancel", None, seatUid=second["seatUid"])
    assert [one["name"] for one in answer.json()["data"]["attendees"]] == ["Sam Mentee"]
    payload = play.receiver.payload
    assert (payload["status"], payload["seatsPerTimeSlot"]) == ("CANCELLED", 2)
    assert [one["bookingSeat"]["referenceUid"] for one in payload["attendees"]] == [second["seatUid"]]
    assert play.booking(first["uid"]).status is Status.ACCEPTED


async def test_the_last_one_to_leave_ends_it(play: Play) -> None:
    """It is a cancel of the whole."""
    data = await sit(play)
    await play.act(data["uid"], "cancel", None, seatUid=data["seatUid"])
    assert play.booking(data["uid"]).status is Status.CANCELLED


async def test_only_the_host_ends_it_for_all(play: Play) -> None:
    """Anybody else is refused without an envelope; the webhook then names everybody."""
    uid = (await sit(play))["uid"]
    await sit(play, BEN)
    answer = await play.act(uid, "cancel", None)
    assert (answer.status_code, answer.json()["message"]) == (401, "User not a host of this event")
    await play.act(uid, "cancel", MAYA, cancellationReason="ill")
    assert [one["name"] for one in play.receiver.payload["attendees"]] == ["Sam Mentee", "Ben Okafor"]


async def test_a_foreign_seat_is_refused(play: Play) -> None:
    """It is part of no such booking."""
    data = await sit(play)
    assert (await play.act(data["uid"], "cancel", None, seatUid="nope")).status_code == 400


@pytest.mark.parametrize(("shown", "key", "count"), [(True, None, 1), (False, None, 0), (False, MAYA, 1)])
async def test_who_sits_there_may_be_hidden(play: Play, shown: bool, key: str | None, count: int) -> None:
    """Not from the owner of the event type."""
    uid = (await sit(play))["uid"]
    play.world.event_type(32).seats_shown = shown
    assert len((await play.get(f"/v2/bookings/{uid}", key))["attendees"]) == count


@pytest.mark.parametrize(("more", "status"), [({}, 400), ({"seatUid": "x"}, 501)])
async def test_moving_a_place_is_left_out(play: Play, more: dict[str, str], status: int) -> None:
    """Without a seat Cal.com refuses; with one the sandbox says that it does not do it."""
    uid = (await sit(play))["uid"]
    assert (
        await play.act(uid, "reschedule", None, start="2027-03-05T10:00:00Z", **more)
    ).status_code == status


async def test_a_place_taken_on_the_page_has_its_seat(play: Play) -> None:
    """The control route tells it, too."""
    shown = await play.control("POST", "bookings", {"event_type": "group", "start": SLOT})
    assert shown["seat"] == play.booking(shown["uid"]).booker.seat
    assert play.receiver.requests[-1].url == HOOK
