"""What must never be on disk: Cal.com's one-time passwords, and anything of a meeting that is not the programme's."""

import hashlib
import json
import sqlite3

import pytest

from tests.stories.cast import ANA, NOON, OPERATOR, CalCom, Gateway, Portal, until

OUTSIDER, NAME = "olga.outsider@example.net", "Olga Outsider"
OURS = [{"programme": {"event_types": [kind]}} for kind in (11, "mentoring")]
ours = pytest.mark.parametrize("changes", OURS, ids=["by id", "by slug"])


async def outside(sandbox: CalCom) -> str:
    """A private call of Maya's, which needs no approval and is none of ours."""
    return await sandbox.book(event_type="private-call", name=NAME, email=OUTSIDER)


async def traces(gateway: Gateway, sandbox: CalCom, uid: str) -> list[str]:
    """What of an outsider's meeting is on disk once nothing is left to do."""

    async def looked() -> bool:
        return not await pending_looks(gateway)

    await until(looked)
    stored, row = gateway.stored(), await sandbox.row(uid)
    told = {"address": OUTSIDER, "name": NAME, "uid": uid, "title": row["title"], "room": row["video_url"]}
    return [what for what, word in told.items() if word and word.encode() in stored]


async def pending_looks(gateway: Gateway) -> int:
    """How many questions to Cal.com are still queued."""
    with sqlite3.connect(f"file:{gateway.database}?mode=ro", uri=True) as conn:
        count = int(conn.execute("select count(*) from looks").fetchone()[0])
    conn.close()
    return count


@ours
async def test_a_full_delivery_leaves_no_trace(gateway: Gateway, sandbox: CalCom) -> None:
    """BOOKING_CREATED of another event type is `ignored`; its words are nowhere in the database file or its log."""
    uid = await outside(sandbox)
    assert await gateway.verdicts() == [("BOOKING_CREATED", "ignored")]
    assert await traces(gateway, sandbox, uid) == []


@ours
@pytest.mark.parametrize("confirmed", [False, True], ids=["row", "reduced"])
async def test_a_meeting_leaves_no_trace(gateway: Gateway, sandbox: CalCom, confirmed: bool) -> None:
    """MEETING_STARTED of another event type, in both of its forms."""
    uid = await outside(sandbox)
    if confirmed:
        await sandbox.act(uid, "cancel", None, cancellationReason="x")
        await sandbox.act(uid, "confirm")
    await sandbox.control("POST", "meetings", {"uid": uid})
    assert (await gateway.verdicts())[-1] == ("MEETING_STARTED", "ignored")
    assert await traces(gateway, sandbox, uid) == []


@ours
async def test_a_thin_delivery_leaves_no_trace(gateway: Gateway, sandbox: CalCom) -> None:
    """BOOKING_NO_SHOW_UPDATED names no event type: nothing of it stays once a look has told whose it is."""
    await sandbox.mood(trigger="BOOKING_CREATED", mood="lose")
    uid = await outside(sandbox)
    assert (await gateway.deliver(no_show(uid))).json()["verdict"] == "ignored"
    assert await traces(gateway, sandbox, uid) == []


def no_show(uid: str) -> bytes:
    """The body of a thin delivery."""
    payload = {
        "message": f"{OUTSIDER} marked as no-show",
        "attendees": [{"email": OUTSIDER, "noShow": True}],
        "bookingUid": uid,
    }
    told = {
        "triggerEvent": "BOOKING_NO_SHOW_UPDATED",
        "createdAt": "2027-03-01T12:00:00.000Z",
        "payload": payload,
    }
    return json.dumps(told).encode()


@ours
async def test_a_strangers_meeting_is_not_shown(gateway: Gateway, sandbox: CalCom) -> None:
    """Nobody is shown a meeting of another event type, its host included."""
    uid = await outside(sandbox)
    portals = (gateway.host(), gateway.attendee(OUTSIDER), gateway.service())
    assert [(await portal.get(f"/v1/bookings/{uid}")).status_code for portal in portals] == [404, 404, 404]


@ours
async def test_ours_are_mirrored(maya: Portal, sandbox: CalCom) -> None:
    """The programme's own event type is named by id or by slug, and works from request to answer."""
    uid = await sandbox.book()
    assert (await maya.accept(uid)).status_code == 200


@ours
async def test_a_meeting_of_ours_is_not_ignored(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """MEETING_STARTED after a host's accept names the event type by slug only; a known booking is ours all the same."""
    uid = await sandbox.book(NOON.replace(day=2))
    await maya.accept(uid)
    await sandbox.control("POST", "meetings", {"uid": uid})
    assert (await gateway.verdicts())[-1] == ("MEETING_STARTED", "unchanged")


@ours
async def test_a_meeting_row_of_ours_is_not_ignored(gateway: Gateway, sandbox: CalCom) -> None:
    """MEETING_STARTED sent as the booking's row names the event type by id only; a known booking is ours all the same."""
    uid = await sandbox.book()
    await sandbox.control("POST", "meetings", {"uid": uid})
    assert (await gateway.verdicts())[-1] == ("MEETING_STARTED", "unchanged")


async def test_no_password_is_kept(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """The one-time password of a request, with which anybody could accept it, is nowhere on disk."""
    uid = await sandbox.book()
    await sandbox.control("POST", "meetings", {"uid": uid})
    await maya.accept(uid)
    password = (await sandbox.row(uid))["one_time_password"]
    assert any(password.encode() in body for body in await sandbox.bodies(uid))
    assert password.encode() not in gateway.stored()


async def test_no_password_of_an_unread_body_is_kept(gateway: Gateway) -> None:
    """A body that no parser reads is redacted just the same."""
    body = b'{"triggerEvent":"BOOKING_REQUESTED", "payload": {"oneTimePassword" : "pass\\"word-canary", oops'
    assert (await gateway.deliver(body)).json()["verdict"] == "unread"
    assert b"word-canary" not in gateway.stored()


async def test_the_digest_is_the_originals(gateway: Gateway, sandbox: CalCom) -> None:
    """An operator sees the digest and size of what Cal.com sent, and a body without the password."""
    [body] = await sandbox.bodies(await sandbox.book())
    one = (await gateway.service(OPERATOR).get("/v1/deliveries/1")).json()
    assert (one["digest"], one["size"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert '"oneTimePassword":"redacted"' in one["body"]


async def test_ours_is_on_disk(gateway: Gateway, sandbox: CalCom) -> None:
    """The search would find what is there."""
    await sandbox.book()
    assert ANA.encode() in gateway.stored()
