"""Which of two observations wins, and what the journal calls a change."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.booking import Source, Status
from gateway.domain.states import TABLE, diagram
from gateway.domain.transitions import Applied, Context, Stale, Unchanged, decide, tick
from tests.domain.making import (
    DAY,
    END,
    NOON,
    SAYS,
    START,
    after,
    at,
    believed,
    events,
    facts,
    looked,
    said,
    standing,
)  # fmt: skip

PLAIN = Context()

JOURNAL = """
    pending    accepted   accepted
    pending    rejected   rejected
    pending    cancelled  withdrawn
    pending    gone       gone
    accepted   pending    reconciled
    accepted   rejected   rejected
    accepted   cancelled  cancelled
    accepted   gone       gone
    rejected   accepted   late_accept
    rejected   pending    reconciled
    rejected   cancelled  cancelled
    rejected   gone       gone
    cancelled  accepted   late_accept
    cancelled  pending    reconciled
    cancelled  rejected   rejected
    cancelled  gone       gone
    expired    accepted   late_accept
    expired    rejected   rejected
    expired    cancelled  withdrawn
    expired    gone       gone
    gone       pending    reconciled
    gone       accepted   reconciled
    gone       rejected   reconciled
    gone       cancelled  reconciled
"""
"""before, what a newer look shows, and the journal's name for the change."""

RANKS = """
    pending    accepted
    pending    rejected
    pending    cancelled
    accepted   cancelled
    rejected   cancelled
"""
"""At equal times the second is believed."""


@pytest.mark.parametrize(("before", "told", "event"), [line.split() for line in JOURNAL.split("\n")[1:-1]])
def test_newer_observation_is_believed(before: str, told: str, event: str) -> None:
    """Whatever Cal.com says last is true, however surprising, and has its name in the journal."""
    verdict = decide(standing(Status(before)), looked(Status(told), 1), PLAIN)
    assert isinstance(verdict, Applied)
    assert (Status(told), (event,), at(1)) == (verdict.booking.status, verdict.events, verdict.booking.as_of)


@pytest.mark.parametrize(
    ("source", "event"),
    [
        (Source.REQUESTED, "requested"),
        (Source.CREATED, "accepted"),
        (Source.REJECTED, "rejected"),
        (Source.CANCELLED, "cancelled"),
    ],
)
def test_first_observation_makes_the_booking(source: Source, event: str) -> None:
    """A booking begins with whatever is heard of it first, as of Cal.com's time."""
    verdict = decide(None, said(source, 5), PLAIN)
    assert isinstance(verdict, Applied)
    assert ((event,), at(5)) == (verdict.events, verdict.booking.as_of)


@pytest.mark.parametrize("days", [-3650, 3650], ids=["ten years ago", "in ten years"])
def test_no_age_limit(days: int) -> None:
    """Cal.com's time orders what Cal.com says; how it stands to our clock is of no interest."""
    past = standing(Status.PENDING, as_of=NOON + timedelta(days=days))
    verdict = decide(past, said(Source.REJECTED, days * DAY + 1), PLAIN)
    assert after(verdict).status is Status.REJECTED


@pytest.mark.parametrize("second", [-1, 0, 1, None], ids=["older", "same time", "newer", "undated"])
def test_nothing_new_is_unchanged(second: float | None) -> None:
    """What says nothing new is unchanged, whatever its age."""
    booking = believed(said(Source.CREATED))
    verdict = decide(booking, said(Source.MEETING, second, status=Status.ACCEPTED), PLAIN)
    assert isinstance(verdict, Unchanged)
    assert not verdict.look


def test_unchanged_still_moves_the_time() -> None:
    """Who says the same later is quoted with the later time, so that what lies between is outdated."""
    verdict = decide(believed(said(Source.CREATED, 1)), looked(Status.ACCEPTED, 5), PLAIN)
    assert after(verdict).as_of == at(5)


def test_older_observation_is_stale() -> None:
    """Older than what is known: the booking's state, time and facts stay."""
    known = believed(said(Source.CANCELLED, 5))
    verdict = decide(known, said(Source.CREATED, 4, facts=facts(title="Old")), PLAIN)
    assert isinstance(verdict, Stale)
    assert (Status.CANCELLED, at(5), "Talk") == (
        verdict.booking.status, verdict.booking.as_of, verdict.booking.facts.title,
    )  # fmt: skip


def test_older_observation_stays_stale() -> None:
    """Heard again it disagrees as before, and has nothing left to fill."""
    once = believed(said(Source.CANCELLED, 5), said(Source.CREATED, 4))
    assert Stale(once) == decide(once, said(Source.CREATED, 4), PLAIN)


def test_stale_observation_fills_blanks() -> None:
    """What nobody had said is taken from an older word too, and journalled."""
    verdict = decide(
        believed(said(Source.CANCELLED, 5)), said(Source.CREATED, 4, facts=facts(notes="hi")), PLAIN
    )
    assert (after(verdict).facts.notes, events(verdict)) == ("hi", ("updated",))


