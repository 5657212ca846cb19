"""A walk past every answer: for each status, all operations that are described to give it do, and as described.

Every answer on the way is measured, also those that only lead to the one in question.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from starlette.types import Receive, Scope, Send

from gateway.domain.errors import StorageUnavailable
from gateway.store.runner import Runner
from gateway.web.openapi import description
from tests.stories.cast import ANA, BEN, MAYA, NOON, CalCom, Gateway, signed, until
from tests.web.described import FILLED, Described, Operation, Walk

LATER = NOON + timedelta(days=3)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def walk(gateway: Gateway, sandbox: CalCom, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """A walk that has not begun."""
    labels = {one.code: one.label for one in gateway.settings.reasons.reject}
    described = Described(description(labels))
    gateway.http.event_hooks["response"] = [described.measure]
    return Walk(gateway, sandbox, described, monkeypatch)


@asynccontextmanager
async def away(walk: Walk) -> AsyncIterator[None]:
    """Cal.com is out of reach meanwhile, and nobody waits as long as it says."""
    walk.gateway.to_calcom.cut = True
    hurry = asyncio.create_task(walk.gateway.hurry())
    yield
    hurry.cancel()
    walk.gateway.to_calcom.cut = False


async def fine(walk: Walk) -> None:
    """200: everything that there is, for each kind of caller."""
    uid, other = await walk.sandbox.book(LATER), await walk.sandbox.book(LATER + timedelta(hours=1))
    await walk.gateway.deliver(b'{"triggerEvent": "PING"}')
    number = (await walk.maya.reject(uid)).json()["command"]["id"]
    await walk.maya.accept(other)
    for caller in (walk.maya, walk.gateway.attendee(), walk.portal, walk.gateway.service(behalf=MAYA)):
        for path in ("", f"/{uid}", f"/{other}", f"/{uid}/timeline", "?limit=1"):
            await caller.get(f"/v1/bookings{path}")
    await walk.maya.get(f"/v1/commands/{number}")
    for caller in (walk.maya, walk.gateway.attendee(), walk.portal):
        await caller.get("/v1/changes")
    for path in ("/v1/reasons", "/v1/deliveries?limit=1", "/v1/deliveries/1", "/livez", "/readyz"):
        await walk.portal.get(path)
    await walk.portal.call("POST", "/v1/deliveries/1/retry")
    await walk.portal.call("POST", "/v1/reconcile")
    for path in ("/v1/reconcile", "/v1/checkup"):
        await walk.portal.get(path)
    for path in ("/openapi.json", "/docs", "/problems", "/problems/conflict", "/static/pages/page.css"):
        await walk.gateway.get(path)
    for path in ("/problems", "/problems/conflict"):
        await walk.gateway.get(path, Accept="application/json")
    async with away(walk):
        number = (await walk.maya.accept(await walk.sandbox.book())).json()["command"]["id"]
        await walk.maya.call("DELETE", f"/v1/commands/{number}")


async def under_way(walk: Walk) -> None:
    """202: what is pressed while Cal.com is away is promised; what lasts longer than somebody waits goes on."""
    for route in ("me", "list"):
        await walk.sandbox.mood(route=route, mood="slow", seconds=1.2)
    await walk.portal.call("POST", "/v1/reconcile")
    async with away(walk):
        await walk.maya.accept(await walk.sandbox.book())
        await walk.maya.reject(await walk.sandbox.book())


async def unchanged(walk: Walk) -> None:
    """304: who holds the present state."""
    uid = await walk.sandbox.book()
    for method, path in sorted(walk.where(304)):
        await walk.ask((method, path.replace("{uid}", uid)), walk.maya, headers={"If-None-Match": "*"})


async def no_object(walk: Walk) -> None:
    """400: the body is no object."""
    await walk.every(400, walk.portal, content=b"[]", headers=JSON)


async def unknown(walk: Walk) -> None:
    """401: nobody, and somebody with a bad token."""
    await walk.every(401, walk.gateway)
    await walk.every(401, walk.gateway, headers={"Authorization": "Bearer nonsense"})


async def not_theirs(walk: Walk) -> None:
    """403: a person names somebody to speak for; an attendee answers; a host compares."""
    await walk.every(403, walk.maya)
    await walk.every(403, walk.maya, headers={"Gateway-On-Behalf-Of": ANA})
    await walk.gateway.attendee().accept(await walk.sandbox.book())


async def nowhere(walk: Walk) -> None:
    """404: there is no such thing, and no such page."""
    walk.monkeypatch.setitem(FILLED, "{code}", "none")
    walk.monkeypatch.setitem(FILLED, "{file}", "none")
    await walk.every(404, walk.portal)
    await walk.portal.reject("none")
    await walk.portal.get("/nowhere")
    await walk.portal.get("/v1/bookings/%20%23%C3%A9")


async def wrong_method(walk: Walk) -> None:
    """405: no operation has it, and every path tells which methods it has."""
    for path in walk.described.document["paths"]:
        answer = await walk.ask(("PATCH", path), walk.portal)
        methods = {method for method, known in walk.described.operations if known == path}
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == methods


async def refused(walk: Walk) -> None:
    """409: the booking's state, the host's diary, or a call under way stand in the way."""
    book, maya = walk.sandbox.book, walk.maya
    first, second = await book(LATER), await book(LATER, name="Ben Ode", email=BEN)
    decided = (await maya.accept(first)).json()["command"]["id"]
    await maya.accept(second)
    await maya.reject(first)
    await maya.call("DELETE", f"/v1/commands/{decided}")
    await maya.reject(second)
    await maya.accept(second)
    await past(walk)
    await unpaid(walk)
    await in_flight(walk)


async def past(walk: Walk) -> None:
    """Requests that were called off, or have begun, cannot be answered."""
    for start in (NOON - timedelta(hours=1), None):
        uid = await walk.sandbox.book(start)
        if start is None:
            await walk.sandbox.act(uid, "cancel", None, cancellationReason="Ill")
        await walk.maya.accept(uid)
        await walk.maya.reject(uid)


async def unpaid(walk: Walk) -> None:
    """A meeting that has a price waits for the payment."""
    uid = await walk.sandbox.book(LATER + timedelta(days=2))
    told = json.loads((await walk.sandbox.bodies(uid))[0])
    told["payload"]["price"] = 500
    await walk.gateway.deliver(json.dumps({**told, "createdAt": "2027-03-01T13:00:00.000Z"}).encode())
    await walk.maya.accept(uid)


async def in_flight(walk: Walk) -> None:
    """What has been sent is neither taken back nor replaced."""
    for days, route, press, other in (
        (3, "confirm", walk.maya.accept, walk.maya.reject),
        (4, "decline", walk.maya.reject, walk.maya.accept),
    ):
        uid = await walk.sandbox.book(LATER + timedelta(days=days))
        await walk.sandbox.mood(route=route, mood="slow", seconds=0.5)
        pressed = asyncio.create_task(press(uid))
        await until(partial(has_been_called, walk, route, uid))
        number = (await walk.maya.booking(uid))["command"]["id"]
        await walk.maya.call("DELETE", f"/v1/commands/{number}")
        await other(uid)
        await pressed


async def has_been_called(walk: Walk, route: str, uid: str) -> bool:
    """Whether Cal.com has been called about a booking."""
    return bool(await walk.sandbox.calls(route, uid))


async def too_large(walk: Walk) -> None:
    """413: longer than is read."""
    await walk.every(413, walk.portal, content=b" " * (1024 * 1024 + 1), headers=JSON)


async def no_json(walk: Walk) -> None:
    """415: something else than JSON."""
    await walk.every(415, walk.portal, content=b"{}", headers={"Content-Type": "text/plain"})


async def wrong(walk: Walk) -> None:
    """422: whatever can be said wrongly."""
    await walk.every(422, walk.portal, headers={"Gateway-On-Behalf-Of": "nobody"})
    uid, other = await walk.sandbox.book(), await walk.sandbox.book()
    for path in ("/v1/bookings?colour=red&limit=0&from=never&cursor=x", "/v1/deliveries?verdict=none"):
        await walk.portal.get(path)
    await walk.portal.call("POST", "/v1/reconcile", json={"since": "yesterday"})
    await walk.maya.accept(uid, colour="red")
    await walk.maya.accept(uid, override="yes")
    for body in ({"reason": "w"}, {"reason_code": "because"}, {"reason_code": "other", "reason": "w" * 500}):
        await walk.maya.reject(uid, **body)
    for one in (walk.maya.reject, walk.maya.accept):
        await one(uid, "key")
        await one(other, "key")


async def too_often(walk: Walk) -> None:
    """429: bad tokens from one address, and then a good one that presses too often."""
    bad = {"Authorization": "Bearer nonsense"}
    for _ in range(walk.gateway.settings.limits.failed_auth_per_minute):
        await walk.gateway.get("/v1/reasons", **bad)
    await walk.every(429, walk.gateway, headers=bad)
    for _ in range(walk.gateway.settings.limits.actions_per_minute + 1):
        last = await walk.maya.accept("none")
    assert last.status_code == 429


async def broken(walk: Walk) -> None:
    """500: a fault of ours."""

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError(scope["path"])

    for route in walk.gateway.app.routes:
        walk.monkeypatch.setattr(route, "app", fail)
    await walk.every(500, walk.portal)


async def not_carried_out(walk: Walk) -> None:
    """502: Cal.com says no and means it."""
    for route, press in (("confirm", walk.maya.accept), ("decline", walk.maya.reject)):
        await walk.sandbox.mood(route=route, mood="status", status=403)
        await press(await walk.sandbox.book())


async def no_storage(walk: Walk) -> None:
    """503: the disk is full."""

    async def fail(*_: object) -> None:
        raise StorageUnavailable(retry_after=5)

    walk.monkeypatch.setattr(Runner, "read", fail)
    walk.monkeypatch.setattr(Runner, "write", fail)
    await walk.every(503, walk.portal, headers=signed(b""))
    for operation in sorted(walk.where(503)):
        await walk.ask(operation, walk.portal, content=b'{"reason_code":"other"}', headers=JSON)


STEPS: dict[int, Callable[[Walk], Awaitable[None]]] = {
    200: fine,
    202: under_way,
    304: unchanged,
    400: no_object,
    401: unknown,
    403: not_theirs,
    404: nowhere,
    405: wrong_method,
    409: refused,
    413: too_large,
    415: no_json,
    422: wrong,
    429: too_often,
    500: broken,
    502: not_carried_out,
    503: no_storage,
}


@pytest.mark.parametrize("status", STEPS)
async def test_every_described_answer_is_given(walk: Walk, status: int) -> None:
    """All operations that are described to give this status do, and all problems that go with it are told."""
    await STEPS[status](walk)
    given = {(operation, code) for operation, given, code in walk.described.seen if given == status}
    if status != 405:
        assert {operation for operation, _ in given} & walk.described.operations.keys() == walk.where(status)
    assert given >= set(problems(walk, status))


def problems(walk: Walk, status: int) -> Iterable[tuple[Operation, str]]:
    """Each operation with each problem that it is described to tell with this status."""
    for operation in walk.where(status):
        response = walk.described.operations[operation]["responses"][str(status)]
        yield from ((operation, code) for code in walk.described.codes(response))


def test_no_status_is_left_out() -> None:
    """There is a step for every status that is described."""
    operations = Described(description({"other": "Another reason"})).operations.values()
    assert {405, *(int(status) for one in operations for status in one["responses"])} == STEPS.keys()


ODDITIES: dict[str, tuple[str, str, bytes]] = {
    "a name in half a surrogate pair": ("POST", "/v1/bookings/none/accept", rb'{"\ud800": 1}'),
    "a cursor of brackets": ("GET", "/v1/bookings?cursor=" + b64encode(b"[" * 30_000).decode(), b""),
    "a number of many digits": ("GET", "/v1/deliveries/" + "1" * 5_000, b""),
}


@pytest.mark.parametrize("oddity", ODDITIES)
async def test_no_spelling_is_a_fault_of_ours(walk: Walk, oddity: str) -> None:
    """Whatever can be spelt is refused or not found, as described."""
    method, path, body = ODDITIES[oddity]
    answer = await walk.portal.call(method, path, content=body, headers=JSON)
    assert answer.status_code in (400, 404, 422)
