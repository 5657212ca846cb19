"""The sandbox on a socket: as a process of its own, and inside another one."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from gateway.http import httpx
from gateway.sandbox.app import build
from gateway.sandbox.serve import serve
from tests.sandbox.playing import ADMIN, demo


@pytest.fixture(scope="module")
def process() -> Iterator[str]:
    """Run it as `python -m gateway.sandbox` and give the one line it prints."""
    command = [
        sys.executable,
        "-m",
        "gateway.sandbox",
        "--port",
        "0",
        "--key",
        "cal_mine",
        "--confirm-delay",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 -- our own module
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.terminate()
        assert running.wait(5) == 0
        assert running.stdout.read() == ""


async def test_a_process_prints_where_its_api_is(process: str) -> None:
    """The line is printed when it can be called."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{process}/me", headers={"Authorization": "Bearer cal_mine"})
    assert answer.json()["data"]["name"] == "Programme Office"


async def test_a_dropped_call_ends_without_an_answer(process: str) -> None:
    """The connection is closed, and the next call is fine."""
    version = {"cal-api-version": "2024-08-13"}
    address = process.removesuffix("/v2")
    async with httpx.AsyncClient(base_url=address, headers=version, trust_env=False) as client:
        await client.post("/control/moods", json={"route": "any", "mood": "drop"})
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/v2/bookings/nope")
        assert (await client.get("/v2/bookings/nope")).status_code == 404


async def test_nothing_says_who_serves(process: str) -> None:
    """As the real one does not."""
    async with httpx.AsyncClient(trust_env=False) as client:
        assert "server" not in (await client.get(f"{process}/bookings/nope")).headers


@pytest_asyncio.fixture
async def served() -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """Serve it inside this process."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.ensure_future(serve(build(demo()), port=0, ready=address.set_result))
    yield await address, task
    task.cancel()
    await asyncio.wait([task])


async def test_a_cancelled_server_gives_up_what_hangs(served: tuple[str, asyncio.Task[None]]) -> None:
    """It ends at once and the caller learns that there is no answer."""
    address, task = served
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        await client.post("/control/moods", json={"route": "me", "mood": "hang"})
        call = asyncio.ensure_future(client.get("/v2/me", headers={"Authorization": ADMIN}))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task], timeout=3)
        assert task.cancelled()
        with pytest.raises(httpx.TransportError):
            await call


async def test_a_taken_port_is_said_at_once(served: tuple[str, asyncio.Task[None]]) -> None:
    """Before anything is served."""
    port = int(served[0].rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        await serve(build(demo()), port=port)
