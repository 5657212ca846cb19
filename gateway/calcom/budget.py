"""How many calls one credential may make: our own limit below Cal.com's, shared by rank.

Cal.com grants a key 120 calls a minute and blocks it for a minute when they are passed, counting on
while it is blocked (`apps/api/v2/src/lib/throttler-guard.ts`; measured on 6.0.2). So 20 are never used,
and what can wait leaves room for what cannot. Pure: time comes in, as seconds of any steady clock.
"""

from collections import deque
from enum import StrEnum
from math import inf

QUOTA = 120
WINDOW_SECONDS = 60.0
ROUNDING_SECONDS = 2.0
"""How far apart two answers may place the end of the same window: they count whole seconds."""


class Rank(StrEnum):
    """What a call is for."""

    COMMAND = "command"
    LOOK = "look"
    RECONCILE = "reconcile"


CEILINGS = {Rank.COMMAND: 100, Rank.LOOK: 90, Rank.RECONCILE: 60}
"""How many calls of all ranks together may have been made in the last minute before a rank has to wait."""


class Budget:
    """The calls made with one credential, by us and, as far as Cal.com's answers tell, by others."""

    def __init__(self) -> None:
        self._calls: deque[float] = deque()
        self._used = 0
        self._resets = -inf
        self._blocked = -inf

    def take(self, rank: str, now: float) -> float:
        """0.0: go, and the call is counted. Otherwise the seconds to wait, and nothing is counted."""
        self._forget(now)
        wait = self._wait(CEILINGS[Rank(rank)], now)
        if wait == 0:
            self._calls.append(now)
            self._used += 1
        return wait

    def block(self, until: float) -> None:
        """Let nothing through before `until`, as after a 429."""
        self._blocked = max(self._blocked, until)

    def learn(self, remaining: int, reset: float, sent: float) -> None:
        """Take over what Cal.com said of its own window in answer to a call made at `sent`.

        `remaining` calls were left to it for the next `reset` seconds, before those we made since.
        """
        used = QUOTA - remaining + sum(call > sent for call in self._calls)
        resets = sent + reset
        if resets > self._resets + ROUNDING_SECONDS:
            self._used, self._resets = used, resets
        elif resets >= self._resets - ROUNDING_SECONDS:
            self._used = max(self._used, used)

    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0] <= now - WINDOW_SECONDS:
            self._calls.popleft()
        if self._resets <= now:
            self._used = 0

    def _wait(self, ceiling: int, now: float) -> float:
        waits = [0.0, self._blocked - now]
        if len(self._calls) >= ceiling:
            waits.append(self._calls[-ceiling] + WINDOW_SECONDS - now)
        if self._used >= ceiling:
            waits.append(self._resets - now)
        return max(waits)
