"""The runner: many writes per commit, each in its savepoint, nobody answered before the disk has it, no error that stops it."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest

from gateway.domain.errors import StorageUnavailable
from gateway.ports import Ledger
from gateway.store.runner import MOST_TOGETHER, Runner
from gateway.store.sqlite import SqliteLedger
from tests.store.databases import column, opened
from tests.store.making import PATIENCE, Books, Step, booking, command, delivery, put

KEPT = "select digest from deliveries order by id"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a place for a database."""
    return tmp_path / "gateway.db"


def keeping(digest: str) -> Step:
    """A write that keeps one delivery."""
    return lambda ledger: ledger.keep(delivery(digest))


def connection(ledger: Ledger) -> sqlite3.Connection:
    """What the ledger writes to."""
    assert isinstance(ledger, SqliteLedger)
    return ledger.conn


def losing_all(ledger: Ledger) -> None:
    """Fail as a full disk does: the error has already rolled the whole transaction back."""
    ledger.keep(delivery("halfway"))
    connection(ledger).execute("insert or rollback into deliveries select * from deliveries")


def losing_all_unnoticed(ledger: Ledger) -> None:
    """The same inside an attempt whose error is swallowed, as where a mirror fails, with a write after it."""
    with suppress(sqlite3.Error), ledger.attempt():
        losing_all(ledger)
    ledger.keep(delivery("afterwards"))


def losing_all_and_trying_again(ledger: Ledger) -> None:
    """The same, with another attempt after it."""
    with suppress(sqlite3.Error), ledger.attempt():
        losing_all(ledger)
    with ledger.attempt():
        ledger.keep(delivery("afterwards"))


def raising(error: BaseException) -> Step:
    """A write that fails after it has written."""

    def step(ledger: Ledger) -> NoReturn:
        ledger.keep(delivery("halfway"))
        raise error

    return step


@asynccontextmanager
async def traced(path: Path) -> AsyncIterator[tuple[Books, list[str]]]:
    """A store, and the statements that begin and end its transactions."""
    statements: list[str] = []
    async with opened(path, lambda conn: conn.set_trace_callback(statements.append)) as store:
        yield Books(store), statements


class TestGroupCommit:
    """Writes that wait share an fsync."""

    async def test_writes_that_wait_share_a_commit(self, path: Path) -> None:
        """Fifty of them cost one."""
        async with traced(path) as (books, statements):
            await books.together(*(keeping(f"d{n}") for n in range(50)))
        assert statements.count("commit") == 2  # the one they waited for, and their own

    async def test_a_transaction_begins_immediate(self, path: Path) -> None:
        """A deferred one would fail when it turns from reading to writing."""
        async with traced(path) as (books, statements):
            await books.write(keeping("d1"))
        assert {one for one in statements if one.startswith("begin")} == {"begin immediate"}

    async def test_a_commit_has_a_limit(self, path: Path) -> None:
        """However many wait, the first are answered before the last are begun."""
        async with traced(path) as (books, statements):
            results = await books.together(*(keeping(f"d{n}") for n in range(MOST_TOGETHER + 1)))
        assert results == list(range(1, MOST_TOGETHER + 2))
        assert statements.count("commit") == 3

    async def test_nobody_is_answered_before_the_commit_returns(self, path: Path) -> None:
        """While it is under way its caller waits, and nobody else sees what was written."""
        begun, go = threading.Event(), threading.Event()

        def slow(statement: str) -> None:
            if statement == "commit":
                begun.set()
                go.wait(PATIENCE)

        async with opened(path, lambda conn: conn.set_trace_callback(slow)) as store:
            writing = asyncio.create_task(Books(store).write(keeping("d1")))
            await asyncio.to_thread(begun.wait, PATIENCE)
            await asyncio.sleep(0.02)
            assert (writing.done(), column(path, KEPT)) == (False, [])
            go.set()
            await writing

    async def test_every_commit_is_synced(self, path: Path) -> None:
        """FULL: a power cut takes nothing that was answered."""
        async with opened(path) as store:
            level = await Books(store).write(
                lambda ledger: connection(ledger).execute("pragma synchronous").fetchone()
            )
        assert level == (2,)

    async def test_closing_finishes_what_waits(self, path: Path) -> None:
        """Everybody who asked before is answered."""
        async with opened(path) as store:
            waiting = [asyncio.create_task(store.write("one", keeping(f"d{n}"))) for n in range(30)]
            await asyncio.sleep(0)
        assert await asyncio.gather(*waiting) == list(range(1, 31))

    async def test_a_closed_store_says_so(self, path: Path) -> None:
        """Who comes too late hears it, rather than waiting for ever."""
        async with opened(path) as store:
            pass
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(store.write("one", keeping("d1")), 1)

    async def test_who_comes_while_it_closes_hears_it_too(self, path: Path) -> None:
        """Behind the last write there is nobody to wait for."""
        go, context = threading.Event(), opened(path)
        store = await context.__aenter__()
        last = asyncio.create_task(store.write("one", lambda _: go.wait(PATIENCE)))
        await asyncio.sleep(0.02)
        closing = asyncio.create_task(context.__aexit__(None, None, None))
        await asyncio.sleep(0.02)
        late = asyncio.create_task(store.write("one", keeping("d1")))
        await asyncio.sleep(0.02)
        go.set()
        await asyncio.gather(last, closing)
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(late, 1)

    async def test_a_slow_read_holds_up_no_write(self, path: Path) -> None:
        """Readers stand beside the writer, not before it."""
        go = threading.Event()
        async with opened(path) as store:
            reading = asyncio.create_task(store.read("one", lambda _: go.wait(PATIENCE)))
            assert await Books(store).write(keeping("d1")) == 1
            go.set()
            await reading

    async def test_news_wakes_all_who_wait(self, path: Path) -> None:
        """A hundred long polls, one commit."""
        async with opened(path) as store:
            waiting = [asyncio.create_task(store.moved(store.commits, PATIENCE)) for _ in range(100)]
            await asyncio.sleep(0)
            await Books(store).write(keeping("d1"))
            await asyncio.wait_for(asyncio.gather(*waiting), 1)


