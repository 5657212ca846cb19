"""Whose bookings are ours: a key sees more than the programme may, and what is none of ours leaves no trace.

Lists show every booking that the key's owner can see: of all event types, of everybody a team's admin
is set over, and those which the owner only attends at somebody else's (measured on 6.0.2). The last are
requests to that somebody, not to us.
"""

import structlog

from gateway.domain.booking import Observation
from gateway.domain.people import Person, fold, same
from gateway.domain.rules import Directory, Programme
from gateway.domain.sight import host_key
from gateway.ports import CalCom, Ledger, Rejected

NO_SUCH_CALL = 404
log = structlog.get_logger()


class Strangers:
    """Tells our bookings from those of strangers. It has to be told whose the key is before it is asked."""

    def __init__(self, calcom: CalCom, programme: Programme, directory: Directory) -> None:
        self._calcom = calcom
        self._programme = programme
        self._directory = directory
        self._owner: Person | None = None

    async def learn_whose_key(self) -> None:
        """Ask once. A key that may not say whose it is (OAuth without the profile's scope) is trusted with known hosts only.

        Raises Unsent or Limited.
        """
        if self._owner is not None:
            return
        try:
            self._owner = await self._calcom.me()
        except Rejected as refusal:
            log.warning("calcom.key-owner-unknown", status=refusal.status)
            self._owner = Person() if refusal.status == NO_SUCH_CALL else None

    def ours(self, ledger: Ledger, row: Observation, *, known: bool) -> bool:
        """Whether a row of a list is about a booking of ours; `known` when it is mirrored already."""
        admitted = self._programme.admits(row.facts.event_type)
        if known or not admitted:
            return known and admitted is not False
        host = row.facts.host
        if host is None:
            return False
        if self._directory.names(host) or self._known(ledger, host):
            return True
        return self._owner is not None and (same(self._owner, host) or not self._attends(row))

    def _known(self, ledger: Ledger, host: Person) -> bool:
        ids = [] if host.id is not None or not host.email else ledger.host_ids([host.email])
        return any(ledger.hosts(key) for key in (host_key(host), *(f"host:{one}" for one in ids)) if key)

    def _attends(self, row: Observation) -> bool:
        mine = fold(self._owner.email or "") if self._owner else ""
        return bool(mine) and any(fold(one.email or "") == mine for one in row.facts.attendees or ())
