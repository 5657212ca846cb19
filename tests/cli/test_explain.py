"""`gateway explain`: what is known here, what Cal.com says, and where the two differ."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Run
from tests.process.programs import Town
from tests.stories.cast import until


async def booked(town: Town) -> str:
    """A request that has arrived."""
    uid = await town.sandbox.book()

    async def here() -> bool:
        return (await town.portal.get(f"/v1/bookings/{uid}")).status_code == 200

    await until(here)
    return uid


async def explained(run: Run, town: Town, uid: str, **more: str) -> dict[str, Any]:
    """The explanation as JSON."""
    result = await asyncio.to_thread(run, "explain", uid, "--json", **town.gateway.environment | more)
    assert result.exit_code == 0
    return dict(json.loads(result.stdout))


async def test_all_is_well(town: Town, run: Run) -> None:
    """A request that is here as it is at Cal.com: its delivery, its line, and no difference."""
    told = await explained(run, town, await booked(town))
    assert (told["mirror"]["status"], told["calcom"]["answered"], told["differences"]) == (
        "pending",
        True,
        [],
    )
    assert [one["trigger"] for one in told["deliveries"]] == ["BOOKING_REQUESTED"]
    assert [one["event"] for one in told["timeline"]] == ["requested"]


async def test_an_accepted_one(town: Town, run: Run) -> None:
    """The command is listed with its attempts, and the mirror still says what Cal.com says."""
    uid = await booked(town)
    await town.portal.accept(uid)
    told = await explained(run, town, uid)
    assert [(one["action"], one["state"], one["attempts"]) for one in told["commands"]] == [
        ("accept", "done", 1)
    ]
    assert told["differences"] == []


async def test_a_lost_webhook(town: Town, run: Run) -> None:
    """What was confirmed at Cal.com while the gateway was away differs in the state; nothing is written."""
    uid = await booked(town)
    await town.gateway.kill()
    assert (await town.sandbox.act(uid, "confirm")).is_success
    await town.open()
    told = await explained(run, town, uid)
    assert {"field": "status", "mirror": "pending", "calcom": "accepted"} in told["differences"]
    assert await town.portal.status(uid) == "pending"


async def test_calcom_is_silent(town: Town, run: Run) -> None:
    """Without an answer, or without a key, what is here is shown, and that Cal.com's word is missing."""
    uid = await booked(town)
    silent = await explained(run, town, uid, GATEWAY_CALCOM__BASE_URL="http://127.0.0.1:1/v2")
    keyless = await explained(run, town, uid, GATEWAY_CALCOM__API_KEY="")
    assert [one["calcom"]["why"] for one in (silent, keyless)] == [
        "it did not answer (ConnectError)",
        "it was not asked: there is no calcom.api_key",
    ]


async def test_for_people(town: Town, run: Run) -> None:
    """The same as tables, with exit code 0."""
    uid = await booked(town)
    result = await asyncio.to_thread(run, "explain", uid, **town.gateway.environment)
    wanted = (uid, "timeline", "deliveries", "BOOKING_REQUESTED", "no commands", "The mirror says the same")
    assert (result.exit_code, [word for word in wanted if word not in result.stdout]) == (0, [])


def test_an_unknown_uid(run: Run, database: Path) -> None:
    """A uid that nobody knows is one line and exit code 1."""
    result = run("explain", "nobody", GATEWAY_DATABASE=f"sqlite:///{database}")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)


def test_no_database(run: Run, tmp_path: Path) -> None:
    """Looking makes no database: one line and exit code 1."""
    result = run("explain", "b1", GATEWAY_DATABASE=f"sqlite:///{tmp_path / 'none.db'}")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
