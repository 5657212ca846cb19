"""Webhook bodies built from a stored booking, each the way Cal.com builds it.

`accepted` and `rejected` after the host's answer (confirm.handler.ts, handleConfirmation.ts), `cancelled` on a cancel
(handleCancelBooking.ts), `left` where one place of several is given up (cancelAttendeeSeat.ts), `another_time`
where the host asks for one (requestReschedule.handler.ts), `paid` after a payment (payment/getBooking.ts). They look
alike and differ in order, presence, time format and meaning of fields; the differences are kept. The envelope and
the signature are in `webhooks.py`, bodies that are no bookings in `notices.py`.
"""

from typing import Any

from gateway.sandbox import forms, parts
from gateway.sandbox.rows import Attendee, Booking, EventType
from gateway.sandbox.times import millis, offset
from gateway.sandbox.world import World


def accepted(world: World, booking: Booking) -> dict[str, Any]:
    """Build the body of BOOKING_CREATED after the host's yes."""
    url = parts.call_url(booking)
    metadata = {} if url is None else {"metadata": {"videoCallUrl": url}}
    return {**_decided(world, booking, parts.call(booking)), "status": "ACCEPTED", **metadata}


def rejected(world: World, booking: Booking, reason: str | None) -> dict[str, Any]:
    """Build the body of BOOKING_REJECTED, the only place that tells the reason."""
    why = {} if reason is None else {"rejectionReason": reason}
    return {**_decided(world, booking, why), "status": "REJECTED"}


def _decided(world: World, booking: Booking, more: dict[str, Any]) -> dict[str, Any]:
    """Co-hosts stand among the attendees here, and the team is without members."""
    kind = world.event_type(booking.event_type)
    hidden = {
        "hideCalendarNotes": kind.hide_calendar_notes,
        "hideCalendarEventDetails": kind.hide_calendar_details,
    }
    return {
        **_stored(world, kind, booking),
        "organizer": parts.organizer(world, booking, "id", "email", "name", "username"),
        "attendees": [parts.person(attendee, booking) for attendee in booking.attendees],
        "location": booking.location,
        "uid": booking.uid,
        "destinationCalendar": [],
        "requiresConfirmation": parts.asks(kind),
        "hideOrganizerEmail": kind.hide_organizer_email,
        **parts.newest(world, **hidden),
        "eventTypeId": kind.id,
        "customReplyToEmail": None,
        **parts.newest(world, organizationId=None, additionalNotes=booking.notes),
        **parts.recurrence(kind, count=True),
        **parts.team(world, kind, []),
        **more,
        **parts.event_type(kind),
        "bookingId": booking.id,
    }


def _stored(world: World, kind: EventType, booking: Booking) -> dict[str, Any]:
    return {
        "type": kind.slug,
        "title": booking.title,
        **({"description": booking.notes} if booking.notes else {}),
        "bookerUrl": world.settings.booker_url,
        "userFieldsResponses": forms.own_responses(kind, booking),
        "responses": forms.stored_responses(kind, booking),
        "customInputs": {},
        **parts.times(booking, millis),
    }


def cancelled(
    world: World, booking: Booking, reason: str | None, *, whole_series: bool = False
) -> dict[str, Any]:
    """Build the body of BOOKING_CANCELLED. It is sent before the booking is changed, so the reason is an argument.

    How the series repeats is told only where all that remains of it is cancelled.
    """
    kind = world.event_type(booking.event_type)
    cohosts = [parts.person(one, booking) for one in booking.cohosts]
    return {
        **_leaving(world, kind, booking),
        **parts.times(booking, offset),
        "organizer": parts.organizer(world, booking, "id", "username", "email", "name"),
        "attendees": [parts.person(attendee, booking) for attendee in booking.guests],
        "uid": booking.uid,
        "bookingId": booking.id,
        **(parts.recurrence(kind, count=True) if whole_series else {}),
        "location": booking.location,
        "destinationCalendar": [],
        "cancellationReason": reason,
        **parts.team(world, kind, cohosts),
        "seatsPerTimeSlot": kind.seats,
        "seatsShowAttendees": kind.seats is not None and kind.seats_shown,
        "iCalUID": booking.ical_uid,
        "iCalSequence": booking.ical_sequence + 1,
        "hideOrganizerEmail": kind.hide_organizer_email,
        "customReplyToEmail": None,
        **parts.newest(world, organizationId=None),
        "eventTitle": kind.title,
        "eventDescription": kind.description,
        "requiresConfirmation": parts.asks(kind),
        "price": kind.price or None,
        "currency": kind.currency,
        "status": "CANCELLED",
        **parts.newest(world, requestReschedule=False),
    }


