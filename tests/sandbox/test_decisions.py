"""What the host's answers and the attendee's cancel do to a booking: Cal.com's table with its gaps."""

import asyncio
from collections import Counter

import pytest

from gateway.sandbox.world import EventType, Recurrence, Status
from tests.sandbox.playing import JONAS, MAYA, SLOT, Play


async def test_a_confirm_accepts_a_request_and_tells_before_it_answers(play: Play) -> None:
    """BOOKING_CREATED with the same uid has been answered when the confirm answers."""
    uid = await play.booked()
    with play.heard() as heard:
        answer = await play.act(uid, "confirm")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "accepted")
    assert heard == ["BOOKING_CREATED"]
    assert play.receiver.payload["uid"] == uid


@pytest.mark.parametrize("before", ["decline", "cancel"])
async def test_a_confirm_revives_what_was_over(play: Play, before: str) -> None:
    """Rejected and cancelled bookings become accepted, with all that follows."""
    uid = await play.booked()
    await play.act(uid, before)
    with play.heard() as heard:
        answer = await play.act(uid, "confirm")
    assert answer.json()["data"]["status"] == "accepted"
    assert heard == ["BOOKING_CREATED"]


@pytest.mark.parametrize("action", ["confirm", "decline"])
async def test_an_accepted_booking_is_the_only_one_refused(play: Play, action: str) -> None:
    """Both answers get the generic 400 then, and nothing is told."""
    uid = await play.booked()
    await play.act(uid, "confirm")
    with play.heard() as heard:
        answer = await play.act(uid, action)
    text = "Bad request: Please check your request data and try again"
    assert (answer.status_code, answer.json()["error"]) == (400, {"code": "TRPCError", "message": text})
    assert heard == []


async def test_every_decline_is_told_and_replaces_the_reason(play: Play) -> None:
    """A second decline is no error: it sends its own BOOKING_REJECTED."""
    uid = await play.booked()
    await play.act(uid, "decline", reason="away")
    assert play.receiver.payload["rejectionReason"] == "away"
    await play.act(uid, "decline")
    assert "rejectionReason" not in play.receiver.payload
    assert play.booking(uid).rejection_reason is None


async def test_the_reason_of_a_decline_is_in_no_answer(play: Play) -> None:
    """Only the webhook and the inner state tell it."""
    uid = await play.booked()
    answer = await play.act(uid, "decline", reason="away on that day")
    assert "away" not in answer.text
    assert "away" not in (await play.call("GET", f"/v2/bookings/{uid}")).text
    assert play.booking(uid).rejection_reason == "away on that day"


async def test_a_misspelt_reason_declines_without_one(play: Play) -> None:
    """Unknown fields of a decline are dropped silently."""
    uid = await play.booked()
    answer = await play.act(uid, "decline", rejectionReason="away")
    assert (answer.status_code, play.booking(uid).rejection_reason) == (200, None)


async def test_only_the_host_or_an_admin_may_answer(play: Play) -> None:
    """A stranger's key gets 401 in the shape of a tRPC error, before the state is looked at."""
    uid = await play.booked()
    answer = await play.act(uid, "confirm", key=JONAS)
    text = "You are not authorized to access this resource"
    assert (answer.status_code, answer.json()["error"]) == (401, {"code": "TRPCError", "message": text})
    assert (await play.act(uid, "confirm", key=MAYA)).status_code == 200


async def test_of_confirms_at_the_same_moment_some_pass(play: Play) -> None:
    """Between the look and the write there is time: two of five go through, each with its webhook."""
    play.world.settings.confirm_delay = 0.01
    uid = await play.booked()
    with play.heard() as heard:
        answers = await asyncio.gather(*(play.act(uid, "confirm") for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 2, 400: 3}
    assert heard == ["BOOKING_CREATED"] * 2
    assert play.booking(uid).confirms == 2


async def test_declines_at_the_same_moment_all_pass(play: Play) -> None:
    """Each has its own webhook."""
    uid = await play.booked()
    with play.heard() as heard:
        answers = await asyncio.gather(*(play.act(uid, "decline") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert heard == ["BOOKING_REJECTED"] * 5


async def test_a_confirm_wins_over_a_cancel_meanwhile(play: Play) -> None:
    """Both are answered 200 and the booking ends up accepted."""
    play.world.settings.confirm_delay = 0.05
    uid = await play.booked()
    answers = await asyncio.gather(play.act(uid, "confirm"), play.act(uid, "cancel"))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert play.booking(uid).status is Status.ACCEPTED


async def test_a_caller_who_hangs_up_does_not_stop_a_confirm(play: Play) -> None:
    """The confirm goes through all the same."""
    play.world.settings.confirm_delay = 0.05
    uid = await play.booked()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(play.act(uid, "confirm"), 0.01)
    await asyncio.sleep(0.1)
    assert play.booking(uid).status is Status.ACCEPTED


async def test_a_confirm_looks_at_no_other_booking(play: Play) -> None:
    """Two requests for one slot can both be accepted."""
    first = await play.booked()
    second = await play.booked(attendee={"name": "Kim", "email": "kim@example.com", "timeZone": "Etc/UTC"})
    await play.act(first, "confirm")
    assert (await play.act(second, "confirm")).json()["data"]["status"] == "accepted"


async def test_one_answer_decides_all_pending_dates_of_a_series(play: Play) -> None:
    """One webhook, for the uid that was named; all dates change."""
    first, second, third = await series(play)
    with play.heard() as heard:
        await play.act(second, "confirm")
    assert heard == ["BOOKING_CREATED"]
    assert {play.booking(uid).status for uid in (first, second, third)} == {Status.ACCEPTED}
    assert len({play.booking(uid).updated_at for uid in (first, second, third)}) == 1


async def test_a_date_of_a_series_is_not_revived_but_told_so(play: Play) -> None:
    """The answer shows it cancelled, the webhook calls it ACCEPTED."""
    first, second, _ = await series(play)
    await play.act(first, "cancel")
    answer = await play.act(first, "confirm")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "cancelled")
    assert play.receiver.payload["status"] == "ACCEPTED"
    assert play.booking(second).status is Status.ACCEPTED


async def test_a_series_uid_cannot_be_confirmed(play: Play) -> None:
    """It is unknown to confirm, though a GET of it lists the dates."""
    first, *_ = await series(play)
    name = play.booking(first).series
    assert len(await play.get(f"/v2/bookings/{name}")) == 3
    assert (await play.act(str(name), "confirm")).status_code == 404


async def series(play: Play) -> list[str]:
    """Ask for three dates in three weeks."""
    made = await play.control("POST", "bookings", {"event_type": weekly(play), "start": SLOT})
    return [str(uid) for uid in made["uids"]]


def weekly(play: Play) -> int:
    """Add an event type that repeats."""
    play.world.event_types.append(EventType(31, "weekly", "Weekly", 101, recurrence=Recurrence(3)))
    return 31
