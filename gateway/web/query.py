"""The parameters of a list: each read strictly, so that a misspelt filter never looks like an empty list. Pure.

A cursor carries the digest of the filter it belongs to; with another filter it is refused.
"""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

from gateway.domain.booking import Status
from gateway.domain.errors import Invalid
from gateway.records import Query

T = TypeVar("T")
SORTS = ("start", "-start", "-updated")
ROLES = ("host", "cohost", "attendee")
PARAMETERS = ("status", "host", "attendee", "role", "from", "to", "q", "since", "sort", "limit", "cursor")
DEFAULT_LIMIT = 25
MOST = 100
CHANGES_LIMIT, MOST_CHANGES = 100, 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for. `query` lacks the keys of people, which only the store can tell."""

    query: Query
    host: str | None
    attendee: str | None
    digest: str


class Parameters:
    """The parameters of one request: each at most once, each read strictly, all mistakes told together."""

    def __init__(self, given: Iterable[tuple[str, str]], known: tuple[str, ...]) -> None:
        self.values: dict[str, str] = {}
        self._wrong: dict[str, str] = {}
        for name, value in given:
            if name not in known:
                self._wrong[name] = "there is no such parameter"
            elif name in self.values:
                self._wrong[name] = "should be given once"
            self.values[name] = value

    def one(self, name: str, reader: Callable[[str], T]) -> T | None:
        """A parameter as `reader` reads it; None when it is not given, or wrong."""
        if name not in self.values or name in self._wrong:
            return None
        try:
            return reader(self.values[name])
        except ValueError as error:
            self._wrong[name] = str(error)
            return None

    def check(self) -> None:
        """Raises Invalid, naming each parameter that is wrong."""
        if self._wrong:
            raise Invalid(errors=[{"field": name, "detail": detail} for name, detail in self._wrong.items()])


def read(given: Iterable[tuple[str, str]]) -> Filter:
    """The parameters of a list. Raises Invalid, naming each that is wrong."""
    parameters = Parameters(given, PARAMETERS)
    one, digest = parameters.one, _digest(parameters.values)
    query = Query(
        keys=(),
        status=one("status", _statuses) or (),
        role=one("role", _among(ROLES)),
        since_start=one("from", _time),
        until_start=one("to", _time),
        q=one("q", _text),
        since=one("since", _number(0, 2**53)),
        sort=one("sort", _among(SORTS)) or "start",
        limit=one("limit", _number(1, MOST)) or DEFAULT_LIMIT,
        after=one("cursor", lambda text: _place(text, digest)),
    )
    host, attendee = one("host", _address), one("attendee", _address)
    parameters.check()
    return Filter(query, host, attendee, digest)


def changes(given: Iterable[tuple[str, str]]) -> tuple[int | None, int]:
    """The parameters of the change feed: after which number, and how many lines. Raises Invalid."""
    parameters = Parameters(given, ("since", "limit"))
    since = parameters.one("since", _number(0, 2**53))
    limit = parameters.one("limit", _number(1, MOST_CHANGES)) or CHANGES_LIMIT
    parameters.check()
    return since, limit


def ready(
    asked: Filter, keys: tuple[str, ...], host: tuple[str, ...] | None, attendee: tuple[str, ...] | None
) -> Query:
    """The query for a caller's keys; one row more than asked for tells whether there is a next page."""
    query = asked.query
    return replace(query, keys=keys, host=host, attendee=attendee, limit=query.limit + 1)


def cursor(asked: Filter, place: int, uid: str) -> str:
    """The text that continues a list after this place."""
    return base64.urlsafe_b64encode(json.dumps([asked.digest, place, uid]).encode()).decode().rstrip("=")


def _digest(values: dict[str, str]) -> str:
    """A list is the same list whatever its cursor and page length."""
    same = sorted((name, value) for name, value in values.items() if name not in ("cursor", "limit"))
    return sha256(json.dumps(same).encode()).hexdigest()[:16]


def _place(text: str, digest: str) -> tuple[int, str]:
    try:
        known, place, uid = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        str(uid).encode()
    except (ValueError, TypeError, RecursionError):
        raise ValueError("is no cursor of ours") from None
    if type(place) is not int or abs(place) >= 2**63 or type(uid) is not str:
        raise ValueError("is no cursor of ours")
    if known != digest:
        raise ValueError("belongs to a list with other filters")
    return place, uid


def _statuses(text: str) -> tuple[Status, ...]:
    try:
        return tuple(dict.fromkeys(Status(word) for word in text.split(",")))
    except ValueError:
        raise ValueError(f"should be some of {', '.join(Status)}, with commas between") from None


def _among(words: tuple[str, ...]) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text not in words:
            raise ValueError(f"should be one of {', '.join(words)}")
        return text

    return reader


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("should be a time in ISO 8601") from None


def _text(text: str) -> str:
    if not text or len(text) > 200 or "\x00" in text or not text.isprintable():
        raise ValueError("should be 1 to 200 printable characters")
    return text


def _address(text: str) -> str:
    if "@" not in text or len(text) > 254 or not text.isprintable():
        raise ValueError("should be an address")
    return text


def _number(least: int, most: int) -> Callable[[str], int]:
    def reader(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
            raise ValueError(f"should be a whole number from {least} to {most}")
        return int(text)

    return reader
