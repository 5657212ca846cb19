"""Putting it together: `build` makes the application, with the real clock and real chance where none are given.

This is the only module here that knows either. It opens nothing: `serve.py` does.
"""

import secrets
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.http import httpx
from gateway.sandbox import control
from gateway.sandbox.demo import demo_world
from gateway.sandbox.moods import HANG_CAP, Moods
from gateway.sandbox.reception import endpoint, unknown_route
from gateway.sandbox.routes import ROUTES
from gateway.sandbox.spoils import HANG_UP
from gateway.sandbox.stage import Mint, Stage
from gateway.sandbox.webhooks import Courier
from gateway.sandbox.world import World

DEMO_KEY = "cal_sandbox"

# Node's fetch waits this long for the first byte of an answer when nobody says otherwise (undici's headersTimeout).
WEBHOOK_TIMEOUT = 300.0

LETTERS = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def short_uid() -> str:
    """Make a booking's uid: 22 letters and digits, none of which look alike."""
    return "".join(secrets.choice(LETTERS) for _ in range(22))


def real_mint() -> Mint:
    """Make names nobody can guess."""
    return Mint(short_uid, lambda: str(uuid.uuid4()))


def build(
    world: World | None = None,
    *,
    now: Callable[[], datetime] = utc_now,
    mint: Mint | None = None,
    client: httpx.AsyncClient | None = None,
    hang_cap: float = HANG_CAP,
) -> Starlette:
    """Make the application; its stage is `app.state.stage`. `client` carries the webhooks; it is closed at shutdown."""
    world = demo_world(DEMO_KEY) if world is None else world
    client = client or httpx.AsyncClient(timeout=WEBHOOK_TIMEOUT, follow_redirects=False, trust_env=False)
    moods = Moods(hang_cap)
    stage = Stage(world, now, mint or real_mint(), moods, Courier(client, moods, now), first=world.dump())
    app = Starlette(
        routes=[*_api(stage), Route("/health", _health), *control.routes(stage)],
        middleware=[Middleware(Front, stage=stage)],
        exception_handlers={404: _lost(stage), 405: _lost(stage)},
        lifespan=_lifespan(stage),
    )
    app.router.redirect_slashes = False
    app.state.stage = stage
    return app


def _api(stage: Stage) -> list[Route]:
    return [Route(spec.path, endpoint(stage, spec), methods=[spec.method]) for spec in ROUTES]


async def _health(_: Request) -> Response:
    return HTMLResponse("OK")


def _lost(stage: Stage) -> Callable[[Request, Exception], Any]:
    async def answer(request: Request, _: Exception) -> Response:
        return await unknown_route(stage, request)

    return answer


def _lifespan(stage: Stage) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        stage.moods.clear()
        await stage.courier.close()

    return life


class Front:
    """Serves `/api/v2/…` and a trailing slash like the plain path, as 6.0.2 does without any setting (measured).

    The replica follows when a call comes in and when it is over.
    """

    def __init__(self, app: ASGIApp, stage: Stage) -> None:
        self.app = app
        self.stage = stage

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Route by the plain path; the one the caller wrote stays in `raw_path`."""
        if scope["type"] == "http":
            path = scope["path"].removeprefix("/api")
            scope = {**scope, "path": path.removesuffix("/") or "/"}
            self._refuse(scope)
        self.stage.follow()
        try:
            await self.app(scope, receive, send)
        finally:
            self.stage.follow()

    def _refuse(self, scope: Mapping[str, Any]) -> None:
        """Without a socket the caller finds the door shut here; but for the control routes, as nobody sits inside."""
        served, control_ = HANG_UP in scope.get("extensions", {}), scope["path"].startswith("/control/")
        if self.stage.moods.door.left and not served and not control_:
            raise httpx.ConnectError("All connection attempts failed")
