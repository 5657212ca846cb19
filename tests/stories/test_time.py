"""The clock goes on: requests expire, meetings begin and end, and each is written once, when it happens."""

from datetime import timedelta

import pytest

from tests.stories.cast import NOON, CalCom, Clock, Gateway, Portal, until

SOON = NOON + timedelta(hours=1)


async def test_an_unanswered_request_expires(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """The first read after its start finds it expired, with one line in the timeline."""
    uid = await sandbox.book(SOON)
    clock.wind(hours=2)
    assert [await maya.status(uid) for _ in range(3)] == ["expired"] * 3
    assert await maya.events(uid) == ["requested", "expired"]


async def test_the_line_tells_the_instant(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """It expired at its start, whenever that was noticed, and the gateway says so."""
    uid = await sandbox.book(SOON)
    clock.wind(hours=5)
    line = (await maya.timeline(uid))[-1]
    assert (line["at"], line["channel"], line["before"], line["after"]) == (
        "2027-03-01T13:00:00Z",
        "gateway",
        "pending",
        "expired",
    )


@pytest.mark.parametrize("press", ["accept", "reject"])
async def test_an_expired_request_is_not_answered(
    maya: Portal, sandbox: CalCom, clock: Clock, press: str
) -> None:
    """409 `started`, and Cal.com, which would allow it, is not called."""
    uid = await sandbox.book(SOON)
    clock.wind(hours=2)
    answer = await (maya.accept(uid) if press == "accept" else maya.reject(uid))
    assert (answer.status_code, answer.json()["code"]) == (409, "started")
    assert [*await sandbox.calls("confirm"), *await sandbox.calls("decline")] == []


async def test_an_expired_request_offers_nothing(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """No buttons on what cannot be answered."""
    uid = await sandbox.book(SOON)
    clock.wind(hours=2)
    assert (await maya.booking(uid))["actions"] == []


@pytest.mark.parametrize("path", ["/v1/bookings?status=expired", "/v1/bookings?status=pending"])
async def test_every_list_knows(maya: Portal, sandbox: CalCom, clock: Clock, path: str) -> None:
    """Lists and counts are by the status of this moment, too."""
    await sandbox.book(SOON)
    clock.wind(hours=2)
    told = (await maya.get(path)).json()
    wanted = 1 if "expired" in path else 0
    assert (told["count"], len(told["items"])) == (wanted, wanted)


async def test_an_etag_does_not_outlive_the_start(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """The ETag of before is worth nothing once the request has expired, though nobody wrote anything."""
    await sandbox.book(SOON)
    before = await maya.etag()
    clock.wind(hours=2)
    answer = await maya.get("/v1/bookings", **{"If-None-Match": before})
    assert (answer.status_code, answer.json()["items"][0]["status"]) == (200, "expired")


async def test_the_sweep_needs_no_reader(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """It is written by itself, within a second, when the time has come."""
    await sandbox.book(clock() + timedelta(seconds=1))

    async def expired() -> bool:
        return b'"expired"' in gateway.stored()

    assert await until(expired, 4) < 2.2


async def test_a_meeting_begins_and_ends(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """An accepted meeting stays accepted; that it started and ended are lines."""
    uid = await sandbox.book(SOON)
    await maya.accept(uid)
    clock.wind(hours=2)
    assert await maya.status(uid) == "accepted"
    assert (await maya.events(uid))[-2:] == ["started", "ended"]


async def test_an_accept_that_comes_too_late_is_not_sent(
    gateway: Gateway, maya: Portal, sandbox: CalCom, clock: Clock
) -> None:
    """Cal.com is away until after the start: the command fails as `started`, and nothing is confirmed."""
    uid = await sandbox.book(SOON)
    gateway.to_calcom.cut = True
    number = (await maya.accept(uid)).json()["command"]["id"]
    clock.wind(hours=2)
    gateway.to_calcom.cut = False
    await gateway.wake()
    command = await maya.settled(number)
    assert (command["state"], command["error"], await sandbox.effects(uid)) == ("failed", "started", (0, 0))
    assert set((await maya.events(uid))[-2:]) == {
        "expired",
        "action_failed",
    }  # the sweep is a loop of its own


async def test_a_late_confirm_at_cal_com_is_believed(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """Cal.com confirms what has expired: it is accepted, and marked as late."""
    uid = await sandbox.book(SOON)
    clock.wind(hours=2)
    assert await maya.status(uid) == "expired"
    await sandbox.act(uid, "confirm")
    seen = await maya.booking(uid)
    assert (seen["status"], seen["flags"]) == ("accepted", ["late_accept"])
    assert "late_accept" in await maya.events(uid)


async def test_exactly_at_the_start_is_too_late(maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """The start itself is no longer before the start."""
    uid = await sandbox.book(SOON)
    clock.wind(seconds=(SOON - clock()).total_seconds())
    assert (await maya.accept(uid)).json()["code"] == "started"
