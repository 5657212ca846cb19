"""The messages exchanged with Cal.com's API v2: an action → a request, an answer → an observation or a port's error.

Pure: it neither sends nor waits, nor decides whether to try again (`client.py`, the services). Paths are
relative to a base URL that ends in `/v2`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

from gateway.calcom import answers
from gateway.calcom.budget import QUOTA
from gateway.calcom.fields import entries, host, members, moment, parse, text
from gateway.domain.booking import Observation, Source
from gateway.domain.command import Action, Command
from gateway.domain.people import Person
from gateway.ports import Limited, Missing, Rejected, Unknown
from gateway.records import Listing, Page, View

VERSIONS = {
    "bookings": "2024-08-13",
    "event-types": "2024-06-14",
    "schedules": "2024-06-11",
    "slots": "2024-09-04",
}
"""`cal-api-version` per resource, matched exactly. Anything else is answered by the oldest version, in another shape or
with a 404 beginning `Cannot ` (measured on 6.0.2; `apps/api/v2/src/bootstrap.ts`). Resources not named need none."""

NO_BOOKING = "Booking with uid="
"""How the message begins by which Cal.com says that it knows no such booking (measured on 6.0.2); other 404s are a
wrong base URL or version."""

PAUSE_SECONDS = 60.0
"""How long a caller over the limit is blocked (`apps/api/v2/src/lib/throttler-guard.ts`)."""

LONGEST_PAUSE_SECONDS = 600.0
TOO_MANY = 429
NOT_FOUND = 404
OK, REDIRECTS, REFUSALS, FAULTS = 200, 300, 400, 500
SECONDS = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `route` is the pattern that may be logged, `path` has the uid in it, `body` is JSON or nothing."""

    method: str
    route: str
    path: str
    body: bytes = b""
    version: str = VERSIONS["bookings"]


def look(booking: str) -> Request:
    """Ask for one booking."""
    return Request("GET", "/bookings/{uid}", f"/bookings/{quote(booking, safe='')}")


def act(command: Command) -> Request:
    """Confirm or decline. Decline takes `reason`; a field of another name is dropped silently (measured on 6.0.2)."""
    accept = command.action is Action.ACCEPT
    verb = "confirm" if accept else "decline"
    body = {} if accept or not command.text else {"reason": command.text}
    path = f"/bookings/{quote(command.uid, safe='')}/{verb}"
    return Request("POST", f"/bookings/{{uid}}/{verb}", path, json.dumps(body).encode())


LISTS = {
    View.CHANGED: ("sortUpdatedAt", "afterUpdatedAt", ""),
    View.AHEAD: ("sortStart", "afterStart", ""),
    View.UNCONFIRMED: ("sortStart", "afterStart", "unconfirmed"),
}
"""View → the parameter that sorts, the one that begins (inclusive, measured on 6.0.2), and `status`, which names a view."""

TAKE = 250
"""The most rows a page may have."""


def listed(listing: Listing) -> Request:
    """Ask for a page of bookings. Times go with `Z`: a raw `+` in an offset is a 400 (measured on 6.0.2)."""
    sort, after, status = LISTS[listing.view]
    asked = {
        "status": status,
        sort: "asc",
        after: _utc(listing.after) if listing.after else "",
        "take": TAKE,
        "skip": listing.skip or "",
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return Request("GET", "/bookings", f"/bookings?{query}")


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def me() -> Request:
    """Ask whose credential it is; the only call fit to test one (measured on 6.0.2)."""
    return Request("GET", "/me", "/me")


def understand(
    booking: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> Observation:
    """What an answer about `booking` says. Raises as `told` does, and Unknown when it is about another booking."""
    seen = answers.booking(members(told(status, headers, body, now)), Source.LOOKED)
    if seen is None or seen.uid != booking:
        _other_schema()
    return seen


def understand_page(
    listing: Listing, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> Page:
    """The rows of a list; those that are no booking are left out. Raises as `told` does.

    Whether there are more is told by their number alone: the pagination object ignores the filters by
    time (measured on 6.0.2).
    """
    rows = told(status, headers, body, now)
    if not isinstance(rows, list):
        _other_schema()
    time = "updatedAt" if listing.view is View.CHANGED else "start"
    last = moment(members(rows[-1]).get(time)) if rows else None
    read = (answers.booking(row, Source.LISTED) for row in entries(rows))
    return Page(tuple(one for one in read if one is not None), len(rows), last, full=len(rows) >= TAKE)


def understand_me(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Person:
    """Whose credential it is. Raises as `told` does."""
    person = host(members(told(status, headers, body, now)))
    if person is None:
        _other_schema()
    return person


def told(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Any:
    """The `data` of an answer.

    Raises Limited (429), Missing (a 404 that says so), Rejected (every other 4xx, Cal.com's 498
    included) or Unknown (a redirect, 5xx, a page of a proxy, broken JSON, another schema, or the word
    `error` under a 200).
    """
    if status == TOO_MANY:
        raise Limited(pause(headers, now))
    if status == NOT_FOUND and _message(body).startswith(NO_BOOKING):
        raise Missing
    if REFUSALS <= status < FAULTS:
        raise Rejected(status)
    if not OK <= status < REDIRECTS:
        raise Unknown(f"status {status}")
    answer = members(_json(body))
    if answer.get("status") != "success":
        _other_schema()
    return answer.get("data")


def pause(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait after a 429: from 1 to 600, and 60 when nothing is said.

    `X-RateLimit-Reset-<name>` counts seconds from now, one per limit (measured on 6.0.2);
    `Retry-After`, as seconds or as a date, comes from proxies only.
    """
    told = [*_limit(headers, "reset"), *_retry_after(headers, now)]
    return min(max(max(told, default=PAUSE_SECONDS), 1.0), LONGEST_PAUSE_SECONDS)


def left(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """How many calls Cal.com still grants this credential, and for how many seconds from the call on; None if not said.

    Where the server's limit is lower than the usual one, as a self-hosted one may be set to, what is
    left counts in proportion, so that every rank keeps its share.
    """
    remaining, reset = _limit(headers, "remaining"), _limit(headers, "reset")
    if not remaining or not reset:
        return None
    limit = min([QUOTA, *_limit(headers, "limit")])
    granted = min(remaining) * (QUOTA / limit if limit else 1)
    return int(granted), min(max(reset), LONGEST_PAUSE_SECONDS)


def _limit(headers: Mapping[str, str], what: str) -> list[float]:
    """The rate limit's headers end in the limit's name: `-Default`, or that of an endpoint's own limit."""
    start = f"x-ratelimit-{what}-"
    return [
        float(value)
        for name, value in headers.items()
        if name.lower().startswith(start) and SECONDS.fullmatch(value)
    ]


def _retry_after(headers: Mapping[str, str], now: datetime) -> list[float]:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    if SECONDS.fullmatch(value):
        return [float(value)]
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return []
    return [(until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()]


def _json(body: bytes) -> Any:
    try:
        return parse(body)
    except ValueError:
        return None


def _message(body: bytes) -> str:
    """The text of a refusal, in any of Cal.com's three shapes (`apps/api/v2/src/filters/`); "" when there is none."""
    answer = members(_json(body))
    envelope = members(answer.get("error"))
    texts = (envelope.get("message"), answer.get("message"), answer.get("error_description"))
    return next(filter(None, map(text, texts)), "")


def _other_schema() -> NoReturn:
    raise Unknown("other schema")
