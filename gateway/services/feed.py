"""The change feed: whoever wants to know at once is told when the journal has grown for them.

The journal is the queue. A follower keeps a place in it and reads on from there when the bell rings, so
that nothing piles up for those who read slowly, and nothing is missing for those who come back. The
keys are read anew together with the lines: access that moves, moves at once.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.domain.people import Caller
from gateway.ports import Ledger
from gateway.records import Line
from gateway.services.portal import Portal

TOGETHER = 100
"""Lines in one reading."""
QUIET_SECONDS = 5.0
"""After so long without news a follower is told that there is none, so as to see whether they may still listen."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Follows the journal for many callers at once."""

    portal: Portal

    async def place(self, caller: Caller) -> tuple[int, int]:
        """The caller's own last number, and the journal's: no place lies beyond that."""

        def read(ledger: Ledger) -> tuple[int, int]:
            return ledger.last(self.portal.keys(ledger, caller)), ledger.counted()

        return await self.portal.store.read(caller.account, read)

    async def follow(self, caller: Caller, since: int) -> AsyncIterator[list[Line]]:
        """The caller's lines after `since`, in order, each once, for as long as the service runs.

        An empty list means that there was no news for a while.
        """
        with self.portal.store.listening(caller.account) as ear:
            while not ear.silent:
                keys, lines = await self._read(caller, since)
                if ear.listen(keys):
                    continue  # something for these may have come between reading and listening
                if lines:
                    since = lines[-1].seq
                    yield lines
                    continue
                while not await ear.rung(QUIET_SECONDS) and not ear.silent:
                    yield []

    async def changed(self, caller: Caller, held: int, within: float) -> int:
        """The caller's number once it is no longer `held`, or after so many seconds."""
        with self.portal.store.listening(caller.account) as ear:
            try:
                async with asyncio.timeout(within):
                    while True:
                        keys, seq = await self._standing(caller)
                        if seq != held or ear.silent:
                            return seq
                        if not ear.listen(keys):
                            await ear.rung(within)
            except TimeoutError:
                return held

    async def _read(self, caller: Caller, since: int) -> tuple[tuple[str, ...], list[Line]]:
        def read(ledger: Ledger) -> tuple[tuple[str, ...], list[Line]]:
            keys = self.portal.keys(ledger, caller)
            return keys, ledger.changes(keys, since, TOGETHER)

        return await self.portal.store.read(caller.account, read)

    async def _standing(self, caller: Caller) -> tuple[tuple[str, ...], int]:
        def read(ledger: Ledger) -> tuple[tuple[str, ...], int]:
            keys = self.portal.keys(ledger, caller)
            return keys, ledger.last(keys)

        return await self.portal.store.read(caller.account, read)
