"""How an observation moves a booking: `decide`, which walks the table of `states.py`.

Observations are believed; the table only says what a change of state is called. Which of two
observations wins is decided by Cal.com's own times and, at equal times, by `RANK`; what neither can
settle is left to a look at the API. Nothing here judges what the portal may ask for: that is
`command.py`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.domain.booking import Booking, Decision, Observation, Source, Status
from gateway.domain.facts import Facts, merge, shown
from gateway.domain.people import same
from gateway.domain.states import RANK, TABLE, A, C, E, G, P, R

UPDATED = "updated"
"""The journal's word for a changed detail: it moves the reader's number, and is no event of the timeline."""

ONE_PERSONS: dict[str, None] = dict.fromkeys(
    ("attendees", "title", "notes", "labelled", "bare", "cancellation_reason")
)
"""What a word about one place says of that place's person, and not of the slot."""

MILESTONES = {A: "accepted_at", R: "rejected_at", C: "cancelled_at"}

ANSWERING = (Source.LOOKED, Source.LISTED)
"""What Cal.com says when it is asked."""

ASKING = (Source.REQUESTED, Source.PAYMENT_INITIATED)
"""What begins a booking, and can therefore not undo an answer, however late it was sent."""


@dataclass(frozen=True, slots=True)
class Context:
    """What `decide` must know beside the two: does this event type ask for approval, and whose act is awaited.

    `credit` is the answer that a command of ours has sent to Cal.com and still waits for.
    """

    asks: bool = False
    credit: Decision | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """Something changed: `events` are the journal's names for it, in order."""

    booking: Booking
    events: tuple[str, ...]
    look: bool = False


@dataclass(frozen=True, slots=True)
class Unchanged:
    """True, and nothing new that anybody could see; `booking` may still carry a newer `as_of`."""

    booking: Booking
    look: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """Older than what is known: it filled blanks at most (`events` then says so)."""

    booking: Booking
    events: tuple[str, ...] = ()
    look: bool = False


@dataclass(frozen=True, slots=True)
class Thin:
    """About a booking that is not known, and too little to make one from: a look is due."""

    uid: str


Verdict = Applied | Unchanged | Stale | Thin


def decide(booking: Booking | None, seen: Observation, context: Context) -> Verdict:
    """What becomes of `booking` when Cal.com says `seen`. Pure: the same arguments, the same verdict."""
    if booking is None:
        return _first(seen, context)
    move, late, look = _judge(booking, seen)
    after, outdated = _fold(booking, seen)
    events: list[str] = []
    if move is not None:
        event = "moved" if move is C and seen.moved_to else TABLE[booking.status, move]
        events.append(event)
        after = _step(after, move, seen, context)
    elif late or seen.status is booking.status:
        after = _fill(after, seen)
        after = after if seen.source in ANSWERING else _noticed(after, seen, context)
    events += _beside(booking, after)
    if not events and _visible(booking) != _visible(after):
        events.append(UPDATED)
    if late or (_later(booking.as_of, seen.at) and (outdated or events)):
        return Stale(after, tuple(events), look)
    return Applied(after, tuple(events), look) if events else Unchanged(after, look)


def tick(booking: Booking, now: datetime) -> Applied | Unchanged:
    """The next thing the clock makes of a booking by `now`: a request expires, a meeting starts, a meeting ends."""
    if booking.next_due is None or booking.next_due > now:
        return Unchanged(booking)
    if booking.status is P:
        return Applied(replace(booking, status=E), (TABLE[P, E],))
    if not booking.started:
        return Applied(replace(booking, started=True), ("started",))
    return Applied(replace(booking, ended=True), ("ended",))


def _first(seen: Observation, context: Context) -> Verdict:
    leaving = seen.seat and seen.status is C  # one place of many: the slot may well be alive
    if seen.status is None or seen.status is G or leaving or not _enough(seen):
        return Thin(seen.uid)
    blank, _ = _fold(Booking(seen.uid, seen.status, seen.facts if seen.seat else Facts()), seen)
    asks = seen.status is P and seen.source is not Source.PAYMENT_INITIATED
    asked = (seen.born or seen.at) if asks else None
    born = _step(replace(blank, requested_at=asked), seen.status, seen, context)
    return Applied(born, (_opening(born, seen),), look=_needs_series(born, seen))


def _enough(seen: Observation) -> bool:
    """Whether a booking can be made of it: it must say when, with whom, and as of which time."""
    return seen.at is not None and seen.facts.start is not None and seen.facts.host is not None


def _opening(born: Booking, seen: Observation) -> str:
    if born.status is A and (born.walked or born.unasked):
        return "accepted_elsewhere"
    if born.status is C and seen.moved_to:
        return "moved"
    if seen.source is Source.PAYMENT_INITIATED:
        return UPDATED  # it waits for money, and nobody has been asked yet
    return TABLE[None, born.status]


def _judge(booking: Booking, seen: Observation) -> tuple[Status | None, bool, bool]:
    """The state to move to (or None), whether the observation is stale, whether a look must settle it."""
    told, look = seen.status, _needs_series(booking, seen) or seen.seat
    if seen.seat and seen.source is Source.CANCELLED:
        return None, False, look  # one place leaving looks just like the end of the slot
    if told is None or told is booking.status or (booking.status, told) not in TABLE:
        return None, False, look
    if seen.source in ASKING:
        return None, True, look or not _later(booking.as_of, seen.at)
    move, late, doubt = _weigh(booking, seen, told)
    return move, late, look or doubt


