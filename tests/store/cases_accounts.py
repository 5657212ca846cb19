"""Any store: two accounts with the same uids, digests, ids and addresses never meet, in any query."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.booking import Status
from gateway.domain.command import Action, State
from gateway.domain.people import Person
from gateway.ports import Ledger, Store
from gateway.records import MISSING, Look, Query
from tests.store.making import (
    BY_MAYA,
    FOR_SAM,
    NOON,
    Books,
    booking,
    command,
    delivery,
    done,
    later,
    put,
)

MOVED = replace(booking(series="s"), moved_from="b0")
KEYS = ["*", BY_MAYA, FOR_SAM, "host:maya@example.com"]

ANSWERS: dict[str, tuple[Callable[[Ledger], Any], Any]] = {
    "delivered": (lambda ledger: ledger.delivered("d1"), None),
    "delivery": (lambda ledger: ledger.delivery(1), None),
    "deliveries": (lambda ledger: ledger.deliveries(None, None, 9), []),
    "deliveries, by verdict": (lambda ledger: ledger.deliveries("applied", None, 9), []),
    "deliveries_about": (lambda ledger: ledger.deliveries_about("b1"), []),
    "booking": (lambda ledger: ledger.booking("b1"), None),
    "booking, by several keys": (lambda ledger: ledger.booking("b1", KEYS), None),
    "seats": (lambda ledger: ledger.seats("b1"), {}),
    "page": (lambda ledger: ledger.page(Query(("*",))), []),
    "page, by several keys": (lambda ledger: ledger.page(Query(tuple(KEYS), sort="-updated")), []),
    "page, by host": (lambda ledger: ledger.page(Query(("*",), host=(BY_MAYA,))), []),
    "page, by attendee": (lambda ledger: ledger.page(Query(("*",), attendee=(FOR_SAM,))), []),
    "count": (lambda ledger: ledger.count(Query(tuple(KEYS))), 0),
    "count, searching": (lambda ledger: ledger.count(Query(("*",), q="talk", host=(BY_MAYA,))), 0),
    "around": (lambda ledger: ledger.around(KEYS, later(-9), later(9), list(Status)), []),
    "successor": (lambda ledger: ledger.successor("b0"), None),
    "siblings": (lambda ledger: ledger.siblings("s"), []),
    "last": (lambda ledger: ledger.last(KEYS), 0),
    "told": (lambda ledger: ledger.told("b1"), False),
    "changes": (lambda ledger: ledger.changes(KEYS, 0, 9), []),
    "counted": (lambda ledger: ledger.counted(), 0),
    "timeline": (lambda ledger: ledger.timeline("b1", KEYS), []),
    "command": (lambda ledger: ledger.command("c1"), None),
    "open_command": (lambda ledger: ledger.open_command("b1"), None),
    "last_command": (lambda ledger: ledger.last_command("b2", Action.ACCEPT, State.DONE), None),
    "decided": (lambda ledger: ledger.decided("b2"), None),
    "commands_about": (lambda ledger: ledger.commands_about("b1", "s"), []),
    "owns": (lambda ledger: ledger.owns("c1", "boot"), False),
    "next_command": (lambda ledger: ledger.next_command("boot"), None),
    "recall": (lambda ledger: ledger.recall("maya", "k1"), None),
    "looks": (lambda ledger: ledger.looks(later(9), 9), []),
    "next_look": (lambda ledger: ledger.next_look(), None),
    "missing": (lambda ledger: ledger.missing(), 0),
    "unasked": (lambda ledger: ledger.unasked(list(Status), NOON), set()),
    "reached": (lambda ledger: ledger.reached("changes"), None),
    "hosted": (lambda ledger: ledger.hosted(BY_MAYA), []),
    "host_ids": (lambda ledger: ledger.host_ids(["maya@example.com"]), []),
    "hosts": (lambda ledger: ledger.hosts(BY_MAYA), False),
    "asks": (lambda ledger: ledger.asks("42"), False),
    "due": (lambda ledger: ledger.due(later(9), 9), []),
    "next_due": (lambda ledger: ledger.next_due(), None),
}
"""Every question to a ledger, and its answer in an account where nothing was written."""

WRITES = frozenset(
    "attempt beat keep judge save show append insert update claim remember ask looked reach learn_host "
    "learn_asking".split()
)


class Accounts:
    """The account is part of every question."""

    @pytest.mark.parametrize("question", ANSWERS)
    async def test_nothing_is_seen_from_another_account(
        self, books: Books, store: Store, question: str
    ) -> None:
        """Where nothing was written nothing is found, whatever stands in the account beside."""
        query, nothing = ANSWERS[question]
        await books.write(_fill)
        assert await books.read(query) != nothing
        assert await Books(store, "two").read(query) == nothing

    @pytest.mark.parametrize("question", ANSWERS)
    async def test_nothing_is_changed_from_another_account(
        self, books: Books, store: Store, question: str
    ) -> None:
        """The same uids, digests and ids are written, claimed, judged and dropped there, and here all stays."""
        query, _ = ANSWERS[question]
        await books.write(_fill)
        before = await books.read(query)
        await Books(store, "two").write(_stir)
        assert await books.read(query) == before

    async def test_the_same_names_may_be_used(self, books: Books, store: Store) -> None:
        """Digest, uid, command id, open subject and idempotency key are unique per account only."""
        await books.write(_fill)
        await Books(store, "two").write(_fill)
        held = await Books(store, "two").held("b1", BY_MAYA)
        assert held is not None
        assert held.booking == MOVED

    def test_every_question_is_here(self) -> None:
        """A new query is asked across accounts too, or this test fails."""
        named = {name.partition(",")[0] for name in ANSWERS}
        methods = {name for name in vars(Ledger) if not name.startswith("_")}
        assert named == methods - WRITES - {"account", "identity"}


def _fill(ledger: Ledger) -> None:
    """Something to be found by every question."""
    ledger.judge(ledger.keep(delivery("d1", uid="b1")), "applied", None)
    put(ledger, MOVED)
    ledger.insert(command("c1"))
    ledger.insert(done("c2", uid="b2"))
    ledger.show("b1", "c1")
    ledger.claim(NOON, later(1), "boot")
    ledger.remember("maya", "k1", "print", "c1", NOON)
    ledger.ask(Look("b2", NOON, answer=MISSING))
    ledger.reach("changes", NOON)
    ledger.learn_host(7, "maya@example.com", NOON)
    ledger.learn_asking("42", NOON)


def _stir(ledger: Ledger) -> None:
    """Everything that could touch the other account's rows, if the account were forgotten."""
    ledger.judge(ledger.keep(delivery("d1", trigger="PING")), "unread", "elsewhere")
    ledger.judge(1, "stale", "elsewhere")
    put(ledger, booking(status=Status.CANCELLED, host=Person("Other", "other@example.com", id=9), title="No"))
    ledger.insert(command("c1", action=Action.REJECT))
    ledger.show("b1", "elsewhere")
    ledger.claim(later(9), later(10), "elsewhere")
    ledger.update(command("c1", state=State.FAILED))
    ledger.remember("maya", "k1", "another print", "c9", later(24 * 30))
    ledger.ask(Look("b1", later(-9), answer=MISSING))
    ledger.looked(Look("b2", NOON))
    ledger.reach("changes", later(9))
    ledger.learn_host(7, "elsewhere@example.com", later(1))
    ledger.learn_host(9, "maya@example.com", later(2))
