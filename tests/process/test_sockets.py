"""What only a real socket shows: sizes, with a length and in chunks, and how many headers of a name there are."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest

from gateway.http import httpx
from tests.process.programs import Served
from tests.stories.cast import OPERATOR, SECRET, Json

MEBI = 1024 * 1024


async def sent(
    served: Served, body: bytes, *, chunked: bool, signatures: list[str] | None = None, last: bool = True
) -> tuple[int, str, Json]:
    """Post a delivery byte by byte; gives status, media type and body of the answer."""
    known = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    lines = [f"X-Cal-Signature-256: {one}" for one in ([known] if signatures is None else signatures)]
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    stay = "Connection: close" if last else "Connection: keep-alive"
    head = ["POST /webhooks/calcom HTTP/1.1", "Host: localhost", stay, length, *lines, "", ""]
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write("\r\n".join(head).encode("latin-1"))
        async for part in parts(body, chunked=chunked):
            writer.write(part)
        top = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode()
        told = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in top.split("\r\n"))
        }
        rest = await asyncio.wait_for(reader.readexactly(int(told["content-length"])), 20)
    finally:
        writer.transport.abort()
    return int(top.split()[1]), told["content-type"], json.loads(rest)


async def parts(body: bytes, *, chunked: bool) -> AsyncIterator[bytes]:
    """The body as it goes over the wire."""
    if not chunked:
        yield body
        return
    for begin in range(0, len(body), 100_000):
        piece = body[begin : begin + 100_000]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("last", [False, True], ids=["keep-alive", "close"])
async def test_one_mebibyte(served: Served, chunked: bool, last: bool) -> None:
    """1 MiB exactly is taken, kept and called unread; one byte more is 413, as a problem, and is not kept."""
    fits = await sent(served, b"x" * MEBI, chunked=chunked, last=last)
    assert (fits[0], fits[2]["verdict"] in ("unread", "duplicate")) == (200, True)
    status, kind, told = await sent(served, b"x" * (MEBI + 1), chunked=chunked, last=last)
    assert (status, kind, told["code"]) == (413, "application/problem+json", "too-large")
    assert await too_large(served) == []


async def too_large(served: Served) -> list[int]:
    """The sizes of deliveries that are kept and should not be."""
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {OPERATOR}"}) as http:
        kept = (await http.get(f"{served.address}/v1/deliveries")).json()["items"]
    return [one["size"] for one in kept if one["size"] > MEBI]


async def test_a_forged_signature_on_the_wire(served: Served) -> None:
    """Missing, doubled, in Latin-1, with blanks inside: 401, as a problem."""
    body = b'{"triggerEvent":"PING"}'
    known = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    for signatures in ([], [known, known], [known, "x"], [f"{known[:-1]}\xe9"], [f"{known} {known}"], [""]):
        status, kind, told = await sent(served, body, chunked=False, signatures=signatures)
        assert (status, kind, told["code"]) == (401, "application/problem+json", "signature-invalid")


async def test_a_length_that_is_none(served: Served) -> None:
    """Whatever Content-Length says, nobody is answered 500."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        b"POST /webhooks/calcom HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1_0\r\n\r\n"
    )
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.transport.abort()
    assert answer.split()[1:2] == [b"400"]
