"""Asking for moods: every one by the control route and in a scenario; all that is wrong is told at once."""

import asyncio
from typing import Any

import pytest

from gateway.sandbox.moods import CALL_KINDS, WEBHOOK_KINDS
from gateway.sandbox.routes import ROUTES
from gateway.sandbox.rows import TRIGGERS
from gateway.sandbox.scenario import Mistaken, parse
from gateway.sandbox.scenario import play as perform
from tests.sandbox.playing import Play

ALL = (*CALL_KINDS, *WEBHOOK_KINDS)
CALLS, WEBHOOKS = ", ".join(CALL_KINDS), ", ".join(WEBHOOK_KINDS)


async def step(running: Play, text: str, before: str = "") -> None:
    """Play a scenario that ends with a mood."""
    await perform(running.stage, parse("test", f'title = "A test"\n{before}[[step]]\ndo = "mood"\n{text}'))


@pytest.mark.parametrize("mood", ALL)
async def test_every_mood_can_be_asked_for(play: Play, mood: str) -> None:
    """By its name, and for a crash by its route, too; in a scenario it is the same mood."""
    route = {"route": "confirm"} if mood == "crash" else {}
    await play.mood(mood=mood, **route)
    asked = list(play.stage.moods.moods)
    await play.control("POST", "reset")
    await step(play, f'mood = "{mood}"\n' + ('route = "confirm"\n' if route else ""))
    refused = mood == "refuse"
    assert (play.stage.moods.moods, play.stage.moods.door.left > 0) == (asked, refused)
    assert len(asked) == (not refused)


@pytest.mark.parametrize("name", [*dict.fromkeys(spec.name for spec in ROUTES), "any"])
async def test_every_route_has_moods(play: Play, name: str) -> None:
    """By the name the calls are listed with."""
    await play.mood(route=name, mood="drop")
    assert play.stage.moods.take(name) is not None


@pytest.mark.parametrize("name", [*TRIGGERS, "webhook"])
async def test_every_webhook_has_moods(play: Play, name: str) -> None:
    """By its trigger, or all of them."""
    await play.mood(trigger=name, mood="lose")
    assert play.stage.moods.take(name) is not None


