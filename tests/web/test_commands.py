"""The acting doors: what an answer looks like, what a key is good for, who may do what."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.cast import LABEL, MAYA, OPERATOR, REASON, CalCom, Clock, Gateway, Portal

REMOTE = timedelta(days=30)
COMMAND = {"id", "uid", "action", "state", "attempts", "next_attempt_at", "error", "created_at", "settled_at"}


async def test_an_answer_has_command_and_booking(maya: Portal, sandbox: CalCom) -> None:
    """Both as their own routes show them."""
    uid = await sandbox.book()
    told = (await maya.accept(uid)).json()
    assert told.keys() == {"command", "booking"}
    assert (told["command"].keys(), told["command"]) == (COMMAND, await maya.command(told["command"]["id"]))
    assert told["booking"] == await maya.booking(uid)


async def test_a_command_that_is_done(maya: Portal, sandbox: CalCom) -> None:
    """It names its booking and action, and has nothing left to do."""
    uid = await sandbox.book()
    told = (await maya.accept(uid)).json()["command"]
    assert (told["uid"], told["action"], told["state"], told["attempts"]) == (uid, "accept", "done", 1)
    assert (told["next_attempt_at"], told["error"], told["settled_at"] > told["created_at"]) == (
        None,
        None,
        True,
    )


async def test_no_body_is_an_empty_one(maya: Portal, sandbox: CalCom) -> None:
    """Accept needs nothing said."""
    assert (await maya.call("POST", f"/v1/bookings/{await sandbox.book()}/accept")).status_code == 200


async def test_a_media_type_may_have_parameters(maya: Portal, sandbox: CalCom) -> None:
    """`application/json; charset=utf-8` is JSON."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = await maya.call(
        "POST", f"/v1/bookings/{await sandbox.book()}/accept", content=b"{}", headers=headers
    )
    assert answer.status_code == 200


async def test_done_by_somebody_else(maya: Portal, sandbox: CalCom) -> None:
    """Already accepted at Cal.com: 200 with a command that is done, and nothing is sent."""
    uid = await sandbox.book()
    await sandbox.act(uid, "confirm")
    answer = await maya.accept(uid)
    assert (answer.status_code, answer.json()["command"]["state"]) == (200, "done")
    assert (await sandbox.effects(uid), await maya.events(uid)) == ((1, 1), ["requested", "accepted"])


async def test_a_booking_shows_its_command_in_brief(maya: Portal, sandbox: CalCom) -> None:
    """Attempts are no news to a reader of bookings."""
    uid = await sandbox.book()
    number = (await maya.accept(uid)).json()["command"]["id"]
    assert (await maya.booking(uid))["command"] == {"id": number, "action": "accept", "state": "done"}


async def test_a_command_has_no_etag(maya: Portal, sandbox: CalCom) -> None:
    """A command is asked for while it changes."""
    number = (await maya.accept(await sandbox.book())).json()["command"]["id"]
    assert "etag" not in (await maya.get(f"/v1/commands/{number}")).headers


