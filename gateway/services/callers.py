"""Who a caller is in the store's terms: the keys under which their bookings and journal lines are kept."""

from gateway.domain.booking import Booking, By
from gateway.domain.people import Caller, Role, fold
from gateway.domain.rules import Directory
from gateway.domain.sight import attendee_key, caller_keys, host_key
from gateway.ports import Ledger
from gateway.records import Held


def keys(ledger: Ledger, caller: Caller, directory: Directory) -> tuple[str, ...]:
    """The keys a caller reads with: every address and host id that is theirs, or the whole account."""
    known = _known_as(ledger, caller.email, directory) if caller.email is not None else ((), [])
    return caller_keys(caller, *known)


def host_filter(ledger: Ledger, email: str, directory: Directory) -> tuple[str, ...]:
    """The keys of the host that an address means."""
    addresses, ids = _known_as(ledger, email, directory)
    return (*(f"host:{one}" for one in ids), *(f"host:{fold(address)}" for address in addresses))


def host_keys(booking: Booking) -> tuple[str, ...]:
    """The keys of a booking's host, as host and as somebody who attends."""
    host = booking.facts.host
    found = (host_key(host), attendee_key(host.email) if host.email else None) if host else ()
    return tuple(key for key in found if key is not None)


def acting(caller: Caller, held: Held) -> By:
    """How the journal names a caller who acts on a booking: by role and name, never by address."""
    if caller.role is Role.OPERATOR or caller.everyone:
        return By(caller.role.value)
    host = held.booking.facts.host
    return By("host", host.name or None if host else None)


def _known_as(ledger: Ledger, email: str, directory: Directory) -> tuple[tuple[str, ...], list[int]]:
    entry = directory.entry(email)
    return entry.addresses, [entry.id] if entry.id is not None else ledger.host_ids(entry.addresses)
