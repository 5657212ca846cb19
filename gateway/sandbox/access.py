"""Who calls, and what they may do: the guards of API v2 in the order they stand, and three models of permission.

First the rate limiter looks at the key (and refuses an unknown one on every route, public ones included), then
the permission guard, then the strategy (apps/api/v2/src/lib/throttler-guard.ts,
modules/auth/guards/permissions/permissions.guard.ts, modules/auth/strategies/api-auth/api-auth.strategy.ts).
OAuth and platform clients are refused: nobody has registered any here.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum

from gateway.sandbox.refusals import NO_AUTHENTICATION, NO_METHOD, envelope, trpc
from gateway.sandbox.rows import Booking, EventType, Person
from gateway.sandbox.world import World


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


def identify(world: World, guard: Guard, credential: str | None, today: date) -> Person | None:
    """Tell who calls; None for nobody in particular, where the route allows it. Raises Refusal otherwise."""
    person = None if credential is None else world.person_with_key(credential)
    if person is None:
        _refuse(guard, credential)
    elif person.key_expires and person.key_expires < today:
        raise envelope(401, "ApiAuthStrategy - api key - Your api key is expired")
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


def refuse_stranger(world: World, person: Person | None, booking: Booking) -> None:
    """Raise Refusal unless this person may answer for the host; the state is looked at only afterwards."""
    if person is None or not may_answer(world, person, booking):
        raise trpc(401, "User is not authorized to confirm this booking")


def may_answer(world: World, person: Person, booking: Booking) -> bool:
    """Tell whether somebody may confirm or decline.

    Until the end of 2025 any host of the event type may, and the server's admin; since 2026 only a host who is
    on this booking (packages/features/bookings/services/BookingAccessService.ts). In the open edition the check
    of teams is a stub that agrees (https://github.com/calcom/cal.diy/issues/29956).
    """
    kind, model = world.event_type(booking.event_type), world.settings.permissions
    if person.id == booking.host:
        return True
    if model == "diy" and kind.managed_by is None:
        return kind.team is not None or bool(world.teams_of(booking.host))
    if model == "2025":
        hosts = person.admin or person.id in kind.hosts
    else:
        hosts = person.email in [cohost.email for cohost in booking.cohosts]
    return hosts or bool(world.led_by(person.id) & _above(world, kind, booking.host))


def _above(world: World, kind: EventType, host: int) -> set[int]:
    """The teams whose owners and admins may answer for that host.

    For a team's event type its team is decisive, and the organisation above. For a personal one it is any team of
    the host; until the end of 2025 only one without an organisation above it (all measured on 6.0.2).
    """
    old = world.settings.permissions == "2025"
    if kind.team is not None:
        return _with_parents(world, {kind.team})
    if kind.managed_by is not None:
        return {kind.managed_by} if old else _with_parents(world, {kind.managed_by})
    teams = world.teams_of(host)
    if old:
        return {team.id for team in teams if team.parent is None}
    return _with_parents(world, {team.id for team in teams})


def _with_parents(world: World, ids: set[int]) -> set[int]:
    return ids | {team.parent for team in world.teams if team.id in ids and team.parent is not None}


def led_people(world: World, person: Person) -> set[int]:
    """The ids of everybody in a team that this person owns or administers."""
    return world.members_of(world.led_by(person.id))


def sight(world: World, person: Person) -> Callable[[Booking], bool]:
    """Give the test of which bookings a list shows somebody: hosted, merely attended, or a led team's."""
    hosts, teams = led_people(world, person) | {person.id}, world.led_by(person.id)
    kinds = {kind.id for kind in world.event_types if kind.team in teams}

    def visible(booking: Booking) -> bool:
        attends = any(attendee.email == person.email for attendee in booking.attendees)
        return booking.host in hosts or booking.event_type in kinds or attends

    return visible


def owns(world: World, person: Person, kind: EventType) -> bool:
    """Tell whether an event type is this person's to read: their own, or of somebody in a team they lead."""
    leads = kind.team in world.led_by(person.id) or kind.owner in led_people(world, person)
    return kind.owner == person.id or leads
