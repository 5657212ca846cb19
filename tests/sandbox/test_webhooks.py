"""How webhooks leave: signed over their bytes, to everybody at once, once, before the call answers."""

import asyncio
import hashlib
import hmac
import json
import time

import pytest

from gateway.http import httpx
from gateway.sandbox.webhooks import dumps, sign
from gateway.sandbox.world import Level, Subscription
from tests.sandbox.playing import SECRET, Play


async def test_the_signature_is_over_the_exact_bytes(play: Play) -> None:
    """Lower-case hex of HMAC-SHA256, and nothing around it."""
    await play.booked()
    (request,) = play.receiver.requests
    expected = hmac.new(SECRET.encode(), request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-cal-signature-256"] == expected


async def test_the_headers_are_those_of_node(play: Play) -> None:
    """No charset, no delivery id, no version."""
    await play.booked()
    headers = play.receiver.requests[0].headers
    assert (headers["content-type"], headers["user-agent"]) == ("application/json", "node")
    assert "x-cal-webhook-version" not in headers


@pytest.mark.parametrize("secret", [None, ""])
def test_no_secret_is_said_in_words(secret: str | None) -> None:
    """An empty one counts as none."""
    assert sign(b"{}", secret) == "no-secret-provided"


def test_json_is_written_as_node_writes_it() -> None:
    """No blanks, letters as they are, only lone surrogates escaped."""
    assert dumps({"a": ["é <b>", "\ud800"]}) == '{"a":["é <b>","\\ud800"]}'.encode()


async def test_all_subscribers_are_called_at_once_and_the_slowest_is_waited_for(play: Play) -> None:
    """Three that take a while each take that while together."""
    for name in ("two", "three"):
        play.world.subscriptions.append(Subscription(name, f"http://{name}.example/", name))
    play.receiver.seconds = 0.1
    began = time.perf_counter()
    await play.booked()
    assert 0.1 <= time.perf_counter() - began < 0.3
    assert len(play.receiver.requests) == 3
    assert len({request.headers["x-cal-signature-256"] for request in play.receiver.requests}) == 3


@pytest.mark.parametrize("status", [307, 410, 500])
async def test_a_refused_delivery_is_not_repeated(play: Play, status: int) -> None:
    """The call succeeds all the same."""
    play.receiver.status = status
    assert (await play.ask()).status_code == 201
    assert len(play.receiver.requests) == 1
    (shown,) = (await play.control("GET", "webhooks"))["webhooks"]
    assert (shown["fate"], shown["status"]) == ("sent", status)


async def test_nobody_listening_does_no_harm(play: Play) -> None:
    """The failure is swallowed and remembered."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    play.stage.courier.client = httpx.AsyncClient(transport=httpx.MockTransport(refuse))
    play.world.subscriptions.append(Subscription("odd", "not a url"))
    assert (await play.ask()).status_code == 201
    assert {shown["fate"] for shown in (await play.control("GET", "webhooks"))["webhooks"]} == {"failed"}


@pytest.mark.parametrize(
    ("level", "owner", "heard"),
    [
        (Level.ORGANIZATION, None, 1),
        (Level.USER, 101, 1),
        (Level.USER, 102, 0),
        (Level.EVENT_TYPE, 11, 1),
        (Level.EVENT_TYPE, 12, 0),
    ],
)
async def test_a_subscription_hears_what_is_its_own(
    play: Play, level: Level, owner: int | None, heard: int
) -> None:
    """Everything, one user's bookings, or one event type's."""
    play.world.subscriptions[:] = [Subscription("one", "http://one.example/", level=level, owner=owner)]
    await play.booked()
    assert len(play.receiver.requests) == heard


async def test_a_subscription_hears_only_its_triggers_while_active(play: Play) -> None:
    """Others come without it noticing."""
    (subscription,) = play.world.subscriptions
    subscription.triggers = ["BOOKING_CREATED"]
    uid = await play.booked()
    await play.act(uid, "confirm")
    assert play.receiver.triggers == ["BOOKING_CREATED"]
    subscription.active = False
    await play.act(uid, "cancel")
    assert len(play.receiver.requests) == 1


async def test_the_receiver_may_call_back_before_it_answers(play: Play) -> None:
    """A confirm made while the request is still being delivered goes through."""
    answers: list[int] = []

    async def confirm(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if body["triggerEvent"] == "BOOKING_REQUESTED":
            answers.append((await play.act(body["payload"]["uid"], "confirm")).status_code)
        return httpx.Response(200)

    play.stage.courier.client = httpx.AsyncClient(transport=httpx.MockTransport(confirm))
    assert (await asyncio.wait_for(play.ask(), 1)).json()["data"]["status"] == "accepted"
    assert answers == [200]
