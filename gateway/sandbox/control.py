"""The control routes: play an attendee, change the mood, look behind the scenes. They ask for no key.

They are no part of Cal.com and are meant for loopback. Calls to them are not noted, counted or spoiled.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.sandbox import api, notices, slots
from gateway.sandbox.bookings import Wish, already_asked
from gateway.sandbox.moods import read_mood
from gateway.sandbox.refusals import Refusal
from gateway.sandbox.spoils import reply
from gateway.sandbox.stage import Stage
from gateway.sandbox.times import millis, parse
from gateway.sandbox.world import TRIGGERS, Approval, Attendee, EventType, Level, Subscription, World

Body = dict[str, Any]
Control = Callable[[Stage, Request, Body], Awaitable[tuple[int, Any]]]


async def book(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Ask for a date as an attendee would, on Cal.com's page; the clock is not looked at, so it may be over."""
    kind = _chosen(stage.world, body.get("host"), body.get("event_type"))
    start = parse(body["start"]) if "start" in body else slots.next_free(stage.world, kind, stage.now())
    attendee = Attendee(
        body.get("name", "Sam Mentee"),
        body.get("email", "sam.mentee@example.com"),
        body.get("time_zone", stage.world.person(kind.owner).time_zone),
    )
    notes = {"notes": body["notes"]} if body.get("notes") else {}
    answers = notes | dict(body.get("answers", {}))
    wish = Wish(kind, start, attendee, tuple(body.get("guests", ())), answers, dict(body.get("metadata", {})))
    again = already_asked(stage.world, kind, start, attendee.email)
    count = kind.recurrence.count if kind.recurrence else 1
    made = [again] if again else await stage.finish(api.request(stage, wish, count))
    shown = {"uid": made[0].uid, "status": made[0].status.value, "start": millis(made[0].start)}
    return 201, {**shown, "uids": [booking.uid for booking in made]}


def _chosen(world: World, host: Any, kind: Any) -> EventType:
    """Find an event type by its id or slug, its owner's id, address or username, or take the first that asks."""
    owners = {p.id for p in world.people if host in (None, p.id, p.email, p.username)}
    fits = [k for k in world.event_types if kind in (None, k.id, k.slug) and k.owner in owners]
    asking = [k for k in fits if k.approval is not Approval.NEVER]
    if not fits:
        raise ValueError(f"nobody offers event type {kind!r} with host {host!r}")
    return (asking or fits)[0]


async def meeting(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Send MEETING_STARTED or MEETING_ENDED about a booking, as Cal.com's own clock would."""
    booking = stage.world.bookings[body["uid"]]
    trigger = _one_of(body.get("trigger", "MEETING_STARTED"), ("MEETING_STARTED", "MEETING_ENDED"), "trigger")
    await stage.tell(trigger, booking, notices.meeting(stage.world, booking, trigger), flat=True)
    return 200, {"sent": trigger}


async def add_mood(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Put a mood in force."""
    stage.moods.add(read_mood(body, tuple(spec.name for spec in api.ROUTES), TRIGGERS))
    return 201, {"moods": [vars(mood) for mood in stage.moods.moods]}


async def clear_moods(stage: Stage, *_: object) -> tuple[int, Any]:
    """End all moods; calls that hang are given up, webhooks that are held stay held."""
    stage.moods.clear()
    return 200, {"moods": []}


async def release(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Send the webhooks that were held, in order or the other way round."""
    return 200, {"released": await stage.courier.release(backwards=body.get("reversed") is True)}


async def calls(stage: Stage, request: Request, _: Body) -> tuple[int, Any]:
    """List the API calls that came in."""
    wanted = request.query_params
    return 200, {"calls": stage.calls.shown(wanted.get("route"), wanted.get("uid"))}


async def webhooks(stage: Stage, request: Request, _: Body) -> tuple[int, Any]:
    """List the deliveries, sent or not."""
    uid = request.query_params.get("uid")
    return 200, {"webhooks": [d.shown() for d in stage.courier.deliveries if uid in (None, d.uid)]}


async def state(stage: Stage, *_: object) -> tuple[int, Any]:
    """Show the world from inside: `rejection_reason` too, and how many confirms went through per uid."""
    dumped = stage.world.dump()
    bookings = list(dumped.pop("bookings").values())
    confirms = {booking["uid"]: booking["confirms"] for booking in bookings}
    shown = {name: dumped[name] for name in ("event_types", "subscriptions", "settings")}
    return 200, {"bookings": bookings, "confirms": confirms, **shown}


async def subscribe(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Add a subscription: to everything, or to one user's or one event type's bookings."""
    level = Level(body.get("level", Level.ORGANIZATION))
    triggers = [_one_of(name, TRIGGERS, "triggers") for name in body.get("triggers", TRIGGERS)]
    subscription = Subscription(
        stage.mint.uuid(), body["url"], body.get("secret"), triggers, level, body.get("owner")
    )
    stage.world.subscriptions.append(subscription)
    return 201, {"id": subscription.id}


async def settings(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Change how this Cal.com is set: delays, limits, release."""
    current = stage.world.settings
    for name, value in body.items():
        kind = type(getattr(current, _one_of(name, vars(current), "setting")))
        setattr(current, name, kind(value))
    return 200, vars(current)


async def reset(stage: Stage, *_: object) -> tuple[int, Any]:
    """Begin again with the world as it was built."""
    stage.reset()
    return 200, {"bookings": len(stage.world.bookings)}


def _one_of(value: str, known: Iterable[str], name: str) -> str:
    if value not in known:
        raise ValueError(f"{name} is one of {list(known)}")
    return value


async def _read(request: Request) -> Body:
    body = await request.json() if await request.body() else {}
    if not isinstance(body, dict):
        raise TypeError("the body is a JSON object")
    return body


def _endpoint(stage: Stage, control: Control) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            status, shown = await control(stage, request, await _read(request))
        except Refusal as refusal:
            return reply(refusal.status, refusal.body(request.url.path, stage.now()), {})
        except KeyError as missing:
            return JSONResponse({"error": f"missing or unknown: {missing}"}, 400)
        except (TypeError, ValueError) as problem:
            return JSONResponse({"error": str(problem)}, 400)
        return reply(status, shown, {})

    return answer


_CONTROLS: tuple[tuple[str, str, Control], ...] = (
    ("POST", "/control/bookings", book),
    ("POST", "/control/meetings", meeting),
    ("POST", "/control/moods", add_mood),
    ("DELETE", "/control/moods", clear_moods),
    ("POST", "/control/release", release),
    ("GET", "/control/calls", calls),
    ("GET", "/control/webhooks", webhooks),
    ("GET", "/control/state", state),
    ("POST", "/control/subscriptions", subscribe),
    ("POST", "/control/settings", settings),
    ("POST", "/control/reset", reset),
)


def routes(stage: Stage) -> list[Route]:
    """Give the control routes for a stage."""
    return [Route(path, _endpoint(stage, control), methods=[method]) for method, path, control in _CONTROLS]
