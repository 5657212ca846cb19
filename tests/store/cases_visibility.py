"""Any store: what a search may find for whom, and what lies at the same time."""

from typing import Any

import pytest

from gateway.domain.booking import Status
from gateway.domain.facts import Answer
from tests.store.making import (
    ADA,
    BY_JONAS,
    BY_MAYA,
    FOR_ADA,
    FOR_SAM,
    JONAS,
    MAYA,
    SAM,
    Books,
    booking,
    later,
)

TALK = booking(
    title="Thesis talk, 100 % free_form",
    attendees=(SAM, ADA),
    cohosts=(JONAS,),
    notes="Bring coffee",
    labelled=(Answer("why", "Why?", "Straße nach Zürich"),),
)

SEARCHES: dict[str, tuple[str, dict[str, bool]]] = {
    "the title": ("thesis", {"host": True, "cohost": True, "attendee": True, "portal": True}),
    "part of a word": ("hesi", {"host": True, "attendee": True}),
    "another case": ("THESIS", {"host": True, "attendee": True}),
    "letters that fold": ("STRASSE NACH ZÜRICH", {"host": True, "portal": True}),
    "what is not there": ("dissertation", {"host": False, "portal": False}),
    "a percent sign is a percent sign": ("% f", {"host": True, "portal": True}),
    "no wildcard": ("th%talk", {"host": False, "portal": False}),
    "no wildcard for one letter": ("free-form", {"host": False, "portal": False}),
    "the host's name": ("maya mentor", {"host": True, "attendee": True}),
    "an attendee's name": ("ada mentee", {"host": True, "attendee": True}),
    "an attendee's address": ("ada@", {"host": True, "cohost": True, "portal": True, "attendee": False}),
    "the host's address": ("maya@", {"attendee": False}),
    "a co-host's address": ("jonas@", {"attendee": False}),
    "the domain of everybody": ("@example.com", {"attendee": False}),
    "the notes": ("coffee", {"host": True, "portal": True}),
    "two fields do not run into one": ("formmaya", {"host": False, "attendee": False}),
}
KEYS = {"host": BY_MAYA, "cohost": BY_JONAS, "attendee": FOR_SAM, "portal": "*"}

PEOPLE: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]], bool]] = {
    "a host finds an attendee": ((BY_MAYA,), {"attendee": (FOR_ADA,)}, True),
    "the portal finds a host": (("*",), {"host": (BY_MAYA,)}, True),
    "a host finds herself": ((BY_MAYA,), {"host": (BY_MAYA,)}, True),
    "a co-host finds the host": ((BY_JONAS,), {"host": (BY_MAYA,)}, True),
    "an attendee finds themselves": ((FOR_SAM,), {"attendee": (FOR_SAM,)}, True),
    "an attendee does not find another attendee": ((FOR_SAM,), {"attendee": (FOR_ADA,)}, False),
    "an attendee does not find the host": ((FOR_SAM,), {"host": (BY_MAYA,)}, False),
    "not even beside themselves": ((FOR_SAM,), {"attendee": (FOR_ADA, FOR_SAM), "host": (BY_MAYA,)}, False),
}

SPANS = {
    "ends where it begins": (later(-1), later(0), False),
    "ends just after it begins": (later(-1), later(milliseconds=1), True),
    "begins where it ends": (later(0.5), later(1), False),
    "begins just before it ends": (later(0.5, milliseconds=-1), later(1), True),
    "within": (later(0.1), later(0.2), True),
    "around": (later(-1), later(1), True),
    "the same": (later(0), later(0.5), True),
    "elsewhere": (later(3), later(4), False),
}


class Searching:
    """`q`, `host` and `attendee` match only what the caller may see."""

    @pytest.mark.parametrize("case", SEARCHES)
    async def test_search(self, books: Books, case: str) -> None:
        """A text is found by those who may read it, and by nobody else; the count tells no more than the list."""
        text, expected = SEARCHES[case]
        await books.put(TALK)
        found = {who: await books.listed(KEYS[who], q=text) == ["b1"] for who in expected}
        counted = {who: await books.counted(KEYS[who], q=text) == 1 for who in expected}
        assert (found, counted) == (expected, expected)

    @pytest.mark.parametrize("case", PEOPLE)
    async def test_people(self, books: Books, case: str) -> None:
        """Addresses are no oracle: a filter matches only people whom the caller may know by address."""
        keys, asked, expected = PEOPLE[case]
        await books.put(TALK)
        assert (await books.listed(*keys, **asked) == ["b1"]) is expected
        assert (await books.counted(*keys, **asked) == 1) is expected

    async def test_a_host_is_an_attendee_elsewhere(self, books: Books) -> None:
        """What she may see of her own meetings does not open another host's."""
        await books.put(booking("hers"), booking("his", host=JONAS, attendees=(MAYA, SAM)))
        mine = (BY_MAYA, "attendee:maya@example.com")
        found = {
            "q": await books.listed(*mine, q="sam@"),
            "attendee": await books.listed(*mine, attendee=(FOR_SAM,)),
            "host": await books.listed(*mine, host=(BY_JONAS,)),
        }
        assert found == {"q": ["hers"], "attendee": ["hers"], "host": []}

    async def test_a_search_follows_what_is_saved(self, books: Books) -> None:
        """Words that were replaced are found no longer."""
        await books.put(booking(title="First", notes="one"))
        await books.put(booking(title="Second", notes="two"))
        assert [await books.counted(q=text) for text in ("first", "one", "second", "two")] == [0, 0, 1, 1]


class Overlaps:
    """What shares a moment with a span that includes its beginning and not its end."""

    @pytest.mark.parametrize("case", SPANS)
    async def test_span(self, books: Books, case: str) -> None:
        """Back to back is no overlap."""
        start, end, expected = SPANS[case]
        await books.put(booking())
        assert (await _around(books, (BY_MAYA,), start=start, end=end) == ["b1"]) is expected

    async def test_only_these_people(self, books: Books) -> None:
        """Bookings of others at the same time stand in nobody's way; two keys find each once."""
        await books.put(
            booking("b1"), booking("b2", host=JONAS, attendees=(MAYA,)), booking("b3", host=JONAS)
        )
        keys = (BY_MAYA, "attendee:maya@example.com", FOR_SAM)
        assert await _around(books, keys[:1]) == ["b1"]
        assert await _around(books, keys) == ["b1", "b2", "b3"]

    async def test_only_these_statuses(self, books: Books) -> None:
        """What was declined or called off takes no time."""
        await books.put(*(booking(status.value, status) for status in Status))
        assert await _around(books, ("*",)) == ["accepted", "pending"]
        assert await _around(books, ("*",), statuses=()) == []

    async def test_by_start(self, books: Books) -> None:
        """The earliest first."""
        minutes = {"b1": 20, "b2": 0, "b3": 10}
        await books.put(*(booking(uid, start=later(minutes=late)) for uid, late in minutes.items()))
        assert await _around(books, ("*",)) == ["b2", "b3", "b1"]


async def _around(books: Books, keys: tuple[str, ...], **asked: Any) -> list[str]:
    told: dict[str, Any] = {
        "start": later(0),
        "end": later(1),
        "statuses": (Status.PENDING, Status.ACCEPTED),
    } | asked
    found = await books.read(lambda ledger: ledger.around(keys, **told))
    return [held.booking.uid for held in found]
