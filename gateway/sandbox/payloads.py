"""Webhook bodies of bookings, built the three different ways Cal.com builds them.

`live` while a booking is made (packages/features/bookings/lib/service/RegularBookingService.ts), `accepted` and `rejected` after
the host's answer (confirm.handler.ts, handleConfirmation.ts), `cancelled` on a cancel (handleCancelBooking.ts). They
look alike and differ in order, presence, time format and meaning of fields; the differences are kept. The
flat bodies are in `notices.py`, the envelope and the signature in `webhooks.py`.
"""

from collections.abc import Callable
from typing import Any

from gateway.sandbox import forms
from gateway.sandbox.times import millis, offset, seconds, utc_offset
from gateway.sandbox.world import Approval, Attendee, Booking, Status, World


def live(world: World, booking: Booking, link: str | None = None) -> dict[str, Any]:
    """Build the body of a booking that is being made or moved. `link` is the call's address where one is known."""
    kind = world.event_type(booking.event_type)
    waits = booking.status is Status.PENDING
    moved = booking.from_uid is not None
    return {
        **_live_head(world, booking),
        "organizer": _live_organizer(world, booking),
        "attendees": [_live_person(attendee, booking) for attendee in booking.attendees],
        "customInputs": {},
        "responses": forms.live_responses(kind, booking),
        "userFieldsResponses": forms.own_responses(kind, booking),
        "location": booking.video_url or booking.location,
        "destinationCalendar": None,
        **({} if moved else {"iCalUID": booking.ical_uid}),
        "iCalSequence": booking.ical_sequence,
        "requiresConfirmation": waits,
        "oneTimePassword": booking.one_time_password,
        # The count is lost on the way here; after the host's answer it is back.
        **_recurrence(world, booking, count=False),
        "uid": booking.uid,
        **({"appsStatus": []} if moved else {}),
        **_call(booking),
        **_event_type(world, booking),
        "bookingId": booking.id,
        **_previous(world, booking),
        "metadata": {**({} if link is None else {"videoCallUrl": link}), **booking.metadata},
        "status": booking.status.upper(),
        **({"rescheduledBy": booking.rescheduled_by} if booking.rescheduled_by else {}),
    }


def _live_head(world: World, booking: Booking) -> dict[str, Any]:
    kind = world.event_type(booking.event_type)
    return {
        "bookerUrl": world.settings.booker_url,
        "title": booking.title,
        "startTime": seconds(booking.start),
        "endTime": seconds(booking.end),
        "additionalNotes": booking.notes,
        "type": kind.slug,
        "description": kind.description or booking.notes,
        "eventTypeId": kind.id,
        "hideCalendarNotes": False,
        "hideCalendarEventDetails": False,
        "hideOrganizerEmail": kind.hide_organizer_email,
        "schedulingType": None,
        "seatsPerTimeSlot": None,
        "seatsShowAttendees": True,
        "seatsShowAvailabilityCount": True,
        "customReplyToEmail": None,
        "disableRescheduling": False,
        "disableCancelling": False,
    }


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


def accepted(world: World, booking: Booking) -> dict[str, Any]:
    """Build the body of BOOKING_CREATED after the host's yes."""
    metadata = {"metadata": {"videoCallUrl": booking.video_url}} if _has_call(booking) else {}
    return {**_decided(world, booking, _call(booking)), "status": "ACCEPTED", **metadata}


def rejected(world: World, booking: Booking, reason: str | None) -> dict[str, Any]:
    """Build the body of BOOKING_REJECTED, the only place that tells the reason."""
    why = {} if reason is None else {"rejectionReason": reason}
    return {**_decided(world, booking, why), "status": "REJECTED"}


def _decided(world: World, booking: Booking, more: dict[str, Any]) -> dict[str, Any]:
    kind = world.event_type(booking.event_type)
    return {
        "type": kind.slug,
        "title": booking.title,
        **({"description": booking.notes} if booking.notes else {}),
        "bookerUrl": world.settings.booker_url,
        "userFieldsResponses": forms.own_responses(kind, booking),
        "responses": forms.stored_responses(kind, booking),
        "customInputs": {},
        **_times(booking, millis),
        "organizer": _organizer(world, booking, "id", "email", "name", "username"),
        "attendees": [_person(attendee, booking) for attendee in booking.attendees],
        "location": booking.location,
        "uid": booking.uid,
        "destinationCalendar": [],
        "requiresConfirmation": _asks(world, booking),
        "hideOrganizerEmail": kind.hide_organizer_email,
        "eventTypeId": kind.id,
        "customReplyToEmail": None,
        **_recurrence(world, booking, count=True),
        **more,
        **_event_type(world, booking),
        "bookingId": booking.id,
    }


