"""Who may cancel what, with which reason, and when the subscribers hear of it."""

from datetime import timedelta

import pytest

from gateway.sandbox.world import EventType, Recurrence, Status
from tests.sandbox.playing import MAYA, SLOT, Play


async def test_subscribers_hear_of_a_cancel_before_it_has_happened(play: Play) -> None:
    """Whoever reads the API at that moment still sees the old status."""
    uid = await play.booked()
    play.receiver.look = lambda: play.booking(uid).status
    await play.act(uid, "cancel", key=None, cancellationReason="ill")
    assert play.receiver.seen == [Status.PENDING]
    assert play.booking(uid).status is Status.CANCELLED


@pytest.mark.parametrize("action", ["confirm", "decline"])
async def test_of_everything_else_they_hear_afterwards(play: Play, action: str) -> None:
    """The API already shows the new status."""
    uid = await play.booked()
    play.receiver.look = lambda: play.booking(uid).status
    await play.act(uid, action)
    assert play.receiver.seen == [Status.ACCEPTED if action == "confirm" else Status.REJECTED]


async def test_anybody_with_the_uid_may_cancel(play: Play) -> None:
    """Without credentials no reason is needed, and the answer does not tell who did it."""
    uid = await play.booked()
    data = (await play.act(uid, "cancel", key=None)).json()["data"]
    assert (data["status"], data["cancellationReason"], data["cancelledByEmail"]) == ("cancelled", "", "")


@pytest.mark.parametrize("body", [{}, {"cancellationReason": ""}])
async def test_the_host_must_give_a_reason(play: Play, body: dict[str, str]) -> None:
    """Only the host's own key is asked for one; the refusal has no envelope."""
    uid = await play.booked()
    answer = await play.act(uid, "cancel", key=MAYA, **body)
    text = "Cancellation reason is required when you are the host"
    assert (answer.status_code, answer.json()) == (400, {"statusCode": 400, "message": text})
    assert (await play.act(uid, "cancel", **body)).status_code == 200


async def test_a_cancelled_booking_is_not_cancelled_again(play: Play) -> None:
    """The refusal comes in the envelope and names the uid."""
    uid = await play.booked()
    await play.act(uid, "cancel")
    answer = await play.act(uid, "cancel")
    assert answer.status_code == 400
    assert uid in answer.json()["error"]["message"]


async def test_a_rejected_booking_may_be_cancelled(play: Play) -> None:
    """It becomes cancelled, and that is told."""
    uid = await play.booked()
    await play.act(uid, "decline")
    with play.heard() as heard:
        await play.act(uid, "cancel")
    assert heard == ["BOOKING_CANCELLED"]
    assert play.booking(uid).status is Status.CANCELLED


async def test_what_has_ended_is_not_cancelled(play: Play) -> None:
    """Not even while it is still pending."""
    uid = await play.booked()
    play.at = play.booking(uid).end
    answer = await play.act(uid, "cancel", key=None)
    text = "Cannot cancel a booking that has already ended"
    assert (answer.status_code, answer.json()) == (400, {"statusCode": 400, "message": text})


async def test_unknown_fields_of_a_cancel_are_refused(play: Play) -> None:
    """`reason` is the word of decline, not of cancel."""
    uid = await play.booked()
    answer = await play.act(uid, "cancel", reason="ill")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "reason property is wrong,property reason should not exist "


@pytest.mark.parametrize("by_series", [True, False])
async def test_the_rest_of_a_series_goes_with_one_webhook(play: Play, by_series: bool) -> None:
    """By the series' uid, or from one date on; the answer lists the dates, and only the first way says how it repeats."""
    play.world.event_types.append(EventType(31, "weekly", "Weekly", 101, recurrence=Recurrence(3)))
    first, second, _ = (await play.control("POST", "bookings", {"event_type": 31, "start": SLOT}))["uids"]
    with play.heard() as heard:
        if by_series:
            answer = await play.act(play.booking(first).series or "", "cancel")
        else:
            answer = await play.act(second, "cancel", cancelSubsequentBookings=True)
    assert heard == ["BOOKING_CANCELLED"]
    assert ("recurringEvent" in play.receiver.payload) is by_series
    assert len(answer.json()["data"]) == (3 if by_series else 2)
    assert play.booking(first).status is (Status.CANCELLED if by_series else Status.PENDING)


async def test_only_a_moment_makes_the_difference(play: Play) -> None:
    """While it lasts it can be cancelled."""
    uid = await play.booked()
    play.at = play.booking(uid).end - timedelta(seconds=1)
    assert (await play.act(uid, "cancel", key=None)).status_code == 200
