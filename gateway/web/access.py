"""One log line per request, with the route's pattern and never its path, and a request id on every answer."""

from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class AccessLog:
    """Plain ASGI middleware; `new_id` makes request ids, which bind to every line logged on the way.

    `seconds` is any steady clock.
    """

    def __init__(self, app: ASGIApp, new_id: Callable[[], str], seconds: Callable[[], float]) -> None:
        self.app = app
        self.new_id = new_id
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and log it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, status = self.new_id(), self.seconds(), 500
        scope.setdefault("state", {})["request_id"] = request_id

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self.app(scope, receive, sending)
            finally:
                route = getattr(scope.get("route"), "path", "unrouted")
                took = round((self.seconds() - began) * 1000, 1)
                log.info("request.answered", method=scope["method"], route=route, status=status, ms=took)