def test_older_word_that_agrees_is_stale_when_it_contradicts() -> None:
    """The state is the same, the title is not: the older word is not believed, and told so."""
    known = believed(said(Source.CREATED, 5))
    assert Stale(known) == decide(known, said(Source.CREATED, 4, facts=facts(title="Old")), PLAIN)


def test_older_word_that_agrees_is_stale_when_it_fills_a_blank() -> None:
    """Not unchanged, because it fills a blank; and stale, because it is older than what is known."""
    verdict = decide(
        believed(said(Source.CREATED, 5)), said(Source.CREATED, 4, facts=facts(notes="hi")), PLAIN
    )
    assert isinstance(verdict, Stale)


@pytest.mark.parametrize("source", [Source.AMENDED, Source.LOOKED])
@pytest.mark.parametrize(("less", "more"), [line.split() for line in RANKS.split("\n")[1:-1]])
def test_rank_at_equal_times(less: str, more: str, source: Source) -> None:
    """At one time pending gives way to an answer, and an answer to a cancellation; after a webhook somebody looks."""
    for held, told in [(less, more), (more, less)]:
        verdict = decide(standing(Status(held)), said(source, 0, status=Status(told)), PLAIN)
        doubt = source is not Source.LOOKED
        assert (Status(more), doubt) == (after(verdict).status, getattr(verdict, "look", None))


@pytest.mark.parametrize("told", [Status.ACCEPTED, Status.REJECTED, Status.CANCELLED])
def test_expired_ranks_with_pending(told: Status) -> None:
    """What expired was pending: at one time it gives way to whatever became of it."""
    assert told is after(decide(standing(Status.EXPIRED), said(Source.AMENDED, status=told), PLAIN)).status


@pytest.mark.parametrize("second", [-1, 0], ids=["older", "same time"])
def test_a_webhook_brings_nothing_back(second: int) -> None:
    """What is gone is not revived by a webhook from before."""
    verdict = decide(standing(Status.GONE), said(Source.CANCELLED, second), PLAIN)
    assert after(verdict).status is Status.GONE


@pytest.mark.parametrize(
    ("held", "told"), [(Source.CREATED, Source.REJECTED), (Source.REJECTED, Source.CREATED)]
)
def test_accepted_against_rejected_is_left_to_a_look(held: Source, told: Source) -> None:
    """At one time neither answer outranks the other: what is known stays, with its decision, until a look."""
    before = believed(said(Source.REQUESTED, 0), said(held, 1))
    verdict = decide(before, said(told, 1), PLAIN)
    assert isinstance(verdict, Stale)
    assert (before.status, before.decision, True) == (
        verdict.booking.status, verdict.booking.decision, verdict.look,
    )  # fmt: skip


def test_a_look_decides_between_answers_of_one_time() -> None:
    """Accepted against rejected is for a look to decide: an answer as old as what is known is no stale read."""
    verdict = decide(standing(Status.REJECTED), looked(Status.ACCEPTED, 0), PLAIN)
    assert (after(verdict).status, getattr(verdict, "look", None)) == (Status.ACCEPTED, False)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (held, told)
        for held in (Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.CANCELLED, Status.GONE)
        for told in (Source.REQUESTED, Source.CREATED, Source.REJECTED, Source.CANCELLED)
        if held is not SAYS[told]
    ],
)
def test_a_disagreement_at_one_time_is_looked_into(held: Status, told: Source) -> None:
    """Two things cannot be true at once: whichever of them is believed for now, Cal.com is asked."""
    assert getattr(decide(standing(held), said(told), PLAIN), "look", None) is True


@pytest.mark.parametrize(
    ("held", "expected"),
    [(Status.PENDING, True), (Status.ACCEPTED, False), (Status.REJECTED, False), (Status.CANCELLED, False)],
)
def test_a_late_answer_to_what_is_still_pending(held: Status, expected: bool) -> None:
    """An answer older than a request that waits is not believed, and looked into: nothing else would ever answer it."""
    told = Source.CANCELLED if held is not Status.CANCELLED else Source.CREATED
    verdict = decide(standing(held), said(told, -1), PLAIN)
    assert isinstance(verdict, Stale)
    assert (verdict.booking.status, verdict.look) == (held, expected)


@pytest.mark.parametrize("held", [Status.PENDING, Status.REJECTED, Status.CANCELLED, Status.EXPIRED])
def test_undated_observation_only_raises_a_doubt(held: Status) -> None:
    """Without a time nothing changes the state; that it disagrees is worth a look."""
    verdict = decide(standing(held), said(Source.MEETING, None, status=Status.ACCEPTED), PLAIN)
    assert (held, True) == (after(verdict).status, getattr(verdict, "look", None))


@pytest.mark.parametrize("held", [Status.ACCEPTED, Status.REJECTED, Status.CANCELLED, Status.GONE])
@pytest.mark.parametrize("second", [-1, 0, 1], ids=["older", "same time", "newer"])
def test_a_request_never_reopens(held: Status, second: int) -> None:
    """A request that comes after the decision changes nothing of it, whatever its time."""
    assert held is after(decide(standing(held), said(Source.REQUESTED, second), PLAIN)).status


