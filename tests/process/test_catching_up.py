"""A service that compares with Cal.com by itself, every second: what was lost comes, and being killed costs nothing."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.process.programs import Town
from tests.stories.cast import API_KEY, BEN, OPERATOR, Portal, until

MANY = 1500
MAYA_HERSELF = f"{API_KEY}_maya"
LIST = "/v1/bookings?limit=100"


@pytest.fixture
async def comparing(town: Town) -> Town:
    """The town, from which no webhook comes any more, with a gateway that compares every second."""
    await town.sandbox.mood(trigger="webhook", mood="lose", n=None)
    town.gateway.environment["GATEWAY_RECONCILE__EVERY_SECONDS"] = "1"
    await town.restart()
    return town


def row(number: int, now: datetime) -> str:
    """A request at Cal.com as a table of a scenario, changed a second after the one before it."""
    uid, start, at = (
        f"catchingUp{number:012}",
        now + timedelta(days=2, hours=number),
        now - timedelta(hours=1),
    )
    words = {
        "id": number,
        "uid": uid,
        "event_type": 11,
        "host": 101,
        "title": "A session",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "status": "pending",
        "location": "integrations:daily",
        "created_at": at.isoformat(),
        "updated_at": (at + timedelta(seconds=number)).isoformat(),
        "ical_uid": f"{uid}@example.com",
    }
    who = f'attendees = [{{ name = "Ben", email = "{BEN}", time_zone = "Etc/UTC" }}]\nanswers = {{}}'
    lines = [f"{name} = {json.dumps(word)}" for name, word in words.items()]
    return "\n".join([f"[world.bookings.{uid}]", *lines, who, ""])


async def with_many_requests(town: Town) -> None:
    """Start Cal.com anew with many requests of which the gateway has never heard."""
    scenario, now = town.folder / "many.toml", datetime.now(UTC).replace(microsecond=0)
    scenario.write_text("\n".join(['title = "Many"', "step = []", *(row(nth, now) for nth in range(MANY))]))
    town.sandbox.canaries += [f"catchingUp{nth:012}" for nth in range(MANY)]
    await town.calcom.kill()
    town.calcom.arguments += ("--port", str(town.relay.to), "--scenario", str(scenario))
    town.calcom.start()
    await town.calcom.said("/v2", town.calcom.out, times=2)

    async def there() -> bool:
        return len((await town.sandbox.control("GET", "state"))["bookings"]) == MANY

    await until(there)
    await town.sandbox.mood(trigger="webhook", mood="lose", n=None)


async def known(town: Town) -> int:
    """How many bookings the gateway knows."""
    return int((await town.portal.get("/v1/bookings?limit=1")).json()["count"])


async def the_same(town: Town) -> bool:
    """Whether every booking has the status of Cal.com's row."""
    told: dict[str, str] = {}
    path: str | None = LIST
    while path:
        page = (await town.portal.get(path)).json()
        told |= {one["uid"]: one["status"] for one in page["items"]}
        path = f"{LIST}&cursor={page['next_cursor']}" if page["next_cursor"] else None
    rows = (await town.sandbox.control("GET", "state"))["bookings"]
    return told == {one["uid"]: one["status"] for one in rows}


def said_twice(folder: Path) -> list[str]:
    """The bookings of which a timeline tells the same thing twice."""
    with closing(sqlite3.connect(f"file:{folder / 'gateway.db'}?mode=ro", uri=True)) as conn:
        sql = "select uid from changes where event <> 'updated' group by uid, event having count(*) > 1"
        return [uid for (uid,) in conn.execute(sql)]


async def test_what_was_lost_comes_by_itself(comparing: Town) -> None:
    """A request and an answer at Cal.com of which no webhook came are there within seconds."""
    uid = await comparing.sandbox.book()

    async def asked() -> bool:
        return (await comparing.portal.get(f"/v1/bookings/{uid}")).status_code == 200

    assert await until(asked, 10) < 5
    await comparing.sandbox.act(uid, "confirm", MAYA_HERSELF)

    async def accepted() -> bool:
        return await comparing.portal.status(uid) == "accepted"

    assert await until(accepted, 10) < 5
    assert await comparing.portal.events(uid) == ["requested", "accepted"]


async def test_it_says_that_it_is_in_step(comparing: Town) -> None:
    """Doctor is told when the last comparison was, and so is whoever asks for the newest one."""
    operator = Portal(comparing.portal.http, {"Authorization": f"Bearer {OPERATOR}"})

    async def in_step() -> bool:
        told = (await operator.get("/v1/checkup")).json()
        return [one["level"] for one in told["checks"]] == ["ok", "ok", "ok"]

    await until(in_step, 5)
    assert (await operator.get("/v1/reconcile")).json()["error"] is None


async def killed_at(town: Town, count: int) -> None:
    """Kill the gateway once it knows so many bookings, which is not all of them."""

    async def far_enough() -> bool:
        return await known(town) >= count

    await until(far_enough, 15)
    assert count <= await known(town) < MANY
    await town.gateway.kill()


async def test_killed_in_the_middle(comparing: Town) -> None:
    """Killed twice while it catches up, with answers given meanwhile: in the end all is mirrored, and told once."""
    await comparing.gateway.kill()
    await with_many_requests(comparing)
    await comparing.open()
    await killed_at(comparing, 200)
    uids = [f"catchingUp{nth:012}" for nth in range(0, MANY, 25)]
    done = await asyncio.gather(*(comparing.sandbox.act(uid, "confirm", MAYA_HERSELF) for uid in uids))
    assert {answer.status_code for answer in done} == {200}
    await comparing.open()
    await killed_at(comparing, 800)
    await comparing.open()

    async def all_there() -> bool:
        return await known(comparing) == MANY and await the_same(comparing)

    await until(all_there, 20)
    assert said_twice(comparing.folder) == []