async def test_the_same_key_says_the_same(maya: Portal, sandbox: CalCom) -> None:
    """A key that comes again with the same request gives that command as it is now."""
    uid = await sandbox.book()
    answers = [await maya.accept(uid, "one") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["command"] == answers[1].json()["command"]


@pytest.mark.parametrize("other", ["booking", "action", "body"])
async def test_a_key_for_something_else(maya: Portal, sandbox: CalCom, other: str) -> None:
    """The same key with another booking, action or body is 422."""
    uid, second = await sandbox.book(), await sandbox.book()
    await maya.reject(uid, "one")
    answer = await {
        "booking": lambda: maya.reject(second, "one"),
        "action": lambda: maya.accept(uid, "one"),
        "body": lambda: maya.reject(uid, "one", reason_code="other"),
    }[other]()
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")


async def test_a_key_reads_the_body_not_its_bytes(maya: Portal, sandbox: CalCom) -> None:
    """The order of members makes no other request."""
    uid = await sandbox.book()
    bodies: tuple[dict[str, Any], ...] = (REASON, dict(reversed(REASON.items())))
    assert [(await maya.reject(uid, "one", **body)).status_code for body in bodies] == [200, 200]


async def test_keys_are_ones_own(gateway: Gateway, sandbox: CalCom) -> None:
    """Two people may use the same key."""
    mine, theirs = await sandbox.book(), await sandbox.book(host="jonas")
    assert (await gateway.host().accept(mine, "one")).status_code == 200
    assert (await gateway.host("jonas@example.com").accept(theirs, "one")).status_code == 200


async def test_a_key_is_the_persons(gateway: Gateway, sandbox: CalCom) -> None:
    """The backend acting for Maya shares Maya's keys: the scope is the acting person."""
    uid = await sandbox.book()
    first = await gateway.host().accept(uid, "one")
    second = await gateway.service(behalf=MAYA).accept(uid, "one")
    assert second.json()["command"]["id"] == first.json()["command"]["id"]


async def test_a_refusal_is_not_kept(maya: Portal, sandbox: CalCom) -> None:
    """The key of a refused request is free for the right one."""
    uid = await sandbox.book()
    assert (await maya.reject(uid, "one", reason_code="because")).status_code == 422
    assert (await maya.reject(uid, "one")).status_code == 200


@pytest.mark.parametrize(("days", "status"), [(6, 422), (8, 409)])
async def test_a_key_is_kept_for_a_week(
    gateway: Gateway, sandbox: CalCom, clock: Clock, days: int, status: int
) -> None:
    """After seven days a key may stand for something else."""
    uid = await sandbox.book(clock() + REMOTE)
    await gateway.host().reject(uid, "one")
    clock.wind(days=days)
    maya = gateway.host()
    other = await sandbox.book(clock() + REMOTE)
    await maya.reject(other, "fresh")
    assert (await maya.accept(uid, "one")).status_code == status


@pytest.mark.parametrize(
    ("key", "status"), [("k" * 200, 200), ("k" * 201, 422), ("", 422)], ids=["200", "201", "empty"]
)
async def test_a_keys_length(maya: Portal, sandbox: CalCom, key: str, status: int) -> None:
    """1 to 200 characters."""
    path, headers = f"/v1/bookings/{await sandbox.book()}/accept", {"Idempotency-Key": key}
    assert (await maya.call("POST", path, json={}, headers=headers)).status_code == status


async def test_opposite_presses_at_once(maya: Portal, sandbox: CalCom) -> None:
    """Accept and decline at the same moment: one of them reaches Cal.com."""
    uid = await sandbox.book()
    answers = await asyncio.gather(maya.accept(uid), maya.reject(uid))
    assert {one.status_code for one in answers} <= {200, 202, 409}
    assert len(await sandbox.calls("confirm", uid)) + len(await sandbox.calls("decline", uid)) == 1


async def test_only_service_tokens_act_for_others(gateway: Gateway, sandbox: CalCom) -> None:
    """A person's own token names nobody else: 403."""
    uid = await sandbox.book()
    answer = await gateway.attendee().call(
        "POST", f"/v1/bookings/{uid}/accept", json={}, headers={"Gateway-On-Behalf-Of": MAYA}
    )
    assert answer.status_code == 403


async def test_an_operator_token_acts_for_nobody(gateway: Gateway, sandbox: CalCom) -> None:
    """An operator sees a booking; whatever it may do, the answer's author is never another person."""
    uid = await sandbox.book()
    await gateway.service(OPERATOR).accept(uid)
    by = [one["by"] for one in await gateway.service().timeline(uid) if one["event"] != "requested"]
    assert all(one["role"] in ("operator", "portal") for one in by)


async def test_the_reasons_are_listed(maya: Portal) -> None:
    """The dialog's choices, from the settings."""
    told = (await maya.get("/v1/reasons")).json()
    assert told.keys() == {"reject", "cancel"}
    assert {"code": "no-capacity", "label": LABEL} in told["reject"]


@pytest.mark.parametrize(
    "changes",
    [
        {
            "reasons": {
                "reject": [{"code": "full", "label": "Full"}],
                "cancel": [{"code": "ill", "label": "Ill"}],
            }
        }
    ],
)
async def test_the_settings_reasons(maya: Portal, sandbox: CalCom) -> None:
    """Another list in the settings is another list in the dialog and at the door."""
    uid = await sandbox.book()
    assert (await maya.get("/v1/reasons")).json()["reject"] == [{"code": "full", "label": "Full"}]
    codes = [
        (await maya.reject(uid, reason_code=code)).status_code for code in ("no-capacity", "ill", "full")
    ]
    assert codes == [422, 422, 200]
