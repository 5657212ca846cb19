"""Looks: what webhooks cannot settle is settled by asking Cal.com about one booking.

A look is queued inside the transaction that found it necessary and taken by the worker, never while
a webhook waits. An answer older than what is known is not believed at once (right after a
cancellation the API still shows the old state for some 130 ms), but when it is given a third time.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gateway.domain.booking import Observation, Source, Status
from gateway.domain.rules import Programme
from gateway.ports import CalCom, Clock, Ledger, Limited, Missing, Rejected, Store, Unsent
from gateway.records import Look
from gateway.services.mirror import Mirrored, observe

AGAIN = (2, 10, 60)
"""Seconds until an answer that was not believed is asked for again."""
INSIST_AT = 3
LATER = 30
GONE_AFTER = timedelta(minutes=10)
MISSING = "missing"
TOGETHER = 20
log = structlog.get_logger()


class Looks:
    """Takes queued looks, one after the other."""

    def __init__(self, store: Store, calcom: CalCom, clock: Clock, programme: Programme) -> None:
        self._store = store
        self._calcom = calcom
        self._clock = clock
        self._programme = programme

    async def take(self, account: str) -> float:
        """Take every look that is due; returns the seconds until the next one."""
        now = self._clock()
        for look in await self._store.read(account, lambda ledger: ledger.looks(now, TOGETHER)):
            await self.take_one(account, look)
        due = await self._store.read(account, lambda ledger: ledger.next_look())
        return 60.0 if due is None else max(0.0, (due - self._clock()).total_seconds())

    async def take_one(self, account: str, look: Look) -> None:
        """Ask about one booking and mirror the answer, or put the look off."""
        try:
            seen: Observation | None = await self._calcom.look(look.uid, "look")
        except Missing:
            seen = None
        except (Unsent, Limited, Rejected) as error:
            later = self._clock() + timedelta(seconds=getattr(error, "seconds", LATER))
            log.warning("look.failed", error=type(error).__name__)
            await self._store.write(account, lambda ledger: _put_off(ledger, look, later))
            return
        now = self._clock()
        mirrored = await self._store.write(
            account,
            lambda ledger: (
                self._missing(ledger, look, now) if seen is None else self._answer(ledger, look, seen, now)
            ),
        )
        log.info("look.taken", verdict=mirrored.verdict, reason=mirrored.reason)

    def _answer(self, ledger: Ledger, look: Look, seen: Observation, now: datetime) -> Mirrored:
        answer = f"{seen.status} {seen.at}"
        tries = look.tries + 1 if look.answer == answer else 1
        ledger.looked(look)
        if self._programme.admits(seen.facts.event_type) is False:
            return Mirrored("ignored", "not-in-programme")
        mirrored = observe(ledger, replace(seen, insist=tries >= INSIST_AT), now, "looked")
        if mirrored.look and tries < INSIST_AT:
            ledger.ask(Look(look.uid, now + timedelta(seconds=AGAIN[tries - 1]), tries, answer))
        return mirrored

    def _missing(self, ledger: Ledger, look: Look, now: datetime) -> Mirrored:
        """A 404: believed the second time, ten minutes later; of a booking we never knew, at once."""
        held = ledger.booking(look.uid)
        ledger.looked(look)
        if held is None or held.booking.status is Status.GONE:
            return Mirrored("ignored", MISSING)
        if look.answer != MISSING:
            ledger.ask(Look(look.uid, now + GONE_AFTER, 1, MISSING))
            return Mirrored("unchanged", MISSING)
        gone = Observation(look.uid, Source.LOOKED, held.booking.as_of or now, Status.GONE, insist=True)
        return observe(ledger, gone, now, "looked")


def _put_off(ledger: Ledger, look: Look, due: datetime) -> None:
    ledger.looked(look)
    ledger.ask(replace(look, due=due))
