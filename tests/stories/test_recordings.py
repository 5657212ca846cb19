"""A real Cal.com's webhooks, byte for byte as they were recorded, brought to the door in the order they came."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.app import DEFAULT_ACCOUNT, reading
from gateway.http import httpx
from tests.stories.cast import Clock, Gateway, Json, until
from tests.stories.equal import settled

FOLDER = Path(__file__).parents[3] / "shared" / "calcom" / "recordings" / "webhooks"
FILES = sorted(FOLDER.glob("*.json"))
EXCHANGES = sorted(FOLDER.with_name("api").glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason=f"no recordings of a real Cal.com in {FOLDER}")


def recorded(file: Path) -> Json:
    """One recording."""
    return dict(json.loads(file.read_text("utf-8")))


SECRETS = sorted(
    {one["signature_ok_with_secret"] for one in map(recorded, FILES) if "signature_ok_with_secret" in one}
)


@pytest.fixture
def changes() -> dict[str, Any]:
    """The secrets that the recordings were signed with."""
    return {"webhook": {"secrets": SECRETS or ["none"]}}


@pytest.fixture
def clock() -> Clock:
    """The evening on which they were recorded."""
    return Clock(datetime(2026, 11, 20, 22, 10, tzinfo=UTC))


async def bring(gateway: Gateway, file: Path) -> httpx.Response:
    """Send one recording as it is: its bytes, its headers."""
    told = recorded(file)
    return await gateway.http.post(
        "/webhooks/calcom", content=told["body_raw"].encode(), headers=told["headers"]
    )


async def play(gateway: Gateway, scenario: str, upto: int | None = None) -> str:
    """Bring the first so many deliveries of a scenario; gives the uid of the first."""
    files = [file for file in FILES if f"-{scenario}-" in file.name][:upto]
    for file in files:
        assert (await bring(gateway, file)).status_code in (200, 401)
    return str(json.loads(recorded(files[0])["body_raw"])["payload"]["uid"])


async def test_every_authentic_one_is_taken(gateway: Gateway) -> None:
    """200 for each that was signed, `unread` for the template bodies alone; 401 for each that was not."""
    told = {file.name: await bring(gateway, file) for file in FILES}
    verdicts = {name: answer.json().get("verdict", answer.status_code) for name, answer in told.items()}
    unsigned = {file.name for file in FILES if "signature_ok_with_secret" not in recorded(file)}
    assert {name for name, verdict in verdicts.items() if verdict == 401} == unsigned
    templates = {name for name in verdicts if "template" in name}
    unread = {name for name, verdict in verdicts.items() if verdict in ("unread", "duplicate")}
    assert unread == templates


@pytest.mark.parametrize(
    ("scenario", "upto", "status", "flags"),
    [
        ("A", 1, "pending", []),
        ("A", None, "accepted", []),
        ("B", 2, "rejected", []),
        ("B", 3, "rejected", []),
        ("B", None, "accepted", ["revived"]),
        ("D", 2, "cancelled", []),
        ("D", None, "accepted", ["revived"]),
        ("E", None, "accepted", ["revived"]),
        ("F", None, "cancelled", []),
        ("G", None, "cancelled", []),
        ("K", None, "rejected", []),
        ("N", 1, "pending", []),
        ("R", None, "accepted", ["late_accept"]),
    ],
)
async def test_what_it_comes_to(
    gateway: Gateway, scenario: str, upto: int | None, status: str, flags: list[str]
) -> None:
    """After so many deliveries of a scenario the booking is in the state that Cal.com's was in."""
    uid = await play(gateway, scenario, upto)
    seen = await gateway.service().booking(uid)
    assert (seen["status"], seen["flags"]) == (status, flags)


async def test_the_decline_tells_why(gateway: Gateway) -> None:
    """The reason that was given at Cal.com is the decision's."""
    decision = (await gateway.service().booking(await play(gateway, "B", 2)))["decision"]
    assert (decision["action"], decision["channel"], bool(decision["reason"])) == ("reject", "calcom", True)


async def test_a_second_decline_is_one_line(gateway: Gateway) -> None:
    """Cal.com tells each decline; the timeline says once that it was declined, and then that it was revived."""
    uid = await play(gateway, "B")
    assert await gateway.service().events(uid) == ["requested", "rejected", "late_accept"]


