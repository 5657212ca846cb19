# ruff: noqa: T201
"""Many streams at once: each client sees its own changes, once, in order and soon; and the service stops when told to.

`STREAMS=1000 CHANGES=50 SECONDS=20 pytest -s tests/process/test_streams.py` is the full size, and prints the figures.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import pytest

from gateway.domain.people import Role
from gateway.http import httpx
from gateway.settings import Settings
from tests.process.programs import ROOT, Served, serve_alone
from tests.stories import cast
from tests.stories.cast import Json, signed

CLIENTS = int(os.environ.get("STREAMS", "100"))
PER_SECOND = int(os.environ.get("CHANGES", "40"))
SECONDS = int(os.environ.get("SECONDS", "3"))
REQUEST = ROOT / "tests/fixtures/webhooks/01-a-accepted-BOOKING_REQUESTED.body"
TOKENS = Settings.model_validate({"tokens": {"key": cast.TOKEN_KEY}})
KILOBYTE = 1024


@dataclass
class Client:
    """One person's stream: what came, and when."""

    email: str
    role: Role
    heard: list[tuple[int, str, float]] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    writer: asyncio.StreamWriter | None = None

    async def follow(self, port: int) -> None:
        """Open the stream and read until it ends."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        token = cast.bearer(TOKENS, self.email, self.role)["Authorization"]
        self.writer.write(
            f"GET /v1/changes HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        await reader.readuntil(b"retry: ")
        self.task = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                told = json.loads(line.removeprefix(b"data: "))
                self.heard.append((told["seq"], told["uid"], time.monotonic()))


def request(number: int, host: int, attendee: int) -> bytes:
    """A new request of one mentee with one mentor."""
    told: Json = json.loads(REQUEST.read_bytes())
    start = datetime.now(UTC) + timedelta(days=30, hours=number)
    told["createdAt"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = told["payload"]
    said |= {"uid": f"stream{number:016d}", "bookingId": number, "startTime": start.isoformat()}
    said["endTime"] = (start + timedelta(minutes=30)).isoformat()
    said["organizer"] |= {"id": 1000 + host, "email": f"host{host}@example.com"}
    said["attendees"] = [{**said["attendees"][0], "email": f"mentee{attendee}@example.com"}]
    return json.dumps(told).encode()


def resident(served: Served) -> int:
    """The bytes of memory that the service has."""
    assert served.program.process
    status = Path(f"/proc/{served.program.process.pid}/status").read_text()
    return KILOBYTE * int(status.partition("VmRSS:")[2].split()[0])


@asynccontextmanager
async def streaming(served: Served) -> AsyncIterator[list[Client]]:
    """Half of the clients are mentors, half are mentees; all follow."""
    half = CLIENTS // 2
    clients = [Client(f"host{one}@example.com", Role.HOST) for one in range(half)]
    clients += [Client(f"mentee{one}@example.com", Role.ATTENDEE) for one in range(half)]
    for place in range(0, len(clients), 50):
        await asyncio.gather(*(one.follow(served.port) for one in clients[place : place + 50]))
    yield clients
    for one in clients:
        assert one.task
        assert one.writer
        one.task.cancel()
        one.writer.close()
    await asyncio.gather(*(one.task for one in clients if one.task), return_exceptions=True)


async def changes(served: Served) -> dict[str, float]:
    """So many requests a second, each of another pair; when each was sent, by uid."""
    sent: dict[str, float] = {}
    half, began = CLIENTS // 2, time.monotonic()
    async with httpx.AsyncClient(base_url=served.address, trust_env=False, timeout=30) as http:

        async def one(number: int) -> None:
            body = request(number, number % half, (number * 7) % half)
            sent[f"stream{number:016d}"] = time.monotonic()
            answer = await http.post("/webhooks/calcom", content=body, headers=signed(body))
            assert answer.json()["verdict"] == "applied"

        async with asyncio.TaskGroup() as running:
            for number in range(PER_SECOND * SECONDS):
                await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
                running.create_task(one(number))
    return sent


def expected(number: int) -> tuple[str, str]:
    """Who should hear of a request."""
    half = CLIENTS // 2
    return f"host{number % half}@example.com", f"mentee{(number * 7) % half}@example.com"


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Served]:
    """A service in its own process."""
    served = await serve_alone(tmp_path)
    yield served
    await served.program.close()


async def test_each_sees_its_own(alone: Served) -> None:
    """Once, in order, within a second; a client costs less than 100 kB; SIGTERM ends it within ten seconds."""
    before = resident(alone)
    async with streaming(alone) as clients:
        each = (resident(alone) - before) / CLIENTS
        sent = await changes(alone)
        await asyncio.sleep(1)
        waits = [at - sent[uid] for one in clients for _, uid, at in one.heard]
        p95 = quantiles(waits, n=20)[-1]
        print(f"\n{CLIENTS} streams, {len(sent)} changes in {SECONDS} s: p95 {p95 * 1000:.0f} ms, "
              f"worst {max(waits) * 1000:.0f} ms, {each / KILOBYTE:.0f} kB a client")  # fmt: skip
        assert heard(clients) == owed(len(sent))
        assert all(one.heard == sorted(one.heard) for one in clients)
        assert (p95 < 1, each < 100 * KILOBYTE) == (True, True)
        began = time.monotonic()
        alone.program.tell(signal.SIGTERM)
        assert (await alone.program.ended(10), time.monotonic() - began < 10) == (0, True)
        print(f"SIGTERM with {CLIENTS} streams open: ended after {time.monotonic() - began:.1f} s")


def heard(clients: list[Client]) -> dict[str, list[str]]:
    """Which bookings each client heard of, as often as it did."""
    return {one.email: sorted(uid for _, uid, _ in one.heard) for one in clients if one.heard}


def owed(count: int) -> dict[str, list[str]]:
    """Which bookings each client should have heard of."""
    found: dict[str, list[str]] = {}
    for number in range(count):
        for email in expected(number):
            found.setdefault(email, []).append(f"stream{number:016d}")
    return {email: sorted(uids) for email, uids in found.items()}
