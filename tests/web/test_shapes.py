"""What a booking looks like to whom: values in, JSON out."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.booking import Booking, By, Decision, Status
from gateway.domain.command import Action, Command, State
from gateway.domain.facts import Answer, EventType, Facts
from gateway.domain.people import Person
from gateway.records import Held, Line
from gateway.services.portal import Series, View
from gateway.web import shapes

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOST = Person("Maya", "canary-host@example.com", "Europe/Madrid", "maya", 101)
COHOST = Person("Jonas", "canary-cohost@example.com", "Europe/Stockholm", "jonas", 102)
ANA, BEN = Person("Ana", "ana@example.com", "Etc/UTC"), Person("Ben", "canary-ben@example.com", "Etc/UTC")
FACTS = Facts(
    title="A talk",
    start=NOON + timedelta(days=3),
    end=NOON + timedelta(days=3, minutes=45),
    host=HOST,
    cohosts=(COHOST,),
    attendees=(ANA, BEN),
    labelled=(Answer("why", "Why?", "UX"), Answer("size", None, 3)),
    notes="Quietly",
    event_type=EventType(11, "mentoring", "Mentoring"),
    location="The library",
    meeting_url="https://video.example/1",
    ical_uid="canary-ical",
)
PENDING = Booking("u1", Status.PENDING, FACTS, as_of=NOON, requested_at=NOON)
ACCEPTED = replace(PENDING, status=Status.ACCEPTED, accepted_at=NOON + timedelta(hours=1))
COMMAND = Command("c1", "u1", "u1", Action.ACCEPT, By("host", "Maya"), NOON, due=NOON)


def shown(booking: Booking = PENDING, role: str = "host", **more: Any) -> shapes.Json:
    """A booking as somebody sees it; the attendee is Ana unless said otherwise."""
    me = more.pop("me", "ana@example.com" if role == "attendee" else None)
    held = Held(booking, 1, role, 7, more.pop("command", None), NOON)
    view = View(held, more.pop("conflicts", ()), more.pop("series", None))
    return shapes.booking(view, me=me, **more)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, None),
        (NOON, "2027-03-01T12:00:00Z"),
        (NOON.replace(microsecond=123456), "2027-03-01T12:00:00.123Z"),
        (NOON.replace(microsecond=999), "2027-03-01T12:00:00Z"),
        (datetime.fromisoformat("2027-03-01T14:00:00+02:00"), "2027-03-01T12:00:00Z"),
    ],
)
def test_times(at: datetime | None, text: str | None) -> None:
    """ISO 8601 in UTC with Z."""
    assert shapes.time(at) == text


@pytest.mark.parametrize("booking", [PENDING, ACCEPTED], ids=["pending", "accepted"])
@pytest.mark.parametrize("flag", [True, None], ids=["said", "unsaid"])
def test_an_attendee_learns_no_address(booking: Booking, flag: bool | None) -> None:
    """No address but the own, and nothing that identifies the calendar entry, is anywhere in the attendee's text."""
    told = json.dumps(shown(replace(booking, facts=replace(FACTS, hide_host_email=flag)), "attendee"))
    assert ("canary" in told, "ana@example.com" in told) == (False, True)


@pytest.mark.parametrize(("setting", "said", "visible"), [
    (True, True, False), (True, False, False), (False, True, False), (False, False, True), (False, None, False),
])  # fmt: skip
def test_the_hosts_address(setting: bool, said: bool | None, visible: bool) -> None:
    """It is shown to attendees only if neither the settings nor Cal.com hide it."""
    booking = replace(PENDING, facts=replace(FACTS, hide_host_email=said))
    assert ("email" in shown(booking, "attendee", hide_host_email=setting)["host"]) is visible


def test_the_host_sees_all_addresses() -> None:
    """The host needs to know who comes."""
    told = shown()
    assert (told["host"]["email"], [one["email"] for one in told["attendees"]]) == (
        HOST.email,
        [ANA.email, BEN.email],
    )


@pytest.mark.parametrize("role", ["host", "cohost", "attendee", "portal"])
def test_a_cohost_is_no_attendee(role: str) -> None:
    """Cal.com lists co-hosts among the attendees once a team's meeting is accepted."""
    booking = replace(PENDING, facts=replace(FACTS, attendees=(ANA, COHOST)))
    assert [one["name"] for one in shown(booking, role)["attendees"]] == ["Ana"]


@pytest.mark.parametrize(("role", "actions"), [
    ("host", ["accept", "reject"]), ("portal", ["accept", "reject"]), ("cohost", []), ("attendee", []),
])  # fmt: skip
def test_who_is_offered_what(role: str, actions: list[str]) -> None:
    """A request is the host's to answer, or the backend's."""
    assert shown(PENDING, role)["actions"] == actions


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PENDING])
def test_only_requests_are_answered(status: Status) -> None:
    """In every other state there is nothing to press."""
    assert shown(replace(PENDING, status=status))["actions"] == []


