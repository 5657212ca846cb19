"""What can happen to a booking, with the gaps Cal.com leaves.

Pure: the instant, the new uid and the password come in as arguments, and the world is changed in place. Who may
do it is `access.py`'s affair; a confirm here happily revives a cancelled request, because Cal.com's does.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from gateway.sandbox.refusals import bare, envelope, trpc
from gateway.sandbox.world import Attendee, Booking, EventType, Status, World


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a date with a host."""

    kind: EventType
    start: datetime
    attendee: Attendee
    guests: tuple[str, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    def dates(self, count: int) -> list[Self]:
        """Give the first `count` dates of what the event type repeats."""
        weeks = self.kind.recurrence.interval if self.kind.recurrence else 1
        return [replace(self, start=self.start + timedelta(weeks=weeks * n)) for n in range(count)]


@dataclass(frozen=True)
class Move:
    """A new start for a booking; `by` is whatever text the caller gave as the mover's address."""

    start: datetime
    reason: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class Stamp:
    """What the outside world adds to a new booking: the instant, a uid and, for a request, a password."""

    at: datetime
    uid: str
    password: str | None = None
    series: str | None = None


def already_asked(world: World, kind: EventType, start: datetime, email: str) -> Booking | None:
    """Find the pending request a second identical one is answered with (measured on 6.0.2)."""
    same = (b for b in world.of_host(kind.owner) if b.event_type == kind.id and b.start == start)
    return next((b for b in same if b.status is Status.PENDING and b.booker.email == email), None)


def book(world: World, wish: Wish, stamp: Stamp) -> Booking:
    """Write a new booking down; a stamp with a password makes it a request."""
    host = world.person(wish.kind.owner)
    attendee = wish.attendee
    guests = [Attendee("", email, attendee.time_zone, attendee.language) for email in wish.guests]
    own = {"guests": list(wish.guests)} if wish.guests else {}
    booking = Booking(
        id=world.next_id(),
        uid=stamp.uid,
        event_type=wish.kind.id,
        host=host.id,
        title=f"{wish.kind.title} between {host.name} and {attendee.name}",
        start=wish.start,
        end=wish.start + wish.kind.duration,
        status=Status.PENDING,
        attendees=[replace(attendee), *guests],
        answers={"email": attendee.email, "name": attendee.name} | own | wish.answers,
        location=wish.kind.location,
        created_at=stamp.at,
        updated_at=stamp.at,
        ical_uid=f"{stamp.uid}@Cal.com",
        metadata=dict(wish.metadata),
        one_time_password=stamp.password,
        series=stamp.series,
    )
    return _enter(world, booking)


def move(world: World, old: Booking, wish: Move, stamp: Stamp) -> Booking:
    """Give a booking a new start, which makes a new booking: the old one is cancelled in the same breath."""
    why = {} if wish.reason is None else {"rescheduledReason": wish.reason}
    new = replace(
        old,
        id=world.next_id(),
        uid=stamp.uid,
        start=wish.start,
        end=wish.start + (old.end - old.start),
        status=Status.PENDING,
        answers={k: v for k, v in old.answers.items() if k != "rescheduledReason"} | why,
        created_at=stamp.at,
        updated_at=stamp.at,
        ical_sequence=old.ical_sequence + 1,
        video_url=None,
        one_time_password=stamp.password,
        from_uid=old.uid,
        # Release 5.6.4 forgets the mover; 6.0.2 keeps whatever text the caller sent (both measured).
        rescheduled_by=None if world.settings.release == "5.6.4" else wish.by,
        cancellation_reason=None,
        rejection_reason=None,
        confirms=0,
    )
    old.status, old.to_uid, old.updated_at = Status.CANCELLED, new.uid, stamp.at
    return _enter(world, new)


def _enter(world: World, booking: Booking) -> Booking:
    """Keep it; without a password nobody is asked, so it is accepted."""
    if booking.one_time_password is None:
        _accept(world, booking)
    world.bookings[booking.uid] = booking
    return booking


def _accept(world: World, booking: Booking) -> None:
    """Accept it, with a link where the meeting is an integration's; a series shares its first date's link.

    (https://github.com/calcom/cal.com/issues/28871)
    """
    booking.status = Status.ACCEPTED
    if booking.location.startswith("integrations:") and booking.video_url is None:
        first = next(iter(world.dates_of(booking.series)), booking)
        booking.video_url = f"{world.settings.booker_url}/video/{first.uid}"


def refuse_decided(booking: Booking) -> None:
    """Raise Refusal for an accepted booking, the only state in which confirm and decline are refused."""
    if booking.status is Status.ACCEPTED:
        raise trpc(400)


def _in_reach(world: World, booking: Booking) -> list[Booking]:
    """The dates one answer decides: a series' pending ones, whatever the state of the one that was named."""
    if booking.series is None:
        return [booking]
    return [date for date in world.dates_of(booking.series) if date.status is Status.PENDING]


def confirm(world: World, booking: Booking, at: datetime) -> None:
    """Accept a booking from any state, or all pending dates of its series.

    (packages/trpc/server/routers/viewer/bookings/confirm.handler.ts; measured on 6.0.2)
    """
    for date in _in_reach(world, booking):
        _accept(world, date)
        date.updated_at = at
    booking.confirms += 1


def decline(world: World, booking: Booking, reason: str | None, at: datetime) -> None:
    """Reject a booking from any state but accepted, or all pending dates of its series."""
    for date in _in_reach(world, booking):
        date.status, date.rejection_reason, date.updated_at = Status.REJECTED, reason, at


def refuse_cancel(booking: Booking, reason: str | None, at: datetime, *, by_host: bool) -> None:
    """Raise Refusal where a cancel is refused; a rejected booking may be cancelled (measured on 6.0.2)."""
    if booking.status is Status.CANCELLED:
        raise envelope(
            400,
            f"Can't cancel booking with uid={booking.uid} because it has been cancelled already. "
            "Please provide uid of a booking that is not cancelled.",
        )
    if by_host and not reason:
        raise bare(400, "Cancellation reason is required when you are the host")
    if booking.end <= at:
        raise bare(400, "Cannot cancel a booking that has already ended")


def cancel(booking: Booking, reason: str | None, at: datetime) -> None:
    """Cancel one booking."""
    booking.status, booking.cancellation_reason, booking.updated_at = Status.CANCELLED, reason, at
    booking.ical_sequence += 1


def refuse_move(booking: Booking) -> None:
    """Raise Refusal for a booking that cannot be moved; for a rejected one in the bare shape 6.0.2 uses."""
    cannot = f"Can't reschedule booking with uid={booking.uid} because it has been cancelled"
    if booking.status is Status.CANCELLED and booking.to_uid:
        raise envelope(
            400,
            f"{cannot} and rescheduled already to booking with uid={booking.to_uid}. You probably want to "
            f"reschedule {booking.to_uid} instead by passing it within the request URL.",
        )
    if booking.status is Status.CANCELLED:
        raise envelope(400, f"{cannot}. Please provide uid of a booking that is not cancelled.")
    if booking.status is Status.REJECTED:
        raise bare(404, "Could not find original booking")


def mark_absent(booking: Booking, absences: dict[str, bool]) -> None:
    """Note which attendees did not come. The row of the booking itself is not touched (measured on 5.6.4)."""
    for attendee in booking.attendees:
        attendee.absent = absences.get(attendee.email, attendee.absent)
