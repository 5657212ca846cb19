"""The door Cal.com knocks at: what is authentic is taken, whatever it says; what is not leaves no trace."""

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from tests.stories.cast import OPERATOR, SECRET, CalCom, Gateway, signed

BODY = b'{"triggerEvent":"PING","createdAt":"2027-03-01T12:00:00.000Z","payload":{"note":"canary-forged"}}'
GOOD = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
NAME = "X-Cal-Signature-256"
FORGED: dict[str, list[tuple[str, str]]] = {
    "missing": [],
    "empty": [(NAME, "")],
    "unsigned": [(NAME, "no-secret-provided")],
    "another's": [(NAME, "0" * 64)],
    "one digit": [(NAME, GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"))],
    "truncated": [(NAME, GOOD[:-1])],
    "longer": [(NAME, GOOD + "0")],
    "prefixed": [(NAME, f"sha256={GOOD}")],
    "upper case": [(NAME, GOOD.upper())],
    "twice": [(NAME, GOOD), (NAME, GOOD)],
    "two in one": [(NAME, f"{GOOD}, {GOOD}")],
    "good and bad": [(NAME, GOOD), (NAME, "0" * 64)],
    "another header": [("X-Cal-Signature", GOOD)],
    "no hex": [(NAME, "g" * 64)],
    "full width": [(NAME, "\uff10" * 64)],
}


def encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes, whatever is in them."""
    return [(name.encode(), value.encode()) for name, value in headers]


async def kept(gateway: Gateway) -> int:
    """How many deliveries are kept."""
    return len((await gateway.service(OPERATOR).get("/v1/deliveries")).json()["items"])


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forgery_is_refused(gateway: Gateway, forged: str) -> None:
    """401, told as a problem, and nothing is stored."""
    answer = await gateway.http.post("/webhooks/calcom", content=BODY, headers=encoded(FORGED[forged]))
    assert (answer.status_code, answer.json()["code"]) == (401, "signature-invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await kept(gateway), b"canary-forged" in gateway.stored()) == (0, False)


@pytest.mark.parametrize(
    "changed",
    [
        lambda body: body + b"\n",
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"PING", b"PONG"),
        lambda body: json.dumps(json.loads(body)).encode(),
        lambda body: b"",
    ],
    ids=["newline", "byte order mark", "a word", "written anew", "empty"],
)
async def test_a_changed_body_is_refused(gateway: Gateway, changed: Callable[[bytes], bytes]) -> None:
    """The signature is over the exact bytes."""
    assert (await gateway.deliver(changed(BODY), **signed(BODY))).status_code == 401


async def test_an_authentic_one_is_taken(gateway: Gateway) -> None:
    """200 with the delivery's id and its verdict, and no more."""
    answer = await gateway.deliver(BODY)
    assert (answer.status_code, answer.json()) == (200, {"delivery": 1, "verdict": "ignored"})


@pytest.mark.parametrize("secret", [SECRET, "an older secret"])
async def test_each_secret_is_good(gateway: Gateway, secret: str) -> None:
    """While secrets are rotated several are valid at once."""
    assert (await gateway.deliver(BODY, **signed(BODY, secret))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"false",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"\x00\xff\xfe",
        b"t=BOOKING_REQUESTED&who=x",
        b'{"triggerEvent":null}',
        b'{"triggerEvent":{"a":1},"payload":7}',
        b'{"triggerEvent":"BOOKING_CREATED","payload":{}}',
        b'{"triggerEvent":"BOOKING_CREATED","createdAt":"never","payload":{"uid":[]}}',
        b'{"triggerEvent":"SOMETHING_NEW","payload":{"uid":"abc"}}',
        b'{"a":' * 30000,
        b'{"triggerEvent":"BOOKING_CREATED","payload":{"uid":"\xed\xa0\x80"}}',
        b"[" * 1024 * 1024,
        b"x" * 1024 * 1024,
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_whatever_is_authentic_is_200(gateway: Gateway, body: bytes) -> None:
    """No authentic body is an error: what is not understood is kept as `unread`."""
    answer = await gateway.deliver(body)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "unread")


async def test_times_that_are_none(gateway: Gateway) -> None:
    """Numbers beyond all times are no times: too little to make a booking of, and a look is queued instead."""
    body = b'{"triggerEvent":"BOOKING_CREATED","createdAt":1e999,"payload":{"uid":"abc","startTime":1e999}}'
    answer = await gateway.deliver(body)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "ignored")


@pytest.mark.parametrize(
    "path", ["/webhooks/calcom/", "//webhooks/calcom", "/webhooks", "/webhooks/calcom/unknown"]
)
async def test_never_a_redirect(gateway: Gateway, path: str) -> None:
    """Cal.com follows no redirect: whatever is not the address is 404, a slash at its end included."""
    answer = await gateway.http.post(path, content=BODY, headers=signed(BODY))
    assert answer.status_code in (200, 404)


async def test_a_byte_too_much(gateway: Gateway) -> None:
    """Over 1 MiB: 413, also when it is authentic, and nothing is kept."""
    answer = await gateway.deliver(b"x" * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"], await kept(gateway)) == (413, "too-large", 0)


async def test_size_comes_before_the_signature(gateway: Gateway) -> None:
    """A body that is too long is not hashed to find out whose it is."""
    answer = await gateway.http.post("/webhooks/calcom", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "media", ["application/x-www-form-urlencoded", "text/plain", "", "application/json; charset=x"]
)
async def test_any_media_type(gateway: Gateway, media: str) -> None:
    """Templates choose their own media type; the bytes count."""
    assert (await gateway.deliver(BODY, **signed(BODY) | {"Content-Type": media})).status_code == 200


async def test_no_token_is_asked_for(gateway: Gateway) -> None:
    """A wrong bearer token on a webhook says nothing about it."""
    headers = {**signed(BODY), "Authorization": "Bearer nonsense"}
    assert (await gateway.deliver(BODY, **headers)).status_code == 200


@pytest.mark.parametrize("changes", [{"webhook": {"secrets": [SECRET], "allow_unsigned": True}}])
@pytest.mark.parametrize(
    ("forged", "status"), [("missing", 200), ("unsigned", 200), ("another's", 401), ("upper case", 401)]
)
async def test_unsigned_may_be_allowed(gateway: Gateway, forged: str, status: int) -> None:
    """With `allow_unsigned` what says that it is unsigned passes; a wrong signature is wrong all the same."""
    answer = await gateway.http.post("/webhooks/calcom", content=BODY, headers=encoded(FORGED[forged]))
    assert answer.status_code == status


@pytest.mark.parametrize("changes", [{"limits": {"actions_per_minute": 1, "failed_auth_per_minute": 1}}])
async def test_webhooks_are_never_limited(gateway: Gateway) -> None:
    """Cal.com's deliveries are taken however many there are, after forgeries too."""
    forged = [await gateway.http.post("/webhooks/calcom", content=BODY) for _ in range(5)]
    assert [one.status_code for one in forged] == [401] * 5
    assert [(await gateway.deliver(BODY)).status_code for _ in range(5)] == [200] * 5


async def test_the_body_is_kept_as_it_came(gateway: Gateway, sandbox: CalCom) -> None:
    """But for what is redacted, every byte is kept, with a few harmless headers."""
    [body] = await sandbox.bodies(await sandbox.book())
    one = (await gateway.service(OPERATOR).get("/v1/deliveries/1")).json()
    password = json.loads(body)["payload"]["oneTimePassword"]
    assert one["body"] == body.decode().replace(password, "redacted")
    assert NAME.lower() not in one["headers"]
