"""Small bodies in Cal.com's shapes, about invented people at example.com. Each builder takes changes to its fields.

The letters are those of Cal.com's six builders: L live, C after the host's answer, X cancelled, F asked
to choose another time, P paid; the rest have shapes of their own.
"""

import json
from typing import Any

Json = dict[str, Any]

UID = "qW3rTy7uIoP9aSdFgHjKlZ"
OLD_UID = "aB1cD2eF3gH4iJ5kL6mN7o"
SENT = "2030-05-01T08:00:00.250Z"
OMITTED = object()
"""As a change: the field is left out altogether."""

HOST = {
    "id": 7,
    "name": "Mara Mentor",
    "email": "Mara@example.com",
    "username": "mara",
    "timeZone": "Europe/Madrid",
}
BOOKER = {"name": "Nils Neu", "email": "nils@example.com", "timeZone": "Europe/Oslo"}
GUEST = {"name": "", "email": "guest@example.com", "timeZone": "Europe/Oslo"}


def changed(body: Json, changes: Json) -> Json:
    """The body with some members replaced, added, or left out."""
    return {name: value for name, value in {**body, **changes}.items() if value is not OMITTED}


def raw(body: Any) -> bytes:
    """The bytes as Cal.com writes them: no blanks, nothing escaped that need not be."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def responses(**own: Any) -> Json:
    """Answers to the booking questions: Cal.com's own, and one of the owner's."""
    given = {
        "name": {"label": "your_name", "value": "Nils Neu", "isHidden": False},
        "location": {"label": "location", "value": {"value": "integrations:daily", "optionValue": ""}},
        "notes": {"label": "additional_notes", "value": "I am new here", "isHidden": False},
        "guests": {"label": "additional_guests", "isHidden": False},
        "goal": {"label": "What is your goal?", "value": "To learn", "isHidden": False},
    }
    return changed(given, own)


def live(**changes: Any) -> Json:
    """L: the fields while a booking is made; a request, unless `status` says otherwise."""
    fields = {
        "type": "mentoring",
        "title": "Mentoring between Mara Mentor and Nils Neu",
        "eventTitle": "Mentoring",
        "eventTypeId": 3,
        "description": "Half an hour with a mentor",
        "eventDescription": "Half an hour with a mentor",
        "additionalNotes": "I am new here",
        "startTime": "2030-05-06T09:00:00Z",
        "endTime": "2030-05-06T09:30:00Z",
        "organizer": HOST,
        "attendees": [BOOKER, GUEST],
        "responses": responses(),
        "userFieldsResponses": {},
        "location": "integrations:daily",
        "iCalUID": f"{UID}@Cal.com",
        "oneTimePassword": "11111111-2222-4333-8444-555555555555",
        "hideOrganizerEmail": False,
        "seatsPerTimeSlot": None,
        "price": 0,
        "uid": UID,
        "bookingId": 41,
        "metadata": {},
        "status": "PENDING",
    }
    return changed(fields, changes)


def answered(**changes: Any) -> Json:
    """C: the fields after the host's answer; accepted, unless `status` says otherwise."""
    fields = live(
        status="ACCEPTED",
        description="I am new here",
        additionalNotes=OMITTED,
        iCalUID=OMITTED,
        startTime="2030-05-06T09:00:00.000Z",
        endTime="2030-05-06T09:30:00.000Z",
        metadata={"videoCallUrl": "https://video.example.com/room"},
    )
    return changed(fields, changes)


def cancelled(**changes: Any) -> Json:
    """X: the fields of a cancellation."""
    fields = live(
        status="CANCELLED",
        startTime="2030-05-06T11:00:00+02:00",
        endTime="2030-05-06T11:30:00+02:00",
        price=None,
        metadata=OMITTED,
        cancellationReason="I fell ill",
    )
    return changed(fields, changes)


def another_time(**changes: Any) -> Json:
    """F, as it was before 2026: a host asks the attendee for another time."""
    names = ("bookingId", "status", "eventTypeId", "eventTitle", "additionalNotes", "iCalUID", "metadata")
    fields = live(
        **dict.fromkeys(names, OMITTED),
        type="Mentoring",
        description="I am new here",
        organizer={"name": "Ada Admin", "email": "ada@example.com", "username": "ada"},
        cancellationReason="Please reschedule. I am away",
    )
    return changed(fields, changes)


