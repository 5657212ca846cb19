"""The webhook body of a booking that is being made, moved or given to another host, as it is at that moment.

(packages/features/bookings/lib/service/RegularBookingService.ts, handleSeats.ts.) A shared slot is told as one
place of it: see `bookings.place`. Bodies built later from the stored booking are in `payloads.py`.
"""

from typing import Any

from gateway.sandbox import forms, parts
from gateway.sandbox.rows import Attendee, Booking, EventType, Status
from gateway.sandbox.times import seconds, utc_offset
from gateway.sandbox.world import World


def live(world: World, booking: Booking, link: str | None = None) -> dict[str, Any]:
    """Build the body. `link` is the call's address where one is known."""
    kind = world.event_type(booking.event_type)
    moved = booking.from_uid is not None
    return {
        **_head(world, kind, booking),
        "organizer": _organizer(world, booking),
        "attendees": [_person(attendee, booking) for attendee in booking.guests],
        "customInputs": {},
        "responses": forms.live_responses(kind, booking),
        "userFieldsResponses": forms.own_responses(kind, booking),
        "location": booking.video_url or booking.location,
        "destinationCalendar": None,
        **({} if moved else {"iCalUID": booking.ical_uid}),
        "iCalSequence": booking.ical_sequence,
        "requiresConfirmation": booking.status is Status.PENDING,
        "oneTimePassword": booking.one_time_password,
        **parts.newest(world, organizationId=None, hashedLink=None),
        # The count is lost on the way here; after the host's answer it is back.
        **parts.recurrence(kind, count=False),
        **parts.team(world, kind, [_cohost(world, one, booking) for one in booking.cohosts]),
        **_seat(booking),
        "uid": booking.uid,
        **({"appsStatus": []} if moved else {}),
        **parts.call(booking),
        **parts.event_type(kind),
        "bookingId": booking.id,
        **_previous(world, booking),
        "metadata": {**({} if link is None else {"videoCallUrl": link}), **booking.metadata},
        "status": booking.status.upper(),
        **({"rescheduledBy": booking.rescheduled_by} if booking.rescheduled_by else {}),
    }


def payment_initiated(world: World, booking: Booking) -> dict[str, Any]:
    """Build the body of BOOKING_PAYMENT_INITIATED. It says ACCEPTED of a booking that is pending and unpaid."""
    return {**live(world, booking), "status": "ACCEPTED", "paymentId": booking.id}


def reassigned(world: World, booking: Booking, added: int, removed: int) -> dict[str, Any]:
    """Build the body of BOOKING_REASSIGNED, with the ids of the hosts (https://cal.com/docs, webhooks)."""
    told = live(world, booking, booking.video_url)
    del told["oneTimePassword"]
    return {**told, "addedHostUserIds": [added], "removedHostUserIds": [removed]}


def _head(world: World, kind: EventType, booking: Booking) -> dict[str, Any]:
    return {
        "bookerUrl": world.settings.booker_url,
        "title": booking.title,
        **parts.times(booking, seconds),
        "additionalNotes": booking.notes,
        "type": kind.slug,
        "description": kind.description or booking.notes,
        "eventTypeId": kind.id,
        "hideCalendarNotes": kind.hide_calendar_notes,
        "hideCalendarEventDetails": kind.hide_calendar_details,
        "hideOrganizerEmail": kind.hide_organizer_email,
        "schedulingType": kind.scheduling,
        "seatsPerTimeSlot": kind.seats,
        "seatsShowAttendees": True if kind.seats is None else kind.seats_shown,
        "seatsShowAvailabilityCount": True,
        "customReplyToEmail": None,
        "disableRescheduling": kind.disable_rescheduling,
        "disableCancelling": kind.disable_cancelling,
    }


def _seat(booking: Booking) -> dict[str, Any]:
    return {"attendeeSeatId": booking.booker.seat} if booking.booker.seat else {}


def _previous(world: World, booking: Booking) -> dict[str, Any]:
    """What a moved booking says about the one it replaces."""
    if booking.from_uid is None:
        return {}
    old = world.bookings[booking.from_uid]
    return {
        "rescheduleId": old.id,
        "rescheduleUid": old.uid,
        "rescheduleStartTime": seconds(old.start),
        "rescheduleEndTime": seconds(old.end),
    }


def _organizer(world: World, booking: Booking) -> dict[str, Any]:
    host = world.person(booking.host)
    return {
        "id": host.id,
        "name": host.name,
        "email": host.email,
        "username": host.username,
        "timeZone": host.time_zone,
        "language": {"locale": host.locale},
        "timeFormat": parts.time_format(host.time_format),
        "utcOffset": utc_offset(host.time_zone, booking.start),
    }


def _person(attendee: Attendee, booking: Booking) -> dict[str, Any]:
    return {
        "email": attendee.email,
        "name": attendee.name,
        **({"phoneNumber": attendee.phone} if attendee.phone else {}),
        "firstName": "",
        "lastName": "",
        "timeZone": attendee.time_zone,
        "language": {"locale": attendee.language},
        "utcOffset": utc_offset(attendee.time_zone, booking.start),
    }


def _cohost(world: World, attendee: Attendee, booking: Booking) -> dict[str, Any]:
    person = world.person_with_email(attendee.email)
    known = {} if person is None else {"id": person.id}
    return {**known, **_person(attendee, booking)}
