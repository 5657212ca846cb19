"""Putting it together: the only place that knows what is real: the file, the network, the clock, chance.

`opened` is a context manager: nothing is open before it, nothing after it. What the parts do is theirs;
which parts there are, and in which order they open and close, stands here.
"""

import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway import __version__
from gateway.calcom.budget import Budget
from gateway.calcom.client import Client, Timing
from gateway.domain.errors import GatewayError
from gateway.domain.people import fold
from gateway.domain.rules import Directory, HostEntry, Programme
from gateway.listening import listen
from gateway.ports import CalCom, Clock
from gateway.services.checkup import Check, Checkup
from gateway.services.commands import Commands as CarryOut
from gateway.services.desk import Desk
from gateway.services.feed import Feed
from gateway.services.intake import Intake
from gateway.services.looks import Looks
from gateway.services.portal import Portal
from gateway.services.reconcile import Reconcile
from gateway.services.strangers import Strangers
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
from gateway.web.routes import Doors, table
from gateway.web.stream import Changes
from gateway.web.tokens import DEFAULT_ACCOUNT
from gateway.web.upkeep import Upkeep
from gateway.worker import Worker

log = structlog.get_logger()

__all__ = [
    "DEFAULT_ACCOUNT",
    "Absent",
    "Taken",
    "World",
    "asking",
    "back_up",
    "check_up",
    "migrate_to_newest",
    "opened",
    "reading",
    "reconciling",
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


@dataclass(frozen=True, slots=True)
class Parts:
    """What is open while the application lasts."""

    store: Runner
    calcom: CalCom
    worker: Worker
    store_id: str


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
                yield _application(settings, world, Parts(runner, calcom, worker, store_id))
        finally:
            if isinstance(calcom, Client):
                await calcom.aclose()


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what runs, within ten seconds."""
    async with opened(settings) as app:
        for name in settings.unknown_environment:
            log.warning("setting.unknown", setting=name)
        await listen(app, host, port)


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
async def reconciling(settings: Settings) -> AsyncIterator[Reconcile]:
    """The store and Cal.com, to compare the two while no service runs. Raises Taken when one does."""
    path = database(settings)
    with exclusive(path):
        migrate(path)
        calcom = _client(settings, utc_now)
        async with Runner(SqliteLedger, partial(writer, path), partial(reader, path)) as runner:
            try:
                yield _reconcile(settings, utc_now, runner, calcom)
            finally:
                await calcom.aclose()


async def check_up(settings: Settings) -> list[Check]:
    """Doctor's questions answered, also beside a running service; nothing is written. Raises Absent."""
    async with reading(settings) as store, asking(settings) as calcom:
        return await Checkup(store, calcom, utc_now, settings.reconcile.every_seconds).run(DEFAULT_ACCOUNT)


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


def _reconcile(settings: Settings, clock: Clock, runner: Runner, calcom: CalCom) -> Reconcile:
    looks = Looks(runner, calcom, clock, programme(settings))
    strangers = Strangers(calcom, programme(settings), _directory(settings))
    return Reconcile(runner, calcom, clock, strangers, looks)


def _worker(settings: Settings, world: World, runner: Runner, calcom: CalCom) -> Worker:
    commands = CarryOut(runner, calcom, world.clock, world.chance, boot=world.new_id())
    reconcile = _reconcile(settings, world.clock, runner, calcom)
    every = settings.reconcile.every_seconds
    return Worker(DEFAULT_ACCOUNT, runner, world.clock, commands, reconcile, every)


def _application(settings: Settings, world: World, parts: Parts) -> Starlette:
    runner, worker = parts.store, parts.worker
    portal = Portal(runner, world.clock, _directory(settings))
    feed = Feed(portal)
    door = Door(portal, feed, Authenticator(settings), world.clock, f"{parts.store_id}-{_view(settings)}")
    look = Look(settings.privacy.hide_host_email, settings.rules.late_hours, _reasons(settings))
    secret_bytes = [one.get_secret_value().encode() for one in settings.webhook.secrets]
    intake = Intake(
        runner, world.clock, secret_bytes, programme(settings), allow_unsigned=settings.webhook.allow_unsigned
    )
    checkup = Checkup(runner, parts.calcom, world.clock, settings.reconcile.every_seconds)
    labels = {reason.code: reason.label for reason in settings.reasons.reject}
    desk = Desk(portal, runner, world.clock, world.new_id)
    doors = Doors(
        Hooks(intake, DEFAULT_ACCOUNT),
        Bookings(door, look),
        Changes(door, feed),
        Commands(door, desk, look, labels, Limiter(settings.limits.actions_per_minute)),
        Operators(door, runner, intake, DEFAULT_ACCOUNT, lambda: worker.alive),
        Upkeep(door, worker.compare, lambda: worker.reconcile.latest, checkup),
        Pages(description(labels)),
    )
    app = Starlette(
        routes=table(doors),
        middleware=[Middleware(AccessLog, new_id=world.new_id, seconds=time.perf_counter)],
        exception_handlers={GatewayError: refused, HTTPException: routed, Exception: broken},
    )
    app.state.hush = runner.hush
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
