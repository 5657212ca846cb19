"""Chains of moves: which booking goes on as which, where the webhook says it, hints at it, or keeps silent.

The stand-in names the uid before a move in every body, as 6.0.2 does. Newer and older ones name the first of the
chain, a calendar's id, or nothing at all: their bodies are made from its own.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.stories.cast import BEN, NOON, CalCom, Gateway, Portal
from tests.stories.equal import compare, mirrored, move, settled, truth

AT, LATER = NOON + timedelta(days=3), NOON + timedelta(days=4)
LAST = NOON + timedelta(days=5)


def unlinked(body: bytes, **payload: Any) -> bytes:
    """The same word without the uid that the booking had before, and with other hints."""
    told = json.loads(body)
    for name in ("rescheduleId", "rescheduleUid", "rescheduleStartTime", "rescheduleEndTime"):
        told["payload"].pop(name, None)
    told["payload"] |= payload
    return json.dumps(told).encode()


HINTS = pytest.mark.parametrize("hint", ["iCalUID", "rootBookingUid"])


def hinting(body: bytes, hint: str, first: str) -> bytes:
    """The same word with nothing but the first of its chain, in one field or the other."""
    return unlinked(body, **{hint: f"{first}@Cal.com" if hint == "iCalUID" else first})


async def lose(sandbox: CalCom) -> None:
    """From now on no webhook comes."""
    await sandbox.mood(route="webhook", mood="lose", n=None)


async def moved_unheard(gateway: Gateway, sandbox: CalCom) -> tuple[str, str, bytes]:
    """A request that was moved, of which nothing was heard: the old uid, the new one, and what was said."""
    old = await sandbox.book(AT)
    await lose(sandbox)
    gateway.clock.wind(seconds=1)
    new = await move(sandbox, old, LATER)
    [body] = await sandbox.bodies(new)
    return old, new, body


async def agree(gateway: Gateway, sandbox: CalCom, *uids: str) -> None:
    """Once every look has been taken, each uid stands as in Cal.com's own row."""
    await settled(gateway)
    rows = [await truth(sandbox, uid) for uid in uids]
    assert [await mirrored(gateway, uid) for uid in uids] == rows


