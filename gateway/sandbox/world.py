"""What this small Cal.com remembers: people, event types, subscriptions, bookings, and how it is set.

`dump` and `load` turn the whole world into one JSON object and back. Nothing here decides anything
(that is `bookings.py`) or knows how any of it looks on the wire (`answers.py`, `payloads.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from pydantic import TypeAdapter

TRIGGERS = (
    "BOOKING_REQUESTED",
    "BOOKING_CREATED",
    "BOOKING_REJECTED",
    "BOOKING_CANCELLED",
    "BOOKING_RESCHEDULED",
    "BOOKING_NO_SHOW_UPDATED",
    "MEETING_STARTED",
    "MEETING_ENDED",
)


class Status(StrEnum):
    """A booking's state as the API writes it; webhooks write the same words in upper case."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Approval(StrEnum):
    """When a booking waits for its host: never, always, or only when it is booked at short notice."""

    NEVER = "never"
    ALWAYS = "always"
    TIME = "time"


class Level(StrEnum):
    """What a subscription listens to: everything, one person's bookings, or one event type's."""

    ORGANIZATION = "organization"
    USER = "user"
    EVENT_TYPE = "event_type"


@dataclass
class Person:
    """Somebody with an account. `admin` may act for every host, as a team's or organisation's admin may."""

    id: int
    name: str
    email: str
    username: str
    time_zone: str
    api_key: str
    admin: bool = False
    locale: str = "en"
    time_format: int = 12
    week_start: str = "Sunday"
    default_schedule: int | None = None


@dataclass
class Question:
    """A question the owner added to the booking form."""

    slug: str
    label: str
    type: str = "textarea"
    required: bool = False
    placeholder: str = ""


@dataclass
class Recurrence:
    """`count` dates, `interval` weeks apart."""

    count: int
    interval: int = 1


@dataclass
class EventType:
    """What can be booked. `threshold` counts `unit`s ("hours" or "minutes") and matters for TIME only."""

    id: int
    slug: str
    title: str
    owner: int
    length: int = 30
    description: str | None = None
    location: str = "integrations:daily"
    approval: Approval = Approval.ALWAYS
    threshold: int = 24
    unit: str = "hours"
    pending_blocks: bool = False
    hide_organizer_email: bool = False
    hidden: bool = False
    minimum_notice: int = 120
    questions: list[Question] = field(default_factory=list)
    recurrence: Recurrence | None = None

    @property
    def duration(self) -> timedelta:
        """How long a booking of this event type takes."""
        return timedelta(minutes=self.length)


@dataclass
class Subscription:
    """Where webhooks go. `owner` is a person's or an event type's id, by `level`; None for an organisation."""

    id: str
    url: str
    secret: str | None = None
    triggers: list[str] = field(default_factory=lambda: list(TRIGGERS))
    level: Level = Level.ORGANIZATION
    owner: int | None = None
    active: bool = True


@dataclass
class Attendee:
    """Somebody who comes: the booker first, then the guests, who have no name."""

    name: str
    email: str
    time_zone: str
    language: str = "en"
    phone: str | None = None
    absent: bool = False


@dataclass
class Booking:
    """One date. `confirms` counts how often a confirm of this uid went through, with all that follows from it."""

    id: int
    uid: str
    event_type: int
    host: int
    title: str
    start: datetime
    end: datetime
    status: Status
    attendees: list[Attendee]
    answers: dict[str, Any]
    location: str
    created_at: datetime
    updated_at: datetime
    ical_uid: str
    ical_sequence: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    video_url: str | None = None
    one_time_password: str | None = None
    series: str | None = None
    from_uid: str | None = None
    to_uid: str | None = None
    rescheduled_by: str | None = None
    cancellation_reason: str | None = None
    rejection_reason: str | None = None
    absent_host: bool = False
    confirms: int = 0

    @property
    def notes(self) -> str:
        """What the booker wrote; empty when nothing."""
        return str(self.answers.get("notes") or "")

    @property
    def booker(self) -> Attendee:
        """Who asked for this date."""
        return self.attendees[0]

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Half-open: a meeting that ends as another begins does not overlap it."""
        return self.start < end and start < self.end


@dataclass
class Settings:
    """How this Cal.com is set. Delays and windows are seconds; limits are calls in one window.

    `race` confirms of one booking may be under way at once before the others are refused: of twenty at the
    same moment two passed (measured on 6.0.2). `release` chooses between "6.0.2" and "5.6.4" where they differ.
    """

    release: str = "6.0.2"
    key_prefix: str = "cal_"
    booker_url: str = "http://127.0.0.1:3000"
    confirm_delay: float = 0.0
    race: int = 2
    key_limit: int = 120
    anonymous_limit: int = 120
    token_limit: int = 500
    window: float = 60.0
    block: float = 60.0


@dataclass
class World:
    """Everything this Cal.com knows."""

    people: list[Person] = field(default_factory=list)
    event_types: list[EventType] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    bookings: dict[str, Booking] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    last_id: int = 0

    def person(self, person_id: int) -> Person:
        """Look up somebody who is known to exist."""
        return next(person for person in self.people if person.id == person_id)

    def person_with_key(self, key: str) -> Person | None:
        """Tell whose API key this is."""
        return next((person for person in self.people if person.api_key == key), None)

    def person_with_email(self, email: str | None) -> Person | None:
        """Find a user by address; the comparison is case-sensitive, as Cal.com's is (measured on 6.0.2)."""
        return next((person for person in self.people if person.email == email), None)

    def event_type(self, event_type_id: int) -> EventType:
        """Look up an event type that is known to exist."""
        return next(kind for kind in self.event_types if kind.id == event_type_id)

    def dates_of(self, series: str | None) -> list[Booking]:
        """All dates of a series, earliest first; empty when there is no such series."""
        dates = [booking for booking in self.bookings.values() if series and booking.series == series]
        return sorted(dates, key=lambda booking: booking.start)

    def of_host(self, person_id: int) -> Iterator[Booking]:
        """Give every booking this person hosts."""
        return (booking for booking in self.bookings.values() if booking.host == person_id)

    def next_id(self) -> int:
        """Count up the ids of bookings."""
        self.last_id += 1
        return self.last_id

    def dump(self) -> dict[str, Any]:
        """Write the whole world as a JSON object."""
        dumped: dict[str, Any] = TypeAdapter(World).dump_python(self, mode="json")
        return dumped

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Self:
        """Read a world from what `dump` wrote; what is left out takes its default. Raises pydantic's ValidationError."""
        return TypeAdapter(cls).validate_python(dumped)
