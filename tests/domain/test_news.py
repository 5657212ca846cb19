"""What is news beside a change of state: what is journalled, what a look must settle, what is no news."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.booking import Observation, Source, Status
from gateway.domain.facts import Answer
from gateway.domain.people import Person
from gateway.domain.transitions import Applied, Context, Stale, Thin, Unchanged, decide
from tests.domain.making import (
    MARA,
    NILS,
    NOON,
    OLGA,
    PIA,
    after,
    believed,
    events,
    facts,
    looked,
    said,
    standing,
)

PLAIN = Context()


@pytest.mark.parametrize(
    "seen",
    [
        said(Source.MEETING, None, status=Status.ACCEPTED),
        said(Source.CREATED, facts=facts(start=None)),
        said(Source.CREATED, facts=facts(host=None)),
        said(Source.NO_SHOW),
        looked(Status.GONE),
    ],
    ids=["undated", "no start", "no host", "no state", "gone"],
)
def test_too_thin_to_make_a_booking(seen: Observation) -> None:
    """Of a booking not known yet it must be said when, with whom, in which state, and as of when."""
    assert Thin("uid") == decide(None, seen, PLAIN)


@pytest.mark.parametrize(
    "news",
    [
        {"title": "Chat"},
        {"notes": "hello"},
        {"bare": (Answer("why", None, "because"),)},
        {"location": "Room 5"},
        {"meeting_url": "https://video.example.com/1"},
        {"attendees": (MARA,)},
        {"series": "s1"},
        {"reschedule_url": "https://cal.example.com/r"},
        {"host": replace(MARA, time_zone="Europe/Paris")},
    ],
    ids=lambda news: next(iter(news)),
)
def test_shown_detail_is_news(news: dict[str, Any]) -> None:
    """A detail that somebody is shown moves the reader's number."""
    verdict = decide(standing(Status.ACCEPTED), said(Source.AMENDED, 1, facts=facts(**news)), PLAIN)
    assert events(verdict) == ("updated",)


@pytest.mark.parametrize(
    "detail",
    [{"ical_uid": "x@example.com"}, {"price": 0}, {"location": "https://video.example.com/1"}],
    ids=lambda detail: next(iter(detail)),
)
def test_hidden_detail_is_no_news(detail: dict[str, Any]) -> None:
    """A detail that nobody is shown is kept, and is no line of the journal."""
    verdict = decide(standing(Status.PENDING), said(Source.AMENDED, 1, facts=facts(**detail)), PLAIN)
    assert isinstance(verdict, Unchanged)
    assert detail == {name: getattr(verdict.booking.facts, name) for name in detail}


def test_a_link_is_no_news_before_the_acceptance() -> None:
    """A meeting's address is not shown to a request, so that it is no news there."""
    told = facts(meeting_url="https://video.example.com/1")
    assert isinstance(decide(standing(Status.PENDING), said(Source.AMENDED, 1, facts=told), PLAIN), Unchanged)


def test_a_payment_is_news() -> None:
    """What is paid may be accepted: another action is on offer, so that the reader's number must move."""
    unpaid = standing(Status.PENDING, facts=facts(price=500))
    verdict = decide(unpaid, said(Source.PAID, 1, status=Status.PENDING, paid=True), PLAIN)
    assert (events(verdict), after(verdict).unpaid) == (("updated",), False)


def test_a_payment_begun_is_no_acceptance() -> None:
    """A priced booking stays pending and unpaid until it is paid."""
    begun = said(Source.PAYMENT_INITIATED, 1, facts=facts(price=500))
    booking = believed(said(Source.REQUESTED, facts=facts(price=500)), begun)
    assert (booking.status, booking.unpaid) == (Status.PENDING, True)


@pytest.mark.parametrize("second", [-1, 0, 1], ids=["older", "same time", "newer"])
@pytest.mark.parametrize(
    "held", [Status.ACCEPTED, Status.REJECTED, Status.CANCELLED, Status.EXPIRED, Status.GONE]
)
def test_a_payment_begun_undoes_no_answer(held: Status, second: int) -> None:
    """It comes before the answer, however late it was sent: state and time of the answer stay."""
    begun = said(Source.PAYMENT_INITIATED, second, facts=facts(price=500))
    booking = after(decide(standing(held), begun, PLAIN))
    assert (booking.status, booking.as_of, booking.requested_at) == (held, NOON, None)


@pytest.mark.parametrize(("second", "expected"), [(-1, False), (0, True), (1, True)])
def test_a_payment_begun_after_the_answer_is_looked_into(second: int, expected: bool) -> None:
    """One that claims to be as new as the answer is not believed; Cal.com is asked. An older one is merely late."""
    begun = said(Source.PAYMENT_INITIATED, second, facts=facts(price=500))
    verdict = decide(standing(Status.ACCEPTED), begun, PLAIN)
    assert isinstance(verdict, Stale)
    assert verdict.look is expected


