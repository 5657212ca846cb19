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
from gateway.ports import Rejected, Unknown
from gateway.records import Listing, Page, View

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


def recorded_lists(version: str | None) -> list[Any]:
    """The lists of bookings that were asked for under one version."""
    asked = [loaded(file) for file in files("api-6.0.2/e*/*.json")]
    return [
        one
        for one in asked
        if one["request"]["method"] == "GET"
        and one["request"]["path"].partition("?")[0] == "/v2/bookings"
        and one["request"]["headers"].get("cal-api-version") == version
    ]


def page_of(exchange: Any, view: View = View.CHANGED) -> Page:
    """What a recorded list says."""
    answer = exchange["response"]
    body = answer["body_raw"].encode()
    return messages.understand_page(Listing(view), answer["status"], dict(answer["headers"]), body, NOW)


LISTED = [one for one in recorded_lists("2024-08-13") if one["response"]["status"] == 200]
OTHERS = [
    one
    for version in (None, "2026-02-25", "2026-05-01")
    for one in recorded_lists(version)
    if one["response"]["status"] == 200
]
NO_LISTS = "no recorded lists of a real Cal.com"


@pytest.mark.skipif(not LISTED, reason=NO_LISTS)
def test_lists_are_read_without_loss() -> None:
    """Every row of every list is understood: as many as there are, with their uids and states."""
    assert len(LISTED) > 30
    for exchange in LISTED:
        rows, told = json.loads(exchange["response"]["body_raw"])["data"], page_of(exchange)
        assert (told.size, len(told.rows)) == (len(rows), len(rows))
        assert [(one.uid, one.status) for one in told.rows] == [(row["uid"], row["status"]) for row in rows]
        assert all(one.at and one.facts.host and one.facts.event_type for one in told.rows)


@pytest.mark.skipif(not LISTED, reason=NO_LISTS)
def test_a_list_goes_as_far_as_its_last_row() -> None:
    """The time of the last row is found, by change and by start."""
    for exchange in LISTED:
        rows = json.loads(exchange["response"]["body_raw"])["data"]
        for view, name in ((View.CHANGED, "updatedAt"), (View.AHEAD, "start")):
            last = datetime.fromisoformat(rows[-1][name]) if rows else None
            assert page_of(exchange, view).last == last


@pytest.mark.skipif(not OTHERS, reason=NO_LISTS)
def test_lists_of_other_versions_are_refused() -> None:
    """The same list under another version, or none, has another shape."""
    for exchange in OTHERS:
        with pytest.raises(Unknown):
            page_of(exchange)


@pytest.mark.skipif(not LISTED, reason=NO_LISTS)
def test_refused_lists() -> None:
    """Every 4xx to a list is a refusal with its number."""
    refused = [one for one in recorded_lists("2024-08-13") if one["response"]["status"] >= 400]
    for exchange in refused:
        with pytest.raises(Rejected) as caught:
            page_of(exchange)
        assert caught.value.status == exchange["response"]["status"]
    assert {one["response"]["status"] for one in refused} == {400, 401, 403}


@pytest.mark.skipif(not LISTED, reason=NO_LISTS)
def test_whose_key_it_was() -> None:
    """Each answer about the owner names a user; each refusal is one."""
    for file in files("api-6.0.2/e1-me/*-me-*.json"):
        exchange = loaded(file)
        answer = exchange["response"]
        told = (answer["status"], dict(answer["headers"]), answer["body_raw"].encode(), NOW)
        if answer["status"] == 200:
            assert messages.understand_me(*told).id in (1, 2)
        else:
            with pytest.raises(Rejected):
                messages.understand_me(*told)


def test_a_refusal() -> None:
    """The second cancellation was refused, and is."""
    answer = loaded(RECORDINGS / "api" / "089-G-cancel-again.json")["response"]
    with pytest.raises(Rejected):
        messages.understand("any", answer["status"], {}, answer["body_raw"].encode(), NOW)