def test_a_request_newer_than_the_decision_is_looked_into() -> None:
    """A request that claims to be newer than what was decided is not believed; Cal.com is asked."""
    verdict = decide(standing(Status.REJECTED), said(Source.REQUESTED, 1), PLAIN)
    assert (after(verdict).as_of, getattr(verdict, "look", None)) == (NOON, True)


def test_a_late_request_is_journalled() -> None:
    """A request that arrives after its acceptance is stale, and still tells when it was asked."""
    verdict = decide(believed(said(Source.CREATED, 5)), said(Source.REQUESTED, 1), PLAIN)
    assert isinstance(verdict, Stale)
    assert (("requested",), at(1)) == (verdict.events, verdict.booking.requested_at)


def test_a_stale_read_is_not_applied() -> None:
    """An answer of the API that is older than what is known and disagrees is only worth another look."""
    verdict = decide(standing(Status.CANCELLED), looked(Status.ACCEPTED, -1), PLAIN)
    assert isinstance(verdict, Stale)
    assert (verdict.booking.status, verdict.look) == (Status.CANCELLED, True)


def test_an_answer_given_three_times_is_believed() -> None:
    """An answer that Cal.com insists on is true, however old it says it is."""
    verdict = decide(standing(Status.CANCELLED), looked(Status.ACCEPTED, -1, insist=True), PLAIN)
    assert (after(verdict).status, events(verdict)) == (Status.ACCEPTED, ("late_accept",))


@pytest.mark.parametrize("second", [-1, 1], ids=["older", "newer"])
@pytest.mark.parametrize("insist", [False, True], ids=["once", "three times"])
def test_pending_never_leaves_expired(second: int, insist: bool) -> None:
    """Expired is pending with its start passed: the API's pending is no news, and nothing to look into."""
    verdict = decide(standing(Status.EXPIRED), looked(Status.PENDING, second, insist=insist), PLAIN)
    assert isinstance(verdict, Unchanged)
    assert (verdict.booking.status, verdict.look) == (Status.EXPIRED, False)


@pytest.mark.parametrize("status", [Status.PENDING, Status.ACCEPTED, Status.CANCELLED])
@pytest.mark.parametrize("second", [0, 1], ids=["untouched", "touched"])
def test_a_booking_that_reappears_leaves_gone(status: Status, second: int) -> None:
    """An answer with the booking in it disproves the missing one, also when nobody has written to it since."""
    gone = standing(Status.GONE)
    assert status is after(decide(gone, looked(status, second), PLAIN)).status


@pytest.mark.parametrize(
    ("before", "known", "second", "expected", "event"),
    [
        ("pending", {}, DAY - 1, "pending", None),
        ("pending", {}, DAY, "expired", "expired"),
        ("pending", {}, DAY + 1, "expired", "expired"),
        ("accepted", {}, DAY - 1, "accepted", None),
        ("accepted", {}, DAY, "accepted", "started"),
        ("accepted", {}, DAY + 1801, "accepted", "started"),
        ("accepted", {"started": True}, DAY + 1799, "accepted", None),
        ("accepted", {"started": True}, DAY + 1800, "accepted", "ended"),
        ("accepted", {"started": True, "ended": True}, 2 * DAY, "accepted", None),
        *((status, {}, 2 * DAY, status, None) for status in ("rejected", "cancelled", "expired", "gone")),
    ],
)  # fmt: skip
def test_tick(before: str, known: dict[str, Any], second: float, expected: str, event: str | None) -> None:
    """The clock expires a request at its start, and starts and ends a meeting, one step at a time."""
    verdict = tick(standing(Status(before), **known), at(second))
    assert (Status(expected), (event,) if event else ()) == (verdict.booking.status, events(verdict))


def test_ticks_come_to_an_end() -> None:
    """A meeting long past starts, ends, and rests."""
    started = tick(standing(Status.ACCEPTED), END)
    ended = tick(started.booking, END)
    assert (("started",), ("ended",), Unchanged(ended.booking)) == (
        events(started), events(ended), tick(ended.booking, END),
    )  # fmt: skip


def test_expiry_is_no_word_of_calcoms() -> None:
    """The clock does not date the booking: an answer from before the start is still news afterwards."""
    expired = tick(standing(Status.PENDING), START).booking
    verdict = decide(expired, said(Source.REJECTED, 1), PLAIN)
    assert (expired.as_of, after(verdict).status) == (NOON, Status.REJECTED)


def test_diagram_draws_every_pair_once() -> None:
    """The README's picture has one arrow for each change of state, and says what it is called."""
    head, *arrows = diagram().splitlines()
    assert ("stateDiagram-v2", len(TABLE)) == (head, len(set(arrows)))
    assert {"    [*] --> pending: requested", "    expired --> accepted: late_accept"} <= set(arrows)