def row(**changes: Any) -> Json:
    """A booking's row, as MEETING_* triggers carry it without an envelope."""
    fields = {
        "id": 41,
        "uid": UID,
        "userId": 7,
        "userPrimaryEmail": "Mara@example.com",
        "user": {"name": "Mara Mentor", "username": "mara", "timeZone": "Europe/Madrid"},
        "eventTypeId": 3,
        "title": "Mentoring between Mara Mentor and Nils Neu",
        "startTime": "2030-05-06T09:00:00.000Z",
        "endTime": "2030-05-06T09:30:00.000Z",
        "createdAt": "2030-04-30T10:00:00.000Z",
        "updatedAt": "2030-05-01T10:00:00.000Z",
        "status": "ACCEPTED",
        "paid": False,
        "fromReschedule": None,
        "recurringEventId": None,
        "attendees": [{"id": 9, **BOOKER, "noShow": None}],
        "responses": {"name": "Nils Neu", "goal": "To learn", "notes": "I am new here"},
    }
    return changed(fields, changes)


def reduced(**changes: Any) -> Json:
    """The same after a host's accept: less of it, and the event type by slug."""
    names = ("userId", "userPrimaryEmail", "user", "eventTypeId", "createdAt", "updatedAt", "paid")
    fields = row(
        **dict.fromkeys(names, OMITTED),
        eventType={"slug": "mentoring", "schedulingType": None, "owner": None, "hosts": []},
        responses=responses(),
    )
    return changed(fields, changes)


def no_show(**changes: Any) -> Json:
    """The fields of BOOKING_NO_SHOW_UPDATED."""
    fields = {"message": "…", "bookingUid": UID, "attendees": [{"email": "nils@example.com", "noShow": True}]}
    return changed(fields, changes)


def hosts_missed(**changes: Any) -> Json:
    """The fields of AFTER_HOSTS_CAL_VIDEO_NO_SHOW."""
    fields = {
        "bookingUid": UID,
        "title": "Mentoring",
        "attendees": [{"id": 9, **BOOKER, "noShow": False}],
        "participants": [],
        "hostEmail": "Mara@example.com",
        "eventType": {"id": 3, "teamId": None},
        "webhook": {"id": "w"},
    }
    return changed(fields, changes)


def sent(trigger: str, payload: Any, at: Any = SENT) -> Json:
    """A delivery in its envelope."""
    return {"triggerEvent": trigger, "createdAt": at, "payload": payload}


def flat(trigger: str, fields: Json) -> Json:
    """A delivery without envelope."""
    return {"triggerEvent": trigger, **fields}


def listed(**changes: Any) -> Json:
    """The booking object of the API."""
    fields = {
        "id": 41,
        "uid": UID,
        "title": "Mentoring between Mara Mentor and Nils Neu",
        "description": "I am new here",
        "hosts": [HOST],
        "status": "pending",
        "start": "2030-05-06T09:00:00.000Z",
        "end": "2030-05-06T09:30:00.000Z",
        "eventTypeId": 3,
        "eventType": {"id": 3, "slug": "mentoring"},
        "location": "integrations:daily",
        "createdAt": "2030-05-01T07:59:59.000Z",
        "updatedAt": "2030-05-01T08:00:00.500Z",
        "metadata": {},
        "icsUid": f"{UID}@Cal.com",
        "attendees": [{**BOOKER, "language": "en", "absent": False}],
        "bookingFieldsResponses": {"name": "Nils Neu", "email": "nils@example.com", "goal": "To learn"},
    }
    return changed(fields, changes)


def success(data: Any) -> bytes:
    """A good answer of the API."""
    return raw({"status": "success", "data": data})


def envelope(message: str, code: str = "NotFoundException") -> bytes:
    """A refusal in the API's first shape."""
    return raw({"status": "error", "path": "/v2/…", "error": {"code": code, "message": message}})
