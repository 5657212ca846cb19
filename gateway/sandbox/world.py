"""Everything this small Cal.com knows, and how it is set.

`dump` and `load` turn the whole world into one JSON object and back; `enter` adds to it what a scenario brings
along. The rows are in `rows.py`; nothing here decides anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from gateway.sandbox.rows import (
    Approval,
    Attendee,
    Booking,
    EventType,
    Level,
    Membership,
    Person,
    Question,
    Recurrence,
    Role,
    Scheduling,
    Status,
    Subscription,
    Team,
)

__all__ = [
    "Approval",
    "Attendee",
    "Booking",
    "EventType",
    "Level",
    "Membership",
    "Person",
    "Question",
    "Recurrence",
    "Role",
    "Scheduling",
    "Settings",
    "Status",
    "Subscription",
    "Team",
    "World",
]
"""Whoever builds a world needs its rows."""

LEADERS = (Role.OWNER, Role.ADMIN)


@checked(config=ConfigDict(extra="forbid"))
class Settings:
    """How this Cal.com is set. Delays and windows are seconds; limits are calls in one window.

    `race` confirms of one booking may be under way at once before the others are refused: of twenty at the
    same moment two passed (measured on 6.0.2). `release` chooses where "5.6.4", "6.0.2" and the source of
    2026 differ. `permissions`: who may answer for a host, as in the source of December 2025, of 2026, or
    everybody, as in the open edition (https://github.com/calcom/cal.diy/issues/29956). `payments`: which of
    BOOKING_PAID and what follows it comes first. `sending`: before the call that caused a webhook has answered,
    or `queue_wait` later from a queue that tries again, first after `retry_wait`. `list_lag_seconds`: how far the list
    of bookings is behind, as one read from a replica may be.
    """

    release: Literal["5.6.4", "6.0.2", "2026"] = "6.0.2"
    permissions: Literal["2025", "2026", "diy"] = "2025"
    payments: Literal["older", "newer"] = "older"
    sending: Literal["direct", "queued"] = "direct"
    queue_wait: float = 0.2
    retry_wait: float = 10.0
    key_prefix: str = "cal_"
    booker_url: str = "http://127.0.0.1:3000"
    confirm_delay: float = 0.0
    race: int = 2
    key_limit: int = 120
    anonymous_limit: int = 120
    token_limit: int = 500
    window: float = 60.0
    block: float = 60.0
    list_lag_seconds: Annotated[float, Field(ge=0, le=86_400)] = 0.0

    @property
    def newest(self) -> bool:
        """Whether this is the source of 2026."""
        return self.release == "2026"


@dataclass
class World:
    """All rows and the settings. `last_id` counts bookings, `last_kind` event types."""

    people: list[Person] = field(default_factory=list)
    event_types: list[EventType] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    bookings: dict[str, Booking] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    last_id: int = 0
    teams: list[Team] = field(default_factory=list)
    memberships: list[Membership] = field(default_factory=list)
    last_kind: int = 0

    def person(self, person_id: int) -> Person:
        """Look up somebody who is known to exist."""
        return next(person for person in self.people if person.id == person_id)

    def person_with_key(self, key: str) -> Person | None:
        """Tell whose API key this is."""
        return next((person for person in self.people if person.api_key == key), None)

    def person_with_email(self, email: str | None) -> Person | None:
        """Find a user by address; the comparison is case-sensitive, as Cal.com's is (measured on 6.0.2)."""
        return next((person for person in self.people if person.email == email), None)

    def person_called(self, username: str) -> Person | None:
        """Find a user by username."""
        return next((person for person in self.people if person.username == username), None)

    def event_type(self, event_type_id: int) -> EventType:
        """Look up an event type that is known to exist."""
        return next(kind for kind in self.event_types if kind.id == event_type_id)

    def find_event_type(self, event_type_id: int) -> EventType | None:
        """Look up an event type that may not exist."""
        return next((kind for kind in self.event_types if kind.id == event_type_id), None)

    def team(self, team_id: int) -> Team | None:
        """Look up a team."""
        return next((team for team in self.teams if team.id == team_id), None)

    def teams_of(self, person_id: int) -> list[Team]:
        """Every team somebody is in. Whether they accepted is not asked: Cal.com does not (measured on 6.0.2)."""
        ids = {one.team for one in self.memberships if one.person == person_id}
        return [team for team in self.teams if team.id in ids]

    def led_by(self, person_id: int) -> set[int]:
        """The ids of the teams somebody owns or administers."""
        return {one.team for one in self.memberships if one.person == person_id and one.role in LEADERS}

    def members_of(self, teams: set[int]) -> set[int]:
        """The ids of everybody in one of those teams."""
        return {one.person for one in self.memberships if one.team in teams}

    def dates_of(self, series: str | None) -> list[Booking]:
        """All dates of a series, earliest first; empty when there is no such series."""
        dates = [booking for booking in self.bookings.values() if series and booking.series == series]
        return sorted(dates, key=lambda booking: booking.start)

    def of_host(self, person_id: int) -> Iterator[Booking]:
        """Give every booking this person hosts, alone or with others."""
        email = self.person(person_id).email
        return (
            booking
            for booking in self.bookings.values()
            if booking.host == person_id or email in [cohost.email for cohost in booking.cohosts]
        )

    def next_id(self) -> int:
        """Count up the ids of bookings."""
        self.last_id += 1
        return self.last_id

    def next_kind(self) -> int:
        """Count up the ids of event types."""
        self.last_kind = max([self.last_kind, *(kind.id for kind in self.event_types)]) + 1
        return self.last_kind

    def dump(self) -> dict[str, Any]:
        """Write the whole world as a JSON object."""
        dumped: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return dumped

    @staticmethod
    def load(dumped: dict[str, Any]) -> "World":
        """Read a world from what `dump` wrote; what is left out takes its default. Raises pydantic's ValidationError."""
        return _adapter().validate_python(dumped)

    def enter(self, more: dict[str, Any]) -> None:
        """Add rows, in the form `dump` writes them, and change settings; a row with a known id takes its place.

        Tables nothing is brought for keep their rows: a call may be at work on one.
        """
        dumped = self.dump()
        for name, rows in more.items():
            if isinstance(rows, list):
                known = {row["id"]: row for row in dumped[name]} | {row["id"]: row for row in rows}
                dumped[name] = list(known.values())
            else:
                dumped[name] = {**dumped[name], **rows}
        entered = World.load(dumped)
        self.__dict__.update({name: getattr(entered, name) for name in more})


@cache
def _adapter() -> TypeAdapter[World]:
    return TypeAdapter(World)
