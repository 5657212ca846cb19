"""A mentor accepts: one effect at Cal.com, whatever Cal.com or the mentor's impatience do meanwhile."""

import asyncio

import pytest

from tests.stories.cast import CalCom, Clock, Gateway, Json, Portal, until

AFTER = {"route": "confirm", "after_effect": True}
LOST = {"trigger": "BOOKING_CREATED", "mood": "lose"}


async def accepted_lines(portal: Portal, uid: str) -> list[tuple[str, str]]:
    """The lines that say accepted, with the channel each is told for."""
    return [
        (one["event"], one["channel"]) for one in await portal.timeline(uid) if one["after"] == "accepted"
    ]


async def test_a_request_is_accepted_in_the_portal(maya: Portal, sandbox: CalCom) -> None:
    """The request appears by webhook; pressing accept makes Cal.com confirm it, and the answer says so."""
    uid = await sandbox.book()
    answer = await maya.accept(uid)
    told = answer.json()
    assert (answer.status_code, told["command"]["state"], told["booking"]["status"]) == (
        200,
        "done",
        "accepted",
    )
    assert await sandbox.effects(uid) == (1, 1)


async def test_the_timeline_says_it_once(maya: Portal, sandbox: CalCom) -> None:
    """The webhook and the call's answer both say accepted; the timeline says it once, for the portal."""
    uid = await sandbox.book()
    await maya.accept(uid)
    lines = [(line["event"], line["channel"]) for line in await maya.timeline(uid)]
    assert lines == [("requested", "calcom"), ("submitted", "portal"), ("accepted", "portal")]


async def test_the_decision_names_the_mentor(maya: Portal, sandbox: CalCom) -> None:
    """Who has answered is told by role and name, and how: through the portal."""
    uid = await sandbox.book()
    await maya.accept(uid)
    decision = (await maya.booking(uid))["decision"]
    assert (decision["action"], decision["channel"]) == ("accept", "portal")
    assert decision["by"] == {"role": "host", "name": "Maya Fuentes"}


async def test_the_link_comes_with_the_acceptance(maya: Portal, sandbox: CalCom) -> None:
    """A request has no address to meet at yet; an accepted meeting has."""
    uid = await sandbox.book()
    before = (await maya.booking(uid))["meeting_url"]
    await maya.accept(uid)
    after = (await maya.booking(uid))["meeting_url"]
    assert (before, str(after)[:4]) == (None, "http")


@pytest.mark.parametrize("one_key", [True, False])
async def test_fifty_impatient_presses_confirm_once(maya: Portal, sandbox: CalCom, one_key: bool) -> None:
    """Fifty presses at once, with one key or fifty, are one command, one call and one effect."""
    uid = await sandbox.book()
    await sandbox.control("POST", "settings", {"confirm_delay": 0.3, "race": 100})
    answers = await asyncio.gather(*(maya.accept(uid, f"key {0 if one_key else n}") for n in range(50)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["command"]["id"] for answer in answers}) == 1
    assert await sandbox.effects(uid) == (1, 1)


async def test_a_press_after_the_fact_is_told_the_same(maya: Portal, sandbox: CalCom) -> None:
    """Who presses again later gets the command that did it."""
    uid = await sandbox.book()
    first, second = await maya.accept(uid), await maya.accept(uid)
    assert (second.status_code, second.json()["command"]) == (200, first.json()["command"])


async def test_the_webhook_comes_first_and_nothing_waits(maya: Portal, sandbox: CalCom) -> None:
    """Cal.com's webhook settles the command while its own confirm call still runs."""
    uid = await sandbox.book()
    await sandbox.mood(**AFTER, mood="slow", seconds=1.5)
    answer = await maya.accept(uid)
    assert (answer.status_code, answer.json()["command"]["state"]) == (200, "done")
    assert (await sandbox.calls("confirm", uid))[0]["ended"] is None


@pytest.mark.parametrize(
    ("mood", "lost"),
    [
        ({"mood": "status", "status": 500}, False),
        ({"mood": "status", "status": 500}, True),
        ({"mood": "drop"}, False),
        ({"mood": "drop"}, True),
        ({"mood": "hang"}, False),
        ({"mood": "hang"}, True),
        ({"mood": "html"}, False),
        ({"mood": "garbage"}, True),
    ],
    ids=lambda one: str(one["mood"]) if isinstance(one, dict) else f"lost {one}",
)
async def test_an_effect_without_an_answer_is_found(
    maya: Portal, sandbox: CalCom, mood: Json, lost: bool
) -> None:
    """Confirmed, and then no usable answer: the command ends done, having been sent once."""
    uid = await sandbox.book()
    await sandbox.mood(**AFTER, **mood)
    if lost:
        await sandbox.mood(**LOST)
    number = (await maya.accept(uid)).json()["command"]["id"]
    assert (await maya.settled(number))["state"] == "done"
    assert await sandbox.effects(uid) == (1, 1)
    assert await accepted_lines(maya, uid) == [("accepted", "portal")]


