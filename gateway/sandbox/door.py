"""Whether connections are taken: a mood can shut the door for a while, and it opens again by itself.

On a socket `serve.py` stops listening meanwhile; in one process `app.py` tells the caller the same.
"""

import asyncio
import time


class Door:
    """Open, until it is shut for some seconds."""

    def __init__(self) -> None:
        self._until = 0.0
        self._moved = asyncio.Event()

    @property
    def left(self) -> float:
        """For how many seconds it stays shut; 0 when it is open."""
        return max(0.0, self._until - time.monotonic())

    def shut(self, seconds: float) -> None:
        """Take no connections for so long; what is shut already does not open sooner."""
        self._until = max(self._until, time.monotonic() + seconds)
        self._moved.set()

    def open(self) -> None:
        """Take connections again."""
        self._until = 0.0
        self._moved.set()

    async def shutting(self) -> None:
        """Wait until it is shut."""
        while not self.left:
            self._moved.clear()
            await self._moved.wait()

    async def opening(self) -> None:
        """Wait until it is open."""
        while left := self.left:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                continue
