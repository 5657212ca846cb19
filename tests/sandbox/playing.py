"""A sandbox in one process, with a clock one can set and a receiver that remembers what it got."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette

from gateway.http import httpx
from gateway.sandbox.app import build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.stage import Mint, Stage
from gateway.sandbox.world import Booking, World

ADMIN = "cal_sandbox"
MAYA, JONAS = f"{ADMIN}_maya", f"{ADMIN}_jonas"
HOOK, SECRET = "http://gateway.example/hook", "a secret"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SLOT = "2027-03-04T10:00:00Z"
VERSIONS = {"event-types": "2024-06-14", "slots": "2024-09-04"}
PERSON = {"name": "Sam Mentee", "email": "sam@example.com", "timeZone": "Europe/Rome", "language": "en"}


@dataclass
class Receiver:
    """Stands where the gateway would: keeps every delivery, answers 200 unless told otherwise."""

    requests: list[httpx.Request] = field(default_factory=list)
    status: int = 200
    seconds: float = 0.0
    look: Callable[[], object] | None = None
    seen: list[object] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Take one delivery."""
        if self.look:
            self.seen.append(self.look())
        await asyncio.sleep(self.seconds)
        self.requests.append(request)
        return httpx.Response(self.status)

    @property
    def bodies(self) -> list[Any]:
        """What came, as JSON."""
        return [json.loads(request.content) for request in self.requests]

    @property
    def triggers(self) -> list[str]:
        """What came, by name."""
        return [body["triggerEvent"] for body in self.bodies]

    @property
    def payload(self) -> Any:
        """The payload of the last one."""
        return self.bodies[-1]["payload"]


@dataclass
class Play:
    """The sandbox, who calls it, and who hears from it."""

    world: World
    at: datetime = NOON
    receiver: Receiver = field(default_factory=Receiver)
    mint: Mint | None = None
    app: Starlette = field(init=False)
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        """Build the sandbox; the client speaks to it without a socket."""
        out = httpx.AsyncClient(transport=httpx.MockTransport(self.receiver))
        mint = self.mint or counting_mint()
        self.app = build(self.world, now=lambda: self.at, mint=mint, client=out, hang_cap=0.05)
        transport = httpx.ASGITransport(self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://calcom.example")

    @property
    def stage(self) -> Stage:
        """What the routes share."""
        stage: Stage = self.app.state.stage
        return stage

    async def call(
        self, method: str, path: str, body: object = None, key: str | None = ADMIN
    ) -> httpx.Response:
        """Call the API as the gateway would, with the path's own version; `key` None means without credentials."""
        version = next((one for part, one in VERSIONS.items() if part in path), "2024-08-13")
        headers = {"cal-api-version": version} | ({} if key is None else {"Authorization": f"Bearer {key}"})
        return await self.client.request(method, path, json=body, headers=headers)

    async def get(self, path: str, key: str | None = ADMIN) -> Any:
        """Get the data of a successful answer."""
        return (await self.call("GET", path, key=key)).json()["data"]

    async def act(self, uid: str, action: str, key: str | None = ADMIN, **body: object) -> httpx.Response:
        """Do something to a booking."""
        return await self.call("POST", f"/v2/bookings/{uid}/{action}", body, key)

    async def ask(self, key: str | None = None, **more: Any) -> httpx.Response:
        """Ask for a date with Maya, as an attendee."""
        body = {"start": SLOT, "eventTypeId": 11, "attendee": PERSON} | more
        return await self.call("POST", "/v2/bookings", body, key)

    async def booked(self, **more: Any) -> str:
        """Ask for a date and give the uid."""
        answer = (await self.ask(**more)).json()["data"]
        return str(answer[0]["uid"] if isinstance(answer, list) else answer["uid"])

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Use a control route."""
        return (await self.client.request(method, f"/control/{path}", json=body)).json()

    async def mood(self, **mood: object) -> None:
        """Put a mood in force."""
        answer = await self.client.post("/control/moods", json=mood)
        assert answer.status_code == 201, answer.text

    def booking(self, uid: str) -> Booking:
        """Look at a booking from inside."""
        return self.world.bookings[uid]

    def wait(self, **duration: float) -> None:
        """Let time pass."""
        self.at += timedelta(**duration)

    @contextmanager
    def heard(self) -> Iterator[list[str]]:
        """Collect the triggers that come meanwhile."""
        before, heard = len(self.receiver.requests), list[str]()
        yield heard
        heard.extend(self.receiver.triggers[before:])


def counting_mint() -> Mint:
    """Make names in order, in the usual shapes."""
    uids, uuids = itertools.count(1), itertools.count(1)
    return Mint(lambda: f"uid{next(uids):019d}", lambda: f"00000000-0000-4000-8000-{next(uuids):012d}")


def demo() -> World:
    """The demo world with one subscription."""
    return demo_world(ADMIN, HOOK, SECRET)
