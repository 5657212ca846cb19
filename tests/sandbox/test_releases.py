"""What differs between releases, and what is said of what is left out."""

import pytest

from gateway.sandbox.world import Status
from tests.sandbox.playing import MAYA, NOON, Play

LATER = "2027-03-05T10:00:00Z"


@pytest.mark.parametrize(
    ("method", "path", "version", "status"),
    [
        ("GET", "/v2/bookings", None, 501),
        ("GET", "/v2/bookings", "2026-02-25", 501),
        ("GET", "/v2/bookings", "2024-09-04", 404),
        ("POST", "/v2/bookings", "2024-09-04", 404),
        ("POST", "/v2/bookings/x/confirm", None, 404),
        ("GET", "/v2/event-types", None, 501),
        ("GET", "/v2/event-types", "2024-08-13", 404),
        ("GET", "/v2/slots", None, 404),
        ("GET", "/v2/slots", "2024-06-14", 404),
        ("GET", "/v2/me", "nonsense", 200),
        ("GET", "/v2/webhooks", None, 200),
    ],
)
async def test_a_version_is_matched_exactly(
    play: Play, method: str, path: str, version: str | None, status: int
) -> None:
    """What is unknown counts as the oldest, whose old shapes are left out in so many words."""
    headers = {"Authorization": f"Bearer {MAYA}"} | ({"cal-api-version": version} if version else {})
    answer = await play.client.request(method, path, headers=headers)
    message = {404: "Cannot ", 501: "The sandbox leaves this out: "}.get(status, "")
    assert answer.status_code == status
    assert answer.json().get("error", {}).get("message", "").startswith(message)


async def test_the_newest_release_knows_a_newer_version(play: Play) -> None:
    """Of the bookings."""
    await play.control("POST", "settings", {"release": "2026"})
    headers = {"Authorization": f"Bearer {MAYA}", "cal-api-version": "2026-02-25"}
    assert (await play.client.get("/v2/bookings", headers=headers)).status_code == 200


async def test_the_newest_release_says_what_it_means(play: Play) -> None:
    """Older ones have one text for everything."""
    uid = await play.booked()
    await play.act(uid, "confirm")
    texts = []
    for release in ("6.0.2", "2026"):
        await play.control("POST", "settings", {"release": release})
        texts.append((await play.act(uid, "confirm")).json()["error"]["message"])
    assert texts == ["Bad request: Please check your request data and try again", "Booking already confirmed"]


@pytest.mark.parametrize(
    ("release", "trigger"), [("6.0.2", "BOOKING_RESCHEDULED"), ("2026", "BOOKING_REQUESTED")]
)
async def test_a_hosts_move_of_a_request(play: Play, release: str, trigger: str) -> None:
    """Accepted at once, or waiting on."""
    await play.control("POST", "settings", {"release": release})
    uid = await play.booked()
    with play.heard() as heard:
        await play.act(uid, "reschedule", MAYA, start=LATER)
    assert heard == [trigger]


async def test_asking_for_another_time_is_a_small_cancel(play: Play) -> None:
    """Before 2026 there is no route for it, and the body says it in its first words alone."""
    uid = await play.booked()
    assert (await play.act(uid, "request-reschedule", MAYA)).status_code == 404
    await play.control("POST", "another-time", {"uid": uid, "reason": "a clash"})
    payload = play.receiver.payload
    assert payload["cancellationReason"] == "Please reschedule. a clash"
    assert payload["type"] == "Mentoring session"
    assert not {"status", "bookingId", "eventTypeId", "requestReschedule"} & set(payload)


async def test_asking_for_another_time_by_api(play: Play) -> None:
    """Since 2026, for who may answer; the answer is a word, and without a reason Cal.com writes one."""
    await play.control("POST", "settings", {"release": "2026"})
    uid = await play.booked()
    assert (await play.act(uid, "request-reschedule", "cal_sandbox_jonas")).status_code == 403
    assert (await play.act(uid, "request-reschedule", MAYA)).json() == {"status": "success"}
    payload = play.receiver.payload
    assert (payload["requestReschedule"], payload["cancellationReason"]) == (
        True,
        "Please reschedule. undefined",
    )
    assert (await play.act(uid, "request-reschedule", MAYA)).status_code == 400


