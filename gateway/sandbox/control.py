"""The control routes: play an attendee, change the mood, look behind the scenes. They ask for no key.

They are no part of Cal.com and are meant for loopback. Calls to them are not noted, counted or spoiled.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.sandbox import changing, webapp
from gateway.sandbox.bookings import Move
from gateway.sandbox.mistakes import sentences
from gateway.sandbox.refusals import Refusal
from gateway.sandbox.rows import TRIGGERS, VERSIONS, Booking, Level, Subscription
from gateway.sandbox.spoils import reply
from gateway.sandbox.stage import Stage
from gateway.sandbox.times import millis, parse
from gateway.sandbox.wanted import Wanted
from gateway.sandbox.world import Settings

Body = dict[str, Any]
Control = Callable[[Stage, Request, Body], Awaitable[tuple[int, Any]]]


async def book(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Ask for a date as an attendee would, on Cal.com's page; the clock is not looked at, so it may be over."""
    made = await stage.finish(webapp.book(stage, webapp.read_wish(stage, body)))
    seat = made[0].attendees[-1].seat
    shown = {**_shown(made[0]), "uids": [booking.uid for booking in made]}
    return 201, {**shown, "seat": seat} if seat else shown


async def move(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Choose another time by the link in a mail, also where the host asked for it; by `by_host` as the host."""
    old, wanted = stage.world.bookings[body["uid"]], Move(parse(body["start"]), body.get("reason"))
    by_host = body.get("by_host") is True
    return 201, _shown(await stage.finish(webapp.choose_again(stage, old, wanted, by_host=by_host)))


async def pay(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Pay for a booking."""
    booking = stage.world.bookings[body["uid"]]
    await stage.finish(webapp.pay(stage, booking))
    return 200, _shown(booking)


async def ask_for_another_time(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Ask the attendee for another time, as the host does on Cal.com's page."""
    booking = stage.world.bookings[body["uid"]]
    await stage.finish(changing.ask_for_another_time(stage, booking, body.get("reason")))
    return 200, _shown(booking)


async def meeting(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Send MEETING_STARTED or MEETING_ENDED about a booking, as Cal.com's own clock would."""
    booking = stage.world.bookings[body["uid"]]
    trigger = _one_of(body.get("trigger", "MEETING_STARTED"), ("MEETING_STARTED", "MEETING_ENDED"), "trigger")
    await webapp.meeting(stage, booking, trigger)
    return 200, {"sent": trigger}


async def ping(stage: Stage, *_: object) -> tuple[int, Any]:
    """Press the test button of every subscription."""
    await webapp.ping(stage)
    return 200, {"sent": "PING"}


def _shown(booking: Booking) -> Body:
    return {"uid": booking.uid, "status": booking.status.value, "start": millis(booking.start)}


async def add_mood(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Put a mood in force: `mood` and, where it is of use, `route` or `trigger`, `n` (null: until cleared), `uid`, `seconds`.

    Also `status`, `shape`, `chunk`, and `after_effect` for an effect that comes first; `moods.py` says what each mood is.
    On a socket `refuse` shuts the control routes, too, and ends when its time is over.
    """
    wanted = Wanted.model_validate(body)
    stage.moods.add(wanted.meant(wanted.uid))
    return 201, {"moods": [vars(mood) for mood in stage.moods.moods], "refusing": stage.moods.door.left}


async def clear_moods(stage: Stage, *_: object) -> tuple[int, Any]:
    """End all moods; calls that hang are given up, webhooks that were gathered leave, and those that are held stay held."""
    stage.moods.clear()
    await stage.courier.send_gathered()
    return 200, {"moods": []}


async def release(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Send the webhooks that were held, in order or the other way round."""
    return 200, {"released": await stage.courier.release(backwards=body.get("reversed") is True)}


async def calls(stage: Stage, request: Request, _: Body) -> tuple[int, Any]:
    """List the API calls that came in, of one route and about one booking if it is named."""
    route, uid = request.query_params.get("route"), request.query_params.get("uid")
    wanted = (call for call in stage.calls if route in (None, call.route) and uid in (None, call.uid))
    return 200, {"calls": [call.shown() for call in wanted]}


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
    """Add a subscription: to everything, or to one user's, one event type's or one team's bookings."""
    triggers = [_one_of(name, TRIGGERS, "triggers") for name in body.get("triggers", TRIGGERS)]
    subscription = Subscription(
        stage.mint.uuid(),
        body["url"],
        body.get("secret"),
        triggers,
        Level(body.get("level", Level.ORGANIZATION)),
        body.get("owner"),
        template=body.get("template"),
        version=_one_of(body.get("version", VERSIONS[0]), VERSIONS, "version"),
    )
    stage.world.subscriptions.append(subscription)
    return 201, {"id": subscription.id}


async def settings(stage: Stage, _: Request, body: Body) -> tuple[int, Any]:
    """Change how this Cal.com is set: delays, limits, release, permissions, how far the list is behind."""
    current = asdict(stage.world.settings)
    stage.world.settings = TypeAdapter(Settings).validate_python({**current, **body})
    return 200, asdict(stage.world.settings)


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
        except ValidationError as problem:
            return JSONResponse({"error": "; ".join(sentences(problem))}, 400)
        except (TypeError, ValueError) as problem:
            return JSONResponse({"error": str(problem)}, 400)
        return reply(status, shown, {})

    return answer


_CONTROLS: tuple[tuple[str, str, Control], ...] = (
    ("POST", "/control/bookings", book),
    ("POST", "/control/moves", move),
    ("POST", "/control/payments", pay),
    ("POST", "/control/another-time", ask_for_another_time),
    ("POST", "/control/meetings", meeting),
    ("POST", "/control/tests", ping),
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
