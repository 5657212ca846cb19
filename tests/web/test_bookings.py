"""The reading doors: filters, order, pages, and what a booking looks like."""

from datetime import timedelta

import pytest

from tests.stories.cast import ANA, BEN, JONAS, MAYA, NOON, CalCom, Clock, Gateway, Json, Portal

BOOKING = {
    "uid", "kind", "status", "title", "start", "end", "duration_minutes", "role", "host", "attendees", "answers",
    "notes", "event_type", "location", "meeting_url", "requested_at", "updated_at", "decision", "moved_from",
    "moved_to", "series", "conflicts", "actions", "command", "seq", "approvals", "cancellation", "reschedule_url",
    "flags", "conflicts_count",
}  # fmt: skip
DAY = timedelta(days=1)


async def many(sandbox: CalCom, count: int = 5, **wish: str) -> list[str]:
    """Requests on so many days, the first tomorrow; their uids."""
    return [await sandbox.book(NOON + DAY * n, **wish) for n in range(1, count + 1)]


async def listed(portal: Portal, query: str = "") -> Json:
    """A list."""
    answer = await portal.get(f"/v1/bookings{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def uids(portal: Portal, query: str = "") -> list[str]:
    """The uids of a list."""
    return [one["uid"] for one in (await listed(portal, query))["items"]]


@pytest.mark.parametrize("who", ["host", "attendee", "service"])
async def test_a_booking_has_every_member(gateway: Gateway, sandbox: CalCom, who: str) -> None:
    """The contract's members are there for every kind of caller, and no other."""
    uid = await sandbox.book()
    portals = {"host": gateway.host(), "attendee": gateway.attendee(), "service": gateway.service()}
    portal = portals[who]
    assert (await portal.booking(uid)).keys() == BOOKING


async def test_a_request_as_its_host_sees_it(maya: Portal, sandbox: CalCom) -> None:
    """Who asks, when, for what and why."""
    uid = await sandbox.book(NOON + DAY, answers={"why": "UX"}, notes="Hello")
    seen = await maya.booking(uid)
    assert (seen["status"], seen["start"], seen["end"]) == (
        "pending",
        "2027-03-02T12:00:00Z",
        "2027-03-02T12:30:00Z",
    )
    assert (seen["duration_minutes"], seen["role"], seen["actions"]) == (30, "host", ["accept", "reject"])
    assert seen["attendees"] == [{"name": "Ana Soto", "email": ANA, "time_zone": "Europe/Madrid"}]
    assert seen["answers"] == [{"field": "why", "label": "What are you hoping to accomplish?", "value": "UX"}]
    assert (seen["notes"], seen["host"]["email"], seen["host"]["username"]) == ("Hello", MAYA, "maya")
    assert seen["event_type"] == {"id": 11, "slug": "mentoring", "title": "Mentoring session"}


async def test_approvals(maya: Portal, sandbox: CalCom) -> None:
    """Asking is the attendee's yes; the host's comes with the answer."""
    uid = await sandbox.book()
    before = (await maya.booking(uid))["approvals"]
    await maya.accept(uid)
    after = (await maya.booking(uid))["approvals"]
    assert (bool(before["attendee"]), before["host"], after["attendee"], bool(after["host"])) == (
        True,
        None,
        before["attendee"],
        True,
    )


@pytest.mark.parametrize(("hours", "late"), [(72, False), (24, True)])
async def test_a_cancellation_is_dated(
    maya: Portal, sandbox: CalCom, clock: Clock, hours: int, late: bool
) -> None:
    """A meeting that was called off tells how long before, and whether that was late."""
    uid = await sandbox.book(clock() + timedelta(hours=hours))
    await maya.accept(uid)
    await sandbox.act(uid, "cancel", None, cancellationReason="Ill")
    told = (await maya.booking(uid))["cancellation"]
    assert (told["was"], told["late"], round(told["hours_before_start"])) == ("accepted", late, hours)
    assert (told["reason"], told["channel"]) == ("Ill", "calcom")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?status=pending", [1, 2, 3, 4]),
        ("?status=accepted", [0]),
        ("?status=accepted,pending", [0, 1, 2, 3, 4]),
        ("?status=rejected", []),
        ("?from=2027-03-03T12:00:00Z", [1, 2, 3, 4]),
        ("?to=2027-03-03T12:00:00Z", [0]),
        ("?from=2027-03-03T12:00:00Z&to=2027-03-05T12:00:00Z", [1, 2]),
        ("?from=2027-03-03T13:00:00%2B01:00", [1, 2, 3, 4]),
        ("?q=ana", [0, 1, 2, 3, 4]),
        ("?q=ANA%20SOTO", [0, 1, 2, 3, 4]),
        ("?q=zebra", []),
        ("?q=%25", []),
        ("?attendee=ANA@example.com", [0, 1, 2, 3, 4]),
        ("?attendee=ben@example.com", []),
        ("?host=Maya@example.com", [0, 1, 2, 3, 4]),
        ("?host=jonas@example.com", []),
        ("?role=host", [0, 1, 2, 3, 4]),
        ("?role=attendee", []),
        ("?sort=-start", [4, 3, 2, 1, 0]),
        ("?sort=-updated", [0, 4, 3, 2, 1]),
        ("?limit=2", [0, 1]),
    ],
)
async def test_a_filter(maya: Portal, sandbox: CalCom, query: str, wanted: list[int]) -> None:
    """Each filter finds what it says, in the order asked for; `count` is of all that match."""
    made = await many(sandbox)
    await maya.accept(made[0])
    told = await listed(maya, query)
    assert [one["uid"] for one in told["items"]] == [made[n] for n in wanted]
    assert told["count"] == (5 if "limit" in query else len(wanted))


