"""The schema: migrations one by one make the whole, one that dies leaves the last one's schema, each table knows its account."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from gateway.domain.times import millis
from gateway.records import MISSING, Look
from gateway.store.documents import dump
from gateway.store.schema import STATISTICS, migrations
from gateway.store.sqlite import SqliteLedger, migrate, writer
from tests.store.databases import column, looked_into
from tests.store.making import NOON, booking, later

NAMES = [one.name for one in migrations.pending(Database(memory=True))]
SCHEMA = "select coalesce(sql, name) from sqlite_master order by type, name"
IDENTITY = "pragma user_version"
APPLIED = "select name from _sqlite_migrations order by id"
TOLD = "from sqlite_stat1 where tbl not like '%migrations%' order by tbl, idx"
OLD_BOOKING = "insert into bookings (account, uid, words, private_words, doc) values (?, ?, '', '', ?)"
OLD_LOOK = "insert into looks (account, uid, due, tries, answer) values ('one', ?, ?, ?, ?)"
MOVED = replace(booking("b2"), moved_from="b1")

DIE = """
import os, signal, sqlite3, sys
from pathlib import Path
from gateway.store import sqlite

class Mortal(sqlite3.Connection):
    def __init__(self, path, **_):
        super().__init__(path)
        self.set_trace_callback(self.look)

    def look(self, statement):
        if "_sqlite_migrations" in statement and "INSERT" in statement.upper() and sys.argv[2] in statement:
            os.kill(os.getpid(), signal.SIGKILL)

