"""What every door of the API does alike: who asks, what they hold already, and JSON in and out.

`Door` is the base of the groups of endpoints. It keeps out all meaning: what is read or done is asked
of the services.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.domain.errors import BadRequest, Invalid, NotAllowed, TooLarge, Unsupported
from gateway.domain.people import Caller, Role
from gateway.ports import Clock
from gateway.services.feed import Feed
from gateway.services.portal import Portal
from gateway.web.auth import Authenticator

T = TypeVar("T")
MOST_JSON = 64 * 1024
MOST_DRAINED = 8
LONGEST_WAIT = 60
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Gateway-On-Behalf-Of"}


@dataclass(frozen=True, slots=True)
class Door:
    """The tools of an endpoint. `stamp` is `<store>-<view>`, the part of an ETag that all callers share."""

    portal: Portal
    feed: Feed
    authenticator: Authenticator
    clock: Clock
    stamp: str

    def caller(self, request: Request) -> Caller:
        """Who asks. Raises Unauthenticated, and TooMany after too many failures."""
        peer = request.client.host if request.client else "unknown"
        return self.authenticator.admit(request.headers, peer, self.clock())

    def operator(self, request: Request) -> Caller:
        """Who asks, if it is an operator or a service. Raises as `caller` does, and NotAllowed."""
        caller = self.caller(request)
        if caller.role not in (Role.OPERATOR, Role.PORTAL):
            raise NotAllowed("This is for operators.")
        return caller

    async def unchanged(self, request: Request, caller: Caller) -> Response | None:
        """A 304 when the caller holds the present state already, found before any row is read.

        Who prefers to wait is held until there is another, or so long.
        """
        held = request.headers.get("if-none-match")
        if held is None:
            return None
        names = {name.strip().removeprefix("W/") for name in held.split(",")}
        seq, patience = await self.portal.standing(caller), preferred_wait(request.headers)
        if patience and names & {self.etag(seq), "*"}:
            seq = await self.feed.changed(caller, seq, patience)
        etag = self.etag(seq)
        return Response(status_code=304, headers={**PRIVATE, "ETag": etag}) if names & {etag, "*"} else None

    async def current(
        self, request: Request, caller: Caller, read: Callable[[], Awaitable[T]]
    ) -> T | Response:
        """What `read` finds, or a 304; read first, because what is not the caller's is not found, whatever they hold."""
        found = await read()
        same = await self.unchanged(request, caller)
        waited = "if-none-match" in request.headers and preferred_wait(request.headers) > 0
        return same or (await read() if waited else found)

    def etag(self, seq: int) -> str:
        """The caller's own ETag at their journal number."""
        return f'"{self.stamp}-{seq}"'

    def answer(self, body: Any, seq: int) -> Response:
        """A JSON answer that may be asked for again by its ETag."""
        return JSONResponse(body, headers={**PRIVATE, "ETag": self.etag(seq)})


def preferred_wait(headers: Headers) -> float:
    """The seconds in `Prefer: wait=N` (RFC 7240), at most a minute; 0.0 when none are asked for, or not understood."""
    for preference in ",".join(headers.getlist("prefer")).split(","):
        name, _, value = preference.partition(";")[0].strip().partition("=")
        if name.strip().lower() == "wait" and value.strip().isascii() and value.strip().isdigit():
            return float(min(int(value.strip()[:9]), LONGEST_WAIT))
    return 0.0


async def body_of(request: Request, most: int) -> bytes:
    """The body, at most `most` bytes. Raises TooLarge.

    What is somewhat longer is read to its end, or the answer could be lost with the connection.
    Starlette's own `max_body_size` answers in plain text when the length was declared; ours is a problem.
    """
    declared = int(request.headers.get("content-length") or 0)
    if declared > MOST_DRAINED * most:
        raise TooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            chunks.append(chunk)
        elif size > MOST_DRAINED * most:
            break
    if size > most:
        raise TooLarge
    return b"".join(chunks)


async def object_of(request: Request) -> dict[str, Any]:
    """The body as a JSON object; no body is an empty one. Raises Unsupported, BadRequest and TooLarge."""
    body = await body_of(request, MOST_JSON)
    if not body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Unsupported
    try:
        value = json.loads(body, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # JSON can spell half of a surrogate pair
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(value, dict):
        raise BadRequest
    return value


def fields(given: Mapping[str, Any], known: Mapping[str, type]) -> dict[str, Any]:
    """The known members of an object; null counts as not given. Raises Invalid, naming each that is wrong."""
    wrong = [{"field": name, "detail": "there is no such field"} for name in given if name not in known]
    said = {name: given[name] for name in known if given.get(name) is not None}
    for name, value in said.items():
        if type(value) is not known[name]:
            wrong.append({"field": name, "detail": f"should be {WORDS[known[name]]}"})
    if wrong:
        raise Invalid(errors=wrong)
    return said


WORDS = {str: "a text", bool: "true or false"}


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
