"""Answers in a bad mood: cut off, not JSON, of another shape, bit by bit, an error, a proxy's page, or none at all.

What strikes when is in `moods.py`; here is only what it looks like on the wire.
"""

import json
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from starlette.responses import HTMLResponse, Response

from gateway.http import httpx
from gateway.sandbox.moods import Mood, Moods
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


class Drip(Response):
    """A real answer, given bit by bit. It is whole, and as long as it says, for whoever waits."""

    def __init__(self, real: Response, moods: Moods, mood: Mood) -> None:
        super().__init__(real.body, real.status_code)
        self.raw_headers = real.raw_headers
        self.moods, self.mood = moods, mood

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ARG002 -- nothing more is read
        """Send the head at once and the body in its time."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        async for bit in self.moods.drip(bytes(self.body), self.mood):
            await send({"type": "http.response.body", "body": bit, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


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


def misshapen(mood: Mood, data: object) -> Response:
    """Answer JSON of another shape; what is no booking has no old one."""
    shapes = {
        "empty": {"status": "success", "data": []},
        "old": {"status": "success", "data": _old(data)},
        "strings": ["Maya", "Jonas", "Ifeoma"],
    }
    return reply(200, shapes[mood.shape], {})


def data_of(real: Response) -> object:
    """What a real answer wraps; nothing if it is a refusal."""
    return json.loads(bytes(real.body)).get("data")


def _old(data: object) -> object:
    """Bookings as the version of April 2024 shows them: a list is one key deeper, and a booking has the web app's words."""
    if isinstance(data, list):
        return {"bookings": [_old(row) for row in data], "nextCursor": None}
    if not isinstance(data, dict) or "uid" not in data:
        return []
    names = {"start": "startTime", "end": "endTime", "bookingFieldsResponses": "responses"}
    kept = ("id", "uid", "title", "description", "location", "metadata", "cancellationReason", "attendees")
    renamed = {old: data[new] for new, old in names.items() if new in data}
    more = {"status": str(data["status"]).upper(), "user": data["hosts"][0], "rejectionReason": None}
    return {name: data[name] for name in kept if name in data} | renamed | more


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
