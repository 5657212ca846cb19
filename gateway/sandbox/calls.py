"""What was asked of the API and what became of it, call by call, so that a test can ask afterwards.

Bodies and credentials are not kept.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.sandbox.times import millis


@dataclass
class Call:
    """One call. `status` stays None while it is under way and when it is never answered; `effect`: it changed a booking."""

    seq: int
    method: str
    path: str
    route: str
    uid: str | None
    started: datetime
    ended: datetime | None = None
    status: int | None = None
    effect: bool = False

    def shown(self) -> dict[str, Any]:
        """Show it as the control route does."""
        ended = None if self.ended is None else millis(self.ended)
        return {**vars(self), "started": millis(self.started), "ended": ended}


@dataclass
class Calls:
    """All calls, oldest first."""

    calls: list[Call] = field(default_factory=list)

    def begin(self, method: str, path: str, route: str, uid: str | None, at: datetime) -> Call:
        """Note that a call has come in."""
        call = Call(len(self.calls) + 1, method, path, route, uid, at)
        self.calls.append(call)
        return call

    def shown(self, route: str | None = None, uid: str | None = None) -> list[dict[str, Any]]:
        """List the calls of a route and about a booking; None means all."""
        return [c.shown() for c in self.calls if route in (None, c.route) and uid in (None, c.uid)]
