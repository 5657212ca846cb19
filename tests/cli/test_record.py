"""`gateway record`: what came to one gateway leads another to the same bookings, and names nobody."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway import fixtures
from gateway.calcom.standins import uid
from gateway.http import httpx
from gateway.record import _word
from tests.cli.conftest import Run
from tests.process.programs import Served, Town, serve_alone
from tests.stories import cast
from tests.stories.cast import until

OPERATOR = {"Authorization": f"Bearer {cast.OPERATOR}"}


async def lived(town: Town) -> dict[str, str]:
    """Three requests, one accepted and one declined here; their uids and states."""
    uids = [
        await town.sandbox.book(name=name, email=f"{name.lower()}@acme.test")
        for name in ("Ana", "Ben", "Eva")
    ]

    async def here() -> bool:
        return len((await town.portal.get("/v1/bookings?status=pending")).json()["items"]) == 3

    await until(here)
    await town.portal.accept(uids[0])
    await town.portal.reject(uids[1])
    await until(lambda: told(town, 5))
    return {one: await town.portal.status(one) for one in uids}


async def told(town: Town, count: int) -> bool:
    """Whether so many webhooks have come."""
    listing = await town.portal.call("GET", "/v1/deliveries", headers=OPERATOR)
    return len(listing.json()["items"]) >= count


async def test_the_same_bookings(town: Town, run: Run, tmp_path: Path) -> None:
    """Recorded and replayed into an empty gateway, every booking is in the same state there."""
    states = await lived(town)
    await asyncio.to_thread(run, "record", "--into", tmp_path / "kept", **town.gateway.environment)
    (tmp_path / "other").mkdir()
    other = await serve_alone(tmp_path / "other")
    try:
        result = await asyncio.to_thread(
            run,
            "replay",
            tmp_path / "kept",
            "--url",
            f"{other.address}/webhooks/calcom",
            "--secret",
            cast.SECRET,
        )
        async with httpx.AsyncClient(base_url=other.address, headers=OPERATOR, trust_env=False) as http:
            found = {one: (await http.get(f"/v1/bookings/{uid(one)}")).json()["status"] for one in states}
    finally:
        await other.program.close()
    assert (result.exit_code, found) == (0, states)
    assert sorted(states.values()) == ["accepted", "pending", "rejected"]


async def test_nobody_is_named(town: Town, run: Run, tmp_path: Path) -> None:
    """No address, name, uid or signature of before is in any file."""
    states = await lived(town)
    await asyncio.to_thread(run, "record", "--into", tmp_path / "kept", **town.gateway.environment)
    text = "".join(one.read_text() for one in (tmp_path / "kept").iterdir())
    there = ["acme.test", "Ana", "Ben", "Maya", "maya", "ignature", *states]
    assert [word for word in there if word in text] == []
    assert "person1@example.com" in text


async def test_through_the_service(town: Town, run: Run, tmp_path: Path) -> None:
    """Asked of the running service, the files are the same as from its database."""
    await lived(town)
    await asyncio.to_thread(run, "record", "--into", tmp_path / "one", **town.gateway.environment)
    service = {"GATEWAY_TOKEN": cast.OPERATOR}
    result = await asyncio.to_thread(
        run,
        "record",
        "--into",
        tmp_path / "two",
        "--url",
        str(town.portal.http.base_url),
        "--json",
        **service,
    )
    assert json.loads(result.stdout)["written"] == len(fixtures.read([tmp_path / "one"]))
    assert fixtures.read([tmp_path / "one"]) == fixtures.read([tmp_path / "two"])


async def test_the_newest_of_a_verdict(town: Town, run: Run, tmp_path: Path) -> None:
    """A limit keeps the newest, oldest first; a verdict keeps its own."""
    await lived(town)
    await asyncio.to_thread(
        run, "record", "--into", tmp_path, "--limit", "2", "--verdict", "applied", **town.gateway.environment
    )
    assert [one.name[:5] for one in fixtures.read([tmp_path])] == ["0001-", "0002-"]


@pytest.mark.parametrize("there", [True, False])
def test_a_service_that_refuses(served: Served, run: Run, tmp_path: Path, there: bool) -> None:
    """With a wrong token, or where nobody is: one line and exit code 1; no folder is made."""
    url = served.address if there else "http://127.0.0.1:1"
    result = run("record", "--into", tmp_path / "kept", "--url", url, "--token", "x")
    assert (result.exit_code, len(result.stderr.splitlines()), (tmp_path / "kept").exists()) == (1, 1, False)


def test_a_folder_in_use(run: Run, database: Path, tmp_path: Path) -> None:
    """A folder with a recording in it is not mixed with another."""
    (tmp_path / "old.body").write_bytes(b"{}")
    result = run("record", "--into", tmp_path, GATEWAY_DATABASE=f"sqlite:///{database}")
    assert (result.exit_code, sorted(one.name for one in tmp_path.glob("*.body"))) == (1, ["old.body"])


def test_an_unknown_verdict(run: Run) -> None:
    """A verdict that there is not is a mistake of usage."""
    assert run("record", "--verdict", "lost").exit_code == 2


@pytest.mark.parametrize(
    ("trigger", "word"), [("../../x", "_x"), (None, "none"), ("BOOKING_PAID", "BOOKING_PAID")]
)
def test_a_trigger_is_no_path(trigger: str | None, word: str) -> None:
    """Whatever stood in a body, its file lies in the folder."""
    assert _word(trigger) == word
