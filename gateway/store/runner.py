"""The async face of the store: one writer thread with group commit, a few reader threads beside it.

All writes that wait are run in one transaction, each in its own savepoint, and their callers are
answered after the one fsync. A write is a synchronous function of a ledger, so that nothing can be
awaited inside a transaction. This module knows transactions and threads, and no query.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import structlog

from gateway.domain.errors import StorageUnavailable
from gateway.ports import Ledger
from gateway.store.bell import Bell, Ear

T = TypeVar("T")
Bind = Callable[[sqlite3.Connection, str], Ledger]
MOST_TOGETHER = 256
READERS = 4
log = structlog.get_logger()


@dataclass(slots=True)
class Write:
    """One caller's step, and where the caller waits."""

    account: str
    step: Callable[[Ledger], Any]
    future: "asyncio.Future[Any]"


@dataclass(slots=True)
class Done:
    """What became of a write, and whom it concerns."""

    write: Write
    result: Any = None
    error: Exception | None = None
    stirred: Iterable[str] = ()


class Runner:
    """Runs writes one after the other and many per fsync, and reads beside them on snapshots.

    `bind` makes a ledger of a connection and an account; `open_writer` and `open_reader` make
    connections with `isolation_level=None`.
    """

    def __init__(
        self,
        bind: Bind,
        open_writer: Callable[[], sqlite3.Connection],
        open_reader: Callable[[], sqlite3.Connection],
    ) -> None:
        self._bind = bind
        self._open_writer = open_writer
        self._open_reader = open_reader
        self._waiting: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._bell = Bell()
        self._tick = asyncio.Event()
        self._commits = 0
        self._closing = False
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        """Open the connections and start the writer thread."""
        self._loop = asyncio.get_running_loop()
        conn = self._open_writer()
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._thread = threading.Thread(target=self._work, args=(conn,), name="writer")
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what waits, then close; who comes later is refused."""
        self._closing = True
        self._waiting.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        if self._pool is not None:
            await asyncio.to_thread(self._pool.shutdown)
        for conn in self._connections:
            conn.close()

    async def write(self, account: str, step: Callable[[Ledger], T]) -> T:
        """Run `step` in a durable transaction; returns after its commit. Raises StorageUnavailable."""
        if self._closing:
            raise StorageUnavailable(retry_after=5)
        waiting = Write(account, step, self._loop.create_future())
        self._waiting.put(waiting)
        result: T = await waiting.future
        return result

    async def read(self, account: str, query: Callable[[Ledger], T]) -> T:
        """Run `query` on one consistent snapshot. Raises StorageUnavailable."""
        assert self._pool is not None
        return await self._loop.run_in_executor(self._pool, self._snapshot, account, query)

    @property
    def commits(self) -> int:
        """How many times the store has been written to since it was opened."""
        return self._commits

    async def moved(self, since: int, within: float) -> None:
        """Return once `commits` is no longer `since`, or after `within` seconds."""
        tick = self._tick
        if since != self._commits:
            return
        try:
            async with asyncio.timeout(within):
                await tick.wait()
        except TimeoutError:
            return

    def listening(self, account: str) -> AbstractContextManager[Ear]:
        """An ear for news of people in this account."""
        return self._bell.ear(account)

    def hush(self) -> None:
        """Wake whoever listens, for good: the service is about to stop."""
        self._bell.hush()

    def _snapshot(self, account: str, query: Callable[[Ledger], T]) -> T:
        try:
            conn = self._reading()
            conn.execute("begin")
            try:
                return query(self._bind(conn, account))
            finally:
                conn.execute("rollback")
        except sqlite3.Error as error:
            raise _told(error) from error

    def _reading(self) -> sqlite3.Connection:
        conn: sqlite3.Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._local.conn = self._open_reader()
            self._connections.append(conn)
        return conn

    def _work(self, conn: sqlite3.Connection) -> None:
        while batch := self._gather():
            self._commit(conn, batch)
        conn.close()

    def _gather(self) -> list[Write]:
        """Wait for a write, then take along whatever waits besides; empty at the end."""
        batch: list[Write] = []
        one = self._waiting.get()
        while one is not None:
            batch.append(one)
            if len(batch) == MOST_TOGETHER or self._waiting.empty():
                return batch
            one = self._waiting.get()
        if batch:
            self._waiting.put(None)
        return batch

    def _commit(self, conn: sqlite3.Connection, batch: list[Write]) -> None:
        done: list[Done] = []
        try:
            conn.execute("begin immediate")
            done.extend(self._attempt(conn, write) for write in batch)
            conn.execute("commit")
        except sqlite3.Error as error:
            # Disk full and I/O errors roll the whole transaction back: nobody in it may be answered.
            if conn.in_transaction:
                conn.execute("rollback")
            log.exception("store.failed", error=str(error), writes=len(batch))
            done = [Done(write, error=StorageUnavailable(retry_after=5)) for write in batch]
        self._loop.call_soon_threadsafe(self._answer, done)

    def _attempt(self, conn: sqlite3.Connection, write: Write) -> Done:
        """Run one write in its savepoint. Raises only when the whole transaction is lost with it."""
        conn.execute("savepoint write")
        ledger = self._bind(conn, write.account)
        try:
            result = write.step(ledger)
        except BaseException as error:
            if not conn.in_transaction:
                raise sqlite3.OperationalError("the transaction is lost") from error
            conn.execute("rollback to write")
            conn.execute("release write")
            return Done(write, error=_told(error))
        conn.execute("release write")
        return Done(write, result, stirred=ledger.stirred)

    def _answer(self, done: list[Done]) -> None:
        for one in done:
            self._bell.ring(one.write.account, one.stirred)
            if one.write.future.done():
                continue  # whoever asked has hung up; what was written stays written
            if one.error is not None:
                one.write.future.set_exception(one.error)
            else:
                one.write.future.set_result(one.result)
        if all(one.error is not None for one in done):
            return
        self._commits += 1
        self._tick.set()
        self._tick = asyncio.Event()


def _told(error: BaseException) -> Exception:
    """What the caller of a failed write is told: the error itself, or ours in place of a driver's."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return RuntimeError(f"the store refuses: {error}")
    if isinstance(error, sqlite3.Error):
        return StorageUnavailable(retry_after=5)
    # A future cannot carry StopIteration, and nothing may end the writer thread.
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(type(error).__name__)
