"""Recordings of a real Cal.com, where they lie beside the checkout: each is read as what it was.

They are not part of the project, so without them these tests are skipped.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.calcom import messages
from gateway.calcom.redaction import redact
from gateway.calcom.signature import HEADER, UNSIGNED, verify
from gateway.calcom.webhook import Seen, Unread, read
from gateway.domain.booking import Observation, Source, Status
from gateway.domain.errors import Unverified
from gateway.ports import Rejected

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "calcom" / "recordings"
NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)
P, A, R, C = Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.CANCELLED
SCENARIOS = {
    "A": [P, A],
    "B": [P, R, R, A],
    "D": [P, C, A],
    "E": [P, P, A, A],
    "F": [P, A, P, R],
    "G": [P, A, C],
    "K": [P, P, P, R, R, R],
    "N": [P, A],
    "O": [P, P, P, A],
    "R": [P, A, None],
}

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"no recordings of a real Cal.com in {RECORDINGS}"
)


def files(pattern: str) -> list[Path]:
    """The recordings in one folder, in the order in which they were made."""
    return sorted(RECORDINGS.glob(pattern))


def loaded(file: Path) -> Any:
    """A recording."""
    return json.loads(file.read_text("utf-8"))


def observations(scenario: str) -> list[Observation]:
    """What the deliveries of a scenario say, but for those a template made."""
    made = (read(loaded(file)["body_raw"].encode()) for file in files(f"webhooks/*-{scenario}-*_*.json"))
    return [one.observation for one in made if isinstance(one, Seen)]


def bookings() -> list[tuple[str, int, dict[str, str], bytes, Any]]:
    """The API's answers with one booking in them: uid asked for, status, headers, body, data."""
    found = []
    for file in files("api*/**/*.json"):
        answer = loaded(file)["response"]
        body = answer["body_raw"].encode()
        data = json.loads(body).get("data") if body.startswith(b"{") else None
        if isinstance(data, dict) and {"uid", "hosts"} <= data.keys():
            found.append((data["uid"], answer["status"], dict(answer["headers"]), body, data))
    return found


@pytest.mark.parametrize("file", files("webhooks/*.json"), ids=lambda file: file.stem)
def test_delivery(file: Path) -> None:
    """Each delivery verifies with its own secret alone, and is a word about a booking unless a template made it."""
    recorded = loaded(file)
    body, secret = recorded["body_raw"].encode(), recorded.get("signature_ok_with_secret")
    signatures = [value for name, value in recorded["headers"] if name.lower() == HEADER]
    if secret is None:
        assert signatures == [UNSIGNED]
    assert verify(body, signatures, [b"x", (secret or "x").encode()], allow_unsigned=secret is None) is (
        secret is not None
    )
    with pytest.raises(Unverified):
        verify(body, signatures, [b"x"], allow_unsigned=False)
    assert isinstance(read(body), Unread if "template" in file.stem else Seen)


@pytest.mark.parametrize(("scenario", "states"), SCENARIOS.items())
def test_scenario(scenario: str, states: list[Status | None]) -> None:
    """Each scenario's deliveries say what was done, in that order."""
    assert [one.status for one in observations(scenario)] == states


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_a_delivery_tells(scenario: str) -> None:
    """All but no-shows tell enough to make a booking from, even when redacted."""
    for one in observations(scenario):
        assert one.at is not None
        if one.source is not Source.NO_SHOW:
            facts = one.facts
            assert (facts.host and facts.host.id, bool(facts.attendees)) == (1, True)
            assert facts.start
            assert facts.event_type
            assert facts.event_type.id


def test_moves_and_series() -> None:
    """A moved request names the one before it, a series is told apart, a no-show names who was absent."""
    assert [one.moved_from is not None for one in observations("E")] == [False, True, False, False]
    assert all(one.recurring for one in observations("O"))
    assert observations("R")[-1].absent == {"past@example.com": True}


def test_one_word_is_redacted() -> None:
    """Redaction costs a delivery its one-time password and nothing else."""
    for file in files("webhooks/*-BOOKING_REQUESTED.json"):
        body = loaded(file)["body_raw"].encode()
        expected = json.loads(body)
        expected["payload"]["oneTimePassword"] = "redacted"
        assert json.loads(redact(body)) == expected
        assert read(redact(body)) == read(body)


def test_answers() -> None:
    """Each answer about a booking is understood, with its state, times and host."""
    answers = bookings()
    assert len(answers) > 60
    for uid, status, headers, body, data in answers:
        told = messages.understand(uid, status, headers, body, NOW)
        assert (told.uid, told.status, told.facts.title) == (uid, data["status"], data["title"])
        assert told.at == datetime.fromisoformat(data["updatedAt"])
        assert told.facts.host
        assert (told.moved_to, told.moved_from) == (
            data.get("rescheduledToUid"),
            data.get("rescheduledFromUid"),
        )


def test_a_limit_is_told_with_every_answer() -> None:
    """The rate limit's headers are found in each of them."""
    assert all(messages.left(headers) for _, _, headers, _, _ in bookings())


def test_a_refusal() -> None:
    """The second cancellation was refused, and is."""
    answer = loaded(RECORDINGS / "api" / "089-G-cancel-again.json")["response"]
    with pytest.raises(Rejected):
        messages.understand("any", answer["status"], {}, answer["body_raw"].encode(), NOW)
