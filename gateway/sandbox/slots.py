"""When something may be booked, and whether it then waits for its host.

Pure: the instant "now" is an argument. Hosts have no working hours here, so any hour of any day can be
booked; only the default slot of a rehearsal keeps to weekdays and office hours.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.sandbox.refusals import envelope
from gateway.sandbox.world import Approval, Booking, EventType, Status, World

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


def refuse_busy(world: World, kind: EventType, start: datetime, moved: Booking | None = None) -> None:
    """Raise Refusal when the host is taken; the booking that is being moved away does not count."""
    if any(_takes(kind, other, start) for other in world.of_host(kind.owner) if other is not moved):
        raise envelope(400, BUSY)


def _takes(kind: EventType, other: Booking, start: datetime) -> bool:
    """Pending requests block only where the event type says so, and only its own slots.

    (https://github.com/calcom/cal.com/pull/23436, measured on 6.0.2)
    """
    blocks = kind.pending_blocks and other.event_type == kind.id and other.status is Status.PENDING
    return (other.status is Status.ACCEPTED or blocks) and other.overlaps(start, start + kind.duration)


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
