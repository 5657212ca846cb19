"""Whose doing an acceptance is: the host's at Cal.com, ours, or nobody's who was asked."""

from itertools import permutations

import pytest

from gateway.domain.booking import By, Decision, Flag, Observation, Source, Status
from gateway.domain.command import Action, sending
from gateway.domain.transitions import Applied, Context, decide
from tests.domain.making import DAY, after, at, believed, command, events, looked, said, standing

ASKS, PLAIN = Context(asks=True), Context()
WITHOUT_ANSWER = Flag.ACCEPTED_WITHOUT_ANSWER
MOVED = looked(Status.ACCEPTED, 1, moved_from="before")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (said(Source.RESCHEDULED, 1), {WITHOUT_ANSWER}),
        (said(Source.CREATED, 1), {WITHOUT_ANSWER}),
        (MOVED, {WITHOUT_ANSWER}),
        (looked(Status.ACCEPTED, 1), set()),
    ],
    ids=["rescheduled", "created", "looked at, moved", "looked at"],
)
def test_accepted_where_approval_is_asked_for(seen: Observation, expected: set[Flag]) -> None:
    """A booking that begins as accepted, though its event type asks, was walked around or missed."""
    assert expected == after(decide(None, seen, ASKS)).flags


@pytest.mark.parametrize(
    "seen",
    [said(Source.RESCHEDULED, 1), said(Source.CREATED, 1), MOVED],
    ids=["rescheduled", "created", "looked at, moved"],
)
def test_accepted_where_nobody_asks(seen: Observation) -> None:
    """An event type that never sent a request needs no answer: nothing to flag, and no decision."""
    booking = after(decide(None, seen, PLAIN))
    assert (frozenset(), None) == (booking.flags, booking.decision)


@pytest.mark.parametrize(
    ("seen", "context", "event"),
    [
        (said(Source.RESCHEDULED, 1), ASKS, "accepted_elsewhere"),
        (said(Source.CREATED, 1), ASKS, "accepted_elsewhere"),
        (MOVED, ASKS, "accepted_elsewhere"),
        (looked(Status.ACCEPTED, 1), ASKS, "accepted"),
        (said(Source.CREATED, 1), PLAIN, "accepted"),
    ],
    ids=["rescheduled", "created", "looked at, moved", "looked at", "nobody asks"],
)
def test_name_of_an_opening_acceptance(seen: Observation, context: Context, event: str) -> None:
    """The journal tells an acceptance without answer from another one."""
    assert (event,) == events(decide(None, seen, context))


def test_flag_falls_with_a_late_request() -> None:
    """The request had only been overtaken: the acceptance was the host's answer at Cal.com."""
    booking = believed(said(Source.CREATED, 2), said(Source.REQUESTED, 1), asks=True)
    assert (frozenset(), Decision("accept", None, "calcom", at(2))) == (booking.flags, booking.decision)


def test_acceptance_of_a_request() -> None:
    """Created on a booking that was seen pending is the host's answer at Cal.com, by whom it does not say."""
    booking = believed(said(Source.REQUESTED), said(Source.CREATED, 1), asks=True)
    assert (frozenset(), Decision("accept", None, "calcom", at(1))) == (booking.flags, booking.decision)


def test_acceptance_of_a_request_seen_by_a_look() -> None:
    """A booking is seen pending by a look as well; the request is as old as the booking."""
    booking = believed(looked(Status.PENDING, 5, born=at(1)), said(Source.CREATED, 6), asks=True)
    assert (frozenset(), at(1)) == (booking.flags, booking.requested_at)


@pytest.mark.parametrize("turned", [False, True], ids=["request first", "request late"])
def test_rescheduled_on_a_request_is_no_answer(turned: bool) -> None:
    """Moved and accepted at once: anybody with the uid can do that, also to a request we have seen."""
    words = [said(Source.REQUESTED), said(Source.RESCHEDULED, 1)]
    booking = believed(*(reversed(words) if turned else words), asks=True)
    assert booking.flags == {WITHOUT_ANSWER}


@pytest.mark.parametrize("source", [Source.RESCHEDULED, Source.CREATED])
@pytest.mark.parametrize("turned", [False, True], ids=["webhook first", "look first"])
def test_a_look_hides_no_missing_answer(source: Source, turned: bool) -> None:
    """That nobody had answered does not hang on whether the webhook or a look was heard first."""
    words = [said(source, 1), looked(Status.ACCEPTED, 2)]
    assert {WITHOUT_ANSWER} == set(believed(*(reversed(words) if turned else words), asks=True).flags)


@pytest.mark.parametrize(
    "words",
    [
        (said(Source.CREATED, 1), said(Source.PAID, 2, status=Status.ACCEPTED)),
        (said(Source.RESCHEDULED, 1), said(Source.CREATED, 2), said(Source.REQUESTED)),
    ],
    ids=["created", "rescheduled"],
)
def test_flag_outlasts_other_words(words: tuple[Observation, ...]) -> None:
    """Another word about the acceptance does not explain how it came about."""
    assert {WITHOUT_ANSWER} == set(believed(*words, asks=True).flags)


