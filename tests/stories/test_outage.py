"""Cal.com is out of reach: what was pressed is kept, can be taken back, and is done when Cal.com is there again."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.stories.cast import LABEL, CalCom, Gateway, Portal


@pytest.fixture
async def asked(gateway: Gateway, sandbox: CalCom) -> AsyncIterator[str]:
    """A request whose accept was pressed after Cal.com had gone."""
    uid = await sandbox.book()
    gateway.to_calcom.cut = True
    yield uid
    gateway.to_calcom.cut = False


@pytest.fixture
async def hurried(gateway: Gateway) -> AsyncIterator[None]:
    """Nobody waits as long as it says."""
    task = asyncio.create_task(gateway.hurry())
    yield
    task.cancel()


async def test_accept_is_promised(maya: Portal, asked: str) -> None:
    """With Cal.com away the answer is 202 with the place where the command can be watched."""
    answer = await maya.accept(asked)
    number = answer.json()["command"]["id"]
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/commands/{number}")
    assert (await maya.get(answer.headers["location"])).json()["state"] == "waiting"
    assert answer.json()["booking"]["command"] == {"id": number, "action": "accept", "state": "open"}


async def test_the_promise_is_kept(gateway: Gateway, sandbox: CalCom, maya: Portal, asked: str) -> None:
    """Within ten seconds of Cal.com's return the command is done, with one effect."""
    number = (await maya.accept(asked)).json()["command"]["id"]
    gateway.to_calcom.cut = False
    began = time.monotonic()
    assert (await maya.settled(number))["state"] == "done"
    assert time.monotonic() - began < 10
    assert await sandbox.effects(asked) == (1, 1)


@pytest.mark.usefixtures("hurried")
async def test_the_same_press_joins(maya: Portal, asked: str) -> None:
    """Pressing again without a key, or with another one, gives the command that is open."""
    numbers = {(await maya.accept(asked, key)).json()["command"]["id"] for key in (None, "one")}
    assert len(numbers) == 1


@pytest.mark.usefixtures("hurried")
async def test_a_change_of_mind(gateway: Gateway, sandbox: CalCom, maya: Portal, asked: str) -> None:
    """Declining while an accept has not been sent withdraws it; only the decline reaches Cal.com."""
    first = (await maya.accept(asked)).json()["command"]["id"]
    second = (await maya.reject(asked)).json()["command"]["id"]
    gateway.to_calcom.cut = False
    assert ((await maya.settled(second))["state"], (await maya.command(first))["state"]) == (
        "done",
        "withdrawn",
    )
    assert (await sandbox.effects(asked), (await sandbox.row(asked))["status"]) == ((0, 0), "rejected")
    assert await maya.events(asked) == [
        "requested",
        "submitted",
        "command_withdrawn",
        "submitted",
        "rejected",
    ]


@pytest.mark.usefixtures("hurried")
async def test_the_change_of_mind_carries_its_reason(
    gateway: Gateway, sandbox: CalCom, maya: Portal, asked: str
) -> None:
    """What takes the accept's place is a whole command, its reason included."""
    await maya.accept(asked)
    number = (await maya.reject(asked)).json()["command"]["id"]
    gateway.to_calcom.cut = False
    await maya.settled(number)
    assert (await sandbox.row(asked))["rejection_reason"] == f"{LABEL}: Back in May"


@pytest.mark.usefixtures("hurried")
async def test_a_command_is_taken_back(gateway: Gateway, sandbox: CalCom, maya: Portal, asked: str) -> None:
    """DELETE withdraws an unsent command: it is never sent, and the request can be answered again."""
    number = (await maya.accept(asked)).json()["command"]["id"]
    answer = await maya.call("DELETE", f"/v1/commands/{number}")
    assert (answer.status_code, answer.json()["command"]["state"]) == (200, "withdrawn")
    gateway.to_calcom.cut = False
    assert (await maya.booking(asked))["actions"] == ["accept", "reject"]
    again = (await maya.accept(asked)).json()["command"]["id"]
    assert ((await maya.settled(again))["state"], await sandbox.effects(asked)) == ("done", (1, 1))


@pytest.mark.usefixtures("hurried")
async def test_taking_back_twice_is_the_same(maya: Portal, asked: str) -> None:
    """A second DELETE finds it withdrawn."""
    number = (await maya.accept(asked)).json()["command"]["id"]
    answers = [await maya.call("DELETE", f"/v1/commands/{number}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_what_was_sent_is_not_taken_back(maya: Portal, sandbox: CalCom) -> None:
    """Once a call may have reached Cal.com, DELETE and another answer are 409 `in-flight`, with a time to wait."""
    uid = await sandbox.book()
    await sandbox.mood(route="confirm", mood="slow", seconds=2.2)
    number = (await maya.accept(uid)).json()["command"]["id"]
    for answer in (await maya.call("DELETE", f"/v1/commands/{number}"), await maya.reject(uid)):
        assert (answer.status_code, answer.json()["code"]) == (409, "in-flight")
        assert answer.headers["retry-after"] == "2"
    assert (await maya.settled(number))["state"] == "done"


async def test_a_settled_command_is_not_taken_back(maya: Portal, sandbox: CalCom) -> None:
    """DELETE on a command that is done is 409."""
    number = (await maya.accept(await sandbox.book())).json()["command"]["id"]
    assert (await maya.call("DELETE", f"/v1/commands/{number}")).status_code == 409


@pytest.mark.usefixtures("hurried")
async def test_the_attendees_own_cancel_takes_its_place(
    gateway: Gateway, sandbox: CalCom, maya: Portal, asked: str
) -> None:
    """The attendee cancels at Cal.com while an accept waits: the accept is overtaken and revives nothing."""
    number = (await maya.accept(asked)).json()["command"]["id"]
    await sandbox.act(asked, "cancel", None, cancellationReason="Ill")
    gateway.to_calcom.cut = False
    assert (await maya.settled(number))["state"] == "overtaken"
    assert ((await sandbox.row(asked))["status"], await maya.status(asked)) == ("cancelled", "cancelled")


async def test_other_bookings_do_not_wait_in_vain(gateway: Gateway, sandbox: CalCom, maya: Portal) -> None:
    """Several commands waited: all are done within ten seconds of Cal.com's return."""
    uids = [await sandbox.book() for _ in range(20)]
    gateway.to_calcom.cut = True
    answers = await asyncio.gather(*map(maya.accept, uids))
    numbers = [answer.json()["command"]["id"] for answer in answers]
    gateway.to_calcom.cut = False
    began = time.monotonic()
    assert {(await maya.settled(one))["state"] for one in numbers} == {"done"}
    assert time.monotonic() - began < 10


async def test_reading_goes_on(gateway: Gateway, maya: Portal, asked: str) -> None:
    """Cal.com's absence is no failure of ours: lists, health and webhooks answer."""
    assert (await maya.get("/v1/bookings")).status_code == 200
    assert (await gateway.http.get("/readyz")).status_code == 200