async def test_since(maya: Portal, sandbox: CalCom) -> None:
    """`since` gives what has moved after a number."""
    made = await many(sandbox, 3)
    seq = (await listed(maya))["seq"]
    assert await uids(maya, f"?since={seq}") == []
    await maya.accept(made[1])
    assert await uids(maya, f"?since={seq}") == [made[1]]


@pytest.mark.parametrize("sort", ["start", "-start", "-updated"])
async def test_pages_make_the_whole(maya: Portal, sandbox: CalCom, sort: str) -> None:
    """Page by page every booking comes once, in order; the count is the same on every page."""
    await many(sandbox, 7)
    whole, found, cursor = await uids(maya, f"?sort={sort}"), [], ""
    while True:
        told = await listed(maya, f"?sort={sort}&limit=3{cursor}")
        found += [one["uid"] for one in told["items"]]
        assert told["count"] == 7
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert (found, len(found)) == (whole, 7)


async def test_pages_at_one_instant(gateway: Gateway, sandbox: CalCom) -> None:
    """Bookings with the same start are not lost between pages."""
    at = NOON + DAY
    made = {await sandbox.book(at, email=f"mentee{n}@example.com") for n in range(5)}
    first = await listed(gateway.host(), "?limit=2")
    second = await listed(gateway.host(), f"?limit=3&cursor={first['next_cursor']}")
    assert {one["uid"] for one in [*first["items"], *second["items"]]} == made


async def test_a_full_last_page_is_the_last(maya: Portal, sandbox: CalCom) -> None:
    """No cursor is given where nothing follows."""
    await many(sandbox, 3)
    assert (await listed(maya, "?limit=3"))["next_cursor"] is None


@pytest.mark.parametrize("other", ["&status=accepted", "&sort=-start", "&q=ana", "&host=maya@example.com"])
async def test_a_cursor_of_another_list(maya: Portal, sandbox: CalCom, other: str) -> None:
    """A cursor belongs to the filter it was given for."""
    await many(sandbox, 3)
    cursor = (await listed(maya, "?limit=1"))["next_cursor"]
    answer = await maya.get(f"/v1/bookings?limit=1&cursor={cursor}{other}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_a_cursor_gives_no_sight(gateway: Gateway, sandbox: CalCom) -> None:
    """Somebody else's cursor shows nobody else's bookings."""
    await many(sandbox, 3)
    cursor = (await listed(gateway.host(), "?limit=1"))["next_cursor"]
    answer = await gateway.host(JONAS).get(f"/v1/bookings?limit=1&cursor={cursor}")
    assert answer.status_code == 422 or answer.json()["items"] == []


@pytest.mark.parametrize(
    ("who", "query", "found"),
    [
        (ANA, "?q=maya@example.com", False),
        (ANA, "?q=guest@example.com", False),
        (ANA, "?q=Maya%20Fuentes", True),
        (ANA, "?host=maya@example.com", False),
        (ANA, "?attendee=guest@example.com", False),
        (ANA, f"?attendee={ANA}", True),
        ("guest@example.com", f"?attendee={ANA}", False),
        ("guest@example.com", "?q=quiet", False),
        ("guest@example.com", "?q=fired", False),
    ],
)
async def test_a_filter_is_no_oracle(
    gateway: Gateway, sandbox: CalCom, who: str, query: str, found: bool
) -> None:
    """Filters and search match what the caller may see, and nothing that they may not."""
    await sandbox.book(guests=["guest@example.com"], answers={"why": "I was fired"}, notes="Keep it quiet")
    assert ((await listed(gateway.attendee(who), query))["count"] == 1) is found


async def test_host_and_role_are_combined(gateway: Gateway, sandbox: CalCom) -> None:
    """The backend finds one host's bookings among all."""
    await sandbox.book()
    theirs = await sandbox.book(host="jonas", email=BEN)
    assert await uids(gateway.service(), f"?host={JONAS}") == [theirs]
    assert await uids(gateway.service(), f"?attendee={BEN}") == [theirs]


async def test_an_empty_list(maya: Portal) -> None:
    """Nobody has asked for anything: an empty list with an ETag."""
    answer = await maya.get("/v1/bookings")
    assert answer.json() == {"items": [], "count": 0, "next_cursor": None, "seq": 0}
    assert answer.headers["etag"].endswith('-0"')


async def test_an_unknown_parameter_is_refused_before_304(maya: Portal) -> None:
    """A mistake is told even to who holds the present ETag."""
    answer = await maya.get("/v1/bookings?colour=red", **{"If-None-Match": await maya.etag()})
    assert answer.status_code == 422


@pytest.mark.parametrize("held", ['"nonsense"', 'W/"nonsense"', "nonsense", ""])
async def test_an_etag_that_is_not_ours(maya: Portal, held: str) -> None:
    """Another ETag is answered in full."""
    assert (await maya.get("/v1/bookings", **{"If-None-Match": held})).status_code == 200


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_an_etag_in_every_form(maya: Portal, form: str) -> None:
    """Weak, one of several, or any: all mean the present one (RFC 9110, 13.1.2)."""
    held = form.format(await maya.etag())
    assert (await maya.get("/v1/bookings", **{"If-None-Match": held})).status_code == 304


async def test_answers_are_private(maya: Portal) -> None:
    """No shared cache keeps an answer, and none is mistaken for another person's."""
    headers = (await maya.get("/v1/bookings")).headers
    assert ("private" in headers["cache-control"], "authorization" in headers["vary"].lower()) == (True, True)
