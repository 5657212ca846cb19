"""A copy of the database, taken while others write to it, and proved before it bears its name.

It knows files and pages, and nothing of what is in them.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gateway.store.sqlite import onlooker

PAGES = 512
"""How much is copied between two reports of the progress."""

Progress = Callable[[int, int], None]


def copy(path: Path, into: Path, progress: Progress) -> int:
    """Copy the database at `path` to the new file `into`; returns its size in bytes.

    `progress` is told how many pages of how many are copied. Raises Absent, OSError (`FileExistsError`: nothing is
    overwritten), and sqlite3.Error when the copy failed or is not sound; then nothing is left behind.
    """
    if into.exists():
        raise FileExistsError(f"{into} exists already, and nothing is overwritten")
    unproved = into.with_name(f"{into.name}.part")
    unproved.touch(mode=0o600, exist_ok=False)  # it holds people's names and addresses
    try:
        with closing(onlooker(path)) as source, closing(sqlite3.connect(unproved)) as target:
            _fill(source, target, progress)
            _prove(target)
        os.link(unproved, into)  # unlike a rename it refuses a file that came meanwhile
    finally:
        unproved.unlink()
    return into.stat().st_size


def _fill(source: sqlite3.Connection, target: sqlite3.Connection, progress: Progress) -> None:
    """One read transaction around all steps: without it every commit of the service would begin the copy anew."""
    source.execute("begin")
    source.execute("select 1 from sqlite_master").fetchone()
    source.backup(target, pages=PAGES, progress=lambda _, left, total: progress(total - left, total))


def _prove(target: sqlite3.Connection) -> None:
    target.execute("pragma journal_mode = delete")  # one file is the whole of it
    found = [row[0] for row in target.execute("pragma integrity_check")]
    if found != ["ok"]:
        raise sqlite3.DatabaseError(f"the copy is not sound: {found[0]}")
