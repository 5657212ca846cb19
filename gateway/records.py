"""What passes between the services and the store: plain frozen values, no behaviour.

A delivery as it is kept, a booking as somebody finds it, a line of the journal, a question to a list,
a look to be taken. What the store can be asked is `ports.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.domain.booking import Booking, By, Observation, Status
from gateway.domain.command import Command


@dataclass(frozen=True, slots=True)
class Delivery:
    """One authentic webhook as it is kept: `body` is redacted, `digest` is that of the original bytes.

    `body` is None for an event type outside the programme: of it nothing else is kept.
    """

    digest: str
    received_at: datetime
    size: int
    headers: Mapping[str, str]
    body: bytes | None
    trigger: str | None = None
    uid: str | None = None
    event_type: str | None = None
    subscription: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A kept delivery with what became of it."""

    id: int
    delivery: Delivery
    verdict: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A booking as one caller finds it: `number` is ours, `seq` the caller's last line about it."""

    booking: Booking
    number: int
    role: str
    seq: int
    command: Command | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal. `channel` is portal, calcom or gateway; `cause` says what brought it."""

    uid: str
    event: str
    at: datetime
    before: Status | None = None
    after: Status | None = None
    by: By | None = None
    channel: str = "calcom"
    cause: str = "webhook"
    detail: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which bookings, in which order. Times are half-open on the start; `after` is a place in that order.

    `host` and `attendee` are keys of people; `since` a journal number; `sort` one of `start`,
    `-start`, `-updated`.
    """

    keys: tuple[str, ...]
    status: tuple[Status, ...] = ()
    role: str | None = None
    host: tuple[str, ...] | None = None
    attendee: tuple[str, ...] | None = None
    since_start: datetime | None = None
    until_start: datetime | None = None
    q: str | None = None
    since: int | None = None
    sort: str = "start"
    limit: int = 25
    after: tuple[int, str] | None = None


MISSING = "missing"
"""The answer of a look at a uid that Cal.com does not know."""


@dataclass(frozen=True, slots=True)
class Look:
    """A question to be put to Cal.com: what is true about `uid`? `answer` is the last one not believed yet.

    `cause` is what the journal will say brought the answer: `looked`, or `reconciled`, which can wait.
    """

    uid: str
    due: datetime
    tries: int = 0
    answer: str | None = None
    cause: str = "looked"


class View(StrEnum):
    """Lists of bookings that Cal.com can be asked for, each ascending by one time."""

    CHANGED = "changed"
    AHEAD = "ahead"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list: the rows at or after `after` (by last change, else by start), without the first `skip`."""

    view: View
    after: datetime | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What a list showed: the rows that were understood, how many there were, the last one's time, whether it was full."""

    rows: tuple[Observation, ...]
    size: int
    last: datetime | None
    full: bool


@dataclass(frozen=True, slots=True)
class Seating:
    """Who came to see a booking when it was saved, and who no longer does."""

    new: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
