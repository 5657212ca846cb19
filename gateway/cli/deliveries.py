"""Commands about what was delivered: send it again, keep it as files, explain what came of it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import fixtures, screen, telemetry
from gateway import record as recording
from gateway import replay as sending
from gateway.app import DEFAULT_ACCOUNT, asking, reading, utc_now
from gateway.cli.manners import SERVICE, Config, Json, complain, fail, or_fail, run, settled, show
from gateway.http import httpx
from gateway.records import Delivery
from gateway.services.explain import Explanation
from gateway.services.explain import explain as gather
from gateway.settings import TOKEN
from gateway.web.operators import VERDICTS


def replay(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="recorded deliveries: files or folders")
    ],
    url: Annotated[str, typer.Option(help="where the gateway takes webhooks")] = f"{SERVICE}/webhooks/calcom",
    secret: Annotated[
        str | None, typer.Option(help="what to sign with; else the first of the settings' webhook.secrets")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="the most to send in a second", min=0.001)] = None,
    shift_dates: Annotated[
        bool,
        typer.Option("--shift-dates", help="move dates by whole weeks, so that every meeting lies ahead"),
    ] = False,
    speed: Annotated[
        float | None, typer.Option(help="keep the recorded distances, so many times as fast", min=0.001)
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Send recorded deliveries to a running gateway, signed anew, in the order of their names."""
    signed = _signing(secret, config)
    found = or_fail(lambda: fixtures.read(paths))
    found = sending.recent(found, utc_now()) if shift_dates else found
    times = sending.departures(found, rate, speed)

    async def send() -> sending.Report:
        async with httpx.AsyncClient(trust_env=False, timeout=sending.SECONDS) as http:
            with screen.bar("sending", len(found)) as bar:
                to = sending.Destination(http, url, signed)
                return await sending.send(to, found, times, bar.step)

    report = run(send)
    show(report, screen.replay_json, screen.replayed, as_json=as_json)
    if not report.ok:
        raise typer.Exit(1)


def record(
    into: Annotated[Path, typer.Option(help="the folder they go to; it may hold no recording yet")] = Path(
        "recorded"
    ),
    verdict: Annotated[
        str | None, typer.Option(help=f"only those of one verdict: {', '.join(VERDICTS)}")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="only the newest so many", min=1)] = None,
    url: Annotated[
        str, typer.Option(help="the running service to ask, if there is a token for it")
    ] = SERVICE,
    bearer: Annotated[
        str | None,
        typer.Option(
            "--token", envvar=TOKEN, help="a service's or operator's token; else the database is read"
        ),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write the stored deliveries as fixtures, with invented people, oldest first."""
    if verdict is not None and verdict not in VERDICTS:
        raise typer.BadParameter(f"{verdict} is no verdict: {', '.join(VERDICTS)}")
    settings = settled(config)
    wanted = recording.Wanted(verdict, limit)

    async def collect() -> list[Delivery]:
        if bearer is None:
            async with reading(settings) as store:
                return await recording.from_store(store, DEFAULT_ACCOUNT, wanted)
        headers = {"Authorization": f"Bearer {bearer}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as http:
            with screen.bar("fetching") as bar:
                return await recording.from_service(http, wanted, bar.at)

    deliveries = run(collect)
    written = recording.fixtures(deliveries)
    or_fail(lambda: fixtures.write(into, written))
    told = {"folder": str(into), "written": len(written), "left_out": len(deliveries) - len(written)}
    show(told, dict, _recorded, as_json=as_json)
    if rough := [one.name for one in written if not recording.understood(one)]:
        typer.echo(
            f"no JSON, so look through them before you show them to anybody: {', '.join(rough)}", err=True
        )


def explain(
    uid: Annotated[str, typer.Argument(metavar="UID", help="the booking's uid, as Cal.com names it")],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Tell everything about one booking: what came, what was asked, and where Cal.com differs."""
    settings = settled(config)

    async def look() -> Explanation:
        async with reading(settings) as store, asking(settings) as calcom:
            return await gather(store, calcom, DEFAULT_ACCOUNT, uid)

    told = run(look)
    if not told.found and not as_json:
        fail(f"Nobody knows this uid; Cal.com: {told.silence}.")
    show(told, screen.explanation_json, screen.explained, as_json=as_json)
    if not told.found:
        raise typer.Exit(1)


def _recorded(told: dict[str, Any]) -> None:
    screen.say(f"{told['written']} deliveries in {told['folder']}; {told['left_out']} had no body to write.")


def _signing(secret: str | None, config: Path | None) -> bytes:
    """What to sign with; wrong settings matter only where it has to come from them."""
    if secret:
        telemetry.configure()
        return secret.encode()
    secrets = settled(config).webhook.secrets
    if not secrets:
        complain(["webhook.secrets (GATEWAY_WEBHOOK__SECRETS), or --secret: is needed to sign deliveries"])
    return secrets[0].get_secret_value().encode()
