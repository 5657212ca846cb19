"""A booking as Cal.com's observations add up to it: the facts, the state, the milestones.

What follows from them (the host's answer, the flags, what it was before) is a property here and
stored nowhere. What the facts are is `facts.py`; how an observation moves a booking is
`transitions.py`; what the portal may ask for is `command.py`. Nothing here knows a clock, a wire
format or a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.domain.facts import Answer, Facts


class Status(StrEnum):
    """Where a booking stands. `EXPIRED` is ours: pending past its start. `GONE` is a lasting 404."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    GONE = "gone"


class Source(StrEnum):
    """What an observation was read from: `LOOKED` and `LISTED` are the API's answers, the rest are webhooks."""

    REQUESTED = "requested"
    CREATED = "created"
    RESCHEDULED = "rescheduled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    PAYMENT_INITIATED = "payment_initiated"
    PAID = "paid"
    NO_SHOW = "no_show"
    MEETING = "meeting"
    AMENDED = "amended"
    LOOKED = "looked"
    LISTED = "listed"


class Flag(StrEnum):
    """What deserves a person's attention."""

    ACCEPTED_WITHOUT_ANSWER = "accepted_without_answer"
    LATE_ACCEPT = "late_accept"
    REVIVED = "revived"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class By:
    """Who acted: a role of `host`, `attendee`, `operator`, `portal` or `gateway`, and a name, never an address."""

    role: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The host's answer: `accept` or `reject`, by whom, through which channel, when and why."""

    action: str
    by: By | None
    channel: str
    at: datetime
    reason_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What Cal.com said once, by webhook or by API.

    `at` is the time Cal.com gives for what it says, or None when nothing in it orders anything;
    `born` is when the booking was made, where that is told. `moved_from` and `moved_to` name the uids
    before and after a move, `root` the first uid of such a chain and `kin` one that may be, where a
    body tells no more; `absent` the addresses marked as no-shows. `seat` marks a word about one place
    of many, `insist` an API answer that has been given three times over and is believed whatever its
    age.
    """

    uid: str
    source: Source
    at: datetime | None
    status: Status | None = None
    facts: Facts = field(default_factory=Facts)
    born: datetime | None = None
    moved_from: str | None = None
    moved_to: str | None = None
    root: str | None = None
    kin: str | None = None
    absent: Mapping[str, bool] = field(default_factory=dict)
    paid: bool = False
    recurring: bool = False
    seat: bool = False
    insist: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """One uid and everything believed about it.

    `stamps` holds, per fact, the time Cal.com last spoke of it; `as_of` the same for the status.
    `requested_at` … `cancelled_at` are Cal.com's times of those events, None while unseen. `answered`
    is the answer given through the gateway, if one was; `started` and `ended` say what the sweep has
    written already. `walked` and `unasked` remember how an
    acceptance came about that nobody here had asked for (see `flags`).
    """

    uid: str
    status: Status
    facts: Facts = field(default_factory=Facts)
    stamps: Mapping[str, datetime] = field(default_factory=dict)
    as_of: datetime | None = None
    requested_at: datetime | None = None
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    cancelled_at: datetime | None = None
    answered: Decision | None = None
    moved_from: str | None = None
    moved_to: str | None = None
    absent: frozenset[str] = frozenset()
    paid: bool = False
    started: bool = False
    ended: bool = False
    walked: bool = False
    unasked: bool = False
    unproven: bool = False

    @property
    def decision(self) -> Decision | None:
        """The host's last answer, or None: no answer yet, or a booking that never asked for one."""
        if self.status is Status.PENDING or (self.requested_at is None and self.answered is None):
            return None
        times = {"accept": self.accepted_at, "reject": self.rejected_at}
        given = {action: at for action, at in times.items() if at is not None}
        standing = {Status.ACCEPTED: "accept", Status.REJECTED: "reject"}.get(self.status)
        action = standing if standing in given else max(given, key=given.__getitem__, default=None)
        if action is None:
            return None
        if self.answered is not None and (self.answered.action, self.answered.at) == (action, given[action]):
            return self.answered
        reason = self.facts.rejection_reason if action == "reject" else None
        return Decision(action, None, "calcom", given[action], reason=reason)

    @property
    def flags(self) -> frozenset[Flag]:
        """Which of its oddities are true now (walked around, late, revived, unproven)."""
        found = {Flag.UNPROVEN} if self.unproven else set()
        if self.status is not Status.ACCEPTED or self.accepted_at is None:
            return frozenset(found)
        if self.walked or (self.unasked and self.requested_at is None):
            found.add(Flag.ACCEPTED_WITHOUT_ANSWER)
        if self.requested_at and self.facts.start and self.accepted_at >= self.facts.start:
            found.add(Flag.LATE_ACCEPT)
        newest = max(self.accepted_at, self.as_of or self.accepted_at)
        if any(at and at < newest for at in (self.rejected_at, self.cancelled_at)):
            found.add(Flag.REVIVED)
        return frozenset(found)

    @property
    def cancelled_from(self) -> Status | None:
        """What a cancelled booking was before: an accepted meeting, a pending request, or not known."""
        if self.accepted_at is not None:
            return Status.ACCEPTED
        return Status.PENDING if self.requested_at is not None or self.unpaid else None

    @property
    def next_due(self) -> datetime | None:
        """When time alone changes the booking next: a request at its start, a meeting at its start and end."""
        if self.status is Status.PENDING:
            return self.facts.start
        if self.status is not Status.ACCEPTED or self.ended:
            return None
        return (self.facts.end or self.facts.start) if self.started else self.facts.start

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answered questions, with their texts where a webhook has told them."""
        return self.facts.labelled or self.facts.bare or ()

    @property
    def joinable(self) -> str | None:
        """The meeting's address: a request has none yet, a meeting called off no longer."""
        return self.facts.meeting_url if self.status is Status.ACCEPTED else None

    @property
    def place(self) -> str | None:
        """Where it is held, in words; a link counts as `joinable` only."""
        place = self.facts.location
        return None if place is None or place.startswith(("http://", "https://")) else place

    @property
    def unpaid(self) -> bool:
        """True when a price is due and no payment was seen: Cal.com would accept it and do nothing more."""
        return bool(self.facts.price) and not self.paid
