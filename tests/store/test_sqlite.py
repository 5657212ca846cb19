"""SQLite, on disk, passes the conformance suite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ports import Store
from tests.store.conformance import Conformance
from tests.store.databases import opened_carelessly


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Give an empty store in a file of its own."""
    async with opened_carelessly(tmp_path / "gateway.db") as runner:
        yield runner


class TestSqlite(Conformance):
    """Every case, on SQLite."""
