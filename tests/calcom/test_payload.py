"""The facts in a webhook's fields, builder by builder."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.calcom import payload
from gateway.domain.booking import Source
from gateway.domain.facts import Answer, EventType, Facts
from gateway.domain.people import Person
from tests.calcom import bodies

MARA = Person("Mara Mentor", "Mara@example.com", "Europe/Madrid", "mara", 7)
NILS = Person("Nils Neu", "nils@example.com", "Europe/Oslo")
GUEST = Person("", "guest@example.com", "Europe/Oslo")
KIND = EventType(3, "mentoring", "Mentoring")


def facts(fields: bodies.Json, source: Source = Source.REQUESTED) -> Facts:
    """The facts in these fields."""
    return payload.facts(fields, source, None)


def kind(fields: bodies.Json, trigger: str | None = "BOOKING_CREATED") -> EventType | None:
    """The event type these fields name, inside an envelope."""
    return payload.event_type({"payload": fields}, fields, trigger)


def test_a_request() -> None:
    """Everything a request says, each in its place."""
    assert payload.facts(bodies.live(), Source.REQUESTED, KIND) == Facts(
        title="Mentoring between Mara Mentor and Nils Neu",
        start=datetime(2030, 5, 6, 9, tzinfo=UTC),
        end=datetime(2030, 5, 6, 9, 30, tzinfo=UTC),
        host=MARA,
        attendees=(NILS, GUEST),
        labelled=(Answer("goal", "What is your goal?", "To learn"),),
        notes="I am new here",
        event_type=KIND,
        location="integrations:daily",
        hide_host_email=False,
        ical_uid=f"{bodies.UID}@Cal.com",
        price=0,
    )


def test_nothing_said() -> None:
    """Without fields there are no facts."""
    assert facts({}) == Facts()


@pytest.mark.parametrize(
    "build", [bodies.live, bodies.answered, bodies.cancelled, bodies.row, bodies.reduced]
)
def test_times_are_instants(build: Any) -> None:
    """The builders write the same start in different ways."""
    assert facts(build()).start == datetime(2030, 5, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize("name", ["userId", "userPrimaryEmail", "user"])
def test_the_host_of_a_row(name: str) -> None:
    """A row names its host in three places; any of them may be missing."""
    host = facts(bodies.row(**{name: None})).host
    assert host is not None
    assert host.id == 7 or host.email == "Mara@example.com"


def test_the_whole_host_of_a_row() -> None:
    """A row's host is put together from all three."""
    assert facts(bodies.row()).host == MARA


@pytest.mark.parametrize("changes", [{}, {"requestReschedule": True, "cancellationReason": None}])
def test_who_asks_for_another_time_need_not_be_the_host(changes: bodies.Json) -> None:
    """There the organizer is whoever asked: it is not taken for the host."""
    assert facts(bodies.another_time(**changes), Source.CANCELLED).host is None


def test_cohosts() -> None:
    """The members of a team event's team, those who can be known."""
    members = [{"id": 8, "name": "Carl", "email": "carl@example.com"}, {"name": "Nobody"}, "x"]
    assert facts(bodies.live(team={"members": members})).cohosts == (
        Person("Carl", "carl@example.com", id=8),
    )


def test_no_team_after_the_answer() -> None:
    """An empty list of members, as after an answer, says nothing."""
    assert facts(bodies.answered(team={"id": 1, "members": []})).cohosts is None


@pytest.mark.parametrize(
    ("fields", "source", "expected"),
    [
        (bodies.live(), Source.REQUESTED, "I am new here"),
        (bodies.live(additionalNotes=""), Source.CREATED, "I am new here"),
        (bodies.live(additionalNotes="", responses={}, eventDescription=None), Source.CREATED, None),
        (bodies.live(additionalNotes=bodies.OMITTED, responses={}), Source.REQUESTED, None),
        (bodies.answered(responses={}), Source.CREATED, "I am new here"),
        (bodies.answered(responses={}), Source.REJECTED, "I am new here"),
        (bodies.answered(responses={}), Source.PAID, "I am new here"),
        (bodies.answered(responses={}, description="Half an hour with a mentor"), Source.CREATED, None),
        (bodies.cancelled(additionalNotes="", responses={}), Source.CANCELLED, None),
        (bodies.row(), Source.MEETING, "I am new here"),
    ],
)
def test_notes(fields: bodies.Json, source: Source, expected: str | None) -> None:
    """The description is the attendee's notes only in bodies made after an answer or a payment."""
    assert facts(fields, source).notes == expected


@pytest.mark.parametrize(
    ("metadata", "location", "expected"),
    [
        (
            {"videoCallUrl": "https://video.example.com/a"},
            "https://other.example.com",
            "https://video.example.com/a",
        ),
        ({}, "https://other.example.com", "https://other.example.com"),
        ({"videoCallUrl": "javascript:alert(1)"}, "integrations:daily", None),
        (None, "", None),
    ],
)
def test_meeting_url(metadata: Any, location: str, expected: str | None) -> None:
    """The video room's link, else the location if that is one, else none."""
    assert facts(bodies.live(metadata=metadata, location=location)).meeting_url == expected


@pytest.mark.parametrize(
    ("price", "expected"), [(0, 0), (2500, 2500), (None, None), (-1, None), ("25", None), (True, None)]
)
def test_price(price: Any, expected: int | None) -> None:
    """Free is 0; what is no price was not said."""
    assert facts(bodies.live(price=price)).price == expected


def test_reasons() -> None:
    """The host's and the attendee's words, freed of Cal.com's."""
    said = facts(bodies.another_time(rejectionReason="Full"), Source.CANCELLED)
    assert (said.rejection_reason, said.cancellation_reason) == ("Full", "I am away")


