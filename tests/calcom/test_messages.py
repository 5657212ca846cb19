"""Requests as they are made, and answers as they are understood."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calcom import messages
from gateway.domain.booking import By, Observation, Source, Status
from gateway.domain.command import Action, Command
from gateway.domain.facts import Answer, EventType, Facts
from gateway.domain.people import Person
from gateway.ports import Limited, Missing, Rejected, Unknown
from tests.calcom import bodies

NOW = datetime(2030, 5, 1, 8, tzinfo=UTC)
UNKNOWN_UID = f"Booking with uid={bodies.UID} was not found in the database"
ERRORS = (Limited, Missing, Rejected, Unknown)


def command(action: Action, text: str | None = None, uid: str = bodies.UID) -> Command:
    """A command of a host's."""
    return Command("c1", uid, uid, action, By("host", "Mara"), NOW, text=text)


def understood(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Observation:
    """What an answer about our booking says."""
    return messages.understand(bodies.UID, status, headers or {}, body, NOW)


def seen(**changes: Any) -> Observation:
    """What a good answer with these changes says."""
    return understood(bodies.success(bodies.listed(**changes)))


def paused(**headers: str) -> float:
    """The pause after a 429 with these headers; `_` stands for `-`."""
    with pytest.raises(Limited) as caught:
        understood(b"", 429, {name.replace("_", "-"): value for name, value in headers.items()})
    return caught.value.seconds


def test_look() -> None:
    """A look is a GET in the one version that is understood, without a body."""
    request = messages.look(bodies.UID)
    assert (request.method, request.path, request.body) == ("GET", f"/bookings/{bodies.UID}", b"")
    assert request.version == "2024-08-13"


@pytest.mark.parametrize(
    ("action", "text", "verb", "body"),
    [
        (Action.ACCEPT, None, "confirm", {}),
        (Action.ACCEPT, "never sent", "confirm", {}),
        (Action.REJECT, None, "decline", {}),
        (Action.REJECT, "Full: sorry 🎉", "decline", {"reason": "Full: sorry 🎉"}),
    ],
)
def test_act(action: Action, text: str | None, verb: str, body: dict[str, str]) -> None:
    """Confirm has an empty object for a body, decline the reason when there is one."""
    request = messages.act(command(action, text))
    assert (request.method, request.path) == ("POST", f"/bookings/{bodies.UID}/{verb}")
    assert (request.route, json.loads(request.body)) == (f"/bookings/{{uid}}/{verb}", body)


def test_the_uid_stays_in_its_place() -> None:
    """A uid cannot lead to another route."""
    assert messages.look("a/b?c#d%").path == "/bookings/a%2Fb%3Fc%23d%25"
    assert messages.act(command(Action.ACCEPT, uid="../x")).path == "/bookings/..%2Fx/confirm"


def test_a_booking() -> None:
    """Everything the API says of a booking, each in its place."""
    assert seen() == Observation(
        uid=bodies.UID,
        source=Source.LOOKED,
        at=datetime(2030, 5, 1, 8, 0, 0, 500_000, tzinfo=UTC),
        born=datetime(2030, 5, 1, 7, 59, 59, tzinfo=UTC),
        status=Status.PENDING,
        facts=Facts(
            title="Mentoring between Mara Mentor and Nils Neu",
            start=datetime(2030, 5, 6, 9, tzinfo=UTC),
            end=datetime(2030, 5, 6, 9, 30, tzinfo=UTC),
            host=Person("Mara Mentor", "Mara@example.com", "Europe/Madrid", "mara", 7),
            attendees=(Person("Nils Neu", "nils@example.com", "Europe/Oslo"),),
            bare=(Answer("goal", None, "To learn"),),
            notes="I am new here",
            event_type=EventType(3, "mentoring"),
            location="integrations:daily",
            ical_uid=f"{bodies.UID}@Cal.com",
        ),
        absent={"nils@example.com": False},
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", Status.PENDING),
        ("accepted", Status.ACCEPTED),
        ("rejected", Status.REJECTED),
        ("cancelled", Status.CANCELLED),
        ("awaiting_host", None),
    ],
)
def test_states(word: str, status: Status | None) -> None:
    """The API's words; an instant meeting that waits for a host has no state of ours."""
    assert seen(status=word).status is status


