"""What a booking remembers of what was said about it, and what follows from that."""

from typing import Any

import pytest

from gateway.domain.booking import By, Decision, Flag, Status
from gateway.domain.facts import Answer, EventType, Facts, merge, shown
from gateway.domain.people import Person
from tests.domain.making import END, MARA, NOON, OLGA, START, at, facts, standing

TALK, CHAT = Facts(title="Talk"), Facts(title="Chat")
OURS = Decision("accept", By("host", "Mara"), "portal", at(2))
LABELLED = (Answer("why", "Why?", "because"),)
BARE = (Answer("why", None, "because"),)


def test_newer_word_replaces() -> None:
    """What was said later is believed, and remembered with its time."""
    assert merge(TALK, {"title": at(1)}, CHAT, at(2)) == (CHAT, {"title": at(2)}, False)


def test_older_word_does_not_replace() -> None:
    """What was said earlier leaves fact and time alone, and is reported as outdated."""
    assert merge(TALK, {"title": at(2)}, CHAT, at(1)) == (TALK, {"title": at(2)}, True)


@pytest.mark.parametrize("second", [1, None], ids=["older", "undated"])
def test_any_word_fills_a_blank(second: int | None) -> None:
    """Where nothing was said, every word is welcome and none is outdated."""
    new, _, outdated = merge(TALK, {"title": at(2)}, Facts(notes="hello"), at(second) if second else None)
    assert (Facts(title="Talk", notes="hello"), False) == (new, outdated)


def test_undated_word_does_not_replace() -> None:
    """A word without a time cannot be newer than anything."""
    assert merge(TALK, {}, CHAT, None)[0] == TALK


def test_dated_word_replaces_an_undated_one() -> None:
    """A word with a time is worth more than one without, and gives the fact its time."""
    assert merge(TALK, {}, CHAT, at(1)) == (CHAT, {"title": at(1)}, False)


def test_one_outdated_fact_makes_a_word_outdated() -> None:
    """A word of which one fact is outdated is outdated, whatever else it brings."""
    said = Facts(title="Chat", notes="hello")
    assert (Facts(title="Talk", notes="hello"), True) == merge(TALK, {"title": at(2)}, said, at(1))[::2]


def test_silence_erases_nothing() -> None:
    """What was not said is not taken back."""
    assert merge(TALK, {"title": at(1)}, Facts(), at(2)) == (TALK, {"title": at(1)}, False)


def test_words_at_the_same_time_have_no_order() -> None:
    """Of two words at one time the same one wins, whichever comes first."""
    one, _, _ = merge(TALK, {"title": at(1)}, CHAT, at(1))
    other, _, _ = merge(CHAT, {"title": at(1)}, TALK, at(1))
    assert one == other


def test_same_word_is_not_outdated() -> None:
    """An old word that says what is known tells nothing outdated."""
    assert merge(TALK, {"title": at(2)}, TALK, at(1)) == (TALK, {"title": at(2)}, False)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Person("Mara Mentor", "MARA@example.com"), Person("Mara Mentor", "MARA@example.com", "Europe/Madrid", "mara", 7)),
        (Person("", "new@example.com", id=7), Person("Mara Mentor", "new@example.com", "Europe/Madrid", "mara", 7)),
        (OLGA, OLGA),
        (Person("Olga", "olga@example.com"), Person("Olga", "olga@example.com")),
    ],
    ids=["same address", "same id", "another id", "another address"],
)  # fmt: skip
def test_host_is_completed_from_what_was_known(said: Person, expected: Person) -> None:
    """A newer word about the same host keeps what it leaves out; another host inherits nothing."""
    new, _, _ = merge(Facts(host=MARA), {"host": at(1)}, Facts(host=said), at(2))
    assert expected == new.host


def test_older_word_completes_the_host() -> None:
    """What only the older word knew of the same host is kept."""
    held = Facts(host=Person("Mara Mentor", "mara@example.com"))
    new, _, _ = merge(held, {"host": at(2)}, Facts(host=MARA), at(1))
    assert new.host == MARA


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (EventType(1), EventType(1, "talk", "Talk")),
        (EventType(None, "talk"), EventType(1, "talk", "Talk")),
        (EventType(2), EventType(2)),
    ],
    ids=["by id", "by slug", "another"],
)
def test_event_type_is_completed(said: EventType, expected: EventType) -> None:
    """The same event type keeps what a word about it leaves out."""
    held = Facts(event_type=EventType(1, "talk", "Talk"))
    assert expected == merge(held, {"event_type": at(1)}, Facts(event_type=said), at(2))[0].event_type


