"""Team event types: who hosts, who comes along, whose subscriptions hear of it; and who may answer for whom."""

from typing import Any

import pytest

from gateway.sandbox.world import Approval, EventType, Level, Membership, Role, Scheduling, Subscription, Team
from tests.sandbox.playing import ADMIN, HOOK, JONAS, MAYA, SECRET, SLOT, Play, demo

IFEOMA = f"{ADMIN}_ifeoma"
PANEL = EventType(36, "panel", "Panel", 101, team=1, scheduling=Scheduling.COLLECTIVE, hosts=[101, 102])
ANYBODY = EventType(
    37,
    "anybody",
    "Anybody",
    101,
    team=1,
    scheduling=Scheduling.ROUND_ROBIN,
    hosts=[101, 102, 103],
    fixed=[103],
)


@pytest.fixture
def play() -> Play:
    """A sandbox with a panel of two and a round robin with somebody who always comes."""
    world = demo()
    world.enter({"event_types": [vars(PANEL), vars(ANYBODY)]})
    return Play(world)


def names(people: list[dict[str, Any]]) -> list[str]:
    """First names."""
    return [one["name"].split()[0] for one in people]


async def test_all_hosts_of_a_collective_come(play: Play) -> None:
    """The first is the organizer; the others are team members of the request, and attendees for the API."""
    uid = await play.booked(eventTypeId=36)
    payload = play.receiver.payload
    assert (names([payload["organizer"]]), names(payload["attendees"])) == (["Maya"], ["Sam"])
    assert (payload["team"]["name"], names(payload["team"]["members"])) == ("Mentoring programme", ["Jonas"])
    shown = await play.get(f"/v2/bookings/{uid}")
    assert (names(shown["hosts"]), names(shown["attendees"])) == (["Maya"], ["Sam", "Jonas"])


async def test_after_the_answer_a_cohost_stands_among_the_attendees(play: Play) -> None:
    """The team has no members then, and after a cancel it has them again."""
    uid = await play.booked(eventTypeId=36)
    await play.act(uid, "confirm")
    payload = play.receiver.payload
    assert (names(payload["attendees"]), payload["team"]["members"]) == (["Sam", "Jonas"], [])
    await play.act(uid, "cancel", key=None)
    payload = play.receiver.payload
    assert (names(payload["attendees"]), names(payload["team"]["members"])) == (["Sam"], ["Jonas"])


async def test_one_busy_host_blocks_a_collective(play: Play) -> None:
    """A cohost's meeting takes the cohost's time."""
    uid = await play.booked(eventTypeId=36)
    await play.act(uid, "confirm")
    answer = await play.ask(eventTypeId=12)
    assert answer.json()["error"]["message"].startswith("User either already has booking")


async def test_a_round_robin_takes_turns(play: Play) -> None:
    """Whoever has the fewest, beside who always comes, who is the organizer."""
    play.world.event_type(37).fixed = []
    hosts = []
    for day in (4, 5, 8):
        uid = await play.booked(eventTypeId=37, start=f"2027-03-{day:02d}T10:00:00Z")
        hosts.append(play.booking(uid).host)
    assert hosts == [101, 102, 103]


async def test_a_fixed_host_comes_with_whose_turn_it_is(play: Play) -> None:
    """And is the organizer, though not the first of the hosts."""
    booking = play.booking(await play.booked(eventTypeId=37))
    assert (booking.host, [one.name.split()[0] for one in booking.cohosts]) == (103, ["Maya"])


async def test_a_round_robin_goes_to_another(play: Play) -> None:
    """Up to 6.0.2 nobody is told; the source of 2026 says from whom to whom."""
    play.world.event_type(37).fixed = []
    uid = await play.booked(eventTypeId=37)
    with play.heard() as heard:
        answer = await play.act(uid, "reassign", MAYA)
    assert (heard, answer.json()["data"]["reassignedTo"]["name"]) == ([], "Jonas Lindqvist")
    await play.control("POST", "settings", {"release": "2026"})
    await play.act(uid, "reassign/103", ADMIN)
    payload = play.receiver.payload
    assert (payload["addedHostUserIds"], payload["removedHostUserIds"]) == ([103], [102])
    assert payload["organizer"]["id"] == 103


