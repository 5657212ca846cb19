"""The budget: never more than Cal.com grants, and room for what cannot wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calcom.budget import CEILINGS, Budget, Rank


def used(calls: int, now: float = 0.0) -> Budget:
    """A budget of which so many calls have just been made."""
    budget = Budget()
    assert all(budget.take("command", now) == 0 for _ in range(calls))
    return budget


@pytest.mark.parametrize(("rank", "ceiling"), [("command", 100), ("look", 90), ("reconcile", 60)])
def test_each_rank_has_its_ceiling(rank: str, ceiling: int) -> None:
    """What can wait stops earlier, and leaves the rest to what cannot."""
    assert used(ceiling - 1).take(rank, 1.0) == 0
    assert used(ceiling).take(rank, 1.0) == 59.0


def test_a_refused_call_is_not_counted() -> None:
    """Asking in vain costs nothing."""
    budget = used(60)
    assert all(budget.take("reconcile", 1.0) > 0 for _ in range(1000))
    assert budget.take("look", 1.0) == 0


def test_calls_are_forgotten_after_a_minute() -> None:
    """The window slides: each call counts for sixty seconds."""
    budget = used(50, now=0.0)
    assert all(budget.take("command", 30.0) == 0 for _ in range(50))
    assert budget.take("command", 59.0) == 1.0
    assert budget.take("command", 60.0) == 0


def test_the_wait_is_long_enough() -> None:
    """Who waits as long as told may go."""
    budget = used(100)
    assert budget.take("command", 10.0 + budget.take("command", 10.0)) == 0


def test_block() -> None:
    """After a 429 nothing goes, whatever its rank, and a shorter block never ends a longer one."""
    budget = Budget()
    budget.block(30.0)
    budget.block(20.0)
    assert {budget.take(rank, 10.0) for rank in Rank} == {20.0}
    assert budget.take("look", 30.0) == 0


def test_others_use_the_same_key() -> None:
    """If Cal.com says that less is left than we thought, that holds until its window ends."""
    budget = Budget()
    assert budget.take("look", 0.0) == 0
    budget.learn(remaining=25, reset=40.0, sent=0.0)
    assert budget.take("look", 1.0) == 39.0
    assert budget.take("command", 1.0) == 0
    assert budget.take("look", 40.0) == 0


def test_our_calls_count_on_top_of_what_was_told() -> None:
    """Between two answers our own calls use up what the first one left."""
    budget = Budget()
    budget.learn(remaining=23, reset=40.0, sent=0.0)
    assert [budget.take("command", 1.0) for _ in range(4)] == [0, 0, 0, 39.0]


def test_calls_made_since_are_not_forgotten() -> None:
    """An answer tells what was left when its call arrived, not when it was answered."""
    budget = used(1, now=0.0)
    assert all(budget.take("command", 2.0) == 0 for _ in range(5))
    budget.learn(remaining=26, reset=40.0, sent=0.0)
    assert [budget.take("command", 3.0) for _ in range(2)] == [0, 37.0]


def test_a_late_answer_of_the_last_window() -> None:
    """An answer that took long tells of a window that is over: it does not undo what is known of this one."""
    budget = Budget()
    budget.learn(remaining=20, reset=60.0, sent=61.0)
    budget.learn(remaining=100, reset=20.0, sent=40.0)
    assert budget.take("command", 62.0) == 59.0


def test_answers_of_one_window_in_any_order() -> None:
    """Of two answers about the same window the one that leaves less holds, whichever came first."""
    budget = Budget()
    budget.learn(remaining=20, reset=40.0, sent=0.0)
    budget.learn(remaining=90, reset=41.0, sent=0.0)
    assert budget.take("command", 1.0) == 39.0


def test_a_new_window() -> None:
    """A window that ends later replaces what was known of the one before."""
    budget = Budget()
    budget.learn(remaining=0, reset=10.0, sent=0.0)
    budget.learn(remaining=119, reset=60.0, sent=9.0)
    assert budget.take("reconcile", 9.5) == 0


def test_a_larger_grant_changes_nothing() -> None:
    """A credential with more calls to its name keeps our limit."""
    budget = used(100)
    budget.learn(remaining=9_900, reset=60.0, sent=0.0)
    assert budget.take("command", 1.0) == 59.0


def test_an_unknown_rank() -> None:
    """A rank that does not exist is a mistake, not a call."""
    with pytest.raises(ValueError, match="idle"):
        Budget().take("idle", 0.0)


@given(st.lists(st.tuples(st.sampled_from(list(Rank)), st.floats(0, 5)), max_size=400))
def test_never_more_than_the_ceiling_in_any_minute(asked: list[tuple[Rank, float]]) -> None:
    """Whoever asks when: in no sixty seconds are more calls let through than the rank's ceiling allows."""
    budget, now, gone = Budget(), 0.0, [0.0][:0]
    for rank, pause in asked:
        now += pause / 10
        recent = sum(call > now - 60 for call in gone)
        wait = budget.take(rank, now)
        assert (wait == 0) == (recent < CEILINGS[rank])
        gone += [now] if wait == 0 else []
