"""Any store: who takes part in a booking, under which key, and what becomes of that when addresses change."""

from functools import partial

import pytest

from gateway.domain.booking import Booking, Status
from gateway.domain.people import Caller, Person, Role
from gateway.domain.sight import caller_keys
from gateway.ports import Ledger
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
    line,
)

BARE = Person("Maya Mentor", "Maya@Example.com")
BY_ADDRESS = "host:maya@example.com"
FOR_MAYA, FOR_JONAS = "attendee:maya@example.com", "attendee:jonas@example.com"


class Participants:
    """Who finds a booking, and as what."""

    @pytest.mark.parametrize(
        ("key", "role"),
        [
            (BY_MAYA, "host"),
            (BY_JONAS, "cohost"),
            (FOR_SAM, "attendee"),
            ("*", "portal"),
            (BY_ADDRESS, None),
            ("attendee:maya@example.com", None),
            (FOR_ADA, None),
        ],
    )
    async def test_everybody_finds_it_in_their_own_role(
        self, books: Books, key: str, role: str | None
    ) -> None:
        """The host by id, co-hosts, attendees by address, the whole account; nobody else."""
        await books.put(booking(cohosts=(JONAS,)))
        held = await books.held("b1", key)
        assert (held.role if held else None) == role

    async def test_a_host_without_an_id_is_found_by_address(self, books: Books) -> None:
        """However it was written."""
        await books.put(booking(host=BARE))
        held = await books.held("b1", BY_ADDRESS)
        assert held is not None
        assert held.role == "host"

    async def test_who_hosts_and_attends_is_the_host(self, books: Books) -> None:
        """With two keys on one booking it is found once, in the higher role, with the later number."""
        await books.put(booking(attendees=(MAYA,)))
        await books.append(line(), [BY_MAYA])
        keys = ("attendee:maya@example.com", BY_MAYA)
        held = await books.held("b1", *keys)
        assert held is not None
        assert (held.role, held.seq) == ("host", 2)
        assert (await books.listed(*keys), await books.counted(*keys)) == (["b1"], 1)

    async def test_without_a_key_nothing_is_found(self, books: Books) -> None:
        """A caller who is nobody sees nothing, rather than everything."""
        await books.put(booking())
        assert await books.read(lambda ledger: ledger.booking("b1", ())) is None

    async def test_who_is_no_longer_named_loses_sight(self, books: Books) -> None:
        """A request passed on to another mentor is gone for the first, and there for the second."""
        await books.put(booking(host=MAYA))
        await books.put(booking(host=JONAS))
        assert [
            await books.held("b1", BY_MAYA),
            await books.listed(BY_MAYA),
            await books.counted(BY_MAYA),
        ] == [
            None,
            [],
            0,
        ]
        assert await books.listed(BY_JONAS) == ["b1"]

    async def test_saving_says_who_loses_sight(self, books: Books) -> None:
        """Those who saw the booking before and no longer do; at first there is nobody."""
        saved = [booking(), booking(attendees=(ADA,)), booking(host=JONAS, attendees=(ADA, SAM))]
        lost = [await books.write(partial(_saved, one)) for one in saved]
        assert lost == [set(), {FOR_SAM}, {BY_MAYA}]

    async def test_who_gets_an_id_loses_nothing(self, books: Books) -> None:
        """Maya was known by address, now by her id: she saw the booking before, and sees it still."""
        await books.put(booking(host=BARE))
        await _learn(books, 7, "maya@example.com")
        assert await books.write(partial(_saved, booking(host=MAYA))) == set()

    async def test_who_sits_where(self, books: Books) -> None:
        """Everybody who may see the booking, with their role."""
        await books.put(booking(cohosts=(JONAS,)))
        expected = {BY_MAYA: "host", BY_JONAS: "cohost", FOR_SAM: "attendee", "*": "portal"}
        assert await books.read(lambda ledger: ledger.seats("b1")) == expected

    async def test_who_loses_sight_can_be_told(self, books: Books) -> None:
        """The `removed` line moves their number, although the booking is theirs no more."""
        await books.put(booking(host=MAYA))
        await books.put(booking(host=JONAS))
        removed = await books.append(line(event="removed"), [BY_MAYA])
        assert await books.last(BY_MAYA) == removed
        assert await books.held("b1", BY_MAYA) is None

    async def test_who_comes_back_finds_it_again(self, books: Books) -> None:
        """With the number of the line that brought it back."""
        for host in (MAYA, JONAS, MAYA):
            await books.put(booking(host=host))
        held = await books.held("b1", BY_MAYA)
        assert held is not None
        assert held.seq == 3

    async def test_hosted_lists_what_a_person_hosts(self, books: Books) -> None:
        """Not what they attend, and not what another one hosts."""
        await books.put(booking("b2"), booking("b1"), booking("b3", host=JONAS))
        assert await books.read(lambda ledger: ledger.hosted(BY_MAYA)) == ["b1", "b2"]

    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            (BY_MAYA, True),
            (BY_JONAS, True),
            (FOR_SAM, False),
            (FOR_JONAS, False),
            (BY_ADDRESS, False),
            ("host:sam@example.com", False),
            ("host:99", False),
            ("", False),
        ],
    )
    async def test_who_hosts_anything(self, books: Books, key: str, expected: bool) -> None:
        """A host by id and a co-host; nobody who only attends, and nobody under a key that no booking has."""
        await books.put(booking("b1", cohosts=(JONAS,)), booking("b2", attendees=(SAM, JONAS)))
        assert await _hosts(books, key) is expected

    async def test_a_host_who_attends_elsewhere_hosts(self, books: Books) -> None:
        """One booking among many suffices, also one called off; each key is asked for itself."""
        await books.put(*(booking(f"b{n}", host=JONAS, attendees=(MAYA,)) for n in range(3)))
        await books.put(booking("b9", Status.CANCELLED))
        assert [await _hosts(books, key) for key in (BY_MAYA, FOR_MAYA)] == [True, False]

    async def test_who_hosts_no_longer(self, books: Books) -> None:
        """A request passed on was the only one the first mentor had."""
        await books.put(booking(host=MAYA))
        await books.put(booking(host=JONAS))
        assert [await _hosts(books, key) for key in (BY_MAYA, BY_JONAS)] == [False, True]


