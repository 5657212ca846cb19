"""The throat: whatever Cal.com said, by whichever mouth, becomes a booking and journal lines here and nowhere else.

Every function takes a ledger and is called inside one of its transactions. What an observation
*means* is decided in `domain/transitions.py`; this module loads, asks, saves and appends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.booking import Booking, By, Decision, Observation, Source, Status
from gateway.domain.command import Command, State, settled, settlement
from gateway.domain.facts import EventType
from gateway.domain.people import fold
from gateway.domain.sight import plain
from gateway.domain.transitions import (
    ANSWERING,
    UPDATED,
    Applied,
    Context,
    Stale,
    Thin,
    Unchanged,
    decide,
    tick,
)
from gateway.ports import Ledger
from gateway.records import Line, Look, Seating
from gateway.services.chain import linked, neighbours

GATEWAY = By("gateway")
OPEN = (Status.PENDING, Status.ACCEPTED)
RECONCILED = "reconciled"
"""The cause of whatever comparing with Cal.com brings about, down to the looks it leads to."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What became of an observation: the verdict's word, and whether only a look can settle it."""

    verdict: str
    reason: str | None = None
    look: bool = False


def observe(ledger: Ledger, seen: Observation, now: datetime, cause: str) -> Mirrored:
    """Believe an observation: save what it makes of the booking, journal it, settle what waited for it."""
    seen = linked(ledger, _identified(ledger, seen))
    held = ledger.booking(seen.uid)
    before = held.booking if held else None
    command = _awaited(ledger, before) if before else None
    context = Context(asks=_asks(ledger, before, seen), credit=_credit(ledger, before, command))
    verdict = decide(before, seen, context)
    if isinstance(verdict, Thin):
        if seen.source not in ANSWERING:  # what the API says no more of, it would say no more of again
            ledger.ask(Look(seen.uid, now))
        return Mirrored("ignored", "unknown-booking", look=True)
    _learn(ledger, seen, now)
    seating = ledger.save(verdict.booking) if before != verdict.booking else Seating()
    events = () if isinstance(verdict, Unchanged) else verdict.events
    record(ledger, Step(before, verdict.booking, seating), events, Cause(cause, seen.at or now), now)
    _settle(ledger, verdict.booking, command, now)
    _look_further(ledger, before, verdict, seen, now, cause)
    return Mirrored(_word(verdict), look=verdict.look)


def sweep(ledger: Ledger, now: datetime, most: int = 200) -> int:
    """Write what the clock has changed by `now`; returns how many bookings it changed."""
    bookings = ledger.due(now, most)
    for booking in bookings:
        _pass_time(ledger, booking, now)
    return len(bookings)


@dataclass(frozen=True, slots=True)
class Cause:
    """What brought a journal line about: the word for it, when it happened, and who is to be named."""

    cause: str
    at: datetime
    channel: str = "calcom"
    by: By | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A booking before and after something happened to it, and who came or went with it."""

    before: Booking | None
    after: Booking
    seating: Seating

    @property
    def turned(self) -> bool:
        """True when the status changed: the first event is then the name of that change."""
        return self.before is None or self.before.status is not self.after.status


def record(ledger: Ledger, step: Step, events: Iterable[str], cause: Cause, now: datetime) -> None:
    """Append one line per event, and a `removed` line for whoever no longer sees the booking."""
    for place, event in enumerate(events):
        line = _change(step, event, cause) if step.turned and place == 0 else _line(step.after, event, cause)
        ledger.append(line, _audience(ledger, step, event), now)
    if step.seating.lost:
        removed = Line(step.after.uid, "removed", now, channel="gateway", cause=cause.cause)
        ledger.append(removed, sorted(step.seating.lost), now)


def note(ledger: Ledger, booking: Booking, event: str, command: Command, cause: Cause, now: datetime) -> None:
    """Append a line about a command, for those who may know what the host's side is doing."""
    detail = {"action": command.action.value, "command": command.id}
    if command.error:
        detail["code"] = command.error
    line = Line(
        booking.uid, event, cause.at, by=cause.by, channel=cause.channel, cause=cause.cause, detail=detail
    )
    ledger.append(line, _host_side(ledger, booking.uid), now)


def subject(booking: Booking) -> str:
    """What a command is about: the series where one is known, because one call decides all its dates."""
    return booking.facts.series or booking.uid


def _awaited(ledger: Ledger, booking: Booking) -> Command | None:
    return ledger.open_command(subject(booking)) or ledger.open_command(booking.uid)


def _credit(ledger: Ledger, booking: Booking | None, command: Command | None) -> Decision | None:
    """Whose answer an observed decision is: the open command's once it was sent, also for a series' other dates."""
    if command is not None:
        return command.credit
    if booking is None or booking.facts.series is None or booking.status is not Status.PENDING:
        return None
    done = ledger.decided(booking.facts.series)
    return done.credit if done else None


def _asks(ledger: Ledger, before: Booking | None, seen: Observation) -> bool:
    event_type = (before.facts.event_type if before else None) or seen.facts.event_type
    return any(ledger.asks(name) for name in _names(event_type))


def _names(event_type: EventType | None) -> list[str]:
    """What an event type may have been remembered under: its id, or its slug where a body tells no id."""
    if event_type is None:
        return []
    return [str(name) for name in (event_type.id, event_type.slug) if name is not None]


def _identified(ledger: Ledger, seen: Observation) -> Observation:
    """The observation with its host's id, where Cal.com named only an address whose id is known."""
    host = seen.facts.host
    if host is None or host.id is not None or not host.email:
        return seen
    number = next(iter(ledger.host_ids([host.email])), None)
    return replace(seen, facts=replace(seen.facts, host=replace(host, id=number)))


