"""What the tests of the store are told with: a few people, bookings and commands, and short ways to put them in."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from gateway.domain.booking import Booking, By, Status
from gateway.domain.command import Action, Command, State
from gateway.domain.facts import Facts
from gateway.domain.people import Person
from gateway.ports import Ledger, Store
from gateway.records import Delivery, Held, Judged, Line, Look, Query

T = TypeVar("T")
Step = Callable[[Ledger], Any]

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MAYA = Person("Maya Mentor", "maya@example.com", "Europe/Madrid", "maya", 7)
JONAS = Person("Jonas Mentor", "jonas@example.com", "Europe/Rome", "jonas", 8)
SAM = Person("Sam Mentee", "sam@example.com", "Europe/Rome")
ADA = Person("Ada Mentee", "ada@example.com", "Europe/Paris")
BY_MAYA, BY_JONAS = "host:7", "host:8"
FOR_SAM, FOR_ADA = "attendee:sam@example.com", "attendee:ada@example.com"
PATIENCE = 5.0


def later(hours: float = 0, **more: float) -> datetime:
    """A time after noon, or before it."""
    return NOON + timedelta(hours=hours, **more)


def booking(
    uid: str = "b1",
    status: Status = Status.PENDING,
    start: datetime = NOON,
    minutes: int = 30,
    host: Person | None = MAYA,
    **facts: Any,
) -> Booking:
    """A request of Sam's to Maya, unless told otherwise."""
    told: dict[str, Any] = {"title": "A talk", "attendees": (SAM,)} | facts
    end = start + timedelta(minutes=minutes)
    return Booking(uid, status, Facts(start=start, end=end, host=host, **told), as_of=NOON, requested_at=NOON)


def delivery(digest: str = "d1", **more: Any) -> Delivery:
    """A webhook as it is kept."""
    told: dict[str, Any] = {"received_at": NOON, "size": 2, "headers": {}, "body": b"{}"} | more
    return Delivery(digest, **told)


def command(number: str = "c1", uid: str = "b1", action: Action = Action.ACCEPT, **more: Any) -> Command:
    """Maya's command, due at noon; its subject is the booking."""
    told: dict[str, Any] = {
        "subject": uid,
        "by": By("host", MAYA.name),
        "created_at": NOON,
        "due": NOON,
    } | more
    return Command(number, uid, action=action, **told)


def done(number: str, sent_at: datetime | None = NOON, **more: Any) -> Command:
    """A command that has had its effect."""
    return command(number, state=State.DONE, due=None, sent_at=sent_at, settled_at=later(1), **more)


def line(uid: str = "b1", event: str = "updated", at: datetime = NOON) -> Line:
    """A line of the journal."""
    return Line(uid, event, at)


def put(ledger: Ledger, one: Booking) -> int:
    """Save a booking and tell all who may see it; returns the line's number."""
    ledger.save(one)
    return ledger.append(line(one.uid), sorted(ledger.seats(one.uid)), NOON)


@dataclass(frozen=True)
class Books:
    """One account of a store."""

    store: Store
    account: str = "one"
    patience: float = PATIENCE

    async def write(self, step: Callable[[Ledger], T]) -> T:
        """Do something in a write of its own."""
        return await asyncio.wait_for(self.store.write(self.account, step), self.patience)

    async def read(self, query: Callable[[Ledger], T]) -> T:
        """Ask something of a snapshot."""
        return await asyncio.wait_for(self.store.read(self.account, query), self.patience)

    async def put(self, *bookings: Booking) -> list[int]:
        """Put bookings in; returns the numbers of their lines."""
        return await self.write(lambda ledger: [put(ledger, one) for one in bookings])

    async def append(self, told: Line, viewers: Iterable[str], now: datetime = NOON) -> int:
        """Append one line; returns its number."""
        return await self.write(lambda ledger: ledger.append(told, viewers, now))

    async def insert(self, *commands: Command) -> None:
        """Add commands, in one write."""
        await self.write(lambda ledger: _each(ledger.insert, commands))

    async def update(self, one: Command, lease_until: datetime | None = None) -> None:
        """Write a command's progress."""
        await self.write(lambda ledger: ledger.update(one, lease_until))

    async def ask(self, *looks: Look) -> None:
        """Queue looks, in one write."""
        await self.write(lambda ledger: _each(ledger.ask, looks))

    async def keep(self, one: Delivery, verdict: str | None = None) -> int:
        """Keep a delivery, and judge it if there is a verdict; returns its id."""

        def step(ledger: Ledger) -> int:
            number = ledger.keep(one)
            if verdict is not None:
                ledger.judge(number, verdict, None)
            return number

        return await self.write(step)

    async def timeline(self, *keys: str, uid: str = "b1") -> list[Line]:
        """A booking's lines as these keys see them."""
        return await self.read(lambda ledger: ledger.timeline(uid, keys))

    async def changes(self, *keys: str, since: int = 0, limit: int = 99) -> list[int]:
        """The numbers of the lines after `since` that these keys see."""
        lines = await self.read(lambda ledger: ledger.changes(keys, since, limit))
        return [one.seq for one in lines]

    async def deliveries(
        self, verdict: str | None = None, before: int | None = None, limit: int = 99
    ) -> list[Judged]:
        """A page of deliveries."""
        return await self.read(lambda ledger: ledger.deliveries(verdict, before, limit))

    async def held(self, uid: str, *keys: str) -> Held | None:
        """A booking as these keys find it."""
        return await self.read(lambda ledger: ledger.booking(uid, keys or ("*",)))

    async def last(self, *keys: str) -> int:
        """The last number of these keys."""
        return await self.read(lambda ledger: ledger.last(keys))

    async def listed(self, *keys: str, **asked: Any) -> list[str]:
        """The uids of a page."""
        query = Query(keys or ("*",), **asked)
        return [held.booking.uid for held in await self.read(lambda ledger: ledger.page(query))]

    async def counted(self, *keys: str, **asked: Any) -> int:
        """How many match."""
        return await self.read(lambda ledger: ledger.count(Query(keys or ("*",), **asked)))

    async def together(self, *steps: Step) -> list[Any]:
        """Let writes wait for one another, so that they may share a commit; returns results and exceptions."""
        begun, go = threading.Event(), threading.Event()

        def hold(_: Ledger) -> None:
            begun.set()
            go.wait(self.patience)

        first = asyncio.create_task(self.write(hold))
        await asyncio.to_thread(begun.wait, self.patience)
        waiting = [asyncio.create_task(self.write(step)) for step in steps]
        await asyncio.sleep(0.01)
        go.set()
        await first
        return await asyncio.gather(*waiting, return_exceptions=True)


def _each(put_in: Callable[[T], None], things: Iterable[T]) -> None:
    for one in things:
        put_in(one)
