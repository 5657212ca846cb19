"""Recorded bodies made to look recent: dates moved by whole days, every other byte as it was. Pure.

Meetings move by whole weeks, so that weekday and time of day stay. What tells when something was said moves less
where it must: Cal.com never speaks from the future, and the gateway orders what it hears by these times.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.calcom import webhook
from gateway.calcom.fields import moment

LEAD = timedelta(days=1)
"""How far ahead the earliest meeting lies at least: time enough to answer it."""

WEEK = 7
SAID = rb'"(?:createdAt|updatedAt)"\s*+:\s*+"'
"""When something was said or written down: the envelope's time, and those of rows (`sendPayload.ts`)."""

DAY = rb"(?<![\d-])(?:\d{4}-\d\d-\d\d(?=T\d\d:\d\d|[^\w-]|$)|\d{8}(?=T\d{6}))"
"""An ISO date, alone or before a time; without hyphens only before a time, as calendars write it."""

DATED = re.compile(b"(" + SAID + b")?(" + DAY + b")")
TOLD = re.compile(SAID + rb'([^"]{10,40})"')


@dataclass(frozen=True, slots=True)
class Shift:
    """By how many days meetings move, and by how many the times at which something was said."""

    meetings: int
    said: int


def measure(bodies: Iterable[bytes], now: datetime) -> Shift:
    """The smallest shift after which every meeting lies ahead of `now` and nothing was said after it."""
    bodies = list(bodies)
    starts = [start for body in bodies if (start := _start(body))]
    spoken = [at for body in bodies for told in TOLD.findall(body) if (at := _moment(told))]
    behind = (now + LEAD - min(starts)) if starts else timedelta()
    meetings = WEEK * max(0, -(-behind // timedelta(days=WEEK)))
    room = (now - max(spoken)) // timedelta(days=1) if spoken else meetings
    return Shift(meetings, min(meetings, room))


def shifted(body: bytes, shift: Shift) -> bytes:
    """`body` with its dates moved; what only looks like a date stays."""

    def moved(found: re.Match[bytes]) -> bytes:
        before, day = found[1] or b"", found[2]
        return before + _moved(day, shift.said if before else shift.meetings)

    return DATED.sub(moved, body)


def told_at(body: bytes) -> datetime | None:
    """When Cal.com said it, as far as the body tells."""
    found = TOLD.search(body)
    return _moment(found[1]) if found else None


def _start(body: bytes) -> datetime | None:
    read = webhook.read(body)
    return read.observation.facts.start if isinstance(read, webhook.Seen) else None


def _moment(told: bytes) -> datetime | None:
    return moment(told.decode(errors="replace"))


def _moved(day: bytes, days: int) -> bytes:
    try:
        new = date.fromisoformat(day.decode()) + timedelta(days=days)
    except (ValueError, OverflowError):
        return day
    return new.strftime("%Y-%m-%d" if b"-" in day else "%Y%m%d").rjust(len(day), "0").encode()