class TestFailures:
    """What goes wrong in one write, and what goes wrong for all."""

    @pytest.mark.parametrize("place", [0, 1, 2])
    @pytest.mark.parametrize("lose", [losing_all, losing_all_unnoticed, losing_all_and_trying_again])
    async def test_a_lost_transaction_answers_nobody(self, path: Path, place: int, lose: Step) -> None:
        """An error that rolls everything back is everybody's, and nothing is half done."""
        steps = [keeping("d1"), keeping("d2")]
        steps.insert(place, lose)
        async with opened(path) as store:
            results = await Books(store).together(*steps)
        assert [type(one) for one in results] == [StorageUnavailable] * 3
        assert column(path, KEPT) == []

    async def test_after_a_lost_transaction_a_new_one_follows(self, path: Path) -> None:
        """The next batch is kept, in one transaction of its own."""
        async with traced(path) as (books, statements):
            await books.together(losing_all)
            before = len(statements)
            await books.write(lambda ledger: put(ledger, booking()))
        assert [one for one in statements[before:] if one.startswith(("begin", "commit"))] == [
            "begin immediate",
            "commit",
        ]
        assert column(path, "select uid from bookings") == ["b1"]

    async def test_a_commit_that_fails_answers_nobody(self, path: Path) -> None:
        """The transaction is still open then, and is rolled back."""

        def prepare(conn: sqlite3.Connection) -> None:
            conn.execute("pragma foreign_keys = on")
            conn.execute("create table parents (id integer primary key)")
            conn.execute("create table children (id references parents deferrable initially deferred)")

        def orphan(ledger: Ledger) -> None:
            connection(ledger).execute("insert into children values (1)")

        async with opened(path, prepare) as store:
            results = await Books(store).together(keeping("d1"), orphan)
            assert [type(one) for one in results] == [StorageUnavailable] * 2
            assert await Books(store).write(keeping("d2")) == 1
        assert column(path, KEPT) == ["d2"]

    @pytest.mark.parametrize(
        "error",
        [ValueError("no"), MemoryError(), RecursionError(), StopIteration(), SystemExit(1)],
        ids=lambda error: type(error).__name__,
    )
    async def test_no_error_stops_the_writer(self, path: Path, error: BaseException) -> None:
        """Whatever a step raises, its caller hears of an error, the others are kept, and work goes on."""
        async with opened(path) as store:
            books = Books(store, patience=0.5)
            results = await books.together(keeping("d1"), raising(error), keeping("d2"))
            assert [type(one) for one in results if isinstance(one, TimeoutError)] == []
            assert (results[0], isinstance(results[1], BaseException), results[2]) == (1, True, 2)
            await books.write(keeping("d3"))
        assert column(path, KEPT) == ["d1", "d2", "d3"]

    async def test_a_refusal_of_the_databases_is_not_shown_through(self, path: Path) -> None:
        """Services know our own errors; a driver's would tie them to it."""
        async with opened(path) as store:
            books = Books(store)
            await books.write(lambda ledger: ledger.insert(command("c1")))
            (refused,) = await books.together(lambda ledger: ledger.insert(command("c2")))
        assert isinstance(refused, Exception)
        assert not isinstance(refused, sqlite3.Error)

    async def test_a_broken_file_is_a_storage_error(self, path: Path) -> None:
        """It is no bug of a caller's: it is answered 503 and seen by `readyz`."""
        async with opened(path) as store:
            (refused,) = await Books(store).together(raising(sqlite3.DatabaseError("malformed")))
        assert isinstance(refused, StorageUnavailable)

    @pytest.mark.parametrize(
        "error", [sqlite3.OperationalError("disk I/O error"), sqlite3.DatabaseError("malformed")]
    )
    async def test_a_read_that_fails_is_a_storage_error(self, path: Path, error: sqlite3.Error) -> None:
        """And the next read works."""

        def query(_: Ledger) -> NoReturn:
            raise error

        async with opened(path) as store:
            with pytest.raises(StorageUnavailable):
                await store.read("one", query)
            assert await store.read("one", lambda ledger: ledger.last(["*"])) == 0

    async def test_a_reader_that_cannot_be_opened(self, path: Path) -> None:
        """Is tried again at the next read."""
        tries: list[sqlite3.Connection | None] = []

        def open_reader() -> sqlite3.Connection:
            tries.append(None)
            if len(tries) == 1:
                raise sqlite3.OperationalError("unable to open database file")
            return sqlite3.connect(path, isolation_level=None, check_same_thread=False)

        async with opened(path):
            runner = Runner(
                SqliteLedger,
                lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False),
                open_reader,
            )
            async with runner:
                with pytest.raises(StorageUnavailable):
                    await runner.read("one", lambda ledger: ledger.last(["*"]))
                assert await runner.read("one", lambda ledger: ledger.last(["*"])) == 0

    async def test_an_open_failure_is_told_at_once(self, tmp_path: Path) -> None:
        """A writer that cannot be opened fails the start, with no thread left behind."""

        def open_writer() -> Any:
            raise sqlite3.OperationalError("unable to open database file")

        before = threading.active_count()
        with pytest.raises(sqlite3.OperationalError):
            async with Runner(SqliteLedger, open_writer, open_writer):
                pass
        assert threading.active_count() == before