def test_what_is_under_way_is_not_offered_again() -> None:
    """While an accept waits, a change of mind is on offer."""
    assert shown(command=COMMAND)["actions"] == ["reject"]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.WAITING, "open"),
        (State.TRYING, "open"),
        (State.DONE, "done"),
        (State.OVERTAKEN, "overtaken"),
        (State.FAILED, "failed"),
        (State.WITHDRAWN, "withdrawn"),
    ],
)
def test_a_commands_state_in_a_booking(state: State, word: str) -> None:
    """A reader of bookings is told open, or how it ended."""
    assert shown(command=replace(COMMAND, state=state))["command"] == {
        "id": "c1",
        "action": "accept",
        "state": word,
    }


def test_attempts_do_not_show() -> None:
    """What changes with each attempt is not part of a booking: an ETag would have to move."""
    tried = replace(
        COMMAND, state=State.TRYING, attempts=5, error="calcom-unreachable", due=NOON + timedelta(hours=1)
    )
    assert shown(command=COMMAND) == shown(command=tried)


@pytest.mark.parametrize("status", list(Status))
def test_the_link_is_for_accepted_meetings(status: Status) -> None:
    """`meeting_url` only while accepted."""
    url = shown(replace(PENDING, status=status))["meeting_url"]
    assert url == ("https://video.example/1" if status is Status.ACCEPTED else None)


@pytest.mark.parametrize("status", [Status.PENDING, Status.REJECTED, Status.CANCELLED])
def test_a_link_is_no_place(status: Status) -> None:
    """A video link that stands as the location does not slip out by that member."""
    facts = replace(FACTS, location="https://video.example/1", meeting_url="https://video.example/1")
    assert "video.example" not in json.dumps(shown(replace(PENDING, status=status, facts=facts)))


def test_a_decision() -> None:
    """Who, how, when and why."""
    answered = Decision("reject", By("host", "Maya"), "portal", NOON, "other", "No time")
    booking = replace(PENDING, status=Status.REJECTED, rejected_at=NOON, answered=answered)
    assert shown(booking)["decision"] == {
        "action": "reject",
        "by": {"role": "host", "name": "Maya"},
        "channel": "portal",
        "at": "2027-03-01T12:00:00Z",
        "reason_code": "other",
        "reason": "No time",
    }


@pytest.mark.parametrize(("hours", "late"), [(48.5, False), (48, False), (47.9, True), (-1, True)])
def test_late(hours: float, late: bool) -> None:
    """A cancellation less than 48 hours before the start is late."""
    assert FACTS.start
    booking = replace(ACCEPTED, status=Status.CANCELLED, cancelled_at=FACTS.start - timedelta(hours=hours))
    told = shown(booking)["cancellation"]
    assert (told["late"], told["hours_before_start"], told["was"]) == (late, hours, "accepted")


def test_a_series() -> None:
    """Its uid, how many dates are known, how many still wait."""
    series = Series("s1", 3, ("u1", "u2"))
    assert shown(series=series)["series"] == {"uid": "s1", "count": 3, "pending": 2}


def test_ten_conflicts_at_most() -> None:
    """The number of all stands beside them."""
    others = tuple(Held(replace(PENDING, uid=f"o{n}"), n, "host", n, None, NOON) for n in range(12))
    told = shown(conflicts=others)
    assert (len(told["conflicts"]), told["conflicts_count"]) == (10, 12)


def test_a_thin_booking_has_all_members() -> None:
    """What Cal.com did not say is null, and is there."""
    thin = Booking("u1", Status.PENDING, Facts(start=NOON, host=Person(id=101)))
    assert shown(thin).keys() == shown().keys()


@pytest.mark.parametrize("role", ["host", "attendee", "portal"])
def test_every_shape_is_json(role: str) -> None:
    """Whatever the role, it can be written."""
    assert json.loads(json.dumps(shown(ACCEPTED, role)))["uid"] == "u1"


def test_a_line_has_no_address() -> None:
    """Who acted is told by role and name."""
    line = Line("u1", "accepted", NOON, Status.PENDING, Status.ACCEPTED, By("host", "Maya"), "portal", seq=3)
    told = shapes.line(line)
    assert told.keys() == {"seq", "at", "event", "by", "channel", "cause", "before", "after", "detail"}
    assert told["by"] == {"role": "host", "name": "Maya"}


def test_a_command() -> None:
    """Every member that the contract names; no more next attempt once it is settled."""
    waiting, done = (
        shapes.command(COMMAND),
        shapes.command(replace(COMMAND, state=State.DONE, settled_at=NOON)),
    )
    assert (waiting["next_attempt_at"], done["next_attempt_at"]) == ("2027-03-01T12:00:00Z", None)
    assert "by" not in waiting


def test_nothing_is_forgotten() -> None:
    """A new fact has to be thought of here, for attendees see only what is named."""
    assert {one.name for one in fields(Facts)} == {
        "title", "start", "end", "host", "cohosts", "attendees", "labelled", "bare", "notes", "event_type", "location",
        "meeting_url", "hide_host_email", "reschedule_url", "rejection_reason", "cancellation_reason", "ical_uid",
        "series", "price",
    }  # fmt: skip
