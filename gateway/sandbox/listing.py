"""Which bookings a list shows, in which order, and what its pagination claims.

The views are not the states: pending requests are `upcoming` too, rejected ones are `cancelled`, old pending ones
are `past`. The pagination ignores the created and updated filters, as 6.0.2's does (measured), so an
empty page can claim that there is more. Reading the query is `queries.py`'s affair.
"""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from gateway.sandbox.access import owns, sight
from gateway.sandbox.refusals import trpc
from gateway.sandbox.rows import Booking, Person, Status
from gateway.sandbox.times import parse
from gateway.sandbox.world import World

DEFAULT_TAKE = 100
_OVER = (Status.CANCELLED, Status.REJECTED)

Query = dict[str, Any]
Key = Callable[[Booking], Any]


def listing(
    world: World, person: Person, query: Query, now: datetime
) -> tuple[list[Booking], dict[str, Any]]:
    """Give the rows of a page and the pagination object. Raises Refusal for event types out of reach."""
    seen = list(filter(sight(world, person), world.bookings.values()))
    _refuse_out_of_reach(world, person, query, seen)
    teams = _kinds_of_teams(world, query)
    counted = [
        booking
        for booking in seen
        if _in_views(booking, query, now)
        and _matches(booking, query)
        and (teams is None or booking.event_type in teams)
    ]
    rows = _sorted([booking for booking in counted if _in_window(booking, query)], query)
    take, skip = query.get("take", DEFAULT_TAKE), query.get("skip", 0)
    return rows[skip : skip + take], pagination(len(counted), take, skip)


def pagination(total: int, take: int, skip: int) -> dict[str, Any]:
    """Describe a page; beyond the end the page number stays at the last one."""
    pages = math.ceil(total / take)
    page = min(skip // take + 1, pages)
    returned = max(0, min(take, total - skip))
    return {
        "returnedItems": returned,
        "totalItems": total,
        "itemsPerPage": take,
        "remainingItems": max(0, total - skip - returned),
        "currentPage": page,
        "totalPages": pages,
        "hasNextPage": page < pages,
        "hasPreviousPage": page > 1,
    }


def _refuse_out_of_reach(world: World, person: Person, query: Query, seen: list[Booking]) -> None:
    """Unknown event types are refused; another's is allowed to who attends a booking of it (measured on 6.0.2)."""
    wanted = set(query.get("eventTypeIds", ()))
    own = {kind.id for kind in world.event_types if kind.id in wanted and owns(world, person, kind)}
    if not wanted <= own | {booking.event_type for booking in seen}:
        raise trpc(400)


def _kinds_of_teams(world: World, query: Query) -> set[int] | None:
    """The event types of the teams asked for. An unknown team is no filter at all (measured on 6.0.2)."""
    wanted = {query.get("teamId"), *query.get("teamsIds", ())}
    known = wanted & {team.id for team in world.teams}
    return {kind.id for kind in world.event_types if kind.team in known} if known else None


def _in_views(booking: Booking, query: Query, now: datetime) -> bool:
    views = query.get("status")
    return views is None or any(_VIEWS[view](booking, booking.end >= now) for view in views)


def _upcoming(booking: Booking, ahead: bool) -> bool:  # noqa: FBT001 -- a row of the table below
    alive = booking.status is Status.ACCEPTED if booking.series else booking.status not in _OVER
    return ahead and alive


_VIEWS: dict[str, Callable[[Booking, bool], bool]] = {
    "upcoming": _upcoming,
    "recurring": lambda b, ahead: ahead and b.series is not None and b.status not in _OVER,
    "past": lambda b, ahead: not ahead and b.status not in _OVER,
    "cancelled": lambda b, _: b.status in _OVER,
    "unconfirmed": lambda b, ahead: ahead and b.status is Status.PENDING,
}


def _matches(booking: Booking, query: Query) -> bool:
    """The filters that are counted rightly."""
    kinds = query.get("eventTypeIds", [booking.event_type])
    attendees = booking.attendees
    return (
        booking.event_type in kinds
        and query.get("eventTypeId") in (None, booking.event_type)
        and query.get("bookingUid") in (None, booking.uid)
        and query.get("attendeeEmail") in (None, *(attendee.email for attendee in attendees))
        and query.get("attendeeName") in (None, *(attendee.name for attendee in attendees))
        and _between(query, "afterStart", booking.start, None)
        and _between(query, None, booking.end, "beforeEnd")
    )


def _in_window(booking: Booking, query: Query) -> bool:
    """The filters that the pagination forgets."""
    created = _between(query, "afterCreatedAt", booking.created_at, "beforeCreatedAt")
    return created and _between(query, "afterUpdatedAt", booking.updated_at, "beforeUpdatedAt")


def _between(query: Query, after: str | None, at: datetime, before: str | None) -> bool:
    """Inclusive at both ends (measured on 6.0.2)."""
    late_enough = after not in query or parse(query[after]) <= at
    return late_enough and (before not in query or at <= parse(query[before]))


_KEYS: dict[str, Key] = {
    "sortStart": lambda booking: (booking.start, booking.id),
    "sortEnd": lambda booking: (booking.end, booking.id),
    "sortCreated": lambda booking: (booking.created_at, booking.id),
    "sortUpdatedAt": lambda booking: (booking.updated_at, booking.id),
}


def _sorted(rows: list[Booking], query: Query) -> list[Booking]:
    """Only one sort is honoured, in the order of the table; without one, a single closed view runs backwards."""
    name = next((name for name in _KEYS if name in query), None)
    if name:
        return sorted(rows, key=_KEYS[name], reverse=query[name] == "desc")
    return sorted(rows, key=_KEYS["sortStart"], reverse=query.get("status") in (["past"], ["cancelled"]))
