"""A list that lags: it shows the bookings as they were some seconds before, while a single one is up to date."""

import asyncio

import pytest

from gateway.sandbox.scenario import find, parse, read
from gateway.sandbox.scenario import play as perform
from tests.sandbox.playing import Play

LAGS = 'title = "A test"\n[world.settings]\nlist_lag_seconds = 60\n'
BOOK, CATCH_UP = '[[step]]\ndo = "book"\n', '[[step]]\ndo = "settings"\nlist_lag_seconds = 0\n'


async def listed(play: Play, query: str = "") -> dict[str, str]:
    """What the list says: status by uid."""
    return {row["uid"]: row["status"] for row in await play.get(f"/v2/bookings{query}")}


async def lagging(play: Play, seconds: float = 60) -> None:
    """Let the list fall behind."""
    told = await play.control("POST", "settings", {"list_lag_seconds": seconds})
    assert told["list_lag_seconds"] == seconds


async def test_usually_it_does_not_lag(play: Play) -> None:
    """Without the setting a change is listed at once, and no former row is kept."""
    uid = await play.booked()
    await play.act(uid, "confirm")
    assert (await listed(play), play.stage.replica.rows) == ({uid: "accepted"}, {})


async def test_a_change_is_listed_later(play: Play) -> None:
    """Up to the lag the former row is shown, with its own `updatedAt`; afterwards the new one."""
    uid = await play.booked()
    [before] = await play.get("/v2/bookings")
    await lagging(play)
    await play.act(uid, "confirm")
    play.wait(seconds=59)
    assert await play.get("/v2/bookings") == [before]
    play.wait(seconds=1)
    assert await listed(play) == {uid: "accepted"}


async def test_a_single_booking_is_up_to_date(play: Play) -> None:
    """GET by uid does not lag."""
    uid = await play.booked()
    await lagging(play)
    await play.act(uid, "confirm")
    assert (await play.get(f"/v2/bookings/{uid}"))["status"] == "accepted"


async def test_a_new_booking_is_listed_later(play: Play) -> None:
    """What was not there yet is not shown."""
    await lagging(play)
    uid = await play.booked()
    assert await listed(play) == {}
    play.wait(seconds=60)
    assert await listed(play) == {uid: "pending"}


async def test_a_deleted_booking_is_listed_for_a_while(play: Play) -> None:
    """What is gone is still shown until the lag has passed."""
    uid = await play.booked()
    await lagging(play)
    del play.world.bookings[uid]
    assert (await listed(play), (await play.call("GET", f"/v2/bookings/{uid}")).status_code) == (
        {uid: "pending"},
        404,
    )
    play.wait(seconds=60)
    assert await listed(play) == {}


async def test_views_and_filters_are_of_then(play: Play) -> None:
    """An accepted request is `unconfirmed` as long as the list lags, and was changed when the row says."""
    uid = await play.booked()
    await lagging(play)
    play.wait(seconds=30)
    await play.act(uid, "confirm")
    assert await listed(play, "?status=unconfirmed") == {uid: "pending"}
    assert await listed(play, "?afterUpdatedAt=2027-03-01T12:00:10Z") == {}


async def test_changes_follow_one_after_the_other(play: Play) -> None:
    """Each is shown as long after it happened as the list lags."""
    uid = await play.booked()
    await lagging(play)
    shown = []
    for action in ("decline", "confirm", "cancel", None):
        if action:
            await play.act(uid, action)
        play.wait(seconds=30)
        shown.append((await listed(play))[uid])
    assert shown == ["pending", "rejected", "accepted", "cancelled"]


async def test_a_change_under_way_is_not_shown_early(play: Play) -> None:
    """A list asked for while a webhook is still being sent knows nothing of what it tells."""
    await lagging(play)
    play.receiver.seconds = 0.05
    booking = asyncio.ensure_future(play.ask())
    await asyncio.sleep(0.02)
    assert (await listed(play), len(play.world.bookings)) == ({}, 1)
    await booking


async def test_it_can_catch_up_at_once(play: Play) -> None:
    """Set back to 0 nothing lags, and switched on again it starts from what is there."""
    uid = await play.booked()
    await lagging(play)
    await play.act(uid, "confirm")
    await lagging(play, 0)
    assert await listed(play) == {uid: "accepted"}
    await lagging(play)
    assert await listed(play) == {uid: "accepted"}


async def test_a_short_history_is_kept(play: Play) -> None:
    """Rows that are older than the lag are forgotten but for the last of them."""
    uid = await play.booked()
    await lagging(play)
    for _ in range(5):
        await play.act(uid, "decline")
        play.wait(minutes=2)
    await listed(play)
    assert len(play.stage.replica.rows[uid]) == 1


async def test_beginning_again_forgets_it(play: Play) -> None:
    """After a reset nothing of before is listed."""
    await lagging(play)
    await play.booked()
    await play.control("POST", "reset")
    assert (await listed(play), play.stage.replica.rows) == ({}, {})


async def test_what_a_scenario_does_is_listed_later(play: Play) -> None:
    """Set in its world, the list is behind from the first step on, though nobody has called yet."""
    before = await play.booked(start="2027-03-05T10:00:00Z")
    await perform(play.stage, parse("lags", f"{LAGS}{BOOK}"))
    assert await listed(play) == {before: "pending"}
    play.wait(seconds=60)
    assert len(await listed(play)) == 2


async def test_a_scenario_can_catch_up(play: Play) -> None:
    """A step changes the setting."""
    await perform(play.stage, parse("lags", f"{LAGS}{BOOK}{CATCH_UP}"))
    assert list((await listed(play)).values()) == ["pending"]


async def test_the_example(play: Play) -> None:
    """Nothing of it is listed before five seconds are over, and all of it then."""
    await perform(play.stage, read(find("list-lag")))
    shown = [await listed(play)]
    play.wait(seconds=5)
    shown.append(await listed(play))
    assert [list(one.values()) for one in shown] == [[], ["accepted"]]


@pytest.mark.parametrize("seconds", [-1, 1e12, "soon"])
async def test_what_is_no_lag_is_refused(play: Play, seconds: object) -> None:
    """A lag is a number of seconds, at most a day."""
    answer = await play.client.post("/control/settings", json={"list_lag_seconds": seconds})
    assert answer.status_code == 400
