"""The control routes: playing an attendee, looking behind the scenes, beginning again."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.sandbox.demo import demo_world
from gateway.sandbox.slots import next_free
from gateway.sandbox.world import Status, World
from tests.sandbox.playing import JONAS, Play


async def test_an_attendee_asks_with_nothing_said(play: Play) -> None:
    """The first mentor, the next free slot, a person at example.com; the webhook has been sent."""
    made = await play.control("POST", "bookings")
    assert (made["status"], made["uids"]) == ("pending", [made["uid"]])
    booking = play.booking(made["uid"])
    assert (booking.host, booking.event_type) == (101, 11)
    assert play.receiver.triggers == ["BOOKING_REQUESTED"]


async def test_a_default_slot_is_a_free_one_on_a_weekday(play: Play) -> None:
    """At least two days ahead, in office hours, one after the other."""
    uids = [(await play.control("POST", "bookings"))["uid"] for _ in range(20)]
    starts = [play.booking(uid).start for uid in uids]
    assert min(starts) - play.at >= timedelta(days=2)
    assert len(set(starts)) == 20
    assert {start.weekday() for start in starts} <= set(range(5))


def test_the_day_after_a_friday_evening_is_a_monday() -> None:
    """Nobody meets on a Saturday."""
    world = demo_world("cal_x")
    start = next_free(world, world.event_type(11), datetime(2027, 3, 3, 12, tzinfo=UTC))
    assert start == datetime(2027, 3, 8, 8, tzinfo=UTC)


@pytest.mark.parametrize("host", ["jonas", "jonas@example.com", 102])
async def test_an_attendee_says_with_whom_and_about_what(play: Play, host: object) -> None:
    """The host by name, address or number; answers by slug."""
    wish = {
        "host": host,
        "event_type": "mentoring",
        "name": "Kim",
        "email": "kim@example.com",
        "notes": "Hello",
    }
    made = await play.control("POST", "bookings", wish | {"answers": {"why": "Find my way"}})
    booking = play.booking(made["uid"])
    assert (booking.host, booking.booker.name, booking.notes) == (102, "Kim", "Hello")
    assert play.receiver.payload["userFieldsResponses"]["why"]["value"] == "Find my way"


async def test_a_rehearsed_date_may_be_over(play: Play) -> None:
    """So that expiry can be rehearsed; a host who is taken is taken here, too."""
    made = await play.control("POST", "bookings", {"start": "2027-02-01T10:00:00Z"})
    assert play.booking(made["uid"]).status is Status.PENDING
    await play.act(made["uid"], "confirm")
    wish = {"start": "2027-02-01T10:00:00Z", "email": "kim@example.com"}
    assert (await play.client.post("/control/bookings", json=wish)).status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("bookings", {"host": "nobody"}),
        ("bookings", {"start": "soon"}),
        ("bookings", ["maya"]),
        ("meetings", {"uid": "nope"}),
        ("meetings", {}),
        ("subscriptions", {}),
        ("subscriptions", {"url": "http://x.example/", "triggers": ["BOOKING_CONFIRMED"]}),
        ("settings", {"mood": "good"}),
    ],
)
async def test_nonsense_is_refused_with_a_sentence(play: Play, path: str, body: object) -> None:
    """And does nothing."""
    answer = await play.client.post(f"/control/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert play.world.bookings == {}


async def test_every_call_is_remembered(play: Play) -> None:
    """Which route, about which booking, what was answered, whether it had an effect."""
    uid = await play.booked()
    await play.act(uid, "confirm")
    await play.act(uid, "confirm")
    await play.call("GET", "/v2/nope")
    calls = (await play.control("GET", "calls"))["calls"]
    seen = [(call["route"], call["uid"], call["status"], call["effect"]) for call in calls]
    assert seen[1:] == [
        ("confirm", uid, 200, True),
        ("confirm", uid, 400, False),
        ("unknown", None, 404, False),
    ]
    assert len((await play.control("GET", f"calls?uid={uid}&route=confirm"))["calls"]) == 2


async def test_asking_again_has_no_effect(play: Play) -> None:
    """Though it is answered 201."""
    for _ in range(2):
        await play.booked()
    calls = (await play.control("GET", "calls?route=create"))["calls"]
    assert [(call["status"], call["effect"]) for call in calls] == [(201, True), (201, False)]


async def test_the_state_tells_what_no_answer_tells(play: Play) -> None:
    """The reason of a rejection, and how many confirms went through; but no key."""
    uid = await play.booked()
    await play.act(uid, "decline", reason="away")
    await play.act(uid, "confirm")
    state = await play.control("GET", "state")
    assert state["confirms"] == {uid: 1}
    assert state["bookings"][0]["rejection_reason"] == "away"
    assert JONAS not in str(state)


async def test_what_was_sent_can_be_read(play: Play) -> None:
    """The body as text, byte for byte what arrived."""
    uid = await play.booked()
    (sent,) = (await play.control("GET", f"webhooks?uid={uid}"))["webhooks"]
    assert (sent["trigger"], sent["status"]) == ("BOOKING_REQUESTED", 200)
    assert sent["body"].encode() == play.receiver.requests[0].content
    assert sent["signature"] == play.receiver.requests[0].headers["x-cal-signature-256"]


async def test_somebody_can_subscribe_while_it_runs(play: Play) -> None:
    """And hears what comes afterwards."""
    play.world.subscriptions.clear()
    await play.control("POST", "subscriptions", {"url": "http://new.example/", "secret": "s"})
    await play.booked()
    assert str(play.receiver.requests[0].url) == "http://new.example/"


async def test_a_reset_begins_again(play: Play) -> None:
    """The world as built; no bookings, moods, calls or deliveries."""
    await play.booked()
    await play.control("POST", "subscriptions", {"url": "http://new.example/"})
    await play.mood(route="any", mood="drop", n=None)
    await play.control("POST", "reset")
    assert (play.world.bookings, len(play.world.subscriptions)) == ({}, 1)
    assert (await play.control("GET", "calls"))["calls"] == []
    assert (await play.ask()).status_code == 201
    assert len((await play.control("GET", "webhooks"))["webhooks"]) == 1


async def test_a_world_survives_being_written_down(play: Play) -> None:
    """As JSON, with all it knows; ids go on where they were."""
    uid = await play.booked(guests=["kim@example.com"], metadata={"n": 7})
    await play.act(uid, "confirm")
    dumped = play.world.dump()
    loaded = World.load(dumped)
    assert loaded == play.world
    assert loaded.dump() == dumped
    assert loaded.next_id() == 2