@pytest.mark.parametrize("kind", ["html", "drop"])
async def test_silence_is_broken_after_a_minute(
    gateway: Gateway, sandbox: CalCom, clock: Clock, kind: str
) -> None:
    """Sent, no answer and no effect: looked at only, and sent again when sixty seconds have passed."""
    maya, uid = gateway.host(), await sandbox.book()
    await sandbox.mood(route="confirm", mood=kind)
    number = (await maya.accept(uid)).json()["command"]["id"]
    clock.wind(seconds=55)
    await gateway.wake()
    await until(lambda: looked(sandbox, uid, 2))
    sent_early = (await sandbox.effects(uid))[0]
    clock.wind(seconds=60)
    await gateway.wake()
    assert (sent_early, (await maya.settled(number))["state"]) == (1, "done")
    assert await sandbox.effects(uid) == (2, 1)


async def looked(sandbox: CalCom, uid: str, times: int) -> bool:
    """Whether the booking has been looked at so often."""
    return len(await sandbox.calls("get", uid)) >= times


async def test_cal_com_that_stays_silent_is_given_up(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """Sent three times in all without an effect: the command fails, and the booking is marked unproven."""
    maya, uid = gateway.host(), await sandbox.book()
    await sandbox.mood(route="confirm", mood="html", n=None)
    number = (await maya.accept(uid)).json()["command"]["id"]
    for _ in range(40):
        clock.wind(seconds=30)
        await gateway.wake()
        await asyncio.sleep(0.02)
        if (await maya.command(number))["state"] == "failed":
            break
    command, flags = await maya.command(number), (await maya.booking(uid))["flags"]
    assert (command["state"], command["error"], flags) == ("failed", "calcom-silent", ["unproven"])
    assert await sandbox.effects(uid) == (3, 0)


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_is_told(maya: Portal, sandbox: CalCom, status: int) -> None:
    """Cal.com says no and a look shows that it meant it: 502 with command and booking, nothing accepted."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", mood="status", status=status)
    answer = await maya.accept(uid)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (502, "calcom-refused")
    assert (told["command"]["state"], told["booking"]["status"]) == ("failed", "pending")
    assert (await maya.events(uid))[1:] == ["submitted", "action_failed"]


async def test_no_text_of_cal_coms_is_passed_on(maya: Portal, sandbox: CalCom) -> None:
    """A refusal's own words, which may quote a credential, do not reach the portal."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", mood="status", status=403)
    answer = await maya.accept(uid)
    assert "PermissionsGuard" not in answer.text + str(await maya.timeline(uid))


async def test_a_refused_command_may_be_given_again(maya: Portal, sandbox: CalCom) -> None:
    """After a failure the request is still there to be answered."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", mood="status", status=403)
    await maya.accept(uid)
    assert (await maya.booking(uid))["actions"] == ["accept", "reject"]
    assert (await maya.accept(uid)).status_code == 200


async def test_a_failed_look_is_no_answer(maya: Portal, sandbox: CalCom) -> None:
    """The look before the call fails once: nothing is sent until one has succeeded."""
    uid = await sandbox.book()
    await sandbox.mood(route="get", mood="status", status=503)
    number = (await maya.accept(uid)).json()["command"]["id"]
    assert (await maya.settled(number))["attempts"] == 2
    assert await sandbox.effects(uid) == (1, 1)


async def test_a_limit_is_waited_out(gateway: Gateway, sandbox: CalCom, clock: Clock) -> None:
    """Cal.com's rate limit postpones the command for as long as Cal.com says, and nothing is lost."""
    maya, uid = gateway.host(), await sandbox.book()
    await sandbox.mood(route="confirm", mood="status", status=429)
    answer = await maya.accept(uid)
    assert (answer.status_code, answer.json()["command"]["state"]) == (202, "waiting")
    assert answer.json()["command"]["error"] == "calcom-limited"


async def test_accepted_at_cal_com_meanwhile_is_done(maya: Portal, sandbox: CalCom) -> None:
    """Somebody confirms at Cal.com and its webhook is lost: pressing accept finds it so and sends nothing."""
    uid = await sandbox.book()
    await sandbox.mood(**LOST)
    await sandbox.act(uid, "confirm")
    answer = await maya.accept(uid)
    assert (answer.status_code, answer.json()["command"]["state"]) == (200, "done")
    assert (len(await sandbox.calls("confirm", uid)), await accepted_lines(maya, uid)) == (
        1,
        [("accepted", "calcom")],
    )


async def test_declined_at_cal_com_meanwhile_is_overtaken(maya: Portal, sandbox: CalCom) -> None:
    """Somebody declines at Cal.com and its webhook is lost: accept is 409, and does not revive it."""
    uid = await sandbox.book()
    await sandbox.mood(trigger="BOOKING_REJECTED", mood="lose")
    await sandbox.act(uid, "decline")
    answer = await maya.accept(uid)
    told = answer.json()
    assert (answer.status_code, told["code"], told["command"]["state"]) == (
        409,
        "already-decided",
        "overtaken",
    )
    assert (await sandbox.effects(uid), told["booking"]["status"]) == ((0, 0), "rejected")
