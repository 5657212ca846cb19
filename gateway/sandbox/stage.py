"""The one object all routes share: the world, the clock, the mint, and whoever carries, counts and remembers.

It is built in `app.py` and decides nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.sandbox.calls import Calls
from gateway.sandbox.limits import Limiter
from gateway.sandbox.moods import Moods
from gateway.sandbox.webhooks import Courier, Event, subscribers
from gateway.sandbox.world import Booking, World


@dataclass(frozen=True)
class Mint:
    """Where new names come from: 22 letters for a booking, a UUID for passwords, series and requests."""

    uid: Callable[[], str]
    uuid: Callable[[], str]


@dataclass
class Stage:
    """What a call plays on."""

    world: World
    clock: Callable[[], datetime]
    mint: Mint
    moods: Moods
    courier: Courier
    first: dict[str, Any]
    calls: Calls = field(default_factory=Calls)
    limiter: Limiter = field(default_factory=Limiter)
    confirming: Counter[str] = field(default_factory=Counter)
    work: set[asyncio.Task[Any]] = field(default_factory=set)

    def now(self) -> datetime:
        """Tell the time in whole milliseconds, as the database keeps it."""
        at = self.clock()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    async def tell(
        self, trigger: str, booking: Booking, payload: dict[str, Any], *, flat: bool = False
    ) -> None:
        """Send a webhook to whoever subscribed, and wait until all of them have answered."""
        event = Event(trigger, booking.uid, payload, flat)
        await self.courier.announce(event, subscribers(self.world, trigger, booking))

    async def finish(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Wait for something that goes on when the caller hangs up, as Cal.com's calls do (measured on 6.0.2)."""
        task = asyncio.ensure_future(work)
        self.work.add(task)
        task.add_done_callback(self.work.discard)
        return await asyncio.shield(task)

    def reset(self) -> None:
        """Go back to the world as it was at the start, with no moods, no memory of calls and no counts."""
        self.moods.clear()
        self.world.__dict__.update(World.load(self.first).__dict__)
        self.calls.calls.clear()
        self.limiter.windows.clear()
        self.courier.deliveries.clear()
        self.courier.held.clear()
