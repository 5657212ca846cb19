"""Store and mirror together: who comes to see a booking finds it, who loses sight of it is told, and no number goes back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from gateway.domain.booking import Observation, Source, Status
from gateway.domain.facts import EventType, Facts
from gateway.domain.people import Caller, Person, Role
from gateway.domain.sight import caller_keys
from gateway.ports import Ledger
from gateway.services.mirror import observe
from tests.store.databases import opened_carelessly
from tests.store.making import ADA, JONAS, MAYA, SAM, Books, later

MENTOR = "mentor@example.com"
MAYA_THERE, JONAS_THERE = replace(MAYA, email=MENTOR), replace(JONAS, email=MENTOR)


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    """Give the books of an empty store."""
    async with opened_carelessly(tmp_path / "gateway.db") as store:
        yield Books(store)


def said(
    uid: str, hour: float, host: Person | None = MAYA, attendees: tuple[Person, ...] = (SAM,)
) -> Observation:
    """What Cal.com says of a request at this hour."""
    start = later(48)
    facts = Facts("A talk", start, start + timedelta(minutes=30), host, None, attendees)
    facts = replace(facts, event_type=EventType(1))
    return Observation(uid, Source.LOOKED, later(hour), Status.PENDING, facts)


async def hear(books: Books, *observations: Observation) -> None:
    """Believe one after the other."""
    for seen in observations:
        assert seen.at is not None
        await books.write(partial(observe, seen=seen, now=seen.at, cause="looked"))


async def keys(books: Books, email: str, role: Role = Role.HOST) -> tuple[str, ...]:
    """What somebody of this address reads with."""

    def read(ledger: Ledger) -> tuple[str, ...]:
        return caller_keys(Caller("one", role, email, email), [email], ledger.host_ids([email]))

    return await books.read(read)


async def events(books: Books, email: str, uid: str = "b1", role: Role = Role.HOST) -> list[str]:
    """What somebody of this address has been told of a booking."""
    return [line.event for line in await books.timeline(*await keys(books, email, role), uid=uid)]


async def found(books: Books, email: str, role: Role = Role.HOST) -> list[str]:
    """The bookings of somebody of this address."""
    return await books.listed(*await keys(books, email, role))


async def test_a_request_that_is_passed_on(books: Books) -> None:
    """The mentor who had it is told that it is gone; the one who has it now finds it."""
    await hear(books, said("b1", 0, MAYA), said("b1", 1, JONAS))
    assert (await found(books, "maya@example.com"), await found(books, "jonas@example.com")) == ([], ["b1"])
    assert (await events(books, "maya@example.com"))[-1] == "removed"


async def test_a_host_whose_id_is_learnt_is_told_nothing(books: Books) -> None:
    """She saw the booking before and sees it still: nothing was removed."""
    await hear(books, said("b1", 0, replace(MAYA, id=None)), said("b1", 1, MAYA))
    assert await found(books, "maya@example.com") == ["b1"]
    assert "removed" not in await events(books, "maya@example.com")


async def test_a_host_whose_address_changes(books: Books) -> None:
    """Access moves with the id: the old address is told, the new one finds all."""
    await hear(books, said("b1", 0), said("b2", 1), said("b2", 2, replace(MAYA, email="maya@new.example")))
    assert (await found(books, "maya@example.com"), await found(books, "maya@new.example")) == (
        [],
        ["b1", "b2"],
    )
    assert (await events(books, "maya@example.com", "b1"))[-1] == "removed"


async def test_an_address_that_is_somebody_elses_now(books: Books) -> None:
    """Whoever comes with it sees the second one's bookings, and is told that the first one's are gone."""
    await hear(books, said("hers", 0, MAYA_THERE), said("his", 1, JONAS_THERE))
    assert await found(books, MENTOR) == ["his"]
    assert (await events(books, MENTOR, "hers"))[-1:] == ["removed"]


async def test_a_number_never_goes_back(books: Books) -> None:
    """Not even where an address passes to another mentor and back again: an ETag of before must not come again."""
    numbers = []
    for hour, (uid, host) in enumerate([("hers", MAYA_THERE), ("his", JONAS_THERE), ("hers", MAYA_THERE)]):
        await hear(books, said(uid, hour, host))
        numbers.append(await books.last(*await keys(books, MENTOR)))
    assert numbers == sorted(set(numbers))


async def test_an_attendee_whose_address_changes(books: Books) -> None:
    """The same name under another address: the new one finds the booking, the old one is told."""
    await hear(books, said("b1", 0), said("b1", 1, attendees=(replace(SAM, email="sam@new.example"),)))
    assert await found(books, "sam@new.example", Role.ATTENDEE) == ["b1"]
    assert await found(books, "sam@example.com", Role.ATTENDEE) == []
    assert (await events(books, "sam@example.com", role=Role.ATTENDEE))[-1] == "removed"


async def test_an_attendee_who_joins(books: Books) -> None:
    """Finds the booking from then on."""
    await hear(books, said("b1", 0), said("b1", 1, attendees=(SAM, ADA)))
    assert await found(books, "ada@example.com", Role.ATTENDEE) == ["b1"]


async def test_what_the_host_alone_may_know_is_no_news_to_others(books: Books) -> None:
    """A host's other address is not shown to attendees: their number stays."""
    await hear(books, said("b1", 0))
    before = await books.last(*await keys(books, "sam@example.com", Role.ATTENDEE))
    await hear(books, said("b1", 1, replace(MAYA, email="maya@new.example")))
    assert await books.last(*await keys(books, "sam@example.com", Role.ATTENDEE)) == before
