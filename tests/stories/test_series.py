"""A weekly series: one call of Cal.com's decides all its dates, so one command does."""

import asyncio
from datetime import timedelta

import pytest

from tests.stories.cast import NOON, CalCom, Gateway, Json, Portal, until
from tests.stories.equal import mirrored, move, settled, truth


@pytest.fixture
async def dates(gateway: Gateway, sandbox: CalCom) -> list[str]:
    """Three weekly requests, known to belong together."""
    first = await sandbox.book(event_type="weekly")
    state = await sandbox.control("GET", "state")
    uids = [row["uid"] for row in state["bookings"]]
    sandbox.canaries += uids

    async def learnt() -> bool:
        seen = [await gateway.host().booking(uid) for uid in uids]
        return all(one["series"] and one["series"]["count"] == 3 for one in seen)

    await until(learnt)
    assert uids[0] == first
    return uids


async def statuses(maya: Portal, uids: list[str]) -> set[str]:
    """In which states the dates are."""
    return {await maya.status(uid) for uid in uids}


async def test_a_series_is_known(maya: Portal, dates: list[str]) -> None:
    """Each date tells the series, how many dates are known and how many wait."""
    seen = [(await maya.booking(uid))["series"] for uid in dates]
    assert [(one["count"], one["pending"]) for one in seen] == [(3, 3)] * 3
    assert len({one["uid"] for one in seen}) == 1


async def test_one_answer_for_all(maya: Portal, sandbox: CalCom, dates: list[str]) -> None:
    """Accepting one date accepts all: one call, and the answer says which dates it affects."""
    answer = await maya.accept(dates[0])
    told: Json = answer.json()
    assert (answer.status_code, "affects" in told) == (200, True)

    async def all_accepted() -> bool:
        return await statuses(maya, dates) == {"accepted"}

    await until(all_accepted)
    assert len(await sandbox.calls("confirm")) == 1


async def test_the_answer_names_all_dates(maya: Portal, dates: list[str]) -> None:
    """`affects` lists every date that the one call decided."""
    assert sorted((await maya.accept(dates[1])).json()["affects"]) == sorted(dates)


async def test_two_dates_at_once(maya: Portal, sandbox: CalCom, dates: list[str]) -> None:
    """Accepting two dates at the same moment is one command and one call."""
    answers = await asyncio.gather(maya.accept(dates[0]), maya.accept(dates[1]))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len(await sandbox.calls("confirm")) == 1


async def test_the_other_dates_are_credited(maya: Portal, dates: list[str]) -> None:
    """Every date's timeline says accepted once, and that it was through the portal."""
    await maya.accept(dates[0])

    async def told() -> bool:
        return ["accepted" in await maya.events(uid) for uid in dates] == [True] * 3

    await until(told)
    lines = [
        [one["channel"] for one in await maya.timeline(uid) if one["event"] == "accepted"] for uid in dates
    ]
    assert lines == [["portal"]] * 3


async def test_declining_declines_all(maya: Portal, sandbox: CalCom, dates: list[str]) -> None:
    """One decline for all dates."""
    await maya.reject(dates[2])

    async def all_rejected() -> bool:
        return await statuses(maya, dates) == {"rejected"}

    await until(all_rejected)
    assert len(await sandbox.calls("decline")) == 1


async def agrees(gateway: Gateway, sandbox: CalCom, uids: list[str]) -> bool:
    """Whether each date stands here as in Cal.com's own row, once every look has been taken."""
    await settled(gateway)
    return [await mirrored(gateway, uid) for uid in uids] == [await truth(sandbox, uid) for uid in uids]


@pytest.mark.parametrize(("action", "event"), [("confirm", "accepted"), ("decline", "rejected")])
async def test_answered_at_cal_com(
    gateway: Gateway, maya: Portal, sandbox: CalCom, dates: list[str], action: str, event: str
) -> None:
    """The answer is told for one date alone; the others are found answered as well, once each and by nobody of ours."""
    await sandbox.act(dates[1], action)
    assert await agrees(gateway, sandbox, dates)
    assert [await maya.events(uid) for uid in dates] == [["requested", event]] * 3
    assert {(await maya.timeline(uid))[-1]["channel"] for uid in dates} == {"calcom"}


