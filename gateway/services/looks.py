"""Looks: what webhooks cannot settle is settled by asking Cal.com about one booking.

A look is queued inside the transaction that found it necessary and taken by the worker, never while
a webhook waits. An answer older than what is known is not believed at once (right after a
cancellation the API still shows the old state for some 130 ms), but when it is given a third time.
A booking that Cal.com does not know is believed to be gone when it says so twice, and when it is not
the whole of Cal.com that has gone: another address, another key, an emptied database.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from gateway.domain.booking import Observation, Source, Status
from gateway.domain.rules import Programme
from gateway.ports import CalCom, Clock, Ledger, Limited, Missing, Rejected, Store, Unsent
from gateway.records import MISSING, Look
from gateway.services.mirror import RECONCILED, Mirrored, observe

AGAIN = (2, 10, 60)
"""Seconds until an answer that was not believed is asked for again."""
INSIST_AT = 3
REST = timedelta(seconds=30)
"""How long nothing is asked after Cal.com could not be reached."""
REFUSED_LATER = timedelta(minutes=10)
GONE_AFTER = timedelta(minutes=10)
OFTEN = timedelta(seconds=1)
FEW, SHARE = 5, 0.2
"""More than so many bookings missing, and more than this share of those asked about: no deletion, another Cal.com."""
TOGETHER = 20
IDLE = 60.0
log = structlog.get_logger()


@dataclass(slots=True)
class Sightings:
    """When Cal.com last showed bookings that its own webhooks have told us of: proof that it is the same Cal.com.

    What only its lists have told proves nothing: another Cal.com shows its own.
    """

    last: datetime | None = None
    answered: deque[datetime] = field(default_factory=lambda: deque(maxlen=10_000))

    def see(self, ledger: Ledger, uid: str, now: datetime) -> None:
        """A booking was shown, by look or by list."""
        if (self.last is None or now - self.last > OFTEN) and ledger.told(uid):
            self.last = now

    def since(self, then: datetime) -> bool:
        """True when one was shown after `then`."""
        return self.last is not None and self.last > then

    def count(self, then: datetime) -> int:
        """How many looks were answered since."""
        return sum(one >= then for one in self.answered)


class Looks:
    """Takes queued looks, one after the other."""

    def __init__(self, store: Store, calcom: CalCom, clock: Clock, programme: Programme) -> None:
        self.sightings = Sightings()
        self._store = store
        self._calcom = calcom
        self._clock = clock
        self._programme = programme
        self._resting: datetime | None = None
        self._taking = asyncio.Lock()

    async def take(self, account: str) -> float:
        """Take every look that is due; returns the seconds until the next one, or until there is room for it."""
        async with self._taking:
            if self._resting is not None and (rest := self._resting - self._clock()) > timedelta(0):
                return rest.total_seconds()
            self._resting = None
            while due := await self._due(account):
                for look in due:
                    wait = await self._take_one(account, look)
                    if wait is not None:
                        return wait
            at = await self._store.read(account, lambda ledger: ledger.next_look())
            return IDLE if at is None else max(0.0, (at - self._clock()).total_seconds())

    async def _due(self, account: str) -> list[Look]:
        now = self._clock()
        return await self._store.read(account, lambda ledger: ledger.looks(now, TOGETHER))

    async def _take_one(self, account: str, look: Look) -> float | None:
        """Ask about one booking and mirror the answer; the seconds to wait when nothing can be asked now."""
        try:
            seen: Observation | None = await self._calcom.look(
                look.uid, "reconcile" if look.cause == RECONCILED else "look"
            )
        except Missing:
            seen = None
        except Limited as limit:
            return limit.seconds
        except Unsent:
            # Others may be had where this one cannot: it goes to the end, so as not to stand in their way.
            self._resting = self._clock() + REST
            later = replace(look, due=self._resting + REST)
            await self._store.write(account, lambda ledger: _put_off(ledger, later))
            return REST.total_seconds()
        except Rejected as refusal:
            log.warning("look.refused", status=refusal.status)
            later = replace(look, due=self._clock() + REFUSED_LATER)
            await self._store.write(account, lambda ledger: _put_off(ledger, later))
            return None
        now = self._clock()
        mirrored = await self._store.write(
            account,
            lambda ledger: (
                self._missing(ledger, look, now) if seen is None else self._answer(ledger, look, seen, now)
            ),
        )
        log.info("look.taken", verdict=mirrored.verdict, reason=mirrored.reason)
        return None

    def _answer(self, ledger: Ledger, look: Look, seen: Observation, now: datetime) -> Mirrored:
        answer = f"{seen.status} {seen.at}"
        tries = look.tries + 1 if look.answer == answer else 1
        ledger.looked(look)
        if self._programme.admits(seen.facts.event_type) is False:
            return Mirrored("ignored", "not-in-programme")
        self.sightings.answered.append(now)
        self.sightings.see(ledger, look.uid, now)
        mirrored = observe(ledger, replace(seen, insist=tries >= INSIST_AT), now, look.cause)
        if mirrored.look and tries < INSIST_AT:
            ledger.ask(
                replace(look, due=now + timedelta(seconds=AGAIN[tries - 1]), tries=tries, answer=answer)
            )
        return mirrored

    def _missing(self, ledger: Ledger, look: Look, now: datetime) -> Mirrored:
        """A 404: believed the second time, ten minutes later; of a booking we never knew, at once."""
        held, missing = ledger.booking(look.uid), ledger.missing()
        ledger.looked(look)
        if held is None or held.booking.status is Status.GONE:
            return Mirrored("ignored", MISSING)
        again = look.answer == MISSING
        if not again or self._doubtful(missing, now):
            ledger.ask(replace(look, due=now + GONE_AFTER, tries=1, answer=MISSING))
            return Mirrored("unchanged", "missing-everywhere" if again else MISSING)
        gone = Observation(look.uid, Source.LOOKED, held.booking.as_of or now, Status.GONE, insist=True)
        return observe(ledger, gone, now, look.cause)

    def _doubtful(self, missing: int, now: datetime) -> bool:
        """Whether it may be Cal.com that is another, and not the booking that is gone."""
        then = now - GONE_AFTER
        many = missing > FEW and missing > SHARE * (missing + self.sightings.count(then))
        return many or not self.sightings.since(then)


def _put_off(ledger: Ledger, look: Look) -> None:
    ledger.looked(look)
    ledger.ask(look)
