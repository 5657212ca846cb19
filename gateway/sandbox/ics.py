"""The calendar texts that webhook version 2026-07-27 adds to a body: one for the attendees, one for the organizer.

For subscribers that send their own mails (https://cal.com/docs/developing/guides/automation/webhooks). Which
subscription asks for them is `webhooks.py`'s affair.
"""

from gateway.sandbox.rows import Booking, Status
from gateway.sandbox.world import World

TRIGGERS = (
    "BOOKING_CREATED",
    "BOOKING_RESCHEDULED",
    "BOOKING_REASSIGNED",
    "BOOKING_CANCELLED",
    "BOOKING_PAID",
)


def texts(world: World, booking: Booking, trigger: str) -> dict[str, str]:
    """Give both texts by field; none for other triggers and for a payment that accepted nothing."""
    if trigger not in TRIGGERS or (trigger == "BOOKING_PAID" and booking.status is not Status.ACCEPTED):
        return {}
    host = world.person(booking.host)
    guests = [f"ATTENDEE;CN={one.name};{_GUEST}:mailto:{one.email}" for one in booking.guests]
    chair = f"ATTENDEE;CN={host.name};{_CHAIR}:mailto:{host.email}"
    begin = [*_begin(booking, trigger), f"ORGANIZER;CN={host.name}:mailto:{host.email}"]
    return {
        "attendeeIcsContent": "\n".join([*begin, *guests, *_END]),
        "organizerIcsContent": "\n".join([*begin, chair, *_END]),
    }


_GUEST = "ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE"
_CHAIR = "ROLE=CHAIR;PARTSTAT=ACCEPTED;RSVP=FALSE"
_END = ("END:VEVENT", "END:VCALENDAR")


def _begin(booking: Booking, trigger: str) -> list[str]:
    over = trigger == "BOOKING_CANCELLED"
    return [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"METHOD:{'CANCEL' if over else 'REQUEST'}",
        "BEGIN:VEVENT",
        f"UID:{booking.ical_uid}",
        f"SEQUENCE:{booking.ical_sequence + over}",
        *(["STATUS:CANCELLED"] if over else []),
        f"SUMMARY:{booking.title}",
        f"DTSTART:{booking.start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{booking.end:%Y%m%dT%H%M%SZ}",
    ]
