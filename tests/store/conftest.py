"""What a backend's tests are given beside its `store`: the books of an account in it."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from gateway.ports import Store
from tests.store.making import Books

CASES = "accounts commands comparing deliveries journal listening lists people queues visibility writing"
pytest.register_assert_rewrite(*(f"tests.store.cases_{name}" for name in CASES.split()))


@pytest.fixture
def books(store: Store) -> Books:
    """Give the books of one account."""
    return Books(store)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Failures on purpose are logged whole, which takes long to draw."""
    with capture_logs():
        yield
