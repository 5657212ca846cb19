"""Every refusal and failure, whatever goes wrong where, is told in the one shape of RFC 9457."""

import sqlite3

import pytest

from gateway.http import httpx
from gateway.web.errors import STATUS, TITLES
from tests.stories.cast import CalCom, Clock, Gateway, Json, Portal

MEMBERS = {"type", "title", "status", "detail", "code", "instance"}
JSON = {"Content-Type": "application/json"}


def shaped(answer: httpx.Response) -> bool:
    """Whether an answer is a problem, whole and true to its own status."""
    told = answer.json()
    kind = answer.headers["content-type"] == "application/problem+json"
    return kind and told.keys() >= MEMBERS and told["status"] == answer.status_code


CASES: list[tuple[str, str, Json, int, str]] = [
    ("GET", "/nowhere", {}, 404, "not-found"),
    ("GET", "/v1/bookings/", {}, 404, "not-found"),
    ("GET", "/v1/bookings/none", {}, 404, "not-found"),
    ("GET", "/v1/commands/none", {}, 404, "not-found"),
    ("GET", "/webhooks/calcom/unknown", {}, 404, "not-found"),
    ("POST", "/webhooks/calcom/unknown", {}, 404, "not-found"),
    ("POST", "/v1/bookings", {}, 405, "method-not-allowed"),
    ("GET", "/webhooks/calcom", {}, 405, "method-not-allowed"),
    ("PUT", "/v1/bookings/{uid}/accept", {}, 405, "method-not-allowed"),
    ("GET", "/v1/bookings?colour=red", {}, 422, "invalid"),
    ("GET", "/v1/bookings?limit=0", {}, 422, "invalid"),
    ("GET", "/v1/bookings?status=pending&status=accepted", {}, 422, "invalid"),
    ("POST", "/v1/bookings/{uid}/accept", {"json": {"colour": "red"}}, 422, "invalid"),
    ("POST", "/v1/bookings/{uid}/accept", {"json": {"override": "yes"}}, 422, "invalid"),
    ("POST", "/v1/bookings/{uid}/accept", {"json": {"override": 1}}, 422, "invalid"),
    ("POST", "/v1/bookings/{uid}/reject", {"json": {}}, 422, "reason-required"),
    ("POST", "/v1/bookings/{uid}/accept", {"content": b"{}"}, 415, "unsupported-media-type"),
    ("POST", "/v1/bookings/{uid}/accept", {"data": {"a": "b"}}, 415, "unsupported-media-type"),
    ("POST", "/v1/bookings/{uid}/accept", {"content": b"{", "headers": JSON}, 400, "bad-request"),
    ("POST", "/v1/bookings/{uid}/accept", {"content": b"[]", "headers": JSON}, 400, "bad-request"),
    ("POST", "/v1/bookings/{uid}/accept", {"content": b"\xff", "headers": JSON}, 400, "bad-request"),
    (
        "POST",
        "/v1/bookings/{uid}/accept",
        {"content": b'{"override":NaN}', "headers": JSON},
        400,
        "bad-request",
    ),
    ("POST", "/v1/bookings/{uid}/accept", {"content": b"[" * 60000, "headers": JSON}, 400, "bad-request"),
    ("POST", "/v1/bookings/{uid}/accept", {"content": b" " * 70000, "headers": JSON}, 413, "too-large"),
    ("POST", "/v1/bookings/none/accept", {"json": {}}, 404, "not-found"),
    ("GET", "/v1/deliveries", {}, 403, "not-allowed"),
    ("GET", "/v1/deliveries/1", {}, 403, "not-allowed"),
    ("POST", "/v1/deliveries/1/retry", {}, 403, "not-allowed"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]} {case[4]} {str(case[2])[:30]}")
async def test_a_mistake(maya: Portal, sandbox: CalCom, case: tuple[str, str, Json, int, str]) -> None:
    """A caller's mistake has its status, its code and the shape of a problem."""
    method, path, more, status, code = case
    answer = await maya.call(method, path.format(uid=await sandbox.book()), **more)
    assert answer.status_code == status
    assert (answer.json()["code"], shaped(answer)) == (code, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic bWF5YTptYXlh"},
        {
            "Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYXlhQGV4YW1wbGUuY29tIiwicm9sZSI6Imhvc3QifQ."
        },
        {"Cookie": "session=nonsense"},
    ],
    ids=["nobody", "nonsense", "basic", "alg none", "cookie"],
)
@pytest.mark.parametrize(
    "path", ["/v1/bookings", "/v1/bookings/none", "/v1/deliveries", "/v1/reasons", "/v1/commands/x"]
)
async def test_nobody(gateway: Gateway, path: str, headers: dict[str, str]) -> None:
    """Without a token that is good: 401 with WWW-Authenticate, before anything else is said."""
    answer = await gateway.http.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"], shaped(answer)) == (401, "unauthenticated", True)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/bookings", {"GET", "HEAD"}),
        ("GET", "/webhooks/calcom", {"POST"}),
        ("PUT", "/v1/commands/x", {"GET", "HEAD", "DELETE"}),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    maya: Portal, method: str, path: str, allowed: set[str]
) -> None:
    """405 carries Allow with every method that the path has."""
    answer = await maya.call(method, path)
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, allowed)


