"""Who may see a booking, and which of two bookings are in each other's way."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.booking import Status
from gateway.domain.facts import Answer, EventType
from gateway.domain.people import Caller, Person, Role, fold, same
from gateway.domain.sight import (
    EVERYBODY,
    attendee_key,
    attending,
    caller_keys,
    host_key,
    participants,
    plain,
)  # fmt: skip
from tests.domain.making import MARA, NILS, OLGA, PIA, at, facts, standing


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (MARA, "host:7"),
        (replace(MARA, id=None), "host:mara@example.com"),
        (Person("Mara", " MARA@Example.com"), "host:mara@example.com"),
        (Person("Mara"), None),
    ],
    ids=["id", "address", "address spelt otherwise", "name only"],
)
def test_host_key(person: Person, expected: str | None) -> None:
    """A host is Cal.com's user id, and an address only until that is known."""
    assert expected == host_key(person)


def test_participants() -> None:
    """The host, the attendees and the account see a booking, each in their role."""
    expected = {"host:7": "host", "attendee:nils@example.com": "attendee", EVERYBODY: "portal"}
    assert expected == participants(standing(Status.PENDING))


def test_cohosts_are_no_attendees() -> None:
    """A co-host is listed among the attendees once a team event is accepted, and stays a co-host."""
    listed = replace(OLGA, id=None, email="OLGA@example.com")
    booking = standing(Status.ACCEPTED, facts=facts(cohosts=(OLGA,), attendees=(NILS, listed)))
    assert attending(booking) == (NILS,)
    assert (
        participants(booking)["host:8"], participants(booking).get("attendee:olga@example.com"),
    ) == ("cohost", None)  # fmt: skip


def test_the_host_among_the_cohosts_is_the_host() -> None:
    """Who is named as both has the higher role."""
    booking = standing(Status.ACCEPTED, facts=facts(cohosts=(MARA, OLGA)))
    assert (participants(booking)["host:7"], participants(booking)["host:8"]) == ("host", "cohost")


def test_nobody_said_who_attends() -> None:
    """A booking of which only the host is known is seen by the host and the account."""
    assert {"host:7", EVERYBODY} == set(participants(standing(Status.PENDING, facts=facts(attendees=None))))


def test_who_has_no_address_has_no_seat() -> None:
    """An attendee without an address cannot come to see anything."""
    booking = standing(Status.PENDING, facts=facts(attendees=(Person("Nobody"),)))
    assert {"host:7", EVERYBODY} == set(participants(booking))


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.HOST, ("host:7", "host:mara@example.com", "host:m@example.com",
                     "attendee:mara@example.com", "attendee:m@example.com")),
        (Role.ATTENDEE, ("attendee:mara@example.com", "attendee:m@example.com")),
        (Role.OPERATOR, (EVERYBODY,)),
        (Role.PORTAL, (EVERYBODY,)),
    ],
)  # fmt: skip
def test_caller_keys(role: Role, expected: tuple[str, ...]) -> None:
    """A host reads what they host and what they attend, an attendee the latter, the portal everything."""
    caller = Caller("default", role, "mara@example.com", "mara@example.com")
    assert expected == caller_keys(caller, ("mara@example.com", "m@example.com"), (7,))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Chat"},
        {"notes": "hello"},
        {"start": at(0)},
        {"end": at(0)},
        {"event_type": EventType(2)},
        {"labelled": (Answer("why", "Why?", "because"),)},
        {"location": "Room 5"},
        {"meeting_url": "https://video.example.com/1"},
        {"cancellation_reason": "ill"},
        {"reschedule_url": "https://cal.example.com/r"},
        {"series": "s1"},
        {"host": replace(MARA, name="Mara M.")},
        {"host": replace(MARA, time_zone="Europe/Paris")},
        {"attendees": (replace(NILS, name="Nils N."),)},
        {"attendees": (replace(NILS, time_zone="Europe/Paris"),)},
        {"attendees": (NILS, PIA)},
    ],
    ids=[
        "title", "notes", "start", "end", "event type", "answers", "place", "link", "reason", "link to move",
        "series", "host's name", "host's time zone", "name", "time zone", "another attendee",
    ],
)  # fmt: skip
def test_facts_an_attendee_is_shown(change: dict[str, Any]) -> None:
    """A changed fact that an attendee is shown is a change to an attendee: their number has to move."""
    assert plain(standing(Status.ACCEPTED)) != plain(standing(Status.ACCEPTED, facts=facts(**change)))


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (Status.CANCELLED, {"moved_to": "next"}),
        (Status.PENDING, {"moved_from": "before"}),
        (Status.CANCELLED, {"rejected_at": at(1)}),
        (Status.CANCELLED, {"accepted_at": at(1)}),
        (Status.CANCELLED, {"cancelled_at": at(2)}),
    ],
    ids=["moved to", "moved from", "decision", "what it was", "when it was cancelled"],
)
def test_history_an_attendee_is_shown(status: Status, change: dict[str, Any]) -> None:
    """What is learnt late about a booking's past and shown to an attendee is a change to an attendee."""
    booking = standing(status, requested_at=at(0))
    assert plain(booking) != plain(replace(booking, **change))


def test_an_address_that_is_not_hidden() -> None:
    """Where Cal.com does not hide the host's address, a new one may be news to attendees."""
    shown = facts(hide_host_email=False)
    moved = replace(shown, host=replace(MARA, email="new@example.com"))
    assert plain(standing(Status.ACCEPTED, facts=shown)) != plain(standing(Status.ACCEPTED, facts=moved))


@pytest.mark.parametrize(
    "change",
    [{"ical_uid": "x@example.com"}, {"price": 500}, {"host": replace(MARA, email="new@example.com")}],
    ids=lambda change: next(iter(change)),
)
def test_facts_an_attendee_is_not_shown(change: dict[str, Any]) -> None:
    """What an attendee is not shown is no news to them, the host's address least of all."""
    accepted = standing(Status.ACCEPTED, accepted_at=at(1))
    assert plain(accepted) == plain(replace(accepted, facts=facts(**change)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (MARA, replace(MARA, email="new@example.com"), True),
        (MARA, replace(MARA, id=8), False),
        (MARA, Person("M.", " Mara@Example.COM"), True),
        (MARA, OLGA, False),
        (Person("Mara Mentor"), MARA, False),
        (None, None, True),
        (MARA, None, False),
    ],
    ids=[
        "same id",
        "other id",
        "same address",
        "another",
        "name only",
        "nobody twice",
        "somebody and nobody",
    ],
)
def test_same(one: Person | None, other: Person | None, expected: bool) -> None:
    """Two words name one person by id where both have one, else by address."""
    assert [expected, expected] == [same(one, other), same(other, one)]


def test_addresses_are_compared_folded() -> None:
    """Case and blanks make no other address."""
    assert fold(" STRASSE@Example.com") == fold("straße@example.com ")
    assert attendee_key("Nils@Example.com") == attendee_key("nils@example.com")


@pytest.mark.parametrize("role", Role)
def test_everyone(role: Role) -> None:
    """The portal and operators see the whole account."""
    assert (role in (Role.PORTAL, Role.OPERATOR)) is Caller("default", role, None, "t").everyone
