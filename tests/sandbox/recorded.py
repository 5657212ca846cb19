"""What a real Cal.com was asked and said, read from the recordings beside the repository, where they are.

The recordings are not part of the repository; tests that need them are skipped where they are absent.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox.stage import Mint
from gateway.sandbox.times import parse
from gateway.sandbox.world import (
    Approval,
    Attendee,
    Booking,
    EventType,
    Person,
    Question,
    Recurrence,
    Status,
    World,
)
from tests.sandbox.playing import Play, counting_mint

HERE = Path(__file__).parents[3] / "shared" / "calcom" / "recordings"
needed = pytest.mark.skipif(
    not HERE.is_dir(), reason="the recordings of a real Cal.com are not part of the repository (../shared)"
)

KEY, SECOND_KEY = "cal_test_localapikey0123456789", "cal_test_secondlocalkey0123456789"
PLACE = "1 Example Street, Rome"
SURVEY = [
    Question("address", "Indirizzo", "text", required=True, placeholder="Via"),
    Question("kind", "Tipo", "select", options=["casa", "ufficio"]),
    Question("attendeePhoneNumber", "Telefono", "phone"),
]
_INSTANT = re.compile(r'"(createdAt|updatedAt|timestamp)":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Exchange:
    """One request to the API and its answer."""

    name: str
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    text: str
    answered: dict[str, str]

    @property
    def at(self) -> datetime:
        """When it was answered, to the second."""
        return parsedate_to_datetime(self.answered["date"])


def exchanges(folder: str) -> list[Exchange]:
    """Read the exchanges of a folder in order; none where there are no recordings."""
    return [_exchange(json.loads(path.read_text())) for path in sorted((HERE / folder).glob("*.json"))]


def _exchange(row: dict[str, Any]) -> Exchange:
    ask, answer = row["request"], row["response"]
    answered = {name.lower(): value for name, value in answer["headers"]}
    body = ask.get("body")
    name = f"{row['seq']:03d}-{row['name']}"
    return Exchange(
        name, ask["method"], ask["path"], ask["headers"], body, answer["status"], answer["body_raw"], answered
    )


def webhooks(scenario: str) -> list[tuple[datetime, str, str]]:
    """Read when each webhook of a scenario came, to which subscriber, and its body."""
    rows = [json.loads(path.read_text()) for path in sorted((HERE / "webhooks").glob(f"*-{scenario}-*.json"))]
    return [(parse(row["received_at"]), row["path"], row["body_raw"]) for row in rows]


def _made(exchange: Exchange) -> list[dict[str, Any]]:
    """The bookings a recorded call made."""
    data = json.loads(exchange.text)["data"] if exchange.status == 201 else []
    return [row for row in (data if isinstance(data, list) else [data]) if "uid" in row]


def _subscribed(exchange: Exchange) -> list[str]:
    """The id of the subscription a recorded call made."""
    data = json.loads(exchange.text)["data"] if exchange.status == 201 else {}
    return [data["id"]] if "subscriberUrl" in data else []


class Names:
    """Mints what the real one minted: the bookings' uids in order, and the ids of subscriptions as they are made."""

    def __init__(self, scenario: list[Exchange]) -> None:
        self._uids = iter([row["uid"] for exchange in scenario for row in _made(exchange)])
        self._others = counting_mint()
        self.ids: list[str] = []

    @property
    def mint(self) -> Mint:
        """The mint of a sandbox that plays them."""
        return Mint(self._uids.__next__, lambda: self.ids.pop() if self.ids else self._others.uuid())


async def play_exchange(play: Play, exchange: Exchange, names: Names) -> tuple[int, str, set[str]]:
    """Send a recorded request; give status, text and the names of the headers that count."""
    made, names.ids = _made(exchange), _subscribed(exchange)
    if made:
        play.world.last_id = made[0]["id"] - 1
    url = f"http://calcom.example{exchange.path}"
    answer = await play.client.request(exchange.method, url, json=exchange.body, headers=exchange.headers)
    return answer.status_code, masked(answer.text), counted(dict(answer.headers))


def counted(headers: dict[str, str]) -> set[str]:
    """Which headers of the rate limiter are there, and the request's id."""
    return {name for name in headers if name.startswith(("x-ratelimit", "x-request"))}


def masked(text: str) -> str:
    """Blank out what no two runs share: instants of writing and UUIDs. Their format still counts."""
    return _UUID.sub("<uuid>", _INSTANT.sub(r'"\1":"<instant>"', text))


def recorded_world(release: str) -> World:
    """The world the recordings were made in, as far as it is told."""
    hannah = Person(1, "Hannah Host", "hannah.host@example.com", "hannah", "Europe/Rome", KEY)
    marco = Person(2, "Marco Mentor", "marco.mentor@example.com", "marco", "Europe/Rome", SECOND_KEY)
    hannah.default_schedule, marco.time_format = 1, 24
    visit = EventType(1, "site-visit", "Site visit", 1, description="A visit that needs the host's yes")
    quick = EventType(2, "quick-call", "Quick call", 1, length=15, approval=Approval.NEVER)
    threshold = EventType(3, "threshold", "Threshold", 1, approval=Approval.TIME, threshold=288)
    lessons = EventType(4, "lessons", "Lessons", 1, recurrence=Recurrence(3))
    survey = EventType(5, "sopralluogo", "Sopralluogo \u00e8 qui", 1, length=45, questions=SURVEY)
    visit.pending_blocks = lessons.pending_blocks = survey.pending_blocks = True
    kinds = [visit, quick, threshold, lessons, survey]
    for kind in kinds:
        kind.location = PLACE
    quick.location, survey.location = "https://meet.example.com/room", "attendeeDefined"
    # The limits of the recorded server were raised; its counters are compared by presence only.
    world = World([hannah, marco], kinds)
    world.enter({"settings": {"release": release, "key_prefix": "cal_test_", "anonymous_limit": 10000}})
    return world


def as_booking(row: dict[str, Any]) -> Booking:
    """Read a booking back from how the API showed it."""
    people = [Attendee(a["name"], a["email"], a["timeZone"], a["language"]) for a in row["attendees"]]
    for attendee, shown in zip(people, row["attendees"], strict=True):
        attendee.absent, attendee.phone = shown["absent"], shown.get("phoneNumber")
    return Booking(
        id=row["id"],
        uid=row["uid"],
        event_type=row["eventTypeId"],
        host=row["hosts"][0]["id"],
        title=row["title"],
        start=parse(row["start"]),
        end=parse(row["end"]),
        status=Status(row["status"]),
        attendees=people,
        answers=row["bookingFieldsResponses"],
        location=row["location"],
        created_at=parse(row["createdAt"]),
        updated_at=parse(row["updatedAt"]),
        ical_uid=row["icsUid"],
        metadata=row["metadata"],
        series=row.get("recurringBookingUid"),
        from_uid=row.get("rescheduledFromUid"),
        to_uid=row.get("rescheduledToUid"),
        rescheduled_by=row.get("rescheduledByEmail"),
        cancellation_reason=row["cancellationReason"] or None,
        absent_host=row["absentHost"],
    )