class Hosts:
    """Which addresses mean which host."""

    async def test_the_first_address_changes_nothing(self, books: Books) -> None:
        """There was none before."""
        assert await _learn(books, 7, "maya@example.com") is None
        assert await _ids(books, "maya@example.com") == [7]

    async def test_an_address_is_compared_casefolded(self, books: Books) -> None:
        """Written another way it is the same address, and nothing has changed."""
        await _learn(books, 7, "Maya@Example.com")
        assert await _learn(books, 7, "MAYA@example.com", 1) is None
        assert await _ids(books, "maya@EXAMPLE.com") == [7]

    async def test_an_address_that_changes_moves_access(self, books: Books) -> None:
        """The old address is given back, and leads to nobody."""
        await _learn(books, 7, "maya@example.com")
        assert await _learn(books, 7, "maya@new.example", 1) == "maya@example.com"
        assert await _ids(books, "maya@example.com", "maya@new.example") == [7]
        assert await _ids(books, "maya@example.com") == []

    async def test_an_older_word_changes_nothing(self, books: Books) -> None:
        """A delivery that was held up does not bring an old address back."""
        await _learn(books, 7, "maya@new.example", 1)
        assert await _learn(books, 7, "maya@example.com", 0) is None
        assert await _ids(books, "maya@new.example") == [7]

    async def test_seeing_an_address_again_is_news_of_it(self, books: Books) -> None:
        """Seen at one and at three o'clock, a word of two o'clock comes too late."""
        for hour in (1, 3):
            await _learn(books, 7, "maya@example.com", hour)
        assert await _learn(books, 7, "maya@old.example", 2) is None
        assert await _ids(books, "maya@example.com") == [7]

    async def test_an_address_means_the_id_seen_with_it_last(self, books: Books) -> None:
        """Somebody else has it now, and it leads to them alone."""
        await _learn(books, 7, "mentor@example.com", 1)
        await _learn(books, 8, "mentor@example.com", 2)
        assert await _ids(books, "mentor@example.com") == [8]

    async def test_the_last_id_may_be_the_first_again(self, books: Books) -> None:
        """One id, another, and the first again: the first has it."""
        for hour, number in enumerate((7, 8, 7)):
            await _learn(books, number, "mentor@example.com", hour)
        assert await _ids(books, "mentor@example.com") == [7]

    async def test_an_address_that_moves_takes_no_bookings_along(self, books: Books) -> None:
        """Maya's old address is Jonas's now: he sees his bookings by it, and none of hers."""
        await _learn(books, 7, "mentor@example.com", 1)
        await books.put(booking("hers", host=MAYA), booking("his", host=JONAS))
        await _learn(books, 8, "mentor@example.com", 2)
        assert await books.listed(*await _keys(books, "mentor@example.com")) == ["his"]

    async def test_what_was_kept_by_address_is_the_ids(self, books: Books) -> None:
        """Bookings, and the lines about them, belong to the id from the moment it is known."""
        await books.put(booking(host=BARE))
        await _learn(books, 7, "maya@example.com")
        held = await books.held("b1", BY_MAYA)
        lines = await books.timeline(BY_MAYA)
        assert held is not None
        assert (held.role, await books.last(BY_MAYA), [one.seq for one in lines]) == ("host", 1, [1])
        assert await books.held("b1", BY_ADDRESS) is None

    async def test_who_hosts_under_a_bare_address(self, books: Books) -> None:
        """It is the address that hosts while no id is known, and the id from then on."""
        await books.put(booking(host=BARE))
        before = [await _hosts(books, key) for key in (BY_ADDRESS, BY_MAYA)]
        await _learn(books, 7, "maya@example.com")
        after = [await _hosts(books, key) for key in (BY_ADDRESS, BY_MAYA)]
        assert (before, after) == ([True, False], [False, True])

    async def test_merging_spares_what_the_id_has_already(self, books: Books) -> None:
        """A person known under both names keeps every line, each once."""
        await books.put(booking("b1", host=BARE), booking("b2", host=MAYA))
        await books.append(line("b2"), [BY_MAYA, BY_ADDRESS])
        await _learn(books, 7, "maya@example.com")
        assert await books.listed(BY_MAYA, sort="-updated") == ["b2", "b1"]
        assert await books.last(BY_MAYA) == 3

    async def test_what_was_merged_stays_merged(self, books: Books) -> None:
        """The booking still says no id: saving it again, as the sweep does, must not hide it from its host."""
        await books.put(booking(host=BARE))
        await _learn(books, 7, "maya@example.com")
        await books.put(booking(host=BARE))
        await _learn(books, 7, "maya@new.example", 1)
        assert await books.listed(*await _keys(books, "maya@new.example")) == ["b1"]

    async def test_an_address_whose_id_is_known_is_that_id(self, books: Books) -> None:
        """A word without an id, about a host whose id is known: access moves with it when the address changes."""
        await _learn(books, 7, "maya@example.com")
        await books.put(booking(host=BARE))
        await _learn(books, 7, "maya@new.example", 1)
        assert await books.listed(*await _keys(books, "maya@new.example")) == ["b1"]
        assert await books.listed(*await _keys(books, "maya@example.com")) == []

    async def test_an_event_type_that_asks_is_remembered(self, books: Books) -> None:
        """Once it has sent a request, and not before."""
        assert await books.read(lambda ledger: ledger.asks("42")) is False
        await books.write(lambda ledger: ledger.learn_asking("42", later(0)))
        await books.write(lambda ledger: ledger.learn_asking("42", later(1)))
        assert await books.read(lambda ledger: (ledger.asks("42"), ledger.asks("43"))) == (True, False)


def _saved(one: Booking, ledger: Ledger) -> set[str]:
    return set(ledger.save(one).lost)


async def _learn(books: Books, number: int, email: str, hour: float = 0) -> str | None:
    return await books.write(lambda ledger: ledger.learn_host(number, email, later(hour)))


async def _ids(books: Books, *emails: str) -> list[int]:
    return await books.read(lambda ledger: ledger.host_ids(emails))


async def _hosts(books: Books, key: str) -> bool:
    return await books.read(lambda ledger: ledger.hosts(key))


async def _keys(books: Books, email: str) -> tuple[str, ...]:
    """The keys that somebody of this address, a host, reads with."""
    caller = Caller(books.account, Role.HOST, email, email)
    return await books.read(lambda ledger: caller_keys(caller, [email], ledger.host_ids([email])))
