"""What can happen to a booking, with the gaps Cal.com leaves.

Pure: the instant, the new uid and the password come in as arguments, and the world is changed in place. Who may
do it is `access.py`'s affair, what is refused `refuse_*` here; a confirm happily revives a cancelled request,
because Cal.com's does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from gateway.sandbox.rows import Attendee, Booking, EventType, Scheduling, Status
from gateway.sandbox.world import World


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a date with a host."""

    kind: EventType
    start: datetime
    attendee: Attendee
    guests: tuple[str, ...] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def filled(self) -> dict[str, Any]:
        """The whole form as it is kept."""
        named = {"email": self.attendee.email, "name": self.attendee.name}
        return named | ({"guests": list(self.guests)} if self.guests else {}) | self.answers

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
    """What the outside world adds to a new booking: the instant, a uid and, where it waits, a password."""

    at: datetime
    uid: str
    password: str | None = None
    series: str | None = None
    seat: str | None = None


def already_asked(world: World, kind: EventType, start: datetime, email: str) -> Booking | None:
    """Find the pending request a second identical one is answered with (measured on 6.0.2)."""
    same = (b for b in world.bookings.values() if b.event_type == kind.id and b.start == start)
    return next((b for b in same if b.status is Status.PENDING and b.booker.email == email), None)


def book(world: World, wish: Wish, hosts: list[int], stamp: Stamp) -> Booking:
    """Write a new booking down; a stamp with a password makes it wait. The first host is the organizer."""
    attendee, kind = wish.attendee, wish.kind
    guests = [Attendee("", email, attendee.time_zone, attendee.language) for email in wish.guests]
    booking = Booking(
        id=world.next_id(),
        uid=stamp.uid,
        event_type=kind.id,
        host=hosts[0],
        title=f"{kind.title} between {_called(world, kind, hosts)} and {attendee.name}",
        start=wish.start,
        end=wish.start + kind.duration,
        status=Status.PENDING,
        attendees=[_seated(wish, stamp.seat), *guests, *_cohosts(world, hosts[1:])],
        answers=wish.filled,
        location=kind.location,
        created_at=stamp.at,
        updated_at=stamp.at,
        ical_uid=f"{stamp.uid}@Cal.com",
        metadata=dict(wish.metadata),
        one_time_password=stamp.password,
        series=stamp.series,
    )
    return _enter(world, booking)


def _called(world: World, kind: EventType, hosts: list[int]) -> str:
    team = world.team(kind.team) if kind.team is not None else None
    together = kind.scheduling is Scheduling.COLLECTIVE or len(hosts) > 1
    return team.name if team and together else world.person(hosts[0]).name


def _seated(wish: Wish, seat: str | None) -> Attendee:
    return replace(wish.attendee, seat=seat, answers=wish.filled if seat else {})


def _cohosts(world: World, ids: Iterable[int]) -> list[Attendee]:
    people = [world.person(person_id) for person_id in ids]
    return [Attendee(one.name, one.email, one.time_zone, one.locale, cohost=True) for one in people]


def sit(booking: Booking, wish: Wish, stamp: Stamp) -> Attendee:
    """Give somebody a place in a slot that others share."""
    attendee = _seated(wish, stamp.seat)
    booking.attendees.append(attendee)
    booking.updated_at = stamp.at
    return attendee


def place(booking: Booking, attendee: Attendee) -> Booking:
    """Give a shared slot as one of those who sit in it is told of it: nobody else, and their own answers."""
    return replace(booking, attendees=[attendee], answers=attendee.answers)


def leave(booking: Booking, attendee: Attendee, at: datetime) -> None:
    """Give one place up; the slot goes on."""
    booking.attendees.remove(attendee)
    booking.updated_at = at


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
        attendees=[replace(attendee) for attendee in old.attendees],
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
        choose_again=False,
        confirms=0,
        invitations=0,
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


def unpaid(world: World, booking: Booking) -> bool:
    """Whether it costs something that nobody has paid yet."""
    return world.event_type(booking.event_type).price > 0 and not booking.paid


def _in_reach(world: World, booking: Booking) -> list[Booking]:
    """The dates one answer decides: a series' pending ones, whatever the state of the one that was named."""
    if booking.series is None:
        return [booking]
    return [date for date in world.dates_of(booking.series) if date.status is Status.PENDING]


def confirm(world: World, booking: Booking, at: datetime) -> None:
    """Accept a booking from any state, or all pending dates of its series.

    An unpaid one changes its state and nothing else: no link, no mail, no webhook
    (packages/trpc/server/routers/viewer/bookings/confirm.handler.ts; the rest measured on 6.0.2).
    """
    if unpaid(world, booking):
        booking.status, booking.updated_at = Status.ACCEPTED, at
        return
    for date in _in_reach(world, booking):
        _accept(world, date)
        date.updated_at = at
    booking.confirms += 1
    booking.invitations += 1


def decline(world: World, booking: Booking, reason: str | None, at: datetime) -> None:
    """Reject a booking from any state but accepted, or all pending dates of its series."""
    for date in _in_reach(world, booking):
        date.status, date.rejection_reason, date.updated_at = Status.REJECTED, reason, at


def pay(world: World, booking: Booking, at: datetime, *, waits: bool) -> None:
    """Note that it was paid, which accepts it unless its host is to be asked."""
    booking.paid, booking.updated_at = True, at
    if not waits:
        _accept(world, booking)


def cancel(booking: Booking, reason: str | None, at: datetime) -> None:
    """Cancel one booking."""
    booking.status, booking.cancellation_reason, booking.updated_at = Status.CANCELLED, reason, at
    booking.ical_sequence += 1


def ask_for_another_time(booking: Booking, reason: str | None, at: datetime) -> None:
    """Cancel it so that the attendee may choose again."""
    booking.status, booking.cancellation_reason, booking.updated_at = Status.CANCELLED, reason, at
    booking.choose_again = True


def reassign(world: World, booking: Booking, host: int, at: datetime) -> None:
    """Give it to another host of the round robin."""
    former, new = world.person(booking.host), world.person(host)
    booking.host, booking.updated_at = host, at
    booking.title = booking.title.replace(f"between {former.name} and", f"between {new.name} and", 1)
    booking.ical_sequence += 1


def invite(booking: Booking, guests: list[Attendee], at: datetime) -> None:
    """Add guests, who come after everybody else."""
    booking.attendees.extend(guests)
    booking.answers["guests"] = [*booking.answers.get("guests", []), *(guest.email for guest in guests)]
    booking.updated_at = at


def mark_absent(booking: Booking, absences: dict[str, bool]) -> None:
    """Note which attendees did not come. The row of the booking itself is not touched (measured on 5.6.4)."""
    for attendee in booking.attendees:
        attendee.absent = absences.get(attendee.email, attendee.absent)
