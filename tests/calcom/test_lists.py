"""Lists of bookings, and whose key it is: how they are asked for, and what their answers say."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.calcom import messages
from gateway.calcom.budget import Budget
from gateway.calcom.client import Client, Timing
from gateway.domain.booking import Source, Status
from gateway.domain.people import Person
from gateway.http import httpx
from gateway.ports import Limited, Missing, Rejected, Unknown, Unsent
from gateway.records import Listing, Page, View
from tests.calcom import bodies

NOW = datetime(2030, 5, 1, 8, tzinfo=UTC)
NEW, OLD = bodies.UID, bodies.OLD_UID
NO_BOOKING = bodies.envelope(f"Booking with uid={NEW} was not found in the database")
OWNER = {
    "id": 7,
    "email": "mara@example.com",
    "name": "Mara Mentor",
    "username": "mara",
    "timeZone": "Europe/Madrid",
}

Asking = Callable[[Client], Awaitable[object]]


def page(*rows: Any, view: View = View.CHANGED, **more: Any) -> Page:
    """What a list with these rows says."""
    body = bodies.raw({"status": "success", "data": list(rows), **more})
    return messages.understand_page(Listing(view), 200, {}, body, NOW)


def client(answer: httpx.Response, asked: list[httpx.Request] | None = None) -> Client:
    """A client whose network gives that answer, and notes what was asked."""

    def network(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return answer

    timing = Timing(now=lambda: NOW, monotonic=lambda: 1000.0, between_tries=0.0)
    return Client("https://api.example.com/v2", "key", timing, Budget(), httpx.MockTransport(network))


async def ask_list(calcom: Client) -> Page:
    """Ask for a list."""
    return await calcom.listed(Listing(View.CHANGED, NOW))


async def ask_me(calcom: Client) -> Person:
    """Ask whose key it is."""
    return await calcom.me()


EITHER = pytest.mark.parametrize("ask", [ask_list, ask_me], ids=["list", "me"])


@pytest.mark.parametrize(
    ("listing", "query"),
    [
        (
            Listing(View.CHANGED, NOW),
            "sortUpdatedAt=asc&afterUpdatedAt=2030-05-01T08%3A00%3A00.000Z&take=250",
        ),
        (
            Listing(View.CHANGED, NOW + timedelta(milliseconds=250)),
            "sortUpdatedAt=asc&afterUpdatedAt=2030-05-01T08%3A00%3A00.250Z&take=250",
        ),
        (
            Listing(View.CHANGED, NOW, 500),
            "sortUpdatedAt=asc&afterUpdatedAt=2030-05-01T08%3A00%3A00.000Z&take=250&skip=500",
        ),
        (Listing(View.AHEAD, NOW), "sortStart=asc&afterStart=2030-05-01T08%3A00%3A00.000Z&take=250"),
        (Listing(View.UNCONFIRMED), "status=unconfirmed&sortStart=asc&take=250"),
        (Listing(View.UNCONFIRMED, skip=250), "status=unconfirmed&sortStart=asc&take=250&skip=250"),
        (
            Listing(View.UNCONFIRMED, NOW),
            "status=unconfirmed&sortStart=asc&afterStart=2030-05-01T08%3A00%3A00.000Z&take=250",
        ),
    ],
)
def test_a_list_is_asked_for(listing: Listing, query: str) -> None:
    """One GET: what is to be shown, in which order, since when, and from which row on; nothing that is not needed."""
    request = messages.listed(listing)
    assert (request.method, request.path, request.body) == ("GET", f"/bookings?{query}", b"")
    assert (request.route, request.version) == ("/bookings", "2024-08-13")


@pytest.mark.parametrize("view", View)
def test_a_time_of_another_zone(view: View) -> None:
    """It goes as the same instant with `Z`: an offset's plus, sent raw, would be a blank to Cal.com."""
    later = NOW.astimezone(timezone(timedelta(hours=2)))
    assert messages.listed(Listing(view, later)) == messages.listed(Listing(view, NOW))


def test_the_owner_is_asked_for() -> None:
    """One GET without anything."""
    request = messages.me()
    assert (request.method, request.path, request.route, request.body) == ("GET", "/me", "/me", b"")


@EITHER
async def test_it_goes_out_as_it_was_made(ask: Asking) -> None:
    """With the key, below the base URL, with the query as it was written."""
    asked: list[httpx.Request] = []
    data: Any = [] if ask is ask_list else OWNER
    await ask(client(httpx.Response(200, content=bodies.success(data)), asked))
    request = messages.listed(Listing(View.CHANGED, NOW)) if ask is ask_list else messages.me()
    assert [str(one.url) for one in asked] == [f"https://api.example.com/v2{request.path}"]
    assert asked[0].headers["authorization"] == "Bearer key"


def test_the_rows_of_a_list() -> None:
    """Each row is what a look at it would say, marked as listed."""
    told = page(bodies.listed(), bodies.listed(uid=OLD, status="accepted"))
    assert [(one.uid, one.status, one.source) for one in told.rows] == [
        (NEW, Status.PENDING, Source.LISTED),
        (OLD, Status.ACCEPTED, Source.LISTED),
    ]
    assert (told.size, told.full) == (2, False)


