"""Growth: what one person asks costs the same however many bookings of others there are, counted in SQLite's own steps."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.booking import Status
from gateway.domain.command import Action, State
from gateway.domain.people import Person
from gateway.ports import Ledger
from gateway.records import MISSING, Look, Query
from gateway.store.sqlite import SqliteLedger, migrate, writer
from tests.store.making import (
    BY_MAYA,
    FOR_SAM,
    MAYA,
    NOON,
    booking,
    delivery,
    done,
    later,
    line,
    put,
)

Pair = tuple[sqlite3.Connection, sqlite3.Connection]

FEW, MANY = 150, 1500
MINE = (BY_MAYA, "host:maya@example.com", "attendee:maya@example.com")
LIVE = (Status.PENDING, Status.ACCEPTED)
PENDING = (Status.PENDING,)
BEYOND = later(MANY)

QUESTIONS: dict[str, Callable[[Ledger], Any]] = {
    "a host's number": lambda ledger: ledger.last(MINE),
    "a host's requests": lambda ledger: ledger.page(Query(MINE, PENDING)),
    "a host's list": lambda ledger: ledger.page(Query(MINE)),
    "a host's count": lambda ledger: ledger.count(Query(MINE, PENDING)),
    "a host's conflicts": lambda ledger: ledger.around(MINE, NOON, later(1), LIVE),
    "a host's booking": lambda ledger: ledger.booking("mine1", MINE),
    "an attendee's list": lambda ledger: ledger.page(Query((FOR_SAM,))),
    "the portal's requests": lambda ledger: ledger.page(Query(("*",), PENDING)),
    "the portal's list": lambda ledger: ledger.page(Query(("*",))),
    "the portal's newest": lambda ledger: ledger.page(Query(("*",), sort="-updated")),
    "what is new to the portal": lambda ledger: ledger.page(Query(("*",), since=ledger.last(("*",)) - 5)),
    "how much is new to it": lambda ledger: ledger.count(Query(("*",), since=ledger.last(("*",)) - 5)),
    "the portal's list of one host": lambda ledger: ledger.page(Query(("*",), host=(BY_MAYA,))),
    "whether a webhook told of it": lambda ledger: ledger.told("mine1"),
    "a host's changes": lambda ledger: ledger.changes(MINE, max(0, ledger.last(MINE) - 5), 20),
    "the portal's changes": lambda ledger: ledger.changes(("*",), 0, 20),
    "how long the journal is": lambda ledger: ledger.counted(),
    "a booking's timeline": lambda ledger: ledger.timeline("mine1", MINE),
    "saving a booking": lambda ledger: ledger.save(booking("mine1", start=later(2))),
    "appending a line": lambda ledger: ledger.append(line("mine1"), ["*", BY_MAYA], NOON),
    "the open command": lambda ledger: ledger.open_command("mine1"),
    "the last command": lambda ledger: ledger.last_command("mine1", Action.ACCEPT, State.DONE),
    "what decided a series": lambda ledger: ledger.decided("mine1"),
    "claiming a command": lambda ledger: ledger.claim(NOON, NOON, "boot"),
    "the next command": lambda ledger: ledger.next_command("boot"),
    "the next due": lambda ledger: ledger.next_due(),
    "the next look": lambda ledger: ledger.next_look(),
    "the looks that are due": lambda ledger: ledger.looks(NOON, 20),
    "queueing a look": lambda ledger: ledger.ask(Look("mine1", NOON)),
    "taking a look off": lambda ledger: ledger.looked(Look("other1", NOON)),
    "how many are missing": lambda ledger: ledger.missing(),
    "what a list should have shown": lambda ledger: ledger.unasked(LIVE, BEYOND),
    "which meetings it should have": lambda ledger: ledger.unasked((Status.ACCEPTED,), NOON),
    "how far it has come": lambda ledger: ledger.reached("other1"),
    "coming farther": lambda ledger: ledger.reach("other1", later(1)),
    "what a booking was moved to": lambda ledger: ledger.successor("earlier1"),
    "what was not moved": lambda ledger: ledger.successor("mine1"),
    "whether somebody hosts": lambda ledger: ledger.hosts(BY_MAYA),
    "whether a stranger hosts": lambda ledger: ledger.hosts("host:99"),
    "a host's id": lambda ledger: ledger.host_ids(["maya@example.com"]),
    "the same bytes again": lambda ledger: ledger.delivered("other1"),
    "the newest deliveries": lambda ledger: ledger.deliveries(None, None, 25),
    "what came about a booking": lambda ledger: ledger.deliveries_about("mine1"),
    "the commands on a booking": lambda ledger: ledger.commands_about("other1", "other1"),
    "unread deliveries": lambda ledger: ledger.deliveries("unread", None, 25),
}


def grown(path: Path, others: int) -> sqlite3.Connection:
    """A database with twenty bookings of Maya's and Sam's among many of others', and five more that begin after all those."""
    migrate(path)
    conn = writer(path)
    ledger = SqliteLedger(conn, "one")
    conn.execute("begin")
    for number in range(20):
        put(ledger, booking(f"mine{number}", start=later(number)))
        ledger.keep(delivery(f"mine{number}", uid=f"mine{number}"))
    for number in range(5):
        put(ledger, booking(f"beyond{number}", Status.ACCEPTED, BEYOND))
        ledger.ask(Look(f"mine{number}", NOON, 1, MISSING))
    for number in range(others):
        host = replace(MAYA, id=100 + number, email=f"host{number}@example.com")
        uid, sam = f"other{number}", Person("Another", f"other{number}@example.com")
        other = booking(uid, start=later(number), host=host, attendees=(sam,))
        put(ledger, replace(other, moved_from=f"earlier{number}"))
        ledger.ask(Look(uid, later(1), 1, "pending", "reconciled"))
        ledger.reach(uid, NOON)
        ledger.judge(ledger.keep(delivery(uid, uid=uid)), "applied", None)
        ledger.insert(done(uid, uid=uid))
        ledger.learn_host(100 + number, f"host{number}@example.com", NOON)
    conn.execute("commit")
    return conn


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Give one with few bookings of others and one with ten times as many."""
    folder = tmp_path_factory.mktemp("growth")
    with closing(grown(folder / "few.db", FEW)) as few, closing(grown(folder / "many.db", MANY)) as many:
        yield few, many


def steps(conn: sqlite3.Connection, question: Callable[[Ledger], Any]) -> int:
    """How many steps SQLite's machine takes for it."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    conn.execute("begin")
    conn.set_progress_handler(step, 1)
    question(SqliteLedger(conn, "one"))
    conn.set_progress_handler(None, 0)
    conn.execute("rollback")
    return count


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_cost_does_not_grow(databases: Pair, name: str) -> None:
    """Ten times the bookings of others, and half as much again at most."""
    few, many = (steps(conn, QUESTIONS[name]) for conn in databases)
    assert many <= 1.5 * few, f"{few} steps with {FEW} other bookings, {many} with {MANY}"
