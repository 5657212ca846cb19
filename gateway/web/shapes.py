"""Bookings, commands and journal lines as a caller may see them. Pure: values in, JSON values out.

An attendee's booking is an allow-list of its own, not the host's with parts removed: what is added
to a booking later stays hidden from attendees until it is named here.
"""

from datetime import UTC, datetime
from typing import Any

from gateway.domain.booking import Booking, By, Decision, Status
from gateway.domain.command import Command, offered
from gateway.domain.facts import EventType
from gateway.domain.people import Person, fold
from gateway.domain.sight import attending
from gateway.records import Held, Judged, Line
from gateway.services.portal import View
from gateway.services.reconcile import Round

MOST_CONFLICTS = 10
SHOWN_STATE = {"waiting": "open", "trying": "open"}

Json = dict[str, Any]


def time(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`; milliseconds only where there are any."""
    if at is None:
        return None
    spec = "milliseconds" if at.microsecond >= 1000 else "seconds"
    return at.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def booking(view: View, *, hide_host_email: bool = True, late_hours: int = 48, me: str | None = None) -> Json:
    """A booking as the caller may see it. `me` is the caller's address, None for the whole account."""
    held = view.held
    if held.role == "attendee":
        return _common(view, late_hours) | _for_attendee(held, me or "", hide_host_email=hide_host_email)
    return _common(view, late_hours) | _for_host(held)


def _common(view: View, late_hours: int) -> Json:
    held, facts = view.held, view.held.booking.facts
    return {
        "uid": held.booking.uid,
        "kind": "booking",
        "status": held.booking.status,
        "title": facts.title,
        "start": time(facts.start),
        "end": time(facts.end),
        "duration_minutes": _minutes(facts.start, facts.end),
        "role": None if held.role == "portal" else held.role,
        "event_type": _event_type(facts.event_type),
        "location": held.booking.place,
        "meeting_url": held.booking.joinable,
        "requested_at": time(held.booking.requested_at),
        "updated_at": time(held.updated_at),
        "decision": _decision(held.booking.decision),
        "approvals": _approvals(held.booking),
        "cancellation": _cancellation(held.booking, late_hours),
        "moved_from": held.booking.moved_from,
        "moved_to": held.booking.moved_to,
        "series": _series(view),
        "reschedule_url": facts.reschedule_url,
        "conflicts": [conflict(one) for one in view.conflicts[:MOST_CONFLICTS]],
        "conflicts_count": len(view.conflicts),
        "seq": held.seq,
    }


def _for_host(held: Held) -> Json:
    facts = held.booking.facts
    return {
        "host": _person(facts.host, email=True) | {"username": facts.host.username if facts.host else None},
        "attendees": [_person(one, email=True) for one in attending(held.booking)],
        "answers": _answers(held.booking),
        "notes": facts.notes,
        "flags": sorted(held.booking.flags),
        "actions": [] if held.role == "cohost" else list(offered(held.booking, held.command)),
        "command": _shown(held.command),
    }


def _for_attendee(held: Held, me: str, *, hide_host_email: bool) -> Json:
    """The booker's own words go back to the booker alone; of everybody else an attendee learns the name."""
    facts, people = held.booking.facts, attending(held.booking)
    own = bool(people) and _is(people[0], me)
    hidden = hide_host_email or facts.hide_host_email is not False
    return {
        "host": _person(facts.host, email=not hidden)
        | {"username": facts.host.username if facts.host else None},
        "attendees": [_person(one, email=True) if _is(one, me) else {"name": one.name} for one in people],
        "answers": _answers(held.booking) if own else [],
        "notes": facts.notes if own else None,
        "flags": [],
        "actions": [],
        "command": None,
    }


def conflict(held: Held) -> Json:
    """A booking that overlaps another one, in brief."""
    facts = held.booking.facts
    return {
        "uid": held.booking.uid,
        "title": facts.title,
        "start": time(facts.start),
        "end": time(facts.end),
        "status": held.booking.status,
    }


def command(one: Command) -> Json:
    """A command with its attempts, for the side that gave it."""
    return {
        "id": one.id,
        "uid": one.uid,
        "action": one.action,
        "state": one.state,
        "attempts": one.attempts,
        "next_attempt_at": time(one.due) if one.open else None,
        "error": one.error,
        "created_at": time(one.created_at),
        "settled_at": time(one.settled_at),
    }


def line(one: Line) -> Json:
    """A line of the timeline."""
    return {
        "seq": one.seq,
        "at": time(one.at),
        "event": one.event,
        "by": _by(one.by),
        "channel": one.channel,
        "cause": one.cause,
        "before": one.before,
        "after": one.after,
        "detail": dict(one.detail),
    }


def change(one: Line) -> Json:
    """A line of the change feed: that of the timeline, and the booking it is about."""
    return {"uid": one.uid, **line(one)}


def delivery(judged: Judged) -> Json:
    """A delivery in a list: what came, and what became of it."""
    one = judged.delivery
    return {
        "id": judged.id,
        "received_at": time(one.received_at),
        "trigger": one.trigger,
        "uid": one.uid,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "digest": one.digest,
        "size": one.size,
        "subscription": one.subscription,
    }


def member(value: Any) -> Any:
    """A member of a problem: domain objects in their shapes, plain values as they are."""
    if isinstance(value, list | tuple):
        return [member(one) for one in value]
    shapes = {Command: command, Decision: _decision, Held: conflict}
    shape = shapes.get(type(value))
    return shape(value) if shape else value  # type: ignore[operator]  # each shape fits the type it stands for


def _minutes(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds() / 60) if start and end else None


def _is(person: Person, address: str) -> bool:
    return person.email is not None and fold(person.email) == fold(address)


def _person(person: Person | None, *, email: bool) -> Json:
    if person is None:
        return {"name": None, "time_zone": None}
    shown: Json = {"name": person.name, "time_zone": person.time_zone}
    return shown | {"email": person.email} if email else shown


def _answers(of: Booking) -> list[Json]:
    return [{"field": one.field, "label": one.label or one.field, "value": one.value} for one in of.answers]


def _event_type(of: EventType | None) -> Json | None:
    return {"id": of.id, "slug": of.slug, "title": of.title} if of else None


def _by(by: By | None) -> Json | None:
    return {"role": by.role, "name": by.name} if by else None


def _decision(decision: Decision | None) -> Json | None:
    if decision is None:
        return None
    return {
        "action": decision.action,
        "by": _by(decision.by),
        "channel": decision.channel,
        "at": time(decision.at),
        "reason_code": decision.reason_code,
        "reason": decision.reason,
    }


def _approvals(of: Booking) -> Json:
    """Who has said yes, and when: asking is the attendee's yes."""
    accepted = of.decision.at if of.decision and of.decision.action == "accept" else None
    return {"attendee": time(of.requested_at), "host": time(accepted)}


def _cancellation(of: Booking, late_hours: int) -> Json | None:
    if of.status is not Status.CANCELLED or of.moved_to or of.cancelled_at is None or of.facts.start is None:
        return None
    hours = (of.facts.start - of.cancelled_at).total_seconds() / 3600
    return {
        "by": None,
        "channel": "calcom",
        "at": time(of.cancelled_at),
        "reason_code": None,
        "reason": of.facts.cancellation_reason,
        "was": of.cancelled_from,
        "late": hours < late_hours,
        "hours_before_start": round(hours, 2),
    }


def _series(view: View) -> Json | None:
    series = view.series
    return {"uid": series.uid, "count": series.count, "pending": len(series.pending)} if series else None


def _shown(one: Command | None) -> Json | None:
    """What a booking says of its last command; how often it was tried is the command's own affair."""
    if one is None:
        return None
    return {"id": one.id, "action": one.action, "state": SHOWN_STATE.get(one.state, one.state)}


def comparison(found: Round) -> Json:
    """A comparison with Cal.com, running or over."""
    return {
        "state": found.state,
        "since": time(found.since),
        "began_at": time(found.began),
        "ended_at": time(found.ended),
        "rows": found.rows,
        "repaired": found.repaired,
        "failed": found.failed,
        "asked": found.asked,
        "error": found.error,
    }
