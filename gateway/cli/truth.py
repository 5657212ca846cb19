"""Commands that hold the mirror against Cal.com: compare, bring in what exists, and prove that the flow will work."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from gateway import compare, screen
from gateway.app import check_up, utc_now
from gateway.cli.manners import SERVICE, Config, Json, complain, run, settled, show
from gateway.domain.people import Role
from gateway.http import httpx
from gateway.services.checkup import sound
from gateway.settings import TOKEN, Settings
from gateway.web.tokens import mint

EVERYTHING = datetime(1970, 1, 1, tzinfo=UTC)
NAMED = "operator@localhost"
"""Whom a token names that a command makes for itself, for as long as it runs."""

Url = Annotated[str, typer.Option(help="the running service, where one has the database open")]
Bearer = Annotated[
    str | None,
    typer.Option(
        "--token", envvar=TOKEN, help="a service's or operator's token; else one made with tokens.key"
    ),
]


def reconcile(
    url: Url = SERVICE, bearer: Bearer = None, config: Config = None, as_json: Json = False
) -> None:
    """Compare with Cal.com now, and mirror the differences."""
    _compare(config, None, url, bearer, as_json=as_json)


def backfill(
    since: Annotated[
        str | None, typer.Option(help="only what was changed or begins since then: 2027-01-31, or a time")
    ] = None,
    url: Url = SERVICE,
    bearer: Bearer = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Bring in the bookings that exist at Cal.com already."""
    _compare(config, _time(since) if since else EVERYTHING, url, bearer, as_json=as_json)


def doctor(config: Config = None, as_json: Json = False) -> None:
    """Ask what must be true for the flow to work, and say what to do where it is not."""
    settings = settled(config)
    checks = run(lambda: check_up(settings))
    told: dict[str, Any] = {"ok": sound(checks), "checks": [asdict(one) for one in checks]}
    show(told, dict, lambda told: screen.checkup(told["checks"]), as_json=as_json)
    if not told["ok"]:
        raise typer.Exit(1)


def _compare(config: Config, since: datetime | None, url: str, bearer: str | None, *, as_json: bool) -> None:
    settings = settled(config)
    if settings.calcom.api_key is None:
        complain(["calcom.api_key (GATEWAY_CALCOM__API_KEY): is needed to ask Cal.com"])

    async def work() -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {bearer or _own_token(settings)}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as http:
            with screen.bar("comparing") as bar:
                return await compare.compare(settings, since, http, lambda rows: bar.at(rows, None))

    told = run(work)
    show(told, dict, screen.compared, as_json=as_json)
    if told["state"] != "done":
        raise typer.Exit(1)


def _own_token(settings: Settings) -> str:
    """A token for this command alone; "" where tokens are signed elsewhere, which the service will refuse."""
    if settings.tokens.key is None:
        return ""
    return mint(settings, Role.OPERATOR, NAMED, timedelta(minutes=60), utc_now())


def _time(given: str) -> datetime:
    """A date or time; without an offset it is in UTC."""
    try:
        told = datetime.fromisoformat(given)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{given} is no time: 2027-01-31 or 2027-01-31T09:00:00Z") from None
