"""Deliveries: which are a word about a booking, which are nothing to us, which are not understood."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.calcom.webhook import IMPLIED, SOURCES, Ignored, Read, Seen, Unread, read
from gateway.domain.booking import Observation, Source, Status
from gateway.domain.facts import EventType, Facts
from tests.calcom import bodies

SENT = datetime(2030, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC)
KIND = EventType(3, "mentoring", "Mentoring")
P, A, R, C = Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.CANCELLED


def given(body: Any) -> Read:
    """What a delivery with this JSON means."""
    return read(bodies.raw(body))


def seen(trigger: str, fields: bodies.Json, at: Any = bodies.SENT) -> Observation:
    """The observation that a delivery in an envelope makes."""
    result = given(bodies.sent(trigger, fields, at))
    assert isinstance(result, Seen)
    return result.observation


@pytest.mark.parametrize(
    ("trigger", "fields", "source", "status"),
    [
        ("BOOKING_REQUESTED", bodies.live(), Source.REQUESTED, P),
        ("BOOKING_CREATED", bodies.live(status="ACCEPTED"), Source.CREATED, A),
        ("BOOKING_CREATED", bodies.answered(), Source.CREATED, A),
        ("BOOKING_RESCHEDULED", bodies.live(status="ACCEPTED"), Source.RESCHEDULED, A),
        ("BOOKING_REJECTED", bodies.answered(status="REJECTED"), Source.REJECTED, R),
        ("BOOKING_CANCELLED", bodies.cancelled(), Source.CANCELLED, C),
        ("BOOKING_CANCELLED", bodies.another_time(), Source.CANCELLED, C),
        ("BOOKING_PAYMENT_INITIATED", bodies.live(status="ACCEPTED"), Source.PAYMENT_INITIATED, P),
        ("BOOKING_PAID", bodies.answered(), Source.PAID, A),
        ("BOOKING_PAID", bodies.answered(status="PENDING"), Source.PAID, P),
        ("BOOKING_REASSIGNED", bodies.live(status="ACCEPTED"), Source.AMENDED, None),
        ("BOOKING_LOCATION_UPDATED", bodies.live(status="ACCEPTED"), Source.AMENDED, None),
        ("BOOKING_NO_SHOW_UPDATED", bodies.no_show(), Source.NO_SHOW, None),
        ("AFTER_HOSTS_CAL_VIDEO_NO_SHOW", bodies.hosts_missed(), Source.NO_SHOW, None),
        ("AFTER_GUESTS_CAL_VIDEO_NO_SHOW", bodies.hosts_missed(hostEmail=None), Source.NO_SHOW, None),
    ],
)
def test_what_a_trigger_says(
    trigger: str, fields: bodies.Json, source: Source, status: Status | None
) -> None:
    """Each trigger in an envelope, with the uid, Cal.com's own time and the state."""
    observation = seen(trigger, fields)
    assert (observation.uid, observation.at) == (bodies.UID, SENT)
    assert (observation.source, observation.status) == (source, status)


@pytest.mark.parametrize(
    "fields", [bodies.row(), bodies.reduced(), bodies.row(attendees=bodies.OMITTED, user=None)]
)
@pytest.mark.parametrize("trigger", ["MEETING_STARTED", "MEETING_ENDED"])
def test_a_meeting_without_envelope(trigger: str, fields: bodies.Json) -> None:
    """A row at the root is a word about its booking that nobody can date."""
    result = given(bodies.flat(trigger, fields))
    assert isinstance(result, Seen)
    assert (result.uid, result.observation.at, result.observation.source) == (
        bodies.UID,
        None,
        Source.MEETING,
    )
    assert result.observation.facts.title == "Mentoring between Mara Mentor and Nils Neu"


def test_a_meeting_in_an_envelope() -> None:
    """In an envelope the row is as old as without: the envelope's time is that of sending."""
    observation = seen("MEETING_STARTED", bodies.row())
    assert (observation.at, observation.born) == (None, datetime(2030, 4, 30, 10, tzinfo=UTC))


