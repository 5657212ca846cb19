"""How API v2 shows people and event types (`/v2/me`, and event types under cal-api-version 2024-06-14).

What an event type means for a booking is in `slots.py`; here it is only shown.
"""

from typing import Any

from gateway.sandbox.forms import form_of
from gateway.sandbox.world import Approval, EventType, Person, World


def person(person: Person) -> dict[str, Any]:
    """Show an account, as `/v2/me` does."""
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "avatarUrl": None,
        "bio": None,
        "timeFormat": person.time_format,
        "defaultScheduleId": person.default_schedule,
        "weekStart": person.week_start,
        "timeZone": person.time_zone,
        "username": person.username,
        "organizationId": None,
    }


def event_type(world: World, kind: EventType, *, alone: bool) -> dict[str, Any]:
    """Show an event type; answers about one alone have one field more than lists, and the form's hidden fields."""
    return {
        "id": kind.id,
        "ownerId": kind.owner,
        "lengthInMinutes": kind.length,
        "title": kind.title,
        "slug": kind.slug,
        "description": kind.description or "",
        "locations": [_location(kind.location)],
        "bookingFields": [field for field in form_of(kind) if alone or not field.get("hidden")],
        "recurrence": _recurrence(kind),
        **_limits(kind),
        **_page(world, kind),
        "confirmationPolicy": _policy(kind),
        "requiresBookerEmailVerification": False,
        "hideCalendarNotes": False,
        "seats": {"disabled": True},
        "useDestinationCalendarEmail": False,
        "hideCalendarEventDetails": False,
        "hideOrganizerEmail": kind.hide_organizer_email,
        **({"calVideoSettings": None} if alone else {}),
        "hidden": kind.hidden,
        "bookingRequiresAuthentication": False,
        **({} if world.settings.release == "5.6.4" else {"bookerActiveBookingsLimit": {"disabled": True}}),
    }


def _limits(kind: EventType) -> dict[str, Any]:
    return {
        "disableGuests": False,
        "slotInterval": None,
        "minimumBookingNotice": kind.minimum_notice,
        "beforeEventBuffer": 0,
        "afterEventBuffer": 0,
        "metadata": {},
        "price": 0,
        "currency": "usd",
    }


def _page(world: World, kind: EventType) -> dict[str, Any]:
    return {
        "lockTimeZoneToggleOnBookingPage": False,
        "forwardParamsSuccessRedirect": True,
        "successRedirectUrl": None,
        "isInstantEvent": False,
        "users": [_user(world.person(kind.owner))],
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


def _location(place: str) -> dict[str, Any]:
    app, _, name = place.partition(":")
    if app == "integrations":
        return {"type": "integration", "integration": "cal-video" if name == "daily" else name}
    return {"type": "address", "address": place, "public": True}


def _recurrence(kind: EventType) -> dict[str, Any] | None:
    if kind.recurrence is None:
        return None
    repeats = kind.recurrence
    return {
        "disabled": False,
        "interval": repeats.interval,
        "occurrences": repeats.count,
        "frequency": "weekly",
    }


def _policy(kind: EventType) -> dict[str, Any]:
    if kind.approval is Approval.NEVER:
        return {"disabled": True}
    time = {"noticeThreshold": {"unit": kind.unit, "count": kind.threshold}}
    threshold = time if kind.approval is Approval.TIME else {}
    return {
        "type": kind.approval.value,
        **threshold,
        "blockUnconfirmedBookingsInBooker": kind.pending_blocks,
    }
