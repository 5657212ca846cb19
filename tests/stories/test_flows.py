"""Every course a booking can take at Cal.com: what the mirror holds afterwards, and what its timeline tells.

First the stand-in's own scenarios, as they lie in its folder; then what a scenario cannot tell: places of a shared
slot, a silent payment, hosts who come and go.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.app import DEFAULT_ACCOUNT, reading
from gateway.http import httpx
from gateway.sandbox import scenario
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import Approval, EventType, Scheduling
from tests.stories.cast import (
    ANA,
    API_KEY,
    BEN,
    JONAS,
    MAYA,
    NOON,
    CalCom,
    Gateway,
    Portal,
)
from tests.stories.equal import compare, mirrored, move, settled, truth

AT, LATER = NOON + timedelta(days=3), NOON + timedelta(days=4)
GROUP = EventType(32, "group", "Group session", 101, approval=Approval.NEVER, seats=3)
COACHING = EventType(34, "coaching", "Paid coaching", 101, price=5000, currency="eur")
QUICK = EventType(35, "quick-call", "Quick call", 101, approval=Approval.TIME, threshold=48)
ANYBODY = EventType(
    37, "anybody", "Whoever is free", 101, team=1, scheduling=Scheduling.ROUND_ROBIN, hosts=[101, 102, 103]
)

TIMELINES = """
    a-accepted                     first      requested accepted
    absent                         first      requested accepted started no_show
    b-rejected                     first      requested rejected
    b-rejected                     second     requested rejected
    c-withdrawn                    first      requested withdrawn
    d-moved-by-attendee            old        requested moved
    d-moved-by-attendee            new        requested
    d1-moved-by-host-2026          old        requested moved
    d1-moved-by-host-2026          new        requested
    d1-moved-by-host               old        requested moved
    d1-moved-by-host               new        accepted_elsewhere
    d2-moved-by-anyone             old        requested moved
    d2-moved-by-anyone             new        accepted_elsewhere
    e-accepted-then-moved          first      requested accepted moved
    e-accepted-then-moved          accepted   requested accepted
    e-accepted-then-moved          second     requested accepted moved
    e-accepted-then-moved          lost       requested rejected
    e1-accepted-then-moved-by-host old        requested accepted moved
    e1-accepted-then-moved-by-host new        accepted_elsewhere
    f-series                       yes        requested accepted
    f-series                       yes.2      requested accepted
    f-series                       yes.3      requested accepted
    f-series                       no         requested rejected
    f-series                       no.2       requested rejected
    f-series                       no.3       requested rejected
    f1-series-cancelled            first      requested accepted
    f1-series-cancelled            first.2    requested accepted cancelled
    f1-series-cancelled            first.3    requested accepted cancelled
    f1-series-cancelled            second     requested accepted cancelled
    f1-series-cancelled            second.2   requested accepted cancelled
    f1-series-cancelled            second.3   requested accepted cancelled
    g-seats                        ben        accepted cancelled
    g-seats-2026                   ben        accepted cancelled
    h-paid-newer                   free       accepted
    h-paid-newer                   asked      requested accepted
    h-paid-older                   free       accepted
    h-paid-older                   asked      requested accepted
    h1-confirmed-unpaid            first      accepted
    i-short-notice                 soon       requested accepted
    i-short-notice                 later      accepted_elsewhere
    k-late-answers                 over       requested expired late_accept started
    k-late-answers                 rejected   requested rejected late_accept
    k-late-answers                 cancelled  requested withdrawn late_accept
    k-late-answers                 both       requested rejected cancelled
    l-another-time                 old        requested accepted cancelled
    l-another-time                 new        requested accepted
    l-another-time-2026            old        requested withdrawn
    l-another-time-2026            new        requested
    m-late-request                 first      accepted requested
    n-meetings                     answered   requested accepted
    n-meetings                     plain      accepted
    n-meetings                     left       requested accepted moved
    n-meetings                     moved      requested
    team-collective                first      requested accepted cancelled
    team-round-robin               first      requested accepted reassigned
    twice                          first      requested accepted
