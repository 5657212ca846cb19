"""Commands: an intent is written down, carried out, and settled, with one effect at Cal.com.

`submit` and `withdraw` are single writes. `carry_out` is one attempt: look, commit `sent_at`, act,
and mirror the answer as proof. It decides nothing itself: whether a command is allowed, and what
follows from how an attempt went, stands in `domain/command.py`; whether the wanted state has been
seen, in `mirror.py`. Nothing is locked while Cal.com is called, because its webhook comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from gateway.domain import command as rules
from gateway.domain.booking import Observation
from gateway.domain.command import Command, Outcome, State
from gateway.ports import (
    CalCom,
    Clock,
    Ledger,
    Limited,
    Missing,
    Rejected,
    Store,
    Unknown,
    Unsent,
)
from gateway.services.mirror import GATEWAY, Cause, note, observe

IDLE = 60.0
log = structlog.get_logger()


@dataclass(slots=True)
class Outage:
    """While a credential's calls fail, one probe at a time is let through, and the others wait for it."""

    failures: int = 0
    until: datetime | None = None
    probing: bool = False

    def admits(self, now: datetime) -> bool:
        """True when a command may be tried now."""
        return self.failures == 0 or (not self.probing and (self.until is None or now >= self.until))

    def began(self) -> None:
        """An attempt has begun; while calls fail it is the probe."""
        self.probing = self.failures > 0

    def passed(self) -> None:
        """Cal.com has answered."""
        self.failures, self.until = 0, None

    def failed(self, now: datetime) -> None:
        """Cal.com could not be reached."""
        waits = rules.UNSENT_WAITS
        wait = waits[min(self.failures, len(waits) - 1)]
        self.failures, self.until = self.failures + 1, now + timedelta(seconds=wait)


