"""Asking for a date: who waits, who is refused, and what is made of it."""

from typing import Any

import pytest

from gateway.sandbox.world import Approval, EventType, Question, Recurrence, Status
from tests.sandbox.playing import MAYA, PERSON, SLOT, Play


async def test_a_request_waits_and_is_told(play: Play) -> None:
    """Pending, with the password of the host's e-mail link in the webhook."""
    answer = await play.ask()
    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "pending")
    assert play.receiver.triggers == ["BOOKING_REQUESTED"]
    assert play.receiver.payload["oneTimePassword"]


async def test_a_hosts_own_key_does_not_skip_the_question(play: Play) -> None:
    """Whoever books, the request waits."""
    assert (await play.ask(MAYA)).json()["data"]["status"] == "pending"


async def test_without_approval_it_is_accepted_at_once(play: Play) -> None:
    """BOOKING_CREATED comes in the live shape, without a password."""
    answer = await play.ask(eventTypeId=21)
    assert answer.json()["data"]["status"] == "accepted"
    assert play.receiver.triggers == ["BOOKING_CREATED"]
    payload = play.receiver.payload
    assert (payload["requiresConfirmation"], payload["oneTimePassword"]) == (False, None)


@pytest.mark.parametrize(
    ("start", "status"), [("2027-03-02T12:59:00Z", "pending"), ("2027-03-02T13:00:00Z", "accepted")]
)
async def test_notice_is_compared_in_whole_hours(play: Play, start: str, status: str) -> None:
    """With a threshold of 24 hours, 24 h 59 min ahead still waits."""
    play.world.event_types.append(EventType(33, "soon", "Soon", 101, approval=Approval.TIME, threshold=24))
    assert (await play.ask(eventTypeId=33, start=start)).json()["data"]["status"] == status


async def test_asking_twice_gives_the_same_request(play: Play) -> None:
    """The same booker, start and event type while it is pending: 201, the same uid, no webhook."""
    uid = await play.booked()
    with play.heard() as heard:
        assert await play.booked() == uid
    assert heard == []
    await play.act(uid, "decline")
    assert await play.booked() != uid


async def test_a_pending_request_blocks_nobody(play: Play) -> None:
    """Unless the event type says so, and then only its own slots."""
    await play.booked()
    other = PERSON | {"email": "kim@example.com"}
    assert (await play.ask(attendee=other)).status_code == 201
    play.world.event_type(11).pending_blocks = play.world.event_type(21).pending_blocks = True
    third = PERSON | {"email": "lee@example.com"}
    assert (await play.ask(attendee=third)).status_code == 400
    assert (await play.ask(attendee=third, eventTypeId=21)).status_code == 201


async def test_an_accepted_booking_blocks_its_host(play: Play) -> None:
    """For every event type of the host, half-open, and for nobody else."""
    await play.act(await play.booked(), "confirm")
    other = PERSON | {"email": "kim@example.com"}
    answer = await play.ask(attendee=other, eventTypeId=21)
    text = "User either already has booking at this time or is not available"
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, text)
    assert (await play.ask(attendee=other, start="2027-03-04T10:30:00Z")).status_code == 201
    assert (await play.ask(attendee=other, eventTypeId=12)).status_code == 201


