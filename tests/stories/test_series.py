"""A weekly series: one call of Cal.com's decides all its dates, so one command does."""

import asyncio

import pytest

from tests.stories.cast import CalCom, Gateway, Json, Portal, until


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
