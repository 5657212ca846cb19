"""Webhooks come late, twice and out of order, and what they add up to is the same."""

import json
from typing import Any

from tests.stories.cast import OPERATOR, CalCom, Gateway, Portal

LOSE = {"trigger": "BOOKING_REQUESTED", "mood": "lose"}


def later(body: bytes, **payload: Any) -> bytes:
    """The same event told again an hour later, with other words."""
    told = json.loads(body)
    told["createdAt"] = f"2027-03-01T13:{told['createdAt'][14:]}"
    told["payload"] |= payload
    return json.dumps(told).encode()


async def test_the_same_bytes_are_a_duplicate(gateway: Gateway, sandbox: CalCom) -> None:
    """An exact resend is told by its verdict and by the id of the first, and is not kept twice."""
    [body] = await sandbox.bodies(await sandbox.book())
    first, second = (await gateway.deliver(body)).json(), (await gateway.deliver(body)).json()
    assert (first, second["verdict"]) == (second, "duplicate")
    assert await gateway.verdicts() == [("BOOKING_REQUESTED", "applied")]


async def test_a_duplicate_is_no_news(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """An exact resend moves no ETag and writes no line."""
    uid = await sandbox.book()
    before, [body] = await maya.etag(), await sandbox.bodies(uid)
    await gateway.deliver(body)
    assert (await maya.etag(), await maya.events(uid)) == (before, ["requested"])


async def test_a_doubled_webhook(maya: Portal, gateway: Gateway, sandbox: CalCom) -> None:
    """Cal.com sends a request twice: there is one booking with one line."""
    await sandbox.mood(trigger="BOOKING_REQUESTED", mood="double")
    uid = await sandbox.book()
    assert ((await maya.get("/v1/bookings")).json()["count"], await maya.events(uid)) == (1, ["requested"])


async def test_other_words_are_shown(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """The same event with another title: the title changes and the ETag moves, and the timeline stays as it was."""
    uid = await sandbox.book()
    before, [body] = await maya.etag(), await sandbox.bodies(uid)
    answer = await gateway.deliver(later(body, title="Another title"))
    assert (answer.json()["verdict"], (await maya.booking(uid))["title"]) == ("applied", "Another title")
    assert (await maya.etag() == before, await maya.events(uid)) == (False, ["requested"])


async def test_the_same_words_are_no_news(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """True, and nothing new: `unchanged`, and the ETag stays."""
    uid = await sandbox.book()
    before, [body] = await maya.etag(), await sandbox.bodies(uid)
    answer = await gateway.deliver(later(body))
    assert (answer.json()["verdict"], await maya.etag()) == ("unchanged", before)


async def test_older_words_are_stale(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """What Cal.com said before does not replace what it said since."""
    uid = await sandbox.book()
    [body] = await sandbox.bodies(uid)
    await gateway.deliver(later(body, title="Another title"))
    old = json.dumps(json.loads(body)).encode()
    assert (await gateway.deliver(old)).json()["verdict"] in ("stale", "duplicate")
    assert (await maya.booking(uid))["title"] == "Another title"


async def test_a_late_request_does_not_reopen(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """BOOKING_REQUESTED after BOOKING_CREATED is stale: the booking stays accepted."""
    await sandbox.book(name="Ben Okafor", email="ben@example.com")
    await sandbox.mood(trigger="BOOKING_REQUESTED", mood="hold")
    uid = await sandbox.book()
    await sandbox.act(uid, "confirm")
    await sandbox.control("POST", "release")
    assert (await gateway.verdicts())[-1] == ("BOOKING_REQUESTED", "stale")
    assert await maya.status(uid) == "accepted"


async def test_the_flag_falls_when_the_request_comes(maya: Portal, sandbox: CalCom) -> None:
    """Accepted without a request ever seen is marked; the late request takes the mark away."""
    await sandbox.book(name="Ben Okafor", email="ben@example.com")
    await sandbox.mood(trigger="BOOKING_REQUESTED", mood="hold")
    uid = await sandbox.book()
    await sandbox.act(uid, "confirm")
    before = (await maya.booking(uid))["flags"]
    await sandbox.control("POST", "release")
    assert (before, (await maya.booking(uid))["flags"]) == (["accepted_without_answer"], [])


async def test_a_move_by_the_attendee_who_knows_too_much(maya: Portal, sandbox: CalCom) -> None:
    """`rescheduledBy` = the host is accepted at once by Cal.com; here it is marked, and not taken for an answer."""
    uid = await sandbox.book()
    body = {"start": "2027-03-05T10:00:00Z", "rescheduledBy": "maya@example.com"}
    new = (await sandbox.act(uid, "reschedule", None, **body)).json()["data"]["uid"]
    sandbox.canaries.append(new)
    seen = await maya.booking(new)
    assert (seen["status"], seen["flags"], seen["decision"]) == (
        "accepted",
        ["accepted_without_answer"],
        None,
    )
    assert "accepted_elsewhere" in await maya.events(new)


async def test_a_move_links_both(maya: Portal, sandbox: CalCom) -> None:
    """A move makes a new uid: the old booking says where it went, the new one where it came from."""
    uid = await sandbox.book()
    answer = await sandbox.act(uid, "reschedule", None, start="2027-03-05T10:00:00Z")
    new = answer.json()["data"]["uid"]
    sandbox.canaries.append(new)
    old, moved = await maya.booking(uid), await maya.booking(new)
    assert (old["status"], old["moved_to"], moved["moved_from"]) == ("cancelled", new, uid)
    assert (await maya.events(uid))[-1] == "moved"


async def test_what_is_lost_is_not_invented(maya: Portal, sandbox: CalCom) -> None:
    """A request whose webhook was lost is not there: nobody sees it, and nobody answers it."""
    await sandbox.mood(**LOSE)
    uid = await sandbox.book()
    assert (await maya.accept(uid)).status_code == 404


async def test_confirmed_at_cal_com(maya: Portal, sandbox: CalCom) -> None:
    """The host answers at Cal.com itself: believed, told by that channel, by nobody we could name."""
    uid = await sandbox.book()
    await sandbox.act(uid, "confirm")
    decision = (await maya.booking(uid))["decision"]
    assert (decision["action"], decision["channel"], decision["by"]) == ("accept", "calcom", None)


async def test_what_is_not_understood_is_kept(gateway: Gateway) -> None:
    """An authentic body that no parser reads is 200 `unread`, and an operator finds it."""
    answer = await gateway.deliver(b"t=BOOKING_REQUESTED&who=x")
    assert (answer.status_code, answer.json()["verdict"]) == (200, "unread")
    told = (await gateway.service(OPERATOR).get("/v1/deliveries?verdict=unread")).json()
    assert [one["reason"] for one in told["items"]] == ["not-json"]


async def test_a_ping_is_ignored(gateway: Gateway) -> None:
    """Authentic, readable, and not about a booking."""
    answer = await gateway.deliver(
        b'{"triggerEvent":"PING","createdAt":"2027-03-01T12:00:00.000Z","payload":{}}'
    )
    assert (answer.status_code, answer.json()["verdict"]) == (200, "ignored")
