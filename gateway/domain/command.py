"""What the portal asks for: whether it is allowed, and how an attempt at it goes on.

A command is a row before it is a call. Each attempt begins with a look, commits `sent_at` before it
acts and ends with proof, so that a timeout is *unknown*, never a failure and never blindly repeated.
Nothing here sends anything: `services/commands.py` carries commands out, `after` only says what
follows from how an attempt went.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.booking import Booking, By, Decision, Status


class Action(StrEnum):
    """What may be asked of a booking."""

    ACCEPT = "accept"
    REJECT = "reject"


class State(StrEnum):
    """Where a command stands. The first two are open, the rest are final."""

    WAITING = "waiting"
    TRYING = "trying"
    DONE = "done"
    OVERTAKEN = "overtaken"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


OPEN = (State.WAITING, State.TRYING)
WANTED = {Action.ACCEPT: Status.ACCEPTED, Action.REJECT: Status.REJECTED}

LOOK_SECONDS = 10
ACT_SECONDS = 30
LEASE = timedelta(seconds=LOOK_SECONDS + ACT_SECONDS + 5)
UNSENT_WAITS = (1, 2, 4, 5)
UNSENT_PATIENCE = timedelta(minutes=15)
UNSENT_LATER = 60
UNKNOWN_WAITS = (1, 3, 10, 30, 60)
"""Seconds after `sent_at` at which it is looked whether a call without an answer has had its effect."""
SILENCE = timedelta(seconds=60)
"""How long a call may still take effect after it was sent: only then is it sent again."""
MOST_SENDS = 3
JITTER = 0.2
ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Command:
    """An intent to change a booking at Cal.com, and how far it has come.

    `subject` is the series' uid where one is known, else the booking's: one call of Cal.com's decides
    all pending dates of a series. `text` is what the attendee will read. `sends` counts calls that
    may have reached Cal.com, `sent_at` is the time of the last of them, None while there is none.
    """

    id: str
    uid: str
    subject: str
    action: Action
    by: By
    created_at: datetime
    state: State = State.WAITING
    reason_code: str | None = None
    reason: str | None = None
    text: str | None = None
    override: bool = False
    due: datetime | None = None
    attempts: int = 0
    sends: int = 0
    sent_at: datetime | None = None
    error: str | None = None
    settled_at: datetime | None = None

    @property
    def open(self) -> bool:
        """True while it may still be carried out."""
        return self.state in OPEN

    @property
    def credit(self) -> Decision | None:
        """The answer Cal.com would be giving on our behalf, once it was sent."""
        if self.sent_at is None:
            return None
        return Decision(self.action, self.by, "portal", self.sent_at, self.reason_code, self.reason)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is not allowed now: the problem's code, and the answer that stands in the way."""

    code: str
    decision: Decision | None = None


class Outcome(StrEnum):
    """How one step of an attempt went.

    UNSENT: nothing can have reached Cal.com, or the look failed. PENDING: a look shows that what was
    sent has had no effect so far. UNKNOWN: sent, and no usable answer. REFUSED: Cal.com said no, and
    a look has shown that it meant it. LATE: `may` no longer allows it.
    """

    UNSENT = "unsent"
    PENDING = "pending"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    LATE = "late"


def may(action: Action, booking: Booking, now: datetime) -> Refusal | None:
    """Whether `action` is allowed on `booking` at `now`: None, or the reason why not.

    Accept and reject need a pending request whose start has not been reached (exactly at the start is
    too late). Cal.com checks neither, so this table is the only guard.
    """
    if booking.status in (Status.ACCEPTED, Status.REJECTED):
        return Refusal("already-decided", booking.decision)
    if booking.status in (Status.CANCELLED, Status.GONE):
        return Refusal("not-pending", booking.decision)
    if booking.status is Status.EXPIRED or booking.facts.start is None or booking.facts.start <= now:
        return Refusal("started")
    if action is Action.ACCEPT and booking.unpaid:
        return Refusal("unpaid")
    return None


def offered(booking: Booking, command: Command | None) -> tuple[Action, ...]:
    """The actions on offer to the host's side: by what is stored, never by the clock.

    An answer's ETag must not lie, so what the passing of time takes away is taken away by the sweep
    (which writes `expired`), and `may` asks the clock again when the button is pressed.
    """
    if booking.status is not Status.PENDING:
        return ()
    running = command.action if command is not None and command.open else None
    actions = (Action.REJECT,) if booking.unpaid else tuple(Action)
    return tuple(action for action in actions if action is not running)


def sends_next(command: Command, now: datetime) -> bool:
    """True when a look that still shows `pending` is to be followed by a call, not by more waiting."""
    return command.sent_at is None or (now >= command.sent_at + SILENCE and command.sends < MOST_SENDS)


def sending(command: Command, now: datetime) -> Command:
    """The command as it must be on disk before its call is made."""
    return replace(command, sent_at=now, sends=command.sends + 1)


def unsent(command: Command) -> Command:
    """The command after a call that provably never reached Cal.com: as if it had not been made.

    A repetition is made only when the silence after the call before it has passed, and it stays passed.
    """
    sends, sent_at = command.sends - 1, command.sent_at
    return replace(command, sends=sends, sent_at=sent_at - SILENCE if sends and sent_at else None)


def after(command: Command, outcome: Outcome, now: datetime, chance: float, error: str) -> Command:
    """What follows from `outcome`: the command waiting for its next attempt, or settled.

    `chance` is a number in [0, 1) that spreads the waits by ±20 %; `error` is the code to show.
    """
    if outcome in (Outcome.REFUSED, Outcome.LATE):
        return settled(command, State.FAILED, now, error)
    if outcome is Outcome.UNSENT:
        return _again(command, _unsent_wait(command, now), now, chance, error)
    since = now - (command.sent_at or now)
    if outcome is Outcome.PENDING and since >= SILENCE and command.sends >= MOST_SENDS:
        return settled(command, State.FAILED, now, "calcom-silent")
    left = [timedelta(seconds=wait) - since for wait in UNKNOWN_WAITS]
    soon = timedelta(seconds=UNKNOWN_WAITS[0])
    wait = soon if outcome is Outcome.UNKNOWN else min((one for one in left if one > ZERO), default=soon)
    return replace(command, state=State.WAITING, due=now + wait, error=error)


def settled(command: Command, state: State, now: datetime, error: str | None = None) -> Command:
    """The command in a final state, with nothing left to do."""
    return replace(command, state=state, settled_at=now, due=None, error=error)


def later(command: Command, due: datetime, error: str) -> Command:
    """The command waiting until `due`, as a rate limit asks."""
    return replace(command, state=State.WAITING, due=due, error=error)


def settlement(command: Command, status: Status) -> State | None:
    """How an observed status settles an open command: done, overtaken, or not at all."""
    if status is WANTED[command.action]:
        return State.DONE
    return None if status in (Status.PENDING, Status.EXPIRED) else State.OVERTAKEN


def _unsent_wait(command: Command, now: datetime) -> float:
    if now - command.created_at >= UNSENT_PATIENCE:
        return UNSENT_LATER
    return UNSENT_WAITS[min(max(command.attempts, 1), len(UNSENT_WAITS)) - 1]


def _again(command: Command, wait: float, now: datetime, chance: float, error: str) -> Command:
    spread = wait * (1 + JITTER * (2 * chance - 1))
    return replace(command, state=State.WAITING, due=now + timedelta(seconds=spread), error=error)