async def test_answered_while_nobody_can_ask(gateway: Gateway, sandbox: CalCom, dates: list[str]) -> None:
    """With Cal.com out of reach the other dates wait for an answer; when it is back, they have it."""
    gateway.to_calcom.cut = True
    await sandbox.act(dates[0], "confirm")
    assert await statuses(gateway.host(), dates) == {"accepted", "pending"}
    gateway.to_calcom.cut = False
    gateway.clock.wind(minutes=1)
    assert await agrees(gateway, sandbox, dates)
    assert await statuses(gateway.host(), dates) == {"accepted"}


async def test_one_date_withdrawn(gateway: Gateway, maya: Portal, sandbox: CalCom, dates: list[str]) -> None:
    """Whether the others went with it the webhook does not say: each is asked about, and goes on waiting."""
    before = [len(await sandbox.calls("get", uid)) for uid in dates]
    await sandbox.act(dates[1], "cancel", None, cancellationReason="A holiday")
    assert await agrees(gateway, sandbox, dates)
    assert [await maya.status(uid) for uid in dates] == ["pending", "cancelled", "pending"]
    asked = [len(await sandbox.calls("get", uid)) for uid in dates]
    assert [after - earlier for earlier, after in zip(before, asked, strict=True)] == [1, 0, 1]


@pytest.mark.parametrize("answered", [False, True])
async def test_the_later_dates_cancelled(
    gateway: Gateway, maya: Portal, sandbox: CalCom, dates: list[str], answered: bool
) -> None:
    """One webhook for this date and those that follow: they are found cancelled, and the first stays."""
    if answered:
        await maya.accept(dates[0])
        await settled(gateway)
    first = await maya.status(dates[0])
    await sandbox.act(dates[1], "cancel", cancellationReason="Ill", cancelSubsequentBookings=True)
    assert await agrees(gateway, sandbox, dates)
    assert [await maya.status(uid) for uid in dates] == [first, "cancelled", "cancelled"]
    expected = "cancelled" if answered else "withdrawn"
    assert [(await maya.events(uid))[-1] for uid in dates[1:]] == [expected] * 2


async def test_the_whole_series_cancelled(
    gateway: Gateway, maya: Portal, sandbox: CalCom, dates: list[str]
) -> None:
    """Cancelled by the series' own uid, it is told for the first date; none of them is left."""
    series = (await maya.booking(dates[0]))["series"]["uid"]
    await sandbox.act(series, "cancel", None, cancellationReason="I have moved away")
    assert await agrees(gateway, sandbox, dates)
    assert await statuses(maya, dates) == {"cancelled"}


async def test_a_withdrawn_date_is_not_accepted_with_the_others(
    gateway: Gateway, maya: Portal, sandbox: CalCom, dates: list[str]
) -> None:
    """What was withdrawn before is no part of the answer, and is not revived by it."""
    await sandbox.act(dates[0], "cancel", None, cancellationReason="A holiday")
    await settled(gateway)
    answer = await maya.accept(dates[1])
    assert sorted(answer.json()["affects"]) == sorted(dates[1:])
    assert await agrees(gateway, sandbox, dates)
    assert [await maya.status(uid) for uid in dates] == ["cancelled", "accepted", "accepted"]


async def test_one_date_is_moved(gateway: Gateway, maya: Portal, sandbox: CalCom, dates: list[str]) -> None:
    """The date has another uid and still belongs to the series; the other dates stay as they were."""
    new = await move(sandbox, dates[1], NOON + timedelta(days=30))
    assert await agrees(gateway, sandbox, [*dates, new])
    assert [await maya.status(uid) for uid in [*dates, new]] == ["pending", "cancelled", "pending", "pending"]
    assert (await maya.booking(new))["series"]["uid"] == (await maya.booking(dates[0]))["series"]["uid"]
