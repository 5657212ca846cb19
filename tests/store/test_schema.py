"""The schema: migrations one by one make the whole, one that dies leaves the last one's schema, each table knows its account."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from gateway.store.schema import migrations
from gateway.store.sqlite import migrate
from tests.store.databases import column, looked_into

NAMES = [one.name for one in migrations.pending(Database(memory=True))]
SCHEMA = "select coalesce(sql, name) from sqlite_master order by type, name"
IDENTITY = "pragma user_version"
APPLIED = "select name from _sqlite_migrations order by id"

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
