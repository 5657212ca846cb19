"""Whatever a delivery holds, reading it comes to an end with one of three values."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.calcom.webhook import SOURCES, Ignored, Seen, Unread, read
from tests.calcom import bodies

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ODD = st.sampled_from(
    ["", "unknown", "undefined", "https://[", "9999-12-31T23:59:59-12:00", "..", 2**64, 1e300, "PENDING"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
TRIGGERS = st.sampled_from([*SOURCES, "PING", "INSTANT_MEETING", "BOOKING_CONFIRMED"])
BUILDERS = (
    bodies.live,
    bodies.answered,
    bodies.cancelled,
    bodies.another_time,
    bodies.row,
    bodies.reduced,
    bodies.no_show,
    bodies.hosts_missed,
)
EXTRA = (
    "eventType", "user", "team", "guests", "recurringEvent", "recurringEventId", "rescheduleUid", "attendeeSeatId",
    "platformRescheduleUrl", "cancellationReason", "booking", "bookingUid", "noShowHost", "paid",
)  # fmt: skip


def holds(body: bytes) -> bool:
    """Whether reading ends with one of the three values, and twice with the same."""
    result = read(body)
    return isinstance(result, Seen | Ignored | Unread) and result == read(body)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to each value inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same JSON value with another one at that path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    """Bytes of any kind are read."""
    assert holds(body)


@given(JSON)
def test_any_json(body: Any) -> None:
    """JSON of any shape is read."""
    assert holds(bodies.raw(body))


@given(trigger=TRIGGERS | JSON, fields=JSON, at=JSON)
def test_any_payload(trigger: Any, fields: Any, at: Any) -> None:
    """An envelope around anything is read."""
    assert holds(bodies.raw(bodies.sent(trigger, fields, at)))


@given(trigger=TRIGGERS, build=st.sampled_from(BUILDERS), enveloped=st.booleans(), data=st.data())
def test_any_field_replaced(trigger: str, build: Any, enveloped: bool, data: st.DataObject) -> None:
    """A good delivery of which any value, however deep, was replaced by any other is read."""
    extra = data.draw(st.dictionaries(st.sampled_from(EXTRA), JSON, max_size=4))
    fields = {**build(), **extra}
    body = bodies.sent(trigger, fields) if enveloped else bodies.flat(trigger, fields)
    path = data.draw(st.sampled_from(places(body)))
    assert holds(bodies.raw(replaced(body, path, data.draw(JSON))))


@given(trigger=TRIGGERS, build=st.sampled_from(BUILDERS), data=st.data())
def test_any_byte_replaced(trigger: str, build: Any, data: st.DataObject) -> None:
    """A good delivery of which one byte was damaged is read."""
    body = bytearray(bodies.raw(bodies.sent(trigger, build())))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert holds(bytes(body))
