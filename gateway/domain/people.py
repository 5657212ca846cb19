"""Who somebody is: hosts and attendees of a booking, and the caller who asks about it.

Addresses are compared casefolded here, and sent to Cal.com as Cal.com wrote them (its own
comparison is case-sensitive). Nothing here reads a token: that is `web/auth.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller may be. `PORTAL` is the portal's backend, acting for nobody in particular."""

    HOST = "host"
    ATTENDEE = "attendee"
    OPERATOR = "operator"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Person:
    """A host or an attendee as Cal.com names them; `id` is Cal.com's user id, known for hosts only."""

    name: str = ""
    email: str | None = None
    time_zone: str | None = None
    username: str | None = None
    id: int | None = None


def same(one: Person | None, other: Person | None) -> bool:
    """Whether the two are one person: by id where both have one, else by address."""
    if one is None or other is None:
        return one is other
    if one.id is not None and other.id is not None:
        return one.id == other.id
    return fold(one.email or "") == fold(other.email or "")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `email` is None for a portal backend that names nobody: it sees the whole account.

    `name` identifies the bearer itself (a person's address, or a service token's digest): it scopes
    idempotency keys and limits and is never shown.
    """

    account: str
    role: Role
    email: str | None
    name: str

    @property
    def everyone(self) -> bool:
        """True when the caller sees the whole account rather than one person's bookings."""
        return self.role in (Role.PORTAL, Role.OPERATOR)


def fold(email: str) -> str:
    """The form in which two addresses are compared."""
    return email.strip().casefold()
