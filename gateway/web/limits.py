"""How often within a minute: one counter per person or peer address, in bounded memory.

Windows are fixed, a minute from the first of a key, so that a key costs two numbers. Time comes as an
argument. What is counted, and for whom, is the caller's affair.
"""

import math
from datetime import datetime

from gateway.domain.errors import TooMany

WINDOW = 60.0


class Limiter:
    """Lets `per_minute` of each key pass; remembers at most `keys` keys and forgets the oldest first."""

    def __init__(self, per_minute: int, keys: int = 10_000) -> None:
        self._per_minute = per_minute
        self._keys = keys
        self._windows: dict[str, tuple[float, int]] = {}  # key -> start in seconds, count; oldest start first

    def count(self, key: str, now: datetime) -> None:
        """Count one more for `key`. Raises TooMany with `retry_after` in whole seconds when it is one too many."""
        moment = now.timestamp()
        start, counted = self._windows.get(key, (moment, 0))
        if not 0 <= moment - start < WINDOW:
            start, counted = moment, 0
        if counted >= self._per_minute:
            raise TooMany(retry_after=math.ceil(start + WINDOW - moment))
        if not counted:
            self._begin(key, moment)
        self._windows[key] = (start, counted + 1)

    def _begin(self, key: str, moment: float) -> None:
        """Put the key last in the order of starts, and drop what has ended or is one too many."""
        self._windows.pop(key, None)
        while self._windows:
            oldest = next(iter(self._windows))
            ended = moment - self._windows[oldest][0] >= WINDOW
            if not ended and len(self._windows) < self._keys:
                break
            del self._windows[oldest]
