"""Real processes: a gateway, a stand-in Cal.com, and a relay between them that can be closed; each ended by its test."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.http import httpx
from gateway.settings import Settings
from tests.stories import cast
from tests.stories.cast import CalCom, Portal, until

ROOT = Path(__file__).parents[2]


class Program:
    """A process of ours. Its standard output and error go to files, which may be read meanwhile."""

    def __init__(self, folder: Path, name: str, *arguments: str, **environment: str) -> None:
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        self.arguments, self.folder = arguments, folder
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")},
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again; what it writes is added to the same files."""
        with self.out.open("ab") as out, self.err.open("ab") as err:
            command = [sys.executable, "-m", *self.arguments]
            self.process = subprocess.Popen(  # noqa: S603 -- our own program
                command, cwd=self.folder, env=self.environment, stdout=out, stderr=err
            )

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process
        self.process.send_signal(number)

    async def ended(self, within: float = 15) -> int:
        """Wait for its end, and give its exit code."""
        assert self.process
        return await asyncio.to_thread(self.process.wait, within)

    async def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.tell(signal.SIGKILL)
        await self.ended()

    async def close(self) -> None:
        """End it, whatever state it is in."""
        if self.process and self.process.poll() is None:
            with suppress(ProcessLookupError):
                await self.kill()

    async def said(self, word: str, file: Path | None = None, times: int = 1) -> str:
        """Wait until it has written a word so often; give all it has written there."""
        file = file or self.err

        async def there() -> bool:
            assert self.process
            assert self.process.poll() is None, f"it ended:\n{self.err.read_text()}"
            return file.read_text().count(word) >= times

        await until(there, 20)
        return file.read_text()


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@dataclass
class Relay:
    """A line of TCP from a fixed port to another; while it is closed its port refuses."""

    to: int
    port: int = field(default_factory=free_port)
    server: asyncio.Server | None = None
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    async def connect(self) -> None:
        """Listen."""
        self.server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Listen no more, and break what is under way."""
        if self.server:
            self.server.close()
        tasks = list(self.under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # a transport is closed in the loop's next rounds

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.under_way.add(task)
        outer = None
        with suppress(OSError, asyncio.CancelledError):
            inner, outer = await asyncio.open_connection("127.0.0.1", self.to)
            pouring = [asyncio.ensure_future(one) for one in (_pour(reader, outer), _pour(inner, writer))]
            try:
                await asyncio.wait(pouring, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in pouring:
                    one.cancel()
                await asyncio.gather(*pouring, return_exceptions=True)
        for end in filter(None, (writer, outer)):
            end.transport.abort()
        self.under_way.discard(task)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@dataclass
class Served:
    """A gateway in its own process, whose Cal.com is nowhere."""

    program: Program
    port: int

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Town:
    """A gateway and a Cal.com, each in its own process, and clients that speak to them."""

    folder: Path
    gateway: Program
    calcom: Program
    relay: Relay
    portal: Portal
    sandbox: CalCom
    starts: int = 0

    async def open(self) -> None:
        """Start the gateway, or start it again, and wait until it listens."""
        self.starts += 1
        self.gateway.start()
        await self.gateway.said("service.started", times=self.starts)
        await until(lambda: answers(self.portal.http))

    async def restart(self) -> None:
        """Kill the gateway and start it again."""
        await self.gateway.kill()
        await self.open()


async def serve_alone(folder: Path) -> Served:
    """Start a gateway without a Cal.com."""
    port = free_port()
    program = Program(folder, "gateway", "gateway", "serve", "--port", str(port), **environment(folder, 1))
    program.start()
    await program.said("service.started")
    async with httpx.AsyncClient(trust_env=False) as http:
        await until(lambda: answers(http, f"http://127.0.0.1:{port}"))
    return Served(program, port)


async def answers(http: httpx.AsyncClient, address: str = "") -> bool:
    """Whether a gateway answers; it says that it has started a moment before it listens."""
    with suppress(httpx.TransportError):
        return (await http.get(f"{address}/livez")).status_code == 200
    return False


def environment(folder: Path, calcom_port: int) -> dict[str, str]:
    """The settings of a service, as variables."""
    return {
        "GATEWAY_DATABASE": f"sqlite:///{folder / 'gateway.db'}",
        "GATEWAY_CALCOM__BASE_URL": f"http://127.0.0.1:{calcom_port}/v2",
        "GATEWAY_CALCOM__API_KEY": cast.API_KEY,
        "GATEWAY_WEBHOOK__SECRETS": json.dumps([cast.SECRET]),
        "GATEWAY_TOKENS__KEY": cast.TOKEN_KEY,
        "GATEWAY_TOKENS__OPERATOR": json.dumps([cast.digest(cast.OPERATOR)]),
        "GATEWAY_LOG__LEVEL": "debug",
        "GATEWAY_RECONCILE__EVERY_SECONDS": "0",
    }


async def begin(folder: Path) -> Town:
    """Start both; the gateway reaches Cal.com through the relay, Cal.com the gateway directly."""
    port = free_port()
    hook = ("--hook", f"http://127.0.0.1:{port}/webhooks/calcom", "--secret", cast.SECRET)
    quick = ("--confirm-delay", "0", "--key", cast.API_KEY)
    calcom = Program(folder, "calcom", "gateway.sandbox", "--port", "0", *hook, *quick)
    calcom.start()
    address = (await calcom.said("/v2", calcom.out)).strip().removesuffix("/v2")
    relay = Relay(int(address.rpartition(":")[2]))
    await relay.connect()
    serve = ("gateway", "serve", "--port", str(port))
    gateway = Program(folder, "gateway", *serve, **environment(folder, relay.port))
    maya = cast.bearer(
        Settings.model_validate({"tokens": {"key": cast.TOKEN_KEY}}), cast.MAYA, now=datetime.now(UTC)
    )
    portal = Portal(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False), maya)
    sandbox = CalCom(httpx.AsyncClient(base_url=address, timeout=60, trust_env=False))
    town = Town(folder, gateway, calcom, relay, portal, sandbox)
    await town.open()
    return town


async def end(town: Town) -> None:
    """Stop everything that was started."""
    await town.gateway.close()
    await town.relay.cut()
    await town.calcom.close()
    await town.portal.http.aclose()
    await town.sandbox.http.aclose()


def printed(program: Program) -> list[dict[str, Any]]:
    """The lines of a program's log."""
    return [json.loads(line) for line in program.err.read_text().splitlines() if line.startswith("{")]