def _learn(ledger: Ledger, seen: Observation, now: datetime) -> None:
    host, names = seen.facts.host, _names(seen.facts.event_type)
    if host is not None and host.id is not None and host.email:
        _learn_host(ledger, host.id, fold(host.email), seen.at or now, now)
    if seen.source is Source.REQUESTED and names:
        ledger.learn_asking(names[0], seen.at or now)


def _learn_host(ledger: Ledger, host: int, address: str, at: datetime, now: datetime) -> None:
    """Access moves with an address: whoever comes with it loses sight of one host's bookings, or finds another's."""
    before = ledger.host_ids([address])
    left = ledger.learn_host(host, address, at)
    if left is not None:
        _tell(ledger, ledger.hosted(f"host:{host}"), "removed", f"host:{left}", now)
    ousted = [other for other in before if other not in ledger.host_ids([address])]
    for other in ousted:
        _tell(ledger, ledger.hosted(f"host:{other}"), "removed", f"host:{address}", now)
    if left is not None or ousted:
        _tell(ledger, ledger.hosted(f"host:{host}"), UPDATED, f"host:{host}", now)


def _tell(ledger: Ledger, uids: Iterable[str], event: str, viewer: str, now: datetime) -> None:
    for uid in uids:
        ledger.append(Line(uid, event, now, channel="gateway", cause="address"), [viewer], now)


def _settle(ledger: Ledger, booking: Booking, command: Command | None, now: datetime) -> None:
    """The wanted state, or another one, has been seen: the command that waited for it ends here."""
    state = settlement(command, booking.status) if command else None
    if command is not None and state is not None and command.uid == booking.uid:
        ledger.update(settled(command, state, now, "overtaken" if state is State.OVERTAKEN else None))


def _look_further(
    ledger: Ledger,
    before: Booking | None,
    verdict: Applied | Unchanged | Stale,
    seen: Observation,
    now: datetime,
    cause: str,
) -> None:
    """What one observation says about other bookings: those of its chain of moves, the other dates of its series."""
    after = verdict.booking
    if verdict.look and seen.source is not Source.LOOKED:
        ledger.ask(Look(seen.uid, now, cause=RECONCILED if seen.source is Source.LISTED else "looked"))
    for word in neighbours(ledger, before, after, seen, now):
        if isinstance(word, Look):
            ledger.ask(word)
        else:
            observe(ledger, word, now, cause if cause == RECONCILED else "moved")
    for uid in _dates(ledger, before, after, seen):
        ledger.ask(Look(uid, now))


def _dates(ledger: Ledger, before: Booking | None, after: Booking, seen: Observation) -> list[str]:
    """The other dates of a series, which change without an event: what is still open is to be looked at.

    A list shows them all by itself, and an answer to a look says of the others at most that they were
    decided together.
    """
    if after.facts.series is None or before is None or before.status is after.status:
        return []
    asked = before.status is Status.PENDING and seen.source is Source.LOOKED
    states = OPEN if seen.source not in ANSWERING else (Status.PENDING,) if asked else ()
    return [date.uid for date in ledger.siblings(after.facts.series) if date.status in states]


def _pass_time(ledger: Ledger, booking: Booking, now: datetime) -> None:
    while isinstance(verdict := tick(booking, now), Applied):
        cause = Cause("sweep", booking.next_due or now, channel="gateway", by=GATEWAY)
        seating = ledger.save(verdict.booking)
        record(ledger, Step(booking, verdict.booking, seating), verdict.events, cause, now)
        booking = verdict.booking


def _line(after: Booking, event: str, cause: Cause) -> Line:
    by, detail = cause.by or _asker(after, event), _detail(after, event)
    return Line(after.uid, event, cause.at, by=by, channel=cause.channel, cause=cause.cause, detail=detail)


def _change(step: Step, event: str, cause: Cause) -> Line:
    """The line of a change of status, in the name of the answer of ours that brought it about, if one did."""
    before, after = step.before, step.after
    line = replace(_line(after, event, cause), before=before.status if before else None, after=after.status)
    if after.answered is None or (before is not None and before.answered == after.answered):
        return line
    return replace(line, by=after.answered.by, channel=after.answered.channel)


def _asker(booking: Booking, event: str) -> By | None:
    """A request is the attendee's; of anything else a body does not prove who acted."""
    booker = next(iter(booking.facts.attendees or ()), None)
    return By("attendee", booker.name or None) if event == "requested" and booker else None


def _detail(booking: Booking, event: str) -> dict[str, str]:
    facts, decision = booking.facts, booking.decision
    detail: dict[str, str | None] = {}
    if event == "rejected" and decision is not None:
        detail = {"reason_code": decision.reason_code, "reason": decision.reason}
    elif event in ("cancelled", "withdrawn"):
        detail = {"reason": facts.cancellation_reason}
    elif event == "moved":
        detail = {"moved_to": booking.moved_to}
    elif event == "reassigned":
        detail = {"host": facts.host.name if facts.host else None}
    return {name: value for name, value in detail.items() if value}


def _audience(ledger: Ledger, step: Step, event: str) -> list[str]:
    """Who can see that this happened: a change that an attendee is not shown is news to newcomers alone."""
    if event == UPDATED and step.before is not None and plain(step.before) == plain(step.after):
        return sorted({*_host_side(ledger, step.after.uid), *step.seating.new})
    return sorted(ledger.seats(step.after.uid))


def _host_side(ledger: Ledger, uid: str) -> list[str]:
    """Those who may know what the host's side is doing."""
    return sorted(key for key, role in ledger.seats(uid).items() if role != "attendee")


def _word(verdict: Applied | Unchanged | Stale) -> str:
    return type(verdict).__name__.lower()