def test_event_type_learns_its_id() -> None:
    """A slug that gets an id is the same event type, and keeps its title."""
    held = Facts(event_type=EventType(None, "talk", "Talk"))
    new, _, _ = merge(held, {"event_type": at(1)}, Facts(event_type=EventType(1, "talk")), at(2))
    assert EventType(1, "talk", "Talk") == new.event_type


@pytest.mark.parametrize(
    ("status", "times", "expected"),
    [
        (Status.PENDING, {"requested_at": at(0)}, None),
        (Status.ACCEPTED, {"accepted_at": at(1)}, None),
        (Status.ACCEPTED, {"requested_at": at(0), "accepted_at": at(1)}, ("accept", at(1))),
        (Status.REJECTED, {"requested_at": at(0), "rejected_at": at(1)}, ("reject", at(1))),
        (Status.ACCEPTED, {"requested_at": at(0), "rejected_at": at(1), "accepted_at": at(2)}, ("accept", at(2))),
        (Status.REJECTED, {"requested_at": at(0), "accepted_at": at(1), "rejected_at": at(2)}, ("reject", at(2))),
        (Status.CANCELLED, {"requested_at": at(0), "accepted_at": at(1), "cancelled_at": at(2)}, ("accept", at(1))),
        (Status.CANCELLED, {"requested_at": at(0), "cancelled_at": at(1)}, None),
    ],
    ids=[
        "asked", "never asked", "accepted", "rejected", "accepted after all", "rejected after all",
        "accepted and cancelled", "withdrawn",
    ],
)  # fmt: skip
def test_decision(status: Status, times: dict[str, Any], expected: tuple[str, Any] | None) -> None:
    """The host's last answer to a request, made at Cal.com by nobody we know."""
    decision = standing(status, **times).decision
    assert expected == (decision and (decision.action, decision.at))
    assert decision is None or (decision.by, decision.channel) == (None, "calcom")


def test_decision_given_here() -> None:
    """An answer given through the gateway is shown with who gave it."""
    booking = standing(Status.ACCEPTED, requested_at=at(0), accepted_at=at(2), answered=OURS)
    assert booking.decision == OURS


def test_decision_given_here_without_a_request() -> None:
    """What was answered here was asked for, also where no request was ever seen."""
    assert standing(Status.ACCEPTED, accepted_at=at(2), answered=OURS).decision == OURS


def test_decision_given_after_ours() -> None:
    """An answer at Cal.com after the one given here is not ours any more."""
    booking = standing(
        Status.REJECTED, requested_at=at(0), accepted_at=at(2), rejected_at=at(3), answered=OURS
    )
    assert Decision("reject", None, "calcom", at(3)) == booking.decision


def test_reason_belongs_to_the_rejection() -> None:
    """Cal.com's reason is shown with a rejection, and not with the acceptance that follows one."""
    told = {"facts": facts(rejection_reason="full"), "requested_at": at(0), "rejected_at": at(1)}
    reasons = [
        booking.decision and booking.decision.reason
        for booking in (standing(Status.REJECTED, **told), standing(Status.ACCEPTED, accepted_at=at(2), **told))
    ]  # fmt: skip
    assert reasons == ["full", None]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"accepted_at": at(1)}, set()),
        ({"accepted_at": at(1), "walked": True}, {Flag.ACCEPTED_WITHOUT_ANSWER}),
        ({"accepted_at": at(1), "unasked": True}, {Flag.ACCEPTED_WITHOUT_ANSWER}),
        ({"accepted_at": at(1), "unasked": True, "requested_at": at(0)}, set()),
        ({"accepted_at": at(2), "rejected_at": at(1)}, {Flag.REVIVED}),
        ({"accepted_at": at(2), "cancelled_at": at(1)}, {Flag.REVIVED}),
        ({"accepted_at": at(86_399), "requested_at": at(0)}, set()),
        ({"accepted_at": START, "requested_at": at(0)}, {Flag.LATE_ACCEPT}),
        ({"accepted_at": START}, set()),
        ({"accepted_at": at(1), "unproven": True}, {Flag.UNPROVEN}),
    ],
    ids=[
        "plain", "walked", "unasked", "asked late", "after a rejection", "after a cancellation",
        "a second before the start", "at the start", "booked at the start", "unproven",
    ],
)  # fmt: skip
def test_flags_of_an_accepted_booking(known: dict[str, Any], expected: set[Flag]) -> None:
    """What is odd about an acceptance is flagged, and nothing else."""
    assert expected == standing(Status.ACCEPTED, **known).flags


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.ACCEPTED])
def test_flags_of_other_bookings(status: Status) -> None:
    """Only an accepted booking can be accepted oddly; unproven can be any."""
    odd = standing(status, accepted_at=at(2), rejected_at=at(1), walked=True, unproven=True)
    assert {Flag.UNPROVEN} == odd.flags


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"requested_at": at(0), "accepted_at": at(1)}, Status.ACCEPTED),
        ({"accepted_at": at(1)}, Status.ACCEPTED),
        ({"requested_at": at(0)}, Status.PENDING),
        ({}, None),
    ],
    ids=["asked and accepted", "accepted at once", "asked", "unknown"],
)
def test_cancelled_from(times: dict[str, Any], expected: Status | None) -> None:
    """A cancelled booking was a meeting or a request; where neither was seen, nobody knows."""
    assert expected == standing(Status.CANCELLED, cancelled_at=at(2), **times).cancelled_from