@dataclass(slots=True)
class Commands:
    """Carries commands out. `boot` names this run of the process: a lease of another run is void."""

    store: Store
    calcom: CalCom
    clock: Clock
    chance: Callable[[], float]
    boot: str
    outage: Outage = field(default_factory=Outage)

    async def claim(self, account: str) -> Command | None:
        """Take the next command that is due, unless Cal.com is out of reach and a probe is under way."""
        now = self.clock()
        if not self.outage.admits(now):
            return None
        lease = now + rules.LEASE
        command = await self.store.write(account, lambda ledger: ledger.claim(now, lease, self.boot))
        if command is not None:
            self.outage.began()
        return command

    async def until_next(self, account: str) -> float:
        """Seconds until a command may be due; writes in between are noticed by themselves."""
        due = await self.store.read(account, lambda ledger: ledger.next_command(self.boot))
        if due is None:
            return IDLE
        now = self.clock()
        if not self.outage.admits(now):
            due = max(due, self.outage.until or now + timedelta(seconds=1))
        return max(0.0, (due - now).total_seconds())

    async def carry_out(self, account: str, command: Command) -> None:
        """One attempt: look, and if nothing speaks against it, act and prove it."""
        try:
            seen = await self._look(account, command)
            if seen is None:
                return
            ready = await self.store.write(account, lambda ledger: self._prepare(ledger, command.id, seen))
            if ready is not None:
                await self._act(account, ready)
        finally:
            self.outage.probing = False

    async def _look(self, account: str, command: Command) -> Observation | None:
        """Look at the booking; a look that fails puts the command off, and None is returned."""
        try:
            seen = await self.calcom.look(command.uid, "command")
        except Unsent:
            self.outage.failed(self.clock())
            await self._after(account, command.id, Outcome.UNSENT, "calcom-unreachable")
        except Limited as limit:
            await self._later(account, command.id, limit.seconds, sent=False)
        except Missing:
            self.outage.passed()
            await self._after(account, command.id, Outcome.REFUSED, "calcom-missing")
        except Rejected as refusal:
            self.outage.failed(self.clock())
            log.warning("look.refused", status=refusal.status, command=command.id)
            await self._after(account, command.id, Outcome.UNSENT, "calcom-refused")
        else:
            self.outage.passed()
            return seen
        return None

    def _prepare(self, ledger: Ledger, number: str, seen: Observation) -> Command | None:
        """Mirror the look; return the command if it is now to be sent, with `sent_at` written."""
        now = self.clock()
        observe(ledger, seen, now, "looked")
        command = self._mine(ledger, number)
        held = ledger.booking(command.uid) if command else None
        if command is None or held is None:
            return None
        refusal = rules.may(command.action, held.booking, now)
        if refusal is not None:
            conclude(ledger, rules.after(command, Outcome.LATE, now, self.chance(), refusal.code), now)
            return None
        if not rules.sends_next(command, now):
            conclude(ledger, rules.after(command, Outcome.PENDING, now, self.chance(), "calcom-pending"), now)
            return None
        sent = rules.sending(command, now)
        ledger.update(sent, now + rules.LEASE)
        return sent

    async def _act(self, account: str, command: Command) -> None:
        try:
            seen = await self.calcom.act(command)
        except Unsent:
            self.outage.failed(self.clock())
            await self._after(account, command.id, Outcome.UNSENT, "calcom-unreachable", rules.unsent)
        except Limited as limit:
            await self._later(account, command.id, limit.seconds, sent=True)
        except Unknown:
            await self._after(account, command.id, Outcome.UNKNOWN, "calcom-unknown")
        except (Rejected, Missing) as refusal:
            log.warning("command.refused", status=getattr(refusal, "status", 404), command=command.id)
            again = await self._look(account, command)
            if again is not None:
                await self._prove(account, command.id, again, Outcome.REFUSED, "calcom-refused")
        else:
            await self._prove(account, command.id, seen, Outcome.UNKNOWN, "calcom-unproven")

    async def _prove(
        self, account: str, number: str, seen: Observation, otherwise: Outcome, error: str
    ) -> None:
        """Mirror what Cal.com shows after the act; if that settles nothing, go on as `otherwise` says."""

        def prove(ledger: Ledger) -> None:
            now = self.clock()
            observe(ledger, seen, now, "command")
            command = self._mine(ledger, number)
            if command is not None:
                conclude(ledger, rules.after(command, otherwise, now, self.chance(), error), now)

        await self.store.write(account, prove)

    async def _after(
        self,
        account: str,
        number: str,
        outcome: Outcome,
        error: str,
        correct: Callable[[Command], Command] = lambda command: command,
    ) -> None:
        def step(ledger: Ledger) -> None:
            now, command = self.clock(), self._mine(ledger, number)
            if command is not None:
                conclude(ledger, rules.after(correct(command), outcome, now, self.chance(), error), now)

        await self.store.write(account, step)

    async def _later(self, account: str, number: str, seconds: float, *, sent: bool) -> None:
        """The rate limit is spent: nothing of a limited call had any effect."""

        def step(ledger: Ledger) -> None:
            command = self._mine(ledger, number)
            if command is not None:
                due = self.clock() + timedelta(seconds=seconds)
                ledger.update(rules.later(rules.unsent(command) if sent else command, due, "calcom-limited"))

        await self.store.write(account, step)

    def _mine(self, ledger: Ledger, number: str) -> Command | None:
        """The command, while it is open and still ours to try."""
        return ledger.command(number) if ledger.owns(number, self.boot) else None


def conclude(ledger: Ledger, command: Command, now: datetime) -> None:
    """Write how an attempt left a command; a failure is journalled."""
    ledger.update(command)
    if command.state is not State.FAILED:
        return
    held = ledger.booking(command.uid)
    assert held is not None
    booking = held.booking
    if command.error == "calcom-silent":
        ledger.save(replace(booking, unproven=True))
    note(ledger, booking, "action_failed", command, Cause("command", now, channel="gateway", by=GATEWAY), now)
    log.warning("command.failed", command=command.id, code=command.error, number=held.number)
