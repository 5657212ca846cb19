"""Putting it together: the only place that knows what is real: the file, the network, the clock, chance.

`opened` is a context manager: nothing is open before it, nothing after it. What the parts do is theirs;
which parts there are, and in which order they open and close, stands here.
"""

import asyncio
import json
import random
import secrets
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway import __version__
from gateway.calcom.budget import Budget
from gateway.calcom.client import Client, Timing
from gateway.domain.errors import GatewayError
from gateway.domain.people import fold
from gateway.domain.rules import Directory, HostEntry, Programme
from gateway.ports import CalCom, Clock
from gateway.services.commands import Commands as CarryOut
from gateway.services.desk import Desk
from gateway.services.intake import Intake
from gateway.services.looks import Looks
from gateway.services.portal import Portal
from gateway.settings import Settings
from gateway.store.backup import Progress, copy
from gateway.store.runner import Runner
from gateway.store.sqlite import Absent, SqliteLedger, Taken, exclusive, migrate, onlooker, reader, writer
from gateway.web.access import AccessLog
from gateway.web.auth import Authenticator
from gateway.web.bookings import Bookings, Look
from gateway.web.commands import Commands
from gateway.web.door import Door
from gateway.web.errors import broken, refused, routed
from gateway.web.hooks import Hooks
from gateway.web.limits import Limiter
from gateway.web.openapi import description
from gateway.web.operators import Operators
from gateway.web.pages import Pages
from gateway.web.routes import table
from gateway.web.tokens import DEFAULT_ACCOUNT
from gateway.worker import Worker

MOST_CONNECTIONS = 4096
GRACE_SECONDS = 10
log = structlog.get_logger()

__all__ = [
    "DEFAULT_ACCOUNT",
    "Absent",
    "Taken",
    "World",
    "asking",
    "back_up",
    "listen",
    "migrate_to_newest",
    "opened",
    "reading",
    "serve",
    "utc_now",
]


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """An id that sorts by time and that nobody can guess: 12 hex digits of milliseconds, 20 of chance."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


@dataclass(frozen=True, slots=True)
class World:
    """What a gateway takes from outside itself; tests bring their own."""

    clock: Clock = utc_now
    new_id: Callable[[], str] = new_id
    chance: Callable[[], float] = random.random
    calcom: CalCom | None = None


@asynccontextmanager
async def opened(settings: Settings, world: World | None = None) -> AsyncIterator[Starlette]:
    """The application, with its store open and its worker running, for as long as the context lasts.

    Raises `store.sqlite.Taken` when another process has the database.
    """
    world = world or World()
    path = database(settings)
    with exclusive(path):
        migrate(path)
        calcom = world.calcom or _client(settings, world.clock)
        runner = Runner(SqliteLedger, partial(writer, path), partial(reader, path))
        try:
            async with runner, _worker(settings, world, runner, calcom) as worker:
                store_id = await runner.read(DEFAULT_ACCOUNT, lambda ledger: ledger.identity())
                yield _application(settings, world, runner, worker, store_id)
        finally:
            if isinstance(calcom, Client):
                await calcom.aclose()


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what runs, within ten seconds."""
    async with opened(settings) as app:
        for name in settings.unknown_environment:
            log.warning("setting.unknown", setting=name)
        await listen(app, host, port)


async def listen(app: Starlette, host: str, port: int, ready: Callable[[], object] = lambda: None) -> None:
    """Answer on a socket until SIGTERM or SIGINT; `ready` is called when the socket listens.

    Raises OSError when the address is taken.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    listener = socket.create_server((host, port), family=_family(host), backlog=config.backlog)
    # What is accepted inherits it; without it an answer on a kept connection waits some 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    log.info("service.started", version=__version__, host=host, port=listener.getsockname()[1])
    ready()
    await server.serve([listener])
    log.info("service.stopped")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: they would end the process by the signal, and a stop is no failure."""

    def stop(self) -> None:
        """Stop gracefully; asked a second time, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `listen`."""
        yield


