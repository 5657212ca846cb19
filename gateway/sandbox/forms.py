"""The booking form: Cal.com's own fields, the owner's questions, and how answers to them look in a webhook.

A live request lists one field more than a stored booking does (`attendeePhoneNumber`) and fills in the
location; labels are translation keys or the owner's text (packages/features/bookings/lib/getCalEventResponses.ts).
"""

from typing import Any

from gateway.sandbox.refusals import Refusal
from gateway.sandbox.rows import Booking, EventType, Question

_BEFORE = {"name": "your_name", "email": "email_address"}
PHONE = "attendeePhoneNumber"
_AFTER = {"notes": "additional_notes", "guests": "additional_guests"}


def _field(label: str, value: object = None, *, hidden: bool = False) -> dict[str, Any]:
    """One entry; an answer that was not given has no `value` at all."""
    given = {} if value in (None, "") else {"value": value}
    return {"label": label, **given, "isHidden": hidden}


def own_responses(kind: EventType, booking: Booking) -> dict[str, Any]:
    """Answers to the questions the owner added."""
    return {q.slug: _field(q.label, booking.answers.get(q.slug)) for q in kind.questions}


def stored_responses(kind: EventType, booking: Booking) -> dict[str, Any]:
    """All answers, as read back from the database."""
    return {
        **{name: _field(label, booking.answers.get(name)) for name, label in _BEFORE.items()},
        "location": _field("location"),
        **own_responses(kind, booking),
        "title": _field("what_is_this_meeting_about", hidden=True),
        **{name: _field(label, booking.answers.get(name)) for name, label in _AFTER.items()},
        # The mover's words are stored under another name, `rescheduledReason`, so this stays empty.
        "rescheduleReason": _field("reason_for_reschedule"),
    }


def live_responses(kind: EventType, booking: Booking) -> dict[str, Any]:
    """All answers, as they are while the booking is being made."""
    place = {"value": booking.location, "optionValue": ""}
    return {
        "attendeePhoneNumber": _field("phone_number", booking.booker.phone, hidden=True),
        **stored_responses(kind, booking),
        "location": _field("location", place),
    }


def refuse_unanswered(kind: EventType, answers: dict[str, Any]) -> None:
    """Raise Refusal for the first required question without an answer."""
    missing = [q.slug for q in kind.questions if q.required and answers.get(q.slug) in (None, "")]
    if missing:
        raise Refusal(400, "BAD_REQUEST", f"responses - {{{missing[0]}}}error_required_field, ")


def form_of(kind: EventType) -> list[dict[str, Any]]:
    """The whole form as the event type route shows it."""
    return [
        _default("name", "name", required=True, label="your_name"),
        _default("email", "email", required=True, hidden=False),
        {"isDefault": True, "type": "radioInput", "slug": "location", "required": False, "hidden": False},
        *(_own(question) for question in kind.questions),
        _default("text", "title", required=True, hidden=True),
        _default("textarea", "notes", hidden=False),
        _default("multiemail", "guests", hidden=False),
        _default("textarea", "rescheduleReason", hidden=False),
    ]


def _default(form: str, slug: str, *, required: bool = False, **more: Any) -> dict[str, Any]:
    texts: dict[str, Any] = {name: more.pop(name) for name in ("label", "placeholder") if name in more}
    field = {"isDefault": True, "type": form, "slug": slug, "required": required}
    return {**field, **texts, "disableOnPrefill": False, **more}


def _own(question: Question) -> dict[str, Any]:
    texts = {"label": question.label, "placeholder": question.placeholder}
    if question.slug == PHONE:  # one of Cal.com's own fields, shown once the owner asks for it
        return _default(question.type, PHONE, required=question.required, **texts, hidden=False)
    return {
        "isDefault": False,
        "type": question.type,
        "slug": question.slug,
        "label": question.label,
        "required": question.required,
        "placeholder": question.placeholder,
        "disableOnPrefill": False,
        **({} if question.options is None else {"options": question.options}),
        "hidden": False,
    }
