"""Any store: what falls due: looks to be taken, and bookings that the clock changes."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.domain.booking import Booking, Status
from gateway.ports import Ledger
from gateway.records import MISSING, Look
from tests.store.making import NOON, Books, booking, later

MEETING = booking(status=Status.ACCEPTED, start=NOON, minutes=60)


class Looks:
    """Questions to be put to Cal.com."""

    async def test_a_look_comes_out_as_it_went_in(self, books: Books) -> None:
        """Every member."""
        look = Look("b1", NOON, 2, "pending 2027", "reconciled")
        await books.ask(look)
        assert await _looks(books, NOON) == [look]

    async def test_the_oldest_first(self, books: Books) -> None:
        """What is due, at most so many, and nothing before its time."""
        dues = {"b1": 2, "b2": 1, "b3": 3, "b4": 4}
        await books.ask(*(Look(uid, later(due)) for uid, due in dues.items()))
        due = [look.uid for look in await _looks(books, later(3))]
        assert due == ["b2", "b1", "b3"]
        assert [look.uid for look in await _looks(books, later(3), 2)] == ["b2", "b1"]

    async def test_those_of_a_reconciliation_last(self, books: Books) -> None:
        """However long they have waited: what a webhook left open goes before, and among themselves the oldest."""
        waiting = {"b1": (1, "reconciled"), "b2": (3, "looked"), "b3": (0, "reconciled"), "b4": (2, "looked")}
        await books.ask(*(Look(uid, later(due), cause=cause) for uid, (due, cause) in waiting.items()))
        assert [look.uid for look in await _looks(books, later(3))] == ["b4", "b2", "b3", "b1"]
        assert [look.uid for look in await _looks(books, later(3), 3)] == ["b4", "b2", "b3"]

    async def test_one_of_a_reconciliation_that_is_due_alone(self, books: Books) -> None:
        """It gives way to what is due, and not to what will be."""
        await books.ask(Look("b1", later(2)), Look("b2", later(1), cause="reconciled"))
        assert [look.uid for look in await _looks(books, later(1))] == ["b2"]
        assert await books.read(lambda ledger: ledger.next_look()) == later(1)

    async def test_when_the_next_falls_due(self, books: Books) -> None:
        """The earliest; none when nothing is queued."""
        assert await books.read(lambda ledger: ledger.next_look()) is None
        await books.ask(Look("b2", later(2)), Look("b1", later(1)))
        assert await books.read(lambda ledger: ledger.next_look()) == later(1)

    @pytest.mark.parametrize("second", [0, 2])
    async def test_asked_twice_it_keeps_the_earlier_time(self, books: Books, second: int) -> None:
        """One look answers both."""
        for hour in (1, second):
            await books.ask(Look("b1", later(hour)))
        assert await _looks(books, later(9)) == [Look("b1", later(min(1, second)))]

    async def test_asked_anew_it_remembers_its_answer(self, books: Books) -> None:
        """A delivery that asks again does not make the third equal answer the first."""
        await books.ask(Look("b1", later(1), 2, "pending"))
        await books.ask(Look("b1", NOON))
        assert await _looks(books, later(9)) == [Look("b1", NOON, 2, "pending")]

    @pytest.mark.parametrize(
        ("first", "second", "kept"),
        [
            ("looked", "reconciled", "looked"),
            ("reconciled", "looked", "looked"),
            ("reconciled", "reconciled", "reconciled"),
        ],
    )
    async def test_asked_twice_it_keeps_the_more_urgent_cause(
        self, books: Books, first: str, second: str, kept: str
    ) -> None:
        """A reconciliation does not put a webhook's question off, and a webhook hurries a reconciliation's."""
        for cause in (first, second):
            await books.ask(Look("b1", NOON, cause=cause))
        assert await _looks(books, NOON) == [Look("b1", NOON, cause=kept)]

    async def test_a_look_that_was_taken_is_gone(self, books: Books) -> None:
        """And the others stay."""
        await books.ask(Look("b1", NOON), Look("b2", NOON))
        await books.write(lambda ledger: ledger.looked(Look("b1", NOON)))
        assert [look.uid for look in await _looks(books, NOON)] == ["b2"]

    async def test_a_look_that_was_taken_leaves_nothing_behind(self, books: Books) -> None:
        """Asked anew after it, the question is a new one: its tries, its answer, its cause."""
        await books.ask(Look("b1", NOON, 2, "pending"))
        await books.write(lambda ledger: ledger.looked(Look("b1", NOON)))
        await books.ask(Look("b1", later(1), cause="reconciled"))
        assert await _looks(books, later(1)) == [Look("b1", later(1), cause="reconciled")]


class Missing:
    """How many bookings Cal.com did not know when it was asked."""

    async def test_only_those_it_did_not_know(self, books: Books) -> None:
        """Due or not and whoever asked; not those with another answer or none so far."""
        assert await _missing(books) == 0
        await books.ask(
            Look("b1", NOON, 1, MISSING),
            Look("b2", later(99), 1, MISSING, "reconciled"),
            Look("b3", NOON, 1, "pending 2027"),
            Look("b4", NOON),
        )
        assert await _missing(books) == 2

    async def test_asked_about_anew_it_is_missing_still(self, books: Books) -> None:
        """A question brings no answer."""
        await books.ask(Look("b1", NOON, 1, MISSING))
        await books.ask(Look("b1", NOON))
        assert await _missing(books) == 1

    async def test_shown_since_it_is_not_missing(self, books: Books) -> None:
        """The last answer counts."""
        await books.ask(Look("b1", NOON, 1, MISSING))
        await books.ask(Look("b1", NOON, 1, "pending 2027"))
        assert await _missing(books) == 0

    async def test_looked_at_it_is_not_missing(self, books: Books) -> None:
        """Whatever was found: nobody is going to ask once more."""
        await books.ask(Look("b1", NOON, 1, MISSING), Look("b2", NOON, 1, MISSING))
        await books.write(lambda ledger: ledger.looked(Look("b1", NOON)))
        assert await _missing(books) == 1


class Sweep:
    """Bookings that time alone changes."""

    async def test_the_longest_overdue_first(self, books: Books) -> None:
        """In order, at most so many, so that a long outage is caught up with in order."""
        hours = {"b1": 2, "b2": 1, "b3": 3, "b4": 4}
        await books.put(*(booking(uid, start=later(hour)) for uid, hour in hours.items()))
        assert await _due(books, later(3)) == ["b2", "b1", "b3"]
        assert await _due(books, later(3), 2) == ["b2", "b1"]
        assert await books.read(lambda ledger: ledger.next_due()) == later(1)

    @pytest.mark.parametrize(
        ("one", "due"),
        [
            (booking(), NOON),
            (MEETING, NOON),
            (replace(MEETING, started=True), later(1)),
            (replace(MEETING, started=True, ended=True), None),
            (booking(status=Status.REJECTED), None),
            (booking(status=Status.CANCELLED), None),
            (booking(status=Status.EXPIRED), None),
            (booking(status=Status.GONE), None),
        ],
        ids=["request", "meeting", "running", "over", "rejected", "cancelled", "expired", "gone"],
    )
    async def test_when_a_booking_is_due(self, books: Books, one: Booking, due: datetime | None) -> None:
        """A request at its start, a meeting at its start and at its end, anything else never."""
        await books.put(one)
        assert await books.read(lambda ledger: ledger.next_due()) == due

    async def test_exactly_at_its_time_it_is_due(self, books: Books) -> None:
        """And not a moment before, or a read would wait for a sweep that changes nothing."""
        await books.put(booking())
        moments = {
            microseconds: NOON + timedelta(microseconds=microseconds) for microseconds in (-400, -1, 0)
        }
        due = {count: await _due(books, moment) for count, moment in moments.items()}
        assert due == {-400: [], -1: [], 0: ["b1"]}

    async def test_a_start_between_two_milliseconds(self, books: Books) -> None:
        """The next time that is due is never before the booking's own."""
        start = NOON + timedelta(microseconds=400)
        await books.put(booking(start=start))
        due = await books.read(lambda ledger: ledger.next_due())
        assert due is not None
        assert due >= start

    async def test_nothing_is_due(self, books: Books) -> None:
        """In an empty store there is no next time."""
        assert await books.read(lambda ledger: ledger.next_due()) is None
        assert await _due(books, NOON) == []

    async def test_what_was_written_is_due_no_longer(self, books: Books) -> None:
        """Saved as expired, it falls out of the queue in the same write."""

        def step(ledger: Ledger) -> list[Booking]:
            ledger.save(booking(status=Status.EXPIRED))
            return ledger.due(later(1), 9)

        await books.put(booking())
        assert await books.write(step) == []

    async def test_the_dates_of_a_series(self, books: Books) -> None:
        """All that are known, by start, and none of another series."""
        hours = {"b1": 2, "b2": 1, "b3": 3}
        await books.put(*(booking(uid, start=later(hour), series="s") for uid, hour in hours.items()))
        await books.put(booking("b4", series="other"), booking("b5"))
        dates = await books.read(lambda ledger: ledger.siblings("s"))
        assert [one.uid for one in dates] == ["b2", "b1", "b3"]
        assert await books.read(lambda ledger: ledger.siblings("none")) == []

    async def test_a_series_may_be_learnt_later(self, books: Books) -> None:
        """The API tells what no webhook told."""
        await books.put(booking())
        await books.put(booking(series="s"))
        dates = await books.read(lambda ledger: ledger.siblings("s"))
        assert [one.uid for one in dates] == ["b1"]


async def _looks(books: Books, now: datetime, limit: int = 9) -> list[Look]:
    return await books.read(lambda ledger: ledger.looks(now, limit))


async def _missing(books: Books) -> int:
    return await books.read(lambda ledger: ledger.missing())


async def _due(books: Books, now: datetime, limit: int = 9) -> list[str]:
    return await books.read(lambda ledger: [one.uid for one in ledger.due(now, limit)])
