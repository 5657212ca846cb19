"""The parameters of a list, each read strictly."""

import base64
import json
from datetime import UTC, datetime

import pytest

from gateway.domain.booking import Status
from gateway.domain.errors import Invalid
from gateway.web.query import cursor, read, ready

Pairs = list[tuple[str, str]]


def mistakes(*pairs: tuple[str, str]) -> dict[str, str]:
    """What is wrong with these parameters, by name."""
    with pytest.raises(Invalid) as caught:
        read(pairs)
    return {one["field"]: one["detail"] for one in caught.value.members["errors"]}


def test_nothing_asked_for() -> None:
    """By start, twenty-five at a time, and no filter."""
    query = read([]).query
    assert (query.sort, query.limit, query.status, query.after, query.since) == ("start", 25, (), None, None)


@pytest.mark.parametrize(
    ("name", "text", "member", "value"),
    [
        ("status", "pending", "status", (Status.PENDING,)),
        ("status", "gone,expired", "status", (Status.GONE, Status.EXPIRED)),
        ("status", "pending,pending", "status", (Status.PENDING,)),
        ("role", "cohost", "role", "cohost"),
        ("sort", "-updated", "sort", "-updated"),
        ("limit", "1", "limit", 1),
        ("limit", "100", "limit", 100),
        ("since", "0", "since", 0),
        ("q", "Ana", "q", "Ana"),
        ("from", "2027-03-01T12:00:00Z", "since_start", datetime(2027, 3, 1, 12, tzinfo=UTC)),
        ("from", "2027-03-01T14:00:00+02:00", "since_start", datetime(2027, 3, 1, 12, tzinfo=UTC)),
        ("to", "2027-03-01", "until_start", datetime(2027, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_good_one(name: str, text: str, member: str, value: object) -> None:
    """Each parameter becomes what it means."""
    assert getattr(read([(name, text)]).query, member) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("status", ""),
        ("status", "open"),
        ("status", "pending,"),
        ("status", "PENDING"),
        ("role", "boss"),
        ("sort", "title"),
        ("sort", "updated"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", "\u0661"),
        ("limit", "9" * 5000),
        ("since", "-1"),
        ("since", "9007199254740993"),
        ("from", "yesterday"),
        ("from", ""),
        ("to", "9999-99-99"),
        ("to", "0001-01-01T00:00:00+23:00"),
        ("q", ""),
        ("q", "x" * 201),
        ("q", "a\x00b"),
        ("host", "maya"),
        ("attendee", "x" * 250 + "@example.com"),
        ("cursor", ""),
        ("cursor", "nonsense"),
        ("cursor", "é"),
        ("cursor", "W10"),
        ("colour", "red"),
    ],
)
def test_a_wrong_one(name: str, text: str) -> None:
    """Each wrong parameter is named."""
    assert mistakes((name, text)).keys() == {name}


def test_each_is_given_once() -> None:
    """Which of two should count, nobody can tell."""
    assert mistakes(("limit", "1"), ("limit", "1")) == {"limit": "should be given once"}


def test_all_mistakes_at_once() -> None:
    """The caller need not find them one by one."""
    assert mistakes(("limit", "0"), ("sort", "x"), ("colour", "red")).keys() == {"limit", "sort", "colour"}


def test_a_cursor_leads_on() -> None:
    """What a cursor carries is where the next page begins."""
    asked = read([("sort", "-start")])
    text = cursor(asked, 17, "abc")
    assert read([("sort", "-start"), ("cursor", text)]).query.after == (17, "abc")


def test_a_cursor_knows_its_list() -> None:
    """With another filter it is refused."""
    text = cursor(read([("status", "pending")]), 17, "abc")
    assert mistakes(("status", "accepted"), ("cursor", text)) == {
        "cursor": "belongs to a list with other filters"
    }


@pytest.mark.parametrize("pairs", [[("limit", "3")], []], ids=["another length", "no length"])
def test_pages_may_be_of_any_length(pairs: Pairs) -> None:
    """The length of a page is no filter."""
    text = cursor(read([("limit", "7")]), 17, "abc")
    assert read([*pairs, ("cursor", text)]).query.after == (17, "abc")


def test_the_order_of_parameters_is_no_filter() -> None:
    """The same filter written otherwise is the same list."""
    one, other = [("role", "host"), ("q", "a")], [("q", "a"), ("role", "host")]
    assert read([*other, ("cursor", cursor(read(one), 1, "u"))]).query.after == (1, "u")


@pytest.mark.parametrize(
    "place", [["x", 1, "u"], [1, 2], ["", "1", "u"], ["", 1.5, "u"], ["", 2**64, "u"], ["", True, 1], {}]
)
def test_a_forged_cursor(place: object) -> None:
    """A cursor made up by hand is refused, whatever is in it."""
    if isinstance(place, list) and place and place[0] == "":
        own = json.loads(base64.urlsafe_b64decode(cursor(read([]), 1, "u") + "=="))
        place = [own[0], *place[1:]]
    text = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    assert mistakes(("cursor", text)).keys() == {"cursor"}


def test_one_row_more_tells_whether_there_is_more() -> None:
    """The store is asked for one row more than the caller gets."""
    query = ready(read([("limit", "10")]), ("host:1",), None, ("attendee:a@example.com",))
    assert (query.limit, query.keys, query.host, query.attendee) == (
        11,
        ("host:1",),
        None,
        ("attendee:a@example.com",),
    )
