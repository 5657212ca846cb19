"""Any store: one number per account, without gaps, in commit order, and personal for every reader."""

import asyncio
import threading
from dataclasses import replace

import pytest

from gateway.domain.booking import By, Status
from gateway.ports import Ledger, Store
from gateway.records import Line, Query
from tests.store.making import (
    BY_JONAS,
    BY_MAYA,
    FOR_SAM,
    JONAS,
    NOON,
    PATIENCE,
    Books,
    booking,
    later,
    line,
    put,
)


class Journal:
    """The lines, their numbers, and whose they are."""

    async def test_numbers_begin_at_one_and_have_no_gaps(self, books: Books) -> None:
        """Over one write or many, each line has the number after the last."""
        assert await books.put(booking("b1"), booking("b2")) == [1, 2]
        assert await books.put(booking("b3")) == [3]

    async def test_every_account_counts_for_itself(self, books: Books, store: Store) -> None:
        """Another account's lines leave no gap."""
        await books.put(booking("b1"), booking("b2"))
        assert await Books(store, "two").put(booking("b1")) == [1]
        assert await books.put(booking("b3")) == [3]

    async def test_a_failing_write_leaves_no_gap(self, books: Books) -> None:
        """The number it had taken goes to the next one, in the same commit or a later one."""

        def fail(ledger: Ledger) -> None:
            put(ledger, booking("lost"))
            raise ZeroDivisionError

        steps = [lambda ledger: put(ledger, booking("b1")), fail, lambda ledger: put(ledger, booking("b2"))]
        first, error, second = await books.together(*steps)
        assert (first, type(error), second) == (1, ZeroDivisionError, 2)
        assert await books.put(booking("b3")) == [3]

    async def test_an_undone_attempt_leaves_no_gap(self, books: Books) -> None:
        """A mirror that failed has taken no number."""

        def step(ledger: Ledger) -> int:
            try:
                with ledger.attempt():
                    put(ledger, booking("lost"))
                    raise ZeroDivisionError
            except ZeroDivisionError:
                return put(ledger, booking("b1"))

        assert await books.write(step) == 1

    async def test_numbers_become_visible_in_order(self, books: Books) -> None:
        """A reader that has seen a number has seen every lower one: nothing is ever added behind it."""
        seen: list[list[int]] = []

        async def watch() -> None:
            while not seen or len(seen[-1]) < 40:
                lines = await books.timeline("*")
                seen.append([one.seq for one in lines])

        writes = [books.append(line(), ["*"]) for _ in range(40)]
        await asyncio.wait_for(asyncio.gather(watch(), *writes), PATIENCE)
        assert seen == [list(range(1, len(one) + 1)) for one in seen]

    async def test_a_line_comes_out_as_it_went_in(self, books: Books) -> None:
        """Every member, and the number besides."""
        told = Line(
            "b1",
            "rejected",
            later(-1, milliseconds=123),
            Status.PENDING,
            Status.REJECTED,
            By("host", "Maya"),
            "portal",
            "command",
            {"reason": "Ausgebucht \u2013 sorry", "n": 3},
        )
        await books.append(told, ["*"])
        assert await books.timeline("*") == [replace(told, seq=1)]

    async def test_a_line_may_name_nobody(self, books: Books) -> None:
        """Who acted is often not known; a role without a name is something else."""
        for by in (None, By("gateway")):
            await books.append(replace(line(), by=by), ["*"])
        lines = await books.timeline("*")
        assert [one.by for one in lines] == [None, By("gateway")]

    async def test_a_timeline_is_one_bookings(self, books: Books) -> None:
        """Oldest first, and nothing of another booking."""
        await books.put(booking("b1"), booking("b2"), booking("b1"))
        lines = await books.timeline("*")
        assert [one.seq for one in lines] == [1, 3]

    async def test_a_timeline_shows_what_the_reader_may_see(self, books: Books) -> None:
        """A line for the host's side is none for the attendee; two keys see each line once."""
        for viewers in ([BY_MAYA], [FOR_SAM], [BY_MAYA, FOR_SAM]):
            await books.append(line(), viewers)
        timelines = [
            [one.seq for one in await books.timeline(*keys)]
            for keys in ((BY_MAYA,), (FOR_SAM,), (BY_MAYA, FOR_SAM), (BY_JONAS,), ())
        ]
        assert timelines == [[1, 3], [2, 3], [1, 2, 3], [], []]

    @pytest.mark.parametrize(("cause", "told"), [("webhook", True), ("reconciled", False)])
    async def test_how_a_booking_was_first_heard_of(self, books: Books, cause: str, told: bool) -> None:
        """The first line decides, whatever came later; of an unknown booking nobody has told."""
        for one in (cause, "looked", "webhook"):
            await books.append(replace(line(), cause=one), ["*"])
        heard = await books.read(lambda ledger: (ledger.told("b1"), ledger.told("b2")))
        assert heard == (told, False)

    async def test_changes_are_what_the_reader_may_see(self, books: Books) -> None:
        """In order, each once, whichever of the reader's keys may see it; nobody sees nothing."""
        for viewers in ([BY_MAYA], [FOR_SAM], [BY_MAYA, FOR_SAM]):
            await books.append(line(), viewers)
        seen = [await books.changes(*keys) for keys in ((BY_MAYA,), (FOR_SAM, BY_MAYA), (BY_JONAS,), ())]
        assert seen == [[1, 3], [1, 2, 3], [], []]

    async def test_changes_after_a_number(self, books: Books) -> None:
        """Those after it, at most so many; each line is whole."""
        told = replace(line(event="rejected"), detail={"reason": "Ill"})
        for one in (line(), told, line(), line()):
            await books.append(one, ["*", BY_MAYA])
        assert await books.changes("*", BY_MAYA, since=1, limit=2) == [2, 3]
        lines = await books.read(lambda ledger: ledger.changes(["*"], 1, 1))
        assert lines == [replace(told, seq=2)]

    async def test_how_many_lines_there_are(self, books: Books) -> None:
        """Whoever may see them."""
        before = await books.read(lambda ledger: ledger.counted())
        await books.append(line(), [])
        assert (before, await books.read(lambda ledger: ledger.counted())) == (0, 1)

    async def test_the_last_number_is_personal(self, books: Books) -> None:
        """It moves with what one may see, and with nothing else; who has several keys has the highest."""
        await books.put(booking("b1"))
        await books.put(booking("b2", host=JONAS, attendees=()))
        lasts = [await books.last(*keys) for keys in ((BY_MAYA,), (BY_JONAS,), (BY_MAYA, BY_JONAS), ("*",))]
        assert lasts == [1, 2, 2, 2]

    async def test_who_has_seen_nothing_is_at_zero(self, books: Books) -> None:
        """Neither a stranger nor somebody without a key has a number."""
        await books.put(booking())
        assert [await books.last("host:99"), await books.read(lambda ledger: ledger.last(()))] == [0, 0]

    async def test_a_booking_has_the_readers_own_number(self, books: Books) -> None:
        """The last line about it that this reader may see, and when that was written."""
        await books.put(booking())
        await books.append(line(), [BY_MAYA], later(1))
        held = [await books.held("b1", key) for key in (BY_MAYA, FOR_SAM)]
        assert [(one.seq, one.updated_at) for one in held if one] == [(2, later(1)), (1, NOON)]

    async def test_nobody_finds_a_booking_before_a_line_is_about_it(self, books: Books) -> None:
        """What has no number yet is in no list, no count, no overlap, and cannot be opened."""
        await books.write(lambda ledger: ledger.save(booking()))
        beside = await books.read(lambda ledger: ledger.around(["*"], NOON, later(1), list(Status)))
        assert [await books.held("b1"), await books.listed(), await books.counted(), beside] == [
            None,
            [],
            0,
            [],
        ]

    async def test_the_number_of_a_booking_stays(self, books: Books) -> None:
        """Our own number of a booking is given once, whatever changes."""
        await books.put(booking("b1"), booking("b2"))
        found = [await books.held("b1"), await books.held("b2")]
        await books.put(booking("b1", Status.ACCEPTED))
        found.append(await books.held("b1"))
        first, second, again = (one.number if one else None for one in found)
        assert first == again != second


