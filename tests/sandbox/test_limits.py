"""The rate limiter: a window for each caller, then a block, and no mercy for hammering."""

from gateway.sandbox.limits import Limiter
from gateway.sandbox.world import Settings
from tests.sandbox.playing import JONAS, MAYA, Play

SETTINGS = Settings()


def test_a_window_counts_down_and_begins_anew() -> None:
    """Reset is in seconds from now."""
    limiter = Limiter()
    first, second = (limiter.hit("key a", 2, SETTINGS, at) for at in (0.0, 10.0))
    assert (first.remaining, first.reset) == (1, 60)
    assert (second.remaining, second.reset, second.blocked) == (0, 50, False)
    assert limiter.hit("key a", 2, SETTINGS, 60.0).remaining == 1


def test_over_the_limit_the_caller_is_blocked_for_a_minute() -> None:
    """Counted from the call too many."""
    limiter = Limiter()
    for at in (0.0, 1.0):
        limiter.hit("key a", 1, SETTINGS, at)
    assert limiter.hit("key a", 1, SETTINGS, 60.5).blocked
    assert not limiter.hit("key a", 1, SETTINGS, 121.0).blocked


def test_who_goes_on_calling_is_blocked_again() -> None:
    """Calls made while blocked count."""
    limiter = Limiter()
    for at in (0.0, 1.0, 59.0, 60.5, 60.6):
        limiter.hit("key a", 1, SETTINGS, at)
    assert limiter.hit("key a", 1, SETTINGS, 61.5).blocked


async def test_too_many_calls_are_refused_in_the_envelope(play: Play) -> None:
    """429 without Retry-After; the headers tell when."""
    play.world.settings.key_limit = 2
    for _ in range(2):
        assert (await play.call("GET", "/v2/me")).status_code == 200
    answer = await play.call("GET", "/v2/me")
    text = "CustomThrottlerGuard - Too many requests. Please try again later."
    error = {"code": "ThrottlerException", "message": text, "details": text}
    assert (answer.status_code, answer.json()["error"]) == (429, error)
    assert (answer.headers["x-ratelimit-reset-default"], "retry-after" in answer.headers) == ("60", False)
    play.wait(seconds=61)
    assert (await play.call("GET", "/v2/me")).status_code == 200


async def test_each_key_has_its_own_count(play: Play) -> None:
    """And so have callers without one."""
    for key in (MAYA, JONAS):
        answer = await play.call("GET", "/v2/me", key=key)
        assert answer.headers["x-ratelimit-remaining-default"] == "119"
    assert (await play.ask()).headers["x-ratelimit-remaining-default"] == "119"


async def test_every_answer_has_a_request_id_of_its_own(play: Play) -> None:
    """Errors included."""
    paths = ("/v2/me", "/v2/nope", "/v2/bookings/nope")
    ids = [(await play.call("GET", path)).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == 3


async def test_the_limit_can_be_changed_while_it_runs(play: Play) -> None:
    """By the control route."""
    await play.control("POST", "settings", {"key_limit": 1})
    answers = [(await play.call("GET", "/v2/me")).status_code for _ in range(2)]
    assert answers == [200, 429]
