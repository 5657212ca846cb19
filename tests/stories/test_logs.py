"""What the gateway writes to its log while all of this goes on: what happened, and nobody's words."""

import io
import json

import pytest

from tests.conftest import leaked
from tests.stories.cast import LABEL, REASON, CalCom, Gateway, signed

WORDS = [
    "canary-question",
    "canary-notes",
    "canary-guest",
    "Carla Canary",
    "canary-reason",
    "canary-title",
    LABEL,
]


@pytest.fixture
async def conversation(gateway: Gateway, sandbox: CalCom) -> None:
    """One of everything: requests, answers, refusals, forgeries, failures."""
    uid = await sandbox.book(
        name="Carla Canary",
        answers={"why": "canary-question"},
        notes="canary-notes",
        guests=["canary-guest@example.org"],
    )
    other, maya = await sandbox.book(host="jonas"), gateway.host()
    await sandbox.mood(route="confirm", mood="status", status=403)
    await maya.accept(uid)
    await maya.accept(uid, "canary-idempotency-key")
    await maya.accept(other)
    await maya.reject(uid, **REASON | {"reason": "canary-reason"})
    await gateway.host("jonas@example.com").reject(other, **REASON | {"reason": "canary-reason"})
    for path in (
        f"/v1/bookings/{uid}",
        "/v1/bookings?q=canary-query&host=canary-host@example.org",
        f"/{uid}",
    ):
        await maya.get(path)
    [body, *_] = await sandbox.bodies(uid)
    await gateway.deliver(body, **signed(b"forged"))
    await gateway.deliver(b'{"payload": {"title": "canary-title"')
    await gateway.service(behalf="canary-host@example.org").get("/v1/bookings")
    await gateway.http.get("/v1/bookings", headers={"Authorization": "Bearer canary-wrong-token"})
    sandbox.canaries += [word.decode() for word in [body[:60]]]


@pytest.mark.usefixtures("conversation")
async def test_nobodys_words(logged: io.StringIO, sandbox: CalCom) -> None:
    """No uid, address, name, title, answer, note, reason, query, token, secret or key is in the log."""
    more = ["canary-query", "canary-host", "canary-wrong-token", "canary-idempotency-key", "example.org"]
    assert leaked(logged.getvalue(), [*sandbox.canaries, *WORDS, *more]) == []


@pytest.mark.usefixtures("conversation")
async def test_every_request_has_a_line(logged: io.StringIO) -> None:
    """Each request is told by method, the route's pattern, status and a request id."""
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    answered = [one for one in lines if one["event"] == "request.answered"]
    assert {"POST /v1/bookings/{uid}/accept 502", "POST /webhooks/calcom 401", "GET /v1/bookings 200"} <= {
        f"{one['method']} {one['route']} {one['status']}" for one in answered
    }
    assert len({one["request"] for one in answered}) == len(answered)


async def test_the_request_id_is_told(gateway: Gateway, logged: io.StringIO) -> None:
    """The answer carries the id under which the log knows the request."""
    answer = await gateway.http.get("/livez")
    assert answer.headers["x-request-id"] in logged.getvalue()