def cancelled(world: World, booking: Booking, reason: str | None, *, whole_series: bool) -> dict[str, Any]:
    """Build the body of BOOKING_CANCELLED. It is sent before the booking is changed, so the reason is an argument."""
    kind = world.event_type(booking.event_type)
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
        **_times(booking, offset),
        "organizer": _organizer(world, booking, "id", "username", "email", "name"),
        "attendees": [_person(attendee, booking) for attendee in booking.attendees],
        "uid": booking.uid,
        "bookingId": booking.id,
        **(_recurrence(world, booking, count=True) if whole_series else {}),
        "location": booking.location,
        "destinationCalendar": [],
        "cancellationReason": reason,
        "seatsPerTimeSlot": None,
        "seatsShowAttendees": False,
        "iCalUID": booking.ical_uid,
        "iCalSequence": booking.ical_sequence + 1,
        "hideOrganizerEmail": kind.hide_organizer_email,
        "customReplyToEmail": None,
        "eventTitle": kind.title,
        "eventDescription": kind.description,
        "requiresConfirmation": _asks(world, booking),
        "price": None,
        "currency": "usd",
        "status": "CANCELLED",
    }


def _times(booking: Booking, write: Callable[..., str]) -> dict[str, str]:
    return {"startTime": write(booking.start), "endTime": write(booking.end)}


def _event_type(world: World, booking: Booking) -> dict[str, Any]:
    kind = world.event_type(booking.event_type)
    return {
        "eventTitle": kind.title,
        "eventDescription": kind.description,
        "price": 0,
        "currency": "usd",
        "length": kind.length,
    }


def _asks(world: World, booking: Booking) -> bool | None:
    """The event type's own setting, whatever became of this booking; "no" is sent as null."""
    return world.event_type(booking.event_type).approval is not Approval.NEVER or None


def _recurrence(world: World, booking: Booking, *, count: bool) -> dict[str, Any]:
    """How the series repeats; 2 means weekly."""
    repeats = world.event_type(booking.event_type).recurrence
    if repeats is None:
        return {}
    counted = {"count": repeats.count} if count else {}
    return {"recurringEvent": {"freq": 2, **counted, "interval": repeats.interval}}


def _has_call(booking: Booking) -> bool:
    return booking.status is Status.ACCEPTED and booking.video_url is not None


def _call(booking: Booking) -> dict[str, Any]:
    """The way into the meeting. It is as good as a password, and Cal.com does send it."""
    if not _has_call(booking):
        return {}
    room = booking.uid[:10]
    app = {"appName": "daily-video", "type": "daily_video", "success": 1, "failures": 0, "errors": []}
    call = {"type": "daily_video", "id": room, "password": f"pass-{room}", "url": booking.video_url}
    return {"videoCallData": call, "appsStatus": [app]}


def _organizer(world: World, booking: Booking, *order: str) -> dict[str, Any]:
    host = world.person(booking.host)
    return {
        **{name: getattr(host, name) for name in order},
        "timeZone": host.time_zone,
        "timeFormat": _time_format(host.time_format),
        "language": {"locale": host.locale},
        "utcOffset": utc_offset(host.time_zone, booking.start),
    }


def _live_organizer(world: World, booking: Booking) -> dict[str, Any]:
    host = world.person(booking.host)
    return {
        "id": host.id,
        "name": host.name,
        "email": host.email,
        "username": host.username,
        "timeZone": host.time_zone,
        "language": {"locale": host.locale},
        "timeFormat": _time_format(host.time_format),
        "utcOffset": utc_offset(host.time_zone, booking.start),
    }


def _time_format(hours: int) -> str:
    return "h:mma" if hours == 12 else "HH:mm"


def _person(attendee: Attendee, booking: Booking) -> dict[str, Any]:
    return {
        "name": attendee.name,
        "email": attendee.email,
        "timeZone": attendee.time_zone,
        "phoneNumber": attendee.phone,
        "language": {"locale": attendee.language},
        "utcOffset": utc_offset(attendee.time_zone, booking.start),
    }


def _live_person(attendee: Attendee, booking: Booking) -> dict[str, Any]:
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
