"""API v2: what each route does, from the request as read to the answer, webhooks in between.

Webhooks go out, and are answered by every subscriber, before the call that caused them answers; only a
cancel tells its subscribers before the booking has changed (both measured on 5.6.4 and 6.0.2). Every URL
is in the table at the end.
"""

import asyncio
from datetime import datetime

from gateway.sandbox import accounts, answers, bookings, notices, payloads, slots
from gateway.sandbox.access import Guard, refuse_stranger
from gateway.sandbox.bookings import Move, Stamp, Wish
from gateway.sandbox.listing import listing
from gateway.sandbox.queries import read_query
from gateway.sandbox.reading import read_absences, read_cancel, read_count, read_move, read_reason, read_wish
from gateway.sandbox.reception import BOOKING_VERSIONS, Answer, Ask, Spec
from gateway.sandbox.refusals import Refusal, bare, envelope, trpc, unknown_booking
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import Booking, EventType, Person, Status


async def create(stage: Stage, ask: Ask) -> Answer:
    """Book a date, or all dates of a series."""
    wish = read_wish(stage.world, ask.body)
    count = read_count(wish.kind, ask.body)
    again = bookings.already_asked(stage.world, wish.kind, wish.start, wish.attendee.email)
    if again:
        return _shown(stage, again, 201)
    slots.refuse_bad_time(wish.kind, wish.start, stage.now())
    made = await request(stage, wish, count)
    ask.call.effect = True
    if wish.kind.recurrence is None:
        return _shown(stage, made[0], 201)
    return Answer(answers.success([answers.booking(stage.world, booking) for booking in made]), 201)


async def request(stage: Stage, wish: Wish, count: int = 1) -> list[Booking]:
    """Book one date after the other, each with its own webhook. Raises Refusal when the host is taken."""
    dates = wish.dates(count)
    for date in dates:
        slots.refuse_busy(stage.world, date.kind, date.start)
    series = stage.mint.uuid() if wish.kind.recurrence else None
    return [await _book(stage, date, series) for date in dates]


async def _book(stage: Stage, wish: Wish, series: str | None) -> Booking:
    waits = slots.needs_approval(wish.kind, wish.start, stage.now())
    booking = bookings.book(stage.world, wish, _stamp(stage, waits=waits, series=series))
    trigger = "BOOKING_REQUESTED" if waits else "BOOKING_CREATED"
    await stage.tell(trigger, booking, payloads.live(stage.world, booking, booking.video_url))
    # The row is written once more after the webhooks, so `updatedAt` is younger than their `createdAt`.
    booking.updated_at = stage.now()
    return booking


def _stamp(stage: Stage, *, waits: bool, series: str | None = None) -> Stamp:
    return Stamp(stage.now(), stage.mint.uid(), stage.mint.uuid() if waits else None, series)


async def show(stage: Stage, ask: Ask) -> Answer:
    """Show one booking, or all dates of a series by the series' uid."""
    dates = stage.world.dates_of(ask.uid)
    if dates:
        return Answer(answers.success([answers.booking(stage.world, date) for date in dates]))
    return _shown(stage, _known(stage, ask))


async def index(stage: Stage, ask: Ask) -> Answer:
    """List what the caller may see."""
    query = read_query(ask.query.multi_items())
    rows, pagination = listing(stage.world, _somebody(ask), query, stage.now())
    data = [answers.booking(stage.world, booking) for booking in rows]
    return Answer(answers.success(data, pagination=pagination))


async def confirm(stage: Stage, ask: Ask) -> Answer:
    """Accept for the host, whatever the state but accepted."""
    booking = _known(stage, ask)
    refuse_stranger(ask.person, booking)
    await _reach_calendars(stage, booking)
    bookings.confirm(stage.world, booking, stage.now())
    ask.call.effect = True
    await stage.tell("BOOKING_CREATED", booking, payloads.accepted(stage.world, booking))
    return _shown(stage, booking)


async def _reach_calendars(stage: Stage, booking: Booking) -> None:
    """Take the time a calendar takes, between the look at the state and the writing of it: the race is real."""
    bookings.refuse_decided(booking)
    if stage.confirming[booking.uid] >= stage.world.settings.race:
        raise trpc(400)
    stage.confirming[booking.uid] += 1
    try:
        await asyncio.sleep(stage.world.settings.confirm_delay)
    finally:
        stage.confirming[booking.uid] -= 1


