"""Who calls, and what they may do: the guards of API v2 in the order they stand.

First the rate limiter looks at the key (and refuses an unknown one on every route, public ones included), then
the permission guard, then the strategy (apps/api/v2/src/lib/throttler-guard.ts,
modules/auth/guards/permissions/permissions.guard.ts, modules/auth/strategies/api-auth/api-auth.strategy.ts).
OAuth and platform clients are refused: nobody has registered any here.
"""

from enum import StrEnum

from gateway.sandbox.refusals import NO_AUTHENTICATION, NO_METHOD, envelope, trpc
from gateway.sandbox.world import Booking, Person, World


class Guard(StrEnum):
    """How a route treats a call without credentials."""

    OPEN = "open"  # served: the uid is the capability
    PERMISSIONS = "permissions"  # 403
    STRATEGY = "strategy"  # 401


def token(authorization: str | None) -> str | None:
    """Read the credential: the word `Bearer ` is removed, with a capital B; anything else stays part of it."""
    return None if authorization is None else authorization.removeprefix("Bearer ").strip()


def account(world: World, credential: str | None, address: str) -> tuple[str, int]:
    """Tell whose calls this one is counted with, and the limit. Raises Refusal for an unknown key."""
    settings = world.settings
    if credential is None:
        return f"ip {address}", settings.anonymous_limit
    if not credential.startswith(settings.key_prefix):
        return f"token {credential}", settings.token_limit
    if world.person_with_key(credential) is None:
        raise envelope(401, "CustomThrottlerGuard - Invalid API Key")
    return f"key {credential}", settings.key_limit


def identify(world: World, guard: Guard, credential: str | None) -> Person | None:
    """Tell who calls; None for nobody in particular, where the route allows it. Raises Refusal otherwise."""
    person = None if credential is None else world.person_with_key(credential)
    if person is None:
        _refuse(guard, credential)
    return person


def _refuse(guard: Guard, credential: str | None) -> None:
    if credential is None and guard is Guard.PERMISSIONS:
        raise envelope(403, NO_AUTHENTICATION)
    if credential is None and guard is Guard.STRATEGY:
        raise envelope(401, NO_METHOD)
    if credential is None:
        return
    if credential.startswith("cal_"):  # a key of another deployment: the usual prefix, not this one's
        raise envelope(401, "ApiAuthStrategy - api key - Your api key is not valid")
    if guard is Guard.PERMISSIONS:
        # The credential is echoed, as it is by the real one (https://github.com/calcom/cal.com/issues/24840).
        raise envelope(403, f"PermissionsGuard - no oAuth client found for access token={credential}")
    raise envelope(401, "Invalid Access Token.")


def refuse_stranger(person: Person | None, booking: Booking) -> None:
    """Raise Refusal unless this is the booking's host or an admin; the state is looked at only afterwards."""
    if person is None or not (person.admin or person.id == booking.host):
        raise trpc(401)


def visible(person: Person, booking: Booking) -> bool:
    """Tell whether a list shows this booking: hosted, merely attended, or anything for an admin."""
    attends = any(attendee.email == person.email for attendee in booking.attendees)
    return person.admin or booking.host == person.id or attends
