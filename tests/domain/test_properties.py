"""What holds for any history: the order in which words arrive is of no importance, nor how often."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.booking import Booking, Observation, Source, Status
from gateway.domain.command import SILENCE, Action, Outcome, after, may, offered, sending, sends_next
from gateway.domain.facts import Facts
from gateway.domain.rules import reason
from gateway.domain.times import millis, moment, next_millis
from gateway.domain.transitions import Context, Stale, Unchanged, decide, tick
from tests.domain import making
from tests.domain.making import MARA, NOON, at, believed, command, events, facts, said, standing

REQUEST, *ANSWERS = (Source.REQUESTED, Source.CREATED, Source.REJECTED, Source.CANCELLED)
ASKS = st.booleans()
patient = settings(deadline=None)

TEXT = st.sampled_from(["a", "b", "c"])
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXT, "notes": TEXT, "location": TEXT, "cancellation_reason": TEXT,
        "price": st.sampled_from([0, 500]),
        "host": st.sampled_from([MARA, making.OLGA]),
        "attendees": st.sampled_from([(making.NILS,), (making.NILS, MARA)]),
    },
).map(lambda told: facts(**told))  # fmt: skip
WORDS = st.sampled_from([*ANSWERS, Source.LOOKED, Source.AMENDED, Source.NO_SHOW])
STATES = st.sampled_from([Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.CANCELLED])


def meant(booking: Booking) -> Booking:
    """The booking as far as it can matter: that nobody had asked is of no meaning once a request is known."""
    return replace(booking, unasked=booking.unasked and booking.requested_at is None)


def timeless(booking: Booking) -> Booking:
    """The booking without the times of its milestones.

    Where one state is told several times, the first to be heard dates it; all else is free of order.
    """
    undated: dict[str, Any] = dict.fromkeys(["requested_at", "accepted_at", "rejected_at", "cancelled_at"])
    return replace(meant(booking), **undated)


@st.composite
def word(draw: st.DrawFn, second: int) -> Observation:
    """Anything that Cal.com may say of a booking at that second, by webhook or look."""
    source = draw(WORDS)
    status = draw(STATES) if source is Source.LOOKED else making.SAYS.get(source)
    absent = {"nils@example.com": True} if source is Source.NO_SHOW else {}
    return said(source, second, status=status, facts=draw(FACTS), paid=draw(st.booleans()), absent=absent)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """A request, and after it whatever happened, at distinct times, in the order in which it happened."""
    seconds = draw(st.lists(st.integers(1, 3 * making.DAY), unique=True, max_size=6))
    return [said(REQUEST, 0, facts=draw(FACTS)), *(draw(word(one)) for one in sorted(seconds))]


@st.composite
def webhooks(draw: st.DrawFn) -> list[Observation]:
    """A request and at most one word of each other kind, as when nothing is repeated."""
    kinds = draw(st.permutations(ANSWERS))[: draw(st.integers(0, 3))]
    told = [said(kind, second, facts=draw(FACTS)) for second, kind in enumerate(kinds, 1)]
    return [said(REQUEST, 0, facts=draw(FACTS)), *told]


def heard(data: st.DataObject, history: Sequence[Observation]) -> list[Observation]:
    """The same words in any order of arrival; of the first of them a booking can be made."""
    order = data.draw(st.permutations(history))
    first = next(one for one in order if one.status is not None)
    return [first, *(one for one in order if one is not first)]


def arrivals(words: Sequence[Observation]) -> list[Booking]:
    """What each order of arrival makes of the same words."""
    return [believed(*order, asks=True) for order in permutations(words)]


@pytest.mark.parametrize("course", list(permutations(ANSWERS)), ids="-".join)
def test_all_orders_of_arrival_end_alike(course: Sequence[Source]) -> None:
    """Request and three ends, in any causal order: all 24 orders of arrival make the same booking."""
    words = [said(REQUEST), *(said(source, second) for second, source in enumerate(course, 1))]
    expected, *others = [meant(booking) for booking in arrivals(words)]
    assert [expected] * 23 == others


def test_all_orders_end_in_one_state_at_equal_times() -> None:
    """Four words at one time: whichever order, the cancellation outranks the rest."""
    words = [said(source) for source in (REQUEST, *ANSWERS)]
    assert [booking.status for booking in arrivals(words)] == [Status.CANCELLED] * 24


def test_all_orders_end_in_one_decision_at_equal_times() -> None:
    """Four words at one time: whichever order, the same of the two answers counts as the last."""
    words = [said(source) for source in (REQUEST, *ANSWERS)]
    decisions = {booking.decision and booking.decision.action for booking in arrivals(words)}
    assert len(decisions) == 1


@pytest.mark.parametrize("answer", [Source.CREATED, Source.REJECTED])
def test_an_answer_outranks_its_request_at_equal_times(answer: Source) -> None:
    """Request and answer at one time: whichever order, it is answered."""
    first, second = arrivals([said(REQUEST), said(answer)])
    assert (making.SAYS[answer], meant(first)) == (second.status, meant(second))


@patient
@given(history=webhooks(), asks=ASKS, data=st.data())
def test_any_order_of_webhooks(history: list[Observation], asks: bool, data: st.DataObject) -> None:
    """Any order of the same webhooks makes the same booking, down to the last field."""
    arrival = heard(data, history)
    assert meant(believed(*history, asks=asks)) == meant(believed(*arrival, asks=asks))


@patient
@given(history=histories(), asks=ASKS, data=st.data())
def test_any_order_of_anything(history: list[Observation], asks: bool, data: st.DataObject) -> None:
    """Repetitions and looks among them: all but the dates of repeated words is the same."""
    arrival = heard(data, history)
    assert timeless(believed(*history, asks=asks)) == timeless(believed(*arrival, asks=asks))


@patient
@given(history=histories(), data=st.data())
def test_the_last_word_is_believed(history: list[Observation], data: st.DataObject) -> None:
    """The state is what Cal.com said last, as of then, in whichever order it is heard."""
    booking = believed(*heard(data, history))
    last = [one for one in history if one.status is not None][-1]
    assert (last.status, last.at) == (booking.status, booking.as_of)


@patient
@given(history=histories(), asks=ASKS, data=st.data())
def test_twice_is_once(history: list[Observation], asks: bool, data: st.DataObject) -> None:
    """Any word heard again changes nothing, and what was news is news no more."""
    arrival, context = heard(data, history), Context(asks)
    first = decide(believed(*arrival[:-1], asks=asks) if arrival[1:] else None, arrival[-1], context)
    again = decide(making.after(first), arrival[-1], context)
    assert (making.after(first), ()) == (making.after(again), events(again))
    assert isinstance(again, Unchanged) or isinstance(first, Stale)


@patient
@given(history=histories(), told=FACTS, data=st.data())
def test_an_undated_word_fills_in(history: list[Observation], told: Facts, data: st.DataObject) -> None:
    """A word without a time, wherever it comes, leaves state and times alone and outweighs nothing dated."""
    arrival = heard(data, history)
    place = data.draw(st.integers(1, len(arrival)))
    undated = said(Source.MEETING, None, status=Status.ACCEPTED, facts=told)
    without, filled = believed(*arrival), believed(*arrival[:place], undated, *arrival[place:])
    expected = {name: value for name, value in asdict(without.facts).items() if value is not None}
    assert expected == {name: asdict(filled.facts)[name] for name in expected}
    assert replace(without, facts=filled.facts) == filled


@patient
@given(history=histories(), second=st.integers(-making.DAY, 0), data=st.data())
def test_a_payment_begun_changes_no_state(
    history: list[Observation], second: int, data: st.DataObject
) -> None:
    """However late it arrives, that somebody began to pay before the request moves the booking nowhere."""
    arrival = heard(data, history)
    place = data.draw(st.integers(1, len(arrival)))
    begun = said(Source.PAYMENT_INITIATED, second, facts=Facts(price=700))
    without, paying = believed(*arrival), believed(*arrival[:place], begun, *arrival[place:])
    assert (without.status, without.decision) == (paying.status, paying.decision)
    assert without.requested_at == paying.requested_at


@patient
@given(history=histories(), asks=ASKS)
def test_nothing_is_mutated(history: list[Observation], asks: bool) -> None:
    """The same arguments give the same verdict, and are left as they were."""
    *before, seen = history
    held = believed(*before) if before else None
    copies = deepcopy((held, seen))
    assert decide(*copies, Context(asks)) == decide(held, seen, Context(asks))
    assert (held, seen) == copies


@given(status=st.sampled_from(Status), second=st.integers(-10, 3 * making.DAY), paid=st.booleans())
def test_what_is_allowed_is_offered(status: Status, second: int, paid: bool) -> None:
    """Nothing is allowed that is not on offer, and the clock alone takes something on offer away."""
    booking = standing(status, facts=facts(price=500), paid=paid)
    allowed = tuple(action for action in Action if may(action, booking, at(second)) is None)
    assert allowed == (offered(booking, None) if at(second) < making.START else ())


@given(status=st.sampled_from(Status), second=st.integers(-10, 3 * making.DAY))
def test_the_clock_comes_to_rest(status: Status, second: int) -> None:
    """After at most two steps time has nothing more to do at that moment."""
    booking = standing(status)
    for _ in range(2):
        booking = tick(booking, at(second)).booking
    assert Unchanged(booking) == tick(booking, at(second))


@given(st.lists(st.sampled_from([Outcome.UNSENT, Outcome.PENDING, Outcome.UNKNOWN]), max_size=40))
def test_never_two_calls_in_a_minute_nor_four_in_all(outcomes: list[Outcome]) -> None:
    """However looks and calls go, an open command leaves a minute of silence after each of three calls."""
    held, now, calls = sending(command(), NOON), NOON, [NOON]
    for outcome in outcomes:
        held = after(held, outcome, now, 0.5, "x")
        now = held.due or now
        if held.open and outcome is not Outcome.UNSENT and sends_next(held, now):
            held, calls = sending(held, now), [*calls, now]
    assert calls[3:] == []
    assert all(later - earlier >= SILENCE for earlier, later in pairwise(calls))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=480))
def test_any_words_make_a_fit_text(words: str) -> None:
    """Whatever a host writes, the text begins with the label and has at most 500 characters."""
    text = reason({"full": "Full"}, "full", words).text or ""
    assert text.startswith("Full")
    assert len(text) <= 500


@given(st.integers(-(2**41), 2**42))
def test_times_survive_as_numbers(count: int) -> None:
    """A time in Cal.com's precision comes back from its number as it was."""
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=count)
    assert (count, time) == (millis(time), moment(count))


@pytest.mark.parametrize(
    ("micros", "expected"), [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (-1, 0), (-1000, -1)]
)
def test_what_falls_due_is_never_early(micros: int, expected: int) -> None:
    """Between two milliseconds, the later one is when it is due."""
    assert expected == next_millis(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