async def decline(stage: Stage, ask: Ask) -> Answer:
    """Reject for the host, whatever the state but accepted; each time with a webhook."""
    booking = _known(stage, ask)
    reason = read_reason(ask.body)
    refuse_stranger(ask.person, booking)
    bookings.refuse_decided(booking)
    bookings.decline(stage.world, booking, reason, stage.now())
    ask.call.effect = True
    await stage.tell("BOOKING_REJECTED", booking, payloads.rejected(stage.world, booking, reason))
    return _shown(stage, booking)


async def cancel(stage: Stage, ask: Ask) -> Answer:
    """Cancel one date, or the rest of a series."""
    wanted = read_cancel(ask.body)
    whole = bool(stage.world.dates_of(ask.uid)) or wanted.whole_series
    dates = _rest_of_series(stage, ask) if whole else [_known(stage, ask)]
    by_host = ask.person is not None and ask.person.id == dates[0].host
    bookings.refuse_cancel(dates[0], wanted.reason, stage.now(), by_host=by_host)
    payload = payloads.cancelled(stage.world, dates[0], wanted.reason, whole_series=whole)
    await stage.tell("BOOKING_CANCELLED", dates[0], payload)
    for date in dates:
        bookings.cancel(date, wanted.reason, stage.now())
    ask.call.effect = True
    if not whole:
        return _shown(stage, dates[0])
    return Answer(answers.success([answers.booking(stage.world, date) for date in dates]))


def _rest_of_series(stage: Stage, ask: Ask) -> list[Booking]:
    """The dates from the one that was named, or all that are ahead, without those cancelled before."""
    named = stage.world.bookings.get(ask.uid)
    dates = stage.world.dates_of(named.series if named else ask.uid) or [_known(stage, ask)]
    begin = named.start if named else stage.now()
    return [d for d in dates if d.start >= begin and d.status is not Status.CANCELLED] or dates[:1]


async def reschedule(stage: Stage, ask: Ask) -> Answer:
    """Move a booking; accepted at once where the host does it, or where anybody claims to be the host."""
    wanted = read_move(ask.body)
    old = _known(stage, ask)
    bookings.refuse_move(old)
    kind = stage.world.event_type(old.event_type)
    by_host = _mover(stage, wanted, ask.person) == old.host
    again = bookings.already_asked(stage.world, kind, wanted.start, old.booker.email)
    if again and not by_host:
        return _shown(stage, again, 201)
    slots.refuse_bad_time(kind, wanted.start, stage.now())
    slots.refuse_busy(stage.world, kind, wanted.start, moved=old)
    waits = not by_host and slots.needs_approval(kind, wanted.start, stage.now())
    new = await _move(stage, old, wanted, waits=waits)
    ask.call.effect = True
    return _shown(stage, new, 201)


def _mover(stage: Stage, wanted: Move, person: Person | None) -> int | None:
    """Tell who counts as the mover: a user named in the body, who is believed, else the caller.

    The body wins over the credentials (apps/api/v2/src/ee/bookings/2024-08-13/services/input.service.ts; measured).
    """
    named = stage.world.person_with_email(wanted.by) or person
    return None if named is None else named.id


async def _move(stage: Stage, old: Booking, wanted: Move, *, waits: bool) -> Booking:
    was_accepted = old.status is Status.ACCEPTED
    new = bookings.move(stage.world, old, wanted, _stamp(stage, waits=waits))
    link = new.video_url or old.video_url or "" if was_accepted or not waits else None
    trigger = "BOOKING_REQUESTED" if waits else "BOOKING_RESCHEDULED"
    await stage.tell(trigger, new, payloads.live(stage.world, new, link))
    new.updated_at = stage.now()
    return new