@pytest.mark.parametrize(
    ("status", "known", "expected"),
    [
        (Status.PENDING, {}, START),
        (Status.ACCEPTED, {}, START),
        (Status.ACCEPTED, {"started": True}, END),
        (Status.ACCEPTED, {"started": True, "facts": facts(end=None)}, START),
        (Status.ACCEPTED, {"started": True, "ended": True}, None),
        (Status.REJECTED, {}, None),
        (Status.CANCELLED, {}, None),
        (Status.EXPIRED, {}, None),
        (Status.GONE, {}, None),
    ],
    ids=["request", "meeting", "started", "no end", "ended", "rejected", "cancelled", "expired", "gone"],
)
def test_next_due(status: Status, known: dict[str, Any], expected: Any) -> None:
    """Time alone ends a request at its start, and begins and ends a meeting; the rest rests."""
    assert expected == standing(status, **known).next_due


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"labelled": LABELLED, "bare": BARE}, LABELLED),
        ({"bare": BARE}, BARE),
        ({}, ()),
    ],
    ids=["both", "bare", "none"],
)
def test_answers(told: dict[str, Any], expected: tuple[Answer, ...]) -> None:
    """Answers are shown with the questions' texts where these were told."""
    assert expected == standing(Status.PENDING, facts=facts(**told)).answers


@pytest.mark.parametrize("status", Status)
def test_joinable(status: Status) -> None:
    """The meeting's address is shown while the meeting is accepted only."""
    link = "https://video.example.com/1"
    booking = standing(status, facts=facts(meeting_url=link))
    assert (link if status is Status.ACCEPTED else None) == booking.joinable


@pytest.mark.parametrize(
    ("location", "expected"),
    [("Room 5", "Room 5"), ("https://video.example.com/1", None), ("http://video.example.com", None), (None, None)],
)  # fmt: skip
def test_place(location: str | None, expected: str | None) -> None:
    """A place is words; a link is no place, or it would be shown before the meeting is accepted."""
    assert expected == standing(Status.PENDING, facts=facts(location=location)).place


@pytest.mark.parametrize(
    ("price", "paid", "expected"),
    [(None, False, False), (0, False, False), (500, False, True), (500, True, False)],
    ids=["no price", "free", "due", "paid"],
)
def test_unpaid(price: int | None, paid: bool, expected: bool) -> None:
    """A booking is unpaid when it has a price and no payment was seen."""
    assert expected == standing(Status.PENDING, facts=facts(price=price), paid=paid).unpaid


def test_shown_facts_leave_out_the_rest() -> None:
    """A fact that nobody is shown makes no difference to what is shown, a title does."""
    assert shown(facts()) == shown(facts(ical_uid="x@example.com"))
    assert shown(facts()) != shown(facts(title="Chat"))


def test_times_of_facts_are_not_the_callers() -> None:
    """Folding a word in leaves the caller's times alone."""
    stamps = {"title": NOON}
    merge(TALK, stamps, CHAT, at(1))
    assert stamps == {"title": NOON}
