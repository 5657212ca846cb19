"""Small makers of observations, bookings and commands. Times are seconds after a fixed noon."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.booking import Booking, By, Observation, Source, Status
from gateway.domain.command import Action, Command
from gateway.domain.facts import EventType, Facts
from gateway.domain.people import Person
from gateway.domain.transitions import Context, Thin, Verdict, decide

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
DAY = 86_400
MARA = Person("Mara Mentor", "mara@example.com", "Europe/Madrid", "mara", 7)
NILS = Person("Nils Neu", "nils@example.com", "Europe/Oslo")
PIA = Person("Pia Plus", "pia@example.com", "Europe/Oslo")
OLGA = Person("Olga Other", "olga@example.com", "Europe/Riga", "olga", 8)
KIND = EventType(1, "mentoring", "Mentoring")

SAYS = {
    Source.REQUESTED: Status.PENDING,
    Source.CREATED: Status.ACCEPTED,
    Source.RESCHEDULED: Status.ACCEPTED,
    Source.REJECTED: Status.REJECTED,
    Source.CANCELLED: Status.CANCELLED,
    Source.PAYMENT_INITIATED: Status.PENDING,
}
"""The status that each kind of webhook brings; the others bring none of their own."""


def at(second: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=second)


START, END = at(DAY), at(DAY + 1800)
"""The meeting is a day after noon and lasts half an hour."""


def facts(**changes: Any) -> Facts:
    """A meeting of Mara and Nils, with changes."""
    whole = Facts(title="Talk", start=START, end=END, host=MARA, attendees=(NILS,), event_type=KIND)
    return replace(whole, **changes)


def said(source: Source, second: float | None = 0, **changes: Any) -> Observation:
    """What Cal.com says at that second, or undated; the status is the kind's own unless given."""
    when = None if second is None else at(second)
    given: dict[str, Any] = {"status": SAYS.get(source), "facts": facts(), **changes}
    return Observation("uid", source, when, **given)


def looked(status: Status, second: float | None = 0, **changes: Any) -> Observation:
    """An answer of the API whose booking was last written at that second."""
    return said(Source.LOOKED, second, status=status, **changes)


def believed(*seen: Observation, asks: bool = False) -> Booking:
    """The booking that these observations add up to, in the order in which they came."""
    booking: Booking | None = None
    for one in seen:
        booking = after(decide(booking, one, Context(asks)))
    assert booking is not None
    return booking


def after(verdict: Verdict) -> Booking:
    """The booking that a verdict leaves."""
    assert not isinstance(verdict, Thin)
    return verdict.booking


def events(verdict: Verdict) -> tuple[str, ...]:
    """The names under which a verdict goes into the journal."""
    return getattr(verdict, "events", ())


def standing(status: Status, **changes: Any) -> Booking:
    """A booking in that state as of noon, whatever brought it there."""
    given: dict[str, Any] = {"facts": facts(), "as_of": NOON, **changes}
    return Booking("uid", status, **given)


def command(action: Action = Action.ACCEPT, **changes: Any) -> Command:
    """A command of Mara's, given at noon."""
    given: dict[str, Any] = {"subject": "uid", "by": By("host", "Mara"), "created_at": NOON, **changes}
    return Command("c1", "uid", action=action, **given)
