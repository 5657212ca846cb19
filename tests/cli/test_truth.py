"""`gateway reconcile`, `backfill` and `doctor`: beside a running service and without one."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.conftest import Run
from tests.process.programs import Served, Town
from tests.stories import cast
from tests.stories.cast import until


async def lost(town: Town) -> str:
    """A request of which no webhook comes."""
    await town.sandbox.mood(route="webhook", mood="lose", n=None)
    return await town.sandbox.book()


async def ran(run: Run, town: Town, *arguments: str, **more: str) -> Result:
    """A command under the town's settings, the service named."""
    url = ["--url", str(town.portal.http.base_url)] if arguments[0] in ("reconcile", "backfill") else []
    return await asyncio.to_thread(run, *arguments, *url, **town.gateway.environment | more)


def told(result: Result) -> dict[str, Any]:
    """What a command printed for a machine."""
    return dict(json.loads(result.stdout))


async def test_beside_a_service(town: Town, run: Run) -> None:
    """The service is asked, with a token made for it, and what was lost is there."""
    uid = await lost(town)
    result = await ran(run, town, "reconcile", "--json")
    assert (result.exit_code, told(result)["repaired"], await town.portal.status(uid)) == (0, 1, "pending")


async def test_without_a_service(town: Town, run: Run) -> None:
    """On the database itself; the service finds it there."""
    uid = await lost(town)
    await town.gateway.kill()
    result = await ran(run, town, "reconcile")
    await town.open()
    assert (result.exit_code, await town.portal.status(uid)) == (0, "pending")
    assert result.stdout.startswith("done: ")


async def test_a_service_that_lets_nobody_in(town: Town, run: Run) -> None:
    """A token it does not know is one line and exit code 1."""
    result = await ran(run, town, "reconcile", "--token", "none")
    assert (result.exit_code, "refuses to compare (401)" in result.stderr) == (1, True)


async def test_a_service_elsewhere(town: Town, run: Run) -> None:
    """The database is taken, and nobody answers where the service is said to be."""
    url = ["--url", "http://127.0.0.1:1"]
    result = await asyncio.to_thread(run, "reconcile", *url, **town.gateway.environment)
    assert (result.exit_code, "no answer from" in result.stderr) == (1, True)


async def test_a_given_token(town: Town, run: Run) -> None:
    """The one in the environment is shown instead of one of its own making."""
    result = await ran(run, town, "reconcile", "--json", GATEWAY_TOKEN=cast.OPERATOR, GATEWAY_TOKENS__KEY="")
    assert (result.exit_code, told(result)["state"]) == (0, "done")


async def test_a_long_one_is_waited_for(town: Town, run: Run) -> None:
    """However long the service needs, the command ends when the comparison does."""
    for route in ("me", "list"):
        await town.sandbox.mood(route=route, mood="slow", seconds=1.2)
    assert told(await ran(run, town, "reconcile", "--json"))["state"] == "done"


@pytest.mark.parametrize("since", ["2020-01-01", "2020-01-01T09:00:00Z", None])
async def test_a_backfill(town: Town, run: Run, since: str | None) -> None:
    """Everything since then, or everything there is."""
    uid = await lost(town)
    result = await ran(run, town, "backfill", *(["--since", since] if since else []), "--json")
    assert (result.exit_code, told(result)["repaired"], await town.portal.status(uid)) == (0, 1, "pending")


async def test_out_of_reach(town: Town, run: Run) -> None:
    """It says so, and exits with 1."""
    await town.relay.cut()
    result = await ran(run, town, "reconcile")
    assert (result.exit_code, "calcom-unreachable" in result.stdout) == (1, True)


def test_no_time(run: Run, served: Served) -> None:
    """A time that is none is refused before anything is asked."""
    result = run("backfill", "--since", "yesterday", **served.program.environment)
    assert (result.exit_code, "is no time" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", ["reconcile", "backfill"])
def test_no_key(run: Run, served: Served, command: str) -> None:
    """Without a key there is nothing to compare with: a wrong setting."""
    result = run(command, **served.program.environment | {"GATEWAY_CALCOM__API_KEY": ""})
    assert (result.exit_code, "calcom.api_key" in result.stderr) == (3, True)


async def test_doctor_finds_nothing(town: Town, run: Run) -> None:
    """All is well, beside the running service."""
    result = await ran(run, town, "doctor", "--json")
    levels = {one["id"]: one["level"] for one in told(result)["checks"]}
    assert (result.exit_code, levels) == (0, {"calcom-key": "ok", "same-calcom": "ok", "in-step": "warn"})


async def test_doctor_finds_something(town: Town, run: Run) -> None:
    """Cal.com is out of reach: red, a remedy, and exit code 1."""
    await town.relay.cut()
    result = await ran(run, town, "doctor")
    assert result.exit_code == 1
    assert " red  Does Cal.com accept the key? It gave no usable answer." in result.stdout
    assert "See that calcom.base_url is right" in result.stdout


def test_doctor_before_the_first_start(run: Run, tmp_path: Path) -> None:
    """There is no database yet: one line that says so."""
    result = run("doctor", GATEWAY_DATABASE=f"sqlite:///{tmp_path / 'none.db'}")
    assert (result.exit_code, "none.db" in result.stderr) == (1, True)


async def test_the_service_compares_by_itself(town: Town) -> None:
    """Every so many seconds, unasked: a lost request appears."""
    town.gateway.environment["GATEWAY_RECONCILE__EVERY_SECONDS"] = "1"
    await town.restart()
    uid = await lost(town)

    async def here() -> bool:
        return (await town.portal.get(f"/v1/bookings/{uid}")).status_code == 200

    assert await until(here, 5) < 5
