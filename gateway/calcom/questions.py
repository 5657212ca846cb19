"""The answers to an event type's booking questions, as webhooks and the API carry them.

Cal.com mixes them with fields of its own, which are read elsewhere as what they are: title, notes,
attendees. Labels are for people only; a question is known by its slug.
"""

import math
from collections.abc import Mapping
from typing import Any

from gateway.calcom.fields import members, number, text
from gateway.domain.facts import Answer

OWN = frozenset(
    (
        "name",
        "email",
        "location",
        "title",
        "notes",
        "guests",
        "rescheduleReason",
        "rescheduledReason",
        "smsReminderNumber",
        "attendeePhoneNumber",
        "aiAgentCallPhoneNumber",
    )
)
"""Slugs of Cal.com's own fields (`packages/features/bookings/lib/SystemField.ts`; `rescheduledReason`: API v2)."""

Answers = tuple[Answer, ...]


def asked(said: Mapping[str, Any]) -> tuple[Answers | None, Answers | None]:
    """The answers of a webhook's body: those with a label, and those whose value stands bare.

    `userFieldsResponses` holds only what the owner asked; where it is empty, `responses` is taken
    without Cal.com's own fields. Values stand bare in rows sent retroactively for MEETING_* triggers
    (`packages/features/webhooks/lib/scheduleTrigger.ts`).
    """
    for name in ("userFieldsResponses", "responses"):
        found = _read(members(said.get(name)))
        if found:
            labelled = tuple(one for one, wrapped in found if wrapped)
            return labelled or None, tuple(one for one, wrapped in found if not wrapped) or None
    return None, None


def bare(responses: Any) -> Answers | None:
    """The answers of the API, which has values but no labels."""
    return tuple(one for one, _ in _read(members(responses))) or None


def notes(said: Mapping[str, Any]) -> str | None:
    """What the attendee wrote under "additional notes"."""
    return text(_value(members(said.get("responses")).get("notes")))


def _read(responses: Mapping[str, Any]) -> list[tuple[Answer, bool]]:
    """Each answer, and whether it came wrapped in an object with its label."""
    found = []
    for slug, given in responses.items():
        value = None if slug in OWN else _value(given)
        if value is not None:
            wrapped = members(given)
            found.append((Answer(slug, text(wrapped.get("label")), value), bool(wrapped)))
    return found


def _value(given: Any) -> Any:
    """Text, number, bool or a list of texts; None when unanswered. Unwraps `{label, value}` and `{value, optionValue}`.

    In the latter `value` is the option that was chosen and `optionValue` what was typed into it.
    """
    for _ in range(2):
        if isinstance(given, dict):
            given = text(given.get("optionValue")) or given.get("value")
    if isinstance(given, list):
        return [one for one in given if text(one)] or None
    if isinstance(given, float):
        return given if math.isfinite(given) else None
    return given if isinstance(given, bool) else text(given) or number(given)
