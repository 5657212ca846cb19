"""Who plays in a story: the portal as somebody uses it, the stand-in Cal.com, the line between, a clock to wind.

The same two clients speak to an application in this process and to a real one behind a socket.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from gateway.domain.people import Role
from gateway.http import httpx
from gateway.settings import Settings
from gateway.web.tokens import mint

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""A Monday."""
API_KEY = "cal_canary7f3a9c51e2"
SECRET = "canary-webhook-secret-5d1f"
TOKEN_KEY = "canary-token-key-0123456789abcdef0123456789"
SERVICE, OPERATOR = "canary-service-token-81b2", "canary-operator-token-93c4"
MAYA, JONAS, ANA, BEN = (f"{name}@example.com" for name in ("maya", "jonas", "ana", "ben"))
REASON = {"reason_code": "no-capacity", "reason": "Back in May"}
LABEL = "I cannot take on further meetings at the moment"

Json = dict[str, Any]


class Clock:
    """Noon of a Monday, or whatever it is set to, when it is made; it runs, and can be wound forward."""

    def __init__(self, at: datetime = NOON) -> None:
        self._at = at
        self._began = time.monotonic()
        self._wound = timedelta()

    def __call__(self) -> datetime:
        """Tell the time."""
        return self._at + timedelta(seconds=time.monotonic() - self._began) + self._wound

    def wind(self, **duration: float) -> None:
        """Let time pass."""
        self._wound += timedelta(**duration)


class Wire(httpx.AsyncBaseTransport):
    """A line to an application in this process; `cut`, nobody answers it."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.cut = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        if self.app is None or self.cut:
            raise httpx.ConnectError("refused")
        return await httpx.ASGITransport(self.app).handle_async_request(request)


@dataclass
class Portal:
    """The gateway's doors as one caller meets them."""

    http: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask for anything, in the caller's name unless other headers are given."""
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Read something."""
        return await self.call("GET", path, headers=headers)

    async def accept(self, uid: str, key: str | None = None, **body: object) -> httpx.Response:
        """Press accept."""
        named = {"Idempotency-Key": key} if key else {}
        return await self.call("POST", f"/v1/bookings/{uid}/accept", json=body, headers=named)

    async def reject(self, uid: str, key: str | None = None, **body: object) -> httpx.Response:
        """Press decline, with a listed reason unless other fields are given."""
        named = {"Idempotency-Key": key} if key else {}
        return await self.call("POST", f"/v1/bookings/{uid}/reject", json=body or REASON, headers=named)

    async def booking(self, uid: str) -> Json:
        """One booking as the caller sees it."""
        answer = await self.get(f"/v1/bookings/{uid}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def status(self, uid: str) -> str:
        """A booking's status."""
        return str((await self.booking(uid))["status"])

    async def timeline(self, uid: str) -> list[Json]:
        """A booking's lines, oldest first."""
        return list((await self.get(f"/v1/bookings/{uid}/timeline")).json()["items"])

    async def events(self, uid: str) -> list[str]:
        """The names of a booking's lines."""
        return [line["event"] for line in await self.timeline(uid)]

    async def etag(self, path: str = "/v1/bookings") -> str:
        """The caller's present ETag."""
        return str((await self.get(path)).headers["etag"])

    async def command(self, number: str) -> Json:
        """One command as it stands."""
        return dict((await self.get(f"/v1/commands/{number}")).json())

    async def settled(self, number: str, within: float = 10) -> Json:
        """A command once it is no longer open."""

        async def ended() -> bool:
            try:
                return (await self.command(number))["state"] not in ("waiting", "trying")
            except httpx.TransportError:
                return False  # the gateway is being started again

        await until(ended, within)
        return await self.command(number)