@pytest.mark.parametrize(
    ("view", "field"), [(View.CHANGED, "updatedAt"), (View.AHEAD, "start"), (View.UNCONFIRMED, "start")]
)
def test_how_far_a_page_goes(view: View, field: str) -> None:
    """The time of the last row, by which the list is sorted: there the next page begins."""
    told = page(bodies.listed(), bodies.listed(**{field: "2030-06-01T10:00:00.500Z"}), view=view)
    assert told.last == datetime(2030, 6, 1, 10, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("rows", [(), ({},), (bodies.listed(updatedAt=None),), (None,), ("x",)])
def test_a_page_without_a_last_time(rows: tuple[Any, ...]) -> None:
    """An empty page, or a last row without a time, leads nowhere."""
    assert (page(*rows).last, page(*rows).size) == (None, len(rows))


def test_a_row_is_as_old_as_its_last_change() -> None:
    """A row that was never changed, or was made by hand, is as old as its making."""
    [row] = page(bodies.listed(updatedAt=bodies.OMITTED)).rows
    assert row.at == row.born == datetime(2030, 5, 1, 7, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("number", "full"), [(0, False), (249, False), (250, True), (251, True)])
def test_a_full_page(number: int, full: bool) -> None:
    """Only a page with as many rows as were asked for may be followed by another."""
    assert page(*[bodies.listed()] * number).full is full


@pytest.mark.parametrize(
    "claim",
    [
        {"hasNextPage": True, "totalItems": 900, "remainingItems": 899},
        {"hasNextPage": False, "totalItems": 0},
        None,
        "none",
    ],
)
def test_the_pagination_object_is_ignored(claim: Any) -> None:
    """It counts without the filters by time: neither what it promises nor what it denies is believed."""
    assert page(bodies.listed(), pagination=claim) == page(bodies.listed())


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "x",
        [],
        {},
        bodies.listed(uid=None),
        bodies.listed(uid="a b"),
        bodies.listed(start=None),
        bodies.listed(status="expired"),
        bodies.listed(status=None),
    ],
)
def test_a_row_that_is_no_booking(odd: Any) -> None:
    """It is left out and counted; the others are read."""
    told = page(bodies.listed(uid=OLD), odd, bodies.listed())
    assert ([one.uid for one in told.rows], told.size) == ([OLD, NEW], 3)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        bodies.raw({"status": "success"}),
        bodies.raw({"status": "success", "data": None}),
        bodies.raw({"status": "success", "data": "x"}),
        bodies.raw({"status": "error", "data": []}),
        bodies.raw({"data": []}),
        bodies.raw({"data": {"bookings": []}}),
        bodies.success({"bookings": [], "recurringInfo": [], "totalCount": 0, "nextCursor": None}),
        bodies.success(bodies.listed()),
    ],
)
async def test_no_list(body: bytes) -> None:
    """Anything else, and the shape of the oldest version too, is no list: as if nothing had been asked."""
    with pytest.raises(Unknown):
        messages.understand_page(Listing(View.CHANGED), 200, {}, body, NOW)
    with pytest.raises(Unsent):
        await ask_list(client(httpx.Response(200, content=body)))


def test_an_empty_list_is_a_list() -> None:
    """Nothing to show is an answer."""
    assert page() == Page((), 0, None, full=False)


async def test_whose_key_it_is() -> None:
    """By id, address and names."""
    owner = await ask_me(client(httpx.Response(200, content=bodies.success(OWNER))))
    assert owner == Person("Mara Mentor", "mara@example.com", "Europe/Madrid", "mara", 7)


@pytest.mark.parametrize(
    "data", [None, [], {}, "x", {"name": "Mara"}, {"id": "7"}, {"id": None, "email": ""}, [OWNER]]
)
async def test_nobodys_key(data: Any) -> None:
    """An answer that names nobody by id or address is none."""
    with pytest.raises(Unsent):
        await ask_me(client(httpx.Response(200, content=bodies.success(data))))


@EITHER
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(429), Limited),
        (httpx.Response(404, content=bodies.envelope("Cannot GET /v2/me")), Rejected),
        (httpx.Response(404, content=NO_BOOKING), Missing),
        (httpx.Response(401, content=bodies.envelope("Invalid API Key", "UnauthorizedException")), Rejected),
        (httpx.Response(400), Rejected),
        (httpx.Response(403), Rejected),
        (httpx.Response(307, headers={"location": "https://elsewhere.example.com"}), Unsent),
        (httpx.Response(500), Unsent),
        (httpx.Response(502, content=b"<html>"), Unsent),
    ],
)
async def test_refusals(ask: Asking, answer: httpx.Response, expected: type[Exception]) -> None:
    """What Cal.com clearly says is told; what proves nothing is as if nothing had been asked."""
    caller = client(httpx.Response(answer.status_code, content=answer.content, headers=answer.headers))
    with pytest.raises(expected) as caught:
        await ask(caller)
    if isinstance(caught.value, Rejected):
        assert caught.value.status == answer.status_code


@EITHER
async def test_a_limit_says_how_long(ask: Asking) -> None:
    """Until Cal.com's own window ends."""
    with pytest.raises(Limited) as caught:
        await ask(client(httpx.Response(429, headers={"X-RateLimit-Reset-Default": "42"})))
    assert caught.value.seconds == 42


@EITHER
async def test_what_may_wait_leaves_room(ask: Asking) -> None:
    """Comparing takes sixty of the minute's calls at most: what is waited for comes through."""
    budget = Budget()
    assert all(budget.take("look", 1000.0) == 0 for _ in range(60))
    caller = client(httpx.Response(200, content=bodies.success([] if ask is ask_list else OWNER)))
    caller._budget = budget
    with pytest.raises(Limited):
        await ask(caller)
    assert budget.take("command", 1000.0) == 0
