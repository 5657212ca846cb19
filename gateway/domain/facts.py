"""The facts of a booking, kept as last-writer-wins registers.

Every fact carries the time at which Cal.com last spoke of it, so that observations may come late,
twice or in any order and still add up to the same facts. Whether a booking is accepted is no fact but
its state: that is `transitions.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from gateway.domain.people import Person, same


@dataclass(frozen=True, slots=True)
class EventType:
    """The kind of meeting that was booked; Cal.com may name it by id, by slug or by both."""

    id: int | None = None
    slug: str | None = None
    title: str | None = None

    def alike(self, other: "EventType") -> bool:
        """Whether both may be the same: by id where both have one, else by slug."""
        return self.id == other.id if self.id and other.id else self.slug == other.slug


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered booking question; `value` is text, a number, a bool or a list of texts."""

    field: str
    label: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Facts:
    """What Cal.com may say of a booking. None means it did not say, never that there is none.

    `labelled` are answers with the questions' texts (webhooks), `bare` those without (the API has no
    labels). `price` is in the currency's smallest unit. `series` is the uid of a recurring booking.
    """

    title: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    host: Person | None = None
    cohosts: tuple[Person, ...] | None = None
    attendees: tuple[Person, ...] | None = None
    labelled: tuple[Answer, ...] | None = None
    bare: tuple[Answer, ...] | None = None
    notes: str | None = None
    event_type: EventType | None = None
    location: str | None = None
    meeting_url: str | None = None
    hide_host_email: bool | None = None
    reschedule_url: str | None = None
    rejection_reason: str | None = None
    cancellation_reason: str | None = None
    ical_uid: str | None = None
    series: str | None = None
    price: int | None = None


FACTS = tuple(one.name for one in fields(Facts))
UNSEEN = frozenset({"ical_uid", "price", "labelled", "bare", "location", "meeting_url"})
"""Facts that are shown by way of `answers`, `place` and `joinable`, or not at all."""


def merge(
    facts: Facts, stamps: Mapping[str, datetime], said: Facts, at: datetime | None
) -> tuple[Facts, dict[str, datetime], bool]:
    """Fold what was said at `at` into the registers: the new facts, their stamps, and whether a word was outdated.

    A newer word replaces an older one, an older or undated one only fills what nobody spoke of. At
    equal times the larger text wins, so that the order of arrival never matters.
    """
    new: dict[str, Any] = {}
    marks, outdated = dict(stamps), False
    for name in FACTS:
        value, held = getattr(said, name), getattr(facts, name)
        if value is None:
            continue
        wins = _wins(value, at, held, marks.get(name))
        new[name] = _completed(value, held) if wins else _completed(held, value)
        outdated = outdated or not (wins or new[name] == _completed(value, held))
        if wins and at is not None:
            marks[name] = at
    return (replace(facts, **new) if new else facts), marks, outdated


def _wins(value: Any, at: datetime | None, held: Any, since: datetime | None) -> bool:
    if held is None:
        return True
    if at is None:
        return False
    if since is None or at > since:
        return True
    return at == since and repr(value) > repr(held)


def _completed(one: Any, other: Any) -> Any:
    """A person or event type with its blanks filled from another word about the same: not every mouth says all."""
    if not isinstance(one, Person | EventType) or type(one) is not type(other) or not _alike(one, other):
        return one
    blanks = [each.name for each in fields(one) if getattr(one, each.name) in (None, "")]
    return replace(one, **{name: getattr(other, name) for name in blanks})


def _alike(one: Person | EventType, other: Any) -> bool:
    return same(one, other) if isinstance(one, Person) else one.alike(other)


def shown(facts: Facts) -> tuple[Any, ...]:
    """The part of the facts that somebody may be shown: two equal ones need no journal line."""
    return tuple(getattr(facts, name) for name in FACTS if name not in UNSEEN)
