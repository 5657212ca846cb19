"""Any store: webhooks are kept as they came, once per account, and listed."""

import pytest

from tests.store.making import Books, delivery, later


class Deliveries:
    """What came, and what became of it."""

    async def test_a_delivery_is_kept_as_it_came(self, books: Books) -> None:
        """Every member comes out as it went in, also bytes that are no text."""
        kept = delivery(
            body=b"\x00\xff{",
            headers={"user-agent": "Cal \u00fc"},
            trigger="BOOKING_REQUESTED",
            uid="b1",
            event_type="42",
            subscription="s1",
        )
        number = await books.keep(kept)
        found = await books.read(lambda ledger: ledger.delivery(number))
        assert found is not None
        assert (found.id, found.delivery) == (number, kept)

    async def test_a_delivery_may_have_no_body(self, books: Books) -> None:
        """Of a meeting outside the programme no body is kept, which is not an empty body."""
        number = await books.keep(delivery(body=None))
        found = await books.read(lambda ledger: ledger.delivery(number))
        assert found is not None
        assert found.delivery.body is None

    async def test_a_delivery_is_unread_until_it_is_judged(self, books: Books) -> None:
        """Whatever fails after it was kept, it counts as not understood."""
        number = await books.keep(delivery())
        found = await books.read(lambda ledger: ledger.delivery(number))
        assert found is not None
        assert (found.verdict, found.reason) == ("unread", None)

    async def test_a_judgement_replaces_the_one_before(self, books: Books) -> None:
        """A retry's verdict stands instead of the first."""
        number = await books.keep(delivery())
        await books.write(lambda ledger: ledger.judge(number, "unread", "unknown-trigger"))
        await books.write(lambda ledger: ledger.judge(number, "applied", None))
        found = await books.read(lambda ledger: ledger.delivery(number))
        assert found is not None
        assert (found.verdict, found.reason) == ("applied", None)

    async def test_the_same_bytes_are_recognised(self, books: Books) -> None:
        """A digest leads to the delivery that had it first; one never seen leads nowhere."""
        number = await books.keep(delivery("d1"))
        assert await books.read(lambda ledger: ledger.delivered("d1")) == number
        assert await books.read(lambda ledger: ledger.delivered("d2")) is None

    async def test_the_same_bytes_are_not_kept_twice(self, books: Books) -> None:
        """Two at the same moment, both finding nothing: the store itself lets only one in."""
        first, second = await books.together(*[lambda ledger: ledger.keep(delivery("d1"))] * 2)
        assert isinstance(second, Exception)
        kept = await books.deliveries()
        assert [one.id for one in kept] == [first]

    @pytest.mark.parametrize("number", [0, 99, 2**63, -(2**70)])
    async def test_an_id_that_no_delivery_has(self, books: Books, number: int) -> None:
        """Leads to none, however large it is: it comes from a URL."""
        assert await books.read(lambda ledger: ledger.delivery(number)) is None

    async def test_newest_first(self, books: Books) -> None:
        """The list begins with what came last, whatever its own time says."""
        times = {"d1": later(2), "d2": later(1), "d3": later(3)}
        for digest, at in times.items():
            await books.keep(delivery(digest, received_at=at))
        listed = await books.deliveries()
        assert [one.delivery.digest for one in listed] == ["d3", "d2", "d1"]

    async def test_by_verdict(self, books: Books) -> None:
        """A list of one verdict holds no other."""
        for digest, verdict in {"d1": "applied", "d2": "stale", "d3": "applied"}.items():
            await books.keep(delivery(digest), verdict)
        listed = await books.deliveries("applied")
        assert [one.delivery.digest for one in listed] == ["d3", "d1"]

    async def test_paging_neither_skips_nor_repeats(self, books: Books) -> None:
        """Page after page, while new ones arrive on top, every older delivery comes exactly once."""
        for n in range(7):
            await books.keep(delivery(f"d{n}"), "applied")
        seen: list[str] = []
        before: int | None = None
        while page := await books.deliveries("applied", before, 3):
            seen += [one.delivery.digest for one in page]
            before = page[-1].id
            await books.keep(delivery(f"new{before}"), "applied")
        assert seen == [f"d{n}" for n in range(6, -1, -1)]

    async def test_what_came_about_a_booking(self, books: Books) -> None:
        """Every delivery with its uid, oldest first, and no other."""
        for digest, uid in {"d1": "b1", "d2": "b2", "d3": "b1", "d4": None}.items():
            await books.keep(delivery(digest, uid=uid))
        about = await books.read(lambda ledger: ledger.deliveries_about("b1"))
        assert [one.delivery.digest for one in about] == ["d1", "d3"]
