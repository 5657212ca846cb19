"""Somebody presses a button: the intent becomes a command, or a refusal before anything is sent.

Each function here is one write. What the booking's state allows is `domain/command.py`; whose booking
it is, which command is open already and what overlaps it is asked here, of the same ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.booking import Status
from gateway.domain.command import WANTED, Action, Command, State, may, settled
from gateway.domain.errors import Invalid, NotAllowed, NotFound, Refused
from gateway.domain.people import Caller
from gateway.domain.rules import Reason
from gateway.ports import Ledger
from gateway.records import Held
from gateway.services.callers import acting, host_keys
from gateway.services.mirror import Cause, note, subject
from gateway.services.portal import LIVE, found

SHOWN_CONFLICTS = 10
DECIDING = ("host", "portal")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was pressed, on which booking, and under which idempotency key.

    `fingerprint` is the digest of method, path and canonical body.
    """

    uid: str
    action: Action
    reason: Reason
    override: bool = False
    key: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Pressing:
    """A wish in its transaction: whose it is, with the keys they read by, and what makes a command's id."""

    caller: Caller
    keys: tuple[str, ...]
    wish: Wish
    now: datetime
    new_id: Callable[[], str]


def submit(ledger: Ledger, pressed: Pressing) -> Command:
    """The command that answers a wish: a new one, the one that is open, or the one that was already done.

    Raises NotFound, NotAllowed, Invalid (`idempotency-mismatch`) and Refused; a refusal leaves nothing behind.
    """
    recalled = _recalled(ledger, pressed)
    if recalled is not None:
        return recalled
    wish = pressed.wish
    held = _theirs(ledger, wish.uid, pressed.keys)
    command = _standing(ledger, pressed, held) or _opened(ledger, pressed, held)
    if wish.key:
        ledger.remember(pressed.caller.name, wish.key, wish.fingerprint, command.id, pressed.now)
    return command


def withdraw(ledger: Ledger, caller: Caller, keys: tuple[str, ...], number: str, now: datetime) -> Command:
    """Take an open command back before it is sent. Raises NotFound, NotAllowed and Refused."""
    command = ledger.command(number)
    if command is None or found(ledger, command.uid, keys).role == "attendee":
        raise NotFound
    held = _theirs(ledger, command.uid, keys)
    if command.state is State.WITHDRAWN:
        return command
    if not command.open:
        raise Refused("This command has been settled.", code="already-decided", command=command)
    return _withdrawn(ledger, caller, held, command, now)


def pending_dates(ledger: Ledger, command: Command) -> tuple[str, ...]:
    """The uids of a series' dates that this command decides, as they wait now; none for a single booking."""
    if command.subject == command.uid:
        return ()
    return tuple(date.uid for date in ledger.siblings(command.subject) if date.status is Status.PENDING)


def _recalled(ledger: Ledger, pressed: Pressing) -> Command | None:
    """What the same key was given for before: the same request, or a mistake."""
    wish = pressed.wish
    known = ledger.recall(pressed.caller.name, wish.key) if wish.key else None
    if known is None:
        return None
    fingerprint, number = known
    if fingerprint != wish.fingerprint:
        raise Invalid("This Idempotency-Key was used for another request.", code="idempotency-mismatch")
    return ledger.command(number)


def _theirs(ledger: Ledger, uid: str, keys: tuple[str, ...]) -> Held:
    """The booking, if it is the caller's to answer. A co-host may see it and not decide."""
    held = found(ledger, uid, keys)
    if held.role not in DECIDING:
        raise NotAllowed
    return held


def _standing(ledger: Ledger, pressed: Pressing, held: Held) -> Command | None:
    """A command that says it all already: the wanted state is there, or the same action is under way."""
    booking, action = held.booking, pressed.wish.action
    if booking.status is WANTED[action]:
        done = ledger.last_command(booking.uid, action, State.DONE)
        return done or _satisfied(ledger, pressed, held)
    running = ledger.open_command(subject(booking))
    return running if running is not None and running.action is action else None


def _satisfied(ledger: Ledger, pressed: Pressing, held: Held) -> Command:
    """Somebody else has done it: the command is born done, and nothing is sent or journalled."""
    command = settled(_drafted(pressed, held), State.DONE, pressed.now)
    ledger.insert(command)
    return command


def _opened(ledger: Ledger, pressed: Pressing, held: Held) -> Command:
    wish, now = pressed.wish, pressed.now
    refusal = may(wish.action, held.booking, now)
    if refusal is not None:
        raise Refused(code=refusal.code, decision=refusal.decision)
    running = ledger.open_command(subject(held.booking))
    if running is not None:
        _withdrawn(ledger, pressed.caller, held, running, now)
    if wish.action is Action.ACCEPT and not wish.override:
        _refuse_conflicts(ledger, held)
    command = _drafted(pressed, held)
    ledger.insert(command)
    ledger.show(wish.uid, command.id)
    note(ledger, held.booking, "submitted", command, Cause("command", now, "portal", command.by), now)
    return command


def _drafted(pressed: Pressing, held: Held) -> Command:
    wish = pressed.wish
    return Command(
        id=pressed.new_id(),
        uid=wish.uid,
        subject=subject(held.booking),
        action=wish.action,
        by=acting(pressed.caller, held),
        created_at=pressed.now,
        reason_code=wish.reason.code,
        reason=wish.reason.words,
        text=wish.reason.text,
        override=wish.override,
        due=pressed.now,
    )


def _withdrawn(ledger: Ledger, caller: Caller, held: Held, command: Command, now: datetime) -> Command:
    if command.sent_at is not None:
        raise Refused("An answer is on its way to Cal.com.", code="in-flight", command=command, retry_after=2)
    ended = settled(command, State.WITHDRAWN, now)
    ledger.update(ended)
    note(
        ledger,
        held.booking,
        "command_withdrawn",
        ended,
        Cause("command", now, "portal", acting(caller, held)),
        now,
    )
    return ended


def _refuse_conflicts(ledger: Ledger, held: Held) -> None:
    """An overlapping meeting that is accepted, or about to be, stands in the way of an accept."""
    facts = held.booking.facts
    assert facts.start is not None
    beside = ledger.around(host_keys(held.booking), facts.start, facts.end or facts.start, LIVE)
    taken = [one for one in beside if one.booking.uid != held.booking.uid and _taken(ledger, one)]
    if taken:
        raise Refused(
            "The host has another meeting at that time.",
            code="conflict",
            conflicts=taken[:SHOWN_CONFLICTS],
            conflicts_count=len(taken),
        )


def _taken(ledger: Ledger, held: Held) -> bool:
    if held.booking.status is Status.ACCEPTED:
        return True
    running = ledger.open_command(subject(held.booking))
    return running is not None and running.action is Action.ACCEPT
