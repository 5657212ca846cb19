"""API v2, what hosts do: confirm, decline, note who did not come, hand a meeting to a colleague.

Webhooks go out, and are answered by every subscriber, before the call that caused them answers. Who may is decided
in `access.py`, what changes in `bookings.py`.
"""

import asyncio

from gateway.sandbox import bookings, live, notices, payloads, slots
from gateway.sandbox.access import may_answer, refuse_stranger
from gateway.sandbox.answers import success
from gateway.sandbox.reading import read_absences, read_reason
from gateway.sandbox.reception import Answer, Ask, known, shown
from gateway.sandbox.refusals import bare, envelope, trpc
from gateway.sandbox.rows import Booking, Scheduling
from gateway.sandbox.rules import refuse_decided, refuse_early
from gateway.sandbox.stage import Stage


async def confirm(stage: Stage, ask: Ask) -> Answer:
    """Accept for the host, whatever the state but accepted; silently where nobody has paid yet."""
    booking = known(stage, ask)
    refuse_stranger(stage.world, ask.person, booking)
    await _reach_calendars(stage, booking)
    silent = bookings.unpaid(stage.world, booking)
    bookings.confirm(stage.world, booking, stage.now())
    ask.effect = True
    if not silent:
        # A date of a series that was over is told of as accepted, and is not.
        await stage.tell("BOOKING_CREATED", booking, payloads.accepted(stage.world, booking))
    return shown(stage, ask, booking)


async def _reach_calendars(stage: Stage, booking: Booking) -> None:
    """Take the time a calendar takes, between the look at the state and the writing of it: the race is real."""
    refuse_decided(booking)
    if stage.confirming[booking.uid] >= stage.world.settings.race:
        raise trpc(400, "Booking already confirmed")
    stage.confirming[booking.uid] += 1
    try:
        await asyncio.sleep(stage.world.settings.confirm_delay)
    finally:
        stage.confirming[booking.uid] -= 1


async def decline(stage: Stage, ask: Ask) -> Answer:
    """Reject for the host, whatever the state but accepted; each time with a webhook."""
    booking = known(stage, ask)
    reason = read_reason(ask.body)
    refuse_stranger(stage.world, ask.person, booking)
    refuse_decided(booking)
    bookings.decline(stage.world, booking, reason, stage.now())
    ask.effect = True
    told = payloads.rejected(stage.world, booking, reason)
    await stage.tell("BOOKING_REJECTED", booking, told, organizer=True)
    return shown(stage, ask, booking)


async def mark_absent(stage: Stage, ask: Ask) -> Answer:
    """Note who did not come; that the host did not is believed from any key (measured on 6.0.2)."""
    booking = known(stage, ask)
    refuse_early(booking, stage.now())
    absences = read_absences(ask.body)
    if absences and ask.somebody.id != booking.host:
        raise bare(500, "Failed to update no-show status")
    if ask.body.get("host") is True:
        booking.absent_host, booking.updated_at = True, stage.now()
    ask.effect = True
    if absences:
        bookings.mark_absent(booking, absences)
        await stage.tell("BOOKING_NO_SHOW_UPDATED", booking, notices.no_show(booking, absences))
    return shown(stage, ask, booking)


async def reassign(stage: Stage, ask: Ask) -> Answer:
    """Hand a round robin's meeting to the named host, or to whoever's turn it is. Only the source of 2026 tells."""
    booking = known(stage, ask)
    if not may_answer(stage.world, ask.somebody, booking):
        raise envelope(403, "You do not have permission to reassign this booking")
    named = ask.names.get("user")
    former, new = booking.host, _next_host(stage, booking, None if named is None else int(named))
    bookings.reassign(stage.world, booking, new, stage.now())
    ask.effect = True
    if stage.world.settings.newest:
        told = live.reassigned(stage.world, booking, new, former)
        await stage.tell("BOOKING_REASSIGNED", booking, told)
    to = stage.world.person(new)
    reassigned = {"id": to.id, "name": to.name, "email": to.email}
    return Answer(success({"bookingUid": booking.uid, "reassignedTo": reassigned}))


def _next_host(stage: Stage, booking: Booking, named: int | None) -> int:
    kind = stage.world.event_type(booking.event_type)
    if kind.scheduling is not Scheduling.ROUND_ROBIN or booking.host in kind.fixed:
        raise trpc(400, "Only the host of a round robin can be changed")
    others = [host for host in kind.hosts if host not in (booking.host, *kind.fixed)]
    if named is not None and named not in others:
        raise trpc(400, "That user is no host of this event type")
    free = slots.free_among(stage.world, kind, others if named is None else [named], booking)
    if not free:
        raise envelope(400, "no_available_users_found_error")
    return free[0]
