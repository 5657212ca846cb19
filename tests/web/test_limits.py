"""How often within a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import TooMany
from gateway.web.limits import Limiter

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def passed(limiter: Limiter, key: str, seconds: float) -> bool:
    """Whether one more passes, so many seconds after noon."""
    try:
        limiter.count(key, NOON + timedelta(seconds=seconds))
    except TooMany:
        return False
    return True


def test_as_many_as_allowed() -> None:
    """The limit itself still passes; one more does not."""
    limiter = Limiter(2)
    assert [passed(limiter, "ann", second) for second in (0, 1, 2)] == [True, True, False]


def test_retry_after() -> None:
    """The error says how long to wait, in whole seconds, so that waiting that long is enough."""
    limiter = Limiter(1)
    limiter.count("ann", NOON)
    with pytest.raises(TooMany) as refused:
        limiter.count("ann", NOON + timedelta(seconds=20.5))
    assert refused.value.members == {"retry_after": 40}
    assert passed(limiter, "ann", 20.5 + 40)


def test_keys_are_apart() -> None:
    """One key's count is nothing to another."""
    limiter = Limiter(1)
    assert [passed(limiter, key, 0) for key in ("ann", "bob", "ann")] == [True, True, False]


def test_a_minute_later() -> None:
    """A minute after the first, counting begins anew."""
    limiter = Limiter(1)
    assert [passed(limiter, "ann", second) for second in (0, 59.9, 60, 61)] == [True, False, True, False]


def test_refusals_do_not_prolong() -> None:
    """Who goes on trying waits no longer than who stops."""
    limiter = Limiter(1)
    assert [passed(limiter, "ann", second) for second in (0, 10, 50, 60)] == [True, False, False, True]


def test_clock_set_back() -> None:
    """A clock that goes back does not shut anybody out for longer than a minute."""
    limiter = Limiter(1)
    assert [passed(limiter, "ann", second) for second in (0, -3600, -3540)] == [True, True, True]


def test_memory_is_bounded() -> None:
    """Among too many keys the oldest is forgotten."""
    limiter = Limiter(1, keys=3)
    assert [passed(limiter, key, 0) for key in "abcd"] == [True] * 4
    assert ([passed(limiter, key, 1) for key in "dc"], len(limiter._windows)) == ([False, False], 3)


def test_ended_windows_are_dropped() -> None:
    """What has ended does not stay in memory until the room is needed."""
    limiter = Limiter(1)
    for key in "abc":
        limiter.count(key, NOON)
    limiter.count("d", NOON + timedelta(seconds=61))
    assert list(limiter._windows) == ["d"]
