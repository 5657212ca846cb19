"""The same requests a real Cal.com was sent, played against the sandbox: same answers, same webhooks, same order.

Compared are the whole texts, key order and formats included, but for the instants of writing and UUIDs.
"""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from gateway.sandbox.world import Subscription
from tests.sandbox.playing import Play
from tests.sandbox.recorded import (
    Exchange,
    Names,
    exchanges,
    masked,
    needed,
    play_exchange,
    recorded_world,
    webhooks,
)

pytestmark = needed

SCENARIOS = "ABDEFGKNOR"
LEFT_OUT = {
    **dict.fromkeys(
        (*range(106, 118), 121, 122), "of this first run not everything was kept; 143 to 152 repeat it"
    ),
    **dict.fromkeys((128, 131), "event types of an older release, whose form was shown otherwise"),
    **dict.fromkeys((153, 154), "what these subscriptions heard was not kept"),
}
PLAYED = [x for x in exchanges("api") if x.name[4] in SCENARIOS and int(x.name[:3]) not in LEFT_OUT]
MAIN = "http://127.0.0.1:8099/hook"


@dataclass(frozen=True)
class Compared:
    """One exchange, recorded and played: status, answer, and the webhooks that came before it, to whom."""

    recorded: tuple[int, str, list[tuple[str, str]]]
    played: tuple[int, str, list[tuple[str, str]]]


def expected_webhooks(scenario: list[Exchange]) -> dict[str, list[tuple[str, str]]]:
    """Tell which webhooks came during each POST: after the one before it, and no later than its own answer.

    The times are whole seconds, so this could not be told apart from a GET in the same second.
    """
    came = webhooks(scenario[0].name[4])
    found: dict[str, list[tuple[str, str]]] = {}
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for exchange in scenario:
        if exchange.method == "POST" and "webhook" not in exchange.name:
            heard = [(to, masked(body)) for at, to, body in came if begin < at <= exchange.at]
            found[exchange.name] = sorted(heard, key=_subscriber)
            begin = exchange.at
    return found


async def play_scenario(scenario: list[Exchange]) -> dict[str, Compared]:
    """Play one scenario from its beginning."""
    world = recorded_world("5.6.4")
    world.subscriptions.append(Subscription("main", MAIN, "local-webhook-secret-A"))
    names = Names(scenario)
    play = Play(world, mint=names.mint)
    compared, came = {}, expected_webhooks(scenario)
    for exchange in scenario:
        if exchange.name.endswith("R-confirm-past-pending"):
            into_the_past(play)
        play.at = exchange.at
        recorded = (exchange.status, masked(exchange.text), came.get(exchange.name, []))
        before = len(play.receiver.requests)
        status, text, _ = await play_exchange(play, exchange, names)
        came_now = play.receiver.requests[before:]
        heard = [(request.url.path, masked(request.content.decode())) for request in came_now]
        compared[exchange.name] = Compared(recorded, (status, text, sorted(heard, key=_subscriber)))
    return compared


def _subscriber(heard: tuple[str, str]) -> str:
    """All subscribers are called at once, in no order; what one of them hears is in order."""
    return heard[0]


def into_the_past(play: Play) -> None:
    """Do what was done to the recorded booking with SQL."""
    (booking,) = play.world.bookings.values()
    booking.start, booking.end = (
        datetime(2026, 11, 19, 9, tzinfo=UTC),
        datetime(2026, 11, 19, 9, 30, tzinfo=UTC),
    )


@pytest.fixture(scope="module")
def compared() -> dict[str, Compared]:
    """Play all scenarios once and tell how many exchanges agree."""
    found: dict[str, Compared] = {}
    for _, scenario in itertools.groupby(PLAYED, key=lambda exchange: exchange.name[4]):
        found |= asyncio.run(play_scenario(list(scenario)))
    agreeing = sum(one.recorded == one.played for one in found.values())
    hooks = sum(len(one.recorded[2]) for one in found.values())
    left = len(exchanges("api")) - len(found)
    print(f"\n{agreeing} of {len(found)} agree, with {hooks} webhooks; {left} left out")  # noqa: T201 -- asked for
    return found


@pytest.mark.parametrize("name", [exchange.name for exchange in PLAYED])
def test_the_sandbox_answers_and_tells_what_the_real_one_did(
    compared: dict[str, Compared], name: str
) -> None:
    """Status, answer and webhooks are the same text, and the webhooks come before the answer."""
    assert compared[name].played == compared[name].recorded


def test_every_recorded_webhook_of_the_scenarios_was_compared(compared: dict[str, Compared]) -> None:
    """No webhook fell between two calls."""
    assert sum(len(one.recorded[2]) for one in compared.values()) == sum(len(webhooks(s)) for s in SCENARIOS)