def test_a_move() -> None:
    """The uids before and after a move are told."""
    told = seen(status="cancelled", rescheduledFromUid="before", rescheduledToUid="after")
    assert (told.moved_from, told.moved_to) == ("before", "after")


@pytest.mark.parametrize("updated", [bodies.OMITTED, None, "", "yesterday"])
def test_a_booking_that_tells_no_change(updated: Any) -> None:
    """A row written by hand may have no time of change: it is as old as the booking."""
    told = seen(updatedAt=updated)
    assert told.at == told.born == datetime(2030, 5, 1, 7, 59, 59, tzinfo=UTC)


def test_a_series() -> None:
    """The API alone names the series of each of its dates."""
    told = seen(recurringBookingUid="a3450ec3-c1ba-468b-8b3b-8ee70090ff6f")
    assert (told.facts.series, told.recurring) == ("a3450ec3-c1ba-468b-8b3b-8ee70090ff6f", True)


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"hosts": [dict.fromkeys(bodies.HOST, "unknown")]}, "host", None),
        ({"hosts": []}, "host", None),
        ({"description": ""}, "notes", None),
        (
            {"metadata": {"videoCallUrl": "https://video.example.com/a"}},
            "meeting_url",
            "https://video.example.com/a",
        ),
        ({"meetingUrl": "https://b.example.com"}, "meeting_url", "https://b.example.com"),
        ({"location": "https://c.example.com"}, "meeting_url", "https://c.example.com"),
        ({"eventType": None}, "event_type", EventType(3)),
        ({"eventType": None, "eventTypeId": 0}, "event_type", None),
        ({"cancellationReason": "Please reschedule. undefined"}, "cancellation_reason", None),
        ({"cancellationReason": "I fell ill"}, "cancellation_reason", "I fell ill"),
    ],
)
def test_facts(changes: dict[str, Any], field: str, expected: Any) -> None:
    """What the API leaves open, and where it says a thing in several places."""
    assert getattr(seen(**changes).facts, field) == expected


def test_absent() -> None:
    """Who missed the meeting, under the address that the attendees are shown with."""
    one = {
        **bodies.BOOKER,
        "email": "nils+client@example.com",
        "displayEmail": "nils@example.com",
        "absent": True,
    }
    assert seen(attendees=[one, {"absent": True}, {"email": "x@example.com"}]).absent == {
        "nils@example.com": True
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b'{"status":"success","data":',
        b"[]",
        b'{"status":"success"}',
        bodies.envelope("There was an error, please try again later.", "INTERNAL_SERVER_ERROR"),
        bodies.raw({"data": bodies.listed()}),
        bodies.success([bodies.listed()]),
        bodies.success(bodies.listed(uid=bodies.OLD_UID)),
        bodies.success(bodies.listed(status="expired")),
        bodies.success(bodies.listed(status=None)),
        bodies.success(bodies.listed(start=None)),
        bodies.success(bodies.live()),
    ],
)
def test_no_usable_answer(body: bytes) -> None:
    """A 200 with a page, half an answer, an error, another schema or another booking proves nothing."""
    with pytest.raises(Unknown):
        understood(body)


@pytest.mark.parametrize("status", [100, 204, 301, 307, 500, 502, 503, 504, 599])
def test_no_answer_of_the_api(status: int) -> None:
    """Redirects and faults say nothing about what happened."""
    with pytest.raises(Unknown):
        understood(b"", status)