@pytest.mark.parametrize(
    ("url", "expected"), [("https://p.example.com/r", "https://p.example.com/r"), ("javascript:x", None)]
)
def test_reschedule_url(url: str, expected: str | None) -> None:
    """A platform's own page for moving a booking, if it is a link."""
    assert facts(bodies.live(platformRescheduleUrl=url)).reschedule_url == expected


def test_a_row_names_the_series() -> None:
    """Only rows say to which series a booking belongs."""
    said = bodies.row(recurringEventId="a3450ec3-c1ba-468b-8b3b-8ee70090ff6f")
    assert facts(said, Source.MEETING).series == "a3450ec3-c1ba-468b-8b3b-8ee70090ff6f"
    assert payload.recurring(said)


def test_the_leaving_person_is_not_the_only_one() -> None:
    """When one of several gives up a place, the body holds that person alone: it is no list of who attends."""
    said = bodies.cancelled(attendeeSeatId="s", attendees=[bodies.BOOKER])
    assert facts(said, Source.CANCELLED).attendees is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"attendeeSeatId": "s"}, True),
        ({"seatsPerTimeSlot": 4}, True),
        ({"seatsPerTimeSlot": "4"}, False),
    ],
)
def test_seats(changes: bodies.Json, expected: bool) -> None:
    """A place of many is known by its id, or by how many there are."""
    assert payload.seat(bodies.live(**changes)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"rescheduleUid": bodies.OLD_UID}, bodies.OLD_UID),
        ({"fromReschedule": bodies.OLD_UID}, bodies.OLD_UID),
        ({"rescheduleUid": bodies.UID}, None),
        ({"rescheduleUid": 5}, None),
    ],
)
def test_moved_from(changes: bodies.Json, expected: str | None) -> None:
    """The uid before a move; a booking never moved from itself."""
    assert payload.moved_from(bodies.live(**changes)) == expected


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (bodies.OMITTED, None),
        (None, None),
        ("", None),
        (5, None),
        ("a b", None),
        (bodies.UID, None),
        (bodies.OLD_UID, bodies.OLD_UID),
    ],
)
def test_root(first: Any, expected: str | None) -> None:
    """The first uid of a chain of moves; a booking that was never moved is its own first."""
    assert payload.root(bodies.live(rootBookingUid=first)) == expected


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        (bodies.OMITTED, None),
        (None, None),
        (5, None),
        ("", None),
        ("@Cal.com", None),
        (f"{bodies.UID}@Cal.com", None),
        (f"{bodies.OLD_UID}@Cal.com", bodies.OLD_UID),
        (f"{bodies.OLD_UID}@cal.example.com", bodies.OLD_UID),
        (bodies.OLD_UID, bodies.OLD_UID),
        ("two words@example.com", None),
    ],
)
def test_kin(calendar: Any, expected: str | None) -> None:
    """The uid in a calendar's id, unless it is the booking's own."""
    assert payload.kin(bodies.live(iCalUID=calendar)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (bodies.live(), KIND),
        (bodies.live(eventTypeId=None), EventType(None, "mentoring", "Mentoring")),
        (bodies.live(eventTypeId=0, type="dynamic"), EventType(None, "dynamic", "Mentoring")),
        (bodies.live(type=None, eventTitle=None), EventType(3)),
        (bodies.another_time(), None),
        (bodies.another_time(eventTypeId=3, status="CANCELLED", type="mentoring"), EventType(3, "mentoring")),
        (bodies.row(), EventType(3)),
        (bodies.reduced(), EventType(None, "mentoring")),
        (bodies.hosts_missed(), EventType(3)),
        (
            {"booking": {"uid": "b", "eventType": {"id": 3, "slug": "mentoring", "title": "M"}}},
            EventType(3, "mentoring", "M"),
        ),
        ({"eventType": "mentoring"}, None),
        ({}, None),
    ],
)
def test_event_type(fields: bodies.Json, expected: EventType | None) -> None:
    """An id, a slug or both, wherever they stand."""
    trigger = "BOOKING_CREATED" if "type" in fields else "MEETING_STARTED"
    assert kind(fields, trigger) == expected


@pytest.mark.parametrize("trigger", ["RECORDING_READY", "PING", "OOO_CREATED", None])
def test_type_is_not_always_a_slug(trigger: str | None) -> None:
    """In bodies that are not about a booking's state `type` is a title, or anything."""
    assert kind({"type": "Test", "eventTypeId": 3}, trigger) == EventType(3)


def test_event_type_at_the_root() -> None:
    """A delivery without envelope names it at the root."""
    root = bodies.flat("MEETING_ENDED", {"eventTypeId": 3})
    assert payload.event_type(root, {"uid": "b"}, "MEETING_ENDED") == EventType(3)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (bodies.no_show(), {"nils@example.com": True}),
        (
            bodies.no_show(attendees=[{"email": "nils@example.com", "noShow": False}]),
            {"nils@example.com": False},
        ),
        (bodies.no_show(attendees=[{"email": "nils@example.com"}, {"noShow": True}, 5]), {}),
        (bodies.hosts_missed(), {"nils@example.com": False, "Mara@example.com": True}),
        (bodies.hosts_missed(noShowHost=False, attendees=None), {"Mara@example.com": False}),
        (
            bodies.no_show(attendees=None, guests=[{"email": "g@example.com", "noShow": True}]),
            {"g@example.com": True},
        ),
        ({}, {}),
    ],
)
def test_absent(fields: bodies.Json, expected: dict[str, bool]) -> None:
    """Who missed the meeting, attendees and host, as far as it is said."""
    assert payload.absent(fields) == expected
