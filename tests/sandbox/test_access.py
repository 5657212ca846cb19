"""Credentials: four ways to be refused, told apart by text more than by status."""

from typing import Any

import pytest

from tests.sandbox.playing import ADMIN, JONAS, MAYA, Play

LISTED = "/v2/bookings"


@pytest.mark.parametrize(
    ("path", "key", "status", "text"),
    [
        (LISTED, None, 403, "PermissionsGuard - no authentication provided"),
        (LISTED, "cal_unknown", 401, "CustomThrottlerGuard - Invalid API Key"),
        (LISTED, "eyJhbGciOi", 403, "PermissionsGuard - no oAuth client found for access token=eyJhbGciOi"),
        ("/v2/me", None, 401, "ApiAuthStrategy - No authentication method provided"),
        ("/v2/me", "cal_unknown", 401, "CustomThrottlerGuard - Invalid API Key"),
        ("/v2/me", "eyJhbGciOi", 401, "Invalid Access Token."),
        ("/v2/bookings/x", "cal_unknown", 401, "CustomThrottlerGuard - Invalid API Key"),
        ("/v2/bookings/x", "eyJhbGciOi", 401, "Invalid Access Token."),
    ],
)
async def test_bad_credentials_are_refused(
    play: Play, path: str, key: str | None, status: int, text: str
) -> None:
    """Also on routes that need none."""
    answer = await play.call("GET", path, key=key)
    assert (answer.status_code, answer.json()["error"]["message"][: len(text)]) == (status, text)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {MAYA}", 200),
        (MAYA, 200),
        (f"Bearer {MAYA} ", 200),
        (f"bearer {MAYA}", 401),
        ("Bearer ", 401),
    ],
)
async def test_the_word_bearer_is_cut_off_as_it_is_written(play: Play, header: str, status: int) -> None:
    """The bare key works; a small letter does not."""
    answer = await play.client.get("/v2/me", headers={"Authorization": header})
    assert answer.status_code == status


@pytest.mark.parametrize("key", [None, JONAS])
async def test_the_uid_opens_the_booking(play: Play, key: str | None) -> None:
    """To anybody, or any unrelated key."""
    uid = await play.booked()
    assert (await play.get(f"/v2/bookings/{uid}", key))["hosts"][0]["email"] == "maya@example.com"


async def test_an_unknown_booking_is_named(play: Play) -> None:
    """The text can be told from that of an unknown route."""
    message = (await play.call("GET", "/v2/bookings/nope")).json()["error"]["message"]
    assert message == "Booking with uid=nope was not found in the database"


@pytest.mark.parametrize("version", [None, "2024-04-15", "2026-05-01"])
@pytest.mark.parametrize("action", ["confirm", "decline"])
async def test_under_another_version_there_is_no_such_route(
    play: Play, version: str | None, action: str
) -> None:
    """The 404 looks like an unknown booking's unless it is read; it is not counted."""
    uid = await play.booked()
    headers = {"Authorization": f"Bearer {ADMIN}"} | ({"cal-api-version": version} if version else {})
    answer = await play.client.post(f"/v2/bookings/{uid}/{action}", headers=headers)
    assert answer.json()["error"]["message"] == f"Cannot POST /v2/bookings/{uid}/{action}"
    assert "x-ratelimit-limit-default" not in answer.headers


@pytest.mark.parametrize("path", ["/api/v2/me", "/v2/me/", "/api/v2/me/"])
async def test_a_prefix_and_a_slash_make_no_difference(play: Play, path: str) -> None:
    """Without any redirect."""
    assert (await play.call("GET", path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v2/nope"), ("PUT", "/v2/me"), ("GET", "/v1/me?apiKey=x")]
)
async def test_an_unknown_route_is_named_with_its_query(play: Play, method: str, path: str) -> None:
    """A method nobody serves is a 404, too."""
    answer = await play.call(method, path)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, f"Cannot {method} {path}")


async def test_a_body_that_is_no_json_is_refused(play: Play) -> None:
    """In the envelope."""
    headers = {"cal-api-version": "2024-08-13", "Authorization": ADMIN}
    answer = await play.client.post("/v2/bookings", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequestException")


async def names(play: Play, path: str, key: str | None) -> list[Any]:
    """List the ids of event types."""
    return [kind["id"] for kind in await play.get(path, key)]


async def test_event_types_are_public_by_username_and_empty_for_nobody(play: Play) -> None:
    """200 with an empty list is no proof of a good key; hidden ones are for their owner."""
    play.world.event_type(21).hidden = True
    assert await names(play, "/v2/event-types", None) == []
    assert await names(play, "/v2/event-types?username=maya", None) == [11]
    assert await names(play, "/v2/event-types?username=maya", MAYA) == [11, 21]
    assert await names(play, "/v2/event-types?username=maya&eventSlug=mentoring", None) == [11]


@pytest.mark.parametrize(("key", "status"), [(MAYA, 200), (ADMIN, 200), (JONAS, 404), (None, 403)])
async def test_an_event_type_is_shown_to_its_owner(play: Play, key: str | None, status: int) -> None:
    """And to an admin; to others there is none."""
    answer = await play.call("GET", "/v2/event-types/11", key=key)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["data"]["confirmationPolicy"]["type"] == "always"
        assert answer.json()["data"]["hideOrganizerEmail"] is True


async def test_an_id_that_is_no_number_is_a_crash(play: Play) -> None:
    """500, as measured."""
    assert (await play.call("GET", "/v2/event-types/abc")).status_code == 500


async def test_health_is_a_plain_word(play: Play) -> None:
    """For whoever waits for the server."""
    assert (await play.client.get("/health")).text == "OK"
