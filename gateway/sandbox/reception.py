"""What happens to every API call around its handler: noted, counted, identified, spoiled if in the mood.

The order is the real one's: version, rate limiter, guard, handler; refusals become errors here. What a
route does is in the modules of handlers, every URL in `routes.py`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gateway.sandbox import access, answers, spoils
from gateway.sandbox.limits import Count
from gateway.sandbox.moods import EVERY_CALL, Mood
from gateway.sandbox.refusals import (
    Refusal,
    bare,
    envelope,
    left_out,
    no_route,
    too_many,
    trpc,
    unknown_booking,
)
from gateway.sandbox.rows import Booking, Person
from gateway.sandbox.stage import Call, Stage
from gateway.sandbox.world import Settings

OLDEST = "2024-04-15"
"""The version every missing, unknown or newer one is taken for (apps/api/v2/src/bootstrap.ts)."""
BOOKINGS = frozenset({"2024-08-13", "2026-02-25"})
EVENT_TYPES = frozenset({"2024-06-14"})
SLOTS = frozenset({"2024-09-04"})
_KNOWN = {OLDEST, "2024-06-11", "2024-06-14", "2024-08-13", "2024-09-04"}


@dataclass
class Ask:
    """A call as its handler sees it; `uid` is what the path names first, a booking's or a series' uid or an id."""

    uid: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    person: Person | None = None
    query: QueryParams = field(default_factory=QueryParams)
    names: Mapping[str, str] = field(default_factory=dict)
    effect: bool = False

    @property
    def somebody(self) -> Person:
        """The caller of a guarded route, who is somebody by then."""
        if self.person is None:
            raise trpc(401)
        return self.person


@dataclass(frozen=True)
class Answer:
    """What a handler says when it does not refuse."""

    body: dict[str, Any]
    status: int = 200


Handler = Callable[[Stage, Ask], Awaitable[Answer]]


@dataclass(frozen=True)
class Spec:
    """One route of the API.

    Under a `cal-api-version` that is not among `versions` it does not exist (None: it is the same under all), but
    for an `old` one, whose old shape is left out. `newest`: only the source of 2026 has it.
    """

    method: str
    path: str
    name: str
    guard: access.Guard
    handler: Handler
    versions: frozenset[str] | None = None
    old: bool = False
    newest: bool = False


def known(stage: Stage, ask: Ask) -> Booking:
    """Find the booking that was named; a series' uid is not found here. Raises Refusal."""
    booking = stage.world.bookings.get(ask.uid)
    if booking is None:
        raise unknown_booking(ask.uid)
    return booking


def shown(stage: Stage, ask: Ask, booking: Booking, status: int = 200) -> Answer:
    """Answer with one booking."""
    return Answer(answers.success(answers.booking(stage.world, booking, ask.person)), status)


def all_shown(stage: Stage, ask: Ask, bookings: list[Booking], status: int = 200, **more: object) -> Answer:
    """Answer with several bookings."""
    data = [answers.booking(stage.world, booking, ask.person) for booking in bookings]
    return Answer(answers.success(data, **more), status)


def endpoint(stage: Stage, spec: Spec) -> Callable[[Request], Awaitable[Response]]:
    """Make the endpoint of a route."""

    async def answer(request: Request) -> Response:
        call = stage.begin(request.method, shown_path(request), spec.name, request.path_params.get("uid"))
        body = await request.body()
        return cast("Response", await stage.finish(_attend(stage, spec, request, call, body)))

    return answer


async def unknown_route(stage: Stage, request: Request) -> Response:
    """Answer for a path or method nobody serves; it is noted, but not counted by the rate limiter."""
    path = shown_path(request)
    call = stage.begin(request.method, path, "unknown", None)
    return _end(stage, call, _refused(stage, no_route(request.method, path), path, None))


def shown_path(request: Request) -> str:
    """Give the path as the caller wrote it, with its query."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = f"?{request.url.query}" if request.url.query else ""
    return raw.decode("latin-1").partition("?")[0] + query


async def _attend(stage: Stage, spec: Spec, request: Request, call: Call, body: bytes) -> Response:
    mood = stage.moods.take(spec.name, EVERY_CALL, uid=call.uid)
    serve = partial(_serve, stage, spec, request, call, body)
    return _end(stage, call, await (serve() if mood is None else _moody(stage, mood, call, serve)))


class _Serve(Protocol):
    """What is left of `_serve` once it knows everything but whether the caller's calls are used up."""

    async def __call__(self, *, spent: bool = False) -> Response: ...


