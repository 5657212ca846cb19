"""API v2, what anybody with the uid can do: cancel, give a place up, move; and what else changes a booking.

Only a cancel tells its subscribers before the booking has changed (measured on 5.6.4 and 6.0.2). What is refused is
in `rules.py`, what is written in `bookings.py`.
"""

from gateway.sandbox import bookings, live, payloads, rules, slots
from gateway.sandbox.access import may_answer
from gateway.sandbox.bookings import Move
from gateway.sandbox.reading import read_cancel, read_guests, read_move, read_reason
from gateway.sandbox.reception import Answer, Ask, all_shown, known, shown
from gateway.sandbox.refusals import envelope, left_out
from gateway.sandbox.requesting import stamp
from gateway.sandbox.rows import Attendee, Booking, EventType, Person, Status
from gateway.sandbox.stage import Stage


async def cancel(stage: Stage, ask: Ask) -> Answer:
    """Cancel one date, the rest of a series, or one place of a shared slot."""
    wanted = read_cancel(ask.body)
    series = bool(stage.world.dates_of(ask.uid))
    dates = _rest_of_series(stage, ask) if series or wanted.later_too else [known(stage, ask)]
    first, kind = dates[0], stage.world.event_type(dates[0].event_type)
    by_host = ask.person is not None and ask.person.id == first.host
    rules.refuse_cancel(kind, first, wanted.reason, stage.now(), by_host=by_host)
    if wanted.seat is not None:
        return await _give_up(stage, ask, first, _seat(first, wanted.seat), wanted.reason)
    rules.refuse_whole_slot(kind, by_host=by_host)
    await _cancel(stage, dates, wanted.reason, series=series)
    ask.effect = True
    return all_shown(stage, ask, dates) if series or wanted.later_too else shown(stage, ask, first)


async def _cancel(stage: Stage, dates: list[Booking], reason: str | None, *, series: bool = False) -> None:
    payload = payloads.cancelled(stage.world, dates[0], reason, whole_series=series)
    await stage.tell("BOOKING_CANCELLED", dates[0], payload)
    for date in dates:
        bookings.cancel(date, reason, stage.now())


def _rest_of_series(stage: Stage, ask: Ask) -> list[Booking]:
    """The dates from the one that was named, or all that are ahead, without those cancelled before."""
    named = stage.world.bookings.get(ask.uid)
    dates = stage.world.dates_of(named.series if named else ask.uid) or [known(stage, ask)]
    begin = named.start if named else stage.now()
    return [d for d in dates if d.start >= begin and d.status is not Status.CANCELLED] or dates[:1]


def _seat(booking: Booking, uid: str) -> Attendee:
    found = next((attendee for attendee in booking.attendees if attendee.seat == uid), None)
    if found is None:
        raise envelope(400, f"Seat with uid={uid} is not part of booking with uid={booking.uid}")
    return found


async def _give_up(
    stage: Stage, ask: Ask, booking: Booking, attendee: Attendee, reason: str | None
) -> Answer:
    """Give one place up. Told afterwards and of that person alone; the last one to leave cancels the slot."""
    ask.effect = True
    if len(booking.guests) == 1:
        await _cancel(stage, [booking], reason)
    else:
        told = payloads.left(stage.world, booking, attendee, reason)
        bookings.leave(booking, attendee, stage.now())
        await stage.tell("BOOKING_CANCELLED", booking, told)
    return shown(stage, ask, booking)


async def reschedule(stage: Stage, ask: Ask) -> Answer:
    """Move a booking; accepted at once where the host does it, or where anybody claims to be the host."""
    wanted = read_move(ask.body)
    old = known(stage, ask)
    kind = stage.world.event_type(old.event_type)
    if kind.seats is not None and "seatUid" not in ask.body:
        raise envelope(400, "seatUid is required for a booking with seats")
    rules.refuse_move(kind, old)
    by_host = _mover(stage, wanted, ask.person) == old.host
    again = bookings.already_asked(stage.world, kind, wanted.start, old.booker.email)
    if again and not by_host:
        return shown(stage, ask, again, 201)
    slots.refuse_bad_time(kind, wanted.start, stage.now())
    new = await move(stage, old, wanted, by_host=by_host)
    ask.effect = True
    return shown(stage, ask, new, 201)


def _mover(stage: Stage, wanted: Move, person: Person | None) -> int | None:
    """Tell who counts as the mover: a user named in the body, who is believed, else the caller.

    The body wins over the credentials (apps/api/v2/src/ee/bookings/2024-08-13/services/input.service.ts; measured).
    """
    named = stage.world.person_with_email(wanted.by) or person
    return None if named is None else named.id


async def move(stage: Stage, old: Booking, wanted: Move, *, by_host: bool) -> Booking:
    """Move it, with the webhook. Raises Refusal where the host is taken."""
    kind = stage.world.event_type(old.event_type)
    if kind.seats is not None:
        raise left_out("moving a shared slot, or one place of it")
    slots.refuse_busy(stage.world, kind, wanted.start, old)
    was_accepted = old.status is Status.ACCEPTED
    waits = _waits(stage, kind, old, wanted, by_host=by_host)
    new = bookings.move(stage.world, old, wanted, stamp(stage, waits=waits))
    link = new.video_url or old.video_url or "" if was_accepted or not waits else None
    trigger = "BOOKING_REQUESTED" if waits else "BOOKING_RESCHEDULED"
    await stage.tell(trigger, new, live.live(stage.world, new, link))
    new.updated_at = stage.now()
    return new


def _waits(stage: Stage, kind: EventType, old: Booking, wanted: Move, *, by_host: bool) -> bool:
    """Whether the host is asked: not for the host's own move, but since 2026 for one of a pending request.

    (packages/features/bookings/lib/handleNewBooking/getRequiresConfirmationFlags.ts.)
    """
    still_asked = stage.world.settings.newest and old.status is Status.PENDING
    asks = slots.needs_approval(kind, wanted.start, stage.now())
    return asks and (still_asked or not by_host)


async def add_guests(stage: Stage, ask: Ask) -> Answer:
    """Add guests. Nobody is told (measured on 6.0.2)."""
    booking = known(stage, ask)
    attends = any(attendee.email == ask.somebody.email for attendee in booking.attendees)
    if not attends and not may_answer(stage.world, ask.somebody, booking):
        raise envelope(403, "You do not have permission to add guests to this booking")
    bookings.invite(booking, read_guests(ask.body, booking.booker), stage.now())
    ask.effect = True
    return shown(stage, ask, booking)


async def ask_again(stage: Stage, ask: Ask) -> Answer:
    """Ask the attendee for another time: the booking is cancelled, and only the source of 2026 has a route for it."""
    booking = known(stage, ask)
    if not may_answer(stage.world, ask.somebody, booking):
        raise envelope(403, "You do not have permission to reschedule this booking")
    if booking.status is Status.CANCELLED:
        raise envelope(400, f"Booking with uid={booking.uid} has been cancelled already")
    await ask_for_another_time(stage, booking, read_reason(ask.body, "rescheduleReason"))
    ask.effect = True
    return Answer({"status": "success"})


async def ask_for_another_time(stage: Stage, booking: Booking, reason: str | None) -> None:
    """Cancel it so that the attendee may choose again, and tell (requestReschedule.handler.ts)."""
    bookings.ask_for_another_time(booking, reason, stage.now())
    await stage.tell("BOOKING_CANCELLED", booking, payloads.another_time(stage.world, booking, reason))
