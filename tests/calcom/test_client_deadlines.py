"""The client against a real server on this machine that hangs, drips or hangs up: every call comes to an end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

import pytest

from gateway.calcom.budget import Budget
from gateway.calcom.client import Client, Timing
from gateway.domain.booking import By
from gateway.domain.command import Action, Command
from gateway.ports import Unknown, Unsent
from tests.calcom import bodies

NOW = datetime(2030, 5, 1, 8, tzinfo=UTC)
COMMAND = Command("c1", bodies.UID, bodies.UID, Action.ACCEPT, By("host"), NOW)
DEADLINE = 0.2
ABANDONED = 90

Manner = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    await reader.read()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, each well before any read would time out."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the request and close the connection."""
    await reader.read(1)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer properly, and close."""
    await reader.readuntil(b"\r\n\r\n")
    body = bodies.success(bodies.listed())
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    await writer.drain()


@asynccontextmanager
async def calling(manner: Manner, deadline: float = DEADLINE) -> AsyncIterator[Client]:
    """A client of a server with these manners, on any free port of this machine."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await manner(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    timing = Timing(lambda: NOW, perf_counter, look=deadline, act=deadline, between_tries=0.0)
    client = Client(f"http://127.0.0.1:{port}/v2", "key", timing, Budget())
    yield client
    await client.aclose()
    server.close()


async def test_an_answer() -> None:
    """Over a real connection an answer is an observation."""
    async with calling(answer, deadline=5) as client:
        assert (await client.look(bodies.UID, "look")).uid == bodies.UID


@pytest.mark.parametrize("manner", [hang, drip])
async def test_the_deadline_is_outside_all_timeouts(manner: Manner) -> None:
    """A server that hangs or drips is given up when the call's own time is over."""
    async with calling(manner) as client:
        began = perf_counter()
        with pytest.raises(Unsent, match="TimeoutError"):
            await client.look(bodies.UID, "look")
        assert DEADLINE * 0.9 <= perf_counter() - began < DEADLINE + 2


@pytest.mark.parametrize("manner", [hang, drip, hang_up])
async def test_an_act_without_an_answer_is_unknown(manner: Manner) -> None:
    """The call was sent: it may have taken effect."""
    async with calling(manner) as client:
        with pytest.raises(Unknown):
            await client.act(COMMAND)


async def test_nobody_there() -> None:
    """A port on which nobody listens proves that nothing was sent."""
    async with calling(answer, deadline=5) as client:
        client._base = "http://127.0.0.1:1/v2"
        with pytest.raises(Unsent, match="ConnectError"):
            await client.act(COMMAND)


@pytest.mark.parametrize("manner", [hang, drip])
async def test_no_connection_is_lost(manner: Manner) -> None:
    """After more abandoned calls than there are connections, the next one still gets one."""
    moods = [manner]

    async def moody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await moods[-1](reader, writer)

    async with calling(moody, deadline=0.05) as client:
        for _ in range(3):
            calls = [client.look(bodies.UID, "look") for _ in range(ABANDONED // 3)]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert {str(one) for one in outcomes} == {"TimeoutError"}
        moods.append(answer)
        client._timing = replace(client._timing, look=5)
        assert (await client.look(bodies.UID, "command")).uid == bodies.UID


async def test_being_cancelled_is_no_answer() -> None:
    """Who cancels a call, as at shutdown, gets the cancellation."""
    async with calling(hang, deadline=5) as client:
        task = asyncio.create_task(client.act(COMMAND))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
