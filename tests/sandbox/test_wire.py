"""Moods on a real socket: what arrives, when, and whether anybody listens."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.http import httpx
from gateway.sandbox.app import build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.serve import serve
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import Status
from tests.sandbox.playing import ADMIN, SLOT

HEADERS = {"cal-api-version": "2024-08-13", "Authorization": f"Bearer {ADMIN}"}


@dataclass
class Served:
    """The sandbox behind a socket of its own, and a client that keeps its connection."""

    stage: Stage
    address: str
    http: httpx.AsyncClient
    task: asyncio.Task[None]

    async def booked(self) -> str:
        """Ask for a date with Maya."""
        return str((await self.http.post("/control/bookings", json={"start": SLOT})).json()["uid"])

    async def mood(self, **mood: object) -> None:
        """Put a mood in force."""
        assert (await self.http.post("/control/moods", json=mood)).status_code == 201

    async def me(self) -> int:
        """Call, for the status."""
        return (await self.http.get("/v2/me")).status_code

    async def back(self) -> float:
        """Wait until it can be called again, at most five seconds, and tell how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < 5:
            try:
                assert await self.me() == 200
            except httpx.ConnectError:
                await asyncio.sleep(0.02)
            else:
                return time.monotonic() - began
        raise AssertionError("nobody listens")


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Serve it inside this process, with nobody who hears its webhooks."""
    app = build(demo_world(ADMIN), hang_cap=0.2)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(serve(app, port=0, ready=address.set_result))
    where = await address
    async with httpx.AsyncClient(base_url=where, headers=HEADERS, trust_env=False, timeout=5) as http:
        yield Served(app.state.stage, where, http, task)
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()


@pytest.mark.parametrize("mood", ["drop", "hang"])
@pytest.mark.parametrize("act", ["confirm", "decline"])
async def test_an_effect_and_no_answer(served: Served, mood: str, act: str) -> None:
    """The connection ends without a word, and the next call is fine."""
    uid = await served.booked()
    await served.mood(route=act, mood=mood, after_effect=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await served.http.post(f"/v2/bookings/{uid}/{act}", json={})
    wanted = {"confirm": Status.ACCEPTED, "decline": Status.REJECTED}[act]
    assert (served.stage.world.bookings[uid].status, await served.me()) == (wanted, 200)


async def test_a_caller_who_gives_up_stops_nothing(served: Served) -> None:
    """Slow, and the caller's patience ends first: the effect comes all the same."""
    uid = await served.booked()
    await served.mood(route="confirm", mood="slow", seconds=0.15)
    with pytest.raises(httpx.ReadTimeout):
        await served.http.post(f"/v2/bookings/{uid}/confirm", timeout=0.05)
    await asyncio.sleep(0.3)
    assert served.stage.world.bookings[uid].status is Status.ACCEPTED


async def test_pages_halves_and_other_shapes(served: Served) -> None:
    """They arrive whole: it is the content that is wrong."""
    uid, seen = await served.booked(), []
    for more in (
        {"mood": "html"},
        {"mood": "garbage"},
        {"mood": "schema"},
        {"mood": "status", "status": 502},
    ):
        await served.mood(route="get", **more)
        answer = await served.http.get(f"/v2/bookings/{uid}")
        seen.append((answer.status_code, answer.headers["content-type"].partition(";")[0]))
    assert seen == [
        (200, "text/html"),
        (200, "application/json"),
        (200, "application/json"),
        (502, "text/html"),
    ]


async def test_the_limit_counts_for_the_key(served: Served) -> None:
    """From the answer on, with the headers that tell how long."""
    await served.mood(route="me", mood="limit")
    answer = await served.http.get("/v2/me")
    told = [answer.headers[f"X-RateLimit-{name}-Default"] for name in ("Limit", "Remaining", "Reset")]
    assert (answer.status_code, told, await served.me()) == (429, ["120", "0", "60"], 429)


