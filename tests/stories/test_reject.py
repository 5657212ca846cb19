"""A mentor declines: with a reason from the list, which the attendee reads in words."""

import asyncio

import pytest

from tests.stories.cast import LABEL, CalCom, Json, Portal

ROOM = 500 - len(f"{LABEL}: ")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"reason_code": "no-capacity"}, LABEL),
        ({"reason_code": "no-capacity", "reason": None}, LABEL),
        ({"reason_code": "no-capacity", "reason": "Back in May"}, f"{LABEL}: Back in May"),
        ({"reason_code": "no-capacity", "reason": "Back\x00 in\x1b May"}, f"{LABEL}: Back in May"),
        ({"reason_code": "no-capacity", "reason": "x" * ROOM}, f"{LABEL}: " + "x" * ROOM),
    ],
    ids=["label", "null", "words", "control characters", "500 characters"],
)
async def test_the_reason_reaches_cal_com(maya: Portal, sandbox: CalCom, body: Json, text: str) -> None:
    """Cal.com is sent the label, and behind it the mentor's own words."""
    uid = await sandbox.book()
    assert (await maya.reject(uid, **body)).status_code == 200
    row = await sandbox.row(uid)
    assert (row["status"], row["rejection_reason"]) == ("rejected", text)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": "just so"}, "reason-required"),
        ({"reason_code": None}, "reason-required"),
        ({"reason_code": ""}, "reason-required"),
        ({"reason_code": "because"}, "reason-unknown"),
        ({"reason_code": 7}, "invalid"),
        ({"reason_code": "no-capacity", "reason": ["a"]}, "invalid"),
        ({"reason_code": "no-capacity", "reason": "x" * (ROOM + 1)}, "invalid"),
        ({"reason_code": "no-capacity", "override": True}, "invalid"),
    ],
    ids=["missing", "null", "empty", "unknown", "number", "list", "501 characters", "a field of accept's"],
)
async def test_a_reason_that_is_none_is_refused(maya: Portal, sandbox: CalCom, body: Json, code: str) -> None:
    """422, and Cal.com is not called."""
    uid = await sandbox.book()
    answer = await maya.reject(uid, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [*await sandbox.calls("decline"), *await sandbox.calls("get")] == []


async def test_a_body_is_needed(maya: Portal, sandbox: CalCom) -> None:
    """No body is no reason."""
    answer = await maya.call("POST", f"/v1/bookings/{await sandbox.book()}/reject")
    assert (answer.status_code, answer.json()["code"]) == (422, "reason-required")


async def test_the_decision_tells_why(maya: Portal, sandbox: CalCom) -> None:
    """The reason's code and the mentor's words are part of the decision."""
    uid = await sandbox.book()
    await maya.reject(uid)
    decision = (await maya.booking(uid))["decision"]
    assert (decision["action"], decision["channel"]) == ("reject", "portal")
    assert (decision["reason_code"], decision["reason"]) == ("no-capacity", "Back in May")


async def test_the_timeline_says_it_once(maya: Portal, sandbox: CalCom) -> None:
    """One line `rejected`, for the portal, with the reason."""
    uid = await sandbox.book()
    await maya.reject(uid)
    line = (await maya.timeline(uid))[-1]
    assert (line["event"], line["channel"], line["before"], line["after"]) == (
        "rejected",
        "portal",
        "pending",
        "rejected",
    )
    assert line["detail"]["reason_code"] == "no-capacity"


@pytest.mark.parametrize("mood", ["status", "drop", "html"])
async def test_an_effect_without_an_answer_is_found(maya: Portal, sandbox: CalCom, mood: str) -> None:
    """Declined, then no usable answer and no webhook: the command ends done, having been sent once."""
    uid = await sandbox.book()
    await sandbox.mood(route="decline", mood=mood, after_effect=True)
    await sandbox.mood(trigger="BOOKING_REJECTED", mood="lose")
    number = (await maya.reject(uid)).json()["command"]["id"]
    assert (await maya.settled(number))["state"] == "done"
    assert len(await sandbox.calls("decline", uid)) == 1


@pytest.mark.parametrize("first", ["accept", "reject"])
async def test_an_answer_stands(maya: Portal, sandbox: CalCom, first: str) -> None:
    """The opposite answer afterwards is 409 with who and when; Cal.com, which would allow it, is not called."""
    uid = await sandbox.book()
    press = {"accept": maya.accept, "reject": maya.reject}
    await press.pop(first)(uid)
    answer = await press.popitem()[1](uid)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "already-decided")
    assert (told["decision"]["action"], told["decision"]["by"]["name"]) == (first, "Maya Fuentes")
    assert len(await sandbox.calls("confirm")) + len(await sandbox.calls("decline")) == 1


async def test_a_cancelled_request_is_not_answered(maya: Portal, sandbox: CalCom) -> None:
    """What the attendee has withdrawn is 409 `not-pending`, though Cal.com would revive it."""
    uid = await sandbox.book()
    await sandbox.act(uid, "cancel", None, cancellationReason="Ill")
    answer = await maya.accept(uid)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-pending")
    assert await sandbox.effects(uid) == (0, 0)


async def test_declined_by_many_at_once(maya: Portal, sandbox: CalCom) -> None:
    """Cal.com would take every one of ten parallel declines; it is sent one."""
    uid = await sandbox.book()
    answers = await asyncio.gather(*(maya.reject(uid) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len(await sandbox.calls("decline", uid)) == 1
