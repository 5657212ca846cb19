"""The bell: whoever waits for news of somebody's bookings is woken by the commit that brings it.

The journal itself is the queue: nothing is handed over here but the fact that there may be more to
read. Everything runs on the event loop; what a write has stirred comes from `runner.py`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

Key = tuple[str, str]


class Ear:
    """Somebody who waits for news of some people in one account."""

    def __init__(self, bell: "Bell", account: str) -> None:
        self._bell = bell
        self._account = account
        self._keys: frozenset[Key] = frozenset()
        self._rung = asyncio.Event()

    def listen(self, keys: Iterable[str]) -> bool:
        """Wait for news of these from now on; True when they are others than before."""
        wanted = frozenset((self._account, key) for key in keys)
        if wanted == self._keys:
            return False
        self._bell.move(self, self._keys, wanted)
        self._keys = wanted
        return True

    def ring(self) -> None:
        """There may be news."""
        self._rung.set()

    @property
    def silent(self) -> bool:
        """True when the service is about to stop: nothing more will be rung."""
        return self._bell.silent

    async def rung(self, within: float) -> bool:
        """True once there may be news; False after so many seconds, and at once when nothing more will be rung."""
        try:
            async with asyncio.timeout(0 if self.silent else within):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return not self.silent

    def leave(self) -> None:
        """Wait for nothing any more."""
        self.listen(())


class Bell:
    """Who waits for whom. `silent` once nothing more will be rung."""

    def __init__(self) -> None:
        self.silent = False
        self._ears: defaultdict[Key, set[Ear]] = defaultdict(set)

    @contextmanager
    def ear(self, account: str) -> Iterator[Ear]:
        """An ear for as long as the context lasts."""
        ear = Ear(self, account)
        try:
            yield ear
        finally:
            ear.leave()

    def move(self, ear: Ear, before: Iterable[Key], after: Iterable[Key]) -> None:
        """Let an ear listen for others than before."""
        for key in before:
            self._ears[key].discard(ear)
            if not self._ears[key]:
                del self._ears[key]
        for key in after:
            self._ears[key].add(ear)

    def ring(self, account: str, keys: Iterable[str]) -> None:
        """There is news of these people."""
        for key in keys:
            for ear in self._ears.get((account, key), ()):
                ear.ring()

    def hush(self) -> None:
        """Wake everybody, for good."""
        self.silent = True
        for ears in list(self._ears.values()):
            for ear in ears:
                ear.ring()
