"""What a portal reads: lists, one booking, its timeline, each from one snapshot with the caller's own number.

A read first writes what the clock has made due, so that an answer never shows a request past its
start as pending. Nothing is decided here and nothing is shaped: `web/shapes.py` says what of it a
caller may see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from gateway.domain.booking import Status
from gateway.domain.command import Command
from gateway.domain.errors import NotFound
from gateway.domain.people import Caller
from gateway.domain.rules import Directory
from gateway.domain.sight import EVERYBODY, HOST_SIDE
from gateway.domain.transitions import UPDATED
from gateway.ports import Clock, Ledger, Store
from gateway.records import Held, Line, Query
from gateway.services.callers import host_keys, keys
from gateway.services.mirror import sweep

T = TypeVar("T")
LIVE = (Status.PENDING, Status.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Series:
    """A recurring booking: its uid, how many dates are known, how many still wait for an answer."""

    uid: str
    count: int
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A booking with what stands beside it: what overlaps a request, and the series it belongs to."""

    held: Held
    conflicts: tuple[Held, ...]
    series: Series | None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: how many match in all, and the caller's own last journal number."""

    views: tuple[View, ...]
    count: int
    seq: int
    more: bool


@dataclass(frozen=True, slots=True)
class Portal:
    """Answers for one kind of reader after another: hosts, attendees, the portal's backend."""

    store: Store
    clock: Clock
    directory: Directory

    async def standing(self, caller: Caller) -> int:
        """The caller's own last journal number: equal to the one they hold means nothing to see has changed."""
        return await self._read(caller.account, lambda ledger: ledger.last(self.keys(ledger, caller)))

    async def page(self, caller: Caller, ask: Callable[[Ledger, tuple[str, ...]], Query]) -> Page:
        """A page of bookings. `ask` makes the query of the caller's keys, inside the same snapshot."""

        def read(ledger: Ledger) -> Page:
            mine = self.keys(ledger, caller)
            query = ask(ledger, mine)
            found = ledger.page(query)
            views = tuple(view(ledger, held, mine) for held in found[: query.limit - 1])
            return Page(views, ledger.count(query), ledger.last(mine), more=len(found) == query.limit)

        return await self._read(caller.account, read)

    async def one(self, caller: Caller, uid: str) -> tuple[View, int]:
        """One booking and the caller's number. Raises NotFound, also for a booking that is not theirs."""

        def read(ledger: Ledger) -> tuple[View, int]:
            mine = self.keys(ledger, caller)
            return view(ledger, found(ledger, uid, mine), mine), ledger.last(mine)

        return await self._read(caller.account, read)

    async def timeline(self, caller: Caller, uid: str) -> tuple[list[Line], int]:
        """A booking's lines as the caller may see them, oldest first. Raises NotFound."""

        def read(ledger: Ledger) -> tuple[list[Line], int]:
            mine = self.keys(ledger, caller)
            found(ledger, uid, mine)
            lines = [line for line in ledger.timeline(uid, mine) if line.event != UPDATED]
            return lines, ledger.last(mine)

        return await self._read(caller.account, read)

    async def changes(self, caller: Caller, since: int, limit: int) -> tuple[list[Line], int]:
        """The journal after `since` as the caller may see it, at most so many lines, and the caller's number."""

        def read(ledger: Ledger) -> tuple[list[Line], int]:
            mine = self.keys(ledger, caller)
            return ledger.changes(mine, since, limit), ledger.last(mine)

        return await self._read(caller.account, read)

    async def command(self, caller: Caller, number: str) -> tuple[Command, View]:
        """A command and its booking, for the host's side only. Raises NotFound."""

        def read(ledger: Ledger) -> tuple[Command, View]:
            mine = self.keys(ledger, caller)
            command = ledger.command(number)
            held = ledger.booking(command.uid, mine) if command else None
            if command is None or held is None or held.role not in (*HOST_SIDE, "portal"):
                raise NotFound
            return command, view(ledger, held, mine)

        return await self._read(caller.account, read)

    def keys(self, ledger: Ledger, caller: Caller) -> tuple[str, ...]:
        """The keys the caller reads with."""
        return keys(ledger, caller, self.directory)

    async def _read(self, account: str, query: Callable[[Ledger], T]) -> T:
        """Read from one snapshot in which everything that is due by now has been written."""
        now = self.clock()

        def unless_due(ledger: Ledger) -> list[T]:
            return [] if _is_due(ledger, now) else [query(ledger)]

        while not (answer := await self.store.read(account, unless_due)):
            await self.store.write(account, lambda ledger: sweep(ledger, now))
        return answer[0]


def found(ledger: Ledger, uid: str, mine: tuple[str, ...]) -> Held:
    """The booking, if one of the keys may see it. Raises NotFound."""
    held = ledger.booking(uid, mine)
    if held is None:
        raise NotFound
    return held


def view(ledger: Ledger, held: Held, mine: tuple[str, ...]) -> View:
    """A booking with its conflicts and series, as far as these keys may see them."""
    return View(held, conflicts(ledger, held, mine), _series(ledger, held, mine))


def conflicts(ledger: Ledger, held: Held, mine: tuple[str, ...]) -> tuple[Held, ...]:
    """What overlaps a request: the caller's own meetings and requests, or the host's for the portal's backend."""
    booking = held.booking
    start, end = booking.facts.start, booking.facts.end
    if booking.status is not Status.PENDING or start is None or end is None:
        return ()
    people = host_keys(booking) if mine == (EVERYBODY,) else mine
    beside = ledger.around(people, start, end, LIVE)
    return tuple(one for one in beside if one.booking.uid != booking.uid)


def _series(ledger: Ledger, held: Held, mine: tuple[str, ...]) -> Series | None:
    uid = held.booking.facts.series
    if uid is None:
        return None
    dates = [date for date in ledger.siblings(uid) if ledger.booking(date.uid, mine)]
    return Series(uid, len(dates), tuple(date.uid for date in dates if date.status is Status.PENDING))


def _is_due(ledger: Ledger, now: datetime) -> bool:
    due = ledger.next_due()
    return due is not None and due <= now