@pytest.mark.parametrize(
    ("start", "text"),
    [("2027-03-01T11:00:00Z", "Attempting to book"), ("2027-03-01T13:59:00Z", "The event type")],
)
async def test_a_start_that_is_over_or_too_close_is_refused(play: Play, start: str, text: str) -> None:
    """Two hours ahead is the least."""
    answer = await play.ask(start=start)
    assert (answer.status_code, answer.json()["error"]["message"][: len(text)]) == (400, text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"color": "red"}, "color property is wrong,property color should not exist "),
        ({"start": "soon"}, "start property is wrong,start must be a valid ISO 8601 date string "),
        ({"eventTypeId": 99}, "Event type with id 99 not found."),
        ({"lengthInMinutes": 60}, "Can't specify 'lengthInMinutes'"),
        ({"recurrenceCount": 2}, "recurrenceCount property is wrong"),
        ({"metadata": "none"}, "metadata property is wrong,metadata must be an object "),
        ({"guests": "kim@example.com"}, "guests property is wrong"),
        ({"attendee": "Kim"}, "attendee property is wrong,attendee must be an object "),
        ({"attendee": {"email": "a@example.com"}}, "attendee property is wrong, name property is wrong"),
    ],
)
async def test_a_wrong_body_is_refused_in_cal_coms_words(play: Play, body: dict[str, Any], text: str) -> None:
    """Nothing is booked and nothing told."""
    answer = await play.ask(**body)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"].startswith(text)
    assert play.receiver.requests == []


async def test_an_event_type_can_be_named_by_slug(play: Play) -> None:
    """Together with its owner's username."""
    body = {"start": SLOT, "attendee": PERSON, "eventTypeSlug": "mentoring", "username": "jonas"}
    answer = await play.call("POST", "/v2/bookings", body, key=None)
    assert answer.json()["data"]["hosts"][0]["email"] == "jonas@example.com"


async def test_a_series_makes_one_request_for_each_date(play: Play) -> None:
    """Each with its own uid, id and webhook; the count is missing there."""
    play.world.event_types.append(
        EventType(31, "weekly", "Weekly", 101, recurrence=Recurrence(3, interval=2))
    )
    data = (await play.ask(eventTypeId=31)).json()["data"]
    assert [row["start"][:10] for row in data] == ["2027-03-04", "2027-03-18", "2027-04-01"]
    assert len({row["uid"] for row in data}) == 3
    assert len({row["recurringBookingUid"] for row in data}) == 1
    assert play.receiver.triggers == ["BOOKING_REQUESTED"] * 3
    assert play.receiver.payload["recurringEvent"] == {"freq": 2, "interval": 2}


async def test_answers_notes_and_guests_come_back(play: Play) -> None:
    """In the API by slug, in the webhook with their labels; the owner's questions also by themselves."""
    answers = {"why": "Find my way", "notes": "Hello"}
    data = (await play.ask(bookingFieldsResponses=answers, guests=["kim@example.com"])).json()["data"]
    assert list(data["bookingFieldsResponses"]) == ["email", "name", "guests", "why", "notes"]
    assert (data["description"], data["guests"]) == ("Hello", ["kim@example.com"])
    payload = play.receiver.payload
    why = {"label": "What are you hoping to accomplish?", "value": "Find my way", "isHidden": False}
    assert payload["userFieldsResponses"] == {"why": why} == {"why": payload["responses"]["why"]}
    assert [person["email"] for person in payload["attendees"]] == ["sam@example.com", "kim@example.com"]


async def test_a_required_question_must_be_answered(play: Play) -> None:
    """The refusal names the slug."""
    play.world.event_type(11).questions = [Question("why", "Why?", required=True)]
    answer = await play.ask()
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "BAD_REQUEST")
    assert error["message"] == "responses - {why}error_required_field, "


async def test_a_number_stands_in_for_an_address(play: Play) -> None:
    """Somebody without an address gets one made of the number."""
    phone = {"name": "Kim", "timeZone": "Etc/UTC", "phoneNumber": "+39 123"}
    data = (await play.ask(attendee=phone)).json()["data"]
    assert data["attendees"][0]["email"] == "39123@sms.cal.com"
    assert data["attendees"][0]["phoneNumber"] == "+39 123"


async def test_the_row_is_younger_than_its_webhook(play: Play) -> None:
    """It is written once more after the subscribers have answered."""
    play.receiver.look = lambda: play.wait(milliseconds=10)
    uid = await play.booked()
    booking = play.booking(uid)
    assert booking.updated_at > booking.created_at
    assert booking.status is Status.PENDING
