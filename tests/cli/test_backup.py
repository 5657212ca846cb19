"""`gateway backup`: a sound copy of the moment it was begun, whatever is written meanwhile."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.store import backup
from gateway.store.backup import copy
from tests.cli.conftest import Run


def filled(database: Path, rows: int) -> None:
    """Put something into it."""
    with closing(sqlite3.connect(database)) as conn, conn:
        conn.executemany("insert into marks values (?, zeroblob(4000))", ((str(n),) for n in range(rows)))


def counted(path: Path) -> tuple[str, int]:
    """Whether a database is sound, and how much is in it."""
    with closing(sqlite3.connect(path)) as conn:
        return (
            conn.execute("pragma integrity_check").fetchone()[0],
            conn.execute("select count(*) from marks").fetchone()[0],
        )


def test_it_is_whole(run: Run, database: Path, tmp_path: Path) -> None:
    """The copy is one file, sound, with everything in it; its path, size and time are told."""
    filled(database, 50)
    into = tmp_path / "copies.db"
    result = run("backup", into, "--json", GATEWAY_DATABASE=f"sqlite:///{database}")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["path"], told["bytes"]) == (0, str(into), into.stat().st_size)
    assert counted(into) == ("ok", 50)
    assert [one.name for one in tmp_path.glob("copies*")] == ["copies.db"]


def test_writes_go_on(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two steps somebody commits: the copy is of the beginning, and comes to an end."""
    filled(database, 100)
    monkeypatch.setattr(backup, "PAGES", 5)
    steps = []
    with closing(sqlite3.connect(database)) as writer:

        def write(done: int, total: int) -> None:
            steps.append((done, total))
            with writer:
                writer.execute("insert into marks values (?, zeroblob(4000))", (f"more {len(steps)}",))

        copy(database, tmp_path / "copy.db", write)
    assert len(steps) > 20
    assert counted(tmp_path / "copy.db") == ("ok", 100)
    assert counted(database) == ("ok", 100 + len(steps))


def test_a_writer_is_not_kept_waiting(run: Run, settings: Settings, database: Path, tmp_path: Path) -> None:
    """A thread that commits all the while is never refused."""
    filled(database, 2000)
    stop, written = threading.Event(), [0]

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as conn:
            while not stop.is_set():
                conn.execute("insert or replace into marks values ('beat', randomblob(100))")
                written[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    result = run("backup", tmp_path / "copy.db", GATEWAY_DATABASE=settings.database)
    stop.set()
    thread.join()
    assert (result.exit_code, counted(tmp_path / "copy.db")[0], written[0] > 0) == (0, "ok", True)


def test_nothing_is_overwritten(run: Run, database: Path, tmp_path: Path) -> None:
    """A file that is there stays as it is: exit code 1."""
    there = tmp_path / "there"
    there.write_text("mine")
    result = run("backup", there, GATEWAY_DATABASE=f"sqlite:///{database}")
    assert (result.exit_code, there.read_text(), result.stdout) == (1, "mine", "")


@pytest.mark.parametrize("content", [None, "no database"])
def test_nothing_to_copy(run: Run, tmp_path: Path, content: str | None) -> None:
    """No database, or something else in its place: a line, exit code 1, no file."""
    source = tmp_path / "source.db"
    if content:
        source.write_text(content * 500)
    result = run("backup", tmp_path / "copy.db", GATEWAY_DATABASE=f"sqlite:///{source}")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert list(tmp_path.glob("copy*")) == []
