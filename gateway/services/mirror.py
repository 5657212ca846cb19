"""The throat: whatever Cal.com said, by whichever mouth, becomes a booking and journal lines here and nowhere else.

Every function takes a ledger and is called inside one of its transactions. What an observation
*means* is decided in `domain/transitions.py`; this module loads, asks, saves and appends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.booking import Booking, By, Decision, EventType, Observation, Source, Status
from gateway.domain.command import Command, State, settled, settlement
from gateway.domain.sight import host_side, participants, plain
from gateway.domain.transitions import UPDATED, Applied, Context, Stale, Thin, Unchanged, decide, tick
from gateway.ports import Ledger, Line, Look

GATEWAY = By("gateway")


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What became of an observation: the verdict's word, and whether only a look can settle it."""

    verdict: str
    reason: str | None = None
    look: bool = False


def observe(ledger: Ledger, seen: Observation, now: datetime, cause: str) -> Mirrored:
    """Believe an observation: save what it makes of the booking, journal it, settle what waited for it."""
    held = ledger.booking(seen.uid)
    before = held.booking if held else None
    command = _awaited(ledger, before) if before else None
    context = Context(asks=_asks(ledger, before, seen), credit=_credit(ledger, before, command))
    verdict = decide(before, seen, context)
    if isinstance(verdict, Thin):
        ledger.ask(Look(seen.uid, now))
        return Mirrored("ignored", "unknown-booking", look=True)
    _learn(ledger, seen, now)
    if before != verdict.booking:
        ledger.save(verdict.booking)
    if not isinstance(verdict, Unchanged):
        record(ledger, before, verdict.booking, verdict.events, Cause(cause, seen.at or now), now)
    _settle(ledger, verdict.booking, command, now)
    _look_further(ledger, before, verdict, seen, now)
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


def record(
    ledger: Ledger, before: Booking | None, after: Booking, events: Iterable[str], cause: Cause, now: datetime
) -> None:
    """Append one line per event, and a `removed` line for whoever no longer sees the booking.

    When the status changed, the first event is the name of that change.
    """
    changed = before is None or before.status is not after.status
    for place, event in enumerate(events):
        line = _change(before, after, event, cause) if changed and place == 0 else _line(after, event, cause)
        ledger.append(line, sorted(_audience(before, after, event)), now)
    lost = participants(before).keys() - participants(after).keys() if before else set()
    if lost:
        ledger.append(
            Line(after.uid, "removed", now, channel="gateway", cause=cause.cause), sorted(lost), now
        )


def note(ledger: Ledger, booking: Booking, event: str, command: Command, cause: Cause, now: datetime) -> None:
    """Append a line about a command, for those who may know what the host's side is doing."""
    detail = {"action": command.action.value, "command": command.id}
    if command.error:
        detail["code"] = command.error
    line = Line(
        booking.uid, event, cause.at, by=cause.by, channel=cause.channel, cause=cause.cause, detail=detail
    )
    ledger.append(line, sorted(host_side(booking)), now)


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
    name = _name(event_type)
    return name is not None and ledger.asks(name)


def _name(event_type: EventType | None) -> str | None:
    if event_type is None or (event_type.id is None and event_type.slug is None):
        return None
    return str(event_type.id) if event_type.id is not None else event_type.slug


def _learn(ledger: Ledger, seen: Observation, now: datetime) -> None:
    host, name = seen.facts.host, _name(seen.facts.event_type)
    if host is not None and host.id is not None and host.email:
        left = ledger.learn_host(host.id, host.email, seen.at or now)
        if left is not None:
            _hand_over(ledger, host.id, left, now)
    if seen.source is Source.REQUESTED and name is not None:
        ledger.learn_asking(name, seen.at or now)


def _hand_over(ledger: Ledger, host: int, left: str, now: datetime) -> None:
    """A host's address has changed: who comes with the old one loses sight of the bookings, the new one finds them."""
    for uid in ledger.hosted(f"host:{host}"):
        for event, viewer in (("removed", f"host:{left}"), (UPDATED, f"host:{host}")):
            ledger.append(Line(uid, event, now, channel="gateway", cause="moved"), [viewer], now)


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
) -> None:
    """What one observation says about other bookings: the one it was moved from, the other dates of its series."""
    after = verdict.booking
    if verdict.look and seen.source is not Source.LOOKED:
        ledger.ask(Look(seen.uid, now))
    if after.moved_from and (before is None or before.moved_from is None):
        _close(ledger, after, seen, now)
    decided = before is not None and before.status is Status.PENDING and after.status is not Status.PENDING
    if decided and after.facts.series is not None:
        for date in ledger.siblings(after.facts.series):
            if date.status is Status.PENDING:
                ledger.ask(Look(date.uid, now))


def _close(ledger: Ledger, successor: Booking, seen: Observation, now: datetime) -> None:
    """The uid a booking was moved from becomes cancelled at Cal.com without an event of its own."""
    old = ledger.booking(successor.moved_from or "")
    if old is None or seen.at is None or old.booking.moved_to == successor.uid:
        return
    left = Observation(old.booking.uid, Source.AMENDED, seen.at, Status.CANCELLED, moved_to=successor.uid)
    observe(ledger, left, now, "moved")


def _pass_time(ledger: Ledger, booking: Booking, now: datetime) -> None:
    while isinstance(verdict := tick(booking, now), Applied):
        cause = Cause("sweep", booking.next_due or now, channel="gateway", by=GATEWAY)
        ledger.save(verdict.booking)
        record(ledger, booking, verdict.booking, verdict.events, cause, now)
        booking = verdict.booking


def _line(after: Booking, event: str, cause: Cause) -> Line:
    by, detail = cause.by or _asker(after, event), _detail(after, event)
    return Line(after.uid, event, cause.at, by=by, channel=cause.channel, cause=cause.cause, detail=detail)


def _change(before: Booking | None, after: Booking, event: str, cause: Cause) -> Line:
    """The line of a change of status, in the name of the answer of ours that brought it about, if one did."""
    line = replace(_line(after, event, cause), before=before.status if before else None, after=after.status)
    answered = after.answered
    if answered is None or (before is not None and before.answered == answered):
        return line
    return replace(line, by=answered.by, channel=answered.channel)


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


def _audience(before: Booking | None, after: Booking, event: str) -> set[str]:
    """Who can see that this happened: a change that an attendee is not shown is no news to an attendee."""
    if event == "updated" and before is not None and plain(before) == plain(after):
        return host_side(after)
    return set(participants(after))


def _word(verdict: Applied | Unchanged | Stale) -> str:
    return type(verdict).__name__.lower()
