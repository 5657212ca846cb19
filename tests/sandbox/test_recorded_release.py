"""Release 6.0.2, text for text: accounts, errors, event types, every kind of booking list, and calls that change.

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
    as_booking,
    counted,
    exchanges,
    masked,
    needed,
    play_exchange,
    recorded_mint,
    recorded_world,
    why_type,
)

pytestmark = needed

RECORDED_AT = datetime(2026, 11, 20, 22, 44, 58, tzinfo=UTC)
LEFT_OUT = {
    "e1-me/011": "the key in the query is echoed in the path; compared as 003",
    "e1-me/012": "platform clients are not offered",
    "e1-me/013": "keys do not expire here",
    "e1-me/014": "keys do not expire here",
    "e1-me/015": "keys do not expire here",
    "e1-me/018": "PATCH /v2/me is not offered",
    "e1-me/019": "PATCH /v2/me is not offered",
    "e1-me/020": "PATCH /v2/me is not offered; the account was changed by then",
    "e1-me/026": "webhook routes are not offered",
    "e1-me/027": "webhook routes are not offered",
    "e1-me/028": "schedules are not offered",
    "e1-me/031": "the health route is not counted here",
    "e1-me/032": "the account's week had been changed by then; a test of its own looks at the slash",
    "e1-me/035": "the account's week had been changed by then; a test of its own looks at the prefix",
    "e1-me/036": "refreshing keys is not offered",
    "e4-bookings-list/093": "the old shape is not offered",
    "e4-bookings-list/094": "the old shape is not offered",
    "e4-bookings-list/095": "the old shape is not offered",
    "e4-bookings-list/096": "the old shape is not offered",
}


def chosen(folder: str, *numbers: range) -> dict[str, Exchange]:
    """Give the exchanges of a folder with those numbers, but for what is left out."""
    wanted = {f"{number:03d}" for span in numbers for number in span}
    found = {f"{folder}/{x.name[:3]}": x for x in exchanges(f"api-6.0.2/{folder}") if x.name[:3] in wanted}
    return {name: exchange for name, exchange in found.items() if name not in LEFT_OUT}


LISTS = "e4-bookings-list"
READ = (
    chosen("e1-me", range(37))
    | chosen("e2-event-types", range(4, 8), range(9, 14))
    | chosen(LISTS, range(27, 100))
)
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
    world.event_types += [*kinds, EventType(2, "quick-call", "Quick call", 1)]
    return world


def world_with_bookings() -> World:
    """The world as it was when the lists were recorded."""
    world = world_of_lists()
    longest = next(x for x in exchanges(f"api-6.0.2/{LISTS}") if x.name.startswith("035"))
    rows = json.loads(longest.text)["data"]
    world.event_types.append(EventType(5, "sopralluogo", "Sopralluogo", 1))
    world.bookings = {row["uid"]: as_booking(row) for row in rows}
    return world


async def play_reading() -> Played:
    """Send all recorded requests that read."""
    play, answered = Play(world_with_bookings(), RECORDED_AT), {}
    for name, exchange in READ.items():
        if name.startswith("e2"):
            play.world.person(1).week_start = "Monday"
        answered[name] = await play_exchange(play, exchange)
    return answered


async def play_changing() -> Played:
    """Send all recorded requests that change something, in their order."""
    play = Play(world_of_lists(), RECORDED_AT, mint=recorded_mint(list(CHANGED.values())))
    return {name: await play_exchange(play, exchange) for name, exchange in CHANGED.items()}


@pytest.fixture(scope="module")
def answered() -> Played:
    """Play everything once and tell how much agrees."""
    found, recorded = asyncio.run(play_reading()) | asyncio.run(play_changing()), READ | CHANGED
    agreeing = sum(found[name][:2] == (x.status, masked(x.text)) for name, x in recorded.items())
    print(f"\n{agreeing} of {len(recorded)} exchanges of 6.0.2 agree")  # noqa: T201 -- asked for
    return found


@pytest.mark.parametrize("name", READ | CHANGED)
def test_the_sandbox_answers_what_release_6_0_2_did(answered: Played, name: str) -> None:
    """Status, text and counted headers are those of the real one."""
    exchange = (READ | CHANGED)[name]
    assert answered[name] == (exchange.status, masked(exchange.text), counted(exchange.answered))


async def test_a_form_with_a_question_is_shown_as_recorded() -> None:
    """An owner's question stands between the place and the title."""
    recorded = next(x for x in exchanges("api-6.0.2/e2-event-types") if x.name.startswith("051"))
    play = Play(recorded_world("6.0.2"))
    play.world.event_types.append(why_type())
    shown = await play.get(
        "/v2/event-types/15", key=recorded.headers["Authorization"].removeprefix("Bearer ")
    )
    form = [field for field in json.loads(recorded.text)["data"]["bookingFields"] if field["slug"] != "kind"]
    assert shown["bookingFields"] == form
