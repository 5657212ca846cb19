"""Moves: always a new uid, sometimes accepted at once, and open to anybody who knows the host's address."""

import pytest

from gateway.sandbox.world import EventType, Status
from tests.sandbox.playing import MAYA, SLOT, Play

LATER = "2027-03-05T15:00:00Z"
HOST = "maya@example.com"


async def move(play: Play, uid: str, key: str | None = None, **body: str) -> str:
    """Move a booking and give the new uid."""
    answer = await play.act(uid, "reschedule", key, start=body.pop("start", LATER), **body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["uid"])


@pytest.mark.parametrize("accepted", [True, False])
async def test_an_attendees_move_is_a_new_request(play: Play, accepted: bool) -> None:
    """The old uid is cancelled at once, without a word about it; the new one waits."""
    old = await play.booked()
    if accepted:
        await play.act(old, "confirm")
    with play.heard() as heard:
        new = await move(play, old)
    assert heard == ["BOOKING_REQUESTED"]
    assert (play.booking(old).status, play.booking(new).status) == (Status.CANCELLED, Status.PENDING)
    assert (play.receiver.payload["uid"], play.receiver.payload["rescheduleUid"]) == (new, old)


async def test_both_ends_of_a_move_name_each_other(play: Play) -> None:
    """And the calendar's id stays that of the first."""
    old = await play.booked()
    new = await move(play, old, reschedulingReason="late train")
    was, now = await play.get(f"/v2/bookings/{old}"), await play.get(f"/v2/bookings/{new}")
    assert (was["rescheduledToUid"], now["rescheduledFromUid"]) == (new, old)
    assert (now["reschedulingReason"], now["icsUid"]) == ("late train", f"{old}@Cal.com")
    assert was["updatedAt"] <= now["createdAt"]


@pytest.mark.parametrize(("key", "by"), [(MAYA, None), (None, HOST), ("cal_sandbox_jonas", HOST)])
async def test_the_hosts_move_is_accepted_at_once(play: Play, key: str | None, by: str | None) -> None:
    """By the host's key, or because anybody says so in the body."""
    old = await play.booked()
    with play.heard() as heard:
        new = await move(play, old, key, **({"rescheduledBy": by} if by else {}))
    assert heard == ["BOOKING_RESCHEDULED"]
    assert play.booking(new).status is Status.ACCEPTED
    payload = play.receiver.payload
    assert (payload["status"], payload["requiresConfirmation"], payload.get("rescheduledBy")) == (
        "ACCEPTED",
        False,
        by,
    )


async def test_so_a_request_can_be_accepted_by_moving_it_nowhere(play: Play) -> None:
    """The same start is enough, without credentials."""
    old = await play.booked()
    new = await move(play, old, start=SLOT, rescheduledBy=HOST)
    assert new != old
    assert play.booking(new).status is Status.ACCEPTED


@pytest.mark.parametrize("by", ["MAYA@example.com", "jonas@example.com", "sam@example.com"])
async def test_any_other_address_leaves_it_waiting(play: Play, by: str) -> None:
    """The comparison is case-sensitive."""
    new = await move(play, await play.booked(), rescheduledBy=by)
    assert play.booking(new).status is Status.PENDING


async def test_the_body_wins_over_the_key(play: Play) -> None:
    """The host's own key does not help where the body names another user."""
    new = await move(play, await play.booked(), MAYA, rescheduledBy="jonas@example.com")
    assert play.booking(new).status is Status.PENDING


async def test_an_attendees_move_to_the_same_start_does_nothing(play: Play) -> None:
    """The same uid comes back with 201, and nobody is told."""
    old = await play.booked()
    with play.heard() as heard:
        assert await move(play, old, start=SLOT) == old
    assert heard == []


async def test_a_move_without_approval_is_a_reschedule(play: Play) -> None:
    """Nobody is asked where the event type asks nobody."""
    uid = await play.booked(eventTypeId=21, start=SLOT)
    with play.heard() as heard:
        await move(play, uid)
    assert heard == ["BOOKING_RESCHEDULED"]


async def test_what_was_cancelled_cannot_be_moved(play: Play) -> None:
    """If it was moved before, the text names the newer uid."""
    old = await play.booked()
    new = await move(play, old)
    assert new in (await play.act(old, "reschedule", start=LATER)).json()["error"]["message"]
    await play.act(new, "cancel")
    answer = await play.act(new, "reschedule", start=LATER)
    assert "has been cancelled. Please" in answer.json()["error"]["message"]


async def test_a_rejected_booking_is_not_found_by_a_move(play: Play) -> None:
    """Release 6.0.2 answers a bare 404."""
    uid = await play.booked()
    await play.act(uid, "decline")
    answer = await play.act(uid, "reschedule", start=LATER)
    assert (answer.status_code, answer.json()["message"]) == (404, "Could not find original booking")


async def test_a_taken_slot_cannot_be_moved_to(play: Play) -> None:
    """Not even by the host; but what is moved away does not stand in its own way."""
    first, second = await play.booked(), await play.booked(start=LATER)
    await play.act(second, "confirm")
    answer = await play.act(first, "reschedule", MAYA, start=LATER)
    assert answer.json()["error"]["message"].startswith("User either already has booking")
    assert (await play.act(second, "reschedule", MAYA, start="2027-03-05T15:15:00Z")).status_code == 201


async def test_a_long_chain_keeps_its_first_name(play: Play) -> None:
    """The sequence counts the moves, the calendar's id does not change."""
    uids = [await play.booked()]
    for hour in (11, 12, 13):
        uids.append(await move(play, uids[-1], start=f"2027-03-08T{hour}:00:00Z"))
    last = play.booking(uids[-1])
    assert (last.ical_uid, last.ical_sequence) == (f"{uids[0]}@Cal.com", 3)


async def test_an_accepted_video_call_is_known_to_the_move(play: Play) -> None:
    """The new request carries the old call's address in its metadata; its own row has none yet."""
    old = await play.booked()
    await play.act(old, "confirm")
    new = await move(play, old)
    assert play.receiver.payload["metadata"]["videoCallUrl"].endswith(old)
    assert (await play.get(f"/v2/bookings/{new}"))["location"] == "integrations:daily"


async def test_a_place_without_a_call_leaves_an_empty_address(play: Play) -> None:
    """As recorded: the key is there, and empty."""
    play.world.event_types.append(EventType(32, "visit", "Visit", 101, location="1 Example Street"))
    old = await play.booked(eventTypeId=32)
    await play.act(old, "confirm")
    await move(play, old)
    assert play.receiver.payload["metadata"] == {"videoCallUrl": ""}