async def dripped(
    served: Served, path: str, **mood: object
) -> tuple[httpx.Response, list[tuple[float, bytes]]]:
    """Read an answer that drips: when each bit came."""
    await served.mood(route="get", mood="drip", **mood)
    began = time.monotonic()
    async with served.http.stream("GET", path) as answer:
        return answer, [(time.monotonic() - began, bit) async for bit in answer.aiter_raw()]


async def test_an_answer_comes_bit_by_bit(served: Served) -> None:
    """The head at once with the whole length, then a few bytes at a time; together it is the real answer."""
    path = f"/v2/bookings/{await served.booked()}"
    plain = (await served.http.get(path)).content
    answer, bits = await dripped(served, path, seconds=0.05, chunk=len(plain) // 4)
    assert (b"".join(bit for _, bit in bits), int(answer.headers["content-length"])) == (plain, len(plain))
    assert bits[-1][0] - bits[0][0] >= 0.05


async def test_a_drip_ends_at_the_cap(served: Served) -> None:
    """Byte by byte it would take a minute and more: what is left then comes at once."""
    answer, bits = await dripped(served, f"/v2/bookings/{await served.booked()}", seconds=0.05)
    assert (bits[0][1], bits[-1][0] < 3, answer.is_success) == (b"{", True, True)
    assert sum(len(bit) for _, bit in bits) == int(answer.headers["content-length"])


async def test_a_caller_who_leaves_a_drip(served: Served) -> None:
    """Harms nobody."""
    path = f"/v2/bookings/{await served.booked()}"
    await served.mood(route="get", mood="drip", seconds=0.05)
    async with served.http.stream("GET", path) as answer:
        await anext(answer.aiter_raw())
    assert (await served.http.get(path)).status_code == 200


async def test_nobody_listens_for_a_while(served: Served) -> None:
    """Connections are refused, kept ones are closed; then the same port answers."""
    assert await served.me() == 200
    await served.mood(mood="refuse", seconds=0.6)
    await asyncio.sleep(0.05)
    with pytest.raises(httpx.ConnectError):
        await served.me()
    host, _, port = served.address.removeprefix("http://").partition(":")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, int(port))
    assert 0.05 < await served.back() < 3


async def test_nobody_listens_twice(served: Served) -> None:
    """The door can be shut again."""
    for _ in range(2):
        await served.mood(mood="refuse", seconds=0.4)
        await asyncio.sleep(0.03)
        with pytest.raises(httpx.ConnectError):
            await served.me()
        await served.back()


async def test_what_is_under_way_is_answered(served: Served) -> None:
    """Whoever is inside when the door is shut is served."""
    await served.mood(route="me", mood="slow", seconds=0.2)
    call: asyncio.Task[Any] = asyncio.ensure_future(served.me())
    await asyncio.sleep(0.05)
    served.stage.moods.door.shut(0.1)
    assert await call == 200


async def test_it_ends_while_nobody_listens(served: Served) -> None:
    """As ever, and the port is free again."""
    await served.mood(mood="refuse", seconds=60)
    await asyncio.sleep(0.05)
    served.task.cancel()
    await asyncio.wait([served.task], timeout=5)
    again = asyncio.ensure_future(
        serve(build(demo_world(ADMIN)), port=int(served.address.rpartition(":")[2]))
    )
    await served.back()
    again.cancel()
    await asyncio.wait([again], timeout=5)


async def test_a_door_that_is_shut_before_it_is_there() -> None:
    """A scenario may begin with it."""
    app = build(demo_world(ADMIN))
    app.state.stage.moods.door.shut(0.2)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(serve(app, port=0, ready=address.set_result))
    async with httpx.AsyncClient(base_url=await address, headers=HEADERS, trust_env=False) as http:
        served = Served(app.state.stage, await address, http, task)
        await asyncio.sleep(0.1)
        assert await served.back() < 3
    task.cancel()
    await asyncio.wait([task], timeout=5)
