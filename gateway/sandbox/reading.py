"""What a request body about a booking asks for, or a refusal in Cal.com's words.

Create, cancel and reschedule refuse fields they do not know; confirm, decline, mark-absent and the rest drop them
silently (measured on 6.0.2), so that a misspelt reason declines without one. Lengths of choice and locations of
choice are not offered: every event type here has one length and one place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.sandbox.bookings import Move, Wish
from gateway.sandbox.forms import refuse_unanswered
from gateway.sandbox.refusals import complaint, envelope, invalid, wrong_fields
from gateway.sandbox.rows import Attendee, EventType
from gateway.sandbox.times import parse
from gateway.sandbox.world import World

# packages/platform/types/bookings/2024-08-13/inputs/
CREATE_FIELDS = frozenset(
    "start attendee bookingFieldsResponses eventTypeId eventTypeSlug username teamSlug organizationSlug guests "
    "meetingUrl location metadata lengthInMinutes routing emailVerificationCode instant recurrenceCount".split()
)
MOVE_FIELDS = frozenset("start reschedulingReason rescheduledBy emailVerificationCode seatUid".split())
CANCEL_FIELDS = frozenset("cancellationReason cancelSubsequentBookings seatUid".split())
MOST_GUESTS = 10

NO_EVENT_TYPE = "Either eventTypeId or eventTypeSlug + username or eventTypeSlug + teamSlug must be provided"
ONE_LENGTH = (
    "Can't specify 'lengthInMinutes' because event type does not have multiple possible lengths. "
    "Please, remove the 'lengthInMinutes' field from the request."
)


@dataclass(frozen=True)
class Cancel:
    """Why, whether the later dates of the series go too, and which place of a shared slot is meant."""

    reason: str | None
    later_too: bool
    seat: str | None = None


def read_wish(world: World, body: Mapping[str, Any]) -> Wish:
    """Read the body of a create. Raises Refusal."""
    _refuse_unknown(body, CREATE_FIELDS)
    start = _start(body)
    attendee = _attendee(body.get("attendee"))
    kind = _event_type(world, body)
    if "lengthInMinutes" in body:
        raise envelope(400, ONE_LENGTH)
    answers, metadata = _object(body, "bookingFieldsResponses"), _object(body, "metadata")
    refuse_unanswered(kind, answers)
    return Wish(kind, start, attendee, _guests(body), answers, metadata)


def read_count(kind: EventType, body: Mapping[str, Any]) -> int:
    """Read how many dates are wanted: as many as the event type repeats, or fewer. Raises Refusal."""
    most = kind.recurrence.count if kind.recurrence else 1
    count = body.get("recurrenceCount", most)
    if not isinstance(count, int) or not 1 <= count <= most:
        text = f"recurrenceCount must be a number between 1 and {most}"
        raise wrong_fields({"recurrenceCount": text})
    return count


def read_move(body: Mapping[str, Any]) -> Move:
    """Read the body of a reschedule. Raises Refusal."""
    _refuse_unknown(body, MOVE_FIELDS)
    return Move(_start(body), _text(body, "reschedulingReason"), _text(body, "rescheduledBy"))


def read_cancel(body: Mapping[str, Any]) -> Cancel:
    """Read the body of a cancel. Raises Refusal."""
    _refuse_unknown(body, CANCEL_FIELDS)
    later_too = body.get("cancelSubsequentBookings") is True
    return Cancel(_text(body, "cancellationReason"), later_too, _text(body, "seatUid"))


def read_reason(body: Mapping[str, Any], name: str = "reason") -> str | None:
    """Read a reason, dropping everything else silently. Raises Refusal."""
    reason = body.get(name)
    if reason is None or isinstance(reason, str):
        return reason
    raise invalid([complaint(body, name, {"isString": f"{name} must be a string"})])


def read_absences(body: Mapping[str, Any]) -> dict[str, bool]:
    """Read which attendees came and which did not, by address."""
    rows = _rows(body, "attendees")
    return {str(row["email"]): row.get("absent") is True for row in rows if "email" in row}


def read_guests(body: Mapping[str, Any], like: Attendee) -> list[Attendee]:
    """Read who else is to come; what is not said of them is as with the booker. Raises Refusal."""
    rows = _rows(body, "guests")
    if not rows or not all(isinstance(row.get("email"), str) for row in rows):
        raise invalid(
            [complaint(body, "guests", {"arrayMinSize": "guests must contain at least 1 elements"})]
        )
    if len(rows) > MOST_GUESTS:
        text = f"guests must contain no more than {MOST_GUESTS} elements"
        raise invalid([complaint(body, "guests", {"arrayMaxSize": text})])
    return [
        Attendee(
            str(row.get("name") or ""),
            row["email"],
            str(row.get("timeZone") or like.time_zone),
            str(row.get("language") or like.language),
            row.get("phoneNumber"),
        )
        for row in rows
    ]


def _rows(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    given = body.get(name)
    return [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []


def _refuse_unknown(body: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = {name: f"property {name} should not exist" for name in body if name not in known}
    if unknown:
        raise wrong_fields(unknown)


def _start(body: Mapping[str, Any]) -> datetime:
    try:
        return parse(body["start"])
    except (KeyError, TypeError, ValueError):
        raise wrong_fields({"start": "start must be a valid ISO 8601 date string"}) from None


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise wrong_fields({name: f"{name} must be a string"})


def _object(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None or isinstance(value, dict):
        return dict(value or {})
    raise wrong_fields({name: f"{name} must be an object"})


def _guests(body: Mapping[str, Any]) -> tuple[str, ...]:
    value = body.get("guests") or []
    if isinstance(value, list) and all(isinstance(email, str) for email in value):
        return tuple(value)
    raise wrong_fields({"guests": "each value in guests must be an email"})


def _attendee(given: Any) -> Attendee:
    if not isinstance(given, dict):
        raise wrong_fields({"attendee": "attendee must be an object"})
    for name in ("name", "timeZone"):
        if not isinstance(given.get(name), str):
            raise wrong_fields({"attendee": f" {name} property is wrong,{name} must be a string"})
    phone = given.get("phoneNumber")
    email = given.get("email") or (phone and _placeholder(phone))
    if not email:
        raise wrong_fields({"attendee": " email property is wrong,email must be an email"})
    return Attendee(given["name"], email, given["timeZone"], given.get("language") or "en", phone)


def _placeholder(phone: str) -> str:
    """Make the address of somebody who gave a number only (packages/lib/contructEmailFromPhoneNumber.ts)."""
    return re.sub(r"\D", "", phone) + "@sms.cal.com"


def _event_type(world: World, body: Mapping[str, Any]) -> EventType:
    slug = body.get("eventTypeSlug")
    named = [kind for kind in world.event_types if kind.slug == slug]
    if "eventTypeId" in body:
        kinds = [kind for kind in world.event_types if kind.id == body["eventTypeId"]]
        missing = f"Event type with id {body['eventTypeId']} not found."
    elif slug and "username" in body:
        owner = world.person_called(body["username"])
        kinds = [kind for kind in named if kind.team is None and owner and kind.owner == owner.id]
        missing = f"Event type with slug {slug} belonging to user {body['username']} not found."
    elif slug and "teamSlug" in body:
        teams = [team.id for team in world.teams if team.slug == body["teamSlug"]]
        kinds = [kind for kind in named if kind.team in teams]
        missing = f"Event type with slug {slug} belonging to team {body['teamSlug']} not found."
    else:
        raise envelope(400, NO_EVENT_TYPE)
    if not kinds:
        raise envelope(404, missing)
    return kinds[0]
