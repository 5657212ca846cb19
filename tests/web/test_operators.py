"""The operators' doors: deliveries, and whether the gateway lives."""

import sqlite3

import pytest

from gateway.domain.people import Role
from tests.stories.cast import OPERATOR, CalCom, Gateway

ITEM = {"id", "received_at", "trigger", "uid", "verdict", "reason", "digest", "size", "subscription"}


async def test_deliveries_are_listed(gateway: Gateway, sandbox: CalCom) -> None:
    """Newest first, with the members of the contract."""
    uid = await sandbox.book()
    await gateway.deliver(b"false")
    items = (await gateway.service(OPERATOR).get("/v1/deliveries")).json()["items"]
    assert [(one["trigger"], one["uid"], one["verdict"]) for one in items] == [
        (None, None, "unread"),
        ("BOOKING_REQUESTED", uid, "applied"),
    ]
    assert [one.keys() for one in items] == [ITEM, ITEM]


@pytest.mark.parametrize(("verdict", "count"), [("unread", 1), ("applied", 1), ("stale", 0)])
async def test_deliveries_by_verdict(gateway: Gateway, sandbox: CalCom, verdict: str, count: int) -> None:
    """One may ask for those that were not understood."""
    await sandbox.book()
    await gateway.deliver(b"false")
    told = (await gateway.service(OPERATOR).get(f"/v1/deliveries?verdict={verdict}")).json()
    assert len(told["items"]) == count


async def test_pages_of_deliveries(gateway: Gateway) -> None:
    """Page by page, every one once."""
    for n in range(5):
        await gateway.deliver(b"%d" % n)
    operator, found, cursor = gateway.service(OPERATOR), [], ""
    for _ in range(3):
        told = (await operator.get(f"/v1/deliveries?limit=2{cursor}")).json()
        found += [one["id"] for one in told["items"]]
        cursor = f"&cursor={told['next_cursor']}"
    assert (found, told["next_cursor"]) == ([5, 4, 3, 2, 1], None)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=x", "verdict=nice", "colour=red"]
)
async def test_a_wrong_parameter(gateway: Gateway, query: str) -> None:
    """Read strictly, as every list is."""
    assert (await gateway.service(OPERATOR).get(f"/v1/deliveries?{query}")).status_code == 422


async def test_one_delivery(gateway: Gateway) -> None:
    """With headers and body beside what the list tells."""
    await gateway.deliver(b"false")
    told = (await gateway.service(OPERATOR).get("/v1/deliveries/1")).json()
    assert told.keys() == ITEM | {"headers", "body"}
    assert (told["body"], told["headers"]["content-type"]) == ("false", "application/json")


async def test_a_retry(gateway: Gateway) -> None:
    """A kept delivery is read again: still not understood, it is still unread, and still one."""
    await gateway.deliver(b"false")
    answer = await gateway.service(OPERATOR).call("POST", "/v1/deliveries/1/retry")
    assert (answer.status_code, answer.json()) == (200, {"delivery": 1, "verdict": "unread"})


async def test_a_retry_changes_nothing_that_is_known(gateway: Gateway, sandbox: CalCom) -> None:
    """Read again, an applied delivery is no news."""
    uid = await sandbox.book()
    before = await gateway.host().etag()
    answer = await gateway.service(OPERATOR).call("POST", "/v1/deliveries/1/retry")
    assert answer.json()["verdict"] == "unchanged"
    assert (await gateway.host().etag(), await gateway.host().events(uid)) == (before, ["requested"])


@pytest.mark.parametrize("number", ["7", "0", "99999999999999999999", "x", "-1"])
async def test_an_unknown_delivery(gateway: Gateway, number: str) -> None:
    """404, whatever the number."""
    operator = gateway.service(OPERATOR)
    answers = [
        await operator.get(f"/v1/deliveries/{number}"),
        await operator.call("POST", f"/v1/deliveries/{number}/retry"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not-found")] * 2


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/deliveries/1"])
async def test_acting_for_a_person_is_no_operators_affair(gateway: Gateway, path: str) -> None:
    """In a person's name the backend may do what that person may: 403."""
    await gateway.deliver(b"false")
    assert (await gateway.service(behalf="maya@example.com").get(path)).status_code == 403


async def test_a_persons_operator_token(gateway: Gateway) -> None:
    """A JWT with `role=operator` opens the same doors."""
    assert (await gateway.as_("ops@example.com", Role.OPERATOR).get("/v1/deliveries")).status_code == 200


async def test_it_lives_and_is_ready(gateway: Gateway) -> None:
    """Health needs no token."""
    answers = [await gateway.http.get(path) for path in ("/livez", "/readyz")]
    assert [(one.status_code, one.json()["ok"]) for one in answers] == [(200, True)] * 2


async def test_it_is_not_ready_without_its_store(gateway: Gateway) -> None:
    """A store that cannot be written: alive, and not ready."""
    with sqlite3.connect(gateway.database) as other:
        other.execute("create trigger no before insert on marks begin select * from nowhere; end")
    other.close()
    answers = [await gateway.http.get(path) for path in ("/livez", "/readyz")]
    assert [one.status_code for one in answers] == [200, 503]


async def test_it_is_ready_without_cal_com(gateway: Gateway) -> None:
    """Cal.com's health is not ours."""
    gateway.to_calcom.cut = True
    assert (await gateway.http.get("/readyz")).status_code == 200
