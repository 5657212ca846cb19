"""What happens to every API call around its handler: noted, counted, identified, spoiled if in the mood.

The order is the real one's: version, rate limiter, guard, handler; refusals become errors here. What a
route does is in `api.py`.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gateway.sandbox import access, spoils
from gateway.sandbox.calls import Call
from gateway.sandbox.limits import Count
from gateway.sandbox.moods import EVERY_CALL, Mood
from gateway.sandbox.refusals import Refusal, envelope, no_route, too_many
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import Person

BOOKING_VERSIONS = frozenset({"2024-08-13", "2026-02-25"})


@dataclass(frozen=True)
class Ask:
    """A call as its handler sees it; `uid` is what the path names, a booking's or a series' uid or an id."""

    uid: str
    query: QueryParams
    body: dict[str, Any]
    person: Person | None
    call: Call


@dataclass(frozen=True)
class Answer:
    """What a handler says when it does not refuse."""

    body: dict[str, Any]
    status: int = 200


Handler = Callable[[Stage, Ask], Awaitable[Answer]]


@dataclass(frozen=True)
class Spec:
    """One route of the API. `versions`: under any other `cal-api-version` it does not exist."""

    method: str
    path: str
    name: str
    guard: access.Guard
    handler: Handler
    versions: frozenset[str] | None = None


def endpoint(stage: Stage, spec: Spec) -> Callable[[Request], Awaitable[Response]]:
    """Make the endpoint of a route."""

    async def answer(request: Request) -> Response:
        uid = request.path_params.get("uid")
        call = stage.calls.begin(request.method, shown_path(request), spec.name, uid, stage.now())
        body = await request.body()
        return cast("Response", await stage.finish(_attend(stage, spec, request, call, body)))

    return answer


async def unknown_route(stage: Stage, request: Request) -> Response:
    """Answer for a path or method nobody serves; it is noted, but not counted by the rate limiter."""
    path = shown_path(request)
    call = stage.calls.begin(request.method, path, "unknown", None, stage.now())
    return _end(stage, call, _refused(stage, no_route(request.method, path), path, None))


def shown_path(request: Request) -> str:
    """Give the path as the caller wrote it, with its query."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = f"?{request.url.query}" if request.url.query else ""
    return raw.decode("latin-1").partition("?")[0] + query


async def _attend(stage: Stage, spec: Spec, request: Request, call: Call, body: bytes) -> Response:
    mood = stage.moods.take(spec.name, EVERY_CALL, uid=call.uid)
    if mood is None:
        return _end(stage, call, await _serve(stage, spec, request, call, body))
    real = await _serve(stage, spec, request, call, body) if mood.after_effect else None
    spoiled = await _spoil(stage, mood, call, real)
    return _end(stage, call, spoiled or real or await _serve(stage, spec, request, call, body))


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
        case "hang":
            await stage.moods.hang()
            return spoils.NoAnswer()
        case "drop":
            return spoils.NoAnswer()
        case "html":
            return spoils.page("Just a moment...")
        case "garbage":
            return spoils.garbage(real)
        case _:
            return spoils.erroneous(mood, call.path, call.uid, stage.now())


async def _serve(stage: Stage, spec: Spec, request: Request, call: Call, body: bytes) -> Response:
    count = None
    try:
        _refuse_version(spec, request, call)
        credential = access.token(request.headers.get("authorization"))
        count = _count(stage, request, credential)
        if count.blocked:
            raise too_many()
        person = access.identify(stage.world, spec.guard, credential)
        uid = request.path_params.get("uid") or request.path_params.get("id", "")
        ask = Ask(uid, request.query_params, _read(body), person, call)
        answer = await spec.handler(stage, ask)
    except Refusal as refusal:
        return _refused(stage, refusal, call.path, count)
    return spoils.reply(answer.status, answer.body, count.headers)


def _refuse_version(spec: Spec, request: Request, call: Call) -> None:
    """Raise Refusal where the route does not exist under the version that was asked for, or under none."""
    if spec.versions is not None and request.headers.get("cal-api-version") not in spec.versions:
        raise no_route(spec.method, call.path)


def _count(stage: Stage, request: Request, credential: str | None) -> Count:
    address = request.client.host if request.client else ""
    caller, limit = access.account(stage.world, credential, address)
    return stage.limiter.hit(caller, limit, stage.world.settings, stage.now().timestamp())


def _read(body: bytes) -> dict[str, Any]:
    """Read the body; anything but an object counts as an empty one. Raises Refusal for what is no JSON."""
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        raise envelope(400, "Unexpected token in JSON") from None
    return value if isinstance(value, dict) else {}


def _refused(stage: Stage, refusal: Refusal, path: str, count: Count | None) -> Response:
    return spoils.reply(refusal.status, refusal.body(path, stage.now()), count.headers if count else {})
