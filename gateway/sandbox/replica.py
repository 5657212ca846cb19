"""What the booking list is read from while it lags: a copy of the bookings that is some seconds behind.

Rows are copied only while `list_lag_seconds` is set, whenever a call or a scenario's step begins or ends. Of what was
before that nothing is known, so the list stands still first and follows once the lag has passed.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.sandbox.rows import Booking
from gateway.sandbox.world import World

EVER = datetime.min.replace(tzinfo=UTC)

Versions = list[tuple[datetime, Booking | None]]
"""A row as it was, with when it was first seen so, oldest first; None where there was none."""


@dataclass
class Replica:
    """The former rows of each booking; `behind` by so much, not at all when that is zero."""

    behind: timedelta = timedelta(0)
    rows: dict[str, Versions] = field(default_factory=dict)

    def follow(self, world: World, now: datetime) -> None:
        """Note which rows have changed, and forget what is too old to be shown."""
        started, self.behind = bool(self.behind), timedelta(seconds=world.settings.list_lag_seconds)
        if not self.behind:
            self.rows.clear()
            return
        for uid in self.rows.keys() | world.bookings.keys():
            versions, row = self.rows.setdefault(uid, []), world.bookings.get(uid)
            if not versions or versions[-1][1] != row:
                versions.append((now if started else EVER, deepcopy(row)))
            while len(versions) > 1 and versions[1][0] <= now - self.behind:
                del versions[0]

    def view(self, world: World, now: datetime) -> World:
        """The world with the bookings as the list knows them."""
        return replace(world, bookings=dict(self._shown(now))) if self.behind else world

    def _shown(self, now: datetime) -> Mapping[str, Booking]:
        past = {uid: _as_of(versions, now - self.behind) for uid, versions in self.rows.items()}
        return {uid: row for uid, row in past.items() if row is not None}


def _as_of(versions: Versions, at: datetime) -> Booking | None:
    known = [row for since, row in versions if since <= at]
    return known[-1] if known else None
