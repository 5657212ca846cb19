"""Webhook bodies that are no bookings in an envelope: absences, the flat MEETING_* bodies, a test, a holiday.

A flat body spreads the booking's row over the root and has no `payload`. After a host's accept it is reduced to
what confirm.handler.ts had at hand (packages/features/webhooks/lib/scheduleTrigger.ts, handleConfirmation.ts).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.sandbox import forms, parts
from gateway.sandbox.rows import Attendee, Booking, Person
from gateway.sandbox.times import millis, offset, utc_offset
from gateway.sandbox.world import World


def no_show(booking: Booking, absences: dict[str, bool]) -> dict[str, Any]:
    """Build the payload of BOOKING_NO_SHOW_UPDATED."""
    absent = ", ".join(email for email, gone in absences.items() if gone)
    back = ", ".join(email for email, gone in absences.items() if not gone)
    texts = ([f"{absent} marked as no-show"] if absent else []) + (
        [f"{back} unmarked as no-show"] if back else []
    )
    return {
        "message": "; ".join(texts),
        "attendees": [{"email": email, "noShow": gone} for email, gone in absences.items()],
        "bookingUid": booking.uid,
        "bookingId": booking.id,
    }


def ping(at: datetime) -> dict[str, Any]:
    """Build what the test button sends (packages/trpc/server/routers/viewer/webhook/testTrigger.handler.ts).

    The real one's organizer has an address of Cal.com's own; here nobody lives anywhere but at example.com.
    """
    offset_then = utc_offset("Europe/London", at)
    london = {"timeZone": "Europe/London", "language": {"locale": "en"}, "utcOffset": offset_then}
    return {
        "type": "Test",
        "title": "Test trigger event",
        "description": "",
        "startTime": millis(at),
        "endTime": millis(at),
        "attendees": [{"email": "jdoe@example.com", "name": "John Doe", **london}],
        "organizer": {"name": "Cal", "email": "no-reply@example.com", **london},
    }


@dataclass(frozen=True)
class Holiday:
    """When somebody is away, and why."""

    start: datetime
    end: datetime
    notes: str | None = None


def out_of_office(person: Person, away: Holiday, number: int, uuid: str, at: datetime) -> dict[str, Any]:
    """Build the payload of OOO_CREATED (https://cal.com/docs, webhooks)."""
    user = {"id": person.id, "name": person.name, "username": person.username, "email": person.email}
    return {
        "oooEntry": {
            "id": number,
            "start": offset(away.start),
            "end": offset(away.end),
            "createdAt": millis(at),
            "updatedAt": millis(at),
            "notes": away.notes,
            "reason": {"emoji": "🌴", "reason": "ooo_reasons_vacation"},
            "reasonId": 5,
            "user": {**user, "timeZone": person.time_zone},
            "toUser": None,
            "uuid": uuid,
        }
    }


def meeting(world: World, booking: Booking, trigger: str) -> dict[str, Any]:
    """Build the whole body of MEETING_STARTED or MEETING_ENDED: reduced where a host accepted, else the row."""
    build = _reduced if booking.confirms else _row
    return {"triggerEvent": trigger, **build(world, booking)}


def _reduced(world: World, booking: Booking) -> dict[str, Any]:
    kind = world.event_type(booking.event_type)
    hosts = [world.person(booking.host).email, *(cohost.email for cohost in booking.cohosts)]
    late = {"status": booking.status.upper(), "cancellationReason": booking.cancellation_reason}
    return {
        "eventType": {
            "slug": kind.slug,
            "bookingFields": forms.form_of(kind),
            "schedulingType": kind.scheduling,
            "owner": None,
            "hosts": [{"user": {"email": email}} for email in hosts],
        },
        **_what(booking),
        "responses": forms.stored_responses(kind, booking),
        "userFieldsResponses": forms.own_responses(kind, booking),
        "metadata": _metadata(booking),
        "customInputs": {},
        "smsReminderNumber": None,
        **parts.newest(world, **late),
    }


def _what(booking: Booking) -> dict[str, Any]:
    return {
        "uid": booking.uid,
        "id": booking.id,
        **parts.times(booking, millis),
        "title": booking.title,
        "description": booking.notes or None,
        "location": booking.location,
        "attendees": [_attendee(attendee, booking) for attendee in booking.attendees],
    }


def _row(world: World, booking: Booking) -> dict[str, Any]:
    host = world.person(booking.host)
    kind = world.event_type(booking.event_type)
    user = {"email": host.email, "name": host.name, "timeZone": host.time_zone, "username": host.username}
    return {
        **_what(booking),
        "idempotencyKey": f"{booking.uid}-{booking.start:%Y%m%d%H%M}",
        "userId": host.id,
        "userPrimaryEmail": host.email,
        "eventTypeId": booking.event_type,
        "customInputs": {},
        "responses": forms.live_responses(kind, booking),
        # Here, and only here, this is the booking's own creation and not the sending of the webhook.
        "createdAt": millis(booking.created_at),
        "updatedAt": millis(booking.updated_at),
        "status": booking.status.upper(),
        "metadata": _metadata(booking),
        **_history(booking),
        "user": user,
        "payment": [],
        "references": [],
        "appsStatus": [],
    }


def _history(booking: Booking) -> dict[str, Any]:
    return {
        "paid": booking.paid,
        "destinationCalendarId": None,
        "cancellationReason": booking.cancellation_reason,
        "rejectionReason": booking.rejection_reason,
        "rescheduled": booking.to_uid is not None or None,
        "fromReschedule": booking.from_uid,
        "recurringEventId": booking.series,
        "iCalUID": booking.ical_uid,
        "iCalSequence": booking.ical_sequence,
        "oneTimePassword": booking.one_time_password,
        "cancelledBy": None,
        "rescheduledBy": booking.rescheduled_by,
        "creationSource": "API_V2",
    }


def _metadata(booking: Booking) -> dict[str, Any]:
    call = {} if booking.video_url is None else {"videoCallUrl": booking.video_url}
    return call | booking.metadata


def _attendee(attendee: Attendee, booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.id * 10 + booking.attendees.index(attendee),
        "email": attendee.email,
        "name": attendee.name,
        "timeZone": attendee.time_zone,
        "phoneNumber": attendee.phone,
        "locale": attendee.language,
        "bookingId": booking.id,
        "noShow": attendee.absent,
    }