def test_a_payment_begun_late_still_tells_the_price() -> None:
    """The state it cannot change; what nobody had said of the price it says."""
    begun = said(Source.PAYMENT_INITIATED, 1, facts=facts(price=500))
    assert after(decide(standing(Status.ACCEPTED), begun, PLAIN)).facts.price == 500


def test_a_payment_begun_is_no_request() -> None:
    """Before it is paid nobody has been asked: the request comes afterwards, and is journalled then."""
    verdict = decide(None, said(Source.PAYMENT_INITIATED, facts=facts(price=500)), PLAIN)
    asked = decide(after(verdict), said(Source.REQUESTED, 1, paid=True), PLAIN)
    assert (
        after(verdict).status, after(verdict).requested_at, events(asked),
    ) == (Status.PENDING, None, ("requested",))  # fmt: skip


def test_a_payment_given_up_was_pending() -> None:
    """What was cancelled before it was paid was no meeting: it was pending."""
    booking = believed(said(Source.PAYMENT_INITIATED, facts=facts(price=500)), said(Source.CANCELLED, 1))
    assert booking.cancelled_from is Status.PENDING


def test_a_payment_is_never_taken_back() -> None:
    """Words after the payment that do not mention it leave it paid."""
    paid = said(Source.PAID, 1, status=Status.PENDING, paid=True)
    assert believed(said(Source.REQUESTED), paid, looked(Status.PENDING, 2)).paid is True


def test_what_a_cancelled_booking_was_is_news() -> None:
    """A late acceptance shows that a meeting was cancelled, not a request: the answer changes, so must its number."""
    verdict = decide(believed(said(Source.CANCELLED, 5)), said(Source.CREATED, 4), PLAIN)
    assert (after(verdict).cancelled_from, events(verdict)) == (Status.ACCEPTED, ("updated",))


def test_another_host_is_news() -> None:
    """A booking that passes to another host says so."""
    verdict = decide(standing(Status.ACCEPTED), said(Source.AMENDED, 1, facts=facts(host=OLGA)), PLAIN)
    assert events(verdict) == ("reassigned",)


def test_the_same_host_by_another_address() -> None:
    """A host is Cal.com's user id: another address is a detail, no other host."""
    moved = replace(MARA, email="new@example.com")
    verdict = decide(standing(Status.ACCEPTED), said(Source.AMENDED, 1, facts=facts(host=moved)), PLAIN)
    assert events(verdict) == ("updated",)


def test_a_host_named_without_id() -> None:
    """The same address without an id is the same host, and the id is kept."""
    nameless = Person("Mara Mentor", "Mara@Example.com", "Europe/Madrid", "mara")
    verdict = decide(standing(Status.ACCEPTED), said(Source.AMENDED, 1, facts=facts(host=nameless)), PLAIN)
    host = after(verdict).facts.host
    assert (host and host.id, "reassigned" in events(verdict)) == (7, False)


@pytest.mark.parametrize(
    ("before", "told", "expected", "event"),
    [
        (set(), {"n@example.com": True}, {"n@example.com"}, ("no_show",)),
        ({"n@example.com"}, {"n@example.com": False}, set(), ("no_show",)),
        ({"n@example.com"}, {"m@example.com": True}, {"m@example.com", "n@example.com"}, ("no_show",)),
        ({"n@example.com"}, {"n@example.com": True}, {"n@example.com"}, ()),
    ],
    ids=["marked", "taken back", "another", "again"],
)
def test_no_show(before: set[str], told: dict[str, bool], expected: set[str], event: tuple[str, ...]) -> None:
    """Who did not come is marked, and the mark may be taken back."""
    booking = standing(Status.ACCEPTED, absent=frozenset(before))
    verdict = decide(booking, said(Source.NO_SHOW, 1, absent=told), PLAIN)
    assert (expected, event) == (set(after(verdict).absent), events(verdict))


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned"])
def test_a_no_show_taken_back(turned: bool) -> None:
    """A mark that was taken back stays taken back, however late the older word arrives."""
    marked = said(Source.NO_SHOW, 2, absent={"nils@example.com": True})
    cleared = said(Source.NO_SHOW, 3, absent={"nils@example.com": False})
    words = [cleared, marked] if turned else [marked, cleared]
    assert believed(said(Source.CREATED), *words).absent == frozenset()


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned"])
def test_no_shows_of_two_people(turned: bool) -> None:
    """A newer word about one person says nothing of another: both marks are kept, whichever comes first."""
    words = [said(Source.NO_SHOW, 2, absent={"a": True}), said(Source.NO_SHOW, 3, absent={"b": True})]
    booking = believed(said(Source.CREATED), *(reversed(words) if turned else words))
    assert {"a", "b"} == set(booking.absent)


