"""Reconcile: Cal.com is asked what is true, and the differences are mirrored. Webhooks are news; this is the truth.

A cycle reads what has changed since the last one, with an overlap, and what waits for an answer; once
an hour everything that lies ahead instead, because some changes leave no date of change. Each row is
an observation like any other; what a list cannot settle (it may be read from a copy that lags behind)
becomes a look. How far the changes were read is written together with the rows, so that a cycle goes
on where the last one was killed, however long ago. Whose bookings are ours is `strangers.py`'s affair.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from gateway.domain.booking import Observation, Status
from gateway.domain.errors import StorageUnavailable
from gateway.ports import CalCom, Clock, Ledger, Limited, Missing, Rejected, Store, Unsent
from gateway.records import Listing, Look, Page, View
from gateway.services.looks import Looks
from gateway.services.mirror import RECONCILED, observe
from gateway.services.strangers import Strangers

CHANGES, AHEAD, FINISHED = "changes", "ahead", "finished"
"""How far: the changes are read (Cal.com's time), all that lies ahead was compared, a cycle was finished (our time)."""
OVERLAP = timedelta(minutes=10)
FIRST = timedelta(days=1)
"""How far back the first cycle of all reads changes. What is older is brought in by a backfill."""
WHOLE_EVERY = timedelta(hours=1)
ASKED_AGAIN = timedelta(minutes=10)
"""A request that a list does not show although it is there (the key may not see it) is looked at so often."""
FORGOTTEN = timedelta(days=1)
AT_ONCE = 60
"""Bookings to be asked about one by one because of one list."""
TRIES = 3
"""How often the pages at one time are read anew because rows have moved between them."""
TOGETHER = 20
"""Rows in one write: webhooks wait behind it."""
LONGEST_WAIT = 60.0
log = structlog.get_logger()


@dataclass(slots=True)
class Round:
    """One comparison with Cal.com, while it runs and after: `state` is running, done or failed.

    `rows` were read, of which `repaired` changed a booking and `failed` could not be mirrored; of
    `asked` bookings the list did not show what was expected, and they are looked at one by one.
    """

    began: datetime
    since: datetime | None = None
    state: str = "running"
    ended: datetime | None = None
    rows: int = 0
    repaired: int = 0
    failed: int = 0
    asked: int = 0
    error: str | None = None


T = TypeVar("T")
Notice = Callable[[Round], object]
Work = Callable[[str, Round], Awaitable[None]]


class Reconcile:
    """Compares with Cal.com, one round at a time."""

    def __init__(
        self, store: Store, calcom: CalCom, clock: Clock, strangers: Strangers, looks: Looks
    ) -> None:
        self.latest: Round | None = None
        self._store = store
        self._calcom = calcom
        self._clock = clock
        self._strangers = strangers
        self.looks = looks
        self._asked: dict[str, datetime] = {}
        self._notice: Notice = lambda _: None
        self._running = asyncio.Lock()

    async def cycle(self, account: str, notice: Notice = lambda _: None) -> Round:
        """Compare what has changed and what is open, mirror the differences, take the looks that came of it."""
        return await self._round(account, Round(self._clock()), self._cycle, notice)

    async def backfill(self, account: str, since: datetime, notice: Notice = lambda _: None) -> Round:
        """Bring in every booking that was changed or begins since then; in UTC."""
        return await self._round(account, Round(self._clock(), since), self._backfill, notice)

    async def _round(self, account: str, found: Round, work: Work, notice: Notice) -> Round:
        async with self._running:
            self.latest, self._notice = found, notice
            found.error = await self._error(account, work(account, found))
            found.state, found.ended = "failed" if found.error else "done", self._clock()
            notice(found)
        telling = log.warning if found.error else log.info if found.repaired or found.asked else log.debug
        telling(
            "reconcile.done", rows=found.rows, repaired=found.repaired, asked=found.asked, error=found.error
        )
        return found

    async def _error(self, account: str, work: Awaitable[None]) -> str | None:
        try:
            await work
            await self.looks.take(account)
        except Unsent:
            return "calcom-unreachable"
        except (Rejected, Missing):
            return "calcom-refused"
        except StorageUnavailable:
            return "storage-unavailable"
        except Exception:
            log.exception("reconcile.failed")
            return "unexpected"
        return None

    async def _cycle(self, account: str, found: Round) -> None:
        await self._patiently(self._strangers.learn_whose_key)
        now = self._clock()
        changes, whole = await self._store.read(
            account, lambda ledger: (ledger.reached(CHANGES), ledger.reached(AHEAD))
        )
        after = changes - OVERLAP if changes else now - FIRST
        async for page in self._pages(Listing(View.CHANGED, after)):
            await self._mirror(account, found, page, mark=CHANGES)
        if whole is None or now - whole >= WHOLE_EVERY:
            await self._compare(account, found, Listing(View.AHEAD, now), (Status.PENDING, Status.ACCEPTED))
            await self._store.write(account, lambda ledger: ledger.reach(AHEAD, now))
        else:
            await self._compare(account, found, Listing(View.UNCONFIRMED), (Status.PENDING,))
        await self._store.write(account, lambda ledger: ledger.reach(FINISHED, now))

    async def _backfill(self, account: str, found: Round) -> None:
        await self._patiently(self._strangers.learn_whose_key)
        for view in (View.CHANGED, View.AHEAD):
            async for page in self._pages(Listing(view, found.since)):
                await self._mirror(account, found, page)

    async def _compare(
        self, account: str, found: Round, listing: Listing, statuses: Sequence[Status]
    ) -> None:
        """Mirror a list, and ask about what is open here and not on it."""
        now = self._clock()
        start = listing.after or now
        expected = await self._store.read(account, lambda ledger: ledger.unasked(statuses, start))
        async for page in self._pages(listing):
            expected -= {row.uid for row in page.rows}
            await self._mirror(account, found, page)
        suspects = self._turns(expected, now)
        found.asked += len(suspects)
        await self._store.write(account, lambda ledger: _ask(ledger, suspects, now))

    def _turns(self, suspects: set[str], now: datetime) -> list[str]:
        """Whose turn it is to be asked about: those who waited longest, and not so many that looks would pile up."""
        known = {uid: at for uid, at in self._asked.items() if now - at < FORGOTTEN}
        turns = sorted((known[uid], uid) if uid in known else (now - FORGOTTEN, uid) for uid in suspects)
        chosen = [uid for at, uid in turns if now - at >= ASKED_AGAIN][:AT_ONCE]
        self._asked = known | dict.fromkeys(chosen, now)
        return chosen

    async def _pages(self, listing: Listing) -> AsyncIterator[Page]:
        """Page after page, each beginning at the time of the last row, so that nothing moves out of sight between two.

        Where more rows share one time than a page holds, the pages at that time are counted, and each
        begins with the row that ended the one before; if it does not, a row has left meanwhile and
        others have slipped past: that time is read anew, a few times.
        """
        last, tries = None, TRIES
        while True:
            page = await self._patiently(partial(self._calcom.listed, listing))
            first, ending = (page.rows[0].uid, page.rows[-1].uid) if page.rows else (None, None)
            if listing.skip and first != last and tries > 0:
                listing, tries = replace(listing, skip=0), tries - 1
                continue
            yield page
            if not page.full or (listing.skip and ending == last):  # a server that pages no further
                return
            if page.last is None or (listing.after is not None and page.last <= listing.after):
                listing, last = replace(listing, skip=listing.skip + page.size - 1), ending
            else:
                listing, tries = Listing(listing.view, page.last), TRIES

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """The call's answer; where the rate budget is spent, after waiting for its next turn."""
        while True:
            try:
                return await call()
            except Limited as limit:
                await asyncio.sleep(min(limit.seconds, LONGEST_WAIT))

    async def _mirror(self, account: str, found: Round, page: Page, mark: str | None = None) -> None:
        found.rows += page.size
        if page.size > len(page.rows):
            log.warning("reconcile.unread", rows=page.size - len(page.rows))
        for place in range(0, len(page.rows), TOGETHER):
            rows = page.rows[place : place + TOGETHER]
            repaired, failed = await self._store.write(account, partial(self._take, rows=rows))
            found.repaired += repaired
            found.failed += failed
        # A row from the future (somebody's clock) must not make the next cycles blind to the present.
        reached = min(page.last, self._clock()) if page.last else None
        if mark is not None and reached is not None:
            await self._store.write(account, lambda ledger: ledger.reach(mark, reached))
        self._notice(found)

    def _take(self, ledger: Ledger, *, rows: Sequence[Observation]) -> tuple[int, int]:
        """Mirror some rows; how many changed a booking, and how many could not be mirrored."""
        now, repaired, failed = self._clock(), 0, 0
        for row in rows:
            known = ledger.booking(row.uid) is not None
            self.looks.sightings.see(ledger, row.uid, now)
            if not self._strangers.ours(ledger, row, known=known):
                continue
            try:
                with ledger.attempt():
                    repaired += observe(ledger, row, now, RECONCILED).verdict == "applied"
            except StorageUnavailable:
                raise
            except Exception as error:
                failed += 1
                log.exception("mirror.failed", source="list", error=type(error).__name__)
        return repaired, failed


def _ask(ledger: Ledger, uids: Sequence[str], now: datetime) -> None:
    for uid in uids:
        ledger.ask(Look(uid, now, cause=RECONCILED))