class Snapshots:
    """A read sees one moment."""

    async def test_rows_count_and_number_are_of_one_moment(self, books: Books) -> None:
        """What is written while a read goes on is not in it, not even in its last part."""
        await books.put(booking("b1"))
        begun, go = threading.Event(), threading.Event()

        def read(ledger: Ledger) -> tuple[int, list[str], int]:
            last = ledger.last(["*"])
            begun.set()
            go.wait(PATIENCE)
            query = Query(("*",))
            return last, [held.booking.uid for held in ledger.page(query)], ledger.count(query)

        reading = asyncio.create_task(books.read(read))
        await asyncio.to_thread(begun.wait, PATIENCE)
        await books.put(booking("b2"))
        go.set()
        assert await reading == (1, ["b1"], 1)

    async def test_rows_and_number_agree_while_writes_go_on(self, books: Books) -> None:
        """Each write adds one booking and one line, so in every snapshot the three are equal."""
        seen: set[tuple[int, int, int]] = set()

        def read(ledger: Ledger) -> tuple[int, int, int]:
            query = Query(("*",), limit=100)
            return len(ledger.page(query)), ledger.count(query), ledger.last(["*"])

        async def watch() -> None:
            while (30, 30, 30) not in seen:
                seen.add(await books.read(read))

        await asyncio.wait_for(
            asyncio.gather(watch(), watch(), *(books.put(booking(f"b{n}")) for n in range(30))), PATIENCE
        )
        assert {one for one in seen if len(set(one)) > 1} == set()

    async def test_who_was_answered_finds_what_was_written(self, books: Books) -> None:
        """A read that begins after the write was answered sees it, on whichever connection."""
        for n in range(20):
            await books.put(booking(f"b{n}"))
            found = await asyncio.gather(*(books.held(f"b{n}") for _ in range(8)))
            assert None not in found
