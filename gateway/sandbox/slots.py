"""When something may be booked, with whom, and whether it then waits for its host.

Pure: the instant "now" is an argument. Who has a schedule offers weekdays from nine to five of their own zone;
what is offered binds nobody here, so any hour of any day can be booked.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.sandbox.refusals import envelope
from gateway.sandbox.rows import Approval, Booking, EventType, Person, Scheduling, Status
from gateway.sandbox.world import World

# apps/api/v2/src/ee/bookings/2024-08-13/services/errors.service.ts
BUSY = "User either already has booking at this time or is not available"
PAST = "Attempting to book a meeting in the past."
OUT_OF_BOUNDS = (
    "The event type can't be booked at the \"start\" time provided. This could be because it's too soon "
    "(violating the minimum booking notice) or too far in the future (outside the event's scheduling window). "
    "Try fetching available slots first using the GET /v2/slots endpoint and then make a booking with "
    '"start" time equal to one of the available slots: https://cal.com/docs/api-reference/v2/slots'
)

DAY_BEGINS, DAY_ENDS = time(9), time(17)
_OVER = (Status.CANCELLED, Status.REJECTED)


def needs_approval(kind: EventType, start: datetime, now: datetime) -> bool:
    """Tell whether a booking made now would wait for its host.

    Notice is compared in whole units, cut off: with a threshold of 24 hours, 24 h 59 min ahead still waits
    (packages/features/bookings/lib/handleNewBooking/getRequiresConfirmationFlags.ts).
    """
    if kind.approval is not Approval.TIME:
        return kind.approval is Approval.ALWAYS
    unit = timedelta(hours=1) if kind.unit == "hours" else timedelta(minutes=1)
    return (start - now) // unit <= kind.threshold


def refuse_bad_time(kind: EventType, start: datetime, now: datetime) -> None:
    """Raise Refusal for a start that is over or too close."""
    if start <= now:
        raise envelope(400, PAST)
    if start - now < timedelta(minutes=kind.minimum_notice):
        raise envelope(400, OUT_OF_BOUNDS)


def free_hosts(world: World, kind: EventType, start: datetime) -> list[int]:
    """Choose who comes, the organizer first. Raises Refusal when too few are free.

    A round robin takes whoever has the fewest bookings of it, beside those who are fixed.
    """
    rotating = kind.scheduling is Scheduling.ROUND_ROBIN
    needed = kind.fixed if rotating else _hosts(kind)
    free = [host for host in _hosts(kind) if _is_free(world, kind, host, start)]
    in_turn = [host for host in free if rotating and host not in needed]
    if not set(needed) <= set(free) or (rotating and not in_turn):
        raise envelope(400, BUSY)
    return [*needed, *sorted(in_turn, key=lambda host: _times_chosen(world, kind, host))[:1]]


def refuse_busy(world: World, kind: EventType, start: datetime, moved: Booking) -> None:
    """Raise Refusal when somebody who hosts this booking is taken at its new start; it does not stand in its own way."""
    emails = [cohost.email for cohost in moved.cohosts]
    hosts = [person.id for person in world.people if person.id == moved.host or person.email in emails]
    if not all(_is_free(world, kind, host, start, moved) for host in hosts):
        raise envelope(400, BUSY)


def free_among(world: World, kind: EventType, hosts: list[int], booking: Booking) -> list[int]:
    """Give those hosts who could take this booking over, whoever has the fewest of its kind first."""
    free = [host for host in hosts if _is_free(world, kind, host, booking.start, booking)]
    return sorted(free, key=lambda host: _times_chosen(world, kind, host))


def _hosts(kind: EventType) -> list[int]:
    return kind.hosts or [kind.owner]


def _times_chosen(world: World, kind: EventType, host: int) -> int:
    return sum(booking.event_type == kind.id for booking in world.of_host(host))


def _is_free(world: World, kind: EventType, host: int, start: datetime, moved: Booking | None = None) -> bool:
    return not any(_takes(kind, other, start) for other in world.of_host(host) if other is not moved)


def _takes(kind: EventType, other: Booking, start: datetime) -> bool:
    """Pending requests block only where the event type says so, and only its own slots.

    (https://github.com/calcom/cal.com/pull/23436, measured on 6.0.2)
    """
    blocks = kind.pending_blocks and other.event_type == kind.id and other.status is Status.PENDING
    return (other.status is Status.ACCEPTED or blocks) and other.overlaps(start, start + kind.duration)


def shared_slot(world: World, kind: EventType, start: datetime) -> Booking | None:
    """Find the booking whose places are shared by all who come to this event type at that time."""
    if kind.seats is None:
        return None
    alive = (b for b in world.bookings.values() if b.event_type == kind.id and b.status is Status.ACCEPTED)
    return next((booking for booking in alive if booking.start == start), None)


def offered(
    world: World,
    kind: EventType,
    begin: datetime,
    end: datetime,
    step: timedelta,
    moved: Booking | None = None,
) -> Iterator[datetime]:
    """Give every start an event type offers in [begin, end), `step` apart; none where its host has no schedule."""
    host = world.person(kind.owner)
    if host.default_schedule is None:
        return
    length = max(step, kind.duration)
    taken = [b for b in world.of_host(host.id) if b is not moved and begin - length < b.end and b.start < end]
    for start in _office_hours(host, begin, end, step):
        if not any(_takes(kind, other, start) for other in taken):
            yield start


def _office_hours(host: Person, begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    zone = ZoneInfo(host.time_zone)
    day, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        if day.weekday() < 5:
            yield from (start for start in _starts(day, zone, begin, step) if begin <= start < end)
        day += timedelta(days=1)


def _starts(day: date, zone: ZoneInfo, like: datetime, step: timedelta) -> Iterator[datetime]:
    start = datetime.combine(day, DAY_BEGINS, zone).astimezone(like.tzinfo)
    over = datetime.combine(day, DAY_ENDS, zone).astimezone(like.tzinfo)
    while start + step <= over:
        yield start
        start += step


def next_free(world: World, kind: EventType, now: datetime) -> datetime:
    """Find the host's next free slot on a weekday, at least two days ahead, in office hours of the host's zone."""
    zone = ZoneInfo(world.person(kind.owner).time_zone)
    day = now.astimezone(zone).date() + timedelta(days=3)
    start = datetime.combine(day, DAY_BEGINS, zone)
    while not _suits(world, kind, start):
        start += kind.duration
    return start.astimezone(now.tzinfo)


def _suits(world: World, kind: EventType, start: datetime) -> bool:
    end = start + kind.duration
    office_hours = start.time() >= DAY_BEGINS and start.date() == end.date() and end.time() <= DAY_ENDS
    free = not any(o.overlaps(start, end) for o in world.of_host(kind.owner) if o.status not in _OVER)
    return start.weekday() < 5 and office_hours and free
