"""Any store: lists: each filter by itself, counts, orders, and pages that neither skip nor repeat."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from gateway.domain.booking import Status
from gateway.domain.times import millis
from gateway.ports import Ledger
from gateway.records import Held, Query
from tests.store.making import (
    ADA,
    BY_JONAS,
    BY_MAYA,
    FOR_ADA,
    FOR_SAM,
    JONAS,
    MAYA,
    NOON,
    SAM,
    Books,
    booking,
    later,
    line,
)

WEEK = (
    booking("b1", Status.PENDING, later(0)),
    booking("b2", Status.ACCEPTED, later(1), attendees=(ADA,)),
    booking("b3", Status.REJECTED, later(2), host=JONAS),
    booking("b4", Status.CANCELLED, later(3), host=JONAS, attendees=(SAM, ADA)),
    booking("b5", Status.PENDING, later(4), host=JONAS, attendees=(MAYA,)),
)
MAYAS = (BY_MAYA, "attendee:maya@example.com")

FILTERS: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "all": (("*",), {}, "b1 b2 b3 b4 b5"),
    "one status": (("*",), {"status": (Status.PENDING,)}, "b1 b5"),
    "two statuses": (("*",), {"status": (Status.ACCEPTED, Status.CANCELLED)}, "b2 b4"),
    "a status none has": (("*",), {"status": (Status.GONE,)}, ""),
    "a host's": ((BY_MAYA,), {}, "b1 b2"),
    "a host's, with what she attends": (MAYAS, {}, "b1 b2 b5"),
    "a host's as host": (MAYAS, {"role": "host"}, "b1 b2"),
    "a host's as attendee": (MAYAS, {"role": "attendee"}, "b5"),
    "an attendee's": ((FOR_SAM,), {}, "b1 b3 b4"),
    "an attendee's as host": ((FOR_SAM,), {"role": "host"}, ""),
    "a stranger's": (("host:99",), {}, ""),
    "nobody's": ((), {}, ""),
    "by host": (("*",), {"host": (BY_JONAS,)}, "b3 b4 b5"),
    "by host under two keys": (("*",), {"host": (BY_MAYA, BY_JONAS)}, "b1 b2 b3 b4 b5"),
    "by a host with no key": (("*",), {"host": ()}, ""),
    "by attendee": (("*",), {"attendee": (FOR_ADA,)}, "b2 b4"),
    "by attendee under a host's key": (("*",), {"attendee": (BY_MAYA,)}, ""),
    "by host and attendee": (("*",), {"host": (BY_JONAS,), "attendee": (FOR_ADA,)}, "b4"),
    "from": (("*",), {"since_start": later(3)}, "b4 b5"),
    "to, which is not included": (("*",), {"until_start": later(3)}, "b1 b2 b3"),
    "from and to": (("*",), {"since_start": later(1), "until_start": later(3)}, "b2 b3"),
    "since a number": (("*",), {"since": 3}, "b4 b5"),
    "since a number of one's own": ((FOR_SAM,), {"since": 1}, "b3 b4"),
    "since the last": (("*",), {"since": 5}, ""),
    "everything at once": (
        ("*",),
        {
            "status": (Status.CANCELLED,),
            "role": "portal",
            "host": (BY_JONAS,),
            "attendee": (FOR_SAM,),
            "since_start": NOON,
            "until_start": later(9),
            "q": "talk",
            "since": 3,
        },
        "b4",
    ),
}

ORDERS: dict[str, Callable[[Held], int]] = {
    "start": lambda held: millis(held.booking.facts.start or NOON),
    "-start": lambda held: millis(held.booking.facts.start or NOON),
    "-updated": lambda held: held.seq,
}


class Lists:
    """Which bookings a list holds, how many match, and in which order."""

    @pytest.mark.parametrize("case", FILTERS)
    async def test_filter(self, books: Books, case: str) -> None:
        """A list holds what matches and nothing else, and the count says as many."""
        keys, asked, expected = FILTERS[case]
        await books.put(*WEEK)
        query = Query(keys, **asked)
        found = await books.read(lambda ledger: [held.booking.uid for held in ledger.page(query)])
        assert " ".join(found) == expected
        assert await books.read(lambda ledger: ledger.count(query)) == len(found)

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("start", ["b1", "b3", "b2", "b4"]),
            ("-start", ["b4", "b2", "b3", "b1"]),
            ("-updated", ["b2", "b4", "b3", "b1"]),
        ],
    )
    async def test_order(self, books: Books, sort: str, expected: list[str]) -> None:
        """By start and uid, the same backwards, or by the last line, newest first."""
        starts = {"b1": 0, "b2": 2, "b3": 1, "b4": 2}
        await books.put(*(booking(uid, start=later(hour)) for uid, hour in starts.items()))
        await books.append(line("b2"), ["*"])
        assert await books.listed(sort=sort) == expected

    async def test_what_is_new_is_personal(self, books: Books) -> None:
        """A line for the host's side makes a booking new to the host and leaves it old to the attendee."""
        await books.put(booking("b1"), booking("b2"))
        await books.append(line("b1"), [BY_MAYA])
        assert [await books.listed(key, since=2) for key in (BY_MAYA, FOR_SAM)] == [["b1"], []]
        assert [await books.listed(key, sort="-updated") for key in (BY_MAYA, FOR_SAM)] == [
            ["b1", "b2"],
            ["b2", "b1"],
        ]

    async def test_a_page_is_no_longer_than_asked(self, books: Books) -> None:
        """The first ones, and no more than the limit."""
        await books.put(*WEEK)
        assert await books.listed(limit=2) == ["b1", "b2"]

    async def test_the_count_ignores_place_and_limit(self, books: Books) -> None:
        """It says how many match, on every page the same."""
        await books.put(*WEEK)
        counts = [
            await books.counted(status=(Status.PENDING,), sort=sort, limit=1, after=(millis(later(9)), "z"))
            for sort in ORDERS
        ]
        assert counts == [2, 2, 2]

    async def test_a_row_carries_the_booking_as_saved(self, books: Books) -> None:
        """Lists and the single booking show the same."""
        await books.put(*WEEK)
        for one in await books.read(lambda ledger: ledger.page(Query(("*",)))):
            assert one == await books.held(one.booking.uid)
            assert one.booking in WEEK

    async def test_a_list_follows_what_is_saved(self, books: Books) -> None:
        """A new status and start are found under the new ones only."""
        await books.put(booking("b1", Status.PENDING, NOON))
        await books.put(booking("b1", Status.ACCEPTED, later(5)))
        assert await books.listed(status=(Status.PENDING,)) == []
        assert await books.listed(until_start=later(5)) == []
        assert await books.listed(status=(Status.ACCEPTED,), since_start=later(5)) == ["b1"]


