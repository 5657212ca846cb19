"""The operators' doors: comparing with Cal.com, and doctor's questions."""

from datetime import timedelta

import pytest

from gateway.domain.people import Role
from tests.stories.cast import NOON, OPERATOR, CalCom, Gateway, Json, Portal

QUIET = {"since": None, "error": None, "failed": 0, "asked": 0, "state": "done"}


@pytest.fixture
def operator(gateway: Gateway) -> Portal:
    """The doors as an operator's service meets them."""
    return gateway.service(OPERATOR)


async def checks(operator: Portal) -> dict[str, Json]:
    """Doctor's questions by id."""
    return {one["id"]: one for one in (await operator.get("/v1/checkup")).json()["checks"]}


async def lost(sandbox: CalCom) -> str:
    """A request of which no webhook comes."""
    await sandbox.mood(route="webhook", mood="lose", n=None)
    return await sandbox.book()


async def test_a_comparison(operator: Portal, sandbox: CalCom) -> None:
    """What was lost is there after it, and it says what it has done."""
    uid = await lost(sandbox)
    answer = await operator.call("POST", "/v1/reconcile", json={})
    assert (answer.status_code, await operator.status(uid)) == (200, "pending")
    assert answer.json().items() >= {**QUIET, "repaired": 1}.items()


async def test_no_body_is_an_empty_object(operator: Portal) -> None:
    """Nothing to say is said with nothing."""
    assert (await operator.call("POST", "/v1/reconcile")).json()["state"] == "done"


async def test_the_newest_comparison(operator: Portal) -> None:
    """Before the first there is none; then it is the last one's outcome."""
    before = await operator.get("/v1/reconcile")
    told = (await operator.call("POST", "/v1/reconcile")).json()
    assert (before.status_code, (await operator.get("/v1/reconcile")).json()) == (404, told)


async def test_since(operator: Portal, sandbox: CalCom, gateway: Gateway) -> None:
    """With a time, what is older than any comparison would read by itself is brought in."""
    await sandbox.mood(route="webhook", mood="lose", n=None)
    uid = await sandbox.book(NOON + timedelta(hours=1))
    gateway.clock.wind(days=3)
    await operator.call("POST", "/v1/reconcile")
    missing = (await operator.get(f"/v1/bookings/{uid}")).status_code
    told = (await operator.call("POST", "/v1/reconcile", json={"since": "2027-03-01T00:00:00Z"})).json()
    assert (missing, told["since"], await operator.status(uid)) == (404, "2027-03-01T00:00:00Z", "expired")


@pytest.mark.parametrize("since", ["yesterday", "2027-03-01", "", 7, True])
async def test_no_time(operator: Portal, since: object) -> None:
    """A time without an offset, or none at all, is wrong."""
    assert (await operator.call("POST", "/v1/reconcile", json={"since": since})).status_code == 422


async def test_a_long_one_goes_on(operator: Portal, sandbox: CalCom) -> None:
    """Nobody waits longer than two seconds; how it stands can be asked."""
    for route in ("me", "list"):
        await sandbox.mood(route=route, mood="slow", seconds=1.2)
    answer = await operator.call("POST", "/v1/reconcile")
    running = (await operator.get("/v1/reconcile")).json()
    assert (answer.status_code, answer.json()["state"], running["state"]) == (202, "running", "running")


async def test_out_of_reach(operator: Portal, gateway: Gateway) -> None:
    """It says why it could not."""
    gateway.to_calcom.cut = True
    told = (await operator.call("POST", "/v1/reconcile")).json()
    assert (told["state"], told["error"]) == ("failed", "calcom-unreachable")


async def test_a_refused_key(operator: Portal, sandbox: CalCom) -> None:
    """A list that is refused is no list of nothing."""
    await sandbox.mood(route="list", mood="status", status=403)
    told = (await operator.call("POST", "/v1/reconcile")).json()
    assert (told["state"], told["error"]) == ("failed", "calcom-refused")


@pytest.mark.parametrize("role", [Role.HOST, Role.ATTENDEE])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/reconcile"), ("GET", "/v1/reconcile"), ("GET", "/v1/checkup")]
)
async def test_only_operators(gateway: Gateway, role: Role, method: str, path: str) -> None:
    """People who book and are booked have no business here."""
    assert (await gateway.as_("maya@example.com", role).call(method, path)).status_code == 403


async def test_all_is_well(operator: Portal) -> None:
    """The key is accepted and Cal.com is the right one."""
    told = (await operator.get("/v1/checkup")).json()
    assert told["ok"]
    assert {name: one["level"] for name, one in (await checks(operator)).items()} == {
        "calcom-key": "ok",
        "same-calcom": "ok",
        "in-step": "warn",
    }


@pytest.mark.parametrize("changes", [{"reconcile": {"every_seconds": 3600}}])
async def test_in_step(operator: Portal) -> None:
    """A comparison a moment ago is the answer."""
    await operator.call("POST", "/v1/reconcile")
    one = (await checks(operator))["in-step"]
    assert (one["level"], one["answer"].endswith("s ago.")) == ("ok", True)


@pytest.mark.parametrize("changes", [{"reconcile": {"every_seconds": 60}}])
async def test_out_of_step(operator: Portal, gateway: Gateway) -> None:
    """When none was finished for minutes, something is wrong."""
    await operator.call("POST", "/v1/reconcile")
    gateway.to_calcom.cut = True
    gateway.clock.wind(minutes=6)
    one = (await checks(operator))["in-step"]
    assert (one["level"], bool(one["remedy"])) == ("red", True)


@pytest.mark.parametrize(
    ("mood", "level"), [({"mood": "status", "status": 401}, "red"), ({"mood": "html"}, "red")]
)
async def test_a_key_that_does_not_fit(operator: Portal, sandbox: CalCom, mood: Json, level: str) -> None:
    """Refused or not understood, it does not work; and the check-up says so as a whole."""
    await sandbox.mood(route="me", n=2, **mood)
    told = (await operator.get("/v1/checkup")).json()
    assert (told["ok"], (await checks(operator))["calcom-key"]["level"]) == (False, level)
