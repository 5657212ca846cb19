"""API v2, event types: shown, made, changed and deleted (cal-api-version 2024-06-14).

A create that is refused for the unit of its threshold leaves a row behind that nobody can read, and the whole list of
its host with it, until it is deleted by id (measured on 6.0.2). What an event type means for a booking is in
`slots.py`, what a body may ask for in `drafts.py`. Dynamic groups and private links are not offered.
"""

from dataclasses import replace
from typing import Any

from gateway.sandbox.access import owns
from gateway.sandbox.answers import success
from gateway.sandbox.drafts import read_draft, refuse_seats_with_approval, unreadable
from gateway.sandbox.forms import form_of
from gateway.sandbox.reception import Answer, Ask
from gateway.sandbox.refusals import Refusal, envelope
from gateway.sandbox.rows import Approval, EventType, Person
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import World


async def index(stage: Stage, ask: Ask) -> Answer:
    """List somebody's event types by username, or the caller's own; nobody's for nobody, with 200."""
    username = ask.query.get("username", ask.person.username if ask.person else None)
    owner = stage.world.person_called(username) if username else None
    own = [kind for kind in stage.world.event_types if owner and kind.owner == owner.id and kind.team is None]
    return _list(stage, ask, [kind for kind in own if _listed(kind, ask.person)])


async def index_of_team(stage: Stage, ask: Ask) -> Answer:
    """List a team's event types; 200 and empty for a team nobody knows."""
    return _list(stage, ask, [kind for kind in stage.world.event_types if str(kind.team) == ask.uid])


def _list(stage: Stage, ask: Ask, kinds: list[EventType]) -> Answer:
    slug = ask.query.get("eventSlug")
    kinds = [kind for kind in kinds if slug in (None, kind.slug)]
    if ask.query.get("sortCreatedAt") == "desc":
        kinds.reverse()
    return Answer(success([shown(stage.world, kind, alone=False) for kind in kinds]))


def _listed(kind: EventType, person: Person | None) -> bool:
    """Hidden event types are in the list for their owner only."""
    return not kind.hidden or (person is not None and person.id == kind.owner)


async def show(stage: Stage, ask: Ask) -> Answer:
    """Show one event type to its owner or who leads a team of theirs."""
    kind = _found(stage, ask)
    if kind is None or not owns(stage.world, ask.somebody, kind):
        raise _unknown(ask)
    return Answer(success(shown(stage.world, kind, alone=True)))


async def create(stage: Stage, ask: Ask) -> Answer:
    """Make an event type; without a policy it asks nobody."""
    changes = read_draft(ask.body, new=True)
    own = [kind.slug for kind in stage.world.event_types if kind.owner == ask.somebody.id]
    plain = EventType(0, "", "", ask.somebody.id, approval=Approval.NEVER)
    kind = replace(plain, **changes)
    refuse_seats_with_approval(kind)
    if kind.slug in own:
        raise envelope(400, "User already has an event type with this slug.")
    kind.id = stage.world.next_kind()
    stage.world.event_types.append(kind)
    return Answer(success(shown(stage.world, kind, alone=True)), 201)


async def change(stage: Stage, ask: Ask) -> Answer:
    """Change an event type of one's own, or of a team one leads; the policy must be given whole."""
    kind = _found(stage, ask)
    mine = kind is not None and (kind.owner == ask.somebody.id or kind.team in _led(stage, ask))
    if kind is None or not mine:
        raise _unknown(ask)
    if kind.broken:
        raise unreadable(kind)
    changes = read_draft(ask.body, new=False)
    refuse_seats_with_approval(replace(kind, **changes))
    for name, value in changes.items():
        setattr(kind, name, value)
    return Answer(success(shown(stage.world, kind, alone=True)))


def _led(stage: Stage, ask: Ask) -> set[int]:
    return stage.world.led_by(ask.somebody.id)


async def remove(stage: Stage, ask: Ask) -> Answer:
    """Delete an event type of one's own; here an unknown one and another's can be told apart."""
    kind = _found(stage, ask)
    if kind is None:
        raise envelope(404, f"Event type with ID={ask.uid} does not exist.")
    if kind.owner != ask.somebody.id:
        raise envelope(403, f"User with ID={ask.somebody.id} does not own event type with ID={kind.id}")
    stage.world.event_types.remove(kind)
    gone = {"id": kind.id, "lengthInMinutes": kind.length, "slug": kind.slug, "title": kind.title}
    return Answer(success(gone))


def _found(stage: Stage, ask: Ask) -> EventType | None:
    """Look it up; a text that is no number is a crash (measured on 6.0.2)."""
    named = ask.names.get("kind", ask.uid)
    if not named.isdigit():
        raise Refusal(500, "INTERNAL_SERVER_ERROR", "There was an error, please try again later.")
    return stage.world.find_event_type(int(named))


