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
    Settings,
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


def webhooks(scenario: str) -> list[tuple[datetime, str]]:
    """Read when each webhook of a scenario came to the main subscriber, and its body."""
    rows = [json.loads(path.read_text()) for path in sorted((HERE / "webhooks").glob(f"*-{scenario}-*.json"))]
    return [(parse(row["received_at"]), row["body_raw"]) for row in rows if row["path"] == "/hook"]


def _made(exchange: Exchange) -> list[dict[str, Any]]:
    """The bookings a recorded call made."""
    data = json.loads(exchange.text)["data"] if exchange.status == 201 else []
    return data if isinstance(data, list) else [data]


def recorded_mint(scenario: list[Exchange]) -> Mint:
    """Mint the uids the real one made, in order, so that the played ones are the same."""
    uids = [row["uid"] for exchange in scenario for row in _made(exchange)]
    return Mint(iter(uids).__next__, counting_mint().uuid)


async def play_exchange(play: Play, exchange: Exchange) -> tuple[int, str, set[str]]:
    """Send a recorded request; give status, text and the names of the headers that count."""
    made = _made(exchange)
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
    threshold = EventType(3, "threshold", "Threshold", 1, approval=Approval.TIME, threshold=288)
    lessons = EventType(4, "lessons", "Lessons", 1, recurrence=Recurrence(3))
    visit.pending_blocks = lessons.pending_blocks = True
    kinds = [visit, threshold, lessons]
    for kind in kinds:
        kind.location = PLACE
    # The limits of the recorded server were raised; its counters are compared by presence only.
    settings = Settings(release=release, key_prefix="cal_test_", anonymous_limit=10000)
    return World([hannah, marco], kinds, settings=settings)


def why_type() -> EventType:
    """The recorded event type with a question of its owner's."""
    kind = EventType(15, "e2-always", "E2 always renamed", 1, location=PLACE, pending_blocks=True)
    kind.questions = [Question("topic", "Topic", "text", required=True, placeholder="What about")]
    return kind


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
