"""GET /v1/changes: the journal as the caller may see it, page by page or as it grows (server-sent events)."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.errors import GatewayError
from gateway.domain.people import Caller
from gateway.services.feed import Feed
from gateway.web import query, shapes
from gateway.web.door import PRIVATE, Door

PING_SECONDS = 15
SEND_SECONDS = 30.0
"""How long a client may take for one event before it is cut off; it finds the rest when it comes back."""
RETRY_MILLISECONDS = 2000
STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Changes:
    """The door of the change feed."""

    door: Door
    feed: Feed

    async def read(self, request: Request) -> Response:
        """`{"items", "seq"}`, or a stream of the same for whoever accepts one."""
        caller = self.door.caller(request)
        since, limit = query.changes(request.query_params.multi_items())
        if STREAM in request.headers.get("accept", ""):
            return await self._stream(request, caller, since)
        same = await self.door.unchanged(request, caller)
        if same is not None:
            return same
        lines, seq = await self.door.portal.changes(caller, since or 0, limit)
        last = lines[-1].seq if len(lines) == limit else seq
        return self.door.answer({"items": [shapes.change(one) for one in lines], "seq": last}, seq)

    async def _stream(self, request: Request, caller: Caller, since: int | None) -> Response:
        """Where the client left off, else after `since`, else from now on."""
        seq, last = await self.feed.place(caller)
        place = _place(request.headers.get("last-event-id"), since, seq)
        lost = place > last  # of another journal, as after a backup was restored
        events = self._events(request, caller, seq if lost else place, lost=lost)
        return EventSourceResponse(
            events,
            ping=PING_SECONDS,
            send_timeout=SEND_SECONDS,
            headers={**PRIVATE, "Cache-Control": "no-store"},
        )

    async def _events(
        self, request: Request, caller: Caller, place: int, *, lost: bool
    ) -> AsyncIterator[ServerSentEvent]:
        if lost:
            yield ServerSentEvent(
                _json({"seq": place}), event="reset", id=str(place), retry=RETRY_MILLISECONDS
            )
        else:
            yield ServerSentEvent(id=str(place), retry=RETRY_MILLISECONDS)
        async for lines in self.feed.follow(caller, place):
            for line in lines:
                yield ServerSentEvent(_json(shapes.change(line)), id=str(line.seq))
            if not self._admitted(request):
                return

    def _admitted(self, request: Request) -> bool:
        """Whether the token that opened the stream would still open one."""
        try:
            self.door.caller(request)
        except GatewayError:
            return False
        return True


def _place(given: str | None, since: int | None, seq: int) -> int:
    """Where to begin: what stands in `Last-Event-ID` and is no number of ours lies beyond every journal."""
    if given is None:
        return seq if since is None else since
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 2**53  # fmt: skip


def _json(value: shapes.Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
