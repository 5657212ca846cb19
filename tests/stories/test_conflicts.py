"""Two meetings at the same time: the gateway asks before it lets a mentor accept the second."""

import asyncio
from datetime import timedelta

import pytest

from tests.stories.cast import ANA, BEN, MAYA, NOON, CalCom, Gateway, Portal

AT = NOON + timedelta(days=3)
HALF = timedelta(minutes=30)


async def two(sandbox: CalCom, apart: timedelta = HALF / 2) -> tuple[str, str]:
    """Two requests of different mentees to Maya."""
    return await sandbox.book(AT), await sandbox.book(AT + apart, name="Ben Okafor", email=BEN)


async def test_an_overlap_is_a_conflict(maya: Portal, sandbox: CalCom) -> None:
    """Accepting over an accepted meeting is 409 with the list of what stands in the way; nothing is sent."""
    first, second = await two(sandbox)
    await maya.accept(first)
    answer = await maya.accept(second)
    told = answer.json()
    assert (answer.status_code, told["code"], told["conflicts_count"]) == (409, "conflict", 1)
    assert [(one["uid"], one["status"]) for one in told["conflicts"]] == [(first, "accepted")]
    assert await sandbox.effects(second) == (0, 0)


async def test_a_conflict_looks_like_one_in_a_booking(maya: Portal, sandbox: CalCom) -> None:
    """The list has the members that the contract names, and no more."""
    first, second = await two(sandbox)
    await maya.accept(first)
    [told] = (await maya.accept(second)).json()["conflicts"]
    assert told.keys() == {"uid", "title", "start", "end", "status"}


async def test_override_accepts(maya: Portal, sandbox: CalCom) -> None:
    """Who has seen the conflict and insists, accepts."""
    first, second = await two(sandbox)
    await maya.accept(first)
    assert (await maya.accept(second, override=True)).status_code == 200
    assert await sandbox.effects(second) == (1, 1)


async def test_override_is_for_those_who_asked(maya: Portal, sandbox: CalCom) -> None:
    """`override: false` is no override."""
    first, second = await two(sandbox)
    await maya.accept(first)
    assert (await maya.accept(second, override=False)).status_code == 409


async def test_two_at_once(maya: Portal, sandbox: CalCom) -> None:
    """Two overlapping accepts at the same moment: one goes through, the other is a conflict."""
    both = await two(sandbox)
    answers = await asyncio.gather(*map(maya.accept, both))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sum([(await sandbox.effects(uid))[1] for uid in both]) == 1


async def test_an_accept_on_its_way_is_in_the_way(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """A meeting that is about to be accepted counts like one that is."""
    first, second = await two(sandbox)
    gateway.to_calcom.cut = True
    await maya.accept(first)
    answer = await maya.accept(second)
    assert (answer.status_code, [one["uid"] for one in answer.json()["conflicts"]]) == (409, [first])


@pytest.mark.parametrize("apart", [HALF, -HALF], ids=["after", "before"])
async def test_back_to_back_is_no_conflict(maya: Portal, sandbox: CalCom, apart: timedelta) -> None:
    """A meeting may begin as another ends."""
    first, second = await two(sandbox, apart)
    await maya.accept(first)
    assert (await maya.accept(second)).status_code == 200


async def test_another_request_is_no_hindrance(maya: Portal, sandbox: CalCom) -> None:
    """Competing requests are shown and hinder nothing: one of them is to be chosen."""
    first, second = await two(sandbox)
    assert [one["uid"] for one in (await maya.booking(first))["conflicts"]] == [second]
    assert (await maya.accept(first)).status_code == 200


async def test_another_hosts_meeting_is_no_conflict(gateway: Gateway, sandbox: CalCom) -> None:
    """Jonas's meetings do not keep Maya from hers."""
    first, second = await sandbox.book(AT), await sandbox.book(AT, host="jonas", email=BEN)
    assert (await gateway.host().accept(first)).status_code == 200
    assert (await gateway.host("jonas@example.com").accept(second)).status_code == 200


async def test_the_service_meets_the_same_conflict(gateway: Gateway, sandbox: CalCom) -> None:
    """The portal's backend, for nobody in particular, is told of the host's conflict too."""
    first, second = await two(sandbox)
    await gateway.service().accept(first)
    assert (await gateway.service().accept(second)).json()["code"] == "conflict"


async def test_an_attendee_sees_own_meetings_only(gateway: Gateway, sandbox: CalCom) -> None:
    """What else the host has at that time is no affair of an attendee's."""
    first, second = await two(sandbox)
    await gateway.host().accept(first)
    seen = await gateway.attendee(BEN).booking(second)
    assert (seen["conflicts"], seen["conflicts_count"]) == ([], 0)


async def test_ten_are_shown_and_all_are_counted(maya: Portal, sandbox: CalCom) -> None:
    """Of many competing requests ten are listed, with the number of all beside them."""
    uids = [await sandbox.book(AT, email=f"mentee{n}@example.com") for n in range(13)]
    seen = await maya.booking(uids[0])
    assert (len(seen["conflicts"]), seen["conflicts_count"]) == (10, 12)


async def test_a_meeting_the_mentor_attends_is_a_conflict(gateway: Gateway, sandbox: CalCom) -> None:
    """Whoever attends somebody else's meeting at that time is taken as well."""
    other = await sandbox.book(AT, host="jonas", name="Maya Fuentes", email=MAYA)
    await gateway.host("jonas@example.com").accept(other)
    answer = await gateway.host().accept(await sandbox.book(AT, email=ANA))
    assert (answer.status_code, [one["uid"] for one in answer.json()["conflicts"]]) == (409, [other])


async def test_declining_needs_no_override(maya: Portal, sandbox: CalCom) -> None:
    """A conflict hinders only an accept."""
    first, second = await two(sandbox)
    await maya.accept(first)
    assert (await maya.reject(second)).status_code == 200
