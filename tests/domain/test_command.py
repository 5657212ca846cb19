"""What may be asked of a booking, and how an attempt at it goes on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.domain.booking import By, Decision, Status
from gateway.domain.command import (
    ACT_SECONDS,
    LEASE,
    LOOK_SECONDS,
    Action,
    Command,
    Outcome,
    Refusal,
    State,
    after,
    later,
    may,
    offered,
    sending,
    sends_next,
    settled,
    settlement,
    unsent,
)  # fmt: skip
from tests.domain.making import DAY, NOON, at, command, facts, standing

EVEN = 0.5
"""The chance that leaves a wait as it is."""

OPEN = (State.WAITING, State.TRYING)


def seconds(time: datetime | None) -> float:
    """How long after noon."""
    assert time is not None
    return (time - NOON).total_seconds()


def sent(second: float = 0, **changes: Any) -> Command:
    """A command whose call began at that second."""
    return sending(command(**changes), at(second))


def test_a_lease_outlasts_an_attempt() -> None:
    """A look has 10 seconds, an act 30, and the lease on both 45: nobody else tries meanwhile."""
    assert (10, 30, timedelta(seconds=45)) == (LOOK_SECONDS, ACT_SECONDS, LEASE)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("second", "expected"),
    [(DAY - 1, None), (DAY, Refusal("started")), (DAY + 1, Refusal("started"))],
    ids=["a second before", "at the start", "a second after"],
)
def test_may_until_the_start(action: Action, second: float, expected: Refusal | None) -> None:
    """A request may be answered until its start, and exactly then no longer."""
    assert expected == may(action, standing(Status.PENDING), at(second))


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.ACCEPTED, "already-decided"),
        (Status.REJECTED, "already-decided"),
        (Status.CANCELLED, "not-pending"),
        (Status.GONE, "not-pending"),
        (Status.EXPIRED, "started"),
    ],
)
def test_may_of_what_is_not_pending(action: Action, status: Status, code: str) -> None:
    """Only a pending request may be answered, and what stands in the way has its own name."""
    assert Refusal(code) == may(action, standing(status), NOON)


def test_may_tells_the_answer_in_the_way() -> None:
    """Who comes second learns what was decided, by whom and when."""
    ours = Decision("accept", By("host", "Mara"), "portal", at(1))
    decided = standing(Status.ACCEPTED, requested_at=NOON, accepted_at=at(1), answered=ours)
    assert Refusal("already-decided", ours) == may(Action.REJECT, decided, at(2))


@pytest.mark.parametrize(
    ("action", "price", "paid", "expected"),
    [
        (Action.ACCEPT, 500, False, Refusal("unpaid")),
        (Action.ACCEPT, 500, True, None),
        (Action.ACCEPT, 0, False, None),
        (Action.REJECT, 500, False, None),
    ],
    ids=["unpaid", "paid", "free", "reject"],
)
def test_may_of_a_priced_booking(action: Action, price: int, paid: bool, expected: Refusal | None) -> None:
    """What is not paid cannot be accepted: Cal.com would do it, and tell nobody. It can be rejected."""
    priced = standing(Status.PENDING, facts=facts(price=price), paid=paid)
    assert expected == may(action, priced, NOON)


def test_started_goes_before_unpaid() -> None:
    """Of two reasons the one that no payment can mend is given."""
    assert Refusal("started") == may(Action.ACCEPT, standing(Status.PENDING, facts=facts(price=500)), at(DAY))


@pytest.mark.parametrize("status", Status)
def test_offered(status: Status) -> None:
    """A pending request offers both answers, anything else none."""
    assert (tuple(Action) if status is Status.PENDING else ()) == offered(standing(status), None)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *((state, (Action.REJECT,)) for state in OPEN),
        *((state, tuple(Action)) for state in State if state not in OPEN),
    ],
)
def test_offered_beside_a_command(state: State, expected: tuple[Action, ...]) -> None:
    """What is under way is not offered again; the other answer is, and both after it came to nothing."""
    assert expected == offered(standing(Status.PENDING), command(Action.ACCEPT, state=state))


def test_offered_unpaid() -> None:
    """What is not paid may only be rejected."""
    assert offered(standing(Status.PENDING, facts=facts(price=500)), None) == (Action.REJECT,)


def test_offered_does_not_ask_the_clock() -> None:
    """Nothing shown changes with time alone: the sweep takes the actions away, when it writes `expired`."""
    past = standing(Status.PENDING, facts=facts(start=at(-DAY), end=at(-DAY + 60)))
    assert tuple(Action) == offered(past, None)


@pytest.mark.parametrize(
    ("status", "accept", "reject"),
    [
        (Status.PENDING, None, None),
        (Status.ACCEPTED, State.DONE, State.OVERTAKEN),
        (Status.REJECTED, State.OVERTAKEN, State.DONE),
        (Status.CANCELLED, State.OVERTAKEN, State.OVERTAKEN),
        (Status.GONE, State.OVERTAKEN, State.OVERTAKEN),
        (Status.EXPIRED, None, None),
    ],
)
def test_settlement(status: Status, accept: State | None, reject: State | None) -> None:
    """The wanted state settles a command, another end overtakes it, and what is pending leaves it open."""
    expected = [accept, reject]
    assert expected == [settlement(command(action), status) for action in (Action.ACCEPT, Action.REJECT)]


def test_sending() -> None:
    """That and when it is called stands on the command before the call is made."""
    before = command(sends=1)
    assert replace(before, sent_at=at(9), sends=2) == sending(before, at(9))


def test_unsent_is_as_if_never_made() -> None:
    """A first call that provably never left is forgotten: another action may still take its place."""
    assert command() == unsent(sending(command(), at(9)))


def test_a_second_call_that_never_left_may_be_made_at_once() -> None:
    """The silence after a call is waited for once: a repetition that never left begins no new one."""
    again = unsent(sending(sent(0), at(60)))
    assert (again.sends, sends_next(again, at(61))) == (1, True)


@pytest.mark.parametrize(
    ("second", "sends", "expected"),
    [(59, 1, False), (60, 1, True), (61, 1, True), (59, 2, False), (60, 2, True), (60, 3, False)],
)
def test_sends_next(second: float, sends: int, expected: bool) -> None:
    """Still pending 60 s after the call, it is made again, three times in all."""
    assert expected is sends_next(command(sent_at=NOON, sends=sends), at(second))


def test_sends_at_once_what_was_never_sent() -> None:
    """Nothing has to be waited for while nothing was sent."""
    assert sends_next(command(), NOON) is True


@pytest.mark.parametrize(("attempts", "expected"), [(1, 1), (2, 2), (3, 4), (4, 5), (5, 5), (99, 5)])
@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.8), (0.5, 1.0), (0.999999, 1.2)])
def test_waits_while_nothing_was_sent(attempts: int, expected: float, chance: float, share: float) -> None:
    """Again after 1, 2, 4, 5, 5 … seconds, a fifth sooner or later as chance has it."""
    waiting = after(command(attempts=attempts), Outcome.UNSENT, NOON, chance, "calcom-unreachable")
    assert (waiting.state, waiting.error) == (State.WAITING, "calcom-unreachable")
    assert pytest.approx(expected * share, abs=0.001) == seconds(waiting.due)


@pytest.mark.parametrize(
    ("second", "expected"),
    [(899, 5), (900, 60), (901, 60), (DAY, 60)],
    ids=["just before", "after 15 min", "just after", "after a day"],
)
def test_patience(second: float, expected: float) -> None:
    """After a quarter of an hour it is tried every minute, and never given up."""
    waiting = after(command(attempts=50), Outcome.UNSENT, at(second), EVEN, "calcom-unreachable")
    assert second + expected == seconds(waiting.due)


def test_first_look_after_an_unknown_call() -> None:
    """Sent and unknown: Cal.com is asked a second later."""
    waiting = after(sent(0), Outcome.UNKNOWN, at(0), EVEN, "calcom-unknown")
    assert (waiting.state, seconds(waiting.due), waiting.error) == (State.WAITING, 1.0, "calcom-unknown")


def test_looks_after_an_unknown_call() -> None:
    """Looked at 1, 3, 10, 30 and 60 s after the call, and made again at the last, 60 s after `sent_at`."""
    times, held, outcome, now = [], sent(0), Outcome.UNKNOWN, NOON
    while not sends_next(held, now):
        held = after(held, outcome, now, EVEN, "calcom-unknown")
        assert held.due is not None
        outcome, now = Outcome.PENDING, held.due
        times.append(seconds(now))
    assert times == [1, 3, 10, 30, 60]


def test_three_calls_and_no_more() -> None:
    """A Cal.com that stays silent is called three times, then the command fails."""
    held, outcome, now = sent(0), Outcome.UNKNOWN, NOON
    while held.open:
        held = after(held, outcome, now, EVEN, "calcom-unknown")
        outcome, now = Outcome.PENDING, held.due or now
        if held.open and sends_next(held, now):
            held, outcome = sending(held, now), Outcome.UNKNOWN
    assert (held.sends, held.state, held.error) == (3, State.FAILED, "calcom-silent")


@pytest.mark.parametrize(
    ("second", "expected"), [(59, State.WAITING), (60, State.FAILED), (61, State.FAILED)]
)
def test_silence_after_the_third_call(second: float, expected: State) -> None:
    """The third call has as long to take effect as the others."""
    last = command(sent_at=NOON, sends=3)
    assert expected is after(last, Outcome.PENDING, at(second), EVEN, "calcom-pending").state


@pytest.mark.parametrize(
    ("sends", "outcome"), [(2, Outcome.PENDING), (3, Outcome.UNKNOWN)], ids=["a call left", "not looked at"]
)
def test_no_silence_yet(sends: int, outcome: Outcome) -> None:
    """It is given up only when a look after the third call has shown no effect."""
    assert after(command(sent_at=NOON, sends=sends), outcome, at(61), EVEN, "x").state is State.WAITING


@pytest.mark.parametrize("sends", [1, 3])
def test_a_look_that_fails_is_no_silence(sends: int) -> None:
    """What could not be looked at is not given up: Cal.com may have done it."""
    waiting = after(command(sent_at=NOON, sends=sends), Outcome.UNSENT, at(600), EVEN, "x")
    assert waiting.state is State.WAITING


@pytest.mark.parametrize(
    ("outcome", "error"), [(Outcome.REFUSED, "calcom-refused"), (Outcome.LATE, "started")]
)
def test_failed(outcome: Outcome, error: str) -> None:
    """What Cal.com refuses or time forbids ends there and then, with its reason."""
    failed = after(sent(0), outcome, at(5), EVEN, error)
    assert (State.FAILED, error, at(5), None) == (failed.state, failed.error, failed.settled_at, failed.due)


def test_later() -> None:
    """A rate limit puts a command off until it has passed, and counts as no call."""
    waiting = later(command(state=State.TRYING), at(42), "calcom-limited")
    expected = command(state=State.WAITING, due=at(42), error="calcom-limited")
    assert expected == waiting


@pytest.mark.parametrize("state", State)
def test_open(state: State) -> None:
    """A command is open until it is settled, and settled there is nothing left to do."""
    held = settled(command(state=State.TRYING, due=at(1)), state, at(2))
    assert (state in OPEN, None) == (held.open, held.due)


def test_credit() -> None:
    """Once sent, the answer is the one who gave it, through the portal."""
    expected = Decision("reject", By("host", "Mara"), "portal", at(1), "full", "no room")
    assert expected == sent(1, action=Action.REJECT, reason_code="full", reason="no room").credit
