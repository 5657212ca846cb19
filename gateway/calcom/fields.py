"""How one value of Cal.com's JSON is read, by webhook or by API.

Tolerant: what is missing, null, empty or of another type was not said, and comes out as None. Nothing
here raises on any JSON value, and nothing knows which field it reads: that is `payload.py` and
`messages.py`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from gateway.domain.booking import Status
from gateway.domain.people import Person

STATUSES = {
    "ACCEPTED": Status.ACCEPTED,
    "PENDING": Status.PENDING,
    "REJECTED": Status.REJECTED,
    "CANCELLED": Status.CANCELLED,
}
"""Cal.com's words in webhooks and in its database; its API writes them in lower case."""

AWAITING_HOST = "AWAITING_HOST"
"""The state of an instant meeting that nobody has taken yet: no booking of ours."""

NOBODY = "unknown"
"""What stands in every field of a host whose account was deleted, even in `id` (API v2, `services/output.service.ts`)."""

TO_MOVE = "Please reschedule. "
"""Fixed English words before the reason when a host asks for another time, which reads `undefined` or `null`
when there is none (`packages/trpc/server/routers/viewer/bookings/requestReschedule.handler.ts`)."""

LARGEST = 2**63
UID = re.compile(r"(?!\.{1,2}$)[!-~]{1,200}")


HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair, spelt as an escape: what JSON.stringify makes of a text cut in the middle of an emoji."""


def parse(body: bytes) -> Any:
    """The JSON value in `body`; half an emoji reads as U+FFFD. Raises ValueError: no JSON, NaN, or over 200 levels."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        mended = HALF.sub(rb"\\ufffd", body)
        if mended == body:
            raise
        return from_json(mended, allow_inf_nan=False)


def text(value: Any) -> str | None:
    """A text with something in it, as it stands."""
    return value if isinstance(value, str) and value.strip() else None


def number(value: Any) -> int | None:
    """A whole number of at most 64 bits."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and -LARGEST <= value < LARGEST else None


def flag(value: Any) -> bool | None:
    """True or false, and nothing that only looks like it."""
    return value if isinstance(value, bool) else None


def uid(value: Any) -> str | None:
    """A booking's uid: Cal.com makes 22 letters and digits, or a UUID; anything that may stand in a path is taken."""
    return value if isinstance(value, str) and UID.fullmatch(value) else None


def moment(value: Any) -> datetime | None:
    """An instant in UTC, from `…Z`, `….000Z` or any offset. A time without an offset is no instant."""
    if not isinstance(value, str):
        return None
    try:
        told = datetime.fromisoformat(value)
        return told.astimezone(UTC) if told.tzinfo else None
    except (ValueError, OverflowError):
        return None


def link(value: Any) -> str | None:
    """An http or https URL; other schemes, blanks and control characters are refused, for it is put into pages."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def members(value: Any) -> Mapping[str, Any]:
    """An object's members; none when it is no object."""
    return value if isinstance(value, dict) else {}


def entries(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list; none when it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def host(value: Mapping[str, Any]) -> Person | None:
    """A host: None without id and address, by which alone he is known."""
    id_, email = number(value.get("id")), _known(value.get("displayEmail")) or _known(value.get("email"))
    if id_ is None and email is None:
        return None
    zone, username = _known(value.get("timeZone")), _known(value.get("username"))
    return Person(_known(value.get("name")) or "", email, zone, username, id_)


def attendees(value: Any) -> tuple[Person, ...] | None:
    """The attendees, booker first; entries without name and address are dropped, an empty list says nothing.

    Their `id` is left out: it numbers the attendance, not the person. `displayEmail` (API only) comes
    before `email`, which carries a client id for users of a platform.
    """
    people = [
        Person(text(one.get("name")) or "", address(one), text(one.get("timeZone"))) for one in entries(value)
    ]
    return tuple(one for one in people if one.name or one.email) or None


def address(value: Mapping[str, Any]) -> str | None:
    """An attendee's address as Cal.com shows it."""
    return text(value.get("displayEmail")) or text(value.get("email"))


def cancellation(value: Any) -> str | None:
    """The reason for a cancellation, without the words that Cal.com puts before it (see `TO_MOVE`)."""
    told = text(value)
    if told is None or not told.startswith(TO_MOVE.strip()):
        return told
    reason = told.removeprefix(TO_MOVE.strip()).strip()
    return None if reason in ("", "undefined", "null") else reason


def _known(value: Any) -> str | None:
    told = text(value)
    return None if told == NOBODY else told
