"""Comparing with Cal.com from the command line: by the service where one runs, else on the database itself.

Two processes never write one database; so whoever finds it taken asks its owner, over `/v1`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from gateway.app import DEFAULT_ACCOUNT, Taken, reconciling
from gateway.http import httpx
from gateway.record import Refused
from gateway.services.reconcile import Round
from gateway.settings import Settings
from gateway.web.shapes import Json, comparison

ASK_EVERY = 0.5
Progress = Callable[[int], object]


async def compare(
    settings: Settings, since: datetime | None, service: httpx.AsyncClient, progress: Progress
) -> Json:
    """One comparison, to its end; `since` makes it a backfill. `progress` is told the rows read so far.

    `service` is how a running service is asked. Raises Refused when one runs and does not agree.
    """
    try:
        return await _here(settings, since, progress)
    except Taken:
        return await _by_service(service, since, progress)


async def _here(settings: Settings, since: datetime | None, progress: Progress) -> Json:
    def notice(found: Round) -> None:
        progress(found.rows)

    async with reconciling(settings) as reconcile:
        if since is None:
            return comparison(await reconcile.cycle(DEFAULT_ACCOUNT, notice))
        return comparison(await reconcile.backfill(DEFAULT_ACCOUNT, since, notice))


async def _by_service(http: httpx.AsyncClient, since: datetime | None, progress: Progress) -> Json:
    told = await _asked(http, "POST", json={"since": since.isoformat() if since else None})
    while told["state"] == "running":
        progress(told["rows"])
        await asyncio.sleep(ASK_EVERY)
        told = await _asked(http, "GET")
    return told


async def _asked(http: httpx.AsyncClient, method: str, **more: Any) -> Json:
    try:
        answer = await http.request(method, "/v1/reconcile", **more)
    except httpx.HTTPError as error:
        raise Refused(f"no answer from {http.base_url} ({type(error).__name__})") from None
    if not answer.is_success:
        raise Refused(
            f"{http.base_url} refuses to compare ({answer.status_code}); --token takes an operator's token"
        )
    return dict(answer.json())
