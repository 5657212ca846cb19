"""The description and the code are held against each other, both ways: routes, shapes, problems."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from jsonschema_rs import meta

from gateway import __version__
from gateway.domain.booking import Booking, By, Decision, Status
from gateway.domain.command import Action, Command
from gateway.domain.facts import Answer, EventType, Facts
from gateway.domain.people import Person
from gateway.records import Delivery, Held, Judged, Line
from gateway.services.portal import Series, View
from gateway.web import shapes
from gateway.web.errors import BY_STATUS, STATUS, TITLES
from gateway.web.openapi import PROBLEMS, _join, description
from tests.stories.cast import NOON, Gateway
from tests.web.described import Described, Json

LABELS = {"full": "I am full", "other": "Another reason"}


@pytest.fixture
def document() -> Json:
    """The description for two reasons."""
    return description(LABELS)


@pytest.fixture
def described(document: Json) -> Described:
    """The same as a yardstick."""
    return Described(document)


def parts(value: Any) -> Iterator[Json]:
    """Every object inside a value."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from parts(one)


def test_it_is_openapi(document: Json) -> None:
    """The document keeps the rules of OpenAPI 3.1."""
    schemathesis.openapi.from_dict(document).validate()


def test_every_route_is_described(gateway: Gateway, described: Described) -> None:
    """Each method and path of the table is in the document, and nothing else is."""
    table = {
        (method, re.sub(r":\w+\}", "}", route.path))  # type: ignore[attr-defined]  # they are plain routes
        for route in gateway.app.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert table == described.operations.keys()


def test_operations_have_names(described: Described) -> None:
    """Each has an id of its own, a summary, and a tag that is explained."""
    operations = list(described.operations.values())
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(one["summary"] for one in operations)
    tags = [tag["name"] for tag in described.document["tags"]]
    assert {tag for one in operations for tag in one["tags"]} == set(tags)


def test_every_reference_leads_somewhere(described: Described) -> None:
    """No reference is broken, and nothing is kept that nobody refers to."""
    used = {one["$ref"] for one in parts(described.document) if "$ref" in one}
    assert all(described.resolved({"$ref": one}) for one in used)
    kinds = ("schemas", "responses", "parameters", "headers")
    kept = {
        f"#/components/{kind}/{name}" for kind in kinds for name in described.document["components"][kind]
    }
    assert kept - used == {"#/components/responses/MethodNotAllowed"}


def test_links_lead_somewhere(described: Described) -> None:
    """A link names an operation and one of its parameters."""
    operations = {one["operationId"]: one for one in described.operations.values()}
    links = [link for one in parts(described.document) for link in one.get("links", {}).values()]
    for link in links:
        parameters = [described.resolved(one) for one in operations[link["operationId"]]["parameters"]]
        assert link["parameters"].keys() <= {one["name"] for one in parameters}


def test_schemas_are_sound(document: Json) -> None:
    """Every schema is one."""
    for schema in document["components"]["schemas"].values():
        meta.validate(schema)


def test_examples_are_true(described: Described) -> None:
    """Every example is as its own schema says."""
    wrong = [
        described.errors(schema, example)
        for schema in parts(described.document)
        for example in ([*schema.get("examples", [])] if "examples" in schema else [])
    ]
    holders = [one for one in parts(described.document) if "example" in one and "schema" in one]
    wrong += [described.errors(one["schema"], one["example"]) for one in holders]
    assert [one for one in wrong if one] == []


def test_people_are_made_up(document: Json) -> None:
    """Addresses in examples are of no real domain."""
    hosts = re.findall(r"[\w.]+@([\w.]+)", str(document))
    assert set(hosts) == {"example.com"}


def test_our_objects_are_closed(document: Json) -> None:
    """Each object of ours lists its members: one that is not listed is a mistake, there or here."""
    open_ones = {"Problem", "BookingCommon", "DeliveryCommon"}  # closed by what is built on them
    schemas = document["components"]["schemas"].items()
    inner = [(name, one) for name, schema in schemas if name not in open_ones for one in parts(schema)]
    objects = [(name, one) for name, one in inner if "object" in one.get("type", ()) or "allOf" in one]
    assert [name for name, one in objects if not _closed(one)] == []


def _closed(schema: Json) -> bool:
    kept = schema.get("unevaluatedProperties", schema.get("additionalProperties"))
    return kept is False or (isinstance(kept, dict) and "properties" not in schema)


def test_every_problem_is_described(described: Described) -> None:
    """Each code has its title, status, meaning and remedy, and is an answer of some operation."""
    told = described.document[PROBLEMS]
    assert STATUS.keys() == TITLES.keys() == told.keys()
    answers = [
        (code, int(status))
        for one in described.operations.values()
        for status, response in one["responses"].items()
        for code in described.codes(response)
    ]
    general = {(code, status) for status, code in BY_STATUS.items()}
    assert {*answers, *general} == set(STATUS.items())


def test_reasons_are_this_installations(described: Described) -> None:
    """A listed reason fits with as many words as there is room for beside its label; another one does not."""
    schema = {"$ref": "#/components/schemas/Reject"}
    room = 500 - len("I am full: ")
    assert described.errors(schema, {"reason_code": "full", "reason": "w" * room}) == []
    assert described.errors(schema, {"reason_code": "full", "reason": "w" * (room + 1)})
    assert described.errors(schema, {"reason_code": "because"})


def test_without_reasons_nothing_can_be_declined() -> None:
    """No reason on the list is no way of declining."""
    assert Described(description({})).errors({"$ref": "#/components/schemas/Reject"}, {"reason_code": ""})


def test_nothing_is_said_twice() -> None:
    """Two parts that say the same are a mistake, not a matter of order."""
    with pytest.raises(ValueError, match="twice"):
        _join({"paths": {"/docs": 1}}, {"paths": {"/docs": 1}})


async def test_it_is_served(gateway: Gateway) -> None:
    """Anybody may read it, with the reasons of the settings; who holds it already gets a 304."""
    labels = {one.code: one.label for one in gateway.settings.reasons.reject}
    answer = await gateway.http.get("/openapi.json")
    assert (answer.status_code, answer.json()) == (200, description(labels))
    assert answer.json()["info"]["version"] == __version__
    again = await gateway.http.get("/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


FACTS = Facts(
    title="Mentoring",
    start=NOON,
    end=NOON + timedelta(minutes=30),
    host=Person("Maya Lind", "maya@example.com", "Europe/Madrid", "maya", 7),
    attendees=(
        Person("Ana Soto", "ana@example.com", "Europe/Lisbon"),
        Person("Ben Ode", "ben@example.com", None),
    ),
    labelled=(Answer("why", "Why?", "To learn"),),
    event_type=EventType(1, "mentoring", "Mentoring"),
    hide_host_email=False,
    series="series",
)
BOOKING = Booking(
    "uid",
    Status.CANCELLED,
    FACTS,
    requested_at=NOON,
    accepted_at=NOON,
    cancelled_at=NOON,
    answered=Decision("accept", By("host", "Maya Lind"), "portal", NOON),
)
COMMAND = Command("id", "uid", "uid", Action.ACCEPT, By("host"), NOON)
HELD = Held(BOOKING, 1, "host", 1, COMMAND, NOON)
VIEW = View(HELD, (HELD,), Series("series", 2, ("uid",)))
DELIVERY = Judged(1, Delivery("0" * 64, NOON, 2, {}, b"{}"), "applied", None)
SHAPES: dict[str, Json] = {
    "HostBooking": shapes.booking(VIEW),
    "AttendeeBooking": shapes.booking(
        replace(VIEW, held=replace(HELD, role="attendee")), hide_host_email=False, me="ana@example.com"
    ),
    "Overlap": shapes.conflict(HELD),
    "Command": shapes.command(COMMAND),
    "Line": shapes.line(Line("uid", "accepted", NOON, Status.PENDING, Status.ACCEPTED, By("host"))),
    "Delivery": shapes.delivery(DELIVERY),
    "Decision": shapes.member(BOOKING.decision),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_have_the_described_members(described: Described, name: str) -> None:
    """Every member that is shown is described, and every member that is described is shown."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    described.fits(schema, SHAPES[name])
    assert list(_unshown(described, schema, SHAPES[name])) == []


def _unshown(described: Described, schema: Json, value: Any) -> Iterator[str]:
    """Members that the schema describes and the value lacks, at any depth. What a line adds differs from line to line."""
    schema = _resolved(described, schema)
    if isinstance(value, list):
        yield from (name for one in value[:1] for name in _unshown(described, schema["items"], one))
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from properties.keys() - value.keys()
        for name in properties.keys() & value.keys() - {"detail"}:
            yield from _unshown(described, properties[name], value[name])


def _resolved(described: Described, schema: Json) -> Json:
    """A schema with what it is built on, and of several alternatives the first."""
    schema = described.resolved(schema)
    for one in schema.get("allOf", []):
        inner = _resolved(described, one)
        schema = {**inner, **schema, "properties": inner["properties"] | schema.get("properties", {})}
    several = schema.get("oneOf", schema.get("anyOf"))
    return _resolved(described, several[0]) if several and "properties" not in schema else schema