class Pages:
    """Keyset paging: the place is that of the last row shown."""

    @pytest.mark.parametrize("keys", [("*",), (BY_MAYA,), (BY_MAYA, FOR_SAM)])
    @pytest.mark.parametrize("sort", ORDERS)
    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_neither_skips_nor_repeats(
        self, books: Books, keys: tuple[str, ...], sort: str, limit: int
    ) -> None:
        """With many bookings at the same start, every one comes once, in the order of the whole list."""
        await books.put(*(booking(f"b{n:02}", start=later(n * 7 % 3)) for n in range(11)))
        pages = await _paged(books, Query(keys, sort=sort, limit=limit))
        assert pages == await books.listed(*keys, sort=sort, limit=100)
        assert sorted(pages) == [f"b{n:02}" for n in range(11)]

    @pytest.mark.parametrize("sort", ["start", "-start"])
    async def test_what_comes_between_pages_moves_nothing(self, books: Books, sort: str) -> None:
        """New bookings before and behind the place change neither what was shown nor what comes of the rest."""
        await books.put(*(booking(f"b{n}", start=NOON) for n in range(6)))

        async def meanwhile(page: int) -> None:
            hour = 1 if page % 2 else -1
            await books.put(booking(f"new{page}", start=later(hour)))

        pages = await _paged(books, Query(("*",), sort=sort, limit=2), meanwhile)
        old = [uid for uid in pages if uid.startswith("b")]
        assert sorted(old) == [f"b{n}" for n in range(6)]
        assert len(pages) == len(set(pages))

    async def test_what_changes_meanwhile_moves_to_the_top(self, books: Books) -> None:
        """In the order of changes nothing that was left alone is skipped or repeated."""
        await books.put(*(booking(f"b{n}") for n in range(6)))

        async def meanwhile(page: int) -> None:
            await books.append(line("b0"), ["*"])

        pages = await _paged(books, Query(("*",), sort="-updated", limit=2), meanwhile)
        assert pages == ["b5", "b4", "b3", "b2", "b1"]

    async def test_a_filter_holds_on_every_page(self, books: Books) -> None:
        """The place is a condition more, not one instead."""
        wanted = [put_status(n) for n in range(10)]
        await books.put(*(booking(f"b{n}", status) for n, status in enumerate(wanted)))
        pages = await _paged(books, Query(("*",), status=(Status.PENDING,), q="talk", limit=2))
        assert pages == ["b0", "b3", "b6", "b9"]


def put_status(number: int) -> Status:
    """Every third booking is pending."""
    return Status.ACCEPTED if number % 3 else Status.PENDING


def _page(query: Query, ledger: Ledger) -> list[Held]:
    return ledger.page(query)


async def _paged(books: Books, query: Query, meanwhile: Callable[[int], Any] | None = None) -> list[str]:
    """All pages of a list, one after the other."""
    seen: list[str] = []
    after: tuple[int, str] | None = None
    for page in range(50):
        asked = Query(query.keys, query.status, q=query.q, sort=query.sort, limit=query.limit, after=after)
        rows = await books.read(partial(_page, asked))
        if not rows:
            break
        seen += [held.booking.uid for held in rows]
        after = (ORDERS[query.sort](rows[-1]), rows[-1].booking.uid)
        if meanwhile is not None:
            await meanwhile(page)
    return seen
