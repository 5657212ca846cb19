"""API v2, webhook subscriptions of a user and of an event type: listed, made, changed, deleted.

The URL is not looked at: any text will do, and only the exact same one on the same level is refused. Secrets come back
in clear. Only one user-level subscription shown alone comes as the raw row (all measured on 6.0.2). An
organization's subscriptions are made by the control route.
"""

from collections.abc import Mapping
from typing import Any

from gateway.sandbox.answers import success
from gateway.sandbox.queries import read_page
from gateway.sandbox.reception import Answer, Ask
from gateway.sandbox.refusals import Refusal, complaint, envelope, invalid
from gateway.sandbox.rows import VERSIONS, EventType, Level, Subscription
from gateway.sandbox.stage import Stage
from gateway.sandbox.times import millis

NAMES = (
    *"BOOKING_CREATED BOOKING_PAYMENT_INITIATED BOOKING_PAID BOOKING_RESCHEDULED BOOKING_REQUESTED".split(),
    *"BOOKING_CANCELLED BOOKING_REJECTED BOOKING_NO_SHOW_UPDATED FORM_SUBMITTED MEETING_ENDED".split(),
    *"MEETING_STARTED RECORDING_READY INSTANT_MEETING RECORDING_TRANSCRIPTION_GENERATED OOO_CREATED".split(),
    *"AFTER_HOSTS_CAL_VIDEO_NO_SHOW AFTER_GUESTS_CAL_VIDEO_NO_SHOW FORM_SUBMITTED_NO_EVENT".split(),
    "DELEGATION_CREDENTIAL_ERROR",
)
"""What 6.0.2 can be asked to tell, in its order."""
NEWEST_NAMES = (
    "WRONG_ASSIGNMENT_REPORT",
    "ROUTING_FORM_FALLBACK_HIT",
    "BOOKING_REASSIGNED",
    "BOOKING_LOCATION_UPDATED",
)
FOR_ORGANIZATIONS = "DELEGATION_CREDENTIAL_ERROR"
_FIELDS = {
    "active": "active",
    "subscriberUrl": "url",
    "triggers": "triggers",
    "secret": "secret",
    "payloadTemplate": "template",
    "version": "version",
}


async def index(stage: Stage, ask: Ask) -> Answer:
    """List the caller's own subscriptions, or those of an event type, by id."""
    level, owner = _scope(stage, ask)
    take, skip = read_page(ask.query.multi_items())
    rows = sorted(_of(stage, level, owner), key=lambda one: one.id)[skip : skip + take]
    return Answer(success([_shown(one) for one in rows]))


async def create(stage: Stage, ask: Ask) -> Answer:
    """Subscribe."""
    level, owner = _scope(stage, ask)
    _refuse_wrong(stage, ask.body, new=True)
    if ask.body["subscriberUrl"] in [one.url for one in _of(stage, level, owner)]:
        whose = "this user" if level is Level.USER else "this event type"
        raise envelope(409, f"Webhook with this subscriber url already exists for {whose}")
    fields = {_FIELDS[name]: ask.body[name] for name in _FIELDS if name in ask.body}
    made = Subscription(stage.mint.uuid(), level=level, owner=owner, created_at=stage.now(), **fields)
    stage.world.subscriptions.append(made)
    return Answer(success(_shown(made)), 201)


async def show(stage: Stage, ask: Ask) -> Answer:
    """Show one; of the caller's own the raw row."""
    found = _found(stage, ask)
    return Answer(success(_raw(found) if found.level is Level.USER else _shown(found)))


async def change(stage: Stage, ask: Ask) -> Answer:
    """Change one; what is named is replaced, what it does not know dropped."""
    found = _found(stage, ask)
    _refuse_wrong(stage, ask.body, new=False)
    others = [one.url for one in _of(stage, found.level, found.owner) if one is not found]
    if ask.body.get("subscriberUrl") in others:
        raise Refusal(409, "CONFLICT", "Invalid Input: Trying to create a record that already exists.")
    for name in _FIELDS.keys() & ask.body.keys():
        setattr(found, _FIELDS[name], ask.body[name])
    return Answer(success(_shown(found)))


async def remove(stage: Stage, ask: Ask) -> Answer:
    """Delete one."""
    found = _found(stage, ask)
    stage.world.subscriptions.remove(found)
    return Answer(success(_shown(found)))


async def remove_all(stage: Stage, ask: Ask) -> Answer:
    """Delete all of an event type; the answer is a sentence."""
    gone = _of(stage, *_scope(stage, ask))
    for one in gone:
        stage.world.subscriptions.remove(one)
    return Answer(success(f"{len(gone)} webhooks deleted"))


