"""What is in the webhooks: three builders that look alike and differ in times, flags and presence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.sandbox.times import millis, offset, parse, seconds, utc_offset
from gateway.sandbox.world import Approval, EventType
from tests.sandbox.playing import MAYA, Play


async def told(play: Play, action: str | None = None, **body: Any) -> Any:
    """Give the payload of a request, or of what is done to it."""
    uid = await play.booked(**body.pop("ask", {}))
    if action:
        await play.act(uid, action, **body)
    return play.receiver.payload


@pytest.mark.parametrize(
    ("action", "start"),
    [
        (None, "2027-03-04T10:00:00Z"),
        ("confirm", "2027-03-04T10:00:00.000Z"),
        ("decline", "2027-03-04T10:00:00.000Z"),
        ("cancel", "2027-03-04T10:00:00+00:00"),
    ],
)
async def test_three_builders_write_three_time_formats(play: Play, action: str | None, start: str) -> None:
    """Seconds when made, milliseconds when decided, an offset when cancelled."""
    assert (await told(play, action))["startTime"] == start


@pytest.mark.parametrize(("action", "secret"), [(None, True), ("confirm", False), ("cancel", False)])
async def test_only_a_request_carries_the_password(play: Play, action: str | None, secret: bool) -> None:
    """It is the token of the host's accept link."""
    assert ("oneTimePassword" in await told(play, action)) is secret


@pytest.mark.parametrize("action", [None, "confirm", "decline", "cancel"])
async def test_a_hidden_host_is_only_flagged(play: Play, action: str | None) -> None:
    """The address is in the body all the same."""
    payload = await told(play, action)
    assert payload["hideOrganizerEmail"] is True
    assert payload["organizer"]["email"] == "maya@example.com"


async def test_no_approval_is_null_when_cancelled(play: Play) -> None:
    """And the price, too."""
    payload = await told(play, "cancel", ask={"eventTypeId": 21})
    assert (payload["requiresConfirmation"], payload["price"]) == (None, None)


async def test_the_setting_counts_in_a_decision_not_the_case(play: Play) -> None:
    """With a threshold the event type does ask, whatever this booking needed."""
    play.world.event_types.append(EventType(33, "soon", "Soon", 101, approval=Approval.TIME, threshold=1))
    assert (await told(play, ask={"eventTypeId": 33}))["requiresConfirmation"] is False
    uid = play.receiver.payload["uid"]
    await play.act(uid, "cancel")
    assert play.receiver.payload["requiresConfirmation"] is True


async def test_the_way_into_the_call_comes_with_the_yes(play: Play) -> None:
    """Address and password are in the body, and the API's place is the address from then on."""
    assert (await told(play))["location"] == "integrations:daily"
    payload = await told(play, "confirm")
    assert payload["metadata"]["videoCallUrl"] == payload["videoCallData"]["url"]
    assert payload["videoCallData"]["password"]
    assert (await play.get(f"/v2/bookings/{payload['uid']}"))["meetingUrl"] == payload["videoCallData"]["url"]


async def test_a_rejection_has_no_call(play: Play) -> None:
    """Neither data nor metadata."""
    payload = await told(play, "decline")
    assert not {"metadata", "videoCallData"} & set(payload)


async def test_the_callers_metadata_comes_back_in_the_request(play: Play) -> None:
    """In the caller's order there, in the column's order in the API."""
    uid = await play.booked(metadata={"source": "web", "n": "7"})
    assert list(play.receiver.payload["metadata"]) == ["source", "n"]
    assert list((await play.get(f"/v2/bookings/{uid}"))["metadata"]) == ["n", "source"]


async def test_the_root_tells_the_sending_not_the_booking(play: Play) -> None:
    """`createdAt` is now."""
    uid = await play.booked()
    play.wait(hours=1)
    await play.act(uid, "confirm")
    assert play.receiver.bodies[-1]["createdAt"] == "2027-03-01T13:00:00.000Z"


async def test_an_absence_is_told_by_address(play: Play) -> None:
    """The host's own absence is believed from any key and not told."""
    uid = await play.booked()
    await play.act(uid, "confirm")
    play.at = play.booking(uid).end
    await play.act(uid, "mark-absent", MAYA, attendees=[{"email": "sam@example.com", "absent": True}])
    assert play.receiver.payload["message"] == "sam@example.com marked as no-show"
    assert play.receiver.payload["bookingUid"] == uid
    with play.heard() as heard:
        data = (await play.act(uid, "mark-absent", "cal_sandbox_jonas", host=True)).json()["data"]
    assert (heard, data["absentHost"], data["attendees"][0]["absent"]) == ([], True, True)


async def test_nobody_is_absent_before_the_start(play: Play) -> None:
    """And attendees are absent for the host only."""
    uid = await play.booked()
    absence = [{"email": "sam@example.com", "absent": True}]
    assert (await play.act(uid, "mark-absent", MAYA, attendees=absence)).status_code == 400
    play.at = play.booking(uid).start
    answer = await play.act(uid, "mark-absent", attendees=absence)
    assert answer.json() == {"statusCode": 500, "message": "Failed to update no-show status"}


@pytest.mark.parametrize("trigger", ["MEETING_STARTED", "MEETING_ENDED"])
async def test_a_meetings_body_is_flat(play: Play, trigger: str) -> None:
    """The row is spread over the root; `createdAt` is the booking's."""
    uid = await play.booked(eventTypeId=21)
    play.wait(days=3)
    await play.control("POST", "meetings", {"uid": uid, "trigger": trigger})
    body = play.receiver.bodies[-1]
    assert (body["triggerEvent"], body["uid"], body["userId"]) == (trigger, uid, 101)
    assert "payload" not in body
    assert body["createdAt"] == "2027-03-01T12:00:00.000Z"


async def test_a_meetings_body_is_reduced_after_a_hosts_yes(play: Play) -> None:
    """Then even `createdAt` is missing."""
    uid = await play.booked()
    await play.act(uid, "confirm")
    await play.control("POST", "meetings", {"uid": uid})
    body = play.receiver.bodies[-1]
    assert (body["triggerEvent"], body["uid"]) == ("MEETING_STARTED", uid)
    assert not {"createdAt", "userId", "user", "eventTypeId", "payload"} & set(body)
    assert body["eventType"]["hosts"] == [{"user": {"email": "maya@example.com"}}]


def test_times_are_written_in_utc() -> None:
    """Whatever zone they came in."""
    at = parse("2027-06-01T12:00:00.5+02:00")
    assert at == datetime(2027, 6, 1, 10, 0, 0, 500000, UTC)
    assert (millis(at), seconds(at)) == ("2027-06-01T10:00:00.500Z", "2027-06-01T10:00:00Z")
    assert offset(at) == "2027-06-01T10:00:00+00:00"
    assert parse("2027-06-01") == datetime(2027, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "month", "minutes"),
    [("Europe/Rome", 1, 60), ("Europe/Rome", 7, 120), ("Mars/Base", 1, None), ("", 1, None)],
)
def test_a_persons_offset_is_that_of_the_day(zone: str, month: int, minutes: int | None) -> None:
    """Summer counts; a zone nobody knows has none."""
    assert utc_offset(zone, datetime(2027, month, 1, tzinfo=UTC)) == minutes