@dataclass(kw_only=True)
class Gateway(Portal):
    """The open gateway; called as itself it speaks for nobody, `as_host` and the like for somebody."""

    app: Starlette
    settings: Settings
    clock: Clock
    to_calcom: Wire
    database: Path

    def as_(self, email: str, role: Role) -> Portal:
        """The doors as a person meets them."""
        return Portal(self.http, bearer(self.settings, email, role, self.clock()))

    def host(self, email: str = MAYA) -> Portal:
        """The doors as a mentor meets them."""
        return self.as_(email, Role.HOST)

    def attendee(self, email: str = ANA) -> Portal:
        """The doors as a mentee meets them."""
        return self.as_(email, Role.ATTENDEE)

    def service(self, token: str = SERVICE, behalf: str | None = None) -> Portal:
        """The doors as the portal's backend meets them, for somebody or for nobody in particular."""
        named = {"Gateway-On-Behalf-Of": behalf} if behalf else {}
        return Portal(self.http, {"Authorization": f"Bearer {token}", **named})

    async def deliver(self, body: bytes, **headers: str) -> httpx.Response:
        """Bring a delivery, signed unless other headers are given."""
        return await self.http.post("/webhooks/calcom", content=body, headers=headers or signed(body))

    async def verdicts(self) -> list[tuple[str, str]]:
        """What became of each delivery that was kept, oldest first: trigger and verdict."""
        told = (await self.service(OPERATOR).get("/v1/deliveries?limit=100")).json()["items"]
        return [(one["trigger"], one["verdict"]) for one in reversed(told)]

    async def wake(self) -> None:
        """Make the worker look at its clock: it sleeps until the store is written to."""
        assert (await self.http.get("/readyz")).status_code == 200

    async def hurry(self) -> None:
        """Let time pass twenty times as fast, for ever. Only while no call to Cal.com lasts: leases run on too."""
        while True:
            self.clock.wind(seconds=0.4)
            await self.wake()
            await asyncio.sleep(0.02)

    def stored(self) -> bytes:
        """Everything on disk: the database and its write-ahead log."""
        files = sorted(self.database.parent.glob(f"{self.database.name}*"))
        return b"".join(file.read_bytes() for file in files)


@dataclass
class CalCom:
    """The stand-in's control routes; remembers what must never be found in a log."""

    http: httpx.AsyncClient
    canaries: list[str] = field(default_factory=list)

    async def control(self, method: str, path: str, body: object = None) -> Json:
        """Use a control route."""
        answer = await self.http.request(method, f"/control/{path}", json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def book(self, start: datetime | None = None, **wish: Any) -> str:
        """Ask for a date, by default as Ana with Maya; gives the uid."""
        when = {"start": start.isoformat()} if start else {}
        asked = {"host": "maya", "event_type": "mentoring", "name": "Ana Soto", "email": ANA, **when, **wish}
        uid = str((await self.control("POST", "bookings", asked))["uid"])
        self.canaries.append(uid)
        return uid

    async def mood(self, **mood: object) -> None:
        """Put a mood in force."""
        await self.control("POST", "moods", mood)

    async def calls(self, route: str, uid: str | None = None) -> list[Json]:
        """The calls of a route, about one booking."""
        about = f"&uid={uid}" if uid else ""
        return list((await self.control("GET", f"calls?route={route}{about}"))["calls"])

    async def act(self, uid: str, action: str, key: str | None = API_KEY, **body: object) -> httpx.Response:
        """Do something at Cal.com itself, by default as the programme's office."""
        headers = {"cal-api-version": "2024-08-13"} | ({"Authorization": f"Bearer {key}"} if key else {})
        return await self.http.post(f"/v2/bookings/{uid}/{action}", json=body, headers=headers)

    async def effects(self, uid: str) -> tuple[int, int]:
        """How many confirms of a booking were called for, and how many took effect."""
        state = await self.control("GET", "state")
        return len(await self.calls("confirm", uid)), state["confirms"][uid]

    async def bodies(self, uid: str) -> list[bytes]:
        """The webhooks about a booking, as they were sent or would have been."""
        told = await self.control("GET", f"webhooks?uid={uid}")
        return [str(one["body"]).encode() for one in told["webhooks"]]

    async def row(self, uid: str) -> Json:
        """A booking from inside."""
        rows = (await self.control("GET", "state"))["bookings"]
        return next(dict(row) for row in rows if row["uid"] == uid)


async def until(true: Callable[[], Awaitable[bool]], within: float = 10) -> float:
    """Wait until something is so, and tell how many seconds that took."""
    began = time.monotonic()
    while not await true():
        assert time.monotonic() - began < within, f"not so within {within} s"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def bearer(
    settings: Settings, email: str, role: Role = Role.HOST, now: datetime | None = None
) -> dict[str, str]:
    """The header of a person's token."""
    token = mint(settings, role, email, timedelta(hours=12), now or datetime.now(UTC))
    return {"Authorization": f"Bearer {token}"}


def digest(token: str) -> str:
    """What the settings hold of a service token."""
    return hashlib.sha256(token.encode()).hexdigest()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of a delivery."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Cal-Signature-256": signature}