async def mark_absent(stage: Stage, ask: Ask) -> Answer:
    """Note who did not come; that the host did not is believed from any key (measured on 6.0.2)."""
    booking = _known(stage, ask)
    _refuse_early(booking, stage.now())
    absences = read_absences(ask.body)
    if absences and _somebody(ask).id != booking.host:
        raise bare(500, "Failed to update no-show status")
    if ask.body.get("host") is True:
        booking.absent_host, booking.updated_at = True, stage.now()
    ask.call.effect = True
    if absences:
        bookings.mark_absent(booking, absences)
        await stage.tell("BOOKING_NO_SHOW_UPDATED", booking, notices.no_show(booking, absences))
    return _shown(stage, booking)


def _refuse_early(booking: Booking, now: datetime) -> None:
    if now < booking.start:
        raise envelope(
            400,
            "Bookings can only be marked as absent after their scheduled start time. Current time in UTC+0: "
            f"{now.isoformat()}, Booking start time in UTC+0: {booking.start.isoformat()}",
        )


async def me(_: Stage, ask: Ask) -> Answer:
    """Show the caller's account: the only route fit to test a key with."""
    return Answer(answers.success(accounts.person(_somebody(ask))))


async def event_types(stage: Stage, ask: Ask) -> Answer:
    """List somebody's event types by username, or the caller's own; nobody's for nobody, with 200."""
    username = ask.query.get("username", ask.person.username if ask.person else None)
    slug = ask.query.get("eventSlug")
    kinds = (kind for kind in stage.world.event_types if slug in (None, kind.slug))
    shown = [k for k in kinds if stage.world.person(k.owner).username == username and _listed(k, ask.person)]
    return Answer(answers.success([accounts.event_type(stage.world, kind, alone=False) for kind in shown]))


def _listed(kind: EventType, person: Person | None) -> bool:
    """Hidden event types are in the list for their owner only."""
    return not kind.hidden or (person is not None and person.id == kind.owner)


async def event_type(stage: Stage, ask: Ask) -> Answer:
    """Show one event type to its owner or an admin; a text that is no number is a crash (measured on 6.0.2)."""
    if not ask.uid.isdigit():
        raise Refusal(500, "INTERNAL_SERVER_ERROR", "There was an error, please try again later.")
    person = _somebody(ask)
    for kind in stage.world.event_types:
        if kind.id == int(ask.uid) and (person.admin or person.id == kind.owner):
            return Answer(answers.success(accounts.event_type(stage.world, kind, alone=True)))
    raise envelope(404, f"Event type with id {ask.uid} not found")


def _known(stage: Stage, ask: Ask) -> Booking:
    """Find the booking that was named; a series' uid is not found here. Raises Refusal."""
    booking = stage.world.bookings.get(ask.uid)
    if booking is None:
        raise unknown_booking(ask.uid)
    return booking


def _somebody(ask: Ask) -> Person:
    """Give the caller of a guarded route, who is somebody by then."""
    if ask.person is None:
        raise trpc(401)
    return ask.person


def _shown(stage: Stage, booking: Booking, status: int = 200) -> Answer:
    return Answer(answers.success(answers.booking(stage.world, booking)), status)


ROUTES = (
    Spec("POST", "/v2/bookings", "create", Guard.OPEN, create),
    Spec("GET", "/v2/bookings", "list", Guard.PERMISSIONS, index),
    Spec("GET", "/v2/bookings/{uid}", "get", Guard.OPEN, show),
    Spec("POST", "/v2/bookings/{uid}/confirm", "confirm", Guard.PERMISSIONS, confirm, BOOKING_VERSIONS),
    Spec("POST", "/v2/bookings/{uid}/decline", "decline", Guard.PERMISSIONS, decline, BOOKING_VERSIONS),
    Spec("POST", "/v2/bookings/{uid}/cancel", "cancel", Guard.OPEN, cancel),
    Spec("POST", "/v2/bookings/{uid}/reschedule", "reschedule", Guard.OPEN, reschedule),
    Spec(
        "POST", "/v2/bookings/{uid}/mark-absent", "absent", Guard.PERMISSIONS, mark_absent, BOOKING_VERSIONS
    ),
    Spec("GET", "/v2/me", "me", Guard.STRATEGY, me),
    Spec("GET", "/v2/event-types", "event-types", Guard.OPEN, event_types),
    Spec("GET", "/v2/event-types/{id}", "event-type", Guard.PERMISSIONS, event_type),
)