"""
"""Scenario, the booking's name in it, its lines. The stand-in's clock sends MEETING_*, ours writes `started`."""


@pytest.fixture
def stage(sandbox: CalCom) -> Stage:
    """Cal.com's inside: where scenarios are played, and event types are made."""
    transport = sandbox.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    found = transport.app.state.stage  # type: ignore[attr-defined]  # the sandbox is a Starlette
    assert isinstance(found, Stage)
    return found


async def play(gateway: Gateway, sandbox: CalCom, stage: Stage, path: Path) -> dict[str, str]:
    """Play a scenario, with time between its steps in which every look is taken; gives the uids by name."""

    async def wait(seconds: float) -> None:
        gateway.clock.wind(seconds=seconds)
        await gateway.service().etag()  # a reader, before whom all that is due is written
        await settled(gateway)

    uids = await scenario.play(stage, scenario.read(path), wait, between=1)
    sandbox.canaries += stage.world.bookings
    await settled(gateway)
    return uids


def of(told: str) -> dict[str, dict[str, list[str]]]:
    """The table of timelines by scenario and name."""
    flows: dict[str, dict[str, list[str]]] = {}
    for name, booking, *lines in (line.split() for line in told.split("\n")[1:-1]):
        flows.setdefault(name, {})[booking] = lines
    return flows


@pytest.mark.parametrize("path", scenario.shipped(), ids=lambda path: path.stem)
async def test_the_mirror_ends_as_cal_com(
    gateway: Gateway, sandbox: CalCom, stage: Stage, path: Path
) -> None:
    """Whatever happened, every uid stands as in Cal.com's own row: its status, where it came from and went to."""
    await play(gateway, sandbox, stage, path)
    uids = list(stage.world.bookings)
    assert [await mirrored(gateway, uid) for uid in uids] == [await truth(sandbox, uid) for uid in uids]


@pytest.mark.parametrize(("name", "lines"), of(TIMELINES).items(), ids=of(TIMELINES))
async def test_what_the_timeline_tells(
    gateway: Gateway, sandbox: CalCom, stage: Stage, name: str, lines: dict[str, list[str]]
) -> None:
    """Each booking's lines, in the order in which it heard of them, one for each thing that happened."""
    uids = await play(gateway, sandbox, stage, scenario.find(name))
    assert {each: await gateway.service().events(uids[each]) for each in lines} == lines