def test_the_birth_of_a_booking() -> None:
    """At the root of a row `createdAt` is when the booking was made."""
    result = given(bodies.flat("MEETING_ENDED", bodies.row()))
    assert isinstance(result, Seen)
    assert result.observation.born == datetime(2030, 4, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize("status", [bodies.OMITTED, None, "", 5, "MOVED", "GONE", "EXPIRED"])
@pytest.mark.parametrize("trigger", SOURCES)
def test_a_state_that_is_not_told(trigger: str, status: Any) -> None:
    """Then the trigger says it, where it can; no word becomes a state of our own."""
    source = SOURCES[trigger]
    implied = P if source is Source.PAYMENT_INITIATED else IMPLIED.get(source)
    assert seen(trigger, bodies.live(status=status)).status is implied


@pytest.mark.parametrize(
    ("trigger", "paid"),
    [("BOOKING_PAID", True), ("BOOKING_PAYMENT_INITIATED", False), ("BOOKING_CREATED", False)],
)
def test_paid(trigger: str, paid: bool) -> None:
    """Only the payment's own trigger says that a price was paid; initiated is not paid."""
    observation = seen(trigger, bodies.live(price=2500))
    assert (observation.paid, observation.facts.price) == (paid, 2500)


def test_a_paid_row() -> None:
    """A row says of itself whether it was paid."""
    result = given(bodies.flat("MEETING_STARTED", bodies.row(paid=True)))
    assert isinstance(result, Seen)
    assert result.observation.paid


def test_a_no_show_says_nothing_else() -> None:
    """Its attendees are marks, not persons: they never replace who attends."""
    observation = seen("BOOKING_NO_SHOW_UPDATED", bodies.no_show())
    assert (observation.facts, observation.absent) == (Facts(), {"nils@example.com": True})


def test_a_move() -> None:
    """A moved booking names the one before it; the series and the seat are told apart."""
    observation = seen("BOOKING_RESCHEDULED", bodies.live(rescheduleUid=bodies.OLD_UID))
    assert (observation.moved_from, observation.recurring, observation.seat) == (bodies.OLD_UID, False, False)


def test_hints_at_a_move() -> None:
    """The first of the chain and the calendar's id are told as what they are: not as the uid before."""
    observation = seen(
        "BOOKING_REQUESTED", bodies.live(rootBookingUid=bodies.OLD_UID, iCalUID="older@Cal.com")
    )
    assert (observation.moved_from, observation.root, observation.kin) == (None, bodies.OLD_UID, "older")


def test_no_hints_without_a_move() -> None:
    """A booking's own uid in either place says nothing."""
    observation = seen("BOOKING_REQUESTED", bodies.live(rootBookingUid=bodies.UID))
    assert (observation.root, observation.kin) == (None, None)


def test_a_series_and_a_seat() -> None:
    """A date of a series and a place of many are marked."""
    observation = seen("BOOKING_CREATED", bodies.live(recurringEvent={"freq": 2}, attendeeSeatId="s"))
    assert (observation.recurring, observation.seat) == (True, True)


@pytest.mark.parametrize("at", [None, "", "yesterday", 5])
def test_no_time(at: Any) -> None:
    """Without a time of Cal.com's there is none: never our own."""
    assert seen("BOOKING_CREATED", bodies.live(), at).at is None


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        ("PING", "test"),
        ("RECORDING_READY", "recording"),
        ("RECORDING_TRANSCRIPTION_GENERATED", "recording"),
        ("INSTANT_MEETING", "instant-meeting"),
        ("INSTANT_MEETING_ACCEPTED", "instant-meeting"),
        ("OOO_CREATED", "no-booking"),
        ("FORM_SUBMITTED", "no-booking"),
        ("FORM_SUBMITTED_NO_EVENT", "no-booking"),
        ("ROUTING_FORM_FALLBACK_HIT", "no-booking"),
        ("DELEGATION_CREDENTIAL_ERROR", "no-booking"),
        ("DELEGATION_CREDENTIAL_SECRET_ROTATED", "no-booking"),
        ("WRONG_ASSIGNMENT_REPORT", "no-booking"),
        ("CALENDAR_ENTRY_REJECTED", "no-booking"),
    ],
)
def test_ignored(trigger: str, reason: str) -> None:
    """Triggers that need nothing of us say why; uid and event type are told where they stand."""
    fields = {"uid": bodies.UID, "type": "Test", "eventTypeId": 3}
    assert given(bodies.sent(trigger, fields)) == Ignored(trigger, bodies.UID, EventType(3), reason)


def test_an_instant_meeting_in_the_making() -> None:
    """A booking that waits for any host to take it is none of ours."""
    result = given(bodies.sent("BOOKING_CREATED", bodies.live(status="AWAITING_HOST")))
    assert result == Ignored("BOOKING_CREATED", bodies.UID, KIND, "awaiting-host")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-json"),
        (b"t=BOOKING_REQUESTED&who=Nils", "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"false", "not-an-object"),
        (b"[]", "not-an-object"),
        (b'"PING"', "not-an-object"),
        (b"{}", "no-trigger"),
        (b'{"triggerEvent":5}', "no-trigger"),
    ],
)
def test_unread(body: bytes, reason: str) -> None:
    """What a template made of a delivery, or damage, is put aside with a reason."""
    assert read(body) == Unread(reason)


def test_an_unknown_trigger() -> None:
    """A name we do not know is kept with what can be told of it."""
    result = given(bodies.sent("BOOKING_CONFIRMED", bodies.live()))
    assert result == Unread("unknown-trigger", "BOOKING_CONFIRMED", bodies.UID, KIND)


def test_the_body_for_an_automation_tool() -> None:
    """A flat body without a trigger says about which booking and event type, and not what happened."""
    result = given(bodies.live(eventType={"title": "Mentoring"}))
    assert result == Unread("no-trigger", None, bodies.UID, EventType(3, None, "Mentoring"))


@pytest.mark.parametrize("uid", [bodies.OMITTED, None, "", "a b", ".."])
@pytest.mark.parametrize("trigger", ["BOOKING_REQUESTED", "MEETING_STARTED", "BOOKING_NO_SHOW_UPDATED"])
def test_no_uid(trigger: str, uid: Any) -> None:
    """Without a uid nothing can be said of any booking; the event type is still told."""
    assert given(bodies.sent(trigger, bodies.live(uid=uid, eventTitle=None, type=None))) == Unread(
        "no-uid", trigger, None, EventType(3)
    )


@pytest.mark.parametrize("fields", [None, 5, [], {}, "x"])
def test_no_payload(fields: Any) -> None:
    """An envelope with nothing in it is about no booking."""
    assert given(bodies.sent("BOOKING_CREATED", fields)) == Unread("no-uid", "BOOKING_CREATED")


def test_the_longest_names() -> None:
    """Text is neither cut nor cleaned here."""
    title = "<b>🎉\u202e\x00" * 5000
    assert seen("BOOKING_CREATED", bodies.live(title=title)).facts.title == title