def _unknown(ask: Ask) -> Refusal:
    return envelope(404, f"Event type with id {ask.names.get('kind', ask.uid)} not found")


def shown(world: World, kind: EventType, *, alone: bool) -> dict[str, Any]:
    """Show an event type; answers about one alone have one field more than lists, and the form's hidden fields.

    Raises Refusal for a broken row.
    """
    if kind.broken:
        raise unreadable(kind)
    return {
        "id": kind.id,
        **({"ownerId": kind.owner} if kind.team is None else _of_team(world, kind)),
        "lengthInMinutes": kind.length,
        "title": kind.title,
        "slug": kind.slug,
        "description": kind.description or "",
        "locations": _location(kind.location),
        "bookingFields": [field for field in form_of(kind) if alone or not field.get("hidden")],
        "recurrence": _recurrence(kind),
        **_limits(kind),
        **_page(world, kind),
        "confirmationPolicy": _policy(kind),
        "requiresBookerEmailVerification": False,
        "hideCalendarNotes": kind.hide_calendar_notes,
        "seats": _seats(kind),
        "useDestinationCalendarEmail": False,
        "hideCalendarEventDetails": kind.hide_calendar_details,
        "hideOrganizerEmail": kind.hide_organizer_email,
        **({"calVideoSettings": None} if alone else {}),
        "hidden": kind.hidden,
        "bookingRequiresAuthentication": False,
        **_disabled(kind),
        **({} if world.settings.release == "5.6.4" else {"bookerActiveBookingsLimit": {"disabled": True}}),
    }


def _of_team(world: World, kind: EventType) -> dict[str, Any]:
    team = world.team(kind.team or 0)
    hosts = [world.person(host) for host in kind.hosts]
    return {
        "teamId": kind.team,
        "ownerId": None,
        "parentEventTypeId": None,
        "schedulingType": None if kind.scheduling is None else kind.scheduling.lower().replace("_r", "R"),
        "hosts": [{"userId": one.id, "name": one.name, "username": one.username} for one in hosts],
        "team": {"id": team.id, "slug": team.slug, "name": team.name} if team else None,
    }


def _limits(kind: EventType) -> dict[str, Any]:
    return {
        "disableGuests": False,
        "slotInterval": None,
        "minimumBookingNotice": kind.minimum_notice,
        "beforeEventBuffer": 0,
        "afterEventBuffer": 0,
        "metadata": {},
        "price": kind.price,
        "currency": kind.currency,
    }


def _page(world: World, kind: EventType) -> dict[str, Any]:
    return {
        "lockTimeZoneToggleOnBookingPage": False,
        "forwardParamsSuccessRedirect": True,
        "successRedirectUrl": None,
        "isInstantEvent": False,
        **({"users": [_user(world.person(kind.owner))]} if kind.team is None else {}),
        "scheduleId": None,
        "onlyShowFirstAvailableSlot": False,
        "offsetStart": 0,
        "bookingWindow": {"disabled": True},
    }


def _user(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "username": person.username,
        "avatarUrl": None,
        "brandColor": None,
        "darkBrandColor": None,
        "weekStart": person.week_start,
        "metadata": {},
    }


def _location(place: str) -> list[dict[str, Any]]:
    app, _, name = place.partition(":")
    if app == "integrations":
        return [{"type": "integration", "integration": "cal-video" if name == "daily" else name}]
    if app in ("http", "https"):
        return [{"type": "link", "link": place, "public": True}]
    if place in ("", "attendeeDefined"):
        return [{"type": place}] if place else []
    return [{"type": "address", "address": place, "public": True}]


def _recurrence(kind: EventType) -> dict[str, Any] | None:
    if kind.recurrence is None:
        return None
    repeats = kind.recurrence
    often = {"interval": repeats.interval, "occurrences": repeats.count}
    return {"disabled": False, **often, "frequency": "weekly"}


def _seats(kind: EventType) -> dict[str, Any]:
    if kind.seats is None:
        return {"disabled": True}
    shows = {"showAttendeeInfo": kind.seats_shown, "showAvailabilityCount": True}
    return {"disabled": False, "seatsPerTimeSlot": kind.seats, **shows}


def _disabled(kind: EventType) -> dict[str, Any]:
    named = {"disableCancelling": kind.disable_cancelling, "disableRescheduling": kind.disable_rescheduling}
    return {name: {"disabled": True} for name, off in named.items() if off}


def _policy(kind: EventType) -> dict[str, Any]:
    if kind.approval is Approval.NEVER:
        return {"disabled": True}
    time = {"noticeThreshold": {"unit": kind.unit, "count": kind.threshold}}
    threshold = time if kind.approval is Approval.TIME else {}
    blocks = {"blockUnconfirmedBookingsInBooker": kind.pending_blocks}
    return {"type": kind.approval.value, **threshold, **blocks}
