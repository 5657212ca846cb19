"""The portal's desk: takes an action, and waits a moment for it to settle.

The waiting is for the caller's comfort only: the command is on disk before it begins, and whoever
hangs up changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from gateway.domain.command import Command
from gateway.domain.people import Caller
from gateway.ports import Clock, Ledger, Store
from gateway.services.callers import keys
from gateway.services.portal import Portal, View
from gateway.services.submit import Pressing, Wish, pending_dates, submit, withdraw

PATIENCE = timedelta(seconds=2)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settled:
    """How an action stands when its caller is answered; `fresh` unless it had been settled before it was asked.

    `affects` are the pending dates of a series that the one call decides.
    """

    command: Command
    view: View
    fresh: bool
    affects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Submits and withdraws commands in a caller's name."""

    portal: Portal
    store: Store
    clock: Clock
    new_id: Callable[[], str]

    async def act(self, caller: Caller, wish: Wish) -> Settled:
        """Submit a wish and wait up to 2 s. Raises what `submit` raises."""

        def step(ledger: Ledger) -> tuple[Command, tuple[str, ...]]:
            mine = keys(ledger, caller, self.portal.directory)
            command = submit(ledger, Pressing(caller, mine, wish, self.clock(), self.new_id))
            return command, pending_dates(ledger, command)

        command, affects = await self.store.write(caller.account, step)
        log.info("command.submitted", command=command.id, action=wish.action.value, role=caller.role.value)
        fresh = command.open
        if fresh:
            command = await self._wait(caller.account, command)
        view, _ = await self.portal.one(caller, command.uid)
        return Settled(command, view, fresh, affects)

    async def withdraw(self, caller: Caller, number: str) -> Settled:
        """Take a command back. Raises what `submit.withdraw` raises."""

        def step(ledger: Ledger) -> Command:
            mine = keys(ledger, caller, self.portal.directory)
            return withdraw(ledger, caller, mine, number, self.clock())

        command = await self.store.write(caller.account, step)
        log.info("command.withdrawn", command=command.id, role=caller.role.value)
        view, _ = await self.portal.one(caller, command.uid)
        return Settled(command, view, fresh=False)

    async def _wait(self, account: str, command: Command) -> Command:
        """The command as soon as it is settled, or as it stands when patience ends."""
        number, until = command.id, self.clock() + PATIENCE
        while command.open and (left := (until - self.clock()).total_seconds()) > 0:
            seen = self.store.commits
            now = await self.store.read(account, lambda ledger: ledger.command(number))
            command = now or command
            if command.open:
                await self.store.moved(seen, left)
        return command
