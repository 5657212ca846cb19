"""The booking object of API version 2024-08-13 → an observation.

Its fields are those of `packages/platform/types/bookings/2024-08-13/outputs/` at calcom/cal.com. Pure:
which call it answers is `messages.py`, how one value is read is `fields.py`.
"""

from collections.abc import Mapping
from typing import Any

from gateway.calcom import questions
from gateway.calcom.fields import (
    AWAITING_HOST,
    STATUSES,
    address,
    attendees,
    cancellation,
    entries,
    flag,
    host,
    link,
    members,
    moment,
    number,
    text,
    uid,
)
from gateway.domain.booking import Observation, Source
from gateway.domain.facts import EventType, Facts


def booking(data: Mapping[str, Any], source: Source) -> Observation | None:
    """What a booking object says; None when it is none.

    It is dated by its last change, or by its making where none is told (rows written by hand).
    """
    about = uid(data.get("uid"))
    word = data.get("status")
    status = STATUSES.get(word.upper()) if isinstance(word, str) else None
    if about is None or moment(data.get("start")) is None:
        return None
    if status is None and word != AWAITING_HOST.lower():
        return None
    series = uid(data.get("recurringBookingUid"))
    return Observation(
        uid=about,
        source=source,
        at=moment(data.get("updatedAt")) or moment(data.get("createdAt")),
        status=status,
        facts=_facts(data, series),
        born=moment(data.get("createdAt")),
        moved_from=uid(data.get("rescheduledFromUid")),
        moved_to=uid(data.get("rescheduledToUid")),
        absent=_absent(data),
        recurring=series is not None,
    )


def _facts(data: Mapping[str, Any], series: str | None) -> Facts:
    """`hosts` has exactly one entry, the organizer. The reason for a rejection is never returned."""
    organizer = entries(data.get("hosts"))[:1]
    location = text(data.get("location"))
    video = members(data.get("metadata")).get("videoCallUrl")
    return Facts(
        title=text(data.get("title")),
        start=moment(data.get("start")),
        end=moment(data.get("end")),
        host=host(organizer[0]) if organizer else None,
        attendees=attendees(data.get("attendees")),
        bare=questions.bare(data.get("bookingFieldsResponses")),
        notes=text(data.get("description")),
        event_type=_event_type(data),
        location=location,
        meeting_url=link(video) or link(data.get("meetingUrl")) or link(location),
        cancellation_reason=cancellation(data.get("cancellationReason")),
        ical_uid=text(data.get("icsUid")),
        series=series,
    )


def _event_type(data: Mapping[str, Any]) -> EventType | None:
    kind = members(data.get("eventType"))
    id_, slug = number(kind.get("id")) or number(data.get("eventTypeId")), text(kind.get("slug"))
    return EventType(id_ or None, slug) if id_ or slug else None


def _absent(data: Mapping[str, Any]) -> dict[str, bool]:
    """By address, and for attendees only: `absentHost` may be set by any key unchecked (measured on 6.0.2)."""
    told = {address(one): flag(one.get("absent")) for one in entries(data.get("attendees"))}
    return {who: missed for who, missed in told.items() if who is not None and missed is not None}
