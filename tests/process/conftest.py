"""Two processes for a test, and their log searched afterwards for what must not stand in one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import leaked
from tests.process.programs import Served, Town, begin, end, serve_alone


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A gateway and a Cal.com in their own processes."""
    town = await begin(tmp_path)
    yield town
    await end(town)
    assert (
        leaked(town.gateway.err.read_text(), [*town.sandbox.canaries, town.portal.headers["Authorization"]])
        == []
    )
    assert town.gateway.out.read_text() == ""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A gateway in its own process, for all tests of a module that leave it as it is."""
    served = asyncio.run(serve_alone(tmp_path_factory.mktemp("served")))
    yield served
    asyncio.run(served.program.close())
    assert leaked(served.program.err.read_text(), []) == []
