"""What several webhook bodies have in common: people, times, the event type, the series, the way into the call.

The builders are `live.py` and `payloads.py`; they look alike and differ in order, presence and time format.
"""

from collections.abc import Callable
from typing import Any

from gateway.sandbox.rows import Approval, Attendee, Booking, EventType, Status
from gateway.sandbox.times import utc_offset
from gateway.sandbox.world import World


def times(booking: Booking, write: Callable[..., str]) -> dict[str, str]:
    """Start and end, in one of Cal.com's formats."""
    return {"startTime": write(booking.start), "endTime": write(booking.end)}


def event_type(kind: EventType) -> dict[str, Any]:
    """Title, price and usual length; the length is wrong where the attendee chose another."""
    return {
        "eventTitle": kind.title,
        "eventDescription": kind.description,
        "price": kind.price,
        "currency": kind.currency,
        "length": kind.length,
    }


def asks(kind: EventType) -> bool | None:
    """The event type's own setting, whatever became of this booking; "no" is sent as null."""
    return kind.approval is not Approval.NEVER or None


def recurrence(kind: EventType, *, count: bool) -> dict[str, Any]:
    """How the series repeats; 2 means weekly."""
    if kind.recurrence is None:
        return {}
    counted = {"count": kind.recurrence.count} if count else {}
    return {"recurringEvent": {"freq": 2, **counted, "interval": kind.recurrence.interval}}


def team(world: World, kind: EventType, members: list[dict[str, Any]]) -> dict[str, Any]:
    """The team, where the event type is one's; its members are the co-hosts, or nobody."""
    found = world.team(kind.team) if kind.team is not None else None
    return {} if found is None else {"team": {"name": found.name, "members": members, "id": found.id}}


def newest(world: World, **more: Any) -> dict[str, Any]:
    """Fields the source of 2026 added."""
    return more if world.settings.newest else {}


def call_url(booking: Booking) -> str | None:
    """The call's address, once the booking is accepted."""
    return booking.video_url if booking.status is Status.ACCEPTED else None


def call(booking: Booking) -> dict[str, Any]:
    """The way into the meeting. It is as good as a password, and Cal.com does send it."""
    url = call_url(booking)
    if url is None:
        return {}
    room = booking.uid[:10]
    app = {"appName": "daily-video", "type": "daily_video", "success": 1, "failures": 0, "errors": []}
    return {
        "videoCallData": {"type": "daily_video", "id": room, "password": f"pass-{room}", "url": url},
        "appsStatus": [app],
    }


def organizer(world: World, booking: Booking, *order: str) -> dict[str, Any]:
    """The organizer, of whom `order` comes first."""
    host = world.person(booking.host)
    return {
        **{name: getattr(host, name) for name in order},
        "timeZone": host.time_zone,
        "timeFormat": time_format(host.time_format),
        "language": {"locale": host.locale},
        "utcOffset": utc_offset(host.time_zone, booking.start),
    }


def time_format(hours: int) -> str:
    """How somebody reads the clock."""
    return "h:mma" if hours == 12 else "HH:mm"


def person(attendee: Attendee, booking: Booking) -> dict[str, Any]:
    """Somebody who comes, as read back from the database."""
    return {
        "name": attendee.name,
        "email": attendee.email,
        "timeZone": attendee.time_zone,
        "phoneNumber": attendee.phone,
        "language": {"locale": attendee.language},
        "utcOffset": utc_offset(attendee.time_zone, booking.start),
    }
