"""Single values: what counts as said, and what does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.calcom import fields
from gateway.domain.people import Person

NINE = datetime(2030, 5, 6, 9, tzinfo=UTC)
NOTHING = [None, True, 5, 1.5, [], {}, ["a"], {"a": 1}]


@pytest.mark.parametrize(
    "value",
    [
        "2030-05-06T09:00:00Z",
        "2030-05-06T09:00:00.000Z",
        "2030-05-06T09:00:00+00:00",
        "2030-05-06T11:00:00+02:00",
        "2030-05-06T03:30:00.000-05:30",
    ],
)
def test_the_same_instant(value: str) -> None:
    """Cal.com writes times in three ways, and as any offset; they are the same instant in UTC."""
    told = fields.moment(value)
    assert told == NINE
    assert told.tzinfo is UTC


@pytest.mark.parametrize(
    "value", ["", "soon", "2030-05-06", "2030-05-06T09:00:00", "0001-01-01T00:00:00+09:00", *NOTHING]
)
def test_no_instant(value: Any) -> None:
    """A time without an offset, out of range or of another type was not said."""
    assert fields.moment(value) is None


@pytest.mark.parametrize(
    "value", ["https://example.com/a?b=c", "http://127.0.0.1:3000/x", "https://bücher.example/ü"]
)
def test_a_link(value: str) -> None:
    """An http or https URL is taken as it stands."""
    assert fields.link(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com/a",
        "https:",
        "https:///path",
        "http://[broken",
        "https://example.com/a b",
        "https://example.com/\nx",
        "integrations:daily",
        *NOTHING,
    ],
)
def test_no_link(value: Any) -> None:
    """Nothing that a browser would run, and nothing that is no URL, ends up in a page as a link."""
    assert fields.link(value) is None


@pytest.mark.parametrize(
    "value", ["qW3rTy7uIoP9aSdFgHjKlZ", "a3450ec3-c1ba-468b-8b3b-8ee70090ff6f", "a/b", "..."]
)
def test_a_uid(value: str) -> None:
    """Whatever can be put into a path is a uid."""
    assert fields.uid(value) == value


@pytest.mark.parametrize("value", ["", " ", "a b", "a\n", ".", "..", "ü", "\x00", "a" * 201, *NOTHING])
def test_no_uid(value: Any) -> None:
    """What could not be put into a path, or would lead elsewhere, is no uid."""
    assert fields.uid(value) is None


@pytest.mark.parametrize("value", ["", " \n", *NOTHING])
def test_empty_text_is_not_said(value: Any) -> None:
    """Blank text, and what is no text, was not said."""
    assert fields.text(value) is None


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30, True, "5", 5.0, None])
def test_no_number(value: Any) -> None:
    """Only a whole number that a database can hold is one."""
    assert fields.number(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("I fell ill", "I fell ill"),
        ("Please reschedule. I am away", "I am away"),
        ("Please reschedule. undefined", None),
        ("Please reschedule. null", None),
        ("Please reschedule. ", None),
        ("undefined", "undefined"),
        ("", None),
    ],
)
def test_cancellation(value: str, expected: str | None) -> None:
    """The words that Cal.com puts before a host's reason, and instead of none, are taken away."""
    assert fields.cancellation(value) == expected


@pytest.mark.parametrize(
    "value", [{}, {"name": "Mara"}, dict.fromkeys(("id", "name", "email", "username"), "unknown")]
)
def test_no_host(value: dict[str, Any]) -> None:
    """A host is known by id or address; `unknown`, which Cal.com writes for a deleted account, is neither."""
    assert fields.host(value) is None


def test_a_host_without_a_name() -> None:
    """An id alone is enough, and an address alone is."""
    assert fields.host({"id": 7, "email": "unknown"}) == Person(id=7)
    assert fields.host({"email": "Mara@example.com"}) == Person(email="Mara@example.com")


def test_attendees() -> None:
    """They keep their order; nameless guests stay, empty entries go, and row numbers are no user ids."""
    given = [
        {"id": 9, "name": "Nils", "email": "nils@example.com"},
        {"name": "", "email": ""},
        5,
        {"email": "g@example.com"},
    ]
    assert fields.attendees(given) == (Person("Nils", "nils@example.com"), Person("", "g@example.com"))


@pytest.mark.parametrize("value", [*NOTHING, [{}], [{"name": None, "email": 5}]])
def test_no_attendees(value: Any) -> None:
    """A list without anybody in it says nothing about who attends."""
    assert fields.attendees(value) is None


def test_the_address_shown() -> None:
    """Users of a platform have a client's id in their address; the one shown has not."""
    given = [{"name": "Nils", "email": "nils+client@example.com", "displayEmail": "nils@example.com"}]
    assert fields.attendees(given) == (Person("Nils", "nils@example.com"),)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'"half \\ud83d face"', "half \ufffd face"),
        (b'"\\udE00"', "\ufffd"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud83d\\ud83d\\ude00"', "\ufffd\U0001f600"),
    ],
    ids=["first half", "second half", "whole", "half and whole"],
)
def test_half_an_emoji(body: bytes, expected: str) -> None:
    """A text that was cut in the middle of an emoji is read all the same."""
    assert expected == fields.parse(body)


@pytest.mark.parametrize("body", [b"", b"NaN", b'{"a":NaN}', b"\xff", b"[" * 100_000, b"1" * 5000, b"{} x"])
def test_no_json(body: bytes) -> None:
    """What is no JSON, or what no store could keep, is a ValueError and nothing worse."""
    with pytest.raises(ValueError):  # noqa: PT011  (any ValueError will do)
        fields.parse(body)
