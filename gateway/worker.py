"""The loops beside the requests: commands, looks, the sweep, reconcile. Each one `while` and one call.

A loop never ends by an error: what goes wrong is logged whole, and the work stays in the store, where
the next round finds it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import structlog

from gateway.domain.command import Command
from gateway.ports import Clock, Ledger, Store
from gateway.services.commands import Commands
from gateway.services.mirror import sweep
from gateway.services.reconcile import Reconcile, Round

T = TypeVar("T")
AT_ONCE = 16
PAUSE = 1.0
BREATH = 0.1
"""Between two rounds of a loop that every commit wakes: under load it looks ten times a second, not at each."""
MINUTE = 60.0
log = structlog.get_logger()


class Worker:
    """Runs the loops of one account until it is cancelled; reconciles every so many seconds, never if 0."""

    def __init__(
        self, account: str, store: Store, clock: Clock, commands: Commands, reconcile: Reconcile, every: float
    ) -> None:
        self.account = account
        self.store = store
        self.clock = clock
        self.commands = commands
        self.reconcile = reconcile
        self.every = every
        self._tasks: list[asyncio.Task[None]] = []
        self._asked: set[asyncio.Task[Round]] = set()

    @property
    def alive(self) -> bool:
        """True while every loop runs."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def __aenter__(self) -> Self:
        """Start the loops."""
        loops = [self._answering(), self._often(self._look), self._often(self._sweep)]
        if self.every > 0:
            loops.append(self._reconciling())
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop claiming, and let go: what was under way is found again by its lease."""
        tasks = [*self._tasks, *self._asked]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def compare(self, since: datetime | None) -> "asyncio.Task[Round]":
        """Compare with Cal.com now, or bring in what is there since then; goes on when nobody waits for it."""
        work = self.reconcile.cycle(self.account) if since is None else self._backfill(since)
        task = asyncio.create_task(work)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        return task

    def _backfill(self, since: datetime) -> Coroutine[Any, Any, Round]:
        return self.reconcile.backfill(self.account, since)

    async def _reconciling(self) -> None:
        while True:
            await _kept(self._cycle, None)
            await asyncio.sleep(self.every)

    async def _cycle(self) -> Round:
        return await self.reconcile.cycle(self.account)

    async def _answering(self) -> None:
        """Claim commands as they fall due and carry out several at once, so that a slow one holds up no other."""
        free = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as running:
            while True:
                await free.acquire()
                command = await self._next()
                running.create_task(self._carry_out(command, free))

    async def _next(self) -> Command:
        """The next command that falls due. A claim is itself a write, so it is made only when one is due."""
        while True:
            seen = self.store.commits
            wait = await _kept(self._until_next, PAUSE)
            command = await _kept(self._claim, None) if wait == 0 else None
            if command is not None:
                return command
            await self.store.moved(seen, wait or PAUSE)

    async def _carry_out(self, command: Command, free: asyncio.Semaphore) -> None:
        try:
            await _kept(lambda: self.commands.carry_out(self.account, command), None)
        finally:
            free.release()

    async def _often(self, once: Callable[[], Awaitable[float]]) -> None:
        while True:
            seen = self.store.commits
            await self.store.moved(seen, await _kept(once, PAUSE))
            await asyncio.sleep(BREATH)

    async def _claim(self) -> Command | None:
        return await self.commands.claim(self.account)

    async def _until_next(self) -> float:
        return await self.commands.until_next(self.account)

    async def _look(self) -> float:
        return await self.reconcile.looks.take(self.account)

    async def _sweep(self) -> float:
        """Write what the clock has changed; returns the seconds until it changes something again."""
        now = self.clock()

        def step(ledger: Ledger) -> timedelta | None:
            due = ledger.next_due()
            return due - now if due is not None else None

        left = await self.store.read(self.account, step)
        if left is not None and left <= timedelta(0):
            await self.store.write(self.account, lambda ledger: sweep(ledger, now))
            return 0.0
        return min(MINUTE, left.total_seconds()) if left is not None else MINUTE


async def _kept(work: Callable[[], Awaitable[T]], otherwise: T) -> T:
    """The result of `work`; after an error, which is logged, a pause and `otherwise`."""
    try:
        return await work()
    except Exception:
        log.exception("worker.failed")
        await asyncio.sleep(PAUSE)
        return otherwise
