"""Any store: intents, of which one is open per subject; leases, of which none is given twice; idempotency keys."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from gateway.domain.booking import By
from gateway.domain.command import Action, Command, State
from gateway.ports import Ledger, Store
from tests.store.making import NOON, Books, Step, booking, command, done, later, put

OPEN = [State.WAITING, State.TRYING]
FINAL = [state for state in State if state not in OPEN]
LEASE = later(1)


def inserting(number: str) -> Step:
    """A write that adds one command."""
    return lambda ledger: ledger.insert(command(number))


class Intents:
    """Commands as rows."""

    @pytest.mark.parametrize(
        "kept",
        [
            command(),
            command(by=By("gateway"), due=None),
            command(
                action=Action.REJECT,
                subject="series",
                state=State.FAILED,
                reason_code="busy",
                reason="own words",
                text="Busy: own words \u00e9",
                override=True,
                attempts=3,
                sends=2,
                sent_at=later(milliseconds=1),
                error="calcom-silent",
                settled_at=later(2),
            ),
        ],
        ids=["waiting", "nameless", "full"],
    )
    async def test_a_command_comes_out_as_it_went_in(self, books: Books, kept: Command) -> None:
        """Every member."""
        await books.insert(kept)
        assert await books.read(lambda ledger: ledger.command("c1")) == kept

    async def test_an_unknown_command(self, books: Books) -> None:
        """There is none."""
        assert await books.read(lambda ledger: ledger.command("c9")) is None

    async def test_an_update_replaces_every_member(self, books: Books) -> None:
        """Progress is written whole."""
        changed = replace(command(), state=State.FAILED, sends=3, sent_at=later(1), error="x", due=None)
        await books.insert(command())
        await books.update(changed)
        assert await books.read(lambda ledger: ledger.command("c1")) == changed

    @pytest.mark.parametrize("first", OPEN)
    @pytest.mark.parametrize("second", OPEN)
    async def test_one_open_command_per_subject(self, books: Books, first: State, second: State) -> None:
        """The store itself refuses the second, however it came by it, and keeps nothing of that write."""
        await books.insert(command("c1", subject="s", state=first))

        def again(ledger: Ledger) -> None:
            put(ledger, booking("lost"))
            ledger.insert(command("c2", uid="b2", subject="s", state=second))

        (refused,) = await books.together(again)
        assert isinstance(refused, Exception)
        assert await books.read(lambda ledger: ledger.command("c2")) is None
        assert await books.held("lost") is None

    async def test_two_at_the_same_moment(self, books: Books) -> None:
        """Of two presses in one commit, one becomes a command."""
        results = await books.together(inserting("c1"), inserting("c2"))
        assert [isinstance(one, Exception) for one in results] == [False, True]

    async def test_reopening_is_refused_as_well(self, books: Books) -> None:
        """A settled command cannot come back beside the one that took its place."""
        await books.insert(done("c1"), command("c2"))
        (refused,) = await books.together(lambda ledger: ledger.update(command("c1")))
        assert isinstance(refused, Exception)

    @pytest.mark.parametrize("state", FINAL)
    async def test_a_settled_command_makes_room(self, books: Books, state: State) -> None:
        """In the same write, as when another action takes its place."""

        def step(ledger: Ledger) -> None:
            ledger.insert(command("c1"))
            ledger.update(command("c1", state=state))
            ledger.insert(command("c2"))

        await books.write(step)
        found = await books.read(lambda ledger: ledger.open_command("b1"))
        assert found == command("c2")

    async def test_subjects_do_not_meet(self, books: Books) -> None:
        """Each booking or series has its own."""
        await books.insert(command("c1", "b1"), command("c2", "b2"))
        found = await books.read(lambda ledger: [ledger.open_command(one) for one in ("b1", "b2", "b3")])
        assert found == [command("c1", "b1"), command("c2", "b2"), None]

    async def test_the_last_command(self, books: Books) -> None:
        """The newest of that booking, action and state."""
        kept = [
            done("c1", created_at=later(2)),
            done("c2", created_at=later(1)),
            done("c3", created_at=later(9), action=Action.REJECT),
            done("c4", created_at=later(9), uid="b2"),
            command("c5", created_at=later(9), state=State.FAILED),
        ]
        await books.insert(*kept)
        assert (
            await books.read(lambda ledger: ledger.last_command("b1", Action.ACCEPT, State.DONE)) == kept[0]
        )
        assert await books.read(lambda ledger: ledger.last_command("b3", Action.ACCEPT, State.DONE)) is None

    async def test_what_decided_a_subject(self, books: Books) -> None:
        """The command sent last of those that took effect; one that was born done decided nothing."""
        kept = [
            done("c1", later(1), subject="s"),
            done("c2", later(2), subject="s"),
            done("c3", None, subject="s"),
            command("c4", subject="s", state=State.FAILED, sent_at=later(3)),
            done("c5", later(4), subject="other"),
        ]
        await books.insert(*kept)
        assert await books.read(lambda ledger: ledger.decided("s")) == kept[1]
        assert await books.read(lambda ledger: ledger.decided("none")) is None

    async def test_all_commands_on_a_booking(self, books: Books) -> None:
        """Its own and its series', oldest first; another booking's are not among them."""
        await books.insert(
            done("c1", created_at=later(2)),
            done("c2", uid="b2", subject="series", created_at=later(1)),
            done("c3", uid="b3"),
        )
        about = await books.read(lambda ledger: ledger.commands_about("b1", "series"))
        assert [one.id for one in about] == ["c2", "c1"]

    async def test_a_booking_shows_its_command(self, books: Books) -> None:
        """As it stands now, in lists as well, and also after the booking was saved again."""
        await books.put(booking())
        await books.insert(command())
        await books.write(lambda ledger: ledger.show("b1", "c1"))
        await books.update(done("c1"))
        await books.put(booking())
        held = await books.held("b1")
        assert held is not None
        assert held.command == done("c1")

    async def test_a_booking_without_a_command(self, books: Books) -> None:
        """Shows none."""
        await books.put(booking())
        held = await books.held("b1")
        assert held is not None
        assert held.command is None


class Claims:
    """Who may try a command, and for how long."""

    async def test_a_claimed_command_is_being_tried(self, books: Books) -> None:
        """The attempt is counted when it begins."""
        await books.insert(command(attempts=1))
        expected = command(attempts=2, state=State.TRYING)
        assert await _claimed(books, NOON) == expected
        assert await books.read(lambda ledger: ledger.command("c1")) == expected

    async def test_the_longest_due_comes_first(self, books: Books) -> None:
        """Each once, and what is not due yet not at all."""
        dues = {"c1": 2.0, "c2": 1.0, "c3": 3.0, "c4": 5.0}
        await books.insert(*(command(number, number, due=later(hour)) for number, hour in dues.items()))
        claimed = [await _claimed(books, later(3), later(9)) for _ in range(4)]
        assert [one.id if one else None for one in claimed] == ["c2", "c1", "c3", None]

    @pytest.mark.parametrize("state", FINAL)
    async def test_a_settled_command_is_not_claimed(self, books: Books, state: State) -> None:
        """Whatever its due time says."""
        await books.insert(command(state=state))
        assert await _claimed(books, later(99)) is None

    async def test_a_claim_is_never_given_twice(self, books: Books) -> None:
        """Twenty workers ask at once, in one commit and in several: each command goes to one of them."""
        await books.insert(*(command(f"c{n}", f"b{n}") for n in range(10)))
        together = await books.together(*[lambda ledger: ledger.claim(NOON, LEASE, "boot")] * 7)
        apart = await asyncio.gather(*(_claimed(books, NOON) for _ in range(7)))
        given = [one.id for one in (*together, *apart) if one]
        assert sorted(given) == [f"c{n}" for n in range(10)]

    @pytest.mark.parametrize(
        ("boot", "at", "given"),
        [
            ("boot", later(1, milliseconds=-1), False),
            ("boot", later(1), True),
            ("other", NOON, True),
        ],
        ids=["while the lease lasts", "when it has ended", "after a restart, at once"],
    )
    async def test_a_lease(self, books: Books, boot: str, at: datetime, given: bool) -> None:
        """A command under way is given again when its lease has ended, or was another boot's."""
        await books.insert(command())
        assert await _claimed(books, NOON) is not None
        assert (await _claimed(books, at, boot=boot) is not None) is given

    async def test_progress_may_renew_the_lease(self, books: Books) -> None:
        """Before it acts, a command is leased for longer; a word without a time leaves the lease alone."""
        await books.insert(command())
        trying = await _claimed(books, NOON, later(1))
        assert trying is not None
        await books.update(trying, later(3))
        await books.update(replace(trying, sends=1))
        assert [await _claimed(books, later(hour)) is not None for hour in (2, 3)] == [False, True]

    async def test_a_lease_ends_with_the_attempt(self, books: Books) -> None:
        """What was put off is given again when it is due, however long its lease was."""
        await books.insert(command())
        await _claimed(books, NOON, later(9))
        await books.update(command(due=later(1)))
        assert [await _claimed(books, later(hour)) is not None for hour in (0.5, 1)] == [False, True]

    async def test_who_owns_a_command(self, books: Books) -> None:
        """The boot that tries it, until the attempt ends or another takes it."""
        await books.insert(command())
        owners = [await _owners(books)]
        for boot in ("boot", "other"):
            await _claimed(books, NOON, boot=boot)
            owners.append(await _owners(books))
        await books.update(done("c1"))
        owners.append(await _owners(books))
        assert owners == [[], ["boot"], ["other"], []]

    async def test_when_the_next_falls_due(self, books: Books) -> None:
        """The earliest of what waits and of what is under way; at once what another boot has left behind."""
        assert await _next(books) is None
        await books.insert(command("c1", "b1", due=later(2)), command("c2", "b2", due=later(0)))
        await _claimed(books, NOON, later(1))
        assert await _next(books) == later(1)
        assert (await _next(books, "other") or later(9)) <= NOON

    async def test_what_is_settled_is_not_waited_for(self, books: Books) -> None:
        """A final state is final."""
        await books.insert(*(command(state, state, state=state) for state in FINAL))
        assert await _next(books) is None


