"""Release 6.0.2, text for text: every kind of booking list, and the calls that made what is listed.

The recorded bookings are read back from the longest recorded list, so that all lists can be asked again.
"""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from gateway.sandbox.world import Approval, EventType, Recurrence, World
from tests.sandbox.playing import Play
from tests.sandbox.recorded import (
    PLACE,
    Exchange,
    Names,
    as_booking,
    counted,
    exchanges,
    masked,
    needed,
    play_exchange,
    recorded_world,
)

pytestmark = needed

RECORDED_AT = datetime(2026, 11, 20, 22, 44, 58, tzinfo=UTC)
LISTS = "e4-bookings-list"
OLD_SHAPE = "the old shape of the list is not offered: the sandbox says so"
LEFT_OUT = {
    **{f"{LISTS}/{number:03d}": "making an event type is compared in another folder" for number in (1, 2, 3)},
    **{f"{LISTS}/{number:03d}": OLD_SHAPE for number in range(93, 97)},
    **{
        f"{LISTS}/{number:03d}": "bookings that were not recorded are in this list"
        for number in (113, 114, 115)
    },
}


def chosen(folder: str, *numbers: range) -> dict[str, Exchange]:
    """Give the exchanges of a folder with those numbers, but for what is left out."""
    wanted = {f"{number:03d}" for span in numbers for number in span}
    found = {f"{folder}/{x.name[:3]}": x for x in exchanges(f"api-6.0.2/{folder}") if x.name[:3] in wanted}
    return {name: exchange for name, exchange in found.items() if name not in LEFT_OUT}


READ = chosen(LISTS, range(27, 100))
CHANGED = chosen(LISTS, range(4, 27), range(100, 113))
Played = dict[str, tuple[int, str, set[str]]]


def world_of_lists() -> World:
    """The people and event types the lists were recorded with."""
    world = recorded_world("6.0.2")
    ask, plain = EventType(27, "e4-ask", "e4-ask", 1), EventType(28, "e4-plain", "e4-plain", 1)
    series = EventType(29, "e4-series", "e4-series", 1, recurrence=Recurrence(3))
    plain.approval = Approval.NEVER
    kinds = [EventType(26, "marco-visit", "Marco visit", 2), ask, plain, series]
    for kind in kinds:
        kind.location = PLACE
    world.event_types += kinds
    return world


def world_with_bookings() -> World:
    """The world as it was when the lists were recorded."""
    world = world_of_lists()
    longest = next(x for x in exchanges(f"api-6.0.2/{LISTS}") if x.name.startswith("035"))
    rows = json.loads(longest.text)["data"]
    world.bookings = {row["uid"]: as_booking(row) for row in rows}
    return world


async def play_reading() -> Played:
    """Send all recorded requests that read."""
    play, answered, names = Play(world_with_bookings(), RECORDED_AT), {}, Names([])
    for name, exchange in READ.items():
        answered[name] = await play_exchange(play, exchange, names)
    return answered


async def play_changing() -> Played:
    """Send all recorded requests that change something, in their order."""
    names = Names(list(CHANGED.values()))
    play = Play(world_of_lists(), RECORDED_AT, mint=names.mint)
    return {name: await play_exchange(play, exchange, names) for name, exchange in CHANGED.items()}


@pytest.fixture(scope="module")
def answered() -> Played:
    """Play everything once and tell how much agrees."""
    found, recorded = asyncio.run(play_reading()) | asyncio.run(play_changing()), READ | CHANGED
    agreeing = sum(found[name][:2] == (x.status, masked(x.text)) for name, x in recorded.items())
    print(f"\n{agreeing} of {len(recorded)} exchanges of {LISTS} agree, {len(LEFT_OUT)} left out")  # noqa: T201 -- asked for
    return found


@pytest.mark.parametrize("name", READ | CHANGED)
def test_the_sandbox_answers_what_release_6_0_2_did(answered: Played, name: str) -> None:
    """Status, text and counted headers are those of the real one."""
    exchange = (READ | CHANGED)[name]
    assert answered[name] == (exchange.status, masked(exchange.text), counted(exchange.answered))


def test_every_recorded_exchange_is_played_or_left_out() -> None:
    """None is forgotten."""
    numbered = {f"{LISTS}/{exchange.name[:3]}" for exchange in exchanges(f"api-6.0.2/{LISTS}")}
    assert (READ | CHANGED).keys() | LEFT_OUT.keys() == numbered
