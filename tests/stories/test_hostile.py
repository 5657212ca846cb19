"""Words that are no words, numbers that are too large, dates beyond all calendars: nobody is answered 500."""

import json
from typing import Any

import pytest

from tests.stories.cast import CalCom, Gateway, Portal

LATER = "2027-03-01T13:00:00.000Z"
ODD = {
    "lone surrogate": "Half a \ud83d face",
    "NUL": "a\x00b",
    "direction": "\u202eevil",
    "long": "x" * 100_000,
    "markup": "<script>alert(1)</script>",
    "empty": "",
}


TAKEN = ("applied", "unchanged", "unread")


async def told(gateway: Gateway, sandbox: CalCom, uid: str, **payload: Any) -> str:
    """The verdict on the same request, told again later with other words."""
    body = json.loads((await sandbox.bodies(uid))[0])
    body["createdAt"] = LATER
    body["payload"] |= payload
    answer = await gateway.deliver(json.dumps(body).encode())
    assert answer.status_code == 200
    return str(answer.json()["verdict"])


@pytest.mark.parametrize("word", ODD)
@pytest.mark.parametrize("member", ["title", "additionalNotes", "location", "description"])
async def test_odd_words(gateway: Gateway, maya: Portal, sandbox: CalCom, member: str, word: str) -> None:
    """Whatever a text holds, the delivery is taken, and the booking can be shown, listed and searched."""
    uid = await sandbox.book()
    assert await told(gateway, sandbox, uid, **{member: ODD[word]}) in TAKEN
    for path in (
        f"/v1/bookings/{uid}",
        "/v1/bookings?q=evil",
        f"/v1/bookings/{uid}/timeline",
        "/v1/bookings",
    ):
        assert (await maya.get(path)).status_code == 200


@pytest.mark.parametrize("name", ODD)
async def test_odd_names(gateway: Gateway, maya: Portal, sandbox: CalCom, name: str) -> None:
    """The same for the name of whoever asks."""
    uid = await sandbox.book()
    attendee = {
        "name": ODD[name],
        "email": "ana@example.com",
        "timeZone": "Nowhere/Land",
        "language": {"locale": "xx"},
    }
    assert await told(gateway, sandbox, uid, attendees=[attendee]) in TAKEN
    assert (await maya.get("/v1/bookings")).status_code == 200


@pytest.mark.parametrize(
    "payload",
    [
        {"startTime": "9999-12-31T23:59:59.999Z", "endTime": "9999-12-31T23:59:59.999Z"},
        {"startTime": "0001-01-01T00:00:00Z"},
        {"startTime": "2027-03-04T10:00:00+14:00", "endTime": "2027-03-04T09:00:00Z"},
        {"startTime": 1e308},
        {"startTime": None, "endTime": None},
        {"organizer": {"id": 2**70, "name": "M", "email": "maya@example.com", "timeZone": "x"}},
        {"organizer": {"id": -1, "name": None, "email": None}},
        {"organizer": []},
        {"attendees": [None, 7, {"email": ["x"]}]},
        {"eventTypeId": 2**70},
        {"price": 10**30},
        {"responses": {"why": {"label": {"a": 1}, "value": {"deep": [[[[1]]]]}}}},
        {"recurringEvent": "weekly"},
        {"rescheduleUid": "x" * 10_000},
        {"metadata": {"videoCallUrl": "javascript:alert(1)"}},
    ],
    ids=lambda payload: json.dumps(payload)[:50],
)
async def test_odd_values(gateway: Gateway, maya: Portal, sandbox: CalCom, payload: dict[str, Any]) -> None:
    """Values that make no sense never make a delivery fail, nor any reader after it."""
    uid = await sandbox.book()
    assert await told(gateway, sandbox, uid, **payload) in ("applied", "unchanged", "stale")
    assert [(await maya.get(path)).status_code for path in ("/v1/bookings", f"/v1/bookings/{uid}")] != [
        500,
        500,
    ]
    assert (await gateway.service().get("/v1/bookings")).status_code == 200
    assert (await gateway.http.get("/readyz")).status_code == 200


@pytest.mark.parametrize("word", ["Half a \ud83d face", "a\x00b", "\u202eevil", "\u2028"], ids=ascii)
async def test_an_odd_reason(maya: Portal, sandbox: CalCom, word: str) -> None:
    """A reason is sent to Cal.com, or it is refused; it is no error of ours."""
    uid = await sandbox.book()
    content = json.dumps({"reason_code": "other", "reason": word}).encode()
    answer = await maya.call(
        "POST", f"/v1/bookings/{uid}/reject", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 400, 422)


@pytest.mark.parametrize("key", [b"\xff\xfe", b"a" * 200, b"a b", b"'; drop table commands --"], ids=repr)
async def test_an_odd_key(gateway: Gateway, maya: Portal, sandbox: CalCom, key: bytes) -> None:
    """An idempotency key is any text of its length."""
    headers = {
        **{name.encode(): value.encode() for name, value in maya.headers.items()},
        b"idempotency-key": key,
    }
    answer = await gateway.http.post(f"/v1/bookings/{await sandbox.book()}/accept", json={}, headers=headers)
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    "query", ["q=%ff", "q=%00", "q=%ED%A0%BD", "host=%ff@x", "cursor=%ff", "%ff=1", "since=1e3", "from=%00"]
)
async def test_an_odd_query(maya: Portal, query: str) -> None:
    """A query is answered or refused."""
    assert (await maya.get(f"/v1/bookings?{query}")).status_code in (200, 422)


@pytest.mark.parametrize(
    "person", [b"\xff@example.com", b"a@b, c@d", b"@", b" ", b"a" * 70 + b"@example.com"], ids=repr
)
async def test_an_odd_person(gateway: Gateway, person: bytes) -> None:
    """Whom the backend acts for is an address or a mistake."""
    headers = {b"authorization": b"Bearer canary-service-token-81b2", b"gateway-on-behalf-of": person}
    answer = await gateway.http.get("/v1/bookings", headers=headers)
    assert answer.status_code in (200, 422)
