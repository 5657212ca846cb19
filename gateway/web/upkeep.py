"""What operators start and ask: compare with Cal.com now, and will the flow work."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.domain.errors import Invalid, NotFound
from gateway.services.checkup import Checkup, sound
from gateway.services.reconcile import Round
from gateway.web import shapes
from gateway.web.door import PRIVATE, Door, fields, object_of

PATIENCE = 2.0
"""Seconds an operator waits for a comparison to end; it goes on without them."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Doors for whoever compares and examines. `compare` starts a round, `latest` is the newest one."""

    door: Door
    compare: Callable[[datetime | None], "asyncio.Task[Round]"]
    latest: Callable[[], Round | None]
    checks: Checkup

    async def either(self, request: Request) -> Response:
        """One route for both methods, so that a third is told of both."""
        return await (self.reconcile(request) if request.method == "POST" else self.reconciled(request))

    async def reconcile(self, request: Request) -> Response:
        """`{"since"?: time}` → the comparison, done (200) or on its way (202)."""
        self.door.operator(request)
        said = fields(await object_of(request), {"since": str})
        since = _time(said["since"]) if "since" in said else None
        task = self.compare(since)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if done:
            return JSONResponse(shapes.comparison(task.result()), headers=PRIVATE)
        return JSONResponse(shapes.comparison(_found(self.latest())), 202, headers=PRIVATE)

    async def reconciled(self, request: Request) -> Response:
        """The newest comparison, running or over."""
        self.door.operator(request)
        return JSONResponse(shapes.comparison(_found(self.latest())), headers=PRIVATE)

    async def checkup(self, request: Request) -> Response:
        """`{"ok", "checks"}`: doctor's questions, asked now."""
        caller = self.door.operator(request)
        found = await self.checks.run(caller.account)
        return JSONResponse({"ok": sound(found), "checks": [asdict(one) for one in found]}, headers=PRIVATE)


def _found(comparison: Round | None) -> Round:
    if comparison is None:
        raise NotFound
    return comparison


def _time(given: str) -> datetime:
    wrong = [{"field": "since", "detail": "should be a time such as 2027-03-01T00:00:00Z"}]
    with suppress(ValueError, OverflowError):
        told = datetime.fromisoformat(given)
        if told.tzinfo is not None:
            return told.astimezone(UTC)
    raise Invalid(errors=wrong)
