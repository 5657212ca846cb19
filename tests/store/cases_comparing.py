"""Any store: what comparing with Cal.com rests on: which bookings to ask about, how far it has come, what was moved where."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pytest

from gateway.domain.booking import Booking, Status
from gateway.records import Look
from tests.store.making import JONAS, NOON, Books, booking, later

LIVE = (Status.PENDING, Status.ACCEPTED)


class Unasked:
    """What a list should have shown: open here, ahead, and asked about by nobody yet."""

    async def test_what_begins_then_or_later(self, books: Books) -> None:
        """A start exactly at the given time counts; what is under way then, or over, does not."""
        starts = {
            "earlier": later(-1),
            "just before": later(milliseconds=-1),
            "then": NOON,
            "later": later(99),
        }
        await books.put(*(booking(uid, start=start) for uid, start in starts.items()))
        assert await _unasked(books) == {"then", "later"}

    @pytest.mark.parametrize(
        "statuses", [LIVE, (Status.PENDING,), (Status.EXPIRED, Status.GONE), tuple(Status), ()], ids=str
    )
    async def test_these_statuses_alone(self, books: Books, statuses: tuple[Status, ...]) -> None:
        """As many as are named, and nothing where none is."""
        await books.put(*(booking(status.value, status) for status in Status))
        assert await _unasked(books, statuses) == {status.value for status in statuses}

    async def test_statuses_may_be_any_iterable(self, books: Books) -> None:
        """Also one that can be walked through only once."""
        await books.put(booking("b1"), booking("b2", Status.ACCEPTED), booking("b3", Status.GONE))
        assert await _unasked(books, iter(LIVE)) == {"b1", "b2"}

    async def test_nobodys_in_particular(self, books: Books) -> None:
        """Whoever hosts or attends, and each once."""
        await books.put(
            booking("b1", cohosts=(JONAS,)), booking("b2", host=JONAS), booking("b3", host=None, attendees=())
        )
        assert await _unasked(books) == {"b1", "b2", "b3"}

    @pytest.mark.parametrize(
        "look", [Look("b1", NOON), Look("b1", later(9), 2, "missing", "reconciled")], ids=["due", "later"]
    )
    async def test_what_a_look_is_queued_for(self, books: Books, look: Look) -> None:
        """It will be asked about in any case, whenever and why ever."""
        await books.put(booking("b1"), booking("b2"))
        await books.ask(look)
        assert await _unasked(books) == {"b2"}

    async def test_once_looked_at_it_may_be_asked_about_again(self, books: Books) -> None:
        """The next list that does not show it asks anew."""
        await books.put(booking())
        await books.ask(Look("b1", NOON))
        await books.write(lambda ledger: ledger.looked(Look("b1", NOON)))
        assert await _unasked(books) == {"b1"}

    async def test_a_look_at_what_is_not_known(self, books: Books) -> None:
        """Looks that will bring a booking in are no bookings."""
        await books.ask(Look("b1", NOON))
        assert await _unasked(books) == set()

    async def test_what_is_saved_counts(self, books: Books) -> None:
        """A booking that was moved or answered since is judged by what it is now."""
        await books.put(booking("b1"), booking("b2"), booking("b3", start=later(-1)))
        await books.put(booking("b1", Status.ACCEPTED), booking("b2", start=later(-1)), booking("b3"))
        assert await _unasked(books, (Status.PENDING,)) == {"b3"}


class Progress:
    """How far something has come."""

    async def test_at_first_nothing_has_begun(self, books: Books) -> None:
        """None is another answer than long ago."""
        assert await _reached(books, "changes") is None

    @pytest.mark.parametrize("hours", [(1, 2), (2, 1), (2, 2), (2, -9, 1)], ids=str)
    async def test_it_never_goes_back(self, books: Books, hours: tuple[int, ...]) -> None:
        """The farthest is remembered, whichever word came last."""
        for hour in hours:
            await _reach(books, "changes", later(hour))
        assert await _reached(books, "changes") == later(2)

    async def test_to_the_millisecond(self, books: Books) -> None:
        """Cal.com's own precision: rounded down, so that nothing in between is passed over."""
        await _reach(books, "changes", later(milliseconds=123, microseconds=900))
        assert await _reached(books, "changes") == later(milliseconds=123)

    async def test_each_mark_for_itself(self, books: Books) -> None:
        """What was read and what was compared go on at different times."""
        await _reach(books, "changes", later(2))
        await _reach(books, "finished", later(1))
        reached = [await _reached(books, mark) for mark in ("ahead", "changes", "finished", "whole")]
        assert reached == [None, later(2), later(1), None]


class Chains:
    """What a booking was moved to, read from what the later one says of itself."""

    async def test_the_booking_it_was_moved_to(self, books: Books) -> None:
        """Whole, as it was saved; whether the earlier one is known does not matter."""
        await books.put(_moved("b2", "b1"), booking("b3"))
        assert await _successor(books, "b1") == _moved("b2", "b1")

    @pytest.mark.parametrize("uid", ["b2", "b3", "", "B1"])
    async def test_what_was_not_moved(self, books: Books, uid: str) -> None:
        """The last of a chain, a booking by itself, no uid, and another one's in other letters."""
        await books.put(_moved("b2", "b1"), booking("b3"))
        assert await _successor(books, uid) is None

    async def test_a_chain_step_by_step(self, books: Books) -> None:
        """Moved twice, the first leads to the second and that one to the third."""
        await books.put(_moved("b3", "b2"), _moved("b2", "b1"), booking("b1"))
        steps = [await _successor(books, uid) for uid in ("b1", "b2", "b3")]
        assert [one.uid if one else None for one in steps] == ["b2", "b3", None]

    async def test_the_first_of_several(self, books: Books) -> None:
        """The one that was heard of first, also when it is saved anew."""
        await books.put(_moved("b9", "b1"), _moved("b2", "b1"))
        await books.put(replace(_moved("b9", "b1"), status=Status.CANCELLED))
        successor = await _successor(books, "b1")
        assert successor is not None
        assert successor.uid == "b9"

    async def test_it_may_be_learnt_later(self, books: Books) -> None:
        """A later word names the booking it was moved from."""
        await books.put(booking("b2"))
        assert await _successor(books, "b1") is None
        await books.put(_moved("b2", "b1"))
        assert await _successor(books, "b1") == _moved("b2", "b1")

    @pytest.mark.parametrize("now", ["b0", None])
    async def test_what_is_said_no_longer(self, books: Books, now: str | None) -> None:
        """Saved as moved from another one, or from none, it is found there alone."""
        await books.put(_moved("b2", "b1"))
        await books.put(_moved("b2", now))
        found = await _successor(books, "b0")
        assert (await _successor(books, "b1"), found and found.uid) == (None, "b2" if now else None)


def _moved(uid: str, moved_from: str | None) -> Booking:
    return replace(booking(uid), moved_from=moved_from)


async def _unasked(books: Books, statuses: Iterable[Status] = LIVE) -> set[str]:
    return await books.read(lambda ledger: ledger.unasked(statuses, NOON))


async def _reach(books: Books, mark: str, at: datetime) -> None:
    await books.write(lambda ledger: ledger.reach(mark, at))


async def _reached(books: Books, mark: str) -> datetime | None:
    return await books.read(lambda ledger: ledger.reached(mark))


async def _successor(books: Books, uid: str) -> Booking | None:
    return await books.read(lambda ledger: ledger.successor(uid))
