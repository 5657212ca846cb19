"""What the services ask of the world: a store to keep things in, Cal.com to talk to, a clock and chance.

A `Ledger` is one account's tables inside one transaction: it is handed to a plain function, which
cannot await, so that no call to the network can happen while a transaction is open. Nothing
SQLite-only may show through: another store has only to pass the same conformance suite.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from gateway.domain.booking import Booking, Observation, Status
from gateway.domain.command import Action, Command, State
from gateway.domain.people import Person
from gateway.records import Delivery, Held, Judged, Line, Listing, Look, Page, Query, Seating

T = TypeVar("T")


class Ledger(Protocol):
    """One account's tables inside one transaction. Every method is a statement or two; none decides."""

    account: str
    stirred: set[str]
    """The people whom the writes of this transaction concern, by key."""

    def attempt(self) -> AbstractContextManager[None]:
        """A nested savepoint: what fails inside is undone alone, and the error goes on."""

    def identity(self) -> str:
        """The random name made with the database."""

    def beat(self) -> None:
        """Write a few pages that mean nothing, to prove that the store has room for more."""

    def delivered(self, digest: str) -> int | None:
        """The delivery with these bytes, if they came before."""

    def keep(self, delivery: Delivery) -> int:
        """Keep a delivery; its verdict is `unread` until `judge` says otherwise."""

    def judge(self, delivery: int, verdict: str, reason: str | None) -> None:
        """Write what became of a delivery."""

    def delivery(self, number: int) -> Judged | None:
        """One delivery with headers and redacted body."""

    def deliveries(self, verdict: str | None, before: int | None, limit: int) -> list[Judged]:
        """Deliveries without their bodies, newest first, below the id `before`."""

    def deliveries_about(self, uid: str) -> list[Judged]:
        """Every delivery that names a booking, without its body, oldest first."""

    def booking(self, uid: str, keys: Sequence[str] = ("*",)) -> Held | None:
        """One booking, if one of `keys` may see it."""

    def save(self, booking: Booking) -> Seating:
        """Write a booking and who may see it; returns who came and who went.

        Nobody finds it before a line of the journal is about it.
        """

    def seats(self, uid: str) -> dict[str, str]:
        """Who may see a booking: key → role."""

    def page(self, query: Query) -> list[Held]:
        """The bookings that match, in order, at most `query.limit`."""

    def count(self, query: Query) -> int:
        """How many match, whatever the limit and the place."""

    def around(
        self, keys: Sequence[str], start: datetime, end: datetime, statuses: Iterable[Status]
    ) -> list[Held]:
        """Bookings of these people that share a moment with the half-open [start, end)."""

    def successor(self, uid: str) -> Booking | None:
        """The booking that this one was moved to, if it is known; the first of several."""

    def siblings(self, series: str) -> list[Booking]:
        """All known dates of a series, by start."""

    def show(self, uid: str, command: str) -> None:
        """Make this command the one that the booking shows."""

    def append(self, line: Line, viewers: Iterable[str], now: datetime) -> int:
        """Append a line to the journal, at `now`, for those who may see it; returns its number."""

    def last(self, keys: Sequence[str]) -> int:
        """The number of the last line that one of `keys` may see; 0 when there is none."""

    def told(self, uid: str) -> bool:
        """True when the booking was first heard of by a webhook."""

    def changes(self, keys: Sequence[str], since: int, limit: int) -> list[Line]:
        """The lines after `since` that one of `keys` may see, in order, at most so many."""

    def counted(self) -> int:
        """The number of the account's last line, whoever may see it; 0 when there is none."""

    def timeline(self, uid: str, keys: Sequence[str]) -> list[Line]:
        """A booking's lines, oldest first, as far as `keys` may see them."""

    def command(self, number: str) -> Command | None:
        """One command."""

    def open_command(self, subject: str) -> Command | None:
        """The command that is open on this booking or series: there is at most one."""

    def last_command(self, uid: str, action: Action, state: State) -> Command | None:
        """The newest command of that action and state on a booking."""

    def decided(self, subject: str) -> Command | None:
        """The newest command on this subject that was sent and has had its effect."""

    def commands_about(self, uid: str, subject: str) -> list[Command]:
        """Every command on a booking, and on the series it may belong to, oldest first."""

    def insert(self, command: Command) -> None:
        """Add a command; the store itself refuses a second open one on the same subject."""

    def update(self, command: Command, lease_until: datetime | None = None) -> None:
        """Write a command's progress. A lease ends with the attempt; until then `lease_until` may renew it."""

    def claim(self, now: datetime, lease_until: datetime, boot: str) -> Command | None:
        """Take the next command that is due, or whose lease has ended or is another boot's; None if there is none."""

    def owns(self, command: str, boot: str) -> bool:
        """True while the command is open and leased to this boot."""

    def next_command(self, boot: str) -> datetime | None:
        """When the next command falls due; None when nothing waits."""

    def recall(self, scope: str, key: str) -> tuple[str, str] | None:
        """The fingerprint and command kept under an idempotency key."""

    def remember(self, scope: str, key: str, fingerprint: str, command: str, now: datetime) -> None:
        """Keep an idempotency key; older than seven days are dropped on the way."""

    def ask(self, look: Look) -> None:
        """Queue a look; one that is queued already keeps the earlier time, and the more urgent cause."""

    def looks(self, now: datetime, limit: int) -> list[Look]:
        """Looks that are due, those of a reconciliation last, else oldest first."""

    def next_look(self) -> datetime | None:
        """When the next look falls due."""

    def looked(self, look: Look) -> None:
        """Take a look off the queue."""

    def missing(self) -> int:
        """How many bookings are to be looked at once more because Cal.com did not know them."""

    def unasked(self, statuses: Iterable[Status], start: datetime) -> set[str]:
        """The uids of bookings with these statuses that begin at `start` or later, and no look is queued for."""

    def reached(self, mark: str) -> datetime | None:
        """How far something has come; None while it has not begun."""

    def reach(self, mark: str, at: datetime) -> None:
        """Remember how far something has come; never less far than before."""

    def learn_host(self, number: int, email: str, at: datetime) -> str | None:
        """Remember the address last seen with a host's id; returns the one it had before, if it changed.

        What was kept under the bare address, while no id was known, is the id's from now on.
        """

    def hosted(self, person: str) -> list[str]:
        """The uids that a person sees as host or co-host."""

    def host_ids(self, emails: Iterable[str]) -> list[int]:
        """The ids last seen with one of these addresses."""

    def hosts(self, person: str) -> bool:
        """True when this person sees any booking as host or co-host."""

    def learn_asking(self, event_type: str, at: datetime) -> None:
        """Remember that an event type has sent a request."""

    def asks(self, event_type: str) -> bool:
        """True when the event type has ever sent a request."""

    def due(self, now: datetime, limit: int) -> list[Booking]:
        """Bookings that the clock changes by `now`."""

    def next_due(self) -> datetime | None:
        """When the clock next changes a booking."""