async def _moody(stage: Stage, mood: Mood, call: Call, serve: _Serve) -> Response:
    """Answer in a mood. The limit comes before any effect, and what drips has had its own."""
    if mood.kind == "crash":
        return _crash(stage, call)
    if mood.kind == "limit":
        return await serve(spent=True)
    if mood.kind == "drip":
        return spoils.Drip(await serve(), stage.moods, mood)
    real = await serve() if mood.after_effect else None
    return await _spoil(stage, mood, call, real) or real or await serve()


def _end(stage: Stage, call: Call, response: Response) -> Response:
    call.ended = stage.now()
    call.status = None if isinstance(response, spoils.NoAnswer) else response.status_code
    response.headers["X-Request-Id"] = stage.mint.uuid()
    return response


async def _spoil(stage: Stage, mood: Mood, call: Call, real: Response | None) -> Response | None:
    """Give the answer of a mood; None when it has none of its own and was only slow."""
    match mood.kind:
        case "slow":
            await stage.moods.pause(mood.seconds)
            return None
        case "hang" | "drop":
            if mood.kind == "hang":
                await stage.moods.hang()
            return spoils.NoAnswer()
        case "html":
            return spoils.page("Just a moment...")
        case "garbage":
            return spoils.garbage(real)
        case "schema":
            return spoils.misshapen(mood, _as_it_is(stage, call) if real is None else spoils.data_of(real))
        case _:
            return spoils.erroneous(mood, call.path, call.uid, stage.now())


def _as_it_is(stage: Stage, call: Call) -> object:
    """What a call would be told about the booking it names, had it no effect."""
    booking = stage.world.bookings.get(call.uid or "")
    return [] if booking is None else answers.booking(stage.world, booking)


def _crash(stage: Stage, call: Call) -> Response:
    """Die between the mails and the state: the invitation is out, and the booking as it was."""
    booking = stage.world.bookings.get(call.uid or "")
    if booking is not None:
        booking.invitations += 1
    return _refused(stage, bare(500, "Internal server error"), call.path, None)


async def _serve(
    stage: Stage, spec: Spec, request: Request, call: Call, body: bytes, *, spent: bool = False
) -> Response:
    count = None
    try:
        _refuse_version(stage.world.settings, spec, request.headers.get("cal-api-version"), call)
        credential = access.token(request.headers.get("authorization"))
        count = _count(stage, request, credential, spent=spent)
        if count.blocked:
            raise too_many()
        person = access.identify(stage.world, spec.guard, credential, stage.now().date())
        names = request.path_params
        ask = Ask(next(iter(names.values()), ""), _read(body), person, request.query_params, names)
        answer = await spec.handler(stage, ask)
        call.effect = ask.effect
    except Refusal as refusal:
        return _refused(stage, refusal, call.path, count)
    return spoils.reply(answer.status, answer.body, count.headers)


def _refuse_version(settings: Settings, spec: Spec, asked: str | None, call: Call) -> None:
    """Raise Refusal where the route does not exist in this release or under this version."""
    if spec.newest and not settings.newest:
        raise no_route(spec.method, call.path)
    if spec.versions is None:
        return
    versions = _KNOWN | ({"2026-02-25"} if settings.newest else set())
    version = asked if asked in versions else OLDEST
    if spec.old and version == OLDEST:
        raise left_out(f"{spec.method} {spec.path} in its old shape, which cal-api-version {OLDEST} asks for")
    if version not in spec.versions:
        raise no_route(spec.method, call.path)


def _count(stage: Stage, request: Request, credential: str | None, *, spent: bool) -> Count:
    address = request.client.host if request.client else ""
    caller, limit = access.account(stage.world, credential, address)
    return stage.limiter.hit(caller, limit, stage.world.settings, stage.now().timestamp(), spent=spent)


def _read(body: bytes) -> dict[str, Any]:
    """Read the body; anything but an object counts as an empty one. Raises Refusal for what is no JSON."""
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        raise envelope(400, "Unexpected token in JSON") from None
    return value if isinstance(value, dict) else {}


def _refused(stage: Stage, refusal: Refusal, path: str, count: Count | None) -> Response:
    body = refusal.body(path, stage.now(), newest=stage.world.settings.newest)
    return spoils.reply(refusal.status, body, count.headers if count else {})