def migrate_to_newest(settings: Settings) -> Path:
    """Bring the database to the newest schema and return where it is. Raises Taken."""
    path = database(settings)
    with exclusive(path):
        migrate(path)
    return path


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Runner]:
    """The store for reading alone, also beside a running service; a write fails. Raises Absent."""
    look = partial(onlooker, database(settings))
    async with Runner(SqliteLedger, look, look) as runner:
        yield runner


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[CalCom | None]:
    """Cal.com as the settings reach it; None without a key."""
    if settings.calcom.api_key is None:
        yield None
        return
    client = _client(settings, utc_now)
    try:
        yield client
    finally:
        await client.aclose()


def back_up(settings: Settings, into: Path, progress: Progress) -> tuple[int, float]:
    """Copy the database to a new file; the copy's bytes and the seconds it took. Raises what `copy` raises."""
    began = time.monotonic()
    size = copy(database(settings), into, progress)
    return size, time.monotonic() - began


def database(settings: Settings) -> Path:
    """Where the database file is."""
    return Path(settings.database.removeprefix("sqlite:///"))


def programme(settings: Settings) -> Programme:
    """The event types that are ours."""
    return Programme(frozenset(str(one) for one in settings.programme.event_types))


def _client(settings: Settings, clock: Clock) -> Client:
    key = settings.calcom.api_key
    timing = Timing(clock, time.monotonic)
    return Client(settings.calcom.base_url, key.get_secret_value() if key else "", timing, Budget())


def _worker(settings: Settings, world: World, runner: Runner, calcom: CalCom) -> Worker:
    commands = CarryOut(runner, calcom, world.clock, world.chance, boot=world.new_id())
    looks = Looks(runner, calcom, world.clock, programme(settings))
    return Worker(DEFAULT_ACCOUNT, runner, world.clock, commands, looks)


def _application(
    settings: Settings, world: World, runner: Runner, worker: Worker, store_id: str
) -> Starlette:
    portal = Portal(runner, world.clock, _directory(settings))
    door = Door(portal, Authenticator(settings), world.clock, f"{store_id}-{_view(settings)}")
    look = Look(settings.privacy.hide_host_email, settings.rules.late_hours, _reasons(settings))
    secret_bytes = [one.get_secret_value().encode() for one in settings.webhook.secrets]
    intake = Intake(
        runner, world.clock, secret_bytes, programme(settings), allow_unsigned=settings.webhook.allow_unsigned
    )
    labels = {reason.code: reason.label for reason in settings.reasons.reject}
    desk = Desk(portal, runner, world.clock, world.new_id)
    routes = table(
        Hooks(intake, DEFAULT_ACCOUNT),
        Bookings(door, look),
        Commands(door, desk, look, labels, Limiter(settings.limits.actions_per_minute)),
        Operators(door, runner, intake, DEFAULT_ACCOUNT, lambda: worker.alive),
        Pages(description(labels)),
    )
    app = Starlette(
        routes=routes,
        middleware=[Middleware(AccessLog, new_id=world.new_id, seconds=time.perf_counter)],
        exception_handlers={GatewayError: refused, HTTPException: routed, Exception: broken},
    )
    app.router.redirect_slashes = False  # Cal.com follows no redirect
    return app


def _directory(settings: Settings) -> Directory:
    entries = (
        HostEntry(tuple(fold(email) for email in (host.email, *host.aliases)), host.calcom_id)
        for host in settings.hosts
    )
    return Directory(tuple(entries))


def _reasons(settings: Settings) -> dict[str, list[dict[str, str]]]:
    listed = {"reject": settings.reasons.reject, "cancel": settings.reasons.cancel}
    return {
        kind: [{"code": one.code, "label": one.label} for one in reasons] for kind, reasons in listed.items()
    }


def _view(settings: Settings) -> str:
    """A digest of what shapes every answer beside the store: another version or setting is another ETag."""
    hosts = [host.model_dump(mode="json") for host in settings.hosts]
    shaping = [
        __version__,
        settings.privacy.hide_host_email,
        settings.rules.late_hours,
        _reasons(settings),
        hosts,
    ]
    return sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:8]
