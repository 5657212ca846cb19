"""Durability: what was answered is there after a kill, a full disk or a locked file, and what was not is not half there."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import StorageUnavailable
from gateway.ports import Ledger
from gateway.store import sqlite
from gateway.store.runner import Runner
from gateway.store.sqlite import Taken, exclusive
from tests.store.databases import column, held_by_another, opened
from tests.store.making import NOON, Books, Step, delivery, line

ROOT = Path(__file__).parents[2]
ROUNDS, ENOUGH = 5, 150
LARGE = 300_000
MOUNT = "/bin/mount"


def keeping(digest: str, size: int = LARGE) -> Step:
    """A write of two rows, one of them large; gives the digest back."""

    def step(ledger: Ledger) -> str:
        ledger.keep(delivery(digest, body=b"x" * size))
        ledger.append(line(digest), ["*"], NOON)
        return digest

    return step


def killed_while_writing(path: Path, name: str) -> dict[str, int]:
    """Kill a process that keeps deliveries as fast as it can; what it had acknowledged: digest → journal number."""
    command = [sys.executable, "-m", "tests.store.acknowledging", str(path), name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(ENOUGH)]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return {digest: int(seq) for digest, seq in (one.split() for one in told)}


class Disk:
    """A disk that can be filled and cleared: a small tmpfs."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "gateway.db"
        self.filler = folder / "filler"

    def opened(self) -> AbstractAsyncContextManager[Runner]:
        """The store on it."""
        return opened(self.path)

    def fill(self) -> None:
        """Leave not a page."""
        with self.filler.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                while True:
                    try:
                        file.write(b"x" * size)
                    except OSError:
                        break

    def clear(self) -> None:
        """Give the space back."""
        self.filler.unlink()


class Quota(Disk):
    """The same by SQLite's own limit of pages, where nothing can be mounted."""

    conn: sqlite3.Connection

    def opened(self) -> AbstractAsyncContextManager[Runner]:
        """The store under a quota."""
        return opened(self.path, lambda conn: setattr(self, "conn", conn))

    def fill(self) -> None:
        """Not a page more than there are."""
        self.conn.execute("pragma max_page_count = 1")

    def clear(self) -> None:
        """As many as one likes."""
        self.conn.execute("pragma max_page_count = 1000000")


@contextmanager
def tmpfs(folder: Path) -> Iterator[Disk]:
    """A disk of four megabytes, where root may mount one."""
    command = [MOUNT, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:  # noqa: S603
        pytest.skip("only root may mount a small disk")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["/bin/umount", str(folder)], check=True)  # noqa: S603