class Ear(Protocol):
    """Somebody who waits for news of some people."""

    @property
    def silent(self) -> bool:
        """True when the service is about to stop: nothing more will be rung."""

    def listen(self, keys: Iterable[str]) -> bool:
        """Wait for news of these from now on; True when they are others than before."""

    async def rung(self, within: float) -> bool:
        """True once there may be news; False after so many seconds, and at once when nothing more will be rung."""


class Store(Protocol):
    """The async face of the ledgers."""

    async def write(self, account: str, step: Callable[[Ledger], T]) -> T:
        """Run `step` in a durable transaction; returns after the commit. Raises StorageUnavailable."""

    async def read(self, account: str, query: Callable[[Ledger], T]) -> T:
        """Run `query` on one consistent snapshot."""

    @property
    def commits(self) -> int:
        """How many times the store has been written to since it was opened."""

    async def moved(self, since: int, within: float) -> None:
        """Return once `commits` is no longer `since`, or after `within` seconds."""

    def listening(self, account: str) -> AbstractContextManager[Ear]:
        """An ear for news of people in this account. What it hears of is committed, and may be read."""

    def hush(self) -> None:
        """Wake whoever listens, for good: the service is about to stop."""


class CalCom(Protocol):
    """The other side, as far as the services know it. Errors: see `gateway.calcom.messages`."""

    async def look(self, uid: str, rank: str) -> Observation:
        """What is true about `uid` now, within 10 s."""

    async def act(self, command: Command) -> Observation:
        """Confirm or decline, within 30 s; returns the booking as Cal.com then shows it."""

    async def listed(self, listing: Listing) -> Page:
        """One page of a list of bookings, within 30 s."""

    async def me(self) -> Person:
        """Whose credential it is, within 10 s."""


class Unsent(Exception):
    """Nothing of the call can have reached Cal.com: refused, unknown host, connect timeout, or a look that failed."""


class Limited(Exception):
    """Cal.com's rate limit (or our own budget under it) is spent; `seconds` says for how long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"rate limited for {seconds:.0f} s")


class Unknown(Exception):
    """The call was sent, and no usable answer came: it may have taken effect."""


class Rejected(Exception):
    """Cal.com refused the call with a 4xx; `status` is that number, no text of Cal.com's is carried."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"refused with {status}")


class Missing(Exception):
    """Cal.com says that it knows no booking of that uid."""


Clock = Callable[[], datetime]
"""Now, in UTC."""
