"""SQLite's side of the store: how a database is opened, and the ledger its queries make up.

The statements stand in the modules beside this one, a table's in one place; this module is the only
one that opens the database. It keeps out transactions and threads: those are `runner.py`'s.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from gateway.store.bookings import Bookings
from gateway.store.deliveries import Deliveries
from gateway.store.journal import Journal
from gateway.store.schema import migrations

BUSY_MILLISECONDS = 5000


class SqliteLedger(Deliveries, Bookings, Journal):
    """One account's tables inside one transaction of one connection."""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A nested savepoint: what fails inside is undone alone, and the error goes on."""
        self.run("savepoint attempt")
        try:
            yield
        except BaseException:
            if self.conn.in_transaction:
                self.conn.execute("rollback to attempt")
                self.conn.execute("release attempt")
            raise
        self.conn.execute("release attempt")


class Absent(Exception):
    """There is no database to look into, or it is of an older release; the text says what to do."""


class Taken(Exception):
    """Another process has this database: one gateway writes a file, no more."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file beside the database for as long as it is written to. Raises Taken.

    The kernel lets the lock go with the process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(f"{path} is in use by another gateway") from None
        yield


def migrate(path: Path) -> None:
    """Bring the database at `path` to the newest schema, making it if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    conn = sqlite3.connect(path)
    try:
        conn.execute("pragma journal_mode = wal")
        migrations.apply(Database(conn))
    finally:
        conn.close()


def writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes. FULL: a commit that returned is on disk, also after a power cut."""
    conn = _connect(path)
    conn.execute("pragma synchronous = full")
    return conn


def reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    conn = _connect(path)
    conn.execute("pragma query_only = on")
    return conn


def onlooker(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, opens beside a running service, and makes no file. Raises Absent."""
    if not path.is_file():
        raise Absent(f"there is no database at {path}")
    conn = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    conn.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
    try:
        pending = migrations.pending(Database(conn))
    except sqlite3.Error:
        conn.close()
        raise Absent(f"{path} cannot be read as a database") from None
    if pending:
        conn.close()
        raise Absent(f"{path} has an older form: `gateway migrate` brings it to the newest")
    return conn


def _connect(path: Path) -> sqlite3.Connection:
    # isolation_level None: the runner opens every transaction itself (sqlite3 would open deferred ones).
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    conn.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
    return conn
