"""What is offered: office hours of who has a schedule, without what is taken."""

import pytest

from tests.sandbox.playing import MAYA, Play

DAY = "/v2/slots?start=2027-03-04&end=2027-03-04"


async def starts(play: Play, query: str) -> list[str]:
    """Give the starts of a day, in the order in which they come."""
    answer = (await play.call("GET", f"{DAY}&{query}", key=None)).json()
    return [slot["start"] for slots in answer["data"].values() for slot in slots]


async def test_office_hours_are_offered(play: Play) -> None:
    """Nine to five of the host's zone, and nothing on a Saturday."""
    offered = await starts(play, "eventTypeId=11")
    assert (len(offered), offered[0], offered[-1]) == (
        16,
        "2027-03-04T08:00:00.000Z",
        "2027-03-04T15:30:00.000Z",
    )
    saturday = await play.call("GET", "/v2/slots?start=2027-03-06&end=2027-03-07&eventTypeId=11")
    assert saturday.json() == {"data": {}, "status": "success"}


async def test_an_accepted_booking_takes_its_slot(play: Play) -> None:
    """A pending one does not, unless it is being moved anyway."""
    uid = await play.booked()
    assert len(await starts(play, "eventTypeId=11")) == 16
    await play.act(uid, "confirm", MAYA)
    assert "2027-03-04T10:00:00.000Z" not in await starts(play, "eventTypeId=11")
    assert len(await starts(play, f"eventTypeId=11&bookingUidToReschedule={uid}")) == 16


async def test_without_a_schedule_nothing_is_offered(play: Play) -> None:
    """Though it can be booked."""
    play.world.person(101).default_schedule = None
    assert await starts(play, "eventTypeSlug=mentoring&username=maya") == []


async def test_a_zone_changes_how_it_is_written(play: Play) -> None:
    """With the offset, and the end where a range is asked for."""
    answer = await play.call("GET", f"{DAY}&eventTypeId=11&timeZone=Asia/Tokyo&format=range", key=None)
    assert answer.json()["data"]["2027-03-04"][0] == {
        "start": "2027-03-04T17:00:00.000+09:00",
        "end": "2027-03-04T17:30:00.000+09:00",
    }


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("eventTypeId=99", 404),
        ("eventTypeSlug=nope&username=maya", 404),
        ("eventTypeSlug=mentoring&username=nobody", 404),
        ("eventTypeSlug=panel&teamSlug=nobody", 404),
        ("eventTypeSlug=mentoring", 400),
        ("usernames=maya,jonas", 400),
        ("eventTypeId=11&timeZone=Mars/Base", 400),
        ("eventTypeId=11&start=monday", 400),
    ],
)
async def test_a_wrong_question_is_refused(play: Play, query: str, status: int) -> None:
    """By name of what is wrong with it."""
    assert (await play.call("GET", f"{DAY}&{query}", key=None)).status_code == status
