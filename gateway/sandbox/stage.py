"""The one object all routes share: the world, the clock, the mint, and whoever carries, counts and remembers.

It is built in `app.py` and decides nothing. Of API calls it remembers which and what became of them, but neither
bodies nor credentials.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from gateway.sandbox import ics
from gateway.sandbox.limits import Limiter
from gateway.sandbox.moods import Moods
from gateway.sandbox.replica import Replica
from gateway.sandbox.rows import Booking, Subscription
from gateway.sandbox.times import millis
from gateway.sandbox.webhooks import Courier, Event, subscribers
from gateway.sandbox.world import World


@dataclass(frozen=True)
class Mint:
    """Where new names come from: 22 letters for a booking, a UUID for passwords, series and requests."""

    uid: Callable[[], str]
    uuid: Callable[[], str]


@dataclass
class Call:
    """One API call. `status` stays None while it is under way and when it is never answered; `effect`: it changed a booking."""

    seq: int
    method: str
    path: str
    route: str
    uid: str | None
    started: datetime
    ended: datetime | None = None
    status: int | None = None
    effect: bool = False

    def shown(self) -> dict[str, Any]:
        """Show it as the control route does."""
        ended = None if self.ended is None else millis(self.ended)
        return {**asdict(self), "started": millis(self.started), "ended": ended}


@dataclass
class Stage:
    """What a call plays on. `calls` are remembered, oldest first."""

    world: World
    clock: Callable[[], datetime]
    mint: Mint
    moods: Moods
    courier: Courier
    first: dict[str, Any]
    calls: list[Call] = field(default_factory=list)
    limiter: Limiter = field(default_factory=Limiter)
    replica: Replica = field(default_factory=Replica)
    confirming: Counter[str] = field(default_factory=Counter)
    work: set[asyncio.Task[Any]] = field(default_factory=set)

    def now(self) -> datetime:
        """Tell the time in whole milliseconds, as the database keeps it."""
        at = self.clock()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def begin(self, method: str, path: str, route: str, uid: str | None) -> Call:
        """Note that a call has come in."""
        call = Call(len(self.calls) + 1, method, path, route, uid, self.now())
        self.calls.append(call)
        return call

    async def tell(
        self, trigger: str, booking: Booking, payload: dict[str, Any], *, organizer: bool = False
    ) -> None:
        """Send a webhook about a booking to whoever subscribed, and wait until all of them have answered.

        `organizer`: the organizer's own subscriptions hear of it even where the event type is a team's.
        """
        to = subscribers(self.world, trigger, booking, organizer=organizer)
        texts = ics.texts(self.world, booking, trigger) if self.world.settings.newest else {}
        flat = trigger.startswith("MEETING_")
        await self.announce(Event(trigger, booking.uid, payload, texts, flat), to)

    async def announce(self, event: Event, to: list[Subscription]) -> None:
        """Send something to some subscriptions."""
        await self.courier.announce(event, to, self.world.settings)

    async def finish(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Wait for something that goes on when the caller hangs up, as Cal.com's calls do (measured on 6.0.2)."""
        task = asyncio.ensure_future(work)
        self.work.add(task)
        task.add_done_callback(self.work.discard)
        return await asyncio.shield(task)

    def follow(self) -> None:
        """Let the replica see what has changed: when a call comes in, when it is over, after a step of a scenario."""
        if self.world.settings.list_lag_seconds or self.replica.behind:
            self.replica.follow(self.world, self.now())

    def reset(self) -> None:
        """Go back to the world as it was at the start, with no moods, no memory of calls and no counts."""
        self.moods.clear()
        self.world.__dict__.update(World.load(self.first).__dict__)
        self.calls.clear()
        self.limiter.windows.clear()
        self.replica = Replica()
        self.courier.forget()