@pytest.mark.parametrize(
    ("kind", "to", "key", "status"),
    [(11, "", MAYA, 400), (37, "/1", MAYA, 400), (37, "", IFEOMA, 401), (37, "", None, 403)],
)
async def test_a_reassignment_is_refused(
    play: Play, kind: int, to: str, key: str | None, status: int
) -> None:
    """Without a round robin, to nobody of it, and to strangers."""
    play.world.event_type(37).fixed = []
    play.world.person(103).api_key = "cal_gone"
    uid = await play.booked(eventTypeId=kind)
    assert (await play.act(uid, f"reassign{to}", key)).status_code == status


@pytest.mark.parametrize(
    ("permissions", "heard"),
    [("2025", ["BOOKING_REJECTED"]), ("diy", ["BOOKING_REQUESTED", "BOOKING_REJECTED", "BOOKING_CANCELLED"])],
)
async def test_personal_subscriptions_miss_team_bookings(
    play: Play, permissions: str, heard: list[str]
) -> None:
    """But for rejections: a mentor hears of an answer to a question nobody asked. The open edition tells all."""
    play.world.subscriptions[:] = [Subscription("own", HOOK, SECRET, level=Level.USER, owner=101)]
    await play.control("POST", "settings", {"permissions": permissions})
    uid = await play.booked(eventTypeId=36)
    await play.act(uid, "decline")
    await play.act(uid, "cancel", key=None)
    assert play.receiver.triggers == heard


async def test_a_team_hears_of_its_own(play: Play) -> None:
    """And not of its members' personal bookings."""
    play.world.subscriptions[:] = [Subscription("team", HOOK, SECRET, level=Level.TEAM, owner=1)]
    await play.booked(eventTypeId=36)
    await play.booked(eventTypeId=13)
    assert play.receiver.triggers == ["BOOKING_REQUESTED"]


def reign(play: Play, role: Role, *, below: bool = False, admin: bool = False) -> None:
    """Make the office that in the mentors' team, which may stand below an organization."""
    play.world.memberships = [one for one in play.world.memberships if one.person != 1]
    play.world.memberships.append(Membership(99, 1, 1, role, accepted=False))
    play.world.person(1).admin = admin
    if below:
        play.world.teams.append(Team(9, "Academy", "academy", organization=True))
        play.world.teams[0].parent = 9


@pytest.mark.parametrize(
    ("permissions", "role", "below", "admin", "status"),
    [
        ("2025", Role.OWNER, False, False, 200),
        ("2025", Role.ADMIN, False, False, 200),
        ("2025", Role.MEMBER, False, False, 401),
        ("2025", Role.OWNER, True, False, 401),
        ("2025", Role.MEMBER, False, True, 200),
        ("2026", Role.OWNER, True, False, 200),
        ("2026", Role.MEMBER, False, True, 401),
        ("diy", Role.MEMBER, True, False, 200),
    ],
)
async def test_who_may_answer_a_personal_request(
    play: Play, permissions: str, role: Role, below: bool, admin: bool, status: int
) -> None:
    """Whoever leads a team of the host, accepted or not; in the open edition anybody at all."""
    reign(play, role, below=below, admin=admin)
    await play.control("POST", "settings", {"permissions": permissions})
    assert (await play.act(await play.booked(), "confirm")).status_code == status


@pytest.mark.parametrize(
    ("permissions", "key", "status"),
    [
        ("2025", IFEOMA, 200),
        ("2026", IFEOMA, 401),
        ("2026", JONAS, 200),
        ("2025", ADMIN, 200),
        ("2026", ADMIN, 200),
    ],
)
async def test_who_may_answer_a_teams_request(play: Play, permissions: str, key: str, status: int) -> None:
    """Any host of the event type until 2025, since then only one who is on the booking; always who leads the team."""
    play.world.event_type(36).hosts = [101, 102, 103]
    uid = await play.booked(eventTypeId=36)
    play.booking(uid).attendees = [one for one in play.booking(uid).attendees if one.name != "Ifeoma Eze"]
    await play.control("POST", "settings", {"permissions": permissions})
    assert (await play.act(uid, "confirm", key)).status_code == status


