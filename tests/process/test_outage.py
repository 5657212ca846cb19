"""Cal.com's socket is closed, or its process stands still, for some seconds: what was promised is done afterwards.

`OUTAGE_SECONDS=60 pytest -s tests/process/test_outage.py` tries it with a minute and prints the figures.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.process.programs import Town
from tests.stories.cast import Portal

LONG = "OUTAGE_SECONDS" in os.environ
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "5"))
Press = Callable[[Portal, str], Awaitable[str]]


async def gone(town: Town, how: str) -> None:
    """Take Cal.com away."""
    if how == "closed":
        await town.relay.cut()
    else:
        town.calcom.tell(signal.SIGSTOP)


async def back(town: Town, how: str) -> float:
    """Let Cal.com be there again; gives the time."""
    if how == "closed":
        await town.relay.connect()
    else:
        town.calcom.tell(signal.SIGCONT)
    return time.monotonic()


@pytest.mark.parametrize(("how", "seconds"), [("closed", SECONDS), ("stopped", SECONDS if LONG else 1)])
async def test_the_promise_is_kept(town: Town, how: str, seconds: float) -> None:
    """Accept is 202 with a Location, and done within ten seconds of Cal.com's return, with one effect."""
    uid = await town.sandbox.book()
    await gone(town, how)
    answer = await town.portal.accept(uid)
    assert (answer.status_code, "location" in answer.headers) == (202, True)
    await asyncio.sleep(seconds)
    began = await back(town, how)
    command = await town.portal.settled(answer.json()["command"]["id"], 30)
    took = time.monotonic() - began
    print(f"{how} for {seconds:.0f} s: done {took:.1f} s after its return, {command['attempts']} attempts")  # noqa: T201
    assert (command["state"], await town.sandbox.effects(uid), took < 10) == ("done", (1, 1), True)


async def test_both_changes_of_mind(town: Town) -> None:
    """Meanwhile one accept is replaced by a decline and another taken back: Cal.com hears of the decline alone."""
    replaced, taken_back = await town.sandbox.book(), await town.sandbox.book()
    await gone(town, "closed")
    answers = await asyncio.gather(town.portal.accept(replaced), town.portal.accept(taken_back))
    first, second = (answer.json()["command"]["id"] for answer in answers)
    declined, withdrawn = await asyncio.gather(
        town.portal.reject(replaced), town.portal.call("DELETE", f"/v1/commands/{second}")
    )
    assert (declined.status_code, withdrawn.status_code) == (202, 200)
    await back(town, "closed")
    await town.portal.settled(declined.json()["command"]["id"], 10)
    states = [(await town.portal.command(number))["state"] for number in (first, second)]
    assert states == ["withdrawn", "withdrawn"]
    assert [await town.sandbox.effects(uid) for uid in (replaced, taken_back)] == [(0, 0), (0, 0)]
    assert [await town.portal.status(uid) for uid in (replaced, taken_back)] == ["rejected", "pending"]
