"""Shared fixtures: a clock to wind, settings, a gateway behind its doors, and a stand-in Cal.com on its other side.

`gateway` and `sandbox` are two applications in this process, joined by lines that a test can cut. After
each test its log is searched for what must never stand in one.
"""

import io
import logging
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway import telemetry
from gateway.app import World, opened
from gateway.calcom.budget import Budget
from gateway.calcom.client import Client, Timing
from gateway.http import httpx
from gateway.sandbox.app import build
from gateway.sandbox.demo import demo_world
from gateway.sandbox.world import EventType, Recurrence
from gateway.settings import Settings
from gateway.store.sqlite import migrate
from tests.stories import cast
from tests.stories.cast import CalCom, Clock, Gateway, Portal, Wire

HOOK = "http://gateway.test/webhooks/calcom"


@pytest.fixture
def clock() -> Clock:
    """A clock that runs from noon on and can be wound."""
    return Clock()


@pytest.fixture
def changes() -> dict[str, Any]:
    """What a test wants set otherwise: tables of the settings; parametrise it."""
    return {}


@pytest.fixture
def settings(database: Path, changes: dict[str, Any]) -> Settings:
    """Settings under which everybody has a token."""
    tokens = {
        "key": cast.TOKEN_KEY,
        "service": [cast.digest(cast.SERVICE)],
        "operator": [cast.digest(cast.OPERATOR)],
    }
    given = {
        "database": f"sqlite:///{database}",
        "calcom": {"base_url": "http://calcom.test/v2", "api_key": cast.API_KEY},
        "webhook": {"secrets": ["an older secret", cast.SECRET]},
        "tokens": tokens,
        "reconcile": {"every_seconds": 0},
    }
    return Settings.model_validate({**given, **changes})


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, at its most talkative."""
    hooks = (sys.excepthook, threading.excepthook, logging.raiseExceptions)
    root, stream = logging.getLogger(), io.StringIO()
    before = (list(root.handlers), root.level)
    telemetry.configure("debug", "json", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    sys.excepthook, threading.excepthook, logging.raiseExceptions = hooks


@pytest.fixture
def to_gateway() -> Wire:
    """The line that webhooks take."""
    return Wire()


@pytest.fixture
async def sandbox(clock: Clock, to_gateway: Wire) -> AsyncIterator[CalCom]:
    """A stand-in Cal.com with three mentors, nobody's request yet, and the gateway as its subscriber."""
    out = httpx.AsyncClient(transport=to_gateway, timeout=30)
    world = demo_world(cast.API_KEY, HOOK, cast.SECRET)
    world.event_types.append(EventType(31, "weekly", "Weekly talk", 101, recurrence=Recurrence(3)))
    app = build(world, now=clock, client=out, hang_cap=30)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://calcom.test", timeout=30) as http:
        yield CalCom(http)
        app.state.stage.moods.clear()
        await app.state.stage.courier.close()


@pytest.fixture
def timing(clock: Clock) -> Timing:
    """The deadlines of calls to Cal.com, shorter than real ones."""
    return Timing(clock, time.monotonic, look=1.5, act=1.5, between_tries=0.01)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that nothing has happened in; a copy is had sooner than a new one."""
    path = tmp_path_factory.mktemp("template") / "gateway.db"
    migrate(path)
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Path:
    """The database of this test."""
    return Path(shutil.copy(empty_database, tmp_path / "gateway.db"))


@pytest.fixture
async def gateway(
    settings: Settings, clock: Clock, sandbox: CalCom, to_gateway: Wire, timing: Timing, logged: io.StringIO
) -> AsyncIterator[Gateway]:
    """The gateway, open, with the sandbox for its Cal.com."""
    to_calcom = Wire()
    transport = sandbox.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    to_calcom.app = transport.app
    client = Client(settings.calcom.base_url, cast.API_KEY, timing, Budget(), to_calcom)
    database = Path(settings.database.removeprefix("sqlite:///"))
    async with opened(settings, World(clock=clock, chance=lambda: 0.5, calcom=client)) as app:
        to_gateway.app = app
        inside = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=inside, base_url="http://gateway.test", timeout=30) as http:
            yield Gateway(
                http, app=app, settings=settings, clock=clock, to_calcom=to_calcom, database=database
            )
    assert leaked(logged.getvalue(), sandbox.canaries) == []


def leaked(log: str, more: list[str]) -> list[str]:
    """What stands in a log and must not: secrets, tokens, uids, addresses, words of a body."""
    secrets = [cast.API_KEY, cast.SECRET, cast.TOKEN_KEY, cast.SERVICE, cast.OPERATOR]
    words = ["@example", "eyJ", "Ana Soto", "Back in May", "Mentoring session"]
    return [canary for canary in [*secrets, *words, *more] if canary in log]


@pytest.fixture
def maya(gateway: Gateway) -> Portal:
    """The doors as the mentor Maya meets them."""
    return gateway.host()
