"""What no webhook told is found by asking: afterwards the mirror says what Cal.com's own rows say.

Nothing compares by itself here; a story asks for it as an operator does.
"""

import asyncio
import io
import itertools
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette

from gateway.calcom.client import Timing
from gateway.sandbox import bookings
from gateway.sandbox.bookings import Stamp, Wish
from gateway.sandbox.moods import Mood
from gateway.sandbox.rows import Attendee, EventType, Membership, Person, Status
from gateway.sandbox.stage import Stage
from tests.stories.cast import (
    ANA,
    API_KEY,
    BEN,
    MAYA,
    NOON,
    OPERATOR,
    CalCom,
    Clock,
    Gateway,
    Json,
    Portal,
    until,
)

PAGE = 250
DAY, MINUTE, MOMENT = timedelta(days=1), timedelta(minutes=1), timedelta(milliseconds=10)
THURSDAY = "2027-03-04T15:00:00Z"
SAME = {"expired": "pending", "gone": "missing"}
"""What only we have a word for: what Cal.com says of it."""


@pytest.fixture
def timing(clock: Clock) -> Timing:
    """Calls are counted by the minute, and a minute passes when the clock is wound."""
    return Timing(clock, lambda: clock().timestamp(), look=1.5, act=1.5, between_tries=0.01)