def test_a_moved_request_that_a_look_finds_accepted() -> None:
    """A request that came from another booking and was answered at Cal.com was answered, though no webhook said so."""
    booking = believed(
        said(Source.REQUESTED, moved_from="before"),
        looked(Status.ACCEPTED, 2, moved_from="before"),
        asks=True,
    )
    assert (frozenset(), at(2)) == (booking.flags, booking.accepted_at)


def test_an_old_acceptance_is_not_doubted_later() -> None:
    """What was moved before anybody asked for approval is no acceptance without answer when it is looked at again."""
    booking = believed(said(Source.RESCHEDULED, 1, moved_from="before"))
    again = decide(booking, looked(Status.ACCEPTED, 9, moved_from="before"), ASKS)
    assert (frozenset(), ()) == (after(again).flags, events(again))


@pytest.mark.parametrize("action", Action)
def test_awaited_answer_is_ours(action: Action) -> None:
    """What a sent command waited for is credited to whoever gave it, at the time Cal.com says."""
    sent = sending(command(action, reason_code="full", reason="no room"), at(1))
    source = {Action.ACCEPT: Source.CREATED, Action.REJECT: Source.REJECTED}[action]
    verdict = decide(believed(said(Source.REQUESTED)), said(source, 2), Context(credit=sent.credit))
    expected = Decision(action, By("host", "Mara"), "portal", at(2), "full", "no room")
    assert expected == after(verdict).decision


def test_a_second_word_of_our_answer_keeps_it_ours() -> None:
    """The webhook and the proof tell of one acceptance: one line, one decision."""
    credit = sending(command(), at(1)).credit
    booking = after(decide(believed(said(Source.REQUESTED)), said(Source.CREATED, 2), Context(credit=credit)))
    again = decide(booking, looked(Status.ACCEPTED, 3), PLAIN)
    assert (booking.decision, ()) == (after(again).decision, events(again))


def test_opposite_answer_is_not_ours() -> None:
    """What comes instead of the awaited answer is Cal.com's."""
    context = Context(credit=sending(command(Action.ACCEPT), at(1)).credit)
    booking = after(decide(believed(said(Source.REQUESTED)), said(Source.REJECTED, 2), context))
    assert (Decision("reject", None, "calcom", at(2)), None) == (booking.decision, booking.answered)


def test_nothing_is_ours_before_it_was_sent() -> None:
    """A command that has not been sent takes no credit."""
    assert command().credit is None


@pytest.mark.parametrize(
    ("second", "expected"), [(DAY - 1, set()), (DAY, {Flag.LATE_ACCEPT}), (DAY + 1, {Flag.LATE_ACCEPT})]
)
def test_accepted_after_the_start(second: int, expected: set[Flag]) -> None:
    """An acceptance at the start or later comes too late, and is believed."""
    verdict = decide(standing(Status.EXPIRED, requested_at=at(0)), said(Source.CREATED, second), ASKS)
    assert isinstance(verdict, Applied)
    assert (Status.ACCEPTED, expected) == (verdict.booking.status, set(verdict.booking.flags))


@pytest.mark.parametrize("ended", [Source.REJECTED, Source.CANCELLED])
def test_revived(ended: Source) -> None:
    """Cal.com's confirm revives what was over: believed, and flagged, until it is over again."""
    booking = believed(said(Source.REQUESTED), said(ended, 1), said(Source.CREATED, 2))
    over = after(decide(booking, said(Source.CANCELLED, 3), PLAIN))
    assert [{Flag.REVIVED}, set()] == [set(booking.flags), set(over.flags)]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
def test_revived_in_any_order(order: tuple[int, ...]) -> None:
    """Accepted, cancelled and accepted again is a revival, in whichever order the three are heard."""
    words = {1: said(Source.CREATED, 1), 2: said(Source.CANCELLED, 2), 3: said(Source.CREATED, 3)}
    booking = believed(said(Source.REQUESTED), *(words[one] for one in order))
    assert {Flag.REVIVED} == booking.flags


def test_proof_ends_the_doubt() -> None:
    """A booking whose answer Cal.com never confirmed is proven by whatever it shows next."""
    doubtful = standing(Status.PENDING, unproven=True)
    assert after(decide(doubtful, looked(Status.REJECTED, 1), PLAIN)).flags == frozenset()


@pytest.mark.parametrize("answer", [Source.CREATED, Source.REJECTED])
def test_no_decision_while_it_waits(answer: Source) -> None:
    """What Cal.com shows as pending again is not decided, whatever was answered before; the next answer is its decision."""
    waiting = believed(said(Source.REQUESTED), said(answer, 1), looked(Status.PENDING, 2))
    assert (waiting.status, waiting.decision) == (Status.PENDING, None)
    again = after(decide(waiting, said(answer, 3), ASKS)).decision
    assert again is not None
    assert again.at == at(3)


def test_our_answer_is_none_while_it_waits() -> None:
    """An answer of ours that Cal.com took back is no decision either."""
    credit = sending(command(), at(1)).credit
    accepted = after(
        decide(believed(said(Source.REQUESTED)), said(Source.CREATED, 2), Context(credit=credit))
    )
    waiting = after(decide(accepted, looked(Status.PENDING, 3), PLAIN))
    assert (accepted.decision is None, waiting.decision) == (False, None)
