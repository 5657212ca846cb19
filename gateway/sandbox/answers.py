"""How API v2 shows a booking (cal-api-version 2024-08-13).

A booking's `rejectionReason` is never in it: Cal.com tells it in the webhook only. Key order is that of the
real answers (apps/api/v2/src/ee/bookings/2024-08-13/services/output.service.ts).
"""

from typing import Any

from gateway.sandbox.rows import Attendee, Booking, Person, Status
from gateway.sandbox.times import millis
from gateway.sandbox.world import World


def success(data: object, **more: object) -> dict[str, Any]:
    """Wrap an answer in the success envelope."""
    return {"status": "success", "data": data, **more}


def booking(world: World, booking: Booking, reader: Person | None = None) -> dict[str, Any]:
    """Show one booking. A date of a series has another key order and says less about moves.

    Of a shared slot every place is shown by itself, and only to whoever owns the event type or where it shows
    them to all.
    """
    kind = world.event_type(booking.event_type)
    if kind.seats is not None:
        shown = kind.seats_shown or (reader is not None and reader.id == kind.owner)
        places = [_place(attendee) for attendee in booking.guests] if shown else []
        return {**_booking(world, booking), "attendees": places}
    people = {
        "attendees": [_attendee(attendee) for attendee in booking.attendees],
        **({"guests": booking.answers["guests"]} if "guests" in booking.answers else {}),
        "bookingFieldsResponses": _responses(booking.answers),
    }
    if booking.series:
        return {**people, **_booking(world, booking), "recurringBookingUid": booking.series}
    return {**_booking(world, booking), **people}


def _booking(world: World, booking: Booking) -> dict[str, Any]:
    kind = world.event_type(booking.event_type)
    place = booking.video_url or booking.location
    return {
        "id": booking.id,
        "uid": booking.uid,
        "title": booking.title,
        "description": booking.notes,
        "hosts": [_host(world.person(booking.host))],
        "status": booking.status.value,
        **_cancellation(world, booking),
        **_moves(world, booking),
        "start": millis(booking.start),
        "end": millis(booking.end),
        "duration": int((booking.end - booking.start).total_seconds() // 60),
        "eventTypeId": kind.id,
        "eventType": {"id": kind.id, "slug": kind.slug},
        "meetingUrl": place,
        "location": place,
        "absentHost": booking.absent_host,
        "createdAt": millis(booking.created_at),
        "updatedAt": millis(booking.updated_at),
        "metadata": _as_stored(booking.metadata),
        "rating": None,
        "icsUid": booking.ical_uid,
    }


def _cancellation(world: World, booking: Booking) -> dict[str, Any]:
    """Release 6.0.2 always has both fields, 5.6.4 only while cancelled (both measured); neither says who."""
    if world.settings.release != "5.6.4":
        return {"cancellationReason": booking.cancellation_reason or "", "cancelledByEmail": ""}
    if booking.status is not Status.CANCELLED:
        return {}
    return {"cancellationReason": booking.cancellation_reason, "cancelledByEmail": None}


def _moves(world: World, booking: Booking) -> dict[str, Any]:
    mover = world.bookings[booking.to_uid] if booking.to_uid else booking
    reason = booking.answers.get("rescheduledReason")
    return {
        **({} if reason is None else {"reschedulingReason": reason}),
        **({} if booking.series else {"rescheduledByEmail": mover.rescheduled_by}),
        **({"rescheduledFromUid": booking.from_uid} if booking.from_uid else {}),
        **({"rescheduledToUid": booking.to_uid} if booking.to_uid else {}),
    }


def _host(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "username": person.username,
        "timeZone": person.time_zone,
    }


def _attendee(attendee: Attendee) -> dict[str, Any]:
    return {
        "name": attendee.name,
        "email": attendee.email,
        "timeZone": attendee.time_zone,
        "language": attendee.language,
        "absent": attendee.absent,
        **({"phoneNumber": attendee.phone} if attendee.phone else {}),
    }


def _place(attendee: Attendee) -> dict[str, Any]:
    own = {"bookingFieldsResponses": _responses(attendee.answers), "metadata": {}}
    return {**_attendee(attendee), "seatUid": attendee.seat, **own}


def _as_stored(values: dict[str, Any]) -> dict[str, Any]:
    """Order keys as a jsonb column does: shorter ones first, then by letter."""
    return dict(sorted(values.items(), key=lambda item: (len(item[0]), item[0])))


def _responses(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers by slug: the fields Cal.com's schema names come first, in the schema's order."""
    named = ("email", "attendeePhoneNumber", "name", "guests", "rescheduleReason")
    return {**{key: answers[key] for key in named if key in answers}, **_as_stored(answers)}