async def test_a_move_to_the_same_time_is_none(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """Flow d''': "moved" to its own start, Cal.com answers with the same uid and tells nobody; nothing has happened."""
    uid = await sandbox.book(AT)
    before = await maya.etag()
    answer = await sandbox.act(uid, "reschedule", None, start=AT.isoformat())
    await settled(gateway)
    assert answer.json()["data"]["uid"] == uid
    assert (await maya.etag(), await mirrored(gateway, uid)) == (before, await truth(sandbox, uid))


@pytest.mark.parametrize(("answered", "was"), [(False, "pending"), (True, "accepted")])
async def test_what_a_cancelled_booking_was(maya: Portal, sandbox: CalCom, answered: bool, was: str) -> None:
    """Flow c and a meeting called off have the same body: what it was before is remembered here."""
    uid = await sandbox.book(AT)
    if answered:
        await sandbox.act(uid, "confirm")
    await sandbox.act(uid, "cancel", None, cancellationReason="I am ill")
    told = (await maya.booking(uid))["cancellation"]
    assert (told["was"], told["reason"]) == (was, "I am ill")


async def test_the_last_reason_counts(maya: Portal, sandbox: CalCom) -> None:
    """Flow k: declined a second time with other words, it was declined for these."""
    uid = await sandbox.book(AT)
    for reason in ("Not that week", "Not this year"):
        await sandbox.act(uid, "decline", reason=reason)
    assert (await maya.booking(uid))["decision"]["reason"] == "Not this year"
    assert await maya.events(uid) == ["requested", "rejected"]


class Slot:
    """A slot that Ana and Ben share, each with a place of their own."""

    def __init__(self, sandbox: CalCom) -> None:
        self.sandbox = sandbox
        self.uid = ""
        self.places: dict[str, str] = {}

    async def take(self, email: str) -> None:
        """Somebody takes a place."""
        wish = {
            "event_type": "group",
            "start": AT.isoformat(),
            "name": email.partition("@")[0],
            "email": email,
        }
        told = await self.sandbox.control("POST", "bookings", {"host": "maya", **wish})
        self.uid, self.places[email] = told["uid"], told["seat"]
        self.sandbox.canaries.append(self.uid)

    async def leave(self, email: str) -> None:
        """Somebody gives their place up."""
        answer = await self.sandbox.act(self.uid, "cancel", None, seatUid=self.places[email])
        assert answer.is_success, answer.text


@pytest.fixture(params=["6.0.2", "2026"])
async def slot(request: pytest.FixtureRequest, gateway: Gateway, sandbox: CalCom, stage: Stage) -> Slot:
    """Flow g: two places are taken, at a Cal.com that says whose place it is, and at one that does not."""
    stage.world.event_types.append(GROUP)
    await sandbox.control("POST", "settings", {"release": request.param})
    shared = Slot(sandbox)
    for email in (ANA, BEN):
        await shared.take(email)
        await settled(gateway)
    return shared


async def sees(portal: Portal, uid: str) -> bool:
    """Whether the booking exists for somebody."""
    return (await portal.get(f"/v1/bookings/{uid}")).status_code == 200


async def test_everybody_in_a_slot_sees_it(gateway: Gateway, slot: Slot) -> None:
    """Each webhook names the newcomer only; the look tells who sits there."""
    assert [await sees(gateway.attendee(one), slot.uid) for one in (ANA, BEN)] == [True, True]
    assert len((await gateway.host().booking(slot.uid))["attendees"]) == 2


async def test_a_place_given_up_does_not_end_the_slot(gateway: Gateway, maya: Portal, slot: Slot) -> None:
    """One leaves, with the same trigger and status as if the meeting were off: it goes on, without that person."""
    await slot.leave(ANA)
    await settled(gateway)
    assert (await maya.status(slot.uid), await maya.events(slot.uid)) == ("accepted", ["accepted"])
    assert [await sees(gateway.attendee(one), slot.uid) for one in (ANA, BEN)] == [False, True]


async def test_a_place_given_up_is_no_end_without_cal_com(gateway: Gateway, maya: Portal, slot: Slot) -> None:
    """Even where nobody can be asked, the slot is not taken to be over."""
    gateway.to_calcom.cut = True
    await slot.leave(BEN)
    assert await maya.status(slot.uid) == "accepted"


async def test_the_last_place_ends_the_slot(gateway: Gateway, maya: Portal, slot: Slot) -> None:
    """When the last one has left there is no meeting, and the timeline says so once."""
    await slot.leave(ANA)
    await slot.leave(BEN)
    await settled(gateway)
    assert await mirrored(gateway, slot.uid) == await truth(slot.sandbox, slot.uid)
    assert await maya.events(slot.uid) == ["accepted", "cancelled"]


@pytest.fixture(params=["older", "newer"])
async def unpaid(request: pytest.FixtureRequest, sandbox: CalCom, stage: Stage, gateway: Gateway) -> str:
    """Flow h: a request that costs something and is not paid yet, at a Cal.com that tells of payments last or first."""
    stage.world.event_types.append(COACHING)
    await sandbox.control("POST", "settings", {"payments": request.param})
    return await sandbox.book(AT, event_type="coaching")


async def pay(sandbox: CalCom, uid: str) -> None:
    """The attendee pays."""
    await sandbox.control("POST", "payments", {"uid": uid})


async def test_nobody_accepts_what_is_not_paid(maya: Portal, sandbox: CalCom, unpaid: str) -> None:
    """The first webhook says ACCEPTED, which is not so: it is pending, and an accept is 409 `unpaid`, unsent."""
    answer = await maya.accept(unpaid)
    assert (await maya.status(unpaid), answer.json()["code"]) == ("pending", "unpaid")
    assert await sandbox.effects(unpaid) == (0, 0)


@pytest.mark.parametrize("unpaid", ["newer"], indirect=True)
async def test_what_is_paid_is_accepted(gateway: Gateway, maya: Portal, sandbox: CalCom, unpaid: str) -> None:
    """After the payment the mentor is asked, and says yes in the portal."""
    await pay(sandbox, unpaid)
    await settled(gateway)
    assert (await maya.accept(unpaid)).status_code == 200
    assert await maya.events(unpaid) == ["requested", "submitted", "accepted"]


@pytest.mark.parametrize("unpaid", ["older"], indirect=True)
async def test_a_payment_that_nobody_tells_of(
    gateway: Gateway, maya: Portal, sandbox: CalCom, unpaid: str
) -> None:
    """An older Cal.com says that the mentor is asked, and never that it was paid: the portal leaves it to Cal.com."""
    await pay(sandbox, unpaid)
    await settled(gateway)
    assert (await maya.accept(unpaid)).json()["code"] == "unpaid"
    await sandbox.act(unpaid, "confirm")
    assert await maya.events(unpaid) == ["requested", "accepted"]


async def test_a_silent_acceptance(gateway: Gateway, maya: Portal, sandbox: CalCom, unpaid: str) -> None:
    """Flow h': confirmed at Cal.com before it is paid, nobody is told; comparing finds it out."""
    await sandbox.act(unpaid, "confirm")
    assert await maya.status(unpaid) == "pending"
    assert (await compare(gateway))["repaired"] == 1
    await pay(sandbox, unpaid)
    await settled(gateway)
    assert await mirrored(gateway, unpaid) == await truth(sandbox, unpaid)
    assert await maya.events(unpaid) == ["accepted"]


async def test_only_what_was_asked_for_is_missed(gateway: Gateway, sandbox: CalCom, stage: Stage) -> None:
    """Flow i: where nobody was ever asked, a booking at long notice is accepted, and nothing is odd about it."""
    stage.world.event_types.append(QUICK)
    uid = await sandbox.book(NOON + timedelta(days=6), event_type="quick-call")
    seen = await gateway.host().booking(uid)
    assert (seen["status"], seen["flags"], seen["decision"]) == ("accepted", [], None)
    assert await gateway.host().events(uid) == ["accepted"]


async def test_nobody_answers(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """Flow j: Cal.com shows it as pending for ever; here it has expired, and comparing does not bring it back."""
    uid = await sandbox.book(NOON + timedelta(hours=1))
    gateway.clock.wind(hours=2)
    before = await maya.booking(uid)
    await compare(gateway)
    assert (before["status"], await maya.booking(uid)) == ("expired", before)
    assert await maya.events(uid) == ["requested", "expired"]


@pytest.mark.parametrize("release", ["6.0.2", "2026"])
@pytest.mark.parametrize(("given", "shown"), [("I am away", "I am away"), (None, None)])
async def test_the_host_asks_for_another_time(
    gateway: Gateway, maya: Portal, sandbox: CalCom, release: str, given: str | None, shown: str | None
) -> None:
    """Flow l, with the flag and without: cancelled, for the host's own reason without Cal.com's words."""
    await sandbox.control("POST", "settings", {"release": release})
    uid = await sandbox.book(AT)
    await sandbox.act(uid, "confirm")
    await sandbox.control("POST", "another-time", {"uid": uid, "reason": given})
    await settled(gateway)
    told = (await maya.booking(uid))["cancellation"]
    assert (told["was"], told["reason"]) == ("accepted", shown)
    assert await mirrored(gateway, uid) == await truth(sandbox, uid)


@pytest.mark.parametrize("release", ["6.0.2", "2026"])
async def test_the_other_time_is_chosen(
    gateway: Gateway, maya: Portal, sandbox: CalCom, release: str
) -> None:
    """Flow l goes on: the attendee's choice is a request again, and both know of each other."""
    await sandbox.control("POST", "settings", {"release": release})
    old = await sandbox.book(AT)
    await sandbox.control("POST", "another-time", {"uid": old, "reason": "I am away"})
    new = await move(sandbox, old, LATER)
    await settled(gateway)
    for uid in (old, new):
        assert await mirrored(gateway, uid) == await truth(sandbox, uid)
    assert (await maya.booking(old))["moved_to"] == new


async def test_an_old_date_does_not_start(gateway: Gateway, maya: Portal, sandbox: CalCom) -> None:
    """Flow n: after a move to a request the old uid "starts" all the same, as accepted. It stays moved; Cal.com is asked."""
    await sandbox.control("POST", "settings", {"release": "2026"})
    old = await sandbox.book(AT)
    gateway.clock.wind(seconds=1)
    await sandbox.act(old, "confirm")
    await sandbox.mood(trigger="MEETING_STARTED", mood="hold")
    await sandbox.control("POST", "meetings", {"uid": old, "trigger": "MEETING_STARTED"})
    await move(sandbox, old, LATER)
    before = await maya.timeline(old)
    await sandbox.control("POST", "release")
    await settled(gateway)
    assert (await mirrored(gateway, old), await maya.timeline(old)) == (await truth(sandbox, old), before)
    assert len(await sandbox.calls("get", old)) == 1


@pytest.fixture
async def over(gateway: Gateway, sandbox: CalCom) -> str:
    """A meeting that should be going on."""
    uid = await sandbox.book(NOON + timedelta(minutes=1))
    await sandbox.act(uid, "confirm")
    gateway.clock.wind(minutes=10)
    return uid


async def absent(sandbox: CalCom, uid: str, missed: bool) -> None:
    """Maya marks that Ana did not come, or takes it back."""
    told = {"attendees": [{"email": ANA, "absent": missed}]}
    answer = await sandbox.act(uid, "mark-absent", f"{API_KEY}_maya", **told)
    assert answer.is_success, answer.text


async def test_who_did_not_come(maya: Portal, sandbox: CalCom, over: str) -> None:
    """Marked twice it is one line; taken back it is another; the meeting stays what it was."""
    before = await maya.events(over)
    for missed in (True, True, False):
        await absent(sandbox, over, missed)
    assert (await maya.events(over), await maya.status(over)) == ([*before, "no_show", "no_show"], "accepted")


async def test_a_look_says_nothing_else_of_it(
    gateway: Gateway, maya: Portal, sandbox: CalCom, over: str
) -> None:
    """Comparing with Cal.com afterwards writes no second line."""
    await absent(sandbox, over, missed=True)
    before = await maya.timeline(over)
    await compare(gateway)
    assert await maya.timeline(over) == before


@pytest.fixture(params=["6.0.2", "2026"])
async def handed_over(request: pytest.FixtureRequest, gateway: Gateway, sandbox: CalCom, stage: Stage) -> str:
    """A round robin's meeting goes from Maya to Jonas: only the newest Cal.com tells, of others it is found out."""
    stage.world.event_types.append(ANYBODY)
    await sandbox.control("POST", "settings", {"release": request.param})
    uid = await sandbox.book(AT, event_type="anybody")
    await sandbox.act(uid, "confirm")
    assert await sees(gateway.host(MAYA), uid)
    assert (await sandbox.act(uid, "reassign/102")).is_success
    if request.param != "2026":
        await compare(gateway)
    return uid


async def test_the_former_host_is_out_at_once(gateway: Gateway, handed_over: str) -> None:
    """From then on the booking does not exist for who had it, on any route; the new host has it."""
    former, new = gateway.host(MAYA), gateway.host(JONAS)
    paths = [f"/v1/bookings/{handed_over}", f"/v1/bookings/{handed_over}/timeline"]
    assert [(await former.get(path)).status_code for path in paths] == [404, 404]
    assert (await former.accept(handed_over)).status_code == 404
    assert ((await former.get("/v1/bookings")).json()["count"], await sees(new, handed_over)) == (0, True)


async def test_it_is_said_who_has_it_now(gateway: Gateway, handed_over: str) -> None:
    """The new host's timeline says that it passed to them; of the acceptance they learn, too."""
    seen = await gateway.host(JONAS).booking(handed_over)
    assert (seen["host"]["name"], seen["status"]) == ("Jonas Lindqvist", "accepted")
    line = (await gateway.host(JONAS).timeline(handed_over))[-1]
    assert (line["event"], line["detail"]) == ("reassigned", {"host": "Jonas Lindqvist"})


async def test_the_former_host_is_told_that_it_is_gone(gateway: Gateway, handed_over: str) -> None:
    """A line of its own, for the former host alone, so that their ETag moves: `removed`."""
    async with reading(gateway.settings) as store:
        lines = await store.read(DEFAULT_ACCOUNT, lambda ledger: ledger.timeline(handed_over, ("host:101",)))
        new = await store.read(DEFAULT_ACCOUNT, lambda ledger: ledger.timeline(handed_over, ("host:102",)))
    assert [line.event for line in lines][-1] == "removed"
    assert "removed" not in [line.event for line in new]
