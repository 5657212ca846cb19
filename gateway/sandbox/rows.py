"""What this small Cal.com keeps, row by row: people and teams, event types, subscriptions, bookings.

Plain data. Nothing here decides anything (that is `bookings.py`, `access.py`, `slots.py`) or knows how any of
it looks on the wire (`answers.py`, `payloads.py`); all rows together are the `World`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

TRIGGERS = (
    "BOOKING_REQUESTED",
    "BOOKING_CREATED",
    "BOOKING_REJECTED",
    "BOOKING_CANCELLED",
    "BOOKING_RESCHEDULED",
    "BOOKING_REASSIGNED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "BOOKING_NO_SHOW_UPDATED",
    "MEETING_STARTED",
    "MEETING_ENDED",
    "OOO_CREATED",
)
"""What this Cal.com can have to tell, and what a subscription hears unless told otherwise."""

UNITS = ("minutes", "hours")
VERSIONS = ("2021-10-20", "2026-07-27")


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


class Scheduling(StrEnum):
    """Who comes to a team's event type: one host in turn (and those who are fixed), or all of them."""

    ROUND_ROBIN = "ROUND_ROBIN"
    COLLECTIVE = "COLLECTIVE"


class Role(StrEnum):
    """What somebody may do in a team; the last two may act for its members."""

    MEMBER = "MEMBER"
    ADMIN = "ADMIN"
    OWNER = "OWNER"


class Level(StrEnum):
    """What a subscription listens to: everything, one person's bookings, one event type's, or one team's."""

    ORGANIZATION = "organization"
    USER = "user"
    EVENT_TYPE = "event_type"
    TEAM = "team"


@dataclass
class Person:
    """Somebody with an account. `admin` is the server's administrator; a key works through its last day."""

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
    key_expires: date | None = None


@dataclass
class Team:
    """Some people; `parent` is the organisation above it."""

    id: int
    name: str
    slug: str
    parent: int | None = None
    organization: bool = False


@dataclass
class Membership:
    """That somebody belongs to a team, or was asked to."""

    id: int
    team: int
    person: int
    role: Role = Role.MEMBER
    accepted: bool = True


@dataclass
class Question:
    """A question the owner added to the booking form."""

    slug: str
    label: str
    type: str = "textarea"
    required: bool = False
    placeholder: str = ""
    options: list[str] | None = None


@dataclass
class Recurrence:
    """`count` dates, `interval` weeks apart."""

    count: int
    interval: int = 1


@dataclass
class EventType:
    """What can be booked. `threshold` counts `unit`s and matters for TIME only; `price` is in cents.

    A team's event type has `hosts`, and its `owner` is one of them; those of a round robin who are `fixed`
    always come. `managed_by` is the team that gave this personal event type to its owner.
    """

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
    hide_calendar_notes: bool = False
    hide_calendar_details: bool = False
    disable_cancelling: bool = False
    disable_rescheduling: bool = False
    hidden: bool = False
    minimum_notice: int = 120
    questions: list[Question] = field(default_factory=list)
    recurrence: Recurrence | None = None
    seats: int | None = None
    seats_shown: bool = True
    price: int = 0
    currency: str = "usd"
    team: int | None = None
    scheduling: Scheduling | None = None
    hosts: list[int] = field(default_factory=list)
    fixed: list[int] = field(default_factory=list)
    managed_by: int | None = None

    @property
    def duration(self) -> timedelta:
        """How long a booking of this event type takes."""
        return timedelta(minutes=self.length)

    @property
    def broken(self) -> bool:
        """Whether it is a row that a refused create left behind: a threshold in a unit nobody can read."""
        return self.approval is Approval.TIME and self.unit not in UNITS


@dataclass
class Subscription:
    """Where webhooks go. `owner` is a person's, an event type's or a team's id, by `level`; None for everything."""

    id: str
    url: str
    secret: str | None = None
    triggers: list[str] = field(default_factory=lambda: list(TRIGGERS))
    level: Level = Level.ORGANIZATION
    owner: int | None = None
    active: bool = True
    template: str | None = None
    version: str = VERSIONS[0]
    created_at: datetime | None = None


@dataclass
class Attendee:
    """Somebody who comes: the booker first, then guests, who may have no name, and a team event's co-hosts.

    Who has a `seat` shares the slot with strangers and has answers of their own.
    """

    name: str
    email: str
    time_zone: str
    language: str = "en"
    phone: str | None = None
    absent: bool = False
    cohost: bool = False
    seat: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Booking:
    """One date. `confirms` counts how often a confirm of this uid went through, `invitations` the mails about it.

    `choose_again` is set where the host asked for another time: the attendee may still move this booking.
    """

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
    paid: bool = False
    choose_again: bool = False
    confirms: int = 0
    invitations: int = 0

    @property
    def notes(self) -> str:
        """What the booker wrote; empty when nothing."""
        return str(self.answers.get("notes") or "")

    @property
    def booker(self) -> Attendee:
        """Who asked for this date."""
        return self.attendees[0]

    @property
    def guests(self) -> list[Attendee]:
        """Who comes and does not host: the booker, the guests."""
        return [attendee for attendee in self.attendees if not attendee.cohost]

    @property
    def cohosts(self) -> list[Attendee]:
        """Who hosts beside the organizer. Cal.com keeps them among the attendees."""
        return [attendee for attendee in self.attendees if attendee.cohost]

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Half-open: a meeting that ends as another begins does not overlap it."""
        return self.start < end and start < self.end