async def test_each_wrong_field_is_named(maya: Portal) -> None:
    """Several mistakes are told at once, each with the field it is about."""
    told = (await maya.get("/v1/bookings?limit=x&colour=red&from=never")).json()
    assert {one["field"] for one in told["errors"]} == {"limit", "colour", "from"}


async def test_fields_have_one_shape(maya: Portal, sandbox: CalCom) -> None:
    """A wrong field has the same members wherever it was found."""
    uid = await sandbox.book()
    answers = [
        await maya.get("/v1/bookings?limit=x"),
        await maya.accept(uid, colour="red"),
        await maya.accept(uid, "k" * 201),
        await maya.reject(uid, reason_code="other", reason="x" * 501),
    ]
    assert [set(answer.json()["errors"][0]) for answer in answers] == [{"field", "detail"}] * 4


@pytest.mark.parametrize("changes", [{"limits": {"actions_per_minute": 2}}])
async def test_too_many_actions(gateway: Gateway, maya: Portal, sandbox: CalCom, clock: Clock) -> None:
    """More than so many actions a minute: 429 with Retry-After, for this person only, and reading goes on."""
    uid = await sandbox.book()
    answers = [await maya.accept(uid) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[2].json()["code"], shaped(answers[2])) == ("too-many-requests", True)
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert [
        (await maya.get("/v1/bookings")).status_code,
        (await gateway.service().accept(uid)).status_code,
    ] == [200, 200]
    clock.wind(seconds=61)
    assert (await maya.accept(uid)).status_code == 200


@pytest.mark.parametrize("changes", [{"limits": {"failed_auth_per_minute": 2}}])
async def test_too_many_guesses(gateway: Gateway, maya: Portal) -> None:
    """A peer whose tokens are wrong too often: 429 with Retry-After; a good token passes all the same."""
    wrong = Portal(gateway.http, {"Authorization": "Bearer guess"})
    answers = [await wrong.get("/v1/bookings") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert "retry-after" in answers[2].headers
    assert (await maya.get("/v1/bookings")).status_code == 200


async def test_the_store_cannot_be_written(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """A store that refuses a write: 503 with Retry-After for webhook and action; reading goes on."""
    uid = await sandbox.book()
    with sqlite3.connect(gateway.database) as other:
        other.execute("create trigger one before insert on deliveries begin select * from nowhere; end")
        other.execute("create trigger two before insert on commands begin select * from nowhere; end")
    other.close()
    answers = [await gateway.deliver(b"{}"), await maya.accept(uid)]
    assert [(one.status_code, one.json()["code"], shaped(one)) for one in answers] == [
        (503, "storage-unavailable", True)
    ] * 2
    assert ["retry-after" in one.headers for one in answers] == [True, True]
    assert (await maya.get("/v1/bookings")).status_code == 200


async def test_a_bug_is_no_page(gateway: Gateway, maya: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody thought of is 500 in the same shape, without a word about what it was."""

    def broken(*_: object) -> None:
        raise KeyError("canary-bug")

    monkeypatch.setattr("gateway.web.query.read", broken)
    answer = await maya.get("/v1/bookings")
    assert (answer.status_code, answer.json()["code"], shaped(answer)) == (500, "internal", True)
    assert "canary-bug" not in answer.text


async def test_the_instance_is_the_path(maya: Portal) -> None:
    """`instance` says what was asked for."""
    assert (await maya.get("/v1/bookings/none/timeline")).json()["instance"] == "/v1/bookings/none/timeline"


async def test_a_problem_is_not_kept(maya: Portal) -> None:
    """No cache keeps a refusal."""
    assert (await maya.get("/v1/bookings/none")).headers["cache-control"] == "no-store"


def test_every_code_has_a_title() -> None:
    """Each code has a status and a title of its own."""
    assert (STATUS.keys() - TITLES.keys(), len(set(TITLES.values()))) == (set(), len(TITLES))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("bad-request", 400),
        ("unauthenticated", 401),
        ("signature-invalid", 401),
        ("not-allowed", 403),
        ("not-found", 404),
        ("already-decided", 409),
        ("not-pending", 409),
        ("started", 409),
        ("conflict", 409),
        ("in-flight", 409),
        ("unpaid", 409),
        ("too-large", 413),
        ("invalid", 422),
        ("reason-required", 422),
        ("reason-unknown", 422),
        ("idempotency-mismatch", 422),
        ("too-many-requests", 429),
        ("calcom-refused", 502),
        ("storage-unavailable", 503),
    ],
)
def test_the_contracts_statuses(code: str, status: int) -> None:
    """The statuses that the contract promises."""
    assert STATUS[code] == status
