"""Cal.com's API over HTTP: deadlines, the rate budget and the few retries that prove nothing has happened yet.

What a message says is `messages.py`. Whether a command is tried again is not decided here: an answer
that never came is Unknown, and the services look before they act again. The log gets one line per
call, with the route's pattern: never a uid, the key, or a body.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from gateway.calcom import messages
from gateway.calcom.budget import Budget, Rank
from gateway.domain.booking import Observation
from gateway.domain.command import ACT_SECONDS, LOOK_SECONDS, Command
from gateway.domain.people import Person
from gateway.http import httpx
from gateway.ports import Clock, Limited, Unknown, Unsent
from gateway.records import Listing, Page

T = TypeVar("T")

TRIES = 3
CONNECT_SECONDS = 5.0
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10)
LARGEST_BYTES = 16 * 1024 * 1024
"""More than a page of bookings needs: a longer answer is not read to its end."""

NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""No connection was had, so no byte of the request left: worth another try within the same call."""

NOTHING_SENT = (*NOT_CONNECTED, httpx.UnsupportedProtocol, httpx.InvalidURL)
MAYBE_SENT = (httpx.HTTPError, httpx.StreamError, httpx.CookieConflict, OSError)
"""Everything else that can go wrong with a call (TimeoutError is an OSError). Checked after NOTHING_SENT."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks and deadlines of a client; seconds throughout. `monotonic` is any steady clock."""

    now: Clock
    monotonic: Callable[[], float]
    look: float = LOOK_SECONDS
    act: float = ACT_SECONDS
    between_tries: float = 0.2


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """`ports.CalCom` with one credential. `base_url` ends in `/v2`; `transport` replaces the network in tests."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        timing: Timing,
        budget: Budget,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        # httpx logs each URL at INFO, and a booking's URL holds its uid, which is a capability.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._base = base_url.rstrip("/")
        self._timing = timing
        self._budget = budget
        self._http = httpx.AsyncClient(
            headers={"authorization": f"Bearer {api_key}", "accept-encoding": "identity"},
            timeout=httpx.Timeout(timing.act, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=LIMITS,
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections; calls still running fail."""
        await self._http.aclose()

    async def look(self, uid: str, rank: str) -> Observation:
        """What is true about `uid` now, within 10 s.

        Raises Unsent (no usable answer, for whatever reason: a look changes nothing), Limited,
        Missing or Rejected. `rank` is one of `budget.Rank`.
        """

        def understand(*reply: Any) -> Observation:
            return messages.understand(uid, *reply)

        return await self._ask(messages.look(uid), understand, rank, self._timing.look)

    async def act(self, command: Command) -> Observation:
        """Confirm or decline, within 30 s; returns the booking as Cal.com then shows it.

        Raises Unsent (not connected), Unknown (sent, and no usable answer), Limited, Missing or Rejected.
        """

        def understand(*reply: Any) -> Observation:
            return messages.understand(command.uid, *reply)

        return await self._call(messages.act(command), understand, Rank.COMMAND, self._timing.act)

    async def listed(self, listing: Listing) -> Page:
        """One page of a list of bookings, within 30 s. Raises as `look` does."""

        def understand(*reply: Any) -> Page:
            return messages.understand_page(listing, *reply)

        return await self._ask(messages.listed(listing), understand, Rank.RECONCILE, self._timing.act)

    async def me(self) -> Person:
        """Whose credential it is, within 10 s. Raises as `look` does; Missing means that there is no such call."""
        return await self._ask(messages.me(), messages.understand_me, Rank.RECONCILE, self._timing.look)

    async def _ask(
        self, request: messages.Request, understand: Callable[..., T], rank: str, seconds: float
    ) -> T:
        """A call that changes nothing: without a usable answer it is as if it had not been made."""
        try:
            return await self._call(request, understand, rank, seconds)
        except Unknown as problem:
            raise Unsent(str(problem)) from None

    async def _call(
        self, request: messages.Request, understand: Callable[..., T], rank: str, seconds: float
    ) -> T:
        sent = self._timing.monotonic()
        wait = self._budget.take(rank, sent)
        if wait > 0:
            raise Limited(wait)
        try:
            reply = await self._reply(request, seconds)
        except (Unsent, Unknown) as problem:
            self._log(request, sent, None, str(problem))
            raise
        self._log(request, sent, reply.status, None)
        self._learn(reply, sent)
        return understand(reply.status, reply.headers, reply.body, self._timing.now())

    async def _reply(self, request: messages.Request, seconds: float) -> Reply:
        """The answer, or Unsent or Unknown with the problem's name: a client library's text may quote the key."""
        connected = AsyncRetrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_fixed(self._timing.between_tries),
            retry=retry_if_exception_type(NOT_CONNECTED),
            reraise=True,
        )
        try:
            async with asyncio.timeout(seconds):
                return await connected(self._send, request)
        except NOTHING_SENT as problem:
            raise Unsent(type(problem).__name__) from None
        except MAYBE_SENT as problem:
            raise Unknown(type(problem).__name__) from None

    async def _send(self, request: messages.Request) -> Reply:
        headers = {"cal-api-version": request.version}
        if request.body:
            headers["content-type"] = "application/json"
        url = self._base + request.path
        async with self._http.stream(request.method, url, content=request.body, headers=headers) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_BYTES:
                    raise Unknown("too long")
            return Reply(response.status_code, response.headers, bytes(body))

    def _learn(self, reply: Reply, sent: float) -> None:
        told = messages.left(reply.headers)
        if told is not None:
            self._budget.learn(*told, sent)
        if reply.status == messages.TOO_MANY:
            pause = messages.pause(reply.headers, self._timing.now())
            self._budget.block(self._timing.monotonic() + pause)

    def _log(self, request: messages.Request, sent: float, status: int | None, problem: str | None) -> None:
        milliseconds = round((self._timing.monotonic() - sent) * 1000)
        log.info(
            "calcom.called", route=request.route, status=status, milliseconds=milliseconds, problem=problem
        )
