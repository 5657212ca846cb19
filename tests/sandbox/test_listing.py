"""The booking list: views that are not states, filters the pagination forgets, and who sees what."""

from typing import Any

import pytest

from gateway.sandbox.listing import pagination
from gateway.sandbox.world import EventType, Recurrence
from tests.sandbox.playing import ADMIN, JONAS, MAYA, PERSON, Play

BAD_STATUS = "Invalid status. Allowed are upcoming, recurring, past, cancelled, unconfirmed"


async def listed(play: Play, query: str = "", key: str = MAYA) -> list[str]:
    """List the attendees' names, one letter each, in the order of the rows."""
    return [row["attendees"][0]["name"] for row in await play.get(f"/v2/bookings{query}", key)]


async def filled(play: Play) -> dict[str, str]:
    """Make one booking of each kind; P pending, A accepted, R rejected, C cancelled, O old and pending."""
    uids = {}
    for hour, name in enumerate("PARCO", start=9):
        person = PERSON | {"name": name, "email": f"{name.lower()}@example.com"}
        uids[name] = await play.booked(attendee=person, start=f"2027-03-04T{hour:02d}:00:00Z")
        play.wait(minutes=1)
    for name, action in (("A", "confirm"), ("R", "decline"), ("C", "cancel")):
        await play.act(uids[name], action)
        play.wait(minutes=1)
    booking = play.booking(uids["O"])
    booking.start = booking.end = play.at
    play.wait(minutes=1)
    return uids


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "OPARC"),
        ("?status=upcoming", "PA"),
        ("?status=unconfirmed", "P"),
        ("?status=past", "O"),
        ("?status=cancelled", "CR"),
        ("?status=recurring", ""),
        ("?status=past,cancelled", "ORC"),
        ("?status=past&status=cancelled", "ORC"),
        ("?sortStart=desc", "CRAPO"),
        ("?sortUpdatedAt=desc&status=cancelled", "CR"),
        ("?sortCreated=asc&sortUpdatedAt=desc", "PARCO"),
        ("?sortEnd=asc&take=2&skip=1", "PA"),
        ("?attendeeEmail=a@example.com", "A"),
        ("?attendeeEmail=A@example.com", ""),
        ("?attendeeName=R", "R"),
        ("?afterStart=2027-03-04T10:00:00Z&beforeEnd=2027-03-04T11:30:00Z", "AR"),
        ("?teamId=77&userIds=2&cursor=abc&foo=bar", "OPARC"),
    ],
)
async def test_a_list_shows_what_its_view_means(play: Play, query: str, names: str) -> None:
    """Pending ones are upcoming too, old ones are past, rejected ones are cancelled."""
    await filled(play)
    assert "".join(await listed(play, query)) == names


async def test_pending_dates_of_a_series_are_not_upcoming(play: Play) -> None:
    """They are recurring and unconfirmed; once accepted they are upcoming."""
    play.world.event_types.append(EventType(31, "weekly", "Weekly", 101, recurrence=Recurrence(3)))
    uid = await play.booked(eventTypeId=31)
    counts = [len(await listed(play, f"?status={view}")) for view in ("upcoming", "recurring", "unconfirmed")]
    assert counts == [0, 3, 3]
    await play.act(uid, "confirm")
    assert len(await listed(play, "?status=upcoming")) == 3


async def test_filters_on_dates_of_writing_are_inclusive(play: Play) -> None:
    """Asking from a row's own `updatedAt` gives that row again."""
    uids = await filled(play)
    at = (await play.get(f"/v2/bookings/{uids['R']}"))["updatedAt"]
    assert await listed(play, f"?afterUpdatedAt={at}&sortUpdatedAt=asc") == ["R", "C"]
    assert await listed(play, f"?beforeUpdatedAt={at}&status=cancelled") == ["R"]


async def test_the_pagination_forgets_these_filters(play: Play) -> None:
    """An empty page claims that there is more."""
    await filled(play)
    body = (await play.call("GET", "/v2/bookings?afterUpdatedAt=2028-01-01&take=2", key=MAYA)).json()
    page = body["pagination"]
    assert (body["data"], page["returnedItems"], page["totalItems"], page["hasNextPage"]) == ([], 2, 5, True)


def test_beyond_the_end_the_page_number_stays() -> None:
    """And nothing at all is page 0 of 0."""
    page = pagination(20, 4, 400)
    assert (page["currentPage"], page["returnedItems"], page["hasNextPage"]) == (5, 0, False)
    assert (pagination(0, 100, 0)["currentPage"], pagination(0, 100, 0)["totalPages"]) == (0, 0)


async def test_one_sees_what_one_hosts_or_attends(play: Play) -> None:
    """An admin sees all; what one merely attends is `unconfirmed` too, though one may not confirm it."""
    host = PERSON | {"name": "Jonas", "email": "jonas@example.com"}
    await play.booked()
    uid = await play.booked(attendee=host)
    assert await listed(play, "?status=unconfirmed", JONAS) == ["Jonas"]
    assert (await play.act(uid, "confirm", JONAS)).status_code == 401
    assert len(await listed(play, "", ADMIN)) == 2
    assert await listed(play, "", f"{ADMIN}_ifeoma") == []


@pytest.mark.parametrize(
    ("kinds", "status"), [("11", 200), ("11,21", 200), ("12", 400), ("99", 400), ("11,99", 400)]
)
async def test_event_types_out_of_reach_are_refused(play: Play, kinds: str, status: int) -> None:
    """Not an empty list, but the generic 400."""
    answer = await play.call("GET", f"/v2/bookings?eventTypeIds={kinds}", key=MAYA)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "constraints"),
    [
        ("status=pending", {"isEnum": BAD_STATUS}),
        ("status=", {"isEnum": BAD_STATUS}),
        ("take=251", {"max": "take must not be greater than 250"}),
        ("take=0", {"min": "take must not be less than 1"}),
        ("skip=-1", {"min": "skip must not be less than 0"}),
        ("sortStart=up", {"isEnum": 'SortStart must be either "asc" or "desc".'}),
        (
            "afterUpdatedAt=2027-03-01T00:00:00+01:00",
            {"isIso8601": "fromDate must be a valid ISO 8601 date."},
        ),
        ("beforeEnd=soon", {"isIso8601": "toDate must be a valid ISO 8601 date."}),
    ],
)
async def test_a_wrong_query_is_echoed(play: Play, query: str, constraints: dict[str, str]) -> None:
    """With the constraint it breaks; a raw plus in a date is a blank."""
    answer = await play.call("GET", f"/v2/bookings?{query}")
    (error,) = answer.json()["error"]["details"]["errors"]
    assert (answer.status_code, error["constraints"]) == (400, constraints)
    assert error["property"] in error["target"]


async def test_a_raw_plus_in_an_address_is_meant(play: Play) -> None:
    """There it is turned back."""
    person: dict[str, Any] = PERSON | {"name": "Tag", "email": "sam+tag@example.com"}
    await play.booked(attendee=person)
    assert await listed(play, "?attendeeEmail=sam+tag@example.com") == ["Tag"]
    assert await listed(play, "?attendeeEmail=sam%2Btag@example.com") == ["Tag"]