connect = sqlite3.connect
sqlite.sqlite3.connect = lambda path: connect(path, factory=Mortal)
sqlite.migrate(Path(sys.argv[1]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a place for a database."""
    return tmp_path / "gateway.db"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Give a database of the release before comparing with Cal.com, with bookings and looks in it."""
    return filled(tmp_path / "older.db", "0007_reconcile")


def filled(path: Path, name: str) -> Path:
    """A database as it was before this migration, with what its release had written."""
    first, other = replace(MOVED, uid="b1", moved_from=None), replace(MOVED, uid="b3")
    with looked_into(path) as conn:
        migrations.apply(Database(conn), stop_before=name)
        for account, one in (("one", first), ("one", MOVED), ("two", other)):
            conn.execute(OLD_BOOKING, (account, one.uid, dump(one)))
        conn.execute(OLD_LOOK, ("b1", millis(NOON), 2, MISSING))
        conn.execute(OLD_LOOK, ("b2", millis(later(1)), 0, None))
        conn.commit()
    return path


def schema_before(name: str | None) -> list[str]:
    """The schema that the migrations up to (and without) this one make; the whole for None."""
    database = Database(memory=True)
    migrations.apply(database, stop_before=name)
    with closing(database.conn) as conn:
        return [row[0] for row in conn.execute(SCHEMA)]


def test_one_by_one_is_the_whole(path: Path) -> None:
    """Whoever updates at every release has the database of whoever starts today."""
    with looked_into(path) as conn:
        for following in [*NAMES[1:], None]:
            migrations.apply(Database(conn), stop_before=following)
    assert column(path, SCHEMA) == schema_before(None)
    assert column(path, APPLIED) == NAMES


def test_names_are_numbered() -> None:
    """Each says its place, so that two written at the same time are noticed."""
    assert [name[:5] for name in NAMES] == [f"{number:04}_" for number in range(1, len(NAMES) + 1)]


def test_migrating_twice_changes_nothing(path: Path) -> None:
    """Every start migrates; what was applied is left alone, with the rows in it."""
    migrate(path)
    before = [column(path, sql) for sql in (SCHEMA, APPLIED, IDENTITY)]
    migrate(path)
    assert [column(path, sql) for sql in (SCHEMA, APPLIED, IDENTITY)] == before


def test_the_folder_is_made(tmp_path: Path) -> None:
    """A first start needs no preparations."""
    migrate(tmp_path / "data" / "new" / "gateway.db")
    assert column(tmp_path / "data" / "new" / "gateway.db", APPLIED) == NAMES


def test_every_database_has_an_identity_of_its_own(tmp_path: Path) -> None:
    """So that an ETag of one is never believed by another."""
    for name in ("one.db", "two.db"):
        migrate(tmp_path / name)
    stores = [column(tmp_path / name, IDENTITY) for name in ("one.db", "two.db")]
    assert stores[0] != stores[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_migration_that_fails_leaves_the_schema_before(path: Path, name: str) -> None:
    """Its last statement refused, nothing of it is there; repaired, it is applied whole."""

    def refuse(action: int, table: str | None, *_: str | None) -> int:
        writes = action == sqlite3.SQLITE_INSERT and table == "_sqlite_migrations"
        return sqlite3.SQLITE_DENY if writes else sqlite3.SQLITE_OK

    with looked_into(path) as conn:
        migrations.apply(Database(conn), stop_before=name)
        conn.set_authorizer(refuse)
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            migrations.apply(Database(conn))
    assert column(path, SCHEMA) == schema_before(name)
    migrate(path)
    assert column(path, SCHEMA) == schema_before(None)


def test_a_migration_that_is_killed_leaves_the_schema_before(path: Path) -> None:
    """SIGKILL between a migration's last statement and its record: the next start applies it again, whole."""
    name = NAMES[-2]
    died = subprocess.run([sys.executable, "-c", DIE, str(path), name], check=False)  # noqa: S603 -- our own few lines
    assert died.returncode == -signal.SIGKILL
    assert (column(path, SCHEMA), column(path, APPLIED)) == (schema_before(name), NAMES[:-2])
    migrate(path)
    assert column(path, SCHEMA) == schema_before(None)


def test_what_was_moved_before_is_found(older: Path) -> None:
    """The column that is searched is filled from the documents that were there, of every account."""
    migrate(older)
    with closing(writer(older)) as conn:
        conn.execute("begin")
        one, two = (SqliteLedger(conn, account) for account in ("one", "two"))
        assert one.successor("b1") == MOVED
        assert two.successor("b1") == replace(MOVED, uid="b3")
        assert [one.successor(uid) for uid in ("b2", "b3", "")] == [None, None, None]


def test_what_was_not_moved_has_no_place_among_the_moved(older: Path) -> None:
    """A document that says nothing of it leaves the column blank, and out of the index."""
    migrate(older)
    assert column(older, "select uid from bookings where moved_from is null") == ["b1"]


def test_what_was_moved_before_may_be_saved_again(older: Path) -> None:
    """The first of several is the one that was there before the column was."""
    migrate(older)
    with closing(writer(older)) as conn:
        conn.execute("begin")
        ledger = SqliteLedger(conn, "one")
        for one in (replace(MOVED, uid="b0"), MOVED):
            ledger.save(one)
        assert ledger.successor("b1") == MOVED


def test_looks_queued_before_are_as_urgent_as_they_were(older: Path) -> None:
    """Nothing was reconciled then: what a webhook left open goes on being asked first."""
    migrate(older)
    with closing(writer(older)) as conn:
        conn.execute("begin")
        ledger = SqliteLedger(conn, "one")
        ledger.ask(Look("b3", later(-1), cause="reconciled"))
        queued = [
            Look("b1", NOON, 2, MISSING, "looked"),
            Look("b2", later(1)),
            Look("b3", later(-1), cause="reconciled"),
        ]
        assert (ledger.looks(later(1), 9), ledger.missing()) == (queued, 1)


def test_an_older_database_has_come_nowhere(older: Path) -> None:
    """Its first comparison begins as a new database's does."""
    migrate(older)
    assert column(older, "select mark from cursors") == []


def test_the_planner_is_told_of_every_index_once(older: Path) -> None:
    """Told anew by a later migration, nothing stands twice."""
    migrate(older)
    assert column(older, f"select tbl || ' ' || idx {TOLD}") == sorted(map(" ".join, STATISTICS))
    made = "select name from sqlite_master where type = 'index' and sql is not null"
    ours = column(older, f"{made} and tbl_name not like '%migrations%'")
    assert set(ours) - {index for _, index in STATISTICS} == set()


@pytest.mark.parametrize("following", ["0007_reconcile", None])
def test_the_planner_is_told_of_what_is_there(path: Path, following: str | None) -> None:
    """A migration knows the figures of indexes that a later one makes, and keeps them to itself."""
    with looked_into(path) as conn:
        migrations.apply(Database(conn), stop_before=following)
    there = column(path, "select name from sqlite_master")
    assert set(column(path, f"select idx {TOLD}")) - set(there) == set()


@pytest.mark.parametrize("name", ["0006_statistics", "0007_reconcile"])
def test_the_planner_is_told_the_same_at_every_age(tmp_path: Path, path: Path, name: str) -> None:
    """What was counted or written down before is replaced: an update plans as a new database does."""
    figures = f"select idx || ': ' || stat {TOLD}"
    updated = filled(tmp_path / "older.db", name)
    for place in (updated, path):
        migrate(place)
    assert column(updated, figures) == column(path, figures)


def test_every_table_has_its_account(path: Path) -> None:
    """From the first migration on: a second account must never need a new table."""
    migrate(path)
    tables = column(path, "select name from sqlite_master where type = 'table'")
    ours = [name for name in tables if not name.startswith(("sqlite_", "_sqlite_"))]
    without = [
        name
        for name in ours
        if "account" not in column(path, f"select name from pragma_table_info('{name}')")  # noqa: S608
    ]
    assert without == []


def test_every_index_begins_with_the_account(path: Path) -> None:
    """A query about one account never walks through another's rows."""
    migrate(path)
    first = """select i.name || ': ' || c.name from sqlite_master t
        join pragma_index_list(t.name) i join pragma_index_info(i.name) c on c.seqno = 0
        where t.type = 'table' and t.name not like '%sqlite%' and c.name <> 'account'"""
    assert column(path, first) == []


def test_the_journal_is_written_ahead(path: Path) -> None:
    """Readers and the writer do not wait for one another."""
    migrate(path)
    assert column(path, "pragma journal_mode") == ["wal"]
