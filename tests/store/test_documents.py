"""Documents: what a booking is goes in and comes out the same; the words beside it say nothing they should not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.booking import Booking, By, Decision, Status
from gateway.domain.facts import Answer, EventType, Facts
from gateway.domain.people import Person
from gateway.store.documents import dump, load, private_words, words
from tests.store.making import ADA, JONAS, MAYA, NOON, SAM, booking, later

maybe = st.none()
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.integers(-(2**70), 2**70)
values = (
    texts
    | numbers
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(texts)
    | maybe
)
people = st.builds(Person, texts, maybe | texts, maybe | texts, maybe | texts, maybe | numbers)
answers = maybe | st.lists(st.builds(Answer, texts, maybe | texts, values), max_size=3).map(tuple)
many = maybe | st.lists(people, max_size=3).map(tuple)
said = maybe | texts
facts = st.builds(
    Facts,
    title=said,
    start=maybe | times,
    end=maybe | times,
    host=maybe | people,
    cohosts=many,
    attendees=many,
    labelled=answers,
    bare=answers,
    notes=said,
    event_type=maybe | st.builds(EventType, maybe | numbers, said, said),
    hide_host_email=maybe | st.booleans(),
    series=said,
    price=maybe | numbers,
)
decisions = st.builds(
    Decision,
    st.sampled_from(["accept", "reject"]),
    maybe | st.builds(By, texts, said),
    texts,
    times,
    said,
    said,
)
bookings = st.builds(
    Booking,
    uid=texts,
    status=st.sampled_from(Status),
    facts=facts,
    stamps=st.dictionaries(texts, times, max_size=3),
    as_of=maybe | times,
    requested_at=maybe | times,
    accepted_at=maybe | times,
    answered=maybe | decisions,
    moved_from=said,
    moved_to=said,
    absent=st.frozensets(texts, max_size=3),
    paid=st.booleans(),
    walked=st.booleans(),
)
SPEAKING = booking(
    host=MAYA,
    cohosts=(JONAS,),
    attendees=(SAM, ADA),
    notes="Bring coffee",
    labelled=(Answer("why", "Why?", ["Growth", "Doubt"]),),
)


@settings(deadline=None)
@given(bookings)
def test_what_goes_in_comes_out(one: Booking) -> None:
    """Any booking at all: every text, number, time, list and blank."""
    assert load(dump(one)) == one


@pytest.mark.parametrize(
    "told",
    [{"attendees": ()}, {"attendees": None}, {"notes": ""}, {"price": 0}, {"hide_host_email": False}],
    ids=str,
)
def test_nothing_said_is_not_the_same_as_none(told: dict[str, Any]) -> None:
    """An empty list, an empty text, zero and no are words of Cal.com's; a blank is not."""
    assert load(dump(booking(**told))) == booking(**told)


def test_blanks_are_left_out() -> None:
    """What was not said takes no room."""
    assert dump(Booking("b1", Status.PENDING)) == '{"uid":"b1","status":"pending"}'


def test_a_field_added_later_reads_as_not_said() -> None:
    """Yesterday's document is read by today's program."""
    assert load('{"uid":"b1","status":"gone","facts":{"title":"T"}}') == Booking(
        "b1", Status.GONE, Facts(title="T")
    )


def test_a_field_taken_away_later_is_passed_over() -> None:
    """Tomorrow's document is read by today's program, when an update is taken back."""
    assert load('{"uid":"b1","status":"gone","mood":"good","facts":{"mood":1}}') == Booking("b1", Status.GONE)


def test_times_are_told_in_utc() -> None:
    """And to the millisecond that Cal.com gave."""
    one = booking(start=later(milliseconds=123))
    assert '"start":"2027-03-01T12:00:00.123000Z"' in dump(one)
    assert load(dump(one)).facts.start == NOON.replace(microsecond=123000)


@pytest.mark.parametrize("person", [MAYA, JONAS, SAM, ADA], ids=lambda one: one.name)
def test_everybody_may_search_for_names(person: Person) -> None:
    """Names are shown to all who are on the booking, addresses are not."""
    assert person.name.casefold() in words(SPEAKING)
    assert "@" not in words(SPEAKING)


@pytest.mark.parametrize("word", ["coffee", "growth", "doubt", "sam@example.com", "ada@example.com"])
def test_the_hosts_side_may_search_for_more(word: str) -> None:
    """Notes, answers and attendees' addresses, which other attendees are not shown."""
    assert word in private_words(SPEAKING)
    assert word not in words(SPEAKING)


def test_hosts_addresses_are_not_searched_for() -> None:
    """They are hidden from some, and nobody needs them: the `host` filter knows them."""
    assert "maya@" not in words(SPEAKING) + private_words(SPEAKING)
    assert "jonas@" not in words(SPEAKING) + private_words(SPEAKING)


def test_a_cohost_among_the_attendees_is_no_attendee() -> None:
    """Once a team event is accepted Cal.com lists co-hosts there: their address must not become searchable."""
    assert "jonas@" not in private_words(booking(cohosts=(JONAS,), attendees=(SAM, JONAS)))
