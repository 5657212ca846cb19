"""The steps of a scenario that are about a booking: what each may say, and what it does.

A step names a booking with `as` and later steps speak of it by that name; the dates of a series are `name`, `name.2`,
`name.3`. Whoever acts is a username, `host` or `attendee`. A time is a number of seconds from now, or "+3d 09:00",
so many days on at that hour of the host's zone. Other steps are in `asides.py`, the file is `scenario.py`'s affair.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.sandbox import changing, deciding, webapp
from gateway.sandbox.bookings import Move
from gateway.sandbox.reception import Ask, Handler
from gateway.sandbox.rows import Booking, Person
from gateway.sandbox.stage import Stage

_ON_A_DAY = re.compile(r"\+(\d{1,4})d (\d\d):(\d\d)")


def _when(value: str | float) -> str | float:
    if isinstance(value, str) and not _ON_A_DAY.fullmatch(value):
        raise ValueError('should be a number of seconds from now, or like "+3d 09:00"')
    return value


When = Annotated[str | float, AfterValidator(_when)]


@dataclass(frozen=True)
class Part:
    """What a name stands for: a booking, or one place in it."""

    uid: str
    seat: str | None = None


@dataclass
class Cast:
    """Where a scenario has got to."""

    stage: Stage
    wait: Callable[[float], Awaitable[object]]
    parts: dict[str, Part] = field(default_factory=dict)

    def booking(self, name: str) -> Booking:
        """The booking that a name stands for, as it is now."""
        return self.stage.world.bookings[self.parts[name].uid]

    def instant(self, when: str | float, host: int) -> datetime:
        """The instant a step means."""
        now = self.stage.now()
        if not isinstance(when, str):
            return now + timedelta(seconds=when)
        found = _ON_A_DAY.fullmatch(when)
        days, hour, minute = (int(part) for part in found.groups()) if found else (0, 0, 0)
        zone = ZoneInfo(self.stage.world.person(host).time_zone)
        day = now.astimezone(zone).date() + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), zone).astimezone(now.tzinfo)

    def person(self, name: str, booking: Booking) -> Person | None:
        """Who acts; None for the attendee, who has no account."""
        if name == "host":
            return self.stage.world.person(booking.host)
        return None if name == "attendee" else self.stage.world.person_called(name)

    async def call(self, handler: Handler, name: str, by: str, body: dict[str, Any] | None = None) -> None:
        """Call the API about a booking. Raises Refusal."""
        booking = self.booking(name)
        await handler(self.stage, Ask(booking.uid, body or {}, self.person(by, booking)))


class Step(BaseModel, ABC):
    """What all steps may say: `refused` is the status a step is to be refused with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: str
    refused: int | None = None

    @abstractmethod
    async def play(self, cast: Cast) -> None:
        """Do it. Raises Refusal."""


class Book(Step):
    """An attendee asks for a date on Cal.com's page; what is left out has a default."""

    do: Literal["book"]
    named: str | None = Field(None, alias="as")
    host: str | None = None
    event_type: str | int | None = None
    name: str = "Ana Soto"
    email: str = "ana@example.com"
    time_zone: str = "Europe/Madrid"
    start: When = "+3d 09:00"
    notes: str = ""
    answers: dict[str, Any] = {}
    guests: list[str] = []
    metadata: dict[str, Any] = {}

    async def play(self, cast: Cast) -> None:
        """Ask, and remember what came of it."""
        wish = webapp.read_wish(cast.stage, self.model_dump(exclude={"start"}, exclude_none=True))
        wish = replace(wish, start=cast.instant(self.start, wish.kind.owner))
        for number, booking in enumerate(await webapp.book(cast.stage, wish), 1):
            name = self.named if number == 1 else f"{self.named}.{number}"
            cast.parts[name or booking.uid] = Part(booking.uid, booking.attendees[-1].seat)


class Confirm(Step):
    """The host says yes."""

    do: Literal["confirm"]
    booking: str
    by: str = "host"

    async def play(self, cast: Cast) -> None:
        """Say yes."""
        await cast.call(deciding.confirm, self.booking, self.by)


class Decline(Step):
    """The host says no."""

    do: Literal["decline"]
    booking: str
    by: str = "host"
    reason: str | None = None

    async def play(self, cast: Cast) -> None:
        """Say no."""
        await cast.call(deciding.decline, self.booking, self.by, {"reason": self.reason})