def test_a_move_closes_the_old_booking() -> None:
    """The uid from which a booking moved on is cancelled, and the journal says that it moved."""
    left = said(Source.AMENDED, 1, status=Status.CANCELLED, moved_to="next")
    verdict = decide(standing(Status.PENDING), left, PLAIN)
    assert (events(verdict), after(verdict).moved_to) == (("moved",), "next")


def test_a_move_seen_first_from_its_end() -> None:
    """A booking first seen after it was moved away begins as moved."""
    assert events(decide(None, looked(Status.CANCELLED, 1, moved_to="next"), PLAIN)) == ("moved",)


def test_a_link_once_learnt_is_kept() -> None:
    """Later words about a moved booking do not name where it came from, or went to; it is not forgotten."""
    moved = said(Source.REQUESTED, moved_from="before", moved_to="next")
    booking = believed(moved, said(Source.CREATED, 1))
    assert (booking.moved_from, booking.moved_to) == ("before", "next")


@pytest.mark.parametrize(
    ("series", "expected"), [(None, True), ("s1", False)], ids=["unknown series", "known series"]
)
def test_a_recurring_request_is_looked_at(series: str | None, expected: bool) -> None:
    """Only the API knows which series a request belongs to; once it is known, nobody asks again."""
    verdict = decide(None, said(Source.REQUESTED, recurring=True, facts=facts(series=series)), PLAIN)
    assert isinstance(verdict, Applied)
    assert expected is verdict.look


@pytest.mark.parametrize("source", [Source.REQUESTED, Source.CREATED])
@pytest.mark.parametrize("status", [Status.PENDING, Status.ACCEPTED])
def test_a_series_still_unknown_is_asked_for(source: Source, status: Status) -> None:
    """Every word about a date of a series that is not known asks for it, whatever else it says."""
    verdict = decide(standing(status), said(source, -1, recurring=True), PLAIN)
    assert getattr(verdict, "look", None) is True


@pytest.mark.parametrize(
    ("known", "told"), [("s1", None), (None, "s1")], ids=["known before", "told by the word itself"]
)
def test_a_series_once_known_is_not_asked_for(known: str | None, told: str | None) -> None:
    """A word about a date of a known series queues no look."""
    word = said(Source.REQUESTED, recurring=True, facts=facts(series=told))
    verdict = decide(standing(Status.PENDING, facts=facts(series=known)), word, PLAIN)
    assert isinstance(verdict, Applied | Unchanged)
    assert verdict.look is False


@pytest.mark.parametrize("source", [Source.CREATED, Source.CANCELLED])
def test_one_place_of_many_is_looked_into(source: Source) -> None:
    """A word about one place names that place's person only, and one who leaves looks just like the end."""
    word = said(source, 1, seat=True, facts=facts(attendees=(PIA,)))
    verdict = decide(standing(Status.ACCEPTED), word, PLAIN)
    assert (
        after(verdict).status, after(verdict).cancelled_at, after(verdict).facts.attendees,
        getattr(verdict, "look", None),
    ) == (Status.ACCEPTED, None, (NILS,), True)  # fmt: skip


def test_one_place_of_many_may_be_accepted() -> None:
    """A place that is taken tells the state of the booking as any other word does."""
    verdict = decide(standing(Status.PENDING), said(Source.CREATED, 1, seat=True), PLAIN)
    assert (after(verdict).status, events(verdict)) == (Status.ACCEPTED, ("accepted",))


def test_the_first_place_names_who_takes_it() -> None:
    """Of a shared slot not known yet, whoever is named is better than nobody."""
    assert believed(said(Source.CREATED, 1, seat=True)).facts.attendees == (NILS,)


def test_a_look_tells_who_shares_a_slot() -> None:
    """The booking was written a moment before the webhook was: the look it asks for is believed all the same."""
    slot = believed(said(Source.CREATED, 1, seat=True), said(Source.CREATED, 9, seat=True))
    told = looked(Status.ACCEPTED, 8, facts=facts(attendees=(NILS, PIA)))
    assert after(decide(slot, told, PLAIN)).facts.attendees == (NILS, PIA)


def test_a_seat_given_up_in_an_unknown_slot_makes_no_booking() -> None:
    """A slot that may be alive is not begun as cancelled."""
    assert Thin("uid") == decide(None, said(Source.CANCELLED, 1, seat=True), PLAIN)


def test_the_change_of_state_comes_first() -> None:
    """One word may be news in several ways; the first line names the change of state."""
    verdict = decide(believed(said(Source.REQUESTED)), said(Source.CREATED, 1, facts=facts(host=OLGA)), PLAIN)
    assert events(verdict) == ("accepted", "reassigned")