async def test_the_first_of_the_chain_is_named(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """`rootBookingUid` names a booking that is known and open: it is closed at once, before anybody is asked."""
    old, new, body = await moved_unheard(gateway, sandbox)
    gateway.to_calcom.cut = True
    await gateway.deliver(hinting(body, "rootBookingUid", old))
    assert (await mirrored(gateway, old), await mirrored(gateway, new)) == (
        ("cancelled", None, new),
        ("pending", old, None),
    )
    assert (await maya.events(old), await maya.events(new)) == (["requested", "moved"], ["requested"])


async def test_the_first_of_the_chain_is_what_cal_com_says(gateway: Gateway, sandbox: CalCom) -> None:
    """So linked, both bookings are as in Cal.com's own rows."""
    old, new, body = await moved_unheard(gateway, sandbox)
    await gateway.deliver(hinting(body, "rootBookingUid", old))
    await agree(gateway, sandbox, old, new)


async def test_the_calendars_id_is_a_hint(gateway: Gateway, sandbox: CalCom) -> None:
    """`iCalUID` alone links nothing by itself: nothing is closed until Cal.com has been asked."""
    old, new, body = await moved_unheard(gateway, sandbox)
    gateway.to_calcom.cut = True
    await gateway.deliver(hinting(body, "iCalUID", old))
    assert (await mirrored(gateway, old), await mirrored(gateway, new)) == (
        ("pending", None, None),
        ("pending", None, None),
    )


async def test_the_calendars_id_is_followed(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """The booking it is the id of is looked at; what the look shows links both."""
    old, new, body = await moved_unheard(gateway, sandbox)
    await gateway.deliver(hinting(body, "iCalUID", old))
    await agree(gateway, sandbox, old, new)
    assert await maya.events(old) == ["requested", "moved"]
    assert [len(await sandbox.calls("get", uid)) for uid in (old, new)] == [1, 0]


@HINTS
@pytest.mark.parametrize(
    ("wish", "action"),
    [({"name": "Ben Okafor", "email": BEN}, None), ({"event_type": "weekly"}, None), ({}, "decline")],
    ids=["another attendee", "another event type", "closed"],
)
async def test_a_hint_at_what_cannot_have_been_moved(
    gateway: Gateway, maya: Portal, sandbox: CalCom, hint: str, wish: dict[str, str], action: str | None
) -> None:
    """A hint at somebody else's booking, one of another kind or one that is over links nothing, and nobody asks."""
    other = await sandbox.book(NOON + timedelta(days=10), **wish)
    if action:
        await sandbox.act(other, action)
    await settled(gateway)
    _, new, body = await moved_unheard(gateway, sandbox)
    before = (await maya.booking(other), await sandbox.calls("get"))
    await gateway.deliver(hinting(body, hint, other))
    await settled(gateway)
    assert (await maya.booking(other), await sandbox.calls("get")) == before
    assert await mirrored(gateway, new) == ("pending", None, None)


async def test_nothing_is_hinted_at(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """A body that says nothing of a move is a new request; the operator's comparison finds the move."""
    old, new, body = await moved_unheard(gateway, sandbox)
    await gateway.deliver(unlinked(body))
    await settled(gateway)
    assert (await mirrored(gateway, old), await mirrored(gateway, new)) == (
        ("pending", None, None),
        ("pending", None, None),
    )
    await compare(gateway)
    await agree(gateway, sandbox, old, new)
    assert (await maya.events(old), await maya.events(new)) == (["requested", "moved"], ["requested"])


async def chain(gateway: Gateway, sandbox: CalCom) -> tuple[list[str], list[bytes]]:
    """A request that was moved twice, of which nothing was heard: the uids, and what was said."""
    await lose(sandbox)
    uids = [await sandbox.book(AT)]
    for start in (LATER, LAST):
        gateway.clock.wind(seconds=1)
        uids.append(await move(sandbox, uids[-1], start))
    return uids, [body for uid in uids for body in await sandbox.bodies(uid)]


async def bring(gateway: Gateway, bodies: Sequence[bytes]) -> None:
    """Deliver, with time enough between two for every look."""
    for body in bodies:
        assert (await gateway.deliver(body)).status_code == 200
        if not gateway.to_calcom.cut:
            await settled(gateway)


ORDERS = pytest.mark.parametrize(
    "order", list(permutations(range(3))), ids=lambda order: "".join(map(str, order))
)


@ORDERS
@pytest.mark.parametrize("cut", [True, False], ids=["without Cal.com", "with Cal.com"])
async def test_moved_twice_in_any_order(
    gateway: Gateway, maya: Portal, sandbox: CalCom, order: tuple[int, ...], cut: bool
) -> None:
    """Three requests, each naming the one before: whichever is heard first, each ends in its place in the chain."""
    uids, bodies = await chain(gateway, sandbox)
    gateway.to_calcom.cut = cut
    await bring(gateway, [bodies[place] for place in order])
    rows = [await truth(sandbox, uid) for uid in uids]
    assert [await mirrored(gateway, uid) for uid in uids] == rows
    assert [await maya.events(uid) for uid in uids] == [["requested", "moved"]] * 2 + [["requested"]]


@HINTS
async def test_moved_twice_and_only_the_first_is_named(gateway: Gateway, sandbox: CalCom, hint: str) -> None:
    """Each request names the first of the chain alone: it is the chain's end that has been moved."""
    uids, bodies = await chain(gateway, sandbox)
    await bring(gateway, [hinting(body, hint, uids[0]) for body in bodies])
    rows = [await truth(sandbox, uid) for uid in uids]
    assert [await mirrored(gateway, uid) for uid in uids] == rows


@ORDERS
@HINTS
async def test_a_chain_that_was_guessed_is_put_right(
    gateway: Gateway, sandbox: CalCom, order: tuple[int, ...], hint: str
) -> None:
    """Heard in another order such hints may link the wrong ones, or none: a comparison puts each in its place."""
    uids, bodies = await chain(gateway, sandbox)
    await bring(gateway, [hinting(bodies[place], hint, uids[0]) for place in order])
    await compare(gateway)
    await agree(gateway, sandbox, *uids)
