"""Stand-ins: nobody is named, the same stays the same, and the gateway reads what it read before."""

import json
from typing import Any

import pytest

from gateway.calcom import webhook
from gateway.calcom.standins import Standins, uid
from tests.calcom import bodies

MARA = {"id": 7, "name": "Mara Mentor", "email": "mara@acme.test", "username": "mara"}
NILS = {"name": "Nils Neu", "email": "Nils@acme.test"}


def masked(said: Any) -> Any:
    """What a body becomes, by itself."""
    body = bodies.raw(said)
    return json.loads(Standins([body]).mask(body))


def test_a_person() -> None:
    """Name, address and username are one stand-in's; the number by which Cal.com knows a host stays."""
    assert masked({"organizer": MARA})["organizer"] == {
        "id": 7,
        "name": "Person 1",
        "email": "person1@example.com",
        "username": "person1",
    }


def test_the_same_person_in_two_bodies() -> None:
    """However the address is written, it is one person."""
    first, second = bodies.raw({"a": NILS}), bodies.raw({"b": {**NILS, "email": "nils@ACME.test"}})
    standins = Standins([first, second])
    assert json.loads(standins.mask(first))["a"] == json.loads(standins.mask(second))["b"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Talk between Mara Mentor and Nils Neu", "Talk between Person 1 and Person 2"),
        ("Talk with Mara", "Talk with Person 1"),
        ("Maravilla and others", "Maravilla and others"),
        ("write to mara@acme.test", "write to person1@example.com"),
        ("https://cal.com/mara/mentoring", "https://cal.com/person1/mentoring"),
        ("+44 20 7946 0958", "+15550000001"),
        ("mentoring", "mentoring"),
        ("2027-03-01T12:00:00Z", "2027-03-01T12:00:00Z"),
    ],
)
def test_what_is_in_a_text(told: str, shown: str) -> None:
    """People are found in titles, links and numbers; other words stay."""
    assert masked({"people": [MARA, NILS], "title": told})["title"] == shown


def test_what_people_wrote() -> None:
    """Notes and answers become words without meaning, equal where they were equal; questions stay."""
    said = masked({
        "additionalNotes": "I am ill",
        "responses": {
            "notes": {"label": "additional_notes", "value": "I am ill"},
            "why": {"label": "Why?", "value": "My boss"},
            "topics": {"label": "Topics", "value": ["UX"]},
        },
    })  # fmt: skip
    answers = said["responses"]
    assert said["additionalNotes"] == answers["notes"]["value"] == "Words 1"
    assert answers["why"] == {"label": "Why?", "value": "Words 2"}
    assert answers["topics"]["value"] == ["Words 3"]


def test_what_cal_com_puts_before_a_reason() -> None:
    """The fixed words mean that somebody wants another time: they stay."""
    assert masked({"cancellationReason": "Please reschedule. I am ill"}) == {
        "cancellationReason": "Please reschedule. Words 1"
    }


def test_uids() -> None:
    """A uid is another one wherever it stands, in every recording the same; a calendar's id stays an id."""
    before = "LEnNNhLs64j5xbB5WtDacf"
    said = masked({"uid": before, "iCalUID": f"{before}@Cal.com", "url": f"https://cal.com/video/{before}"})
    after = uid(before)
    assert said == {"uid": after, "iCalUID": f"{after}@Cal.com", "url": f"https://cal.com/video/{after}"}
    assert after == "FQR8brHP8omFi5cChGrWw6"


def test_no_json() -> None:
    """Of a body that is none, addresses, known names and uids are replaced, and every other byte stays."""
    standins = Standins([bodies.raw({"organizer": MARA, "uid": "u" * 20})])
    body = b"\xff Mara Mentor <mara@acme.test> " + b"u" * 20
    assert standins.mask(body) == b"\xff Person 1 <person1@example.com> " + uid("u" * 20).encode()


def test_half_an_emoji() -> None:
    """A text cut in the middle of a character is no error."""
    body = b'{"title":"\\ud83d","triggerEvent":"PING"}'
    assert webhook.read(Standins([body]).mask(body)) == webhook.read(body)


def test_other_bytes_stay() -> None:
    """A body without people, written as Cal.com writes it, comes out as it went in."""
    body = bodies.raw({"triggerEvent": "PING", "n": 1.5, "text": "caf\u00e9", "none": None, "list": [True]})
    assert Standins([body]).mask(body) == body