class Cancel(Step):
    """Somebody cancels a booking, their place in it, or the later or all dates of a series."""

    do: Literal["cancel"]
    booking: str
    by: str = "attendee"
    reason: str | None = None
    dates: Literal["this", "later", "all"] = "this"

    async def play(self, cast: Cast) -> None:
        """Cancel."""
        booking, seat = cast.booking(self.booking), cast.parts[self.booking].seat
        body = {"cancellationReason": self.reason, "cancelSubsequentBookings": self.dates == "later"}
        whose = {"seatUid": seat} if seat and self.by == "attendee" else {}
        uid = booking.series or booking.uid if self.dates == "all" else booking.uid
        await changing.cancel(cast.stage, Ask(uid, {**body, **whose}, cast.person(self.by, booking)))


class Moves(Step):
    """Somebody moves a booking. `claiming` is whose address stands for the mover's in a call without credentials."""

    do: Literal["move"]
    booking: str
    named: str | None = Field(None, alias="as")
    start: When
    by: Literal["attendee", "host"] = "attendee"
    claiming: str | None = None
    reason: str | None = None

    async def play(self, cast: Cast) -> None:
        """Move it, and remember the new booking."""
        old = cast.booking(self.booking)
        start = cast.instant(self.start, old.host)
        if self.claiming:
            body = {"start": start.isoformat(), "rescheduledBy": self._address(cast, old)}
            await changing.reschedule(cast.stage, Ask(old.uid, body))
        else:
            wanted = Move(start, self.reason)
            await webapp.choose_again(cast.stage, old, wanted, by_host=self.by == "host")
        cast.parts[self.named or self.booking] = Part(old.to_uid or old.uid)

    def _address(self, cast: Cast, booking: Booking) -> str | None:
        person = cast.person(self.claiming or "", booking)
        return person.email if person else None


class Pay(Step):
    """The attendee pays."""

    do: Literal["pay"]
    booking: str

    async def play(self, cast: Cast) -> None:
        """Pay."""
        await webapp.pay(cast.stage, cast.booking(self.booking))


class AnotherTime(Step):
    """The host asks for another time, which cancels the booking."""

    do: Literal["request-another-time"]
    booking: str
    reason: str | None = None

    async def play(self, cast: Cast) -> None:
        """Ask."""
        await changing.ask_for_another_time(cast.stage, cast.booking(self.booking), self.reason)


class Absent(Step):
    """Somebody did not come: the booker unless `attendees` are named, by address, or the host."""

    do: Literal["absent"]
    booking: str
    by: str = "host"
    attendees: list[str] | None = None
    host: bool = False

    async def play(self, cast: Cast) -> None:
        """Note it."""
        booker = [] if self.host else [cast.booking(self.booking).booker.email]
        emails = booker if self.attendees is None else self.attendees
        absences = [{"email": email, "absent": True} for email in emails]
        await cast.call(
            deciding.mark_absent, self.booking, self.by, {"attendees": absences, "host": self.host}
        )


class Reassign(Step):
    """A round robin's meeting goes to another host: the one named by username, or whose turn it is."""

    do: Literal["reassign"]
    booking: str
    by: str = "host"
    to: str | None = None

    async def play(self, cast: Cast) -> None:
        """Hand it over."""
        booking = cast.booking(self.booking)
        to = cast.stage.world.person_called(self.to or "")
        names = {"uid": booking.uid} | ({"user": str(to.id)} if to else {})
        await deciding.reassign(cast.stage, Ask(booking.uid, {}, cast.person(self.by, booking), names=names))


class AddGuests(Step):
    """More people are to come. Nobody is told."""

    do: Literal["add-guests"]
    booking: str
    by: str = "host"
    guests: list[str]

    async def play(self, cast: Cast) -> None:
        """Add them."""
        guests = [{"email": email} for email in self.guests]
        await cast.call(changing.add_guests, self.booking, self.by, {"guests": guests})


class Meeting(Step):
    """Cal.com's clock says that a meeting starts or ends; ours is not looked at."""

    do: Literal["meeting-started", "meeting-ended"]
    booking: str

    async def play(self, cast: Cast) -> None:
        """Tell."""
        await webapp.meeting(cast.stage, cast.booking(self.booking), self.do.upper().replace("-", "_"))
