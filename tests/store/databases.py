"""SQLite databases for tests: opened as `gateway.app` opens them, held by another process, looked at from outside."""

import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.store.runner import Runner
from gateway.store.sqlite import SqliteLedger, migrate, reader, writer

Prepare = Callable[[sqlite3.Connection], object]

HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("begin immediate")
print("held", flush=True)
sys.stdin.read()
"""


@cache
def _empty() -> bytes:
    """An empty database as a file: migrating costs a dozen fsyncs, and needs doing once."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        migrate(path)
        return path.read_bytes()


def _make(path: Path) -> None:
    if not path.exists():
        path.write_bytes(_empty())


@asynccontextmanager
async def opened(path: Path, prepare: Prepare = lambda conn: None) -> AsyncIterator[Runner]:
    """The store in this file, made if there is none; `prepare` is shown the connection that will write."""
    _make(path)
    async with Runner(
        SqliteLedger, partial(_prepared, writer, path, prepare), partial(reader, path)
    ) as runner:
        yield runner


@asynccontextmanager
async def opened_carelessly(path: Path) -> AsyncIterator[Runner]:
    """The same without waiting for the disk, for what is about answers and not about power cuts."""
    _make(path)
    careless = partial(_prepared, prepare=lambda conn: conn.execute("pragma synchronous = off"))
    async with Runner(
        SqliteLedger, partial(careless, writer, path), partial(careless, reader, path)
    ) as runner:
        yield runner


def _prepared(
    connect: Callable[[Path], sqlite3.Connection], path: Path, prepare: Prepare
) -> sqlite3.Connection:
    conn = connect(path)
    prepare(conn)
    return conn


@contextmanager
def looked_into(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as somebody else finds it."""
    with closing(sqlite3.connect(path)) as conn:
        yield conn


def column(path: Path, sql: str) -> list[Any]:
    """The first column of what another process would read."""
    with looked_into(path) as conn:
        return [row[0] for row in conn.execute(sql)]


@contextmanager
def held_by_another(path: Path) -> Iterator[None]:
    """Another process is in the middle of a write."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(  # noqa: S603 -- our own few lines
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.communicate()