async def test_what_is_left_out_has_a_sensible_value(play: Play) -> None:
    """Two webhooks change places; a drip is a byte at a time."""
    for mood in ("reorder", "drip", "schema"):
        await play.mood(mood=mood)
    reorder, drip, schema = play.stage.moods.moods
    assert (reorder.where, reorder.left, reorder.seconds) == ("webhook", 2, 10)
    assert (drip.where, drip.chunk, drip.seconds, schema.shape) == ("any", 1, 0.05, "empty")


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ({}, "mood: Field required"),
        ({"mood": "grumpy"}, f"mood: should be one of {CALLS}, {WEBHOOKS}"),
        ({"mood": "lose", "route": "confirm"}, f"mood: should be one of {CALLS} for a call"),
        ({"mood": "drop", "trigger": "webhook"}, f"mood: should be one of {WEBHOOKS} for a webhook"),
        (
            {"mood": "lose", "trigger": "BOOKING_REQUESTED", "route": "list"},
            (
                "trigger: a call has no trigger: leave out `route` or this; "
                f"mood: should be one of {CALLS} for a call"
            ),
        ),
        ({"mood": "lose", "trigger": "webhook", "status": 500}, "status: means nothing for lose"),
        ({"mood": "limit", "after_effect": True}, "after_effect: means nothing for limit"),
        ({"mood": "reorder", "n": 1}, "n: it takes at least 2 to come in another order"),
        ({"mood": "reorder", "n": None}, "n: it takes at least 2 to come in another order"),
        ({"mood": "schema", "shape": "round"}, "shape: should be one of empty, old, strings"),
        (
            {"mood": "refuse", "n": 2, "uid": "x"},
            "n: means nothing for refuse; uid: means nothing for refuse",
        ),
        (
            {"mood": "refuse", "route": "confirm"},
            "mood: who is refused has not said what for: leave out `route`",
        ),
        (
            {"mood": "crash"},
            'mood: only a confirm can crash between its mails and the state: route = "confirm"',
        ),
        (
            {"mood": "slow", "seconds": -1, "n": 0, "colour": "red"},
            (
                "n: Input should be greater than or equal to 1; "
                "seconds: Input should be greater than or equal to 0; "
                "colour: Extra inputs are not permitted"
            ),
        ),
        ({"mood": "slow", "seconds": 1e9}, "seconds: Input should be less than or equal to 3600"),
        ({"mood": "status", "status": 200}, "status: Input should be greater than or equal to 400"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told(play: Play, mood: dict[str, Any], told: str) -> None:
    """All of it, a sentence each; and no mood is put in force."""
    answer = await play.client.post("/control/moods", json=mood)
    assert (answer.status_code, answer.json()["error"]) == (400, told)
    assert (play.stage.moods.moods, play.stage.moods.door.left) == ([], 0)


async def test_an_unknown_place_is_told_with_the_known_ones(play: Play) -> None:
    """Routes and triggers."""
    told = []
    for place in ({"route": "nowhere"}, {"trigger": "BOOKING_CONFIRMED"}):
        answer = await play.client.post("/control/moods", json={"mood": "lose", **place})
        told.append(answer.json()["error"])
    assert told[0].startswith("route: should be one of create, list, get, confirm, decline, cancel")
    assert told[1] == f"trigger: should be one of {', '.join(TRIGGERS)}, webhook"


def test_a_scenarios_moods_and_settings_are_checked_before_it_begins() -> None:
    """Each mistake with its line and its step, those of other steps beside them."""
    text = """title = "Wrong"
[[step]]
do = "mood"
mood = "grumpy"
route = "nowhere"
secnds = 3

[[step]]
do = "settings"
list_lag_seconds = -1
permission = "2026"
refused = 3

[[step]]
do = "mood"
mood = "reorder"
status = 3
n = 1

[[step]]
do = "clear-moods"
mood = "all"
"""
    with pytest.raises(Mistaken) as caught:
        parse("wrong", text)
    assert [mistake.split(": ")[:2] for mistake in caught.value.mistakes] == [
        ["line 4, step 1 (mood)", "mood"],
        ["line 5, step 1 (mood)", "route"],
        ["line 6, step 1 (mood)", "secnds"],
        ["line 10, step 2 (settings)", "list_lag_seconds"],
        ["line 11, step 2 (settings)", "permission"],
        ["line 17, step 3 (mood)", "status"],
        ["line 18, step 3 (mood)", "n"],
        ["line 22, step 4 (clear-moods)", "mood"],
    ]


BOOK = '[[step]]\ndo = "book"\nas = "first"\n'


async def test_a_scenarios_mood_can_be_for_one_booking(play: Play) -> None:
    """Named as in other steps; an unknown name is a mistake."""
    await step(play, 'mood = "status"\nroute = "confirm"\nbooking = "first"\n', BOOK)
    [uid] = play.world.bookings
    other = await play.booked(start="2027-03-05T10:00:00Z")
    assert [(await play.act(one, "confirm")).status_code for one in (other, uid)] == [200, 500]
    with pytest.raises(Mistaken, match="no earlier step names `first`"):
        await step(play, 'mood = "drop"\nbooking = "first"\n')


async def test_a_scenario_can_end_its_moods(play: Play) -> None:
    """All of them."""
    await step(play, 'mood = "drop"\nn = 9\n[[step]]\ndo = "clear-moods"\n')
    assert play.stage.moods.moods == []


async def test_a_scenarios_settings_leave_the_rest(play: Play) -> None:
    """Other settings, and the bookings as they are: a call under way still has its effect."""
    await play.control("POST", "settings", {"confirm_delay": 0.05})
    uid = await play.booked()
    confirming = asyncio.ensure_future(play.act(uid, "confirm"))
    await asyncio.sleep(0.02)
    await perform(play.stage, parse("test", 'title = "A test"\n[[step]]\ndo = "settings"\nblock = 5\n'))
    assert ((await confirming).status_code, play.booking(uid).status) == (200, "accepted")
    assert (play.world.settings.block, play.world.settings.confirm_delay) == (5, 0.05)


async def test_several_settings_are_refused_at_once(play: Play) -> None:
    """By the control route."""
    wrong = {"release": "7", "mood": "good", "block": "long"}
    told = (await play.client.post("/control/settings", json=wrong)).json()["error"]
    assert [one.partition(":")[0] for one in told.split("; ")] == ["release", "block", "mood"]
