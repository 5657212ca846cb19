"""Chains of moves: every move at Cal.com makes a new uid and closes the old one without a word about it.

What a word about one booking says about its neighbours in the chain comes out as further observations,
where it is certain, and as looks, where it is likely. Nothing is written here; `mirror.py` believes.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gateway.domain.booking import Booking, Observation, Source, Status
from gateway.domain.people import fold
from gateway.domain.transitions import ANSWERING
from gateway.ports import Ledger
from gateway.records import Look

OPEN = (Status.PENDING, Status.ACCEPTED, Status.EXPIRED)
"""What can still be moved; a request that ran out can be too (measured on 6.0.2)."""
LONGEST = 20
"""More moves than anybody follows by hand; a ring in what Cal.com says ends here."""


def linked(ledger: Ledger, seen: Observation) -> Observation:
    """The observation with the uid it was moved from, where that follows from the first uid of its chain."""
    if seen.root is None or seen.moved_from is not None:
        return seen
    held = ledger.booking(seen.root)
    first = held.booking if held else None
    return replace(seen, moved_from=seen.root) if first and _goes_on_as(first, seen) else seen


def neighbours(
    ledger: Ledger, before: Booking | None, after: Booking, seen: Observation, now: datetime
) -> Iterator[Observation | Look]:
    """What `seen`, which made `after` of `before`, says about the bookings it was moved from and to."""
    known = before or Booking(after.uid, after.status)
    if after.moved_from and after.moved_from != known.moved_from:
        yield from _left(ledger, after.moved_from, after.uid, seen.at)
    if after.moved_to and after.moved_to != known.moved_to:
        yield from _came(ledger, after, seen.at)
    if before is None:
        yield from _moved_already(ledger, after)
        yield from _perhaps_left(ledger, after, seen, now)


def _left(ledger: Ledger, old: str, new: str, at: datetime | None) -> Iterator[Observation]:
    """The uid a booking was moved from is cancelled at Cal.com, without an event of its own."""
    held = ledger.booking(old)
    if held is not None and at is not None and held.booking.moved_to != new:
        yield Observation(old, Source.AMENDED, at, Status.CANCELLED, moved_to=new)


def _came(ledger: Ledger, old: Booking, at: datetime | None) -> Iterator[Observation]:
    held = ledger.booking(old.moved_to or "")
    if held is not None and held.booking.moved_from is None:
        yield Observation(held.booking.uid, Source.AMENDED, at, moved_from=old.uid)


def _moved_already(ledger: Ledger, old: Booking) -> Iterator[Observation]:
    """First heard of when its successor was known: it had been closed as of the successor's first word."""
    new = ledger.successor(old.uid)
    if new is not None:
        times = (new.requested_at, new.accepted_at, new.rejected_at, new.cancelled_at)
        at = min((time for time in times if time is not None), default=new.as_of)
        yield from _left(ledger, old.uid, new.uid, at)


def _perhaps_left(ledger: Ledger, after: Booking, seen: Observation, now: datetime) -> Iterator[Look]:
    """Where a body names the chain but not the move, the open end of that chain is looked at."""
    if after.moved_from is not None and seen.root is None:
        return
    for first in {seen.root, seen.kin} - {None}:
        end = _end(ledger, first or "", after.uid)
        if end is not None and _goes_on_as(end, seen):
            yield Look(end.uid, now)


def _end(ledger: Ledger, uid: str, beyond: str) -> Booking | None:
    """The last known booking of a chain, before `beyond`."""
    end = None
    for _ in range(LONGEST):
        held = ledger.booking(uid)
        if held is None:
            return end
        end, uid = held.booking, held.booking.moved_to or beyond
        if uid == beyond:
            return end
    return end


def _goes_on_as(old: Booking, seen: Observation) -> bool:
    """Whether the older booking may have been moved to this one: still open, of the same kind and attendee."""
    one, other = old.facts, seen.facts
    return (
        seen.source not in ANSWERING
        and old.uid != seen.uid
        and old.status in OPEN
        and old.moved_to in (None, seen.uid)
        and one.event_type is not None
        and other.event_type is not None
        and one.event_type.alike(other.event_type)
        and bool(one.attendees and other.attendees)
        and _booker(old) == _booker(seen)
    )


def _booker(one: Booking | Observation) -> str:
    return fold((one.facts.attendees or ())[0].email or "")
