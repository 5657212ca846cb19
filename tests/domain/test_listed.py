"""Rows of a list: they may be read from a copy that lags behind, so they move a booking forwards and never back."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.booking import Booking, Flag, Observation, Source, Status
from gateway.domain.states import RANK, TABLE
from gateway.domain.transitions import Applied, Context, Stale, Thin, Unchanged, decide
from tests.domain.making import (
    NOON,
    after,
    at,
    believed,
    events,
    facts,
    looked,
    said,
    standing,
)

PLAIN, ASKS = Context(), Context(asks=True)
WORDS = (Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.CANCELLED)
"""What a list can say."""
PAIRS = [(held, told) for held, told in TABLE if held is not None and told in WORDS]
BACK = [(held, told) for held, told in PAIRS if RANK[told] < RANK[held]]
FORTH = [(held, told) for held, told in PAIRS if RANK[told] > RANK[held]]
DRAWS = [(held, told) for held, told in PAIRS if RANK[told] == RANK[held]]
SECONDS = pytest.mark.parametrize("second", [-1, 0, 1], ids=["older", "same time", "newer"])


def listed(status: Status, second: float | None = 0, **changes: object) -> Observation:
    """A row whose booking was last written at that second."""
    return said(Source.LISTED, second, status=status, **changes)


def asks_for_a_look(verdict: object) -> bool:
    """Whether Cal.com is to be asked about this one booking."""
    return getattr(verdict, "look", False) is True


@SECONDS
@pytest.mark.parametrize(("held", "told"), BACK)
def test_a_list_never_leads_back(held: Status, told: Status, second: int) -> None:
    """A row that shows an earlier state is a question, however new it says it is."""
    verdict = decide(standing(held), listed(told, second), PLAIN)
    assert isinstance(verdict, Stale)
    assert (verdict.booking.status, verdict.booking.as_of, verdict.look) == (held, NOON, True)


@pytest.mark.parametrize("second", [0, 1], ids=["same time", "newer"])
@pytest.mark.parametrize(("held", "told"), FORTH)
def test_a_list_leads_on(held: Status, told: Status, second: int) -> None:
    """A row that shows a later state is believed, under the name the change always has, and nobody need look."""
    verdict = decide(standing(held), listed(told, second), PLAIN)
    assert isinstance(verdict, Applied)
    assert (verdict.booking.status, verdict.events, verdict.look) == (told, (TABLE[held, told],), False)


@pytest.mark.parametrize(("held", "told"), [*FORTH, *DRAWS])
def test_an_older_row_is_a_question(held: Status, told: Status) -> None:
    """What was written before all that is known is no news; that it disagrees is looked into."""
    verdict = decide(standing(held), listed(told, -1), PLAIN)
    assert (after(verdict).status, asks_for_a_look(verdict)) == (held, True)


@pytest.mark.parametrize(("held", "told"), DRAWS)
def test_a_draw_is_a_question(held: Status, told: Status) -> None:
    """Accepted against rejected at one time: a list decides no more than a webhook does."""
    verdict = decide(standing(held), listed(told), PLAIN)
    assert (after(verdict).status, asks_for_a_look(verdict)) == (held, True)


@pytest.mark.parametrize(("held", "told"), DRAWS)
def test_a_newer_answer_in_a_list_is_believed(held: Status, told: Status) -> None:
    """The other answer, given later, is no step back."""
    verdict = decide(standing(held), listed(told, 1), PLAIN)
    assert (after(verdict).status, asks_for_a_look(verdict)) == (told, False)


@pytest.mark.parametrize(("held", "told"), PAIRS)
def test_an_undated_row_is_a_question(held: Status, told: Status) -> None:
    """Without a time nothing is believed, and nothing is called late."""
    verdict = decide(standing(held), listed(told, None), PLAIN)
    assert (after(verdict).status, asks_for_a_look(verdict)) == (held, True)
    assert isinstance(verdict, Unchanged)


@SECONDS
@pytest.mark.parametrize("status", WORDS)
def test_a_row_that_agrees_is_no_question(status: Status, second: int) -> None:
    """A list that shows what is known moves the time at most."""
    verdict = decide(standing(status), listed(status, second), PLAIN)
    assert (after(verdict).as_of, asks_for_a_look(verdict)) == (max(NOON, at(second)), False)


@SECONDS
def test_pending_in_a_list_leaves_expired_alone(second: int) -> None:
    """What expired is pending at Cal.com for ever: nothing to ask."""
    verdict = decide(standing(Status.EXPIRED), listed(Status.PENDING, second), PLAIN)
    assert (verdict, asks_for_a_look(verdict)) == (Unchanged(after(verdict)), False)
    assert after(verdict).status is Status.EXPIRED


@pytest.mark.parametrize(
    ("row", "event"),
    [
        (listed(Status.PENDING, 5, born=at(1)), "requested"),
        (listed(Status.ACCEPTED, 5), "accepted"),
        (listed(Status.REJECTED, 5), "rejected"),
        (listed(Status.CANCELLED, 5), "cancelled"),
        (listed(Status.CANCELLED, 5, moved_to="next"), "moved"),
    ],
    ids=["requested", "accepted", "rejected", "cancelled", "moved"],
)
def test_a_booking_first_seen_in_a_list(row: Observation, event: str) -> None:
    """Whose webhooks were all lost, begins as the list shows it."""
    verdict = decide(None, row, PLAIN)
    assert isinstance(verdict, Applied)
    assert (verdict.events, verdict.booking.as_of, verdict.look) == ((event,), at(5), False)


def test_a_request_first_seen_in_a_list_is_as_old_as_its_booking() -> None:
    """Asked for when it was made, not when it was last written."""
    assert believed(listed(Status.PENDING, 5, born=at(1))).requested_at == at(1)


def test_a_thin_row_makes_no_booking() -> None:
    """A row without a host is no more than the API would say when asked."""
    assert decide(None, listed(Status.PENDING, facts=facts(host=None)), PLAIN) == Thin("uid")


def test_a_move_found_accepted_in_a_list() -> None:
    """A booking first seen accepted, and moved from another, was accepted without an answer where one is due."""
    row = listed(Status.ACCEPTED, 1, moved_from="before")
    assert after(decide(None, row, ASKS)).flags == {Flag.ACCEPTED_WITHOUT_ANSWER}
    assert after(decide(None, row, PLAIN)).flags == frozenset()


@pytest.mark.parametrize("source", [Source.LOOKED, Source.LISTED])
@pytest.mark.parametrize("second", [-1, 1], ids=["older", "newer"])
def test_the_api_knows_where_it_came_from(source: Source, second: int) -> None:
    """A guess, or the first of a chain that a body named, gives way to what Cal.com says when asked."""
    guessed = believed(said(Source.REQUESTED, moved_from="first"))
    told = said(source, second, status=Status.PENDING, moved_from="before")
    assert after(decide(guessed, told, PLAIN)).moved_from == "before"


@pytest.mark.parametrize("source", [Source.LOOKED, Source.LISTED])
def test_silence_of_the_api_unlinks_nothing(source: Source) -> None:
    """An answer that names no booking before this one takes nothing back."""
    linked = believed(said(Source.REQUESTED, moved_from="before"))
    assert after(decide(linked, said(source, 1, status=Status.PENDING), PLAIN)).moved_from == "before"


def test_a_body_does_not_correct_the_api() -> None:
    """What Cal.com said when asked outlasts another body that names the first of the chain."""
    known = believed(looked(Status.PENDING, moved_from="before"))
    assert after(decide(known, said(Source.CREATED, 1, moved_from="first"), PLAIN)).moved_from == "before"


COURSES = list(permutations((Source.CREATED, Source.REJECTED, Source.CANCELLED)))


@pytest.mark.parametrize("at_once", [False, True], ids=["own times", "one time"])
@pytest.mark.parametrize("course", COURSES, ids="-".join)
def test_webhooks_and_one_look_end_alike(course: tuple[Source, ...], at_once: bool) -> None:
    """Whenever the look comes among the webhooks, and whatever their order: its word is the last."""
    webhooks = [said(Source.REQUESTED)]
    webhooks += [said(source, 0 if at_once else second) for second, source in enumerate(course, 1)]
    told = webhooks[-1].status or Status.PENDING
    words = [*webhooks, looked(told, 9)]
    ends = {(one.status, one.as_of) for one in (believed(*order, asks=True) for order in permutations(words))}
    assert ends == {(told, at(9))}


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from([Source.CREATED, Source.REJECTED, Source.CANCELLED, Source.LOOKED, Source.LISTED]),
        st.sampled_from(WORDS),
        st.integers(0, 5),
    ),
    max_size=6,
)


def heard(history: list[tuple[Source, Status, int]]) -> Booking:
    """A request, and what was said of it afterwards."""
    api = (Source.LOOKED, Source.LISTED)
    words = [
        said(source, second, status=status) if source in api else said(source, second)
        for source, status, second in history
    ]
    return believed(said(Source.REQUESTED), *words)


@settings(deadline=None)
@given(history=HISTORIES, status=st.sampled_from(WORDS), second=st.integers(-1, 6))
def test_whatever_was_heard_a_list_never_leads_back(
    history: list[tuple[Source, Status, int]], status: Status, second: int
) -> None:
    """After any history: a row believed is no step back, and one not believed is looked into."""
    before = heard(history)
    verdict = decide(before, listed(status, second), PLAIN)
    ended = after(verdict).status
    assert RANK[ended] >= RANK[before.status]
    assert (ended is status) is not asks_for_a_look(verdict)


@settings(deadline=None)
@given(history=HISTORIES, status=st.sampled_from(WORDS), second=st.integers(-1, 6))
def test_a_row_twice_is_a_row_once(
    history: list[tuple[Source, Status, int]], status: Status, second: int
) -> None:
    """The next comparison, which shows the same row again, changes nothing and writes nothing."""
    once = decide(heard(history), listed(status, second), PLAIN)
    again = decide(after(once), listed(status, second), PLAIN)
    assert (after(again), events(again)) == (after(once), ())
