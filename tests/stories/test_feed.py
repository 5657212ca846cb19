"""The change feed: what a caller may see of the journal, page by page, as it grows, and for who prefers to wait."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message

from gateway.domain.people import Role
from gateway.http import httpx
from tests.stories.cast import ANA, BEN, MAYA, OPERATOR, CalCom, Gateway, Json, Portal


async def changes(portal: Portal, query: str = "") -> Json:
    """A page of the feed."""
    answer = await portal.get(f"/v1/changes{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(page: Json) -> list[tuple[str, str]]:
    """The events of a page, with their bookings."""
    return [(one["uid"], one["event"]) for one in page["items"]]


async def test_the_journal(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Every line of mine in order, with the booking it is about and the number it stands under."""
    uid = await sandbox.book()
    await maya.accept(uid)
    page = await changes(maya)
    assert told(page) == [(uid, "requested"), (uid, "submitted"), (uid, "accepted")]
    seqs = [one["seq"] for one in page["items"]]
    assert (seqs, page["seq"]) == (sorted(seqs), seqs[-1])


async def test_since(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Only what came after a number."""
    await sandbox.book()
    seq = (await changes(maya))["seq"]
    uid = await sandbox.book()
    assert told(await changes(maya, f"?since={seq}")) == [(uid, "requested")]


async def test_page_by_page(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """A page that is full says where to go on; the last one says how far the journal reaches for me."""
    uids = [await sandbox.book() for _ in range(5)]
    seq, found = 0, []
    for _ in range(3):
        page = await changes(maya, f"?since={seq}&limit=2")
        found += told(page)
        seq = page["seq"]
    assert found == [(uid, "requested") for uid in uids]
    assert f'-{seq}"' in await maya.etag("/v1/changes")


async def test_mine_alone(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Another mentor's bookings are no news to me, and do not move my ETag."""
    await sandbox.book()
    before = await maya.etag("/v1/changes")
    await sandbox.book(host="jonas")
    assert await maya.etag("/v1/changes") == before
    assert len((await changes(maya))["items"]) == 1
    assert len((await changes(gateway.service()))["items"]) == 2


@pytest.mark.parametrize("query", ["?since=x", "?since=-1", "?limit=0", "?limit=1001", "?colour=red"])
async def test_a_wrong_parameter(maya: Portal, query: str) -> None:
    """Read strictly, as every list is."""
    assert (await maya.get(f"/v1/changes{query}")).status_code == 422


async def test_unchanged(sandbox: CalCom, maya: Portal) -> None:
    """Who holds the present state is told nothing else."""
    await sandbox.book()
    etag = await maya.etag("/v1/changes")
    assert (await maya.get("/v1/changes", **{"If-None-Match": etag})).status_code == 304


async def waiting(portal: Portal, path: str, seconds: int = 20) -> "asyncio.Task[httpx.Response]":
    """Somebody who holds the present state and prefers to wait for the next."""
    headers = {"If-None-Match": await portal.etag(path), "Prefer": f"wait={seconds}"}
    task = asyncio.create_task(portal.get(path, **headers))
    await asyncio.sleep(0.05)
    assert not task.done()
    return task


@pytest.mark.parametrize("path", ["/v1/bookings", "/v1/changes"])
async def test_prefer_to_wait(sandbox: CalCom, maya: Portal, path: str) -> None:
    """The answer comes with the change."""
    await sandbox.book()
    task = await waiting(maya, path)
    uid = await sandbox.book()
    answer = await asyncio.wait_for(task, 2)
    assert (answer.status_code, uid in answer.text) == (200, True)


async def test_waiting_for_one_booking(sandbox: CalCom, maya: Portal) -> None:
    """What is shown is what it is after the wait."""
    uid = await sandbox.book()
    task = await waiting(maya, f"/v1/bookings/{uid}")
    await sandbox.act(uid, "confirm")
    answer = await asyncio.wait_for(task, 2)
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")


async def test_others_do_not_end_my_wait(sandbox: CalCom, maya: Portal) -> None:
    """Another mentor's news is none to me."""
    await sandbox.book()
    task = await waiting(maya, "/v1/bookings", 1)
    await sandbox.book(host="jonas")
    assert (await asyncio.wait_for(task, 3)).status_code == 304


async def test_the_first_news_of_all(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Whose host id is only learnt with the first booking hears of it."""
    task = await waiting(maya, "/v1/bookings")
    await sandbox.book()
    assert (await asyncio.wait_for(task, 2)).json()["count"] == 1


class Stream:
    """A follower of the feed, speaking to the application without a socket."""

    def __init__(self, gateway: Gateway, headers: dict[str, str], query: str = "") -> None:
        self.events: asyncio.Queue[Json] = asyncio.Queue()
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self._gone = asyncio.Event()
        self._rest = ""
        given = {"accept": "text/event-stream", **headers}
        self._scope = {
            "type": "http", "method": "GET", "path": "/v1/changes", "raw_path": b"/v1/changes",
            "query_string": query.encode(), "http_version": "1.1", "scheme": "http", "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1), "server": ("gateway.test", 80),
        }  # fmt: skip
        self.task = asyncio.create_task(gateway.app(self._scope, self._receive, self._send))

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self._rest += message["body"].decode()
        *whole, self._rest = self._rest.split("\r\n\r\n")
        for text in whole:
            event = dict(line.partition(": ")[::2] for line in text.split("\r\n"))
            await self.events.put(event)

    async def next(self, within: float = 2) -> Json:
        """The next event that carries data."""
        while True:
            event = await asyncio.wait_for(self.events.get(), within)
            if "data" in event:
                return event

    async def close(self) -> None:
        """Go away."""
        self._gone.set()
        await asyncio.wait_for(self.task, 5)


@asynccontextmanager
async def following(
    gateway: Gateway, portal: Portal, query: str = "", **headers: str
) -> AsyncIterator[Stream]:
    """A stream for as long as the context lasts; it has begun."""
    stream = Stream(gateway, {**portal.headers, **headers}, query)
    await asyncio.sleep(0.05)
    yield stream
    await stream.close()


async def test_a_stream(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """From now on: each change as it is committed, under its number."""
    await sandbox.book()
    async with following(gateway, maya) as stream:
        uid = await sandbox.book()
        event = await stream.next()
    data = json.loads(event["data"])
    assert (data["uid"], data["event"], str(data["seq"])) == (uid, "requested", event["id"])
    assert stream.headers["content-type"].startswith("text/event-stream")


async def test_a_stream_resumes(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Who comes back with the last number misses nothing and sees nothing twice."""
    first, second = await sandbox.book(), await sandbox.book()
    seqs = [one["seq"] for one in (await changes(maya))["items"]]
    async with following(gateway, maya, **{"Last-Event-ID": str(seqs[0])}) as stream:
        third = await sandbox.book()
        uids = [json.loads((await stream.next())["data"])["uid"] for _ in range(2)]
        assert stream.events.empty()
    assert (uids, first in uids) == ([second, third], False)


async def test_a_stream_since(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Or from a number in the address."""
    uid = await sandbox.book()
    async with following(gateway, maya, "since=0") as stream:
        assert json.loads((await stream.next())["data"])["uid"] == uid


@pytest.mark.parametrize("place", ["999", "x", "-1", "9" * 40])
async def test_a_place_beyond_the_journal(
    gateway: Gateway, sandbox: CalCom, maya: Portal, place: str
) -> None:
    """A number of another journal's: begin again, from here."""
    await sandbox.book()
    seq = (await changes(maya))["seq"]
    async with following(gateway, maya, **{"Last-Event-ID": place}) as stream:
        event = await stream.next()
        uid = await sandbox.book()
        after = await stream.next()
    assert (event["event"], json.loads(event["data"]), event["id"]) == ("reset", {"seq": seq}, str(seq))
    assert json.loads(after["data"])["uid"] == uid


async def test_where_it_began_is_told_at_once(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """A stream that breaks before the first change is resumed from where it began."""
    await sandbox.book()
    async with following(gateway, maya) as stream:
        event = await asyncio.wait_for(stream.events.get(), 2)
    assert (event["id"], "retry" in event, "data" in event) == (
        str((await changes(maya))["seq"]),
        True,
        False,
    )


async def test_each_sees_their_own(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Mentor, mentee and the portal's backend: each what concerns them, in order, once."""
    everybody = {
        "maya": maya,
        "ana": gateway.attendee(),
        "ben": gateway.attendee(BEN),
        "all": gateway.service(),
    }
    streams = {name: Stream(gateway, one.headers) for name, one in everybody.items()}
    await asyncio.sleep(0.1)
    ana = await sandbox.book()
    ben = await sandbox.book(host="jonas", name="Ben Ode", email=BEN)
    await asyncio.sleep(0.2)
    heard: dict[str, list[str]] = {}
    for name, stream in streams.items():
        heard[name] = []
        while not stream.events.empty():
            event = stream.events.get_nowait()
            heard[name] += [json.loads(event["data"])["uid"]] if "data" in event else []
        await stream.close()
    assert heard == {"maya": [ana], "ana": [ana], "ben": [ben], "all": [ana, ben]}


async def test_an_expired_token_ends_the_stream(
    gateway: Gateway, sandbox: CalCom, maya: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may no longer ask is told nothing more."""
    monkeypatch.setattr("gateway.services.feed.QUIET_SECONDS", 0.1)
    stream = Stream(gateway, maya.headers)
    await asyncio.sleep(0.05)
    gateway.clock.wind(hours=25)
    await asyncio.wait_for(stream.task, 2)
    assert stream.status == 200


async def test_a_stop_ends_streams_and_waits(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Nobody keeps the service from stopping."""
    await sandbox.book()
    stream, task = Stream(gateway, maya.headers), await waiting(maya, "/v1/bookings")
    gateway.app.state.hush()
    assert (await asyncio.wait_for(task, 2)).status_code == 304
    await asyncio.wait_for(stream.task, 2)


async def test_nobody_in_particular(gateway: Gateway) -> None:
    """A stream wants a token like everything else."""
    stream = Stream(gateway, {})
    await asyncio.wait_for(stream.task, 2)
    assert stream.status == 401


async def test_what_an_attendee_hears(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Not what the host's side is doing, and no address."""
    uid = await sandbox.book()
    gateway.to_calcom.cut = True
    await maya.accept(uid)
    page = await changes(gateway.attendee())
    assert told(page) == [(uid, "requested")]
    assert MAYA not in json.dumps(page)
    assert told(await changes(gateway.as_(ANA, Role.HOST))) == told(page)
    assert (await gateway.service(OPERATOR).get("/v1/changes")).status_code == 200
