"""Every URL of API v2 that is served, one per line: what it is called in moods and logs, who may, who answers.

Paths nobody serves are 404s in Cal.com's words, so schedules, calendars, out-of-office, reservations, private
links and OAuth look like an older Cal.com's. `{uid}` is a booking's or a series', and what moods are narrowed to.
"""

from gateway.sandbox import accounts, changing, deciding, event_types, openings, requesting, subscriptions
from gateway.sandbox.access import Guard
from gateway.sandbox.reception import BOOKINGS, EVENT_TYPES, SLOTS, Spec

_OPEN, _GUARDED, _KEY = Guard.OPEN, Guard.PERMISSIONS, Guard.STRATEGY
_BOOKING, _KIND, _TEAM = "/v2/bookings/{uid}", "/v2/event-types/{id}", "/v2/teams/{id}"
_AGAIN = f"{_BOOKING}/request-reschedule"
_HOOKS, _KIND_HOOKS = "/v2/webhooks", "/v2/event-types/{kind}/webhooks"
_TEAM_HOOKS = "/v2/teams/{team}/event-types/{kind}/webhooks"

_BOOKINGS = (
    Spec("POST", "/v2/bookings", "create", _OPEN, requesting.create, BOOKINGS, old=True),
    Spec("GET", "/v2/bookings", "list", _GUARDED, requesting.index, BOOKINGS, old=True),
    Spec("GET", _BOOKING, "get", _OPEN, requesting.show, BOOKINGS, old=True),
    Spec("POST", f"{_BOOKING}/confirm", "confirm", _GUARDED, deciding.confirm, BOOKINGS),
    Spec("POST", f"{_BOOKING}/decline", "decline", _GUARDED, deciding.decline, BOOKINGS),
    Spec("POST", f"{_BOOKING}/cancel", "cancel", _OPEN, changing.cancel, BOOKINGS, old=True),
    Spec("POST", f"{_BOOKING}/reschedule", "reschedule", _OPEN, changing.reschedule, BOOKINGS),
    Spec("POST", f"{_BOOKING}/mark-absent", "absent", _GUARDED, deciding.mark_absent, BOOKINGS),
    Spec("POST", f"{_BOOKING}/guests", "guests", _GUARDED, changing.add_guests, BOOKINGS),
    Spec("POST", f"{_BOOKING}/reassign", "reassign", _GUARDED, deciding.reassign, BOOKINGS),
    Spec("POST", f"{_BOOKING}/reassign/{{user}}", "reassign", _GUARDED, deciding.reassign, BOOKINGS),
    Spec("POST", _AGAIN, "request-reschedule", _GUARDED, changing.ask_again, BOOKINGS, newest=True),
)
_EVENT_TYPES = (
    Spec("GET", "/v2/event-types", "event-types", _OPEN, event_types.index, EVENT_TYPES, old=True),
    Spec("POST", "/v2/event-types", "event-type-create", _GUARDED, event_types.create, EVENT_TYPES, old=True),
    Spec("GET", _KIND, "event-type", _GUARDED, event_types.show, EVENT_TYPES, old=True),
    Spec("PATCH", _KIND, "event-type-change", _GUARDED, event_types.change, EVENT_TYPES, old=True),
    Spec("DELETE", _KIND, "event-type-delete", _GUARDED, event_types.remove, EVENT_TYPES, old=True),
    Spec("GET", f"{_TEAM}/event-types", "team-event-types", _KEY, event_types.index_of_team, EVENT_TYPES),
    Spec("GET", f"{_TEAM}/event-types/{{kind}}", "team-event-type", _KEY, event_types.show, EVENT_TYPES),
    Spec("PATCH", f"{_TEAM}/event-types/{{kind}}", "team-event-type", _KEY, event_types.change, EVENT_TYPES),
    Spec("GET", "/v2/slots", "slots", _OPEN, openings.openings, SLOTS),
)
_ACCOUNTS = (
    Spec("GET", "/v2/me", "me", _KEY, accounts.me),
    Spec("PATCH", "/v2/me", "me-change", _KEY, accounts.change_me),
    Spec("GET", "/v2/teams", "teams", _KEY, accounts.teams),
    Spec("GET", _TEAM, "team", _KEY, accounts.team),
    Spec("GET", f"{_TEAM}/memberships", "memberships", _KEY, accounts.memberships),
    Spec("POST", f"{_TEAM}/memberships", "membership-create", _KEY, accounts.add_member),
)


def _subscriptions(path: str) -> tuple[Spec, ...]:
    return (
        Spec("GET", path, "subscriptions", _KEY, subscriptions.index),
        Spec("POST", path, "subscription-create", _KEY, subscriptions.create),
        Spec("GET", f"{path}/{{hook}}", "subscription", _KEY, subscriptions.show),
        Spec("PATCH", f"{path}/{{hook}}", "subscription-change", _KEY, subscriptions.change),
        Spec("DELETE", f"{path}/{{hook}}", "subscription-delete", _KEY, subscriptions.remove),
    )


ROUTES = (
    *_BOOKINGS,
    *_EVENT_TYPES,
    *_ACCOUNTS,
    *(spec for path in (_HOOKS, _KIND_HOOKS, _TEAM_HOOKS) for spec in _subscriptions(path)),
    Spec("DELETE", _KIND_HOOKS, "subscription-delete", _KEY, subscriptions.remove_all),
)
