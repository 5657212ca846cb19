"""Answers in a bad mood: cut off, not JSON, an error of Cal.com's or of a proxy before it, or none at all.

What strikes when is in `moods.py`; here is only what it looks like on the wire.
"""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from starlette.responses import HTMLResponse, Response

from gateway.http import httpx
from gateway.sandbox.moods import Mood
from gateway.sandbox.refusals import (
    NO_AUTHENTICATION,
    Refusal,
    bare,
    envelope,
    too_many,
    trpc,
    unknown_booking,
)
from gateway.sandbox.webhooks import dumps

JSON = "application/json; charset=utf-8"
HANG_UP = "gateway.sandbox.hang_up"
STUMP = b'{"status":"success","data":{"id":1,"uid":"'


class NoAnswer(Response):
    """Closes the connection without a word. Without a connection (in one process) the client is told the same."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ARG002 -- nothing is sent
        """Hang up and wait until the server has noticed, or it would answer 500 by itself."""
        hang_up = scope.get("extensions", {}).get(HANG_UP)
        if hang_up is None:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        hang_up()
        while (await receive())["type"] != "http.disconnect":
            pass


def reply(status: int, body: object, headers: dict[str, str]) -> Response:
    """Answer JSON as Cal.com writes it."""
    return Response(dumps(body), status, headers, JSON)


def page(title: str, status: int = 200) -> Response:
    """Answer what a proxy puts in front of a service that does not answer."""
    return HTMLResponse(
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>", status
    )


def garbage(real: Response | None) -> Response:
    """Answer the first half of the JSON."""
    body = STUMP if real is None else bytes(real.body)[: len(real.body) // 2]
    return Response(body, 200, media_type=JSON)


def erroneous(mood: Mood, path: str, uid: str | None, at: datetime) -> Response:
    """Answer the status a mood asks for, in the shape that status usually has."""
    if mood.status in _PROXY:
        return page(f"{mood.status} {_PROXY[mood.status]}", mood.status)
    refusal = _refusal(mood.status, uid or "")
    return reply(refusal.status, refusal.body(path, at), _RESET if mood.status == 429 else {})


_PROXY = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
_RESET = {
    "X-RateLimit-Limit-Default": "120",
    "X-RateLimit-Remaining-Default": "0",
    "X-RateLimit-Reset-Default": "60",
}


def _refusal(status: int, uid: str) -> Refusal:
    known = {
        400: trpc(400),
        401: envelope(401, "CustomThrottlerGuard - Invalid API Key"),
        403: envelope(403, NO_AUTHENTICATION),
        404: unknown_booking(uid),
        429: too_many(),
        498: Refusal(498, "TokenExpiredException", "ACCESS_TOKEN_IS_EXPIRED"),
    }
    return known.get(status) or bare(status, "Internal server error")