class Idempotency:
    """Keys, what they were given for, and how long they are kept."""

    async def test_a_key_leads_to_its_command(self, books: Books) -> None:
        """With the fingerprint of the request; each scope has its own keys."""
        await _remember(books, "maya", "k1", "c1")
        found = await books.read(
            lambda ledger: [ledger.recall(*one) for one in (("maya", "k1"), ("maya", "k2"), ("jonas", "k1"))]
        )
        assert found == [("print of c1", "c1"), None, None]

    @pytest.mark.parametrize(("hours", "kept"), [(7 * 24, True), (7 * 24 + 1, False)])
    async def test_a_key_is_kept_for_seven_days(self, books: Books, hours: int, kept: bool) -> None:
        """Not less; what is older is dropped when the next one comes."""
        await _remember(books, "maya", "old", "c1")
        await _remember(books, "maya", "new", "c2", later(hours))
        assert (await books.read(lambda ledger: ledger.recall("maya", "old")) is not None) is kept
        assert await books.read(lambda ledger: ledger.recall("maya", "new")) is not None

    async def test_a_dropped_key_may_be_used_again(self, books: Books, store: Store) -> None:
        """For another request, as if it had never been seen."""
        await _remember(books, "maya", "k1", "c1")
        await _remember(books, "maya", "k1", "c2", later(8 * 24))
        assert await books.read(lambda ledger: ledger.recall("maya", "k1")) == ("print of c2", "c2")


async def _claimed(
    books: Books, now: datetime, until: datetime = LEASE, boot: str = "boot"
) -> Command | None:
    return await books.write(lambda ledger: ledger.claim(now, until, boot))


async def _owners(books: Books) -> list[str]:
    boots = ("boot", "other")
    return await books.read(lambda ledger: [boot for boot in boots if ledger.owns("c1", boot)])


async def _next(books: Books, boot: str = "boot") -> datetime | None:
    return await books.read(lambda ledger: ledger.next_command(boot))


async def _remember(books: Books, scope: str, key: str, number: str, now: datetime = NOON) -> None:
    await books.write(lambda ledger: ledger.remember(scope, key, f"print of {number}", number, now))