@pytest.mark.parametrize(
    "body",
    [
        bodies.envelope(UNKNOWN_UID),
        bodies.raw({"statusCode": 404, "message": UNKNOWN_UID}),
        bodies.raw({"error": "not_found", "error_description": UNKNOWN_UID}),
    ],
)
def test_missing(body: bytes) -> None:
    """Only Cal.com's own sentence says that there is no such booking, in any of its three shapes."""
    with pytest.raises(Missing):
        understood(body, 404)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, bodies.envelope("Cannot POST /v2/bookings/x/confirm")),
        (404, bodies.envelope("Booking not found.")),
        (404, b"<html>not found</html>"),
        (404, bodies.raw({"message": [UNKNOWN_UID]})),
        (400, bodies.envelope(UNKNOWN_UID)),
        (400, bodies.envelope("Booking already confirmed", "TRPCError")),
        (401, bodies.envelope("User is not authorized to confirm this booking", "TRPCError")),
        (403, bodies.envelope("PermissionsGuard - no oAuth client found", "ForbiddenException")),
        (409, b'{"statusCode":409,"message":"booking_conflict_error"}'),
        (498, bodies.envelope("ACCESS_TOKEN_IS_EXPIRED")),
    ],
)
def test_rejected(status: int, body: bytes) -> None:
    """Every other 4xx is a refusal, of which only the number is carried."""
    with pytest.raises(Rejected) as caught:
        understood(body, status)
    assert caught.value.status == status
    assert str(caught.value) == f"refused with {status}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"X_RateLimit_Reset_Default": "42"}, 42),
        ({"x_ratelimit_reset_default": "5", "X_RateLimit_Reset_Burst": "9"}, 9),
        ({"X_RateLimit_Reset_Default": "0"}, 1),
        ({"X_RateLimit_Reset_Default": "soon"}, 60),
        ({"X_RateLimit_Reset_Default": "nan"}, 60),
        ({"X_RateLimit_Reset_Default": "99999"}, 600),
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "Wed, 01 May 2030 08:00:30 GMT"}, 30),
        ({"Retry_After": "Wed, 01 May 2030 08:00:30 -0000"}, 30),
        ({"Retry_After": "Wed, 01 May 2030 07:00:00 GMT"}, 1),
        ({"Retry_After": "Wed, 99 May"}, 60),
        ({"Retry_After": "7", "X_RateLimit_Reset_Default": "20"}, 20),
    ],
)
def test_limited(headers: dict[str, str], seconds: float) -> None:
    """How long to wait: as told, at least a second, at most ten minutes, and a minute when nothing is told."""
    assert paused(**headers) == seconds


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"X-RateLimit-Remaining-Default": "19"}, None),
        ({"X-RateLimit-Remaining-Default": "19", "X-RateLimit-Reset-Default": "42"}, (19, 42)),
        (
            {
                "X-RateLimit-Limit-Default": "30",
                "X-RateLimit-Remaining-Default": "15",
                "X-RateLimit-Reset-Default": "42",
            },
            (60, 42),
        ),
        (
            {
                "x-ratelimit-remaining-a": "5",
                "x-ratelimit-reset-a": "1",
                "x-ratelimit-remaining-b": "9",
                "x-ratelimit-reset-b": "30",
            },
            (5, 30),
        ),
    ],
)
def test_what_is_left(headers: dict[str, str], expected: tuple[int, float] | None) -> None:
    """The least that any of Cal.com's limits leaves, until the last of them ends."""
    assert messages.left(headers) == expected


@given(status=st.integers(100, 599), headers=st.dictionaries(st.text(), st.text()), body=st.binary())
def test_any_answer(status: int, headers: dict[str, str], body: bytes) -> None:
    """Whatever comes back is an observation or one of the port's errors."""
    with suppress(*ERRORS):
        understood(body, status, headers)


@given(value=st.text(alphabet="0123456789:,-+ GMTWedJanMay") | st.text())
def test_any_pause(value: str) -> None:
    """No header makes the pause negative, endless or an exception."""
    assert 1 <= paused(Retry_After=value, X_RateLimit_Reset_Default=value) <= 600


@given(data=st.data())
def test_any_field_of_the_answer(data: st.DataObject) -> None:
    """One wrong field of a good answer is one thing not said, or another schema."""
    name = data.draw(st.sampled_from(sorted(bodies.listed())))
    odd: st.SearchStrategy[Any] = (
        st.none() | st.integers() | st.text("ab") | st.just([5]) | st.just({"id": []})
    )
    try:
        assert seen(**{name: data.draw(odd | st.lists(odd))}).uid == bodies.UID
    except Unknown:
        assert name in ("uid", "status", "start")