@pytest.mark.parametrize(("permissions", "status"), [("2025", 200), ("2026", 200), ("diy", 401)])
async def test_a_managed_event_type_keeps_a_real_check(play: Play, permissions: str, status: int) -> None:
    """Who leads the team that manages it may answer; in the open edition, too, nobody else."""
    play.world.event_type(11).managed_by = 1
    await play.control("POST", "settings", {"permissions": permissions})
    key = JONAS if permissions == "diy" else ADMIN
    assert (await play.act(await play.booked(), "confirm", key)).status_code == status


async def test_an_owner_adds_whom_they_like(play: Play) -> None:
    """And may from then on answer for them: a hole of 6.0.2."""
    play.world.memberships = [one for one in play.world.memberships if one.person != 101]
    uid = await play.booked()
    assert (await play.act(uid, "confirm")).status_code == 401
    added = await play.call("POST", "/v2/teams/1/memberships", {"userId": 101})
    assert (added.status_code, added.json()["data"]["accepted"]) == (201, False)
    assert (await play.act(uid, "confirm")).status_code == 200


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/v2/teams/1", MAYA, 200),
        ("/v2/teams/2", MAYA, 404),
        ("/v2/teams/1", "cal_x", 401),
        ("/v2/teams", None, 401),
    ],
)
async def test_a_team_is_shown_to_its_members(play: Play, path: str, key: str | None, status: int) -> None:
    """By id, or in the list of one's own."""
    assert (await play.call("GET", path, key=key)).status_code == status


async def test_members_are_listed(play: Play) -> None:
    """All, or those with certain addresses; only who leads the team adds some."""
    assert [team["name"] for team in await play.get("/v2/teams", MAYA)] == ["Mentoring programme"]
    rows = await play.get("/v2/teams/1/memberships?take=2", MAYA)
    assert [(row["user"]["username"], row["role"]) for row in rows] == [
        ("office", "OWNER"),
        ("maya", "MEMBER"),
    ]
    found = await play.get("/v2/teams/1/memberships?emails=jonas@example.com", MAYA)
    assert [row["userId"] for row in found] == [102]
    assert (await play.call("POST", "/v2/teams/1/memberships", {"userId": 1}, MAYA)).status_code == 403


async def test_a_teams_event_types_are_listed_for_it(play: Play) -> None:
    """With their hosts; they are nobody's own."""
    shown = await play.get("/v2/teams/1/event-types")
    assert [(kind["slug"], kind["schedulingType"]) for kind in shown] == [
        ("panel", "collective"),
        ("anybody", "roundRobin"),
    ]
    assert [host["username"] for host in shown[0]["hosts"]] == ["maya", "jonas"]
    assert [kind["slug"] for kind in await play.get("/v2/event-types", MAYA)] == ["mentoring", "private-call"]


async def test_a_list_can_be_a_teams(play: Play) -> None:
    """A team nobody knows is no filter at all."""
    await play.booked(eventTypeId=36)
    await play.booked(eventTypeId=13, start="2027-03-04T12:00:00Z")
    counts = [
        len(await play.get(f"/v2/bookings?{query}")) for query in ("teamId=1", "teamsIds=1,7", "teamId=7")
    ]
    assert counts == [1, 1, 2]


async def test_a_team_is_booked_by_its_slug(play: Play) -> None:
    """Beside the event type's."""
    body = {"eventTypeId": None, "eventTypeSlug": "panel", "teamSlug": "mentoring-programme"}
    body = {name: value for name, value in body.items() if value}
    answer = await play.call(
        "POST",
        "/v2/bookings",
        {**body, "start": SLOT, "attendee": {"name": "S", "email": "s@example.com", "timeZone": "Etc/UTC"}},
        None,
    )
    assert answer.json()["data"]["eventType"]["slug"] == "panel"
    assert play.world.event_type(36).approval is Approval.ALWAYS