async def test_order_does_not_matter(gateway: Gateway) -> None:
    """Brought backwards, every scenario of one uid ends as it does forwards."""
    for file in reversed([file for file in FILES if file.name[4] in "ABDG"]):
        assert (await bring(gateway, file)).status_code == 200
    statuses = [
        (one["title"], one["status"]) for one in (await gateway.service().get("/v1/bookings")).json()["items"]
    ]
    assert sorted(status for _, status in statuses) == ["accepted", "accepted", "accepted", "cancelled"]


async def test_brought_twice_nothing_is_new(gateway: Gateway) -> None:
    """All of it again: every one a duplicate, and nobody's ETag moves."""
    for _ in range(2):
        before = await gateway.service().etag()
        verdicts = {(await bring(gateway, file)).json().get("verdict") for file in FILES}
    assert (verdicts, await gateway.service().etag()) == ({"duplicate", None}, before)


async def test_no_password_is_kept(gateway: Gateway) -> None:
    """Of all the one-time passwords in the recordings none is on disk."""
    for file in FILES:
        await bring(gateway, file)
    payloads = [
        json.loads(recorded(file)["body_raw"])["payload"] for file in FILES if "REQUESTED" in file.name
    ]
    passwords = {str(one["oneTimePassword"]).encode() for one in payloads if one.get("oneTimePassword")}
    stored = gateway.stored()
    assert ([word for word in passwords if word in stored], bool(passwords)) == ([], True)


class Remembering:
    """A Cal.com that answers as the real one did: about each uid with the newest answer recorded by `now`."""

    def __init__(self, scenario: str) -> None:
        files = [file for file in EXCHANGES if f"-{scenario}-" in file.name]
        self.told = [(at, row) for file in files for at, row in rows(recorded(file)["response"])]
        self.now = datetime.min.replace(tzinfo=UTC)
        self.app = Starlette(routes=[Route("/v2/bookings/{uid}", self.show)])

    async def show(self, request: Request) -> Response:
        """Answer a look."""
        uid = request.path_params["uid"]
        known = [row for at, row in self.told if at <= self.now and row["uid"] == uid]
        if known:
            return JSONResponse({"status": "success", "data": known[-1]})
        message = f"Booking with uid={uid} was not found in the database"
        return JSONResponse(
            {"status": "error", "error": {"code": "NotFoundException", "message": message}}, 404
        )

    def ends(self) -> dict[str, str]:
        """The state in which the recordings leave each uid; the one that was moved away is told of by the new one's first."""
        states: dict[str, str] = {}
        for _, row in self.told:
            if row["uid"] not in states and row.get("rescheduledFromUid"):
                states[row["rescheduledFromUid"]] = "cancelled"
            states[row["uid"]] = row["status"]
        return states


def rows(response: Json) -> Iterator[tuple[datetime, Json]]:
    """The bookings in an answer, with its time, in whole seconds as HTTP tells it."""
    at = parsedate_to_datetime(dict(response["headers"])["Date"])
    data = json.loads(response["body_raw"]).get("data") or []
    for row in data if isinstance(data, list) else [data]:
        if "uid" in row:
            yield at, row


async def taken(gateway: Gateway) -> None:
    """No look is due at this moment; those that were put off stay so."""
    async with reading(gateway.settings) as store:

        async def none_due() -> bool:
            due = await store.read(DEFAULT_ACCOUNT, lambda ledger: ledger.next_look())
            return due is None or due > gateway.clock()

        await until(none_due)


@pytest.mark.skipif(not EXCHANGES, reason="no recorded answers of a real Cal.com beside its webhooks")
@pytest.mark.parametrize("prompt", [True, False], ids=["looks in between", "looks at the end"])
@pytest.mark.parametrize("scenario", "DEFGO")
async def test_with_its_own_answers(gateway: Gateway, scenario: str, prompt: bool) -> None:
    """With the API's recorded answers at hand every uid ends as the last of them says."""
    calcom = Remembering(scenario)
    gateway.to_calcom.app, gateway.to_calcom.cut = calcom.app, not prompt
    for file in [one for one in FILES if f"-{scenario}-" in one.name]:
        calcom.now = datetime.fromisoformat(json.loads(recorded(file)["body_raw"])["createdAt"])
        assert (await bring(gateway, file)).status_code == 200
        if prompt:
            await taken(gateway)
    calcom.now, gateway.to_calcom.cut = datetime.max.replace(tzinfo=UTC), False
    gateway.clock.wind(minutes=1)
    await settled(gateway)
    ends = calcom.ends()
    assert {uid: await gateway.service().status(uid) for uid in ends} == ends