@pytest.fixture
async def hurried(gateway: Gateway, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Some hundred seconds pass in one, and whoever waits for Cal.com looks at the clock again at once."""
    monkeypatch.setattr("gateway.services.reconcile.LONGEST_WAIT", 0.01)

    async def passing() -> None:
        while True:
            clock.wind(seconds=5)
            await gateway.wake()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(passing())
    yield
    task.cancel()


async def reconcile(gateway: Gateway, **body: object) -> Json:
    """Compare with Cal.com once, to the end."""
    operator = gateway.service(OPERATOR)
    answer = await operator.call("POST", "/v1/reconcile", json=body)
    assert answer.status_code in (200, 202), answer.text

    async def over() -> bool:
        return bool((await operator.get("/v1/reconcile")).json()["state"] != "running")

    await until(over, 30)
    return dict((await operator.get("/v1/reconcile")).json())


def ask(gateway: Gateway, sql: str) -> list[Any]:
    """Look into the database."""
    with closing(sqlite3.connect(f"file:{gateway.database}?mode=ro", uri=True)) as conn:
        return list(conn.execute(sql))


def mirrored(gateway: Gateway) -> dict[str, str]:
    """Every booking's status as we have it."""
    return dict(ask(gateway, "select uid, status from participants where person = '*'"))


async def differences(gateway: Gateway, sandbox: CalCom) -> dict[str, tuple[str, str]]:
    """The bookings on which we and Cal.com's own rows disagree: what we say, what they say."""
    ours = {uid: SAME.get(status, status) for uid, status in mirrored(gateway).items()}
    rows = (await sandbox.control("GET", "state"))["bookings"]
    theirs = {row["uid"]: row["status"] for row in rows}
    said = {uid: (ours.get(uid, "missing"), theirs.get(uid, "missing")) for uid in ours | theirs}
    return {uid: both for uid, both in said.items() if both[0] != both[1]}


def journal(gateway: Gateway) -> list[tuple[str, ...]]:
    """The timelines as they are stored: uid, event, state afterwards, channel, cause."""
    sql = "select uid, event, after_status, channel, cause from changes where event <> 'updated' order by seq"
    return ask(gateway, sql)


async def settled(gateway: Gateway) -> None:
    """Wait until no question to Cal.com is queued."""

    async def none() -> bool:
        return not ask(gateway, "select uid from looks")

    await until(none)


def calcom(gateway: Gateway) -> Stage:
    """Cal.com from inside."""
    assert isinstance(gateway.to_calcom.app, Starlette)
    stage: Stage = gateway.to_calcom.app.state.stage
    return stage


def insert(stage: Stage, kind: int, start: datetime, at: datetime) -> str:
    """Put a request into Cal.com's rows as if it had been there for long, changed last at `at`."""
    event_type = stage.world.event_type(kind)
    wish = Wish(event_type, start, Attendee("Ben Okafor", BEN, "Etc/UTC"))
    return bookings.book(stage.world, wish, [event_type.owner], Stamp(at, stage.mint.uid(), "secret")).uid


def crowd(
    sandbox: CalCom, stage: Stage, count: int, start: datetime, at: datetime, apart: timedelta = MINUTE
) -> list[str]:
    """Many requests, each begun and changed so much later than the one before."""
    uids = [insert(stage, 11, start + apart * nth, at + apart * nth) for nth in range(count)]
    sandbox.canaries += uids
    return uids


def change(stage: Stage, uid: str, status: Status, at: datetime | None = None) -> None:
    """Write a status into a row; without a time the change leaves no date."""
    row = stage.world.bookings[uid]
    row.status, row.updated_at = status, at or row.updated_at


# What no webhook told.


async def accepted(sandbox: CalCom, uid: str) -> None:
    """The mentor accepts at Cal.com."""
    assert (await sandbox.act(uid, "confirm")).is_success


async def declined(sandbox: CalCom, uid: str) -> None:
    """The mentor declines at Cal.com."""
    assert (await sandbox.act(uid, "decline", reason="Too busy")).is_success


async def withdrawn(sandbox: CalCom, uid: str) -> None:
    """The attendee cancels, whatever it is by then."""
    assert (await sandbox.act(uid, "cancel", None, cancellationReason="Ill")).is_success


async def moved(sandbox: CalCom, uid: str) -> None:
    """The attendee chooses another time."""
    answer = await sandbox.act(uid, "reschedule", None, start=THURSDAY)
    sandbox.canaries.append(answer.json()["data"]["uid"])


async def whole_series_cancelled(sandbox: CalCom, uid: str) -> None:
    """All dates of a series are cancelled at once."""
    series = str((await sandbox.row(uid))["series"])
    assert (await sandbox.act(series, "cancel", cancellationReason="Ill")).is_success


Act = Callable[[CalCom, str], Awaitable[None]]
LOST: dict[str, tuple[Json, tuple[Act, ...]]] = {
    "new request": ({}, ()),
    "accepted": ({}, (accepted,)),
    "declined": ({}, (declined,)),
    "withdrawn": ({}, (withdrawn,)),
    "meeting cancelled": ({}, (accepted, withdrawn)),
    "request moved": ({}, (moved,)),
    "meeting moved": ({}, (accepted, moved)),
    "series accepted": ({"event_type": "weekly"}, (accepted,)),
    "series cancelled": ({"event_type": "weekly"}, (accepted, whole_series_cancelled)),
    "request revived": ({}, (declined, accepted)),
}
"""What is booked, and what happens to it."""


@pytest.fixture(params=LOST)
def lost(request: pytest.FixtureRequest) -> tuple[Json, tuple[Act, ...]]:
    """Something that happens at Cal.com and that no webhook tells."""
    return LOST[request.param]


@pytest.fixture(params=[False, True], ids=["never heard of", "known before"])
async def happened(
    gateway: Gateway,
    sandbox: CalCom,
    lost: tuple[Json, tuple[Act, ...]],
    request: pytest.FixtureRequest,
) -> str:
    """It has happened; the request itself had been told, or was lost as well. Gives the uid."""
    wish, acts = lost
    if not request.param:
        await sandbox.mood(trigger="webhook", mood="lose", n=None)
    uid = await sandbox.book(**wish)
    await settled(gateway)
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    for act in acts:
        await act(sandbox, uid)
    sandbox.canaries += calcom(gateway).world.bookings
    return uid


@pytest.mark.usefixtures("happened")
async def test_one_comparison_repairs_it(gateway: Gateway, sandbox: CalCom) -> None:
    """After one comparison every booking has the status of Cal.com's row, and each repaired one a line of Cal.com's."""
    before = mirrored(gateway)
    found = await reconcile(gateway)
    after = mirrored(gateway)
    assert (found["state"], found["failed"], await differences(gateway, sandbox)) == ("done", 0, {})
    repaired = {uid for uid in after if after[uid] != before.get(uid)}
    told = {
        uid for uid, *_, channel, cause in journal(gateway) if (channel, cause) == ("calcom", "reconciled")
    }
    assert (told, found["repaired"] >= len(repaired)) == (repaired, True)


@pytest.mark.usefixtures("happened")
async def test_a_second_comparison_finds_nothing(gateway: Gateway) -> None:
    """Right after the first one nothing is left to repair, and nobody's ETag moves."""
    await reconcile(gateway)
    portal = gateway.service()
    before = await portal.etag()
    found = await reconcile(gateway)
    assert (found["error"], found["repaired"], await portal.etag()) == (None, 0, before)


@pytest.mark.parametrize("acts", [(moved,), (accepted, moved)], ids=["request", "meeting"])
async def test_a_lost_move_links_both(
    gateway: Gateway, sandbox: CalCom, maya: Portal, acts: tuple[Act, ...]
) -> None:
    """The old uid is closed as moved, not as cancelled, and each of the two names the other."""
    old = await sandbox.book()
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    for act in acts:
        await act(sandbox, old)
    await reconcile(gateway)
    new = sandbox.canaries[-1]
    assert ((await maya.booking(old))["moved_to"], (await maya.booking(new))["moved_from"]) == (new, old)
    assert ((await maya.events(old))[-1], await maya.events(new)) == ("moved", ["requested"])


# Two mouths.


@pytest.mark.parametrize("first", ["webhook", "list"])
@pytest.mark.parametrize(
    ("acts", "events"),
    [
        ((), ["requested"]),
        ((accepted,), ["requested", "accepted"]),
        ((declined,), ["requested", "rejected"]),
        ((withdrawn,), ["requested", "withdrawn"]),
        ((accepted, withdrawn), ["requested", "accepted", "cancelled"]),
        ((moved,), ["requested", "moved"]),
    ],
    ids=["request", "accepted", "declined", "withdrawn", "cancelled", "moved"],
)
async def test_told_twice(
    gateway: Gateway, sandbox: CalCom, acts: tuple[Act, ...], events: list[str], first: str
) -> None:
    """Webhook and list tell the same: one line for each thing that happened, whoever tells it first."""
    if first == "list":
        await sandbox.mood(trigger="webhook", mood="hold", n=None)
    uid = await sandbox.book()
    await reconcile(gateway)
    for act in acts:
        await act(sandbox, uid)
        await reconcile(gateway)
    await sandbox.control("DELETE", "moods")
    await sandbox.control("POST", "release")
    await reconcile(gateway)
    assert await gateway.host().events(uid) == events


async def test_the_reason_comes_with_the_webhook(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """A list never tells why a request was declined; a webhook that comes after it still does."""
    uid = await sandbox.book()
    await sandbox.mood(trigger="webhook", mood="hold", n=None)
    await declined(sandbox, uid)
    await reconcile(gateway)
    assert (await maya.booking(uid))["decision"]["reason"] is None
    await sandbox.control("POST", "release")
    assert (await maya.booking(uid))["decision"]["reason"] == "Too busy"


async def accepted_here(gateway: Gateway, uid: str) -> None:
    """The mentor accepts in the portal."""
    assert (await gateway.host().accept(uid)).json()["booking"]["status"] == "accepted"


async def test_a_list_that_lags(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """It shows a request that was accepted here since: the status never goes back, and one GET is made about it."""
    uid = await sandbox.book()
    await sandbox.control("POST", "settings", {"list_lag_seconds": 60})
    await accepted_here(gateway, uid)
    before = len(await sandbox.calls("get", uid))
    found = await reconcile(gateway)
    assert (found["error"], found["repaired"], await maya.status(uid)) == (None, 0, "accepted")
    assert [after for *_, after, _, _ in journal(gateway) if after] == ["pending", "accepted"]
    assert len(await sandbox.calls("get", uid)) - before == 1


@pytest.mark.parametrize(
    ("before", "since"),
    [
        ((), accepted),
        ((), withdrawn),
        ((accepted,), withdrawn),
        ((declined,), accepted),
        ((accepted,), moved),
    ],
    ids=["accepted", "withdrawn", "cancelled", "revived", "moved"],
)
async def test_news_before_a_list_that_lags(
    gateway: Gateway, sandbox: CalCom, before: tuple[Act, ...], since: Act
) -> None:
    """What a webhook told is not taken back by a list that does not know it yet, nor by the next one, which does."""
    uid = await sandbox.book()
    for act in before:
        await act(sandbox, uid)
    await sandbox.control("POST", "settings", {"list_lag_seconds": 60})
    await since(sandbox, uid)
    lines, asked = journal(gateway), len(await sandbox.calls("get", uid))
    for _ in range(2):
        await reconcile(gateway)
        gateway.clock.wind(seconds=61)
    assert (journal(gateway), await differences(gateway, sandbox)) == (lines, {})
    assert len(await sandbox.calls("get", uid)) - asked == 1


# Long lists.

OVER, AHEAD = NOON - 9 * DAY, NOON + 2 * DAY
LONG: dict[str, tuple[datetime, datetime]] = {
    "changed": (OVER, NOON - DAY / 2),
    "ahead": (AHEAD, NOON - 9 * DAY),
    "unconfirmed": (AHEAD, NOON - 9 * DAY),
}
"""Which of the lists alone shows them: when they begin, and when they were changed."""


@pytest.mark.parametrize("apart", [MOMENT, timedelta(0)], ids=["apart", "at one moment"])
@pytest.mark.parametrize("view", LONG)
async def test_many_rows(gateway: Gateway, sandbox: CalCom, view: str, apart: timedelta) -> None:
    """More rows than two pages hold, each at its own time or all at one: nothing is missed."""
    if view == "unconfirmed":
        await reconcile(gateway)  # within the hour after it, only what is unconfirmed is compared
    crowd(sandbox, calcom(gateway), 2 * PAGE + 100, *LONG[view], apart)
    found = await reconcile(gateway)
    assert (found["error"], len(await differences(gateway, sandbox))) == (None, 0)


@pytest.mark.parametrize("apart", [MOMENT, timedelta(0)], ids=["apart", "at one moment"])
async def test_as_many_rows_as_a_page_holds(gateway: Gateway, sandbox: CalCom, apart: timedelta) -> None:
    """A list that ends with a full page ends."""
    crowd(sandbox, calcom(gateway), PAGE, *LONG["changed"], apart)
    assert ((await reconcile(gateway))["error"], await differences(gateway, sandbox)) == (None, {})


def before_page(gateway: Gateway, number: int, happen: Callable[[], object]) -> None:
    """Let something happen at Cal.com just before it is asked for its so-manieth page."""
    app, asked = gateway.to_calcom.app, itertools.count(1)
    assert app is not None
    inner = app

    async def door(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] == "/v2/bookings" and next(asked) == number:
            happen()
        await inner(scope, receive, send)

    gateway.to_calcom.app = door


@pytest.mark.parametrize("page", [2, 3])
@pytest.mark.parametrize("apart", [MOMENT, timedelta(0)], ids=["apart", "at one moment"])
async def test_rows_that_change_between_two_pages(
    gateway: Gateway, sandbox: CalCom, clock: Clock, page: int, apart: timedelta
) -> None:
    """They leave their place in the list, which moves the rest up: none of either is missed."""
    stage = calcom(gateway)
    uids = crowd(sandbox, stage, 2 * PAGE + 100, *LONG["changed"], apart)

    def answered() -> None:
        for uid in [*uids[:20], *uids[PAGE : PAGE + 20]]:
            change(stage, uid, Status.ACCEPTED, clock())

    before_page(gateway, page, answered)
    await reconcile(gateway)
    assert len(await differences(gateway, sandbox)) == 0


async def test_rows_that_come_between_two_pages(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """Requests made while the list is read are on its last page."""
    stage = calcom(gateway)
    crowd(sandbox, stage, 2 * PAGE, *LONG["changed"], MOMENT)
    before_page(gateway, 2, lambda: crowd(sandbox, stage, 20, OVER, clock(), MOMENT))
    await reconcile(gateway)
    assert await differences(gateway, sandbox) == {}


# What is none of ours.

OUTSIDER, NAME = "olga.outsider@example.net", "Olga Outsider"


OURS = [{"programme": {"event_types": [kind]}} for kind in (11, "mentoring")]


@pytest.mark.parametrize("changes", OURS, ids=["by id", "by slug"])
@pytest.mark.parametrize("told", [True, False], ids=["by webhook and list", "by list"])
async def test_a_strangers_meeting_leaves_no_trace(
    gateway: Gateway, sandbox: CalCom, logged: io.StringIO, told: bool
) -> None:
    """Of another event type's booking neither uid nor name nor address is on disk or in the log; ours is mirrored."""
    if not told:
        await sandbox.mood(trigger="webhook", mood="lose", n=None)
    uid = await sandbox.book(event_type="private-call", name=NAME, email=OUTSIDER)
    ours = await sandbox.book()
    found = await reconcile(gateway)
    assert (found["error"], found["rows"] >= 2, list(mirrored(gateway))) == (None, True, [ours])
    written = gateway.stored() + logged.getvalue().encode()
    assert [word for word in (uid, NAME, OUTSIDER) if word.encode() in written] == []


async def test_what_a_mentor_asks_of_others(gateway: Gateway, sandbox: CalCom) -> None:
    """A mentor's own key lists what its owner asked of somebody else too: that is not ours, and leaves no trace."""
    world = calcom(gateway).world
    world.person(1).api_key, world.person(101).api_key = "cal_the_office", API_KEY
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    own = await sandbox.book()
    elsewhere = await sandbox.book(host="jonas", name="Maya Fuentes", email=MAYA)
    found = await reconcile(gateway)
    assert (found["rows"] >= 2, list(mirrored(gateway))) == (True, [own])
    assert elsewhere.encode() not in gateway.stored()


@pytest.mark.parametrize("changes", [{"hosts": [{"email": "jonas@example.com"}]}])
async def test_a_host_in_the_settings_is_ours(gateway: Gateway, sandbox: CalCom) -> None:
    """Whoever the settings name is a host of ours, also where the key's owner is the one who asks."""
    world = calcom(gateway).world
    world.person(1).api_key, world.person(101).api_key = "cal_the_office", API_KEY
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    uid = await sandbox.book(host="jonas", name="Maya Fuentes", email=MAYA)
    await reconcile(gateway)
    assert mirrored(gateway) == {uid: "pending"}


# The rate limit.


def busiest(calls: list[Json]) -> int:
    """The most calls that any minute saw."""
    times = sorted(datetime.fromisoformat(call["started"]) for call in calls)
    return max(sum(at <= one < at + timedelta(seconds=59.9) for one in times) for at in times)


def many_hosts(stage: Stage, count: int) -> list[int]:
    """So many mentors with an event type each, seen with the office's key; gives the event types."""
    numbers = range(1000, 1000 + count)
    for number in numbers:
        name = f"mentor{number}"
        person = Person(number, name.title(), f"{name}@example.com", name, "Etc/UTC", f"cal_{name}")
        stage.world.people.append(person)
        stage.world.memberships.append(Membership(number, 1, number))
        stage.world.event_types.append(EventType(number, "mentoring", "Mentoring session", number))
    return list(numbers)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
async def test_the_budget_is_kept(gateway: Gateway, sandbox: CalCom, clock: Clock, dated: bool) -> None:
    """500 lost changes at 200 hosts: all are found, by at most 60 calls a minute, compared over and over again."""
    stage = calcom(gateway)
    kinds = many_hosts(stage, 200)
    uids = [insert(stage, kinds[nth % 200], AHEAD + nth * MINUTE, NOON - DAY) for nth in range(500)]
    sandbox.canaries += uids
    await reconcile(gateway)
    decided = itertools.cycle([Status.ACCEPTED, Status.REJECTED, Status.CANCELLED])
    for uid in uids:
        change(stage, uid, next(decided), clock() if dated else None)

    async def the_same() -> bool:
        await reconcile(gateway)
        return not await differences(gateway, sandbox)

    async def many_calls() -> bool:
        await reconcile(gateway)
        return len(calcom(gateway).calls) > 90

    await until(the_same, 30)
    await until(many_calls, 30)
    assert (busiest((await sandbox.control("GET", "calls"))["calls"]) <= 60, await the_same()) == (True, True)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("route", ["list", "me"])
async def test_a_refusal_for_haste_is_waited_for(gateway: Gateway, sandbox: CalCom, route: str) -> None:
    """429 in the middle: nothing is asked until the minute is over, then the walk goes on, and nothing is missing."""
    crowd(sandbox, calcom(gateway), 2 * PAGE, *LONG["changed"], MOMENT)
    await sandbox.mood(route=route, mood="status", status=429)
    found = await reconcile(gateway)
    assert (found["error"], await differences(gateway, sandbox)) == (None, {})
    calls = (await sandbox.control("GET", "calls"))["calls"]
    refused = next(nth for nth, call in enumerate(calls) if call["status"] == 429)
    at, again = (datetime.fromisoformat(call["started"]) for call in calls[refused : refused + 2])
    assert (again - at).total_seconds() >= 60


async def test_cal_com_is_away(gateway: Gateway, sandbox: CalCom) -> None:
    """Nothing changes, the comparison says why it failed, and the next one repairs."""
    uid, portal = await sandbox.book(), gateway.service()
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    await accepted(sandbox, uid)
    before, gateway.to_calcom.cut = await portal.etag(), True
    found = await reconcile(gateway)
    assert (found["state"], found["error"], found["repaired"]) == ("failed", "calcom-unreachable", 0)
    assert (await portal.etag(), mirrored(gateway)) == (before, {uid: "pending"})
    gateway.to_calcom.cut = False
    assert ((await reconcile(gateway))["error"], mirrored(gateway)) == (None, {uid: "accepted"})


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        (Mood("list", "status", status=500), "calcom-unreachable"),
        (Mood("list", "garbage"), "calcom-unreachable"),
        (Mood("list", "drop"), "calcom-unreachable"),
        (Mood("list", "status", status=403), "calcom-refused"),
    ],
    ids=["500", "broken off", "no answer", "403"],
)
async def test_a_page_without_an_answer(gateway: Gateway, sandbox: CalCom, mood: Mood, error: str) -> None:
    """What was read before is kept, the rest is read by the next comparison."""
    stage = calcom(gateway)
    crowd(sandbox, stage, 2 * PAGE, *LONG["changed"], MOMENT)
    before_page(gateway, 2, lambda: stage.moods.add(replace(mood)))
    assert ((await reconcile(gateway))["error"], len(mirrored(gateway))) == (error, PAGE)
    assert ((await reconcile(gateway))["error"], await differences(gateway, sandbox)) == (None, {})


async def test_one_that_cannot_be_read(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """Cal.com fails for ever to show one booking: the others that have to be asked about do not wait for it."""
    stage = calcom(gateway)
    broken, *others = sorted(crowd(sandbox, stage, 3, AHEAD, NOON - DAY))
    await sandbox.book()  # so that the others are no news
    await reconcile(gateway)
    for uid in (broken, *others):
        change(stage, uid, Status.ACCEPTED)
    await sandbox.mood(route="get", mood="status", status=500, uid=broken, n=None)
    for _ in range(30):
        clock.wind(minutes=1)
        await reconcile(gateway)
    assert list(await differences(gateway, sandbox)) == [broken]


# How far it was read.


async def asked_from(sandbox: CalCom) -> list[datetime]:
    """From when on changes were asked for, one comparison after the other."""
    queries = [parse_qs(urlsplit(call["path"]).query) for call in await sandbox.calls("list")]
    return [datetime.fromisoformat(one["afterUpdatedAt"][0]) for one in queries if "afterUpdatedAt" in one]


async def test_it_goes_on_where_it_was(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """The first comparison reads a day, the next from ten minutes before the last change that was seen."""
    last = calcom(gateway).world.bookings[await sandbox.book()].updated_at
    clock.wind(hours=5)
    for _ in range(2):
        await reconcile(gateway)
    first, second = await asked_from(sandbox)
    assert abs(NOON + timedelta(hours=5) - DAY - first) < MINUTE
    assert second == last - 10 * MINUTE


async def test_a_row_from_the_future(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """A change dated years ahead does not hide what changes now."""
    stage, uid = calcom(gateway), await sandbox.book()
    change(stage, uid, Status.ACCEPTED, NOON + 999 * DAY)
    await reconcile(gateway)
    await sandbox.mood(trigger="webhook", mood="lose", n=None)
    await sandbox.book(email=BEN)
    await reconcile(gateway)
    assert (await asked_from(sandbox))[1] <= clock() - 9 * MINUTE
    assert await differences(gateway, sandbox) == {}


async def test_a_backfill(gateway: Gateway, sandbox: CalCom) -> None:
    """With `since` come bookings that were over and done with before the first comparison would look."""
    stage = calcom(gateway)
    uid = insert(stage, 11, NOON - 20 * DAY, NOON - 40 * DAY)
    change(stage, uid, Status.CANCELLED)
    await reconcile(gateway)
    assert mirrored(gateway) == {}
    found = await reconcile(gateway, since="2027-01-01T00:00:00Z")
    assert (found["since"], found["repaired"]) == ("2027-01-01T00:00:00Z", 1)
    assert mirrored(gateway) == {uid: "cancelled"}


async def test_a_backfill_tells_what_it_was_asked(gateway: Gateway, sandbox: CalCom) -> None:
    """A time with an offset is as good as one in UTC."""
    uid = await sandbox.book()
    found = await reconcile(gateway, since="2027-02-01T00:00:00+02:00")
    assert (found["error"], found["since"]) == (None, "2027-01-31T22:00:00Z")
    assert mirrored(gateway) == {uid: "pending"}


# Who may ask for it, and how.


async def test_it_is_for_operators(gateway: Gateway) -> None:
    """A host and an attendee are refused, both when they ask for it and when they ask about it."""
    for portal in (gateway.host(), gateway.attendee(ANA)):
        answers = [await portal.call(method, "/v1/reconcile") for method in ("POST", "GET")]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "not-allowed")] * 2


@pytest.mark.parametrize(
    "since", ["soon", "", "2027-03-01T00:00:00", "2027-03-01", 5, True, "0001-01-01T00:00:00+14:00"]
)
async def test_a_wrong_time_is_refused(gateway: Gateway, since: object) -> None:
    """`since` is a time with its offset, or nothing is compared."""
    answer = await gateway.service(OPERATOR).call("POST", "/v1/reconcile", json={"since": since})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await gateway.service(OPERATOR).get("/v1/reconcile")).status_code == 404
