"""Dates in recorded bodies: meetings by whole weeks into the future, words into the past, nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.calcom.shifting import Shift, measure, shifted, told_at
from tests.calcom import bodies

NOW = datetime(2027, 6, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        (b'"2027-03-04T08:00:00Z"', b'"2027-03-11T08:00:00Z"'),
        (b"day=2027-03-04&x", b"day=2027-03-11&x"),
        (b"DTSTART:20270304T080000Z", b"DTSTART:20270311T080000Z"),
        (b'"createdAt": "2027-03-04T08:00:00Z"', b'"createdAt": "2027-03-05T08:00:00Z"'),
        (b"2027-13-45T08:00", b"2027-13-45T08:00"),
        (b'"bookingId":20270304', b'"bookingId":20270304'),
        (b"1234-2027-03-04-5678", b"1234-2027-03-04-5678"),
        (b"\xff2027-03-04", b"\xff2027-03-11"),
        (b"9999-12-31", b"9999-12-31"),
    ],
)
def test_what_is_a_date(text: bytes, moved: bytes) -> None:
    """Dates move, with hyphens or as calendars write them; what only looks like one stays."""
    assert shifted(text, Shift(7, 1)) == moved


@pytest.mark.parametrize("days", [0, 3, 400])
def test_the_earliest_meeting_lies_ahead(days: int) -> None:
    """By whole weeks, as few as possible, and at least a day from now."""
    start = NOW - timedelta(days=days)
    shift = measure([requested(start), requested(start + timedelta(days=9))], NOW)
    ahead = start + timedelta(days=shift.meetings) - NOW
    assert (shift.meetings % 7, timedelta(days=1) <= ahead <= timedelta(days=8)) == (0, True)


def test_nothing_was_said_in_the_future() -> None:
    """Though the meeting moves far ahead, the word about it stays in the past."""
    shift = measure([requested(NOW - timedelta(days=1), NOW - timedelta(days=2))], NOW)
    assert (shift.meetings, shift.said) == (7, 2)


def test_what_is_recent_stays() -> None:
    """A meeting that lies ahead, of which somebody spoke before now, is left alone."""
    assert measure([requested(NOW + timedelta(days=2), NOW)], NOW) == Shift(0, 0)


def test_when_it_was_said() -> None:
    """The envelope's time; none where there is no envelope."""
    assert told_at(requested(NOW, NOW)) == NOW
    assert told_at(b"{}") is None


def requested(start: datetime, said: datetime = NOW) -> bytes:
    """A request for a time."""
    times = {"startTime": start.isoformat(), "endTime": start.isoformat()}
    told = {
        "triggerEvent": "BOOKING_REQUESTED",
        "createdAt": said.isoformat(),
        "payload": {"uid": bodies.UID, **times},
    }
    return bodies.raw(told)