async def test_the_attendee_chooses_again(play: Play) -> None:
    """By the link in the mail; the API goes on refusing, and once is enough."""
    uid = await play.booked()
    await play.control("POST", "another-time", {"uid": uid})
    assert (await play.act(uid, "reschedule", None, start=LATER)).status_code == 400
    moved = await play.control("POST", "moves", {"uid": uid, "start": LATER})
    assert (moved["status"], play.booking(uid).to_uid) == ("pending", moved["uid"])
    assert "error" in await play.control("POST", "moves", {"uid": uid, "start": "2027-03-08T10:00:00Z"})


async def test_guests_are_added_in_silence(play: Play) -> None:
    """At most ten, by who hosts or attends."""
    uid = await play.booked()
    with play.heard() as heard:
        answer = await play.act(uid, "guests", MAYA, guests=[{"email": "g@example.com", "name": "Gus"}])
    assert (heard, answer.json()["data"]["guests"]) == ([], ["g@example.com"])
    assert [one.name for one in play.booking(uid).attendees] == ["Sam Mentee", "Gus"]
    many = [{"email": f"g{number}@example.com"} for number in range(11)]
    for key, guests, status in ((MAYA, many, 400), (MAYA, [], 400), ("cal_sandbox_jonas", many[:1], 403)):
        assert (await play.act(uid, "guests", key, guests=guests)).status_code == status


async def test_a_confirm_can_die_after_its_mails(play: Play) -> None:
    """The invitation is out and the booking as it was; the next confirm sends another."""
    uid = await play.booked()
    await play.mood(route="confirm", mood="crash")
    assert (await play.act(uid, "confirm")).status_code == 500
    assert (play.booking(uid).status, play.booking(uid).invitations) == (Status.PENDING, 1)
    await play.act(uid, "confirm")
    assert (play.booking(uid).status, play.booking(uid).invitations) == (Status.ACCEPTED, 2)


async def test_a_token_can_be_told_to_have_expired(play: Play) -> None:
    """With a status of Cal.com's own."""
    await play.mood(route="me", mood="status", status=498)
    answer = await play.call("GET", "/v2/me")
    assert (answer.status_code, answer.json()["error"]["message"]) == (498, "ACCESS_TOKEN_IS_EXPIRED")


async def test_a_key_works_through_its_last_day(play: Play) -> None:
    """And not on the next."""
    play.world.person(101).key_expires = NOON.date()
    assert (await play.call("GET", "/v2/me", key=MAYA)).status_code == 200
    play.wait(days=1)
    answer = await play.call("GET", "/v2/me", key=MAYA)
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        401,
        "ApiAuthStrategy - api key - Your api key is expired",
    )


async def test_an_account_is_changed(play: Play) -> None:
    """What is not known is dropped, what is wrong is echoed."""
    body = {"timeZone": "Europe/Rome", "weekStart": "Monday", "foo": 1}
    shown = (await play.call("PATCH", "/v2/me", body, MAYA)).json()["data"]
    assert (shown["timeZone"], shown["weekStart"]) == ("Europe/Rome", "Monday")
    assert (await play.call("PATCH", "/v2/me", {"timeZone": "Mars/Base"}, MAYA)).status_code == 400


@pytest.mark.parametrize(
    "body", [{"release": "7"}, {"permissions": "all"}, {"nonsense": 1}, {"window": "long"}]
)
async def test_a_setting_that_makes_no_sense_is_refused(play: Play, body: dict[str, object]) -> None:
    """And changes nothing."""
    before = vars(play.world.settings).copy()
    assert "error" in await play.control("POST", "settings", body)
    assert vars(play.world.settings) == before
