"""API v2, the starts an event type offers (`GET /v2/slots`, cal-api-version 2024-09-04).

Open to everybody, hidden event types too. Reservations and dynamic groups are not offered, nor the places left in
shared slots; when something is free is decided in `slots.py`.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from gateway.sandbox.reception import Answer, Ask
from gateway.sandbox.refusals import envelope, wrong_fields
from gateway.sandbox.rows import EventType
from gateway.sandbox.slots import offered
from gateway.sandbox.stage import Stage
from gateway.sandbox.times import parse
from gateway.sandbox.world import World

# What is said where no event type is named, of the one way of naming that could still be meant.
_GROUP = "each value in usernames must be a string, The array must contain at least 2 elements., usernames must be an array"
_ORGANIZATION = {"organizationSlug": "organizationSlug must be a string"}


async def openings(stage: Stage, ask: Ask) -> Answer:
    """List what can be booked, day by day; nothing where the host has no schedule."""
    query = ask.query
    _refuse_wrong(query)
    kind = _kind(stage.world, query)
    zone = ZoneInfo(query.get("timeZone", "Etc/UTC"))
    begin, end = _instant(query["start"]), _instant(query["end"], last=True)
    begin = max(begin, stage.now() + timedelta(minutes=kind.minimum_notice))
    step = timedelta(minutes=int(query.get("duration", kind.length)))
    moved = stage.world.bookings.get(query.get("bookingUidToReschedule", ""))
    starts = offered(stage.world, kind, begin, end, step, moved)
    written = (lambda at: _written(at, zone)) if "timeZone" in query else _in_utc
    days: dict[str, list[dict[str, str]]] = {}
    for start in starts:
        slot = {"start": written(start)} | ({"end": written(start + step)} if _ranges(query) else {})
        days.setdefault(start.astimezone(zone).date().isoformat(), []).append(slot)
    return Answer({"data": days, "status": "success"})


def _ranges(query: QueryParams) -> bool:
    return query.get("format") == "range"


def _in_utc(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _written(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="milliseconds")


def _kind(world: World, query: QueryParams) -> EventType:
    kinds: Iterable[EventType] = world.event_types
    if "eventTypeId" in query:
        kinds = [kind for kind in kinds if str(kind.id) == query["eventTypeId"]]
    elif "username" in query:
        owner = world.person_called(query["username"])
        if owner is None:
            raise envelope(404, f"User with username {query['username']} not found")
        kinds = [
            k for k in kinds if k.slug == query["eventTypeSlug"] and k.owner == owner.id and k.team is None
        ]
    else:
        teams = [team.id for team in world.teams if team.slug == query["teamSlug"]]
        kinds = [kind for kind in kinds if kind.slug == query["eventTypeSlug"] and kind.team in teams]
    found = next(iter(kinds), None)
    if found is None:
        raise envelope(404, "Event Type not found")
    return found


def _refuse_wrong(query: QueryParams) -> None:
    problems: dict[str, str] = {}
    for name in ("start", "end"):
        if not _is_instant(query.get(name, "")):
            problems[name] = f"{name} must be a valid ISO 8601 date string"
    problems |= {name: text for name, check, text in _CHECKS if name in query and not check(query[name])}
    if not ("eventTypeId" in query or ("eventTypeSlug" in query and {"username", "teamSlug"} & set(query))):
        problems |= _no_kind(query)
    if problems:
        raise wrong_fields(problems)


def _no_kind(query: QueryParams) -> dict[str, str]:
    alone = {"eventTypeSlug": "property eventTypeSlug should not exist"} if "eventTypeSlug" in query else {}
    group = {} if "," in query.get("usernames", "") else {"usernames": _GROUP}
    return {**alone, **group, **_ORGANIZATION}


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def _is_format(name: str) -> bool:
    return name in ("range", "time")


_CHECKS: Any = (
    ("eventTypeId", str.isdigit, "eventTypeId must be a number conforming to the specified constraints"),
    ("timeZone", _is_zone, "timeZone must be a valid IANA time-zone"),
    ("format", _is_format, "slotFormat must be either 'range' or 'time'"),
)


def _is_instant(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _instant(text: str, *, last: bool = False) -> datetime:
    """Read an instant; of a bare date the beginning of the day, or the end where it closes a range."""
    at = parse(text)
    bare = len(text) == len(date.min.isoformat())
    return at.astimezone(UTC) + timedelta(days=bare and last)
