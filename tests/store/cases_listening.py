"""Any store: whoever listens for somebody's news is woken by the commit that brings it, and by no other."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.ports import Ear, Ledger, Store
from tests.store.making import BY_JONAS, BY_MAYA, NOON, Books, booking, later, line

SOON, SILENCE = 2.0, 0.1


async def heard(ear: Ear, within: float = SILENCE) -> bool:
    """Whether there was news by then."""
    return await ear.rung(within)


def fails(ledger: Ledger) -> None:
    """A write that comes to nothing."""
    ledger.append(line(), [BY_MAYA], NOON)
    raise LookupError


class Listening:
    """Ears and the bell."""

    async def test_news(self, books: Books, store: Store) -> None:
        """A line for one of the keys is heard, once, and may be read by then."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA, "attendee:maya@example.com"])
            await books.append(line(), ["*", BY_MAYA])
            assert (await heard(ear, SOON), await books.last(BY_MAYA)) == (True, 1)
            assert not await heard(ear)

    async def test_news_while_waiting(self, books: Books, store: Store) -> None:
        """Who waits is woken."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA])
            waiting = asyncio.create_task(ear.rung(SOON))
            await asyncio.sleep(0)
            await books.append(line(), [BY_MAYA])
            assert await waiting

    @pytest.mark.parametrize(
        "step",
        [
            lambda ledger: ledger.append(line(), ["*", BY_JONAS], NOON),
            lambda ledger: ledger.save(booking("b1")),
            lambda ledger: ledger.reach("mark", NOON),
        ],
    )
    async def test_no_news(self, books: Books, store: Store, step: Callable[[Ledger], Any]) -> None:
        """Another's line is no news, and a write without a line is nobody's."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA])
            await books.write(step)
            assert not await heard(ear)

    async def test_another_account(self, store: Store) -> None:
        """The same key in another account is somebody else."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA])
            await Books(store, "two").append(line(), [BY_MAYA])
            assert not await heard(ear)

    async def test_a_failed_write(self, books: Books, store: Store) -> None:
        """What was not committed is no news."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA])
            with pytest.raises(LookupError):
                await books.write(fails)
            assert not await heard(ear)

    async def test_an_address_that_moves(self, books: Books, store: Store) -> None:
        """Whoever comes with the old or the new address of a host may find other bookings from now on."""
        await books.write(lambda ledger: ledger.learn_host(7, "old@example.com", NOON))
        with store.listening("one") as old, store.listening("one") as new:
            old.listen(["host:old@example.com"])
            new.listen(["host:new@example.com"])
            await books.write(lambda ledger: ledger.learn_host(7, "new@example.com", later(1)))
            assert (await heard(old, SOON), await heard(new, SOON)) == (True, True)

    async def test_listening_for_others(self, books: Books, store: Store) -> None:
        """It is told whether the keys are others than before; the former ones are heard no more."""
        with store.listening("one") as ear:
            told = [ear.listen(keys) for keys in ([BY_MAYA], [BY_MAYA], [BY_JONAS])]
            await books.append(line(), [BY_MAYA])
            assert (told, await heard(ear)) == ([True, False, True], False)

    async def test_gone_away(self, books: Books, store: Store) -> None:
        """After the context nothing is heard, and nothing is kept for it."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA])
        await books.append(line(), [BY_MAYA])
        assert not await heard(ear)

    async def test_hush(self, store: Store) -> None:
        """Everybody is woken, for good."""
        with store.listening("one") as ear:
            ear.listen([BY_MAYA])
            waiting = asyncio.create_task(ear.rung(SOON))
            await asyncio.sleep(0)
            store.hush()
            assert not await asyncio.wait_for(waiting, 1)
            assert (ear.silent, await asyncio.wait_for(ear.rung(SOON), 1)) == (True, False)
