"""What a body asks an event type to be, or a refusal in Cal.com's words.

Fields it does not know are dropped without a word, and so are some that look as if they should work:
`requiresConfirmation`, `blockUnconfirmedBookingsInBooker` outside the policy, `price`, `currency`, `metadata` (all
measured on 6.0.2). What becomes of a draft is `event_types.py`'s affair.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.sandbox.forms import PHONE
from gateway.sandbox.refusals import Refusal, complaint, envelope, invalid, trpc
from gateway.sandbox.rows import Approval, EventType, Question, Recurrence

# packages/platform/types/event-types/event-types_2024_06_14/inputs/
OWN_TYPES = frozenset(
    "address text number textarea select multiselect multiemail checkbox radio boolean url phone".split()
)
DEFAULT_TYPES = frozenset({"name", "splitName", "email"})
RESERVED = frozenset("name email location title notes guests rescheduleReason".split())

POLICY = (
    'Invalid requiresConfirmation structure. Use "type": "always" or provide a valid time and unit in '
    '"noticeThreshold" for "type": "time".'
)
SEATS_AND_APPROVAL = "Seats Validation failed: Seats are enabled but requiresConfirmation is true."

_TEXT, _NUMBER, _FLAG = (
    ("isString", str, "must be a string"),
    ("isInt", int, "must be an integer number"),
    ("isBoolean", bool, "must be a boolean value"),
)
_PLAIN = {
    "title": ("title", _TEXT),
    "slug": ("slug", _TEXT),
    "description": ("description", _TEXT),
    "lengthInMinutes": ("length", _NUMBER),
    "minimumBookingNotice": ("minimum_notice", _NUMBER),
    "hidden": ("hidden", _FLAG),
    "hideOrganizerEmail": ("hide_organizer_email", _FLAG),
    "hideCalendarNotes": ("hide_calendar_notes", _FLAG),
    "hideCalendarEventDetails": ("hide_calendar_details", _FLAG),
}
_NEEDED = ("lengthInMinutes", "title", "slug")

Changes = dict[str, Any]


def read_draft(body: Mapping[str, Any], *, new: bool) -> Changes:
    """Read what an event type is to be, by attribute. Raises Refusal for what is wrong by itself."""
    wanted = [name for name in _PLAIN if name in body or (new and name in _NEEDED)]
    errors = [complaint(body, name, found) for name in wanted if (found := _wrong(body, name))]
    policy = body.get("confirmationPolicy")
    if policy is not None and not _is_policy(policy):
        errors.append(complaint(body, "confirmationPolicy", {"ConfirmationPolicyValidator": POLICY}))
    if errors:
        raise invalid(errors)
    plain = {_PLAIN[name][0]: body[name] for name in wanted}
    parts = {name: read(body[name]) for name, read in _PARTS.items() if body.get(name) is not None}
    return plain | {name: value for part in parts.values() for name, value in part.items()}


def refuse_seats_with_approval(kind: EventType) -> None:
    """Raise Refusal for what public source does not allow together."""
    if kind.seats is not None and kind.approval is not Approval.NEVER:
        raise envelope(400, SEATS_AND_APPROVAL)


def unreadable(kind: EventType) -> Refusal:
    """What every answer becomes that would show a broken row."""
    wrong = f"Invalid enum value. Expected 'hours' | 'minutes', received '{kind.unit}'"
    return Refusal(400, "BAD_REQUEST", f"requiresConfirmationThreshold.unit - {wrong}, ")


def _wrong(body: Mapping[str, Any], name: str) -> dict[str, str]:
    rule, kind, text = _PLAIN[name][1]
    value = body.get(name)
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return {} if right else {rule: f"{name} {text}"}


def _is_policy(policy: Any) -> bool:
    """Whether it is whole. The unit is looked at too late: a threshold in days passes here."""
    if not isinstance(policy, dict):
        return False
    threshold = policy.get("noticeThreshold")
    timed = isinstance(threshold, dict) and {"unit", "count"} <= set(threshold)
    kind = policy.get("type")
    return policy.get("disabled") is True or kind == "always" or (kind == "time" and timed)


def _policy(policy: dict[str, Any]) -> Changes:
    if policy.get("disabled") is True:
        return {"approval": Approval.NEVER, "pending_blocks": False}
    blocks = {"pending_blocks": policy.get("blockUnconfirmedBookingsInBooker") is True}
    if policy["type"] == "always":
        return {"approval": Approval.ALWAYS, **blocks}
    threshold = policy["noticeThreshold"]
    timed = {"threshold": threshold["count"], "unit": threshold["unit"]}
    return {"approval": Approval.TIME, **timed, **blocks}


def _seats(seats: dict[str, Any]) -> Changes:
    if seats.get("disabled") is True:
        return {"seats": None}
    return {"seats": seats["seatsPerTimeSlot"], "seats_shown": seats.get("showAttendeeInfo") is True}


def _recurrence(repeats: dict[str, Any]) -> Changes:
    if repeats.get("disabled") is True:
        return {"recurrence": None}
    return {"recurrence": Recurrence(repeats["occurrences"], repeats.get("interval", 1))}


def _locations(places: list[dict[str, Any]]) -> Changes:
    """The first place counts; there is one for all bookings here."""
    place = places[0] if places else {}
    if place.get("type") == "integration":
        name = place["integration"]
        return {"location": f"integrations:{'daily' if name == 'cal-video' else name}"}
    return {"location": place.get("address") or place.get("link") or place.get("type", "")}


def _disabling(attribute: str) -> Callable[[dict[str, Any]], Changes]:
    return lambda given: {attribute: given.get("disabled") is True}


def _questions(fields: list[dict[str, Any]]) -> Changes:
    """The owner's questions, which take the place of all there were; Cal.com's own fields stay as they are."""
    if not fields:
        raise envelope(400, "'bookingFields' must contain at least 1 booking field.")
    for one in fields:
        _refuse_field(one)
    _refuse_repeated([one["slug"] for one in fields if "slug" in one])
    own = [one for one in fields if one["type"] not in DEFAULT_TYPES]
    if any(one.get("slug") in RESERVED for one in own):
        raise trpc(400)
    return {"questions": [_question(one) for one in own]}


def _refuse_field(one: dict[str, Any]) -> None:
    kind = one.get("type")
    if kind not in OWN_TYPES | DEFAULT_TYPES:
        raise envelope(400, f"Unsupported booking field type '{kind}'.")
    needed = ("label",) if kind in (*DEFAULT_TYPES, "phone") else ("label", "slug")
    for name in needed:
        if not isinstance(one.get(name), str):
            raise envelope(400, f"Validation failed for {kind} booking field: {name} must be a string")
    if kind == "email" and (one.get("hidden") is True or one.get("required") is False):
        # packages/features/eventtypes: an attendee without an address could not be told anything
        raise envelope(400, "checkIsEmailUserAccessible - Email booking field must be required and visible")


def _refuse_repeated(slugs: list[str]) -> None:
    repeated = next((slug for slug in slugs if slugs.count(slug) > 1), None)
    if repeated is not None:
        text = f"Duplicate bookingFields slug '{repeated}' found. All bookingFields slugs must be unique."
        raise envelope(400, text)


def _question(one: dict[str, Any]) -> Question:
    slug = PHONE if one["type"] == "phone" else one["slug"]
    required, placeholder = one.get("required") is True, one.get("placeholder", "")
    return Question(slug, one["label"], one["type"], required, placeholder, one.get("options"))


_PARTS: dict[str, Callable[[Any], Changes]] = {
    "confirmationPolicy": _policy,
    "seats": _seats,
    "recurrence": _recurrence,
    "locations": _locations,
    "disableCancelling": _disabling("disable_cancelling"),
    "disableRescheduling": _disabling("disable_rescheduling"),
    "bookingFields": _questions,
}
