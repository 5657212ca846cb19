"""Any store: what a write does is done wholly or not at all, and whoever waits hears of it."""

import asyncio
import time

import pytest

from gateway.ports import Ledger, Store
from tests.store.making import BY_MAYA, NOON, Books, booking, delivery, line, put


class Broken(Exception):
    """Raised by the tests themselves."""


def keeping(digest: str) -> "Keeping":
    """A write that keeps a delivery and gives back its digest."""
    return Keeping(digest)


class Keeping:
    """A step with a result of its own."""

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def __call__(self, ledger: Ledger) -> str:
        """Keep it."""
        ledger.keep(delivery(self.digest))
        return self.digest


def failing(ledger: Ledger) -> None:
    """Write something, then fail."""
    put(ledger, booking("lost"))
    raise Broken


class Writing:
    """Transactions, savepoints, and news of a commit."""

    async def test_a_write_gives_back_its_result(self, books: Books) -> None:
        """What the step returns, the caller gets, after the commit."""
        assert await books.write(keeping("d1")) == "d1"
        assert await books.read(lambda ledger: ledger.delivered("d1")) is not None

    async def test_a_read_gives_back_its_result(self, books: Books) -> None:
        """What the query returns, the caller gets."""
        assert await books.read(lambda ledger: ledger.account) == "one"

    async def test_the_error_of_a_write_reaches_its_caller(self, books: Books) -> None:
        """It is the very error, so that a refusal stays a refusal."""
        with pytest.raises(Broken):
            await books.write(failing)

    async def test_the_error_of_a_read_reaches_its_caller(self, books: Books) -> None:
        """A query that raises NotFound is answered with NotFound."""

        def query(_: Ledger) -> None:
            raise Broken

        with pytest.raises(Broken):
            await books.read(query)

    async def test_a_write_that_fails_leaves_nothing(self, books: Books) -> None:
        """Booking, seats, journal and counter are as they were."""
        with pytest.raises(Broken):
            await books.write(failing)
        assert await books.held("lost") is None
        assert await books.last(BY_MAYA) == 0
        assert await books.put(booking()) == [1]

    async def test_each_of_many_writes_stands_for_itself(self, books: Books) -> None:
        """Those beside a failing one are kept, and each caller hears what became of his own."""
        results = await books.together(keeping("d1"), failing, keeping("d2"))
        assert [results[0], type(results[1]), results[2]] == ["d1", Broken, "d2"]
        found = await books.read(lambda ledger: [ledger.delivered(one) is None for one in ("d1", "d2")])
        assert found == [False, False]

    async def test_waiting_writes_are_carried_out_in_order(self, books: Books) -> None:
        """Who came first gets the lower number."""
        steps = [lambda ledger, n=n: ledger.append(line(f"b{n}"), ["*"], NOON) for n in range(20)]
        assert await books.together(*steps) == list(range(1, 21))

    async def test_an_attempt_is_undone_alone(self, books: Books) -> None:
        """What fails inside is gone, its error goes on, and what was written before it stays."""

        def step(ledger: Ledger) -> None:
            ledger.keep(delivery("d1"))
            with pytest.raises(Broken), ledger.attempt():
                failing(ledger)
            ledger.keep(delivery("d2"))

        await books.write(step)
        kept = await books.read(lambda ledger: ledger.deliveries(None, None, 9))
        assert [one.delivery.digest for one in kept] == ["d2", "d1"]
        assert await books.held("lost") is None

    async def test_an_attempt_that_succeeds_is_kept(self, books: Books) -> None:
        """It is committed with the write it belongs to."""

        def step(ledger: Ledger) -> None:
            with ledger.attempt():
                ledger.keep(delivery("d1"))

        await books.write(step)
        assert await books.read(lambda ledger: ledger.delivered("d1")) is not None

    async def test_attempts_may_be_nested(self, books: Books) -> None:
        """The inner one's failure leaves the outer one's work alone."""

        def step(ledger: Ledger) -> None:
            with ledger.attempt():
                ledger.keep(delivery("d1"))
                with pytest.raises(Broken), ledger.attempt():
                    failing(ledger)

        await books.write(step)
        assert await books.read(lambda ledger: ledger.delivered("d1")) is not None

    async def test_who_hangs_up_takes_nothing_back(self, books: Books) -> None:
        """A caller that goes away before the answer leaves the others theirs."""
        leaving = asyncio.create_task(books.write(keeping("d1")))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await books.write(keeping("d2")) == "d2"

    async def test_a_read_writes_nothing(self, books: Books) -> None:
        """Whoever only reads cannot change anything, even by mistake."""
        writing = asyncio.create_task(books.read(lambda ledger: ledger.keep(delivery("d1"))))
        await asyncio.wait([writing])
        assert writing.exception() is not None
        assert await books.read(lambda ledger: ledger.delivered("d1")) is None

    async def test_a_mark_can_be_written(self, books: Books) -> None:
        """The mark that proves the store can be written shows nowhere."""
        await books.write(lambda ledger: ledger.beat())
        assert await books.last("*") == 0

    async def test_the_identity_stays(self, books: Books, store: Store) -> None:
        """One id for the whole database, whatever is written."""
        before = await books.read(lambda ledger: ledger.identity())
        await books.write(lambda ledger: ledger.beat())
        assert before
        assert await Books(store, "two").read(lambda ledger: ledger.identity()) == before

    async def test_a_commit_is_news(self, books: Books, store: Store) -> None:
        """Who waits for the store to move is woken by the next commit."""
        seen = store.commits
        waiting = asyncio.create_task(store.moved(seen, 5))
        await asyncio.sleep(0)
        await books.write(keeping("d1"))
        await asyncio.wait_for(waiting, 1)
        assert store.commits > seen

    async def test_news_that_came_before_needs_no_waiting(self, books: Books, store: Store) -> None:
        """Nothing is lost between looking and waiting."""
        seen = store.commits
        await books.write(keeping("d1"))
        await asyncio.wait_for(store.moved(seen, 5), 1)

    async def test_waiting_for_news_has_an_end(self, store: Store) -> None:
        """Without a commit it returns after the given time."""
        began = time.monotonic()
        await asyncio.wait_for(store.moved(store.commits, 0.05), 2)
        assert time.monotonic() - began >= 0.04

    async def test_a_failed_write_is_no_news(self, books: Books, store: Store) -> None:
        """Nothing was written, so nobody need look."""
        await books.write(keeping("d1"))
        seen = store.commits
        with pytest.raises(Broken):
            await books.write(failing)
        assert store.commits == seen