@pytest.fixture(params=["tmpfs", "quota"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Give a disk that can be filled."""
    if request.param == "quota":
        yield Quota(tmp_path)
    else:
        with tmpfs(tmp_path) as mounted:
            yield mounted


def test_a_kill_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Five times, in one file: every id is there, one by one, under its number, and the journal has no gap."""
    path, told = tmp_path / "gateway.db", dict[str, int]()
    for number in range(ROUNDS):
        told |= killed_while_writing(path, f"round{number}")
    kept = set(column(path, "select digest from deliveries"))
    assert [digest for digest in told if digest not in kept] == []
    lines = dict(
        zip(column(path, "select uid from changes"), column(path, "select seq from changes"), strict=True)
    )
    assert {digest: lines.get(digest) for digest in told} == told
    assert sorted(lines.values()) == list(range(1, len(lines) + 1))
    assert set(lines) == kept
    assert len(told) >= ROUNDS * ENOUGH


class TestDiskFull:
    """No space left."""

    async def test_everybody_hears_of_it(self, disk: Disk) -> None:
        """Each caller of the batch, and nothing of any of them is kept."""
        async with disk.opened() as store:
            books = Books(store)
            disk.fill()
            results = await books.together(*(keeping(f"d{n}") for n in range(5)))
            assert [type(one) for one in results] == [StorageUnavailable] * 5
            disk.clear()
            assert await books.read(lambda ledger: ledger.deliveries(None, None, 9)) == []
            assert await books.last("*") == 0

    async def test_what_was_kept_stays_readable(self, disk: Disk) -> None:
        """While the disk is full, by old connections and new ones."""
        async with disk.opened() as store:
            books = Books(store)
            await books.write(keeping("d1", 10))
            disk.fill()
            await books.together(*(keeping(f"more{n}") for n in range(3)))
            assert await books.read(lambda ledger: ledger.delivered("d1")) == 1
            assert column(disk.path, "select digest from deliveries") == ["d1"]

    async def test_who_is_answered_was_kept_and_nobody_else(self, disk: Disk) -> None:
        """Small writes beside large ones: whatever fails, no answer lies."""
        async with disk.opened() as store:
            books = Books(store)
            disk.fill()
            sizes = {f"d{n}": LARGE if n % 2 else 10 for n in range(6)}
            results = await books.together(*(keeping(digest, size) for digest, size in sizes.items()))
            disk.clear()
            kept = await books.read(lambda ledger: ledger.deliveries(None, None, 9))
            answered = [one for one in results if isinstance(one, str)]
            assert sorted(one.delivery.digest for one in kept) == answered
            assert await books.last("*") == len(answered)

    async def test_with_space_again_writes_work_again(self, disk: Disk) -> None:
        """Without a restart, and with the number after the last."""
        async with disk.opened() as store:
            books = Books(store)
            await books.write(keeping("d1", 10))
            disk.fill()
            await books.together(keeping("lost"))
            disk.clear()
            assert await books.write(keeping("d2")) == "d2"
            assert await books.last("*") == 2

    async def test_a_mark_proves_that_something_can_be_written(self, tmp_path: Path) -> None:
        """`readyz` writes a mark, and must not find a store writable that cannot take a page more."""
        with tmpfs(tmp_path) as disk:
            async with disk.opened() as store:
                books = Books(store)
                await books.write(lambda ledger: ledger.beat())
                disk.fill()
                marks = [await books.together(lambda ledger: ledger.beat()) for _ in range(3)]
                assert isinstance(marks[-1][0], StorageUnavailable)

    async def test_it_shows_when_it_is_asked_whether_it_can_be_written(self, disk: Disk) -> None:
        """`readyz` asks with a mark: with work waiting it fails like the rest."""
        async with disk.opened() as store:
            disk.fill()
            results = await Books(store).together(lambda ledger: ledger.beat(), keeping("d1"))
            assert isinstance(results[1], StorageUnavailable)


class TestLocked:
    """Another process holds the file."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wait a fifth of a second instead of five."""
        monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 200)

    async def test_after_a_while_everybody_is_refused(self, tmp_path: Path) -> None:
        """Not at once, not never, and nothing is half done."""
        path = tmp_path / "gateway.db"
        async with opened(path) as store:
            with held_by_another(path):
                began = time.monotonic()
                results = await _refused(store, "d1", "d2")
                assert 0.15 < time.monotonic() - began < 3
            assert [type(one) for one in results] == [StorageUnavailable] * 2
        assert column(path, "select digest from deliveries") == []
        assert column(path, "select count(*) from changes") == [0]

    async def test_who_is_let_in_soon_enough_hears_nothing_of_it(self, tmp_path: Path) -> None:
        """A short lock is waited out."""
        path = tmp_path / "gateway.db"
        async with opened(path) as store:
            with held_by_another(path):
                pass
            assert await Books(store).write(keeping("d1")) == "d1"

    async def test_readers_are_not_held_up(self, tmp_path: Path) -> None:
        """They see what was there before."""
        path = tmp_path / "gateway.db"
        async with opened(path) as store:
            books = Books(store)
            await books.write(keeping("d1"))
            with held_by_another(path):
                assert await books.read(lambda ledger: ledger.delivered("d1")) == 1

    async def test_writes_work_again(self, tmp_path: Path) -> None:
        """Once the other lets go, without a restart."""
        path = tmp_path / "gateway.db"
        async with opened(path) as store:
            books = Books(store)
            with held_by_another(path):
                await _refused(store, "lost")
            assert await books.write(keeping("d1")) == "d1"
        assert column(path, "select digest from deliveries") == ["d1"]


class TestExclusive:
    """One gateway writes a file, no more."""

    def test_a_second_one_is_turned_away(self, tmp_path: Path) -> None:
        """As long as the first has it."""
        with exclusive(tmp_path / "gateway.db"), pytest.raises(Taken), exclusive(tmp_path / "gateway.db"):
            pass

    def test_the_next_one_is_let_in(self, tmp_path: Path) -> None:
        """When the first has gone; another file was never taken."""
        for name in ("one.db", "one.db", "two.db"):
            with exclusive(tmp_path / name):
                pass


async def _refused(store: Runner, *digests: str) -> list[Any]:
    """What becomes of writes that are handed over at the same moment."""
    writes = [Books(store).write(keeping(digest, 10)) for digest in digests]
    return list(await asyncio.gather(*writes, return_exceptions=True))
