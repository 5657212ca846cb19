"""The rate limiter: so many calls in a window, then blocked for a while; calls made while blocked still count.

Pure: the instant is an argument, in seconds (apps/api/v2/src/lib/throttler-guard.ts with @nest-lab's Redis
storage). Who shares a count is `access.py`'s affair.
"""

import math
from dataclasses import dataclass, field

from gateway.sandbox.world import Settings


@dataclass(frozen=True)
class Count:
    """Where a caller stands after a call; `reset` is in seconds from now, not an instant."""

    limit: int
    remaining: int
    reset: int
    blocked: bool

    @property
    def headers(self) -> dict[str, str]:
        """The three headers every counted answer carries."""
        return {
            "X-RateLimit-Limit-Default": str(self.limit),
            "X-RateLimit-Remaining-Default": str(self.remaining),
            "X-RateLimit-Reset-Default": str(self.reset),
        }


@dataclass
class _Window:
    ends: float
    hits: int = 0
    blocked_until: float = 0.0


@dataclass
class Limiter:
    """The windows of all callers."""

    windows: dict[str, _Window] = field(default_factory=dict)

    def hit(self, caller: str, limit: int, settings: Settings, at: float, *, spent: bool = False) -> Count:
        """Count one call; `spent`: as one too many, of a window that is over when the block is."""
        window = self.windows.get(caller)
        if window is None or window.ends <= at:
            blocked_until = window.blocked_until if window else 0.0
            window = self.windows[caller] = _Window(at + settings.window, blocked_until=blocked_until)
        if spent:
            window.hits, window.ends = max(window.hits, limit), min(window.ends, at + settings.block)
        window.hits += 1
        if window.hits > limit and window.blocked_until <= at:
            window.blocked_until = at + settings.block
        blocked = window.blocked_until > at
        until = window.blocked_until if blocked else window.ends
        return Count(limit, max(0, limit - window.hits), math.ceil(until - at), blocked)