def _of(stage: Stage, level: Level, owner: int | None) -> list[Subscription]:
    return [one for one in stage.world.subscriptions if (one.level, one.owner) == (level, owner)]


def _scope(stage: Stage, ask: Ask) -> tuple[Level, int]:
    """Tell whose subscriptions are meant: the caller's, or an event type's. Raises Refusal."""
    named = ask.names.get("kind")
    return (Level.USER, ask.somebody.id) if named is None else (Level.EVENT_TYPE, _kind(stage, ask, named).id)


def _kind(stage: Stage, ask: Ask, named: str) -> EventType:
    guard = "IsUserEventTypeWebhookGuard - "
    kind = stage.world.find_event_type(int(named)) if named.isdigit() else None
    if kind is None:
        raise envelope(404, f"{guard}Event type ({named}) not found")
    if kind.owner != ask.somebody.id and kind.team not in stage.world.led_by(ask.somebody.id):
        raise envelope(403, f"{guard}User ({ask.somebody.id}) is not the owner of event type ({named})")
    return kind


def _found(stage: Stage, ask: Ask) -> Subscription:
    """Find the one that was named. Raises Refusal, with the name of the guard that refuses."""
    named = ask.names["hook"]
    found = next((one for one in stage.world.subscriptions if one.id == named), None)
    if found is None:
        raise envelope(404, f"Webhook ({named}) not found")
    level, owner = _scope(stage, ask)
    if (found.level, found.owner) == (level, owner):
        return found
    if level is Level.USER:
        text = f"user with id=({owner}) is not the owner of webhook with id=({named})"
        raise envelope(403, f"IsUserWebhookGuard - {text}")
    guard = f"IsUserEventTypeWebhookGuard - Webhook ({named}) is not associated with"
    if found.level is Level.EVENT_TYPE:
        raise envelope(403, f"{guard} event type ({owner})")
    raise envelope(400, f"{guard} an event type")


def _refuse_wrong(stage: Stage, body: Mapping[str, Any], *, new: bool) -> None:
    names = NAMES + (NEWEST_NAMES if stage.world.settings.newest else ())
    versions = VERSIONS if stage.world.settings.newest else VERSIONS[:1]
    needed = ("active", "subscriberUrl", "triggers") if new else ()
    found = {name: _wrong(name, body.get(name), names, versions) for name in (*_FIELDS,)}
    errors = [
        complaint(body, name, found[name]) for name in _FIELDS if name in (*needed, *body) and found[name]
    ]
    if errors:
        raise invalid(errors)
    if FOR_ORGANIZATIONS in body.get("triggers", ()):
        raise envelope(400, f"{FOR_ORGANIZATIONS} trigger is only available for organization webhooks")


def _wrong(name: str, value: Any, names: tuple[str, ...], versions: tuple[str, ...]) -> dict[str, str]:
    if name == "triggers":
        return _wrong_triggers(value, names)
    if name == "active":
        return {} if isinstance(value, bool) else {"isBoolean": "active must be a boolean value"}
    if name == "version":
        text = f"version must be one of the following values: {', '.join(versions)}"
        return {} if value in versions else {"isEnum": text}
    optional = name != "subscriberUrl" and value is None
    return {} if optional or isinstance(value, str) else {"isString": f"{name} must be a string"}


def _wrong_triggers(value: Any, names: tuple[str, ...]) -> dict[str, str]:
    listed = isinstance(value, list)
    unknown = not listed or any(name not in names for name in value)
    text = f"each value in triggers must be one of the following values: {', '.join(names)}"
    return ({"isEnum": text} if unknown else {}) | (
        {} if listed else {"isArray": "triggers must be an array"}
    )


def _shown(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.id,
        "payloadTemplate": one.template,
        "triggers": one.triggers,
        "subscriberUrl": one.url,
        "active": one.active,
        "secret": one.secret,
        ("userId" if one.level is Level.USER else "eventTypeId"): one.owner,
    }


def _raw(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.id,
        "userId": one.owner,
        "teamId": None,
        "eventTypeId": None,
        "subscriberUrl": one.url,
        "payloadTemplate": one.template,
        "createdAt": None if one.created_at is None else millis(one.created_at),
        "active": one.active,
        "appId": None,
        "secret": one.secret,
        "platform": False,
        "time": None,
        "timeUnit": None,
        "version": one.version,
        "triggers": one.triggers,
        "oAuthClientId": None,
    }