def _leaving(world: World, kind: EventType, booking: Booking) -> dict[str, Any]:
    return {
        "bookerUrl": world.settings.booker_url,
        "title": booking.title,
        "length": kind.length,
        "type": kind.slug,
        "additionalNotes": booking.notes,
        "description": kind.description or booking.notes,
        "customInputs": {},
        "eventTypeId": kind.id,
        "userFieldsResponses": forms.own_responses(kind, booking),
        "responses": forms.stored_responses(kind, booking),
    }


def left(world: World, booking: Booking, attendee: Attendee, reason: str | None) -> dict[str, Any]:
    """Build the body of a BOOKING_CANCELLED that means one place: only that person, with the row's own columns."""
    number = (
        booking.id * 10 + booking.attendees.index(attendee) if attendee in booking.attendees else booking.id
    )
    row = {"id": number, "bookingId": booking.id, "locale": attendee.language, "noShow": False}
    seat = {"id": number, "referenceUid": attendee.seat, "bookingId": booking.id, "attendeeId": number}
    person = {**row, **parts.person(attendee, booking), "bookingSeat": seat}
    told = {"attendees": [person], **parts.newest(world, attendeeSeatId=attendee.seat)}
    return {**cancelled(world, booking, reason), **told}


def another_time(world: World, booking: Booking, reason: str | None) -> dict[str, Any]:
    """Build the body of a BOOKING_CANCELLED that means "please choose another time".

    Before 2026 nothing but the reason's first words says so: there is no status and no id, `type` is the event
    type's title, and the organizer is whoever asked.
    """
    kind = world.event_type(booking.event_type)
    why = f"Please reschedule. {'undefined' if reason is None else reason}"
    people = {
        "organizer": _without(parts.organizer(world, booking, "email", "name", "username"), "timeFormat"),
        "attendees": [_nameless(attendee, booking) for attendee in booking.attendees],
    }
    body = {
        "title": booking.title,
        "type": kind.title,
        "description": booking.notes,
        "customInputs": {},
        "userFieldsResponses": forms.own_responses(kind, booking),
        "responses": forms.stored_responses(kind, booking),
        **parts.times(booking, offset),
        **people,
        "uid": booking.uid,
        "location": booking.location,
        "destinationCalendar": None,
        "cancellationReason": why,
    }
    return (
        body | _since_2026(kind, booking, world.person(booking.host).email) if world.settings.newest else body
    )


def _nameless(attendee: Attendee, booking: Booking) -> dict[str, Any]:
    return {"username": "", **_without(parts.person(attendee, booking), "phoneNumber")}


def _without(person: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name != field}


def _since_2026(kind: EventType, booking: Booking, by: str) -> dict[str, Any]:
    return {
        "type": kind.slug,
        "bookingId": booking.id,
        "eventTypeId": kind.id,
        "eventTitle": kind.title,
        "length": kind.length,
        "iCalUID": booking.ical_uid,
        "iCalSequence": 0,
        "status": "CANCELLED",
        "cancelledBy": by,
        "requestReschedule": True,
    }


def paid(world: World, booking: Booking) -> dict[str, Any]:
    """Build what is told after a payment. How the series repeats is the event type's setting, or null."""
    kind = world.event_type(booking.event_type)
    return {
        **_stored(world, kind, booking),
        "organizer": parts.organizer(world, booking, "email", "name", "id"),
        "hideOrganizerEmail": kind.hide_organizer_email,
        **parts.team(world, kind, []),
        "attendees": [_without(parts.person(one, booking), "phoneNumber") for one in booking.attendees],
        "location": booking.location,
        "uid": booking.uid,
        "destinationCalendar": [],
        "recurringEvent": parts.recurrence(kind, count=True).get("recurringEvent"),
        "customReplyToEmail": None,
        **parts.call(booking),
        **parts.event_type(kind),
        "requiresConfirmation": parts.asks(kind),
        "bookingId": booking.id,
    }


def payment(world: World, booking: Booking) -> dict[str, Any]:
    """Build the body of BOOKING_PAID: its metadata is the payment's, and the caller's own is lost."""
    kind = world.event_type(booking.event_type)
    metadata = {
        "identifier": "cal.com",
        "bookingId": booking.id,
        "eventTypeId": kind.id,
        "bookerEmail": booking.booker.email,
        "eventTitle": kind.title,
        "externalId": f"pi_{booking.uid}",
    }
    status = {"eventTypeId": kind.id, "status": booking.status.upper(), "metadata": metadata}
    return {**paid(world, booking), **status, "paymentId": booking.id}


def paid_and_accepted(world: World, booking: Booking) -> dict[str, Any]:
    """Build the body of BOOKING_CREATED after a payment."""
    url = parts.call_url(booking)
    metadata = {} if url is None else {"metadata": {"videoCallUrl": url}}
    kind = {"eventTypeId": booking.event_type}
    return {**paid(world, booking), **kind, "status": "ACCEPTED", **metadata}