def _weigh(booking: Booking, seen: Observation, told: Status) -> tuple[Status | None, bool, bool]:
    """The same three, for an observation that disagrees: Cal.com's times decide, at equal times the rank.

    A list may be read from a copy that lags behind: what it says of an earlier state is a question only.
    A webhook older than all that is known is believed to be late, unless nothing was decided since.
    """
    at, as_of, ours, theirs = seen.at, booking.as_of, RANK[booking.status], RANK[told]
    looked = seen.source is Source.LOOKED
    if at is None or (seen.source is Source.LISTED and theirs < ours):
        return None, at is not None, True
    if seen.insist or as_of is None or at > as_of or (looked and booking.status is G):
        return told, False, False
    if at < as_of:
        return None, True, seen.source in ANSWERING or booking.status is P
    wins = theirs > ours or (theirs == ours and looked)
    settled = looked or (seen.source is Source.LISTED and wins)
    return (told if wins else None), not wins, not settled


def _later(at: datetime | None, as_of: datetime | None) -> bool:
    return at is not None and as_of is not None and at > as_of


def _needs_series(booking: Booking, seen: Observation) -> bool:
    """A request that recurs names its series nowhere; only the API knows `series`."""
    return seen.recurring and booking.facts.series is None and seen.facts.series is None


def _fold(booking: Booking, seen: Observation) -> tuple[Booking, bool]:
    """The booking with what was said beside its status, and whether some of that was outdated."""
    # A word about one place tells of that place's person only; of the slot, a look has to tell.
    said = replace(seen.facts, **ONE_PERSONS) if seen.seat else seen.facts
    facts, stamps, outdated = merge(booking.facts, booking.stamps, said, seen.at)
    absent, stamps = _roll_call(booking, seen, stamps)
    folded = replace(
        booking,
        facts=facts,
        stamps=stamps,
        moved_from=_before(booking, seen),
        moved_to=seen.moved_to or booking.moved_to,
        absent=absent,
        paid=booking.paid or seen.paid,
    )
    return folded, outdated


def _before(booking: Booking, seen: Observation) -> str | None:
    """The uid it was moved from. A body may name the first of a chain only; the API names the last."""
    if seen.source in ANSWERING and seen.moved_from is not None:
        return seen.moved_from
    return booking.moved_from or seen.moved_from


def _roll_call(
    booking: Booking, seen: Observation, stamps: dict[str, datetime]
) -> tuple[frozenset[str], dict[str, datetime]]:
    """Who did not come, by the newest word about it; undated or older ones say nothing here."""
    absent, marks = set(booking.absent), dict(stamps)
    for email, missed in seen.absent.items():
        since = marks.get(f"absent {email}")
        if seen.at is not None and (since is None or seen.at >= since):
            marks[f"absent {email}"] = seen.at
            (absent.add if missed else absent.discard)(email)
    return frozenset(absent), marks


def _step(booking: Booking, to: Status, seen: Observation, context: Context) -> Booking:
    """The booking after its move: status, time, milestone, and who is to be credited with it."""
    moved = replace(booking, status=to, as_of=_newest(seen.at, booking.as_of), unproven=False)
    if to in MILESTONES:
        moved = _dated(moved, MILESTONES[to], seen.at)
    credit = context.credit
    if credit is not None and seen.at is not None and (credit.action, to) in (("accept", A), ("reject", R)):
        return replace(moved, answered=replace(credit, at=seen.at))
    return _noticed(replace(moved, walked=False, unasked=False), seen, context)


def _noticed(booking: Booking, seen: Observation, context: Context) -> Booking:
    """How an acceptance came about that nobody here was asked for, where the event type asks."""
    if booking.status is not A or seen.status is not A or not context.asks or booking.answered is not None:
        return booking
    unseen = booking.requested_at is None
    found_moved = unseen and seen.source in ANSWERING and seen.moved_from is not None
    walked = booking.walked or seen.source is Source.RESCHEDULED or found_moved
    unasked = booking.unasked or (unseen and seen.source is Source.CREATED)
    return replace(booking, walked=walked, unasked=unasked)


def _fill(booking: Booking, seen: Observation) -> Booking:
    """No move: an older or repeated word may still date the booking and fill a milestone nobody had seen."""
    name = "requested_at" if seen.source is Source.REQUESTED else MILESTONES.get(seen.status or P)
    if seen.at is not None and name is not None and getattr(booking, name) is None and not seen.seat:
        booking = _dated(booking, name, seen.at)
    if seen.at is not None and seen.status is booking.status:
        booking = replace(booking, as_of=_newest(seen.at, booking.as_of))
    return booking


def _dated(booking: Booking, milestone: str, at: datetime | None) -> Booking:
    times: dict[str, Any] = {milestone: at}
    return replace(booking, **times)


def _beside(before: Booking, after: Booking) -> list[str]:
    """What happened beside a change of state: a late request, a no-show, another host."""
    events = []
    if before.requested_at is None and after.requested_at is not None:
        events.append("requested")
    if before.absent != after.absent:
        events.append("no_show")
    if not same(before.facts.host, after.facts.host):
        events.append("reassigned")
    return events


def _newest(at: datetime | None, as_of: datetime | None) -> datetime | None:
    return max((time for time in (at, as_of) if time is not None), default=None)


def _visible(booking: Booking) -> tuple[object, ...]:
    return (
        shown(booking.facts),
        booking.answers,
        booking.place,
        booking.joinable,
        booking.status,
        booking.moved_from,
        booking.moved_to,
        booking.decision,
        booking.flags,
        booking.unpaid,
        booking.cancelled_at,
        booking.cancelled_from,
    )
