"""Who sees what: a foreign booking does not exist, and an ETag moves for those who can see why."""

import json

import pytest

from tests.stories.cast import ANA, BEN, JONAS, MAYA, REASON, CalCom, Gateway, Portal, signed

GUEST = "guest@example.com"
ROUTES = [
    ("GET", "/v1/bookings/{uid}", None),
    ("GET", "/v1/bookings/{uid}/timeline", None),
    ("POST", "/v1/bookings/{uid}/accept", {}),
    ("POST", "/v1/bookings/{uid}/reject", REASON),
    ("GET", "/v1/commands/{command}", None),
    ("DELETE", "/v1/commands/{command}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=lambda value: str(value)[:24])
@pytest.mark.parametrize("stranger", ["host", "attendee"])
async def test_a_foreign_booking_does_not_exist(
    gateway: Gateway, sandbox: CalCom, stranger: str, method: str, path: str, body: object
) -> None:
    """Another host, or another attendee, is told 404 on every route, word for word as about what nobody knows."""
    uid = await sandbox.book()
    command = (await gateway.host().accept(uid)).json()["command"]["id"]
    portal = gateway.host(JONAS) if stranger == "host" else gateway.attendee(BEN)
    theirs = await portal.call(method, path.format(uid=uid, command=command), json=body)
    nobodys = await portal.call(method, path.format(uid="nobody", command="nothing"), json=body)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    assert {**theirs.json(), "instance": ""} == {**nobodys.json(), "instance": ""}


@pytest.mark.parametrize("filters", ["", "?host=maya@example.com", "?q=Ana", "?attendee=ana@example.com"])
async def test_a_list_is_the_callers_own(gateway: Gateway, sandbox: CalCom, filters: str) -> None:
    """No filter shows another host's bookings."""
    await sandbox.book()
    told = (await gateway.host(JONAS).get(f"/v1/bookings{filters}")).json()
    assert (told["items"], told["count"], told["seq"]) == ([], 0, 0)


async def test_anothers_change_is_no_news(gateway: Gateway, sandbox: CalCom) -> None:
    """Jonas's requests and answers leave Maya's ETag as it is."""
    await sandbox.book()
    uid, before = await sandbox.book(host="jonas"), await gateway.host().etag()
    await gateway.host(JONAS).accept(uid)
    assert await gateway.host().etag() == before


async def test_ones_own_change_is_news(maya: Portal, sandbox: CalCom) -> None:
    """A new request and an answer each move the host's ETag."""
    tags = [await maya.etag()]
    uid = await sandbox.book()
    tags.append(await maya.etag())
    await maya.accept(uid)
    tags.append(await maya.etag())
    assert len(set(tags)) == 3


@pytest.mark.parametrize(
    "path", ["/v1/bookings", "/v1/bookings/{uid}", "/v1/bookings/{uid}/timeline", "/v1/reasons"]
)
async def test_unchanged_is_304(maya: Portal, sandbox: CalCom, path: str) -> None:
    """If-None-Match with the present ETag is 304 without a body, on every route that has one."""
    at = path.format(uid=await sandbox.book())
    tag = await maya.etag(at)
    answer = await maya.get(at, **{"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


async def test_one_etag_for_all_routes(maya: Portal, sandbox: CalCom) -> None:
    """The ETag is the caller's, the same on every route."""
    uid = await sandbox.book()
    paths = ("/v1/bookings", f"/v1/bookings/{uid}", f"/v1/bookings/{uid}/timeline", "/v1/reasons")
    assert len({await maya.etag(path) for path in paths}) == 1


async def test_the_etag_holds_the_seq(maya: Portal, sandbox: CalCom) -> None:
    """`seq` of an answer is the number at the end of its ETag."""
    await sandbox.book()
    answer = await maya.get("/v1/bookings")
    assert answer.headers["etag"].endswith(f'-{answer.json()["seq"]}"')


async def test_two_callers_have_two_etags(gateway: Gateway, sandbox: CalCom) -> None:
    """Another person's ETag at another number is not mistaken for one's own."""
    await sandbox.book(host="jonas")
    await sandbox.book()
    answer = await gateway.host(JONAS).get("/v1/bookings", **{"If-None-Match": await gateway.host().etag()})
    assert answer.status_code == 200


@pytest.mark.parametrize("answered", [False, True])
async def test_no_hosts_address_for_attendees(gateway: Gateway, sandbox: CalCom, answered: bool) -> None:
    """Nothing that an attendee can read holds the host's address: bookings, timeline, lists."""
    uid, ana = await sandbox.book(), gateway.attendee()
    if answered:
        await gateway.host().accept(uid)
    paths = (f"/v1/bookings/{uid}", f"/v1/bookings/{uid}/timeline", "/v1/bookings?status=pending,accepted")
    texts = [(await ana.get(path)).text for path in paths]
    assert [MAYA in text.lower() for text in texts] == [False, False, False]


async def test_the_flag_in_the_body_opens_nothing(gateway: Gateway, sandbox: CalCom) -> None:
    """`hideOrganizerEmail: false` in a body does not show the address: the setting rules."""
    uid = await sandbox.book()
    await show_organizer(gateway, sandbox, uid)
    assert MAYA not in (await gateway.attendee().get(f"/v1/bookings/{uid}")).text


@pytest.mark.parametrize("changes", [{"privacy": {"hide_host_email": False}}])
@pytest.mark.parametrize("said", [False, True])
async def test_the_setting_shows_it(gateway: Gateway, sandbox: CalCom, said: bool) -> None:
    """With the setting off an attendee sees the address of a host who does not hide it."""
    uid = await sandbox.book()
    if said:
        await show_organizer(gateway, sandbox, uid)
    assert ("email" in (await gateway.attendee().booking(uid))["host"]) is said


async def show_organizer(gateway: Gateway, sandbox: CalCom, uid: str) -> None:
    """Cal.com says that the host's address need not be hidden."""
    told = json.loads((await sandbox.bodies(uid))[0])
    told["createdAt"], told["payload"]["hideOrganizerEmail"] = "2027-03-01T13:00:00.000Z", False
    body = json.dumps(told).encode()
    assert (await gateway.deliver(body, **signed(body))).json()["verdict"] in ("applied", "unchanged")


@pytest.mark.parametrize(("me", "other"), [(ANA, GUEST), (GUEST, ANA)], ids=["booker", "guest"])
async def test_other_attendees_by_name_only(gateway: Gateway, sandbox: CalCom, me: str, other: str) -> None:
    """An attendee sees the own address among the attendees, and nobody else's anywhere."""
    uid = await sandbox.book(guests=[GUEST])
    answer = await gateway.attendee(me).get(f"/v1/bookings/{uid}")
    people = answer.json()["attendees"]
    assert [one["email"] for one in people if "email" in one] == [me]
    assert (len(people), other in answer.text) == (2, False)


async def test_the_bookers_words_are_not_the_guests(gateway: Gateway, sandbox: CalCom) -> None:
    """What the booker answered and noted goes to the host and back to the booker alone."""
    uid = await sandbox.book(guests=[GUEST], answers={"why": "I was fired"}, notes="Please keep it quiet")
    seen = (await gateway.attendee(GUEST).get(f"/v1/bookings/{uid}")).text
    own = (await gateway.attendee(ANA).get(f"/v1/bookings/{uid}")).text
    assert [word in text for text in (seen, own) for word in ("fired", "quiet")] == [False, False, True, True]


async def test_the_hosts_side_is_no_news_to_attendees(gateway: Gateway, sandbox: CalCom) -> None:
    """That an answer was pressed and waits moves the host's ETag, and not the attendee's."""
    uid, ana, maya = await sandbox.book(), gateway.attendee(), gateway.host()
    before = (await ana.etag(), await maya.etag())
    gateway.to_calcom.cut = True
    await maya.accept(uid)
    after = (await ana.etag(), await maya.etag())
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]
    assert await ana.events(uid) == ["requested"]
    seen = await ana.booking(uid)
    assert (seen["command"], seen["actions"], seen["flags"]) == (None, [], [])


async def test_a_change_attendees_are_not_shown(gateway: Gateway, sandbox: CalCom) -> None:
    """Another attendee's new address moves the host's ETag, and not the guest's, who is shown names only."""
    uid, guest, maya = await sandbox.book(guests=[GUEST]), gateway.attendee(GUEST), gateway.host()
    before = (await guest.etag(), await maya.etag())
    told = json.loads((await sandbox.bodies(uid))[0])
    told["createdAt"] = "2027-03-01T13:00:00.000Z"
    told["payload"]["attendees"][0]["email"] = "ana.soto@example.com"
    await gateway.deliver(json.dumps(told).encode())
    after = (await guest.etag(), await maya.etag())
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]


@pytest.mark.parametrize("action", ["accept", "reject"])
async def test_an_attendee_may_look_and_not_answer(gateway: Gateway, sandbox: CalCom, action: str) -> None:
    """The booking is the attendee's to see: 403 `not-allowed`, not 404."""
    uid = await sandbox.book()
    answer = await gateway.attendee().call(
        "POST", f"/v1/bookings/{uid}/{action}", json=REASON if action == "reject" else {}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")


async def test_a_host_who_attends(gateway: Gateway, sandbox: CalCom) -> None:
    """A mentor sees the meetings of others that they attend, as an attendee."""
    uid = await sandbox.book(host="jonas", name="Maya Fuentes", email=MAYA)
    seen = await gateway.host().booking(uid)
    assert (seen["role"], seen["actions"], JONAS in json.dumps(seen)) == ("attendee", [], False)


async def test_an_address_is_read_whatever_its_case(gateway: Gateway, sandbox: CalCom) -> None:
    """Addresses are compared without regard to case."""
    uid = await sandbox.book(email="Ana@Example.COM")
    sandbox.canaries.append("Ana@Example.COM")
    assert (await gateway.attendee("ANA@example.com").booking(uid))["role"] == "attendee"
    assert (await gateway.host("Maya@Example.com").booking(uid))["role"] == "host"


@pytest.mark.parametrize(("person", "role"), [(MAYA, "host"), (ANA, "attendee"), (None, None)])
async def test_the_backend_in_somebodys_name(
    gateway: Gateway, sandbox: CalCom, person: str | None, role: str | None
) -> None:
    """A service token is the person it names, for sight and role; naming nobody it sees the account."""
    seen = await gateway.service(behalf=person).booking(await sandbox.book())
    assert (seen["role"], "email" in seen["host"]) == (role, role != "attendee")


async def test_the_backend_has_the_persons_etag(gateway: Gateway, sandbox: CalCom) -> None:
    """In Maya's name the ETag is Maya's."""
    await sandbox.book()
    await sandbox.book(host="jonas")
    assert await gateway.service(behalf=MAYA).etag() == await gateway.host().etag()


async def test_the_backend_answers_as_the_portal(gateway: Gateway, sandbox: CalCom) -> None:
    """Naming nobody, the backend accepts as the host's side; the timeline says it was the portal."""
    uid = await sandbox.book()
    await gateway.service().accept(uid)
    line = (await gateway.service().timeline(uid))[-1]
    assert (line["event"], line["by"]["role"], line["channel"]) == ("accepted", "portal", "portal")


async def test_no_foreign_booking_for_the_backend_either(gateway: Gateway, sandbox: CalCom) -> None:
    """In Jonas's name Maya's booking does not exist."""
    uid = await sandbox.book()
    assert (await gateway.service(behalf=JONAS).accept(uid)).status_code == 404


@pytest.mark.parametrize("uid", ["", "%00", "a" * 3000, "..%2f..", "'; drop table bookings --", "日本"])
async def test_an_odd_uid_is_unknown(maya: Portal, uid: str) -> None:
    """Whatever stands where a uid should is 404, in the one shape of problems."""
    answer = await maya.get(f"/v1/bookings/{uid}/timeline")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
