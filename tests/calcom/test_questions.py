"""Booking questions: which answers are the owner's, and in which wrappings they come."""

from typing import Any

import pytest

from gateway.calcom import questions
from gateway.domain.facts import Answer
from tests.calcom import bodies

GOAL = Answer("goal", "What is your goal?", "To learn")


def test_the_owners_questions() -> None:
    """Without Cal.com's own fields, which are read elsewhere."""
    assert questions.asked({"responses": bodies.responses()}) == ((GOAL,), None)


def test_the_owners_list_comes_first() -> None:
    """Where Cal.com sets the owner's questions apart, that list is taken."""
    said = {"responses": bodies.responses(other={"label": "Other", "value": "x"}), "userFieldsResponses": {}}
    assert questions.asked(said)[0] == (GOAL, Answer("other", "Other", "x"))
    said["userFieldsResponses"] = {"goal": {"label": "What is your goal?", "value": "To learn"}}
    assert questions.asked(said)[0] == (GOAL,)


def test_an_unanswered_list_is_no_list() -> None:
    """An owner's list without a single answer is passed over."""
    said = {
        "responses": bodies.responses(),
        "userFieldsResponses": {"goal": {"label": "Goal", "isHidden": True}},
    }
    assert questions.asked(said)[0] == (GOAL,)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        (0, 0),
        (1.5, 1.5),
        (False, False),
        (["a", "b"], ["a", "b"]),
        (["a", "", 5, None], ["a"]),
        ({"value": "a", "optionValue": ""}, "a"),
        ({"value": "phone", "optionValue": "+34 600"}, "+34 600"),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    """Text, a number, a bool or a list of texts, whatever it is wrapped in."""
    assert questions.asked({"responses": {"q": {"label": "Q", "value": value}}})[0] == (
        Answer("q", "Q", expected),
    )


@pytest.mark.parametrize(
    "value", [None, "", " ", [], [""], {}, {"value": None}, {"a": "b"}, float("inf"), 2**70]
)
def test_unanswered(value: Any) -> None:
    """No answer, and what is no answer, is left out."""
    assert questions.asked({"responses": {"q": {"label": "Q", "value": value}}}) == (None, None)


def test_bare_values() -> None:
    """A row carries its answers without labels: they are kept apart from those with."""
    said = {"responses": {"name": "Nils Neu", "goal": "To learn", "ok": True, "empty": ""}}
    assert questions.asked(said) == (None, (Answer("goal", None, "To learn"), Answer("ok", None, True)))


def test_the_api() -> None:
    """The API has values only, and its own word for the reason of a move."""
    given = {"name": "Nils", "rescheduledReason": "ill", "goal": "To learn"}
    assert questions.bare(given) == (Answer("goal", None, "To learn"),)


@pytest.mark.parametrize("given", [None, 5, [], {}, {"name": "Nils"}])
def test_nothing_asked(given: Any) -> None:
    """Without an answer to an owner's question nothing was said."""
    assert questions.bare(given) is None


@pytest.mark.parametrize("given", [{"label": "additional_notes", "value": "Hello"}, "Hello"])
def test_notes(given: Any) -> None:
    """The attendee's notes, with a label or bare."""
    assert questions.notes({"responses": {"notes": given}}) == "Hello"
